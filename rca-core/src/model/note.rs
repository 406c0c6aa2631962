//! Notes that people leave on an investigation.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::text::check_length;
use crate::model::{EventId, NoteId};

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
    /// The event it is about, when it is about one.
    pub event: Option<EventId>,
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
        event: Option<EventId>,
    ) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(Error::value("note", "must not be blank"));
        }
        check_length("note", &text, Self::MAX_CHARS)?;
        let seed = [author.as_deref().unwrap_or("").as_bytes(), &[0], text.as_bytes()].concat();
        Ok(Self { id: NoteId::derive(time, &seed), time, author, text, event })
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
