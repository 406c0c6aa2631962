//! What the detectors must do on telemetry with a known truth: quiet when calm, exact when not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, missing_docs)]

use chrono::Duration;
use proptest::prelude::*;

use rca_core::detect::metrics::MetricStats;
use rca_core::detect::traces::TraceStats;
use rca_core::detect::{Scope, metrics, traces};
use rca_core::model::{
    CallEdge, Direction, Entity, Finding, MetricShift, TraceShift, TraceShiftKind,
};
use rca_core::signal::{MetricFrame, Span, SpanFrame, SpanStatus};
use rca_core::time::{TimeRange, from_nanos, nanos};

const MINUTE: i64 = 60_000_000_000;
const START: i64 = 1_700_000_040_000_000_000;

/// Repeatable noise (splitmix64): the same seed gives the same numbers on every machine.
struct Noise(u64);

impl Noise {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, neither of them.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Calm {
    Constant,
    Normal,
    Uniform,
    LogNormal,
    Student,
    Remembering(f64),
    Periodic,
    RareCounts,
    Share,
    Drift,
}

const CALM: [Calm; 11] = [
    Calm::Constant,
    Calm::Normal,
    Calm::Uniform,
    Calm::LogNormal,
    Calm::Student,
    Calm::Remembering(0.5),
    Calm::Remembering(0.9),
    Calm::Periodic,
    Calm::RareCounts,
    Calm::Share,
    Calm::Drift,
];

fn calm(kind: Calm, count: usize, noise: &mut Noise) -> Vec<f64> {
    let mut state = noise.normal();
    let phase = noise.uniform();
    (0..count)
        .map(|i| {
            let at = i as f64 / count as f64;
            match kind {
                Calm::Constant => 42.0,
                Calm::Normal => 100.0 + 5.0 * noise.normal(),
                Calm::Uniform => noise.uniform(),
                Calm::LogNormal => 20.0 * noise.normal().exp(),
                // Student's t with two degrees of freedom: no variance.
                Calm::Student => {
                    let (a, b) = (noise.normal(), noise.normal());
                    noise.normal() / f64::midpoint(a * a, b * b).sqrt()
                }
                Calm::Remembering(share) => {
                    state = share * state + (1.0 - share * share).sqrt() * noise.normal();
                    50.0 + 4.0 * state
                }
                Calm::Periodic => {
                    300.0
                        + 80.0 * (std::f64::consts::TAU * (4.0 * at + phase)).sin()
                        + 5.0 * noise.normal()
                }
                Calm::RareCounts => f64::from(noise.uniform() < 0.1),
                Calm::Share => (0.995 + 0.003 * noise.normal()).min(1.0),
                Calm::Drift => 100.0 + 40.0 * at + 3.0 * noise.normal(),
            }
        })
        .collect()
}

fn frame(values: &[f64]) -> MetricFrame {
    let mut frame = MetricFrame::default();
    for (i, value) in values.iter().enumerate() {
        frame.push(&Entity::service("shop"), "m", START + i as i64 * MINUTE, *value);
    }
    frame
}

fn scope(count: usize) -> Scope<'static> {
    let end = from_nanos(START + count as i64 * MINUTE);
    Scope::new(TimeRange::new(from_nanos(START), end).unwrap())
}

fn shifts(values: &[f64], alarm: Option<usize>) -> Vec<MetricShift> {
    let mut scope = scope(values.len());
    scope.alarm = alarm.map(|index| from_nanos(START + index as i64 * MINUTE));
    metrics::detect(&frame(values), &scope, None, &metrics::Options::default())
}

fn minute_of(shift: &MetricShift) -> i64 {
    (nanos(shift.onset) - START) / MINUTE
}

