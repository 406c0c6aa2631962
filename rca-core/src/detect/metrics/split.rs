//! Where a series changes: a first guess by ranks, departures from normal, and the exact onset.

use crate::detect::metrics::normal::Normal;
use crate::detect::metrics::series::{Samples, seconds};

/// A sample this many deviations from normal is out of the band.
pub(super) const BAND: f64 = 3.0;

/// The split that best divides a series into a level and what comes after it: as many samples
/// belong to the normal part.
///
/// Least squares over ranks: a constant before, a free line after, so that steps and ramps of any
/// size and shape are one problem, and outliers weigh no more than their rank (in the spirit of
/// Pettitt 1979). One pass over prefix sums.
pub(super) fn by_ranks(values: &[f64], least: usize) -> usize {
    let ranks = ranks(values);
    let n = ranks.len();
    let mut after = Line::default();
    let mut costs = vec![0.0; n + 1];
    for (index, rank) in ranks.iter().enumerate().rev() {
        after.add(index as f64, *rank);
        if let Some(cost) = costs.get_mut(index) {
            *cost = after.cost();
        }
    }
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, n);
    for (index, rank) in ranks.iter().enumerate() {
        if index >= least {
            let before: f64 = squares - sum * sum / count;
            let cost = before.max(0.0) + costs.get(index).copied().unwrap_or_default();
            // Later splits win ties: the more normal samples, the better they are known.
            if cost <= best.0 {
                best = (cost, index);
            }
        }
        count += 1.0;
        sum += rank;
        squares += rank * rank;
    }
    best.1
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |index: &usize| values.get(*index).copied().unwrap_or_default();
    order.sort_by(|a, b| value(a).total_cmp(&value(b)));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for same in order.chunk_by(|a, b| value(a) == value(b)) {
        let rank = first as f64 + (same.len() - 1) as f64 / 2.0;
        for index in same {
            if let Some(slot) = ranks.get_mut(*index) {
                *slot = rank;
            }
        }
        first += same.len();
    }
    ranks
}

/// Sums for a straight line through points.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// Sum of squared residuals of the best line.
    fn cost(&self) -> f64 {
        if self.n < 2.0 {
            return 0.0;
        }
        let xx = self.xx - self.x * self.x / self.n;
        let xy = self.xy - self.x * self.y / self.n;
        let yy = self.yy - self.y * self.y / self.n;
        (if xx > 0.0 { yy - xy * xy / xx } else { yy }).max(0.0)
    }
}

/// A stretch of samples out of the band, on one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Departure {
    /// Index of the first and of the last sample out of the band.
    pub(super) first: usize,
    pub(super) last: usize,
    /// How many samples are out of the band.
    pub(super) count: usize,
    /// Sum of distances, each counted up to 10.
    pub(super) weight: f64,
    pub(super) up: bool,
}

/// All departures in order; one sample back within the band does not end one.
pub(super) fn departures(values: &[f64], normal: &Normal) -> Vec<Departure> {
    let mut found: Vec<Departure> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let distance = normal.distance(*value);
        if distance.abs() < BAND {
            continue;
        }
        let (up, weight) = (distance > 0.0, distance.abs().min(10.0));
        match found.last_mut() {
            Some(last) if last.up == up && index - last.last <= 2 => {
                last.last = index;
                last.count += 1;
                last.weight += weight;
            }
            _ => found.push(Departure { first: index, last: index, count: 1, weight, up }),
        }
    }
    found
}

/// The refined beginning of a departure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Beginning {
    /// Index of the first departed sample.
    pub(super) onset: usize,
    /// Index of the last sample that is surely normal.
    pub(super) last_normal: Option<usize>,
    /// Whether a straight line through everything explains the series as well: a drift without
    /// beginning.
    pub(super) drift: bool,
}

