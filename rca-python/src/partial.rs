//! Telemetry that was scanned in pieces, by processes that know nothing of each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rca_core::Result;
use rca_core::connectors::Batch;
use rca_core::detect::{Partial, Scope};
use rca_core::time::TimeRange;

use crate::batch::PyBatch;
use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// What is known of the telemetry seen so far.
#[pyclass(frozen, name = "Partial", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyPartial {
    inner: Arc<Mutex<Partial>>,
}

impl PyPartial {
    fn of(partial: Partial) -> Self {
        Self { inner: Arc::new(Mutex::new(partial)) }
    }
}

/// The lock is taken where the interpreter's is not held, and nothing calls out under it.
fn locked(partial: &Mutex<Partial>) -> MutexGuard<'_, Partial> {
    partial.lock().unwrap_or_else(PoisonError::into_inner)
}

fn range(window: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Result<Option<TimeRange>> {
    window.map(|(start, end)| TimeRange::new(start, end)).transpose()
}

#[pymethods]
impl PyPartial {
    #[new]
    #[pyo3(signature = (*, window, memory))]
    fn new(
        py: Python<'_>,
        window: Option<(DateTime<Utc>, DateTime<Utc>)>,
        memory: Option<usize>,
    ) -> PyResult<Self> {
        let partial = brief(py, || Ok(range(window)?.map(Partial::within).unwrap_or_default()))?;
        Ok(Self::of(match memory {
            Some(bytes) => partial.with_memory(bytes),
            None => partial,
        }))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: Vec<u8>) -> PyResult<Self> {
        long(py, None, move |_| Ok(Self::of(Partial::from_bytes(&bytes)?)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let inner = Arc::clone(&self.inner);
        let bytes = long(py, None, move |_| locked(&inner).to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn absorb(&self, py: Python<'_>, batch: &Bound<'_, PyBatch>) -> PyResult<()> {
        let (inner, batch) = (Arc::clone(&self.inner), Arc::clone(&batch.get().inner));
        long(py, None, move |_| {
            locked(&inner).absorb(&batch.telemetry);
            Ok(())
        })
    }

    fn merge(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<()> {
        let (inner, other) = (Arc::clone(&self.inner), Arc::clone(&other.get().inner));
        long(py, None, move |_| {
            // One lock at a time: two that are merged into each other would wait for ever.
            let other = locked(&other).clone();
            locked(&inner).merge(&other);
            Ok(())
        })
    }

    /// Samples, spans and log records.
    fn counts(&self, py: Python<'_>) -> PyResult<(u64, u64, u64)> {
        brief(py, || Ok(locked(&self.inner).counts()))
    }

    /// What the detectors see, as events.
    #[pyo3(signature = (*, window, alarm, onset_hint, normal))]
    fn findings(
        &self,
        py: Python<'_>,
        window: (DateTime<Utc>, DateTime<Utc>),
        alarm: Option<DateTime<Utc>>,
        onset_hint: Option<DateTime<Utc>>,
        normal: Option<&Bound<'_, Self>>,
    ) -> PyResult<PyBatch> {
        let inner = Arc::clone(&self.inner);
        let normal = normal.map(|normal| Arc::clone(&normal.get().inner));
        long(py, None, move |_| {
            let window = TimeRange::new(window.0, window.1)?;
            let scope = Scope { alarm, onset_hint, ..Scope::new(window) };
            let normal = normal.map(|normal| locked(&normal).clone());
            let seen = locked(&inner).clone();
            let found = match &normal {
                Some(normal) => seen.finish_against(normal, &scope),
                None => seen.finish(&scope),
            };
            let events = found.iter().map(|finding| finding.to_event(window.start));
            let events = events.collect::<Result<Vec<_>>>()?;
            let mut batch = Batch { events, ..Batch::default() };
            batch.sort();
            Ok(batch.into())
        })
    }
}

#[pymethods]
impl PyWorkspace {
    fn observe_partial(
        &self,
        py: Python<'_>,
        id: &str,
        partial: &Bound<'_, PyPartial>,
    ) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let partial = Arc::clone(&partial.get().inner);
        long(py, None, move |_| {
            let partial = locked(&partial).clone();
            workspace.observe_partial(id, &partial)
        })
    }
}
