//! The answer: ranked causes with evidence, what was ruled out, and the timeline.
//!
//! Plain data. The JSON form is lossless: reading it back gives an equal [`Analysis`].

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::text::{check_length, shorten};
use crate::model::{Confidence, Entity, EventId, InvestigationId, Probability};
use crate::time::TimeRange;

/// The whole answer to "what broke first, which change did it, how sure are we".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Version of this document's shape; [`Analysis::SCHEMA_VERSION`] when written by this crate.
    pub schema_version: u32,
    /// The investigation it belongs to; none for an analysis without a store.
    pub investigation: Option<InvestigationId>,
    /// What the incident looked like to the people on call: the alert's words, or the title.
    pub symptom: String,
    /// The time that was looked at.
    pub window: TimeRange,
    /// In one word.
    pub verdict: Verdict,
    /// When it began; none when nothing moved.
    pub onset: Option<Onset>,
    /// What broke first.
    pub first_failing: Option<Entity>,
    /// What else was hurt, in the order of onset.
    pub blast_radius: Vec<Entity>,
    /// Suspects, most probable first. Their probabilities and `none_of_these` sum to one.
    pub causes: Vec<Cause>,
    /// The probability that the cause is none of those listed.
    pub none_of_these: Probability,
    /// What speaks for a cause that is not among those at hand, as one older than all of them; strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_evidence: Vec<Evidence>,
    /// Entities by how much of the harm they explain, most first.
    pub entities: Vec<RankedEntity>,
    /// Tempting suspects and why they are innocent.
    pub ruled_out: Vec<RuledOut>,
    /// What happened, in order of time.
    pub timeline: Vec<TimelineEntry>,
    /// What was read, and what was missing.
    pub inputs: InputSummary,
}

impl Analysis {
    /// The version that this crate writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The most probable cause, when it is more probable than "none of these".
    #[must_use]
    pub fn top_cause(&self) -> Option<&Cause> {
        self.causes.first().filter(|cause| cause.probability > self.none_of_these)
    }

    /// The events that the answer names.
    pub(crate) fn events_named(&self) -> Vec<EventId> {
        let causes = self.causes.iter();
        let evidence =
            causes.flat_map(|cause| cause.evidence_for.iter().chain(&cause.evidence_against));
        let evidence = evidence.chain(&self.none_evidence);
        let evidence = evidence.chain(self.entities.iter().flat_map(|entity| &entity.evidence));
        let mut named: Vec<EventId> = evidence.flat_map(|piece| piece.events.clone()).collect();
        let steps = self.causes.iter().flat_map(|cause| &cause.path);
        named.extend(self.causes.iter().filter_map(|cause| cause.event));
        named.extend(steps.filter_map(|step| step.event));
        named.extend(self.ruled_out.iter().filter_map(|one| one.event));
        named.extend(self.timeline.iter().filter_map(|entry| entry.event));
        named
    }
}

/// The answer in one word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// A change did it.
    Change,
    /// Something outside of the system's own changes did it: traffic, a provider, a certificate, a node.
    External,
    /// Something broke, an entity stands out, but no change or external trigger explains it.
    Entity,
    /// Nobody complains, and no signal does so clearly: no alert, no symptom, no harm that is seen twice.
    NothingToBlame,
    /// Something broke, but the inputs can't tell why.
    NotEnoughEvidence,
}

/// The beginning of the incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Onset {
    /// The most probable moment.
    pub time: DateTime<Utc>,
    /// It was still normal then.
    pub not_before: DateTime<Utc>,
    /// It was surely under way then.
    pub not_after: DateTime<Utc>,
    /// How sure.
    pub confidence: Confidence,
    /// The signal that moved first, in words.
    pub first_signal: String,
}

/// What a suspect is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CauseKind {
    /// A commit that reached an entity.
    Commit {
        /// Full hash.
        sha: String,
        /// The entities that run it.
        deployed_to: Vec<Entity>,
        /// When it first reached one of them.
        deployed_at: Option<DateTime<Utc>>,
    },
    /// A deploy whose commit is not known.
    Deploy {
        /// Its version.
        version: Option<String>,
    },
    /// A feature flag or run-time setting.
    Flag {
        /// Its key.
        key: String,
    },
    /// A trigger outside of the system's changes (`traffic_surge`, `provider_outage`, ...).
    External {
        /// Its name in the mechanism table.
        trigger: String,
    },
    /// An entity that misbehaves for an unknown reason.
    Entity {
        /// How it misbehaves, in words.
        symptom: String,
    },
}

/// What stays the same of a cause when the investigation is analysed again: notes and hypotheses name it so.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct CauseKey(String);

impl CauseKey {
    /// Longest key, in characters.
    pub const MAX_CHARS: usize = 500;

