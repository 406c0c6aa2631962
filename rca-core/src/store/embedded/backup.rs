//! A consistent copy of an open store.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use redb::{
    Database, Key, ReadTransaction, ReadableTable, TableDefinition, Value, WriteTransaction,
};

use super::fault::{Failure, guard};
use super::letters::if_there;
use super::open::{OpenOptions, remove_if_there, sync_folder};
use super::tables::{
    ANALYSES, CHECKPOINTS, EVENTS, HISTORY, HISTORY_HEADS, IDS, INVESTIGATIONS, LETTER_BYTES,
    LETTER_COUNTS, LETTER_KEYS, LETTERS, LINKS, LINKS_BY_EVENT, LOG, META, SOURCE_IDS, STAMP,
    TIMES,
};
use crate::error::{Error, Result};

/// Copies a snapshot into a new file, which gets its name once it is whole and on the disk.
pub(super) fn backup(txn: &ReadTransaction, from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        let reason = format!("{} exists already; choose a new name", to.display());
        return Err(Error::value("backup", reason));
    }
    let partial = partial_name(to);
    remove_if_there(&partial)?;
    let copied = copy(txn, from, &partial).and_then(|()| publish(&partial, to));
    if copied.is_err() {
        // The first error is the one to tell; a left-over is overwritten next time.
        let _ = remove_if_there(&partial);
    }
    copied
}

fn partial_name(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn publish(partial: &Path, to: &Path) -> Result<()> {
    File::open(partial)
        .and_then(|file| file.sync_all())
        .map_err(|error| Error::io("sync", partial, error))?;
    fs::rename(partial, to).map_err(|error| Error::io("rename", partial, error))?;
    match to.parent() {
        Some(folder) if folder != Path::new("") => sync_folder(folder),
        _ => sync_folder(Path::new(".")),
    }
}

fn copy(from: &ReadTransaction, folder: &Path, partial: &Path) -> Result<()> {
    guard(folder, || {
        let database: Database = OpenOptions::default().builder().create(partial)?;
        let mut to = database.begin_write()?;
        to.set_quick_repair(true);
        copy_table(from, &to, STAMP)?;
        copy_table(from, &to, EVENTS)?;
        copy_table(from, &to, IDS)?;
        copy_table(from, &to, TIMES)?;
        copy_table(from, &to, SOURCE_IDS)?;
        copy_table(from, &to, LOG)?;
        copy_table(from, &to, INVESTIGATIONS)?;
        copy_table(from, &to, LINKS)?;
        copy_table(from, &to, LINKS_BY_EVENT)?;
        copy_table(from, &to, ANALYSES)?;
        copy_table(from, &to, HISTORY)?;
        copy_table(from, &to, HISTORY_HEADS)?;
        copy_table(from, &to, META)?;
        copy_table(from, &to, CHECKPOINTS)?;
        copy_table(from, &to, LETTERS)?;
        copy_table(from, &to, LETTER_BYTES)?;
        copy_table(from, &to, LETTER_KEYS)?;
        copy_table(from, &to, LETTER_COUNTS)?;
        Ok(to.commit()?)
    })
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &WriteTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<(), Failure> {
    let Some(original) = if_there(from, definition)? else { return Ok(()) };
    let mut copy = to.open_table(definition)?;
    for entry in original.iter()? {
        let (key, value) = entry?;
        copy.insert(key.value(), value.value())?;
    }
    Ok(())
}
