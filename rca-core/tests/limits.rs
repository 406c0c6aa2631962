//! Hostile inputs end in a typed error or a refused record, in little memory: what they make us allocate is counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{self, Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;
use rca_core::connectors::{Batch, Delivery, Format, Limits, read, unobserved};
use rca_core::{Error, ErrorKind};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One test at a time: the memory is that of the process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;
/// What reading may take besides the longest record or document that the limits allow.
const EXTRA: usize = 64 * MIB;

/// Limits a sixteenth of the usual ones, with which every format can be tried in a moment.
fn small() -> Limits {
    let usual = Limits::default();
    Limits {
        line_bytes: usual.line_bytes / 16,
        record_bytes: usual.record_bytes / 16,
        body_bytes: usual.body_bytes / 16,
        json_values: usual.json_values / 16,
        ..usual
    }
}

/// A document is held once, and once more while its room grows.
fn held(limits: &Limits) -> usize {
    2 * limits.body_bytes + limits.body_bytes / 4
}

/// Runs something, and says how many bytes it held at most beyond what was held before.
fn measured<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = run();
    (outcome, MEMORY.peak_usage().saturating_sub(before))
}

/// What was read, without what it holds.
fn counts(batch: &Batch) -> (u64, u64) {
    (batch.report.read(), batch.report.refused())
}

fn read_as(format: &str, source: &mut dyn Read, limits: &Limits) -> rca_core::Result<Batch> {
    read("input", source, Some(Format::named(format).unwrap()), limits, &unobserved)
}

/// A beginning, many times the same bytes, and an end: none of it is ever in memory.
struct Long {
    parts: Vec<(Vec<u8>, u64)>,
    at: usize,
}

impl Long {
    fn new(start: &str, fill: &str, times: u64, end: &str) -> Self {
        let fill = fill.repeat((64 << 10) / fill.len());
        let times = times / fill.len() as u64;
        let part = |text: &str| (text.as_bytes().to_vec(), 1);
        Self { parts: vec![part(end), (fill.into_bytes(), times), part(start)], at: 0 }
    }
}

impl Read for Long {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((bytes, times)) = self.parts.last_mut() {
            if *times == 0 || bytes.is_empty() {
                self.parts.pop();
                continue;
            }
            let count = (&bytes[self.at..]).read(buffer)?;
            self.at += count;
            if self.at == bytes.len() {
                (self.at, *times) = (0, *times - 1);
            }
            return Ok(count);
        }
        Ok(0)
    }
}

fn gzip(source: &mut dyn Read) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    io::copy(source, &mut packer).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_line_of_a_gigabyte_is_cut_and_the_next_one_is_read() {
    let _alone = alone();
    let mut source = Long::new(
        "2026-05-04T09:00:00Z ERROR a: x",
        "y",
        1 << 30,
        "\n2026-05-04T09:00:01Z INFO a: z\n",
    );
    let (batch, peak) = measured(|| read_as("text-log", &mut source, &Limits::default()).unwrap());
    assert_eq!(counts(&batch), (2, 0), "{}", batch.report);
    assert!(peak <= EXTRA, "{peak} bytes");
    let record = batch.telemetry.logs.iter().next().unwrap();
    assert!(record.message().len() <= MIB);
    assert!(record.attribute("log.record.original_bytes").is_some());
    assert!(batch.report.inputs[0].notes.contains_key("messages were cut"));
}

#[test]
fn a_long_line_takes_little_memory_in_any_format() {
    let _alone = alone();
    let limits = small();
    for format in Format::all() {
        for start in ["", "[{\"a\":\"", "a,b\n\""] {
            let mut source = Long::new(start, "y", 6 * MIB as u64, "\n");
            let (outcome, peak) =
                measured(|| read_as(format.name, &mut source, &limits).map(|_| ()));
            assert!(peak <= EXTRA / 16 + held(&limits), "{}: {peak} bytes", format.name);
            let kind = outcome.err().map(|error| error.kind());
            assert!(matches!(kind, None | Some(ErrorKind::InvalidInput)), "{}", format.name);
        }
    }
}

