//! Does what a cause does explain what is seen?

use super::{Mechanism, Symptom};
use crate::model::Confidence;

/// How well a mechanism fits the symptoms seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Additive, in natural-log odds: about 0 nothing in common, above 2 a good fit, negative a
    /// contradiction. Additive scores rank better than probabilities of "at least one".
    pub score: f64,
    /// Symptoms it explains, with what each added, most first.
    pub explained: Vec<(Symptom, f64)>,
    /// Symptoms that speak against it, with what each took (as positive numbers), most first.
    pub against: Vec<(Symptom, f64)>,
    /// Symptoms it says nothing about, with what each took, most first.
    pub unexplained: Vec<(Symptom, f64)>,
    /// In words.
    pub explanation: String,
}

/// A second symptom of the same fault adds less than the first: they are not independent.
const DISCOUNT: f64 = 0.6;
/// Share of a symptom's specificity that is lost when the mechanism can't explain it.
const UNEXPLAINED: f64 = 0.35;

impl Mechanism {
    /// The weight of a symptom in this mechanism's row.
    #[must_use]
    pub fn weight(&self, symptom: Symptom) -> Option<f64> {
        self.symptoms.iter().find(|(known, _)| *known == symptom).map(|(_, weight)| *weight)
    }

    /// Compares the symptoms this mechanism produces with those seen.
    ///
    /// Several sightings of a symptom count once, with the strongest. The strongest explained symptom
    /// counts in full and each further one less; specific symptoms that the mechanism can't produce
    /// take something away, general ones (latency, errors) nearly nothing.
    #[must_use]
    pub fn match_score(&self, seen: &[(Symptom, Confidence)]) -> Match {
        let (mut explained, mut against, mut unexplained) = (Vec::new(), Vec::new(), Vec::new());
        for (symptom, strength) in strongest(seen) {
            match self.weight(symptom) {
                Some(weight) if weight > 0.0 => explained.push((symptom, weight * strength)),
                Some(weight) => against.push((symptom, -weight * strength)),
                None => {
                    unexplained.push((symptom, symptom.specificity() * strength * UNEXPLAINED));
                }
            }
        }
        for list in [&mut explained, &mut against, &mut unexplained] {
            list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        }
        let score =
            discounted(&explained) - discounted(&against) - discounted(&unexplained).min(1.5);
        let explanation = self.explain(&explained, &against);
        Match { score, explained, against, unexplained, explanation }
    }

    fn explain(&self, explained: &[(Symptom, f64)], against: &[(Symptom, f64)]) -> String {
        let words = |list: &[(Symptom, f64)]| {
            list.iter().map(|(symptom, _)| symptom.title()).collect::<Vec<_>>().join(", ")
        };
        match (explained.is_empty(), against.is_empty()) {
            (true, true) => format!("{} produces none of what is seen", self.title),
            (true, false) => format!("{} does not fit: {}", self.title, words(against)),
            (false, true) => format!("{} produces {}", self.title, words(explained)),
            (false, false) => {
                format!("{} produces {}, but not {}", self.title, words(explained), words(against))
            }
        }
    }
}

/// Each symptom once with its greatest strength, in the order of the enum.
fn strongest(seen: &[(Symptom, Confidence)]) -> Vec<(Symptom, f64)> {
    let mut sorted: Vec<_> =
        seen.iter().map(|(symptom, strength)| (*symptom, strength.value())).collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    sorted.dedup_by_key(|(symptom, _)| *symptom);
    sorted
}

/// The first in full, each further one by a constant factor less.
fn discounted(sorted: &[(Symptom, f64)]) -> f64 {
    let mut factor = 1.0;
    let mut sum = 0.0;
    for (_, amount) in sorted {
        sum += amount * factor;
        factor *= DISCOUNT;
    }
    sum
}
