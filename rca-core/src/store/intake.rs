//! What one read of a source gives, stored as a whole.

use chrono::{DateTime, Utc};

use super::{Appended, check_meta};
use crate::error::Result;
use crate::model::{DeadLetterCaps, DeadLetterId, Event, NewDeadLetter};
use crate::time::checked_nanos;

/// A page of a source: its events, what of it could not be read, and how far the source got by it.
///
/// [`Store::take_in`](super::Store::take_in) stores it in one commit, so a checkpoint is never ahead of what it stands
/// for. The bounds of the queue are looked at every time, also when nothing new comes in.
#[derive(Debug, Clone, Copy)]
pub struct Intake<'a> {
    /// What could be read; as for [`Store::append`](super::Store::append).
    pub events: &'a [Event],
    /// What could not.
    pub refused: &'a [NewDeadLetter],
    /// Letters that leave the queue: they could be read. Those that are not there are passed over.
    pub settled: &'a [DeadLetterId],
    /// Letters that were read in vain once more.
    pub tried: &'a [Tried],
    /// Where the source stands then.
    pub checkpoint: Option<NewCheckpoint<'a>>,
    /// How much the queue may hold.
    pub caps: DeadLetterCaps,
    /// The hour: what letters grow old by.
    pub now: DateTime<Utc>,
}

impl<'a> Intake<'a> {
    /// Nothing yet.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            events: &[],
            refused: &[],
            settled: &[],
            tried: &[],
            checkpoint: None,
            caps: DeadLetterCaps::default(),
            now,
        }
    }

    /// With these events.
    #[must_use]
    pub fn with_events(mut self, events: &'a [Event]) -> Self {
        self.events = events;
        self
    }

    /// With these letters for the queue.
    #[must_use]
    pub fn with_refused(mut self, refused: &'a [NewDeadLetter]) -> Self {
        self.refused = refused;
        self
    }

    /// With these letters gone from the queue.
    #[must_use]
    pub fn with_settled(mut self, settled: &'a [DeadLetterId]) -> Self {
        self.settled = settled;
        self
    }

    /// With these letters tried again in vain.
    #[must_use]
    pub fn with_tried(mut self, tried: &'a [Tried]) -> Self {
        self.tried = tried;
        self
    }

    /// With the source standing here.
    #[must_use]
    pub fn with_checkpoint(mut self, source: &'a str, bytes: &'a [u8]) -> Self {
        self.checkpoint = Some(NewCheckpoint { source, bytes });
        self
    }

    /// With other bounds of the queue.
    #[must_use]
    pub fn with_caps(mut self, caps: DeadLetterCaps) -> Self {
        self.caps = caps;
        self
    }

    /// Refuses times and checkpoints that can't be stored, before anything is.
    pub(super) fn check(&self) -> Result<()> {
        checked_nanos(self.now)?;
        for letter in self.refused {
            checked_nanos(letter.at)?;
            letter.next_try.map(checked_nanos).transpose()?;
        }
        for tried in self.tried {
            checked_nanos(tried.at)?;
            tried.next_try.map(checked_nanos).transpose()?;
        }
        self.checkpoint.map_or(Ok(()), |checkpoint| check_meta(checkpoint.bytes))
    }
}

/// Where a source stands after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCheckpoint<'a> {
    /// The source's name.
    pub source: &'a str,
    /// What it has to be given to go on from there, at most [`MAX_META_BYTES`](super::MAX_META_BYTES).
    pub bytes: &'a [u8],
}

/// A dead letter that was read again in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which.
    pub id: DeadLetterId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why it could not be read this time.
    pub reason: String,
    /// When it is worth another try.
    pub next_try: Option<DateTime<Utc>>,
}

/// What [`Store::take_in`](super::Store::take_in) did. Everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakenIn {
    /// The events.
    pub appended: Appended,
    /// The numbers of the refused, in the order given. Bytes that were in the queue already keep their number.
    pub letters: Vec<DeadLetterId>,
    /// How many of the letters to be settled were there.
    pub settled: u64,
    /// How many letters had to go for these, because the queue was full or they were too old.
    pub let_go: u64,
}

/// Where a source stands, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The source's name.
    pub source: String,
    /// What it has to be given to go on.
    pub bytes: Vec<u8>,
    /// When it got there.
    pub at: DateTime<Utc>,
}

/// Which dead letters to show. All when nothing is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterFilter {
    /// Only those of this source.
    pub source: Option<String>,
    /// Only those whose next try is due by then.
    pub due: Option<DateTime<Utc>>,
    /// Only those behind this one: the last of the page before.
    pub after: Option<DeadLetterId>,
    /// At most so many.
    pub limit: usize,
}

impl Default for LetterFilter {
    fn default() -> Self {
        Self { source: None, due: None, after: None, limit: usize::MAX }
    }
}

impl LetterFilter {
    pub(super) fn shows(&self, letter: &crate::model::DeadLetter) -> bool {
        self.source.as_deref().is_none_or(|source| source == letter.source)
            && self.due.is_none_or(|due| letter.next_try.is_some_and(|next| next <= due))
    }
}