#[test]
fn calm_series_are_quiet() {
    let mut loud = Vec::new();
    for kind in CALM {
        for alarmed in [false, true] {
            let (mut found, mut total) = (0, 0);
            for (round, count) in [12, 30, 75, 180, 600].into_iter().enumerate() {
                for seed in 0..50 {
                    let mut noise = Noise(seed * 97 + round as u64 * 7 + u64::from(alarmed));
                    let values = calm(kind, count, &mut noise);
                    let n = shifts(&values, alarmed.then_some(count * 9 / 10)).len();
                    found += n;
                    total += 1;
                }
            }
            // Two per cent.
            if found * 50 > total {
                loud.push((kind, alarmed, found, total));
            }
        }
    }
    assert!(loud.is_empty(), "{loud:?}");
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Step,
    Ramp,
}

/// Normal noise of deviation 1 around `level`, and a fault that reaches `height` deviations.
fn faulty(fault: Fault, before: usize, after: usize, height: f64, seed: u64) -> Vec<f64> {
    let mut noise = Noise(seed);
    (0..before + after)
        .map(|i| {
            let departed = match fault {
                _ if i < before => 0.0,
                Fault::Step => height,
                Fault::Ramp => height * (i + 1 - before) as f64 / after as f64,
            };
            100.0 + departed + noise.normal()
        })
        .collect()
}

#[test]
fn planted_steps_and_ramps_are_found_where_they_begin() {
    let cases = [
        (Fault::Step, 60, 10, 15.0, 0),
        (Fault::Step, 170, 4, -15.0, 0),
        (Fault::Step, 8, 5, 40.0, 0),
        (Fault::Step, 20, 160, 12.0, 0),
        (Fault::Ramp, 60, 30, 40.0, 3),
        (Fault::Ramp, 25, 140, 60.0, 5),
        (Fault::Ramp, 100, 60, -60.0, 3),
    ];
    for (fault, before, after, height, tolerance) in cases {
        let mut misses = Vec::new();
        for seed in 0..50 {
            let values = faulty(fault, before, after, height, seed);
            match &shifts(&values, Some(before + after - 1))[..] {
                [shift] => {
                    let up = shift.direction == Direction::Up;
                    assert_eq!(up, height > 0.0, "{fault:?} {before} {after} {height} {seed}");
                    let off = minute_of(shift) - before as i64;
                    if off.abs() > tolerance {
                        misses.push(off);
                    }
                }
                _ => misses.push(i64::MAX),
            }
        }
        assert!(misses.len() <= 2, "{fault:?} {before}+{after} to {height}: {misses:?}");
    }
}

#[test]
fn a_gauge_that_changes_once_is_dated_exactly() {
    let values: Vec<f64> = (0..90).map(|i| if i < 70 { 50.0 } else { 10.0 }).collect();
    let [shift] = &shifts(&values, Some(85))[..] else { panic!("one shift") };
    assert_eq!((minute_of(shift), shift.before, shift.after), (70, 50.0, 10.0));
    assert_eq!((nanos(shift.last_normal) - START) / MINUTE, 69);
}

#[test]
fn a_counter_that_is_reset_shifts_only_when_its_rate_does() {
    let mut noise = Noise(3);
    let mut total = 0.0;
    let mut values: Vec<f64> = Vec::new();
    for i in 0..100 {
        total = if i == 40 { 0.0 } else { total };
        total += if i < 80 { 600.0 } else { 6000.0 } + 60.0 * noise.normal();
        values.push(total);
    }
    assert_eq!(shifts(&values[..80], None), []);
    let [shift] = &shifts(&values, None)[..] else { panic!("one shift") };
    assert_eq!(minute_of(shift), 80);
    assert!((9.0..11.0).contains(&shift.before) && (95.0..105.0).contains(&shift.after));
}

#[test]
fn a_brief_spike_is_not_a_shift() {
    let mut values = calm(Calm::Normal, 100, &mut Noise(1));
    values[50] = 900.0;
    assert_eq!(shifts(&values, Some(95)), []);
}

#[test]
fn what_was_over_long_before_the_alarm_is_not_the_incident() {
    let mut values = calm(Calm::Normal, 180, &mut Noise(5));
    values[20..23].fill(400.0);
    values[170..].fill(300.0);
    let [shift] = &shifts(&values, Some(175))[..] else { panic!("one shift") };
    assert_eq!(minute_of(shift), 170);
}

