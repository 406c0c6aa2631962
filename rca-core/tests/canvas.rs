//! Pages for the browser tests in `rca-core/canvas`: written by the real writer from events that are made up here.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, Utc};
use rca_core::model::{
    Entity, Event, HypothesisState, InvestigationId, Note, Severity, Source, Title,
};
use rca_core::report::canvas::{Canvas, Edits, Subject};
use rca_core::report::{self};
use rca_core::signal::{LogRecord, Span, SpanStatus, Telemetry};
use rca_core::time::{ManualClock, TimeRange, nanos};
use rca_core::{ErrorKind, Incident, Workspace, analyze};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 0).unwrap() + Duration::seconds(seconds)
}

/// A multiplier of a linear congruential generator: pages must be the same each time.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

const DIFF: &str = "diff --git a/quay/pool.py b/quay/pool.py
--- a/quay/pool.py
+++ b/quay/pool.py
@@ -10,6 +10,6 @@ def connect(settings):
     host = settings.host
-    pool = Pool(host, size=40, timeout=2)
+    pool = Pool(host, size=4, timeout=2)
     return pool
 
 def close(pool):
";

fn commit(sha: &str, title: &str, seconds: i64, service: &str) -> Event {
    Event::builder(at(seconds), Source::Git, "commit", title)
        .with_service(service)
        .with_source_id(sha)
        .with_body(format!("{title}\n\nNothing else."))
        .with_attribute("vcs.ref.head.revision", sha)
        .with_attribute("vcs.author", "robin")
        .with_attribute("vcs.changed_files", vec!["quay/pool.py"])
        .with_attribute("vcs.diff", DIFF)
        .build()
        .unwrap()
}

fn deploy(sha: &str, seconds: i64, service: &str) -> Event {
    Event::builder(at(seconds), Source::Deploy, "deploy", &format!("{service} {}", &sha[..8]))
        .with_service(service)
        .with_source_id(format!("{service}-{sha}"))
        .with_attribute("vcs.ref.head.revision", sha)
        .build()
        .unwrap()
}

fn alert(seconds: i64, service: &str, title: &str) -> Event {
    Event::builder(at(seconds), Source::Alert, "alert", title)
        .with_service(service)
        .with_severity(Severity::Critical)
        .with_source_id(title)
        .build()
        .unwrap()
}

/// A smaller pool reaches `quay` at minute 30; its callers wait and fail.
fn incident() -> (Vec<Event>, Telemetry) {
    let guilty = "a3f0c2d4e5b60718293a4b5c6d7e8f9001122334";
    let other = "0b1c2d3e4f5061728394a5b6c7d8e9f001122334";
    let events = vec![
        commit(other, "harbour: words of the welcome page", 600, "harbour"),
        deploy(other, 900, "harbour"),
        commit(guilty, "quay: smaller pool of connections", 1200, "quay"),
        deploy(guilty, 1800, "quay"),
        alert(2100, "harbour", "harbour answers slowly"),
        Event::builder(at(1990), Source::Flag, "flag", "welcome_banner off->on")
            .with_service("harbour")
            .with_attribute("feature_flag.key", "welcome_banner")
            .with_attribute("feature_flag.change", "off->on")
            .build()
            .unwrap(),
    ];
    let mut telemetry = Telemetry::default();
    let mut seed = 7;
    for n in 0..360_i64 {
        let (time, bad) = (nanos(at(n * 10)), n >= 181);
        let noise = (random(&mut seed) % 100) as f64 / 100.0;
        for (service, calm, hurt) in
            [("quay", 40.0, 900.0), ("harbour", 60.0, 1100.0), ("buoy", 12.0, 12.0)]
        {
            let value = if bad { hurt } else { calm } + noise * calm / 5.0;
            telemetry.metrics.push(
                &Entity::service(service),
                "http_request_duration_p99_ms",
                time,
                value,
            );
        }
        let waiting = if bad { 30.0 + noise * 4.0 } else { noise };
        telemetry.metrics.push(&Entity::service("quay"), "pool_waiting", time, waiting);
        telemetry.metrics.push(
            &Entity::service("quay"),
            "pool_in_use",
            time,
            if bad { 4.0 } else { 6.0 + noise },
        );
        let trace = format!("{n:032x}");
        let slow = if bad { 900_000_000 } else { 30_000_000 + (noise * 5e6) as i64 };
        for (id, parent, service, name, start, duration) in [
            ("a", None, "harbour", "GET /arrivals", 0, slow + 20_000_000),
            ("b", Some("a"), "harbour", "call quay", 5_000_000, slow + 8_000_000),
            ("c", Some("b"), "quay", "GET /berths", 8_000_000, slow),
            ("d", Some("c"), "quay", "SELECT berth", 9_000_000, 4_000_000),
        ] {
            telemetry.spans.push(&Span {
                trace: &trace,
                id: &format!("{n:012x}000{id}"),
                parent: parent.map(|p| format!("{n:012x}000{p}")).as_deref(),
                service,
                name,
                start: time + start,
                duration,
                status: if bad && n % 3 == 1 { SpanStatus::Error } else { SpanStatus::Ok },
                attributes: &[("http.route", name)],
            });
        }
        let message = if bad {
            format!("no connection free after 2000 ms, 4 of 4 in use (request {n})")
        } else {
            format!("request {n} answered")
        };
        telemetry.logs.push(&LogRecord {
            time,
            service: "quay",
            severity: if bad { Severity::High } else { Severity::Info },
            message: &message,
            trace: Some(&trace),
            span: None,
            attributes: &[],
        });
    }
    (events, telemetry)
}

