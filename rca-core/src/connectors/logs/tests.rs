use chrono::DateTime;
use proptest::prelude::*;

use super::super::{Batch, Format, Limits, read, unobserved};
use super::entry::{BLANK, JOINED};
use super::wrapped::PARTS;
use crate::model::Severity;

fn limits() -> Limits {
    let before = DateTime::parse_from_rfc3339("2026-06-01T00:00:00Z").unwrap().to_utc();
    Limits { before: Some(before), ..Limits::default() }
}

fn from(name: &str, format: Option<&str>, text: &[u8]) -> Batch {
    let format = format.map(|name| Format::named(name).unwrap());
    read(name, &mut &text[..], format, &limits(), &unobserved).unwrap()
}

/// One line a record: second of the minute 2026-05-04 09:00, service, severity, message.
fn lines(batch: &Batch) -> Vec<String> {
    let minute = 1_777_885_200_000_000_000;
    let one = |record: crate::signal::LogView<'_>| {
        let second = (record.time() - minute) as f64 / 1e9;
        let (service, message) = (record.service(), record.message().replace('\n', "|"));
        format!("{second} {service} {} {message}", record.severity().as_str())
    };
    batch.telemetry.logs.iter().map(one).collect()
}

/// Reads without being told the format; gives its name and the lines.
fn told(name: &str, text: &str) -> (&'static str, Vec<String>) {
    let batch = from(name, None, text.as_bytes());
    assert_eq!(batch.report.refused(), 0, "{}", batch.report);
    (batch.report.inputs[0].format, lines(&batch))
}

fn attribute(batch: &Batch, record: usize, name: &str) -> Option<String> {
    batch.telemetry.logs.iter().nth(record)?.attribute(name).map(str::to_owned)
}

#[test]
fn text_behind_headers_is_read_and_traces_stay_with_their_record() {
    let text = "2026-05-04 09:00:01,250 ERROR [worker-7] shop.pay.Till: no stock\n\
        shop.OrderException: none left\n\tat shop.Order.pay(Order.java:31)\n\
        Caused by: java.io.IOException: gone\n\t... 3 more\n\
        2026-05-04 09:00:02,000 WARN [main] shop.pay.Till: retrying\n\
        \n\
        2026-05-04 09:00:03,000 ERROR [main] shop.Load: failed\n\
        Traceback (most recent call last):\n  File \"load.py\", line 3, in load\n    x()\nValueError: 7\n";
    let batch = from("pay.log", None, text.as_bytes());
    assert_eq!(batch.report.inputs[0].format, "text-log");
    assert_eq!(
        lines(&batch),
        [
            "1.25 pay high no stock|shop.OrderException: none left|\tat shop.Order.pay(Order.java:31)|\
             Caused by: java.io.IOException: gone|\t... 3 more",
            "2 pay medium retrying",
            "3 pay high failed|Traceback (most recent call last):|  File \"load.py\", line 3, in load|    x()|ValueError: 7",
        ]
    );
    assert_eq!(attribute(&batch, 0, "log.logger").as_deref(), Some("shop.pay.Till"));
    let report = &batch.report.inputs[0];
    assert_eq!((report.read, report.notes[JOINED], report.notes[BLANK]), (3, 8, 1));
}

#[test]
fn traces_of_go_node_and_rust_stay_whole() {
    let text = "2026-05-04T09:00:01Z INFO up\n\
        panic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1d\n\
        2026-05-04T09:00:02Z ERROR TypeError: x is undefined\n    at Cart.add (/srv/cart.js:12:7)\n    at main (/srv/a.js:1:1)\n\
        2026-05-04T09:00:03Z ERROR thread 'main' panicked at src/main.rs:4:9:\nstack backtrace:\n   0: shop::add\n             at ./src/cart.rs:10:5\n";
    let (_, lines) = told("log", text);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].ends_with("/a.go:3 +0x1d"), "a crash follows the last line: {}", lines[0]);
    assert!(lines[1].ends_with("a.js:1:1)"));
    assert!(lines[2].ends_with("cart.rs:10:5"));
}

