//! CDEvents: whatever the SDK of the project can write, of every version it knows, is read as what it is.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod records;

use std::collections::BTreeSet;

use cdevents_sdk::CDEvent;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rca_core::connectors::attribute;
use rca_core::model::Event;
use records::from;
use serde_json::{Value, json};

/// What the subjects and predicates of versions 0.3 to 0.5 become: source and type.
fn expected(subject: &str, predicate: &str) -> (&'static str, String) {
    let ci = |kind: &str| ("ci", kind.to_owned());
    match (subject, predicate) {
        ("service", "deployed" | "upgraded" | "rolledback" | "removed") => {
            ("deploy", "deploy".to_owned())
        }
        ("pipelinerun", _) => ci("pipeline_run"),
        ("taskrun", _) => ci("pipeline_task"),
        ("build", _) => ci("build"),
        ("testcaserun", _) => ci("test_case"),
        ("testsuiterun", _) => ci("test_suite"),
        ("change", _) => ("git", "pull_request".to_owned()),
        ("incident", "detected" | "reported") => ("alert", "alert".to_owned()),
        ("incident", "resolved") => ("alert", "alert_resolved".to_owned()),
        (other, _) => ("cdevents", other.to_owned()),
    }
}

/// As the SDK writes it, but with texts of a legal length.
fn written(event: &CDEvent) -> Value {
    fn cut(value: &mut Value) {
        match value {
            Value::String(text) => *text = text.chars().take(100).collect(),
            Value::Array(values) => values.iter_mut().for_each(cut),
            Value::Object(members) => members.values_mut().for_each(cut),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(event).unwrap();
    value["context"]["timestamp"] = "2026-05-04T09:00:00Z".into();
    cut(&mut value);
    value
}

fn read(document: &Value) -> Event {
    let batch = from("cloudevents", document.to_string().as_bytes());
    assert_eq!(
        (batch.events.len(), batch.report.refused()),
        (1, 0),
        "{document}: {}",
        batch.report
    );
    batch.events.into_iter().next().unwrap()
}

/// `dev.cdevents.service.deployed.0.2.0` as its parts.
fn parts(kind: &str) -> (String, String, String) {
    let mut words = kind.strip_prefix("dev.cdevents.").unwrap().splitn(3, '.').map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
}

fn check(event: &CDEvent) {
    let bare = written(event);
    let (subject, predicate, _) = parts(event.ty());
    let read_as = read(&bare);
    let (source, kind) = expected(&subject, &predicate);
    assert_eq!(
        (read_as.source().as_str(), read_as.event_type()),
        (source, kind.as_str()),
        "{bare}"
    );
    assert_eq!(read_as.attribute(attribute::KIND), Some(event.ty()));
    if let Some(environment) = bare["subject"]["content"]["environment"]["id"].as_str()
        && matches!(source, "deploy" | "alert")
        && !environment.trim().is_empty()
    {
        // A name has no blanks around it.
        assert_eq!(read_as.attribute(attribute::ENVIRONMENT), Some(environment.trim()), "{bare}");
    }
    let outcome = bare["subject"]["content"]["outcome"].as_str();
    if let (Some(outcome), "ci") = (outcome, source) {
        let shown = read_as.title().rsplit(": ").next().unwrap();
        // Early versions let anything be an outcome.
        let known = ["success", "failure", "error", "cancel", "pass", "fail"].contains(&outcome);
        let same = !known
            || shown == outcome
            || (outcome, shown) == ("cancel", "cancellation")
            || outcome == "pass" && shown == "success"
            || outcome == "fail" && shown == "failure";
        assert!(same, "{outcome} became {shown}");
    }
    let envelope =
        json!({"specversion": "1.0", "id": "e", "source": "/ci", "type": event.ty(), "data": bare});
    assert_eq!(read(&envelope), read_as);
}

#[test]
fn the_name_of_an_environment_keeps_no_blanks_around_it() {
    let event = json!({
        "context": {
            "id": "1", "source": "/cd", "timestamp": "2026-05-04T09:00:00Z", "version": "0.3.0",
            "type": "dev.cdevents.service.deployed.0.1.1",
        },
        "subject": {
            "id": "till", "type": "service",
            "content": {"artifactId": "a", "environment": {"id": " harbour east "}},
        },
    });
    assert_eq!(read(&event).attribute(attribute::ENVIRONMENT), Some("harbour east"));
}

#[test]
fn every_subject_and_predicate_of_every_version_is_read_as_its_kind() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    // A hundred and forty kinds: that one of them never comes is as good as impossible.
    for _ in 0..4000 {
        let event = any::<CDEvent>().new_tree(&mut runner).unwrap().current();
        if seen.insert(event.ty().to_owned()) {
            check(&event);
        }
    }
    let subjects: BTreeSet<String> = seen.iter().map(|kind| parts(kind).0).collect();
    let mapped = [
        "build",
        "change",
        "incident",
        "pipelinerun",
        "service",
        "taskrun",
        "testcaserun",
        "testsuiterun",
    ];
    let others =
        ["approval", "artifact", "branch", "environment", "repository", "testoutput", "ticket"];
    let all: BTreeSet<String> =
        mapped.iter().chain(&others).map(|name| (*name).to_owned()).collect();
    assert_eq!(subjects, all);
    assert!(seen.len() > 100, "{}", seen.len());
}

/// What the SDK refuses: a version newer than itself, and members that it does not know.
#[test]
fn what_comes_after_the_sdk_is_read_as_well() {
    let event = any::<CDEvent>().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let mut newer = written(&event);
    let (subject, predicate, _) = parts(event.ty());
    newer["context"]["type"] = format!("dev.cdevents.{subject}.{predicate}.9.0.0").into();
    newer["context"]["version"] = "9.0.0".into();
    newer["subject"]["content"]["invented"] = json!([{"later": true}]);
    assert!(serde_json::from_value::<CDEvent>(newer.clone()).is_err());
    let read_as = read(&newer);
    assert_eq!(read_as.event_type(), expected(&subject, &predicate).1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_sdk_writes_is_read_as_its_kind(event in any::<CDEvent>()) {
        check(&event);
    }
}
