//! What was seen, as one kind of thing: findings of all detectors with what they mean.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use crate::mechanism::{Symptom, symptom};
use crate::model::{
    Confidence, Direction, Entity, EventId, EvidenceKind, Finding, LogShift, MetricShift, Onset,
    Severity, TraceShift, TraceShiftKind,
};
use crate::rank::case::Case;
use crate::rank::suspect::Weighed;
use crate::rank::text::words;
use crate::rank::topology::Topology;

/// A finding and what it means.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) event: EventId,
    pub(super) entity: Entity,
    pub(super) onset: DateTime<Utc>,
    /// It was surely still normal then.
    pub(super) last_normal: DateTime<Utc>,
    pub(super) kind: EvidenceKind,
    /// What it means, with how surely, strongest first.
    pub(super) symptoms: Vec<(Symptom, f64)>,
    /// How clearly it stands out, from 0 to 1.
    pub(super) strength: f64,
    /// One line with numbers.
    pub(super) statement: String,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    /// Metric name, template or operation with its error: what a diff's words are compared with.
    pub(super) words: String,
    /// Those words, split.
    pub(super) tokens: Vec<String>,
}

impl Observation {
    /// How surely this shows a symptom.
    pub(super) fn shows(&self, wanted: Symptom) -> f64 {
        self.symptoms
            .iter()
            .filter(|(symptom, _)| *symptom == wanted)
            .map(|(_, sure)| *sure)
            .fold(0.0, f64::max)
    }

    /// It, as a piece of evidence.
    pub(super) fn evidence(&self, weight: f64, statement: String) -> Weighed {
        let mut piece = Weighed::new(self.kind, weight, statement).with_event(self.event);
        (piece.evidence.before, piece.evidence.after) = (self.before, self.after);
        piece.evidence.time = Some(self.onset);
        piece
    }

    /// Whether it means harm at all.
    pub(super) fn is_harm(&self) -> bool {
        !self.symptoms.is_empty()
    }
}

/// A z-score as clearness: 3 is one half, 10 is nearly 1.
pub(super) fn clearness(score: f64) -> f64 {
    let size = score.abs();
    size * size / (size * size + 9.0)
}

fn plain(symptoms: Vec<(Symptom, Confidence)>) -> Vec<(Symptom, f64)> {
    symptoms.into_iter().map(|(symptom, sure)| (symptom, sure.value())).collect()
}

/// All findings as observations, in order of onset, then event.
pub(super) fn observe(case: &Case<'_>) -> Vec<Observation> {
    let metrics = case.metrics.iter().map(|seen| of_metric(seen.event, &seen.shift));
    let logs = case.logs.iter().map(|seen| of_log(seen.event, &seen.shift));
    let traces = case.traces.iter().map(|seen| of_trace(seen.event, &seen.shift));
    let mut all: Vec<Observation> = metrics.chain(logs).chain(traces).collect();
    blame_providers(&mut all, case);
    blame_shared_providers(&mut all, case);
    all.sort_by_key(|observation| (observation.onset, observation.event));
    all
}

/// Those that we only ever call: no deploy, no telemetry of their own. Somebody else runs them.
fn providers<'a>(case: &'a Case<'_>) -> BTreeSet<(&'a Entity, &'a Entity)> {
    let deployed = case.changes.iter().filter_map(|change| change.entity);
    let own: BTreeSet<&Entity> = deployed
        .chain(case.metrics.iter().map(|seen| &seen.shift.entity))
        .chain(case.logs.iter().map(|seen| &seen.shift.entity))
        .chain(case.traces.iter().map(|seen| &seen.shift.entity))
        .chain(case.edges.iter().map(|edge| &edge.caller))
        .collect();
    case.edges
        .iter()
        .filter(|edge| !own.contains(&edge.callee))
        .map(|edge| (&edge.caller, &edge.callee))
        .collect()
}

/// Harm that a caller sees by name on calls to a provider is the provider's, unless the caller gave up first.
fn blame_providers(observations: &mut [Observation], case: &Case<'_>) {
    let providers = providers(case);
    for observation in observations.iter_mut().filter(|o| o.is_harm()) {
        let gave_up = [Symptom::TimeoutErrors, Symptom::CancelledCalls, Symptom::PoolExhausted]
            .iter()
            .any(|symptom| observation.shows(*symptom) > 0.5);
        let text = observation.words.to_lowercase();
        let named = providers.iter().any(|(caller, provider)| {
            **caller == observation.entity && text.contains(&provider.name.to_lowercase())
        });
        if gave_up || !named {
            continue;
        }
        let errors =
            observation.shows(Symptom::ErrorsUp).max(observation.shows(Symptom::ConnectionErrors));
        let latency = observation.shows(Symptom::LatencyUp);
        let sure = (0.9 * errors).max(0.6 * latency);
        if sure > observation.shows(Symptom::ProviderErrors) {
            observation.symptoms.retain(|(symptom, _)| *symptom != Symptom::ProviderErrors);
            observation.symptoms.push((Symptom::ProviderErrors, sure));
        }
    }
}

