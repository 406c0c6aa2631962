//! The store: the truth, behind a trait.
//!
//! Events, investigations, links and analyses live here; the search index and the graph are
//! projections that can be deleted and rebuilt from [`Store::changes_since`]. Two stores keep the
//! same contract: [`Memory`] for tests and short-lived work, [`Embedded`] for a crash-safe folder.
//!
//! ```
//! use chrono::DateTime;
//! use rca_core::model::{Event, Source};
//! use rca_core::store::{Memory, Store};
//!
//! let store = Memory::new();
//! let deploy = Event::builder(DateTime::UNIX_EPOCH, Source::Deploy, "deploy", "ledger v2")
//!     .with_source_id("d-1")
//!     .build()?;
//! assert_eq!(store.append(&[deploy.clone()])?.accepted.len(), 1);
//! assert_eq!(store.append(&[deploy])?.duplicates.len(), 1, "a retry stores nothing twice");
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! It does not search, join or judge, and it does not know the hour: callers pass times in.

mod embedded;
mod intake;
mod iter;
mod memory;
mod queue;
pub mod record;
mod report;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod trail;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::model::{
    Analysis, AuditEntry, AuditHead, DeadLetter, DeadLetterCounts, DeadLetterId, Dossier, Event,
    EventId, Investigation, InvestigationId, Link, Source,
};
use crate::time::TimeRange;

pub use embedded::{Access, Embedded, OpenOptions};
pub use intake::{Intake, LetterFilter, NewCheckpoint, StoredCheckpoint, TakenIn, Tried};
pub use iter::{Events, Investigations, Iter};
pub use memory::Memory;
pub use report::{Problem, VerifyReport};
pub use trail::Adopted;

/// Where crash-safe records are kept. Object-safe; a workspace holds an `Arc<dyn Store>`.
///
/// Every write is atomic and acknowledged only once it is durable (for stores that outlive the
/// process). Calls may come from many threads; small writes that arrive together share one commit.
///
/// # Errors
///
/// Beside what the methods name, every method can fail with [`ErrorKind::Corrupt`] for damaged
/// data and [`ErrorKind::Internal`] for a failing disk; writing to a store that was opened
/// read-only is [`ErrorKind::Denied`].
///
/// [`ErrorKind::Corrupt`]: crate::ErrorKind::Corrupt
/// [`ErrorKind::Internal`]: crate::ErrorKind::Internal
/// [`ErrorKind::Denied`]: crate::ErrorKind::Denied
pub trait Store: std::fmt::Debug + Send + Sync {
    /// Stores events, all or none. Can be repeated: an event that is there already (same id, or
    /// same source and source id, deleted or not) is left as it is and reported as a duplicate.
    ///
    /// [`Event::investigations`] is not stored; it follows from the links.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds; nothing is stored.
    fn append(&self, events: &[Event]) -> Result<Appended>;

    /// One event, also when it is deleted (look at [`Event::deleted_at`]).
    fn event(&self, id: EventId) -> Result<Option<Event>>;

