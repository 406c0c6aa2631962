//! What a user meets who hands over a folder of whatever he has: the right culprit, and an account of what was read,
//! what was not, and what is missing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod golden;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use rca_core::connectors::{Batch, EntityRules, Limits, Redaction, read, unobserved};
use rca_core::model::{Entity, Event, Source, Verdict};
use rca_core::report::{Doctor, ProblemKind, Style};
use rca_core::signal::{LogRecord, Span};
use rca_core::time::nanos;
use rca_core::{Answer, ErrorKind, Inquiry, Window, Workspace};
use serde_json::json;

/// Minute 0 is the deploy; telemetry begins half an hour before.
fn at(minute: i64) -> DateTime<Utc> {
    "2026-05-04T09:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minute)
}

fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

const GUILTY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

/// Gateway calls checkout calls cart; from the deploy on checkout fails after a short timeout.
fn write_incident(folder: &Path) {
    let mut spans = Vec::new();
    let mut log = String::new();
    let mut metrics = String::from("timestamp,pod,metric,value\n");
    for minute in -30..20 {
        let bad = minute >= 0;
        for call in 0..6i64 {
            let time = at(minute) + Duration::seconds(call * 9);
            let trace = format!("{:032x}", (minute + 100) * 10 + call + 1);
            let fails = bad && call % 2 == 0;
            let start = nanos(time);
            for (number, (service, name, long)) in [
                ("gateway", "GET /pay", 42),
                ("checkout", "POST /pay", 30),
                ("cart", "GET /cart", 8),
            ]
            .into_iter()
            .enumerate()
            {
                let own = start + (number as i64) * 2_000_000;
                let failed = fails && number < 2;
                spans.push(json!({
                    "trace_id": trace,
                    "span_id": format!("{:016x}", number + 1),
                    "parent_id": (number > 0).then(|| format!("{number:016x}")),
                    "service": service,
                    "name": name,
                    "start": stamp_nanos(own),
                    "duration_ms": long + call,
                    "status": if failed { "error" } else { "ok" },
                }));
            }
            let _ = writeln!(
                log,
                "{} INFO paid order {} in {} ms",
                stamp(time),
                1000 + call,
                30 + call
            );
            if fails {
                let _ = writeln!(
                    log,
                    "{} ERROR cart call timed out after 5 ms for anna@example.com password=hunter2",
                    stamp(time + Duration::seconds(1))
                );
            }
        }
        let pod = if bad { "checkout-6b7c8d9f5c-k2x9z" } else { "checkout-7d9f8b6c5d-x2x9z" };
        let _ = writeln!(
            metrics,
            "{},{pod},errors_per_second,{}",
            stamp(at(minute)),
            if bad { 3.1 } else { 0.1 }
        );
        let _ = writeln!(
            metrics,
            "{},{pod},cpu_usage,{}",
            stamp(at(minute)),
            0.3 + 0.01 * (minute % 3) as f64
        );
    }
    log.push_str("no time and no level on this line of a torn file\n");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("traces.json", &serde_json::to_string(&spans).unwrap());
    write("checkout.log", &log);
    write("usage.csv", &metrics);
    write("alert-webhook.json", &json!({
        "version": "4", "status": "firing", "receiver": "pager", "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "http://am", "groupKey": "{}", "truncatedAlerts": 0,
        "alerts": [{
            "status": "firing", "fingerprint": "a1", "startsAt": stamp(at(4)), "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom", "labels": {"alertname": "PaymentsFail", "service": "Checkout"},
            "annotations": {"summary": "more than one in ten payments fails"}
        }]
    }).to_string());
    write("deploys.json", &json!([
        {"timestamp": stamp(at(-300)), "service": "cart", "version": "41", "commit_sha": "0dd0dd0dd0dd"},
        {"timestamp": stamp(at(0)), "service": "shop_checkout_1", "version": "88", "commit_sha": GUILTY},
        {"timestamp": stamp(at(-1)), "service": "newsletter", "version": "3"},
    ]).to_string());
    write("commits.json", &json!([
        {"sha": GUILTY, "author": "Bo", "timestamp": stamp(at(-60)), "message": "checkout: shorter timeout for cart",
         "files_changed": ["checkout/cart_client.py"],
         "diff": "--- a/checkout/cart_client.py\n+++ b/checkout/cart_client.py\n@@ -1,3 +1,3 @@\n def cart(id):\n-    return get(CART + id, timeout=2.0)\n+    return get(CART + id, timeout=0.005)\n"},
        {"sha": "0dd0dd0dd0dd0000000000000000000000000000", "author": "Al", "timestamp": stamp(at(-400)),
         "message": "cart: words in a comment", "files_changed": ["cart/views.py"],
         "diff": "--- a/cart/views.py\n+++ b/cart/views.py\n@@ -1 +1 @@\n-# a\n+# b\n"},
    ]).to_string());
    write("readme.bin", "\u{0}\u{1}nothing we know");
}

