//! Is anything wrong at all, when nobody says so?
//!
//! An alert, a symptom in words or the time of an alarm says that something is wrong; then the question is only what.
//! Without them the signals have to say it themselves, and among hundreds of signals some always look odd. So it
//! takes harm that is clear, that many samples show, and that is seen twice: at two entities, or by two
//! instruments (metrics, logs, traces) at one. An incident is seen in many places; chance is not.

use std::collections::BTreeSet;

use crate::mechanism::Symptom;
use crate::model::{Entity, EventId, EvidenceKind, Severity, TraceShiftKind};
use crate::rank::case::Case;
use crate::rank::observe::Observation;

/// As clear as six deviations.
const CLEAR: f64 = 0.8;
/// A departure of fewer samples may be chance.
const SAMPLES: u64 = 3;
/// Times of so many calls before and after are needed to compare them.
const CALLS: u64 = 10;
/// Fewer lines of an error are an error, not an incident.
const LINES: u64 = 5;
/// So many places or instruments have to agree.
const SIGNS: usize = 2;

/// Whether nobody complains and no signal does so clearly.
pub(super) fn nothing_wrong(case: &Case<'_>, observations: &[Observation]) -> bool {
    let complaint =
        !case.alerts.is_empty() || case.alarm.is_some() || !case.symptom.trim().is_empty();
    if complaint {
        return false;
    }
    let solid = solid(case);
    let signs: BTreeSet<(&Entity, EvidenceKind)> = observations
        .iter()
        .filter(|o| o.strength >= CLEAR && solid.contains(&o.event) && is_harm(o))
        .map(|o| (&o.entity, o.kind))
        .collect();
    signs.len() < SIGNS
}

/// More or less work is not harm by itself.
fn is_harm(observation: &Observation) -> bool {
    let work = [
        Symptom::TrafficUp,
        Symptom::TrafficDown,
        Symptom::ThroughputDown,
        Symptom::QueriesUp,
        Symptom::CancelledCalls,
    ];
    observation.symptoms.iter().any(|(symptom, _)| !work.contains(symptom))
}

/// Findings with enough behind them.
fn solid(case: &Case<'_>) -> BTreeSet<EventId> {
    let metrics = case.metrics.iter().filter(|seen| seen.shift.samples.1 >= SAMPLES);
    let logs = case
        .logs
        .iter()
        .filter(|seen| seen.shift.severity >= Severity::High && seen.shift.count.1 >= LINES);
    let traces = case.traces.iter().filter(|seen| match seen.shift.kind {
        TraceShiftKind::SelfTime
        | TraceShiftKind::Duration
        | TraceShiftKind::ClientServerGap
        | TraceShiftKind::ErrorRate => seen.shift.samples.0.min(seen.shift.samples.1) >= CALLS,
        TraceShiftKind::Truncated => true,
        // Habits tell where, once it is known that something is wrong.
        _ => false,
    });
    metrics
        .map(|seen| seen.event)
        .chain(logs.map(|seen| seen.event))
        .chain(traces.map(|seen| seen.event))
        .collect()
}
