use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::ErrorKind;
use crate::model::{
    Analysis, Cause, CauseKind, Entity, EvidenceKind, HypothesisState, InputSummary, Investigation,
    PathStep, Probability, Severity, Source, Verdict,
};
use crate::signal::LogRecord;
use crate::time::{TimeRange, nanos};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
}

const DIFF: &str = "diff --git a/src/pool.py b/src/pool.py\n--- a/src/pool.py\n+++ b/src/pool.py\n@@ -10,4 +10,4 @@ def connect():\n     host = settings.host\n-    timeout = 30\n+    timeout = 3000\n     return Pool(host)\n";

fn commit(title: &str, seconds: i64) -> Event {
    Event::builder(at(seconds), Source::Git, "commit", title)
        .with_service("ledger")
        .with_attribute("vcs.ref.head.revision", format!("{seconds:040x}"))
        .with_attribute("vcs.diff", DIFF)
        .build()
        .unwrap()
}

fn alert() -> Event {
    Event::builder(at(600), Source::Alert, "alert", "ledger is slow")
        .with_service("ledger")
        .with_severity(Severity::High)
        .build()
        .unwrap()
}

fn analysis(events: &[Event]) -> Analysis {
    let guilty = events.first().map(Event::id);
    Analysis {
        schema_version: Analysis::SCHEMA_VERSION,
        investigation: None,
        symptom: "ledger is slow".to_owned(),
        window: TimeRange { start: at(0), end: at(1200) },
        verdict: Verdict::Change,
        onset: None,
        first_failing: Some(Entity::service("ledger")),
        blast_radius: vec![],
        causes: vec![Cause {
            kind: CauseKind::Flag { key: "x".to_owned() },
            title: "the guilty commit".to_owned(),
            entity: Some(Entity::service("ledger")),
            probability: Probability::saturating(0.8),
            event: guilty,
            mechanism: None,
            evidence_for: vec![crate::model::Evidence {
                kind: EvidenceKind::Timing,
                statement: "shortly before".to_owned(),
                weight: 1.0,
                before: None,
                after: None,
                time: None,
                events: events.last().map(Event::id).into_iter().collect(),
            }],
            evidence_against: vec![],
            path: vec![PathStep {
                entity: Some(Entity::service("ledger")),
                what: "slow".to_owned(),
                time: None,
                event: None,
            }],
            remediation: None,
        }],
        none_of_these: Probability::saturating(0.2),
        none_evidence: vec![],
        entities: vec![],
        ruled_out: vec![],
        timeline: vec![],
        inputs: InputSummary::default(),
    }
}

fn canvas(events: &[Event], telemetry: &Telemetry, bounds: &Bounds) -> Canvas {
    let analysis = analysis(events);
    Canvas::within(&Subject { analysis: &analysis, events, telemetry, case: None }, bounds)
}

#[test]
fn the_order_of_the_events_changes_nothing() {
    let mut events = vec![commit("slower", 60), commit("other", 30), alert()];
    let answer = analysis(&events);
    let telemetry = Telemetry::default();
    let of = |events: &[Event]| {
        Canvas::of(&Subject { analysis: &answer, events, telemetry: &telemetry, case: None })
    };
    let one = of(&events);
    events.reverse();
    assert_eq!(one, of(&events));
    assert_eq!(one.events.len(), 3);
    assert_eq!(one.case.severity, Some(Severity::High));
    assert_eq!(one.case.detected_at, Some(at(600)));
}

#[test]
fn the_json_reads_back() {
    let one = canvas(&[commit("slower", 60), alert()], &Telemetry::default(), &Bounds::default());
    let text = serde_json::to_string(&one).unwrap();
    assert_eq!(serde_json::from_str::<Canvas>(&text).unwrap(), one);
}

