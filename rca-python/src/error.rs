//! One place that turns our errors into Python's.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rca_core::{Error, ErrorKind};
use rca_json::Details;

/// The class for an error: by kind, then by the built-in that fits best.
fn class(error: &Error) -> &'static str {
    match (error.kind(), error) {
        (ErrorKind::NotFound, Error::PathNotFound { .. } | Error::Io { .. }) => "PathNotFoundError",
        (ErrorKind::NotFound, _) => "NotFoundError",
        (ErrorKind::InvalidInput, _) => "InvalidInputError",
        (ErrorKind::Conflict, _) => "ConflictError",
        (ErrorKind::Denied, _) => "DeniedError",
        (ErrorKind::Busy, _) => "BusyError",
        (ErrorKind::Corrupt, _) => "CorruptError",
        (ErrorKind::Cancelled, _) => "CancelledError",
        _ => "InternalError",
    }
}

/// The exception for an error.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    raise(py, class(error), &error.to_string(), Details::of(error)).unwrap_or_else(|failed| failed)
}

/// A closed workspace.
pub(crate) fn closed(py: Python<'_>) -> PyErr {
    let details = Details { hint: Some("open it again".to_owned()), ..Details::default() };
    raise(py, "BusyError", "the workspace is closed; open it again", details)
        .unwrap_or_else(|failed| failed)
}

/// A panic is a bug of ours; it must not tear the interpreter down.
pub(crate) fn bug(py: Python<'_>, panic: &(dyn std::any::Any + Send)) -> PyErr {
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    to_py(py, &Error::Internal(said))
}

fn raise(py: Python<'_>, class: &str, message: &str, details: Details) -> PyResult<PyErr> {
    // Defined in Python, so that each can also derive from the natural built-in.
    let class = py.import("rca._errors")?.getattr(class)?;
    let about = PyDict::new(py);
    about.set_item("source", details.source)?;
    about.set_item("line", details.line)?;
    about.set_item("column", details.column)?;
    about.set_item("offset", details.offset)?;
    about.set_item("hint", details.hint)?;
    Ok(PyErr::from_value(class.call((message,), Some(&about))?))
}
