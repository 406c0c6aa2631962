//! Hypotheses: what is suspected, how it stands, and what speaks for and against it.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::text::check_length;
use crate::model::{About, ArgumentId, HypothesisId};

/// How a hypothesis stands. Any state may follow any other: people change their minds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HypothesisState {
    /// Nobody has settled it.
    #[default]
    #[serde(alias = "open")]
    Proposed,
    /// It seems to be so.
    #[serde(alias = "confirmed")]
    Supported,
    /// It is not so.
    Refuted,
}

impl HypothesisState {
    /// The name used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Supported => "supported",
            Self::Refuted => "refuted",
        }
    }
}

/// Where a hypothesis comes from.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HypothesisOrigin {
    /// A person suspects it.
    #[default]
    Person,
    /// It is a cause that the analysis found probable.
    Analysis,
}

/// Which way an argument points.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// It speaks for the hypothesis.
    For,
    /// It speaks against it.
    Against,
}

/// One thing that speaks for or against a hypothesis.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Argument {
    /// Identity.
    pub id: ArgumentId,
    /// Which way it points.
    pub side: Side,
    /// The event, edge, cause or note it rests on; the investigation where it is words only.
    #[serde(default)]
    pub about: About,
    /// In words; may be empty where `about` says enough.
    #[serde(default)]
    pub text: String,
    /// Who brought it.
    #[serde(default)]
    pub author: Option<String>,
    /// When.
    pub time: DateTime<Utc>,
}

impl Argument {
    /// Longest text, in characters.
    pub const MAX_CHARS: usize = 2000;

    /// Checks and makes an argument.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a text that is too long, or for none when nothing is referred to.
    pub fn new(
        time: DateTime<Utc>,
        author: Option<String>,
        side: Side,
        text: impl Into<String>,
        about: impl Into<About>,
    ) -> Result<Self> {
        let (text, about) = (text.into(), about.into());
        let seed = format!(
            "{}\0{text}\0{side:?}\0{:?}{}",
            author.as_deref().unwrap_or(""),
            about.event(),
            about.seed()
        );
        let id = ArgumentId::derive(time, seed.as_bytes());
        let argument = Self { id, side, about, text, author, time };
        argument.check()?;
        Ok(argument)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.about == About::Investigation && self.text.trim().is_empty() {
            return Err(Error::value("evidence", "needs words, or something it refers to"));
        }
        check_length("evidence", &self.text, Self::MAX_CHARS)
    }
}

/// Something that is suspected, and how it stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// Identity.
    pub id: HypothesisId,
    /// What is suspected.
    pub text: String,
    /// How it stands.
    #[serde(default)]
    pub state: HypothesisState,
    /// Where it comes from.
    #[serde(default)]
    pub origin: HypothesisOrigin,
    /// Who suspects it.
    #[serde(default)]
    pub author: Option<String>,
    /// When it was proposed.
    pub time: DateTime<Utc>,
    /// The event or cause behind it.
    #[serde(default)]
    pub about: About,
    /// What speaks for it and against it, oldest first.
    #[serde(default)]
    pub evidence: Vec<Argument>,
}

impl Hypothesis {
    /// Longest text, in characters.
    pub const MAX_CHARS: usize = 2000;
    /// Most arguments of one hypothesis.
    pub const MAX_EVIDENCE: usize = 1000;

    /// Checks and makes a hypothesis that a person proposes.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when the text is blank or longer than [`Self::MAX_CHARS`].
    pub fn new(
        time: DateTime<Utc>,
        author: Option<String>,
        text: impl Into<String>,
        about: impl Into<About>,
    ) -> Result<Self> {
        let (text, about) = (text.into(), about.into());
        let seed = format!("{}\0{text}{}", author.as_deref().unwrap_or(""), about.seed());
        let hypothesis = Self {
            id: HypothesisId::derive(time, seed.as_bytes()),
            text,
            state: HypothesisState::Proposed,
            origin: HypothesisOrigin::Person,
            author,
            time,
            about,
            evidence: Vec::new(),
        };
        hypothesis.check()?;
        Ok(hypothesis)
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.text.trim().is_empty() {
            return Err(Error::value("hypothesis", "must not be blank"));
        }
        check_length("hypothesis", &self.text, Self::MAX_CHARS)?;
        if self.evidence.len() > Self::MAX_EVIDENCE {
            let reason = format!("more than {} for one hypothesis", Self::MAX_EVIDENCE);
            return Err(Error::value("evidence", reason));
        }
        self.evidence.iter().try_for_each(Argument::check)
    }

    /// What speaks on one side, oldest first.
    pub fn arguments(&self, side: Side) -> impl Iterator<Item = &Argument> {
        self.evidence.iter().filter(move |argument| argument.side == side)
    }
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Argument")
            .field("id", &self.id)
            .field("side", &self.side)
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Hypothesis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hypothesis")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("origin", &self.origin)
            .field("evidence", &self.evidence)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EventId;

    #[test]
    fn an_argument_needs_words_or_something_it_refers_to() {
        let at = DateTime::UNIX_EPOCH;
        assert!(Argument::new(at, None, Side::For, " ", About::Investigation).is_err());
        let event = EventId::derive(at, b"1");
        assert!(Argument::new(at, None, Side::For, "", event).is_ok());
        assert!(Argument::new(at, None, Side::Against, "it was off", None).is_ok());
    }

    #[test]
    fn blank_and_overlong_hypotheses_are_refused() {
        let at = DateTime::UNIX_EPOCH;
        assert!(Hypothesis::new(at, None, "\n", None).is_err());
        assert!(Hypothesis::new(at, None, "x".repeat(2001), None).is_err());
        assert!(Hypothesis::new(at, None, "the pool", None).is_ok());
    }

    #[test]
    fn the_words_of_the_first_page_are_still_read() {
        let state = |text: &str| serde_json::from_str::<HypothesisState>(text).unwrap();
        assert_eq!(state("\"open\""), HypothesisState::Proposed);
        assert_eq!(state("\"confirmed\""), HypothesisState::Supported);
        assert_eq!(serde_json::to_string(&HypothesisState::Supported).unwrap(), "\"supported\"");
    }
}