    /// Many events from one snapshot, in the order asked for; `None` where there is none.
    fn events(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>>;

    /// The title and, on the next line, the body of events, as [`Store::events`] finds them; cheaper than all of an event.
    fn event_texts(&self, ids: &[EventId]) -> Result<Vec<Option<String>>>;

    /// The event that a source knows by this id.
    fn event_by_source_id(&self, source: &Source, source_id: &str) -> Result<Option<EventId>>;

    /// Events in order of time (equal times: by id), as they stood when the iterator was made.
    ///
    /// A living iterator holds its snapshot: [`Store::compact`] has to wait for it, and disk space
    /// freed meanwhile is not used again. For pages, use [`Scan::after`] and short iterators.
    fn scan(&self, scan: &Scan) -> Result<Events>;

    /// How many events there are, deleted ones included.
    fn event_count(&self) -> Result<u64>;

    /// Marks an event as deleted at a time. It stays stored and keeps its links.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such event.
    fn delete_event(&self, id: EventId, at: DateTime<Utc>) -> Result<Seq>;

    /// Takes the deletion back. Restoring what is not deleted changes nothing but the log.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such event.
    fn restore_event(&self, id: EventId) -> Result<Seq>;

    /// Writes an investigation and returns it as stored, with its revision counted up.
    ///
    /// [`Investigation::revision`] is what the caller read: 0 for a new one, which becomes 1.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Conflict`], with both versions, when the stored revision is another one (also: a new investigation
    /// whose id is taken); [`crate::ErrorKind::NotFound`] for a revision above 0 of an
    /// investigation that is not there.
    fn put_investigation(&self, investigation: &Investigation) -> Result<Investigation> {
        let mut stored = self.put_investigations(std::slice::from_ref(investigation), None)?;
        stored.pop().ok_or_else(|| Error::Internal("a written record did not come back".to_owned()))
    }

    /// [`Store::put_investigation`] for several, all or none, by somebody. What changes, field by field, goes into
    /// the audit trail in the same commit.
    ///
    /// # Errors
    ///
    /// As [`Store::put_investigation`]; [`crate::ErrorKind::InvalidInput`] when one is given twice.
    fn put_investigations(
        &self,
        investigations: &[Investigation],
        author: Option<&str>,
    ) -> Result<Vec<Investigation>>;

    /// One investigation, also when it is deleted (look at [`Investigation::deleted_at`]).
    fn investigation(&self, id: InvestigationId) -> Result<Option<Investigation>>;

    /// All investigations, deleted ones included, newest id first.
    fn investigations(&self) -> Result<Investigations>;

    /// Marks an investigation as deleted and counts its revision up. Links and analysis stay.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    fn delete_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation>;

    /// Takes the deletion back and counts the revision up.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    fn restore_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation>;

    /// Writes links, all or none. A link replaces an earlier one of the same two. Where a link
    /// counts ([`LinkKind::is_linked`](crate::model::LinkKind::is_linked)), the event's
    /// [`linked_at`](Event::linked_at) moves to the link's time in the same commit. What people decided goes into
    /// the audit trail; what the linker decides does not.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when an event or an investigation is not there.
    fn link(&self, links: &[Link]) -> Result<Seq>;

    /// Removes the link of the two at a time; says whether there was one.
    fn unlink(
        &self,
        event: EventId,
        investigation: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<bool>;

    /// The links of an investigation, by event id.
    fn links_of_investigation(&self, id: InvestigationId) -> Result<Vec<Link>>;

    /// The links of an event, by investigation id.
    fn links_of_event(&self, id: EventId) -> Result<Vec<Link>>;

    /// Entries of the audit trail of an investigation, behind a place (0 for all), at most `limit`, oldest first.
    fn history(&self, id: InvestigationId, after: u64, limit: usize) -> Result<Vec<AuditEntry>>;

    /// Where the audit trail of every investigation ends, by id.
    fn audit_heads(&self) -> Result<Vec<(InvestigationId, AuditHead)>>;

    /// Takes in an investigation with all that hangs on it, all or none, its history unchanged. One that is known
    /// is taken further when the dossier's history goes on from its own, and left alone when it ends before.
    ///
    /// # Errors
    ///
    /// What [`Dossier::check`] says; [`Error::Conflict`] when it is known and its history went another way;
    /// [`crate::ErrorKind::InvalidInput`] when an event is known by another id.
    fn put_dossier(&self, dossier: &Dossier) -> Result<Adopted>;

    /// Keeps the latest analysis of an investigation, replacing the one before.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    fn put_analysis(&self, id: InvestigationId, analysis: &Analysis) -> Result<()>;

    /// The latest analysis of an investigation.
    fn analysis(&self, id: InvestigationId) -> Result<Option<Analysis>>;

    /// Stores what one read of a source gave, all or none: events as by [`Store::append`], what was refused in the
    /// dead-letter queue, and the source's checkpoint.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds or the checkpoint is longer than
    /// [`MAX_META_BYTES`]; nothing is stored.
    fn take_in(&self, intake: &Intake<'_>) -> Result<TakenIn>;

    /// Where a source stands; none when it never got anywhere.
    fn checkpoint(&self, source: &str) -> Result<Option<StoredCheckpoint>>;

    /// Where all sources stand, by name.
    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>>;

    /// Lets a source begin anew; says whether it stood anywhere.
    fn remove_checkpoint(&self, source: &str) -> Result<bool>;

    /// Dead letters in the order of arrival, without their bytes.
    fn dead_letters(&self, filter: &LetterFilter) -> Result<Vec<DeadLetter>>;

    /// One dead letter.
    fn dead_letter(&self, id: DeadLetterId) -> Result<Option<DeadLetter>>;

    /// The bytes of a dead letter as they came; none when it is not there or they were too many to keep.
    fn dead_letter_bytes(&self, id: DeadLetterId) -> Result<Option<Vec<u8>>>;

    /// How full the queue is.
    fn dead_letter_counts(&self) -> Result<DeadLetterCounts>;

    /// Keeps a few bytes under a name (a schema stamp, an identity), replacing those
    /// before. Not for payloads: at most [`MAX_META_BYTES`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for more than [`MAX_META_BYTES`].
    fn put_meta(&self, name: &str, bytes: &[u8]) -> Result<()>;

    /// The bytes kept under a name.
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>>;

    /// Forgets a name; says whether it was there.
    fn remove_meta(&self, name: &str) -> Result<bool>;

    /// All names with a prefix, in order, with their bytes.
    fn metas(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>>;

    /// The number of the latest write; [`Seq::ZERO`] for an empty store.
    fn last_seq(&self) -> Result<Seq>;

    /// What changed after a write, in order of [`Seq`], at most `limit` changes: how a projection
    /// catches up. Fewer than `limit` means: that is all for now.
    ///
    /// Things are shown as they are now, so one that changed twice may come twice with the same
    /// content, and an older change may be left out once a newer one exists.
    fn changes_since(&self, after: Seq, limit: usize) -> Result<Vec<Change>>;

    /// Gives unused space back. Needs the store for itself: nothing is lost, but readers wait.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Busy`] while an iterator is alive.
    fn compact(&self) -> Result<()>;

    /// Reads everything and checks that it decodes and that every reference holds.
    ///
    /// Damage is listed in the report; an error means that the check itself could not be done.
    fn verify(&self) -> Result<VerifyReport>;

    /// Writes a consistent copy to a new file while the store stays in use. The file appears
    /// complete or not at all. To restore, place it as [`Embedded::FILE_NAME`] in an empty folder.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when the file exists, or when this kind of store has
    /// nothing to copy.
    fn backup(&self, to_file: &Path) -> Result<()>;
}

/// Most bytes that [`Store::put_meta`] takes.
pub const MAX_META_BYTES: usize = 1 << 20;

/// Refuses a batch of records that holds one twice.
fn check_distinct(cases: &[Investigation]) -> Result<()> {
    let mut ids: Vec<_> = cases.iter().map(Investigation::id).collect();
    ids.sort_unstable();
    match ids.is_sorted_by(|a, b| a < b) {
        true => Ok(()),
        false => Err(Error::value("investigations", "one is given twice")),
    }
}

/// Refuses bytes that are no metadata.
fn check_meta(bytes: &[u8]) -> Result<()> {
    if bytes.len() > MAX_META_BYTES {
        let found = bytes.len();
        return Err(Error::value("meta", format!("{found} bytes, at most {MAX_META_BYTES} fit")));
    }
    Ok(())
}

impl Investigation {
    /// Whether it may replace what is stored: its revision has to be the stored one, 0 for none.
    fn check_revision(&self, stored: Option<&Self>) -> Result<()> {
        match stored {
            None if self.revision == 0 => Ok(()),
            None => Err(Error::InvestigationNotFound { id: self.id }),
            Some(stored) if stored.revision == self.revision => Ok(()),
            Some(stored) => Err(Error::Conflict {
                yours: Box::new(self.clone()),
                theirs: Box::new(stored.clone()),
            }),
        }
    }
}

/// Number of a write: later writes have greater numbers. Survives reopening and compaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first write.
    pub const ZERO: Self = Self(0);
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What [`Store::append`] did. Everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// New events, in the order given.
    pub accepted: Vec<(EventId, Seq)>,
    /// Events that were there already, in the order given.
    pub duplicates: Vec<Duplicate>,
    /// How much was blotted out before they were stored, by rule. Stores blot out nothing: whoever appended says so.
    pub redacted: BTreeMap<String, u64>,
}

/// An event that was there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// Its place in the slice given to [`Store::append`].
    pub index: usize,
    /// The stored event it repeats; its id differs when source and source id are the same but the
    /// time is not.
    pub existing: EventId,
}

/// Which events to read, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scan {
    /// Only events within; all when `None`.
    pub range: Option<TimeRange>,
    /// Oldest or newest first.
    pub order: Order,
    /// Whether deleted events are shown.
    pub deleted: Deleted,
    /// Starts behind this event (its time and id) in the chosen order: the last one of the page
    /// before. The event itself need not exist any more.
    pub after: Option<(DateTime<Utc>, EventId)>,
}

impl Scan {
    /// All events that are not deleted, oldest first.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Events within a range of time, oldest first.
    #[must_use]
    pub fn within(range: TimeRange) -> Self {
        Self { range: Some(range), ..Self::default() }
    }

