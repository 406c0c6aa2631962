//! The moment from which durations are others, and how surely.
//!
//! Durations are compared by their logarithms above a floor (what is far below it nobody notices), with
//! the likelihood ratio of two means against one for normal noise of unknown spread. Each series finds its
//! own moment: a fault does not reach all operations at once. The price of the search is taken off, and the
//! rest, as a z-score, is weighed by the size of the effect: a factor of e counts in full.

use crate::detect::traces::Options;
use crate::detect::traces::sketch::{Moments, Sketch};

/// Two spans' worth of a deviation of one half: a factor of 1.6 is normal until seen otherwise.
const PRIOR_SPREAD: f64 = 0.5;

/// A change of durations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slow {
    /// First stretch of the new durations.
    pub(super) at: i64,
    /// Comparable with a z-score.
    pub(super) score: f64,
    /// Typical milliseconds (geometric mean above the floor) before and after.
    pub(super) millis: (f64, f64),
    pub(super) samples: (u64, u64),
}

/// The split among `splits` that tells the durations apart best, when it does so clearly.
///
/// Series come in order of time; everything in the reference counts as before.
pub(super) fn find<'a>(
    reference: impl Iterator<Item = &'a Sketch>,
    series: impl Iterator<Item = (i64, &'a Sketch)>,
    splits: &std::ops::RangeInclusive<i64>,
    options: &Options,
) -> Option<Slow> {
    let floor = options.noticed_millis;
    let moments = |sketch: &Sketch| sketch.log_moments_above(floor);
    let mut before = reference.map(moments).fold(Moments::default(), |sum, part| sum.plus(part));
    let parts: Vec<(i64, Moments)> =
        series.map(|(at, sketch)| (at, moments(sketch))).filter(|(_, m)| m.n > 0.0).collect();
    let mut after = parts.iter().fold(Moments::default(), |sum, (_, part)| sum.plus(*part));
    let mut tried = 0_u32;
    let mut best: Option<(f64, i64, Moments, Moments)> = None;
    for (at, part) in &parts {
        if at > splits.end() {
            break;
        }
        if at >= splits.start() && before.n > 0.0 {
            tried += 1;
            let (certainty, effect) = apart(before, after);
            let size = certainty.sqrt() * effect;
            if best.as_ref().is_none_or(|(most, ..)| size > *most) {
                best = Some((size, *at, before, after));
            }
        }
        before = before.plus(*part);
        after = after.minus(*part);
    }
    let (_, at, before, after) = best?;
    let (certainty, effect) = apart(before, after);
    let price = 2.0 * (1.0 + f64::from(tried)).ln();
    let score = (certainty - price).max(0.0).sqrt() * effect;
    let millis = |m: Moments| (m.mean().exp() - floor).max(0.0);
    // Whole numbers, made of counts.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = |m: Moments| m.n.round() as u64;
    (score >= options.min_score).then(|| Slow {
        at,
        score: score.min(options.max_score),
        millis: (millis(before), millis(after)),
        samples: (count(before), count(after)),
    })
}

/// Likelihood ratio of two means, and the effect: how far apart they are, 1 at most.
fn apart(before: Moments, after: Moments) -> (f64, f64) {
    let n = before.n + after.n;
    let apart = after.mean() - before.mean();
    let within = (before.spread() + after.spread() + PRIOR_SPREAD) / n;
    let certainty = n * (1.0 + apart * apart * before.n * after.n / (n * n) / within).ln();
    (certainty, apart.abs().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(millis: &[i64]) -> Sketch {
        let mut sketch = Sketch::default();
        millis.iter().for_each(|value| sketch.add(value * 1_000_000));
        sketch
    }

    fn found(series: &[(i64, &[i64])], reference: &[i64]) -> Option<Slow> {
        let series: Vec<(i64, Sketch)> = series.iter().map(|(at, v)| (*at, sketch(v))).collect();
        let reference = sketch(reference);
        find(
            std::iter::once(&reference),
            series.iter().map(|(at, sketch)| (*at, sketch)),
            &(0..=100),
            &Options::default(),
        )
    }

    #[test]
    fn the_moment_and_the_sizes_are_found() {
        let calm: &[i64] = &[20, 21, 19, 20];
        let slow: &[i64] = &[200, 210, 190];
        let series = [(1, calm), (2, calm), (3, calm), (4, slow), (5, slow)];
        let slow = found(&series, &[]).unwrap();
        assert_eq!((slow.at, slow.samples), (4, (12, 6)));
        assert!((slow.millis.0 - 20.0).abs() < 1.0 && (slow.millis.1 - 200.0).abs() < 5.0);
    }

    #[test]
    fn a_window_that_is_slow_throughout_is_told_by_the_reference() {
        let slow: &[i64] = &[200, 210, 190, 205];
        assert!(found(&[(1, slow), (2, slow)], &[]).is_none());
        assert_eq!(found(&[(1, slow), (2, slow)], &[20; 10]).unwrap().at, 1);
    }

    #[test]
    fn what_nobody_notices_is_no_change() {
        let (fast, slower): (&[i64], &[i64]) = (&[1; 40], &[2; 40]);
        assert!(found(&[(1, fast), (2, fast), (3, slower), (4, slower)], &[]).is_none());
    }
}
