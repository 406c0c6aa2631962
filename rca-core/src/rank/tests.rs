//! The judgement on a small incident: a pool limit in a shared library, lowered; the deploy of `ledger` brings it
//! in; calls pile up under load; `web`, which calls `ledger`, raises the alarm.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{
    CallEdge, Direction, Entity, Event, Finding, MetricShift, Severity, Source, attribute,
};
use crate::time::TimeRange;

const GUILTY: &str = "1111111111111111111111111111111111111111";
const REFACTORING: &str = "2222222222222222222222222222222222222222";
const DOCS: &str = "3333333333333333333333333333333333333333";

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + Duration::minutes(minute)
}

fn commit(sha: &str, minute: i64, message: &str, file: &str, diff: &str) -> Event {
    Event::builder(at(minute), Source::Git, "commit", message)
        .with_source_id(sha)
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::FILES, vec![file.to_owned()])
        .with_attribute(attribute::DIFF, diff)
        .build()
        .unwrap()
}

fn deploy(service: &str, sha: &str, minute: i64) -> Event {
    Event::builder(at(minute), Source::Deploy, "deploy", &format!("deploy of {service}"))
        .with_source_id(format!("{service}{minute}"))
        .with_service(service)
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap()
}

fn shift(service: &str, metric: &str, minute: i64, before: f64, after: f64) -> Event {
    Finding::MetricShift(MetricShift {
        entity: Entity::service(service),
        metric: metric.to_owned(),
        direction: if after > before { Direction::Up } else { Direction::Down },
        onset: at(minute),
        last_normal: at(minute - 1),
        before,
        after,
        peak: after,
        score: 12.0,
        samples: (40, 12),
    })
    .to_event(at(minute))
    .unwrap()
}

fn call(caller: &str, callee: &str) -> Event {
    Finding::CallEdge(CallEdge {
        caller: Entity::service(caller),
        callee: Entity::service(callee),
        calls: (100, 100),
        errors: (0, 20),
        millis: (5.0, 50.0),
    })
    .to_event(at(0))
    .unwrap()
}

fn alert(service: &str, minute: i64) -> Event {
    Event::builder(
        at(minute),
        Source::Alert,
        "alert",
        &format!("{service} p99 latency above 500 ms"),
    )
    .with_source_id("a1")
    .with_severity(Severity::Critical)
    .with_service(service)
    .with_attribute(attribute::METRIC, "http_server_duration_p99_ms")
    .build()
    .unwrap()
}

fn incident() -> Vec<Event> {
    vec![
        commit(
            GUILTY,
            20,
            "refactor: simplify pool defaults",
            "lib/db/pool.py",
            "--- a/lib/db/pool.py\n+++ b/lib/db/pool.py\n@@ -3,3 +3,3 @@\n-MAX_CONNECTIONS = 40\n+MAX_CONNECTIONS = 4\n",
        ),
        commit(
            DOCS,
            22,
            "docs: runbook",
            "docs/runbook.md",
            "--- a/docs/runbook.md\n+++ b/docs/runbook.md\n@@ -1 +1 @@\n-old words\n+new words\n",
        ),
        commit(
            REFACTORING,
            38,
            "refactor(web): rename a local",
            "services/web/handler.py",
            "--- a/services/web/handler.py\n+++ b/services/web/handler.py\n@@ -9,2 +9,2 @@\n-    c = request.context\n-    return fetch(c)\n+    ctx = request.context\n+    return fetch(ctx)\n",
        ),
        deploy("ledger", DOCS, 30),
        deploy("web", REFACTORING, 39),
        shift("ledger", "db_pool_max", 31, 40.0, 4.0),
        shift("ledger", "db_pool_wait_p99_ms", 40, 1.0, 800.0),
        shift("ledger", "http_server_duration_p99_ms", 40, 20.0, 900.0),
        shift("web", "http_server_duration_p99_ms", 41, 60.0, 980.0),
        call("web", "ledger"),
        call("web", "mail"),
        alert("web", 45),
    ]
}

fn window() -> TimeRange {
    TimeRange::new(at(0), at(60)).unwrap()
}

fn judge(events: &[Event]) -> Analysis {
    analyze(&Inputs::new(events, window()), &Options::default())
}

fn sha_of(analysis: &Analysis, place: usize) -> &str {
    match &analysis.causes[place].kind {
        CauseKind::Commit { sha, .. } => sha,
        other => panic!("{other:?}"),
    }
}

fn probability_of(analysis: &Analysis, sha: &str) -> f64 {
    let is = |cause: &&Cause| matches!(&cause.kind, CauseKind::Commit { sha: s, .. } if s == sha);
    analysis.causes.iter().find(is).map_or(0.0, |cause| cause.probability.value())
}

