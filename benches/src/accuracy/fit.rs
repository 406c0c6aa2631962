//! The numbers that make probabilities as sure as they are right: fitted, and tried on what they were not fitted on.
//!
//! Temperature scaling: log odds divided by one number for all data, chosen by maximum likelihood of the right
//! answers (Guo, Pleiss, Sun, Weinberger 2017), and the weight of "none of these". Orders do not change, so
//! nothing has to be ranked again. Each repository and system is also left out once, and judged with what fits
//! all others.

use std::collections::BTreeSet;

use rca_core::rank::Weights;

use crate::accuracy::answer::{Answer, NONE};
use crate::accuracy::calibration::{self, Said};
use crate::accuracy::table;
use crate::accuracy::truth::Truth;

/// What is tried.
const TEMPERATURES: std::ops::RangeInclusive<u32> = 4..=40;
const STEP: f64 = 0.05;
/// "None of these" is at least as likely as a suspect of which nothing is known, and within reason.
const NONES: std::ops::RangeInclusive<u32> = 0..=12;
const NONE_STEP: f64 = 0.25;

/// The weights with which [`run`] wants the answers: bare log odds as probabilities.
#[must_use]
pub fn bare(weights: &Weights) -> Weights {
    Weights { temperature: 1.0, entity_temperature: 1.0, lapse: 0.0, ..weights.clone() }
}

/// One answer as log odds.
struct Odds {
    group: String,
    candidates: Vec<(f64, bool)>,
    others: Vec<f64>,
    none: f64,
    /// "Nobody's commit" is an answer here; whether it is the right one.
    abstains: Option<bool>,
}

/// Numbers that are fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Setting {
    temperature: f64,
    /// Added to the log odds of "none of these".
    shift: f64,
}

impl Odds {
    fn of(answer: &Answer, truth: &Truth) -> Option<Self> {
        let candidates: Option<Vec<(f64, bool)>> = answer
            .ranking
            .iter()
            .map(|(name, p)| Some((p.ln(), truth.is_right(answer, name)?)))
            .collect();
        let mut others: Vec<f64> = answer.others.iter().map(|p| p.ln()).collect();
        let none = others.pop().unwrap_or(f64::NEG_INFINITY);
        let abstains =
            (answer.set == "rootcausebench").then(|| truth.is_right(answer, NONE)).flatten();
        Some(Self { group: answer.group.clone(), candidates: candidates?, others, none, abstains })
    }

    /// What would be said first, and the probability that was given to the truth.
    fn judge(&self, setting: Setting, lapse: f64) -> (Said, f64) {
        let none = self.none + setting.shift;
        let all =
            || self.candidates.iter().map(|(odds, _)| *odds).chain(self.others.iter().copied());
        let top = all().fold(none, f64::max);
        let share = |odds: f64| f64::exp((odds - top) / setting.temperature);
        let total: f64 = share(none) + all().map(share).sum::<f64>();
        let probability = |odds: f64| (1.0 - lapse) * share(odds) / total;
        let right = self.candidates.iter().filter(|(_, right)| *right);
        let mut true_mass: f64 = right.map(|(odds, _)| probability(*odds)).sum();
        let nobody = 1.0 - self.candidates.iter().map(|(odds, _)| probability(*odds)).sum::<f64>();
        let mut said = self
            .candidates
            .first()
            .map_or((0.0, false), |(odds, right)| (probability(*odds), *right));
        if let Some(is_right) = self.abstains {
            true_mass += if is_right { nobody } else { 0.0 };
            let others = self.others.iter().copied().fold(none, f64::max);
            if self.candidates.first().is_none_or(|(odds, _)| *odds <= others) {
                said = (nobody, is_right);
            }
        } else if true_mass == 0.0 {
            // The right one is no candidate at all.
            true_mass = nobody.max(lapse);
        }
        (said, true_mass.max(1e-6))
    }
}

/// Settings by how well they fit, as sums over answers that can be added up by group.
struct Losses {
    settings: Vec<Setting>,
    by_answer: Vec<Vec<f64>>,
}

impl Losses {
    fn new(odds: &[Odds], nones: &[f64], lapse: f64) -> Self {
        let settings: Vec<Setting> = TEMPERATURES
            .flat_map(|t| nones.iter().map(move |shift| (f64::from(t) * STEP, *shift)))
            .map(|(temperature, shift)| Setting { temperature, shift })
            .collect();
        let loss = |one: &Odds| {
            settings.iter().map(|setting| -one.judge(*setting, lapse).1.ln()).collect()
        };
        Self { by_answer: odds.iter().map(loss).collect(), settings }
    }

