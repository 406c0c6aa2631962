//! Does what a mechanism produces fit what was seen?
//!
//! Each symptom of the mechanism takes the observation of each instrument (metrics, logs, traces) that shows it
//! best. The best sign counts in full, each
//! further one less: they are not independent. One observation speaks once. Symptoms that speak against the
//! mechanism count in full.

use std::collections::BTreeSet;

use crate::mechanism::Mechanism;
use crate::model::EvidenceKind;
use crate::rank::observe::Observation;

/// Weight of a telltale symptom in the mechanism table.
const TELLTALE: f64 = 3.0;
/// What a further sign adds, as a share of the one before.
const FURTHER: f64 = 0.45;
/// The ways of seeing: what two of them show is surer than what one shows.
const INSTRUMENTS: [EvidenceKind; 3] =
    [EvidenceKind::Metric, EvidenceKind::Log, EvidenceKind::Trace];
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
            seen.iter()
                .filter(|(_, o)| o.kind == kind)
                .map(|(near, o)| (weight / TELLTALE * near * o.shows(*symptom) * o.strength, *o))
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