#[test]
fn the_lowered_limit_in_the_shared_library_is_blamed() {
    let analysis = judge(&incident());
    assert_eq!(analysis.verdict, Verdict::Change);
    assert_eq!(sha_of(&analysis, 0), GUILTY, "{analysis:#?}");
    let guilty = &analysis.causes[0];
    assert_eq!(guilty.entity, Some(Entity::service("ledger")));
    assert!(
        guilty.evidence_for.iter().any(|e| e.before == Some(40.0) && e.after == Some(4.0)),
        "{guilty:#?}"
    );
    assert!(guilty.evidence_for.iter().all(|e| e.weight > 0.0));
    assert_eq!(analysis.first_failing, Some(Entity::service("ledger")));
    assert!(
        guilty.path.len() >= 3 && guilty.path.is_sorted_by_key(|step| step.time),
        "{:#?}",
        guilty.path
    );
}

#[test]
fn the_tempting_refactoring_is_cleared_with_reasons() {
    let analysis = judge(&incident());
    let cleared = analysis.ruled_out.iter().find(|r| r.sha.as_deref() == Some(REFACTORING));
    assert!(!cleared.expect("cleared").reasons.is_empty());
}

#[test]
fn a_change_after_the_harm_is_no_cause() {
    let mut events = incident();
    let late = "4444444444444444444444444444444444444444";
    events.push(commit(
        late,
        50,
        "lower the pool",
        "services/ledger/pool.py",
        "--- a/p.py\n+++ b/p.py\n@@ -1 +1 @@\n-MAX_CONNECTIONS = 40\n+MAX_CONNECTIONS = 4\n",
    ));
    events.push(deploy("ledger", late, 52));
    let analysis = judge(&events);
    assert_eq!(sha_of(&analysis, 0), GUILTY);
    assert!(probability_of(&analysis, late) < 0.1);
}

#[test]
fn a_mechanism_of_the_user_s_own_is_found_in_the_diff_and_held_against_the_telemetry() {
    let events = [
        commit(
            DOCS,
            1,
            "gate",
            "ledger/gate.go",
            "--- a/ledger/gate.go\n+++ b/ledger/gate.go\n@@ -1 +1,2 @@\n x := y\n+\tsluice.Lift(3)\n",
        ),
        deploy("ledger", DOCS, 10),
        shift("ledger", "gate_queue_depth", 12, 3.0, 90.0),
        call("web", "ledger"),
        alert("web", 20),
    ];
    let inputs = Inputs::new(&events, window());
    let plain = analyze(&inputs, &Options::default());
    let like = Mechanisms::standard().get(&crate::mechanism::id::CALL_REMOVED).unwrap().clone();
    let own = crate::mechanism::Mechanism {
        id: crate::mechanism::MechanismId::new("sluice_lifted"),
        title: "a sluice is lifted".into(),
        code_words: vec!["sluice".into(), "lift".into()].into(),
        symptoms: vec![(crate::mechanism::Symptom::QueueGrowth, 3.0)].into(),
        ..like
    };
    let options = Options { mechanisms: Mechanisms::standard().with(own), ..Options::default() };
    let told = analyze(&inputs, &options);
    assert_eq!(told.causes[0].mechanism.as_deref(), Some("sluice_lifted"));
    assert!(probability_of(&told, DOCS) > probability_of(&plain, DOCS));
}

#[test]
fn what_landed_where_the_trouble_began_beats_what_landed_where_the_alarm_rang() {
    let code = |file: &str| {
        format!("--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-\tx := old(y, z)\n+\tx := fresh(y)\n")
    };
    let events = [
        commit(GUILTY, 1, "one", "ledger/a.go", &code("ledger/a.go")),
        commit(REFACTORING, 2, "two", "web/a.go", &code("web/a.go")),
        deploy("ledger", GUILTY, 10),
        deploy("web", REFACTORING, 11),
        shift("ledger", "http_server_duration_p99_ms", 13, 40.0, 900.0),
        shift("web", "http_server_duration_p99_ms", 16, 60.0, 980.0),
        call("web", "ledger"),
        alert("web", 20),
    ];
    let found = judge(&events);
    assert!(probability_of(&found, GUILTY) > 2.0 * probability_of(&found, REFACTORING));
}

#[test]
fn a_change_is_blamed_only_when_it_is_much_likelier_than_all_the_rest() {
    let diff =
        "--- a/ledger/a.go\n+++ b/ledger/a.go\n@@ -1 +1 @@\n-\tx := old(y, z)\n+\tx := fresh(y)\n";
    let events = [
        commit(GUILTY, 1, "one", "ledger/a.go", diff),
        commit(REFACTORING, 2, "two", "ledger/a.go", diff),
        deploy("ledger", REFACTORING, 10),
        shift("ledger", "http_server_duration_p99_ms", 12, 40.0, 900.0),
        alert("ledger", 20),
    ];
    let found = judge(&events);
    assert!(found.causes[0].probability.value() <= 0.5, "{:#?}", found.causes[0]);
    assert_eq!(found.verdict, Verdict::NotEnoughEvidence);
    let sure = judge(&incident());
    assert!(sure.causes[0].probability.value() > 0.75);
    assert_eq!(sure.verdict, Verdict::Change);
}