    /// In another order.
    #[must_use]
    pub fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Showing deleted events or not.
    #[must_use]
    pub fn with_deleted(mut self, deleted: Deleted) -> Self {
        self.deleted = deleted;
        self
    }

    /// The keys (time, id) it covers; none when nothing can lie within.
    fn bounds(&self) -> Option<(Bound<TimeKey>, Bound<TimeKey>)> {
        let first_id = EventId::from_bytes([0; 16]);
        let (mut low, mut high) = match self.range {
            None => (Bound::Unbounded, Bound::Unbounded),
            Some(range) => {
                (Bound::Included((range.start, first_id)), Bound::Excluded((range.end, first_id)))
            }
        };
        match (self.after, self.order) {
            (None, _) => {}
            (Some(key), Order::OldestFirst) => {
                if !matches!(low, Bound::Included(start) if start > key) {
                    low = Bound::Excluded(key);
                }
            }
            (Some(key), Order::NewestFirst) => {
                if !matches!(high, Bound::Excluded(end) if end < key) {
                    high = Bound::Excluded(key);
                }
            }
        }
        // Ranges that end before they start make the maps below panic.
        let empty = match (low, high) {
            (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high)) => low >= high,
            _ => false,
        };
        (!empty).then_some((low, high))
    }

    /// Going on behind the last event of a page.
    #[must_use]
    pub fn with_after(mut self, event: &Event) -> Self {
        self.after = Some((event.timestamp(), event.id()));
        self
    }
}

type TimeKey = (DateTime<Utc>, EventId);

/// Direction of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// From the past on.
    #[default]
    OldestFirst,
    /// From now back.
    NewestFirst,
}

/// Whether deleted events are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// Only what is not deleted.
    #[default]
    Hide,
    /// Deleted ones too.
    Show,
}

/// One entry of the log of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The write's number.
    pub seq: Seq,
    /// What it touched.
    pub what: Changed,
}

/// What a write touched, as it is now.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Changed {
    /// A new, deleted or restored event.
    Event(Box<Event>),
    /// An investigation was made or changed.
    Investigation(InvestigationId),
    /// A link was made, changed or removed; the event's `linked_at` may have moved.
    Link {
        /// The event, as it is now.
        event: Box<Event>,
        /// The investigation.
        investigation: InvestigationId,
    },
}
