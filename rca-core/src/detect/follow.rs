//! What follows an operation: log lines that it writes more or less often than before.
//!
//! Rates a minute change with the traffic; lines *for each call* change with the code. Lines are joined to
//! the span they were written in, templates are mined, and the two sides are compared by the G-statistic of
//! the rates (Dunning 1993) times the effect size, as for calls of children.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::detect::Scope;
use crate::detect::logs::{Miner, TemplateId};
use crate::detect::traces::g_of_rates;
use crate::model::{Direction, Entity, TraceShift, TraceShiftKind};
use crate::signal::Telemetry;
use crate::time::from_nanos;

/// Smallest score of a finding.
const MIN_SCORE: f64 = 2.0;

/// An operation: service and name.
type Operation<'a> = (&'a str, &'a str);

#[derive(Debug, Default)]
struct Calls<'a> {
    /// Calls before and after.
    count: (u64, u64),
    /// First call after.
    first: Option<i64>,
    lines: BTreeMap<TemplateId, Lines<'a>>,
}

#[derive(Debug, Default)]
struct Lines<'a> {
    count: (u64, u64),
    first: Option<i64>,
    trace: Option<&'a str>,
}

/// Operations that write different lines from `split` (nanoseconds) on.
#[must_use]
pub fn detect(telemetry: &Telemetry, scope: &Scope<'_>, split: i64) -> Vec<TraceShift> {
    let mut miner = Miner::default();
    let mut operations: BTreeMap<Operation<'_>, Calls<'_>> = BTreeMap::new();
    let window = scope.span();
    let here = |time: i64| window.contains(&time).then_some(time >= split);
    let mut lines = Vec::new();
    count(telemetry, here, &mut miner, &mut operations, &mut lines);
    if let Some(reference) = scope.reference {
        count(reference, |_| Some(false), &mut miner, &mut operations, &mut lines);
    }
    miner.finish();
    for line in lines {
        let calls = operations.entry(line.operation).or_default();
        let found = calls.lines.entry(miner.resolve(line.template)).or_default();
        if line.after {
            found.count.1 += 1;
            if found.first.is_none_or(|first| line.time < first) {
                (found.first, found.trace) = (Some(line.time), Some(line.trace));
            }
        } else {
            found.count.0 += 1;
        }
    }
    let mut found = Vec::new();
    for (operation, calls) in &operations {
        for (template, lines) in &calls.lines {
            found.extend(shift(*operation, calls, miner.template(*template).text(), lines, split));
        }
    }
    found
}

struct Line<'a> {
    operation: Operation<'a>,
    template: TemplateId,
    after: bool,
    time: i64,
    trace: &'a str,
}

fn count<'a>(
    telemetry: &'a Telemetry,
    side: impl Fn(i64) -> Option<bool>,
    miner: &mut Miner,
    operations: &mut BTreeMap<Operation<'a>, Calls<'a>>,
    lines: &mut Vec<Line<'a>>,
) {
    let mut spans: FxHashMap<(&str, &str), (Operation<'a>, bool)> = FxHashMap::default();
    if telemetry.logs.is_empty() {
        return;
    }
    for span in telemetry.spans.iter() {
        let Some(after) = side(span.start()) else { continue };
        let operation = (span.service(), span.name());
        spans.insert((span.trace(), span.id()), (operation, after));
        let calls = operations.entry(operation).or_default();
        if after {
            calls.count.1 += 1;
            calls.first = Some(calls.first.map_or(span.start(), |first| first.min(span.start())));
        } else {
            calls.count.0 += 1;
        }
    }
    for record in telemetry.logs.iter() {
        let Some(trace) = record.trace() else { continue };
        let Some(&(operation, after)) = record.span().and_then(|span| spans.get(&(trace, span)))
        else {
            continue;
        };
        let template = miner.learn(record.message());
        lines.push(Line { operation, template, after, time: record.time(), trace });
    }
}

fn shift(
    (service, name): Operation<'_>,
    calls: &Calls<'_>,
    template: &str,
    lines: &Lines<'_>,
    split: i64,
) -> Option<TraceShift> {
    let (n0, n1) = (calls.count.0 as f64, calls.count.1 as f64);
    if n0 < 1.0 || n1 < 1.0 {
        return None;
    }
    let (c0, c1) = (lines.count.0 as f64, lines.count.1 as f64);
    let (before, after) = (c0 / n0, c1 / n1);
    let score = g_of_rates((c0, n0), (c1, n1)).sqrt() * (after - before).abs() / (after + before);
    let up = after >= before;
    (score >= MIN_SCORE).then(|| TraceShift {
        entity: Entity::service(service),
        operation: name.to_owned(),
        peer: None,
        peer_operation: Some(template.to_owned()),
        kind: TraceShiftKind::LogLines,
        direction: if up { Direction::Up } else { Direction::Down },
        before,
        after,
        samples: calls.count,
        onset: from_nanos(if up { lines.first } else { calls.first }.unwrap_or(split)),
        score,
        error: None,
        example_trace: lines.trace.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{LogRecord, Span};
    use crate::time::TimeRange;

    /// Twenty calls, ten before the split; the line is written for the calls that `says` picks.
    fn told(says: impl Fn(i64) -> bool) -> Vec<TraceShift> {
        let mut telemetry = Telemetry::default();
        for call in 0..20_i64 {
            let id = call.to_string();
            let span = Span {
                trace: &id,
                id: "1",
                service: "mill",
                name: "grind",
                start: call,
                ..Span::default()
            };
            telemetry.spans.push(&span);
            for (message, said) in [("grinding now", true), ("husks removed", says(call))] {
                if said {
                    telemetry.logs.push(&LogRecord {
                        time: call,
                        service: "mill",
                        message,
                        trace: Some(&id),
                        span: Some("1"),
                        ..LogRecord::default()
                    });
                }
            }
        }
        let window = TimeRange::new(from_nanos(0), from_nanos(20)).unwrap();
        detect(&telemetry, &Scope::new(window), 10)
    }

    #[test]
    fn a_line_that_no_longer_follows_its_call_is_found() {
        let found = told(|call| call < 10);
        let [shift] = found.as_slice() else { unreachable!("{found:?}") };
        assert_eq!(shift.direction, Direction::Down);
        assert_eq!(shift.peer_operation.as_deref(), Some("husks removed"));
        assert_eq!((shift.before, shift.after), (1.0, 0.0));
    }

    #[test]
    fn the_same_lines_for_each_call_are_no_news() {
        assert!(told(|_| true).is_empty());
    }
}
