//! An investigation that is analysed again and again while events and telemetry arrive: only what changed is
//! touched, and the answer is that of everything at once.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use rca_core::model::{Entity, Event, InvestigationId, Severity, Source, attribute};
use rca_core::signal::{LogRecord, Span, SpanStatus, Telemetry};
use rca_core::time::{ManualClock, TimeRange, nanos};
use rca_core::{Work, Workspace, report};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + Duration::minutes(minute)
}

/// An open investigation in a workspace that knows nothing else.
fn opened() -> (Workspace, InvestigationId) {
    let workspace = Workspace::builder().with_clock(ManualClock::at(at(200))).in_memory().unwrap();
    let window = TimeRange::new(at(0), at(60)).unwrap();
    let case = workspace.investigate("bookings hang", window).unwrap();
    (workspace, case.id())
}

fn commit(minute: i64, number: u32) -> Event {
    let (path, diff) = if number == 3 {
        ("booking/pool.py", "-    max_connections = 40\n+    max_connections = 4\n")
    } else {
        ("menu/card.py", "-    greeting = 'hi'\n+    greeting = 'hello'\n")
    };
    let diff = format!("--- a/{path}\n+++ b/{path}\n@@ -{number},3 +{number},3 @@ def f\n{diff}");
    Event::builder(at(minute), Source::Git, "commit", &format!("change number {number}"))
        .with_source_id(format!("c{number}"))
        .with_attribute(attribute::COMMIT, format!("{number:040x}"))
        .with_attribute(attribute::FILES, serde_json::json!([path]))
        .with_attribute(attribute::DIFF, diff)
        .build()
        .unwrap()
}

fn deploy(minute: i64, number: u32, service: &str) -> Event {
    Event::builder(at(minute), Source::Deploy, "deploy", &format!("{service} v{number}"))
        .with_source_id(format!("d{number}"))
        .with_service(service)
        .with_attribute(attribute::COMMIT, format!("{number:040x}"))
        .build()
        .unwrap()
}

fn alert() -> Event {
    Event::builder(at(48), Source::Alert, "alert", "booking latency above 2 s")
        .with_source_id("a1")
        .with_service("booking")
        .with_severity(Severity::Critical)
        .build()
        .unwrap()
}

/// What people on call have, in order of time. Weeks lie between some of the commits and the incident.
fn events() -> Vec<Event> {
    let mut events: Vec<Event> = vec![
        commit(-40_000, 1),
        commit(-3_000, 2),
        commit(-30, 3),
        commit(20, 4),
        commit(70, 5),
        deploy(-2_900, 2, "menu"),
        deploy(38, 3, "booking"),
        deploy(41, 4, "menu"),
        alert(),
    ];
    events.sort_by_key(|event| (event.timestamp(), event.id()));
    events
}

/// Telemetry of some minutes: from minute 40 on booking waits for connections.
fn telemetry(minutes: std::ops::Range<i64>) -> Telemetry {
    let mut telemetry = Telemetry::default();
    for minute in minutes {
        let broken = minute >= 40;
        for second in 0..6 {
            let time = nanos(at(minute)) + second * 10_000_000_000;
            let booking = Entity::service("booking");
            let noise = ((minute * 7 + second * 3) % 5) as f64;
            let used = if broken { 95.0 } else { 30.0 } + noise;
            telemetry.metrics.push(&booking, "connection_pool_used", time, used);
            let trace = format!("{minute}-{second}");
            let duration = if broken { 2_400_000_000 } else { 40_000_000 } + second * 1_000_000;
            let status = if broken && second == 2 { SpanStatus::Error } else { SpanStatus::Ok };
            telemetry.spans.push(&Span {
                trace: &trace,
                id: "1",
                service: "booking",
                name: "POST /book",
                start: time,
                duration,
                status,
                ..Span::default()
            });
            let (severity, message) = if broken {
                (Severity::High, format!("booking {second} waits: connection pool exhausted"))
            } else {
                (Severity::Info, format!("booking {second} made"))
            };
            telemetry.logs.push(&LogRecord {
                time,
                service: "booking",
                severity,
                message: &message,
                trace: Some(&trace),
                span: Some("1"),
                attributes: &[],
            });
        }
    }
    telemetry
}

fn answer(workspace: &Workspace, id: InvestigationId) -> String {
    report::json(&workspace.analyze(id).unwrap()).unwrap()
}

/// Everything at once.
fn at_once() -> String {
    let (workspace, id) = opened();
    workspace.ingest(events()).unwrap();
    workspace.observe(id, &telemetry(0..60)).unwrap();
    answer(&workspace, id)
}

fn work(workspace: &Workspace, id: InvestigationId) -> Work {
    workspace.analyze_counting(id).unwrap().1
}

