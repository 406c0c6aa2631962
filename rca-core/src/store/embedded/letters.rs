//! The dead-letter queue and the checkpoints: their tables, written and read.
//!
//! Their tables are opened only by what takes in pages, so that plain writes pay nothing for them. A store that was made
//! before they were known has none of them; they are empty then.

use std::ops::Bound;

use redb::{
    AccessGuard, ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, Table,
    WriteTransaction,
};

use super::fault::Failure;
use super::tables::{CHECKPOINTS, LETTER_BYTES, LETTER_COUNTS, LETTER_KEYS, LETTERS};
use crate::error::{Error, Result};
use crate::model::{DeadLetter, DeadLetterCounts, DeadLetterId};
use crate::store::queue::{Filed, Shelf};
use crate::store::record::{
    decode_checkpoint, decode_dead_letter, decode_meta, encode_dead_letter, encode_meta,
};
use crate::store::{LetterFilter, StoredCheckpoint};

/// Names of the counts; the number of letters is the length of their table.
const NEXT: &str = "next";
const BYTES: &str = "bytes";
const ARRIVED: &str = "arrived";
const SETTLED: &str = "settled";
const EVICTED: &str = "evicted";
const EXPIRED: &str = "expired";

/// The queue's tables of one transaction, open for writing.
pub(super) struct Letters<'txn> {
    letters: Table<'txn, u64, &'static [u8]>,
    bytes: Table<'txn, u64, &'static [u8]>,
    keys: Table<'txn, u128, u64>,
    counts: Table<'txn, &'static str, u64>,
}

impl<'txn> Letters<'txn> {
    pub(super) fn open(txn: &'txn WriteTransaction) -> Result<Self, Failure> {
        Ok(Self {
            letters: txn.open_table(LETTERS)?,
            bytes: txn.open_table(LETTER_BYTES)?,
            keys: txn.open_table(LETTER_KEYS)?,
            counts: txn.open_table(LETTER_COUNTS)?,
        })
    }

    /// What was counted, and the number of the next letter.
    pub(super) fn counts(&self) -> Result<(DeadLetterCounts, u64), Failure> {
        let counts = counts(&self.counts, self.letters.len()?)?;
        Ok((counts, self.counts.get(NEXT)?.map_or(1, |next| next.value())))
    }

    pub(super) fn put_counts(
        &mut self,
        counts: &DeadLetterCounts,
        next: u64,
    ) -> Result<(), Failure> {
        for (name, value) in [
            (NEXT, next),
            (BYTES, counts.bytes),
            (ARRIVED, counts.arrived),
            (SETTLED, counts.settled),
            (EVICTED, counts.evicted),
            (EXPIRED, counts.expired),
        ] {
            self.counts.insert(name, value)?;
        }
        Ok(())
    }
}

impl Shelf for Letters<'_> {
    type Error = Failure;

    fn by_key(&self, key: u128) -> Result<Option<u64>, Failure> {
        Ok(self.keys.get(key)?.map(|number| number.value()))
    }

    fn get(&self, number: u64) -> Result<Option<Filed>, Failure> {
        // A damaged one is listed by `verify`; it must not keep others from being written.
        let record = self.letters.get(number)?;
        Ok(record.and_then(|record| decode_dead_letter(record.value()).ok()).map(filed))
    }

    fn first(&self) -> Result<Option<u64>, Failure> {
        Ok(self.letters.first()?.map(|(number, _)| number.value()))
    }

    fn put(&mut self, filed: &Filed, raw: Option<&[u8]>) -> Result<(), Failure> {
        let number = filed.letter.id.0;
        let record = encode_dead_letter(&filed.letter, filed.key)?;
        self.letters.insert(number, record.as_slice())?;
        self.keys.insert(filed.key, number)?;
        if let Some(raw) = raw {
            self.bytes.insert(number, encode_meta(raw).as_slice())?;
        }
        Ok(())
    }

    fn remove(&mut self, number: u64) -> Result<Option<u64>, Failure> {
        let key = match self.letters.remove(number)? {
            None => return Ok(None),
            Some(record) => decode_dead_letter(record.value()).map(|(_, key)| key),
        };
        match key {
            Ok(key) => {
                self.keys.remove(key)?;
            }
            // What leads to it is in a damaged record: look for it.
            Err(_) => self.keys.retain(|_, of| of != number)?,
        }
        let overhead = encode_meta(&[]).len();
        let bytes = self.bytes.remove(number)?;
        Ok(Some(bytes.map_or(0, |bytes| bytes.value().len().saturating_sub(overhead) as u64)))
    }
}

