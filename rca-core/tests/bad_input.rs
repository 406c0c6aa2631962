//! Damaged and hostile inputs: a typed error, or a record that is counted and described. Never a
//! panic, never more memory than the limits allow.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use proptest::prelude::*;
use rca_core::connectors::bundle::{self, Part};
use rca_core::connectors::{Batch, InputReport, Limits, unobserved};
use rca_core::{Error, ErrorKind};

fn read_with(part: Part, bytes: &[u8], limits: &Limits) -> Batch {
    let mut batch = Batch::default();
    let name = part.file_name();
    bundle::read_part(part, name, &mut &*bytes, limits, &unobserved, &mut batch).unwrap();
    batch
}

fn read(part: Part, bytes: impl AsRef<[u8]>) -> Batch {
    read_with(part, bytes.as_ref(), &Limits::default())
}

fn report(batch: &Batch) -> &InputReport {
    batch.report.inputs.last().unwrap()
}

fn counts(batch: &Batch) -> (u64, u64) {
    (report(batch).read, report(batch).refused)
}

/// A good record of every part that holds JSON.
const RECORDS: &[(Part, &str)] = &[
    (Part::Alerts, r#"{"service":"a","fired_at":"2026-05-04T09:00:00Z","summary":"slow"}"#),
    (Part::Logs, r#"{"timestamp":"2026-05-04T09:00:00Z","service":"a","msg":"hello"}"#),
    (
        Part::Traces,
        r#"{"trace_id":"t","span_id":"s","service":"a","name":"n","start":1777885200,"duration_ms":1}"#,
    ),
    (Part::Commits, r#"{"sha":"ab","timestamp":"2026-05-04T09:00:00Z","message":"m","diff":"+é"}"#),
    (Part::Deploys, r#"{"timestamp":"2026-05-04T09:00:00Z","service":"a","version":"1"}"#),
    (Part::Flags, r#"{"timestamp":"2026-05-04T09:00:00Z","flag":"f","change":"on"}"#),
    (
        Part::Status,
        r#"{"source":"p","events":[{"title":"t","status":"degraded","started_at":1777885200}]}"#,
    ),
];

const METRICS: &str = "timestamp,service,metric,value\n2026-05-04T09:00:00Z,a,m,1\n";

#[test]
fn empty_inputs_are_said_to_be_empty() {
    for part in Part::ALL {
        let batch = read(part, "");
        assert_eq!(counts(&batch), (0, 0), "{part:?}");
        assert!(report(&batch).notes.contains_key("empty"), "{part:?}");
    }
}

#[test]
fn a_file_cut_off_at_any_byte_keeps_what_came_before_and_shows_the_cut() {
    for (part, record) in RECORDS {
        let other = record
            .replace("\"a\"", "\"b\"")
            .replace("\"ab\"", "\"ac\"")
            .replace("\"f\"", "\"g\"")
            .replace("\"t\",\"status", "\"u\",\"status");
        let text = format!("[{record},\n{other}]");
        for end in 0..text.len() {
            let batch = read(*part, &text.as_bytes()[..end]);
            let (kept, refused) = counts(&batch);
            let complete = u64::from(end > record.len()) + u64::from(end == text.len() - 1);
            assert_eq!(kept, complete, "{part:?} cut at {end}");
            let shown = refused > 0 || !report(&batch).notes.is_empty();
            assert!(shown && refused <= 1, "{part:?} cut at {end}");
        }
        assert_eq!(counts(&read(*part, &text)), (2, 0), "{part:?}");
        assert!(report(&read(*part, &text)).notes.is_empty(), "{part:?}");
    }
    let header = METRICS.find('\n').unwrap();
    for end in 0..METRICS.len() {
        let (kept, refused) = counts(&read(Part::Metrics, &METRICS.as_bytes()[..end]));
        assert!(
            kept + refused <= 1 && (end <= header || refused == 0 || kept == 0),
            "cut at {end}"
        );
    }
}

#[test]
fn a_bad_record_costs_only_itself_and_is_described_with_its_line() {
    let bad = [
        "nonsense",
        "{\"a\": nope}",
        "{\"a\": \"open}",
        "{\"a\": NaN}",
        "[1, 2]",
        "17",
        "null",
        "{}",
        "{\"timestamp\": true}",
        "{\"timestamp\": \"9999-01-01T00:00:00Z\", \"start\": 1e300, \"fired_at\": \"x\", \"started_at\": []}",
    ];
    for (part, record) in RECORDS {
        for bad in bad {
            let batch = read(*part, format!("{record}\n{bad}\n{record}\n"));
            let (kept, refused) = counts(&batch);
            assert_eq!(kept, 2, "{part:?} {bad}");
            assert!(refused >= 1, "{part:?} {bad}");
            let place = &report(&batch).described[0].place;
            assert_eq!(place.input.as_deref(), Some(part.file_name()));
            assert_eq!(place.line, Some(2), "{part:?} {bad}");
        }
    }
}

#[test]
fn lines_of_metrics_that_are_none_are_refused_one_by_one() {
    let text = "time,service.name,metric_name,value,unit\n\
        2026-05-04T09:00:00Z,a,m,1,s\n2026-05-04T09:00:00Z,a\n,a,m,1\nx,a,m,1\n\
        2026-05-04T09:00:00Z,,m,1\n2026-05-04T09:00:00Z,a,m,much\n2026-05-04T09:01:00Z,a,m,-inf\n\
        2026-05-04T09:01:00Z,a,m,\n9999-05-04T09:01:00Z,a,m,1\n2026-05-04T09:02:00Z,\"a\",m,2\n";
    let batch = read(Part::Metrics, text);
    assert_eq!(counts(&batch), (4, 6));
    assert_eq!(batch.telemetry.metrics.points(), 2);
    assert_eq!(report(&batch).notes.values().sum::<u64>(), 2, "two gaps");

    let no_header = read(Part::Metrics, "1,2,3\n2026-05-04T09:00:00Z,a,m,1\n");
    assert_eq!(counts(&no_header), (0, 1));
    assert!(report(&no_header).described[0].reason.contains("first line must name"));
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_and_counted() {
    let text = b"{\"timestamp\":1777885200,\"service\":\"a\",\"msg\":\"caf\xe9\"}\n";
    let batch = read(Part::Logs, text);
    assert_eq!(batch.telemetry.logs.iter().next().unwrap().message(), "caf\u{fffd}");
    assert!(report(&batch).notes.keys().any(|note| note.contains("UTF-8")));
}

#[test]
fn of_events_with_one_identity_the_first_is_kept() {
    let record = RECORDS.iter().find(|(part, _)| *part == Part::Commits).unwrap().1;
    let later = record.replace("09:00", "10:00");
    let batch = read(Part::Commits, format!("[{record},{record},{later}]"));
    assert_eq!(batch.events.len(), 1);
    assert_eq!(report(&batch).notes.values().sum::<u64>(), 2);
}

#[test]
fn attributes_messages_and_files_end_at_their_limits() {
    let limits = Limits { line_bytes: 8, attributes: 3, file_bytes: 400, ..Limits::default() };
    let line =
        r#"{"timestamp":1777885200,"service":"a","msg":"0123456é9","a":1,"b":2,"c":3,"d":4}"#;
    let batch = read_with(Part::Logs, format!("{line}\n").repeat(10).as_bytes(), &limits);
    let record = batch.telemetry.logs.iter().next().unwrap();
    assert_eq!(record.message(), "0123456");
    assert_eq!(record.attribute("log.record.original_bytes"), Some("10"));
    assert_eq!((record.attribute("c"), record.attribute("d")), (Some("3"), None));
    assert!(report(&batch).notes.keys().any(|note| note.contains("the rest was not read")));
    assert!(report(&batch).bytes <= 400);
    let described = Limits { described: 2, ..Limits::default() };
    let batch = read_with(Part::Logs, "x\n".repeat(50).as_bytes(), &described);
    assert_eq!((report(&batch).refused, report(&batch).described.len()), (50, 2));
}

#[test]
fn a_hundred_thousand_brackets_are_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        for (part, record) in RECORDS {
            let inside = format!("{{\"x\": {deep}}}\n{record}\n");
            let batch = read(*part, &inside);
            assert_eq!(counts(&batch), (1, 1), "{part:?}");
            assert!(report(&batch).refused >= 1 || !report(&batch).notes.is_empty());
            let _ = read(*part, &deep);
        }
    }
}

/// A line of a gigabyte that never is in memory, then a good record.
struct LongLine {
    left: u64,
    tail: &'static [u8],
}

impl Read for LongLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return self.tail.read(buffer);
        }
        let most = usize::try_from(self.left.min(buffer.len() as u64)).unwrap();
        buffer[..most].fill(b'x');
        self.left -= most as u64;
        Ok(most)
    }
}

#[test]
fn a_line_of_a_gigabyte_is_skipped_and_the_next_is_read() {
    let tail = b"\n{\"timestamp\":1777885200,\"service\":\"a\",\"msg\":\"after\"}\n";
    let mut source = LongLine { left: 1 << 30, tail };
    let mut batch = Batch::default();
    let limits = Limits::default();
    bundle::read_part(Part::Logs, "logs.ndjson", &mut source, &limits, &unobserved, &mut batch)
        .unwrap();
    assert_eq!(counts(&batch), (1, 1));
    assert_eq!(report(&batch).bytes, (1 << 30) + tail.len() as u64);
    assert!(report(&batch).described[0].reason.starts_with("1073741824 bytes long"));
}

#[test]
fn one_text_of_sixty_four_megabytes_costs_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut file =
        io::BufWriter::new(std::fs::File::create(folder.path().join("traces.json")).unwrap());
    let record = RECORDS.iter().find(|(part, _)| *part == Part::Traces).unwrap().1;
    write!(file, "[\n{record},\n{{\"name\": \"").unwrap();
    let chunk = vec![b'x'; 1 << 20];
    (0..64).for_each(|_| file.write_all(&chunk).unwrap());
    write!(file, "\"}},\n{record}\n]").unwrap();
    file.into_inner().unwrap();
    let batch = bundle::read(folder.path(), &Limits::default(), &unobserved).unwrap();
    assert_eq!(counts(&batch), (2, 1));
}

