//! Which entity the trouble sits in.
//!
//! Every entity has trouble of its own (a full disk, a crash, time spent in its own code) and trouble that may
//! have come from those it calls (slow or failed calls). What its callees can explain is taken off: the idea of
//! impact accounting with explaining-away along the call graph.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::mechanism::Symptom;
use crate::model::{
    Entity, EventId, Evidence, EvidenceKind, MetricShift, Probability, RankedEntity,
};

use crate::rank::case::Case;
use crate::rank::impact;
use crate::rank::observe::{FirstHarm, Observation};
use crate::rank::topology::Topology;

/// What travels from a callee to its callers.
fn travels(symptom: Symptom) -> bool {
    matches!(
        symptom,
        Symptom::LatencyUp
            | Symptom::ErrorsUp
            | Symptom::TimeoutErrors
            | Symptom::ThroughputDown
            | Symptom::TrafficUp
            | Symptom::ConnectionErrors
            | Symptom::QueueGrowth
            | Symptom::RetriesUp
    )
}

/// How much of an entity's second-hand trouble a callee with as much trouble explains.
const EXPLAINED: f64 = 0.8;
/// A callee's trouble may be stamped this much later and still explain its caller's.
const SLACK: Duration = Duration::minutes(2);
/// Further observations of one entity add less and less.
const FADE: f64 = 0.5;

#[derive(Debug, Default)]
struct Trouble<'a> {
    own: f64,
    second_hand: f64,
    first: Option<DateTime<Utc>>,
    seen: Vec<&'a Observation>,
}

impl Trouble<'_> {
    fn all(&self) -> f64 {
        self.own + self.second_hand
    }
}

/// Entities by how much trouble is left once their callees' trouble is taken off, most first.
pub(super) fn rank(
    observations: &[Observation],
    case: &Case,
    topology: &Topology,
) -> Vec<RankedEntity> {
    let mut troubles = troubles(observations, case);
    let (metrics, spans, habits) = (
        impact::of_metrics(case, topology),
        impact::of_spans(case, topology),
        impact::of_habits(case, topology),
    );
    let accounts = [(&metrics, 6.0), (&spans, 2.0), (&habits, 4.0)];
    for (account, _) in &accounts {
        for entity in account.shares.keys() {
            troubles.entry(entity).or_default();
        }
    }
    let accounted = if metrics.is_empty() { if spans.is_empty() { 1.0 } else { 0.1 } } else { 0.1 };
    let mut scores: Vec<(f64, &Entity, &Trouble<'_>)> = troubles
        .iter()
        .map(|(entity, trouble)| {
            let explained = explained(entity, trouble, &troubles, topology);
            let named = f64::from(u8::from(case.alerted() == Some(*entity)));
            (
                1.0 * trouble.own
                    + accounted * trouble.second_hand * (1.0 - EXPLAINED * explained)
                    + 0.3 * named
                    + accounts.iter().map(|(a, weight)| weight * a.of(entity)).sum::<f64>(),
                *entity,
                trouble,
            )
        })
        .collect();
    scores.sort_by(|a, b| {
        b.0.total_cmp(&a.0).then_with(|| a.2.first.cmp(&b.2.first)).then_with(|| a.1.cmp(b.1))
    });
    let total: f64 = scores.iter().map(|(score, ..)| score).sum();
    scores
        .into_iter()
        .map(|(score, entity, trouble)| RankedEntity {
            entity: entity.clone(),
            share: Probability::saturating(score / total.max(f64::MIN_POSITIVE)),
            probability: Probability::ZERO,
            onset: trouble.first,
            evidence: trouble
                .seen
                .iter()
                .take(5)
                .map(|observation| evidence(observation))
                .collect(),
        })
        .collect()
}

fn troubles<'a>(
    observations: &'a [Observation],
    case: &'a Case,
) -> BTreeMap<&'a Entity, Trouble<'a>> {
    let shared: BTreeMap<EventId, f64> =
        case.metrics.iter().map(|seen| (seen.event, nearness(&seen.shift))).collect();
    let traced = case.edges.iter().any(|edge| edge.calls.1 > 0);
    let mut troubles: BTreeMap<&Entity, Trouble<'_>> = BTreeMap::new();
    for observation in observations.iter().filter(|o| o.is_harm()) {
        if observation.symptoms.iter().all(|(s, _)| {
            matches!(s, Symptom::TrafficUp | Symptom::TrafficDown | Symptom::ThroughputDown)
        }) {
            continue;
        }
        troubles.entry(&observation.entity).or_default().seen.push(observation);
    }
    for trouble in troubles.values_mut() {
        trouble.first = trouble.seen.iter().map(|o| o.onset).min();
        trouble
            .seen
            .sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.event.cmp(&b.event)));
        let (mut own_fade, mut second_fade) = (1.0, 1.0);
        for observation in &trouble.seen {
            let sure = observation.symptoms.first().map_or(0.0, |(_, sure)| *sure);
            let second_hand = observation.symptoms.iter().all(|(symptom, _)| travels(*symptom));
            let (sum, fade) = if second_hand {
                (&mut trouble.second_hand, &mut second_fade)
            } else {
                (&mut trouble.own, &mut own_fade)
            };
            let part = shared.get(&observation.event).copied().unwrap_or(1.0)
                * if traced && second_hand && observation.kind == EvidenceKind::Metric {
                    0.1
                } else {
                    1.0
                };
            *sum += *fade * sure * observation.strength * part;
            *fade *= FADE;
        }
    }
    troubles
}

