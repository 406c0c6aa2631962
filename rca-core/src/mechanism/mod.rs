//! How things break: mechanisms, the symptoms that each one produces, and how to recognise both.
//!
//! A change is guilty only if what it does can produce what telemetry shows. This module holds that
//! knowledge as one readable table ([`Mechanisms::standard`]) that users can extend
//! ([`Mechanisms::with`]); [`symptom`] recognises symptoms in the names of metrics, the texts of logs
//! and the shapes of traces; [`Mechanism::match_score`] compares the two.
//!
//! ```
//! use rca_core::mechanism::{Mechanisms, Symptom, id, symptom};
//! use rca_core::model::Direction;
//!
//! let seen = symptom::of_metric("db_pool_wait_seconds", Direction::Up);
//! assert_eq!(seen[0].0, Symptom::PoolExhausted);
//! let table = Mechanisms::standard();
//! let lowered = table.get(&id::POOL_LIMIT_LOWERED).unwrap();
//! assert!(lowered.match_score(&seen).score > 1.0);
//! ```
//!
//! It knows no time and no place: whether a change came first and reaches the failing entity is the
//! ranker's business.

mod matching;
mod registry;
pub mod symptom;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use matching::Match;
pub use registry::Mechanisms;
pub use symptom::Symptom;
pub use table::id;

/// The stable name of a mechanism (`timeout_lowered`).
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct MechanismId(Cow<'static, str>);

impl MechanismId {
    /// An id known at compile time.
    #[must_use]
    pub const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// An id of the user's own.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for MechanismId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a mechanism starts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MechanismKind {
    /// Program code.
    Code,
    /// Settings, limits, manifests.
    Config,
    /// Libraries, runtimes, images.
    Dependency,
    /// Schemas, queries, stored data.
    Data,
    /// Outside of the system's own changes.
    External,
}

/// How the harm develops after the cause is in place.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OnsetShape {
    /// With the deploy, within minutes.
    Immediate,
    /// Only when load, a rare input or an expiring state meets it: minutes to hours.
    Delayed,
    /// Grows from the deploy on until a limit is hit.
    Gradual,
}

/// Where the first symptom shows, seen from the entity that runs the cause.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// On the entity itself.
    Itself,
    /// On what it calls.
    Callees,
    /// On those who call it.
    Callers,
    /// On something shared: a database, a cache, a disk, a node.
    SharedResource,
}

/// Mechanisms whose effects nobody can list: another version, another path through the code.
const OPEN_ENDED: &[MechanismId] =
    &[id::BEHAVIOUR_CHANGED, id::RUNTIME_BUMPED, id::DEPENDENCY_BUMPED, id::FLAG_FLIPPED];

impl Mechanism {
    /// Whether its row lists only what is typical, so that other symptoms do not speak against it.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        OPEN_ENDED.contains(&self.id)
    }
}

/// One way in which systems break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mechanism {
    /// Its stable name.
    pub id: MechanismId,
    /// One line for people.
    pub title: Cow<'static, str>,
    /// Where it starts.
    pub kind: MechanismKind,
    /// What in a change (or, for external triggers, in the world) brings it about.
    pub sign: Cow<'static, str>,
    /// The symptoms it produces with weights in natural-log odds: 3 telltale, 2 typical, 1 possible;
    /// negative where the symptom speaks against it.
    pub symptoms: Cow<'static, [(Symptom, f64)]>,
    /// How the harm develops.
    pub onset: OnsetShape,
    /// Where the first symptom shows, most likely first.
    pub shows: Cow<'static, [Shows]>,
    /// What helps.
    pub remediation: Cow<'static, str>,
    /// Why the cause leads to the symptoms.
    pub why: Cow<'static, str>,
    /// Words of the user's own that, all found in one changed line, make the change a suspect for
    /// this mechanism. Empty in the standard table, whose signs are read by code.
    #[serde(default)]
    pub code_words: Cow<'static, [Cow<'static, str>]>,
}
