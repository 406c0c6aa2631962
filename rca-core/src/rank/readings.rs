//! Diffs that were read before.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::diff::{self, DiffInput, Reading};
use crate::mechanism::Mechanisms;
use crate::model::EventId;

/// Readings kept; with one more all are forgotten and read again when needed.
const MOST: usize = 20_000;

/// Readings of diffs, kept from one analysis to the next: a commit that is still a suspect is not read
/// again. The answer is the same with and without.
///
/// A reading belongs to an event and the content that was read, so that an event with another content is
/// read anew. May be used from many threads.
#[derive(Debug, Default)]
pub struct Readings {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    readings: BTreeMap<EventId, (u64, Reading)>,
    work: ReadingWork,
}

/// How many diffs were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadingWork {
    /// Read from their text.
    pub read: u64,
    /// Known from before.
    pub reused: u64,
}

impl Readings {
    /// What was done since the beginning.
    #[must_use]
    pub fn work(&self) -> ReadingWork {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).work
    }

    /// What the change of an event does, with the user's own mechanisms.
    pub(super) fn of(&self, event: EventId, input: &DiffInput<'_>, own: &Mechanisms) -> Reading {
        let content = fingerprint(input, own);
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let known = kept.readings.get(&event).filter(|(read, _)| *read == content);
            if let Some(reading) = known.map(|(_, reading)| reading.clone()) {
                kept.work.reused += 1;
                return reading;
            }
        }
        let reading = diff::read_with(input, own);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.readings.len() >= MOST {
            kept.readings.clear();
        }
        kept.work.read += 1;
        kept.readings.insert(event, (content, reading.clone()));
        reading
    }
}

/// Lengths are part of it, so that texts can't flow into each other.
fn fingerprint(input: &DiffInput<'_>, own: &Mechanisms) -> u64 {
    let texts = [input.diff.unwrap_or_default(), input.message].into_iter();
    let mut hashes = vec![u64::from(input.diff.is_some())];
    hashes.extend(texts.chain(input.files.iter().copied()).map(|t| xxh3_64(t.as_bytes())));
    for mechanism in own.iter().filter(|mechanism| !mechanism.code_words.is_empty()) {
        hashes.push(xxh3_64(mechanism.id.as_str().as_bytes()));
        hashes.extend(mechanism.code_words.iter().map(|word| xxh3_64(word.as_bytes())));
    }
    let bytes: Vec<u8> = hashes.into_iter().flat_map(u64::to_le_bytes).collect();
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_diff_is_read_once_and_again_when_it_differs() {
        let readings = Readings::default();
        let event = EventId::derive(DateTime::UNIX_EPOCH, b"a");
        let files = ["a.py"];
        let mut input =
            DiffInput { diff: Some("-timeout = 30\n+timeout = 3\n"), files: &files, message: "m" };
        let first = readings.of(event, &input, &Mechanisms::standard());
        assert_eq!(first, readings.of(event, &input, &Mechanisms::standard()));
        assert_eq!(readings.work(), ReadingWork { read: 1, reused: 1 });
        input.message = "n";
        readings.of(event, &input, &Mechanisms::standard());
        assert_eq!(readings.work(), ReadingWork { read: 2, reused: 1 });
    }
}
