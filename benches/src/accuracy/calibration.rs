//! Does 70 % mean 70 %? Expected calibration error of the first answer.
//!
//! Answers are sorted by their probability and cut into ten bins of equal mass; the error is the mean distance
//! between the mean probability and the share of right answers in a bin, weighted by its size (Guo, Pleiss, Sun,
//! Weinberger 2017, with bins of equal mass as in Nixon et al. 2019, so that no bin rests on a handful).

use std::path::Path;

use rca_core::rank::{Options, Weights};

use crate::accuracy::answer::Answer;
use crate::accuracy::incidents::{Incidents, Set};
use crate::accuracy::truth::Truth;
use crate::accuracy::{Result, fit, table};

/// All tables: how the weights do as they are, and which would fit. Truth is read once all answers are given.
pub fn run(data: &Path) -> Result<String> {
    let ready = Incidents::read(data, &Set::ALL)?.detect()?;
    let weights = Weights::default();
    let answers = ready.all_answers("ranking", &Options::default())?;
    let bare = Options { weights: fit::bare(&weights), ..Options::default() };
    let odds = ready.all_answers("ranking without temperature", &bare)?;
    let truth = Truth::read(data)?;
    Ok(tables(&truth, &answers) + "\n" + &fit::run(&truth, &odds, &weights))
}

const BINS: usize = 10;

/// A probability, and whether what it was said of is true.
pub(super) type Said = (f64, bool);

/// One bin of the reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bin {
    count: usize,
    said: f64,
    right: f64,
}

fn bins(mut said: Vec<Said>) -> Vec<Bin> {
    // Stable: what is equally probable keeps its order, or a bin would be all right or all wrong.
    said.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = said.len().div_ceil(BINS).max(1);
    said.chunks(size)
        .map(|part| {
            let count = part.len() as f64;
            Bin {
                count: part.len(),
                said: part.iter().map(|(p, _)| p).sum::<f64>() / count,
                right: part.iter().filter(|(_, right)| *right).count() as f64 / count,
            }
        })
        .collect()
}

fn error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    let sum: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.said - bin.right).abs()).sum();
    sum / all.max(1) as f64
}

/// The calibration error.
pub(super) fn error_of(said: Vec<Said>) -> f64 {
    error(&bins(said))
}

fn said<'a>(truth: &Truth, answers: impl IntoIterator<Item = &'a Answer>) -> Vec<Said> {
    answers
        .into_iter()
        .filter_map(|answer| Some((answer.probability, truth.is_right(answer, &answer.first)?)))
        .collect()
}

/// Tables: the error by set, and how reliable each range of probabilities is over all sets.
fn tables(truth: &Truth, answers: &[Answer]) -> String {
    let mut sets: Vec<&str> = answers.iter().map(|answer| answer.set.as_str()).collect();
    sets.dedup();
    let head = ["set", "answers", "mean probability", "right", "calibration error"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let row = |name: &str, said: Vec<Said>| {
        let count = said.len().max(1) as f64;
        let mean = said.iter().map(|(p, _)| p).sum::<f64>() / count;
        let right = said.iter().filter(|(_, right)| *right).count() as f64 / count;
        let (n, error) = (said.len().to_string(), error(&bins(said)));
        vec![name.to_owned(), n, share(mean), share(right), share(error)]
    };
    for set in sets {
        rows.push(row(set, said(truth, answers.iter().filter(|answer| answer.set == set))));
    }
    let all = said(truth, answers);
    rows.push(row("all", all.clone()));
    let mut text = table::markdown(&rows);
    let head = ["probability said", "answers", "mean", "right"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut sorted: Vec<f64> = all.iter().map(|(p, _)| *p).collect();
    sorted.sort_by(f64::total_cmp);
    let mut from = 0;
    for bin in bins(all) {
        let edge = |place: usize| sorted.get(place).copied().unwrap_or_default();
        let range = format!("{:.2} to {:.2}", edge(from), edge(from + bin.count - 1));
        from += bin.count;
        rows.push(vec![range, bin.count.to_string(), share(bin.said), share(bin.right)]);
    }
    text.push('\n');
    text.push_str(&table::markdown(&rows));
    text
}

fn share(value: f64) -> String {
    format!("{value:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_probabilities_have_no_error_and_boasts_have_one() {
        let honest: Vec<Said> = (0..100).map(|n| (0.25, n % 4 == 0)).collect();
        assert!(error(&bins(honest)) < 0.15);
        let boasts: Vec<Said> = (0..100).map(|n| (0.95, n % 2 == 0)).collect();
        assert!((error(&bins(boasts)) - 0.45).abs() < 0.1);
    }

    #[test]
    fn bins_hold_all_answers() {
        let said: Vec<Said> = (0..37).map(|n| (f64::from(n) / 37.0, n > 10)).collect();
        let bins = bins(said);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), 37);
        assert!(bins.len() <= BINS);
    }
}
