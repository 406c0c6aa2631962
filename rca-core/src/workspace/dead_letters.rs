//! The dead-letter queue: what could not be read, kept until it can be.
//!
//! A letter holds the bytes as they came, except that secrets are blotted out of text as out of everything that is
//! stored ([`Limits::redaction`](crate::connectors::Limits)). A document of which a part was refused is kept, and read
//! again, as a whole: what of it was stored is known by its ids. Only where such an event has no id of its own and held a
//! secret is it another event the second time.

use crate::connectors::{Batch, Delivery, Format, Observer, Progress, Redacted, Refused, read};
use crate::error::{Error, Result};
use crate::model::{DeadLetter, DeadLetterCounts, DeadLetterId, Event, NewDeadLetter};
use crate::signal::Telemetry;
use crate::store::{Appended, Intake, LetterFilter, TakenIn, Tried};
use crate::workspace::Workspace;
use crate::workspace::pull::{Refusals, blot, first_retry, letters_of, next_retry};

/// When a webhook came, as its letter keeps it beside the header that says who sent it.
const RECEIVED: &str = "received";

/// So many letters are read again between two commits.
const PAGE: usize = 500;

/// The dead-letter queue of a workspace. [`Workspace::dead_letters`] gives it.
#[derive(Debug, Clone, Copy)]
pub struct DeadLetters<'w>(&'w Workspace);

/// What storing a batch did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingested {
    /// The events.
    pub appended: Appended,
    /// The letters that its refused records became or were already.
    pub letters: Vec<DeadLetterId>,
}

/// What came of reading letters again.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Letters that could be read and left the queue.
    pub settled: Vec<DeadLetterId>,
    /// Letters that stay, and why.
    pub refused: Vec<(DeadLetterId, String)>,
    /// New events.
    pub accepted: u64,
    /// Events that were known already.
    pub duplicates: u64,
    /// Telemetry of what could be read, which is not stored.
    pub telemetry: Vec<Telemetry>,
}

impl Workspace {
    /// The dead-letter queue.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters<'_> {
        DeadLetters(self)
    }

    /// Stores the events of a batch, and what was refused in the dead-letter queue, in one commit.
    ///
    /// # Errors
    ///
    /// As [`Workspace::ingest`].
    pub fn ingest_batch(&self, batch: &Batch, refused: Refusals) -> Result<Ingested> {
        let letters = match refused {
            Refusals::Queue => {
                let redaction = &self.inner.limits.redaction;
                letters_of(&batch.report, Vec::new(), None, self.now(), redaction)
            }
            Refusals::Forget => Vec::new(),
        };
        let redacted = batch.report.redacted();
        self.store_batch(&batch.events, &letters, redacted)
    }

    /// The same, after secrets were blotted out of the events by the workspace's own rules.
    pub(super) fn ingest_blotted(&self, batch: &Batch) -> Result<Ingested> {
        self.writable()?;
        let redaction = &self.inner.limits.redaction;
        let mut events = batch.events.clone();
        let mut redacted = batch.report.redacted();
        for (rule, count) in redaction.events(&mut events) {
            *redacted.entry(rule).or_default() += count;
        }
        let letters = letters_of(&batch.report, Vec::new(), None, self.now(), redaction);
        self.store_batch(&events, &letters, redacted)
    }

    /// Reads a webhook and stores its events; a body of which anything was refused, or that no format fits, goes into the
    /// dead-letter queue as a whole. Once this returns the sender may be told that it was received.
    ///
    /// # Errors
    ///
    /// As [`Workspace::ingest`].
    pub fn ingest_delivery(&self, delivery: &Delivery<'_>) -> Result<Ingested> {
        let (batch, failed) = match delivery.read(&self.inner.limits) {
            Ok(batch) => (batch, None),
            Err(Error::InvalidInput { place, reason }) => {
                (Batch::default(), Some(Refused { place, reason }))
            }
            Err(error) => return Err(error),
        };
        let first = batch.report.inputs.iter().find(|input| input.refused > 0);
        let format = batch.report.inputs.first().map(|input| input.format.to_owned());
        let refused = failed.or_else(|| first?.described.first().cloned());
        let letter = refused.map(|refused| self.letter_of(delivery, format, refused));
        self.store_batch(&batch.events, letter.as_slice(), batch.report.redacted())
    }

    /// A whole webhook as a letter, with what its headers said of it.
    fn letter_of(
        &self,
        delivery: &Delivery<'_>,
        format: Option<String>,
        refused: Refused,
    ) -> NewDeadLetter {
        let received = (RECEIVED.to_owned(), delivery.received.to_rfc3339());
        let sender = delivery.sender().map(|(header, kind)| (header.to_owned(), kind.to_owned()));
        let now = self.now();
        let mut letter = NewDeadLetter {
            source: format.clone().unwrap_or_else(|| "delivery".to_owned()),
            format,
            place: refused.place,
            reason: refused.reason,
            about: sender.into_iter().chain([received]).collect(),
            at: now,
            next_try: first_retry(now),
            raw: delivery.body.to_vec(),
        };
        blot(&mut letter, &self.inner.limits.redaction);
        letter
    }

    fn store_batch(
        &self,
        events: &[Event],
        letters: &[NewDeadLetter],
        redacted: Redacted,
    ) -> Result<Ingested> {
        self.writable()?;
        let intake = Intake::at(self.now())
            .with_events(events)
            .with_refused(letters)
            .with_caps(self.inner.letter_caps);
        let taken = self.store().take_in(&intake)?;
        self.project_new(events, &taken.appended)?;
        let appended = Appended { redacted, ..taken.appended };
        Ok(Ingested { appended, letters: taken.letters })
    }
}

