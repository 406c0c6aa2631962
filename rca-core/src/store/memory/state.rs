//! What the store in memory holds, and how it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::record::{encode_event, encode_investigation};
use super::super::trail::{Adopted, Trail, adoption, history_of, is_decision, known_otherwise};
use super::super::{Appended, Deleted, Duplicate, Order, Scan, Seq};
use super::letters::Letters;
use crate::error::{Error, Result};
use crate::model::{
    Analysis, AuditEntry, AuditHead, DeadLetterCounts, Dossier, Event, EventId, Investigation,
    InvestigationId, Link, Source,
};

#[derive(Default)]
pub(super) struct State {
    pub(super) events: BTreeMap<EventId, Arc<Event>>,
    pub(super) by_time: BTreeSet<(DateTime<Utc>, EventId)>,
    pub(super) by_source_id: BTreeMap<(Source, String), EventId>,
    pub(super) investigations: BTreeMap<InvestigationId, Investigation>,
    pub(super) links: BTreeMap<(InvestigationId, EventId), Link>,
    pub(super) links_by_event: BTreeSet<(EventId, InvestigationId)>,
    pub(super) analyses: BTreeMap<InvestigationId, Analysis>,
    pub(super) trails: BTreeMap<InvestigationId, Vec<AuditEntry>>,
    pub(super) meta: BTreeMap<String, Vec<u8>>,
    pub(super) checkpoints: BTreeMap<String, (DateTime<Utc>, Vec<u8>)>,
    pub(super) letters: Letters,
    pub(super) letter_counts: DeadLetterCounts,
    /// Of the latest letter.
    pub(super) letter_number: u64,
    pub(super) log: BTreeMap<Seq, Subject>,
}

#[derive(Clone, Copy)]
pub(super) enum Subject {
    Event(EventId),
    Investigation(InvestigationId),
    Link(EventId, InvestigationId),
}

impl State {
    pub(super) fn last_seq(&self) -> Seq {
        self.log.last_key_value().map_or(Seq::ZERO, |(&seq, _)| seq)
    }

    pub(super) fn note(&mut self, subject: Subject) -> Seq {
        let seq = Seq(self.last_seq().0 + 1);
        self.log.insert(seq, subject);
        seq
    }

    pub(super) fn existing(&self, event: &Event) -> Option<EventId> {
        if self.events.contains_key(&event.id) {
            return Some(event.id);
        }
        let source_id = event.source_id.clone()?;
        self.by_source_id.get(&(event.source.clone(), source_id)).copied()
    }

    pub(super) fn add(&mut self, event: &Event) -> Seq {
        let mut event = event.clone();
        event.investigations.clear();
        self.by_time.insert((event.timestamp, event.id));
        if let Some(source_id) = event.source_id.clone() {
            self.by_source_id.insert((event.source.clone(), source_id), event.id);
        }
        let seq = self.note(Subject::Event(event.id));
        self.events.insert(event.id, Arc::new(event));
        seq
    }

    pub(super) fn append(&mut self, events: &[Event]) -> Appended {
        let mut appended = Appended::default();
        for (index, event) in events.iter().enumerate() {
            match self.existing(event) {
                Some(existing) => appended.duplicates.push(Duplicate { index, existing }),
                None => appended.accepted.push((event.id, self.add(event))),
            }
        }
        appended
    }

    pub(super) fn known_event(&self, id: EventId) -> Result<&Arc<Event>> {
        self.events.get(&id).ok_or(Error::EventNotFound { id })
    }

    pub(super) fn known_investigation(&self, id: InvestigationId) -> Result<&Investigation> {
        self.investigations.get(&id).ok_or(Error::InvestigationNotFound { id })
    }

    pub(super) fn mark_event(
        &mut self,
        id: EventId,
        deleted_at: Option<DateTime<Utc>>,
    ) -> Result<Seq> {
        let mut event = Event::clone(self.known_event(id)?);
        event.deleted_at = deleted_at;
        encode_event(&event)?;
        self.events.insert(id, Arc::new(event));
        Ok(self.note(Subject::Event(id)))
    }

