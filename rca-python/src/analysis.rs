//! Analysing, and showing what came out.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use pyo3::prelude::*;
use rca_core::connectors::{Batch, EntityRules, Format, bundle};
use rca_core::report::{self, View};
use rca_core::time::TimeRange;
use rca_core::{Answer, Incident, Inquiry, Result, Window, analyze};
use rca_json::answers;
use rca_json::settings::limits;
use serde_json::json;

use crate::batch::PyBatch;
use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Ranks the causes of an incident that is in memory.
#[pyfunction]
pub(crate) fn analyze_batch(
    py: Python<'_>,
    batch: &Bound<'_, PyBatch>,
    beside: String,
) -> PyResult<String> {
    let batch = Arc::clone(&batch.get().inner);
    long(py, None, move |_| answers::analyze_batch(&batch, &beside))
}

/// A folder of exported files, without a store.
#[pyfunction]
pub(crate) fn analyze_bundle(
    py: Python<'_>,
    folder: PathBuf,
    settings: String,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    long(py, progress, move |observer| {
        let batch = bundle::read(&folder, &limits(&settings)?, observer)?;
        report::json(&analyze(&Incident::from(&batch)))
    })
}

/// A report of an answer: `markdown`, `text` (so many columns wide), `colour` or canonical `json`.
#[pyfunction]
pub(crate) fn render(py: Python<'_>, analysis: &str, kind: &str, width: usize) -> PyResult<String> {
    brief(py, || answers::render(analysis, kind, width))
}

/// The view that all reports are made from.
#[pyfunction]
pub(crate) fn view(py: Python<'_>, analysis: &str) -> PyResult<String> {
    brief(py, || {
        let view = View::of(&report::from_json(analysis)?);
        let causes: Vec<_> = view
            .causes
            .iter()
            .map(|cause| {
                let said = |all: &[report::EvidenceView]| -> Vec<_> {
                    let one = |e: &report::EvidenceView| json!([e.statement, e.weight]);
                    all.iter().map(one).collect()
                };
                json!({
                    "title": cause.title,
                    "probability": cause.probability,
                    "details": cause.details,
                    "for": said(&cause.evidence_for),
                    "against": said(&cause.evidence_against),
                    "path": cause.path,
                    "remediation": cause.remediation,
                })
            })
            .collect();
        let ruled_out: Vec<_> =
            view.ruled_out.iter().map(|out| json!([out.title, out.reasons])).collect();
        encode::json(&json!({
            "symptom": view.symptom,
            "headline": view.headline,
            "facts": view.facts,
            "causes": causes,
            "none_of_these": view.none_of_these,
            "ruled_out": ruled_out,
        }))
    })
}

/// An account: `json`, `markdown`, `text` or `colour`.
#[pyfunction]
pub(crate) fn render_doctor(
    py: Python<'_>,
    doctor: &str,
    kind: &str,
    width: usize,
) -> PyResult<String> {
    brief(py, || answers::render_doctor(doctor, kind, width))
}

/// Writes a report whole or not at all.
#[pyfunction]
pub(crate) fn save(py: Python<'_>, path: PathBuf, text: String) -> PyResult<()> {
    brief(py, || report::save(&path, &text))
}

/// Any mix of inputs, and what people on call know beside them.
#[pyclass(frozen, name = "Inquiry", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyInquiry {
    inner: Inquiry,
}

