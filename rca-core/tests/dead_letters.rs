//! Dead letters: what could not be read is kept, read again when it can be, and dropped when nobody wants it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::ops::ControlFlow;

use chrono::{DateTime, Duration, Utc};
use rca_core::connectors::{Batch, Delivery, Format, Limits, Redaction, read, unobserved};
use rca_core::model::{DeadLetterCaps, DeadLetterId};
use rca_core::store::LetterFilter;
use rca_core::store::testing::made_up::at;
use rca_core::time::ManualClock;
use rca_core::{ErrorKind, Inquiry, Refusals, Workspace};

fn opened(limits: Limits, caps: DeadLetterCaps) -> (Workspace, ManualClock) {
    let clock = ManualClock::at(at(0));
    let builder = Workspace::builder().with_clock(clock.clone()).with_limits(limits);
    (builder.with_dead_letters(caps).in_memory().unwrap(), clock)
}

fn usual() -> (Workspace, ManualClock) {
    opened(Limits::default(), DeadLetterCaps::default())
}

fn read_as(format: &str, text: &[u8]) -> Batch {
    let format = Some(Format::named(format).unwrap());
    read("input", &mut &*text, format, &Limits::default(), &unobserved).unwrap()
}

const NOTES: &str = concat!(
    "{\"note\": \"pool is full\", \"time\": \"2026-05-04T09:00:00Z\"}\n",
    "{\"note\": \"no time here\"}\n",
    "{\"note\": \"nor\", \"time\": \"here\"}\n",
    "{\"note\": \"pool is larger\", \"time\": \"2026-05-04T09:05:00Z\"}\n",
);

#[test]
fn refused_records_of_a_batch_are_kept_one_by_one() {
    let (workspace, _) = usual();
    let batch = read_as("notes", NOTES.as_bytes());
    assert_eq!((batch.events.len(), batch.report.refused()), (2, 2));
    let ingested = workspace.ingest_batch(&batch, Refusals::Queue).unwrap();
    assert_eq!((ingested.appended.accepted.len(), ingested.letters.len()), (2, 2));
    let raw = |n: usize| workspace.dead_letters().raw(ingested.letters[n]).unwrap().unwrap();
    assert_eq!(raw(0), NOTES.lines().nth(1).unwrap().as_bytes());
    assert_eq!(raw(1), NOTES.lines().nth(2).unwrap().as_bytes());
    let letter = workspace.dead_letters().inspect(ingested.letters[1]).unwrap();
    assert_eq!((letter.source.as_str(), letter.place.line), ("input", Some(3)));
    // The whole file again: the same letters, tried twice.
    let again = workspace.ingest_batch(&batch, Refusals::Queue).unwrap();
    assert_eq!((again.appended.accepted.len(), again.letters), (0, ingested.letters.clone()));
    assert_eq!(workspace.dead_letters().inspect(ingested.letters[1]).unwrap().tries, 2);
    let (workspace, _) = usual();
    workspace.ingest_batch(&batch, Refusals::Forget).unwrap();
    assert_eq!(workspace.dead_letters().counts().unwrap().letters, 0);
}

#[test]
fn what_an_investigation_could_not_read_is_kept_too() {
    let (workspace, _) = usual();
    let batch = read_as("notes", NOTES.as_bytes());
    let done = workspace.investigate_batch(batch).unwrap();
    assert_eq!((done.report.refused(), workspace.event_count().unwrap()), (2, 2));
    let letters = workspace.dead_letters().list(&LetterFilter::default()).unwrap();
    let raw: Vec<Vec<u8>> = letters
        .iter()
        .map(|letter| workspace.dead_letters().raw(letter.id).unwrap().unwrap())
        .collect();
    let lines: Vec<&[u8]> = NOTES.lines().map(str::as_bytes).collect();
    assert_eq!(raw, [lines[1], lines[2]]);
    for (letter, line) in letters.iter().zip([2, 3]) {
        assert_eq!((letter.source.as_str(), letter.place.line), ("input", Some(line)));
        assert!(letter.reason.contains("time"), "{}", letter.reason);
    }

    // Files through an inquiry: the source is the file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.ndjson");
    std::fs::write(&file, NOTES).unwrap();
    let (workspace, _) = usual();
    let inquiry = Inquiry::new().with_path_as(&file, Format::named("notes").unwrap());
    inquiry.run_in(&workspace, &unobserved).unwrap();
    let letters = workspace.dead_letters().list(&LetterFilter::default()).unwrap();
    assert_eq!(letters.len(), 2);
    assert!(letters[0].source.contains("notes.ndjson"), "{}", letters[0].source);
    // Once more: known events, known letters.
    inquiry.run_in(&workspace, &unobserved).unwrap();
    assert_eq!(workspace.dead_letters().counts().unwrap().letters, 2);
}

