//! What the OpenTelemetry SDK of Python writes, in the three forms in which it reaches files.
//!
//! `./test formats` lets it write them and says where they are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod records;

use std::path::PathBuf;

use rca_core::connectors::{Batch, Limits, read, unobserved};
use rca_core::model::{Entity, Severity};
use records::records;

/// The same signals as JSON lines, as a request body and as many bodies behind their lengths.
fn all_forms(name: &str) -> Batch {
    let root = std::env::var_os("RCA_OTLP")
        .expect("RCA_OTLP is not set: run ./test formats, which lets the SDK write");
    let read = |ending: &str, format: &str| {
        let path = PathBuf::from(&root).join(format!("{name}.{ending}"));
        let bytes = std::fs::read(path).unwrap();
        let mut batch =
            read("input", &mut bytes.as_slice(), None, &Limits::default(), &unobserved).unwrap();
        batch.sort();
        let report = &batch.report.inputs[0];
        assert_eq!((report.format, report.refused), (format, 0), "{}", batch.report);
        batch
    };
    let json = read("jsonl", "otlp-json");
    assert!(json.report.read() > 0);
    for ending in ["pb", "framed"] {
        let protobuf = read(ending, "otlp-protobuf");
        assert_eq!(records(&protobuf), records(&json), "{name}.{ending}");
        assert_eq!(protobuf.report.read(), json.report.read());
    }
    json
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn spans_of_the_sdk_are_read() {
    let batch = all_forms("traces");
    let spans = &batch.telemetry.spans;
    assert_eq!(spans.len(), 2);
    let server = spans.iter().find(|span| span.name() == "POST /pay").unwrap();
    assert_eq!((server.service(), server.parent()), ("till", None));
    assert_eq!(server.attribute("http.response.status_code"), Some("503"));
    assert_eq!(server.attribute("share"), Some("0.25"));
    assert_eq!(server.attribute("tags"), Some(r#"["a","b\n\"c\""]"#));
    let client = spans.iter().find(|span| span.name() == "lookup").unwrap();
    assert_eq!(client.parent(), Some(server.id()));
    assert_eq!(client.attribute("span.kind"), Some("client"));
    assert_eq!(client.attribute("exception.type"), Some("KeyError"));
    assert!(client.attribute("exception.message").unwrap().contains("no stock é\u{1f600}"));
    assert_eq!(client.attribute("otel.status_description"), Some("upstream"));
}

#[test]
#[ignore = "needs files that ./test formats makes"]
fn logs_of_the_sdk_are_read() {
    let batch = all_forms("logs");
    let logs: Vec<_> = batch.telemetry.logs.iter().collect();
    let messages: Vec<&str> =
        logs.iter().map(|record| record.message().lines().next().unwrap()).collect();
    assert_eq!(messages, ["opened north", "no paper \"A4\"", "could not pay"]);
    assert_eq!((logs[0].severity(), logs[0].attribute("shift")), (Severity::Info, Some("2")));
    assert_eq!((logs[1].severity(), logs[1].service()), (Severity::High, "till"));
    assert!(logs[2].message().contains("ValueError: empty drawer"), "{}", logs[2].message());
}

/// Two instances that report in turns are one series each, without a reset.
#[test]
#[ignore = "needs files that ./test formats makes"]
fn metrics_of_the_sdk_are_read() {
    let batch = all_forms("metrics");
    let till = Entity::service("till");
    let of = |name: &str| batch.telemetry.metrics.get(&till, name).unwrap().values.clone();
    assert!(of("cpu").iter().all(|level| (0.25..=0.75).contains(level)));
    for name in [
        "orders{route=\"/pay\"}",
        "took.rate",
        "took.mean",
        "took.p95",
        "wait.rate",
        "wait.mean",
        "wait.p95",
    ] {
        let values = of(name);
        assert!(
            !values.is_empty() && values.iter().all(|value| *value > 0.0),
            "{name}: {values:?}"
        );
    }
    assert_eq!(of("open").last(), Some(&6.0));
    assert_eq!(batch.telemetry.metrics.entities().collect::<Vec<_>>(), [&till]);
}
