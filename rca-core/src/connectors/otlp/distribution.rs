//! Histograms as counts a second, with explicit bounds: what two readings differ by, and what several add up to.

use super::wire;
use crate::connectors::series;

/// How many values there were, their sum, and how many lay between two bounds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Distribution {
    pub(super) count: f64,
    pub(super) sum: Option<f64>,
    /// Upper bounds of the buckets; the last bucket has none.
    bounds: Vec<f64>,
    counts: Vec<f64>,
    /// Whether nothing lies outside of the bounds (exponential histograms grow their bounds with the values).
    enclosing: bool,
}

impl Distribution {
    /// Without buckets.
    pub(super) fn plain(count: u64, sum: f64) -> Self {
        Self { count: count as f64, sum: Some(sum), ..Self::default() }
    }

    pub(super) fn explicit(point: &wire::HistogramPoint) -> Self {
        Self {
            count: point.count as f64,
            sum: point.sum,
            bounds: point.explicit_bounds.clone(),
            counts: point.bucket_counts.iter().map(|count| *count as f64).collect(),
            enclosing: false,
        }
    }

    /// Bucket `i` of an exponential histogram holds values up to `base^(offset + i + 1)`, where `base = 2^(2^-scale)`.
    /// Negative values, which durations and sizes don't have, count at zero.
    pub(super) fn exponential(point: wire::ExponentialPoint) -> Self {
        let positive = point.positive.unwrap_or_default();
        let negative = point.negative.unwrap_or_default();
        let below = point.zero_count as f64 + negative.bucket_counts.iter().sum_counts();
        let bound = |index: i32| {
            let power = f64::from(positive.offset) + f64::from(index);
            (power * (-f64::from(point.scale)).exp2()).exp2()
        };
        let mut counts = vec![below];
        counts.extend(positive.bucket_counts.iter().map(|count| *count as f64));
        let buckets = i32::try_from(positive.bucket_counts.len()).unwrap_or(i32::MAX);
        Self {
            count: point.count as f64,
            sum: point.sum,
            bounds: (0..=buckets).map(bound).collect(),
            counts,
            enclosing: true,
        }
    }

    /// What came a second since an earlier reading; none after a reset.
    pub(super) fn since(&self, before: &Self, seconds: f64) -> Option<Self> {
        if self.count < before.count {
            return None;
        }
        let sum = self.sum.zip(before.sum).map(|(now, before)| (now - before) / seconds);
        let (bounds, counts) = combined(&[self, before], |counts| match counts {
            [now, before] => (now - before) / seconds,
            _ => 0.0,
        });
        if counts.iter().any(|count| *count < 0.0) {
            return None;
        }
        let count = (self.count - before.count) / seconds;
        Some(Self { count, sum, bounds, counts, enclosing: self.enclosing && before.enclosing })
    }

    pub(super) fn per_second(mut self, seconds: f64) -> Self {
        self.count /= seconds;
        self.sum = self.sum.map(|sum| sum / seconds);
        self.counts.iter_mut().for_each(|count| *count /= seconds);
        self
    }

    /// What several count together.
    pub(super) fn total(parts: &[&Self]) -> Self {
        if let [one] = parts {
            return (*one).clone();
        }
        let (bounds, counts) = combined(parts, |counts| counts.iter().sum());
        Self {
            count: parts.iter().map(|part| part.count).sum(),
            sum: parts.iter().map(|part| part.sum).sum(),
            bounds,
            counts,
            enclosing: parts.iter().all(|part| part.enclosing),
        }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        self.sum.filter(|_| self.count > 0.0).map(|sum| sum / self.count)
    }

    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        series::quantile(share, &self.counts, &self.bounds)
    }

    fn all(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// How many values are known to lie at or below a bound.
    fn below(&self, bound: f64) -> Option<f64> {
        let place = self.bounds.partition_point(|own| *own < bound);
        let known = match self.bounds.get(place) {
            Some(own) if *own == bound => place + 1,
            // Outside of all bounds on either side there is nothing, where they enclose everything.
            Some(_) if self.enclosing && place == 0 => return Some(0.0),
            None if self.enclosing => return Some(self.all()),
            _ => return None,
        };
        Some(self.counts.iter().take(known).sum())
    }
}

