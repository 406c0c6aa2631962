//! The page to look around in.

use std::sync::Arc;

use pyo3::prelude::*;
use rca_core::report::{self, Doctor};
use rca_core::{Answer, Workspace};

use crate::batch::PyBatch;
use crate::encode::{self, parsed};
use crate::run::long;
use crate::workspace::PyWorkspace;

/// The page of an answer that no workspace keeps.
#[pyfunction]
pub(crate) fn canvas_html(
    py: Python<'_>,
    analysis: String,
    doctor: String,
    batch: &Bound<'_, PyBatch>,
    findings: &Bound<'_, PyBatch>,
) -> PyResult<String> {
    let (batch, found) = (Arc::clone(&batch.get().inner), Arc::clone(&findings.get().inner));
    long(py, None, move |_| {
        let doctor: Doctor = parsed("doctor", &doctor)?;
        let batch = Arc::unwrap_or_clone(batch);
        let findings = found.events.clone();
        report::html(
            &Answer { analysis: report::from_json(&analysis)?, doctor, batch, findings }.canvas(),
        )
    })
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
        long(py, None, move |_| {
            let canvas = match batch {
                Some(batch) => workspace.canvas_with(id, &batch.telemetry)?,
                None => Workspace::canvas(&workspace, id)?,
            };
            report::html(&canvas)
        })
    }
}
