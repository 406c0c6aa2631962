//! The audit trail: every change of every field, each entry bound to the one before by its hash.
//!
//! There is one chain for each investigation. What an entry says is hashed (SHA-256) together with the hash of the
//! entry before it, so that no entry can be changed, left out, added or moved without all later ones showing it.
//! Replaying a chain gives the investigation back, at every revision; a record that says something else was not
//! changed through the store. What a chain can't show is that all of it was rewritten: for that keep an
//! [`AuditSeal`] elsewhere.

mod chain;
mod diff;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Place, Result};
use crate::model::InvestigationId;
use crate::time::settled;

pub use chain::Chain;
pub(crate) use chain::{link_field, link_value};
pub(crate) use diff::{TOUCHED, baseline, changes, merged_with};

/// A SHA-256 hash; as text, 64 hexadecimal digits.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// What the first entry of a chain follows.
    pub const ZERO: Self = Self([0; 32]);

    /// The bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let wrong = || Error::invalid(Place::default(), "a hash is 64 hexadecimal digits");
        bytes.map(Self).ok_or_else(wrong)
    }
}

/// One field before and after. Nothing there is `null`.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldChange {
    /// The field's name in JSON; what stands in a list is named by its id (`hypotheses.<id>.state`).
    pub field: String,
    /// What it was.
    #[serde(default)]
    pub old: Value,
    /// What it became.
    #[serde(default)]
    pub new: Value,
}

/// A field that two people changed differently since they read the same record.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FieldConflict {
    /// The field's name, as in [`FieldChange::field`].
    pub field: String,
    /// What both had read.
    #[serde(default)]
    pub base: Value,
    /// What the edit makes of it.
    #[serde(default)]
    pub yours: Value,
    /// What is stored now. It was left as it is.
    #[serde(default)]
    pub theirs: Value,
}

/// One change of one field: who, when, what it was, what it became.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub seq: u64,
    /// The investigation that was changed.
    pub investigation: InvestigationId,
    /// The revision that the change led to. Links do not count as a revision.
    pub revision: u64,
    /// When.
    pub time: DateTime<Utc>,
    /// Who; none where nobody was named, and for the linker's own changes.
    #[serde(default)]
    pub author: Option<String>,
    /// The field's name, as in [`FieldChange::field`]. `record` is the whole, when the chain begins; `links.<event>`
    /// is what a person decided about an event.
    pub field: String,
    /// What it was.
    #[serde(default)]
    pub old: Value,
    /// What it became.
    #[serde(default)]
    pub new: Value,
    /// The hash of the entry before; zeros for the first.
    pub previous: Digest,
    /// The hash of all above.
    pub digest: Digest,
}

impl AuditEntry {
    /// The next entry of a chain.
    #[must_use]
    pub fn following(
        head: AuditHead,
        investigation: InvestigationId,
        revision: u64,
        time: DateTime<Utc>,
        author: Option<&str>,
        change: FieldChange,
    ) -> Self {
        let FieldChange { field, old, new } = change;
        let mut entry = Self {
            seq: head.entries.saturating_add(1),
            investigation,
            revision,
            time,
            author: author.map(str::to_owned),
            field,
            old,
            new,
            previous: head.digest,
            digest: Digest::ZERO,
        };
        entry.digest = entry.hash();
        entry
    }

    /// The hash that an entry with this content has to have.
    ///
    /// SHA-256 over: the name of this scheme; the hash before; id, place and revision, big-endian; seconds and
    /// nanoseconds since 1970; author, field, old and new, each behind its length in 8 bytes (all ones for no author).
    /// Values are JSON without spaces, names in order.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"rca audit 1\n");
        hash.update(self.previous.0);
        hash.update(self.investigation.to_bytes());
        hash.update(self.seq.to_be_bytes());
        hash.update(self.revision.to_be_bytes());
        let time = settled(self.time);
        hash.update(time.timestamp().to_be_bytes());
        hash.update(time.timestamp_subsec_nanos().to_be_bytes());
        let mut part = |text: Option<&str>| {
            let length = text.map_or(u64::MAX, |text| text.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(text.unwrap_or_default().as_bytes());
        };
        part(self.author.as_deref());
        part(Some(&self.field));
        part(Some(&diff::canonical(&self.old)));
        part(Some(&diff::canonical(&self.new)));
        Digest(hash.finalize().into())
    }

    /// Where a chain ends that ends with this entry.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        AuditHead { entries: self.seq, digest: self.digest }
    }
}

/// Where a chain ends. Kept apart from the entries, so that a chain that was cut short shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AuditHead {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one; zeros when there is none.
    pub digest: Digest,
}

/// What is wrong with a chain, and at which entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProblem {
    /// The entry's place in the chain.
    pub seq: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for AuditProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "entry {}: {}", self.seq, self.reason)
    }
}

/// Where all chains of a workspace ended at some time. Kept elsewhere (in a ticket, a mail, a signed commit), it
/// proves later that the trails only grew: not even whoever can write the file can change what was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AuditSeal {
    /// Version of this shape.
    pub schema_version: u32,
    /// Chains by investigation.
    pub chains: BTreeMap<InvestigationId, AuditHead>,
}

impl AuditSeal {
    /// The version that this crate writes.
    pub const SCHEMA_VERSION: u32 = 1;
}

/// Values may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldChange").field("field", &self.field).finish_non_exhaustive()
    }
}

/// Values may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for FieldConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldConflict").field("field", &self.field).finish_non_exhaustive()
    }
}

/// Values may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditEntry")
            .field("seq", &self.seq)
            .field("revision", &self.revision)
            .field("time", &self.time)
            .field("field", &self.field)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
