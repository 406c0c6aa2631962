//! The judgement: which change, entity or outside trigger caused it, and how sure are we.
//!
//! ```
//! use rca_core::model::{Event, Source, Verdict};
//! use rca_core::rank::{Inputs, Options, analyze};
//! use rca_core::time::{TimeRange, from_nanos};
//!
//! let window = TimeRange::new(from_nanos(0), from_nanos(3_600_000_000_000))?;
//! let quiet = analyze(&Inputs::new(&[], window), &Options::default());
//! assert_eq!(quiet.verdict, Verdict::NothingToBlame);
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! The steps, each a module that can be tested alone:
//!
//! | step | module | question |
//! |---|---|---|
//! | case | `case` | what was handed in, as typed views in canonical order |
//! | observe | `observe` | what do the findings mean; when did it begin |
//! | quiet | `quiet` | is anything wrong at all, when nobody says so |
//! | topology | `topology` | who calls whom; how far does a fault travel |
//! | accounts | `impact`, `slowness`, `habits`, `saturation` | whose time, failures, code and limits are they |
//! | entities | `entities` | where does the trouble sit once callees' trouble is taken off |
//! | reach | `reach` | which change got to which entity, and when |
//! | place | `place` | did it land in time, and where the trouble began |
//! | changes | `changes` | could this change have done it: diff, words |
//! | fit | `fit` | does what a mechanism produces fit what was seen |
//! | external | `external` | was it something outside of the system's own changes |
//! | older | `older` | is the cause older than all of them |
//! | weigh | `suspect` | log odds add up; softmax with "none of these" |
//! | explain | `explain` | path, timeline, what was ruled out and why |
//!
//! It reads events only: findings carry what raw telemetry showed. The same events in any order give the
//! same bytes.

mod case;
mod changes;
mod code_map;
mod commits;
mod entities;
mod explain;
mod external;
mod fit;
mod habits;
mod impact;
mod observe;
mod older;
mod place;
mod quiet;
mod reach;
mod readings;
mod saturation;
mod slowness;
mod suspect;
mod text;
mod topology;
mod weights;

#[cfg(test)]
mod tests;

pub use case::{Blame, Inputs, frames_of};
pub use code_map::CodeMap;
pub use readings::{ReadingWork, Readings};
pub use weights::Weights;

use crate::mechanism::Mechanisms;
use crate::model::{
    Analysis, Cause, CauseKind, EvidenceKind, InputSummary, Probability, RankedEntity, Verdict,
};
use crate::rank::case::Case;
use crate::rank::changes::Court;
use crate::rank::observe::Observation;
use crate::rank::place::Origin;
use crate::rank::reach::Reach;
use crate::rank::suspect::{Suspect, Weighed};
use crate::rank::topology::Topology;

/// How to judge.
#[derive(Debug, Clone)]
pub struct Options {
    /// What each kind of evidence is worth.
    pub weights: Weights,
    /// What is known about how systems break.
    pub mechanisms: Mechanisms,
    /// Whose code it is, where names and deploys do not tell.
    pub code: CodeMap,
    /// Longest list of causes; the rest of the belief goes to "none of these".
    pub max_causes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            mechanisms: Mechanisms::standard(),
            code: CodeMap::default(),
            max_causes: 10,
        }
    }
}

