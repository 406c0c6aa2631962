//! Pulling sources: everything a connector gets for free.
//!
//! A [`Source`] gives one page at a time and neither waits nor retries. [`Workspace::pull`] does that for all of them:
//!
//! | what comes | what is done |
//! |---|---|
//! | a page | events, refused records and checkpoint go into the store in one commit |
//! | a fault that may pass | tries again after growing pauses with a random part ([`Retry`]) |
//! | "slow down" | waits at least as long as was asked for, also across pulls |
//! | five failures in a row | the source is left alone for a minute, then asked once ([`Breaker`](crate::connectors::Breaker)) |
//! | a wrong key, no permission | the source is paused until [`Workspace::reset_source`] |
//! | a request that can never work | the pull ends and says so |
//!
//! A page that was stored but not acknowledged, or pulled once more after a crash, changes nothing: its events are known
//! by their ids. Waiting longer than [`PullOptions::patience`] is left to the host, who is told until when.

mod letters;
mod observe;
mod report;
mod run;
mod runner;
mod state;
mod wait;

use chrono::Duration;

pub use self::report::{PullEnd, PullReport};
pub use self::runner::Runner;
pub use self::state::{SourceCounts, SourceStatus, Standing, Status};

pub(super) use self::letters::{blot, first_retry, letters_of, next_retry};
pub(super) use self::state::Feeds;

use crate::connectors::source::Source;
use crate::connectors::{BreakerPolicy, Observer, Rate, Retry};
use crate::error::Result;
use crate::workspace::{Role, Workspace};

/// How a source is pulled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PullOptions {
    /// How often and after which pauses a page is tried again.
    pub retry: Retry,
    /// When a failing source is left alone, and for how long.
    pub breaker: BreakerPolicy,
    /// How often a page is asked for at most; as often as possible when none.
    pub rate: Option<Rate>,
    /// How long one page may take (2 min) before the source is told to stop; that counts as a failure that may pass.
    pub page_time: Duration,
    /// The longest single wait that is sat out (2 min). Where a longer one is called for, the pull ends instead.
    pub patience: Duration,
    /// Most pages of one pull; all there are when none.
    pub pages: Option<u64>,
    /// Where to begin.
    pub begin: Begin,
    /// What becomes of records that can't be read.
    pub refused: Refusals,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self {
            retry: Retry::default(),
            breaker: BreakerPolicy::default(),
            rate: None,
            page_time: Duration::minutes(2),
            patience: Duration::minutes(2),
            pages: None,
            begin: Begin::default(),
            refused: Refusals::default(),
        }
    }
}

/// Where a pull begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Begin {
    /// Where the last one ended.
    #[default]
    AtCheckpoint,
    /// At the source's own beginning; what is stored already is not stored twice.
    Anew,
}

/// What becomes of records that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refusals {
    /// They rest in the dead-letter queue ([`Workspace::dead_letters`]).
    #[default]
    Queue,
    /// They are counted and forgotten.
    Forget,
}

impl Workspace {
    /// Pulls a source page by page until it has nothing more, and stores what it gives.
    ///
    /// Blocks meanwhile, pauses included. The observer hears of every page, wait and record, and may stop it at any of
    /// them; what was stored until then stays, with its checkpoint. Telemetry is not stored: it is handed back, for
    /// [`Workspace::observe`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Cancelled`] when the observer said so; [`crate::ErrorKind::Busy`] when the same source is
    /// being pulled already; [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`]. A source
    /// that fails is no error: [`PullReport::end`] says how it stands.
    pub fn pull(
        &self,
        source: &mut dyn Source,
        options: &PullOptions,
        observer: Observer<'_>,
    ) -> Result<PullReport> {
        self.writable()?;
        run::pull(self, source, options, observer)
    }

    /// Pulls several sources, some of them at the same time.
    #[must_use]
    pub fn runner(&self) -> Runner<'_> {
        Runner::new(self)
    }

    /// How all sources stand that were pulled since the workspace was opened or that have a checkpoint, and how full
    /// the dead-letter queue is.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn status(&self) -> Result<Status> {
        let sources = self.inner.feeds.statuses(self.store().checkpoints()?, self.now());
        Ok(Status { sources, dead_letters: self.store().dead_letter_counts()? })
    }

    /// Lets a source be asked again at once: ends its pause, closes its breaker, forgets how long it wanted to wait. For
    /// when somebody repaired it. Its checkpoint stays.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] for who may not look after the workspace.
    pub fn reset_source(&self, name: &str) -> Result<()> {
        self.permitted(Role::Admin)?;
        self.inner.feeds.reset(name);
        Ok(())
    }

    /// Lets a source begin anew with its next pull; says whether it had got anywhere.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`].
    pub fn forget_checkpoint(&self, source: &str) -> Result<bool> {
        self.administrable()?;
        self.store().remove_checkpoint(source)
    }
}