fn stamp_nanos(nanos: i64) -> String {
    rca_core::time::from_nanos(nanos).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

fn asked(folder: &Path) -> Inquiry {
    Inquiry::new().with_path(folder)
}

fn blames_the_timeout(answer: &Answer) {
    assert_eq!(answer.analysis.verdict, Verdict::Change);
    let top = &answer.analysis.causes[0];
    assert!(top.title.contains("shorter timeout"), "{}\n{}", top.title, answer.doctor);
}

#[test]
fn a_folder_of_many_formats_ends_in_the_right_culprit_and_says_what_is_missing() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    let answer = asked(place.path()).run(&unobserved).unwrap();
    blames_the_timeout(&answer);
    let doctor = &answer.doctor;
    assert!(doctor.incident.contains("the alert: PaymentsFail: more than"), "{}", doctor.incident);
    // Pods, a container of Compose and another case: one service.
    let names: Vec<&str> =
        answer.batch.telemetry.metrics.entities().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["checkout"]);
    assert_eq!(doctor.renamed["shop_checkout_1"], "checkout");
    let source = |ending: &str| doctor.sources.iter().find(|s| s.name.ends_with(ending)).unwrap();
    assert_eq!(source("alert-webhook.json").format, "alertmanager");
    assert_eq!(source("usage.csv").entities, ["checkout"]);
    assert_eq!(source("traces.json").entities, ["cart", "checkout", "gateway"]);
    let log = source("checkout.log");
    assert_eq!((log.redacted["email"], log.redacted["password"]), (60, 60));
    assert_eq!(log.covers.unwrap().start, at(-30));
    assert!(doctor.ignored.iter().any(|line| line.contains("readme.bin")), "{:?}", doctor.ignored);
    let unknown = doctor.problem(ProblemKind::DeploysUnknown).unwrap();
    assert!(
        unknown.what.contains("newsletter") && !unknown.what.contains("checkout_1"),
        "{}",
        unknown.what
    );
    assert!(doctor.problem(ProblemKind::LogsWithoutTraces).is_some());
    let kinds: Vec<ProblemKind> = doctor.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::DeploysUnknown, ProblemKind::LogsWithoutTraces], "{doctor}");
    let text = doctor.to_string();
    assert!(
        !text.contains("hunter2")
            && text.lines().all(|line| line.chars().count() <= 100 || !line.trim().contains(' '))
    );
    let nothing_secret = serde_json::to_string(&answer.analysis).unwrap();
    assert!(!nothing_secret.contains("hunter2") && !nothing_secret.contains("anna@"));
}

#[test]
fn the_answer_is_the_same_in_a_workspace() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    let workspace = Workspace::in_memory().unwrap();
    let kept = asked(place.path()).run_in(&workspace, &unobserved).unwrap();
    blames_the_timeout(&kept);
    assert_eq!(kept.doctor.problems, asked(place.path()).run(&unobserved).unwrap().doctor.problems);
    assert!(workspace.event_count().unwrap() > 5);
}

#[test]
fn without_an_alert_the_incident_is_what_moved_first_and_that_is_said() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    fs::remove_file(place.path().join("alert-webhook.json")).unwrap();
    let answer = asked(place.path()).run(&unobserved).unwrap();
    blames_the_timeout(&answer);
    assert!(
        answer.doctor.incident.starts_with("no alert was given: the incident is taken to be"),
        "{}",
        answer.doctor.incident
    );
    assert!(answer.doctor.problem(ProblemKind::NoAlert).is_some());
}