trait SumCounts {
    fn sum_counts(self) -> f64;
}

impl<'a, I: Iterator<Item = &'a u64>> SumCounts for I {
    fn sum_counts(self) -> f64 {
        self.map(|count| *count as f64).sum()
    }
}

/// Buckets whose bounds all know, and for each what becomes of the counts.
///
/// Histograms of different scales share the bounds of the coarser one, since bounds of scale `s` are among those of
/// `s + 1` (OpenTelemetry, "exponential histogram: scale").
fn combined(parts: &[&Distribution], of: impl Fn(&[f64]) -> f64) -> (Vec<f64>, Vec<f64>) {
    let Some((first, others)) = parts.split_first() else { return Default::default() };
    if others.iter().all(|other| other.bounds == first.bounds) {
        let longest = parts.iter().map(|part| part.counts.len()).max().unwrap_or_default();
        let counts = (0..longest).map(|at| {
            let counts: Vec<f64> =
                parts.iter().map(|part| part.counts.get(at).copied().unwrap_or_default()).collect();
            of(&counts)
        });
        return (first.bounds.clone(), counts.collect());
    }
    let mut bounds: Vec<f64> = parts.iter().flat_map(|part| part.bounds.iter().copied()).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let (mut kept, mut counts) = (Vec::new(), Vec::new());
    let mut before = vec![0.0; parts.len()];
    for bound in bounds {
        let below: Option<Vec<f64>> = parts.iter().map(|part| part.below(bound)).collect();
        let Some(below) = below else { continue };
        let own: Vec<f64> = below.iter().zip(&before).map(|(now, before)| now - before).collect();
        kept.push(bound);
        counts.push(of(&own));
        before = below;
    }
    if kept.is_empty() {
        return Default::default();
    }
    let rest: Vec<f64> =
        parts.iter().zip(&before).map(|(part, before)| part.all() - before).collect();
    counts.push(of(&rest));
    (kept, counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential(scale: i32, offset: i32, counts: &[u64]) -> Distribution {
        Distribution::exponential(wire::ExponentialPoint {
            scale,
            count: counts.iter().sum(),
            positive: Some(wire::Buckets { offset, bucket_counts: counts.to_vec() }),
            ..Default::default()
        })
    }

    #[test]
    fn readings_of_different_scales_compare_at_the_bounds_of_the_coarser() {
        // Scale 1: bounds 1, 1.41, 2, 2.83, 4. Scale 0: bounds 1, 2, 4, 8.
        let before = exponential(1, 0, &[1, 1, 1, 1]);
        let now = exponential(0, 0, &[4, 6, 10]);
        let grown = now.since(&before, 2.0).unwrap();
        assert_eq!(grown.bounds, [1.0, 2.0, 4.0, 8.0]);
        assert_eq!(grown.counts, [0.0, 1.0, 2.0, 5.0, 0.0]);
        assert_eq!(grown.count, 8.0);
        assert!(before.since(&now, 1.0).is_none());
    }

    #[test]
    fn several_add_up_where_their_bounds_agree() {
        let explicit = |bounds: &[f64], counts: &[u64]| {
            Distribution::explicit(&wire::HistogramPoint {
                count: counts.iter().sum(),
                explicit_bounds: bounds.to_vec(),
                bucket_counts: counts.to_vec(),
                ..Default::default()
            })
        };
        let (fine, coarse) =
            (explicit(&[1.0, 2.0, 4.0], &[1, 2, 3, 4]), explicit(&[2.0], &[10, 20]));
        let both = Distribution::total(&[&fine, &coarse]);
        assert_eq!((both.bounds, both.counts), (vec![2.0], vec![13.0, 27.0]));
        let strange = Distribution::total(&[&fine, &explicit(&[3.0], &[1, 1])]);
        assert_eq!((strange.count, strange.quantile(0.95)), (12.0, None));
    }
}
