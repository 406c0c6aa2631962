//! Any input, told by its content.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;

use rca_core::ErrorKind;
use rca_core::connectors::{Batch, Format, Limits, read, read_paths, unobserved};
use rca_core::model::Entity;

fn read_bytes(name: &str, bytes: &[u8]) -> rca_core::Result<Batch> {
    read(name, &mut &bytes[..], None, &Limits::default(), &unobserved)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

const TRACES: &str = r#"{"resourceSpans":[{"resource":{"attributes":[
 {"key":"service.name","value":{"stringValue":"ledger"}}]},"scopeSpans":[{"spans":[
 {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"","name":"POST /pay",
  "kind":2,"startTimeUnixNano":"1777885200000000000","endTimeUnixNano":"1777885200250000000",
  "attributes":[{"key":"http.response.status_code","value":{"intValue":"503"}}],
  "events":[{"name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"Timeout"}}]}],
  "status":{"code":2,"message":"upstream"}},
 {"traceId":"","spanId":"eee19b7ec3c1b175","name":"no trace","startTimeUnixNano":1}]}]}]}"#;

#[test]
fn otlp_is_recognised_whatever_its_name_and_packed_or_not() {
    for (name, bytes) in [
        ("x", TRACES.as_bytes().to_vec()),
        ("spans.json.gz", gzip(TRACES.as_bytes())),
        (
            "lines",
            format!("{}\n{}\n", TRACES.replace('\n', ""), TRACES.replace('\n', "")).into_bytes(),
        ),
    ] {
        let batch = read_bytes(name, &bytes).unwrap();
        let report = &batch.report.inputs[0];
        assert_eq!(report.format, "otlp-json", "{name}");
        assert_eq!(report.read, report.refused, "one span good, one without a trace");
        assert!(report.described[0].reason.contains("no traceId"));
        let span = batch.telemetry.spans.iter().next().unwrap();
        assert_eq!(
            (span.service(), span.name(), span.duration()),
            ("ledger", "POST /pay", 250_000_000)
        );
        assert_eq!(span.attribute("exception.type"), Some("Timeout"));
        assert_eq!(span.attribute("span.kind"), Some("server"));
        assert_eq!(span.attribute("http.response.status_code"), Some("503"));
    }
}

#[test]
fn counters_are_rates_and_histograms_have_a_mean_and_a_tail() {
    let point = |second: u64, total: u64, counts: [u64; 3]| {
        format!(
            r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"api"}}}}]}},
            "scopeMetrics":[{{"metrics":[
             {{"name":"requests","sum":{{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[
               {{"timeUnixNano":"{second}000000000","asInt":"{total}"}}]}}}},
             {{"name":"latency","histogram":{{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[
               {{"timeUnixNano":"{second}000000000","count":"{total}","sum":{},"explicitBounds":[0.1,1.0],"bucketCounts":["{}","{}","{}"]}}]}}}}
            ]}}]}}]}}"#,
            total as f64 / 10.0,
            counts[0],
            counts[1],
            counts[2]
        )
    };
    let text = format!(
        "{}\n{}",
        point(1_777_885_200, 100, [100, 0, 0]),
        point(1_777_885_210, 200, [150, 50, 0])
    );
    let batch = read_bytes("metrics", text.as_bytes()).unwrap();
    assert_eq!(batch.report.refused(), 0, "{}", batch.report);
    let of = |name: &str| {
        batch.telemetry.metrics.get(&Entity::service("api"), name).unwrap().values.clone()
    };
    assert_eq!(of("requests"), [10.0]);
    assert_eq!(of("latency.rate"), [10.0]);
    assert!((of("latency.mean")[0] - 0.1).abs() < 1e-12);
    assert!((of("latency.p95")[0] - 0.91).abs() < 1e-9);
}

#[test]
fn a_gzip_bomb_is_refused_with_what_to_do() {
    let mut spaces = vec![b' '; 64 << 20];
    spaces[..18].copy_from_slice(b"{\"resourceSpans\":[");
    let bomb = gzip(&spaces);
    let error = read_bytes("bomb.gz", &bomb).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("gzip_ratio"), "{error}");
}