    /// Trims and checks.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when it is blank or longer than [`Self::MAX_CHARS`].
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref().trim();
        if text.is_empty() {
            return Err(Error::value("cause", "must not be blank"));
        }
        check_length("cause", text, Self::MAX_CHARS)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CauseKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(text)
    }
}

impl From<CauseKey> for String {
    fn from(key: CauseKey) -> Self {
        key.0
    }
}

impl std::fmt::Display for CauseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Cause {
    /// What names it in notes and hypotheses (`commit:9f3c…`, `external:traffic_surge at shop`).
    #[must_use]
    pub fn key(&self) -> CauseKey {
        let at = self.entity.as_ref().map(|entity| format!(" at {}", entity.name));
        let at = at.unwrap_or_default();
        let event = self.event.map(|event| event.to_string());
        let key = match &self.kind {
            CauseKind::Commit { sha, .. } => format!("commit:{sha}"),
            CauseKind::Deploy { version } => {
                let version = version.clone().map(|version| format!("{version}{at}"));
                format!("deploy:{}", event.or(version).unwrap_or(at))
            }
            CauseKind::Flag { key } => {
                format!("flag:{key}{}", event.map_or(at, |event| format!(" {event}")))
            }
            CauseKind::External { trigger } => format!("external:{trigger}{at}"),
            CauseKind::Entity { .. } => format!("entity:{}", at.trim_start_matches(" at ")),
        };
        CauseKey(shorten(&key, CauseKey::MAX_CHARS))
    }
}

/// A ranked suspect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// What it is.
    #[serde(flatten)]
    pub kind: CauseKind,
    /// One line for people.
    pub title: String,
    /// Where it acts.
    pub entity: Option<Entity>,
    /// The share of belief.
    pub probability: Probability,
    /// The event behind it, when there is one.
    pub event: Option<EventId>,
    /// How it does harm: a name in the mechanism table.
    pub mechanism: Option<String>,
    /// What speaks for it, strongest first.
    pub evidence_for: Vec<Evidence>,
    /// What speaks against it, strongest first.
    pub evidence_against: Vec<Evidence>,
    /// From the cause to the symptom.
    pub path: Vec<PathStep>,
    /// What would help.
    pub remediation: Option<String>,
}

/// The kind of comparison behind a piece of evidence.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EvidenceKind {
    /// Order and distance in time.
    Timing,
    /// What the diff does.
    Diff,
    /// Where it acts: deploys, code ownership, call graph.
    Reach,
    /// A metric.
    Metric,
    /// Log lines.
    Log,
    /// Spans.
    Trace,
    /// Shared words.
    Text,
    /// What kinds of change usually do.
    Prior,
}

/// One thing that speaks for or against a cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The kind of comparison.
    pub kind: EvidenceKind,
    /// In words, with its numbers.
    pub statement: String,
    /// How much it added to (or took from) the score, in natural-log odds; always positive.
    pub weight: f64,
    /// Typical value before, for measured evidence.
    pub before: Option<f64>,
    /// Typical value after.
    pub after: Option<f64>,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The events it rests on.
    pub events: Vec<EventId>,
}

/// One step on the way from cause to symptom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathStep {
    /// Where.
    pub entity: Option<Entity>,
    /// What happened there.
    pub what: String,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The event behind it.
    pub event: Option<EventId>,
}

/// An entity and its share of the harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedEntity {
    /// Which.
    pub entity: Entity,
    /// Its share of all harm, once what its callees explain is taken off.
    pub share: Probability,
    /// The probability that the fault sits there, as often right as it says; zero in analyses of before there
    /// was one.
    #[serde(default)]
    pub probability: Probability,
    /// When its first signal moved.
    pub onset: Option<DateTime<Utc>>,
    /// Why, strongest first.
    pub evidence: Vec<Evidence>,
}

/// A suspect that was cleared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuledOut {
    /// One line for people.
    pub title: String,
    /// The event behind it.
    pub event: Option<EventId>,
    /// Commit hash, when it is a commit.
    pub sha: Option<String>,
    /// Why it is innocent.
    pub reasons: Vec<String>,
}

/// A moment worth knowing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub time: DateTime<Utc>,
    /// Where.
    pub entity: Option<Entity>,
    /// What.
    pub what: String,
    /// The event behind it.
    pub event: Option<EventId>,
}

/// What the answer rests on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct InputSummary {
    /// Events by source, in order of name.
    pub events: std::collections::BTreeMap<String, u64>,
    /// Metric samples.
    pub metric_points: u64,
    /// Spans.
    pub spans: u64,
    /// Log records.
    pub log_records: u64,
    /// What was missing, and what that means for the answer.
    pub gaps: Vec<String>,
}