#[test]
fn an_alert_can_be_told_in_words_with_its_time_its_service_and_a_window() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    fs::remove_file(place.path().join("alert-webhook.json")).unwrap();
    let told = asked(place.path()).with_alert("payments fail").at(at(5)).about("CHECKOUT");
    let answer = told.within("2h".parse().unwrap()).run(&unobserved).unwrap();
    blames_the_timeout(&answer);
    assert!(
        answer.doctor.incident.contains("what was reported: payments fail, 2026-05-04 09:05:00")
    );
    assert_eq!(answer.analysis.window.start, at(5) - Duration::hours(2));
    assert!(answer.doctor.problem(ProblemKind::AlertUnknown).is_none());
    let window: Window = "2026-05-04T08:30:00Z/2026-05-04T09:30:00Z".parse().unwrap();
    assert!(matches!(window, Window::Range(range) if range.start == at(-30)));
    for nonsense in ["", "h", "2 weeks", "0m", "2026/2025"] {
        assert_eq!(nonsense.parse::<Window>().unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_file_named_as_the_alert_must_hold_one() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    let wrong = asked(place.path()).with_alert_file(place.path().join("deploys.json"));
    let error = wrong.run(&unobserved).unwrap_err();
    assert!(error.to_string().contains("deploys.json: no alert in it"), "{error}");
    let nothing = tempfile::tempdir().unwrap();
    fs::write(nothing.path().join("x.bin"), [0, 1, 2]).unwrap();
    let error = asked(nothing.path()).run(&unobserved).unwrap_err();
    assert!(
        error.kind() == ErrorKind::InvalidInput && error.to_string().contains("x.bin"),
        "{error}"
    );
}

#[test]
fn rules_and_redaction_are_the_users() {
    let place = tempfile::tempdir().unwrap();
    write_incident(place.path());
    let rules = EntityRules::from_toml("[aliases]\ncart = ['newsletter']").unwrap();
    let limits = Limits { redaction: Redaction::off(), ..Limits::default() };
    let doctor =
        asked(place.path()).with_rules(rules).with_limits(limits).examine(&unobserved).unwrap();
    assert_eq!(doctor.problem(ProblemKind::DeploysUnknown), None);
    assert!(doctor.sources.iter().all(|source| source.redacted.is_empty()));
}

/// A batch in which every join is broken.
fn broken() -> Batch {
    let limits = Limits::default();
    let lines = "2026-05-04T09:00:00Z ERROR lost the way, mail bo@example.com\nno header at all\n"
        .repeat(2);
    let mut batch = read("app.log", &mut lines.as_bytes(), None, &limits, &unobserved).unwrap();
    let deploys = "[{\"timestamp\": \"2026-05-07T09:00:00Z\", \"service\": \"checkout-api\", \"version\": \"7\"}, \
                   {\"timestamp\": \"2026-05-07T10:00:00Z\", \"version\": \"8\"}, {\"version\": \"9\"}, 7, 8]";
    batch.add(read("deploys.json", &mut deploys.as_bytes(), None, &limits, &unobserved).unwrap());
    let samples = "timestamp,service,metric,value\n2026-05-04T20:00:00Z,checkout,cpu,1\n2026-05-04T20:01:00Z,cart,cpu,1\n";
    batch.add(read("metrics.csv", &mut samples.as_bytes(), None, &limits, &unobserved).unwrap());
    let event = |source, kind: &str, title: &str| {
        Event::builder("2026-05-06T00:00:00Z".parse().unwrap(), source, kind, title)
    };
    batch.events.push(event(Source::Alert, "alert", "slow").with_service("front").build().unwrap());
    let commit =
        event(Source::Git, "commit", "tidy").with_attribute("vcs.ref.head.revision", "0123456789");
    batch.events.push(commit.build().unwrap());
    batch.report.ignored.push("notes.docx: not recognised".to_owned());
    batch.sort();
    batch
}

#[test]
fn everything_that_is_missing_is_said_with_what_to_do() {
    let doctor = Doctor::examine(&broken(), None);
    golden::check("doctor/broken.txt", &doctor.text(Style::Plain, 100));
    golden::check("doctor/broken.md", &doctor.markdown());
    let json = rca_core::report::doctor_json(&doctor).unwrap();
    assert_eq!(serde_json::from_str::<Doctor>(&json).unwrap(), doctor);
    for kind in [
        ProblemKind::MostlySkipped,
        ProblemKind::ClocksApart,
        ProblemKind::SignalsApart,
        ProblemKind::AlertUnknown,
        ProblemKind::DeploysUnknown,
        ProblemKind::DeploysUnnamed,
        ProblemKind::CommitsWithoutPaths,
        ProblemKind::CommitsUnmapped,
        ProblemKind::SignalsUnnamed,
        ProblemKind::LogsWithoutTraces,
        ProblemKind::NoTopology,
    ] {
        assert!(doctor.problem(kind).is_some(), "{kind:?} is missing in\n{doctor}");
    }
    assert!(doctor.problems.is_sorted_by_key(|problem| problem.kind));
}

fn kinds(batch: &Batch) -> Vec<ProblemKind> {
    Doctor::examine(batch, None).problems.iter().map(|problem| problem.kind).collect()
}

fn event(source: Source, kind: &str, minute: i64) -> rca_core::model::EventBuilder {
    Event::builder(at(minute), source, kind, "x").with_source_id(format!("{kind}{minute}"))
}

/// Two services, one calls the other, logs with their traces, a deploy and an alert: nothing is missing.
fn whole() -> Batch {
    let mut batch = Batch::default();
    for minute in -30..10 {
        let trace = format!("t{minute}");
        for (id, parent, service) in [("1", None, "front"), ("2", Some("1"), "back")] {
            batch.telemetry.spans.push(&Span {
                trace: &trace,
                id,
                parent,
                service,
                name: "x",
                start: nanos(at(minute)),
                ..Span::default()
            });
        }
        batch.telemetry.logs.push(&LogRecord {
            time: nanos(at(minute)),
            service: "back",
            message: "x",
            trace: Some(&trace),
            ..LogRecord::default()
        });
        batch.telemetry.metrics.push(&Entity::service("back"), "cpu", nanos(at(minute)), 1.0);
    }
    batch.events.push(event(Source::Deploy, "deploy", -1).with_service("back").build().unwrap());
    batch.events.push(event(Source::Alert, "alert", 5).with_service("front").build().unwrap());
    batch
}

#[test]
fn where_nothing_is_missing_nothing_is_said() {
    let doctor = Doctor::examine(&whole(), None);
    assert!(doctor.is_well(), "{doctor}");
    assert!(doctor.to_string().contains("nothing is missing"));
}

#[test]
fn each_missing_thing_is_named_alone() {
    let alone = |change: &dyn Fn(&mut Batch), kind: ProblemKind| {
        let mut batch = whole();
        change(&mut batch);
        assert_eq!(kinds(&batch), [kind]);
    };
    alone(&|b| b.events.retain(|e| *e.source() != Source::Alert), ProblemKind::NoAlert);
    alone(&|b| b.events.retain(|e| *e.source() != Source::Deploy), ProblemKind::NoChanges);
    alone(
        &|b| {
            b.events[1] = event(Source::Alert, "alert", -29).with_service("front").build().unwrap()
        },
        ProblemKind::NoBaseline,
    );
    alone(
        &|b| b.events[1] = event(Source::Alert, "alert", 5).with_service("cellar").build().unwrap(),
        ProblemKind::AlertUnknown,
    );
    alone(
        &|b| b.events[1] = event(Source::Alert, "alert", 5).build().unwrap(),
        ProblemKind::AlertUnknown,
    );
    alone(
        &|b| {
            b.events[1] = event(Source::Alert, "alert", 3000).with_service("back").build().unwrap()
        },
        ProblemKind::ClocksApart,
    );
    alone(
        &|b| {
            b.events[0] = event(Source::Deploy, "deploy", 300).with_service("back").build().unwrap()
        },
        ProblemKind::ClocksApart,
    );
    alone(
        &|b| {
            b.events[0] =
                event(Source::Deploy, "deploy", -5).with_service("cellar").build().unwrap()
        },
        ProblemKind::DeploysUnknown,
    );
    alone(
        &|b| b.events[0] = event(Source::Deploy, "deploy", -5).build().unwrap(),
        ProblemKind::DeploysUnnamed,
    );
    alone(&|b| b.telemetry.spans = Default::default(), ProblemKind::AlertUnknown);
    alone(
        &|b| {
            b.telemetry.logs = Default::default();
            b.telemetry.logs.push(&LogRecord {
                time: nanos(at(0)),
                service: "back",
                trace: Some("T"),
                ..LogRecord::default()
            });
        },
        ProblemKind::TracesApart,
    );
    alone(
        &|b| {
            b.telemetry.spans = Default::default();
            for service in ["front", "back"] {
                b.telemetry.spans.push(&Span {
                    trace: "t0",
                    id: service,
                    service,
                    start: nanos(at(0)),
                    ..Span::default()
                });
            }
        },
        ProblemKind::NoTopology,
    );
    let commit =
        || event(Source::Git, "commit", -40).with_attribute("vcs.ref.head.revision", "0123456789");
    alone(
        &|b| {
            b.events[0] =
                commit().with_attribute("vcs.changed_files", json!(["back/x.rs"])).build().unwrap()
        },
        ProblemKind::NoDeploys,
    );
    alone(
        &|b| {
            b.events.push(
                commit().with_attribute("vcs.changed_files", json!(["src/x.rs"])).build().unwrap(),
            )
        },
        ProblemKind::CommitsUnmapped,
    );
    alone(
        &|b| b.events.push(commit().with_service("back").build().unwrap()),
        ProblemKind::CommitsWithoutPaths,
    );
    let nothing = kinds(&Batch::default());
    assert_eq!(nothing, [ProblemKind::NoTelemetry, ProblemKind::NoChanges]);
}
