//! Checkpoints as bytes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{read, seal, unknown, unseal};
use crate::error::Result;
use crate::time::{checked_nanos, from_nanos};

const WHAT: &str = "checkpoint record";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct CheckpointV1<'a> {
    at: i64,
    bytes: &'a [u8],
}

/// Where a source stands since when, as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when the time does not fit nanoseconds.
pub fn encode_checkpoint(at: DateTime<Utc>, bytes: &[u8]) -> Result<Vec<u8>> {
    seal(WHAT, 1, &CheckpointV1 { at: checked_nanos(at)?, bytes })
}

/// The checkpoint in a record of any version, and when it was written.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_checkpoint(bytes: &[u8]) -> Result<(DateTime<Utc>, Vec<u8>)> {
    match unseal(WHAT, 1, bytes)? {
        (1, payload) => {
            let record: CheckpointV1<'_> = read(WHAT, payload)?;
            Ok((from_nanos(record.at), record.bytes.to_vec()))
        }
        (version, _) => Err(unknown(WHAT, version)),
    }
}