#[test]
fn a_slow_ramp_that_ends_in_a_jump_is_dated_at_the_ramp() {
    let values: Vec<f64> = calm(Calm::Normal, 110, &mut Noise(9))
        .into_iter()
        .enumerate()
        .map(|(i, v)| match i {
            0..60 => v,
            60..95 => v + 3.0 * (i - 59) as f64,
            _ => 2000.0,
        })
        .collect();
    let [shift] = &shifts(&values, Some(105))[..] else { panic!("one shift") };
    assert!((57..=64).contains(&minute_of(shift)), "{}", minute_of(shift));
}

#[test]
fn a_countdown_is_reported_when_it_reaches_zero_and_only_then() {
    let values: Vec<f64> = (0..60).map(|i| f64::from(40 - i) * 60.0).collect();
    assert_eq!(shifts(&values[..40], None), []);
    let [shift] = &shifts(&values, None)[..] else { panic!("one shift") };
    assert_eq!((minute_of(shift), shift.direction), (40, Direction::Down));
}

#[test]
fn series_that_appear_or_vanish_are_dated() {
    let (start, after) = (Entity::service("late"), Entity::service("steady"));
    let mut both = MetricFrame::default();
    for i in 0..100 {
        both.push(&after, "m", START + i * MINUTE, 5.0 + (i % 3) as f64);
        if i >= 70 {
            both.push(&start, "errors", START + i * MINUTE, 4.0 + (i % 3) as f64);
        } else {
            both.push(&start, "memory", START + i * MINUTE, 4.0 + (i % 3) as f64);
        }
    }
    let found = metrics::detect(&both, &scope(100), None, &metrics::Options::default());
    let dated: Vec<_> =
        found.iter().map(|s| (s.metric.as_str(), minute_of(s), s.direction)).collect();
    assert_eq!(dated, [("errors", 70, Direction::Up), ("memory", 70, Direction::Down)]);
}

#[test]
fn a_reference_recorded_later_dates_an_incident_in_five_samples() {
    let mut normal = MetricFrame::default();
    let mut noise = Noise(11);
    for i in 0..300 {
        let time = START + (10_000 + 5 * i) * MINUTE;
        normal.push(&Entity::service("shop"), "m", time, 0.09 + 0.004 * noise.normal());
    }
    let mut window = MetricFrame::default();
    for (i, value) in [0.091, 0.088, 0.31, 0.33, 0.29].into_iter().enumerate() {
        window.push(&Entity::service("shop"), "m", START + 5 * i as i64 * MINUTE, value);
    }
    let mut scope = scope(25);
    scope.alarm = Some(from_nanos(START + 12 * MINUTE));
    let options = metrics::Options::default();
    let found = metrics::detect(&window, &scope, Some(&normal), &options);
    let [shift] = &found[..] else { panic!("{found:?}") };
    assert_eq!(minute_of(shift), 10);
    assert!((shift.before - 0.09).abs() < 0.002 && shift.score > 10.0);
}

fn incident() -> impl Strategy<Value = Vec<f64>> {
    (any::<u64>(), 20_usize..120, 4_usize..60, 8.0..200.0_f64, any::<bool>()).prop_map(
        |(seed, before, after, height, ramp)| {
            faulty(if ramp { Fault::Ramp } else { Fault::Step }, before, after, height, seed)
        },
    )
}