#[test]
fn when_there_is_no_room_what_the_answer_names_stays() {
    let guilty = commit("slower", 60);
    let mut events = vec![guilty.clone()];
    for n in 0..50 {
        events.push(commit(&format!("commit {n}"), 100 + n));
    }
    events.push(alert());
    let bounds = Bounds { events: 3, diffs: 1, ..Bounds::default() };
    let shown = canvas(&events, &Telemetry::default(), &bounds);
    assert_eq!(shown.events.len(), 3);
    assert_eq!(shown.omitted.events, 49);
    assert!(shown.events.iter().any(|event| event.id() == guilty.id()));
    assert!(shown.events.iter().any(|event| event.event_type() == "alert"));
    assert_eq!(shown.diffs.len(), 1);
    assert_eq!(shown.diffs[0].event, guilty.id());
}

#[test]
fn a_diff_is_taken_out_of_its_event_and_its_guilty_lines_are_marked() {
    let shown = canvas(&[commit("slower", 60)], &Telemetry::default(), &Bounds::default());
    assert!(shown.events[0].attribute("vcs.diff").is_none());
    let diff = &shown.diffs[0];
    assert_eq!(diff.files[0].path, "src/pool.py");
    assert!(!diff.signs.is_empty(), "{diff:?}");
    let lines = &diff.files[0].hunks[0].lines;
    let marked: Vec<_> = lines.iter().filter(|line| line.sign.is_some()).collect();
    assert!(marked.iter().any(|line| line.text.contains("3000")), "{lines:?}");
    assert!(marked.iter().all(|line| line.mark != DiffMark::Context));
}

#[test]
fn long_texts_are_cut_at_a_character_and_say_so() {
    let event = Event::builder(at(0), Source::Manual, "note", "long")
        .with_body("é".repeat(6_000))
        .with_attribute("deep", serde_json::json!({ "list": vec!["ü".repeat(9_000); 300] }))
        .build()
        .unwrap();
    let shown = canvas(&[event], &Telemetry::default(), &Bounds::default());
    assert!(shown.events[0].body().ends_with("(4000 bytes more)"));
    let list = &shown.events[0].data()["deep"]["list"];
    assert_eq!(list.as_array().unwrap().len(), 201);
    assert!(list[0].as_str().unwrap().len() < 8_100);
}

#[test]
fn log_lines_are_those_around_what_matters() {
    let mut telemetry = Telemetry::default();
    for n in 0..2_000 {
        telemetry.logs.push(&LogRecord {
            time: nanos(at(n)),
            service: if n % 2 == 0 { "ledger" } else { "other" },
            severity: Severity::Info,
            message: &format!("line {n}"),
            trace: None,
            span: None,
            attributes: &[],
        });
    }
    let shown = canvas(&[commit("slower", 60), alert()], &telemetry, &Bounds::default());
    assert!(!shown.logs.is_empty() && shown.logs.len() <= 100, "{}", shown.logs.len());
    assert!(shown.logs.iter().all(|line| line.service == "ledger"));
    assert!(shown.logs.iter().any(|line| line.message == "line 600"));
    assert_eq!(shown.omitted.log_lines, 2_000 - shown.logs.len() as u64);
    assert!(shown.logs.is_sorted_by_key(|line| line.time));
}

#[test]
fn a_thinned_series_keeps_its_peaks() {
    let mut telemetry = Telemetry::default();
    let ledger = Entity::service("ledger");
    for n in 0..10_000 {
        let value = if n == 7_777 { 99.0 } else { 1.0 };
        telemetry.metrics.push(&ledger, "latency", nanos(at(n)), value);
    }
    telemetry.metrics.push(&ledger, "latency", nanos(at(5)) + 1, f64::NAN);
    let shown = canvas(&[alert()], &telemetry, &Bounds { points: 100, ..Bounds::default() });
    let series = &shown.series[0];
    assert!(series.times.len() <= 104, "{}", series.times.len());
    assert!(series.values.contains(&99.0));
    assert!(series.times.is_sorted() && series.times.len() == series.values.len());
}

