//! Links: event to investigation, and the edges between events.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Confidence, EventId, InvestigationId};

/// Who decided about a link, and what.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The linker thinks it may belong; a person should look.
    Suggested,
    /// The linker is sure enough.
    Automatic,
    /// A person linked it. Re-analysis leaves it alone.
    Manual,
    /// A person said it does not belong. Re-analysis leaves it alone.
    Rejected,
}

impl LinkKind {
    /// Whether a person decided.
    #[must_use]
    pub fn is_manual(self) -> bool {
        matches!(self, Self::Manual | Self::Rejected)
    }

    /// Whether the event counts as part of the investigation.
    #[must_use]
    pub fn is_linked(self) -> bool {
        matches!(self, Self::Automatic | Self::Manual)
    }
}

/// The comparison that spoke for a link.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkRule {
    /// Near in time.
    Time,
    /// About the same service, host, component.
    Entity,
    /// Shared labels.
    Tags,
    /// In the same trace.
    Trace,
    /// Says the same words.
    Text,
    /// About the same commit.
    Commit,
    /// A person's decision.
    Person,
    /// A rule of the user's own; the reason names it.
    Custom,
}

/// One reason for a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LinkReason {
    /// The comparison.
    pub rule: LinkRule,
    /// How strongly this rule alone speaks for the link.
    pub score: Confidence,
    /// In words, with what was compared.
    pub detail: String,
}

/// An event's place in an investigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// The event.
    pub event: EventId,
    /// The investigation.
    pub investigation: InvestigationId,
    /// Who decided, and what.
    pub kind: LinkKind,
    /// How sure.
    pub confidence: Confidence,
    /// Why, strongest first.
    pub reasons: Vec<LinkReason>,
    /// When it was decided.
    pub linked_at: DateTime<Utc>,
    /// The person, for manual links.
    pub linked_by: Option<String>,
}

/// How one event relates to another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EdgeKind {
    /// The first is thought to have caused the second.
    CauseEffect,
    /// They move together.
    Correlation,
    /// The first came before the second, on the same thing.
    Sequence,
    /// The first's entity calls or embeds the second's.
    DependsOn,
    /// They share a key.
    RelatesTo,
    /// The first set the second off (a commit its deploy, a deploy its restart).
    Triggers,
}

impl EdgeKind {
    /// The name used in JSON and DOT.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CauseEffect => "cause_effect",
            Self::Correlation => "correlation",
            Self::Sequence => "sequence",
            Self::DependsOn => "depends_on",
            Self::RelatesTo => "relates_to",
            Self::Triggers => "triggers",
        }
    }
}

/// A directed, weighted relation between two events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// From: the earlier, or the cause.
    pub from: EventId,
    /// To: the later, or the effect.
    pub to: EventId,
    /// How they relate.
    pub kind: EdgeKind,
    /// How strongly.
    pub weight: Confidence,
    /// The rule that made it (`trace_id`, `commit`, `deploy`, `entity`, `call_graph`, ...).
    pub rule: String,
    /// What was compared, in words.
    pub reason: String,
    /// Events that speak for it, beside the two.
    pub evidence: Vec<EventId>,
}
