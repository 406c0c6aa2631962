//! Findings: what the detectors saw in raw telemetry, as data that can be stored and ranked.
//!
//! Every finding becomes an [`Event`] ([`Finding::to_event`]) and can be read back from it, so that an
//! investigation can be ranked again after the raw telemetry is gone.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::model::{Entity, Event, HabitShift, Severity, Source};

/// Up or down.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
}

/// A metric left its normal range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricShift {
    /// Whose metric.
    pub entity: Entity,
    /// Its name.
    pub metric: String,
    /// Up or down.
    pub direction: Direction,
    /// First moment of the sustained departure.
    pub onset: DateTime<Utc>,
    /// Last moment it was normal.
    pub last_normal: DateTime<Utc>,
    /// Typical value before (median).
    pub before: f64,
    /// Typical value after (median from the onset on).
    pub after: f64,
    /// The value furthest from normal.
    pub peak: f64,
    /// Distance of `after` from `before` in robust standard deviations of the baseline (with a floor).
    pub score: f64,
    /// Samples before and after the onset.
    pub samples: (u64, u64),
}

/// A log template appeared, became frequent, or fell silent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogShift {
    /// Who logs it.
    pub entity: Entity,
    /// The template, `<*>` for variable parts.
    pub template: String,
    /// One real line.
    pub example: String,
    /// How bad the line says it is.
    pub severity: Severity,
    /// Up (new or more frequent) or down (rarer).
    pub direction: Direction,
    /// Lines before and after the onset.
    pub count: (u64, u64),
    /// Lines a minute before and after the onset.
    pub rate: (f64, f64),
    /// Whether the baseline holds no such line at all.
    pub novel: bool,
    /// First moment of the new rate; the first line when novel.
    pub onset: DateTime<Utc>,
    /// Signed square root of the G-statistic of the two rates: comparable with a z-score.
    pub score: f64,
    /// Code locations that the lines name, most frequent first.
    pub frames: Vec<StackFrame>,
}

/// A place in code that a log line, an exception or a span names.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct StackFrame {
    /// Path or class, as written.
    pub path: String,
    /// Function, where known.
    pub function: Option<String>,
    /// Line, where known.
    pub line: Option<u32>,
}

/// What about an operation changed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TraceShiftKind {
    /// Time in the operation itself, without its children (milliseconds, median).
    SelfTime,
    /// Time with its children (milliseconds, median).
    Duration,
    /// Time between a client span and its server span: network or queue of the callee (milliseconds).
    ClientServerGap,
    /// Share of failed spans.
    ErrorRate,
    /// Calls of a child operation for each call of the parent.
    ChildCalls,
    /// Calls a minute.
    Calls,
    /// Traces that end where they used to go on: the callee that stopped answering.
    Truncated,
}

/// An operation behaves differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceShift {
    /// Whose operation.
    pub entity: Entity,
    /// The operation (span name).
    pub operation: String,
    /// The other side: callee of a gap, parent of child calls.
    pub peer: Option<Entity>,
    /// The other side's operation.
    pub peer_operation: Option<String>,
    /// What changed.
    pub kind: TraceShiftKind,
    /// Up or down.
    pub direction: Direction,
    /// Typical value before.
    pub before: f64,
    /// Typical value after.
    pub after: f64,
    /// Spans before and after.
    pub samples: (u64, u64),
    /// First moment of the new behaviour.
    pub onset: DateTime<Utc>,
    /// Comparable with a z-score.
    pub score: f64,
    /// An error text of the failing spans, when there is one.
    pub error: Option<String>,
    /// One trace that shows it.
    pub example_trace: Option<String>,
}

/// Calls from one entity to another, counted in the traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallEdge {
    /// Who calls.
    pub caller: Entity,
    /// Who answers.
    pub callee: Entity,
    /// Calls before and after the onset.
    pub calls: (u64, u64),
    /// Failed calls before and after.
    pub errors: (u64, u64),
    /// Median milliseconds before and after, as the callee measured.
    pub millis: (f64, f64),
}

/// What an incident costs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ImpactKind {
    /// Time that calls take longer than normal.
    ExtraTime,
    /// Calls that fail beyond the normal share.
    FailedCalls,
    /// Use of CPU or memory that grew to its limit.
    AtLimit,
}

