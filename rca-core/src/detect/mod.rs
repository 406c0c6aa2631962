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

pub mod follow;
pub mod impact;
pub mod logs;
pub mod metrics;
mod robust;
pub mod traces;

use chrono::{DateTime, Utc};

use crate::model::{Direction, Entity, Finding, ImpactKind, TraceShiftKind};
use crate::signal::Telemetry;
use crate::time::{TimeRange, nanos};

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
}

impl<'a> Scope<'a> {
    /// A window about which nothing else is known.
    #[must_use]
    pub fn new(window: TimeRange) -> Self {
        Self { window, alarm: None, onset_hint: None, reference: None }
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
    let reference = scope.reference;
    let shifts = metrics::detect(
        &telemetry.metrics,
        scope,
        reference.map(|r| &r.metrics),
        &metrics::Options::default(),
    );
    let first = shifts.first().map(|shift| shift.onset);
    let mut found: Vec<Finding> = shifts.into_iter().map(Finding::MetricShift).collect();
    found.extend(
        logs::detect(&telemetry.logs, scope, reference.map(|r| &r.logs), &logs::Options::default())
            .into_iter()
            .map(Finding::LogShift),
    );
    found.extend(
        impact::detect(&telemetry.metrics, scope, reference.map(|r| &r.metrics))
            .into_iter()
            .map(Finding::Impact),
    );
    let (shifts, split) = traces::detect_near(
        &telemetry.spans,
        scope,
        reference.map(|r| &r.spans),
        &traces::Options::default(),
        first,
    );
    found.extend(shifts);
    found.extend(follow::detect(telemetry, scope, split).into_iter().map(Finding::TraceShift));
    sort(&mut found);
    found
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
            if s.kind == ImpactKind::ExtraTime { "time" } else { "failed" },
            None,
            Some(Direction::Up),
        ),
        Finding::CallEdge(e) => (3, "", Some((Some(&e.caller), None, None)), None),
    };
    (rank, finding.onset(), finding.entity(), name, detail, direction)
}