#[test]
fn the_way_from_the_cause_leads_over_nodes_of_the_graph() {
    let events = [commit("slower", 60), alert()];
    let shown = canvas(&events, &Telemetry::default(), &Bounds::default());
    let path = &shown.graph.paths[0];
    assert_eq!(path.nodes, [events[0].id().to_string(), "entity:service:ledger".to_owned()]);
    for edge in &shown.graph.edges {
        for end in [&edge.from, &edge.to] {
            assert!(shown.graph.nodes.iter().any(|node| node.id == *end), "{end} is no node");
        }
    }
}

#[test]
fn nothing_is_a_page_too() {
    let mut nothing = analysis(&[]);
    nothing.causes.clear();
    let telemetry = Telemetry::default();
    let subject = Subject { analysis: &nothing, events: &[], telemetry: &telemetry, case: None };
    let page = crate::report::html(&Canvas::of(&subject)).unwrap();
    assert!(page.contains("<title>ledger is slow</title>"));
}

#[test]
fn data_can_not_leave_its_element() {
    let hostile = "</script><script>alert(1)</script><!-- & \u{2028}\u{2029} ]]>";
    let event = Event::builder(at(0), Source::Manual, "note", hostile)
        .with_body(hostile)
        .with_attribute(hostile, hostile)
        .build()
        .unwrap();
    let mut subject = analysis(std::slice::from_ref(&event));
    subject.symptom = hostile.to_owned();
    let events = [event];
    let telemetry = Telemetry::default();
    let shown = Canvas::of(&Subject {
        analysis: &subject,
        events: &events,
        telemetry: &telemetry,
        case: None,
    });
    let page = crate::report::html(&shown).unwrap();
    let data = page.split_once("id=\"rca-data\">").unwrap().1;
    let data = data.split_once("</script>").unwrap().0;
    assert!(!data.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
    assert_eq!(serde_json::from_str::<Canvas>(data).unwrap(), shown);
    assert!(!page.contains("<script>alert(1)"));
    let title = page.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
    assert!(title.starts_with("&lt;/script&gt;"), "{title}");
}

#[test]
fn the_built_page_asks_no_network_and_stays_small() {
    let page = include_str!("page.html");
    assert!(page.len() <= 1_000_000, "{} bytes", page.len());
    for forbidden in
        ["<link rel=\"stylesheet\"", "<script src", "@import", "unsafe-inline", "unsafe-eval"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("default-src 'none'; script-src 'sha256-"));
}

#[test]
fn edits_of_the_page_are_read_and_checked() {
    let text = |note: &str| {
        format!(
            r#"{{"schema_version":1,"investigation":null,"saved_at":"2026-01-01T00:00:00.000Z",
            "notes":[{{"time":"2026-01-01T00:00:00.000Z","author":null,"text":"{note}","event":null}}],
            "hypotheses":[{{"id":"h-1","time":"2026-01-01T00:00:00.000Z","author":"ann","text":"the pool","state":"confirmed","event":null}}]}}"#
        )
    };
    let edits = Edits::from_json(&text("look")).unwrap();
    let window = TimeRange { start: at(0), end: at(60) };
    let shown = Investigation::builder("slow", window).build(at(0), &[]).unwrap();
    let made = edits.upon(&shown).unwrap();
    assert_eq!((made.notes().len(), made.hypotheses().len()), (1, 1));
    assert_eq!(made.hypotheses()[0].state, HypothesisState::Supported, "a word of version 1");
    assert_eq!(edits.upon(&made).unwrap(), made, "twice adds nothing");
    assert_eq!(Edits::from_json(&text(" ")).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(Edits::from_json("[]").unwrap_err().kind(), ErrorKind::InvalidInput);
    let newer = text("x").replace("\"schema_version\":1", "\"schema_version\":3");
    assert_eq!(Edits::from_json(&newer).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn shifting_the_time_shifts_nothing_else() {
    let late = Duration::days(400);
    let moved = |by: Duration| {
        let event = Event::builder(at(600) + by, Source::Alert, "alert", "ledger is slow")
            .with_source_id("a")
            .build()
            .unwrap();
        canvas(&[event], &Telemetry::default(), &Bounds::default()).graph.nodes.len()
    };
    assert_eq!(moved(Duration::zero()), moved(late));
}
