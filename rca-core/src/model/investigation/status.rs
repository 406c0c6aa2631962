//! Where an investigation stands, how bad it is and how urgent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The life of an investigation.
///
/// Legal moves: open to in progress or closed; in progress to open, resolved or closed; resolved to
/// in progress (reopened) or closed; closed to open.
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
pub enum Status {
    /// Nobody works on it yet.
    #[default]
    Open,
    /// Somebody works on it.
    InProgress,
    /// The system works again.
    Resolved,
    /// Done, nothing left to learn.
    Closed,
}

impl Status {
    /// The name used in JSON and queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// Whether the move is legal. Staying is.
    #[must_use]
    pub fn can_become(self, to: Self) -> bool {
        use Status::{Closed, InProgress, Open, Resolved};
        self == to
            || matches!(
                (self, to),
                (Open | Resolved, InProgress)
                    | (Open | InProgress | Resolved, Closed)
                    | (InProgress | Closed, Open)
                    | (InProgress, Resolved)
            )
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much users are hurt. Sorts from `Low` up to `Critical`.
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
pub enum Impact {
    /// Hardly.
    Low,
    /// Some users, some of the time.
    #[default]
    Medium,
    /// Many users.
    High,
    /// All users, or money or data at stake.
    Critical,
}

/// What to work on first; `P0` before `P3`.
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
pub enum Priority {
    /// Now.
    P0,
    /// Today.
    P1,
    /// This week.
    #[default]
    P2,
    /// Some day.
    P3,
}
