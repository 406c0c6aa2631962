//! What could not be read: kept as it came, with the reason, until it can be read or nobody wants it any more.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::error::Place;

/// Identity of a [`DeadLetter`]: its place in the order of arrival, never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeadLetterId(pub u64);

impl std::fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A record or a whole page that could not be read. Its raw bytes are kept apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: DeadLetterId,
    /// The source or the input it came from.
    pub source: String,
    /// The format it was read as; none when none fitted.
    pub format: Option<String>,
    /// Where in the input it was.
    pub place: Place,
    /// Why it could not be read, the last time.
    pub reason: String,
    /// What was known besides the bytes (what kind a webhook's headers named). Never credentials.
    pub about: BTreeMap<String, String>,
    /// How often it was read in vain.
    pub tries: u32,
    /// The first of those times.
    pub first_at: DateTime<Utc>,
    /// The last of them.
    pub last_at: DateTime<Utc>,
    /// When it is worth another try; never by itself when none.
    pub next_try: Option<DateTime<Utc>>,
    /// How many bytes it has.
    pub bytes: u64,
    /// Whether the bytes were kept: one that is too long leaves only this note.
    pub kept: bool,
}

/// A dead letter on its way into the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// The source or the input it came from.
    pub source: String,
    /// The format it was read as.
    pub format: Option<String>,
    /// Where in the input it was.
    pub place: Place,
    /// Why it could not be read.
    pub reason: String,
    /// What is known besides the bytes. Never credentials.
    pub about: BTreeMap<String, String>,
    /// When that was.
    pub at: DateTime<Utc>,
    /// When it is worth another try.
    pub next_try: Option<DateTime<Utc>>,
    /// The bytes as they came.
    pub raw: Vec<u8>,
}

/// Without the bytes: they may hold secrets.
impl std::fmt::Debug for NewDeadLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDeadLetter")
            .field("source", &self.source)
            .field("format", &self.format)
            .field("place", &self.place)
            .field("reason", &self.reason)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// How much the queue holds. Whatever is over a bound goes, the oldest first, and is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetterCaps {
    /// Most letters (100,000).
    pub letters: u64,
    /// Most raw bytes of all letters together (256 MiB).
    pub bytes: u64,
    /// Most raw bytes of one letter (4 MiB); of a longer one only the note is kept.
    pub letter_bytes: u64,
    /// How long a letter is kept from its first failure on (30 days).
    pub age: Duration,
}

impl Default for DeadLetterCaps {
    fn default() -> Self {
        Self { letters: 100_000, bytes: 256 << 20, letter_bytes: 4 << 20, age: Duration::days(30) }
    }
}

/// What the queue holds, and what it let go since the store was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeadLetterCounts {
    /// Letters in the queue.
    pub letters: u64,
    /// Their raw bytes.
    pub bytes: u64,
    /// Letters that were ever put in; the same bytes twice count once while they are in it.
    pub arrived: u64,
    /// Letters that left because they could be read, or were dropped by hand.
    pub settled: u64,
    /// Letters that had to go because there were too many, or too many bytes.
    pub evicted: u64,
    /// Letters that grew too old.
    pub expired: u64,
}
