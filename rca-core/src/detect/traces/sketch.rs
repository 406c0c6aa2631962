//! Distributions that can be added up: a histogram with logarithmic buckets.

use serde::{Deserialize, Serialize};

/// Bits of the mantissa that are kept: values are known to 1.6 %.
const BITS: u32 = 5;

/// Counts of durations by size, with a relative error of at most 1.6 % (the idea of DDSketch, Masson
/// et al. 2019; the buckets are those of HdrHistogram: made of integer bits, so that every machine
/// agrees). Adding up is exact: the order does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sketch {
    /// Bucket and count, by bucket.
    counts: Vec<(u16, u64)>,
}

impl Sketch {
    pub(super) fn add(&mut self, nanos: i64) {
        self.add_many(bucket(nanos.max(0).unsigned_abs()), 1);
    }

    fn add_many(&mut self, bucket: u16, count: u64) {
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => {
                if let Some((_, present)) = self.counts.get_mut(at) {
                    *present += count;
                }
            }
            Err(at) => self.counts.insert(at, (bucket, count)),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
            return;
        }
        for (bucket, count) in &other.counts {
            self.add_many(*bucket, *count);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// The value in milliseconds below which a share `q` lies; 0 for nothing.
    pub(super) fn millis(&self, q: f64) -> f64 {
        let wanted = q * self.len() as f64;
        let mut seen = 0.0;
        for (bucket, count) in &self.counts {
            seen += *count as f64;
            if seen >= wanted {
                return middle(*bucket) / 1e6;
            }
        }
        0.0
    }

    /// Mean and sum of squared deviations of the natural logarithm of milliseconds.
    pub(super) fn log_moments(&self) -> Moments {
        let mut moments = Moments::default();
        for (bucket, count) in &self.counts {
            moments.add((middle(*bucket) / 1e6).max(1e-6).ln(), *count as f64);
        }
        moments
    }

    /// Mean and spread of the natural logarithm of milliseconds plus a floor.
    pub(super) fn log_moments_above(&self, floor: f64) -> Moments {
        let mut moments = Moments::default();
        for (bucket, count) in &self.counts {
            moments.add((middle(*bucket) / 1e6 + floor).ln(), *count as f64);
        }
        moments
    }

    /// How likely a value of `other` is larger than one of this (ties count half), and the z-score
    /// of that (Mann & Whitney 1947, corrected for ties).
    pub(super) fn larger(&self, other: &Self) -> (f64, f64) {
        let (n0, n1) = (self.len() as f64, other.len() as f64);
        if n0 == 0.0 || n1 == 0.0 {
            return (0.5, 0.0);
        }
        let mut union: Vec<(u16, f64, f64)> =
            self.counts.iter().map(|(bucket, count)| (*bucket, *count as f64, 0.0)).collect();
        union.extend(other.counts.iter().map(|(bucket, count)| (*bucket, 0.0, *count as f64)));
        union.sort_unstable_by_key(|(bucket, ..)| *bucket);
        let (mut below, mut wins, mut ties) = (0.0, 0.0, 0.0);
        for same in union.chunk_by(|a, b| a.0 == b.0) {
            let here0: f64 = same.iter().map(|(_, count, _)| count).sum();
            let here1: f64 = same.iter().map(|(_, _, count)| count).sum();
            wins += here1 * (below + here0 / 2.0);
            below += here0;
            let tied = here0 + here1;
            ties += tied * (tied * tied - 1.0);
        }
        let share = wins / (n0 * n1);
        let n = n0 + n1;
        let variance = n0 * n1 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)).max(1.0));
        let z = if variance > 0.0 { (share - 0.5) * n0 * n1 / variance.sqrt() } else { 0.0 };
        (share, z)
    }
}

/// Count, mean and sum of squared deviations, which add up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) n: f64,
    pub(super) sum: f64,
    pub(super) squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64, times: f64) {
        self.n += times;
        self.sum += value * times;
        self.squares += value * value * times;
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            n: self.n - other.n,
            sum: self.sum - other.sum,
            squares: self.squares - other.squares,
        }
    }

    /// 0 for nothing.
    pub(super) fn mean(self) -> f64 {
        if self.n > 0.0 { self.sum / self.n } else { 0.0 }
    }

    /// Sum of squared deviations from the mean.
    pub(super) fn spread(self) -> f64 {
        if self.n > 0.0 { (self.squares - self.sum * self.sum / self.n).max(0.0) } else { 0.0 }
    }
}

fn bucket(value: u64) -> u16 {
    let high = u64::BITS - value.leading_zeros();
    let shift = high.saturating_sub(BITS + 1);
    // At most 58 * 32 + 64.
    u16::try_from((u64::from(shift) << BITS) + (value >> shift)).unwrap_or(u16::MAX)
}

/// The middle of a bucket's values.
fn middle(bucket: u16) -> f64 {
    let shift = (u32::from(bucket) >> BITS).saturating_sub(1);
    let low = (u64::from(bucket) - (u64::from(shift) << BITS)) << shift;
    low as f64 + ((1_u64 << shift) - 1) as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_known_to_the_promised_error() {
        for value in (0..4_000_000_u64).step_by(997).chain([u64::from(u32::MAX), 1 << 62]) {
            let known = middle(bucket(value));
            assert!((known - value as f64).abs() <= 0.016 * value as f64, "{value} {known}");
        }
        assert!((0..100_000).map(bucket).is_sorted());
    }

    #[test]
    fn larger_values_are_seen_and_equal_ones_are_not() {
        let sketch = |values: std::ops::Range<i64>| {
            let mut sketch = Sketch::default();
            values.for_each(|value| sketch.add(value * 1_000_000));
            sketch
        };
        let (share, z) = sketch(0..50).larger(&sketch(100..150));
        assert!(share == 1.0 && z > 8.0);
        let (share, z) = sketch(0..50).larger(&sketch(0..50));
        assert!((share - 0.5).abs() < 1e-9 && z.abs() < 1e-9);
        assert!((sketch(0..101).millis(0.5) - 50.0).abs() < 1.0);
    }
}
