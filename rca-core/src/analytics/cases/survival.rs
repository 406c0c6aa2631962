//! Waiting times of which some are still going on.
//!
//! Leaving them out would flatter: what takes longest is what is still open. Taking them at their present
//! length would flatter as well. So they count for as long as they are known to have lasted and no longer
//! (Kaplan, Meier: "Nonparametric Estimation from Incomplete Observations", 1958).

/// One wait, in a number that sorts: by length, then what ended before what goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wait(u64);

impl Wait {
    /// A wait of so many nanoseconds; none when it is negative.
    pub(super) fn new(nanos: i64, over: bool) -> Option<Self> {
        let nanos = u64::try_from(nanos).ok()?;
        Some(Self(nanos << 1 | u64::from(!over)))
    }

    fn nanos(self) -> u64 {
        self.0 >> 1
    }

    fn goes_on(self) -> bool {
        self.0 & 1 == 1
    }
}

/// What is known of waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub(super) over: u64,
    pub(super) going_on: u64,
    /// The mean up to the longest wait seen, in nanoseconds; none without any.
    pub(super) mean: Option<f64>,
    /// Whether the longest wait goes on: the mean will only grow.
    pub(super) at_least: bool,
    /// The time by which half are over; none as long as fewer are.
    pub(super) median: Option<u64>,
    /// The time by which nine of ten are over.
    pub(super) p90: Option<u64>,
}

/// Shares of survivors are products of many; this much may have been rounded.
const ROUNDING: f64 = 1e-9;

/// The product-limit estimate; `waits` in order.
pub(super) fn estimate(waits: &[Wait]) -> Estimate {
    let (mut survivors, mut area, mut before) = (1.0, 0.0, 0);
    let (mut over, mut median, mut p90) = (0, None, None);
    let mut at = 0;
    while let Some(wait) = waits.get(at) {
        let at_risk = waits.len() - at;
        let same = waits[at..].iter().take_while(|other| other.nanos() == wait.nanos());
        let (mut tied, mut ended) = (0, 0_u64);
        for other in same {
            tied += 1;
            ended += u64::from(!other.goes_on());
        }
        area += survivors * (wait.nanos() - before) as f64;
        before = wait.nanos();
        if ended > 0 {
            survivors *= (at_risk as f64 - ended as f64) / at_risk as f64;
            let reached = |share: f64| survivors <= 1.0 - share + ROUNDING;
            median = median.or(reached(0.5).then_some(before));
            p90 = p90.or(reached(0.9).then_some(before));
        }
        over += ended;
        at += tied;
    }
    Estimate {
        over,
        going_on: waits.len() as u64 - over,
        mean: (!waits.is_empty()).then_some(area),
        at_least: waits.last().is_some_and(|wait| wait.goes_on()),
        median,
        p90,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimated(waits: &[(i64, bool)]) -> Estimate {
        let mut waits: Vec<Wait> =
            waits.iter().map(|(nanos, over)| Wait::new(*nanos, *over).unwrap()).collect();
        waits.sort_unstable();
        estimate(&waits)
    }

    /// Kaplan and Meier's own example: ended after 0.8, 3.1, 5.4 and 9.2 months, lost sight of after 1.0, 2.7,
    /// 7.0 and 12.1. They print the survivors as 7/8, 7/10, 21/40 and 21/80.
    #[test]
    fn the_example_of_the_paper_comes_out() {
        let seen = [
            (8, true),
            (10, false),
            (27, false),
            (31, true),
            (54, true),
            (70, false),
            (92, true),
            (121, false),
        ];
        let found = estimated(&seen);
        assert_eq!((found.over, found.going_on), (4, 4));
        assert_eq!((found.median, found.p90), (Some(92), None));
        assert!(found.at_least);
        let area = 8.0 + 23.0 * 7.0 / 8.0 + 23.0 * 0.7 + 38.0 * 21.0 / 40.0 + 29.0 * 21.0 / 80.0;
        assert!((found.mean.unwrap() - area).abs() < 1e-9);
    }

    #[test]
    fn without_open_ones_it_is_the_plain_mean_and_the_lower_median() {
        let found = estimated(&[(4, true), (1, true), (3, true), (2, true)]);
        assert_eq!((found.median, found.p90, found.at_least), (Some(2), Some(4), false));
        assert!((found.mean.unwrap() - 2.5).abs() < 1e-12);
    }

    #[test]
    fn where_most_are_open_there_is_no_median() {
        let found = estimated(&[(1, true), (5, false), (5, false)]);
        assert_eq!((found.median, found.over, found.going_on), (None, 1, 2));
        assert!(found.mean.unwrap() > 1.0 && found.at_least);
    }

    #[test]
    fn nothing_waited_for_has_no_mean() {
        assert_eq!(estimate(&[]).mean, None);
        assert_eq!(Wait::new(-1, true), None);
    }
}