#[test]
fn without_any_signal_or_alarm_there_is_nothing_to_blame() {
    let quiet: Vec<Event> = incident()
        .into_iter()
        .filter(|event| matches!(event.source(), Source::Git | Source::Deploy))
        .collect();
    let analysis = judge(&quiet);
    assert_eq!(analysis.verdict, Verdict::NothingToBlame);
    assert!(analysis.causes.is_empty());
    assert!(!analysis.inputs.gaps.is_empty());
}

#[test]
fn one_odd_signal_and_nobody_who_complains_is_nothing_to_blame() {
    let mut events = incident();
    events.retain(|event| matches!(event.source(), Source::Git | Source::Deploy));
    events.push(shift("ledger", "http_server_duration_p99_ms", 40, 20.0, 900.0));
    let analysis = judge(&events);
    assert_eq!(analysis.verdict, Verdict::NothingToBlame);
    assert!(analysis.causes.is_empty() && analysis.onset.is_none());
    assert!(analysis.first_failing.is_none() && analysis.blast_radius.is_empty());
}

#[test]
fn harm_seen_in_two_places_needs_no_alert() {
    let mut events = incident();
    events.retain(|event| *event.source() != Source::Alert);
    let analysis = judge(&events);
    assert_eq!(analysis.verdict, Verdict::Change);
    assert_eq!(sha_of(&analysis, 0), GUILTY);
}

#[test]
fn with_an_alert_and_no_signal_it_says_that_the_evidence_is_not_enough() {
    let analysis = judge(&[alert("web", 45)]);
    assert_eq!(analysis.verdict, Verdict::NotEnoughEvidence);
    assert!(!analysis.inputs.gaps.is_empty());
}

#[test]
fn probabilities_sum_to_one_with_none_of_these() {
    for most in [1, 2, 100] {
        let options = Options { max_causes: most, ..Options::default() };
        let analysis = analyze(&Inputs::new(&incident(), window()), &options);
        let sum: f64 = analysis.causes.iter().map(|c| c.probability.value()).sum::<f64>()
            + analysis.none_of_these.value();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert!(analysis.causes.len() <= most);
    }
}

#[test]
fn shifting_all_times_shifts_nothing_else() {
    let moved: Vec<Event> = incident()
        .into_iter()
        .map(|event| {
            let text = serde_json::to_string(&event).unwrap().replace("2026-01-01T", "2027-03-09T");
            serde_json::from_str(&text).unwrap()
        })
        .collect();
    let later = TimeRange::new(at(0) + Duration::days(432), at(60) + Duration::days(432)).unwrap();
    let (one, two) =
        (judge(&incident()), analyze(&Inputs::new(&moved, later), &Options::default()));
    let numbers = |a: &Analysis| {
        a.causes.iter().map(|c| (c.title.clone(), c.probability)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&one), numbers(&two));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn order_of_arrival_changes_no_byte(events in Just(incident()).prop_shuffle()) {
        let bytes = |events: &[Event]| serde_json::to_vec(&judge(events)).unwrap();
        prop_assert_eq!(bytes(&events), bytes(&incident()));
    }

    #[test]
    fn an_unrelated_event_never_raises_a_cause(minute in 0_i64..60, text in "[a-z]{3,12}") {
        let mut events = incident();
        events.push(
            Event::builder(at(minute), Source::Manual, "note", &text).with_service("elsewhere").build().unwrap(),
        );
        let (before, after) = (judge(&incident()), judge(&events));
        for cause in &before.causes {
            let same = after.causes.iter().find(|c| c.title == cause.title);
            prop_assert!(same.is_none_or(|same| same.probability.value() <= cause.probability.value() + 1e-12));
        }
    }
}

#[test]
fn what_crashed_moved_before_its_callers_in_the_same_minute() {
    let events = vec![
        commit(GUILTY, 20, "refactor: small functions", "services/ledger/book.ts", ""),
        commit(REFACTORING, 21, "refactor: small functions", "services/web/page.ts", ""),
        deploy("ledger", GUILTY, 30),
        deploy("web", REFACTORING, 31),
        shift("ledger", "process_restarts_total", 40, 0.0, 30.0),
        shift("web", "http_5xx_ratio", 40, 0.001, 0.4),
        call("web", "ledger"),
        alert("web", 44),
    ];
    let analysis = judge(&events);
    let first = |entity: &str| {
        analysis
            .causes
            .iter()
            .flat_map(|cause| &cause.evidence_for)
            .any(|evidence| evidence.statement == format!("{entity} was the first to move"))
    };
    assert!(first("ledger") && !first("web"));
}
