//! What connectors read: events, telemetry, and an account of the reading.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::connectors::{Batch, Delivery, Format, verify_signature as verify};
use rca_core::model::Event;
use rca_json::batches;
use rca_json::settings::limits;

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Events, telemetry and the report of one reading.
#[pyclass(frozen, name = "Batch", module = "rca._rca")]
#[derive(Debug, Clone)]
pub(crate) struct PyBatch {
    pub(crate) inner: Arc<Batch>,
}

impl From<Batch> for PyBatch {
    fn from(batch: Batch) -> Self {
        Self { inner: Arc::new(batch) }
    }
}

#[pymethods]
impl PyBatch {
    /// A batch of events made by hand.
    #[staticmethod]
    fn of_events(py: Python<'_>, events: String) -> PyResult<Self> {
        brief(py, || Ok(batches::of_events(&events)?.into()))
    }

    /// Everything of several batches, in canonical order.
    #[staticmethod]
    fn joined(py: Python<'_>, batches: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let parts: Vec<Arc<Batch>> = batches.iter().map(|batch| Arc::clone(&batch.inner)).collect();
        drop(batches);
        long(py, None, move |_| Ok(batches::joined(parts).into()))
    }

    /// The same with every entity under one name.
    fn resolved(&self, py: Python<'_>, rules: String) -> PyResult<Self> {
        let inner = Arc::clone(&self.inner);
        long(py, None, move |_| Ok(batches::resolved(inner, &rules)?.into()))
    }

    fn event_count(&self) -> usize {
        self.inner.events.len()
    }

    /// A page of its events as a JSON array.
    fn events(&self, py: Python<'_>, from: usize, most: usize) -> PyResult<String> {
        brief(py, || {
            let page: Vec<&Event> = self.inner.events.iter().skip(from).take(most).collect();
            encode::json(&page)
        })
    }

    /// Samples, spans and log records.
    fn signal_counts(&self) -> (usize, usize, usize) {
        let telemetry = &self.inner.telemetry;
        (telemetry.metrics.points(), telemetry.spans.len(), telemetry.logs.len())
    }

    fn report(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || encode::json(&batches::report(&self.inner.report)))
    }

    fn entities(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || batches::entities(&self.inner))
    }

    fn covers(&self, py: Python<'_>) -> PyResult<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        brief(py, || Ok(self.inner.covers().map(|range| (range.start, range.end))))
    }

    fn examine(&self, py: Python<'_>) -> PyResult<String> {
        let inner = Arc::clone(&self.inner);
        long(py, None, move |_| batches::examine(&inner))
    }
}

/// Names and descriptions of all formats.
#[pyfunction]
pub(crate) fn formats() -> Vec<(&'static str, &'static str)> {
    Format::all().map(|format| (format.name, format.about)).collect()
}

/// Files and folders; the format is told by content where none is given.
#[pyfunction]
pub(crate) fn read_files(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    format: Option<String>,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        Ok(batches::read_files(&paths, format.as_deref(), &settings, observer)?.into())
    })
}

/// Bytes that somebody has already; `columns` (JSON) names those of a table.
#[pyfunction]
#[pyo3(signature = (name, body, format, columns, settings, progress))]
pub(crate) fn read_bytes(
    py: Python<'_>,
    name: String,
    body: Vec<u8>,
    format: Option<String>,
    columns: Option<String>,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        let (format, columns) = (format.as_deref(), columns.as_deref());
        Ok(batches::read_bytes(&name, &body, format, columns, &settings, observer)?.into())
    })
}

/// An incident bundle.
#[pyfunction]
pub(crate) fn read_bundle(
    py: Python<'_>,
    folder: PathBuf,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        Ok(batches::read_bundle(&folder, &settings, observer)?.into())
    })
}

/// Commits of a local repository.
#[pyfunction]
pub(crate) fn read_git(
    py: Python<'_>,
    path: PathBuf,
    wanted: String,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        Ok(batches::read_git(&path, &wanted, &settings, observer)?.into())
    })
}

/// What a commit changes, as a unified diff.
#[pyfunction]
pub(crate) fn git_diff(py: Python<'_>, path: PathBuf, sha: String) -> PyResult<String> {
    long(py, None, move |_| batches::git_diff(&path, &sha))
}

/// A webhook as it came.
#[pyfunction]
pub(crate) fn read_delivery(
    py: Python<'_>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    received: DateTime<Utc>,
    settings: &str,
) -> PyResult<PyBatch> {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
    brief(py, || {
        let delivery = Delivery { headers: &headers, body: &body, received };
        Ok(delivery.read(&limits(settings)?)?.into())
    })
}

/// Fails unless the signature of a webhook is that of its sender.
#[pyfunction]
pub(crate) fn verify_signature(
    py: Python<'_>,
    secret: Vec<u8>,
    body: Vec<u8>,
    signature: &str,
) -> PyResult<()> {
    brief(py, || verify(&secret, &body, signature))
}

#[pymethods]
impl PyWorkspace {
    fn ingest_batch(
        &self,
        py: Python<'_>,
        batch: &Bound<'_, PyBatch>,
        queue: bool,
    ) -> PyResult<String> {
        let (workspace, batch) = (self.get(py)?, Arc::clone(&batch.get().inner));
        long(py, None, move |_| batches::ingest(&workspace, &batch, !queue))
    }

    fn ingest_delivery(
        &self,
        py: Python<'_>,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        received: DateTime<Utc>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
        brief(py, || {
            let delivery = Delivery { headers: &headers, body: &body, received };
            batches::ingested(&workspace.ingest_delivery(&delivery)?)
        })
    }
}