#[test]
fn lines_that_belong_to_one_record_do_not_make_it_grow_without_end() {
    let _alone = alone();
    for (limits, most) in
        [(Limits::default(), MIB), (Limits { line_bytes: 5000, ..Limits::default() }, 5000)]
    {
        let mut source = Long::new(
            "2026-05-04T09:00:00Z ERROR a: x\n",
            "\tat shop.till.Register.open(Register.java:17)\n",
            4 * MIB as u64,
            "2026-05-04T09:00:01Z INFO a: z\n",
        );
        let batch = read_as("text-log", &mut source, &limits).unwrap();
        assert!(batch.report.refused() == 0 && batch.report.read() >= 2, "{}", batch.report);
        assert!(batch.telemetry.logs.iter().all(|record| record.message().len() <= most));
        assert_eq!(batch.telemetry.logs.iter().last().unwrap().message(), "a: z");
    }
}

#[test]
fn deep_json_is_refused_whatever_it_is_read_as() {
    let _alone = alone();
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"a\":[", "]}")] {
        let count = 20_000;
        let deep = format!("{{\"x\":{}1{}}}", open.repeat(count), close.repeat(count));
        for format in Format::all() {
            let (outcome, peak) =
                measured(|| read_as(format.name, &mut deep.as_bytes(), &Limits::default()));
            assert!(peak <= EXTRA, "{}: {peak} bytes", format.name);
            if let Ok(batch) = outcome {
                assert!(batch.report.read() <= 1, "{}: {}", format.name, batch.report);
            }
        }
    }
}

#[test]
fn a_hundred_and_twenty_eight_levels_are_read_and_one_more_is_not() {
    let _alone = alone();
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let time = "2026-05-04T09:00:00Z";
    // Seven levels around the body, three for each list in it.
    let otlp = |inner: &str| {
        let (open, close) = ("{\"arrayValue\":{\"values\":[", "]}}");
        format!(
            "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"1\",\"body\":{}{inner}{}}}]}}]}}]}}",
            open.repeat(40),
            close.repeat(40)
        )
    };
    let cases = [
        (
            "json-log",
            [127, 128]
                .map(|n| format!("{{\"time\":\"{time}\",\"msg\":\"x\",\"a\":{}}}", nested(n))),
        ),
        (
            "notes",
            [127, 128]
                .map(|n| format!("{{\"time\":\"{time}\",\"note\":\"x\",\"a\":{}}}", nested(n))),
        ),
        ("otlp-json", ["{\"stringValue\":\"x\"}", "{\"arrayValue\":{}}"].map(otlp)),
    ];
    for (format, [allowed, deeper]) in cases {
        let batch = read_as(format, &mut allowed.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(counts(&batch), (1, 0), "{format}: {}", batch.report);
        let batch = read_as(format, &mut deeper.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(counts(&batch), (0, 1), "{format}: {}", batch.report);
    }
}

#[test]
fn many_small_values_are_refused_before_they_are_built() {
    let _alone = alone();
    let limits = small();
    let body = format!("{{\"resourceSpans\":[{}{{}}]}}", "{},".repeat(limits.body_bytes / 4));
    for format in ["otlp-json", "github", "loki-json", "sentry"] {
        let (batch, peak) = measured(|| read_as(format, &mut body.as_bytes(), &limits).unwrap());
        assert_eq!(counts(&batch), (0, 1), "{format}");
        let reason = &batch.report.inputs[0].described[0].reason;
        assert!(reason.contains("json_values"), "{reason}");
        assert!(peak <= EXTRA / 16 + held(&limits), "{format}: {peak} bytes");
    }
}

#[test]
fn a_gzip_bomb_is_a_typed_error_in_any_format() {
    let _alone = alone();
    let bomb = gzip(&mut Long::new("{\"a\":[", "0,", 64 * MIB as u64, "0]}"));
    for format in Format::all() {
        let (outcome, peak) =
            measured(|| read_as(format.name, &mut bomb.as_slice(), &Limits::default()));
        let error = outcome.err().unwrap();
        assert!(matches!(error, Error::InvalidInput { .. }), "{}: {error}", format.name);
        assert!(error.to_string().contains("gzip_ratio"), "{}: {error}", format.name);
        assert!(peak <= EXTRA, "{}: {peak} bytes", format.name);
    }
}

#[test]
fn a_body_longer_than_its_limits_is_a_typed_error() {
    let _alone = alone();
    let read = |body: &[u8], limits: &Limits| {
        let received = "2026-05-04T09:00:00Z".parse().unwrap();
        let headers = &[("X-GitHub-Event", "star")];
        Delivery { headers, body, received }.read(limits).map(|_| ()).unwrap_err()
    };
    let long = vec![b' '; 64 * MIB + 1];
    let (error, peak) = measured(|| read(&long, &Limits::default()));
    assert!(error.to_string().contains("body_bytes"), "{error}");
    assert!(peak <= EXTRA, "{peak} bytes");
    // Numbers pack well, but not as well as a bomb.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..400_000).for_each(|n: u32| write!(packer, "{{\"a\":{n}}}").unwrap());
    let packed = packer.finish().unwrap();
    let limits = Limits { unpacked_bytes: MIB as u64, ..Limits::default() };
    let (error, peak) = measured(|| read(&packed, &limits));
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.to_string().contains("unpacked_bytes"), "{error}");
    assert!(peak <= EXTRA, "{peak} bytes");
    for format in ["junit", "otlp-protobuf"] {
        let mut source = Long::new("", "<", 80 * MIB as u64 / 16, "");
        let error = read_as(format, &mut source, &small()).unwrap_err();
        assert!(error.to_string().contains("body_bytes"), "{format}: {error}");
    }
}

#[test]
fn xml_with_entities_of_its_own_or_too_deep_is_a_typed_error() {
    let _alone = alone();
    let mut laughs = "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY l0 \"ha\">".to_owned();
    for n in 1..20 {
        laughs += &format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10));
    }
    laughs += "]><testsuite name=\"s\"><testcase name=\"&l19;\"/></testsuite>";
    let file = "<!DOCTYPE l [<!ENTITY l SYSTEM \"file:///etc/passwd\">]><testsuite name=\"&l;\"/>";
    let deep = "<testsuite>".repeat(100_000);
    for (text, reason) in
        [(laughs.as_str(), "document type"), (file, "document type"), (&deep, "deeper than 64")]
    {
        let (outcome, peak) =
            measured(|| read_as("junit", &mut text.as_bytes(), &Limits::default()));
        let error = outcome.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(reason), "{error}");
        assert!(peak <= EXTRA, "{peak} bytes");
    }
    let limits = Limits { xml_depth: 2, ..Limits::default() };
    let nested = "<testsuites><testsuite><testcase name=\"a\"><failure/></testcase></testsuite></testsuites>";
    assert!(read_as("junit", &mut nested.as_bytes(), &limits).is_err());
    assert!(read_as("junit", &mut nested.as_bytes(), &Limits::default()).is_ok());
}

