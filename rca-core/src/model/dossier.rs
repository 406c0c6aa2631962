//! Everything that is kept of one investigation, as one document.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::model::{Analysis, AuditEntry, Chain, Event, EventId, Investigation, Link};

/// One investigation with all that hangs on it. Its JSON is lossless: taken in elsewhere it is the same
/// investigation, with the same history.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dossier {
    /// Version of this shape; [`Dossier::SCHEMA_VERSION`] when written by this crate.
    pub schema_version: u32,
    /// The record: fields, notes, hypotheses, relations.
    pub investigation: Investigation,
    /// The events that it links or names, in order of time.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Its links, rejections and suggestions too, by event.
    #[serde(default)]
    pub links: Vec<Link>,
    /// The latest answer.
    #[serde(default)]
    pub analysis: Option<Analysis>,
    /// Every change since it was opened. Empty only for records of before there was an audit trail.
    #[serde(default)]
    pub history: Vec<AuditEntry>,
}

impl Dossier {
    /// The version that this crate writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Checks that the parts belong together: one investigation, whose record and links are what its history says,
    /// and all linked events at hand.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for texts out of bounds or parts of something else,
    /// [`crate::ErrorKind::Corrupt`] for a history that was tampered with or does not lead to the record.
    pub fn check(&self) -> Result<()> {
        let id = self.investigation.id();
        self.investigation.check()?;
        let ids: BTreeSet<EventId> = self.events.iter().map(Event::id).collect();
        let wrong = |reason: String| Error::invalid(Place::default(), reason);
        if ids.len() != self.events.len() {
            return Err(wrong("an event stands there twice".to_owned()));
        }
        let mut linked = BTreeSet::new();
        for link in &self.links {
            if link.investigation != id {
                return Err(wrong(format!("a link of investigation {}", link.investigation)));
            }
            if !ids.contains(&link.event) {
                return Err(wrong(format!("the linked event {} is missing", link.event)));
            }
            if !linked.insert(link.event) {
                return Err(wrong(format!("event {} is linked twice", link.event)));
            }
        }
        if self.analysis.as_ref().is_some_and(|a| a.investigation.is_some_and(|of| of != id)) {
            return Err(wrong("the analysis is of another investigation".to_owned()));
        }
        self.check_history()
    }

    fn check_history(&self) -> Result<()> {
        if self.history.is_empty() {
            return Ok(());
        }
        let mut chain = Chain::of(self.investigation.id());
        let walked = self.history.iter().try_for_each(|entry| chain.take(entry));
        walked
            .and_then(|()| chain.check_record(&self.investigation))
            .and_then(|()| chain.check_links(&self.links))
            .map_err(|problem| Error::Corrupt {
                what: format!("history of investigation {}", self.investigation.id()),
                reason: problem.to_string(),
            })
    }
}

/// Events and notes may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Dossier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dossier")
            .field("investigation", &self.investigation.id())
            .field("events", &self.events.len())
            .field("links", &self.links.len())
            .field("history", &self.history.len())
            .finish_non_exhaustive()
    }
}
