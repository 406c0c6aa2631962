//! When the rate of a template changed, and how surely.
//!
//! The statistic is the log-likelihood ratio G of two Poisson rates against one (Dunning 1993,
//! "Accurate methods for the statistics of surprise and coincidence"), given as its signed square root
//! so that it compares with a z-score. Two corrections keep it honest: the split is searched, so the
//! statistic pays for the number of places tried; and log lines come in bursts, so it is divided by
//! the dispersion of the counts around the two rates (quasi-Poisson; McCullagh and Nelder 1989).

use std::ops::Range;

use super::counts::Moment;

/// Buckets over which the dispersion of the counts is estimated.
const BUCKETS: usize = 60;
/// A burst is one event at most this many times over.
const MAX_DISPERSION: f64 = 8.0;

/// Lines of one template and entity, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series<'a> {
    /// When the lines were written, by the first of each moment.
    pub(super) moments: &'a [Moment],
    /// The time in which lines could have been seen.
    pub(super) covered: &'a Range<i64>,
    /// Where the split may lie.
    pub(super) splits: &'a Range<i64>,
    /// Lines and nanoseconds of normal operation recorded elsewhere.
    pub(super) reference: (u64, f64),
}

/// A change of rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    /// First moment of the new rate.
    pub(super) at: i64,
    /// Lines before and after.
    pub(super) count: (u64, u64),
    /// Nanoseconds before and after.
    pub(super) duration: (f64, f64),
    /// Signed, comparable with a z-score.
    pub(super) score: f64,
}

/// The most likely moment of change; none when no moment beats a constant rate.
pub(super) fn change(series: &Series<'_>) -> Option<Shift> {
    let Series { moments, covered, splits, .. } = *series;
    // A rate can only change for the better likelihood right before or right after a line.
    let mut places: Vec<i64> =
        moments.iter().flat_map(|m| [m.first, m.last.saturating_add(1)]).collect();
    places.sort_unstable();
    places.push(splits.start);
    places.retain(|place| splits.contains(place) && covered.start <= *place);
    places.dedup();
    let penalty = 2.0 * (1.0 + float(places.len())).ln().max(0.0);
    let total = moments.iter().fold(0, |sum: u64, moment| sum.saturating_add(moment.count));
    let mut earlier = Earlier { moments, next: 0, count: 0 };
    let mut best: Option<(f64, Shift)> = None;
    for place in places {
        let before = earlier.than(place);
        let shift = split(series, place, before, total.saturating_sub(before));
        let g = statistic(&shift);
        if best.as_ref().is_none_or(|(most, _)| g > *most) {
            best = Some((g, shift));
        }
    }
    let (g, mut shift) = best?;
    let rest = (g - penalty).max(0.0) / dispersion(series, shift.at);
    let rises = rate(shift.count.1, shift.duration.1) >= rate(shift.count.0, shift.duration.0);
    shift.score = if rises { rest.sqrt() } else { -rest.sqrt() };
    Some(shift)
}

/// Counts lines before places that mostly ascend.
struct Earlier<'a> {
    moments: &'a [Moment],
    next: usize,
    count: u64,
}

impl Earlier<'_> {
    fn than(&mut self, place: i64) -> u64 {
        if self.next > 0 && self.moments.get(self.next - 1).is_some_and(|m| m.first >= place) {
            (self.next, self.count) = (0, 0);
        }
        while let Some(moment) = self.moments.get(self.next).filter(|m| m.first < place) {
            self.count = self.count.saturating_add(moment.count);
            self.next += 1;
        }
        self.count
    }
}

fn split(series: &Series<'_>, at: i64, before: u64, after: u64) -> Shift {
    let (start, end) = (series.covered.start, series.covered.end);
    // Two lines a nanosecond apart are no rate: a side that holds lines lasts a bucket at least.
    let bucket = float_i(end.saturating_sub(start)) / float(BUCKETS);
    let lasts = |lines: u64, nanos: i64| {
        let nanos = float_i(nanos);
        if lines > 0 { nanos.max(bucket) } else { nanos }
    };
    Shift {
        at,
        count: (before.saturating_add(series.reference.0), after),
        duration: (
            lasts(before, at.saturating_sub(start)) + series.reference.1,
            lasts(after, end.saturating_sub(at)),
        ),
        score: 0.0,
    }
}

