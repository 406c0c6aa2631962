//! Telemetry larger than the memory for it: the same answer, and no more memory.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use chrono::Duration;
use flate2::Compression;
use flate2::write::GzEncoder;
use peak_alloc::PeakAlloc;
use rca_core::connectors::unobserved;
use rca_core::detect::logs::LogStats;
use rca_core::report::{ProblemKind, json};
use rca_core::signal::{LogFrame, LogRecord};
use rca_core::time::from_nanos;
use rca_core::{Answer, Inquiry, Window, Workspace};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;
const MINUTE: i64 = 60_000_000_000;
/// 2026-05-04T09:00:00Z: the deploy of the ferry.
const DEPLOY: i64 = 1_777_885_200_000_000_000;

fn stamp(nanos: i64) -> String {
    from_nanos(nanos).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Half an hour of calm, twenty minutes of trouble, in every signal.
fn write_incident(folder: &Path, calls: i64) {
    let (mut quay, mut ferry) = (String::new(), String::new());
    let (mut spans, mut metrics) =
        (String::new(), String::from("timestamp,service,metric,value\n"));
    for call in 0..calls {
        let time = DEPLOY - 30 * MINUTE + call * (50 * MINUTE / calls);
        let (bad, own) = (time > DEPLOY, call / 4 % 3 == 0);
        let at = stamp(time);
        writeln!(quay, "{at} INFO [q-{}] passenger {call} boards", call % 8).unwrap();
        if bad && own {
            writeln!(ferry, "{at} ERROR [f-{}] passenger {call} refused: no berth left", call % 8)
                .unwrap();
            writeln!(ferry, "java.lang.IllegalStateException: no berth left").unwrap();
            writeln!(ferry, "\tat fleet.Ferry.board(Ferry.java:4{})", call % 3).unwrap();
            writeln!(ferry, "\tat fleet.Deck.open(Deck.java:12)").unwrap();
        } else {
            writeln!(ferry, "{at} INFO [f-{}] ramp lowered in {} ms", call % 8, call % 90).unwrap();
        }
        let millis = if bad { 60 } else { 9 } + call % 5;
        let traced = if call % 4 == 0 { 2 } else { 0 };
        for (id, parent, service, name) in
            [("a", "", "quay", "GET /board"), ("b", "a", "ferry", "board")].into_iter().take(traced)
        {
            let failed = if bad && own { "ERROR" } else { "OK" };
            writeln!(
                spans,
                r#"{{"trace_id":"{call:032x}","span_id":"{id}","parent_id":"{parent}","service":"{service}","name":"{name}","start":"{at}","duration_ms":{millis},"status":"{failed}"}}"#
            )
            .unwrap();
        }
        if call % 20 == 0 {
            let berths = if bad { 90 } else { 40 } + call % 5;
            writeln!(metrics, "{at},ferry,berths_in_use,{berths}").unwrap();
        }
    }
    fs::write(folder.join("quay.log"), &quay).unwrap();
    let mut packed =
        GzEncoder::new(fs::File::create(folder.join("ferry.log.gz")).unwrap(), Compression::fast());
    packed.write_all(ferry.as_bytes()).unwrap();
    packed.finish().unwrap();
    fs::write(folder.join("traces.json"), spans).unwrap();
    fs::write(folder.join("metrics.csv"), metrics).unwrap();
    let deploy = stamp(DEPLOY);
    let deploys = format!(
        r#"[{{"timestamp":"{deploy}","service":"ferry","version":"8","commit_sha":"5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed"}}]"#
    );
    fs::write(folder.join("deploys.json"), deploys).unwrap();
}

fn same(one: &Answer, other: &Answer) {
    assert_eq!(json(&one.analysis).unwrap(), json(&other.analysis).unwrap());
    assert_eq!(one.doctor.to_string(), other.doctor.to_string());
    assert_eq!(one.doctor, other.doctor);
    assert_eq!(one.findings, other.findings);
    assert_eq!(one.batch.events, other.batch.events);
    assert_eq!(one.batch.report, other.batch.report);
    assert_eq!(one.batch.telemetry.metrics, other.batch.telemetry.metrics);
    assert_eq!(one.batch.telemetry.spans.len(), other.batch.telemetry.spans.len());
}

/// All tests in one, since the memory is that of the process.
#[test]
fn telemetry_larger_than_its_memory_gives_the_same_answer_in_no_more_memory() {
    what_is_folded_answers_as_what_is_kept();
    more_traces_than_fit_are_thinned_and_the_doctor_says_so();
    memory_follows_what_is_allowed_and_not_the_input();
    counts_of_many_long_messages_stay_within_their_bytes();
}

fn what_is_folded_answers_as_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    write_incident(folder.path(), 6_000);
    let range = format!("{}/{}", stamp(DEPLOY - 20 * MINUTE), stamp(DEPLOY + 10 * MINUTE));
    let at = from_nanos(DEPLOY + 15 * MINUTE);
    let inquiries = [
        Inquiry::new(),
        Inquiry::new().with_alert("no berth left").about("quay"),
        Inquiry::new().with_alert("boarding is slow").within(range.parse().unwrap()).at(at),
        Inquiry::new().within(Window::Before(Duration::minutes(25))),
        Inquiry::new().at(at).within(Window::Before(Duration::minutes(30))),
    ];
    for inquiry in inquiries {
        let inquiry = inquiry.with_path(folder.path());
        let whole = inquiry.clone().run(&unobserved).unwrap();
        assert!(!whole.analysis.causes.is_empty());
        // A piece is 256 KiB then, and a quarter of the memory holds a fraction of the folder.
        let folded = inquiry.clone().with_memory(4 * MIB).run(&unobserved).unwrap();
        assert!(folded.batch.telemetry.logs.len() < 1_000, "{:?}", folded.batch.telemetry.logs);
        same(&folded, &whole);
        let (one, other) = (Workspace::in_memory().unwrap(), Workspace::in_memory().unwrap());
        let whole = inquiry.run_in(&one, &unobserved).unwrap();
        let folded = inquiry.with_memory(4 * MIB).run_in(&other, &unobserved).unwrap();
        assert_eq!(folded.analysis.causes, whole.analysis.causes);
        assert_eq!(folded.doctor, whole.doctor);
        assert_eq!(folded.findings, whole.findings);
    }
}

