//! What can go wrong, to which thing, and what the caller can do about it.

use std::path::PathBuf;

use crate::model::{
    DeadLetterId, EventId, HypothesisId, Investigation, InvestigationId, NoteId, Status,
};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Another crate's error, kept as a private source: its type is not part of our API.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a caller can do about an [`Error`]. Bindings branch on this and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing asked for does not exist.
    NotFound,
    /// The input can't be used as it is; the message says where and why.
    InvalidInput,
    /// The change does not fit the present state; read again, then decide.
    Conflict,
    /// Not allowed: a read-only workspace, or a file the system does not let us touch.
    Denied,
    /// Somebody else holds the resource, or a remote source is away; try again later.
    Busy,
    /// Stored data is damaged; restore a backup or run a repair.
    Corrupt,
    /// The caller asked for the work to stop.
    Cancelled,
    /// A disk failed, or a bug of ours.
    Internal,
}

/// Where in an input something is wrong. Lines and columns count from 1, offsets (bytes) from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// File name or other name of the input, when there is one.
    pub input: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<u64>,
    /// Offset in bytes, from 0.
    pub offset: Option<u64>,
}

impl Place {
    /// A line of a named input.
    #[must_use]
    pub fn line(input: impl Into<String>, line: u64) -> Self {
        Self { input: Some(input.into()), line: Some(line), ..Self::default() }
    }

    /// A byte offset in a named input.
    #[must_use]
    pub fn offset(input: impl Into<String>, offset: u64) -> Self {
        Self { input: Some(input.into()), offset: Some(offset), ..Self::default() }
    }

    /// A column of an unnamed one-line input, such as a query.
    #[must_use]
    pub fn column(column: u64) -> Self {
        Self { column: Some(column), ..Self::default() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.input.clone());
        parts.extend(self.line.map(|n| format!("line {n}")));
        parts.extend(self.column.map(|n| format!("column {n}")));
        parts.extend(self.offset.map(|n| format!("byte {n}")));
        f.write_str(&if parts.is_empty() { "input".to_owned() } else { parts.join(", ") })
    }
}

