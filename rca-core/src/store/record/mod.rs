//! Stored records as bytes: frozen structs, one version byte, one checksum.
//!
//! ```text
//! version (1 byte) | postcard of the frozen struct | XXH3-64 of all before, low 32 bits (LE)
//! ```
//!
//! postcard is compact because it writes no names, so an old record can't be read with a changed
//! struct. Hence the structs here are never edited: a new shape is a new struct (`EventV2`) with
//! the next version number and a step up from the one before, and the golden files of every
//! version stay in `tests/golden/records`. The checksum is there because the database verifies its
//! pages only after a crash: what bits rot on a disk must not come back as somebody's deploy.
//!
//! Decoding never panics, whatever the bytes.

mod analysis;
mod audit;
mod checkpoint;
mod code;
mod dead_letter;
mod event;
mod investigation;
mod link;
mod meta;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, Result};
use crate::time::{checked_nanos, from_nanos};

pub use analysis::{decode_analysis, encode_analysis};
pub use audit::{decode_audit_entry, decode_audit_head, encode_audit_entry, encode_audit_head};
pub use checkpoint::{decode_checkpoint, encode_checkpoint};
pub use dead_letter::{decode_dead_letter, encode_dead_letter};
pub use event::{decode_event, decode_event_text, encode_event};
pub use investigation::{decode_investigation, encode_investigation};
pub use link::{decode_link, encode_link};
pub use meta::{decode_meta, encode_meta};

const CHECKSUM_BYTES: usize = 4;

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = xxh3_64(bytes).to_le_bytes();
    [a, b, c, d]
}

/// Frames a frozen struct.
fn seal(what: &'static str, version: u8, record: &impl Serialize) -> Result<Vec<u8>> {
    let bytes = postcard::to_extend(record, vec![version])
        .map_err(|error| Error::Internal(format!("{what} can't be written: {error}")))?;
    Ok(with_checksum(bytes))
}

/// A frame around a payload that may be nonsense: lets a fuzzer reach what is behind the checksum.
#[must_use]
pub fn frame(version: u8, payload: &[u8]) -> Vec<u8> {
    with_checksum([&[version], payload].concat())
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Takes the frame off: the version and the payload.
fn unseal<'a>(what: &'static str, newest: u8, bytes: &'a [u8]) -> Result<(u8, &'a [u8])> {
    let Some((body, sum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(damaged(what, format!("only {} bytes", bytes.len())));
    };
    if checksum(body) != *sum {
        return Err(damaged(what, "the checksum does not fit"));
    }
    match body.split_first() {
        None | Some((0, _)) => Err(damaged(what, "it has no version")),
        Some((&version, _)) if version > newest => Err(Error::TooNew {
            what: what.to_owned(),
            found: u32::from(version),
            known: u32::from(newest),
        }),
        Some((&version, payload)) => Ok((version, payload)),
    }
}

/// Reads a frozen struct from a payload that holds nothing else.
fn read<'a, R: Deserialize<'a>>(what: &'static str, payload: &'a [u8]) -> Result<R> {
    match postcard::take_from_bytes(payload) {
        Ok((record, [])) => Ok(record),
        Ok((_, rest)) => Err(damaged(what, format!("{} bytes too many", rest.len()))),
        Err(error) => Err(damaged(what, error.to_string())),
    }
}

fn damaged(what: &'static str, reason: impl Into<String>) -> Error {
    Error::Corrupt { what: what.to_owned(), reason: reason.into() }
}

/// A version below the newest that no reader takes: a hole in our own numbering.
fn unknown(what: &'static str, version: u8) -> Error {
    damaged(what, format!("version {version} was never written"))
}

/// A value that passed its checks when it was written no longer does.
fn invalid(what: &'static str) -> impl Fn(Error) -> Error {
    move |error| damaged(what, error.to_string())
}

fn nanos_of(time: Option<DateTime<Utc>>) -> Result<Option<i64>> {
    time.map(checked_nanos).transpose()
}

fn time_of(nanos: Option<i64>) -> Option<DateTime<Utc>> {
    nanos.map(from_nanos)
}

#[cfg(test)]
mod tests;