fn more_traces_than_fit_are_thinned_and_the_doctor_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write_incident(folder.path(), 6_000);
    let inquiry = Inquiry::new().with_path(folder.path());
    let whole = inquiry.clone().run(&unobserved).unwrap();
    let little = inquiry.with_memory(MIB).run(&unobserved).unwrap();
    assert!(whole.doctor.problem(ProblemKind::TracesThinned).is_none());
    assert!(little.doctor.problem(ProblemKind::TracesThinned).is_some(), "{}", little.doctor);
    let spans = |answer: &Answer| answer.batch.telemetry.spans.len();
    assert!(spans(&little) > 500 && spans(&little) < spans(&whole), "{}", spans(&little));
    assert_eq!(little.analysis.inputs, whole.analysis.inputs);
    let first = |answer: &Answer| answer.analysis.causes.first().map(|cause| cause.title.clone());
    assert_eq!(first(&little), first(&whole));
}

fn memory_follows_what_is_allowed_and_not_the_input() {
    const ALLOWED: usize = 3 * MIB;
    let peak = |calls: i64| {
        let folder = tempfile::tempdir().unwrap();
        write_incident(folder.path(), calls);
        fs::remove_file(folder.path().join("metrics.csv")).unwrap();
        let inquiry = Inquiry::new().with_path(folder.path()).with_memory(ALLOWED);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let answer = inquiry.run(&unobserved).unwrap();
        assert_eq!(answer.analysis.inputs.log_records, 2 * calls.unsigned_abs());
        MEMORY.peak_usage() - before
    };
    let (small, large) = (peak(4_000), peak(20_000));
    assert!(large < 5 * ALLOWED, "{large}");
    assert!(large < small + 2 * ALLOWED, "{small} bytes, then {large}");
}

fn counts_of_many_long_messages_stay_within_their_bytes() {
    const ALLOWED: usize = 2 * MIB;
    let before = MEMORY.current_usage();
    let mut stats = LogStats::default().with_memory(ALLOWED);
    MEMORY.reset_peak_usage();
    let trace = "\tat some.Place.where(Place.java:7)\n".repeat(400);
    for round in 0..60_i64 {
        let mut frame = LogFrame::default();
        for number in 0..200_i64 {
            let word: String =
                number.to_string().bytes().map(|b| char::from(b'a' + (b - b'0'))).collect();
            let message = format!("statement {word} of many failed\n{trace}");
            let time = round * MINUTE + number;
            frame.push(&LogRecord { time, message: &message, ..LogRecord::default() });
        }
        stats.absorb(&frame);
        let kept = MEMORY.current_usage() - before;
        assert!(kept < 4 * ALLOWED + 8 * MIB, "{kept} bytes after {round} rounds");
    }
    assert_eq!(stats.records(), 12_000);
    // What the miner and the frames of a round take is not the counts'.
    let kept = MEMORY.current_usage() - before;
    assert!(kept < 2 * ALLOWED, "{kept}");
}
