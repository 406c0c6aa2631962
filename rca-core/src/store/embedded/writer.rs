//! Requests to write, and what they do inside of a transaction.
//!
//! A request checks and encodes everything before its first change, so that one that is refused
//! leaves the transaction it shares with others as it was.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, Utc};
use redb::{ReadableTable, Table, WriteTransaction};
use rustc_hash::FxHashMap;

use super::dossier::NewDossier;
use super::fault::Failure;
use super::history::{History, Written};
use super::letters::Letters;
use super::tables::{
    ANALYSES, CHECKPOINTS, EVENTS, EventKeys, IDS, INVESTIGATIONS, LINKS, LINKS_BY_EVENT, LOG,
    META, SOURCE_IDS, Subject, TIMES, event_key, investigation_key, pair,
};
use crate::error::{Error, Result};
use crate::model::{
    DeadLetterCaps, DeadLetterId, Event, EventId, Investigation, InvestigationId, Link,
    NewDeadLetter,
};
use crate::store::queue::{Shelved, key_of, shelve};
use crate::store::record::{
    decode_event, decode_investigation, decode_link, encode_checkpoint, encode_event,
    encode_investigation, encode_link,
};
use crate::store::trail::{Adopted, is_decision};
use crate::store::{Appended, Duplicate, Intake, NewCheckpoint, Seq, TakenIn, Tried};

/// One request. Owns what it writes, encoded by the thread that asks.
pub(super) enum Request {
    Append(Vec<NewEvent>),
    TakeIn(Box<NewIntake>),
    RemoveCheckpoint(String),
    MarkEvent(EventId, Option<DateTime<Utc>>),
    PutInvestigations(Vec<Investigation>, Option<String>),
    MarkInvestigation(InvestigationId, Option<DateTime<Utc>>, DateTime<Utc>, Option<String>),
    PutDossier(Box<NewDossier>),
    Link(Vec<(Link, Vec<u8>)>),
    Unlink(EventId, InvestigationId, DateTime<Utc>),
    PutAnalysis(InvestigationId, Vec<u8>),
    PutMeta(String, Vec<u8>),
    RemoveMeta(String),
}

/// The answer to a request.
pub(super) enum Outcome {
    Appended(Appended),
    TakenIn(TakenIn),
    Seq(Seq),
    Investigations(Vec<Investigation>),
    Adopted(Adopted),
    Found(bool),
    Done,
}

/// An event that may turn out to be new.
pub(super) struct NewEvent {
    keys: EventKeys,
    record: Vec<u8>,
}

impl NewEvent {
    pub(super) fn new(event: &Event) -> Result<Self> {
        Ok(Self { keys: EventKeys::of(event)?, record: encode_event(event)? })
    }

    fn id(&self) -> EventId {
        EventId::from_bytes(self.keys.id.to_be_bytes())
    }
}

/// An [`Intake`] that owns what it writes.
pub(super) struct NewIntake {
    events: Vec<NewEvent>,
    checkpoint: Option<(String, Vec<u8>)>,
    refused: Vec<NewDeadLetter>,
    keys: Vec<u128>,
    settled: Vec<DeadLetterId>,
    tried: Vec<Tried>,
    caps: DeadLetterCaps,
    now: DateTime<Utc>,
}

impl NewIntake {
    pub(super) fn new(intake: &Intake<'_>) -> Result<Self> {
        let encode = |new: NewCheckpoint<'_>| -> Result<_> {
            Ok((new.source.to_owned(), encode_checkpoint(intake.now, new.bytes)?))
        };
        Ok(Self {
            events: intake.events.iter().map(NewEvent::new).collect::<Result<_>>()?,
            checkpoint: intake.checkpoint.map(encode).transpose()?,
            refused: intake.refused.to_vec(),
            keys: intake.refused.iter().map(key_of).collect(),
            settled: intake.settled.to_vec(),
            tried: intake.tried.to_vec(),
            caps: intake.caps,
            now: intake.now,
        })
    }

    fn for_queue(&self) -> Intake<'_> {
        Intake::at(self.now)
            .with_refused(&self.refused)
            .with_settled(&self.settled)
            .with_tried(&self.tried)
            .with_caps(self.caps)
    }
}

pub(super) fn new_link(link: &Link) -> Result<(Link, Vec<u8>)> {
    Ok((link.clone(), encode_link(link)?))
}

