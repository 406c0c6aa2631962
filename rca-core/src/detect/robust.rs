//! Small robust statistics that the detectors share.

/// The value below which a share `q` of the sorted values lies, linear between neighbours; 0 for
/// nothing.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = q.clamp(0.0, 1.0) * last as f64;
    // In range by the clamp; a float can't be converted without a cast.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let low = place.floor() as usize;
    let at = |index: usize| sorted.get(index.min(last)).copied().unwrap_or_default();
    let share = place - low as f64;
    at(low) * (1.0 - share) + at(low + 1) * share
}

/// A sorted copy.
pub(crate) fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The middle value; 0 for nothing. The same as the half [`quantile`], by selection instead of sorting.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let (_, low, above) = values.select_nth_unstable_by(last / 2, f64::total_cmp);
    if last.is_multiple_of(2) {
        return *low;
    }
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*low);
    *low * 0.5 + high * 0.5
}

/// What makes a median absolute deviation the standard deviation of normal noise (Rousseeuw & Croux 1993).
pub(crate) const NORMAL: f64 = 1.4826;

/// Median absolute deviation from a center, scaled to the standard deviation of normal noise.
pub(crate) fn mad(values: &[f64], center: f64) -> f64 {
    NORMAL * median(values.iter().map(|value| (value - center).abs()))
}

/// The [`median`] of sorted values.
pub(crate) fn middle(sorted: &[f64]) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let low = at(last / 2);
    if last.is_multiple_of(2) { low } else { low * 0.5 + at(last / 2 + 1) * 0.5 }
}

/// The [`median`] of the distances of sorted values from a center: both sides of it are walked outwards, nearest
/// first, until half of the values lie behind.
pub(crate) fn middle_distance(sorted: &[f64], center: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let (below, above) = sorted.split_at(sorted.partition_point(|value| *value < center));
    let distance = |value: Option<&f64>| value.map_or(f64::INFINITY, |v| (v - center).abs());
    let (mut below, mut above) = (below.iter().rev().peekable(), above.iter().peekable());
    let mut next = || {
        let (left, right) = (distance(below.peek().copied()), distance(above.peek().copied()));
        if left < right {
            below.next()
        } else {
            above.next()
        };
        left.min(right)
    };
    for _ in 0..last / 2 {
        next();
    }
    let low = next();
    if last.is_multiple_of(2) { low } else { low * 0.5 + next() * 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let values = sorted([3.0, 1.0, 2.0, 4.0]);
        assert_eq!(quantile(&values, 0.5), 2.5);
        assert_eq!(quantile(&values, 1.0), 4.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
        assert_eq!(mad(&[1.0, 1.0, 1.0, 9.0], 1.0), 0.0);
    }

    #[test]
    fn the_median_by_selection_is_the_half_quantile() {
        for count in 0..40_u32 {
            let values: Vec<f64> = (0..count).map(|i| f64::from(i * 7919 % 31) / 3.0).collect();
            let expected = quantile(&sorted(values.iter().copied()), 0.5);
            assert_eq!(median(values.iter().copied()).to_bits(), expected.to_bits());
            let ordered = sorted(values.iter().copied());
            assert_eq!(middle(&ordered).to_bits(), expected.to_bits());
            for center in [expected, -3.0, 4.5, 99.0] {
                let far = median(values.iter().map(|value| (value - center).abs()));
                assert_eq!(middle_distance(&ordered, center).to_bits(), far.to_bits());
            }
        }
    }
}
