//! The open handle: opening, closing, looking after the folder.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use pyo3::prelude::*;
use rca_core::Workspace;
use rca_core::time::ManualClock;
use rca_json::workspaces::{self, Opening};

use crate::error::{closed, to_py};
use crate::run::{brief, long};

/// A clock that stands still until it is moved; for tests and replays.
#[pyclass(frozen, name = "ManualClock", module = "rca")]
#[derive(Debug)]
pub(crate) struct PyClock(ManualClock);

#[pymethods]
impl PyClock {
    #[new]
    fn new(at: DateTime<Utc>) -> Self {
        Self(ManualClock::at(at))
    }

    /// Moves the hand.
    fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// What it shows.
    fn now(&self) -> DateTime<Utc> {
        rca_core::time::Clock::now(&self.0)
    }

    fn __repr__(&self) -> String {
        format!("ManualClock({})", self.now().to_rfc3339())
    }
}

/// An open collection of events and investigations.
#[pyclass(frozen, name = "Workspace", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyWorkspace {
    /// None once closed: a file lock must not wait for the garbage collector.
    inner: Mutex<Option<Workspace>>,
}

impl PyWorkspace {
    pub(crate) fn of(workspace: Workspace) -> Self {
        Self { inner: Mutex::new(Some(workspace)) }
    }

    /// A handle for one call; the lock is not held while it works.
    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<Workspace> {
        // The lock is free again before an error is made: that runs Python, which may hand the interpreter's lock to a
        // thread that waits for this one.
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        inner.ok_or_else(|| closed(py))
    }
}

#[pymethods]
impl PyWorkspace {
    #[new]
    #[pyo3(signature = (path, *, read_only, fresh, clock, settings))]
    fn new(
        py: Python<'_>,
        path: Option<PathBuf>,
        read_only: bool,
        fresh: bool,
        clock: Option<&Bound<'_, PyClock>>,
        settings: &str,
    ) -> PyResult<Self> {
        let clock = clock.map(|clock| clock.get().0.clone());
        let opening = Opening { path, read_only, stale: !fresh, clock };
        let inner = brief(py, || workspaces::open(opening, settings))?;
        Ok(Self::of(inner))
    }

    /// The folder; none in memory.
    fn path(&self, py: Python<'_>) -> PyResult<Option<PathBuf>> {
        Ok(self.get(py)?.path().map(std::path::Path::to_owned))
    }

    /// Whether it was closed.
    fn closed(&self) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Closes the workspace and frees its folder. Closing twice is fine.
    fn close(&self, py: Python<'_>) {
        let closed = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(closed));
    }

    fn refresh(&self, py: Python<'_>) -> PyResult<()> {
        let workspace = self.get(py)?;
        long(py, None, move |_| workspace.refresh())
    }

    fn rebuild_index(&self, py: Python<'_>) -> PyResult<()> {
        let workspace = self.get(py)?;
        long(py, None, move |_| workspace.rebuild_index())
    }

    fn compact(&self, py: Python<'_>) -> PyResult<()> {
        let workspace = self.get(py)?;
        long(py, None, move |_| workspace.compact())
    }

    fn backup(&self, py: Python<'_>, file: PathBuf) -> PyResult<()> {
        let workspace = self.get(py)?;
        long(py, None, move |_| workspace.backup(file))
    }

    fn verify(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| workspaces::verify(&workspace))
    }

    /// What opening found of the search index, and why it was rebuilt where it was.
    fn index_opened(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || workspaces::index_opened(&workspace))
    }

    fn event_count(&self, py: Python<'_>) -> PyResult<u64> {
        let workspace = self.get(py)?;
        brief(py, move || workspace.event_count())
    }
}

/// A moment as people write it.
#[pyfunction]
pub(crate) fn parse_time(py: Python<'_>, text: &str) -> PyResult<DateTime<Utc>> {
    rca_core::connectors::parse_time(text).map_err(|error| to_py(py, &error))
}
