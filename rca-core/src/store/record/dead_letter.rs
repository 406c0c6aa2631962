//! Dead letters as bytes. Their raw bytes are records of their own ([`encode_meta`](super::encode_meta)).

use serde::{Deserialize, Serialize};

use super::{damaged, nanos_of, read, seal, time_of, unknown, unseal};
use crate::error::{Place, Result};
use crate::model::{DeadLetter, DeadLetterId};
use crate::time::{checked_nanos, from_nanos};

const WHAT: &str = "dead letter record";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct DeadLetterV1 {
    id: u64,
    key: [u8; 16],
    source: String,
    format: Option<String>,
    input: Option<String>,
    line: Option<u64>,
    column: Option<u64>,
    offset: Option<u64>,
    reason: String,
    about: Vec<(String, String)>,
    tries: u32,
    first_at: i64,
    last_at: i64,
    next_try: Option<i64>,
    bytes: u64,
    kept: bool,
}

/// A dead letter, and the hash by which its content is found, as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds.
pub fn encode_dead_letter(letter: &DeadLetter, key: u128) -> Result<Vec<u8>> {
    let record = DeadLetterV1 {
        id: letter.id.0,
        key: key.to_be_bytes(),
        source: letter.source.clone(),
        format: letter.format.clone(),
        input: letter.place.input.clone(),
        line: letter.place.line,
        column: letter.place.column,
        offset: letter.place.offset,
        reason: letter.reason.clone(),
        about: letter.about.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        tries: letter.tries,
        first_at: checked_nanos(letter.first_at)?,
        last_at: checked_nanos(letter.last_at)?,
        next_try: nanos_of(letter.next_try)?,
        bytes: letter.bytes,
        kept: letter.kept,
    };
    seal(WHAT, 1, &record)
}

/// The dead letter in a record of any version, and its hash.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_dead_letter(bytes: &[u8]) -> Result<(DeadLetter, u128)> {
    match unseal(WHAT, 1, bytes)? {
        (1, payload) => read::<DeadLetterV1>(WHAT, payload)?.into_letter(),
        (version, _) => Err(unknown(WHAT, version)),
    }
}

impl DeadLetterV1 {
    fn into_letter(self) -> Result<(DeadLetter, u128)> {
        if self.tries == 0 {
            return Err(damaged(WHAT, "it was never tried"));
        }
        let letter = DeadLetter {
            id: DeadLetterId(self.id),
            source: self.source,
            format: self.format,
            place: Place {
                input: self.input,
                line: self.line,
                column: self.column,
                offset: self.offset,
            },
            reason: self.reason,
            about: self.about.into_iter().collect(),
            tries: self.tries,
            first_at: from_nanos(self.first_at),
            last_at: from_nanos(self.last_at),
            next_try: time_of(self.next_try),
            bytes: self.bytes,
            kept: self.kept,
        };
        Ok((letter, u128::from_be_bytes(self.key)))
    }
}
