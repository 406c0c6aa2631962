//! The moment from which spans behave differently, when nothing else tells.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::detect::traces::sketch::Moments;
use crate::detect::traces::stats::{Cell, TraceStats};

/// Most moments that are tried.
const MAX_CANDIDATES: usize = 256;

/// What one stretch adds to the comparison.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// Of durations; empty where only the share of hits counts.
    logs: Moments,
    calls: f64,
    /// Failed calls, or calls that reached a certain callee.
    hits: f64,
}

impl Tally {
    fn of(cell: &Cell) -> Self {
        Self {
            logs: cell.duration.log_moments(),
            calls: cell.calls as f64,
            hits: cell.errors as f64,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            logs: self.logs.plus(other.logs),
            calls: self.calls + other.calls,
            hits: self.hits + other.hits,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            logs: self.logs.minus(other.logs),
            calls: self.calls - other.calls,
            hits: self.hits - other.hits,
        }
    }
}

/// A moment and how much it explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// First stretch of the new behaviour.
    pub(super) at: i64,
    /// Log-likelihood gained beyond chance, over all comparisons.
    pub(super) gain: f64,
}

/// The split that makes the two sides most different, added up over all operations (log-likelihood
/// ratio of the mean logarithm of durations, of the share of errors, and of the share of calls that
/// go on to each callee). None when all spans lie in one second.
pub(super) fn find(stats: &TraceStats, range: &Range<i64>, latest: i64) -> Option<Split> {
    let stretches: BTreeSet<i64> = stats
        .operations
        .values()
        .flat_map(|cells| cells.range(range.clone()).map(|(stretch, _)| *stretch))
        .collect();
    let stretches: Vec<i64> = stretches.into_iter().collect();
    // A split lies between two stretches with spans; the earlier must lie before the alarm.
    let possible: Vec<i64> =
        stretches.windows(2).filter(|pair| pair[0] < latest).map(|pair| pair[1]).collect();
    let step = possible.len().div_ceil(MAX_CANDIDATES).max(1);
    let candidates: Vec<i64> = possible.iter().copied().step_by(step).collect();
    let mut gains = vec![0.0; candidates.len()];
    for cells in stats.operations.values() {
        let tallies = cells.range(range.clone()).map(|(at, cell)| (*at, Tally::of(cell)));
        add_gains(&tallies.collect::<Vec<_>>(), &candidates, &mut gains);
    }
    for ((parent, _), links) in &stats.links {
        let Some(cells) = stats.operations.get(parent) else { continue };
        let tallies = cells.range(range.clone()).map(|(at, cell)| {
            let answered = links.get(at).map_or(0, |link| link.parents);
            let calls = cell.calls as f64;
            (*at, Tally { logs: Moments::default(), calls, hits: answered as f64 })
        });
        add_gains(&tallies.collect::<Vec<_>>(), &candidates, &mut gains);
    }
    let best =
        gains.iter().zip(&candidates).max_by(|a, b| a.0.total_cmp(b.0).then(b.1.cmp(a.1)))?;
    Some(Split { at: (*best.1).min(latest.max(range.start)), gain: *best.0 })
}

/// What one comparison adds by chance at most; only what is beyond it counts.
const CHANCE: f64 = 6.0;

fn add_gains(tallies: &[(i64, Tally)], candidates: &[i64], gains: &mut [f64]) {
    let total = tallies.iter().fold(Tally::default(), |sum, (_, tally)| sum.plus(*tally));
    let mut rest = tallies.iter().peekable();
    let mut before = Tally::default();
    for (candidate, gain) in candidates.iter().zip(gains) {
        while let Some((_, tally)) = rest.next_if(|(at, _)| at < candidate) {
            before = before.plus(*tally);
        }
        *gain += (difference(before, total.minus(before)) - CHANCE).max(0.0);
    }
}

fn difference(before: Tally, after: Tally) -> f64 {
    let (n0, n1) = (before.calls, after.calls);
    if n0 < 0.5 || n1 < 0.5 {
        return 0.0;
    }
    let n = n0 + n1;
    let shares = g_statistic((before.hits, n0), (after.hits, n1));
    if before.logs.n < 0.5 || after.logs.n < 0.5 {
        return shares;
    }
    let apart = after.logs.sum / n1 - before.logs.sum / n0;
    // Two spans' worth of a deviation of one half: a factor of 1.6 is normal until seen otherwise.
    let within = (before.logs.spread() + after.logs.spread() + 0.5) / n;
    let slower = n * (1.0 + apart * apart * n0 * n1 / (n * n) / within).ln();
    slower + shares
}

/// G-statistic of two shares (Dunning 1993): twice the log-likelihood ratio.
pub(super) fn g_statistic((hits0, n0): (f64, f64), (hits1, n1): (f64, f64)) -> f64 {
    let share = (hits0 + hits1) / (n0 + n1);
    let term = |seen: f64, expected: f64| {
        if seen > 0.0 && expected > 0.0 { seen * (seen / expected).ln() } else { 0.0 }
    };
    let side =
        |hits: f64, n: f64| term(hits, n * share) + term((n - hits).max(0.0), n * (1.0 - share));
    (2.0 * (side(hits0, n0) + side(hits1, n1))).max(0.0)
}

/// G-statistic of two rates: events over an exposure each.
pub(super) fn g_of_rates(
    (events0, exposure0): (f64, f64),
    (events1, exposure1): (f64, f64),
) -> f64 {
    let rate = (events0 + events1) / (exposure0 + exposure1);
    let term = |seen: f64, expected: f64| {
        if seen > 0.0 && expected > 0.0 { seen * (seen / expected).ln() } else { 0.0 }
    };
    (2.0 * (term(events0, exposure0 * rate) + term(events1, exposure1 * rate))).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shares_and_rates_have_no_g() {
        assert!(g_statistic((1.0, 10.0), (10.0, 100.0)) < 1e-9);
        assert!(g_of_rates((5.0, 10.0), (50.0, 100.0)) < 1e-9);
        assert!(g_statistic((0.0, 100.0), (50.0, 100.0)) > 60.0);
        assert!(g_of_rates((100.0, 100.0), (300.0, 100.0)) > 60.0);
    }
}
