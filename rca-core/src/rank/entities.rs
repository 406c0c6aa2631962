//! Which entity the trouble sits in.
//!
//! Every entity has trouble of its own (a full disk, a crash, time spent in its own code) and trouble that may
//! have come from those it calls (slow or failed calls). What its callees can explain is taken off: the idea of
//! impact accounting with explaining-away along the call graph.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::detect::usage::Usage;
use crate::mechanism::Symptom;
use crate::model::{
    Entity, EventId, Evidence, EvidenceKind, Finding, HabitShift, Probability, RankedEntity,
    TraceShiftKind,
};
use crate::rank::case::{Case, Seen};
use crate::rank::observe::{FirstHarm, Observation, clearness};
use crate::rank::topology::Topology;
use crate::rank::weights::Weights;
use crate::rank::{habits, impact, saturation, slowness};

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

/// A callee's trouble may be stamped this much later and still explain its caller's: metrics are sampled once a
/// minute as a rule, so two stamps of one moment lie up to two samples apart.
const SLACK: Duration = Duration::minutes(2);
/// What the use of a resource without known limit counts for, of what other symptoms do: more use than before is
/// what every change of load looks like, and only next to a limit does it hurt.
const USE_WITHOUT_LIMIT: f64 = 0.2;
/// Pieces of evidence shown of an entity.
const SHOWN: usize = 5;

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
    case: &Case<'_>,
    topology: &Topology,
    weights: &Weights,
) -> Vec<RankedEntity> {
    let mut troubles = troubles(observations, case, weights);
    let impact = impact::shares(case, topology);
    let slow = slowness::by_entity(case, topology, weights);
    let habits = habits::by_entity(case, topology, weights);
    let saturation = saturation::by_entity(case);
    let accounted = impact.keys().chain(slow.keys()).chain(habits.keys()).chain(saturation.keys());
    for entity in accounted {
        troubles.entry(entity).or_default();
    }
    // Spans tell more precisely than metrics whose time it is, and both more than mere symptoms.
    let told = |told: bool| if told { weights.trouble_accounted } else { 1.0 };
    let by_spans = told(!slow.is_empty() || !habits.is_empty());
    let second_hand = weights.trouble_second_hand * told(!impact.is_empty()).min(by_spans);
    let mut scores: Vec<(f64, &Entity, &Trouble<'_>)> = troubles
        .iter()
        .map(|(entity, trouble)| {
            let of = |account: &BTreeMap<&Entity, f64>| account.get(entity).copied().unwrap_or(0.0);
            let explained = explained(entity, trouble, &troubles, topology);
            let named = f64::from(u8::from(case.alerted() == Some(*entity)));
            let slow = slow.get(entity).copied().unwrap_or_default();
            let score = weights.trouble_own * trouble.own
                + second_hand * trouble.second_hand * (1.0 - weights.trouble_explained * explained)
                + weights.trouble_alerted * named
                + weights.trouble_impact * by_spans * of(&impact)
                + weights.trouble_own_time * slow.own
                + weights.trouble_reached * slow.reached
                + weights.trouble_reaching * slow.reaching
                + weights.trouble_habit * habits.get(entity).map_or(0.0, |(left, _)| *left)
                + weights.trouble_saturation * of(&saturation);
            (score, *entity, trouble)
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
            evidence: habits
                .get(entity)
                .filter(|(left, _)| *left > 0.0)
                .map(|(left, habit)| of_habit(*left, habit))
                .into_iter()
                .chain(trouble.seen.iter().map(|observation| evidence(observation)))
                .take(SHOWN)
                .collect(),
        })
        .collect()
}

fn troubles<'a>(
    observations: &'a [Observation],
    case: &'a Case<'a>,
    weights: &Weights,
) -> BTreeMap<&'a Entity, Trouble<'a>> {
    // Times are accounted for one by one, see `slowness`.
    let accounted = case.traces.iter().filter(|seen| {
        matches!(seen.shift.kind, TraceShiftKind::SelfTime | TraceShiftKind::ClientServerGap)
    });
    let parts: BTreeMap<EventId, f64> = case
        .metrics
        .iter()
        .map(|seen| {
            let part = match Usage::of(&seen.shift.metric) {
                Usage::OfMachine => weights.trouble_of_machine,
                // Counted by how near the limit is, not by how clearly it moved.
                Usage::OfLimit => 0.0,
                Usage::Amount => USE_WITHOUT_LIMIT,
                Usage::None => 1.0,
            };
            (seen.event, part)
        })
        .chain(accounted.map(|seen| (seen.event, 0.0)))
        .collect();
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
            // Spans tell the same more precisely.
            let told = traced && second_hand && observation.kind == EvidenceKind::Metric;
            let part = parts.get(&observation.event).copied().unwrap_or(1.0)
                * if told { weights.trouble_accounted } else { 1.0 };
            *sum += *fade * sure * observation.strength * part;
            *fade *= weights.trouble_fade;
        }
    }
    troubles
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

fn of_habit(left: f64, habit: &Seen<HabitShift>) -> Evidence {
    Evidence {
        kind: EvidenceKind::Trace,
        statement: Finding::Habit(habit.shift.clone()).title(),
        weight: clearness(left),
        before: Some(habit.shift.before),
        after: Some(habit.shift.after),
        time: Some(habit.shift.onset),
        events: vec![habit.event],
    }
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
    case: &Case<'_>,
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
    let reached = first.and_then(|first| topology.travel(first));
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
