//! Requests and answers as JSON: the words that the bindings of several languages share.
//!
//! A binding translates types; this says once what its documents look like. Every function takes what crosses the
//! border as text and gives text (or a handle of the core) back, so that the same call gives the same bytes in every
//! language. Nothing is decided here that the core could decide.

pub mod analytics;
pub mod answers;
pub mod batches;
pub mod cases;
pub mod documents;
pub mod events;
pub mod graphs;
pub mod letters;
pub mod partials;
pub mod pulls;
pub mod queries;
pub mod record;
pub mod replays;
pub mod reviews;
pub mod settings;
pub mod sources;
pub mod workspaces;

use rca_core::{Error, ErrorKind, Place, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A record as text.
///
/// # Errors
///
/// [`ErrorKind::Internal`] for what JSON has no words for, which no record of ours holds.
pub fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(format!("as JSON: {error}")))
}

/// A record from text; an empty text is an empty object.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] with line and column for text that is not the JSON of such a record.
pub fn parsed<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_json::from_str(text).map_err(|error| misread(what, &error, 0))
}

/// Where a document stops to make sense. `above` lines stand before it.
pub(crate) fn misread(what: &str, error: &serde_json::Error, above: u64) -> Error {
    // A value that was parsed before has no place in a text any more.
    let is_placed = error.line() > 0;
    let place = Place {
        input: Some(what.to_owned()),
        line: is_placed.then_some(above + error.line() as u64),
        column: is_placed.then_some(error.column() as u64),
        offset: None,
    };
    let said = error.to_string();
    let reason = said.split_once(" at line ").map_or(said.as_str(), |(reason, _)| reason);
    Error::invalid(place, reason)
}

/// A word of a closed list.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] for any other.
pub fn word<T: DeserializeOwned>(what: &'static str, word: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|error| Error::value(what, format!("{word:?}: {error}")))
}

/// The name of a kind, as in JSON.
#[must_use]
pub fn kind_name(kind: ErrorKind) -> &'static str {
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

/// What a caller may want to know of an error beside its message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The file, folder, input, address or field.
    pub source: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<u64>,
    /// Offset in bytes, from 0.
    pub offset: Option<u64>,
    /// What to do.
    pub hint: Option<String>,
}

impl Details {
    /// What an error knows.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        if let Some(place) = error.place() {
            return Self {
                source: place.input.clone(),
                line: place.line,
                column: place.column,
                offset: place.offset,
                hint: None,
            };
        }
        let path = |path: &std::path::Path| Some(path.display().to_string());
        let (source, hint) = match error {
            Error::PathNotFound { path: at, hint } => (path(at), Some(hint.clone())),
            Error::Source { place, hint, .. } => (Some(place.clone()), Some(hint.clone())),
            Error::ReadOnly { path: at }
            | Error::Busy { path: at }
            | Error::StillReading { path: at }
            | Error::Io { path: at, .. }
            | Error::Git { path: at, .. } => (path(at), None),
            Error::Corrupt { what, .. } | Error::TooNew { what, .. } => (Some(what.clone()), None),
            Error::InvalidValue { field, .. } => (Some((*field).to_owned()), None),
            _ => (None, None),
        };
        Self { source, hint, ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
