//! What the graph keeps of an event.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Entity, Event, EventId, Source};

/// The part an event plays in a causal story.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Somebody altered the system: a commit, a deploy, a flag.
    Change,
    /// The system behaves differently: an alert, a shift in metrics, logs or traces, a provider's
    /// status post.
    Symptom,
    /// Anything else: builds, tests, notes, call edges.
    Other,
}

impl Role {
    /// The role that follows from where an event comes from.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match (event.source(), event.event_type()) {
            (Source::Git, "commit") | (Source::Deploy | Source::Flag, _) => Self::Change,
            (_, "call_edge") | (Source::Alert, "alert_resolved") => Self::Other,
            (
                Source::Alert
                | Source::Logs
                | Source::Metrics
                | Source::Traces
                | Source::StatusPage,
                _,
            ) => Self::Symptom,
            _ => Self::Other,
        }
    }
}

/// An event in the graph. The whole event stays in the store.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Its id.
    pub event: EventId,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The part it plays.
    pub role: Role,
    /// Where it comes from.
    pub source: Source,
    /// What kind of thing happened.
    pub event_type: String,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// One line for people.
    pub title: String,
}

impl Node {
    /// Takes what the graph needs from an event.
    #[must_use]
    pub fn from_event(event: &Event) -> Self {
        Self {
            event: event.id(),
            time: event.timestamp(),
            role: Role::of(event),
            source: event.source().clone(),
            event_type: event.event_type().to_owned(),
            entity: event.entity().cloned(),
            title: event.title().to_owned(),
        }
    }
}

/// Titles may quote log lines, so they stay out of `Debug`.
impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("event", &self.event)
            .field("time", &self.time)
            .field("role", &self.role)
            .field("entity", &self.entity)
            .finish_non_exhaustive()
    }
}
