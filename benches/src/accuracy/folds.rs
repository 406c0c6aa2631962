//! Do the weights hold where they were not chosen? Cross-validation by system and by repository.
//!
//! One sweep of coordinate search: from the weights as they are, each weight alone is halved and doubled, over all
//! incidents once. For each fold the better multiplier of every weight is chosen on all *other* groups (each
//! group counts the same), all are applied together, and the fold is judged with them. Deterministic, and as many
//! rankings as two for each weight that matters plus one for each fold.
//!
//! Two families that share no evidence are fitted apart: entities (systems with telemetry), and commits
//! (repositories).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rca_core::rank::{Options, Weights};

use crate::accuracy::ablation;
use crate::accuracy::answer::Answer;
use crate::accuracy::culprit::Track;
use crate::accuracy::incidents::{Incidents, Ready, Set};
use crate::accuracy::truth::Truth;
use crate::accuracy::{Result, table};

const MULTIPLIERS: [f64; 2] = [0.5, 2.0];
/// A multiplier has to gain this much in the mean reciprocal rank to be taken.
const WORTH: f64 = 0.003;
const SAMPLE: usize = 8;

/// Figures in and out of fold, for both families.
pub fn run(data: &Path) -> Result<String> {
    let entities = family(
        data,
        &[Set::Nezha, Set::Petshop],
        &[
            ("TrainTicket, fitted on OnlineBoutique alone", "onlineboutique", "trainticket"),
            ("OnlineBoutique, fitted on TrainTicket alone", "trainticket", "onlineboutique"),
        ],
    )?;
    let commits = family(data, &[Set::Culprit(Track::HardNoisy)], &[])?;
    Ok(format!("{entities}\n{commits}"))
}

/// Reciprocal ranks of every answer, by setting.
struct Sweep {
    base: Vec<f64>,
    /// Weight and multiplier, with what comes of it.
    tried: Vec<(&'static str, f64, Vec<f64>)>,
}

impl Sweep {
    fn new(ready: &Ready, truth: &Truth) -> Result<(Self, Vec<Answer>)> {
        let weights = Weights::default();
        let answers = ready.all_answers("ranking", &Options::default())?;
        let base = gains(truth, &answers);
        let places: Vec<usize> = (0..answers.len()).collect();
        let sample: Vec<usize> = places.iter().copied().step_by(SAMPLE).collect();
        let mut tried = Vec::new();
        for name in ablation::removable() {
            let value = weights.get(name).unwrap_or_default();
            for multiplier in MULTIPLIERS {
                let options = ablation::with(&weights, name, value * multiplier)?;
                let first = ready.answers(name, &sample, &options)?;
                let same = |(place, answer): (&usize, &Answer)| {
                    answers.get(*place).is_some_and(|base| base.ranking == answer.ranking)
                };
                if sample.iter().zip(&first).all(same) {
                    continue;
                }
                tried.push((name, multiplier, gains(truth, &ready.all_answers(name, &options)?)));
            }
        }
        Ok((Self { base, tried }, answers))
    }

    /// The weights that fit the groups best, and which they are.
    fn fit(&self, groups: &[&str], of: &[String]) -> Result<(Weights, Vec<String>)> {
        let base = mean_of_groups(&self.base, groups, of);
        let mut best: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (name, multiplier, gains) in &self.tried {
            let gain = mean_of_groups(gains, groups, of) - base;
            let known = best.entry(name).or_insert((WORTH, 1.0));
            if gain > known.0 {
                *known = (gain, *multiplier);
            }
        }
        let mut weights = Weights::default();
        let mut changed = Vec::new();
        for (name, (_, multiplier)) in best {
            if multiplier != 1.0 {
                let value = weights.get(name).unwrap_or_default() * multiplier;
                weights = weights.with(name, value)?;
                changed.push(format!("`{name}` × {multiplier}"));
            }
        }
        Ok((weights, changed))
    }
}

fn gains(truth: &Truth, answers: &[Answer]) -> Vec<f64> {
    let gain = |answer| truth.rank(answer).map_or(0.0, |rank| 1.0 / rank as f64);
    answers.iter().map(gain).collect()
}

/// The mean over groups of the mean within.
fn mean_of_groups(gains: &[f64], groups: &[&str], of: &[String]) -> f64 {
    let mean = |group: &&str| {
        let own: Vec<f64> =
            gains.iter().zip(of).filter(|(_, name)| name == group).map(|(gain, _)| *gain).collect();
        own.iter().sum::<f64>() / own.len().max(1) as f64
    };
    groups.iter().map(mean).sum::<f64>() / groups.len().max(1) as f64
}

fn family(data: &Path, sets: &[Set], pairs: &[(&str, &str, &str)]) -> Result<String> {
    let ready = Incidents::read(data, sets)?.detect()?;
    // Fitting needs to know what is right; the ranking that is fitted does not.
    let truth = Truth::read(data)?;
    let (sweep, answers) = Sweep::new(&ready, &truth)?;
    let of: Vec<String> = answers.iter().map(|answer| answer.group.clone()).collect();
    let names: BTreeSet<&str> = of.iter().map(String::as_str).collect();
    let groups: Vec<&str> = names.into_iter().collect();
    let judge = |weights: &Weights, group: &str| -> Result<(f64, f64)> {
        let all = of.iter().enumerate();
        let places: Vec<usize> = all.filter(|(_, name)| *name == group).map(|(p, _)| p).collect();
        let options = Options { weights: weights.clone(), ..Options::default() };
        let figures = truth.figures(&ready.answers(group, &places, &options)?);
        Ok((figures.at1(), figures.mrr()))
    };
    let show = |(first, mrr): (f64, f64)| format!("{first:.2} / {mrr:.2}");
    let (fitted, _) = sweep.fit(&groups, &of)?;
    let head = [
        "left out",
        "as they are, @1 / MRR",
        "fitted on all",
        "fitted without it",
        "what that changed",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut sums = [(0.0, 0.0); 3];
    for &group in &groups {
        let others: Vec<&str> = groups.iter().copied().filter(|other| *other != group).collect();
        let (weights, changed) = sweep.fit(&others, &of)?;
        let figures =
            [judge(&Weights::default(), group)?, judge(&fitted, group)?, judge(&weights, group)?];
        for (sum, figure) in sums.iter_mut().zip(figures) {
            *sum = (sum.0 + figure.0, sum.1 + figure.1);
        }
        let [now, inside, outside] = figures.map(show);
        rows.push(vec![group.to_owned(), now, inside, outside, changed.join(", ")]);
    }
    let count = groups.len().max(1) as f64;
    let [now, inside, outside] = sums.map(|(first, mrr)| show((first / count, mrr / count)));
    rows.push(vec!["mean of all".to_owned(), now, inside, outside, String::new()]);
    for (what, from, to) in pairs {
        let (weights, changed) = sweep.fit(&[from], &of)?;
        let now = show(judge(&Weights::default(), to)?);
        let outside = show(judge(&weights, to)?);
        rows.push(vec![(*what).to_owned(), now, "-".to_owned(), outside, changed.join(", ")]);
    }
    Ok(table::markdown(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_counts_the_same() {
        let of = ["a", "a", "a", "b"].map(str::to_owned);
        assert_eq!(mean_of_groups(&[1.0, 1.0, 1.0, 0.0], &["a", "b"], &of), 0.5);
        assert_eq!(mean_of_groups(&[1.0, 1.0, 1.0, 0.0], &["b"], &of), 0.0);
    }
}
