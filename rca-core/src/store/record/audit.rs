//! Entries of the audit trail as bytes, and where chains end.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{damaged, read, seal, unknown, unseal};
use crate::error::{Error, Result};
use crate::model::{AuditEntry, AuditHead, Digest, InvestigationId};
use crate::time::{checked_nanos, from_nanos};

const ENTRY: &str = "audit entry";
const HEAD: &str = "end of an audit trail";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct AuditEntryV1 {
    seq: u64,
    investigation: [u8; 16],
    revision: u64,
    time: i64,
    author: Option<String>,
    field: String,
    /// JSON; empty for `null`. postcard can't hold values that describe themselves.
    old: String,
    new: String,
    previous: [u8; 32],
    digest: [u8; 32],
}

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct AuditHeadV1 {
    entries: u64,
    digest: [u8; 32],
}

/// An entry as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when its time does not fit nanoseconds.
pub fn encode_audit_entry(entry: &AuditEntry) -> Result<Vec<u8>> {
    let record = AuditEntryV1 {
        seq: entry.seq,
        investigation: entry.investigation.to_bytes(),
        revision: entry.revision,
        time: checked_nanos(entry.time)?,
        author: entry.author.clone(),
        field: entry.field.clone(),
        old: json_of(&entry.old),
        new: json_of(&entry.new),
        previous: entry.previous.to_bytes(),
        digest: entry.digest.to_bytes(),
    };
    seal(ENTRY, 1, &record)
}

/// The entry in a record of any version. Whether it fits its chain is for [`Chain`](crate::model::Chain) to say.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_audit_entry(bytes: &[u8]) -> Result<AuditEntry> {
    match unseal(ENTRY, 1, bytes)? {
        (1, payload) => read::<AuditEntryV1>(ENTRY, payload)?.into_entry(),
        (version, _) => Err(unknown(ENTRY, version)),
    }
}

/// Where a chain ends, as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::Internal`] only.
pub fn encode_audit_head(head: &AuditHead) -> Result<Vec<u8>> {
    seal(HEAD, 1, &AuditHeadV1 { entries: head.entries, digest: head.digest.to_bytes() })
}

/// Where a chain ends, from a record of any version.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_audit_head(bytes: &[u8]) -> Result<AuditHead> {
    match unseal(HEAD, 1, bytes)? {
        (1, payload) => {
            let AuditHeadV1 { entries, digest } = read(HEAD, payload)?;
            Ok(AuditHead { entries, digest: Digest::from_bytes(digest) })
        }
        (version, _) => Err(unknown(HEAD, version)),
    }
}

fn json_of(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

fn value_of(json: &str) -> Result<Value> {
    if json.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(json).map_err(|error| damaged(ENTRY, error.to_string()))
}

impl AuditEntryV1 {
    fn into_entry(self) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            seq: self.seq,
            investigation: InvestigationId::from_bytes(self.investigation),
            revision: self.revision,
            time: from_nanos(self.time),
            author: self.author,
            field: self.field,
            old: value_of(&self.old)?,
            new: value_of(&self.new)?,
            previous: Digest::from_bytes(self.previous),
            digest: Digest::from_bytes(self.digest),
        })
    }
}