/// How much a metric's shift can mean for its entity, from 0 to 1.
///
/// Metrics of the machine below say little about one of the programs on it. A share of a limit hurts near
/// the limit only: growth (log ratio) times the square of the share.
fn nearness(shift: &MetricShift) -> f64 {
    let parts: Vec<String> = shift
        .metric
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_owned)
        .collect();
    let any = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    if any(&["node", "host", "machine"]) {
        return 0.05;
    }
    if !any(&["cpu", "mem", "memory"]) {
        return 1.0;
    }
    if !any(&["pct", "percent", "percentage", "utilization", "utilisation", "ratio"]) {
        return 0.2;
    }
    let whole = if any(&["ratio"]) && shift.after <= 1.5 { 1.0 } else { 100.0 };
    let share = (shift.after / whole).clamp(0.0, 1.0);
    let growth = (shift.after.max(1e-9) / shift.before.max(0.01 * whole)).ln().max(0.0);
    (1.0 * growth * share * share).min(3.0)
}

/// How much of the second-hand trouble the callees explain, from 0 to 1.
fn explained(
    entity: &Entity,
    trouble: &Trouble<'_>,
    troubles: &BTreeMap<&Entity, Trouble<'_>>,
    topology: &Topology,
) -> f64 {
    topology
        .callees(entity)
        .filter_map(|callee| troubles.get(callee))
        .filter(|callee| {
            callee.first.zip(trouble.first).is_some_and(|(theirs, ours)| theirs <= ours + SLACK)
        })
        .map(|callee| (callee.all() / trouble.second_hand.max(f64::MIN_POSITIVE)).min(1.0))
        .fold(0.0, f64::max)
}

fn evidence(observation: &Observation) -> Evidence {
    Evidence {
        kind: observation.kind,
        statement: observation.statement.clone(),
        weight: observation.strength,
        before: observation.before,
        after: observation.after,
        time: Some(observation.onset),
        events: vec![observation.event],
    }
}

/// What broke first: the alerted entity, or the one that it depends on (by calls, or by the alert's words) whose
/// harm came first.
pub(super) fn first_failing(
    case: &Case,
    first_harm: &BTreeMap<Entity, FirstHarm>,
    ranked: &[RankedEntity],
    topology: &Topology,
) -> Option<Entity> {
    let Some(alerted) = case.alerted() else {
        return ranked.first().map(|first| first.entity.clone());
    };
    let ours = first_harm.get(alerted);
    let named = first_harm.keys().filter(|entity| case.alert_names(entity)).cloned();
    topology
        .depends_on(alerted)
        .into_iter()
        .chain(named)
        .filter_map(|other| first_harm.get(&other).map(|theirs| (*theirs, other)))
        .filter(|(theirs, _)| ours.is_none_or(|ours| theirs.onset + CLOCKS <= ours.onset))
        .min()
        .map(|(_, other)| other)
        .or_else(|| Some(alerted.clone()))
}

/// Clocks of two entities agree to this.
const CLOCKS: Duration = Duration::seconds(2);

/// Who else was hurt: entities with clear harm that a fault in the first can travel to, in order of onset.
pub(super) fn blast_radius(
    first: Option<&Entity>,
    first_harm: &BTreeMap<Entity, FirstHarm>,
    topology: &Topology,
) -> Vec<Entity> {
    let reached = first.filter(|first| topology.knows(first)).map(|first| topology.travel(first));
    let mut hurt: Vec<(&FirstHarm, &Entity)> = first_harm
        .iter()
        .filter(|(entity, _)| Some(*entity) != first)
        .filter(|(entity, _)| {
            reached
                .as_ref()
                .is_none_or(|reached| reached.contains_key(*entity) || !topology.knows(entity))
        })
        .map(|(entity, harm)| (harm, entity))
        .collect();
    hurt.sort();
    hurt.into_iter().map(|(_, entity)| entity.clone()).collect()
}
