//! The lossless writer.

use crate::error::{Error, Place, Result};
use crate::model::{Analysis, Cause, Dossier};
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
    read(text, "analysis", Analysis::SCHEMA_VERSION)
}

/// An investigation with all that hangs on it as JSON, indented, with a final newline. [`dossier_from_json`] gives an
/// equal one back.
///
/// # Errors
///
/// As [`json`].
pub fn dossier_json(dossier: &Dossier) -> Result<String> {
    text_of(dossier)
}

/// Reads what [`dossier_json`] wrote, and checks that its parts belong together and that its history is whole.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] with line and column when it is not the JSON of a dossier,
/// [`crate::ErrorKind::Corrupt`] when a newer version wrote it or its history was tampered with.
pub fn dossier_from_json(text: &str) -> Result<Dossier> {
    let dossier: Dossier = read(text, "dossier", Dossier::SCHEMA_VERSION)?;
    dossier.check()?;
    Ok(dossier)
}

/// Reads a document, if it is not of a newer shape.
fn read<T: serde::de::DeserializeOwned>(text: &str, what: &str, known: u32) -> Result<T> {
    /// Read first, so that a document of a newer shape gets the better message.
    #[derive(serde::Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let version: Version = serde_json::from_str(text).map_err(|error| invalid(&error, what))?;
    if version.schema_version > known {
        return Err(Error::TooNew {
            what: format!("this {what}"),
            found: version.schema_version,
            known,
        });
    }
    serde_json::from_str(text).map_err(|error| invalid(&error, what))
}

fn text_of<T: serde::Serialize>(document: &T) -> Result<String> {
    let mut text = serde_json::to_string_pretty(document)
        .map_err(|error| Error::Internal(error.to_string()))?;
    text.push('\n');
    Ok(text)
}

fn invalid(error: &serde_json::Error, what: &str) -> Error {
    let place = Place {
        input: Some(what.to_owned()),
        line: Some(error.line() as u64),
        column: Some(error.column() as u64),
        offset: None,
    };
    Error::invalid(place, format!("not the JSON of {what}: {error}"))
}