impl DeadLetters<'_> {
    /// Letters in the order of arrival, without their bytes.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn list(&self, filter: &LetterFilter) -> Result<Vec<DeadLetter>> {
        self.0.store().dead_letters(filter)
    }

    /// One letter.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it is not there (any more).
    pub fn inspect(&self, id: DeadLetterId) -> Result<DeadLetter> {
        self.0.store().dead_letter(id)?.ok_or_else(|| gone(id))
    }

    /// The bytes of a letter as they came, or without their secrets; none when they were too many to keep.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it is not there (any more).
    pub fn raw(&self, id: DeadLetterId) -> Result<Option<Vec<u8>>> {
        self.inspect(id)?;
        self.0.store().dead_letter_bytes(id)
    }

    /// How full the queue is, and what it let go.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn counts(&self) -> Result<DeadLetterCounts> {
        self.0.store().dead_letter_counts()
    }

    /// Reads letters again and stores what can be read now; those leave the queue. The others stay, with one more try
    /// and a later next one.
    ///
    /// Each is read as the format it was read as before, or as the one given here. Reading what is stored already
    /// stores nothing twice.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Cancelled`] when the observer said so (what was read until then is settled);
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`].
    pub fn replay(
        &self,
        filter: &LetterFilter,
        format: Option<&Format>,
        observer: Observer<'_>,
    ) -> Result<Replayed> {
        self.0.administrable()?;
        let mut replayed = Replayed::default();
        let (mut after, mut left) = (filter.after, filter.limit);
        while left > 0 {
            let limit = left.min(PAGE);
            let page = self.list(&LetterFilter { after, limit, ..filter.clone() })?;
            let Some(last) = page.last() else { break };
            (after, left) = (Some(last.id), left - page.len());
            self.replay_page(&page, format, observer, &mut replayed)?;
            if page.len() < limit {
                break;
            }
        }
        Ok(replayed)
    }

    fn replay_page(
        &self,
        page: &[DeadLetter],
        format: Option<&Format>,
        observer: Observer<'_>,
        replayed: &mut Replayed,
    ) -> Result<()> {
        let (mut events, mut settled, mut tried) = (Vec::new(), Vec::new(), Vec::new());
        let mut cancelled = false;
        let now = self.0.now();
        for letter in page {
            let records = (replayed.settled.len() + replayed.refused.len()) as u64;
            let progress = Progress { input: &letter.source, records, bytes: 0 };
            if observer(&progress).is_break() {
                cancelled = true;
                break;
            }
            let Some(raw) = self.0.store().dead_letter_bytes(letter.id)? else {
                replayed.refused.push((letter.id, "its bytes were too many to keep".to_owned()));
                continue;
            };
            let reason = match self.read(letter, &raw, format, observer) {
                Err(Error::Cancelled) => {
                    cancelled = true;
                    break;
                }
                Err(error) => Some(error.to_string()),
                Ok(batch) => {
                    let reason = still_refused(&batch);
                    events.extend(batch.events);
                    if !batch.telemetry.is_empty() && reason.is_none() {
                        replayed.telemetry.push(batch.telemetry);
                    }
                    reason
                }
            };
            match reason {
                None => settled.push(letter.id),
                Some(reason) => {
                    let next_try = next_retry(letter.tries.saturating_add(1), now);
                    replayed.refused.push((letter.id, reason.clone()));
                    tried.push(Tried { id: letter.id, at: now, reason, next_try });
                }
            }
        }
        let appended = self.take_in(&events, &settled, &tried)?.appended;
        replayed.accepted += appended.accepted.len() as u64;
        replayed.duplicates += appended.duplicates.len() as u64;
        replayed.settled.extend(settled);
        if cancelled { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Reads a letter as it was read before, or as another format.
    fn read(
        &self,
        letter: &DeadLetter,
        raw: &[u8],
        format: Option<&Format>,
        observer: Observer<'_>,
    ) -> Result<Batch> {
        let limits = &self.0.inner.limits;
        let received = letter.about.get(RECEIVED).and_then(|text| text.parse().ok());
        if let (None, Some(received)) = (format, received) {
            let headers: Vec<(&str, &str)> =
                letter.about.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            return Delivery { headers: &headers, body: raw, received }.read(limits);
        }
        // A format that is no more is looked for anew.
        let known = letter.format.as_deref().and_then(|name| Format::named(name).ok());
        read(&letter.source, &mut &*raw, format.or(known), limits, observer)
    }

    fn take_in(
        &self,
        events: &[Event],
        settled: &[DeadLetterId],
        tried: &[Tried],
    ) -> Result<TakenIn> {
        let intake = Intake::at(self.0.now())
            .with_events(events)
            .with_settled(settled)
            .with_tried(tried)
            .with_caps(self.0.inner.letter_caps);
        let taken = self.0.store().take_in(&intake)?;
        self.0.project_new(events, &taken.appended)?;
        Ok(taken)
    }

    /// Reads letters again whose time has come; for hosts to call now and then.
    ///
    /// # Errors
    ///
    /// As [`Self::replay`].
    pub fn replay_due(&self, observer: Observer<'_>) -> Result<Replayed> {
        let due = LetterFilter { due: Some(self.0.now()), ..LetterFilter::default() };
        self.replay(&due, None, observer)
    }

    /// Takes letters out of the queue for good; says how many were there.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`].
    pub fn discard(&self, ids: &[DeadLetterId]) -> Result<u64> {
        self.0.administrable()?;
        self.take_in(&[], ids, &[]).map(|taken| taken.settled)
    }

    /// Lets go of letters that are too old or too many; says how many. Whatever is stored with a page does so too.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`].
    pub fn expire(&self) -> Result<u64> {
        self.0.administrable()?;
        self.take_in(&[], &[], &[]).map(|taken| taken.let_go)
    }
}

fn gone(id: DeadLetterId) -> Error {
    Error::DeadLetterNotFound { id }
}

/// Why a letter stays: anything in it that is still refused, or nothing that was read.
fn still_refused(batch: &Batch) -> Option<String> {
    let input = batch.report.inputs.first()?;
    if input.refused == 0 && input.read > 0 {
        return None;
    }
    let reason = input.described.first().map(|first| first.reason.clone());
    Some(reason.unwrap_or_else(|| "nothing in it was read".to_owned()))
}