/// One input a format, with one record that can't be used; and what of it must be in the letter.
const INPUTS: &[(&str, &str, &str)] = &[
    ("json-log", "{\"msg\":\"b\"}\n{\"ts\":\"2026-05-04T09:00:00Z\",\"msg\":\"a\"}\n", "\"b\""),
    (
        "csv-logs",
        "time,message\n2026-05-04T09:00:00Z,a\nnever,\"b,c\"\n",
        "time,message\nnever,\"b,c\"",
    ),
    ("csv-metrics", "time,pay_cpu\n2026-05-04T09:00:00Z,1\nnever,2\n", "time,pay_cpu\nnever,2"),
    (
        "prometheus-text",
        "up{job=\"a\"} 1 1777885200000\nup{job=\"b\"} x 1777885200000\n",
        "job=\"b\"",
    ),
    (
        "junit",
        "<testsuite timestamp=\"2026-05-04T09:00:00Z\"><testcase/></testsuite>",
        "<testcase/>",
    ),
    ("alertmanager", "{\"version\":\"4\",\"alerts\":[{\"status\":\"firing\"}]}", "firing"),
    ("notes", "[{\"note\": \"a\"}]", "{\"note\": \"a\"}"),
];

#[test]
fn what_was_kept_is_refused_for_the_same_reason_when_it_is_read_again() {
    for (format, text, part) in INPUTS {
        let batch = read_as(format, text.as_bytes());
        let input = &batch.report.inputs[0];
        assert!(input.refused > 0, "{format}: nothing was refused");
        assert_eq!((input.kept.len(), input.unkept), (1, 0), "{format}: {:?}", input.described);
        let raw = String::from_utf8(input.kept[0].raw.clone()).unwrap();
        assert!(raw.contains(part), "{format}: {raw}");
        let again = read_as(format, raw.as_bytes());
        assert_eq!(again.report.inputs[0].refused, input.refused, "{format}");
        assert_eq!(again.report.inputs[0].described[0].reason, input.described[0].reason);
        let shown = format!("{:?}", batch.report);
        assert!(!shown.contains(&format!("{raw:?}")), "{format}: {shown}");
    }
}

#[test]
fn no_more_bytes_are_kept_than_allowed() {
    let text: String = (0..100).map(|n| format!("{{\"msg\":\"line {n}\"}}\n")).collect();
    let limits = Limits { kept_bytes: 200, ..Limits::default() };
    let format = Some(Format::named("json-log").unwrap());
    let batch = read("input", &mut text.as_bytes(), format, &limits, &unobserved).unwrap();
    let input = &batch.report.inputs[0];
    assert_eq!(input.refused, 100);
    assert_eq!(input.kept.len() as u64 + input.unkept, 100);
    assert!(input.kept.iter().map(|kept| kept.raw.len()).sum::<usize>() <= 200);
}

fn webhook(received: DateTime<Utc>) -> Delivery<'static> {
    Delivery {
        headers: &[("X-GitHub-Event", "push"), ("Authorization", "Bearer secret-token")],
        body: br#"{"ref": "refs/heads/main", "commits": [{"id": "1f2e3d"}], "repository": 7}"#,
        received,
    }
}

