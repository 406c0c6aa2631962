//! Payloads of the formats that telemetry comes in, as their senders write them.

use std::fmt::Write;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::rng::Rng;
use super::words::word;
use crate::speed::Result;

/// When it all begins: 2026-05-04T09:00:00Z.
const BEGIN: u64 = 1_777_885_200;

/// Requests of a hundred spans each, one a line.
#[must_use]
pub fn otlp_json(bytes: usize) -> String {
    let mut rng = Rng::new(51);
    let mut text = String::with_capacity(bytes + (64 << 10));
    let mut at = 0u64;
    while text.len() < bytes {
        let service = word(rng.below(30));
        let _ = write!(
            text,
            "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":[{},{}]}},\"scopeSpans\":[{{\"scope\":{{\"name\":\"http\"}},\"spans\":[",
            pair("service.name", &service),
            pair("host.name", &format!("node-{}", rng.below(40)))
        );
        for span in 0..100 {
            at += 1;
            let start = (BEGIN + at / 200) * 1_000_000_000 + at % 200 * 5_000_000;
            let end = start + 1_000_000 + rng.next_u64() % 90_000_000;
            let comma = if span > 0 { "," } else { "" };
            let _ = write!(
                text,
                "{comma}{{\"traceId\":\"{:016x}{:016x}\",\"spanId\":\"{:016x}\",\"parentSpanId\":\"{:016x}\",\
                 \"name\":\"GET /{}\",\"kind\":2,\"startTimeUnixNano\":\"{start}\",\"endTimeUnixNano\":\"{end}\",\
                 \"attributes\":[{},{},{{\"key\":\"http.response.status_code\",\"value\":{{\"intValue\":\"{}\"}}}}],\
                 \"status\":{{}}}}",
                rng.next_u64() | 1,
                at / 10,
                rng.next_u64() | 1,
                rng.next_u64() | 1,
                word(rng.zipf(60)),
                pair("http.request.method", "GET"),
                pair("server.address", &format!("{}.shop.example", word(rng.below(30)))),
                [200, 200, 200, 404, 500][rng.below(5)],
            );
        }
        text.push_str("]}]}]}\n");
    }
    text
}

fn pair(key: &str, value: &str) -> String {
    format!("{{\"key\":\"{key}\",\"value\":{{\"stringValue\":\"{value}\"}}}}")
}

/// The same requests as protobuf, each behind its length.
///
/// # Errors
///
/// When they are no requests.
pub fn otlp_protobuf(json: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for line in json.lines() {
        let request: ExportTraceServiceRequest = serde_json::from_str(line)?;
        request.encode_length_delimited(&mut bytes)?;
    }
    Ok(bytes)
}

/// Log records as loggers write them, one a line.
#[must_use]
pub fn json_logs(bytes: usize) -> String {
    let mut rng = Rng::new(52);
    let mut text = String::with_capacity(bytes + 1000);
    let mut at = 0u64;
    while text.len() < bytes {
        at += 1;
        let (second, milli) = (at / 500, at % 500 * 2);
        let _ = writeln!(
            text,
            "{{\"time\":\"2026-05-04T{:02}:{:02}:{:02}.{milli:03}Z\",\"level\":\"{}\",\"service\":\"{}\",\
             \"msg\":\"{} {} {} took {} ms\",\"thread\":\"worker-{}\",\"status\":{},\"bytes\":{}}}",
            9 + second / 3600 % 12,
            second / 60 % 60,
            second % 60,
            ["info", "info", "warn", "error"][rng.below(4)],
            word(rng.below(30)),
            word(rng.zipf(90)),
            word(rng.zipf(90)),
            word(rng.zipf(90)),
            rng.below(900),
            rng.below(32),
            [200, 200, 404, 500][rng.below(4)],
            rng.below(100_000),
        );
    }
    text
}

/// A table of metrics: a time, then forty series.
#[must_use]
pub fn csv_metrics(bytes: usize) -> String {
    let mut rng = Rng::new(53);
    let mut text = "time".to_owned();
    for service in 0..10 {
        for metric in ["cpu", "memory", "latency", "errors"] {
            let _ = write!(text, ",{}_{metric}", word(service));
        }
    }
    text.push('\n');
    let mut at = BEGIN;
    while text.len() < bytes {
        at += 10;
        let _ = write!(text, "{at}");
        for _ in 0..40 {
            let _ = write!(text, ",{:.4}", 50.0 + 10.0 * rng.noise());
        }
        text.push('\n');
    }
    text
}

/// A report of a test run with a failure now and then.
#[must_use]
pub fn junit(bytes: usize) -> String {
    let mut rng = Rng::new(54);
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    while text.len() < bytes {
        let suite = word(rng.zipf(200));
        let _ = writeln!(
            text,
            "<testsuite name=\"shop.{suite}\" tests=\"100\" failures=\"2\" timestamp=\"2026-05-04T09:00:00Z\" time=\"3.5\">"
        );
        for case in 0..100 {
            let name = word(rng.zipf(500));
            let time = rng.unit();
            let _ = match case % 50 {
                7 => writeln!(
                    text,
                    "<testcase classname=\"shop.{suite}\" name=\"{name} {case}\" time=\"{time:.3}\"><failure message=\"expected \
                     1 &lt; 0\" type=\"AssertionError\">at shop.{suite}.{name}(Test.java:{case})</failure></testcase>"
                ),
                _ => writeln!(
                    text,
                    "<testcase classname=\"shop.{suite}\" name=\"{name} {case}\" time=\"{time:.3}\"/>"
                ),
            };
        }
        text.push_str("</testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

#[cfg(test)]
mod tests {
    use rca_core::connectors::{Format, Limits, read, unobserved};

    use super::*;

    #[test]
    fn payloads_are_read_to_the_last_record() {
        let otlp = otlp_json(50_000);
        let protobuf = otlp_protobuf(&otlp).unwrap();
        for (format, bytes) in [
            ("otlp-json", otlp.as_bytes()),
            ("otlp-protobuf", &protobuf),
            ("json-log", json_logs(50_000).as_bytes()),
            ("csv-metrics", csv_metrics(50_000).as_bytes()),
            ("junit", junit(50_000).as_bytes()),
        ] {
            let format = Format::named(format).unwrap();
            let limits = Limits::default();
            let batch = read("x", &mut &*bytes, Some(format), &limits, &unobserved).unwrap();
            assert!(batch.report.read() > 10, "{}: {}", format.name, batch.report);
            assert_eq!(batch.report.refused(), 0, "{}: {}", format.name, batch.report);
        }
    }
}