/// Several services whose calls to one and the same outside place got slow or fail see that place's trouble.
///
/// The place has no telemetry of its own: it is known by a word that the operations of all of them say and that
/// no entity of ours is called by.
fn blame_shared_providers(observations: &mut [Observation], case: &Case<'_>) {
    const ORDINARY: &[&str] = &[
        "http", "https", "grpc", "post", "patch", "delete", "call", "client", "request", "send",
        "fetch", "query", "select", "insert", "update", "quote", "commit", "redis", "postgres",
        "kafka", "mysql", "internal", "proxy", "health", "batch", "order", "orders", "user",
        "users", "token", "status",
    ];
    let ours: BTreeSet<String> =
        case.entities().iter().flat_map(|entity| words(&entity.name)).collect();
    let slow = case.traces.iter().filter(|seen| {
        matches!(seen.shift.kind, TraceShiftKind::SelfTime | TraceShiftKind::ErrorRate)
            && seen.shift.direction == crate::model::Direction::Up
    });
    let mut said: BTreeMap<String, BTreeMap<&Entity, BTreeSet<EventId>>> = BTreeMap::new();
    for seen in slow {
        for word in words(&seen.shift.operation) {
            if word.len() > 4 && !ORDINARY.contains(&word.as_str()) && !ours.contains(&word) {
                let by = said.entry(word).or_default();
                by.entry(&seen.shift.entity).or_default().insert(seen.event);
            }
        }
    }
    let events: BTreeSet<EventId> = said
        .into_values()
        .filter(|by| by.len() > 1)
        .flat_map(|by| by.into_values().flatten())
        .collect();
    for observation in observations.iter_mut().filter(|o| events.contains(&o.event)) {
        observation.symptoms.retain(|(symptom, _)| *symptom != Symptom::ProviderErrors);
        observation.symptoms.push((Symptom::ProviderErrors, 0.9));
    }
}

/// How much of a change it is, apart from how clear: a value that moves by a fifth is all there.
///
/// Failures and countdowns count however small: a hundredth of all calls is harm.
fn effect(shift: &MetricShift, symptoms: &[(Symptom, f64)]) -> f64 {
    let growth = [
        Symptom::MemoryGrowth,
        Symptom::CpuSaturated,
        Symptom::TrafficUp,
        Symptom::LatencyUp,
        Symptom::QueueGrowth,
        Symptom::OccupancyGrowth,
        Symptom::DiskFull,
        Symptom::QueriesUp,
        Symptom::ThreadGrowth,
    ];
    let (before, after) = (shift.before.abs(), shift.after.abs());
    let relative = (shift.after - shift.before).abs() / before.max(after).max(f64::MIN_POSITIVE);
    match symptoms.first() {
        Some((symptom, _)) if growth.contains(symptom) => (relative / WHOLE_EFFECT).min(1.0),
        _ => 1.0,
    }
}

/// A relative change of this much counts in full.
const WHOLE_EFFECT: f64 = 0.2;

fn of_metric(event: EventId, shift: &MetricShift) -> Observation {
    let symptoms = plain(symptom::of_metric(&shift.metric, shift.direction));
    Observation {
        event,
        entity: shift.entity.clone(),
        onset: shift.onset,
        last_normal: shift.last_normal.min(shift.onset),
        kind: EvidenceKind::Metric,
        strength: clearness(shift.score) * effect(shift, &symptoms),
        symptoms,
        statement: Finding::MetricShift(shift.clone()).title(),
        before: Some(shift.before),
        after: Some(shift.after),
        tokens: words(&shift.metric),
        words: shift.metric.clone(),
    }
}

fn of_log(event: EventId, shift: &LogShift) -> Observation {
    let mut symptoms = match shift.direction {
        Direction::Up => plain(symptom::of_log(&format!("{}\n{}", shift.template, shift.example))),
        // A line that falls silent shows none of what it says.
        Direction::Down => Vec::new(),
    };
    let louder = shift.direction == Direction::Up;
    if louder && symptoms.is_empty() && shift.severity >= Severity::High {
        symptoms.push((Symptom::ErrorsUp, 0.7));
    }
    let doubt = match shift.severity {
        Severity::Info | Severity::Low => 0.5,
        Severity::Medium => 0.8,
        Severity::High | Severity::Critical => 1.0,
    };
    Observation {
        event,
        entity: shift.entity.clone(),
        onset: shift.onset,
        last_normal: shift.onset,
        kind: EvidenceKind::Log,
        symptoms,
        strength: doubt * clearness(shift.score),
        statement: Finding::LogShift(shift.clone()).title(),
        before: Some(shift.rate.0),
        after: Some(shift.rate.1),
        tokens: words(&format!("{} {}", shift.template, shift.example)),
        words: format!("{} {}", shift.template, shift.example),
    }
}