/// A disk that fails in the middle.
struct FailsLate(usize);

impl Read for FailsLate {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| io::Error::other("disk on fire"))?;
        buffer[..2].copy_from_slice(b"\n\n");
        Ok(2)
    }
}

#[test]
fn a_failing_disk_is_a_typed_error() {
    for part in Part::ALL {
        let (limits, mut batch) = (Limits::default(), Batch::default());
        let error =
            bundle::read_part(part, "x", &mut FailsLate(100), &limits, &unobserved, &mut batch)
                .unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && error.kind() == ErrorKind::Internal);
    }
}

#[test]
fn what_refused_records_say_does_not_show_their_content() {
    for (part, record) in RECORDS {
        let secret =
            record.replace("2026-05-04T09:00:00Z", "hunter2").replace("1777885200", "\"hunter2\"");
        let batch = read(*part, format!("{secret}\n{{\"hunter2\": hunter2}}\n"));
        assert!(report(&batch).refused >= 1, "{part:?}");
        assert!(!batch.report.to_string().contains("hunter2"), "{}", batch.report);
    }
}

fn any_part() -> impl Strategy<Value = Part> {
    proptest::sample::select(Part::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(part in any_part(), bytes: Vec<u8>) {
        let batch = read(part, &bytes);
        prop_assert!(report(&batch).bytes <= bytes.len() as u64);
    }

    #[test]
    fn a_flipped_byte_costs_at_most_the_records_it_touches(
        (part, record) in proptest::sample::select(RECORDS.to_vec()),
        place: proptest::sample::Index,
        byte: u8,
    ) {
        let mut bytes = format!("{record}\n").repeat(9).into_bytes();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        let (kept, _) = counts(&read(part, &bytes));
        prop_assert!(kept >= 7, "{kept} of 9");
    }

    #[test]
    fn the_same_bytes_read_the_same(part in any_part(), lines in proptest::collection::vec("[ -~]{0,40}", 0..8)) {
        let files = BTreeMap::from([(part.file_name().to_owned(), lines.join("\n").into_bytes())]);
        let read = || bundle::read_memory(&files, &Limits::default(), &unobserved).unwrap();
        prop_assert_eq!(read().events, read().events);
        prop_assert_eq!(read().report, read().report);
    }
}