/// Any failure of this crate. Branch on [`Error::kind`]; show the message to a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No event with this id.
    #[error("no event {id} in this workspace; a search gives the ids that there are")]
    EventNotFound {
        /// The id asked for.
        id: EventId,
    },
    /// No investigation with this id.
    #[error(
        "no investigation {id} in this workspace; the list of investigations gives the ids that there are"
    )]
    InvestigationNotFound {
        /// The id asked for.
        id: InvestigationId,
    },
    /// No note with this id in the investigation.
    #[error("no note {id} in this investigation; read it again, the note may have been removed")]
    NoteNotFound {
        /// The id asked for.
        id: NoteId,
    },
    /// No hypothesis with this id in the investigation.
    #[error(
        "no hypothesis {id} in this investigation; read it again, the hypothesis may have been removed"
    )]
    HypothesisNotFound {
        /// The id asked for.
        id: HypothesisId,
    },
    /// The investigation never had this revision, or had it before its history was kept.
    #[error(
        "investigation {id} has no revision {revision} in its history; the history gives those that there are"
    )]
    RevisionNotFound {
        /// The investigation.
        id: InvestigationId,
        /// The revision asked for.
        revision: u64,
    },
    /// No dead letter with this number: it was never there, could be read, or had to go.
    #[error("no dead letter {id}; list them for those that are left")]
    DeadLetterNotFound {
        /// The number asked for.
        id: DeadLetterId,
    },
    /// A file or folder that should exist does not.
    #[error("nothing at {}: {hint}", path.display())]
    PathNotFound {
        /// The path asked for.
        path: PathBuf,
        /// What to do about it.
        hint: String,
    },
    /// Input that can't be read.
    #[error("{place}: {reason}")]
    InvalidInput {
        /// Where.
        place: Place,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A value outside of its legal range.
    #[error("{field}: {reason}")]
    InvalidValue {
        /// The field's name.
        field: &'static str,
        /// What is wrong and what is legal.
        reason: String,
    },
    /// A status move that the life of an investigation does not have.
    #[error("an investigation can't go from {from} to {to}")]
    IllegalStatus {
        /// The present status.
        from: Status,
        /// The status asked for.
        to: Status,
    },
    /// The investigation changed since the caller read it. Nothing was written.
    #[error("{}", conflict(yours, theirs))]
    Conflict {
        /// What the caller wanted to write; its revision is the one that the caller read.
        yours: Box<Investigation>,
        /// What is stored now.
        theirs: Box<Investigation>,
    },
    /// Writing to a workspace that was opened read-only.
    #[error("{} is open read-only", path.display())]
    ReadOnly {
        /// The workspace's folder.
        path: PathBuf,
    },
    /// The principal's role does not allow it.
    #[error("{who} may not do this as a {role}; it takes a {needs}")]
    NotAllowed {
        /// The principal's name.
        who: String,
        /// Their role.
        role: &'static str,
        /// The least role that may.
        needs: &'static str,
    },
    /// Another process has the workspace open.
    #[error("{} is in use by another process; close it there or open a backup", path.display())]
    Busy {
        /// The workspace's folder.
        path: PathBuf,
    },
    /// Something needs the store for itself while an iterator still reads from it.
    #[error("{} is still being read; drop its iterators first", path.display())]
    StillReading {
        /// The workspace's folder.
        path: PathBuf,
    },
    /// Stored data that fails its checks.
    #[error("{what} is damaged: {reason}")]
    Corrupt {
        /// The file or record.
        what: String,
        /// What the check found.
        reason: String,
    },
    /// A record written by a newer version of this crate.
    #[error("{what} has format {found}, this version reads up to {known}; upgrade the library")]
    TooNew {
        /// The file or record.
        what: String,
        /// Its format version.
        found: u32,
        /// The newest we read.
        known: u32,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The file system refused.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What we tried ("read", "write", ...).
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The embedded store failed.
    #[error("store: {0}")]
    Store(#[source] Source),
    /// The search index failed; it can be rebuilt from the store.
    #[error("search index: {0}")]
    Search(#[source] Source),
    /// The git repository could not be read.
    #[error("git repository {}: {source}", path.display())]
    Git {
        /// The repository.
        path: PathBuf,
        /// What gitoxide said.
        source: Source,
    },
    /// A remote source did not give what was asked of it.
    #[error("{place}: {reason}; {hint}")]
    Source {
        /// What the caller can do about it.
        kind: ErrorKind,
        /// The address, without user and query.
        place: String,
        /// What went wrong.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A bug of ours: an invariant did not hold.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

/// Which fields the two versions disagree on.
fn conflict(yours: &Investigation, theirs: &Investigation) -> String {
    let changes = theirs.differences(yours).unwrap_or_default();
    let fields: Vec<String> = changes.into_iter().map(|change| change.field).collect();
    let more = if fields.len() > 5 { ", ..." } else { "" };
    let fields = fields.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    format!(
        "investigation {} was changed by somebody else (it has revision {}, you read {}; they differ in: {fields}{more}); \
         read it again",
        theirs.id(),
        theirs.revision(),
        yours.revision(),
    )
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::EventNotFound { .. }
            | Self::InvestigationNotFound { .. }
            | Self::NoteNotFound { .. }
            | Self::HypothesisNotFound { .. }
            | Self::RevisionNotFound { .. }
            | Self::DeadLetterNotFound { .. }
            | Self::PathNotFound { .. } => ErrorKind::NotFound,
            Self::InvalidInput { .. } | Self::InvalidValue { .. } => ErrorKind::InvalidInput,
            Self::IllegalStatus { .. } | Self::Conflict { .. } => ErrorKind::Conflict,
            Self::ReadOnly { .. } | Self::NotAllowed { .. } => ErrorKind::Denied,
            Self::Busy { .. } | Self::StillReading { .. } => ErrorKind::Busy,
            Self::Corrupt { .. } | Self::TooNew { .. } => ErrorKind::Corrupt,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => ErrorKind::NotFound,
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    ErrorKind::Denied
                }
                _ => ErrorKind::Internal,
            },
            Self::Git { .. } => ErrorKind::InvalidInput,
            Self::Source { kind, .. } => *kind,
            Self::Store(_) | Self::Search(_) | Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// Where in the input it happened, for errors about input.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::InvalidInput { place, .. } => Some(place),
            _ => None,
        }
    }

    /// Unusable input at a place.
    pub fn invalid(place: Place, reason: impl Into<String>) -> Self {
        Self::InvalidInput { place, reason: reason.into() }
    }

    /// A field's value outside of its legal range.
    pub fn value(field: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidValue { field, reason: reason.into() }
    }

    /// Wraps an I/O error with what we tried and where.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}
