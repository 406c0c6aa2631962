//! Records cross the border as JSON text, which the package turns into its own frozen classes.

use pyo3::prelude::*;
use rca_core::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::to_py;

/// A record as text.
pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(format!("as JSON: {error}")))
}

/// A record from text that the package wrote.
pub(crate) fn parsed<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::value(what, error.to_string()))
}

/// An id from text.
pub(crate) fn id<T>(py: Python<'_>, text: &str) -> PyResult<T>
where
    T: std::str::FromStr<Err = Error>,
{
    text.parse().map_err(|error| to_py(py, &error))
}

/// A word of a closed list.
pub(crate) fn word<T: DeserializeOwned>(
    py: Python<'_>,
    what: &'static str,
    word: &str,
) -> PyResult<T> {
    let value = serde_json::Value::String(word.to_owned());
    serde_json::from_value(value)
        .map_err(|error| to_py(py, &Error::value(what, format!("{word:?}: {error}"))))
}

/// The name of a kind, as in JSON.
pub(crate) fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::InvalidInput => "invalid_input",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Denied => "denied",
        ErrorKind::Busy => "busy",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Cancelled => "cancelled",
        _ => "internal",
    }
}
