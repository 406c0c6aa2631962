//! Where the database's failures become ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::Error;

/// A failure below the seam.
#[derive(Debug)]
pub(super) enum Failure {
    /// Of one request: refused before it touched anything.
    Ours(Error),
    /// Of the database: the whole transaction is void.
    Database(redb::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

macro_rules! from_redb {
    ($($error:ident),+) => {
        $(impl From<redb::$error> for Failure {
            fn from(error: redb::$error) -> Self {
                Self::Database(error.into())
            }
        })+
    };
}

from_redb!(
    Error,
    StorageError,
    TableError,
    TransactionError,
    CommitError,
    DatabaseError,
    CompactionError,
    SetDurabilityError
);

impl Failure {
    /// As callers see it.
    pub(super) fn into_error(self, folder: &Path) -> Error {
        let what = || folder.display().to_string();
        match self {
            Self::Ours(error) => error,
            Self::Database(error) => match error {
                redb::Error::DatabaseAlreadyOpen => Error::Busy { path: folder.to_owned() },
                redb::Error::TransactionInProgress => {
                    Error::StillReading { path: folder.to_owned() }
                }
                redb::Error::Corrupted(reason) => Error::Corrupt { what: what(), reason },
                redb::Error::UpgradeRequired(version) => Error::Corrupt {
                    what: what(),
                    reason: format!("its file has layout {version}, which was never ours"),
                },
                redb::Error::RepairAborted => Error::Corrupt {
                    what: what(),
                    reason: "it was not closed cleanly; open it once for writing".to_owned(),
                },
                redb::Error::TableTypeMismatch { .. }
                | redb::Error::TableDoesNotExist(_)
                | redb::Error::TableIsMultimap(_)
                | redb::Error::TypeDefinitionChanged { .. } => {
                    Error::Corrupt { what: what(), reason: error.to_string() }
                }
                redb::Error::Io(source) => from_io(folder, source),
                other => Error::Store(Box::new(other)),
            },
        }
    }
}

fn from_io(folder: &Path, source: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    match source.kind() {
        // A file that is shorter than its own header says, or that is no database.
        UnexpectedEof | InvalidData => {
            Error::Corrupt { what: folder.display().to_string(), reason: source.to_string() }
        }
        _ => Error::io("access the store in", folder, source),
    }
}

/// Runs what talks to the database.
///
/// redb checks its pages after a crash, not on every read. Handed a page that rotted since, it
/// notices some damage by assertion, so a panic from below is a damaged file, and the caller gets
/// [`Error::Corrupt`] instead of an unwinding thread. (The process's panic hook still sees it.)
pub(super) fn guard<T>(
    folder: &Path,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|failure| failure.into_error(folder)),
        Err(panic) => {
            let reason = (panic.downcast_ref::<String>().map(String::as_str))
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("a page makes no sense");
            Err(Error::Corrupt { what: folder.display().to_string(), reason: reason.to_owned() })
        }
    }
}

/// The same failure for another of the writers that shared a commit.
pub(super) fn copy(error: &Error) -> Error {
    match error {
        Error::Corrupt { what, reason } => {
            Error::Corrupt { what: what.clone(), reason: reason.clone() }
        }
        Error::Io { action, path, source } => Error::Io {
            action,
            path: path.clone(),
            source: std::io::Error::new(source.kind(), source.to_string()),
        },
        other => Error::Store(other.to_string().into()),
    }
}
