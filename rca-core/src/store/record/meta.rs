//! Named bytes as bytes: only framed, so that damage shows.

use super::{frame, unseal};
use crate::error::Result;

/// Any bytes as a record.
#[must_use]
pub fn encode_meta(bytes: &[u8]) -> Vec<u8> {
    frame(1, bytes)
}

/// The bytes in a record.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_meta(record: &[u8]) -> Result<Vec<u8>> {
    unseal("named bytes", 1, record).map(|(_, payload)| payload.to_vec())
}