#[test]
fn json_of_the_common_loggers_means_the_same() {
    for (logger, line) in [
        (
            "bunyan",
            r#"{"name":"pay","hostname":"h","pid":1,"level":50,"msg":"no stock","time":"2026-05-04T09:00:01.000Z","v":0}"#,
        ),
        (
            "pino",
            r#"{"level":50,"time":1777885201000,"pid":1,"hostname":"h","name":"pay","msg":"no stock"}"#,
        ),
        (
            "zap",
            r#"{"level":"error","ts":1777885201.0,"caller":"a.go:1","msg":"no stock","service":"pay"}"#,
        ),
        (
            "logrus",
            r#"{"level":"error","msg":"no stock","time":"2026-05-04T11:00:01+02:00","app":"pay"}"#,
        ),
        (
            "slog",
            r#"{"time":"2026-05-04T09:00:01Z","level":"ERROR","source":{"file":"a.go"},"msg":"no stock","service":"pay"}"#,
        ),
        (
            "structlog",
            r#"{"event":"no stock","level":"error","timestamp":"2026-05-04T09:00:01Z","service":"pay"}"#,
        ),
        (
            "CLEF",
            r#"{"@t":"2026-05-04T09:00:01Z","@mt":"no {What}","@l":"Error","What":"stock","Application":"pay"}"#,
        ),
        (
            "Serilog",
            r#"{"Timestamp":"2026-05-04T09:00:01Z","Level":"Error","MessageTemplate":"no {What}","Properties":{"What":"stock","Application":"pay"}}"#,
        ),
        (
            "ECS",
            r#"{"@timestamp":"2026-05-04T09:00:01Z","log.level":"ERROR","message":"no stock","service":{"name":"pay"},"ecs.version":"8"}"#,
        ),
        (
            "Google Cloud",
            r#"{"timestamp":"2026-05-04T09:00:01Z","severity":"ERROR","jsonPayload":{"message":"no stock"},"resource":{"type":"k8s_container","labels":{"pod_name":"pay-6c5d8f7b9c-x2lqp"}},"logName":"l"}"#,
        ),
        (
            "Google stdout",
            r#"{"timestampSeconds":1777885201,"timestampNanos":0,"severity":"ERROR","message":"no stock","service":"pay"}"#,
        ),
        (
            "Lambda",
            r#"{"timestamp":"2026-05-04T09:00:01Z","level":"ERROR","message":"no stock","requestId":"r","service":"pay"}"#,
        ),
        (
            "tracing",
            r#"{"timestamp":"2026-05-04T09:00:01Z","level":"ERROR","fields":{"message":"no stock"},"target":"shop","service":"pay"}"#,
        ),
        (
            "python-json-logger",
            r#"{"asctime":"2026-05-04 09:00:01,000","levelname":"ERROR","message":"no stock","service":"pay"}"#,
        ),
        (
            "log4j",
            r#"{"instant":{"epochSecond":1777885201,"nanoOfSecond":0},"level":"ERROR","loggerName":"a.B","message":"no stock","service":"pay"}"#,
        ),
        (
            "GELF",
            r#"{"version":"1.1","host":"h","short_message":"no stock","timestamp":1777885201.0,"level":3,"service":"pay"}"#,
        ),
        (
            "Fluent Bit",
            r#"{"@timestamp":"2026-05-04T09:00:01Z","log":"no stock","level":"error","kubernetes":{"pod_name":"pay-6c5d8f7b9c-x2lqp","container_name":"main"}}"#,
        ),
    ] {
        let (format, lines) = told("log", &format!("{line}\n{line}\n"));
        assert_eq!(
            (format, lines),
            ("json-log", vec!["1 pay high no stock".to_owned(); 2]),
            "{logger}"
        );
        let (format, lines) = told("log", &format!("[\n  {line},\n  {line}\n]\n"));
        assert_eq!((format, lines.len()), ("json-log", 2), "{logger} as an array");
    }
}

#[test]
fn what_json_records_say_beside_the_text_is_kept() {
    let line = r#"{"time":"2026-05-04T09:00:01Z","level":"error","msg":"no","err":{"stack":"E: x\n  at f (a.js:1:2)","code":7},"trace":"projects/p/traces/0af7","logging.googleapis.com/spanId":"b7"}"#;
    let batch = from("pay.json", None, line.as_bytes());
    let record = batch.telemetry.logs.iter().next().unwrap();
    assert_eq!(record.message(), "no\nE: x\n  at f (a.js:1:2)");
    assert_eq!((record.trace(), record.span()), (Some("0af7"), Some("b7")));
    assert_eq!((record.service(), record.attribute("err.code")), ("pay", Some("7")));
}

