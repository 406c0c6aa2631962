//! The dead-letter queue.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rca_core::model::DeadLetterId;
use rca_json::letters;

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    fn letters(&self, py: Python<'_>, wanted: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || encode::list(letters::list(&workspace, wanted)?))
    }

    fn letter(&self, py: Python<'_>, id: u64) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || {
            encode::json(&letters::letter(&workspace.dead_letters().inspect(DeadLetterId(id))?))
        })
    }

    fn letter_raw<'py>(&self, py: Python<'py>, id: u64) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let workspace = self.get(py)?;
        let raw = brief(py, move || workspace.dead_letters().raw(DeadLetterId(id)))?;
        Ok(raw.map(|raw| PyBytes::new(py, &raw)))
    }

    fn letter_counts(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || encode::json(&letters::counts(&workspace.dead_letters().counts()?)))
    }

    fn replay_letters(
        &self,
        py: Python<'_>,
        wanted: String,
        format: Option<String>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, progress, move |observer| {
            letters::replay(&workspace, &wanted, format.as_deref(), observer)
        })
    }

    fn replay_due_letters(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, progress, move |observer| letters::replay_due(&workspace, observer))
    }

    fn discard_letters(&self, py: Python<'_>, ids: Vec<u64>) -> PyResult<u64> {
        let workspace = self.get(py)?;
        let ids: Vec<DeadLetterId> = ids.into_iter().map(DeadLetterId).collect();
        brief(py, move || workspace.dead_letters().discard(&ids))
    }

    fn expire_letters(&self, py: Python<'_>) -> PyResult<u64> {
        let workspace = self.get(py)?;
        brief(py, move || workspace.dead_letters().expire())
    }
}
