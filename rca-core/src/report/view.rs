//! The one view that all writers show: the analysis in words, nothing left to decide.

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Analysis, Cause, CauseKind, Evidence, Verdict};

/// An analysis in words.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// What it looked like.
    pub symptom: String,
    /// The answer in one sentence.
    pub headline: String,
    /// Label and value: onset, first failing, blast radius, window.
    pub facts: Vec<(String, String)>,
    /// Ranked causes.
    pub causes: Vec<CauseView>,
    /// "None of these", in words.
    pub none_of_these: String,
    /// Cleared suspects.
    pub ruled_out: Vec<RuledOutView>,
    /// Moments in order of time.
    pub timeline: Vec<TimelineView>,
    /// What was read, and what was missing.
    pub inputs: Vec<String>,
}

/// A cause in words. The first three are told in full, further ones without evidence and path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct CauseView {
    /// One line.
    pub title: String,
    /// `63 %`.
    pub probability: String,
    /// Kind, mechanism, commit, deploys.
    pub details: Vec<String>,
    /// What speaks for it.
    pub evidence_for: Vec<EvidenceView>,
    /// What speaks against it.
    pub evidence_against: Vec<EvidenceView>,
    /// The way from cause to symptom.
    pub path: Vec<String>,
    /// What would help.
    pub remediation: Option<String>,
}

/// A piece of evidence in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EvidenceView {
    /// With its numbers.
    pub statement: String,
    /// `+1.4`: what it added to the log odds; negative when it speaks against.
    pub weight: String,
}

/// A cleared suspect in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RuledOutView {
    /// One line.
    pub title: String,
    /// Why it is innocent.
    pub reasons: Vec<String>,
}

/// A moment in words.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimelineView {
    /// Time of day, with the date where it changes.
    pub time: String,
    /// Where; empty when nowhere in particular.
    pub place: String,
    /// What.
    pub what: String,
}

impl View {
    /// The view of an analysis.
    #[must_use]
    pub fn of(analysis: &Analysis) -> Self {
        Self {
            symptom: analysis.symptom.lines().next().unwrap_or_default().to_owned(),
            headline: headline(analysis),
            facts: facts(analysis),
            causes: analysis
                .causes
                .iter()
                .enumerate()
                .map(|(place, found)| cause(found, place < IN_FULL))
                .collect(),
            none_of_these: none_of_these(analysis),
            ruled_out: analysis
                .ruled_out
                .iter()
                .map(|cleared| RuledOutView {
                    title: cleared.title.clone(),
                    reasons: cleared.reasons.clone(),
                })
                .collect(),
            timeline: timeline(analysis),
            inputs: inputs(analysis),
        }
    }
}

/// "None of these" with what speaks for it.
fn none_of_these(analysis: &Analysis) -> String {
    let why: Vec<&str> = analysis.none_evidence.iter().map(|e| e.statement.as_str()).collect();
    let colon = if why.is_empty() { "" } else { ": " };
    format!("{} none of these{colon}{}", analysis.none_of_these, why.join("; "))
}

fn headline(analysis: &Analysis) -> String {
    let top = analysis.causes.first();
    match (analysis.verdict, top) {
        (Verdict::Change, Some(top)) => {
            format!("Most likely cause ({}): {}", top.probability, top.title)
        }
        (Verdict::External, Some(top)) => {
            format!("Nobody's change: {} ({})", top.title, top.probability)
        }
        (Verdict::Entity, Some(top)) => {
            format!("No change explains it; start at: {} ({})", top.title, top.probability)
        }
        (Verdict::NothingToBlame, _) => {
            "No complaint and no clear harm: nothing to blame".to_owned()
        }
        _ => "Something broke, but the inputs can't tell why".to_owned(),
    }
}

fn facts(analysis: &Analysis) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(onset) = &analysis.onset {
        let spread = onset.not_after - onset.not_before;
        facts.push((
            "Began".to_owned(),
            format!(
                "{} (within {}), first signal: {}",
                moment(onset.time),
                span(spread),
                onset.first_signal
            ),
        ));
    }
    if let Some(entity) = &analysis.first_failing {
        facts.push(("Broke first".to_owned(), entity.to_string()));
    }
    if !analysis.blast_radius.is_empty() {
        let names: Vec<String> = analysis.blast_radius.iter().map(ToString::to_string).collect();
        facts.push(("Also hurt".to_owned(), names.join(", ")));
    }
    facts.push((
        "Looked at".to_owned(),
        format!(
            "{} to {} ({})",
            moment(analysis.window.start),
            moment(analysis.window.end),
            span(analysis.window.duration())
        ),
    ));
    facts
}