/// The tables of one transaction, open for writing.
pub(super) struct Writer<'txn> {
    pub(super) txn: &'txn WriteTransaction,
    pub(super) events: Table<'txn, u64, &'static [u8]>,
    pub(super) ids: Table<'txn, u128, u64>,
    times: Table<'txn, &'static [u8; 24], u64>,
    source_ids: Table<'txn, u128, u64>,
    log: Table<'txn, u64, &'static [u8]>,
    pub(super) investigations: Table<'txn, u128, &'static [u8]>,
    pub(super) links: Table<'txn, &'static [u8; 32], &'static [u8]>,
    pub(super) links_by_event: Table<'txn, &'static [u8; 32], ()>,
    pub(super) analyses: Table<'txn, u128, &'static [u8]>,
    meta: Table<'txn, &'static str, &'static [u8]>,
    last_seq: u64,
}

impl<'txn> Writer<'txn> {
    pub(super) fn open(txn: &'txn WriteTransaction) -> Result<Self, Failure> {
        let events = txn.open_table(EVENTS)?;
        let log = txn.open_table(LOG)?;
        let last_row = events.last()?.map_or(0, |(seq, _)| seq.value());
        let last_change = log.last()?.map_or(0, |(seq, _)| seq.value());
        Ok(Self {
            txn,
            events,
            ids: txn.open_table(IDS)?,
            times: txn.open_table(TIMES)?,
            source_ids: txn.open_table(SOURCE_IDS)?,
            log,
            investigations: txn.open_table(INVESTIGATIONS)?,
            links: txn.open_table(LINKS)?,
            links_by_event: txn.open_table(LINKS_BY_EVENT)?,
            analyses: txn.open_table(ANALYSES)?,
            meta: txn.open_table(META)?,
            last_seq: last_row.max(last_change),
        })
    }

    pub(super) fn apply(&mut self, request: Request) -> Result<Outcome, Failure> {
        match request {
            Request::Append(events) => self.append(&events).map(Outcome::Appended),
            Request::TakeIn(intake) => self.take_in(&intake).map(Outcome::TakenIn),
            Request::RemoveCheckpoint(source) => {
                let mut checkpoints = self.txn.open_table(CHECKPOINTS)?;
                let found = checkpoints.remove(source.as_str())?.is_some();
                Ok(Outcome::Found(found))
            }
            Request::MarkEvent(id, deleted_at) => self.mark_event(id, deleted_at).map(Outcome::Seq),
            Request::PutInvestigations(cases, author) => {
                let mut next = Vec::with_capacity(cases.len());
                for case in cases {
                    let old = self.find_investigation(case.id)?;
                    case.check_revision(old.as_ref())?;
                    next.push((old, case));
                }
                self.put_next(next, author.as_deref())
            }
            Request::MarkInvestigation(id, deleted_at, now, author) => {
                let Some(old) = self.find_investigation(id)? else {
                    return Err(Error::InvestigationNotFound { id }.into());
                };
                let mut case = old.clone();
                case.deleted_at = deleted_at;
                case.updated_at = now;
                self.put_next(vec![(Some(old), case)], author.as_deref())
            }
            Request::PutDossier(new) => self.adopt(&new).map(Outcome::Adopted),
            Request::Link(links) => self.link(&links).map(Outcome::Seq),
            Request::Unlink(event, case, at) => self.unlink(event, case, at).map(Outcome::Found),
            Request::PutAnalysis(id, record) => {
                self.must_have_investigation(id)?;
                self.analyses.insert(investigation_key(id), record.as_slice())?;
                Ok(Outcome::Done)
            }
            Request::PutMeta(name, record) => {
                self.meta.insert(name.as_str(), record.as_slice())?;
                Ok(Outcome::Done)
            }
            Request::RemoveMeta(name) => {
                Ok(Outcome::Found(self.meta.remove(name.as_str())?.is_some()))
            }
        }
    }

    fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    pub(super) fn note(&mut self, subject: Subject) -> Result<Seq, Failure> {
        let seq = self.next_seq();
        self.log.insert(seq, subject.to_bytes().as_slice())?;
        Ok(Seq(seq))
    }

    pub(super) fn append(&mut self, events: &[NewEvent]) -> Result<Appended, Failure> {
        let stored = self.find_stored(events)?;
        let mut appended = Appended::default();
        let mut fresh = Vec::with_capacity(events.len());
        let (mut batch_ids, mut batch_sources) = (FxHashMap::default(), FxHashMap::default());
        for (index, (event, stored)) in events.iter().zip(stored).enumerate() {
            let in_batch = batch_ids.get(&event.keys.id).copied();
            let in_batch = in_batch
                .or_else(|| event.keys.source.and_then(|key| batch_sources.get(&key).copied()));
            if let Some(existing) = stored.or(in_batch) {
                appended.duplicates.push(Duplicate { index, existing });
                continue;
            }
            let seq = self.next_seq();
            batch_ids.insert(event.keys.id, event.id());
            batch_sources.extend(event.keys.source.map(|key| (key, event.id())));
            appended.accepted.push((event.id(), Seq(seq)));
            fresh.push((seq, event));
        }
        self.insert_rows(fresh)?;
        Ok(appended)
    }

