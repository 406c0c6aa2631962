//! What follows an operation: log lines that it writes more or less often than before.
//!
//! Rates a minute change with the traffic; lines *for each call* change with the code. Lines are joined to
//! the span they were written in, templates are mined, and the two sides are compared by the G-statistic of
//! the rates (Dunning 1993) times the effect size, as for calls of children.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::detect::Scope;
use crate::detect::judge::Seen;
use crate::detect::logs::linked::{span_hash, trace_hash};
use crate::detect::logs::{Miner, TemplateId};
use crate::detect::traces::g_of_rates;
use crate::model::{Direction, Entity, TraceShift, TraceShiftKind};
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
    /// The first line after, and its trace.
    first: Option<(i64, &'a str)>,
}

/// Operations that write different lines from `split` (nanoseconds) on.
///
/// All of the reference counts as before. The miner knows the templates of both.
pub(super) fn detect(
    seen: Seen<'_>,
    reference: Option<Seen<'_>>,
    miner: &Miner,
    scope: &Scope<'_>,
    split: i64,
) -> Vec<TraceShift> {
    let mut operations: BTreeMap<Operation<'_>, Calls<'_>> = BTreeMap::new();
    let window = scope.span();
    let here = |time: i64| window.contains(&time).then_some(time >= split);
    count(seen, here, miner, &mut operations);
    if let Some(reference) = reference {
        count(reference, |_| Some(false), miner, &mut operations);
    }
    let mut found = Vec::new();
    for (operation, calls) in &operations {
        for (template, lines) in &calls.lines {
            found.extend(shift(*operation, calls, miner.template(*template).text(), lines, split));
        }
    }
    found
}

/// A span that records may name.
struct Call<'a> {
    operation: Operation<'a>,
    trace: &'a str,
    after: bool,
}

fn count<'a>(
    seen: Seen<'a>,
    side: impl Fn(i64) -> Option<bool>,
    miner: &Miner,
    operations: &mut BTreeMap<Operation<'a>, Calls<'a>>,
) {
    let linked = seen.logs.linked();
    if linked.is_empty() {
        return;
    }
    let mut spans: FxHashMap<u64, Call<'a>> = FxHashMap::default();
    for span in seen.spans.iter() {
        let Some(after) = side(span.start()) else { continue };
        if !linked.holds(trace_hash(span.trace())) {
            continue;
        }
        let operation = (span.service(), span.name());
        let call = Call { operation, trace: span.trace(), after };
        spans.insert(span_hash(span.trace(), span.id()), call);
        let calls = operations.entry(operation).or_default();
        if after {
            calls.count.1 += 1;
            calls.first = Some(calls.first.map_or(span.start(), |first| first.min(span.start())));
        } else {
            calls.count.0 += 1;
        }
    }
    for record in linked.iter() {
        let Some(call) = spans.get(&record.span) else { continue };
        let calls = operations.entry(call.operation).or_default();
        let lines = calls.lines.entry(miner.resolve(record.template())).or_default();
        if call.after {
            lines.count.1 += 1;
            let this = (record.time, call.trace);
            lines.first = Some(lines.first.map_or(this, |first| first.min(this)));
        } else {
            lines.count.0 += 1;
        }
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
        onset: from_nanos(if up { lines.first.map(|l| l.0) } else { calls.first }.unwrap_or(split)),
        score,
        error: None,
        example_trace: lines.first.map(|(_, trace)| trace.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::logs::LogStats;
    use crate::signal::{LogRecord, Span, Telemetry};
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
        let mut logs = LogStats::default();
        logs.absorb(&telemetry.logs);
        let (metrics, spans) = (&telemetry.metrics, &telemetry.spans);
        let seen = Seen { metrics, spans, logs: &logs };
        detect(seen, None, &logs.templates(None), &Scope::new(window), 10)
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
