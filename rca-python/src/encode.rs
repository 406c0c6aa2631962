//! Records cross the border as JSON text ([`rca_json`]), which the package turns into its own frozen classes.

use pyo3::prelude::*;
use rca_core::{Error, Result};
use rca_json::events::Documents;
use serde::de::DeserializeOwned;

pub(crate) use rca_json::{json, parsed};

use crate::error::to_py;

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
    rca_json::word(what, word).map_err(|error| to_py(py, &error))
}

/// Documents one after another as one list.
pub(crate) fn list(documents: Documents) -> Result<String> {
    let all = documents.collect::<Result<Vec<String>>>()?;
    Ok(format!("[{}]", all.join(",")))
}