    fn take_in(&mut self, intake: &NewIntake) -> Result<TakenIn, Failure> {
        let appended = self.append(&intake.events)?;
        if let Some((source, record)) = &intake.checkpoint {
            let mut checkpoints = self.txn.open_table(CHECKPOINTS)?;
            checkpoints.insert(source.as_str(), record.as_slice())?;
        }
        let mut letters = Letters::open(self.txn)?;
        let before = letters.counts()?;
        let (mut counts, mut next) = before;
        let for_queue = intake.for_queue();
        let shelved = shelve(&mut letters, &mut counts, &mut next, &for_queue, &intake.keys)?;
        if (counts, next) != before {
            letters.put_counts(&counts, next)?;
        }
        let Shelved { letters, settled, let_go } = shelved;
        Ok(TakenIn { appended, letters, settled, let_go })
    }

    /// Which events are stored already, by id or by source id.
    pub(super) fn find_stored(&self, events: &[NewEvent]) -> Result<Vec<Option<EventId>>, Failure> {
        let mut stored = vec![None; events.len()];
        for (event, slot) in events.iter().zip(&mut stored) {
            if self.ids.get(event.keys.id)?.is_some() {
                *slot = Some(event.id());
            }
        }
        // Hashes are all over the table: asked in order, neighbours share pages.
        let mut sources: Vec<_> = events
            .iter()
            .zip(&mut stored)
            .filter(|(_, slot)| slot.is_none())
            .filter_map(|(event, slot)| Some((event.keys.source?, slot)))
            .collect();
        sources.sort_unstable_by_key(|(key, _)| *key);
        for (key, slot) in sources {
            if let Some(row) = self.source_ids.get(key)? {
                *slot = Some(self.read_row(row.value())?.id);
            }
        }
        Ok(stored)
    }

    /// Each table in the order of its keys: neighbours land on the same page.
    fn insert_rows(&mut self, mut fresh: Vec<(u64, &NewEvent)>) -> Result<(), Failure> {
        for (seq, event) in &fresh {
            self.events.insert(seq, event.record.as_slice())?;
        }
        fresh.sort_unstable_by_key(|(_, event)| event.keys.id);
        for (seq, event) in &fresh {
            self.ids.insert(event.keys.id, seq)?;
        }
        fresh.sort_unstable_by_key(|(_, event)| event.keys.time);
        for (seq, event) in &fresh {
            self.times.insert(&event.keys.time, seq)?;
        }
        fresh.sort_unstable_by_key(|(_, event)| event.keys.source);
        for (seq, event) in &fresh {
            if let Some(key) = event.keys.source {
                self.source_ids.insert(key, seq)?;
            }
        }
        Ok(())
    }

    pub(super) fn read_row(&self, row: u64) -> Result<Event, Failure> {
        match self.events.get(row)? {
            Some(record) => Ok(decode_event(record.value())?),
            None => Err(Error::Corrupt {
                what: format!("event row {row}"),
                reason: "it is listed but not there".to_owned(),
            }
            .into()),
        }
    }

    fn find_event(&self, id: EventId) -> Result<(u64, Event), Failure> {
        let Some(row) = self.ids.get(event_key(id))?.map(|row| row.value()) else {
            return Err(Error::EventNotFound { id }.into());
        };
        Ok((row, self.read_row(row)?))
    }

    fn mark_event(
        &mut self,
        id: EventId,
        deleted_at: Option<DateTime<Utc>>,
    ) -> Result<Seq, Failure> {
        let (row, mut event) = self.find_event(id)?;
        event.deleted_at = deleted_at;
        let record = encode_event(&event)?;
        self.events.insert(row, record.as_slice())?;
        self.note(Subject::Event(id))
    }

    pub(super) fn find_investigation(
        &self,
        id: InvestigationId,
    ) -> Result<Option<Investigation>, Failure> {
        match self.investigations.get(investigation_key(id))? {
            Some(record) => Ok(Some(decode_investigation(record.value())?)),
            None => Ok(None),
        }
    }

