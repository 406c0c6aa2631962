//! Documents of an investigation: the page to look around in, reviews, PDF.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rca_core::connectors::Batch;
use rca_core::report::canvas::Canvas;
use rca_core::report::{self, Doctor};
use rca_core::{Answer, Result};
use rca_json::answers::canvas_of;
use rca_json::{documents, reviews};

use crate::batch::PyBatch;
use crate::encode::{self, parsed};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// An answer that no workspace keeps, as it crosses: analysis, account, what was read, what was found.
type Loose<'py> = (String, String, PyRef<'py, PyBatch>, PyRef<'py, PyBatch>);

/// What documents of an answer are made from, off the interpreter's lock.
struct Kept {
    analysis: String,
    doctor: String,
    batch: Arc<Batch>,
    findings: Arc<Batch>,
}

impl Kept {
    fn of((analysis, doctor, batch, findings): Loose<'_>) -> Self {
        let (batch, findings) = (Arc::clone(&batch.inner), Arc::clone(&findings.inner));
        Self { analysis, doctor, batch, findings }
    }

    fn canvas(self) -> Result<Canvas> {
        let doctor: Doctor = parsed("doctor", &self.doctor)?;
        let analysis = report::from_json(&self.analysis)?;
        let findings = self.findings.events.clone();
        let batch = Arc::unwrap_or_clone(self.batch);
        Ok(Answer { analysis, doctor, batch, findings }.canvas())
    }
}

/// The page of an answer that no workspace keeps.
#[pyfunction]
pub(crate) fn canvas_html(py: Python<'_>, answer: Loose<'_>) -> PyResult<String> {
    let kept = Kept::of(answer);
    long(py, None, move |_| report::html(&kept.canvas()?))
}

/// A review of an answer that no workspace keeps.
#[pyfunction]
pub(crate) fn review(py: Python<'_>, answer: Loose<'_>, template: String) -> PyResult<String> {
    let kept = Kept::of(answer);
    long(py, None, move |_| reviews::review(&kept.canvas()?, &template))
}

/// The PDF of an answer that no workspace keeps.
#[pyfunction]
pub(crate) fn pdf<'py>(
    py: Python<'py>,
    answer: Loose<'_>,
    created: Option<DateTime<Utc>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let kept = Kept::of(answer);
    let bytes = long(py, None, move |_| documents::pdf(&kept.canvas()?, created))?;
    Ok(PyBytes::new(py, &bytes))
}

/// The names of the templates that are built in.
#[pyfunction]
pub(crate) fn template_names(py: Python<'_>) -> PyResult<String> {
    brief(py, reviews::template_names)
}

/// Checks a template; gives its text.
#[pyfunction]
pub(crate) fn template_text(py: Python<'_>, template: &str) -> PyResult<String> {
    brief(py, || Ok(reviews::template(template)?.text()))
}

#[pymethods]
impl PyWorkspace {
    /// The page of an investigation, with telemetry where some is given.
    fn canvas_html(
        &self,
        py: Python<'_>,
        id: &str,
        batch: Option<&Bound<'_, PyBatch>>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let batch = batch.map(|batch| Arc::clone(&batch.get().inner));
        long(py, None, move |_| report::html(&canvas_of(&workspace, id, batch.as_deref())?))
    }

    fn review(
        &self,
        py: Python<'_>,
        id: &str,
        template: String,
        batch: Option<&Bound<'_, PyBatch>>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let batch = batch.map(|batch| Arc::clone(&batch.get().inner));
        long(py, None, move |_| {
            reviews::review(&canvas_of(&workspace, id, batch.as_deref())?, &template)
        })
    }

    fn pdf<'py>(
        &self,
        py: Python<'py>,
        id: &str,
        created: Option<DateTime<Utc>>,
        batch: Option<&Bound<'_, PyBatch>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let batch = batch.map(|batch| Arc::clone(&batch.get().inner));
        let bytes = long(py, None, move |_| {
            documents::pdf(&canvas_of(&workspace, id, batch.as_deref())?, created)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }
}

#[pymethods]
impl PyBatch {
    /// Its events for a spreadsheet.
    fn events_csv(&self, py: Python<'_>) -> PyResult<String> {
        let inner = Arc::clone(&self.inner);
        long(py, None, move |_| report::csv(&inner.events))
    }
}