/// Causes that are told with all their evidence; the JSON document has it for all.
const IN_FULL: usize = 3;

fn cause(cause: &Cause, in_full: bool) -> CauseView {
    let mut details = Vec::new();
    match &cause.kind {
        CauseKind::Commit { sha, deployed_to, deployed_at } => {
            details.push(format!("commit {}", short(sha)));
            let names: Vec<String> = deployed_to.iter().map(ToString::to_string).collect();
            match deployed_at {
                Some(time) => {
                    details.push(format!("runs in {} since {}", names.join(", "), moment(*time)))
                }
                None if !names.is_empty() => {
                    details.push(format!("belongs to {}", names.join(", ")))
                }
                None => {}
            }
        }
        CauseKind::Deploy { version: Some(version) } => details.push(format!("version {version}")),
        CauseKind::Flag { key } => details.push(format!("flag {key}")),
        CauseKind::External { trigger } => {
            details.push(format!("outside trigger: {}", trigger.replace('_', " ")))
        }
        CauseKind::Entity { symptom } => details.push(symptom.clone()),
        CauseKind::Deploy { version: None } => {}
    }
    details.extend(
        cause.mechanism.as_ref().map(|name| format!("mechanism: {}", name.replace('_', " "))),
    );
    if !in_full {
        let title = cause.title.clone();
        return CauseView {
            title,
            probability: cause.probability.to_string(),
            details,
            ..CauseView::default()
        };
    }
    CauseView {
        title: cause.title.clone(),
        probability: cause.probability.to_string(),
        details,
        evidence_for: cause.evidence_for.iter().map(|e| evidence(e, '+')).collect(),
        evidence_against: cause.evidence_against.iter().map(|e| evidence(e, '-')).collect(),
        path: cause
            .path
            .iter()
            .map(|step| {
                let time = step.time.map(|time| format!("{} ", clock(time))).unwrap_or_default();
                let place =
                    step.entity.as_ref().map(|entity| format!("{entity}: ")).unwrap_or_default();
                format!("{time}{place}{}", step.what)
            })
            .collect(),
        remediation: cause.remediation.clone(),
    }
}

fn evidence(evidence: &Evidence, sign: char) -> EvidenceView {
    EvidenceView {
        statement: evidence.statement.clone(),
        weight: format!("{sign}{:.1}", evidence.weight),
    }
}

fn timeline(analysis: &Analysis) -> Vec<TimelineView> {
    let mut day = None;
    analysis
        .timeline
        .iter()
        .map(|entry| {
            let date = entry.time.date_naive();
            let time = if day.replace(date) == Some(date) {
                clock(entry.time)
            } else {
                moment(entry.time)
            };
            TimelineView {
                time,
                place: entry.entity.as_ref().map(ToString::to_string).unwrap_or_default(),
                what: entry.what.clone(),
            }
        })
        .collect()
}

fn inputs(analysis: &Analysis) -> Vec<String> {
    let read = &analysis.inputs;
    let mut lines = Vec::new();
    let events: Vec<String> =
        read.events.iter().map(|(source, count)| format!("{count} {source}")).collect();
    if !events.is_empty() {
        lines.push(format!("events: {}", events.join(", ")));
    }
    if read.metric_points + read.spans + read.log_records > 0 {
        lines.push(format!(
            "telemetry: {} metric points, {} spans, {} log records",
            read.metric_points, read.spans, read.log_records
        ));
    }
    lines.extend(read.gaps.iter().map(|gap| format!("missing: {gap}")));
    lines
}

/// The first 12 digits of a hash.
fn short(sha: &str) -> &str {
    sha.get(..12).unwrap_or(sha)
}

pub(super) fn moment(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) fn clock(time: DateTime<Utc>) -> String {
    time.format("%H:%M:%S").to_string()
}

/// A duration for people: the two largest units.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.num_seconds().max(0);
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, 0) => format!("{m} min"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, _, _) => format!("{d} d {h} h"),
    }
}
