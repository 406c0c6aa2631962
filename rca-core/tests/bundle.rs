//! An incident folder becomes events and telemetry; every record is accounted for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rca_core::connectors::bundle::{self, Part};
use rca_core::connectors::{Batch, Limits, Progress, unobserved};
use rca_core::model::{
    Alert, Change, ChangeKind, Entity, EntityKind, Severity, Source, StatusPost,
};
use rca_core::signal::SpanStatus;
use rca_core::{ErrorKind, time};

const FILES: &[(&str, &str)] = &[
    (
        "alert.json",
        r#"{"service": "ledger", "metric": "p99_ms", "threshold": 800, "observed": "1200.5",
            "fired_at": "2026-05-04T11:30:00+02:00", "severity": "critical", "monitor": "ledger-p99",
            "summary": "ledger is slow", "detail": "since the morning"}"#,
    ),
    (
        "logs.ndjson",
        concat!(
            r#"{"timestamp":"2026-05-04T09:20:01Z","service":"ledger","severity_text":"WARN","#,
            r#""msg":"pool is full","trace_id":"t1","pool.max":8,"level":"7"}"#,
            "\n\n",
            r#"{"ts":1777886400.5,"service.name":"ledger","level":"fatal","message":"gave up"}"#,
            "\r\n",
        ),
    ),
    (
        "metrics.csv",
        "timestamp,service,metric,value\n2026-05-04T09:00:00Z,ledger,p99_ms,200\n\
         2026-05-04T09:01:00Z,ledger,p99_ms,NaN\n2026-05-04T09:02:00Z,ledger,p99_ms,1.5e3\n",
    ),
    (
        "traces.json",
        r#"[{"trace_id":"t1","span_id":"a","parent_id":null,"service":"web","name":"GET /",
             "start":"2026-05-04T09:20:00Z","duration_ms":1.5,"status":"OK"},
            {"trace_id":"t1","span_id":"b","parent_id":"a","service":"ledger","name":"post",
             "start":"2026-05-04T09:20:00.1Z","duration_ms":1,"status":"ERROR",
             "attributes":{"queue_ms":12},"cache.hit":true}]"#,
    ),
    (
        "context/commits.json",
        r#"[{"sha":"aa11","author":"ines","timestamp":"2026-05-04T08:00:00Z",
             "message":"shrink the pool\n\nit was large","files_changed":["pool.rs"],
             "diff":"--- a/pool.rs\n+++ b/pool.rs\n@@ -1 +1,2 @@\n-max = 64\n+max = 8\n+// small"},
            {"sha":"bb22","author":"ines","timestamp":"2026-05-04T08:10:00Z","message":"docs",
             "files_changed":["README"],"diff":null}]"#,
    ),
    (
        "context/deploys.json",
        r#"[{"timestamp":"2026-05-04T09:10:00Z","service":"ledger","commit_sha":"aa11","version":"v7"}]"#,
    ),
    (
        "context/flags.json",
        r#"[{"timestamp":"2026-05-04T09:12:00Z","flag":"fast_path","service":"web","change":"off->on","actor":"omar"}]"#,
    ),
    (
        "status_feed.json",
        r#"{"source":"cloud-health","fetched_at":"2026-05-04T10:00:00Z","events":[
            {"id":"p-1","service":"Blob Store","region":"north","status":"degraded",
             "title":"Errors","started_at":"2026-05-04T09:15:00Z","resolved_at":null,
             "detail":"many errors"},
            {"id":"p-2","status":"degraded","title":"no time"}]}"#,
    ),
    ("patterns.json", "[]"),
    ("notes.txt", "hello"),
];

fn files() -> BTreeMap<String, Vec<u8>> {
    FILES.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn read(files: &BTreeMap<String, Vec<u8>>) -> Batch {
    bundle::read_memory(files, &Limits::default(), &unobserved).unwrap()
}

fn one(part: Part, text: &str) -> Batch {
    read(&BTreeMap::from([(part.file_name().to_owned(), text.as_bytes().to_vec())]))
}

#[test]
fn a_folder_and_the_same_files_in_memory_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("context")).unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let from_disk = bundle::read(folder.path(), &Limits::default(), &unobserved).unwrap();
    let from_memory = read(&files());
    assert_eq!(from_disk.events, from_memory.events);
    assert_eq!(from_disk.report, from_memory.report);
    assert_eq!(from_disk.telemetry.metrics, from_memory.telemetry.metrics);
}

#[test]
fn every_record_is_counted_and_what_is_left_alone_is_named() {
    let report = read(&files()).report;
    let counts: Vec<_> = report.inputs.iter().map(|i| (i.format, i.read, i.refused)).collect();
    assert_eq!(
        counts,
        [
            ("alerts", 1, 0),
            ("logs", 2, 0),
            ("metrics", 3, 0),
            ("traces", 2, 0),
            ("commits", 2, 0),
            ("deploys", 1, 0),
            ("flags", 1, 0),
            ("status", 1, 1),
        ]
    );
    assert!(report.missing.is_empty());
    assert_eq!(report.ignored.len(), 2);
    assert!(report.ignored[1].starts_with("patterns.json"));
    let feed = report.input("status_feed.json").unwrap();
    assert!(feed.described[0].reason.contains("post 2: no time"), "{feed:?}");
    for (name, text) in FILES {
        let bytes = report.input(name).map(|input| input.bytes);
        assert!(bytes.is_none_or(|bytes| bytes == text.len() as u64), "{name}");
    }
    assert!(report.to_string().contains("status_feed.json: 1 status records, 1 refused"));
}

