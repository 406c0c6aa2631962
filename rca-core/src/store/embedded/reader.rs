//! Reading from one snapshot.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{OwnedRange, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::fault::{Failure, guard};
use super::history::links_of;
use super::tables::{
    ANALYSES, EVENTS, EventKeys, IDS, INVESTIGATIONS, LINKS, LINKS_BY_EVENT, LOG, META, SOURCE_IDS,
    Subject, TIMES, event_key, investigation_key, pair, source_key, time_key, unpair,
};
use crate::error::{Error, Result};
use crate::model::{Analysis, Event, EventId, Investigation, InvestigationId, Link, Source};
use crate::store::record::{
    decode_analysis, decode_event, decode_event_text, decode_investigation, decode_link,
    decode_meta,
};
use crate::store::{Change, Changed, Deleted, Order, Scan, Seq};
use crate::time::nanos;

/// A snapshot of the store.
pub(super) struct Reader(pub(super) ReadTransaction);

type Rows = ReadOnlyTable<u64, &'static [u8]>;
type Ids = ReadOnlyTable<u128, u64>;

impl Reader {
    pub(super) fn event(&self, id: EventId) -> Result<Option<Event>, Failure> {
        find(&self.0.open_table(IDS)?, &self.0.open_table(EVENTS)?, id, event_of)
    }

    pub(super) fn events(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>, Failure> {
        let (table, rows) = (self.0.open_table(IDS)?, self.0.open_table(EVENTS)?);
        ids.iter().map(|&id| find(&table, &rows, id, event_of)).collect()
    }

    pub(super) fn event_texts(&self, ids: &[EventId]) -> Result<Vec<Option<String>>, Failure> {
        let (table, rows) = (self.0.open_table(IDS)?, self.0.open_table(EVENTS)?);
        ids.iter().map(|&id| find(&table, &rows, id, decode_event_text)).collect()
    }

    pub(super) fn event_by_source_id(
        &self,
        source: &Source,
        source_id: &str,
    ) -> Result<Option<EventId>, Failure> {
        let Some(row) = self.0.open_table(SOURCE_IDS)?.get(source_key(source, source_id))? else {
            return Ok(None);
        };
        let event = read_row(&self.0.open_table(EVENTS)?, row.value())?;
        match event.source == *source && event.source_id.as_deref() == Some(source_id) {
            true => Ok(Some(event.id)),
            false => Err(misplaced("source id", row.value())),
        }
    }

    pub(super) fn event_count(&self) -> Result<u64, Failure> {
        Ok(self.0.open_table(EVENTS)?.len()?)
    }

    pub(super) fn scan(&self, scan: &Scan, folder: &Path) -> Result<ScanIter, Failure> {
        let times = self.0.open_table(TIMES)?;
        let range = match scan.bounds() {
            None => None,
            Some((low, high)) => {
                let key = |bound: Bound<_>| bound.map(|(time, id)| time_key(nanos(time), id));
                let (low, high) = (key(low), key(high));
                Some(times.range_owned::<&[u8; 24]>((low.as_ref(), high.as_ref()))?)
            }
        };
        let rows = self.0.open_table(EVENTS)?;
        let cursor = Cursor { range, rows, order: scan.order, deleted: scan.deleted };
        Ok(ScanIter { cursor, folder: folder.to_owned() })
    }

    pub(super) fn investigation(
        &self,
        id: InvestigationId,
    ) -> Result<Option<Investigation>, Failure> {
        match self.0.open_table(INVESTIGATIONS)?.get(investigation_key(id))? {
            Some(record) => Ok(Some(decode_investigation(record.value())?)),
            None => Ok(None),
        }
    }

    pub(super) fn investigations(&self, folder: &Path) -> Result<InvestigationIter, Failure> {
        let range = self.0.open_table(INVESTIGATIONS)?.range_owned::<u128>(..)?;
        Ok(InvestigationIter { range, folder: folder.to_owned() })
    }

    pub(super) fn links_of_investigation(&self, id: InvestigationId) -> Result<Vec<Link>, Failure> {
        links_of(&self.0.open_table(LINKS)?, id)
    }

    pub(super) fn links_of_event(&self, id: EventId) -> Result<Vec<Link>, Failure> {
        let (low, high) = (pair(id.to_bytes(), [0; 16]), pair(id.to_bytes(), [0xff; 16]));
        let records = self.0.open_table(LINKS)?;
        let mut links = Vec::new();
        for entry in self.0.open_table(LINKS_BY_EVENT)?.range::<&[u8; 32]>(&low..=&high)? {
            let (event, case) = unpair(entry?.0.value());
            let Some(record) = records.get(&pair(case, event))? else {
                return Err(Error::Corrupt {
                    what: format!("links of event {id}"),
                    reason: "one is listed but not there".to_owned(),
                }
                .into());
            };
            links.push(decode_link(record.value())?);
        }
        Ok(links)
    }

    pub(super) fn analysis(&self, id: InvestigationId) -> Result<Option<Analysis>, Failure> {
        match self.0.open_table(ANALYSES)?.get(investigation_key(id))? {
            Some(record) => Ok(Some(decode_analysis(record.value())?)),
            None => Ok(None),
        }
    }

    pub(super) fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self.0.open_table(META)?.get(name)? {
            Some(record) => Ok(Some(decode_meta(record.value())?)),
            None => Ok(None),
        }
    }

    pub(super) fn metas(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let mut found = Vec::new();
        for entry in self.0.open_table(META)?.range::<&str>(prefix..)? {
            let (name, record) = entry?;
            if !name.value().starts_with(prefix) {
                break;
            }
            found.push((name.value().to_owned(), decode_meta(record.value())?));
        }
        Ok(found)
    }