fn statistic(shift: &Shift) -> f64 {
    let ((n1, n2), (t1, t2)) = (shift.count, shift.duration);
    let pooled = rate(n1.saturating_add(n2), t1 + t2);
    let part = |n: u64, t: f64| {
        let expected = pooled * t;
        if n == 0 || expected <= 0.0 { 0.0 } else { float_u(n) * (float_u(n) / expected).ln() }
    };
    (2.0 * (part(n1, t1) + part(n2, t2))).max(0.0)
}

/// Variance over mean of the counts in equal buckets, around the rates before and after; 1 when
/// lines come independently of each other.
fn dispersion(series: &Series<'_>, at: i64) -> f64 {
    let width = series.covered.end.saturating_sub(series.covered.start) / BUCKETS as i64;
    if width <= 0 {
        return 1.0;
    }
    let mut counts = [0.0f64; BUCKETS];
    for moment in series.moments {
        let bucket =
            usize::try_from(moment.first.saturating_sub(series.covered.start) / width).unwrap_or(0);
        counts[bucket.min(BUCKETS - 1)] += float_u(moment.count);
    }
    let cut =
        usize::try_from(at.saturating_sub(series.covered.start) / width).unwrap_or(0).min(BUCKETS);
    let (mut residual, mut freedom) = (0.0, 0.0);
    for segment in [&counts[..cut], &counts[cut..]] {
        let size = float(segment.len());
        let mean = segment.iter().sum::<f64>() / size;
        if size > 1.0 && mean > 0.0 {
            residual += segment.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / mean;
            freedom += size - 1.0;
        }
    }
    if freedom > 0.0 { (residual / freedom).clamp(1.0, MAX_DISPERSION) } else { 1.0 }
}

/// Lines for each nanosecond.
fn rate(count: u64, duration: f64) -> f64 {
    if duration > 0.0 { float_u(count) / duration } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
fn float(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
fn float_u(count: u64) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss, reason = "a nanosecond in a month does not matter")]
fn float_i(nanos: i64) -> f64 {
    nanos as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;
    use proptest::prelude::*;

    fn shift_in(times: &[i64], covered: &Range<i64>) -> Option<Shift> {
        let moments: Vec<Moment> =
            times.iter().map(|time| Moment::of(*time, Severity::Info)).collect();
        change(&Series { moments: &moments, covered, splits: covered, reference: (0, 0.0) })
    }

    fn shift_of(times: &[i64], end: i64) -> Option<Shift> {
        shift_in(times, &(0..end))
    }

    #[test]
    fn a_new_line_is_dated_to_its_first_appearance() {
        let times: Vec<i64> = (0..10).map(|i| 6_000 + i * 100).collect();
        let shift = shift_of(&times, 7_000).unwrap();
        assert_eq!((shift.at, shift.count), (6_000, (0, 10)));
        assert!(shift.score > 4.0, "{}", shift.score);
    }

    #[test]
    fn silence_begins_after_the_last_line() {
        let times: Vec<i64> = (0..50).map(|i| i * 100).collect();
        let shift = shift_of(&times, 10_000).unwrap();
        assert_eq!((shift.at, shift.count), (4_901, (50, 0)));
        assert!(shift.score < -4.0, "{}", shift.score);
    }

    #[test]
    fn a_steady_rate_and_a_single_line_prove_nothing() {
        let steady: Vec<i64> = (0..100).map(|i| i * 100).collect();
        assert!(shift_of(&steady, 10_000).unwrap().score.abs() < 1.0);
        assert!(shift_of(&[5_000], 10_000).unwrap().score.abs() < 1.0);
        assert!(shift_of(&[], 10_000).is_none_or(|shift| shift.score == 0.0));
    }

    proptest! {
        #[test]
        fn shifting_all_times_shifts_only_the_onset(mut times in prop::collection::vec(0i64..1000, 0..60), by in -10_000i64..10_000) {
            times.sort_unstable();
            let moved: Vec<i64> = times.iter().map(|t| t + by).collect();
            let (one, two) = (shift_in(&times, &(0..1000)), shift_in(&moved, &(by..1000 + by)));
            prop_assert_eq!(one.map(|s| (s.at + by, s.count, s.score)), two.map(|s| (s.at, s.count, s.score)));
            prop_assert!(one.is_none_or(|s| s.score.is_finite()));
        }
    }
}