#[test]
fn messages_in_protobuf_behind_their_lengths_are_read_one_at_a_time() {
    let _alone = alone();
    // Requests without records, eight times what may be in memory.
    let empty = [0x00, 0x00, 0x00, 0x02, 0x0a, 0x00];
    let text = std::str::from_utf8(&empty).unwrap();
    let mut source = Long::new("", text, 8 * MIB as u64, "");
    let limits = Limits { body_bytes: MIB, ..Limits::default() };
    let (batch, peak) = measured(|| read_as("otlp-protobuf", &mut source, &limits).unwrap());
    assert_eq!(batch.report.refused(), 0, "{}", batch.report);
    assert!(batch.report.inputs[0].bytes > 7 * MIB as u64);
    assert!(peak <= 4 * MIB, "{peak} bytes");
    let long = [&[0x00, 0x7f, 0xff, 0xff][..], &[0x0a; 4 * MIB]].concat();
    let batch = read_as("otlp-protobuf", &mut long.as_slice(), &limits).unwrap();
    assert_eq!(counts(&batch), (0, 1), "{}", batch.report);
}

#[test]
fn requests_of_empty_messages_take_little_memory_wherever_they_are() {
    let _alone = alone();
    // Messages of two bytes, whose structs would take two hundred megabytes and more.
    let within = |path: &[u8], content: &[u8]| {
        path.iter().rev().fold(content.to_vec(), |content, tag| {
            let mut bytes = vec![*tag];
            let mut length = content.len();
            while length >= 0x80 {
                bytes.push((length % 0x80).to_le_bytes()[0] | 0x80);
                length /= 0x80;
            }
            bytes.push(length.to_le_bytes()[0]);
            [bytes, content].concat()
        })
    };
    let empty = |tag: u8| [tag, 0].repeat(2 * MIB);
    let shapes = [
        ("resources", empty(0x0a)),
        ("scopes", within(&[0x0a], &empty(0x12))),
        ("records", within(&[0x0a, 0x12], &empty(0x12))),
        ("attributes of a resource", within(&[0x0a, 0x0a], &empty(0x0a))),
        ("attributes of a span", within(&[0x0a, 0x12, 0x12], &empty(0x4a))),
        ("points of a gauge", within(&[0x0a, 0x12, 0x12, 0x2a], &empty(0x0a))),
    ];
    for (what, body) in shapes {
        let (outcome, peak) = measured(|| {
            read_as("otlp-protobuf", &mut body.as_slice(), &Limits::default()).map(|_| ())
        });
        assert!(peak <= EXTRA, "{what}: {peak} bytes");
        assert!(outcome.is_ok(), "{what}: {:?}", outcome.err());
    }
    // Shorter than what is taken apart, and the worst of it.
    let body = within(&[0x0a, 0x12], &[0x12, 0].repeat(60 << 10));
    let limits = Limits::default();
    let (_, peak) = measured(|| read_as("otlp-protobuf", &mut body.as_slice(), &limits).unwrap());
    assert!(peak <= EXTRA, "{peak} bytes");
}

