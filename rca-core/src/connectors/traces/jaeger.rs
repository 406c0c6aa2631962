//! Jaeger's HTTP API.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use serde_json::Value;

use super::super::Batch;
use super::super::fields::into_text;
use super::super::json;
use super::super::reading::Reading;
use super::{limited, nanos, status};
use crate::error::Result;
use crate::signal::{Span, SpanFrame};

#[derive(Deserialize)]
struct Answer {
    data: Vec<Trace>,
}

#[derive(Deserialize)]
struct Trace {
    /// Each read alone, so that a bad one costs only itself.
    #[serde(default)]
    spans: Vec<Value>,
    #[serde(default)]
    processes: BTreeMap<String, Process>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    #[serde(rename = "parentSpanID")]
    parent_span_id: Option<String>,
    operation_name: String,
    #[serde(default)]
    references: Option<Vec<Reference>>,
    start_time: i64,
    duration: i64,
    #[serde(default)]
    tags: Option<Vec<Tag>>,
    #[serde(default)]
    logs: Option<Vec<Log>>,
    #[serde(rename = "processID")]
    process_id: Option<String>,
    process: Option<Process>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "refType", default)]
    kind: String,
    #[serde(rename = "traceID", default)]
    trace: String,
    #[serde(rename = "spanID", default)]
    span: String,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    fields: Vec<Tag>,
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    reading.documents(source, &mut |text, reading| {
        let answer: Answer =
            json::from_text(text).map_err(|error| format!("no answer of Jaeger: {error}"))?;
        let mut read = 0;
        for trace in answer.data {
            for span in trace.spans {
                match one(span, &trace.processes, reading, &mut batch.telemetry.spans) {
                    Ok(()) => read += 1,
                    Err(reason) => reading.refuse(format!("span: {reason}")),
                }
            }
        }
        reading.relieve_spans(&mut batch.telemetry.spans);
        Ok(read)
    })
}

fn one(
    span: Value,
    processes: &BTreeMap<String, Process>,
    reading: &mut Reading<'_>,
    frame: &mut SpanFrame,
) -> std::result::Result<(), String> {
    let span: One = serde_json::from_value(span).map_err(|error| error.to_string())?;
    let process = span.process.as_ref().or_else(|| processes.get(span.process_id.as_ref()?));
    let service = &process.ok_or("no process")?.service_name;
    let references = span.references.unwrap_or_default();
    let of_trace = |kind: &str| {
        let found = references.iter().find(|of| of.kind == kind && of.trace == span.trace_id);
        found.map(|of| of.span.as_str())
    };
    let parent = of_trace("CHILD_OF")
        .or_else(|| of_trace("FOLLOWS_FROM"))
        .or(span.parent_span_id.as_deref())
        .filter(|parent| parent.bytes().any(|byte| byte != b'0'));
    let failed = |log: &Log| {
        let value = |tag: &Tag| matches!(tag.value.as_str(), Some("error" | "exception"));
        log.fields.iter().any(|tag| tag.key == "event" && value(tag))
    };
    let mut tags: Vec<(String, String)> = Vec::new();
    let logged =
        span.logs.unwrap_or_default().into_iter().filter(failed).flat_map(|log| log.fields);
    for tag in span.tags.unwrap_or_default().into_iter().chain(logged) {
        if tag.key != "event" && !tag.value.is_null() {
            tags.push((tag.key, into_text(tag.value)));
        }
    }
    let pairs: Vec<(&str, &str)> =
        tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let status = status(pairs.iter().copied());
    frame.push(&Span {
        trace: &span.trace_id,
        id: &span.span_id,
        parent,
        service,
        name: &span.operation_name,
        start: nanos(span.start_time)?,
        duration: nanos(span.duration)?,
        status,
        attributes: &limited(pairs, reading),
    });
    Ok(())
}
