//! A local git repository: its history as events, and the diffs and the blame of chosen commits.
//!
//! [`Repository::history`] reads commits with the paths they change and nothing more: line counts
//! cost ten times as much as paths, so [`Repository::diff`] is for the few commits that are suspects.
//! [`Repository::commits`] reads the same in batches, however long the history is; [`GitRepository`] goes on where it
//! was the last time. [`Repository::blame_frames`] says who last wrote the code that a stack trace names.
//! Renames show as a deletion and an addition, except in blame. Nothing is written, no hook, filter or external
//! command runs, and the user's git configuration is not read.
//!
//! | in the repository | becomes |
//! |---|---|
//! | commit | `commit`, with what its message says of other commits ([`References`](crate::model::References)), its tags and notes |
//! | tag, annotated or light | `release` where its name is a version, else `tag` (source only) |
//! | note on a commit | `note` (source only) |
//! | forced push, deletion of a branch that drops commits | `push` that names them (source only) |
//!
//! Works on bare repositories, worktrees and shallow clones. What can't be read (a missing tree, a
//! damaged commit) costs that much and is named in the report.

mod blame;
mod diff;
mod heads;
mod history;
mod notes;
mod paths;
mod source;
mod suspects;
mod tags;
mod walk;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

pub use self::blame::BlamedLines;
pub use self::history::Commits;
pub use self::source::GitRepository;
use super::{Batch, Limits, Observer};
use crate::error::{Error, Place, Result};

/// Where the walk through the history begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tips {
    /// What is checked out.
    #[default]
    Head,
    /// Every local branch, and what is checked out.
    Branches,
    /// Branches, tags or commits by name.
    Named(Vec<String>),
}

/// Which part of the history to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Where to begin.
    pub tips: Tips,
    /// Leave out commits before this time, by the committer's clock.
    pub since: Option<DateTime<Utc>>,
    /// Leave out commits at this time and after.
    pub until: Option<DateTime<Utc>>,
    /// Leave out what these (branches, tags or commits by name) reach: what is known already.
    pub known: Vec<String>,
    /// Most commits to read, newest first.
    pub max_commits: usize,
    /// Most paths to keep of one commit; the rest is counted in the report.
    pub max_paths: usize,
}

impl Default for History {
    fn default() -> Self {
        Self {
            tips: Tips::Head,
            since: None,
            until: None,
            known: Vec::new(),
            max_commits: 100_000,
            max_paths: 10_000,
        }
    }
}

/// How much of a diff is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLimits {
    /// Largest file version to compare, in bytes.
    pub blob_bytes: u64,
    /// Longest text in all; further files are only counted.
    pub text_bytes: usize,
    /// Unchanged lines around each change.
    pub context_lines: u32,
}

impl Default for DiffLimits {
    fn default() -> Self {
        Self { blob_bytes: 1 << 20, text_bytes: 1 << 20, context_lines: 3 }
    }
}

/// Names of attributes that only commits read from a repository have.
pub mod attribute {
    /// When the author wrote it (RFC 3339); the event's time is the committer's.
    pub const AUTHOR_TIME: &str = "vcs.author_time";
    /// Hashes of the parents, of which a merge has several.
    pub const PARENTS: &str = "vcs.parents";
    /// Names of the tags on it.
    pub const TAGS: &str = "vcs.tags";
    /// Notes on it, by their branch (`commits` for `refs/notes/commits`).
    pub const NOTES: &str = "vcs.notes";
    /// The notes branch of a note.
    pub const NOTES_BRANCH: &str = "vcs.notes.branch";
    /// Hashes, as they are written, of the commits that it takes back.
    pub const REVERTS: &str = "vcs.reverts";
    /// Hashes, as they are written, of the commits whose faults it repairs.
    pub const FIXES: &str = "vcs.fixes";
    /// Hashes, as they are written, of the commits that it is a copy of.
    pub const PICKED_FROM: &str = "vcs.cherry_picked_from";
    /// Hashes of commits that a forced push or the deletion of a branch dropped.
    pub const DROPPED: &str = "vcs.dropped_commits";
    /// `true` where the history ends because the clone is shallow or a parent is missing; the paths
    /// it changes are not known then.
    pub const BOUNDARY: &str = "vcs.boundary";
}

