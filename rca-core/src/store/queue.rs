//! The rules of the dead-letter queue, the same for all stores.
//!
//! A letter's number is its place in the order of arrival. The same bytes of the same source, read as the same format,
//! are the same letter: arriving again counts as another try. What is over a bound goes, the oldest first.

use xxhash_rust::xxh3::Xxh3;

use super::{Intake, Tried};
use crate::model::{DeadLetter, DeadLetterCounts, DeadLetterId, NewDeadLetter};

/// A letter as it lies on a shelf: what is known of it, and the hash that finds it by content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) letter: DeadLetter,
    pub(super) key: u128,
}

impl Filed {
    /// Raw bytes it takes up.
    pub(super) fn size(&self) -> u64 {
        if self.letter.kept { self.letter.bytes } else { 0 }
    }
}

/// Where letters lie. A letter that can't be read any more is none, but can be taken down.
pub(super) trait Shelf {
    type Error;

    fn by_key(&self, key: u128) -> Result<Option<u64>, Self::Error>;
    fn get(&self, number: u64) -> Result<Option<Filed>, Self::Error>;
    fn first(&self) -> Result<Option<u64>, Self::Error>;
    /// Puts a letter in or replaces what is known of it; the bytes only where it is new and they are kept.
    fn put(&mut self, filed: &Filed, raw: Option<&[u8]>) -> Result<(), Self::Error>;
    /// Takes a letter down; says how many raw bytes went with it, and none when there was none.
    fn remove(&mut self, number: u64) -> Result<Option<u64>, Self::Error>;
}

/// What happened to the queue.
#[derive(Debug, Default)]
pub(super) struct Shelved {
    pub(super) letters: Vec<DeadLetterId>,
    pub(super) settled: u64,
    pub(super) let_go: u64,
}

/// Carries out what an intake says of the queue: out with the settled, then the tried, then in with the refused, then
/// the bounds. `next` is the number of the next letter.
pub(super) fn shelve<S: Shelf>(
    shelf: &mut S,
    counts: &mut DeadLetterCounts,
    next: &mut u64,
    intake: &Intake<'_>,
    keys: &[u128],
) -> Result<Shelved, S::Error> {
    let mut done = Shelved::default();
    for id in intake.settled {
        if take_down(shelf, counts, id.0)? {
            counts.settled += 1;
            done.settled += 1;
        }
    }
    for tried in intake.tried {
        if let Some(mut filed) = shelf.get(tried.id.0)? {
            again(&mut filed.letter, tried);
            shelf.put(&filed, None)?;
        }
    }
    for (letter, &key) in intake.refused.iter().zip(keys) {
        done.letters.push(arrive(shelf, counts, next, intake, letter, key)?);
    }
    done.let_go = hold_bounds(shelf, counts, intake)?;
    Ok(done)
}

fn again(letter: &mut DeadLetter, tried: &Tried) {
    letter.tries = letter.tries.saturating_add(1);
    letter.last_at = tried.at;
    letter.next_try = tried.next_try;
    letter.reason.clone_from(&tried.reason);
}

fn arrive<S: Shelf>(
    shelf: &mut S,
    counts: &mut DeadLetterCounts,
    next: &mut u64,
    intake: &Intake<'_>,
    new: &NewDeadLetter,
    key: u128,
) -> Result<DeadLetterId, S::Error> {
    if let Some(number) = shelf.by_key(key)? {
        if let Some(mut filed) = shelf.get(number)? {
            let (at, next_try) = (new.at, new.next_try);
            let tried = Tried { id: filed.letter.id, at, reason: new.reason.clone(), next_try };
            again(&mut filed.letter, &tried);
            shelf.put(&filed, None)?;
            return Ok(filed.letter.id);
        }
        take_down(shelf, counts, number)?;
    }
    let id = DeadLetterId(*next);
    *next += 1;
    let bytes = new.raw.len() as u64;
    let kept = bytes <= intake.caps.letter_bytes;
    let letter = DeadLetter {
        id,
        source: new.source.clone(),
        format: new.format.clone(),
        place: new.place.clone(),
        reason: new.reason.clone(),
        about: new.about.clone(),
        tries: 1,
        first_at: new.at,
        last_at: new.at,
        next_try: if kept { new.next_try } else { None },
        bytes,
        kept,
    };
    let filed = Filed { letter, key };
    shelf.put(&filed, kept.then_some(new.raw.as_slice()))?;
    counts.arrived += 1;
    counts.letters += 1;
    counts.bytes += filed.size();
    Ok(id)
}

fn hold_bounds<S: Shelf>(
    shelf: &mut S,
    counts: &mut DeadLetterCounts,
    intake: &Intake<'_>,
) -> Result<u64, S::Error> {
    let mut let_go = 0;
    while let Some(number) = shelf.first()? {
        let is_over = counts.letters > intake.caps.letters || counts.bytes > intake.caps.bytes;
        let born = shelf.get(number)?.map(|filed| filed.letter.first_at);
        let is_old = born.is_some_and(|born| intake.now - born > intake.caps.age);
        if !is_over && !is_old {
            break;
        }
        take_down(shelf, counts, number)?;
        let_go += 1;
        if is_old {
            counts.expired += 1;
        } else {
            counts.evicted += 1;
        }
    }
    Ok(let_go)
}

fn take_down<S: Shelf>(
    shelf: &mut S,
    counts: &mut DeadLetterCounts,
    number: u64,
) -> Result<bool, S::Error> {
    let Some(bytes) = shelf.remove(number)? else { return Ok(false) };
    counts.letters = counts.letters.saturating_sub(1);
    counts.bytes = counts.bytes.saturating_sub(bytes);
    Ok(true)
}

/// By which the same content is found again: 128 bits of hash over source, format and bytes.
pub(super) fn key_of(letter: &NewDeadLetter) -> u128 {
    let mut hash = Xxh3::new();
    for part in [letter.source.as_bytes(), letter.format.as_deref().unwrap_or_default().as_bytes()]
    {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(&letter.raw);
    hash.digest128()
}
