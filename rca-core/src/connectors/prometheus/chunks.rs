//! A range of time, cut into queries that the server answers: it refuses more than 11,000 points of a series.

use chrono::Duration;

/// Most points of a series in one answer ("exceeded maximum resolution" beyond).
pub(super) const MOST_POINTS: i64 = 11_000;

/// One query: its points are those from `first` to `last`, each a step apart. Seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: i64,
}

impl Chunk {
    /// The chunk that begins at a point: up to `until`, and no more than so many points.
    pub(super) fn from(first: i64, until: i64, step: i64, points: i64) -> Self {
        let span = step.saturating_mul(points.max(1) - 1);
        let last = floor(until, step).min(first.saturating_add(span)).max(first);
        Self { first, last, step }
    }

    /// The point before, asked for as well: the rate at the first point is what grew since.
    pub(super) fn lead(self) -> i64 {
        self.first - self.step
    }

    /// Where the next chunk begins.
    pub(super) fn next(self) -> i64 {
        self.last.saturating_add(self.step)
    }
}

/// Seconds of a step; at least one.
pub(super) fn seconds(step: Duration) -> i64 {
    step.num_seconds().max(1)
}

/// The last point at or before a moment. Points are multiples of the step, so that asking again gives the same ones.
pub(super) fn floor(moment: i64, step: i64) -> i64 {
    moment - moment.rem_euclid(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_day_of_seconds_is_eight_queries() {
        let (mut first, mut queries) = (0, 0);
        while first < 86_400 {
            let chunk = Chunk::from(first, 86_399, 1, MOST_POINTS - 1);
            assert!(chunk.last - chunk.lead() < MOST_POINTS);
            (first, queries) = (chunk.next(), queries + 1);
        }
        assert_eq!((first, queries), (86_400, 8));
    }

    proptest! {
        #[test]
        fn chunks_cover_the_range_once(
            start in -1_000_000_i64..1_000_000,
            length in 0_i64..200_000,
            step in 1_i64..4_000,
            points in 1_i64..12_000,
        ) {
            prop_assume!(length / step / points < 5_000);
            let (from, until) = (floor(start, step), start + length);
            let mut expected = from;
            let mut at = from;
            while at <= until {
                let chunk = Chunk::from(at, until, step, points);
                prop_assert_eq!(chunk.first, expected);
                prop_assert_eq!(chunk.lead() + step, chunk.first);
                prop_assert!(chunk.last >= chunk.first && chunk.last <= until);
                prop_assert_eq!((chunk.last - chunk.first) % step, 0);
                prop_assert!((chunk.last - chunk.first) / step < points);
                expected = chunk.last + step;
                at = chunk.next();
            }
            // Nothing is left, and nothing goes beyond.
            prop_assert_eq!(expected, floor(until, step) + step);
        }
    }
}
