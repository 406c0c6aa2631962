//! The open index: operations in, hits out.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use tantivy::IndexWriter;
use tantivy::schema::Field;

use super::compile::{Compiler, Records, by_id};
use super::hits::{Cursor, Hit, Hits};
use super::page::{Page, Scan, collect, count, each_match, rank_score};
use super::projection::{Projection, Snapshot};
use super::query::{Query, Sort};
use super::{failed, schema};
use crate::error::{Error, Place, Result};
use crate::model::{Event, EventId, Investigation, InvestigationId};
use crate::time::{Clock, SystemClock, from_nanos};

const LOCK_FILE: &str = "lock";
const EVENTS: &str = "events";
const INVESTIGATIONS: &str = "investigations";

/// How an index commits.
#[derive(Debug, Clone)]
pub struct Options {
    clock: Arc<dyn Clock>,
    commit_ops: usize,
    idle: Duration,
    heap_bytes: usize,
}

/// The computer's clock, a commit every 10,000 operations or after 5 s without one, 32 MB.
impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            commit_ops: 10_000,
            idle: Duration::seconds(5),
            heap_bytes: 32 << 20,
        }
    }
}

impl Options {
    /// Where the time comes from.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Operations after which [`Index::apply`] commits by itself.
    #[must_use]
    pub fn with_commit_ops(mut self, ops: usize) -> Self {
        self.commit_ops = ops.max(1);
        self
    }

    /// Time without operations after which [`Index::tick`] commits.
    #[must_use]
    pub fn with_idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Memory for documents that are not yet on disk; at least 16 MB.
    #[must_use]
    pub fn with_heap_bytes(mut self, bytes: usize) -> Self {
        self.heap_bytes = bytes.clamp(16 << 20, 2 << 30);
        self
    }
}

/// Whether a record may be in the index already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It is not: nothing has to be removed first, which is a good deal cheaper. A record that is
    /// there all the same would be found twice.
    New,
    /// It may be.
    Replace,
}

/// A change to the index.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum IndexOp<'a> {
    /// An event, and the investigations it is linked to. One that is marked as deleted is removed.
    PutEvent {
        /// The event.
        event: &'a Event,
        /// For `investigation:`.
        investigations: &'a [InvestigationId],
        /// Whether it may be there already.
        write: Write,
    },
    /// Removes an event.
    DeleteEvent(EventId),
    /// An investigation, replacing the one with its id. One that is marked as deleted is removed.
    PutInvestigation(&'a Investigation),
    /// Removes an investigation.
    DeleteInvestigation(InvestigationId),
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opened {
    /// There was nothing; the index is empty.
    Created,
    /// The index is as it was left.
    Intact,
    /// The index was damaged or of another version and is empty now: replay everything.
    Wiped {
        /// Why.
        reason: String,
    },
    /// Opened read-only, but missing, damaged or of another version. The folder stays as it is; an
    /// empty index in memory takes its place and accepts operations: replay everything.
    InMemory {
        /// Why.
        reason: String,
    },
}

/// Finds events and investigations. Clones share one index.
///
/// Operations are seen by searches once they are committed, see [`Index::apply`]. There is no thread
/// behind it that does so: whoever owns the index calls [`Index::tick`] now and then.
#[derive(Clone)]
pub struct Index {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Option<PathBuf>,
    options: Options,
    opened: Opened,
    events: Projection,
    investigations: Projection,
    /// None when read-only.
    writers: Option<Mutex<Writers>>,
    /// Held until the last clone is gone.
    _lock: Option<File>,
}

struct Writers {
    events: IndexWriter,
    /// Made for the first operation: investigations change rarely.
    investigations: Option<IndexWriter>,
    pending: usize,
    last_op: DateTime<Utc>,
    /// Number of the last operation that was applied, and of the last that was committed.
    applied: u64,
    committed: u64,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("folder", &self.inner.folder)
            .field("opened", &self.inner.opened)
            .finish_non_exhaustive()
    }
}

