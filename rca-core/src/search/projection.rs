//! One tantivy index with its reader.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tantivy::directory::{Directory, MmapDirectory, RamDirectory};
use tantivy::indexer::IndexWriterOptions;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyError};

use super::columns::Columns;
use super::schema::{self, Fields, STAMP};

/// The file in which tantivy names the segments of the last commit.
const SEGMENTS: &str = "meta.json";

/// How often and how long to wait for a merge that is under way: a minute in all.
const MERGE_ATTEMPTS: u32 = 6_000;
const MERGE_PAUSE: Duration = Duration::from_millis(10);

/// An index of one kind of record.
pub(super) struct Projection {
    index: tantivy::Index,
    reader: IndexReader,
    pub(super) fields: Fields,
    snapshot: RwLock<Arc<Snapshot>>,
    /// What named the segments when another process was followed last.
    followed: Mutex<Vec<u8>>,
}

/// What was committed at one moment.
pub(super) struct Snapshot {
    pub(super) searcher: Searcher,
    /// In the order of the searcher's segments.
    pub(super) columns: Vec<Columns>,
}

/// Stored with each commit: the schema's stamp and the number of the last operation.
struct Payload {
    stamp: u32,
    high_water: u64,
}

impl Payload {
    fn parse(text: &str) -> Option<Self> {
        let (stamp, high_water) = text.split_once(' ')?;
        Some(Self { stamp: stamp.parse().ok()?, high_water: high_water.parse().ok()? })
    }
}

impl std::fmt::Display for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.stamp, self.high_water)
    }
}

impl Projection {
    /// Opens what is in a folder; makes it where there is nothing and `create` says so.
    pub(super) fn open(folder: Option<&Path>, create: bool) -> tantivy::Result<Self> {
        let (schema, fields) = schema::build();
        let directory: Box<dyn Directory> = match folder {
            Some(folder) => Box::new(MmapDirectory::open(folder)?),
            None => Box::new(RamDirectory::create()),
        };
        let builder =
            tantivy::Index::builder().schema(schema.clone()).tokenizers(schema::tokenizers());
        let index = if create {
            builder.open_or_create(directory)?
        } else {
            let mut index = tantivy::Index::open(directory)?;
            index.set_tokenizers(schema::tokenizers());
            index
        };
        if index.schema() != schema {
            return Err(TantivyError::SchemaError("written with other fields".to_owned()));
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let snapshot = RwLock::new(Arc::new(Snapshot::of(&reader)?));
        Ok(Self { index, reader, fields, snapshot, followed: Mutex::default() })
    }

    /// The number of the last operation inside; `None` when the stamp differs.
    pub(super) fn high_water(&self) -> tantivy::Result<Option<u64>> {
        let Some(payload) = self.index.load_metas()?.payload else { return Ok(Some(0)) };
        Ok(Payload::parse(&payload).filter(|p| p.stamp == STAMP).map(|p| p.high_water))
    }

    pub(super) fn writer(&self, heap_bytes: usize) -> tantivy::Result<IndexWriter> {
        self.index.writer_with_options(
            IndexWriterOptions::builder()
                .memory_budget_per_thread(heap_bytes)
                .num_worker_threads(1)
                .num_merge_threads(1)
                .build(),
        )
    }

    pub(super) fn commit(&self, writer: &mut IndexWriter, high_water: u64) -> tantivy::Result<()> {
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&Payload { stamp: STAMP, high_water }.to_string());
        commit.commit()?;
        self.reload()
    }

    /// Shows what was committed since.
    pub(super) fn reload(&self) -> tantivy::Result<()> {
        self.reader.reload()?;
        let snapshot = Arc::new(Snapshot::of(&self.reader)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }

    /// Shows what another process committed since. Opening the segments takes longer than most searches, so it is done
    /// only where the file that names them has changed.
    pub(super) fn follow(&self) -> tantivy::Result<()> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let segments = self.index.directory().atomic_read(Path::new(SEGMENTS))?;
        if *followed != segments {
            self.reload()?;
            *followed = segments;
        }
        Ok(())
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Merges all segments into one and removes files nobody needs.
    pub(super) fn compact(&self, writer: &mut IndexWriter) -> tantivy::Result<()> {
        // A merge that tantivy began by itself may hold some of the segments; they are refused until it is done.
        let mut attempts = 0;
        loop {
            let segments = self.index.searchable_segment_ids()?;
            if segments.len() < 2 {
                break;
            }
            match writer.merge(&segments).wait() {
                Ok(_) => break,
                Err(TantivyError::InvalidArgument(_)) if attempts < MERGE_ATTEMPTS => {
                    attempts += 1;
                    std::thread::park_timeout(MERGE_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
        self.reload()?;
        writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// Names of files whose checksum is wrong. Reads all.
    pub(super) fn damaged_files(&self) -> tantivy::Result<Vec<String>> {
        let mut names: Vec<String> =
            self.index.validate_checksum()?.iter().map(|p| p.display().to_string()).collect();
        names.sort_unstable();
        Ok(names)
    }
}

impl Snapshot {
    fn of(reader: &IndexReader) -> tantivy::Result<Self> {
        let searcher = reader.searcher();
        let columns =
            searcher.segment_readers().iter().map(Columns::open).collect::<tantivy::Result<_>>()?;
        Ok(Self { searcher, columns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_opened_again_only_when_there_are_others() {
        let folder = tempfile::tempdir().unwrap();
        let ours = Projection::open(Some(folder.path()), true).unwrap();
        let mut writer = ours.writer(32 << 20).unwrap();
        ours.commit(&mut writer, 1).unwrap();
        let theirs = Projection::open(Some(folder.path()), false).unwrap();
        theirs.follow().unwrap();
        let first = theirs.snapshot();
        theirs.follow().unwrap();
        assert!(Arc::ptr_eq(&first, &theirs.snapshot()));
        ours.commit(&mut writer, 2).unwrap();
        theirs.follow().unwrap();
        assert!(!Arc::ptr_eq(&first, &theirs.snapshot()));
    }
}
