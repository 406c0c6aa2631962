//! What a read took, what it refused and why.

use std::collections::{BTreeMap, BTreeSet};

use super::Redacted;
use crate::error::Place;
use crate::model::Entity;
use crate::time::TimeRange;

/// A record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where it is.
    pub place: Place,
    /// What is wrong with it, without its content.
    pub reason: String,
}

/// A refused record as it came, so that it can be read again once the reason is gone.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it is, and what is wrong with it or with a part of it.
    pub refused: Refused,
    /// Its bytes, unpacked; of a row of a table with the header before it.
    pub raw: Vec<u8>,
}

/// Without the bytes: they may hold secrets.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("refused", &self.refused)
            .field("bytes", &self.raw.len())
            .finish()
    }
}

/// What was read from one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputReport {
    /// File name within the bundle, or another name of the input.
    pub name: String,
    /// What it was read as (`logs`, `metrics`, ...).
    pub format: &'static str,
    /// Records that became events or signals.
    pub read: u64,
    /// Records that did not.
    pub refused: u64,
    /// The first of those, up to [`Limits::described`](super::Limits::described).
    pub described: Vec<Refused>,
    /// Refused records with their bytes, up to [`Limits::kept_bytes`](super::Limits::kept_bytes) together. One of
    /// which several parts were refused stands here once, as a whole.
    pub kept: Vec<Kept>,
    /// How many refused records or parts are not covered by those: too many bytes, or none of their own.
    pub unkept: u64,
    /// Bytes taken.
    pub bytes: u64,
    /// What was changed or left out on the way, and how often.
    pub notes: BTreeMap<String, u64>,
    /// How much was blotted out, by rule.
    pub redacted: Redacted,
    /// From the first to the last moment of its records.
    pub covers: Option<TimeRange>,
    /// What its records are about.
    pub entities: BTreeSet<Entity>,
}

impl InputReport {
    pub(super) fn new(name: &str, format: &'static str) -> Self {
        Self { name: name.to_owned(), format, ..Self::default() }
    }

    /// Bytes of refused records that are kept.
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept.iter().map(|kept| kept.raw.len()).sum()
    }

    /// Keeps no more bytes of refused records than these, the first ones.
    pub(super) fn keep_at_most(&mut self, bytes: usize) {
        let mut left = bytes;
        let fits = self.kept.iter().take_while(|kept| {
            let fits = kept.raw.len() <= left;
            left = left.saturating_sub(kept.raw.len());
            fits
        });
        let fits = fits.count();
        self.unkept += self.kept.split_off(fits).len() as u64;
    }

    /// Counts something worth telling.
    pub(super) fn note(&mut self, note: &str) {
        self.note_times(note, 1);
    }

    pub(super) fn note_times(&mut self, note: &str, times: u64) {
        if times == 0 {
            return;
        }
        match self.notes.get_mut(note) {
            Some(count) => *count += times,
            None => {
                self.notes.insert(note.to_owned(), times);
            }
        }
    }

    pub(super) fn refuse(&mut self, limit: usize, place: Place, reason: impl Into<String>) {
        self.refused += 1;
        if self.described.len() < limit {
            self.described.push(Refused { place, reason: reason.into() });
        }
    }
}

/// What a whole read took and left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// One entry an input, in the order of reading.
    pub inputs: Vec<InputReport>,
    /// Inputs that could have been there but are not.
    pub missing: Vec<String>,
    /// Things found that no reader knows, and why they were left alone.
    pub ignored: Vec<String>,
}

impl ReadReport {
    /// Records read from all inputs.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.inputs.iter().map(|input| input.read).sum()
    }

    /// Records refused from all inputs.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.inputs.iter().map(|input| input.refused).sum()
    }

    /// How much was blotted out of all inputs, by rule.
    #[must_use]
    pub fn redacted(&self) -> Redacted {
        let mut all = Redacted::new();
        for (rule, count) in self.inputs.iter().flat_map(|input| &input.redacted) {
            *all.entry(rule.clone()).or_default() += count;
        }
        all
    }

    /// The report of one input.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&InputReport> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Adds another read's report behind this one.
    pub fn merge(&mut self, other: Self) {
        self.inputs.extend(other.inputs);
        self.missing.extend(other.missing);
        self.ignored.extend(other.ignored);
    }
}

/// One line an input, then what was missing or ignored; for people.
impl std::fmt::Display for ReadReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for input in &self.inputs {
            writeln!(
                f,
                "{}: {} {} records, {} refused, {} bytes",
                input.name, input.read, input.format, input.refused, input.bytes
            )?;
            for Refused { place, reason } in &input.described {
                writeln!(f, "  refused {place}: {reason}")?;
            }
            for (note, times) in &input.notes {
                writeln!(f, "  {note} ({times} x)")?;
            }
            for (rule, times) in &input.redacted {
                writeln!(f, "  redacted: {rule} ({times} x)")?;
            }
        }
        for missing in &self.missing {
            writeln!(f, "{missing}: not there")?;
        }
        for ignored in &self.ignored {
            writeln!(f, "ignored {ignored}")?;
        }
        Ok(())
    }
}