/// The page of an investigation with a record, notes and people.
fn recorded() -> Canvas {
    let (events, telemetry) = incident();
    let clock = ManualClock::at(at(4000));
    let workspace = Workspace::builder().with_clock(clock).in_memory().unwrap();
    let note_about = events.iter().find(|event| *event.source() == Source::Alert).unwrap().id();
    workspace.ingest(events).unwrap();
    let window = TimeRange { start: at(0), end: at(3600) };
    let case = rca_core::model::Investigation::builder("Arrivals are slow", window)
        .with_detected_at(at(2100))
        .with_description("Travellers wait for the list of arrivals.")
        .with_tag("harbour");
    let case = workspace.open_investigation(case).unwrap();
    workspace
        .update_investigation(case.id(), |case| {
            case.set_assigned_to(Some("Ada".to_owned()));
            Ok(())
        })
        .unwrap();
    workspace.add_note(case.id(), Some("Ada"), "Looking at **quay**.", Some(note_about)).unwrap();
    workspace.analyze_with(case.id(), &telemetry).unwrap();
    workspace.canvas_with(case.id(), &telemetry).unwrap()
}

/// Ten thousand events in a day, half of them in the hour of the incident.
fn ten_thousand() -> Canvas {
    let (mut events, telemetry) = incident();
    let mut seed = 11;
    let sources = [
        (Source::Logs, "log_shift"),
        (Source::Metrics, "sample"),
        (Source::Ci, "build"),
        (Source::Alert, "alert_resolved"),
        (Source::Traces, "slow_call"),
        (Source::Manual, "note"),
        (Source::StatusPage, "status"),
    ];
    let services = ["quay", "harbour", "buoy", "pilot", "crane", "tide"];
    while events.len() < 10_000 {
        let n = events.len();
        let seconds = if n < 5_000 { random(&mut seed) % 3600 } else { random(&mut seed) % 86_400 };
        let (source, kind) = &sources[(random(&mut seed) % 7) as usize];
        let service = services[(random(&mut seed) % 6) as usize];
        let severity = Severity::ALL[(random(&mut seed) % 100).min(4) as usize];
        let severity = if random(&mut seed).is_multiple_of(4) { severity } else { Severity::Info };
        events.push(
            Event::builder(
                at(seconds as i64),
                source.clone(),
                kind,
                &format!("{service}: thing {n} happened"),
            )
            .with_service(service)
            .with_severity(severity)
            .with_source_id(n.to_string())
            .with_attribute("n", n as u64)
            .build()
            .unwrap(),
        );
    }
    canvas(&events, &telemetry, TimeRange { start: at(0), end: at(3600) })
}

fn canvas(events: &[Event], telemetry: &Telemetry, window: TimeRange) -> Canvas {
    let analysis = analyze(&Incident { window: Some(window), ..Incident::new(events, telemetry) });
    Canvas::of(&Subject { analysis: &analysis, events, telemetry, case: None })
}

