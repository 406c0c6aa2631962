//! Searching and counting.

use chrono::Duration;
use pyo3::prelude::*;
use rca_json::queries::{self, Offsets, Page};

use crate::run::brief;
use crate::workspace::PyWorkspace;

/// A page of hits before it is text.
#[pyclass(frozen, name = "Page", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyPage(Page);

#[pymethods]
impl PyPage {
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || self.0.json(Offsets::Characters))
    }
}

#[pymethods]
impl PyWorkspace {
    fn search(&self, py: Python<'_>, wanted: &str) -> PyResult<PyPage> {
        let workspace = self.get(py)?;
        brief(py, || queries::search(&workspace, wanted)).map(PyPage)
    }

    fn search_investigations(&self, py: Python<'_>, wanted: &str) -> PyResult<PyPage> {
        let workspace = self.get(py)?;
        brief(py, || queries::search_investigations(&workspace, wanted)).map(PyPage)
    }

    fn counts(
        &self,
        py: Python<'_>,
        wanted: &str,
        by: Vec<String>,
        bucket: Option<Duration>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || queries::counts(&workspace, wanted, &by, bucket))
    }
}
