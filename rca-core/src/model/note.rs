//! Notes that people leave on an investigation, or on something in it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::text::check_length;
use crate::model::{CauseKey, EdgeKind, EventId, NoteId};

/// What a note, a hypothesis or an argument is about. A note about an edge is the annotation of that edge.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum About {
    /// The investigation as a whole.
    #[default]
    Investigation,
    /// One event.
    Event {
        /// Which.
        event: EventId,
    },
    /// One edge of the correlation graph.
    Edge {
        /// Where it begins.
        from: EventId,
        /// Where it ends.
        to: EventId,
        /// How they relate.
        relation: EdgeKind,
    },
    /// One suspect of the analysis.
    Cause {
        /// What stays the same when it is analysed again.
        cause: CauseKey,
    },
    /// Another note: an answer to it, or what it says as evidence.
    Note {
        /// Which.
        note: NoteId,
    },
}

impl About {
    /// The event it names, when it is about one.
    #[must_use]
    pub fn event(&self) -> Option<EventId> {
        match self {
            Self::Event { event } => Some(*event),
            _ => None,
        }
    }

    /// All events it names: one, or the two ends of an edge.
    #[must_use]
    pub fn events(&self) -> Vec<EventId> {
        match self {
            Self::Event { event } => vec![*event],
            Self::Edge { from, to, .. } => vec![*from, *to],
            Self::Investigation | Self::Cause { .. } | Self::Note { .. } => Vec::new(),
        }
    }

    /// Tells apart what is about different things. Empty for events and the whole, whose ids were made before
    /// there was more.
    pub(crate) fn seed(&self) -> String {
        match self {
            Self::Investigation | Self::Event { .. } => String::new(),
            Self::Edge { from, to, relation } => format!("\0{from}{to}{}", relation.as_str()),
            Self::Cause { cause } => format!("\0{cause}"),
            Self::Note { note } => format!("\0{note}"),
        }
    }
}

impl From<EventId> for About {
    fn from(event: EventId) -> Self {
        Self::Event { event }
    }
}

impl From<Option<EventId>> for About {
    fn from(event: Option<EventId>) -> Self {
        event.map_or(Self::Investigation, Self::from)
    }
}

/// What somebody wrote, when, and about what.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Identity.
    pub id: NoteId,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Markdown.
    pub text: String,
    /// What it is about.
    #[serde(default)]
    pub about: About,
}

impl Note {
    /// Longest note, in characters.
    pub const MAX_CHARS: usize = 20_000;

    /// Checks and makes a note.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when the text is blank or longer than [`Self::MAX_CHARS`].
    pub fn new(
        time: DateTime<Utc>,
        author: Option<String>,
        text: String,
        about: impl Into<About>,
    ) -> Result<Self> {
        Self::check_text(&text)?;
        let about = about.into();
        let author_seed = author.as_deref().unwrap_or("").as_bytes();
        let seed = [author_seed, &[0], text.as_bytes(), about.seed().as_bytes()].concat();
        Ok(Self { id: NoteId::derive(time, &seed), time, author, text, about })
    }

    pub(crate) fn check_text(text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(Error::value("note", "must not be blank"));
        }
        check_length("note", text, Self::MAX_CHARS)
    }
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note")
            .field("id", &self.id)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}