/// Whether a folder is the working copy of a repository, or a bare one.
#[must_use]
pub fn is_repository(path: &Path) -> bool {
    let bare = || ["HEAD", "objects", "refs"].iter().all(|name| path.join(name).exists());
    path.join(".git").exists() || bare()
}

/// An open repository. Cheap to share between threads.
pub struct Repository {
    path: PathBuf,
    inner: gix::ThreadSafeRepository,
    limits: Limits,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Repository {
    /// Memory for decoded objects; trees of neighbouring commits are read twice.
    const OBJECT_CACHE_BYTES: usize = 16 << 20;
    /// Memory for what deltas build on; without it every object unpacks its whole chain again.
    const DELTA_BASE_CACHE_BYTES: usize = 32 << 20;

    /// Opens a working folder, a worktree, a bare repository or a `.git` folder.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) when there is nothing at the path,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is no repository or a damaged one.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        if !path.exists() {
            let hint = "give the folder of a git repository".to_owned();
            return Err(Error::PathNotFound { path, hint });
        }
        match gix::ThreadSafeRepository::open_opts(&path, gix::open::Options::isolated()) {
            Ok(inner) => Ok(Self { path, inner, limits: Limits::default() }),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// With other limits. Messages are [redacted](Limits::redaction), and the diffs of [`Repository::suspects`];
    /// authors are who they are unless the redaction says else. A commit longer than [`Limits::body_bytes`] is refused
    /// without being read, and the history before it is not known; of one longer than [`Limits::record_bytes`] the end
    /// of the message is left out.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The path it was opened at.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Commits with the paths they change against their first parent, as `commit` events in
    /// canonical order.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a named tip does not exist or the
    /// repository can't be read at all, [`Cancelled`](crate::ErrorKind::Cancelled) when the observer
    /// says so.
    pub fn history(&self, wanted: &History, observer: Observer<'_>) -> Result<Batch> {
        history::read(self, wanted, observer)
    }

    /// The same as [`Repository::history`] in batches, for histories that are longer than memory should be.
    ///
    /// # Errors
    ///
    /// As [`Repository::history`].
    pub fn commits(&self, wanted: &History) -> Result<Commits> {
        Commits::new(self, wanted)
    }

    /// What a commit (full or unambiguous short hash) changes against its first parent, as unified
    /// diff text with `diff --git` headers.
    ///
    /// Binary, large and unreadable files are named in it without their content. Bytes that are not
    /// UTF-8 are replaced.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no such commit or its tree is
    /// missing.
    pub fn diff(&self, sha: &str, limits: &DiffLimits) -> Result<String> {
        diff::write(self, sha, limits)
    }

    fn local(&self) -> gix::Repository {
        let mut repository = self.inner.to_thread_local();
        repository.object_cache_size(Self::OBJECT_CACHE_BYTES);
        repository
            .objects
            .set_pack_cache(|| Box::new(MemoryCappedHashmap::new(Self::DELTA_BASE_CACHE_BYTES)));
        repository
    }

    fn failed(&self, error: gix::Error) -> Error {
        failed(&self.path, error)
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The commit behind a name or hash.
    fn resolve(&self, repository: &gix::Repository, name: &str) -> Result<gix::ObjectId> {
        let found = repository
            .rev_parse_single(name)
            .and_then(|id| id.object())
            .and_then(|object| object.peel_to_kind(gix::object::Kind::Commit))
            .map(|object| object.id);
        found.map_err(|_| {
            let place = Place { input: Some(self.name()), ..Place::default() };
            Error::invalid(
                place,
                format!("no commit {:?}", name.chars().take(80).collect::<String>()),
            )
        })
    }
}

fn failed(path: &Path, error: gix::Error) -> Error {
    Error::Git { path: path.to_owned(), source: error.to_string().into() }
}