/// Finds where a departure left the center, which for a ramp is long before it left the band.
///
/// A hinge (a constant, then a line that starts at it) is fitted by least squares to the samples
/// up to the point where the departure is plain; a step needs no hinge.
pub(super) fn beginning(
    samples: &Samples<'_>,
    normal: &Normal,
    departure: &Departure,
) -> Beginning {
    let off = |value: f64| (value - normal.center) * if departure.up { 1.0 } else { -1.0 };
    let run = samples.values.get(departure.first..=departure.last).unwrap_or_default();
    let peak = run.iter().map(|v| off(*v)).fold(0.0, f64::max);
    let plain = (peak / 2.0).min(4.0 * BAND * normal.unit(departure.up));
    let risen = run.iter().position(|v| off(*v) >= plain).unwrap_or(0);
    let start = samples.times.first().copied().unwrap_or_default();
    let mut points: Vec<(f64, f64)> = samples
        .times
        .iter()
        .zip(&*samples.values)
        .take(departure.last + 1)
        // Beyond "plain" all is equal: how high it went does not move the beginning.
        .map(|(time, value)| (seconds(*time - start), off(*value).clamp(-plain, plain)))
        .collect();
    if risen < 2 {
        let (before, after) = points.split_at(departure.first.min(points.len()));
        let left = level_cost(before) + level_cost(after);
        return Beginning {
            onset: departure.first,
            last_normal: departure.first.checked_sub(1),
            drift: is_drift(&points, left),
        };
    }
    let end = departure.first + risen;
    points.truncate(end + 1);
    let mut begin = hinge(&points, end - 1);
    // A sample that can't be told from normal has not departed yet, whatever the line says.
    let departed = |index: usize| {
        samples.values.get(index).is_none_or(|v| off(*v) >= normal.unit(departure.up) / 4.0)
    };
    begin.onset = (begin.onset..=end.min(begin.onset + 2)).find(|i| departed(*i)).unwrap_or(end);
    begin
}

fn level_cost(points: &[(f64, f64)]) -> f64 {
    let mut line = Line::default();
    points.iter().for_each(|(_, value)| line.add(0.0, *value));
    line.cost()
}

/// Whether one straight line explains all points about as well as what left `left` unexplained.
/// Few points prove little, so the margin grows.
fn is_drift(points: &[(f64, f64)], left: f64) -> bool {
    let mut line = Line::default();
    points.iter().for_each(|(time, value)| line.add(*time, *value));
    line.cost() <= left * (1.2 + 6.0 / points.len().max(1) as f64)
}

/// The best corner of "nothing, then a rise", not after index `latest`.
fn hinge(points: &[(f64, f64)], latest: usize) -> Beginning {
    // Sums over the samples after the corner; the residual sum of squares is smallest where the
    // gain is largest.
    let (mut n, mut t, mut tt, mut y, mut ty) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let mut gains: Vec<(usize, f64)> = Vec::new();
    for (index, (time, value)) in points.iter().enumerate().rev() {
        let along = tt - 2.0 * time * t + n * time * time;
        let rise = ty - time * y;
        if along > 0.0 && rise > 0.0 && index <= latest {
            gains.push((index, rise * rise / along));
        }
        n += 1.0;
        t += time;
        tt += time * time;
        y += value;
        ty += time * value;
    }
    let (corner, gain) = gains
        .iter()
        .copied()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((latest.saturating_sub(1), 0.0));
    let total: f64 = points.iter().map(|(_, value)| value * value).sum();
    let left = (total - gain).max(0.0);
    let noise = left / points.len().max(1) as f64;
    // 3.84: the corner may lie anywhere the fit is not worse at the 5 % level (chi square, 1 df).
    let earliest = gains
        .iter()
        .filter(|(_, other)| gain - other <= 3.84 * noise)
        .map(|(index, _)| *index)
        .min()
        .unwrap_or(corner);
    Beginning { onset: corner + 1, last_normal: Some(earliest), drift: is_drift(points, left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_find_steps_and_ramps_of_any_size() {
        let noise = |i: usize| ((i * 7919) % 13) as f64 / 13.0;
        let step: Vec<f64> = (0..60).map(|i| noise(i) + if i < 45 { 0.0 } else { 1e6 }).collect();
        assert!((43..=45).contains(&by_ranks(&step, 3)), "{}", by_ranks(&step, 3));
        let ramp: Vec<f64> =
            (0..100).map(|i| noise(i) + i.saturating_sub(30) as f64 * 0.2).collect();
        assert!((26..=36).contains(&by_ranks(&ramp, 3)), "{}", by_ranks(&ramp, 3));
    }

    #[test]
    fn the_beginning_of_a_ramp_is_before_it_leaves_the_band() {
        let values: Vec<f64> = (0..100_usize)
            .map(|i| ((i * 7919) % 13) as f64 / 4.0 + i.saturating_sub(40) as f64 * 0.5)
            .collect();
        let times: Vec<i64> = (0..100).map(|i| i * 60_000_000_000).collect();
        let samples = Samples::from((times, values));
        let normal = Normal::learn(&samples.values[..40], &samples.values);
        let departures = departures(&samples.values, &normal);
        let run = departures.last().unwrap();
        let begin = beginning(&samples, &normal, run);
        assert!(run.first > 45 && (38..=43).contains(&begin.onset), "{begin:?} {run:?}");
        assert!(!begin.drift);
    }
}