#[test]
fn container_runtimes_wrap_lines_whose_parts_are_put_together() {
    let cri = "2026-05-04T09:00:01.000000000Z stdout F {\"level\":\"error\",\"msg\":\"no stock\",\"time\":\"2026-05-04T09:00:00Z\"}\n\
        2026-05-04T09:00:02.5Z stderr P first half, \n\
        2026-05-04T09:00:02.6Z stdout F level=warn msg=between at=x\n\
        2026-05-04T09:00:02.7Z stderr F second half\n\
        2026-05-04T09:00:02.8Z stderr F \tat a.B.c(B.java:1)\n";
    let path =
        "/var/log/pods/shop_pay-6c5d8f7b9c-x2lqp_0a1b2c3d-0000-1111-2222-333344445555/main/0.log";
    let expected = [
        "1 pay high no stock",
        "2.6 pay medium between",
        "2.7 pay info first half, second half|\tat a.B.c(B.java:1)",
    ];
    let (format, lines_of_cri) = told(path, cri);
    assert_eq!((format, lines_of_cri.as_slice()), ("cri", &expected.map(str::to_owned)[..]));
    let docker: String = cri
        .lines()
        .map(|line| {
            let (time, rest) = line.split_once(' ').unwrap();
            let (stream, rest) = rest.split_once(' ').unwrap();
            let (tag, text) = rest.split_once(' ').unwrap();
            let text = if tag == "F" { format!("{text}\n") } else { text.to_owned() };
            format!("{}\n", serde_json::json!({"log": text, "stream": stream, "time": time}))
        })
        .collect();
    let (format, lines_of_docker) = told(path, &docker);
    assert_eq!((format, lines_of_docker), ("docker-json", lines_of_cri));
    let batch = from(path, None, cri.as_bytes());
    assert_eq!(attribute(&batch, 0, "k8s.pod.name").as_deref(), Some("pay-6c5d8f7b9c-x2lqp"));
    assert_eq!(attribute(&batch, 2, "log.iostream").as_deref(), Some("stderr"));
    assert_eq!(batch.report.inputs[0].notes[PARTS], 1);
}

#[test]
fn a_line_whose_end_is_cut_off_is_kept() {
    let text = "2026-05-04T09:00:01Z stdout F whole\n2026-05-04T09:00:02Z stdout P the beginning";
    let batch = from("log", Some("cri"), text.as_bytes());
    assert_eq!(lines(&batch)[1], "1  info the beginning", "with the time before");
    assert_eq!(batch.report.read(), 2);
}

#[test]
fn syslog_of_both_kinds_is_read() {
    let old =
        "<11>May  4 09:00:01 web1 pay[17]: no stock\n<30>May  4 09:00:02 web1 systemd: started\n";
    let expected = ["1 pay high no stock".to_owned(), "2 systemd info started".to_owned()];
    assert_eq!(told("log", old), ("syslog", expected.to_vec()));
    let file = "May  4 09:00:01 web1 pay[17]: ERROR no stock\n2026-05-04T09:00:02.000+00:00 web1 systemd: started\n\
        May  4 09:00:03 web1 kernel: [1.5] up\n";
    let (format, lines) = told("messages", file);
    assert_eq!((format, &lines[1]), ("syslog", &expected[1]));
    let new = "<11>1 2026-05-04T09:00:01Z web1 pay 17 ID47 [shop@32473 iut=\"3\" q=\"a\\\"b\\]\"][x@1] \u{feff}no stock\n\
        40 <30>1 2026-05-04T09:00:02Z - systemd - - - started\n";
    let batch = from("log", None, new.as_bytes());
    assert_eq!(super::tests::lines(&batch), expected);
    assert_eq!(batch.report.inputs[0].format, "syslog");
    for (name, value) in [("host.name", "web1"), ("process.pid", "17"), ("shop@32473.q", "a\"b]")] {
        assert_eq!(attribute(&batch, 0, name).as_deref(), Some(value));
    }
}

