//! One place that turns our errors into Python's.

use pyo3::import_exception;
use pyo3::prelude::*;
use rca_core::{Error, ErrorKind};

// Defined in Python, so that each can also derive from the natural built-in.
import_exception!(rca._errors, RcaError);
import_exception!(rca._errors, NotFoundError);
import_exception!(rca._errors, InvalidInputError);
import_exception!(rca._errors, ConflictError);
import_exception!(rca._errors, DeniedError);
import_exception!(rca._errors, BusyError);
import_exception!(rca._errors, CorruptError);
import_exception!(rca._errors, CancelledError);

/// The exception for an error, by kind.
pub(crate) fn to_py(error: Error) -> PyErr {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::NotFound => NotFoundError::new_err(message),
        ErrorKind::InvalidInput => InvalidInputError::new_err(message),
        ErrorKind::Conflict => ConflictError::new_err(message),
        ErrorKind::Denied => DeniedError::new_err(message),
        ErrorKind::Busy => BusyError::new_err(message),
        ErrorKind::Corrupt => CorruptError::new_err(message),
        ErrorKind::Cancelled => CancelledError::new_err(message),
        _ => RcaError::new_err(message),
    }
}
