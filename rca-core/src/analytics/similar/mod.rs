//! Have we seen this before? Past investigations that resemble one, with reasons.
//!
//! Five comparisons, each an independent chance that the two are kin, worth its strength times the match; they add up
//! by noisy-or, as in the linker: 1 - product of (1 - chance). One that finds nothing takes nothing away.
//!
//! | comparison | match | strength |
//! |---|---|---|
//! | log templates | Ružička (weighted Jaccard), rare ones count more | 0.6 |
//! | mechanism | Bhattacharyya coefficient of the causes' probabilities, rare ones count more | 0.5 |
//! | entities | Ružička, rare ones count more | 0.45 |
//! | text | BM25 of the most telling words, as a share of what the text scores against itself | 0.4 |
//! | shape | normalised Weisfeiler-Lehman subtree kernel of the way from cause to symptom | 0.2 |
//!
//! What is compared is a [`Fingerprint`], made from an analysis and the events behind it; [`Kin`] holds those of many
//! investigations as inverted lists. The text's scores come from the search index.

mod fingerprint;
mod kin;
mod shape;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fingerprint::Fingerprint;
pub use kin::Kin;

use crate::model::{Confidence, EventId, InvestigationId, Status};

/// A comparison of two investigations.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Likeness {
    /// The same lines in the logs.
    Templates,
    /// The same way of breaking.
    Mechanism,
    /// The same services, hosts, components.
    Entities,
    /// The same words.
    Text,
    /// The same way from cause to symptom, whatever the names.
    Shape,
}

impl Likeness {
    /// All, strongest first.
    pub const ALL: [Self; 5] =
        [Self::Templates, Self::Mechanism, Self::Entities, Self::Text, Self::Shape];

    /// What a full match is worth alone.
    #[must_use]
    pub fn strength(self) -> f64 {
        match self {
            Self::Templates => 0.6,
            Self::Mechanism => 0.5,
            Self::Entities => 0.45,
            Self::Text => 0.4,
            Self::Shape => 0.2,
        }
    }
}

/// One reason why two investigations are thought to be kin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resemblance {
    /// The comparison.
    pub likeness: Likeness,
    /// How strongly it speaks alone.
    pub score: Confidence,
    /// What both have, in words.
    pub detail: String,
}

/// An investigation that resembles another.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Which.
    pub investigation: InvestigationId,
    /// How sure the comparisons are together.
    pub score: Confidence,
    /// What they found, strongest first.
    pub resemblances: Vec<Resemblance>,
}

/// A past investigation that resembles another, and what is known of its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// Which.
    pub investigation: InvestigationId,
    /// What it is called.
    pub title: String,
    /// When it was noticed.
    pub detected_at: DateTime<Utc>,
    /// Where it stands.
    pub status: Status,
    /// How sure it is that the two are kin.
    pub score: Confidence,
    /// Why, strongest first.
    pub resemblances: Vec<Resemblance>,
    /// What it was, and what ended it.
    pub fix: Fix,
}

/// What ended an investigation.
#[derive(Clone, PartialEq, Default)]
pub struct Fix {
    /// The most probable cause by its analysis.
    pub cause: Option<String>,
    /// The cause that people wrote down.
    pub root_cause: Option<String>,
    /// What people did about it.
    pub remediation: Option<String>,
    /// What people learned from it.
    pub lessons_learned: Option<String>,
    /// Changes that took the cause back, oldest first.
    pub reverts: Vec<Revert>,
    /// How long it took from detection until it was resolved.
    pub resolved_after: Option<Duration>,
}

/// A change that took another back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revert {
    /// Its event.
    pub event: EventId,
    /// What it is called.
    pub title: String,
    /// When it was made.
    pub time: DateTime<Utc>,
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Fix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fix")
            .field("reverts", &self.reverts.len())
            .field("resolved_after", &self.resolved_after)
            .finish_non_exhaustive()
    }
}