impl Index {
    /// Opens the index in a folder for reading and writing; makes it where there is none.
    ///
    /// A damaged index, or one of another version, is emptied and not an error: see
    /// [`Index::opened`], and replay from [`Index::high_water`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Busy`] when another process, or another index of this one, has it open for
    /// writing; otherwise when the file system refuses.
    pub fn open(folder: &Path, options: Options) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        let lock = lock(folder)?;
        let fresh = !folder.join(EVENTS).exists();
        let (pair, opened) = match open_pair(folder, true) {
            Ok(pair) if fresh => (pair, Opened::Created),
            Ok(pair) => (pair, Opened::Intact),
            Err(reason) => {
                wipe(folder)?;
                let pair =
                    open_pair(folder, true).map_err(|reason| Error::Search(reason.into()))?;
                (pair, Opened::Wiped { reason })
            }
        };
        Self::writable(Some(folder.to_owned()), options, pair, opened, Some(lock))
    }

    /// Opens the index in a folder for reading, beside a writer or without one. What the writer
    /// commits is seen after [`Index::refresh`].
    ///
    /// # Errors
    ///
    /// When memory for the replacement of an unusable index can't be had (see
    /// [`Opened::InMemory`]).
    pub fn open_read_only(folder: &Path, options: Options) -> Result<Self> {
        match open_pair(folder, false) {
            Ok(Pair { events, investigations, .. }) => Ok(Self {
                inner: Arc::new(Inner {
                    folder: Some(folder.to_owned()),
                    options,
                    opened: Opened::Intact,
                    events,
                    investigations,
                    writers: None,
                    _lock: None,
                }),
            }),
            Err(reason) => {
                Self::writable(None, options, pair_in_memory()?, Opened::InMemory { reason }, None)
            }
        }
    }

    /// An empty index that lives in memory.
    ///
    /// # Errors
    ///
    /// When there is no memory or no thread to be had.
    pub fn in_memory(options: Options) -> Result<Self> {
        Self::writable(None, options, pair_in_memory()?, Opened::Created, None)
    }

    fn writable(
        folder: Option<PathBuf>,
        options: Options,
        pair: Pair,
        opened: Opened,
        lock: Option<File>,
    ) -> Result<Self> {
        let Pair { events, investigations, high_water } = pair;
        let writers = Writers {
            events: events.writer(options.heap_bytes).map_err(failed)?,
            investigations: None,
            pending: 0,
            last_op: options.clock.now(),
            applied: high_water,
            committed: high_water,
        };
        let writers = Some(Mutex::new(writers));
        let inner = Inner { folder, options, opened, events, investigations, writers, _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What opening found.
    #[must_use]
    pub fn opened(&self) -> &Opened {
        &self.inner.opened
    }

    /// Number of the last operation that is safe on disk; replay those after it. 0 for an empty
    /// index.
    #[must_use]
    pub fn high_water(&self) -> u64 {
        match &self.inner.writers {
            Some(writers) => guard(writers).committed,
            None => self.inner.events.high_water().ok().flatten().unwrap_or(0),
        }
    }

    /// Takes operations in. `high_water` numbers the last of them: the index commits it together with
    /// them, so that after a crash [`Index::high_water`] says where to go on.
    ///
    /// Commits by itself after [`Options::with_commit_ops`] operations. Until a commit, searches do
    /// not see them.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; otherwise when the disk fails.
    pub fn apply(&self, ops: &[IndexOp<'_>], high_water: u64) -> Result<()> {
        let mut writers = self.writers()?;
        for op in ops {
            self.apply_one(&mut writers, op)?;
        }
        writers.pending += ops.len();
        writers.applied = writers.applied.max(high_water);
        writers.last_op = self.inner.options.clock.now();
        if writers.pending >= self.inner.options.commit_ops {
            self.commit(&mut writers)?;
        }
        Ok(())
    }

    fn apply_one(&self, writers: &mut Writers, op: &IndexOp<'_>) -> Result<()> {
        let (events, cases) = (&self.inner.events, &self.inner.investigations);
        match op {
            IndexOp::PutEvent { event, investigations, write } => {
                let deleted = event.deleted_at().is_some();
                if deleted || *write == Write::Replace {
                    remove(&writers.events, events, event.id().to_bytes())?;
                }
                if !deleted {
                    let document = schema::event_document(&events.fields, event, investigations);
                    writers.events.add_document(document).map_err(failed)?;
                }
            }
            IndexOp::DeleteEvent(id) => remove(&writers.events, events, id.to_bytes())?,
            IndexOp::PutInvestigation(case) => {
                let writer = self.investigation_writer(writers)?;
                remove(writer, cases, case.id().to_bytes())?;
                if case.deleted_at().is_none() {
                    let document = schema::investigation_document(&cases.fields, case);
                    writer.add_document(document).map_err(failed)?;
                }
            }
            IndexOp::DeleteInvestigation(id) => {
                remove(self.investigation_writer(writers)?, cases, id.to_bytes())?;
            }
        }
        Ok(())
    }

    fn investigation_writer<'a>(&self, writers: &'a mut Writers) -> Result<&'a mut IndexWriter> {
        if writers.investigations.is_none() {
            let heap = Options::default().with_heap_bytes(0).heap_bytes;
            let writer = self.inner.investigations.writer(heap).map_err(failed)?;
            writers.investigations = Some(writer);
        }
        writers.investigations.as_mut().ok_or_else(|| Error::Internal("no writer".to_owned()))
    }

    fn commit(&self, writers: &mut Writers) -> Result<()> {
        let high_water = writers.applied;
        // Investigations first: what the events' commit says is then true for both. Replaying
        // operations on investigations twice changes nothing.
        if let Some(writer) = &mut writers.investigations {
            self.inner.investigations.commit(writer, high_water).map_err(failed)?;
        }
        self.inner.events.commit(&mut writers.events, high_water).map_err(failed)?;
        writers.pending = 0;
        writers.committed = high_water;
        Ok(())
    }

    /// Commits what is pending and shows it to searches. Read-only: shows what the writer committed.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn refresh(&self) -> Result<()> {
        self.refresh_for(Records::Investigations)?;
        self.refresh_for(Records::Events)
    }

    /// As [`Index::refresh`], for searches of one kind of record.
    pub(crate) fn refresh_for(&self, records: Records) -> Result<()> {
        let Some(writers) = &self.inner.writers else {
            let followed = match records {
                Records::Events => self.inner.events.follow(),
                Records::Investigations => self.inner.investigations.follow(),
            };
            return followed.map_err(failed);
        };
        let mut writers = guard(writers);
        if writers.pending > 0 || writers.applied > writers.committed {
            self.commit(&mut writers)?;
        }
        Ok(())
    }

    /// Commits what is pending when the last operation lies [`Options::with_idle`] back; says whether
    /// it did. To be called now and then.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn tick(&self) -> Result<bool> {
        let Some(writers) = &self.inner.writers else { return Ok(false) };
        let mut writers = guard(writers);
        let idle = self.inner.options.clock.now() - writers.last_op;
        let due = writers.pending > 0 && idle >= self.inner.options.idle;
        if due {
            self.commit(&mut writers)?;
        }
        Ok(due)
    }

    /// Commits, merges all into one segment and removes files nobody needs. Worth its time after a
    /// large import: searches become faster and the disk smaller.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; otherwise when the disk fails.
    pub fn compact(&self) -> Result<()> {
        let mut writers = self.writers()?;
        self.commit(&mut writers)?;
        self.inner.events.compact(&mut writers.events).map_err(failed)
    }

    /// Removes everything; [`Index::high_water`] is 0 again. For rebuilding from the store.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; otherwise when the disk fails.
    pub fn clear(&self) -> Result<()> {
        let mut writers = self.writers()?;
        writers.events.delete_all_documents().map_err(failed)?;
        self.investigation_writer(&mut writers)?.delete_all_documents().map_err(failed)?;
        writers.applied = 0;
        self.commit(&mut writers)
    }

    /// Reads all files and compares their checksums; the names of damaged ones. Slow: reads
    /// everything.
    ///
    /// # Errors
    ///
    /// When a file can't be read at all.
    pub fn verify(&self) -> Result<Vec<String>> {
        let mut damaged = self.inner.events.damaged_files().map_err(failed)?;
        damaged.extend(self.inner.investigations.damaged_files().map_err(failed)?);
        Ok(damaged)
    }

    /// A page of events.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that events do not have, or a cursor of
    /// another sort.
    pub fn search(&self, query: &Query) -> Result<Hits<EventId>> {
        search(&self.inner.events, Records::Events, query, EventId::from_bytes)
    }

    /// A page of investigations.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that investigations do not have, or a
    /// cursor of another sort.
    pub fn search_investigations(&self, query: &Query) -> Result<Hits<InvestigationId>> {
        search(
            &self.inner.investigations,
            Records::Investigations,
            query,
            InvestigationId::from_bytes,
        )
    }

    /// How many events match, exactly.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that events do not have.
    pub fn count(&self, query: &Query) -> Result<u64> {
        let events = &self.inner.events;
        let compiler = Compiler { fields: &events.fields, records: Records::Events };
        let compiled = compiler.compile(query.condition().as_ref())?;
        count(&events.snapshot(), compiled.matching.as_ref()).map_err(failed)
    }

    /// Reads the columns of the events that match, see [`Scan`].
    pub(crate) fn scan(&self, query: &Query, visit: impl FnMut(Scan<'_>)) -> Result<()> {
        let events = &self.inner.events;
        let compiler = Compiler { fields: &events.fields, records: Records::Events };
        let compiled = compiler.compile(query.condition().as_ref())?;
        each_match(&events.snapshot(), compiled.matching.as_ref(), visit).map_err(failed)
    }

    /// What is known of investigations, and the field of their texts.
    pub(super) fn investigation_texts(&self) -> (Arc<Snapshot>, Field) {
        (self.inner.investigations.snapshot(), self.inner.investigations.fields.text)
    }

    fn writers(&self) -> Result<MutexGuard<'_, Writers>> {
        self.inner
            .writers
            .as_ref()
            .map(guard)
            .ok_or_else(|| Error::ReadOnly { path: self.inner.folder.clone().unwrap_or_default() })
    }
}