#[pymethods]
impl PyInquiry {
    #[new]
    #[pyo3(signature = (
        *, paths, repositories, batches, alert_files, alert, at, entity, window, before, window_text, rules, rules_file,
        memory, settings
    ))]
    fn new(
        py: Python<'_>,
        paths: Vec<(PathBuf, Option<String>)>,
        repositories: Vec<PathBuf>,
        batches: Vec<PyRef<'_, PyBatch>>,
        alert_files: Vec<PathBuf>,
        alert: Option<String>,
        at: Option<DateTime<Utc>>,
        entity: Option<String>,
        window: Option<(DateTime<Utc>, DateTime<Utc>)>,
        before: Option<Duration>,
        window_text: Option<String>,
        rules: Option<String>,
        rules_file: Option<PathBuf>,
        memory: Option<usize>,
        settings: &str,
    ) -> PyResult<Self> {
        let batches: Vec<Arc<Batch>> = batches.iter().map(|one| Arc::clone(&one.inner)).collect();
        let inner = brief(py, || {
            let mut inquiry = Inquiry::new().with_limits(limits(settings)?);
            for (path, format) in paths {
                inquiry = match format {
                    Some(name) => inquiry.with_path_as(path, Format::named(&name)?),
                    None => inquiry.with_path(path),
                };
            }
            inquiry = repositories.into_iter().fold(inquiry, Inquiry::with_repository);
            inquiry = alert_files.into_iter().fold(inquiry, Inquiry::with_alert_file);
            for batch in batches {
                inquiry = inquiry.with_batch(batch);
            }
            if let Some(text) = alert {
                inquiry = inquiry.with_alert(text);
            }
            if let Some(time) = at {
                inquiry = inquiry.at(time);
            }
            if let Some(name) = entity {
                inquiry = inquiry.about(name);
            }
            if let Some(window) = self::window(window, before, window_text.as_deref())? {
                inquiry = inquiry.within(window);
            }
            if let Some(rules) = rules {
                inquiry = inquiry.with_rules(EntityRules::from_json(&rules)?);
            }
            if let Some(file) = rules_file {
                inquiry = inquiry.with_rules(EntityRules::open(file)?);
            }
            Ok(match memory {
                Some(bytes) => inquiry.with_memory(bytes),
                None => inquiry,
            })
        })?;
        Ok(Self { inner })
    }

    fn run(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, String, PyBatch, PyBatch)> {
        let inquiry = self.inner.clone();
        long(py, progress, move |observer| parts(inquiry.run(observer)?))
    }

    fn run_in(
        &self,
        py: Python<'_>,
        workspace: &Bound<'_, PyWorkspace>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, String, PyBatch, PyBatch)> {
        let (inquiry, workspace) = (self.inner.clone(), workspace.get().get(py)?);
        long(py, progress, move |observer| parts(inquiry.run_in(&workspace, observer)?))
    }

    fn examine(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        let inquiry = self.inner.clone();
        long(py, progress, move |observer| report::doctor_json(&inquiry.examine(observer)?))
    }
}

fn window(
    range: Option<(DateTime<Utc>, DateTime<Utc>)>,
    before: Option<Duration>,
    text: Option<&str>,
) -> Result<Option<Window>> {
    if let Some((start, end)) = range {
        return Ok(Some(Window::Range(TimeRange::new(start, end)?)));
    }
    match (before, text) {
        (Some(long), _) => Ok(Some(Window::Before(long))),
        (None, Some(text)) => text.parse().map(Some),
        (None, None) => Ok(None),
    }
}

/// Answer, doctor, what was read, what the detectors saw in it.
fn parts(answer: Answer) -> Result<(String, String, PyBatch, PyBatch)> {
    let doctor = report::doctor_json(&answer.doctor)?;
    let findings = Batch { events: answer.findings, ..Batch::default() };
    Ok((report::json(&answer.analysis)?, doctor, answer.batch.into(), findings.into()))
}

#[pymethods]
impl PyWorkspace {
    fn investigate_bundle(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, String)> {
        let workspace = self.get(py)?;
        long(py, progress, move |observer| {
            let done = workspace.investigate_bundle(folder, observer)?;
            Ok((encode::json(&done.investigation)?, report::json(&done.analysis)?))
        })
    }

    fn investigate_batch(
        &self,
        py: Python<'_>,
        batch: &Bound<'_, PyBatch>,
    ) -> PyResult<(String, String)> {
        let (workspace, batch) = (self.get(py)?, Arc::clone(&batch.get().inner));
        long(py, None, move |_| {
            let done = workspace.investigate_batch(Arc::unwrap_or_clone(batch))?;
            Ok((encode::json(&done.investigation)?, report::json(&done.analysis)?))
        })
    }

    fn observe(&self, py: Python<'_>, id: &str, batch: &Bound<'_, PyBatch>) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let batch = Arc::clone(&batch.get().inner);
        long(py, None, move |_| workspace.observe(id, &batch.telemetry))
    }

    fn forget_telemetry(&self, py: Python<'_>, id: &str) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || workspace.forget_telemetry(id))
    }

    fn analyze(&self, py: Python<'_>, id: &str) -> PyResult<(String, String)> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| answers::analyze_counting(&workspace, id))
    }

    fn analyze_with(
        &self,
        py: Python<'_>,
        id: &str,
        batch: &Bound<'_, PyBatch>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let batch = Arc::clone(&batch.get().inner);
        long(py, None, move |_| report::json(&workspace.analyze_with(id, &batch.telemetry)?))
    }

    fn analysis(&self, py: Python<'_>, id: &str) -> PyResult<Option<String>> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || {
            workspace.analysis(id)?.map(|analysis| report::json(&analysis)).transpose()
        })
    }

    fn root_causes(&self, py: Python<'_>, id: &str, limit: usize) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| report::causes_json(&workspace.root_causes(id, limit)?))
    }
}
