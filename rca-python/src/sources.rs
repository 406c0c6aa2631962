//! Sources that are polled.

use std::path::PathBuf;
use std::sync::PoisonError;

use pyo3::prelude::*;
use rca_core::Error;
use rca_json::pulls::{self, Polled};
use rca_json::sources;

use crate::batch::PyBatch;
use crate::custom::Raised;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Something that can be asked for what is new, again and again.
#[pyclass(frozen, name = "Source", module = "rca._rca")]
pub(crate) struct PySource {
    inner: Polled,
    /// What a source of Python raised.
    raised: Option<Raised>,
}

impl PySource {
    pub(crate) fn raising(inner: Polled, raised: Raised) -> Self {
        Self { inner, raised: Some(raised) }
    }
}

#[pymethods]
impl PySource {
    /// The key of its checkpoint.
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }
}

/// A local repository as a source; its path may be one that JSON has no words for.
#[pyfunction]
pub(crate) fn git_source(py: Python<'_>, path: PathBuf, wanted: &str) -> PyResult<PySource> {
    brief(py, || Ok(PySource { inner: sources::git(path, wanted)?, raised: None }))
}

/// A source of ours, from a document that says which and where.
#[pyfunction]
pub(crate) fn open_source(py: Python<'_>, wanted: &str) -> PyResult<PySource> {
    brief(py, || Ok(PySource { inner: sources::open(wanted)?, raised: None }))
}

#[pymethods]
impl PyWorkspace {
    fn pull(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PySource>,
        options: String,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<(String, PyBatch)> {
        let (workspace, source) = (self.get(py)?, source.get());
        let (inner, raised) = (source.inner.clone(), source.raised.clone());
        long(py, progress, move |observer| {
            match pulls::pull(&workspace, &inner, &options, observer) {
                Ok((report, batch)) => Ok(Ok((report, batch.into()))),
                // What the callable raised ended the pull; taken here, also when nobody waits for it any more.
                Err(Error::Cancelled) => raised
                    .and_then(|raised| raised.lock().unwrap_or_else(PoisonError::into_inner).take())
                    .map_or(Err(Error::Cancelled), |error| Ok(Err(error))),
                Err(error) => Err(error),
            }
        })?
    }

    fn status(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || pulls::status(&workspace))
    }

    fn reset_source(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        let workspace = self.get(py)?;
        brief(py, || workspace.reset_source(name))
    }

    fn forget_checkpoint(&self, py: Python<'_>, source: &str) -> PyResult<bool> {
        let workspace = self.get(py)?;
        brief(py, || workspace.forget_checkpoint(source))
    }
}
