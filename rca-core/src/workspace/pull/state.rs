//! How sources stand, from their first pull until the workspace is closed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::PullOptions;
use crate::connectors::transport::Fault;
use crate::connectors::{Breaker, BreakerPolicy, BreakerState, Ended, Limiter, Permit};
use crate::error::{Error, ErrorKind, Result};
use crate::model::DeadLetterCounts;
use crate::store::StoredCheckpoint;

/// How all sources stand, and the queue. Counts begin when the workspace is opened; the queue's are for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The sources, by name.
    pub sources: Vec<SourceStatus>,
    /// The dead-letter queue.
    pub dead_letters: DeadLetterCounts,
}

/// How one source stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Whether it may be asked.
    pub standing: Standing,
    /// Its circuit breaker.
    pub breaker: BreakerState,
    /// When its checkpoint last moved, in whichever process; none when it never did.
    pub checkpoint_at: Option<DateTime<Utc>>,
    /// When it last gave a page.
    pub last_page: Option<DateTime<Utc>>,
    /// What last went wrong, and when.
    pub last_fault: Option<(DateTime<Utc>, Fault)>,
    /// What was counted.
    pub counts: SourceCounts,
}

/// Whether a source may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It may.
    Ready,
    /// It is being pulled.
    Running,
    /// It wants to be left alone, or its breaker is open.
    NotBefore(DateTime<Utc>),
    /// Somebody has to do something, then [`Workspace::reset_source`](crate::Workspace::reset_source).
    Paused(Fault),
}

/// What was counted of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceCounts {
    /// How often a page was asked for.
    pub requests: u64,
    /// Of these: again, after a fault.
    pub retries: u64,
    /// How often there was none.
    pub faults: u64,
    /// Pages stored.
    pub pages: u64,
    /// New events.
    pub accepted: u64,
    /// Events that were known.
    pub duplicates: u64,
    /// Records that could not be read.
    pub refused: u64,
}

/// The state of all sources of a workspace.
#[derive(Debug, Default)]
pub(in crate::workspace) struct Feeds(Mutex<BTreeMap<String, Feed>>);

/// The state of one.
#[derive(Debug)]
pub(super) struct Feed {
    is_running: bool,
    breaker: Breaker,
    policy: BreakerPolicy,
    limiter: Option<Limiter>,
    hold: Option<Hold>,
    paused: Option<Fault>,
    last_page: Option<DateTime<Utc>>,
    last_fault: Option<(DateTime<Utc>, Fault)>,
    pub(super) counts: SourceCounts,
}

/// To be left alone for a span since a moment: what a clock that is put back can't stretch.
#[derive(Debug, Clone, Copy)]
struct Hold {
    since: DateTime<Utc>,
    span: Duration,
}

/// What stands between a source and its next request.
#[derive(Debug)]
pub(super) enum Gate {
    /// Nothing.
    Open(Permit),
    /// Its rate: a wait that belongs to a good run.
    Pace(Duration),
    /// It wants to be left alone.
    Wait(DateTime<Utc>, Fault),
    /// Somebody has to do something.
    Paused(Fault),
}

impl Feed {
    fn new() -> Self {
        let policy = BreakerPolicy::default();
        Self {
            is_running: false,
            breaker: Breaker::new(policy),
            policy,
            limiter: None,
            hold: None,
            paused: None,
            last_page: None,
            last_fault: None,
            counts: SourceCounts::default(),
        }
    }

    /// Takes over what is to hold from now on; what is known stays where it says the same.
    fn adopt(&mut self, options: &PullOptions) {
        if self.policy != options.breaker {
            (self.policy, self.breaker) = (options.breaker, Breaker::new(options.breaker));
        }
        if self.limiter.as_ref().map(Limiter::rate) != options.rate {
            self.limiter = options.rate.map(Limiter::new);
        }
    }

    /// Whether a request may go now.
    pub(super) fn gate(&mut self, name: &str, now: DateTime<Utc>) -> Gate {
        if let Some(fault) = &self.paused {
            return Gate::Paused(fault.clone());
        }
        let held = self.held(now);
        if let Some(at) = held {
            return Gate::Wait(at, self.why(name));
        }
        self.hold = None;
        if let Some(limiter) = &mut self.limiter
            && let Err(wait) = limiter.take(now)
        {
            return Gate::Pace(wait);
        }
        match self.breaker.ask(now) {
            Ok(permit) => Gate::Open(permit),
            Err(at) => Gate::Wait(at, self.why(name)),
        }
    }

