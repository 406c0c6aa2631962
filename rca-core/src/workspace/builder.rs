//! Opening a workspace with other than the usual settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};

use crate::connectors::{Limits, Redaction};
use crate::error::{Error, Result};
use crate::linker::{CorrelationRules, Linker, LinkerOptions};
use crate::model::{DeadLetterCaps, InvestigationId};
use crate::rank::Options;
use crate::search::{self, Index};
use crate::store::{Access, Embedded, Memory, OpenOptions, Seq, Store};
use crate::time::{Clock, SystemClock};
use crate::workspace::{Inner, Workspace};

/// What a search may miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// Nothing: a search first commits what is pending. The default.
    #[default]
    Latest,
    /// What was written since the last commit of the index: searches never wait. Call
    /// [`Workspace::refresh`] where it matters.
    Committed,
}

/// When the search index commits. Events are durable whatever it is; the index can be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexPolicy {
    /// Commit after this many writes (10,000).
    pub commit_ops: usize,
    /// Commit when nothing was written for so long (5 s); looked at on every call.
    pub idle: Duration,
    /// What a search may miss.
    pub freshness: Freshness,
}

impl Default for IndexPolicy {
    fn default() -> Self {
        Self { commit_ops: 10_000, idle: Duration::seconds(5), freshness: Freshness::default() }
    }
}

/// Settings of a workspace; [`Builder::open`] or [`Builder::in_memory`] ends it.
#[derive(Debug, Clone)]
pub struct Builder {
    clock: Arc<dyn Clock>,
    limits: Limits,
    letter_caps: DeadLetterCaps,
    policy: IndexPolicy,
    linker: LinkerOptions,
    rules: CorrelationRules,
    options: Options,
    access: Access,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            letter_caps: DeadLetterCaps::default(),
            policy: IndexPolicy::default(),
            linker: LinkerOptions::default(),
            rules: CorrelationRules::default(),
            options: Options::default(),
            access: Access::ReadWrite,
        }
    }
}

impl Builder {
    /// Where "now" comes from.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Bounds on what connectors read, and what they blot out.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How much the dead-letter queue holds, and how long.
    #[must_use]
    pub fn with_dead_letters(mut self, caps: DeadLetterCaps) -> Self {
        self.letter_caps = caps;
        self
    }

    /// What is blotted out of texts before they are kept.
    #[must_use]
    pub fn with_redaction(mut self, redaction: Redaction) -> Self {
        self.limits.redaction = redaction;
        self
    }

    /// When the search index commits, and what a search may miss.
    #[must_use]
    pub fn with_index_policy(mut self, policy: IndexPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// How events are linked to investigations.
    #[must_use]
    pub fn with_linker(mut self, options: LinkerOptions) -> Self {
        self.linker = options;
        self
    }

    /// Rules of your own that link events to investigations, or say what is an incident.
    #[must_use]
    pub fn with_rules(mut self, rules: CorrelationRules) -> Self {
        self.rules = rules;
        self
    }

    /// How causes are ranked.
    #[must_use]
    pub fn with_analysis(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Nothing may be written. Several processes may read one folder as long as none writes.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// Opens the workspace in a folder; makes it when there is none, unless read-only.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Busy`] when another process has it open, [`crate::ErrorKind::Corrupt`] for a
    /// damaged store, [`crate::ErrorKind::NotFound`] when read-only and there is none,
    /// [`crate::ErrorKind::InvalidInput`] for linker options that contradict each other.
    pub fn open(self, folder: impl AsRef<Path>) -> Result<Workspace> {
        let folder = folder.as_ref();
        let store = Embedded::open(folder, OpenOptions::new().with_access(self.access))?;
        let place = folder.join(INDEX);
        let index = if self.access == Access::ReadOnly {
            Index::open_read_only(&place, self.index_options())?
        } else {
            fs::create_dir_all(&place).map_err(|error| Error::io("create", &place, error))?;
            let index = Index::open(&place, self.index_options())?;
            belong_together(&store, &index, folder, self.clock.now())?;
            index
        };
        self.assemble(Arc::new(store), index, Some(folder.to_owned()))
    }

    /// A workspace that lives in memory and ends with the process.
    ///
    /// # Errors
    ///
    /// When there is no memory or no thread to be had, or linker options contradict each other.
    pub fn in_memory(self) -> Result<Workspace> {
        let index = Index::in_memory(self.index_options())?;
        self.assemble(Arc::new(Memory::new()), index, None)
    }

    fn index_options(&self) -> search::Options {
        search::Options::default()
            .with_clock(Arc::clone(&self.clock))
            .with_commit_ops(self.policy.commit_ops)
            .with_idle(self.policy.idle)
    }

    fn assemble(
        self,
        store: Arc<dyn Store>,
        index: Index,
        path: Option<PathBuf>,
    ) -> Result<Workspace> {
        // An index that is ahead of the store belongs to another store: start over.
        let mut known = Seq(index.high_water());
        if known > store.last_seq()? {
            if self.access == Access::ReadWrite {
                index.clear()?;
            }
            known = Seq::ZERO;
        }
        let workspace = Workspace {
            inner: Arc::new(Inner {
                store,
                index,
                projected: Mutex::new(known),
                clock: self.clock,
                linker: Linker::new(self.linker)?,
                rules: self.rules,
                rule_reports: super::links::RuleReports::default(),
                options: self.options,
                cases: super::cases::Cases::default(),
                memory: super::memory::Memory::default(),
                limits: self.limits,
                letter_caps: self.letter_caps,
                feeds: super::pull::Feeds::default(),
                freshness: self.policy.freshness,
                path,
                read_only: self.access == Access::ReadOnly,
            }),
            principal: None,
        };
        workspace.project()?;
        Ok(workspace)
    }
}

const INDEX: &str = "index";
/// Name of the store's own identity, in the store and beside the index that was built from it.
const IDENTITY: &str = "workspace.identity";

/// Empties an index that was built from another store: its numbers would be believed.
fn belong_together(
    store: &Embedded,
    index: &Index,
    folder: &Path,
    now: DateTime<Utc>,
) -> Result<()> {
    let stamp = folder.join(format!("{INDEX}.identity"));
    let identity = match store.meta(IDENTITY)? {
        Some(identity) => identity,
        None => {
            let seed = format!("{}\0{}\0{now:?}", folder.display(), std::process::id());
            let identity = InvestigationId::derive(now, seed.as_bytes()).to_string().into_bytes();
            store.put_meta(IDENTITY, &identity)?;
            identity
        }
    };
    if fs::read(&stamp).is_ok_and(|found| found == identity) {
        return Ok(());
    }
    if index.high_water() > 0 {
        index.clear()?;
    }
    fs::write(&stamp, &identity).map_err(|error| Error::io("write", &stamp, error))
}
