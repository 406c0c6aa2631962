//! Answers of log stores: lines inside of a document.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::Batch;
use super::super::entities::workload;
use super::super::fields::into_text;
use super::super::json;
use super::super::reading::Reading;
use super::clock::{self, Before};
use super::entry::{Entry, Sink, Stream};

/// What Loki answers to a query for lines, and what is pushed to it.
#[derive(Deserialize)]
struct Loki {
    data: Option<LokiData>,
    streams: Option<Vec<LokiStream>>,
}

#[derive(Deserialize)]
struct LokiData {
    #[serde(default)]
    result: Vec<LokiStream>,
}

#[derive(Deserialize)]
struct LokiStream {
    #[serde(default)]
    stream: BTreeMap<String, String>,
    /// `[nanoseconds, line]`, with structured metadata as a third element.
    #[serde(default)]
    values: Vec<Value>,
}

const LOKI_SERVICE: &[&str] =
    &["service_name", "service", "app", "app_kubernetes_io_name", "container", "job", "unit"];

/// Reads documents of one shape with their lines.
fn answers<A: DeserializeOwned>(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
    take: fn(A, &mut Sink<'_>, &mut Reading<'_>) -> Result<u64, String>,
) -> crate::error::Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    reading.documents(source, &mut |text, reading| {
        let answer = json::from_text(text)
            .map_err(|error| format!("not the JSON of a log store: {error}"))?;
        take(answer, &mut sink, reading)
    })
}

pub(super) fn loki(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> crate::error::Result<()> {
    answers(source, reading, batch, |answer: Loki, sink, reading| {
        let streams = answer.data.map(|data| data.result).or(answer.streams);
        let streams = streams.ok_or("neither data.result nor streams")?;
        Ok(streams.into_iter().map(|of| stream(of, sink, reading)).sum())
    })
}

fn stream(of: LokiStream, sink: &mut Sink<'_>, reading: &mut Reading<'_>) -> u64 {
    let service = LOKI_SERVICE.iter().find_map(|name| of.stream.get(*name)).cloned();
    let pod = || of.stream.get("pod").map(|pod| workload(pod).to_owned());
    let service = service.or_else(pod);
    let mut values = of.values;
    let time = |value: &Value| value.get(0).and_then(|time| time.as_str()?.parse::<i64>().ok());
    // The newest come first unless asked otherwise.
    if values.first().and_then(time) > values.last().and_then(time) {
        values.reverse();
    }
    let (mut stream, mut read) = (Stream::default(), 0);
    for value in &values {
        let Some((time, line)) = time(value).zip(value.get(1).and_then(Value::as_str)) else {
            reading.refuse("value: not [\"<nanoseconds>\", \"<line>\"]".to_owned());
            continue;
        };
        let mut carrier = Entry { time: Some(time), ..Entry::default() };
        carrier.service = service.as_deref().map(Cow::Borrowed);
        for (name, value) in &of.stream {
            match name.as_str() {
                "level" | "detected_level" => carrier.severity = level(value),
                name => carrier.attribute(name, value),
            }
        }
        for (name, value) in value.get(2).and_then(Value::as_object).into_iter().flatten() {
            match name.as_str() {
                "detected_level" | "level" => {
                    carrier.severity = value.as_str().and_then(level).or(carrier.severity);
                }
                "trace_id" | "traceID" => carrier.trace = value.as_str().map(Cow::Borrowed),
                "span_id" | "spanID" => carrier.span = value.as_str().map(Cow::Borrowed),
                name => carrier.attribute(name, into_text(value.clone())),
            }
        }
        match sink.line(&mut stream, line, carrier, reading) {
            Ok(count) => read += count,
            Err(reason) => reading.refuse(reason),
        }
    }
    read
}

fn level(text: &str) -> Option<crate::model::Severity> {
    super::super::bundle::severity_word(text)
}

/// Answers and exports of CloudWatch Logs, and what its subscriptions deliver.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CloudWatch {
    log_group: Option<String>,
    log_stream: Option<String>,
    message_type: Option<String>,
    #[serde(alias = "events")]
    log_events: Vec<Value>,
}

pub(super) fn cloudwatch(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> crate::error::Result<()> {
    answers(source, reading, batch, |answer: CloudWatch, sink, reading| {
        if answer.message_type.as_deref() == Some("CONTROL_MESSAGE") {
            reading.note("control messages hold no records");
            return Ok(0);
        }
        let mut streams: BTreeMap<&str, Stream> = BTreeMap::new();
        let mut read = 0;
        for event in &answer.log_events {
            let text = |name: &str| event.get(name).and_then(Value::as_str);
            let name = text("logStreamName").or(answer.log_stream.as_deref());
            let group = text("logGroupName").or(answer.log_group.as_deref());
            let stream = streams.entry(name.unwrap_or_default()).or_default();
            let outcome = event_line(event, group, name)
                .and_then(|(line, carrier)| cloudwatch_line(line, carrier, stream, sink, reading));
            match outcome {
                Ok(count) => read += count,
                Err(reason) => reading.refuse(reason),
            }
        }
        Ok(read)
    })
}

fn event_line<'a>(
    event: &'a Value,
    group: Option<&'a str>,
    stream: Option<&'a str>,
) -> Result<(&'a str, Entry<'a>), String> {
    let time = event.get("timestamp").and_then(Value::as_i64).ok_or("log event: no timestamp")?;
    let time = time.checked_mul(1_000_000).ok_or("log event: a time outside of 1677 to 2262")?;
    let line = event.get("message").and_then(Value::as_str).ok_or("log event: no message")?;
    let mut carrier = Entry { time: Some(time), ..Entry::default() };
    if let Some(group) = group {
        let name = group.trim_end_matches('/').rsplit('/').next().unwrap_or(group);
        carrier.service = Some(Cow::Borrowed(name));
        carrier.attribute("aws.log.group.name", group);
    }
    if let Some(stream) = stream {
        carrier.attribute("aws.log.stream.name", stream);
    }
    Ok((line, carrier))
}

/// A message may have several lines; AWS Lambda puts tabs between time, request, level and text.
fn cloudwatch_line<'a>(
    line: &'a str,
    mut carrier: Entry<'a>,
    stream: &mut Stream,
    sink: &mut Sink<'_>,
    reading: &mut Reading<'_>,
) -> Result<u64, String> {
    let (first, more) = line.split_once('\n').unwrap_or((line, ""));
    let mut text = first;
    if let Some((request, level, message)) = lambda(first) {
        carrier.severity = super::super::bundle::severity_word(level);
        carrier.attribute("faas.invocation_id", request);
        text = message;
        sink.begin(stream, first);
        let entry = Entry { message: Cow::Borrowed(text.trim_end()), ..carrier };
        let outcome = sink.push(stream, entry, reading);
        more.lines().for_each(|line| sink.extend(stream, line, reading));
        return outcome;
    }
    let outcome = sink.line(stream, text, carrier, reading);
    more.lines().for_each(|line| sink.extend(stream, line, reading));
    outcome
}

/// `2024-01-31T12:30:11.250Z\t<request>\tERROR\ttext`, or with `[ERROR]` before the time.
fn lambda(line: &str) -> Option<(&str, &str, &str)> {
    let mut parts = line.splitn(4, '\t');
    let (first, second, third, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_time = |text: &str| {
        clock::read_at(text.as_bytes(), 0, Before::default())
            .is_some_and(|found| found.end == text.len())
    };
    if is_time(first) {
        return Some((second, third, text));
    }
    let level = first.strip_prefix('[')?.strip_suffix(']')?;
    is_time(second).then_some((third, level, text))
}
