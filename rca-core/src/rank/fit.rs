//! Does what a mechanism produces fit what was seen?
//!
//! Each symptom of the mechanism takes the observation of each instrument (metrics, logs, traces) that shows it
//! best. The best sign counts in full, each further one less: they are not independent. One observation speaks
//! once. Symptoms that speak against the mechanism take away, and so does what it can't explain.

use std::collections::{BTreeMap, BTreeSet};

use crate::mechanism::{Mechanism, Symptom};
use crate::model::EvidenceKind;
use crate::rank::observe::Observation;

/// Weight of a telltale symptom in the mechanism table.
const TELLTALE: f64 = 3.0;
/// What a further sign adds, as a share of the one before.
const FURTHER: f64 = 0.45;
/// The ways of seeing: what two of them show is surer than what one shows.
const INSTRUMENTS: [EvidenceKind; 3] =
    [EvidenceKind::Metric, EvidenceKind::Log, EvidenceKind::Trace];
/// Symptoms less telling than this need no explanation.
const UNEXPLAINED: f64 = 0.25;
/// Every fault ends in latency and errors: they tell little about which.
const GENERAL: f64 = 0.5;
/// Below this a sign is noise.
const FAINT: f64 = 0.05;

/// A sign: how much of a telltale it is worth (negative against), and the observation.
pub(super) type Sign<'a> = (f64, &'a Observation);

/// The signs of a mechanism among observations, each with how near it is (0 to 1): those for it strongest
/// first, then those against.
pub(super) fn signs<'a>(mechanism: &Mechanism, seen: &[(f64, &'a Observation)]) -> Vec<Sign<'a>> {
    let mut found: Vec<Sign<'a>> = mechanism
        .symptoms
        .iter()
        .flat_map(|(symptom, weight)| INSTRUMENTS.map(|kind| (symptom, weight, kind)))
        .filter_map(|(symptom, weight, kind)| {
            let telling = if symptom.is_general() { GENERAL } else { 1.0 };
            let full = telling * weight / TELLTALE;
            seen.iter()
                .filter(|(_, o)| o.kind == kind)
                .map(|(near, o)| (full * near * o.shows(*symptom) * o.strength, *o))
                .filter(|(value, _)| value.abs() > FAINT)
                .max_by(|a, b| {
                    a.0.abs().total_cmp(&b.0.abs()).then_with(|| b.1.event.cmp(&a.1.event))
                })
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.event.cmp(&b.1.event)));
    let mut spoken = BTreeSet::new();
    let mut factor = 1.0;
    let mut against = 1.0;
    found.retain_mut(|(value, observation)| {
        if *value < 0.0 {
            *value *= against;
            against *= FURTHER;
            return true;
        }
        let fresh = spoken.insert(observation.event);
        *value *= factor;
        factor *= if fresh { FURTHER } else { 1.0 };
        fresh
    });
    found
}

/// How much of a telltale all signs for the mechanism are worth together.
pub(super) fn support(signs: &[Sign<'_>]) -> f64 {
    signs.iter().map(|(value, _)| value.max(0.0)).sum()
}

/// What was clearly seen that the mechanism can't produce, most telling first, and how many telltales that is
/// worth against it. General symptoms (latency, errors) weigh nearly nothing; every fault ends there.
pub(super) fn unexplained(
    mechanism: &Mechanism,
    seen: &[(f64, &Observation)],
) -> (f64, Vec<Symptom>) {
    let mut strongest: BTreeMap<Symptom, f64> = BTreeMap::new();
    for (near, observation) in seen {
        for (symptom, sure) in &observation.symptoms {
            let value = near * sure * observation.strength * symptom.specificity() / TELLTALE;
            let known = strongest.entry(*symptom).or_default();
            *known = known.max(value);
        }
    }
    let mut left: Vec<(f64, Symptom)> = strongest
        .into_iter()
        .filter(|(symptom, value)| *value > UNEXPLAINED && mechanism.weight(*symptom).is_none())
        .map(|(symptom, value)| (value, symptom))
        .collect();
    left.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut factor = 1.0;
    let mut against = 0.0;
    for (value, _) in &left {
        against += value * factor;
        factor *= FURTHER;
    }
    (against.min(1.0), left.into_iter().map(|(_, symptom)| symptom).collect())
}