fn of_trace(event: EventId, shift: &TraceShift) -> Observation {
    let error = shift.error.as_deref();
    let mut symptoms = plain(symptom::of_trace(shift.kind, shift.direction, error));
    // A step that is now taken, once, is another way through the code and no flood of calls.
    if shift.kind == TraceShiftKind::ChildCalls && shift.before < 0.5 && shift.after < 1.5 {
        for (symptom, sure) in &mut symptoms {
            if *symptom == Symptom::CallsFanOut {
                *sure *= 0.3;
            }
        }
    }
    // Time lost between caller and callee, and answers that never come, are the callee's side of the call.
    let blamed = match shift.kind {
        TraceShiftKind::ClientServerGap | TraceShiftKind::Truncated => shift.peer.as_ref(),
        _ => None,
    };
    Observation {
        event,
        entity: blamed.unwrap_or(&shift.entity).clone(),
        onset: shift.onset,
        last_normal: shift.onset,
        kind: EvidenceKind::Trace,
        symptoms,
        strength: clearness(shift.score),
        statement: match error {
            Some(error) => format!("{}: {error}", Finding::TraceShift(shift.clone()).title()),
            None => Finding::TraceShift(shift.clone()).title(),
        },
        before: Some(shift.before),
        after: Some(shift.after),
        tokens: words(&format!("{} {}", shift.operation, error.unwrap_or_default())),
        words: format!("{} {}", shift.operation, error.unwrap_or_default()),
    }
}

/// When the incident began: the first clear harm that can have to do with the alarm.
///
/// The earliest moving signal dates a fault, not the loudest. Signals count when they mean harm, stand out,
/// lie before the alarm, and sit on an entity that a fault can travel from or to (any entity when the call
/// graph is not known).
pub(super) fn onset(
    observations: &[Observation],
    case: &Case<'_>,
    topology: &Topology,
) -> Option<Onset> {
    let near = case.alerted().and_then(|alerted| topology.travel(alerted));
    let related = |o: &&Observation| {
        near.as_ref().is_none_or(|near| near.contains_key(&o.entity) || !topology.knows(&o.entity))
    };
    let in_time = |o: &&Observation| case.alarm.is_none_or(|alarm| o.onset <= alarm + ALARM_SLACK);
    let harms: Vec<&Observation> = observations
        .iter()
        .filter(|o| o.is_harm() && o.strength >= CLEAR)
        .filter(in_time)
        .filter(related)
        .collect();
    let begins = (0..harms.len()).find(|at| !is_stray(&harms, *at)).unwrap_or(0);
    let first = harms.get(begins)?;
    let second = harms.iter().skip(begins).find(|o| o.event != first.event);
    let not_after = second.map_or(first.onset, |o| o.onset).min(first.onset + MAX_SPREAD);
    Some(Onset {
        time: first.onset,
        not_before: first.last_normal,
        not_after,
        confidence: Confidence::saturating(first.strength),
        first_signal: first.statement.clone(),
    })
}

/// A weak signal that nothing follows for a while is a day's noise, not the begin of an incident. A clear one may
/// stand alone for long: leaks and countdowns do.
fn is_stray(harms: &[&Observation], at: usize) -> bool {
    let (Some(one), Some(next)) = (harms.get(at), harms.get(at + 1)) else { return false };
    one.strength < STANDS_ALONE && next.onset - one.onset > ALONE
}

/// Below this a signal needs another one soon after it.
const STANDS_ALONE: f64 = 0.8;
const ALONE: Duration = Duration::minutes(8);

/// An alarm lies inside a bucket of its metric, so harm may be stamped a little later.
const ALARM_SLACK: Duration = Duration::minutes(5);
const CLEAR: f64 = 0.5;
const MAX_SPREAD: Duration = Duration::minutes(30);

/// When an entity was first clearly harmed, and when it was surely still well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FirstHarm {
    pub(super) onset: DateTime<Utc>,
    pub(super) last_normal: DateTime<Utc>,
}

/// First clear harm of every entity. More work and calls given up by the caller are not yet harm.
pub(super) fn first_harm(observations: &[Observation]) -> BTreeMap<Entity, FirstHarm> {
    let mild =
        [Symptom::TrafficUp, Symptom::TrafficDown, Symptom::QueriesUp, Symptom::CancelledCalls];
    let mut first = BTreeMap::new();
    for observation in observations.iter().filter(|o| o.is_harm() && o.strength >= CLEAR) {
        if observation.symptoms.iter().all(|(symptom, _)| mild.contains(symptom)) {
            continue;
        }
        let harm = FirstHarm { onset: observation.onset, last_normal: observation.last_normal };
        first.entry(observation.entity.clone()).or_insert(harm);
    }
    first
}