/// Deviation times requests: comparable between entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImpactShift {
    /// Whose calls.
    pub entity: Entity,
    /// Time or failures.
    pub kind: ImpactKind,
    /// The metric it was read from.
    pub metric: String,
    /// Typical value of a call before: time in the metric's unit, or share of failures.
    pub before: f64,
    /// Mean value of a call after.
    pub after: f64,
    /// Calls in a sample of the incident.
    pub calls: f64,
    /// Extra time, or failed calls, in a sample of the incident; for limits the logarithm of the growth
    /// times the square of the share that is used.
    pub amount: f64,
    /// Distance of `after` from `before` in robust standard deviations (with a floor).
    pub score: f64,
    /// First sample that departs.
    pub onset: DateTime<Utc>,
}

/// What a detector saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// A metric left its normal range.
    MetricShift(MetricShift),
    /// A log template changed its rate.
    LogShift(LogShift),
    /// An operation behaves differently.
    TraceShift(TraceShift),
    /// A call edge; the sum of these is the call graph.
    CallEdge(CallEdge),
    /// What the incident costs an entity's callers.
    Impact(ImpactShift),
    /// Something else follows within an operation than used to.
    Habit(HabitShift),
}

impl Finding {
    /// Whom it is about; the callee for call edges.
    #[must_use]
    pub fn entity(&self) -> &Entity {
        match self {
            Self::MetricShift(shift) => &shift.entity,
            Self::LogShift(shift) => &shift.entity,
            Self::TraceShift(shift) => &shift.entity,
            Self::CallEdge(edge) => &edge.callee,
            Self::Impact(shift) => &shift.entity,
            Self::Habit(shift) => &shift.entity,
        }
    }

