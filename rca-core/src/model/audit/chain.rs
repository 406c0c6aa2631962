//! Walking a chain: checking each entry, and keeping what it says.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::diff::{LINKS, RECORD, TOUCHED, record, set};
use super::{AuditEntry, AuditHead, AuditProblem};
use crate::error::{Error, Result};
use crate::model::{EventId, Investigation, InvestigationId, Link};
use crate::time::settled;

/// A chain as far as it was walked.
#[derive(Clone)]
pub struct Chain {
    investigation: InvestigationId,
    head: AuditHead,
    revision: u64,
    updated_at: DateTime<Utc>,
    tree: Value,
    links: BTreeMap<String, Value>,
}

impl Chain {
    /// The chain of an investigation, before its first entry.
    #[must_use]
    pub fn of(investigation: InvestigationId) -> Self {
        Self {
            investigation,
            head: AuditHead::default(),
            revision: 0,
            updated_at: DateTime::UNIX_EPOCH,
            tree: Value::Null,
            links: BTreeMap::new(),
        }
    }

    /// Takes the next entry in. After one that is wrong the walk goes on behind it, so that each wrong entry is
    /// found by itself.
    ///
    /// # Errors
    ///
    /// What is wrong with the entry; what it says is kept all the same.
    pub fn take(&mut self, entry: &AuditEntry) -> Result<(), AuditProblem> {
        let expected = self.head.entries.saturating_add(1);
        let mut reasons = Vec::new();
        if entry.seq != expected {
            reasons.push(format!("entry {expected} was expected here"));
        }
        if entry.investigation != self.investigation {
            reasons.push(format!("it is of investigation {}", entry.investigation));
        }
        if entry.previous != self.head.digest {
            reasons.push("it does not follow from the entry before".to_owned());
        }
        if entry.digest != entry.hash() {
            reasons.push("its hash does not fit what it says".to_owned());
        }
        if entry.revision < self.revision {
            reasons.push(format!("its revision is below {}", self.revision));
        }
        self.head = entry.head();
        if !self.apply(entry) {
            reasons.push(format!("there is no field {} to change", entry.field));
        }
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(AuditProblem { seq: entry.seq, reason: reasons.join("; ") }),
        }
    }

    fn apply(&mut self, entry: &AuditEntry) -> bool {
        if let Some(event) = entry.field.strip_prefix(LINKS).and_then(|rest| rest.strip_prefix('.'))
        {
            self.links.insert(event.to_owned(), entry.new.clone());
            return true;
        }
        if entry.revision > self.revision {
            self.revision = entry.revision;
        }
        self.updated_at = settled(entry.time);
        if entry.field == TOUCHED {
            return true;
        }
        if entry.field == RECORD {
            self.tree = entry.new.clone();
            return self.tree.is_object();
        }
        set(&mut self.tree, &entry.field, &entry.new)
    }

    /// Where the walk is.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        self.head
    }

    /// The revision that the walk has come to.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The investigation as the entries so far say it was.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] before the first entry, [`crate::ErrorKind::Corrupt`] when what they say is no
    /// investigation.
    pub fn investigation(&self) -> Result<Investigation> {
        if self.tree.is_null() {
            return Err(Error::InvestigationNotFound { id: self.investigation });
        }
        let time = serde_json::to_value(self.updated_at)
            .map_err(|error| Error::Internal(format!("time: {error}")))?;
        record(&self.tree, self.revision, time)
    }

    /// Whether the stored record is what the entries say.
    ///
    /// # Errors
    ///
    /// The first field that differs, as a problem of the last entry.
    pub fn check_record(&self, stored: &Investigation) -> Result<(), AuditProblem> {
        let problem = |reason: String| AuditProblem { seq: self.head.entries, reason };
        let told = self.investigation().map_err(|error| problem(error.to_string()))?;
        // Some stores keep times that know leap seconds.
        let mut stored = stored.clone();
        stored.put_in_order();
        let differing =
            super::changes(&told, &stored).map_err(|error| problem(error.to_string()))?;
        if let Some(change) = differing.first() {
            return Err(problem(format!("the record's {} is another", change.field)));
        }
        if stored.updated_at != self.updated_at {
            return Err(problem("the record's updated_at is another".to_owned()));
        }
        if stored.revision != self.revision {
            let (now, told) = (stored.revision, self.revision);
            return Err(problem(format!(
                "the record has revision {now}, the trail ends at {told}"
            )));
        }
        Ok(())
    }

    /// Whether the stored links are what people decided.
    ///
    /// # Errors
    ///
    /// The first link that differs, as a problem of the last entry.
    pub fn check_links<'a>(
        &self,
        stored: impl IntoIterator<Item = &'a Link>,
    ) -> Result<(), AuditProblem> {
        let mut expected: BTreeMap<&str, &Value> = self
            .links
            .iter()
            .filter(|(_, value)| is_decided(value))
            .map(|(event, value)| (event.as_str(), value))
            .collect();
        let problem = |event: &str| AuditProblem {
            seq: self.head.entries,
            reason: format!("the link of event {event} is not what people decided"),
        };
        for link in stored.into_iter().filter(|link| link.kind.is_manual()) {
            let event = link.event.to_string();
            if expected.remove(event.as_str()) != Some(&link_value(Some(link))) {
                return Err(problem(&event));
            }
        }
        expected.keys().next().map_or(Ok(()), |event| Err(problem(event)))
    }
}

/// A link as a value of the trail: who decided what. Reasons and times of the linker are not people's doing.
pub(crate) fn link_value(link: Option<&Link>) -> Value {
    link.and_then(|link| serde_json::to_value(link.kind).ok()).unwrap_or_default()
}

fn is_decided(value: &Value) -> bool {
    matches!(value.as_str(), Some("manual" | "rejected"))
}

/// The name of a link in the trail.
pub(crate) fn link_field(event: EventId) -> String {
    format!("{LINKS}.{event}")
}

/// Values may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("investigation", &self.investigation)
            .field("head", &self.head)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}
