//! Suspects and how their evidence adds up.
//!
//! Every piece of evidence adds to (or takes from) a suspect's log odds; the sums become probabilities
//! by softmax together with "none of these". Additive log odds rank better than noisy-or: evidence against
//! counts as much as evidence for.

use crate::model::{
    Cause, CauseKind, Entity, EventId, Evidence, EvidenceKind, PathStep, Probability, RankedEntity,
};
use crate::rank::weights::Weights;

/// Evidence before its sign is split off: positive speaks for, negative against.
#[derive(Debug, Clone)]
pub(super) struct Weighed {
    pub(super) weight: f64,
    pub(super) evidence: Evidence,
}

impl Weighed {
    pub(super) fn new(kind: EvidenceKind, weight: f64, statement: impl Into<String>) -> Self {
        Self {
            weight,
            evidence: Evidence {
                kind,
                statement: statement.into(),
                weight: weight.abs(),
                before: None,
                after: None,
                time: None,
                events: Vec::new(),
            },
        }
    }

    pub(super) fn with_event(self, event: EventId) -> Self {
        self.with_events([event])
    }

    pub(super) fn with_events(mut self, events: impl IntoIterator<Item = EventId>) -> Self {
        self.evidence.events.extend(events);
        self
    }
}

/// A candidate cause with everything that speaks for and against it.
#[derive(Debug, Clone)]
pub(super) struct Suspect {
    pub(super) kind: CauseKind,
    pub(super) title: String,
    pub(super) entity: Option<Entity>,
    pub(super) event: Option<EventId>,
    pub(super) mechanism: Option<String>,
    pub(super) remediation: Option<String>,
    /// Log odds before any evidence.
    pub(super) prior: f64,
    pub(super) weighed: Vec<Weighed>,
    pub(super) path: Vec<PathStep>,
}

impl Suspect {
    /// The log odds.
    pub(super) fn score(&self) -> f64 {
        self.prior + self.weighed.iter().map(|piece| piece.weight).sum::<f64>()
    }

    /// Breaks ties the same way in every run.
    fn tie_break(&self) -> (String, Option<EventId>) {
        (format!("{:?}", self.kind), self.event)
    }

    fn into_cause(self, probability: f64) -> Cause {
        let (mut evidence_for, mut evidence_against) = (Vec::new(), Vec::new());
        for piece in self.weighed {
            if piece.weight >= WORTH_TELLING {
                evidence_for.push(piece.evidence);
            } else if piece.weight <= -WORTH_TELLING {
                evidence_against.push(piece.evidence);
            }
        }
        let strongest_first = |a: &Evidence, b: &Evidence| {
            b.weight.total_cmp(&a.weight).then_with(|| a.statement.cmp(&b.statement))
        };
        evidence_for.sort_by(strongest_first);
        evidence_against.sort_by(strongest_first);
        Cause {
            kind: self.kind,
            title: self.title,
            entity: self.entity,
            probability: Probability::saturating(probability),
            event: self.event,
            mechanism: self.mechanism,
            evidence_for,
            evidence_against,
            path: self.path,
            remediation: self.remediation,
        }
    }
}

/// Evidence below this counts, but is not shown.
const WORTH_TELLING: f64 = 0.05;

/// Suspects in order, as probabilities that sum to one with "none of these" (the second part).
///
/// Every change has the same small chance of doing harm, so the odds of one against "none of these" do not
/// depend on how many others there are.
pub(super) fn weigh(mut suspects: Vec<Suspect>, weights: &Weights) -> (Vec<Cause>, Probability) {
    let (none, sure) = (weights.none_of_these, 1.0 - weights.lapse.clamp(0.0, 1.0));
    suspects.sort_by(|a, b| {
        b.score().total_cmp(&a.score()).then_with(|| a.tie_break().cmp(&b.tie_break()))
    });
    let top = suspects.first().map_or(none, |first| first.score().max(none));
    let share = |score: f64| f64::exp((score - top) / weights.temperature);
    let rest = share(none);
    let total: f64 = rest + suspects.iter().map(|suspect| share(suspect.score())).sum::<f64>();
    let mut causes: Vec<Cause> = Vec::with_capacity(suspects.len());
    for suspect in suspects {
        let probability = sure * share(suspect.score()) / total;
        causes.push(suspect.into_cause(probability));
    }
    if causes.is_empty() {
        return (causes, Probability::ONE);
    }
    (causes, Probability::saturating(1.0 - sure + sure * rest / total))
}

