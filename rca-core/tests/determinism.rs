//! The same inputs give the same bytes: in any order, from any thread, with and without a store.
#![allow(clippy::unwrap_used, reason = "tests")]

mod incidents;

use std::collections::BTreeSet;

use rca_core::connectors::Batch;
use rca_core::model::{Analysis, CauseKind, Entity, Event, Verdict, attribute};
use rca_core::signal::{LogRecord, LogView, MetricFrame, Span, SpanView, Telemetry};
use rca_core::{Incident, Workspace, analyze, report};

const SHUFFLES: u64 = 200;
/// Of so many traces and log records one is kept: enough for a verdict, and for hundreds of runs.
const THINNED: usize = 12;
/// Longest diff that is kept. Reading diffs is most of the work, and the first commits of a repository are
/// long.
const DIFF_BYTES: usize = 900;

#[test]
fn two_hundred_orders_of_arrival_give_the_same_bytes() {
    let batch = incidents::batch(incidents::OUTSIDE);
    let parts = Parts::thinned(&batch);
    let expected = parts.answer(None);
    let analysis = report::from_json(&expected).unwrap();
    assert_ne!(analysis.verdict, Verdict::NothingToBlame);
    assert!(!analysis.causes.is_empty() && analysis.onset.is_some(), "too thin to say anything");
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (parts, expected) = (&parts, &expected);
            scope.spawn(move || {
                for seed in (half..SHUFFLES).step_by(2) {
                    assert!(parts.answer(Some(seed)) == *expected, "order {seed} differs");
                }
            });
        }
    });
}

#[test]
fn one_two_and_eight_threads_give_the_same_bytes() {
    let batch = incidents::batch(incidents::GUILTY_COMMIT);
    let parts = Parts::thinned(&batch);
    let incident = parts.incident(None);
    let expected = answer(&incident.0, &incident.1);
    for threads in [1, 2, 8] {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (events, telemetry) = incident.clone();
                let expected = &expected;
                scope.spawn(move || {
                    assert!(answer(&events, &telemetry) == *expected, "{threads} threads");
                });
            }
        });
    }
}

#[test]
fn records_that_differ_in_one_field_only_have_an_order_too() {
    // Everything at one moment: nothing but the last field tells these apart.
    let service = "ledger";
    let build = |reverse: bool| {
        let mut telemetry = Telemetry::default();
        let mut numbers: Vec<usize> = (0..240).collect();
        if reverse {
            numbers.reverse();
        }
        for number in numbers {
            let (time, status) = if number % 3 == 0 { (0, "200") } else { (60_000_000_000, "503") };
            let value = number.to_string();
            let attributes = [("http.status_code", status), ("shard", value.as_str())];
            telemetry.logs.push(&LogRecord {
                time,
                service,
                message: "refused",
                attributes: &attributes,
                ..LogRecord::default()
            });
            let status = if number % 2 == 0 {
                rca_core::signal::SpanStatus::Ok
            } else {
                rca_core::signal::SpanStatus::Error
            };
            telemetry.spans.push(&Span {
                trace: "t",
                id: "s",
                service,
                name: "pay",
                start: time,
                duration: 5,
                status,
                attributes: &attributes,
                ..Span::default()
            });
        }
        telemetry.sort();
        telemetry
    };
    let (one, other) = (build(false), build(true));
    let logs = |telemetry: &Telemetry| telemetry.logs.iter().map(log_text).collect::<Vec<_>>();
    let spans = |telemetry: &Telemetry| telemetry.spans.iter().map(span_text).collect::<Vec<_>>();
    assert_eq!(logs(&one), logs(&other));
    assert_eq!(spans(&one), spans(&other));
    assert_eq!(answer(&[], &one), answer(&[], &other));
}

#[test]
fn a_store_changes_nothing_about_the_causes() {
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let batch = incidents::batch(name);
        let without = analyze(&Incident::from(&batch));
        let workspace = Workspace::in_memory().unwrap();
        let with = workspace.investigate_batch(batch).unwrap().analysis;
        assert_eq!(without.verdict, with.verdict, "{name}");
        assert_eq!(ranked(&without), ranked(&with), "{name}");
        assert_eq!(without.first_failing, with.first_failing, "{name}");
    }
}

