//! What is normal for a series: a center and, for each direction, how far it strays by itself.

use crate::detect::robust::{NORMAL, middle, middle_distance, quantile, sorted};

/// Changes smaller than this share of the level are noise, however still the series was.
const RELATIVE_FLOOR: f64 = 0.01;

/// The center of a baseline and the size of one robust standard deviation up and down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Normal {
    pub(super) center: f64,
    pub(super) up: f64,
    pub(super) down: f64,
    /// Most samples were equal: distances are made of the floor, not of noise.
    pub(super) still: bool,
}

impl Normal {
    /// Learns from baseline values in order of time. `all` are the values to be judged.
    ///
    /// The deviation is the largest of the MAD, of the outer quantiles (a series that went there
    /// before may go there again) and of a floor; it grows for few samples and for noise that
    /// remembers, where neighbours say less than they seem to.
    pub(super) fn learn(baseline: &[f64], all: &[f64]) -> Self {
        let ordered = sorted(baseline.iter().copied());
        let (first, typical) = Self::by_order(&ordered, all);
        let center = first.center;
        let few = 1.0 + 8.0 / baseline.len().max(1) as f64;
        let caution = few * memory(baseline, center, typical);
        let spread = NORMAL * typical;
        // 2.05 deviations leave 2 % outside on each side of normal noise.
        let (low, high) = (quantile(&ordered, 0.02), quantile(&ordered, 0.98));
        Self {
            up: first.up.max(caution * spread.max((high - center) / 2.05)),
            down: first.down.max(caution * spread.max((center - low) / 2.05)),
            ..first
        }
    }

    /// A first look that a few samples of the incident within the baseline don't disturb: only the
    /// MAD and the floor.
    pub(super) fn glimpse(baseline: &[f64], all: &[f64]) -> Self {
        Self::by_order(&sorted(baseline.iter().copied()), all).0
    }

    /// The same from a sorted baseline, and the median distance from the center.
    fn by_order(ordered: &[f64], all: &[f64]) -> (Self, f64) {
        let center = middle(ordered);
        let typical = middle_distance(ordered, center);
        let spread = NORMAL * typical;
        let unit = spread.max(floor(center, ordered, all, spread <= 0.0));
        (Self { center, up: unit, down: unit, still: spread <= 0.0 }, typical)
    }

    /// Signed distance from the center in robust standard deviations; 0 when nothing ever moves.
    pub(super) fn distance(&self, value: f64) -> f64 {
        let off = value - self.center;
        let unit = if off >= 0.0 { self.up } else { self.down };
        if unit > 0.0 { off / unit } else { 0.0 }
    }

    /// One deviation in the direction of a sign.
    pub(super) fn unit(&self, up: bool) -> f64 {
        if up { self.up } else { self.down }
    }
}

/// The smallest deviation: a share of the level and, for a series without variance, of the largest
/// departure, so that scores stay finite (100 at most) and scaling changes nothing.
fn floor(center: f64, ordered: &[f64], all: &[f64], still: bool) -> f64 {
    // The baseline's extremes stand at its ends.
    let values = || ordered.first().into_iter().chain(ordered.last()).chain(all);
    let farthest = values().map(|value| (value - center).abs()).fold(0.0, f64::max);
    let (least, most) =
        values().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
    // Shares and percentages near their ceiling are read from the ceiling: 99.9 to 99 is ten times
    // the failures, not one percent of change.
    let ceiling =
        [1.0, 100.0].into_iter().find(|top| least >= 0.0 && most <= *top && center > 0.9 * top);
    let level = match ceiling {
        Some(top) => (top - center).max(0.02 * top),
        None => center.abs(),
    };
    RELATIVE_FLOOR * if still { level.max(farthest) } else { level }
}

/// How much less the values say because neighbours resemble each other: the square root of the
/// variance inflation of a mean of first-order autoregressive noise. `typical` is the median distance from
/// the center.
fn memory(values: &[f64], center: f64, typical: f64) -> f64 {
    if values.len() < 10 {
        return 1.0;
    }
    // Signs instead of values: spikes have no say.
    let unit = typical.max(f64::MIN_POSITIVE);
    let (mut total, mut product, mut before) = (0.0, 0.0, 0.0);
    for value in values {
        let sign = ((value - center) / unit).clamp(-2.0, 2.0);
        total += sign * sign;
        product += before * sign;
        before = sign;
    }
    if total <= 0.0 {
        return 1.0;
    }
    // The estimate itself strays by one over the root of the count.
    let likeness = (product / total - 1.0 / (values.len() as f64).sqrt()).clamp(0.0, 0.9);
    ((1.0 + likeness) / (1.0 - likeness)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_without_variance_has_finite_distances() {
        let normal = Normal::learn(&[50.0; 20], &[10.0]);
        assert!(normal.distance(10.0) < -20.0 && normal.distance(10.0).is_finite());
        assert_eq!(Normal::learn(&[0.0; 20], &[0.0]).distance(0.0), 0.0);
    }

    #[test]
    fn shares_near_one_are_read_from_their_ceiling() {
        let share = Normal::learn(&[1.0; 20], &[0.99]);
        assert!(share.distance(0.99) < -10.0);
        let level = Normal::learn(&[1000.0; 20], &[990.0]);
        assert!(level.distance(990.0) > -2.0);
    }

    #[test]
    fn noise_that_remembers_has_wider_deviations() {
        let slow: Vec<f64> = (0..60).map(|i| f64::from(i % 30 - 15)).collect();
        let fast: Vec<f64> = (0..60).map(|i| f64::from((i * 7) % 30 - 15)).collect();
        assert!(Normal::learn(&slow, &slow).up > 2.0 * Normal::learn(&fast, &fast).up);
    }
}
