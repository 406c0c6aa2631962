//! Named bytes as bytes: only framed, so that damage shows.

use super::{unseal, with_checksum};
use crate::error::Result;

/// Any bytes as a record.
#[must_use]
pub fn encode_meta(bytes: &[u8]) -> Vec<u8> {
    with_checksum([&[1], bytes].concat())
}

/// The bytes in a record.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_meta(record: &[u8]) -> Result<Vec<u8>> {
    unseal("named bytes", 1, record).map(|(_, payload)| payload.to_vec())
}
