//! What people changed in the page, as the file that it saves.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};
use crate::model::{
    About, Argument, EventId, Hypothesis, HypothesisId, HypothesisState, Investigation,
    InvestigationId, Note, NoteId,
};

/// Notes and hypotheses that people wrote or changed in the page.
///
/// The page saves it as JSON; [`Edits::from_json`] reads and checks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edits {
    /// Version of this shape; [`Edits::SCHEMA_VERSION`] when the page of this crate saved it.
    pub schema_version: u32,
    /// The investigation they belong to; none when the page was made without a store.
    #[serde(default)]
    pub investigation: Option<InvestigationId>,
    /// The revision that the page showed: what was changed since is told apart from what was edited.
    #[serde(default)]
    pub revision: Option<u64>,
    /// When they were saved.
    pub saved_at: DateTime<Utc>,
    /// New notes, and recorded ones whose text was changed.
    #[serde(default)]
    pub notes: Vec<EditedNote>,
    /// All hypotheses as they stand.
    #[serde(default)]
    pub hypotheses: Vec<EditedHypothesis>,
}

/// A note as written in the page.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditedNote {
    /// The recorded note that this is a new text of; none for a new one.
    #[serde(default)]
    pub id: Option<NoteId>,
    /// When it was written.
    pub time: DateTime<Utc>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Option<String>,
    /// Markdown.
    pub text: String,
    /// What it is about.
    #[serde(default)]
    pub about: Option<About>,
    /// The event it is about, in files of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

/// A hypothesis as it stands in the page.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditedHypothesis {
    /// Identity: of the record, or one that the page gave.
    pub id: String,
    /// When it was proposed.
    pub time: DateTime<Utc>,
    /// Who suspects it.
    #[serde(default)]
    pub author: Option<String>,
    /// What is suspected.
    pub text: String,
    /// How it stands.
    pub state: HypothesisState,
    /// What it is about.
    #[serde(default)]
    pub about: Option<About>,
    /// What speaks for it and against it; what is recorded and not named here stays.
    #[serde(default)]
    pub evidence: Vec<Argument>,
    /// The event behind it, in files of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for EditedNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditedNote").field("time", &self.time).finish_non_exhaustive()
    }
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for EditedHypothesis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditedHypothesis").field("id", &self.id).finish_non_exhaustive()
    }
}

impl EditedNote {
    fn about(&self) -> About {
        self.about.clone().unwrap_or_else(|| self.event.into())
    }
}

impl EditedHypothesis {
    /// Its id in the record. Pages of version 1 gave names of their own.
    #[must_use]
    pub fn recorded_id(&self) -> HypothesisId {
        let own = || HypothesisId::derive(DateTime::UNIX_EPOCH, self.id.as_bytes());
        self.id.parse().unwrap_or_else(|_| own())
    }

    fn recorded(&self) -> Result<Hypothesis> {
        let about = self.about.clone().unwrap_or_else(|| self.event.into());
        let made = Hypothesis::new(self.time, self.author.clone(), self.text.clone(), about)?;
        let (id, state, evidence) = (self.recorded_id(), self.state, self.evidence.clone());
        let hypothesis = Hypothesis { id, state, evidence, ..made };
        hypothesis.check()?;
        Ok(hypothesis)
    }
}

impl Edits {
    /// The version that the page of this crate saves.
    pub const SCHEMA_VERSION: u32 = 2;
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
        edits.check()?;
        Ok(edits)
    }

    /// Checks every text.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for what is blank, overlong or too much.
    pub fn check(&self) -> Result<()> {
        if self.notes.len().max(self.hypotheses.len()) > Self::MAX_ITEMS {
            return Err(Error::value("edits", format!("more than {} items", Self::MAX_ITEMS)));
        }
        self.notes.iter().try_for_each(|note| Note::check_text(&note.text))?;
        self.hypotheses.iter().try_for_each(|hypothesis| hypothesis.recorded().map(|_| ()))
    }

    /// What the edits make of the investigation that the page showed.
    ///
    /// New things get ids from what they say, so that taking in a file twice adds nothing. Whose a recorded hypothesis
    /// is, and since when, stays; evidence is added, never removed.
    ///
    /// # Errors
    ///
    /// As [`Edits::check`]; [`crate::ErrorKind::NotFound`] for a new text of a note that was not there.
    pub fn upon(&self, shown: &Investigation) -> Result<Investigation> {
        self.check()?;
        let mut case = shown.clone();
        for edited in &self.notes {
            if let Some(id) = edited.id {
                let known = case.notes.iter_mut().find(|note| note.id == id);
                edited.text.clone_into(&mut known.ok_or(Error::NoteNotFound { id })?.text);
                continue;
            }
            let (author, text) = (edited.author.clone(), edited.text.clone());
            let note = Note::new(edited.time, author, text, edited.about())?;
            if case.notes.iter().all(|known| known.id != note.id) {
                case.notes.push(note);
            }
        }
        for edited in &self.hypotheses {
            let new = edited.recorded()?;
            match case.hypotheses.iter_mut().find(|known| known.id == new.id) {
                None => case.hypotheses.push(new),
                Some(known) => {
                    known.text = new.text;
                    known.state = new.state;
                    for argument in new.evidence {
                        if known.evidence.iter().all(|old| old.id != argument.id) {
                            known.evidence.push(argument);
                        }
                    }
                    known.check()?;
                }
            }
        }
        case.put_in_order();
        Ok(case)
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
