//! Sources of the user's own, written in Python, and repositories as sources.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};
use pyo3::prelude::*;
use rca_core::connectors::Observer;
use rca_core::connectors::git::Tips;
use rca_core::connectors::source::{Checkpoint, GitRepository, Page, Source};
use rca_core::connectors::transport::{Fault, FaultKind};

use crate::batch::PyBatch;
use crate::run::brief;
use crate::sources::PySource;

/// What a callable of Python gave: a page, or what kept it from giving one.
#[derive(FromPyObject)]
enum Given<'py> {
    /// What was read, the checkpoint behind it, whether there is more.
    Page(PyRef<'py, PyBatch>, String, bool),
    /// The kind of fault, in words what happened, how long to wait.
    Fault(String, String, Option<Duration>),
}

/// What a callable raised that says nothing about the source: it is a bug of its own, and raised to who pulled.
pub(crate) type Raised = Arc<Mutex<Option<PyErr>>>;

/// A callable of Python that gives the page behind a checkpoint.
pub(crate) struct Custom {
    name: String,
    pull: Py<PyAny>,
    raised: Raised,
}

impl Source for Custom {
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        _observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let from = from.map(ToString::to_string);
        // On the thread that works: the one that waits does not hold the interpreter's lock, and neither the core nor
        // this crate holds one of theirs.
        Python::attach(|py| {
            let given = self.pull.bind(py).call1((from, now));
            match given.and_then(|given| given.extract::<Given<'_>>()) {
                Ok(given) => self.page(given),
                Err(error) => {
                    *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    Err(Fault::cancelled(&self.name))
                }
            }
        })
    }
}

impl Custom {
    fn page(&self, given: Given<'_>) -> Result<Page, Fault> {
        match given {
            Given::Page(batch, checkpoint, more) => {
                let checkpoint = Checkpoint::from_str(&checkpoint).map_err(|error| {
                    Fault::new(FaultKind::Malformed, &self.name, error.to_string())
                })?;
                let batch = Arc::unwrap_or_clone(Arc::clone(&batch.inner));
                Ok(Page { batch, more, ..Page::at(checkpoint) })
            }
            Given::Fault(kind, what, after) => {
                let kind = match kind.as_str() {
                    "timed_out" => FaultKind::TimedOut,
                    "throttled" => {
                        FaultKind::Throttled { after: after.and_then(|long| long.to_std().ok()) }
                    }
                    "credentials" => FaultKind::Credentials,
                    _ => FaultKind::Unreachable,
                };
                Err(Fault::new(kind, &self.name, what))
            }
        }
    }
}

/// A source from a callable of (checkpoint, now).
#[pyfunction]
pub(crate) fn custom_source(name: String, pull: Py<PyAny>) -> PySource {
    let raised = Raised::default();
    let source = Custom { name, pull, raised: Arc::clone(&raised) };
    PySource::of(Box::new(source)).with_raised(raised)
}

/// A local repository that is read on and on.
#[pyfunction]
#[pyo3(signature = (path, *, name, repository, tips, start, page))]
pub(crate) fn git_source(
    py: Python<'_>,
    path: PathBuf,
    name: Option<String>,
    repository: Option<String>,
    tips: Option<Vec<String>>,
    start: Option<DateTime<Utc>>,
    page: Option<usize>,
) -> PyResult<PySource> {
    brief(py, || {
        let mut source = GitRepository::open(path)?;
        if let Some(name) = name {
            source = source.with_name(name);
        }
        if let Some(name) = repository {
            source = source.with_repository(name);
        }
        if let Some(tips) = tips {
            source = source.with_tips(Tips::Named(tips));
        }
        if let Some(start) = start {
            source = source.with_start(start);
        }
        if let Some(commits) = page {
            source = source.with_page(commits);
        }
        Ok(PySource::of(Box::new(source)))
    })
}