#[test]
fn what_nobody_knows_says_which_formats_there_are() {
    let error = read_bytes("note.txt", b"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("otlp-json"), "{error}");
    assert!(Format::named("nonsense").unwrap_err().to_string().contains("otlp-protobuf"));
}

#[test]
fn a_folder_is_read_to_the_end_and_says_what_was_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    std::fs::write(folder.path().join("deep/traces.json"), TRACES).unwrap();
    std::fs::write(
        folder.path().join("metrics.csv"),
        "timestamp,service,metric,value\n2026-05-04T09:00:00Z,api,cpu,1\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("picture.png"), b"\x89PNG\r\n\x1a\n").unwrap();
    let batch =
        read_paths(&[folder.path().to_owned()], None, &Limits::default(), &unobserved).unwrap();
    assert_eq!(batch.telemetry.spans.len(), 1);
    assert_eq!(batch.telemetry.metrics.points(), 1);
    assert_eq!(batch.report.ignored.len(), 1);
    assert!(batch.report.ignored[0].contains("picture.png"));
}

/// Invented inputs, one a file, which the fuzzers start from too: what each is read as, and as how many events.
const WEBHOOKS: [(&str, &str, usize); 19] = [
    ("alertmanager.json", "alertmanager", 2),
    ("argocd.json", "argocd", 2),
    ("cdevents.json", "cloudevents", 1),
    ("flagsmith.json", "flagsmith", 1),
    ("flux.json", "flux", 2),
    ("github_deployment.json", "github", 1),
    ("github_push.json", "github", 2),
    ("github_recorded.json", "github", 1),
    ("github_runs.json", "github", 1),
    ("gitlab.json", "gitlab", 1),
    ("jenkins.json", "jenkins", 2),
    ("junit.xml", "junit", 3),
    ("kubernetes_audit.json", "kubernetes-audit", 1),
    ("kubernetes_events.json", "kubernetes-events", 1),
    ("launchdarkly.json", "launchdarkly", 1),
    ("note.json", "notes", 1),
    ("pagerduty.json", "pagerduty", 1),
    ("sentry.json", "sentry", 1),
    ("unleash.json", "unleash", 1),
];

#[test]
fn webhooks_and_reports_are_told_by_their_content() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/webhooks");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, WEBHOOKS.map(|(file, ..)| file));
    for (file, format, events) in WEBHOOKS {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for bytes in [bytes.clone(), gzip(&bytes)] {
            let batch = read_bytes("x", &bytes).unwrap();
            assert_eq!(batch.report.inputs[0].format, format, "{file}");
            assert_eq!(
                (batch.report.refused(), batch.events.len()),
                (0, events),
                "{file}: {}",
                batch.report
            );
        }
    }
}

#[test]
fn a_document_that_is_refused_keeps_the_records_before_the_refusal() {
    let text = r#"{"object_kind": "push", "ref": "refs/heads/main", "project": {"path_with_namespace": "a/b"},
        "commits": [{"id": "4f2a9c1be0d3", "message": "m", "timestamp": "2026-05-04T09:00:00Z"}, {"id": "x"}]}"#;
    let batch = read_bytes("x", text.as_bytes()).unwrap();
    assert_eq!((batch.events.len(), batch.report.refused()), (2, 1), "{}", batch.report);
    let build = r#"{"number": 1, "building": false, "result": "SUCCESS", "timestamp": 1777885200000,
        "changeSets": [{"items": [{}]}]}"#;
    let batch = read_bytes("x", build.as_bytes()).unwrap();
    assert_eq!((batch.events.len(), batch.report.refused()), (1, 1), "{}", batch.report);
}

/// Attributes of logs are called anything.
#[test]
fn logs_stay_logs_whatever_their_attributes_are_called() {
    for attribute in [
        r#""note": "x""#,
        r#""event_id": "1", "platform": "linux""#,
        r#""action": "push", "ref": "main""#,
        r#""number": 1, "result": "ok""#,
        r#""verb": "get", "reason": "x""#,
    ] {
        let line = format!(
            r#"{{"timestamp": "2026-05-04T09:00:00Z", "severity": "INFO", "message": "m", "service": "a", {attribute}}}"#
        );
        let batch = read_bytes("x", format!("{line}\n{line}\n").as_bytes()).unwrap();
        assert_eq!(batch.telemetry.logs.len(), 2, "{attribute}: {}", batch.report);
    }
}