/// A text that some program once took for more than a text, in every field that takes one.
fn hostile(texts: &[String]) -> Canvas {
    let (events, telemetry) = incident();
    let mut shown = canvas(&events, &telemetry, TimeRange { start: at(0), end: at(3600) });
    let mut all = texts.iter().cycle();
    let mut next = || all.next().unwrap().clone();
    for (n, text) in texts.iter().enumerate() {
        let title: String = text.chars().take(Title::MAX_CHARS).collect();
        let title = if Title::new(title.trim()).is_ok() { title } else { "blank".to_owned() };
        let source = Source::from(["git", "alert", "logs", text.as_str()][n % 4]);
        let mut event = Event::builder(at(n as i64), source, "note", &title)
            .with_entity(Entity::service(text))
            .with_severity(Severity::ALL[n % 5])
            .with_source_id(format!("hostile {n}"))
            .with_body(text)
            .with_attribute(
                text,
                serde_json::json!({ "list": [text, { text: text }], "text": text }),
            )
            .with_attribute("plain", text.as_str())
            .with_metadata(text, text);
        if rca_core::model::Tag::new(text).is_ok() {
            event = event.with_tag(text);
        }
        shown.events.push(event.build().unwrap());
        shown.notes.extend(Note::new(at(n as i64), Some(text.clone()), text.clone(), None));
    }
    shown.events.sort_by_key(|event| (event.timestamp(), event.id()));
    let mut document = serde_json::to_value(&shown).unwrap();
    poison(&mut document, "", &mut next);
    serde_json::from_value(document).unwrap()
}

/// Replaces every text that is not a time, an id or one of our own words.
fn poison(value: &mut serde_json::Value, name: &str, next: &mut impl FnMut() -> String) {
    const OURS: &[&str] = &[
        "id",
        "timestamp",
        "time",
        "start",
        "end",
        "from",
        "to",
        "event",
        "events",
        "nodes",
        "not_before",
        "not_after",
        "detected_at",
        "started_at",
        "resolved_at",
        "deployed_at",
        "severity",
        "status",
        "state",
        "priority",
        "verdict",
        "mark",
        "onset",
        "parsed_at",
        "linked_at",
        "direction",
        "event_type",
        "kind",
        "trace",
        "parent",
        "title_of_event",
        "role",
        "investigations",
        "investigation",
    ];
    match value {
        serde_json::Value::String(text) if !OURS.contains(&name) && name != "title" => {
            *text = next()
        }
        serde_json::Value::String(text) if name == "title" => {
            let title: String = next().chars().take(Title::MAX_CHARS).collect();
            if Title::new(title.trim()).is_ok() {
                *text = title.trim().to_owned();
            }
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| poison(item, name, next));
        }
        // Tags have rules of their own and are tested with the events.
        serde_json::Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, _)| *key != "tags")
            .for_each(|(key, item)| poison(item, key, next)),
        _ => {}
    }
}

/// Script injections in the forms that pages fall for; each calls what the browser test watches.
fn injections() -> Vec<String> {
    let calls = [
        "window.pwned=1",
        "document.title='pwned'",
        "alert(1)",
        "fetch('https://example.invalid/')",
    ];
    let forms = [
        "<script>CALL</script>",
        "</script><script>CALL</script>",
        "<img src=x onerror=\"CALL\">",
        "<svg onload=\"CALL\">",
        "<body onload=CALL>",
        "\"><script>CALL</script>",
        "' onmouseover='CALL",
        "\" autofocus onfocus=\"CALL",
        "javascript:CALL",
        "<a href=\"javascript:CALL\">x</a>",
        "<iframe srcdoc=\"<script>CALL</script>\"></iframe>",
        "<details open ontoggle=\"CALL\">",
        "<style>@import 'https://example.invalid/a.css'</style>",
        "<link rel=stylesheet href=https://example.invalid/a.css>",
        "<meta http-equiv=refresh content=\"0;url=javascript:CALL\">",
        "<object data=\"javascript:CALL\"></object>",
        "<math><mtext></mtext><script>CALL</script></math>",
        "]]><script>CALL</script>",
        "--><script>CALL</script>",
        "<!--<script>CALL",
        "{{constructor.constructor('CALL')()}}",
        "${CALL}",
        "`${CALL}`",
        "\u{2028}CALL\u{2029}",
        "</title><script>CALL</script>",
        "<input onfocus=CALL autofocus>",
        "<video><source onerror=\"CALL\"></video>",
        "<form action=\"javascript:CALL\"><input type=submit>",
        "<base href=\"https://example.invalid/\">",
        "data:text/html,<script>CALL</script>",
        "__proto__",
        "constructor",
        "[x](javascript:CALL)",
        "[x](<java&Tab;script:CALL>)",
        "[x](&#x6a;avascript:CALL)",
        "[x]\n\n[x]: javascript:CALL",
        "<javascript:CALL>",
        "[x](data:text/html,<script>CALL</script>)",
        "![x](https://example.invalid/CALL.png)",
        "[<img src=x onerror=CALL>](https://example.invalid/)",
        "**<svg onload=CALL>** `<script>CALL</script>`",
    ];
    forms.iter().flat_map(|form| calls.iter().map(move |call| form.replace("CALL", call))).collect()
}