/// The probability of each entity to be where the fault sits, from its share of the harm.
///
/// They sum to one less the lapse, and keep the order of the shares.
pub(super) fn believe(entities: &mut [RankedEntity], weights: &Weights) {
    let sure = 1.0 - weights.lapse.clamp(0.0, 1.0);
    let most = entities.iter().map(|entity| entity.share.value()).fold(0.0, f64::max);
    if most <= 0.0 {
        return;
    }
    let of = |share: f64| f64::powf(share / most, 1.0 / weights.entity_temperature);
    let total: f64 = entities.iter().map(|entity| of(entity.share.value())).sum();
    for entity in entities {
        entity.probability = Probability::saturating(sure * of(entity.share.value()) / total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspect(name: &str, weights: &[f64]) -> Suspect {
        Suspect {
            kind: CauseKind::Flag { key: name.to_owned() },
            title: name.to_owned(),
            entity: None,
            event: None,
            mechanism: None,
            remediation: None,
            prior: 0.0,
            weighed: weights.iter().map(|w| Weighed::new(EvidenceKind::Timing, *w, "x")).collect(),
            path: Vec::new(),
        }
    }

    #[test]
    fn probabilities_sum_to_one_and_follow_the_evidence() {
        let (causes, none) =
            weigh(vec![suspect("b", &[1.0, -2.0]), suspect("a", &[3.0])], &Weights::default());
        assert_eq!(causes[0].title, "a");
        let sum: f64 = causes.iter().map(|c| c.probability.value()).sum::<f64>() + none.value();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!((causes[1].evidence_for.len(), causes[1].evidence_against.len()), (1, 1));
        assert!(causes[1].evidence_against[0].weight > 0.0);
    }

    #[test]
    fn ties_break_on_the_suspect_not_on_arrival() {
        let order = |names: [&str; 2]| {
            weigh(names.map(|n| suspect(n, &[1.0])).to_vec(), &Weights::default()).0
        };
        assert_eq!(order(["a", "b"]), order(["b", "a"]));
    }

    #[test]
    fn no_suspects_leaves_everything_to_none() {
        assert_eq!(weigh(Vec::new(), &Weights::default()).1, Probability::ONE);
    }

    #[test]
    fn other_suspects_do_not_change_the_odds_against_none_of_these() {
        let weights = Weights { lapse: 0.0, ..Weights::default() };
        let odds = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| number.to_string()).collect();
            let (causes, none) =
                weigh(names.iter().map(|name| suspect(name, &[1.0])).collect(), &weights);
            causes[0].probability.value() / none.value()
        };
        assert!((odds(2) - odds(300)).abs() < 1e-9);
    }

    #[test]
    fn no_evidence_makes_quite_sure() {
        let (causes, none) = weigh(vec![suspect("a", &[99.0])], &Weights::default());
        let lapse = Weights::default().lapse;
        assert!((causes[0].probability.value() - (1.0 - lapse)).abs() < 1e-9);
        assert!((none.value() - lapse).abs() < 1e-9);
    }

    #[test]
    fn the_belief_in_entities_keeps_their_order_and_sums_to_one_less_the_lapse() {
        let ranked = |name: &str, share: f64| RankedEntity {
            entity: Entity::service(name),
            share: Probability::saturating(share),
            probability: Probability::ZERO,
            onset: None,
            evidence: Vec::new(),
        };
        let mut entities = vec![ranked("a", 0.6), ranked("b", 0.3), ranked("c", 0.1)];
        let weights = Weights::default();
        believe(&mut entities, &weights);
        assert!(entities.is_sorted_by(|a, b| a.probability > b.probability));
        let sum: f64 = entities.iter().map(|entity| entity.probability.value()).sum();
        assert!((sum - (1.0 - weights.lapse)).abs() < 1e-9);
        believe(&mut [], &weights);
    }
}