/// The causes in order, with what belief they got.
fn ranked(analysis: &Analysis) -> Vec<(CauseKind, String)> {
    let causes = analysis.causes.iter();
    causes.map(|cause| (cause.kind.clone(), cause.probability.to_string())).collect()
}

fn answer(events: &[Event], telemetry: &Telemetry) -> String {
    report::json(&analyze(&Incident::new(events, telemetry))).unwrap()
}

/// An incident taken apart, so that it can be put together in any order.
struct Parts<'a> {
    events: Vec<&'a Event>,
    points: Vec<(&'a Entity, &'a str, i64, f64)>,
    spans: Vec<SpanView<'a>>,
    logs: Vec<LogView<'a>>,
}

impl<'a> Parts<'a> {
    fn thinned(batch: &'a Batch) -> Self {
        let telemetry = &batch.telemetry;
        let traces: BTreeSet<&str> = telemetry.spans.iter().map(|span| span.trace()).collect();
        let kept: BTreeSet<&str> = traces.into_iter().step_by(THINNED).collect();
        Self {
            events: batch.events.iter().filter(|event| is_short(event)).collect(),
            points: points(&telemetry.metrics),
            spans: telemetry.spans.iter().filter(|span| kept.contains(span.trace())).collect(),
            logs: telemetry.logs.iter().step_by(THINNED).collect(),
        }
    }

    /// In the order of the seed; as they came without one.
    fn incident(&self, seed: Option<u64>) -> (Vec<Event>, Telemetry) {
        let mut dice = Dice(seed.unwrap_or_default());
        let mut order = |length: usize| match seed {
            Some(_) => dice.shuffled(length),
            None => (0..length).collect(),
        };
        let events = order(self.events.len()).into_iter().map(|at| self.events[at].clone());
        let events = events.collect();
        let mut telemetry = Telemetry::default();
        for at in order(self.points.len()) {
            let (entity, metric, time, value) = self.points[at];
            telemetry.metrics.push(entity, metric, time, value);
        }
        for at in order(self.spans.len()) {
            let span = self.spans[at];
            telemetry.spans.push(&Span {
                trace: span.trace(),
                id: span.id(),
                parent: span.parent(),
                service: span.service(),
                name: span.name(),
                start: span.start(),
                duration: span.duration(),
                status: span.status(),
                attributes: &span.attributes().collect::<Vec<_>>(),
            });
        }
        for at in order(self.logs.len()) {
            let record = self.logs[at];
            telemetry.logs.push(&LogRecord {
                time: record.time(),
                service: record.service(),
                severity: record.severity(),
                message: record.message(),
                trace: record.trace(),
                span: record.span(),
                attributes: &record.attributes().collect::<Vec<_>>(),
            });
        }
        (events, telemetry)
    }

    fn answer(&self, seed: Option<u64>) -> String {
        let (events, telemetry) = self.incident(seed);
        answer(&events, &telemetry)
    }
}

fn is_short(event: &Event) -> bool {
    event.attribute(attribute::DIFF).is_none_or(|diff| diff.len() <= DIFF_BYTES)
}

fn points(metrics: &MetricFrame) -> Vec<(&Entity, &str, i64, f64)> {
    let series = metrics.iter().flat_map(|(entity, name, series)| {
        let points = series.times.iter().zip(&series.values).step_by(THINNED / 4);
        points.map(move |(time, value)| (entity, name, *time, *value))
    });
    series.collect()
}

fn log_text(record: LogView<'_>) -> String {
    format!("{} {:?}", record.time(), record.attributes().collect::<Vec<_>>())
}

fn span_text(span: SpanView<'_>) -> String {
    format!("{} {:?} {:?}", span.start(), span.status(), span.attributes().collect::<Vec<_>>())
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0..length in some order (Fisher and Yates).
    fn shuffled(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for at in (1..length).rev() {
            let other = usize::try_from(self.next() % (at as u64 + 1)).unwrap();
            order.swap(at, other);
        }
        order
    }
}
