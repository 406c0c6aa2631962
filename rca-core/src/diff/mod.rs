//! Reading code changes: what a diff does.
//!
//! A commit is guilty only if its diff can produce the symptom. [`read`] takes a diff apart and says
//! which [mechanisms](crate::mechanism) it could set in motion, or why it is harmless.
//!
//! It works on text alone: no compiler, no repository, any language, any damage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mechanism::MechanismId;
use crate::model::Confidence;

/// What is known about a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffInput<'a> {
    /// The diff's text; none when the source did not keep it.
    pub diff: Option<&'a str>,
    /// Paths that the change touches.
    pub files: &'a [String],
    /// The commit message.
    pub message: &'a str,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Paths that the change touches, in order of first mention.
    pub files: Vec<String>,
    /// What it does that can do harm, strongest first.
    pub findings: Vec<CodeSign>,
    /// Why it can't do harm, when nothing dangerous was found.
    pub harmless: Option<Harmless>,
    /// Names on changed lines, whole and split into words, sorted.
    pub identifiers: Vec<String>,
    /// Functions that hold changed lines, in order of first mention.
    pub functions: Vec<String>,
    /// Whether there was no diff to read: findings then rest on paths and the message only.
    pub unread: bool,
}

/// One dangerous thing that a change does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeSign {
    /// The mechanism it can set in motion.
    pub mechanism: MechanismId,
    /// How surely the text does that.
    pub strength: Confidence,
    /// The file.
    pub file: String,
    /// Line in the new file, where the diff says it.
    pub line: Option<u64>,
    /// The enclosing function, where the diff says it.
    pub function: Option<String>,
    /// The old text, where something was replaced or removed.
    pub before: Option<String>,
    /// The new text, where something was replaced or added.
    pub after: Option<String>,
    /// In words, with the numbers.
    pub statement: String,
    /// Names on the lines involved.
    pub identifiers: Vec<String>,
}

/// Why a change can't do harm.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HarmlessKind {
    /// Comments and documentation.
    Documentation,
    /// Tests and their data.
    Tests,
    /// White space, order of imports, formatting.
    Formatting,
    /// Names, moved lines, extracted helpers: the same statements as before.
    Refactoring,
    /// Texts of log lines and messages, metrics and counters.
    Observability,
    /// Styles, texts and pictures of a user interface.
    Appearance,
    /// Build, CI, ownership, editor and lint settings.
    Tooling,
    /// Generated files.
    Generated,
    /// Protection: checks, bounds, clean-up added.
    Hardening,
    /// A patch release of a dependency.
    PatchRelease,
}

/// The reason for trusting a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Harmless {
    /// The kind of change.
    pub kind: HarmlessKind,
    /// How surely.
    pub strength: Confidence,
    /// In words.
    pub why: String,
}

/// Reads a change.
#[must_use]
pub fn read(input: &DiffInput<'_>) -> Reading {
    Reading { files: input.files.to_vec(), unread: true, ..Reading::default() }
}
