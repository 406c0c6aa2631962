//! Habits on a made-up mill: `grind` weighs the corn, asks the store, and reports.

use proptest::prelude::*;

use crate::detect::{Partial, Scope, detect};
use crate::model::{Entity, Finding, HabitShift, Severity, Step};
use crate::signal::{LogFrame, LogRecord, Span, Telemetry};
use crate::time::{TimeRange, from_nanos};

const SECOND: i64 = 1_000_000_000;

/// What one call of `grind` does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// Weighs, asks the store, reports.
    Usual,
    /// Stops after the weighing.
    Early,
    /// Stops after the weighing, with an error.
    Failing,
}

fn add(telemetry: &mut Telemetry, call: i64, time: i64, way: Way) {
    let trace = call.to_string();
    let mut span = |id, parent, service, name, start| {
        telemetry.spans.push(&Span {
            trace: &trace,
            id,
            parent,
            service,
            name,
            start,
            ..Span::default()
        });
    };
    span("1", None, "mill", "grind", time);
    if way == Way::Usual {
        span("2", Some("1"), "mill", "GET", time + 2);
        span("3", Some("2"), "store", "take", time + 3);
    }
    let mut say = |after, severity, message| {
        telemetry.logs.push(&LogRecord {
            time: time + after,
            service: "mill",
            severity,
            message,
            trace: Some(&trace),
            span: Some("1"),
            ..LogRecord::default()
        });
    };
    say(1, Severity::Info, "corn weighed");
    match way {
        Way::Usual => say(4, Severity::Info, "flour reported"),
        Way::Early => {}
        Way::Failing => say(4, Severity::High, "no flour today"),
    }
}

/// A call every second, with the way that it takes.
fn calls(way: impl Fn(i64) -> Way, count: i64) -> Telemetry {
    let mut telemetry = Telemetry::default();
    for call in 0..count {
        add(&mut telemetry, call, call * SECOND, way(call));
    }
    telemetry
}

fn scope(seconds: i64) -> Scope<'static> {
    Scope::new(TimeRange::new(from_nanos(0), from_nanos(seconds * SECOND)).unwrap())
}

fn habits(telemetry: &Telemetry, scope: &Scope<'_>) -> Vec<HabitShift> {
    only_habits(detect(telemetry, scope))
}

fn only_habits(findings: Vec<Finding>) -> Vec<HabitShift> {
    let habit = |finding| match finding {
        Finding::Habit(shift) => Some(shift),
        _ => None,
    };
    findings.into_iter().filter_map(habit).collect()
}

fn found(telemetry: &Telemetry, seconds: i64) -> Vec<HabitShift> {
    habits(telemetry, &scope(seconds))
}

fn line(statement: &str) -> Step {
    Step::Line { statement: statement.to_owned() }
}

#[test]
fn an_early_return_is_found_where_it_happens() {
    let telemetry = calls(|call| if call < 30 { Way::Usual } else { Way::Early }, 60);
    let found = found(&telemetry, 60);
    let [calls, lines] = found.as_slice() else { unreachable!("{found:#?}") };
    assert_eq!(lines.step, line("corn weighed"));
    assert_eq!((&lines.lost, &lines.gained), (&line("flour reported"), &Step::End));
    assert_eq!((lines.before, lines.after, lines.samples), (0.0, 1.0, (30, 30)));
    assert_eq!(lines.onset, from_nanos(30 * SECOND));
    let take = Step::Call { callee: Entity::service("store"), operation: "take".to_owned() };
    assert_eq!(
        (&calls.step, &calls.lost),
        (&Step::Start, &take),
        "the client span stands for its call"
    );
}

#[test]
fn the_same_habits_are_no_news_however_much_traffic_there_is() {
    let mut telemetry = calls(|_| Way::Usual, 60);
    for call in 0..200 {
        add(&mut telemetry, 1000 + call, 40 * SECOND + call, Way::Usual);
    }
    assert!(found(&telemetry, 60).is_empty());
}

