//! Habits: what follows what within an operation.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Entity;

/// A thing that an operation does: the places between which its work goes on.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// It begins.
    Start,
    /// It writes a log line.
    Line {
        /// The statement: its place in the code where lines tell, else the template.
        statement: String,
    },
    /// It calls, also itself.
    Call {
        /// Who answers.
        callee: Entity,
        /// With which operation.
        operation: String,
    },
    /// It ends.
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("the start"),
            Self::Line { statement } => write!(f, "the line “{statement}”"),
            Self::Call { callee, operation } => write!(f, "the call of {callee} {operation}"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// After one step of an operation, others follow than used to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HabitShift {
    /// Whose operation.
    pub entity: Entity,
    /// The operation (span name).
    pub operation: String,
    /// After which step.
    pub step: Step,
    /// What follows more often than it used to.
    pub gained: Step,
    /// What follows less often.
    pub lost: Step,
    /// How often the gained one followed before, from 0 to 1.
    pub before: f64,
    /// How often it follows now.
    pub after: f64,
    /// How often anything followed, before and after.
    pub samples: (u64, u64),
    /// First moment of the new habit, to a few seconds.
    pub onset: DateTime<Utc>,
    /// Certainty (comparable with a z-score) times the share of cases in which something else follows.
    pub score: f64,
}
