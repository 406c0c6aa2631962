//! The open handle and what it gives out.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use rca_core::connectors::{Limits, bundle, unobserved};
use rca_core::model::{Cause, InvestigationId};
use rca_core::{Incident, Workspace, analyze, report};

use crate::error::{BusyError, to_py};

/// A ranked suspect.
#[pyclass(frozen, eq, name = "Cause", module = "rca")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PyCause {
    inner: Cause,
}

#[pymethods]
impl PyCause {
    /// One line for people.
    #[getter]
    fn title(&self) -> &str {
        &self.inner.title
    }

    /// The share of belief, from 0 to 1.
    #[getter]
    fn probability(&self) -> f64 {
        self.inner.probability.value()
    }

    /// Full commit hash, when the cause is a commit.
    #[getter]
    fn commit(&self) -> Option<&str> {
        match &self.inner.kind {
            rca_core::model::CauseKind::Commit { sha, .. } => Some(sha),
            _ => None,
        }
    }

    /// Where it acts.
    #[getter]
    fn entity(&self) -> Option<&str> {
        self.inner.entity.as_ref().map(|entity| entity.name.as_str())
    }

    /// What speaks for it, strongest first.
    #[getter]
    fn evidence_for(&self) -> Vec<&str> {
        self.inner.evidence_for.iter().map(|evidence| evidence.statement.as_str()).collect()
    }

    /// What speaks against it, strongest first.
    #[getter]
    fn evidence_against(&self) -> Vec<&str> {
        self.inner.evidence_against.iter().map(|evidence| evidence.statement.as_str()).collect()
    }

    fn __repr__(&self) -> String {
        format!("Cause({:?}, probability={:.2})", self.inner.title, self.inner.probability.value())
    }
}

/// An open collection of investigations: a folder, or memory when no path is given.
#[pyclass(frozen, name = "Workspace", module = "rca")]
#[derive(Debug)]
pub(crate) struct PyWorkspace {
    /// None once closed: a file lock must not wait for the garbage collector.
    inner: Mutex<Option<Workspace>>,
}

impl PyWorkspace {
    fn open_workspace(&self) -> PyResult<Workspace> {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| BusyError::new_err("the workspace is closed; open it again"))
    }
}

#[pymethods]
impl PyWorkspace {
    #[new]
    #[pyo3(signature = (path = None))]
    fn new(py: Python<'_>, path: Option<PathBuf>) -> PyResult<Self> {
        let inner = py.detach(|| match path {
            Some(path) => Workspace::open(path),
            None => Workspace::in_memory(),
        });
        Ok(Self { inner: Mutex::new(Some(inner.map_err(to_py)?)) })
    }

    /// Reads a folder of exported files, stores its events, opens an investigation, analyses it.
    ///
    /// Returns the investigation's id.
    fn ingest_bundle(&self, py: Python<'_>, folder: PathBuf) -> PyResult<String> {
        let workspace = self.open_workspace()?;
        let case = py.detach(|| workspace.investigate_bundle(folder, &unobserved));
        Ok(case.map_err(to_py)?.investigation.id().to_string())
    }

    /// Analyses an investigation again and returns the whole answer as JSON.
    fn analyze(&self, py: Python<'_>, investigation: &str) -> PyResult<String> {
        let workspace = self.open_workspace()?;
        let id: InvestigationId = investigation.parse().map_err(to_py)?;
        py.detach(|| workspace.analyze(id).and_then(|analysis| report::json(&analysis)))
            .map_err(to_py)
    }

    /// The most likely causes, most likely first.
    #[pyo3(signature = (investigation, *, limit = 10))]
    fn causes(&self, py: Python<'_>, investigation: &str, limit: usize) -> PyResult<Vec<PyCause>> {
        let workspace = self.open_workspace()?;
        let id: InvestigationId = investigation.parse().map_err(to_py)?;
        let causes = py.detach(|| workspace.root_causes(id, limit)).map_err(to_py)?;
        Ok(causes.into_iter().map(|inner| PyCause { inner }).collect())
    }

    /// Closes the workspace and frees its folder. Closing twice is fine.
    fn close(&self, py: Python<'_>) {
        let closed = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(closed));
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, pyo3::types::PyTuple>) {
        self.close(py);
    }

    fn __repr__(&self) -> String {
        match self.open_workspace() {
            Ok(workspace) => match workspace.path() {
                Some(path) => format!("Workspace({:?})", path.display().to_string()),
                None => "Workspace()".to_owned(),
            },
            Err(_) => "Workspace(closed)".to_owned(),
        }
    }
}

/// Analyses a folder of exported files without a store; the whole answer as JSON.
#[pyfunction]
pub(crate) fn analyze_bundle(py: Python<'_>, folder: PathBuf) -> PyResult<String> {
    py.detach(|| {
        let batch = bundle::read(&folder, &Limits::default(), &unobserved)?;
        report::json(&analyze(&Incident::from(&batch)))
    })
    .map_err(to_py)
}
