//! How investigations relate to each other.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::text::check_length;
use crate::model::{Confidence, InvestigationId};

/// Who decided about a relation, and what.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A comparison found them alike; a person should look.
    Suggested,
    /// A person related them.
    Manual,
    /// A person said that they are not related; suggestions leave it alone.
    Rejected,
}

impl RelationKind {
    /// Whether a person decided.
    #[must_use]
    pub fn is_manual(self) -> bool {
        matches!(self, Self::Manual | Self::Rejected)
    }

    /// Whether the two count as related, or may be.
    #[must_use]
    pub fn holds(self) -> bool {
        self != Self::Rejected
    }
}

/// Another investigation, and what it has to do with this one. Kept on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The other one.
    pub investigation: InvestigationId,
    /// Who decided, and what.
    pub kind: RelationKind,
    /// How sure; 1 for what a person said.
    pub confidence: Confidence,
    /// Why, in words, strongest first.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The person, when one decided.
    #[serde(default)]
    pub author: Option<String>,
    /// When.
    pub time: DateTime<Utc>,
}

impl Relation {
    /// Most reasons of one relation.
    pub const MAX_REASONS: usize = 100;
    /// Longest reason, in characters.
    pub const MAX_CHARS: usize = 2000;

    /// A person relates another investigation.
    #[must_use]
    pub fn manual(
        investigation: InvestigationId,
        author: Option<String>,
        time: DateTime<Utc>,
    ) -> Self {
        let (kind, confidence) = (RelationKind::Manual, Confidence::ONE);
        Self { investigation, kind, confidence, reasons: Vec::new(), author, time }
    }

    /// A comparison suggests another investigation.
    #[must_use]
    pub fn suggested(
        investigation: InvestigationId,
        confidence: Confidence,
        time: DateTime<Utc>,
    ) -> Self {
        let kind = RelationKind::Suggested;
        Self { investigation, kind, confidence, reasons: Vec::new(), author: None, time }
    }

    /// One reason more, in words.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        if self.reasons.len() > Self::MAX_REASONS {
            let reason = format!("more than {} reasons", Self::MAX_REASONS);
            return Err(Error::value("related", reason));
        }
        self.reasons.iter().try_for_each(|reason| check_length("related", reason, Self::MAX_CHARS))
    }
}