#[test]
fn a_webhook_that_cannot_be_read_is_kept_with_what_its_headers_said() {
    let (workspace, _) = usual();
    let delivery = webhook(at(-5));
    let refused = delivery.read(&Limits::default()).unwrap().report.refused();
    assert!(refused > 0);
    let ingested = workspace.ingest_delivery(&delivery).unwrap();
    let letter = workspace.dead_letters().inspect(ingested.letters[0]).unwrap();
    assert_eq!(letter.format.as_deref(), Some("github"));
    assert_eq!(letter.about.get("x-github-event").map(String::as_str), Some("push"));
    assert!(!format!("{letter:?}").contains("secret-token"));
    assert_eq!(workspace.dead_letters().raw(letter.id).unwrap().unwrap(), delivery.body);
    // What nobody knows is kept too.
    let unknown = Delivery { headers: &[], body: b"\0\x01\x02", received: at(0) };
    let ingested = workspace.ingest_delivery(&unknown).unwrap();
    let letter = workspace.dead_letters().inspect(ingested.letters[0]).unwrap();
    assert_eq!((letter.format, letter.source.as_str()), (None, "delivery"));
    // A good one leaves nothing.
    let good = Delivery {
        headers: &[("X-GitHub-Event", "star")],
        body: br#"{"action": "deleted", "repository": {"full_name": "shop/till"}}"#,
        received: at(0),
    };
    let ingested = workspace.ingest_delivery(&good).unwrap();
    assert_eq!((ingested.appended.accepted.len(), ingested.letters.len()), (1, 0));
}

#[test]
fn letters_that_can_be_read_now_leave_the_queue_and_others_stay() {
    // The limits were too tight: records of more than 60 bytes were refused.
    let tight = Limits { record_bytes: 60, body_bytes: 60, ..Limits::default() };
    let home = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(at(0));
    let builder = || Workspace::builder().with_clock(clock.clone());
    let workspace = builder().with_limits(tight).open(home.path()).unwrap();
    let good = Delivery {
        headers: &[("X-GitHub-Event", "star")],
        body: br#"{"action": "deleted", "repository": {"full_name": "shop/till"}}"#,
        received: at(-60),
    };
    let kept = workspace.ingest_delivery(&good).unwrap().letters;
    assert_eq!(kept.len(), 1);
    let bad = workspace.ingest_delivery(&webhook(at(-30))).unwrap().letters;
    assert!(workspace.dead_letters().replay_due(&unobserved).unwrap().settled.is_empty());
    drop(workspace);

    let workspace = builder().open(home.path()).unwrap();
    clock.advance(Duration::hours(1));
    let replayed = workspace.dead_letters().replay_due(&unobserved).unwrap();
    // A push without a repository is read as far as it can be.
    assert_eq!((replayed.settled, replayed.accepted), (kept.clone(), 2));
    assert_eq!(replayed.refused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), bad);
    let event = workspace.events(&rca_core::store::Scan::all()).unwrap().next().unwrap().unwrap();
    assert_eq!((event.title(), event.timestamp()), ("star deleted in shop/till", at(-60)));
    let gone = workspace.dead_letters().inspect(kept[0]).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    // The other one waits twice as long, and longer each time.
    let letter = workspace.dead_letters().inspect(bad[0]).unwrap();
    assert_eq!((letter.tries, letter.next_try), (2, Some(at(3600 + 2 * 3600))));
    let mut waits = Vec::new();
    while let Some(next) = workspace.dead_letters().inspect(bad[0]).unwrap().next_try {
        waits.push((next - rca_core::time::Clock::now(&clock)).num_hours());
        clock.advance(next - rca_core::time::Clock::now(&clock));
        workspace.dead_letters().replay_due(&unobserved).unwrap();
    }
    assert_eq!(waits, [2, 4, 8, 16, 24, 24, 24, 24]);
    let all = LetterFilter::default();
    workspace.dead_letters().replay(&all, None, &unobserved).unwrap();
    assert_eq!(workspace.dead_letters().inspect(bad[0]).unwrap().tries, 11, "by hand, it is");
}

