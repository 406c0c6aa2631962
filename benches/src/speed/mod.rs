//! Speed: every line of the table of goals, beside a peer that does the same work on the same data.
//!
//! Ours and the peer take turns, each line is a median, and CPU time stands beside wall time.

pub mod clock;
pub mod data;
pub mod loaded;
pub mod peer;
pub mod row;
pub mod scenario;
pub mod sqlite;

use std::cell::OnceCell;
use std::path::PathBuf;

use tempfile::TempDir;

use loaded::Loaded;
use peer::Peers;
use row::Row;

/// Errors here end the run; nobody branches on them.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What is measured, and where.
#[derive(Debug)]
pub struct Bench {
    /// Events to take in.
    pub events: usize,
    /// How often the two sides take turns.
    pub rounds: usize,
    /// Everything tiny: shows that it works, not how fast.
    pub smoke: bool,
    /// Telemetry to scan with several workers.
    pub scan_megabytes: usize,
    /// Size of a folder of logs to read, in gigabytes; none is where it is not asked for.
    pub log_folder_gb: Option<u64>,
    /// Files with log lines to use instead of generated ones.
    pub logs: Option<PathBuf>,
    /// A repository to use instead of a generated one.
    pub repository: Option<PathBuf>,
    /// A Python that has the package installed, with pyarrow.
    pub python: Option<PathBuf>,
    /// Peers that are programs of their own.
    pub peers: Peers,
    place: TempDir,
    loaded: OnceCell<Loaded>,
}

impl Bench {
    /// A run whose files live in a folder of their own below `place`, removed at the end.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn new(
        place: &std::path::Path,
        events: usize,
        rounds: usize,
        peers: Peers,
    ) -> Result<Self> {
        std::fs::create_dir_all(place)?;
        Ok(Self {
            events,
            rounds,
            smoke: false,
            scan_megabytes: 2000,
            log_folder_gb: None,
            logs: None,
            repository: None,
            python: None,
            peers,
            place: TempDir::with_prefix_in("run-", place)?,
            loaded: OnceCell::new(),
        })
    }

    /// The whole count, or the tiny one in a smoke run.
    #[must_use]
    pub fn scaled(&self, whole: usize, tiny: usize) -> usize {
        if self.smoke { tiny } else { whole }
    }

    /// An empty folder, removed with the value.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn fresh_folder(&self) -> Result<TempDir> {
        Ok(TempDir::new_in(self.place.path())?)
    }

    /// The collection of events, taken in when first asked for.
    ///
    /// # Errors
    ///
    /// What either side says.
    pub fn loaded(&self) -> Result<&Loaded> {
        if self.loaded.get().is_none() {
            let loaded = Loaded::build(&self.place.path().join("events"), self.events)?;
            return Ok(self.loaded.get_or_init(|| loaded));
        }
        self.loaded.get().ok_or_else(|| "no events".into())
    }
}

/// A kind of work: its name, and how its lines are made.
pub type Scenario = (&'static str, fn(&Bench) -> Result<Vec<Row>>);

/// All, in the order of the table. Compacting changes what is read afterwards, so that comes late.
pub const SCENARIOS: [Scenario; 18] = [
    ("ingest", scenario::ingest::large_batches),
    ("ingest-small", scenario::ingest::small_batches),
    ("search", scenario::find::all),
    ("read", scenario::keep::read),
    ("disk", scenario::keep::disk),
    ("pagerank", scenario::page_rank::personalised),
    ("templates", scenario::templates::raw_lines),
    ("formats", scenario::formats::all),
    ("log-folder", scenario::formats::folder),
    ("analysis", scenario::analyse::all),
    ("analytics", scenario::memory::analytics),
    ("similar", scenario::memory::similar),
    ("documents", scenario::documents::all),
    ("scan-workers", scenario::scan::workers),
    ("git", scenario::git::history),
    ("git-long", scenario::git::long_history),
    ("python", scenario::python::all),
    ("reopen", scenario::reopen::after_a_kill),
];