proptest! {
    #[test]
    fn shifting_all_times_shifts_the_onset_and_nothing_else(
        values in incident(),
        minutes in -1_000_000_i64..1_000_000,
    ) {
        let by = Duration::minutes(minutes);
        let mut later = MetricFrame::default();
        for (i, value) in values.iter().enumerate() {
            let time = START + (i as i64 + minutes) * MINUTE;
            later.push(&Entity::service("shop"), "m", time, *value);
        }
        let mut moved = scope(values.len());
        moved.window.start += by;
        moved.window.end += by;
        let found = metrics::detect(&later, &moved, None, &metrics::Options::default());
        let mut expected = shifts(&values, None);
        for shift in &mut expected {
            shift.onset += by;
            shift.last_normal += by;
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn scaling_a_metric_changes_nothing_but_its_values(
        values in incident(),
        power in -20_i32..20,
    ) {
        // A power of two scales floats without rounding.
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        // Shares and percentages are recognised by their range and judged from their ceiling.
        prop_assume!(scaled.iter().any(|v| *v > 100.0));
        let mut expected = shifts(&values, None);
        for shift in &mut expected {
            shift.before *= factor;
            shift.after *= factor;
            shift.peak *= factor;
        }
        prop_assert_eq!(shifts(&scaled, None), expected);
    }

    #[test]
    fn order_of_arrival_does_not_matter(values in incident(), seed in any::<u64>()) {
        let mut noise = Noise(seed);
        let mut order: Vec<(u64, usize)> =
            (0..values.len()).map(|i| (noise.bits(), i)).collect();
        order.sort_unstable();
        let mut shuffled = MetricFrame::default();
        for (_, i) in order {
            shuffled.push(&Entity::service("shop"), "m", START + i as i64 * MINUTE, values[i]);
        }
        let options = metrics::Options::default();
        let found = metrics::detect(&shuffled, &scope(values.len()), None, &options);
        prop_assert_eq!(found, shifts(&values, None));
    }

    #[test]
    fn gaps_change_no_order(seed in any::<u64>(), every in 5_usize..12) {
        onsets_with_gaps(seed, every)?;
    }
}

/// Every `every`-th sample is missing; a step an hour in and one twenty minutes later keep their order. Onsets are
/// right to within one sample, which is two minutes where the sample beside the onset is the missing one.
fn onsets_with_gaps(seed: u64, every: usize) -> Result<(), TestCaseError> {
    let early = faulty(Fault::Step, 60, 40, 60.0, seed);
    let late = faulty(Fault::Step, 80, 20, 60.0, seed ^ 1);
    let missing = |i: usize| i % every == 3;
    let mut frame = MetricFrame::default();
    for i in 0..100 {
        for (name, values) in [("early", &early), ("late", &late)] {
            let value = if missing(i) { f64::NAN } else { values[i] };
            frame.push(&Entity::service(name), "m", START + i as i64 * MINUTE, value);
        }
    }
    let found = metrics::detect(&frame, &scope(100), None, &metrics::Options::default());
    let names: Vec<_> = found.iter().map(|s| s.entity.name.as_str()).collect();
    prop_assert_eq!(names, ["early", "late"]);
    for (shift, onset) in found.iter().zip([60_usize, 80]) {
        let beside = [onset - 1, onset, onset + 1].into_iter().any(missing);
        let off = (minute_of(shift) - onset as i64).abs();
        prop_assert!(off <= if beside { 2 } else { 1 }, "{} for {onset}", minute_of(shift));
    }
    Ok(())
}

/// The sample before the onset is missing here: the step may have begun one sample earlier than it did.
#[test]
fn a_gap_right_before_the_onset_widens_it_by_one_sample() {
    onsets_with_gaps(1_701_587_820_838_990_211, 7).unwrap();
}

const MILLI: i64 = 1_000_000;

/// What goes wrong in a shop where `web` asks `cart`, which asks `stock` once and computes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bug {
    None,
    SlowCart,
    SlowNetworkToStock,
    StockFails,
    StockInALoop,
    StockSilent,
}

/// Ten traces a second for a minute before and a minute after `START + 1 minute`.
fn shop(bug: Bug, seed: u64, keep: impl Fn(usize) -> bool) -> SpanFrame {
    let mut frame = SpanFrame::default();
    let mut noise = Noise(seed);
    for i in 0..1200_usize {
        let bug = if i < 600 { Bug::None } else { bug };
        let start = START + i as i64 * 100 * MILLI;
        let mut millis = |typical: f64| (typical * (0.2 * noise.normal()).exp() * 1e6) as i64;
        let work = millis(if bug == Bug::SlowCart { 40.0 } else { 10.0 });
        let network = millis(if bug == Bug::SlowNetworkToStock { 30.0 } else { 1.0 });
        let calls = if bug == Bug::StockInALoop { 20 } else { 1 };
        let queries: Vec<i64> = (0..calls).map(|_| millis(5.0)).collect();
        if !keep(i) {
            continue;
        }
        let trace = format!("trace-{i}");
        let failed = bug == Bug::StockFails && i % 2 == 0;
        let status = if failed { SpanStatus::Error } else { SpanStatus::Ok };
        let spent: i64 = queries.iter().map(|query| query + network).sum();
        let base = Span { trace: &trace, status, ..Span::default() };
        let total = work + spent;
        frame.push(&Span {
            id: "web",
            service: "web",
            name: "GET /cart",
            start,
            duration: total + 2 * MILLI,
            ..base
        });
        frame.push(&Span {
            id: "cart",
            parent: Some("web"),
            service: "cart",
            name: "Show",
            start: start + MILLI,
            duration: total,
            ..base
        });
        let mut at = start + MILLI + work;
        for (number, query) in queries.iter().enumerate() {
            let (client, server) = (format!("client-{number}"), format!("server-{number}"));
            let duration = query + network;
            frame.push(&Span {
                id: &client,
                parent: Some("cart"),
                service: "cart",
                name: "Stock/Count",
                start: at,
                duration,
                ..base
            });
            if bug != Bug::StockSilent {
                frame.push(&Span {
                    id: &server,
                    parent: Some(&client),
                    service: "stock",
                    name: "Count",
                    start: at + network / 2,
                    duration: *query,
                    attributes: if failed { &[("error.message", "no such shelf")] } else { &[] },
                    ..base
                });
            }
            at += duration;
        }
    }
    frame
}

fn two_minutes() -> Scope<'static> {
    let end = from_nanos(START + 2 * MINUTE);
    Scope::new(TimeRange::new(from_nanos(START), end).unwrap()).with_alarm(end)
}

