//! Looking after the folder.

use std::path::Path;

use crate::error::Result;
use crate::search::Opened;
use crate::store::VerifyReport;
use crate::workspace::{Role, Workspace};

/// What [`Workspace::verify`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// The truth: every record and every reference.
    pub store: VerifyReport,
    /// Damaged files of the search index; [`Workspace::rebuild_index`] repairs them.
    pub damaged_index_files: Vec<String>,
}

impl Health {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.store.problems.is_empty() && self.damaged_index_files.is_empty()
    }
}

impl Workspace {
    /// Reads everything and checks every record, every reference, every history and the index files. A history that
    /// was changed, cut or is not what led to the record is named with the entry.
    ///
    /// # Errors
    ///
    /// When the check itself could not be done; damage is listed, not an error.
    pub fn verify(&self) -> Result<Health> {
        Ok(Health {
            store: self.store().verify()?,
            damaged_index_files: self.inner.index.verify()?,
        })
    }

    /// Gives unused disk space back and makes searches faster. Worth its time after a large import.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only, [`crate::ErrorKind::Busy`] while an iterator lives.
    pub fn compact(&self) -> Result<()> {
        self.administrable()?;
        self.project()?;
        self.inner.index.compact()?;
        self.store().compact()
    }

    /// Writes a consistent copy of the truth to a new file while the workspace stays in use. To restore, place
    /// it as `store.redb` in an empty folder and open that; the index is built again.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when the file exists, or for a workspace in memory.
    pub fn backup(&self, to_file: impl AsRef<Path>) -> Result<()> {
        self.permitted(Role::Admin)?;
        self.store().backup(to_file.as_ref())
    }

    /// What opening found of the search index: as it was left, or rebuilt, and why.
    #[must_use]
    pub fn index_opened(&self) -> &Opened {
        self.inner.index.opened()
    }
}