#[test]
fn secrets_do_not_rest_in_the_queue() {
    let (workspace, _) = usual();
    let batch = read_as("notes", b"{\"note\": \"password=hunter2x9 for db\"}");
    let id = workspace.ingest_batch(&batch, Refusals::Queue).unwrap().letters[0];
    let raw = String::from_utf8(workspace.dead_letters().raw(id).unwrap().unwrap()).unwrap();
    assert!(raw.contains("for db") && !raw.contains("hunter2x9"), "{raw}");
    let limits = Limits { redaction: Redaction::off(), ..Limits::default() };
    let (workspace, _) = opened(limits, DeadLetterCaps::default());
    let id = workspace.ingest_batch(&batch, Refusals::Queue).unwrap().letters[0];
    let raw = workspace.dead_letters().raw(id).unwrap().unwrap();
    assert!(String::from_utf8(raw).unwrap().contains("hunter2x9"));
}

#[test]
fn letters_can_be_read_as_another_format() {
    let (workspace, _) = usual();
    let line = b"{\"note\": \"pool is full\", \"time\": \"2026-05-04T09:00:00Z\"}";
    // Taken for alerts, of which it is none.
    let batch = read_as("alertmanager", line);
    let letters = workspace.ingest_batch(&batch, Refusals::Queue).unwrap().letters;
    assert_eq!(letters.len(), 1);
    let (all, notes) = (LetterFilter::default(), Format::named("notes").unwrap());
    let replayed = workspace.dead_letters().replay(&all, Some(notes), &unobserved).unwrap();
    assert_eq!((replayed.settled, replayed.accepted), (letters, 1));
    assert_eq!(workspace.dead_letters().counts().unwrap().settled, 1);
}

#[test]
fn a_replay_that_is_stopped_keeps_what_it_did() {
    let (workspace, _) = usual();
    let text: String = (0..9).map(|n| format!("{{\"note\": \"n {n}\"}}\n")).collect();
    let batch = read_as("notes", text.as_bytes());
    workspace.ingest_batch(&batch, Refusals::Queue).unwrap();
    let asked = std::cell::Cell::new(0);
    let stop = |_: &rca_core::connectors::Progress<'_>| {
        asked.set(asked.get() + 1);
        if asked.get() > 8 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let all = LetterFilter::default();
    let error = workspace.dead_letters().replay(&all, None, &stop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let letters = workspace.dead_letters().list(&all).unwrap();
    assert!(letters[0].tries == 2 && letters[8].tries == 1, "{letters:?}");
    let some = LetterFilter { limit: 3, ..all };
    let replayed = workspace.dead_letters().replay(&some, None, &unobserved).unwrap();
    assert_eq!(replayed.refused.len(), 3);
}

#[test]
fn letters_are_dropped_by_hand_by_number_and_by_age() {
    let caps = DeadLetterCaps { letters: 5, ..DeadLetterCaps::default() };
    let (workspace, clock) = opened(Limits::default(), caps);
    let text: String = (0..8).map(|n| format!("{{\"note\": \"n {n}\"}}\n")).collect();
    workspace.ingest_batch(&read_as("notes", text.as_bytes()), Refusals::Queue).unwrap();
    let queue = workspace.dead_letters();
    let numbers = || -> Vec<u64> {
        queue.list(&LetterFilter::default()).unwrap().iter().map(|letter| letter.id.0).collect()
    };
    assert_eq!(numbers(), [4, 5, 6, 7, 8]);
    assert_eq!(queue.discard(&[DeadLetterId(5), DeadLetterId(1)]).unwrap(), 1);
    assert_eq!(numbers(), [4, 6, 7, 8]);
    assert_eq!(queue.expire().unwrap(), 0);
    clock.advance(Duration::days(31));
    assert_eq!(queue.expire().unwrap(), 4);
    let counts = queue.counts().unwrap();
    assert_eq!((counts.arrived, counts.evicted, counts.settled, counts.expired), (8, 3, 1, 4));
    assert_eq!((counts.letters, counts.bytes), (0, 0));
    assert_eq!(queue.raw(DeadLetterId(4)).unwrap_err().kind(), ErrorKind::NotFound);
}
