//! One collection of events, held by us and by SQLite; made once, used by many scenarios.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rca_core::Workspace;
use rca_core::model::{Event, EventId};

use super::Result;
use super::clock::{Cost, Stopwatch, measure};
use super::data::events;
use super::sqlite::Sqlite;

/// Events in a batch.
pub const BATCH: usize = 10_000;
/// Ours and SQLite take turns, so many batches each.
const TURN: usize = 5;
/// Every so many events, one is asked for by id.
const SAMPLED: usize = 97;

/// The same events on both sides, and what it cost to take them in.
#[derive(Debug)]
pub struct Loaded {
    /// Ours.
    pub workspace: Workspace,
    /// Where it lives.
    pub folder: PathBuf,
    /// The peer's.
    pub sqlite: Sqlite,
    /// Where it lives.
    pub database: PathBuf,
    /// How many events.
    pub events: usize,
    /// Some of them.
    pub ids: Vec<EventId>,
    /// Ours, then SQLite's: all events durable and searchable.
    pub ingest: (Cost, Cost),
}

impl Loaded {
    /// Takes events in on both sides, in turn.
    ///
    /// # Errors
    ///
    /// What either side says.
    pub fn build(place: &Path, events: usize) -> Result<Self> {
        std::fs::create_dir_all(place)?;
        let folder = place.join("ours.rca");
        let database = place.join("peer.sqlite");
        let workspace = Workspace::open(&folder)?;
        let mut sqlite = Sqlite::create(&database)?;
        let (mut ours, mut theirs) = (Cost::default(), Cost::default());
        let mut ids = Vec::new();
        for start in (0..events).step_by(BATCH * TURN) {
            let end = (start + BATCH * TURN).min(events);
            let turn = turn(start, end, events)?;
            ids.extend(turn.iter().flatten().map(Event::id).step_by(SAMPLED));
            let mine = turn.clone();
            let watch = Stopwatch::start()?;
            for batch in mine {
                workspace.ingest(batch)?;
            }
            workspace.refresh()?;
            ours += watch.read_settled()?;
            let (cost, ()) = measure(|| turn.iter().try_for_each(|batch| sqlite.ingest(batch)))?;
            theirs += cost;
        }
        Ok(Self { workspace, folder, sqlite, database, events, ids, ingest: (ours, theirs) })
    }
}

fn turn(start: usize, end: usize, total: usize) -> Result<Vec<Vec<Event>>> {
    let starts = (start..end).step_by(BATCH);
    starts.map(|from| events::events(from, (from + BATCH).min(end), total)).collect()
}

/// Bytes that the files in a folder, or one file, take up; holes in files are none.
///
/// # Errors
///
/// What the file system says.
pub fn bytes_on_disk(path: &Path) -> Result<u64> {
    if path.is_file() {
        return Ok(path.metadata()?.blocks() * 512);
    }
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        sum += bytes_on_disk(&entry?.path())?;
    }
    Ok(sum)
}
