//! What all investigations say together, rules of the user's own, and what other settings would make of the past.

use pyo3::prelude::*;
use rca_json::analytics::{self, Drawn};
use rca_json::replays;

use crate::run::{brief, long};
use crate::tables::{PyTable, of_figure};
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    /// The figure that a document asks for.
    fn figure(&self, py: Python<'_>, wanted: String) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| analytics::figure(&workspace, &wanted)?.document())
    }

    fn rule_reports(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || replays::rule_reports(&workspace))
    }

    fn replay(&self, py: Python<'_>, wanted: String) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| replays::replay(&workspace, &wanted))
    }
}

/// A figure that was made before as `csv`, `markdown` or `svg`.
#[pyfunction]
pub(crate) fn figure_form(py: Python<'_>, document: &str, form: &str) -> PyResult<String> {
    brief(py, || Drawn::from_document(document)?.form(form))
}

/// The table of a figure that was made before.
#[pyfunction]
pub(crate) fn figure_table(py: Python<'_>, document: &str) -> PyResult<PyTable> {
    brief(py, || of_figure(Drawn::from_document(document)?.table()))
}

/// Checks rules; gives them back as a list, every field said.
#[pyfunction]
pub(crate) fn check_rules(py: Python<'_>, written: &str) -> PyResult<String> {
    brief(py, || replays::check_rules(written))
}
