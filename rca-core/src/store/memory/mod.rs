//! A store that lives as long as the process.

mod letters;
mod state;

use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};

use super::queue::{Shelved, key_of, shelve};
use super::record::{
    encode_analysis, encode_audit_entry, encode_event, encode_investigation, encode_link,
};
use super::trail::{Adopted, Kept, Trail};
use super::{
    Appended, Change, Changed, Events, Intake, Investigations, Iter, LetterFilter, Scan, Seq,
    Store, StoredCheckpoint, TakenIn, VerifyReport, check_distinct, check_meta,
};
use crate::error::{Error, Result};
use crate::model::{
    Analysis, AuditEntry, AuditHead, DeadLetter, DeadLetterCounts, DeadLetterId, Dossier, Event,
    EventId, Investigation, InvestigationId, Link, Source,
};
use crate::time::checked_nanos;
use state::{State, Subject};

/// Everything in memory, nothing on disk: for tests, and for an analysis that keeps no record.
#[derive(Default)]
pub struct Memory {
    state: RwLock<State>,
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

impl Store for Memory {
    fn append(&self, events: &[Event]) -> Result<Appended> {
        for event in events {
            encode_event(event)?;
        }
        Ok(self.write().append(events))
    }

    fn event(&self, id: EventId) -> Result<Option<Event>> {
        Ok(self.read().events.get(&id).map(|event| Event::clone(event)))
    }

    fn events(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>> {
        let state = self.read();
        Ok(ids.iter().map(|id| state.events.get(id).map(|event| Event::clone(event))).collect())
    }

    fn event_texts(&self, ids: &[EventId]) -> Result<Vec<Option<String>>> {
        let state = self.read();
        let text = |event: &Arc<Event>| format!("{}\n{}", event.title(), event.body());
        Ok(ids.iter().map(|id| state.events.get(id).map(text)).collect())
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

    fn put_investigations(
        &self,
        investigations: &[Investigation],
        author: Option<&str>,
    ) -> Result<Vec<Investigation>> {
        check_distinct(investigations)?;
        let mut state = self.write();
        let mut next = Vec::with_capacity(investigations.len());
        for case in investigations {
            case.check_revision(state.investigations.get(&case.id))?;
            next.push(state.next(case.clone(), author)?);
        }
        Ok(next.into_iter().map(|next| state.put_next(next)).collect())
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
        author: Option<&str>,
    ) -> Result<Investigation> {
        self.write().mark_investigation(id, Some(at), at, author)
    }

    fn restore_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation> {
        self.write().mark_investigation(id, None, at, author)
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
            if let Some(trail) = state.trail_of_link(link) {
                state.trails.entry(link.investigation).or_default().extend(trail.entries);
            }
            state.insert_link(link);
        }
        Ok(state.last_seq())
    }

    fn unlink(
        &self,
        event: EventId,
        investigation: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        checked_nanos(at)?;
        let mut state = self.write();
        let Some(old) = state.links.remove(&(investigation, event)) else { return Ok(false) };
        if old.kind.is_manual()
            && let Some(case) = state.investigations.get(&investigation)
        {
            let mut trail = Trail::after(investigation, state.head(investigation));
            trail.unlink(case.revision, event, &old, at);
            state.trails.entry(investigation).or_default().extend(trail.entries);
        }
        state.links_by_event.remove(&(event, investigation));
        state.note(Subject::Link(event, investigation));
        Ok(true)
    }

    fn history(&self, id: InvestigationId, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        let state = self.read();
        let trail = state.trails.get(&id).map(Vec::as_slice).unwrap_or_default();
        Ok(trail.iter().filter(|entry| entry.seq > after).take(limit).cloned().collect())
    }

    fn audit_heads(&self) -> Result<Vec<(InvestigationId, AuditHead)>> {
        let state = self.read();
        Ok(state.trails.keys().map(|&id| (id, state.head(id))).collect())
    }

    fn put_dossier(&self, dossier: &Dossier) -> Result<Adopted> {
        dossier.check()?;
        encode_investigation(&dossier.investigation)?;
        dossier.events.iter().try_for_each(|event| encode_event(event).map(|_| ()))?;
        dossier.links.iter().try_for_each(|link| encode_link(link).map(|_| ()))?;
        dossier.history.iter().try_for_each(|entry| encode_audit_entry(entry).map(|_| ()))?;
        dossier.analysis.as_ref().map(encode_analysis).transpose()?;
        self.write().adopt(dossier)
    }

    fn links_of_investigation(&self, id: InvestigationId) -> Result<Vec<Link>> {
        Ok(self.read().links_of(id).cloned().collect())
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

    fn take_in(&self, intake: &Intake<'_>) -> Result<TakenIn> {
        intake.check()?;
        for event in intake.events {
            encode_event(event)?;
        }
        let keys: Vec<_> = intake.refused.iter().map(key_of).collect();
        let mut guard = self.write();
        let state = &mut *guard;
        let mut next = state.letter_number + 1;
        let (shelf, counts) = (&mut state.letters, &mut state.letter_counts);
        let shelved = shelve(shelf, counts, &mut next, intake, &keys)?;
        state.letter_number = next - 1;
        if let Some(new) = intake.checkpoint {
            state.checkpoints.insert(new.source.to_owned(), (intake.now, new.bytes.to_vec()));
        }
        let appended = state.append(intake.events);
        let Shelved { letters, settled, let_go } = shelved;
        Ok(TakenIn { appended, letters, settled, let_go })
    }

    fn checkpoint(&self, source: &str) -> Result<Option<StoredCheckpoint>> {
        let state = self.read();
        let found = state.checkpoints.get_key_value(source);
        Ok(found.map(|(source, (at, bytes))| stored(source, *at, bytes)))
    }

    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>> {
        let state = self.read();
        let all = state.checkpoints.iter();
        Ok(all.map(|(source, (at, bytes))| stored(source, *at, bytes)).collect())
    }

    fn remove_checkpoint(&self, source: &str) -> Result<bool> {
        Ok(self.write().checkpoints.remove(source).is_some())
    }

    fn dead_letters(&self, filter: &LetterFilter) -> Result<Vec<DeadLetter>> {
        let state = self.read();
        let first = filter.after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.0));
        let letters = state.letters.filed.range((first, Bound::Unbounded)).map(|(_, f)| &f.letter);
        Ok(letters.filter(|letter| filter.shows(letter)).take(filter.limit).cloned().collect())
    }

