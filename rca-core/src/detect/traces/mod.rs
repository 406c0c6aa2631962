//! Traces: operations that became slow, failing, rare or frequent, and who calls whom.
//!
//! Spans are counted by operation and second ([`TraceStats`]); everything below compares sums of
//! these before and after one moment: the hint of the [`Scope`], else the split that makes the two
//! sides most different when it does so clearly, else the onset of the metrics, else the alarm.
//!
//! - Durations: Mann-Whitney z times the effect `|2 AUC - 1|`. With fewer than 8 spans on a side: distance
//!   of the medians, taking log-normal noise of a factor of 1.6 for granted.
//! - Own time (without the children's) and the gap between a client span and the server span that answers
//!   it: likelihood ratio of the mean logarithms, each series with a moment of its own (`slow`).
//! - Errors, child calls for each parent call, calls a minute, traces that break off: square root of
//!   the G-statistic (Dunning 1993), for all but errors times the effect size.
//! - Client spans (called within their service, one child, in another service) have no own time: it
//!   is the gap, which speaks about network and callee.
//!
//! Failure modes: one split serves all operations, so faults at two moments blur; sampling that changes
//! at the split looks like a change of calls; medians miss a change that touches under half of the calls.

mod compare;
pub(in crate::detect) mod forest;
mod sketch;
mod slow;
mod split;
mod stats;

pub use stats::TraceStats;

use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::detect::Scope;
use crate::model::Finding;
use crate::signal::SpanFrame;
use crate::time::nanos;

use compare::Comparison;
use stats::STRETCH;

/// A split that explains this much needs no second opinion.
const CLEAR_GAIN: f64 = 10.0;

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest score (comparable with a z-score) of a finding; errors need only 2.
    pub min_score: f64,
    /// Scores are cut off here.
    pub max_score: f64,
    /// Smallest change of a median duration, as a share of the larger one.
    pub min_change: f64,
    /// Own times and gaps are judged by their logarithm above this many milliseconds: what is far
    /// below nobody notices.
    pub noticed_millis: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 3.0, max_score: 1000.0, min_change: 0.1, noticed_millis: 10.0 }
    }
}

/// Trace shifts and call edges, in canonical order.
#[must_use]
pub fn detect(
    frame: &SpanFrame,
    scope: &Scope<'_>,
    reference: Option<&SpanFrame>,
    options: &Options,
) -> Vec<Finding> {
    detect_near(frame, scope, reference, options, None)
}

/// [`detect`], with the moment to split at when the spans themselves don't tell.
pub(super) fn detect_near(
    frame: &SpanFrame,
    scope: &Scope<'_>,
    reference: Option<&SpanFrame>,
    options: &Options,
    fallback: Option<DateTime<Utc>>,
) -> Vec<Finding> {
    let stats = |frame: &SpanFrame| {
        let mut stats = TraceStats::default();
        stats.absorb(frame);
        stats
    };
    let reference = reference.filter(|frame| !frame.is_empty()).map(stats);
    stats(frame).finish_near(scope, reference.as_ref(), options, fallback)
}

impl TraceStats {
    /// What changed, and who calls whom. Times are known to the second.
    #[must_use]
    pub fn finish(
        &self,
        scope: &Scope<'_>,
        reference: Option<&Self>,
        options: &Options,
    ) -> Vec<Finding> {
        self.finish_near(scope, reference, options, None)
    }

    fn finish_near(
        &self,
        scope: &Scope<'_>,
        reference: Option<&Self>,
        options: &Options,
        fallback: Option<DateTime<Utc>>,
    ) -> Vec<Finding> {
        let window = scope.span();
        let range = window.start.div_euclid(STRETCH)
            ..window.end.div_euclid(STRETCH).saturating_add(i64::from(window.end % STRETCH != 0));
        let split = self.split(scope, &range, reference.is_some(), fallback);
        let splits = match scope.onset_hint {
            Some(_) => split..=split,
            None => range.start..=scope.bad_at().div_euclid(STRETCH),
        };
        let comparison = Comparison { stats: self, reference, range, split, splits, options };
        let shifts = comparison.shifts().into_iter().map(Finding::TraceShift);
        let mut found: Vec<Finding> =
            shifts.chain(comparison.edges().into_iter().map(Finding::CallEdge)).collect();
        super::sort(&mut found);
        found
    }

    /// The first stretch that counts as after.
    fn split(
        &self,
        scope: &Scope<'_>,
        range: &Range<i64>,
        has_reference: bool,
        fallback: Option<DateTime<Utc>>,
    ) -> i64 {
        let stretch = |time: DateTime<Utc>| nanos(time).div_euclid(STRETCH);
        if let Some(hint) = scope.onset_hint {
            return stretch(hint);
        }
        let latest = scope.alarm.map_or(range.end, stretch);
        let best = split::find(self, range, latest);
        let inside = |at: &i64| {
            let holds = |range: Range<i64>| {
                range.start < range.end
                    && self
                        .operations
                        .values()
                        .any(|cells| cells.range(range.clone()).next().is_some())
            };
            holds(range.start..*at) && holds(*at..range.end)
        };
        let fallback = fallback.map(stretch);
        best.filter(|split| split.gain >= CLEAR_GAIN)
            .map(|split| split.at)
            .or(has_reference.then_some(range.start))
            .or(fallback.filter(inside))
            .or(best.filter(|split| split.gain > 0.0).map(|split| split.at))
            .or(fallback)
            .unwrap_or(latest)
    }
}