fn guard(writers: &Mutex<Writers>) -> MutexGuard<'_, Writers> {
    writers.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove(writer: &IndexWriter, projection: &Projection, id: [u8; 16]) -> Result<()> {
    writer.delete_query(by_id(&projection.fields, id)).map_err(failed)?;
    Ok(())
}

fn search<I>(
    projection: &Projection,
    records: Records,
    query: &Query,
    id: impl Fn([u8; 16]) -> I,
) -> Result<Hits<I>> {
    let condition = query.condition();
    let ranks = condition.as_ref().is_some_and(super::Expr::ranks);
    let sort = match query.sort {
        Sort::Relevance if !ranks => Sort::Newest,
        sort => sort,
    };
    if query.after.is_some_and(|cursor| cursor.sort != sort) {
        return Err(Error::invalid(
            Place::default(),
            "this cursor belongs to a search with another sort; begin again without it",
        ));
    }
    let compiled = Compiler { fields: &projection.fields, records }.compile(condition.as_ref())?;
    let snapshot = projection.snapshot();
    let Page { mut found, total } = collect(&snapshot, &compiled, query, sort).map_err(failed)?;
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| more).map(|last| Cursor { sort, key: last.key });
    let hits = found.iter().map(|found| Hit {
        id: id(found.id(&snapshot).to_be_bytes()),
        score: if sort == Sort::Relevance { rank_score(found.key.rank) } else { 0.0 },
        timestamp: from_nanos(found.time(&snapshot)),
        snippet: None,
    });
    Ok(Hits { total, hits: hits.collect(), next })
}

struct Pair {
    events: Projection,
    investigations: Projection,
    high_water: u64,
}

fn open_pair(folder: &Path, create: bool) -> std::result::Result<Pair, String> {
    let open = |name: &str| {
        let folder = folder.join(name);
        if create {
            fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        }
        let projection = Projection::open(Some(&folder), create).map_err(|e| e.to_string())?;
        let high_water = projection.high_water().map_err(|e| e.to_string())?;
        let high_water = high_water.ok_or("written by another version")?;
        Ok::<_, String>((projection, high_water))
    };
    let (investigations, _) = open(INVESTIGATIONS)?;
    let (events, high_water) = open(EVENTS)?;
    Ok(Pair { events, investigations, high_water })
}

fn pair_in_memory() -> Result<Pair> {
    Ok(Pair {
        events: Projection::open(None, true).map_err(failed)?,
        investigations: Projection::open(None, true).map_err(failed)?,
        high_water: 0,
    })
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK_FILE);
    let file = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, error)),
    }
}

fn wipe(folder: &Path) -> Result<()> {
    for name in [EVENTS, INVESTIGATIONS] {
        let path = folder.join(name);
        match fs::remove_dir_all(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("remove", path, error)),
        }
    }
    Ok(())
}