#[test]
fn klog_logfmt_access_logs_and_colours_are_read() {
    let klog = "E0504 09:00:01.000000      17 cart.go:3] no stock\n";
    assert_eq!(told("log", klog), ("klog", vec!["1  high no stock".to_owned()]));
    let logfmt = "time=2026-05-04T09:00:01Z level=error service=pay msg=\"no stock\"\n";
    assert_eq!(told("log", logfmt), ("logfmt", vec!["1 pay high no stock".to_owned()]));
    let access = "203.0.113.7 - ann [04/May/2026:09:00:01 +0000] \"GET /pay?x=1 HTTP/1.1\" 502 150 \"-\" \"curl\"\n";
    let batch = from("access.log", None, access.as_bytes());
    assert_eq!(batch.report.inputs[0].format, "access-log");
    assert_eq!(lines(&batch), ["1  high GET /pay?x=1 HTTP/1.1 502"]);
    assert_eq!(attribute(&batch, 0, "url.path").as_deref(), Some("/pay"));
    assert_eq!(attribute(&batch, 0, "http.response.status_code").as_deref(), Some("502"));
    let colours = "2026-05-04T09:00:01Z \u{1b}[31mERROR\u{1b}[0m no stock\n";
    assert_eq!(told("pay.log", colours).1, ["1 pay high no stock"]);
}

#[test]
fn the_journal_is_read_also_where_a_message_is_bytes() {
    let text = r#"{"__REALTIME_TIMESTAMP":"1777885201000000","_SYSTEMD_UNIT":"pay.service","PRIORITY":"3","MESSAGE":"no stock\n  at x","_HOSTNAME":"web1"}
{"__REALTIME_TIMESTAMP":"1777885202000000","SYSLOG_IDENTIFIER":"cron","PRIORITY":"6","MESSAGE":[104,105,255]}
"#;
    let (format, lines) = told("log", text);
    assert_eq!(format, "journald-json");
    assert_eq!(lines, ["1 pay high no stock|  at x", "2 cron info hi\u{fffd}"]);
}

#[test]
fn loki_and_cloudwatch_wrap_lines_of_programs() {
    let loki = r#"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"pay","pod":"pay-0"},"values":[
        ["1777885202000000000","\tat a.B.c(B.java:1)"],["1777885201000000000","ERROR no stock",{"trace_id":"t1"}]]}]}}"#;
    let batch = from("log", None, loki.as_bytes());
    assert_eq!(batch.report.inputs[0].format, "loki-json");
    assert_eq!(lines(&batch).len(), 1, "the newest come first: {:?}", lines(&batch));
    assert_eq!(batch.telemetry.logs.iter().next().unwrap().trace(), Some("t1"));
    let events = r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/lambda/pay","logStream":"s","logEvents":[
        {"id":"1","timestamp":1777885201000,"message":"2026-05-04T09:00:01.000Z\t1-2\tERROR\tno stock\n  at x"},
        {"id":"2","timestamp":1777885202000,"message":"{\"level\":\"warn\",\"msg\":\"slow\"}"},
        {"id":"3","message":"when?"}]}"#;
    let batch = from("log", None, events.as_bytes());
    assert_eq!(batch.report.inputs[0].format, "cloudwatch-json");
    assert_eq!(lines(&batch), ["1 pay high no stock|  at x", "2 pay medium slow"]);
    assert_eq!(attribute(&batch, 0, "faas.invocation_id").as_deref(), Some("1-2"));
    assert!(batch.report.inputs[0].described[0].reason.contains("no timestamp"));
}

#[test]
fn a_line_without_a_time_has_that_of_the_line_before_or_is_refused() {
    let batch = from(
        "pay.log",
        Some("text-log"),
        b"starting\n2026-05-04 09:00:01 INFO up\nplain\nINFO [x] more\n",
    );
    assert_eq!(batch.report.refused(), 1);
    assert!(lines(&batch).iter().all(|line| line.starts_with("1 pay")), "{:?}", lines(&batch));
}

#[test]
fn a_time_without_a_year_needs_something_to_measure_against() {
    let text = b"May  4 09:00:01 web1 pay[17]: no stock\n";
    let batch = read("log", &mut &text[..], None, &Limits::default(), &unobserved).unwrap();
    assert_eq!((batch.report.read(), batch.report.refused()), (0, 1));
    assert!(batch.report.to_string().contains("Limits::before"), "{}", batch.report);
}

/// A format, its good lines (which differ), and one that is damaged.
type Made = (&'static str, Box<dyn Fn(usize) -> String>, &'static str);