fn looked_at(frame: &SpanFrame) -> (Vec<TraceShift>, Vec<CallEdge>) {
    let (mut shifts, mut edges) = (Vec::new(), Vec::new());
    for finding in traces::detect(frame, &two_minutes(), None, &traces::Options::default()) {
        match finding {
            Finding::TraceShift(shift) => shifts.push(shift),
            Finding::CallEdge(edge) => edges.push(edge),
            other => panic!("{other:?}"),
        }
    }
    shifts.sort_by(|a, b| b.score.total_cmp(&a.score));
    (shifts, edges)
}

fn about(shift: &TraceShift) -> (&str, &str, TraceShiftKind, Direction) {
    (&shift.entity.name, &shift.operation, shift.kind, shift.direction)
}

#[test]
fn calm_traces_are_quiet_and_still_tell_who_calls_whom() {
    for seed in 0..5 {
        let (shifts, edges) = looked_at(&shop(Bug::None, seed, |_| true));
        assert_eq!(shifts, [], "{seed}");
        let pairs: Vec<_> =
            edges.iter().map(|e| (e.caller.name.as_str(), e.callee.name.as_str())).collect();
        assert_eq!(pairs, [("web", "cart"), ("cart", "stock")]);
        assert!(edges.iter().all(|e| e.calls.0 + e.calls.1 == 1200 && e.errors == (0, 0)));
    }
}