#[test]
fn changes_have_what_the_judgement_needs() {
    let batch = read(&files());
    let changes: Vec<Change<'_>> = batch.events.iter().filter_map(Change::from_event).collect();
    assert_eq!(changes.len(), 4);
    let ChangeKind::Commit { sha, author, message, files, diff, lines, .. } = &changes[0].kind
    else {
        unreachable!("the first change is a commit")
    };
    assert_eq!((*sha, *author), ("aa11", Some("ines")));
    assert_eq!(*message, "shrink the pool\n\nit was large");
    assert_eq!(files, &["pool.rs"]);
    assert_eq!(*lines, Some((2, 1)));
    assert!(diff.as_ref().unwrap().starts_with("--- a/pool.rs"));
    assert!(matches!(&changes[1].kind, ChangeKind::Commit { diff: None, lines: None, .. }));
    assert_eq!(changes[2].kind, ChangeKind::Deploy { sha: Some("aa11"), version: Some("v7") });
    assert_eq!(changes[2].entity, Some(&Entity::service("ledger")));
    let (key, change) = ("fast_path", "off->on");
    assert_eq!(changes[3].kind, ChangeKind::Flag { key, change, actor: Some("omar") });
}

#[test]
fn alerts_and_posts_keep_every_word() {
    let batch = read(&files());
    let alert = batch.events.iter().find_map(Alert::from_event).unwrap();
    assert_eq!(alert.fired_at.to_rfc3339(), "2026-05-04T09:30:00+00:00");
    assert_eq!((alert.threshold, alert.observed), (Some(800.0), Some(1200.5)));
    assert_eq!(alert.text, "ledger is slow\nsince the morning\nmonitor: ledger-p99");

    let event = batch.events.iter().find(|e| *e.source() == Source::StatusPage).unwrap();
    let post = StatusPost::from_event(event).unwrap();
    assert_eq!(post.provider, Some(Entity::new(EntityKind::ExternalProvider, "Blob Store")));
    assert_eq!((post.status.as_str(), event.body()), ("degraded", "many errors"));
    assert_eq!(event.attribute("region"), Some("north"));
}

#[test]
fn telemetry_has_its_values_units_and_attributes() {
    let batch = read(&files());
    let series = batch.telemetry.metrics.get(&Entity::service("ledger"), "p99_ms").unwrap();
    assert_eq!(series.values, [200.0, 1500.0]);
    assert_eq!(batch.report.input("metrics.csv").unwrap().notes.values().sum::<u64>(), 1);

    let spans: Vec<_> = batch.telemetry.spans.iter().collect();
    assert_eq!((spans[0].duration(), spans[0].parent()), (1_500_000, None));
    assert_eq!((spans[1].status(), spans[1].parent()), (SpanStatus::Error, Some("a")));
    assert_eq!(spans[1].attribute("queue_ms"), Some("12"));
    assert_eq!(spans[1].attribute("cache.hit"), Some("true"));

    let logs: Vec<_> = batch.telemetry.logs.iter().collect();
    assert_eq!((logs[0].severity(), logs[0].message()), (Severity::Critical, "gave up"));
    assert_eq!(time::from_nanos(logs[0].time()).to_rfc3339(), "2026-05-04T09:20:00.500+00:00");
    assert_eq!((logs[1].severity(), logs[1].trace()), (Severity::Medium, Some("t1")));
    assert_eq!((logs[1].attribute("pool.max"), logs[1].attribute("level")), (Some("8"), Some("7")));
}

#[test]
fn reading_gives_the_same_events_whatever_the_order_in_the_file() {
    let forth = one(
        Part::Deploys,
        r#"[{"timestamp":1,"service":"a","version":"1"},{"timestamp":1,"service":"b"}]"#,
    );
    let back = one(
        Part::Deploys,
        r#"[{"timestamp":1,"service":"b"},{"version":"1","service":"a","timestamp":1}]"#,
    );
    assert_eq!(forth.events, back.events);
    assert!(forth.events.iter().all(|event| event.source_id().is_some()));
}

#[test]
fn nothing_known_in_a_folder_is_an_error_that_says_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let read = |path: &std::path::Path| bundle::read(path, &Limits::default(), &unobserved);
    let error = read(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("logs.ndjson"));
    assert_eq!(read(&folder.path().join("absent")).unwrap_err().kind(), ErrorKind::NotFound);
    let file = folder.path().join("alert.json");
    std::fs::write(&file, "{}").unwrap();
    assert_eq!(read(&file).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn an_observer_sees_progress_and_can_stop_the_read() {
    let line = "{\"timestamp\":1,\"service\":\"a\",\"msg\":\"x\"}\n";
    let files = BTreeMap::from([("logs.ndjson".to_owned(), line.repeat(5000).into_bytes())]);
    let calls = Cell::new(0);
    let counting = |progress: &Progress<'_>| {
        assert_eq!(progress.input, "logs.ndjson");
        calls.set(calls.get() + 1);
        if progress.records > 3000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = bundle::read_memory(&files, &Limits::default(), &counting).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(calls.get() >= 3);
}