    fn best(&self, odds: &[Odds], but: Option<&str>) -> Option<Setting> {
        let mut sums = vec![0.0; self.settings.len()];
        for (one, losses) in odds.iter().zip(&self.by_answer) {
            if but != Some(one.group.as_str()) {
                for (sum, loss) in sums.iter_mut().zip(losses) {
                    *sum += loss;
                }
            }
        }
        let best = self.settings.iter().zip(sums).min_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(setting, _)| *setting)
    }
}

/// What fits, and what comes of it in and out of fold. The answers were given with [`bare`] weights.
#[must_use]
pub fn run(truth: &Truth, answers: &[Answer], weights: &Weights) -> String {
    let is_entity = |answer: &&Answer| matches!(answer.set.as_str(), "nezha" | "petshop");
    let (entities, causes): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(is_entity);
    let shifts: Vec<f64> =
        NONES.map(|n| f64::from(n) * NONE_STEP - weights.none_of_these).collect();
    let mut rows = vec![
        ["what", "weights", "error, as they are", "error, fitted on all", "error, out of fold"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut everything: [Vec<Said>; 3] = Default::default();
    for (what, answers, shifts, now) in [
        ("causes", causes, shifts, weights.temperature),
        ("entities", entities, vec![0.0], weights.entity_temperature),
    ] {
        let odds: Vec<Odds> = answers.iter().filter_map(|a| Odds::of(a, truth)).collect();
        let losses = Losses::new(&odds, &shifts, weights.lapse);
        let Some(best) = losses.best(&odds, None) else { continue };
        let groups: BTreeSet<&str> = odds.iter().map(|one| one.group.as_str()).collect();
        let say = |one: &Odds, setting| one.judge(setting, weights.lapse).0;
        let is = Setting { temperature: now, shift: 0.0 };
        let current: Vec<Said> = odds.iter().map(|one| say(one, is)).collect();
        let fitted: Vec<Said> = odds.iter().map(|one| say(one, best)).collect();
        let mut held_out = Vec::new();
        for group in groups {
            let Some(setting) = losses.best(&odds, Some(group)) else { continue };
            let own = odds.iter().filter(|one| one.group == group);
            held_out.extend(own.map(|one| say(one, setting)));
        }
        let found = if shifts.len() > 1 {
            let none = weights.none_of_these + best.shift;
            format!("temperature {:.2}, none_of_these {none:.2}", best.temperature)
        } else {
            format!("entity_temperature {:.2}", best.temperature)
        };
        rows.push(row(what, found, [&current, &fitted, &held_out]));
        for (all, part) in everything.iter_mut().zip([current, fitted, held_out]) {
            all.extend(part);
        }
    }
    let [current, fitted, held_out] = &everything;
    rows.push(row("all", String::new(), [current, fitted, held_out]));
    table::markdown(&rows)
}

fn row(what: &str, found: String, said: [&Vec<Said>; 3]) -> Vec<String> {
    let mut row = vec![what.to_owned(), found];
    row.extend(said.map(|said| format!("{:.3}", calibration::error_of(said.clone()))));
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boast(right: bool) -> Odds {
        Odds {
            group: "mill".to_owned(),
            candidates: vec![(4.0, right), (0.0, !right)],
            others: Vec::new(),
            none: f64::NEG_INFINITY,
            abstains: None,
        }
    }

    #[test]
    fn boasts_that_are_wrong_as_often_as_right_are_damped() {
        let odds = [boast(true), boast(false), boast(true), boast(false)];
        let losses = Losses::new(&odds, &[0.0], 0.02);
        let best = losses.best(&odds, None).unwrap();
        assert_eq!(best.temperature, f64::from(*TEMPERATURES.end()) * STEP);
        let ((said, _), _) = boast(true).judge(best, 0.02);
        assert!(said < 0.9, "{said}");
    }

    #[test]
    fn what_is_always_right_may_be_said_boldly() {
        let odds = [boast(true), boast(true)];
        let best = Losses::new(&odds, &[0.0], 0.0).best(&odds, None).unwrap();
        assert!(best.temperature < 1.0);
    }
}
