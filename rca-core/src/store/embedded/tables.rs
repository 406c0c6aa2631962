//! The tables and their keys.
//!
//! Events are rows numbered by the [`Seq`](crate::store::Seq) that accepted them: appending writes
//! the right edge of one tree, and the rows themselves are the log of new events. All other orders
//! are small entries of fixed size that point to the row. Later changes are in `log`.

use redb::TableDefinition;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, Result};
use crate::model::{Event, EventId, InvestigationId, Source};
use crate::time::checked_nanos;

/// Version of this layout; records have versions of their own. Layout 1 had no audit trails.
pub(super) const FORMAT: u32 = 2;
/// The oldest layout that is read; opened for writing it becomes today's.
pub(super) const OLDEST_FORMAT: u32 = 1;

pub(super) const STAMP: TableDefinition<'_, &str, u32> = TableDefinition::new("stamp");
/// Row number to event record.
pub(super) const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
/// Event id to row.
pub(super) const IDS: TableDefinition<'_, u128, u64> = TableDefinition::new("event_ids");
/// Time and event id to row.
pub(super) const TIMES: TableDefinition<'_, &[u8; 24], u64> = TableDefinition::new("event_times");
/// Hash of source and source id to row.
pub(super) const SOURCE_IDS: TableDefinition<'_, u128, u64> = TableDefinition::new("source_ids");
/// Changes other than new events: their number to what they touched.
pub(super) const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");
pub(super) const INVESTIGATIONS: TableDefinition<'_, u128, &[u8]> =
    TableDefinition::new("investigations");
/// Investigation and event to link record.
pub(super) const LINKS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("links");
/// Event and investigation.
pub(super) const LINKS_BY_EVENT: TableDefinition<'_, &[u8; 32], ()> =
    TableDefinition::new("links_by_event");
pub(super) const ANALYSES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("analyses");
/// Investigation and place in its audit trail to entry.
pub(super) const HISTORY: TableDefinition<'_, &[u8; 24], &[u8]> = TableDefinition::new("history");
/// Investigation to where its audit trail ends.
pub(super) const HISTORY_HEADS: TableDefinition<'_, u128, &[u8]> =
    TableDefinition::new("history_heads");
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Source to checkpoint record.
pub(super) const CHECKPOINTS: TableDefinition<'_, &str, &[u8]> =
    TableDefinition::new("checkpoints");
/// Number of a dead letter to what is known of it; its bytes; its content's hash to its number.
pub(super) const LETTERS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("dead_letters");
pub(super) const LETTER_BYTES: TableDefinition<'_, u64, &[u8]> =
    TableDefinition::new("dead_letter_bytes");
pub(super) const LETTER_KEYS: TableDefinition<'_, u128, u64> =
    TableDefinition::new("dead_letter_keys");
/// What was counted of dead letters, by name.
pub(super) const LETTER_COUNTS: TableDefinition<'_, &str, u64> =
    TableDefinition::new("dead_letter_counts");

pub(super) fn event_key(id: EventId) -> u128 {
    u128::from_be_bytes(id.to_bytes())
}

pub(super) fn investigation_key(id: InvestigationId) -> u128 {
    u128::from_be_bytes(id.to_bytes())
}

/// All entries of an investigation follow each other, in their order.
pub(super) fn entry_key(id: InvestigationId, seq: u64) -> [u8; 24] {
    let mut key = [0; 24];
    let (case, place) = key.split_at_mut(16);
    case.copy_from_slice(&id.to_bytes());
    place.copy_from_slice(&seq.to_be_bytes());
    key
}

/// Sorts as (time, id) does.
pub(super) fn time_key(nanos: i64, id: EventId) -> [u8; 24] {
    let mut key = [0; 24];
    let (time, rest) = key.split_at_mut(8);
    // Flipping the sign bit puts negative times before positive ones.
    time.copy_from_slice(&(nanos.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    rest.copy_from_slice(&id.to_bytes());
    key
}

/// The pair as one key: range scans find all that share the first.
pub(super) fn pair(first: [u8; 16], second: [u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    let (left, right) = key.split_at_mut(16);
    left.copy_from_slice(&first);
    right.copy_from_slice(&second);
    key
}

pub(super) fn unpair(key: &[u8; 32]) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    let (left, right) = key.split_at(16);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    (first, second)
}

/// 128 bits of hash: two of a billion sources meet with a chance below 1 in 10^20, so an equal hash
/// is an equal source id, and the text need not be kept twice.
pub(super) fn source_key(source: &Source, source_id: &str) -> u128 {
    let source = source.as_str().as_bytes();
    let length = (source.len() as u64).to_le_bytes();
    xxh3_128(&[&length, source, source_id.as_bytes()].concat())
}

/// What a change touched, other than by making a new event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Event(EventId),
    Investigation(InvestigationId),
    Link(EventId, InvestigationId),
}

impl Subject {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Event(id) => [&[1][..], &id.to_bytes()].concat(),
            Self::Investigation(id) => [&[2][..], &id.to_bytes()].concat(),
            Self::Link(event, case) => [&[3][..], &event.to_bytes(), &case.to_bytes()].concat(),
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::Corrupt {
            what: "log of changes".to_owned(),
            reason: format!("an entry of {} bytes is none of ours", bytes.len()),
        };
        let (&kind, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (first, second) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
        match (kind, <&[u8; 16]>::try_from(second)) {
            (1, _) if second.is_empty() => Ok(Self::Event(EventId::from_bytes(*first))),
            (2, _) if second.is_empty() => {
                Ok(Self::Investigation(InvestigationId::from_bytes(*first)))
            }
            (3, Ok(second)) => {
                Ok(Self::Link(EventId::from_bytes(*first), InvestigationId::from_bytes(*second)))
            }
            _ => Err(damaged()),
        }
    }
}

/// The keys under which an event is found.
pub(super) struct EventKeys {
    pub(super) id: u128,
    pub(super) time: [u8; 24],
    pub(super) source: Option<u128>,
}

impl EventKeys {
    pub(super) fn of(event: &Event) -> Result<Self> {
        Ok(Self {
            id: event_key(event.id),
            time: time_key(checked_nanos(event.timestamp)?, event.id),
            source: event.source_id.as_deref().map(|id| source_key(&event.source, id)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_keys_sort_like_times() {
        let id = EventId::from_bytes([7; 16]);
        let times = [i64::MIN, -1, 0, 1, i64::MAX];
        assert!(times.map(|nanos| time_key(nanos, id)).is_sorted());
    }

    #[test]
    fn subjects_read_back_and_others_are_refused() {
        let (event, case) = (EventId::from_bytes([1; 16]), InvestigationId::from_bytes([2; 16]));
        for subject in
            [Subject::Event(event), Subject::Investigation(case), Subject::Link(event, case)]
        {
            let bytes = subject.to_bytes();
            assert_eq!(Subject::from_bytes(&bytes).unwrap(), subject);
            assert!(Subject::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        }
        assert!(Subject::from_bytes(&[]).is_err());
        assert!(Subject::from_bytes(&[9; 17]).is_err());
    }

    #[test]
    fn source_and_source_id_do_not_run_into_each_other() {
        let other = |name: &str| Source::Other(name.to_owned());
        assert_ne!(source_key(&other("ab"), "c"), source_key(&other("a"), "bc"));
    }
}