    /// When it began; none for call edges, which have no moment.
    #[must_use]
    pub fn onset(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::MetricShift(shift) => Some(shift.onset),
            Self::LogShift(shift) => Some(shift.onset),
            Self::TraceShift(shift) => Some(shift.onset),
            Self::CallEdge(_) => None,
            Self::Impact(shift) => Some(shift.onset),
            Self::Habit(shift) => Some(shift.onset),
        }
    }

    /// Makes an event of it. `at` stamps call edges, which have no moment of their own.
    ///
    /// The source id is made from what the finding is about, not from its numbers: finding the same
    /// again updates nothing and duplicates nothing.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when an onset does not fit nanoseconds.
    pub fn to_event(&self, at: DateTime<Utc>) -> Result<Event> {
        let time = self.onset().unwrap_or(at);
        let (source, event_type, severity) = match self {
            Self::MetricShift(_) => (Source::Metrics, "metric_shift", Severity::Medium),
            Self::LogShift(shift) => (Source::Logs, "log_shift", shift.severity),
            Self::TraceShift(_) => (Source::Traces, "trace_shift", Severity::Medium),
            Self::CallEdge(_) => (Source::Traces, "call_edge", Severity::Info),
            Self::Impact(_) => (Source::Metrics, "impact", Severity::Medium),
            Self::Habit(_) => (Source::Traces, "habit_shift", Severity::Medium),
        };
        let Value::Object(data) =
            serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))?
        else {
            return Err(Error::Internal("a finding is not a JSON object".to_owned()));
        };
        Event::builder(time, source, event_type, &self.title())
            .with_severity(severity)
            .with_entity(self.entity().clone())
            .with_source_id(format!("{event_type}:{}:{}", time.timestamp_millis(), self.subject()))
            .with_data(data)
            .build()
    }

    /// Reads a finding back from its event; none when the event is not one.
    #[must_use]
    pub fn from_event(event: &Event) -> Option<Self> {
        event.data().get("finding")?;
        serde_json::from_value(Value::Object(event.data().clone())).ok()
    }

    /// One line for people.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::MetricShift(s) => {
                format!("{} {} {} → {}", s.entity, s.metric, number(s.before), number(s.after))
            }
            Self::LogShift(s) if s.novel => format!("{} new log line: {}", s.entity, s.template),
            Self::LogShift(s) => {
                format!(
                    "{} log rate {} → {} a minute: {}",
                    s.entity,
                    number(s.rate.0),
                    number(s.rate.1),
                    s.template
                )
            }
            Self::TraceShift(s) => {
                let mut text = format!("{} {} {}", s.entity, s.operation, s.kind.label());
                if let Some(peer) =
                    s.peer_operation.as_deref().or(s.peer.as_ref().map(|p| p.name.as_str()))
                {
                    let _ = write!(text, " ({peer})");
                }
                let _ = write!(text, " {} → {}", number(s.before), number(s.after));
                text
            }
            Self::CallEdge(edge) => format!("{} calls {}", edge.caller, edge.callee),
            Self::Habit(s) => format!(
                "{} {}: after {} comes {} {} → {} of the time, instead of {}",
                s.entity,
                s.operation,
                s.step,
                s.gained,
                number(s.before),
                number(s.after),
                s.lost
            ),
            Self::Impact(s) if s.kind == ImpactKind::AtLimit => {
                let (before, after) = (number(s.before), number(s.after));
                format!("{} at its limit: {} {before} → {after}", s.entity, s.metric)
            }
            Self::Impact(s) => {
                let what = match s.kind {
                    ImpactKind::ExtraTime => "extra time",
                    ImpactKind::FailedCalls | ImpactKind::AtLimit => "more failed calls",
                };
                let (before, after) = (number(s.before), number(s.after));
                format!(
                    "{} {what} {} a sample ({} {before} → {after}, {} calls)",
                    s.entity,
                    number(s.amount),
                    s.metric,
                    number(s.calls)
                )
            }
        }
    }

    fn subject(&self) -> String {
        let text = match self {
            Self::MetricShift(s) => format!("{}\u{1f}{}", s.entity, s.metric),
            Self::LogShift(s) => format!("{}\u{1f}{}", s.entity, s.template),
            Self::TraceShift(s) => format!(
                "{}\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}{:?}",
                s.entity,
                s.operation,
                s.peer.as_ref().map_or("", |p| &p.name),
                s.peer_operation.as_deref().unwrap_or(""),
                s.kind
            ),
            Self::CallEdge(e) => format!("{}\u{1f}{}", e.caller, e.callee),
            Self::Impact(s) => format!("{}\u{1f}{}\u{1f}{:?}", s.entity, s.metric, s.kind),
            Self::Habit(s) => {
                // Lines and calls are judged apart and may both change after the same step.
                let (from, to) = (&s.lost, &s.gained);
                format!("{}\u{1f}{}\u{1f}{}\u{1f}{from}\u{1f}{to}", s.entity, s.operation, s.step)
            }
        };
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}

impl TraceShiftKind {
    /// In words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SelfTime => "own time (ms)",
            Self::Duration => "duration (ms)",
            Self::ClientServerGap => "time to reach the callee (ms)",
            Self::ErrorRate => "share of failed calls",
            Self::ChildCalls => "calls for each parent call",
            Self::Calls => "calls a minute",
            Self::Truncated => "share of traces that break off here",
        }
    }
}

/// A number for people: three significant digits, no exponent for common sizes.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || size >= 1e9 || (size > 0.0 && size < 1e-4) {
        return format!("{value:.2e}");
    }
    let decimals = match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_survives_the_way_through_an_event() {
        let finding = Finding::MetricShift(MetricShift {
            entity: Entity::service("ledger"),
            metric: "pool_in_use".to_owned(),
            direction: Direction::Up,
            onset: DateTime::from_timestamp(100, 0).unwrap(),
            last_normal: DateTime::from_timestamp(95, 0).unwrap(),
            before: 4.0,
            after: 10.0,
            peak: 10.0,
            score: 12.5,
            samples: (60, 20),
        });
        let event = finding.to_event(DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(event.title(), "ledger pool_in_use 4 → 10");
        assert_eq!(Finding::from_event(&event), Some(finding));
    }

    #[test]
    fn numbers_read_well() {
        for (value, text) in [
            (0.0, "0"),
            (1503.2, "1503"),
            (0.97, "0.97"),
            (12.34, "12.3"),
            (-4.0, "-4"),
            (1e-7, "1.00e-7"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