/// Ranks the causes of an incident.
///
/// Never fails: with too little to go on the verdict says so. Changes after the harm began are effects,
/// not causes. Equal scores are ordered by what the suspects are, then by event id.
#[must_use]
pub fn analyze(inputs: &Inputs<'_>, options: &Options) -> Analysis {
    let case = Case::read(inputs);
    let topology = Topology::new(&case.edges);
    let observations = observe::observe(&case);
    let quiet = quiet::nothing_wrong(&case, &observations);
    let onset = observe::onset(&observations, &case, &topology).filter(|_| !quiet);
    let reach = Reach::new(&case.changes, &case.entities(), &options.code);
    let first_harm = observe::first_harm(&observations);
    let mut entities = entities::rank(&observations, &case, &topology, &options.weights);
    suspect::believe(&mut entities, &options.weights);
    let first_failing =
        entities::first_failing(&case, &first_harm, &entities, &topology).filter(|_| !quiet);
    let blast_radius = if quiet {
        Vec::new()
    } else {
        entities::blast_radius(first_failing.as_ref(), &first_harm, &topology)
    };

    let origin = Origin::new(onset.as_ref(), &observations, &topology);
    let court = Court {
        case: &case,
        origin: &origin,
        observations: &observations,
        onset: onset.as_ref(),
        topology: &topology,
        reach: &reach,
        readings: inputs.readings,
        mechanisms: &options.mechanisms,
        weights: &options.weights,
    };
    let beyond =
        if quiet { Vec::new() } else { older::evidence(&case, onset.as_ref(), &options.weights) };
    let (mut causes, mut none_of_these) = if quiet {
        (Vec::new(), Probability::ONE)
    } else {
        let mut suspects = changes::suspects(&court);
        suspects.extend(external::suspects(&court));
        suspects.extend(entity_suspects(&entities, &options.weights));
        let older: f64 = beyond.iter().map(|piece| piece.weight).sum();
        let none_of_these = options.weights.none_of_these + older;
        suspect::weigh(suspects, &Weights { none_of_these, ..options.weights.clone() })
    };
    let ruled_out = explain::ruled_out(&causes, &court);
    truncate(&mut causes, &mut none_of_these, options.max_causes);
    for cause in &mut causes {
        cause.path = explain::path(cause, &court, first_failing.as_ref());
    }
    Analysis {
        schema_version: Analysis::SCHEMA_VERSION,
        investigation: inputs.investigation,
        symptom: case.symptom.clone(),
        window: inputs.window,
        verdict: verdict(quiet, &causes, none_of_these),
        timeline: explain::timeline(&court, &causes),
        onset: onset.clone(),
        first_failing,
        blast_radius,
        causes,
        none_of_these,
        none_evidence: beyond.into_iter().map(|piece| piece.evidence).collect(),
        entities,
        ruled_out,
        inputs: InputSummary {
            events: case.counts.clone(),
            gaps: explain::gaps(&court),
            ..InputSummary::default()
        },
    }
}

/// The entities that stand out, as suspects of their own: something broke there and nothing explains it.
fn entity_suspects(entities: &[RankedEntity], weights: &Weights) -> Vec<Suspect> {
    entities
        .iter()
        .take(3)
        .filter_map(|ranked| {
            let strongest = ranked.evidence.first()?;
            Some(Suspect {
                kind: CauseKind::Entity { symptom: strongest.statement.clone() },
                title: format!("something in {} for an unknown reason", ranked.entity),
                entity: Some(ranked.entity.clone()),
                event: None,
                mechanism: None,
                remediation: None,
                prior: weights.entity,
                weighed: vec![
                    Weighed::new(
                        EvidenceKind::Reach,
                        weights.entity_share * ranked.share.value(),
                        format!("{} of all trouble sits in {}", ranked.share, ranked.entity),
                    )
                    .with_events(
                        ranked.evidence.iter().flat_map(|evidence| evidence.events.clone()),
                    ),
                ],
                path: Vec::new(),
            })
        })
        .collect()
}

/// Keeps the head of the list; the belief in the tail goes to "none of these".
fn truncate(causes: &mut Vec<Cause>, none_of_these: &mut Probability, most: usize) {
    if causes.len() <= most {
        return;
    }
    let tail: f64 = causes.drain(most..).map(|cause| cause.probability.value()).sum();
    *none_of_these = Probability::saturating(none_of_these.value() + tail);
}

/// A change is blamed when it is three times as likely as everything else together: to roll back an innocent one
/// costs time twice, and hides the guilty one.
const SURE: f64 = 0.75;

fn verdict(quiet: bool, causes: &[Cause], none_of_these: Probability) -> Verdict {
    match causes.first() {
        _ if quiet => Verdict::NothingToBlame,
        Some(top) if top.probability > none_of_these => match top.kind {
            CauseKind::Commit { .. } | CauseKind::Deploy { .. } | CauseKind::Flag { .. } => {
                if top.probability.value() > SURE {
                    Verdict::Change
                } else {
                    Verdict::NotEnoughEvidence
                }
            }
            CauseKind::External { .. } => Verdict::External,
            CauseKind::Entity { .. } => Verdict::Entity,
        },
        _ => Verdict::NotEnoughEvidence,
    }
}

/// Observations that are clear enough to build on.
fn is_clear(observation: &Observation) -> bool {
    observation.is_harm() && observation.strength >= 0.5
}
