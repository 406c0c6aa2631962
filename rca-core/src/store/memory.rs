//! A store that lives as long as the process.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};

use super::record::{encode_analysis, encode_event, encode_investigation, encode_link};
use super::{
    Appended, Change, Changed, Deleted, Duplicate, Events, Investigations, Iter, Order, Scan, Seq,
    Store, VerifyReport, check_meta,
};
use crate::error::{Error, Result};
use crate::model::{Analysis, Event, EventId, Investigation, InvestigationId, Link, Source};

/// Everything in memory, nothing on disk: for tests, and for an analysis that keeps no record.
#[derive(Default)]
pub struct Memory {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    events: BTreeMap<EventId, Arc<Event>>,
    by_time: BTreeSet<(DateTime<Utc>, EventId)>,
    by_source_id: BTreeMap<(Source, String), EventId>,
    investigations: BTreeMap<InvestigationId, Investigation>,
    links: BTreeMap<(InvestigationId, EventId), Link>,
    links_by_event: BTreeSet<(EventId, InvestigationId)>,
    analyses: BTreeMap<InvestigationId, Analysis>,
    meta: BTreeMap<String, Vec<u8>>,
    log: BTreeMap<Seq, Subject>,
}

#[derive(Clone, Copy)]
enum Subject {
    Event(EventId),
    Investigation(InvestigationId),
    Link(EventId, InvestigationId),
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // Writers check everything before they touch anything, so a poisoned lock guards sound data.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn last_seq(&self) -> Seq {
        self.log.last_key_value().map_or(Seq::ZERO, |(&seq, _)| seq)
    }

    fn note(&mut self, subject: Subject) -> Seq {
        let seq = Seq(self.last_seq().0 + 1);
        self.log.insert(seq, subject);
        seq
    }

    fn existing(&self, event: &Event) -> Option<EventId> {
        if self.events.contains_key(&event.id) {
            return Some(event.id);
        }
        let source_id = event.source_id.clone()?;
        self.by_source_id.get(&(event.source.clone(), source_id)).copied()
    }

    fn add(&mut self, event: &Event) -> Seq {
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

    fn known_event(&self, id: EventId) -> Result<&Arc<Event>> {
        self.events.get(&id).ok_or(Error::EventNotFound { id })
    }

    fn known_investigation(&self, id: InvestigationId) -> Result<&Investigation> {
        self.investigations.get(&id).ok_or(Error::InvestigationNotFound { id })
    }

    fn mark_event(&mut self, id: EventId, deleted_at: Option<DateTime<Utc>>) -> Result<Seq> {
        let mut event = Event::clone(self.known_event(id)?);
        event.deleted_at = deleted_at;
        encode_event(&event)?;
        self.events.insert(id, Arc::new(event));
        Ok(self.note(Subject::Event(id)))
    }

    fn mark_investigation(
        &mut self,
        id: InvestigationId,
        deleted_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Investigation> {
        let mut case = self.known_investigation(id)?.clone();
        case.deleted_at = deleted_at;
        case.updated_at = now;
        self.put_next(case)
    }

    fn put_next(&mut self, mut case: Investigation) -> Result<Investigation> {
        case.revision += 1;
        encode_investigation(&case)?;
        self.investigations.insert(case.id, case.clone());
        self.note(Subject::Investigation(case.id));
        Ok(case)
    }

    fn matching(&self, scan: &Scan) -> Vec<Arc<Event>> {
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

impl Store for Memory {
    fn append(&self, events: &[Event]) -> Result<Appended> {
        for event in events {
            encode_event(event)?;
        }
        let mut state = self.write();
        let mut appended = Appended::default();
        for (index, event) in events.iter().enumerate() {
            match state.existing(event) {
                Some(existing) => appended.duplicates.push(Duplicate { index, existing }),
                None => appended.accepted.push((event.id, state.add(event))),
            }
        }
        Ok(appended)
    }

    fn event(&self, id: EventId) -> Result<Option<Event>> {
        Ok(self.read().events.get(&id).map(|event| Event::clone(event)))
    }

    fn events(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>> {
        let state = self.read();
        Ok(ids.iter().map(|id| state.events.get(id).map(|event| Event::clone(event))).collect())
    }

    fn event_by_source_id(&self, source: &Source, source_id: &str) -> Result<Option<EventId>> {
        let key = (source.clone(), source_id.to_owned());
        Ok(self.read().by_source_id.get(&key).copied())
    }

    fn scan(&self, scan: &Scan) -> Result<Events> {
        let found = self.read().matching(scan);
        Ok(Iter::new(found.into_iter().map(|event| Ok(Event::clone(&event)))))
    }

    fn event_count(&self) -> Result<u64> {
        Ok(self.read().events.len() as u64)
    }

    fn delete_event(&self, id: EventId, at: DateTime<Utc>) -> Result<Seq> {
        self.write().mark_event(id, Some(at))
    }

    fn restore_event(&self, id: EventId) -> Result<Seq> {
        self.write().mark_event(id, None)
    }

    fn put_investigation(&self, investigation: &Investigation) -> Result<Investigation> {
        let mut state = self.write();
        investigation.check_revision(state.investigations.get(&investigation.id))?;
        state.put_next(investigation.clone())
    }

    fn investigation(&self, id: InvestigationId) -> Result<Option<Investigation>> {
        Ok(self.read().investigations.get(&id).cloned())
    }

    fn investigations(&self) -> Result<Investigations> {
        let all: Vec<_> = self.read().investigations.values().rev().cloned().collect();
        Ok(Iter::new(all.into_iter().map(Ok)))
    }

    fn delete_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<Investigation> {
        self.write().mark_investigation(id, Some(at), at)
    }

    fn restore_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<Investigation> {
        self.write().mark_investigation(id, None, at)
    }

    fn link(&self, links: &[Link]) -> Result<Seq> {
        let mut state = self.write();
        for link in links {
            state.known_event(link.event)?;
            state.known_investigation(link.investigation)?;
            encode_link(link)?;
        }
        for link in links {
            if link.kind.is_linked()
                && let Some(event) = state.events.get_mut(&link.event)
            {
                Arc::make_mut(event).linked_at = Some(link.linked_at);
            }
            state.links.insert((link.investigation, link.event), link.clone());
            state.links_by_event.insert((link.event, link.investigation));
            state.note(Subject::Link(link.event, link.investigation));
        }
        Ok(state.last_seq())
    }

    fn unlink(&self, event: EventId, investigation: InvestigationId) -> Result<bool> {
        let mut state = self.write();
        let found = state.links.remove(&(investigation, event)).is_some();
        if found {
            state.links_by_event.remove(&(event, investigation));
            state.note(Subject::Link(event, investigation));
        }
        Ok(found)
    }

    fn links_of_investigation(&self, id: InvestigationId) -> Result<Vec<Link>> {
        let (first, last) = (EventId::from_bytes([0; 16]), EventId::from_bytes([0xff; 16]));
        let state = self.read();
        Ok(state.links.range((id, first)..=(id, last)).map(|(_, link)| link.clone()).collect())
    }

    fn links_of_event(&self, id: EventId) -> Result<Vec<Link>> {
        let first = InvestigationId::from_bytes([0; 16]);
        let last = InvestigationId::from_bytes([0xff; 16]);
        let state = self.read();
        let keys = state.links_by_event.range((id, first)..=(id, last));
        Ok(keys.filter_map(|&(event, case)| state.links.get(&(case, event)).cloned()).collect())
    }

    fn put_analysis(&self, id: InvestigationId, analysis: &Analysis) -> Result<()> {
        encode_analysis(analysis)?;
        let mut state = self.write();
        state.known_investigation(id)?;
        state.analyses.insert(id, analysis.clone());
        Ok(())
    }

    fn analysis(&self, id: InvestigationId) -> Result<Option<Analysis>> {
        Ok(self.read().analyses.get(&id).cloned())
    }

    fn put_meta(&self, name: &str, bytes: &[u8]) -> Result<()> {
        check_meta(bytes)?;
        self.write().meta.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.read().meta.get(name).cloned())
    }

    fn remove_meta(&self, name: &str) -> Result<bool> {
        Ok(self.write().meta.remove(name).is_some())
    }

    fn metas(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let state = self.read();
        let from = state.meta.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let named = from.take_while(|(name, _)| name.starts_with(prefix));
        Ok(named.map(|(name, bytes)| (name.clone(), bytes.clone())).collect())
    }

    fn last_seq(&self) -> Result<Seq> {
        Ok(self.read().last_seq())
    }

    fn changes_since(&self, after: Seq, limit: usize) -> Result<Vec<Change>> {
        let state = self.read();
        let log = state.log.range((Bound::Excluded(after), Bound::Unbounded)).take(limit);
        log.map(|(&seq, &subject)| {
            let event = |id| Ok::<_, Error>(Box::new(Event::clone(state.known_event(id)?)));
            let what = match subject {
                Subject::Event(id) => Changed::Event(event(id)?),
                Subject::Investigation(id) => Changed::Investigation(id),
                Subject::Link(id, investigation) => {
                    Changed::Link { event: event(id)?, investigation }
                }
            };
            Ok(Change { seq, what })
        })
        .collect()
    }

    fn compact(&self) -> Result<()> {
        Ok(())
    }

    fn verify(&self) -> Result<VerifyReport> {
        let state = self.read();
        Ok(VerifyReport {
            events: state.events.len() as u64,
            investigations: state.investigations.len() as u64,
            links: state.links.len() as u64,
            ..VerifyReport::default()
        })
    }

    fn backup(&self, _to_file: &Path) -> Result<()> {
        Err(Error::value("backup", "a store in memory has no file; open a folder to keep one"))
    }
}

/// Counts only: events may hold secrets.
impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("events", &self.read().events.len()).finish_non_exhaustive()
    }
}