    fn held(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hold = self.hold.as_mut()?;
        hold.since = hold.since.min(now);
        let until = hold.since.checked_add_signed(hold.span)?;
        (now < until).then_some(until)
    }

    /// What was in the way last.
    fn why(&self, name: &str) -> Fault {
        let last = self.last_fault.as_ref().map(|(_, fault)| fault.clone());
        last.unwrap_or_else(|| {
            Fault::new(crate::connectors::transport::FaultKind::Server, name, "left alone")
        })
    }

    pub(super) fn succeeded(&mut self, permit: Permit, now: DateTime<Utc>) {
        self.breaker.report(permit, Ended::Well, now);
        self.last_page = Some(now);
    }

    pub(super) fn failed(
        &mut self,
        permit: Permit,
        ended: Ended,
        fault: &Fault,
        now: DateTime<Utc>,
    ) {
        self.breaker.report(permit, ended, now);
        self.counts.faults += 1;
        self.last_fault = Some((now, fault.clone()));
    }

    pub(super) fn given_up(&mut self, permit: Permit, now: DateTime<Utc>) {
        self.breaker.report(permit, Ended::Unknown, now);
    }

    pub(super) fn pause(&mut self, fault: &Fault) {
        self.paused = Some(fault.clone());
    }

    /// To be left alone for so long, across pulls.
    pub(super) fn hold(&mut self, since: DateTime<Utc>, span: Duration) {
        self.hold = Some(Hold { since, span });
    }

    fn status(&self, name: &str, now: DateTime<Utc>) -> SourceStatus {
        let held = self.hold.and_then(|hold| hold.since.min(now).checked_add_signed(hold.span));
        let open = match self.breaker.state() {
            BreakerState::Open { until } => Some(until),
            _ => None,
        };
        let standing = match (&self.paused, held.max(open).filter(|at| *at > now)) {
            (Some(fault), _) => Standing::Paused(fault.clone()),
            (None, _) if self.is_running => Standing::Running,
            (None, Some(at)) => Standing::NotBefore(at),
            (None, None) => Standing::Ready,
        };
        SourceStatus {
            name: name.to_owned(),
            standing,
            breaker: self.breaker.state(),
            checkpoint_at: None,
            last_page: self.last_page,
            last_fault: self.last_fault.clone(),
            counts: self.counts,
        }
    }
}

impl Feeds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Feed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the turn of a source: two pulls of one would move its checkpoint past each other.
    pub(super) fn begin<'a>(&'a self, name: &'a str, options: &PullOptions) -> Result<Turn<'a>> {
        let mut feeds = self.lock();
        let feed = feeds.entry(name.to_owned()).or_insert_with(Feed::new);
        if feed.is_running {
            return Err(Error::Source {
                kind: ErrorKind::Busy,
                place: name.to_owned(),
                reason: "it is being pulled already".to_owned(),
                hint: "wait for that to end; if it is another source, give it another name"
                    .to_owned(),
            });
        }
        feed.is_running = true;
        feed.adopt(options);
        Ok(Turn { feeds: self, name })
    }

    pub(super) fn reset(&self, name: &str) {
        if let Some(feed) = self.lock().get_mut(name) {
            feed.breaker.reset();
            (feed.paused, feed.hold) = (None, None);
        }
    }

    pub(super) fn statuses(
        &self,
        checkpoints: Vec<StoredCheckpoint>,
        now: DateTime<Utc>,
    ) -> Vec<SourceStatus> {
        let feeds = self.lock();
        let mut all: BTreeMap<&str, SourceStatus> =
            feeds.iter().map(|(name, feed)| (name.as_str(), feed.status(name, now))).collect();
        for checkpoint in &checkpoints {
            let status = all
                .entry(&checkpoint.source)
                .or_insert_with(|| Feed::new().status(&checkpoint.source, now));
            status.checkpoint_at = Some(checkpoint.at);
        }
        all.into_values().collect()
    }
}

/// The turn of a source; given back when it is dropped.
pub(super) struct Turn<'a> {
    feeds: &'a Feeds,
    name: &'a str,
}

impl Turn<'_> {
    /// Does something with the source's state.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Feed) -> T) -> T {
        let mut feeds = self.feeds.lock();
        work(feeds.entry(self.name.to_owned()).or_insert_with(Feed::new))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.with(|feed| feed.is_running = false);
    }
}