#[test]
fn what_fails_no_longer_is_recovery() {
    let breaks = calls(|call| if call < 30 { Way::Usual } else { Way::Failing }, 60);
    let heals = calls(|call| if call < 30 { Way::Failing } else { Way::Usual }, 60);
    assert!(!found(&breaks, 60).is_empty());
    assert!(found(&heals, 60).is_empty());
}

#[test]
fn a_window_that_is_odd_throughout_is_told_by_the_reference() {
    let odd = calls(|_| Way::Early, 40);
    let normal = calls(|_| Way::Usual, 40);
    assert!(found(&odd, 40).is_empty());
    let scope = scope(40).with_reference(&normal);
    let with_reference = habits(&odd, &scope);
    assert_eq!(with_reference.len(), 2, "{with_reference:#?}");
    assert_eq!(with_reference[0].onset, from_nanos(0));
}

#[test]
fn a_reference_without_lines_says_nothing_about_lines() {
    let usual = calls(|_| Way::Usual, 40);
    let mut silent = calls(|_| Way::Usual, 40);
    silent.logs = LogFrame::default();
    let scope = scope(40).with_reference(&silent);
    assert!(habits(&usual, &scope).is_empty());
}

#[test]
fn lines_are_told_apart_by_their_place_in_the_code() {
    let mut telemetry = Telemetry::default();
    for call in 0..60_i64 {
        let (trace, text) = (call.to_string(), format!("{:?}", [call; 3]));
        let start = call * SECOND;
        telemetry.spans.push(&Span {
            trace: &trace,
            id: "1",
            service: "mill",
            name: "grind",
            start,
            ..Span::default()
        });
        let place = if call < 30 { "Mill#10" } else { "Mill#20" };
        telemetry.logs.push(&LogRecord {
            time: start,
            service: "mill",
            message: &text,
            trace: Some(&trace),
            span: Some("1"),
            attributes: &[("code.function", place)],
            ..LogRecord::default()
        });
    }
    let found = found(&telemetry, 60);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&found[0].lost, &found[0].gained), (&line("Mill#10"), &line("Mill#20")));
}

proptest! {
    #[test]
    fn pieces_merged_in_any_order_are_the_same_as_everything_at_once(
        owner in prop::collection::vec(0_usize..3, 40),
    ) {
        let way = |call: i64| if call < 20 { Way::Usual } else { Way::Early };
        let whole = found(&calls(way, 40), 40);
        let mut pieces = [Telemetry::default(), Telemetry::default(), Telemetry::default()];
        for (call, owner) in (0..40).zip(&owner) {
            add(&mut pieces[*owner], call, call * SECOND, way(call));
        }
        for order in [[0, 1, 2], [2, 0, 1]] {
            let mut sum = Partial::within(scope(40).window);
            for part in order {
                let mut partial = Partial::within(scope(40).window);
                partial.absorb(&pieces[part]);
                sum.merge(&Partial::from_bytes(&partial.to_bytes().unwrap()).unwrap());
            }
            prop_assert_eq!(&only_habits(sum.finish(&scope(40))), &whole);
        }
    }

    #[test]
    fn shifting_all_times_shifts_only_the_onset(by in -1000_i64..1000) {
        let way = |call: i64| if call < 30 { Way::Usual } else { Way::Early };
        let here = found(&calls(way, 60), 60);
        let by = by * 5 * SECOND;
        let mut moved = Telemetry::default();
        (0..60).for_each(|call| add(&mut moved, call, call * SECOND + by, way(call)));
        let window = TimeRange::new(from_nanos(by), from_nanos(by + 60 * SECOND)).unwrap();
        let mut there = habits(&moved, &Scope::new(window));
        for shift in &mut there {
            shift.onset -= chrono::Duration::nanoseconds(by);
        }
        prop_assert_eq!(here, there);
    }
}