    pub(super) fn last_seq(&self) -> Result<Seq, Failure> {
        let (rows, log) = (self.0.open_table(EVENTS)?, self.0.open_table(LOG)?);
        let row = rows.last()?.map_or(0, |(seq, _)| seq.value());
        Ok(Seq(log.last()?.map_or(0, |(seq, _)| seq.value()).max(row)))
    }

    /// Merges the rows (new events) with the log (everything else).
    pub(super) fn changes_since(&self, after: Seq, limit: usize) -> Result<Vec<Change>, Failure> {
        let Some(first) = after.0.checked_add(1) else { return Ok(Vec::new()) };
        let (rows, ids) = (self.0.open_table(EVENTS)?, self.0.open_table(IDS)?);
        let log = self.0.open_table(LOG)?;
        let mut new_events = rows.range(first..)?.peekable();
        let mut others = log.range(first..)?.peekable();
        let mut changes = Vec::with_capacity(limit.min(4096));
        while changes.len() < limit {
            let row = new_events.peek().map(seq_of);
            let other = others.peek().map(seq_of);
            let is_row = match (row, other) {
                (None, None) => break,
                (Some(row), Some(other)) => row <= other,
                (row, None) => row.is_some(),
                (None, Some(_)) => false,
            };
            let change = if is_row {
                let Some(entry) = new_events.next() else { break };
                let (seq, record) = entry?;
                let event = Box::new(decode_event(record.value())?);
                Change { seq: Seq(seq.value()), what: Changed::Event(event) }
            } else {
                let Some(entry) = others.next() else { break };
                let (seq, subject) = entry?;
                let what = changed(&ids, &rows, Subject::from_bytes(subject.value())?)?;
                Change { seq: Seq(seq.value()), what }
            };
            changes.push(change);
        }
        Ok(changes)
    }
}

/// The number of an entry; 0 for one that can't be read, so that its error comes up first.
fn seq_of(
    entry: &Result<
        (redb::AccessGuard<'_, u64>, redb::AccessGuard<'_, &'static [u8]>),
        redb::StorageError,
    >,
) -> u64 {
    entry.as_ref().map_or(0, |(seq, _)| seq.value())
}

fn changed(ids: &Ids, rows: &Rows, subject: Subject) -> Result<Changed, Failure> {
    let event = |id| match find(ids, rows, id, event_of)? {
        Some(event) => Ok(Box::new(event)),
        None => Err(Failure::Ours(Error::Corrupt {
            what: "log of changes".to_owned(),
            reason: format!("it names event {id}, which is not there"),
        })),
    };
    Ok(match subject {
        Subject::Event(id) => Changed::Event(event(id)?),
        Subject::Investigation(id) => Changed::Investigation(id),
        Subject::Link(id, investigation) => Changed::Link { event: event(id)?, investigation },
    })
}

/// What `decode` reads, with its id, from the record of an event.
fn find<T>(
    ids: &Ids,
    rows: &Rows,
    id: EventId,
    decode: fn(&[u8]) -> Result<(EventId, T)>,
) -> Result<Option<T>, Failure> {
    let Some(row) = ids.get(event_key(id))?.map(|row| row.value()) else { return Ok(None) };
    let record = rows.get(row)?.ok_or_else(|| misplaced("entry", row))?;
    let (found, read) = decode(record.value())?;
    if found != id {
        return Err(misplaced("event id", row));
    }
    Ok(Some(read))
}

fn event_of(record: &[u8]) -> Result<(EventId, Event)> {
    decode_event(record).map(|event| (event.id, event))
}

fn read_row(rows: &Rows, row: u64) -> Result<Event, Failure> {
    match rows.get(row)? {
        Some(record) => Ok(decode_event(record.value())?),
        None => Err(misplaced("entry", row)),
    }
}

fn misplaced(entry: &str, row: u64) -> Failure {
    Failure::Ours(Error::Corrupt {
        what: format!("event row {row}"),
        reason: format!("an {entry} leads to it that is not its own"),
    })
}

/// Events by time. Owns its snapshot.
pub(super) struct ScanIter {
    cursor: Cursor,
    folder: PathBuf,
}

struct Cursor {
    range: Option<OwnedRange<&'static [u8; 24], u64>>,
    rows: Rows,
    order: Order,
    deleted: Deleted,
}

impl Cursor {
    fn step(&mut self) -> Result<Option<Event>, Failure> {
        let Some(range) = &mut self.range else { return Ok(None) };
        loop {
            let entry = match self.order {
                Order::OldestFirst => range.next(),
                Order::NewestFirst => range.next_back(),
            };
            let Some(entry) = entry.transpose()? else { return Ok(None) };
            let (key, row) = (entry.0.value(), entry.1.value());
            let event = read_row(&self.rows, row)?;
            if EventKeys::of(&event)?.time != *key {
                return Err(misplaced("entry of time", row));
            }
            if self.deleted == Deleted::Show || event.deleted_at.is_none() {
                return Ok(Some(event));
            }
        }
    }
}

impl Iterator for ScanIter {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { cursor, folder } = self;
        guard(folder, || cursor.step()).transpose()
    }
}

/// Investigations, newest first. Owns its snapshot.
pub(super) struct InvestigationIter {
    range: OwnedRange<u128, &'static [u8]>,
    folder: PathBuf,
}

impl Iterator for InvestigationIter {
    type Item = Result<Investigation>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { range, folder } = self;
        guard(folder, || {
            let Some(entry) = range.next_back().transpose()? else { return Ok(None) };
            Ok(Some(decode_investigation(entry.1.value())?))
        })
        .transpose()
    }
}