#[test]
fn what_carries_many_attributes_keeps_as_many_as_allowed() {
    let _alone = alone();
    let many = |text: &dyn Fn(usize) -> String| (0..2000).map(text).collect::<Vec<_>>().join(",");
    let labels = many(&|n| format!("\"k{n}\":\"v\""));
    let pairs = many(&|n| format!("{{\"key\":\"k{n}\",\"value\":{{\"stringValue\":\"v\"}}}}"));
    let line = "y".repeat(2 * MIB);
    for (format, text) in [
        ("json-log", format!("{{\"time\":\"2026-05-04T09:00:00Z\",\"msg\":\"{line}\",{labels}}}")),
        ("logs", format!("{{\"timestamp\":\"2026-05-04T09:00:00Z\",\"msg\":\"{line}\",{labels}}}")),
        (
            "otlp-json",
            format!(
                "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"timeUnixNano\":\"1\",\"body\":{{\"stringValue\":\"x\"}},\"attributes\":[{pairs}]}}]}}]}}]}}"
            ),
        ),
        (
            "otlp-json",
            format!(
                "{{\"resourceSpans\":[{{\"scopeSpans\":[{{\"spans\":[{{\"traceId\":\"{0}{0}\",\"spanId\":\"{0}\",\"startTimeUnixNano\":\"1\",\"attributes\":[{pairs}]}}]}}]}}]}}",
                "0123456789abcdef"
            ),
        ),
        (
            "alertmanager",
            format!(
                "{{\"alerts\":[{{\"startsAt\":\"2026-05-04T09:00:00Z\",\"labels\":{{\"alertname\":\"a\",{labels}}}}}]}}"
            ),
        ),
        (
            "deploys",
            format!(
                "[{{\"timestamp\":\"2026-05-04T09:00:00Z\",\"service\":\"a\",\"version\":\"1\",{labels}}}]"
            ),
        ),
        (
            "alerts",
            format!(
                "[{{\"fired_at\":\"2026-05-04T09:00:00Z\",\"service\":\"a\",\"summary\":\"b\",{labels}}}]"
            ),
        ),
    ] {
        let batch = read_as(format, &mut text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(counts(&batch), (1, 0), "{format}: {}", batch.report);
        let most = Limits::default().attributes;
        let of_logs = batch.telemetry.logs.iter().map(|record| record.attributes().count());
        let of_spans = batch.telemetry.spans.iter().map(|span| span.attributes().count());
        let of_events = batch.events.iter().map(|event| event.data().len());
        for count in of_logs.chain(of_spans).chain(of_events) {
            // Some of an event's attributes are what we make of its own fields.
            assert!(count > most / 2 && count <= most + 16, "{format}: {count}");
        }
        let notes = &batch.report.inputs[0].notes;
        assert!(notes.keys().any(|note| note.contains("attributes over the limit")), "{format}");
    }
}