#[test]
fn the_incident_of_these_tests_has_a_guilty_commit() {
    let analysis = report::from_json(&at_once()).unwrap();
    assert!(analysis.top_cause().unwrap().title.contains("change number 3"), "{analysis:#?}");
}

#[test]
fn an_analysis_touches_only_what_changed() {
    let (workspace, id) = opened();
    let all = events();
    let (later, first): (Vec<Event>, Vec<Event>) =
        all.into_iter().partition(|event| event.timestamp() >= at(20));
    workspace.ingest(first).unwrap();
    workspace.observe(id, &telemetry(0..50)).unwrap();
    let first = work(&workspace, id);
    assert_eq!((first.diffs_read, first.detectors_run, first.judged), (3, 3, true), "{first:?}");

    let nothing = work(&workspace, id);
    assert_eq!((nothing.diffs_read, nothing.detectors_run, nothing.judged), (0, 0, false));
    assert_eq!(work(&workspace, id), Work::default(), "nothing was written, nothing is read");

    // A note about something else of another time changes nothing here.
    let far = Event::builder(at(90_000), Source::Manual, "note", "the harbour is closed");
    workspace.ingest([far.build().unwrap()]).unwrap();
    assert_eq!(work(&workspace, id), Work { events_read: 1, ..Work::default() });

    // A commit within the window: its diff alone is read.
    let [commit] =
        later.iter().filter(|e| *e.source() == Source::Git).take(1).collect::<Vec<_>>()[..]
    else {
        unreachable!()
    };
    workspace.ingest([commit.clone()]).unwrap();
    let one = work(&workspace, id);
    assert_eq!((one.diffs_read, one.diffs_reused, one.judged), (1, 3, true), "{one:?}");
    assert_eq!(one.detectors_run, 0);

    // Logs alone: metrics and spans are not looked at again.
    let rest = telemetry(50..60);
    workspace.observe(id, &Telemetry { logs: rest.logs, ..Telemetry::default() }).unwrap();
    let logs = work(&workspace, id);
    assert_eq!((logs.diffs_read, logs.detectors_run, logs.judged), (0, 1, true), "{logs:?}");

    // The rest; the answer is that of everything at once.
    let (metrics, spans) = (rest.metrics, rest.spans);
    workspace.observe(id, &Telemetry { metrics, spans, ..Telemetry::default() }).unwrap();
    workspace.ingest(later).unwrap();
    let (analysis, work) = workspace.analyze_counting(id).unwrap();
    // The alert says when it was bad: detectors look again.
    assert_eq!(work.detectors_run, 3);
    let at_once = report::from_json(&at_once()).unwrap();
    assert_eq!(report::json(&analysis).unwrap(), report::json(&at_once).unwrap());
}

#[test]
fn what_a_person_rejects_goes_and_comes_back() {
    let (workspace, id) = opened();
    workspace.ingest(events()).unwrap();
    workspace.observe(id, &telemetry(0..60)).unwrap();
    let whole = answer(&workspace, id);
    let guilty = events().into_iter().find(|e| e.source_id() == Some("c3")).unwrap();
    workspace.unlink(guilty.id(), id, Some("ann")).unwrap();
    let without = report::from_json(&answer(&workspace, id)).unwrap();
    assert!(without.causes.iter().all(|cause| !cause.title.contains("change number 3")));
    workspace.link(guilty.id(), id, Some("ann")).unwrap();
    assert_eq!(answer(&workspace, id), whole);
    workspace.delete_event(guilty.id()).unwrap();
    let without = report::from_json(&answer(&workspace, id)).unwrap();
    assert!(without.causes.iter().all(|cause| !cause.title.contains("change number 3")));
    workspace.restore_event(guilty.id()).unwrap();
    assert_eq!(answer(&workspace, id), whole);
}

#[derive(Debug, Clone)]
enum Arrival {
    Event(usize),
    Minutes(i64),
    Analyze,
}

/// Every event and every ten minutes of telemetry once, in any order, with analyses in between.
fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let mut all: Vec<Arrival> = (0..events().len()).map(Arrival::Event).collect();
    all.extend((0..6).map(|part| Arrival::Minutes(part * 10)));
    all.extend((0..5).map(|_| Arrival::Analyze));
    Just(all).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_order_and_batching_of_arrivals_gives_the_answer_of_one_batch(arrivals in arrivals()) {
        let (workspace, id) = opened();
        let all = events();
        for arrival in &arrivals {
            match arrival {
                Arrival::Event(at) => {
                    workspace.ingest([all[*at].clone()]).unwrap();
                }
                Arrival::Minutes(from) => {
                    workspace.observe(id, &telemetry(*from..from + 10)).unwrap();
                }
                Arrival::Analyze => {
                    workspace.analyze(id).unwrap();
                }
            }
        }
        prop_assert_eq!(answer(&workspace, id), at_once());
    }
}