    fn must_have_investigation(&self, id: InvestigationId) -> Result<(), Failure> {
        match self.investigations.get(investigation_key(id))? {
            Some(_) => Ok(()),
            None => Err(Error::InvestigationNotFound { id }.into()),
        }
    }

    /// Writes records, each with what it was, and what changed into their trails.
    fn put_next(
        &mut self,
        mut cases: Vec<(Option<Investigation>, Investigation)>,
        author: Option<&str>,
    ) -> Result<Outcome, Failure> {
        let mut history = History::open(self.txn)?;
        let mut records = Vec::with_capacity(cases.len());
        for (old, case) in &mut cases {
            case.revision += 1;
            let record = encode_investigation(case)?;
            records.push((record, self.trail_of(&history, old.as_ref(), case, author)?));
        }
        for ((_, case), (record, trail)) in cases.iter().zip(&records) {
            self.investigations.insert(investigation_key(case.id), record.as_slice())?;
            history.put(trail)?;
            self.note(Subject::Investigation(case.id))?;
        }
        Ok(Outcome::Investigations(cases.into_iter().map(|(_, case)| case).collect()))
    }

    fn link(&mut self, links: &[(Link, Vec<u8>)]) -> Result<Seq, Failure> {
        let mut rows = BTreeMap::new();
        for (link, _) in links {
            self.must_have_investigation(link.investigation)?;
            let (row, event) = self.find_event(link.event)?;
            if link.kind.is_linked() {
                rows.entry(row).or_insert(event).linked_at = Some(link.linked_at);
            }
        }
        let encoded = rows.iter().map(|(row, event)| Ok((*row, encode_event(event)?)));
        let encoded = encoded.collect::<Result<Vec<_>>>()?;
        let decisions = self.decisions(links)?;
        for (row, record) in encoded {
            self.events.insert(row, record.as_slice())?;
        }
        if !decisions.is_empty() {
            let mut history = History::open(self.txn)?;
            decisions.iter().try_for_each(|trail| history.put(trail))?;
        }
        for (link, record) in links {
            let (event, case) = (link.event.to_bytes(), link.investigation.to_bytes());
            self.links.insert(&pair(case, event), record.as_slice())?;
            self.links_by_event.insert(&pair(event, case), ())?;
            self.note(Subject::Link(link.event, link.investigation))?;
        }
        Ok(Seq(self.last_seq))
    }

    /// What people decide with these links, or what of theirs is replaced, for the trails.
    fn decisions(&self, links: &[(Link, Vec<u8>)]) -> Result<Vec<Written>, Failure> {
        let mut trails = BTreeMap::new();
        for (link, _) in links {
            let old = self.find_link(link.event, link.investigation)?;
            if !is_decision(old.as_ref(), link) {
                continue;
            }
            let (trail, revision) = match trails.entry(link.investigation) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let history = History::open(self.txn)?;
                    entry.insert(self.trail_of_links(&history, link.investigation)?)
                }
            };
            trail.link(*revision, old.as_ref(), link);
        }
        let written = trails.iter().map(|(&id, (trail, _))| Written::of(trail, id));
        Ok(written.collect::<Result<_>>()?)
    }

    fn find_link(&self, event: EventId, case: InvestigationId) -> Result<Option<Link>, Failure> {
        match self.links.get(&pair(case.to_bytes(), event.to_bytes()))? {
            Some(record) => Ok(Some(decode_link(record.value())?)),
            None => Ok(None),
        }
    }

    fn unlink(
        &mut self,
        event: EventId,
        case: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<bool, Failure> {
        let (left, right) = (event.to_bytes(), case.to_bytes());
        let Some(old) = self.find_link(event, case)? else { return Ok(false) };
        if old.kind.is_manual() {
            let mut history = History::open(self.txn)?;
            let (mut trail, revision) = self.trail_of_links(&history, case)?;
            trail.unlink(revision, event, &old, at);
            history.put(&Written::of(&trail, case)?)?;
        }
        self.links.remove(&pair(right, left))?;
        self.links_by_event.remove(&pair(left, right))?;
        self.note(Subject::Link(event, case))?;
        Ok(true)
    }

    /// Drops log entries that a newer one of the same subject makes needless. The newest stays, so
    /// numbers are never given out twice.
    pub(super) fn prune_log(&mut self) -> Result<(), Failure> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut needless = Vec::new();
        for entry in self.log.iter()?.rev() {
            let (seq, subject) = entry?;
            if !seen.insert(Subject::from_bytes(subject.value())?) {
                needless.push(seq.value());
            }
        }
        for seq in needless {
            self.log.remove(seq)?;
        }
        Ok(())
    }
}
