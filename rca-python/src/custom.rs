//! Sources of the user's own, written in Python.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_json::sources::{self, Given};

use crate::batch::PyBatch;
use crate::run::brief;
use crate::sources::PySource;

/// What a callable of Python gave: a page, or what kept it from giving one.
#[derive(FromPyObject)]
enum Said<'py> {
    /// What was read, the checkpoint behind it, whether there is more.
    Page(PyRef<'py, PyBatch>, String, bool),
    /// The kind of fault, in words what happened, how many seconds to wait.
    Fault(String, String, Option<f64>),
}

impl From<Said<'_>> for Given {
    fn from(said: Said<'_>) -> Self {
        match said {
            Said::Page(batch, checkpoint, more) => {
                let batch = Arc::clone(&batch.inner);
                Self::Page { batch, checkpoint, more }
            }
            Said::Fault(kind, what, after_seconds) => Self::Fault { kind, what, after_seconds },
        }
    }
}

/// What a callable raised that says nothing about the source: it is a bug of its own, and raised to who pulled.
pub(crate) type Raised = Arc<Mutex<Option<PyErr>>>;

/// A source from a callable of (checkpoint, now).
#[pyfunction]
pub(crate) fn custom_source(py: Python<'_>, name: &str, pull: Py<PyAny>) -> PyResult<PySource> {
    let raised = Raised::default();
    let theirs = Arc::clone(&raised);
    // On the thread that works: the one that waits does not hold the interpreter's lock, and neither the core nor this
    // crate holds one of theirs.
    let call = move |from: Option<&str>, now: DateTime<Utc>| {
        Python::attach(|py| {
            let given = pull.bind(py).call1((from, now));
            match given.and_then(|given| Ok(Given::from(given.extract::<Said<'_>>()?))) {
                Ok(given) => given,
                Err(error) => {
                    *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    let kind = "cancelled".to_owned();
                    Given::Fault { kind, what: "it raised".to_owned(), after_seconds: None }
                }
            }
        })
    };
    let inner = brief(py, || sources::custom(name, call))?;
    Ok(PySource::raising(inner, raised))
}
