//! The door: one handle that keeps events, searches them, and says why the system broke.
//!
//! ```
//! use rca_core::Workspace;
//! use rca_core::model::{Event, Source};
//! use rca_core::search::Query;
//! use rca_core::time::{TimeRange, from_nanos};
//!
//! let workspace = Workspace::in_memory()?;
//! let deploy = Event::builder(from_nanos(0), Source::Deploy, "deploy", "ledger v2")
//!     .with_source_id("d-1")
//!     .build()?;
//! workspace.ingest([deploy])?;
//! assert_eq!(workspace.search(&Query::parse("ledger")?)?.total, Some(1));
//!
//! let hour = TimeRange::new(from_nanos(0), from_nanos(3_600_000_000_000))?;
//! let case = workspace.investigate("ledger is slow", hour)?;
//! for cause in workspace.root_causes(case.id(), 3)? {
//!     println!("{} ({})", cause.title, cause.probability);
//! }
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! The only module that knows all the others. A workspace in a folder is `store.redb`, the truth, and
//! `index/`, which can be deleted and is built again.

mod analysis;
mod analytics;
mod builder;
mod bundle;
mod canvas;
mod cases;
mod dead_letters;
mod events;
mod graph;
mod held;
mod history;
mod hypotheses;
mod inquiry;
mod investigations;
mod links;
mod maintenance;
mod memory;
mod metrics;
mod principal;
mod pull;
mod related;
mod replay;
mod search;
mod similar;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use analysis::{Incident, Work, analyze};
pub use builder::{Builder, Freshness, IndexPolicy};
pub use bundle::Investigated;
pub use canvas::Merged;
pub use dead_letters::{DeadLetters, Ingested, Replayed};
pub use inquiry::{Answer, Inquiry, Window};
pub use links::Relinked;
pub use maintenance::Health;
pub use metrics::{RankedMetric, rank_metrics};
pub use principal::{Principal, Role};
pub use pull::{
    Begin, PullEnd, PullOptions, PullReport, Refusals, Runner, SourceCounts, SourceStatus,
    Standing, Status,
};
pub use replay::{
    CaseDiff, Configuration, Incidents, LinkDiff, RankDiff, ReplayDiff, RuleIncident,
};

use crate::connectors::Limits;
use crate::error::Result;
use crate::linker::{CorrelationRules, Linker};
use crate::model::DeadLetterCaps;
use crate::rank::Options;
use crate::search::Index;
use crate::store::{Seq, Store};
use crate::time::Clock;

/// An open collection of events and investigations. Cheap to clone, and may be used from many threads.
///
/// Calls block until they are done; threads belong to the host. The folder is freed when the last clone is
/// gone.
#[derive(Debug, Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
    principal: Option<Arc<Principal>>,
}

#[derive(Debug)]
struct Inner {
    store: Arc<dyn Store>,
    index: Index,
    /// The last write that the index took in.
    projected: Mutex<Seq>,
    clock: Arc<dyn Clock>,
    linker: Linker,
    rules: CorrelationRules,
    rule_reports: links::RuleReports,
    options: Options,
    cases: cases::Cases,
    memory: memory::Memory,
    limits: Limits,
    letter_caps: DeadLetterCaps,
    feeds: pull::Feeds,
    freshness: Freshness,
    path: Option<PathBuf>,
    read_only: bool,
}

impl Workspace {
    /// Opens the workspace in a folder; makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Busy`] when another process has it open, [`crate::ErrorKind::Corrupt`] for a
    /// damaged store.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(folder)
    }

    /// A workspace that lives in memory and ends with the process.
    ///
    /// # Errors
    ///
    /// When there is no memory or no thread to be had.
    pub fn in_memory() -> Result<Self> {
        Self::builder().in_memory()
    }

    /// A workspace with another clock, other limits, another way of judging.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The folder; none in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    fn store(&self) -> &dyn Store {
        self.inner.store.as_ref()
    }
}