fn filed((letter, key): (DeadLetter, u128)) -> Filed {
    Filed { letter, key }
}

fn counts(
    table: &impl ReadableTable<&'static str, u64>,
    letters: u64,
) -> Result<DeadLetterCounts, Failure> {
    let count = |name: &str| -> Result<u64, Failure> {
        Ok(table.get(name)?.map_or(0, |value| value.value()))
    };
    Ok(DeadLetterCounts {
        letters,
        bytes: count(BYTES)?,
        arrived: count(ARRIVED)?,
        settled: count(SETTLED)?,
        evicted: count(EVICTED)?,
        expired: count(EXPIRED)?,
    })
}

/// A table that a store may not have yet.
pub(super) fn if_there<K: redb::Key + 'static, V: redb::Value + 'static>(
    txn: &ReadTransaction,
    definition: redb::TableDefinition<'static, K, V>,
) -> Result<Option<ReadOnlyTable<K, V>>, Failure> {
    match txn.open_table(definition) {
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

fn stored(
    source: &str,
    record: &AccessGuard<'_, &'static [u8]>,
) -> Result<StoredCheckpoint, Failure> {
    let (at, bytes) = decode_checkpoint(record.value())?;
    Ok(StoredCheckpoint { source: source.to_owned(), bytes, at })
}

pub(super) fn checkpoint(
    txn: &ReadTransaction,
    source: &str,
) -> Result<Option<StoredCheckpoint>, Failure> {
    let Some(table) = if_there(txn, CHECKPOINTS)? else { return Ok(None) };
    table.get(source)?.map(|record| stored(source, &record)).transpose()
}

pub(super) fn checkpoints(txn: &ReadTransaction) -> Result<Vec<StoredCheckpoint>, Failure> {
    let Some(table) = if_there(txn, CHECKPOINTS)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for entry in table.iter()? {
        let (source, record) = entry?;
        all.push(stored(source.value(), &record)?);
    }
    Ok(all)
}

pub(super) fn dead_letters(
    txn: &ReadTransaction,
    filter: &LetterFilter,
) -> Result<Vec<DeadLetter>, Failure> {
    let Some(table) = if_there(txn, LETTERS)? else { return Ok(Vec::new()) };
    let first = filter.after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.0));
    let mut found = Vec::new();
    for entry in table.range::<u64>((first, Bound::Unbounded))? {
        if found.len() >= filter.limit {
            break;
        }
        let (number, record) = entry?;
        let letter = own(DeadLetterId(number.value()), record.value())?;
        if filter.shows(&letter) {
            found.push(letter);
        }
    }
    Ok(found)
}

/// The letter in a record, which must be the one of this number.
fn own(id: DeadLetterId, record: &[u8]) -> Result<DeadLetter> {
    let (letter, _) = decode_dead_letter(record)?;
    match letter.id == id {
        true => Ok(letter),
        false => Err(Error::Corrupt {
            what: format!("dead letter {id}"),
            reason: format!("it holds {}", letter.id),
        }),
    }
}

pub(super) fn dead_letter(
    txn: &ReadTransaction,
    id: DeadLetterId,
) -> Result<Option<DeadLetter>, Failure> {
    let Some(table) = if_there(txn, LETTERS)? else { return Ok(None) };
    Ok(table.get(id.0)?.map(|record| own(id, record.value())).transpose()?)
}

pub(super) fn dead_letter_bytes(
    txn: &ReadTransaction,
    id: DeadLetterId,
) -> Result<Option<Vec<u8>>, Failure> {
    let Some(table) = if_there(txn, LETTER_BYTES)? else { return Ok(None) };
    Ok(table.get(id.0)?.map(|record| decode_meta(record.value())).transpose()?)
}

pub(super) fn dead_letter_counts(txn: &ReadTransaction) -> Result<DeadLetterCounts, Failure> {
    let (Some(table), Some(letters)) = (if_there(txn, LETTER_COUNTS)?, if_there(txn, LETTERS)?)
    else {
        return Ok(DeadLetterCounts::default());
    };
    counts(&table, letters.len()?)
}
