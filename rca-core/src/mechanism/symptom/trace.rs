//! Symptoms by the shape of a trace: what moved, in which direction, with which error.

use super::{Symptom, log::of_log, merged, seen};
use crate::model::{Confidence, Direction, TraceShiftKind};

/// The symptoms that a shift in traces shows, strongest first.
///
/// The error text of failed spans is read like a log line and usually says most.
#[must_use]
pub fn of_trace(
    kind: TraceShiftKind,
    direction: Direction,
    error_text: Option<&str>,
) -> Vec<(Symptom, Confidence)> {
    let mut found = error_text.map(of_log).unwrap_or_default();
    found.extend(by_kind(kind, direction));
    merged(found)
}

fn by_kind(kind: TraceShiftKind, direction: Direction) -> Vec<(Symptom, Confidence)> {
    use Symptom as S;
    use TraceShiftKind as K;
    let table: &[(Symptom, f64)] = match (kind, direction) {
        (K::SelfTime, Direction::Up) => &[(S::LatencyUp, 0.9), (S::CpuSaturated, 0.3)],
        (K::Duration, Direction::Up) => &[(S::LatencyUp, 0.9)],
        (K::ClientServerGap, Direction::Up) => &[
            (S::LatencyUp, 0.7),
            (S::NetworkErrors, 0.6),
            (S::QueueGrowth, 0.5),
            (S::PoolExhausted, 0.3),
        ],
        (K::ErrorRate, Direction::Up) => &[(S::ErrorsUp, 0.9)],
        (K::ChildCalls, Direction::Up) => &[(S::CallsFanOut, 0.9), (S::RetriesUp, 0.4)],
        // Traces are sampled, and failed ones more often: their number says little about the traffic.
        (K::Calls, Direction::Up) => &[(S::TrafficUp, 0.35)],
        (K::Calls, Direction::Down) => &[(S::TrafficDown, 0.6), (S::ThroughputDown, 0.4)],
        (K::Truncated, Direction::Up) => &[
            (S::CapacityDown, 0.6),
            (S::Panic, 0.4),
            (S::ConnectionErrors, 0.4),
            (S::TimeoutErrors, 0.3),
        ],
        // A call that used to follow and no longer does: an early exit, an open breaker.
        (K::ChildCalls, Direction::Down) => &[(S::ErrorsUp, 0.3), (S::CircuitOpen, 0.3)],
        _ => &[],
    };
    table.iter().map(|&(symptom, strength)| seen(symptom, strength)).collect()
}
