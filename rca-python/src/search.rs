//! Searching and counting.

use chrono::Duration;
use pyo3::prelude::*;
use rca_json::queries::{self, Offsets};

use crate::run::brief;
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    fn search(&self, py: Python<'_>, wanted: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || queries::search(&workspace, wanted, Offsets::Characters))
    }

    fn search_investigations(&self, py: Python<'_>, wanted: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || queries::search_investigations(&workspace, wanted, Offsets::Characters))
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
