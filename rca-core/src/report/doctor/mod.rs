//! The doctor: what was read, what was not, and what the answer would need.
//!
//! An answer can't be better than what it was given, and nothing shows that by itself: a deploy of a service that no
//! telemetry names is silently no suspect. So each source is accounted for, and each join that has no data is named
//! with what to do about it.
//!
//! ```
//! use rca_core::connectors::Batch;
//! use rca_core::report::{Doctor, ProblemKind};
//!
//! let doctor = Doctor::examine(&Batch::default(), None);
//! assert_eq!(doctor.problems[0].kind, ProblemKind::NoTelemetry);
//! assert!(doctor.to_string().contains("no telemetry"));
//! ```

mod facts;
mod joins;
mod text;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use facts::Facts;

use crate::connectors::{Batch, InputReport, ReadReport};
use crate::model::Analysis;
use crate::time::TimeRange;

/// An account of inputs; [`std::fmt::Display`] writes it for people, 100 columns wide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doctor {
    /// What was taken as the incident, where somebody decided that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub incident: String,
    /// One entry an input, in the order of reading.
    pub sources: Vec<SourceReport>,
    /// Inputs that were left alone, and why.
    pub ignored: Vec<String>,
    /// Names that were taken for others: `checkout-7d9f8b6c5d-x2x9z` for `checkout`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub renamed: BTreeMap<String, String>,
    /// What is missing, worst first.
    pub problems: Vec<Problem>,
}

/// What came of one input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceReport {
    /// Its name.
    pub name: String,
    /// What it was read as.
    pub format: String,
    /// Records that became events or signals.
    pub read: u64,
    /// Records that did not.
    pub skipped: u64,
    /// Where the first of those are, and what is wrong with them.
    pub reasons: Vec<String>,
    /// From the first to the last moment of its records.
    pub covers: Option<TimeRange>,
    /// What its records are about.
    pub entities: Vec<String>,
    /// How much was blotted out, by rule.
    pub redacted: BTreeMap<String, u64>,
    /// What was changed or assumed on the way, and how often.
    pub notes: BTreeMap<String, u64>,
}

/// Something that is missing, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Which join or input has no data.
    pub kind: ProblemKind,
    /// In words, with its numbers and names.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// What can be missing. In the order in which it hurts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// Neither metrics nor logs nor traces.
    NoTelemetry,
    /// Neither commits nor deploys nor flags.
    NoChanges,
    /// Most of an input could not be used.
    MostlySkipped,
    /// An input held nothing.
    Empty,
    /// Changes or alerts lie outside of the time that telemetry covers.
    ClocksApart,
    /// Logs, metrics and traces do not overlap in time.
    SignalsApart,
    /// Nothing shows what normal was.
    NoBaseline,
    /// Nobody said that anything is wrong.
    NoAlert,
    /// The alert is about something that telemetry does not know.
    AlertUnknown,
    /// Deploys of services that telemetry does not know.
    DeploysUnknown,
    /// Deploys that name no service.
    DeploysUnnamed,
    /// Commits, but no deploys.
    NoDeploys,
    /// Commits without the paths they change.
    CommitsWithoutPaths,
    /// Commits that belong to no service.
    CommitsUnmapped,
    /// Records of logs, spans or metrics that name no service.
    SignalsUnnamed,
    /// There were more traces than memory for them.
    TracesThinned,
    /// Log records without trace ids.
    LogsWithoutTraces,
    /// Trace ids of logs are none of the traces'.
    TracesApart,
    /// Who calls whom is not known.
    NoTopology,
}

impl Doctor {
    /// Looks at what was read, and at the answer where there is one: it says when the trouble began.
    #[must_use]
    pub fn examine(batch: &Batch, analysis: Option<&Analysis>) -> Self {
        Self::examine_with(batch, &Facts::of(&batch.telemetry), analysis)
    }

    /// The same where telemetry went by: what is in the batch of it is not asked.
    pub(crate) fn examine_with(batch: &Batch, facts: &Facts, analysis: Option<&Analysis>) -> Self {
        let ReadReport { inputs, ignored, .. } = &batch.report;
        let mut problems = joins::problems(batch, facts, analysis);
        problems.sort_by_key(|problem| problem.kind);
        Self {
            sources: inputs.iter().map(SourceReport::of).collect(),
            ignored: ignored.clone(),
            problems,
            ..Self::default()
        }
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.problems.is_empty() && self.sources.iter().all(|source| source.skipped == 0)
    }

    /// The problem of a kind, where there is one.
    #[must_use]
    pub fn problem(&self, kind: ProblemKind) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.kind == kind)
    }
}

impl SourceReport {
    fn of(input: &InputReport) -> Self {
        let reasons = input.described.iter().map(|refused| {
            let line = refused.place.line.map(|line| format!(":{line}")).unwrap_or_default();
            let byte = match (refused.place.line, refused.place.offset) {
                (None, Some(offset)) => format!(", byte {offset}"),
                _ => String::new(),
            };
            let name = refused.place.input.as_deref().unwrap_or(&input.name);
            format!("{name}{line}{byte}: {}", refused.reason)
        });
        Self {
            name: input.name.clone(),
            format: input.format.to_owned(),
            read: input.read,
            skipped: input.refused,
            reasons: reasons.collect(),
            covers: input.covers,
            entities: input.entities.iter().map(ToString::to_string).collect(),
            redacted: input.redacted.clone(),
            notes: input.notes.clone(),
        }
    }
}
