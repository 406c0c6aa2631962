//! What people changed in the page, as the file that it saves.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::model::{EventId, InvestigationId, Note};

/// Notes and hypotheses that people wrote in the page.
///
/// The page saves it as JSON; [`Edits::from_json`] reads and checks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edits {
    /// Version of this shape; [`Edits::SCHEMA_VERSION`] when the page of this crate saved it.
    pub schema_version: u32,
    /// The investigation they belong to; none when the page was made without a store.
    #[serde(default)]
    pub investigation: Option<InvestigationId>,
    /// When they were saved.
    pub saved_at: DateTime<Utc>,
    /// New notes.
    #[serde(default)]
    pub notes: Vec<EditedNote>,
    /// All hypotheses as they stand.
    #[serde(default)]
    pub hypotheses: Vec<Hypothesis>,
}

/// A note as written in the page.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditedNote {
    /// When it was written.
    pub time: DateTime<Utc>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<String>,
    /// Markdown.
    pub text: String,
    /// The event it is about.
    #[serde(default)]
    pub event: Option<EventId>,
}

/// Something that people suspect, and how it stands.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// Identity within the page.
    pub id: String,
    /// When it was written or last changed.
    pub time: DateTime<Utc>,
    /// Who suspects it.
    #[serde(default)]
    pub author: Option<String>,
    /// What is suspected.
    pub text: String,
    /// How it stands.
    pub state: HypothesisState,
    /// The event behind it.
    #[serde(default)]
    pub event: Option<EventId>,
}

/// How a hypothesis stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HypothesisState {
    /// Nobody looked yet.
    #[default]
    Open,
    /// It is so.
    Confirmed,
    /// It is not so.
    Refuted,
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for EditedNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditedNote").field("time", &self.time).finish_non_exhaustive()
    }
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Hypothesis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hypothesis").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Edits {
    /// The version that the page of this crate saves.
    pub const SCHEMA_VERSION: u32 = 1;
    /// Most notes, and most hypotheses, in one file.
    pub const MAX_ITEMS: usize = 10_000;

    /// Reads what a page saved.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for text that is no such file, blank or overlong texts or too many of
    /// them, [`crate::ErrorKind::Corrupt`] when a newer version wrote it.
    pub fn from_json(text: &str) -> Result<Self> {
        /// Read first, so that a document of a newer shape gets the better message.
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let version: Version = serde_json::from_str(text).map_err(|error| invalid(&error))?;
        if version.schema_version > Self::SCHEMA_VERSION {
            return Err(Error::TooNew {
                what: "these edits".to_owned(),
                found: version.schema_version,
                known: Self::SCHEMA_VERSION,
            });
        }
        let edits: Self = serde_json::from_str(text).map_err(|error| invalid(&error))?;
        if edits.notes.len().max(edits.hypotheses.len()) > Self::MAX_ITEMS {
            return Err(Error::value("edits", format!("more than {} items", Self::MAX_ITEMS)));
        }
        edits.as_notes()?;
        Ok(edits)
    }

    /// The notes, and each hypothesis as a note that says how it stands.
    ///
    /// The ids come from time, author and text, so that taking in a file twice adds nothing.
    ///
    /// # Errors
    ///
    /// As [`Note::new`].
    pub fn as_notes(&self) -> Result<Vec<Note>> {
        let notes = self
            .notes
            .iter()
            .map(|note| Note::new(note.time, note.author.clone(), note.text.clone(), note.event));
        let hypotheses = self.hypotheses.iter().map(|hypothesis| {
            if hypothesis.text.trim().is_empty() {
                return Err(Error::value("hypothesis", "must not be blank"));
            }
            let state = match hypothesis.state {
                HypothesisState::Open => "open",
                HypothesisState::Confirmed => "confirmed",
                HypothesisState::Refuted => "refuted",
            };
            let text = format!("Hypothesis ({state}): {}", hypothesis.text);
            Note::new(hypothesis.time, hypothesis.author.clone(), text, hypothesis.event)
        });
        notes.chain(hypotheses).collect()
    }
}

fn invalid(error: &serde_json::Error) -> Error {
    let place = Place {
        input: Some("edits".to_owned()),
        line: Some(error.line() as u64),
        column: Some(error.column() as u64),
        offset: None,
    };
    Error::invalid(place, format!("not the JSON of a page's edits: {error}"))
}
