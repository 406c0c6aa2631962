//! What connectors read: events, telemetry, and an account of the reading.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::connectors::git::{DiffLimits, History, Repository, Tips};
use rca_core::connectors::{
    Batch, ColumnMap, Delivery, EntityRules, Format, Limits, ReadReport, Resolver, bundle, read,
    read_paths, read_table, verify_signature as verify,
};
use rca_core::model::Event;
use rca_core::report::{Doctor, doctor_json};
use rca_core::{Error, Refusals, Result};
use serde_json::{Value, json};

use crate::encode::{self, parsed};
use crate::events::appended;
use crate::run::{brief, long};
use crate::settings::limits;
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
        brief(py, || {
            let events: Vec<Event> = parsed("events", &events)?;
            Ok(Batch { events, ..Batch::default() }.into())
        })
    }

    /// Everything of several batches, in canonical order.
    #[staticmethod]
    fn joined(py: Python<'_>, batches: Vec<PyRef<'_, Self>>) -> PyResult<Self> {
        let parts: Vec<Arc<Batch>> = batches.iter().map(|batch| Arc::clone(&batch.inner)).collect();
        drop(batches);
        long(py, None, move |_| {
            let mut whole = Batch::default();
            for part in parts {
                whole.add(Arc::unwrap_or_clone(part));
            }
            whole.sort();
            Ok(whole.into())
        })
    }

    /// The same with every entity under one name.
    fn resolved(&self, py: Python<'_>, rules: String) -> PyResult<Self> {
        let inner = Arc::clone(&self.inner);
        long(py, None, move |_| {
            let resolver = Resolver::new(&EntityRules::from_json(&rules)?)?;
            let mut batch = Arc::unwrap_or_clone(inner);
            batch.resolve(&resolver);
            Ok(batch.into())
        })
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
        brief(py, || encode::json(&report(&self.inner.report)))
    }

    fn entities(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || encode::json(&self.inner.entities()))
    }

    fn covers(&self, py: Python<'_>) -> PyResult<Option<(DateTime<Utc>, DateTime<Utc>)>> {
        brief(py, || Ok(self.inner.covers().map(|range| (range.start, range.end))))
    }

    fn examine(&self, py: Python<'_>) -> PyResult<String> {
        let inner = Arc::clone(&self.inner);
        long(py, None, move |_| doctor_json(&Doctor::examine(&inner, None)))
    }
}

fn report(report: &ReadReport) -> Value {
    let inputs: Vec<Value> = report
        .inputs
        .iter()
        .map(|input| {
            let described: Vec<Value> = input
                .described
                .iter()
                .map(|refused| {
                    json!({
                        "input": refused.place.input,
                        "line": refused.place.line,
                        "offset": refused.place.offset,
                        "reason": refused.reason,
                    })
                })
                .collect();
            json!({
                "name": input.name,
                "format": input.format,
                "read": input.read,
                "refused": input.refused,
                "described": described,
                "bytes": input.bytes,
                "notes": input.notes,
                "redacted": input.redacted,
                "covers": input.covers,
                "entities": input.entities,
            })
        })
        .collect();
    json!({"inputs": inputs, "missing": report.missing, "ignored": report.ignored})
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
        let format = format.as_deref().map(Format::named).transpose()?;
        let limits = limits(&settings)?;
        if let Some(path) = paths.iter().find(|path| !path.exists()) {
            let hint = "give a file or a folder that is there".to_owned();
            return Err(Error::PathNotFound { path: path.clone(), hint });
        }
        let mut batch = read_paths(&paths, format, &limits, observer)?;
        batch.sort();
        Ok(batch.into())
    })
}

/// Bytes that somebody has already; `columns` names those of a table.
#[pyfunction]
#[pyo3(signature = (name, body, format, columns, settings, progress))]
pub(crate) fn read_bytes(
    py: Python<'_>,
    name: String,
    body: Vec<u8>,
    format: Option<String>,
    columns: Option<BTreeMap<String, String>>,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        let limits: Limits = limits(&settings)?;
        let mut source = Cursor::new(body);
        let mut batch = match columns {
            Some(columns) => {
                read_table(&name, &mut source, &column_map(columns)?, &limits, observer)?
            }
            None => {
                let format = format.as_deref().map(Format::named).transpose()?;
                read(&name, &mut source, format, &limits, observer)?
            }
        };
        batch.sort();
        Ok(batch.into())
    })
}

/// Which column is which.
pub(crate) fn column_map(columns: BTreeMap<String, String>) -> Result<ColumnMap> {
    let mut map = ColumnMap::default();
    for (role, column) in columns {
        let slot = match role.as_str() {
            "time" => &mut map.time,
            "entity" => &mut map.entity,
            "metric" => &mut map.metric,
            "value" => &mut map.value,
            "message" => &mut map.message,
            "severity" => &mut map.severity,
            other => {
                let reason = format!(
                    "{other:?} is no role; there are time, entity, metric, value, message, severity"
                );
                return Err(Error::value("columns", reason));
            }
        };
        *slot = Some(column);
    }
    Ok(map)
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
        Ok(bundle::read(folder, &limits(&settings)?, observer)?.into())
    })
}

/// Commits of a local repository.
#[pyfunction]
#[pyo3(signature = (path, *, since, until, most, tips, settings, progress))]
pub(crate) fn read_git(
    py: Python<'_>,
    path: PathBuf,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    most: Option<usize>,
    tips: Option<Vec<String>>,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyBatch> {
    long(py, progress, move |observer| {
        let plain = History::default();
        let wanted = History {
            tips: tips.map_or(Tips::Head, Tips::Named),
            since,
            until,
            max_commits: most.unwrap_or(plain.max_commits),
            ..plain
        };
        let repository = Repository::open(path)?.with_limits(limits(&settings)?);
        Ok(repository.history(&wanted, observer)?.into())
    })
}

/// What a commit changes, as a unified diff.
#[pyfunction]
pub(crate) fn git_diff(py: Python<'_>, path: PathBuf, sha: String) -> PyResult<String> {
    long(py, None, move |_| Repository::open(path)?.diff(&sha, &DiffLimits::default()))
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
        long(py, None, move |_| {
            let refused = if queue { Refusals::Queue } else { Refusals::Forget };
            let done = workspace.ingest_batch(&batch, refused)?;
            encode::json(&json!({"appended": appended(&done.appended), "letters": done.letters}))
        })
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
            let done = workspace.ingest_delivery(&delivery)?;
            encode::json(&json!({"appended": appended(&done.appended), "letters": done.letters}))
        })
    }
}
