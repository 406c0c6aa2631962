//! What came of a pull.

use chrono::{DateTime, Duration, Utc};

use crate::connectors::source::Checkpoint;
use crate::connectors::transport::Fault;
use crate::error::{Error, Result};
use crate::signal::Telemetry;

/// What one [`Workspace::pull`](crate::Workspace::pull) did. Everything counted in it is durable.
#[derive(Debug, Clone)]
pub struct PullReport {
    /// The source's name.
    pub source: String,
    /// Pages that were stored.
    pub pages: u64,
    /// How often a page was asked for again.
    pub retries: u64,
    /// New events.
    pub accepted: u64,
    /// Events that were known already.
    pub duplicates: u64,
    /// Records that could not be read.
    pub refused: u64,
    /// Letters for the dead-letter queue that these made.
    pub letters: u64,
    /// Older letters that had to go for them.
    pub let_go: u64,
    /// Time spent waiting, by the workspace's clock.
    pub waited: Duration,
    /// The pages' telemetry, in their order, which is not stored.
    pub telemetry: Vec<Telemetry>,
    /// Where the source stands now.
    pub checkpoint: Option<Checkpoint>,
    /// How it ended.
    pub end: PullEnd,
}

impl PullReport {
    pub(super) fn new(source: &str, checkpoint: Option<Checkpoint>) -> Self {
        Self {
            source: source.to_owned(),
            pages: 0,
            retries: 0,
            accepted: 0,
            duplicates: 0,
            refused: 0,
            letters: 0,
            let_go: 0,
            waited: Duration::zero(),
            telemetry: Vec::new(),
            checkpoint,
            end: PullEnd::CaughtUp,
        }
    }

    /// The report as an error where the source did not give what it has.
    ///
    /// # Errors
    ///
    /// What [`PullEnd::fault`] says.
    pub fn into_result(self) -> Result<Self> {
        match self.end.fault() {
            Some(fault) => Err(Error::from(fault.clone())),
            None => Ok(self),
        }
    }
}

/// How a pull ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullEnd {
    /// There is nothing more for now.
    CaughtUp,
    /// There is more, but [`PullOptions::pages`](super::PullOptions::pages) were pulled.
    MorePages,
    /// The source is to be left alone for longer than the patience lasts; pull again then.
    NotBefore {
        /// When.
        at: DateTime<Utc>,
        /// Why: the last fault.
        fault: Fault,
    },
    /// It failed as often as was allowed; it may work later.
    GaveUp(Fault),
    /// Somebody has to do something, then [`Workspace::reset_source`](crate::Workspace::reset_source).
    NeedsHuman(Fault),
    /// What is asked for there can't be had, however often it is tried.
    Impossible(Fault),
}

impl PullEnd {
    /// What was in the way, where something was.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::CaughtUp | Self::MorePages => None,
            Self::NotBefore { fault, .. }
            | Self::GaveUp(fault)
            | Self::NeedsHuman(fault)
            | Self::Impossible(fault) => Some(fault),
        }
    }
}
