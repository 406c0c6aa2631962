//! The lossless writer.

use crate::error::{Error, Place, Result};
use crate::model::{Analysis, Cause};
use crate::report::Doctor;

/// The analysis as JSON, indented, with a final newline. [`from_json`] gives an equal analysis back.
///
/// # Errors
///
/// [`crate::ErrorKind::Internal`] when a number is not finite, which no analysis of ours holds.
pub fn json(analysis: &Analysis) -> Result<String> {
    text_of(analysis)
}

/// A list of causes as JSON, indented, with a final newline.
///
/// # Errors
///
/// As [`json`].
pub fn causes_json(causes: &[Cause]) -> Result<String> {
    text_of(&causes)
}

/// A doctor's account as JSON, indented, with a final newline.
///
/// # Errors
///
/// As [`json`].
pub fn doctor_json(doctor: &Doctor) -> Result<String> {
    text_of(doctor)
}

/// Reads an analysis back.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] with line and column when it is not the JSON of an analysis,
/// [`crate::ErrorKind::Corrupt`] when a newer version wrote it.
pub fn from_json(text: &str) -> Result<Analysis> {
    /// Read first, so that a document of a newer shape gets the better message.
    #[derive(serde::Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let version: Version = serde_json::from_str(text).map_err(|error| invalid(&error))?;
    if version.schema_version > Analysis::SCHEMA_VERSION {
        return Err(Error::TooNew {
            what: "this analysis".to_owned(),
            found: version.schema_version,
            known: Analysis::SCHEMA_VERSION,
        });
    }
    serde_json::from_str(text).map_err(|error| invalid(&error))
}

fn text_of<T: serde::Serialize>(document: &T) -> Result<String> {
    let mut text = serde_json::to_string_pretty(document)
        .map_err(|error| Error::Internal(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

fn invalid(error: &serde_json::Error) -> Error {
    let place = Place {
        input: Some("analysis".to_owned()),
        line: Some(error.line() as u64),
        column: Some(error.column() as u64),
        offset: None,
    };
    Error::invalid(place, format!("not the JSON of an analysis: {error}"))
}