/// Writes the pages that the browser tests open; they say where (`RCA_CANVAS_PAGES`) and which naughty strings there
/// are (`RCA_NAUGHTY`).
#[test]
#[ignore = "writes files for the stage `canvas`"]
fn pages_for_the_browser_are_written() {
    let folder = PathBuf::from(std::env::var_os("RCA_CANVAS_PAGES").expect("RCA_CANVAS_PAGES"));
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, canvas: &Canvas| {
        fs::write(folder.join(name), report::html(canvas).unwrap()).unwrap();
    };
    write("incident.html", &recorded());
    write("many.html", &ten_thousand());
    let list = std::env::var_os("RCA_NAUGHTY").expect("RCA_NAUGHTY");
    let mut texts: Vec<String> =
        serde_json::from_str(&fs::read_to_string(Path::new(&list)).unwrap()).unwrap();
    texts.extend(injections());
    texts.retain(|text| !text.trim().is_empty());
    assert!(texts.len() >= 300, "only {} hostile strings", texts.len());
    write("hostile.html", &hostile(&texts));
    let nothing = analyze(&Incident::new(&[], &Telemetry::default()));
    let telemetry = Telemetry::default();
    let subject = Subject { analysis: &nothing, events: &[], telemetry: &telemetry, case: None };
    write("empty.html", &Canvas::of(&subject));
}

#[test]
fn a_page_of_a_workspace_shows_its_record_and_the_telemetry() {
    let canvas = recorded();
    assert_eq!(canvas.case.title, "Arrivals are slow");
    assert_eq!(canvas.case.people[0].name, "Ada");
    assert_eq!(canvas.notes.len(), 1);
    assert!(canvas.series.iter().any(|series| series.onset.is_some()));
    assert!(!canvas.logs.is_empty() && !canvas.traces.is_empty() && !canvas.diffs.is_empty());
    assert!(!canvas.graph.paths.is_empty(), "{:?}", canvas.graph.nodes);
    assert_eq!(canvas, recorded(), "twice the same");
}

#[test]
fn edits_of_a_page_are_taken_in_once() {
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock).in_memory().unwrap();
    let window = TimeRange { start: at(0), end: at(60) };
    let other = workspace.investigate("another", window).unwrap().id();
    // What the page saves, by the browser test of the same file; and what the first page saved.
    let files =
        [include_str!("golden/canvas_edits.json"), include_str!("golden/canvas_edits_v1.json")];
    for (place, saved) in files.into_iter().enumerate() {
        let case = workspace.investigate(&format!("slow {place}"), window).unwrap().id();
        let saved = saved.replace("TIME", "2026-03-01T12:00:00.000Z");
        let saved = saved.replace("UUID", "019caf15-2c00-7abc-8def-0123456789ab");
        let saved = saved.replace("EVENT", &alert(0, "quay", "slow").id().to_string());
        let edits = |id: InvestigationId| {
            Edits::from_json(&saved.replace("INVESTIGATION", &id.to_string())).unwrap()
        };
        assert_eq!(workspace.import_edits(case, &edits(case)).unwrap().changes.len(), 2);
        assert_eq!(workspace.import_edits(case, &edits(case)).unwrap().changes, []);
        let shown = workspace.canvas(case).unwrap();
        assert_eq!(shown.notes.len(), 1);
        assert_eq!(shown.hypotheses[0].text, "The pool is too small");
        assert_eq!(shown.hypotheses[0].state, HypothesisState::Supported);
        let error = workspace.import_edits(case, &edits(other)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let none = workspace.import_edits(InvestigationId::derive(at(9), b"x"), &edits(case));
        assert_ne!(none.unwrap_err().kind(), ErrorKind::Internal);
    }
}
