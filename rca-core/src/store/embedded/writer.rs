//! Requests to write, and what they do inside of a transaction.
//!
//! A request checks and encodes everything before its first change, so that one that is refused
//! leaves the transaction it shares with others as it was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use redb::{ReadableTable, Table, WriteTransaction};
use rustc_hash::FxHashMap;

use super::fault::Failure;
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
    decode_event, decode_investigation, encode_checkpoint, encode_event, encode_investigation,
    encode_link,
};
use crate::store::{Appended, Duplicate, Intake, NewCheckpoint, Seq, TakenIn, Tried};

/// One request. Owns what it writes, encoded by the thread that asks.
pub(super) enum Request {
    Append(Vec<NewEvent>),
    TakeIn(Box<NewIntake>),
    RemoveCheckpoint(String),
    MarkEvent(EventId, Option<DateTime<Utc>>),
    PutInvestigation(Box<Investigation>),
    MarkInvestigation(InvestigationId, Option<DateTime<Utc>>, DateTime<Utc>),
    Link(Vec<(Link, Vec<u8>)>),
    Unlink(EventId, InvestigationId),
    PutAnalysis(InvestigationId, Vec<u8>),
    PutMeta(String, Vec<u8>),
    RemoveMeta(String),
}

/// The answer to a request.
pub(super) enum Outcome {
    Appended(Appended),
    TakenIn(TakenIn),
    Seq(Seq),
    Investigation(Box<Investigation>),
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
    txn: &'txn WriteTransaction,
    events: Table<'txn, u64, &'static [u8]>,
    ids: Table<'txn, u128, u64>,
    times: Table<'txn, &'static [u8; 24], u64>,
    source_ids: Table<'txn, u128, u64>,
    log: Table<'txn, u64, &'static [u8]>,
    investigations: Table<'txn, u128, &'static [u8]>,
    links: Table<'txn, &'static [u8; 32], &'static [u8]>,
    links_by_event: Table<'txn, &'static [u8; 32], ()>,
    analyses: Table<'txn, u128, &'static [u8]>,
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
            Request::PutInvestigation(case) => {
                case.check_revision(self.find_investigation(case.id)?.as_ref())?;
                self.put_next(*case)
            }
            Request::MarkInvestigation(id, deleted_at, now) => {
                let Some(mut case) = self.find_investigation(id)? else {
                    return Err(Error::InvestigationNotFound { id }.into());
                };
                case.deleted_at = deleted_at;
                case.updated_at = now;
                self.put_next(case)
            }
            Request::Link(links) => self.link(&links).map(Outcome::Seq),
            Request::Unlink(event, case) => self.unlink(event, case).map(Outcome::Found),
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

    fn note(&mut self, subject: Subject) -> Result<Seq, Failure> {
        let seq = self.next_seq();
        self.log.insert(seq, subject.to_bytes().as_slice())?;
        Ok(Seq(seq))
    }

    fn append(&mut self, events: &[NewEvent]) -> Result<Appended, Failure> {
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
    fn find_stored(&self, events: &[NewEvent]) -> Result<Vec<Option<EventId>>, Failure> {
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

    fn read_row(&self, row: u64) -> Result<Event, Failure> {
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

    fn find_investigation(&self, id: InvestigationId) -> Result<Option<Investigation>, Failure> {
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

    fn put_next(&mut self, mut case: Investigation) -> Result<Outcome, Failure> {
        case.revision += 1;
        let record = encode_investigation(&case)?;
        self.investigations.insert(investigation_key(case.id), record.as_slice())?;
        self.note(Subject::Investigation(case.id))?;
        Ok(Outcome::Investigation(Box::new(case)))
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
        for (row, record) in encoded.collect::<Result<Vec<_>>>()? {
            self.events.insert(row, record.as_slice())?;
        }
        for (link, record) in links {
            let (event, case) = (link.event.to_bytes(), link.investigation.to_bytes());
            self.links.insert(&pair(case, event), record.as_slice())?;
            self.links_by_event.insert(&pair(event, case), ())?;
            self.note(Subject::Link(link.event, link.investigation))?;
        }
        Ok(Seq(self.last_seq))
    }

    fn unlink(&mut self, event: EventId, case: InvestigationId) -> Result<bool, Failure> {
        let (left, right) = (event.to_bytes(), case.to_bytes());
        if self.links.remove(&pair(right, left))?.is_none() {
            return Ok(false);
        }
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