#[test]
fn each_bug_shows_where_it_is_and_when() {
    let cases = [
        (Bug::SlowCart, ("cart", "Show", TraceShiftKind::SelfTime, Direction::Up)),
        (
            Bug::SlowNetworkToStock,
            ("cart", "Stock/Count", TraceShiftKind::ClientServerGap, Direction::Up),
        ),
        (Bug::StockFails, ("stock", "Count", TraceShiftKind::ErrorRate, Direction::Up)),
        (Bug::StockInALoop, ("cart", "Stock/Count", TraceShiftKind::ChildCalls, Direction::Up)),
        (Bug::StockSilent, ("stock", "Count", TraceShiftKind::Truncated, Direction::Up)),
    ];
    for (bug, expected) in cases {
        let (shifts, _) = looked_at(&shop(bug, 7, |_| true));
        let Some(shift) = shifts.iter().find(|shift| about(shift) == expected) else {
            panic!("{bug:?}: {:?}", shifts.iter().map(about).collect::<Vec<_>>());
        };
        let off = nanos(shift.onset) - START - MINUTE;
        assert!((0..2_000 * MILLI).contains(&off), "{bug:?} {off}");
        // The healthy own time of others is not blamed.
        let innocent = shifts.iter().filter(|s| s.kind == TraceShiftKind::SelfTime);
        assert!(innocent.filter(|s| about(s) != expected).count() == 0, "{bug:?} {shifts:?}");
    }
    let (shifts, edges) = looked_at(&shop(Bug::StockFails, 7, |_| true));
    let failing = shifts.iter().find(|s| s.entity.name == "stock").unwrap();
    assert_eq!(failing.error.as_deref(), Some("no such shelf"));
    assert_eq!(failing.example_trace.as_deref(), Some("trace-600"));
    assert_eq!(edges[1].errors, (0, 300));
}

#[test]
fn six_spans_tell_what_failed_and_why() {
    let mut frame = SpanFrame::default();
    for (trace, start, status) in [("good", 0, SpanStatus::Ok), ("bad", 90, SpanStatus::Error)] {
        let failed = status == SpanStatus::Error;
        let text: &[(&str, &str)] = if failed { &[("error", "lease lost")] } else { &[] };
        let mut parent = None;
        for (id, service) in [("1", "web"), ("2", "cart"), ("3", "stock")] {
            frame.push(&Span {
                trace,
                id,
                parent,
                service,
                name: "go",
                start: START + start * 1000 * MILLI,
                duration: if failed { 5000 * MILLI } else { 50 * MILLI },
                status,
                attributes: if id == "3" { text } else { &[] },
            });
            parent = Some(id);
        }
    }
    let (shifts, edges) = looked_at(&frame);
    let stock: Vec<_> = shifts.iter().filter(|s| s.entity.name == "stock").collect();
    let error = stock.iter().find(|s| s.kind == TraceShiftKind::ErrorRate).unwrap();
    assert_eq!(error.error.as_deref(), Some("lease lost"));
    assert_eq!(error.samples, (1, 1));
    assert!(stock.iter().any(|s| s.kind == TraceShiftKind::Duration));
    assert!(edges.iter().all(|e| e.calls == (1, 1) && e.errors == (0, 1)));
}

#[test]
fn a_reference_stands_in_for_a_window_without_a_normal_part() {
    let (normal, bad) = (shop(Bug::None, 1, |i| i < 600), shop(Bug::SlowCart, 2, |i| i >= 600));
    let options = traces::Options::default();
    let found = traces::detect(&bad, &two_minutes(), Some(&normal), &options);
    assert!(found.iter().any(|finding| matches!(
        finding,
        Finding::TraceShift(s) if s.kind == TraceShiftKind::SelfTime && s.samples == (600, 600)
    )));
}

#[test]
fn spans_in_any_order_give_the_same_findings_and_times_shift_along() {
    let frame = shop(Bug::SlowCart, 4, |i| i % 3 == 0);
    let later = 7 * MINUTE;
    let (mut backwards, mut moved) = (SpanFrame::default(), SpanFrame::default());
    for place in (0..frame.len()).rev() {
        let span = frame.get(place).unwrap();
        let copy = Span {
            trace: span.trace(),
            id: span.id(),
            parent: span.parent(),
            service: span.service(),
            name: span.name(),
            start: span.start(),
            duration: span.duration(),
            status: span.status(),
            attributes: &[],
        };
        backwards.push(&copy);
        moved.push(&Span { start: copy.start + later, ..copy });
    }
    let options = traces::Options::default();
    let found = traces::detect(&frame, &two_minutes(), None, &options);
    assert_eq!(traces::detect(&backwards, &two_minutes(), None, &options), found);
    let mut scope = two_minutes();
    let by = Duration::nanoseconds(later);
    scope.window.start += by;
    scope.window.end += by;
    scope.alarm = scope.alarm.map(|alarm| alarm + by);
    let expected: Vec<Finding> = found
        .into_iter()
        .map(|finding| match finding {
            Finding::TraceShift(s) => Finding::TraceShift(TraceShift { onset: s.onset + by, ..s }),
            other => other,
        })
        .collect();
    assert_eq!(traces::detect(&moved, &scope, None, &options), expected);
}

