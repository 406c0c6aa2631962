//! Opening a folder: the lock, the file, its stamp.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use redb::{Builder, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::fault::{Failure, guard};
use super::history::begin_trails;
use super::tables::{FORMAT, OLDEST_FORMAT, STAMP};
use super::writer::Writer;
use crate::error::{Error, Result};

const LOCK_NAME: &str = "store.lock";
const NEW_NAME: &str = "store.redb.new";

/// Whether a store is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Made when missing; nobody else may have it open.
    #[default]
    ReadWrite,
    /// Must exist; shared with other readers, not with a writer. Writes nothing, except that the
    /// first to open what a crashed writer left brings it in order.
    ReadOnly,
}

/// How to open a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOptions {
    pub(super) access: Access,
    pub(super) cache_bytes: usize,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { access: Access::default(), cache_bytes: 128 << 20 }
    }
}

impl OpenOptions {
    /// For reading and writing, with a cache of 128 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether it will be written to.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// How much memory pages may take. More helps when ingesting much into a large store.
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    pub(super) fn builder(self) -> Builder {
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        builder
    }
}

/// The database, open one way or the other.
pub(super) enum Handle {
    Writing(Database),
    Reading(ReadOnlyDatabase),
}

impl Handle {
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Failure> {
        Ok(match self {
            Self::Writing(database) => database.begin_read()?,
            Self::Reading(database) => database.begin_read()?,
        })
    }
}

/// Locks the folder and opens its file. The lock is given back when the `File` is dropped, also by
/// the system when the process dies.
pub(super) fn open_folder(
    folder: &Path,
    file_name: &str,
    options: OpenOptions,
) -> Result<(Handle, Option<File>)> {
    let path = folder.join(file_name);
    match options.access {
        Access::ReadWrite => {
            fs::create_dir_all(folder)
                .map_err(|error| Error::io("make the folder", folder, error))?;
            let lock = lock_exclusive(folder)?;
            let database = match length_of(&path)? {
                Some(length) => open_existing(folder, &path, length, options)?,
                None => create(folder, &path, options)?,
            };
            let handle = Handle::Writing(database);
            upgrade(folder, &handle)?;
            Ok((handle, Some(lock)))
        }
        Access::ReadOnly => {
            let Some(length) = length_of(&path)? else {
                return Err(Error::PathNotFound {
                    path,
                    hint: "no store was ever made here; open the folder for writing".to_owned(),
                });
            };
            refuse_empty(&path, length)?;
            let mut lock = lock_shared(folder)?;
            let mut found = open_reader(folder, &path, options)?;
            if found.is_none() {
                drop(lock);
                recover(folder, &path, length, options)?;
                lock = lock_shared(folder)?;
                found = open_reader(folder, &path, options)?;
            }
            let Some(database) = found else {
                return Err(Error::Busy { path: folder.to_owned() });
            };
            let handle = Handle::Reading(database);
            check_stamp(folder, &handle)?;
            Ok((handle, lock))
        }
    }
}

fn lock_exclusive(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK_NAME);
    let lock = File::options().write(true).create(true).truncate(false).open(&path);
    let lock = lock.map_err(|error| Error::io("open", &path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, error)),
    }
}

/// A reader may have no right to make the lock file, and then there is no writer either.
fn lock_shared(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK_NAME);
    let Ok(lock) = File::open(&path) else { return Ok(None) };
    match lock.try_lock_shared() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path, error)),
    }
}

fn length_of(path: &Path) -> Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("look at", path, error)),
    }
}

/// The database would take an empty file for a new one. Ours get their name when they are complete,
/// so an empty one has lost its content.
fn refuse_empty(path: &Path, length: u64) -> Result<()> {
    if length == 0 {
        return Err(Error::Corrupt {
            what: path.display().to_string(),
            reason: "the file is empty; restore a backup, or remove it to start anew".to_owned(),
        });
    }
    Ok(())
}

fn open_existing(
    folder: &Path,
    path: &Path,
    length: u64,
    options: OpenOptions,
) -> Result<Database> {
    refuse_empty(path, length)?;
    guard(folder, || Ok(options.builder().open(path)?))
}

/// Opens for reading; none when the last writer did not close the file.
fn open_reader(
    folder: &Path,
    path: &Path,
    options: OpenOptions,
) -> Result<Option<ReadOnlyDatabase>> {
    guard(folder, || match options.builder().open_read_only(path) {
        Err(redb::DatabaseError::RepairAborted) => Ok(None),
        opened => Ok(Some(opened?)),
    })
}

/// Closes the file for a writer that died. Readers can't, so one of them writes this once.
fn recover(folder: &Path, path: &Path, length: u64, options: OpenOptions) -> Result<()> {
    let lock = lock_exclusive(folder)?;
    drop(open_existing(folder, path, length, options)?);
    drop(lock);
    Ok(())
}

/// Makes the file under another name and gives it its own once it is whole.
fn create(folder: &Path, path: &Path, options: OpenOptions) -> Result<Database> {
    let new = folder.join(NEW_NAME);
    remove_if_there(&new)?;
    let database = guard(folder, || Ok(options.builder().create(&new)?))?;
    guard(folder, || stamp(&database))?;
    fs::rename(&new, path).map_err(|error| Error::io("rename", &new, error))?;
    sync_folder(folder)?;
    Ok(database)
}

/// Makes the tables and writes the layout's version.
pub(super) fn stamp(database: &Database) -> Result<(), Failure> {
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    txn.open_table(STAMP)?.insert("layout", FORMAT)?;
    drop(Writer::open(&txn)?);
    Ok(txn.commit()?)
}

/// Brings a store of an older layout up to today's, in two commits of which the second says that the first is done.
fn upgrade(folder: &Path, handle: &Handle) -> Result<()> {
    let found = check_stamp(folder, handle)?;
    if found < FORMAT
        && let Handle::Writing(database) = handle
    {
        guard(folder, || begin_trails(database))?;
        guard(folder, || stamp(database))?;
    }
    Ok(())
}

/// Refuses what is not ours, or newer than us; the layout otherwise.
pub(super) fn check_stamp(folder: &Path, handle: &Handle) -> Result<u32> {
    let found = guard(folder, || {
        let table = handle.begin_read()?.open_table(STAMP)?;
        Ok(table.get("layout")?.map(|version| version.value()))
    })?;
    let what = || folder.display().to_string();
    match found {
        Some(found) if (OLDEST_FORMAT..=FORMAT).contains(&found) => Ok(found),
        Some(found) if found > FORMAT => Err(Error::TooNew { what: what(), found, known: FORMAT }),
        _ => Err(Error::Corrupt { what: what(), reason: "it has no layout version".to_owned() }),
    }
}

pub(super) fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Makes a new name in a folder survive a power cut. Windows does so by itself.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| Error::io("sync", folder, error))?;
    }
    Ok(())
}

#[cfg(any(test, feature = "testing"))]
pub(super) fn open_disk(folder: &Path, disk: crate::store::testing::Disk) -> Result<Handle> {
    use crate::store::testing::Backend;

    let fresh = disk.is_empty();
    let database = guard(folder, || Ok(Database::builder().create_with_backend(Backend(disk))?))?;
    if fresh {
        guard(folder, || stamp(&database))?;
    }
    let handle = Handle::Writing(database);
    upgrade(folder, &handle)?;
    Ok(handle)
}
