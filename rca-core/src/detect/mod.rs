//! Detectors: raw telemetry in, [`Finding`]s out.
//!
//! ```
//! use rca_core::detect::{Scope, detect};
//! use rca_core::signal::Telemetry;
//! use rca_core::time::{TimeRange, from_nanos};
//!
//! let window = TimeRange::new(from_nanos(0), from_nanos(3_600_000_000_000))?;
//! assert!(detect(&Telemetry::default(), &Scope::new(window)).is_empty());
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! Pure and deterministic: the same samples in any order and on any number of threads give the same
//! findings, byte for byte. Detectors say what moved and when; who is to blame is decided elsewhere.
//!
//! Telemetry that is too much for one process is scanned in shards: a [`Partial`] for each, and one
//! process adds them up. Telemetry that still arrives goes into a [`Live`].

pub mod habits;
pub mod impact;
mod judge;
mod live;
pub mod logs;
pub mod metrics;
mod partial;
mod robust;
mod spans;
mod thinned;
pub mod traces;
pub mod usage;
mod workers;

use std::num::NonZero;
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::model::{Direction, Entity, Finding, ImpactKind, TraceShiftKind};
use crate::signal::{LogFrame, Telemetry};
use crate::time::{TimeRange, nanos};
use judge::{Kept, Seen};
use logs::LogStats;

pub use live::{Live, Runs};
pub use partial::Partial;
pub(crate) use partial::is_kept;

/// What to look at: the time under study and what is known about it beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The time under study; signals outside of it are ignored.
    pub window: TimeRange,
    /// A moment when it was surely bad; what comes much later is recovery. Without one the whole
    /// window is judged.
    pub alarm: Option<DateTime<Utc>>,
    /// When it probably began, where something else (usually the metrics) tells. Traces and logs are
    /// split there; without a hint each detector searches for its own split.
    pub onset_hint: Option<DateTime<Utc>>,
    /// Normal operation, recorded at another time (earlier or later), for windows that hold no
    /// normal part of their own. All of it counts as "before", whatever its times are.
    pub reference: Option<&'a Telemetry>,
    /// Threads to work on, this one included; as many as the machine runs at once when `None`. Small
    /// inputs are not worth a thread. The findings do not depend on it.
    pub workers: Option<NonZero<usize>>,
}

impl<'a> Scope<'a> {
    /// A window about which nothing else is known.
    #[must_use]
    pub fn new(window: TimeRange) -> Self {
        Self { window, alarm: None, onset_hint: None, reference: None, workers: None }
    }

    /// With a moment when it was surely bad.
    #[must_use]
    pub fn with_alarm(mut self, alarm: DateTime<Utc>) -> Self {
        self.alarm = Some(alarm);
        self
    }

    /// With a guess of when it began.
    #[must_use]
    pub fn with_onset_hint(mut self, onset: DateTime<Utc>) -> Self {
        self.onset_hint = Some(onset);
        self
    }

    /// With normal operation to compare with.
    #[must_use]
    pub fn with_reference(mut self, reference: &'a Telemetry) -> Self {
        self.reference = Some(reference);
        self
    }

    /// With so many threads, this one included.
    #[must_use]
    pub fn with_workers(mut self, workers: NonZero<usize>) -> Self {
        self.workers = Some(workers);
        self
    }

    fn workers(&self) -> NonZero<usize> {
        self.workers.unwrap_or_else(workers::available)
    }

    /// The window in nanoseconds.
    pub(crate) fn span(&self) -> std::ops::Range<i64> {
        nanos(self.window.start)..nanos(self.window.end)
    }

    /// When it was surely bad, in nanoseconds: the alarm, or the window's end.
    pub(crate) fn bad_at(&self) -> i64 {
        let end = nanos(self.window.end);
        self.alarm.map_or(end, |alarm| nanos(alarm).min(end))
    }
}

/// Runs all detectors. Findings come in canonical order: metrics, logs, traces, call edges, each by
/// onset, then by what they are about.
#[must_use]
pub fn detect(telemetry: &Telemetry, scope: &Scope<'_>) -> Vec<Finding> {
    let logs = count_logs(&telemetry.logs, Some(scope.span()), scope.workers());
    let known = scope.reference.map(|r| (r, count_logs(&r.logs, None, scope.workers())));
    let seen = Seen { metrics: &telemetry.metrics, spans: &telemetry.spans, logs: &logs };
    let normal = known.as_ref().map(|(telemetry, logs)| Seen {
        metrics: &telemetry.metrics,
        spans: &telemetry.spans,
        logs,
    });
    judge::findings(seen, normal, scope, &mut Kept::default())
}

/// Records that make a shard worth a thread.
const SHARD: usize = 1 << 15;
/// Shards at most: each makes a state of its own, and their number must not follow that of the workers,
/// so that a miner at its limits gives up the same details on every machine.
const MOST_SHARDS: usize = 16;

fn count_logs(frame: &LogFrame, window: Option<Range<i64>>, workers: NonZero<usize>) -> LogStats {
    let shards = (frame.len() / SHARD).clamp(1, MOST_SHARDS);
    let size = frame.len().div_ceil(shards);
    let empty = || window.clone().map_or_else(LogStats::default, LogStats::within);
    let parts = workers::map(workers, shards, |shard| {
        let mut stats = empty();
        stats.absorb_part(frame, shard * size..((shard + 1) * size).min(frame.len()));
        stats
    });
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_else(empty);
    parts.fold(first, |mut all, part| {
        all.merge(&part);
        all
    })
}

/// Puts findings into canonical order.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
}

type Key<'a> = (
    u8,
    Option<DateTime<Utc>>,
    &'a Entity,
    &'a str,
    Option<(Option<&'a Entity>, Option<&'a str>, Option<TraceShiftKind>)>,
    Option<Direction>,
);

fn key(finding: &Finding) -> Key<'_> {
    let (rank, name, detail, direction): (u8, &str, _, _) = match finding {
        Finding::MetricShift(s) => (0, &s.metric, None, Some(s.direction)),
        Finding::LogShift(s) => (1, &s.template, None, Some(s.direction)),
        Finding::TraceShift(s) => (
            2,
            &s.operation,
            Some((s.peer.as_ref(), s.peer_operation.as_deref(), Some(s.kind))),
            Some(s.direction),
        ),
        Finding::Impact(s) => (
            4,
            match s.kind {
                ImpactKind::ExtraTime => "time",
                ImpactKind::FailedCalls => "failed",
                ImpactKind::AtLimit => &s.metric,
            },
            None,
            Some(Direction::Up),
        ),
        Finding::CallEdge(e) => (3, "", Some((Some(&e.caller), None, None)), None),
        Finding::Habit(s) => (5, &s.operation, None, None),
    };
    (rank, finding.onset(), finding.entity(), name, detail, direction)
}