#[test]
fn any_number_of_workers_and_any_order_give_the_same_bytes() {
    let whole = {
        let mut stats = TraceStats::default();
        stats.absorb(&shop(Bug::StockFails, 3, |_| true));
        stats.to_bytes().unwrap()
    };
    for workers in [1, 2, 8] {
        let parts: Vec<TraceStats> = std::thread::scope(|threads| {
            let running: Vec<_> = (0..workers)
                .map(|worker| {
                    threads.spawn(move || {
                        let mut stats = TraceStats::default();
                        stats.absorb(&shop(Bug::StockFails, 3, |i| i % workers == worker));
                        stats
                    })
                })
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for reversed in [false, true] {
            let mut all = TraceStats::default();
            let mut order: Vec<&TraceStats> = parts.iter().collect();
            if reversed {
                order.reverse();
            }
            for part in order {
                let carried = TraceStats::from_bytes(&part.to_bytes().unwrap()).unwrap();
                all.merge(&carried);
            }
            assert!(all.to_bytes().unwrap() == whole, "{workers} workers, reversed {reversed}");
        }
    }
}

#[test]
fn damaged_or_newer_states_are_refused() {
    let mut bytes = TraceStats::default().to_bytes().unwrap();
    assert!(TraceStats::from_bytes(&bytes[..1]).is_err());
    bytes.push(0);
    assert!(TraceStats::from_bytes(&bytes).is_err());
    let error = TraceStats::from_bytes(&[99, 0, 0]).unwrap_err();
    assert!(error.to_string().contains("upgrade"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn metric_samples_merge_in_any_order(values in incident(), cut in any::<u64>()) {
        let part = |wanted: u64| {
            let mut noise = Noise(cut);
            let mut frame = MetricFrame::default();
            for (i, value) in values.iter().enumerate() {
                if noise.bits() % 3 == wanted {
                    frame.push(&Entity::service("shop"), "m", START + i as i64 * MINUTE, *value);
                }
            }
            let mut stats = MetricStats::default();
            stats.absorb(&frame);
            MetricStats::from_bytes(&stats.to_bytes().unwrap()).unwrap()
        };
        let (a, b, c) = (part(0), part(1), part(2));
        let plus = |x: &MetricStats, y: &MetricStats| {
            let mut sum = x.clone();
            sum.merge(y);
            sum
        };
        let all = plus(&plus(&a, &b), &c);
        prop_assert_eq!(all.to_bytes().unwrap(), plus(&c, &plus(&b, &a)).to_bytes().unwrap());
        let options = metrics::Options::default();
        let found = metrics::detect(&all.finish(), &scope(values.len()), None, &options);
        prop_assert_eq!(found, shifts(&values, None));
    }

    #[test]
    fn merging_is_associative_and_commutative(cut in proptest::collection::vec(0_usize..3, 40)) {
        let part = |wanted: usize| {
            let mut stats = TraceStats::default();
            stats.absorb(&shop(Bug::StockInALoop, 5, |i| i % 30 == 0 && cut[i / 30] == wanted));
            stats
        };
        let (a, b, c) = (part(0), part(1), part(2));
        let plus = |x: &TraceStats, y: &TraceStats| {
            let mut sum = x.clone();
            sum.merge(y);
            sum
        };
        prop_assert_eq!(plus(&a, &b), plus(&b, &a));
        prop_assert_eq!(plus(&plus(&a, &b), &c), plus(&a, &plus(&b, &c)));
    }
}
