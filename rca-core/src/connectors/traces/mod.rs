//! Traces of Jaeger and Zipkin. Tempo's answers are OTLP: see [`otlp`](super::otlp).
//!
//! | format | what it is |
//! |---|---|
//! | `jaeger-json` | answers of Jaeger's HTTP API, downloads of its pages: `data[].spans` with their processes |
//! | `zipkin-json` | Zipkin v2: a list of spans, or of traces |
//!
//! Times are microseconds. What failed in a span (its tags, the fields of its error logs) becomes its attributes. Zipkin lets
//! the two ends of a call share an id; the client's end is called `<id>/client` then.

mod jaeger;
mod zipkin;

use super::format::{Certainty, Format};
use crate::signal::SpanStatus;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "jaeger-json",
        about: "traces from Jaeger: answers of its HTTP API",
        recognise: |sample| {
            let spans = sample.has("data[].spans[].traceID") || sample.has("data[].spans[].spanID");
            (spans || (sample.has("data[].spans") && sample.has("data[].processes")))
                .then_some(Certainty::Certain)
        },
        read: jaeger::read,
    },
    Format {
        name: "zipkin-json",
        about: "traces from Zipkin (v2): lists of spans or of traces",
        recognise: |sample| {
            let all = |prefix: &str| {
                ["traceId", "id", "localEndpoint"]
                    .iter()
                    .all(|name| sample.has(&format!("{prefix}{name}")))
            };
            (all("") || all("[].")).then_some(Certainty::Certain)
        },
        read: zipkin::read,
    },
];

/// Nanoseconds of microseconds.
fn nanos(micros: i64) -> Result<i64, String> {
    micros.checked_mul(1000).ok_or_else(|| "a time outside of 1677 to 2262".to_owned())
}

/// How a span ended, by its tags: OpenTelemetry's status, the `error` of OpenTracing and Zipkin, or that of HTTP.
fn status<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> SpanStatus {
    let mut found = SpanStatus::Unset;
    for (name, value) in tags {
        match (name, value) {
            ("otel.status_code" | "status.code", "ERROR" | "STATUS_CODE_ERROR") => {
                return SpanStatus::Error;
            }
            ("otel.status_code", "OK") => found = SpanStatus::Ok,
            // Zipkin writes what went wrong, or nothing.
            ("error", value) if value != "false" => return SpanStatus::Error,
            ("http.status_code" | "http.response.status_code", code)
                if code.starts_with('5') && code.len() == 3 =>
            {
                return SpanStatus::Error;
            }
            _ => {}
        }
    }
    found
}

/// At most as many attributes as the limits allow.
fn limited<'a>(
    mut attributes: Vec<(&'a str, &'a str)>,
    reading: &mut super::reading::Reading<'_>,
) -> Vec<(&'a str, &'a str)> {
    let left_out = attributes.len().saturating_sub(reading.limits.attributes);
    attributes.truncate(reading.limits.attributes);
    reading.report.note_times("attributes over the limit were left out", left_out as u64);
    attributes
}

#[cfg(test)]
mod tests;
