//! Suspects and how their evidence adds up.
//!
//! Every piece of evidence adds to (or takes from) a suspect's log odds; the sums become probabilities
//! by softmax together with "none of these". Additive log odds rank better than noisy-or: evidence against
//! counts as much as evidence for.

use crate::model::{
    Cause, CauseKind, Entity, EventId, Evidence, EvidenceKind, PathStep, Probability,
};

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
/// `none` is the log odds of "none of these"; `temperature` flattens (above 1) or sharpens.
pub(super) fn weigh(
    mut suspects: Vec<Suspect>,
    none: f64,
    temperature: f64,
) -> (Vec<Cause>, Probability) {
    suspects.sort_by(|a, b| {
        b.score().total_cmp(&a.score()).then_with(|| a.tie_break().cmp(&b.tie_break()))
    });
    let top = suspects.first().map_or(none, |first| first.score().max(none));
    let share = |score: f64| f64::exp((score - top) / temperature);
    let rest = share(none);
    let total: f64 = rest + suspects.iter().map(|suspect| share(suspect.score())).sum::<f64>();
    let mut causes: Vec<Cause> = Vec::with_capacity(suspects.len());
    for suspect in suspects {
        let probability = share(suspect.score()) / total;
        causes.push(suspect.into_cause(probability));
    }
    (causes, Probability::saturating(rest / total))
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
            weigh(vec![suspect("b", &[1.0, -2.0]), suspect("a", &[3.0])], 1.0, 1.0);
        assert_eq!(causes[0].title, "a");
        let sum: f64 = causes.iter().map(|c| c.probability.value()).sum::<f64>() + none.value();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!((causes[1].evidence_for.len(), causes[1].evidence_against.len()), (1, 1));
        assert!(causes[1].evidence_against[0].weight > 0.0);
    }

    #[test]
    fn ties_break_on_the_suspect_not_on_arrival() {
        let order =
            |names: [&str; 2]| weigh(names.map(|n| suspect(n, &[1.0])).to_vec(), 0.0, 1.0).0;
        assert_eq!(order(["a", "b"]), order(["b", "a"]));
    }

    #[test]
    fn no_suspects_leaves_everything_to_none() {
        assert_eq!(weigh(Vec::new(), 2.0, 1.0).1, Probability::ONE);
    }
}