    pub(super) fn mark_investigation(
        &mut self,
        id: InvestigationId,
        deleted_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation> {
        let mut case = self.known_investigation(id)?.clone();
        case.deleted_at = deleted_at;
        case.updated_at = now;
        let next = self.next(case, author)?;
        Ok(self.put_next(next))
    }

    /// What is to be written of a record, checked.
    pub(super) fn next(
        &self,
        mut case: Investigation,
        author: Option<&str>,
    ) -> Result<(Investigation, Trail)> {
        case.revision += 1;
        encode_investigation(&case)?;
        let mut trail = Trail::after(case.id, self.head(case.id));
        trail.record(self.investigations.get(&case.id), &case, author)?;
        Ok((case, trail))
    }

    pub(super) fn put_next(&mut self, (case, trail): (Investigation, Trail)) -> Investigation {
        self.trails.entry(case.id).or_default().extend(trail.entries);
        self.investigations.insert(case.id, case.clone());
        self.note(Subject::Investigation(case.id));
        case
    }

    pub(super) fn head(&self, id: InvestigationId) -> AuditHead {
        let last = self.trails.get(&id).and_then(|trail| trail.last());
        last.map(AuditEntry::head).unwrap_or_default()
    }

    /// The trail after some links of one investigation.
    pub(super) fn trail_of_link(&self, link: &Link) -> Option<Trail> {
        let old = self.links.get(&(link.investigation, link.event));
        let case = self.investigations.get(&link.investigation)?;
        let mut trail = Trail::after(case.id, self.head(case.id));
        is_decision(old, link).then(|| trail.link(case.revision, old, link))?;
        Some(trail)
    }

    pub(super) fn links_of(&self, id: InvestigationId) -> impl Iterator<Item = &Link> {
        let (first, last) = (EventId::from_bytes([0; 16]), EventId::from_bytes([0xff; 16]));
        self.links.range((id, first)..=(id, last)).map(|(_, link)| link)
    }

    pub(super) fn insert_link(&mut self, link: &Link) {
        self.links.insert((link.investigation, link.event), link.clone());
        self.links_by_event.insert((link.event, link.investigation));
        self.note(Subject::Link(link.event, link.investigation));
    }

    pub(super) fn adopt(&mut self, dossier: &Dossier) -> Result<Adopted> {
        let (case, history) = (&dossier.investigation, history_of(dossier)?);
        let trail = self.trails.get(&case.id).map(Vec::as_slice).unwrap_or_default();
        let digest_at = |seq| Ok(trail.iter().find(|entry| entry.seq == seq).map(|e| e.digest));
        let stored = self.investigations.get(&case.id);
        let adopted = adoption(dossier, &history, stored, self.head(case.id), digest_at)?;
        if adopted == Adopted::Known {
            return Ok(adopted);
        }
        for event in &dossier.events {
            match self.existing(event) {
                Some(existing) if existing != event.id => {
                    return Err(known_otherwise(event.id, existing));
                }
                _ => {}
            }
        }
        let appended = self.append(&dossier.events);
        let old: Vec<EventId> = appended.duplicates.iter().map(|event| event.existing).collect();
        let linked: Vec<EventId> = dossier.links.iter().map(|link| link.event).collect();
        let gone: Vec<EventId> = self.links_of(case.id).map(|link| link.event).collect();
        for event in gone.into_iter().filter(|event| !linked.contains(event)) {
            self.links.remove(&(case.id, event));
            self.links_by_event.remove(&(event, case.id));
            self.note(Subject::Link(event, case.id));
        }
        self.trails.insert(case.id, history);
        self.investigations.insert(case.id, case.clone());
        self.note(Subject::Investigation(case.id));
        for link in &dossier.links {
            if link.kind.is_linked()
                && old.contains(&link.event)
                && let Some(event) = self.events.get_mut(&link.event)
            {
                Arc::make_mut(event).linked_at = Some(link.linked_at);
            }
            self.insert_link(link);
        }
        if let Some(analysis) = &dossier.analysis {
            self.analyses.insert(case.id, analysis.clone());
        }
        Ok(adopted)
    }

    pub(super) fn matching(&self, scan: &Scan) -> Vec<Arc<Event>> {
        let Some((low, high)) = scan.bounds() else { return Vec::new() };
        let shown = |key: &(DateTime<Utc>, EventId)| {
            let event = self.events.get(&key.1)?;
            let hidden = scan.deleted == Deleted::Hide && event.deleted_at.is_some();
            (!hidden).then(|| Arc::clone(event))
        };
        let keys = self.by_time.range((low, high));
        match scan.order {
            Order::OldestFirst => keys.filter_map(shown).collect(),
            Order::NewestFirst => keys.rev().filter_map(shown).collect(),
        }
    }
}