    fn dead_letter(&self, id: DeadLetterId) -> Result<Option<DeadLetter>> {
        Ok(self.read().letters.filed.get(&id.0).map(|filed| filed.letter.clone()))
    }

    fn dead_letter_bytes(&self, id: DeadLetterId) -> Result<Option<Vec<u8>>> {
        Ok(self.read().letters.bytes.get(&id.0).cloned())
    }

    fn dead_letter_counts(&self) -> Result<DeadLetterCounts> {
        Ok(self.read().letter_counts)
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
        let mut report = VerifyReport {
            events: state.events.len() as u64,
            investigations: state.investigations.len() as u64,
            links: state.links.len() as u64,
            dead_letters: state.letter_counts.letters,
            ..VerifyReport::default()
        };
        for (&id, trail) in &state.trails {
            let links: Vec<Link> = state.links_of(id).cloned().collect();
            let record = state.investigations.get(&id);
            let kept = Kept { id, record, links: &links, head: Some(state.head(id)) };
            kept.check(trail.iter().cloned().map(Ok), &mut report);
        }
        Ok(report)
    }

    fn backup(&self, _to_file: &Path) -> Result<()> {
        Err(Error::value("backup", "a store in memory has no file; open a folder to keep one"))
    }
}

fn stored(source: &str, at: DateTime<Utc>, bytes: &[u8]) -> StoredCheckpoint {
    StoredCheckpoint { source: source.to_owned(), bytes: bytes.to_vec(), at }
}

/// Counts only: events may hold secrets.
impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("events", &self.read().events.len()).finish_non_exhaustive()
    }
}
