//! Analyses as bytes: their JSON document, which has a version and compatibility rules of its own
//! ([`Analysis::schema_version`]) and reads back to an equal value. A frozen copy of the whole tree
//! of structs would freeze it twice.

use super::{damaged, read, seal, unseal};
use crate::error::{Error, Result};
use crate::model::Analysis;

const WHAT: &str = "analysis record";

/// An analysis as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] for a number that JSON can't hold (infinite or NaN).
pub fn encode_analysis(analysis: &Analysis) -> Result<Vec<u8>> {
    let json = serde_json::to_string(analysis)
        .map_err(|error| Error::Internal(format!("analysis: {error}")))?;
    // JSON writes NaN as null, which would not read back: better to learn it now.
    serde_json::from_str::<Analysis>(&json)
        .map_err(|error| Error::value("analysis", format!("does not read back: {error}")))?;
    seal(WHAT, 1, &json)
}

/// The analysis in a record of any version.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event); [`Error::TooNew`] also when the document's own
/// version is newer than ours.
pub fn decode_analysis(bytes: &[u8]) -> Result<Analysis> {
    let (_, payload) = unseal(WHAT, 1, bytes)?;
    let json: &str = read(WHAT, payload)?;
    let stamp: Stamp =
        serde_json::from_str(json).map_err(|error| damaged(WHAT, error.to_string()))?;
    if stamp.schema_version > Analysis::SCHEMA_VERSION {
        return Err(Error::TooNew {
            what: WHAT.to_owned(),
            found: stamp.schema_version,
            known: Analysis::SCHEMA_VERSION,
        });
    }
    serde_json::from_str(json).map_err(|error| damaged(WHAT, error.to_string()))
}

/// The part of the document that never changes.
#[derive(serde::Deserialize)]
struct Stamp {
    schema_version: u32,
}