fn samples() -> Vec<Made> {
    let time = |n: usize| format!("2026-05-04T09:{:02}:{:02}Z", n / 60 % 60, n % 60);
    vec![
        (
            "json-log",
            Box::new(move |n| format!(r#"{{"time":"{}","level":"info","msg":"m{n}"}}"#, time(n))),
            r#"{"time":"#,
        ),
        (
            "docker-json",
            Box::new(move |n| {
                format!(r#"{{"log":"m{n}\n","stream":"stdout","time":"{}"}}"#, time(n))
            }),
            r#"{"log":"#,
        ),
        (
            "cri",
            Box::new(move |n| format!("{} stdout F m{n}", time(n))),
            "2026-05-04T09:00 garbage",
        ),
        (
            "journald-json",
            Box::new(|n| {
                format!(
                    r#"{{"__REALTIME_TIMESTAMP":"{}","MESSAGE":"m{n}"}}"#,
                    1_777_885_200_000_000 + n
                )
            }),
            r#"{"MESSAGE":7}"#,
        ),
        (
            "logfmt",
            Box::new(move |n| format!("time={} level=info msg=m{n}", time(n))),
            "time=never level=info msg=x",
        ),
    ]
}

#[test]
fn one_bad_record_among_a_thousand_costs_one_record() {
    for (format, good, bad) in samples() {
        let mut text = String::new();
        for n in 0..1000 {
            text.push_str(&if n == 500 { bad.to_owned() } else { good(n) });
            text.push('\n');
        }
        let batch = from("log", None, text.as_bytes());
        let report = &batch.report.inputs[0];
        assert_eq!(
            (report.format, report.read, report.refused),
            (format, 999, 1),
            "{}",
            batch.report
        );
        assert_eq!(report.described[0].place.line, Some(501), "{format}");
    }
}

const BY_LINE: [&str; 9] = [
    "text-log",
    "json-log",
    "logfmt",
    "klog",
    "access-log",
    "cri",
    "docker-json",
    "syslog",
    "journald-json",
];

proptest! {
    /// Lines are read, refused, joined, blank or parts of others: none is lost.
    #[test]
    fn any_bytes_are_read_and_no_line_is_lost(
        lines in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "[ \\t]{0,2}(2026-05-04T09:00:0[0-9]Z |<11>1 |May  4 09:00:01 |I0504 09:00:01.5 )?(stdout [PF] |h p\\[1\\]: |7 a.go:1\\] )?[a-z=\"{}\\[\\]: ]{0,20}"
                .prop_map(String::into_bytes),
            "\\{(\"(log|time|MESSAGE|__REALTIME_TIMESTAMP|msg|level|stream)\":(\"(2026-05-04T09:00:01Z|1777885201000000|x|x\\\\n)\"|7|null|\\[1\\]),){0,4}\"a\":1\\}"
                .prop_map(String::into_bytes),
        ], 0..30),
    ) {
        let text: Vec<u8> = lines.iter().flat_map(|line| {
            line.iter().copied().filter(|byte| *byte != b'\n').chain([b'\n'])
        }).collect();
        // What starts like gzip is unpacked before any format sees it.
        prop_assume!(!text.starts_with(&[0x1f, 0x8b]));
        for format in BY_LINE {
            // Where records do not stand one a line, elements are counted, not lines.
            if format == "json-log" && !super::records::by_line(&text) {
                continue;
            }
            let batch = from("log", Some(format), &text);
            let report = &batch.report.inputs[0];
            let noted = |note: &str| report.notes.get(note).copied().unwrap_or(0);
            let left_over = noted("the end of the last line is missing");
            let accounted = report.read + report.refused + noted(JOINED) + noted(BLANK) + noted(PARTS) - left_over;
            let more = report.notes.contains_key("lines were cut");
            prop_assert!(more || accounted == lines.len() as u64, "{format}: {accounted} of {}\n{}", lines.len(), batch.report);
            prop_assert!(batch.telemetry.logs.len() as u64 == report.read);
        }
    }
}

#[test]
fn severities_come_from_the_line_before_its_carrier() {
    let text = "<14>1 2026-05-04T09:00:01Z h app - - - {\"level\":\"fatal\",\"msg\":\"gone\"}\n";
    let batch = from("log", Some("syslog"), text.as_bytes());
    assert_eq!(batch.telemetry.logs.iter().next().unwrap().severity(), Severity::Critical);
}
