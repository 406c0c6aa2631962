//! OpenTelemetry Protocol: traces, metrics and logs, as JSON or protobuf.
//!
//! | form | where it comes from |
//! |---|---|
//! | JSON, one document or one a line | request bodies, the collector's `file` exporter |
//! | JSON in an envelope | answers of Grafana Tempo |
//! | protobuf, bare | request bodies |
//! | protobuf, each behind its length (varint, or 4 bytes big-endian) | the collector's `file` exporter with `format: proto` |
//!
//! The service comes from the resource (`service.name`, else pod, host or database). Counters that only grow become
//! rates a second, histograms become `<name>.rate`, `<name>.mean` and `<name>.p95`; labels other than the resource's
//! stand in the series' name. What failed in a span, its exception and its message, become its attributes.

mod distribution;
mod json;
mod logs;
mod metrics;
mod parts;
mod protobuf;
mod spans;
mod streams;
mod wire;

use std::io::Read;

use super::format::{Certainty, Format, Sample};
use super::reading::Reading;
use super::{Batch, fields};
use crate::error::Result;
use crate::model::Entity;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "otlp-json",
        about: "OpenTelemetry traces, metrics and logs as JSON: request bodies, lines of the collector's file exporter",
        recognise: recognise_json,
        read: read_json,
    },
    Format {
        name: "tempo-json",
        about: "traces from Grafana Tempo: answers of its HTTP API",
        recognise: recognise_tempo,
        read: read_tempo,
    },
    Format {
        name: "otlp-protobuf",
        about: "OpenTelemetry traces, metrics and logs as protobuf: request bodies, or many behind their lengths",
        recognise: protobuf::recognise,
        read: protobuf::read,
    },
];

fn recognise_json(sample: &Sample<'_>) -> Option<Certainty> {
    sample
        .has_any(&[
            "resourceSpans",
            "resourceMetrics",
            "resourceLogs",
            "resource_spans",
            "resource_metrics",
            "resource_logs",
        ])
        .then_some(Certainty::Certain)
}

/// OTLP in an envelope of its own.
fn recognise_tempo(sample: &Sample<'_>) -> Option<Certainty> {
    sample
        .has_any(&[
            "batches[].resource",
            "batches[].scopeSpans",
            "trace.resourceSpans",
            "trace.batches",
        ])
        .then_some(Certainty::Certain)
}

#[derive(serde::Deserialize)]
struct Tempo {
    trace: wire::Request,
}

fn read_tempo(source: &mut dyn Read, reading: &mut Reading<'_>, batch: &mut Batch) -> Result<()> {
    let mut taker = Taker::default();
    reading.documents(source, &mut |text, reading| {
        let wrapped: std::result::Result<Tempo, _> = crate::connectors::json::from_text(text);
        let request = match wrapped {
            Ok(Tempo { trace }) => trace,
            Err(_) => json::parse(text)?,
        };
        Ok(taker.take(request, reading, batch))
    })?;
    taker.finish(batch);
    Ok(())
}

fn read_json(source: &mut dyn Read, reading: &mut Reading<'_>, batch: &mut Batch) -> Result<()> {
    let mut taker = Taker::default();
    reading.documents(source, &mut |text, reading| {
        let request: wire::Request = json::parse(text)?;
        Ok(taker.take(request, reading, batch))
    })?;
    taker.finish(batch);
    Ok(())
}

/// Takes requests one after the other. Metrics are handed over at the end, when all of their points are known.
#[derive(Debug, Default)]
struct Taker {
    metrics: streams::Streams,
}

impl Taker {
    /// How many records became signals.
    fn take(
        &mut self,
        request: wire::Request,
        reading: &mut Reading<'_>,
        batch: &mut Batch,
    ) -> u64 {
        let telemetry = &mut batch.telemetry;
        let taken = spans::take(request.resource_spans, reading, &mut telemetry.spans)
            + logs::take(request.resource_logs, reading, &mut telemetry.logs)
            + metrics::take(request.resource_metrics, reading, &mut self.metrics);
        reading.relieve(telemetry);
        taken
    }

    fn finish(mut self, batch: &mut Batch) {
        self.metrics.finish(&mut batch.telemetry.metrics);
    }
}

/// Attributes as text, in the order of arrival.
fn attributes(pairs: Vec<wire::KeyValue>) -> Vec<(String, String)> {
    pairs.into_iter().filter_map(|pair| Some((pair.key, value_text(pair.value?)?))).collect()
}

/// A value as text: plain ones as they are, others as JSON. None when it is empty.
fn value_text(value: wire::AnyValue) -> Option<String> {
    Some(match value.value? {
        wire::Value::Text(text) => text,
        other => match plain(wire::AnyValue { value: Some(other) }) {
            serde_json::Value::String(text) => text,
            value => value.to_string(),
        },
    })
}

/// A value as JSON; bytes as hex, numbers that JSON lacks as text.
fn plain(value: wire::AnyValue) -> serde_json::Value {
    use serde_json::Value as Json;
    match value.value {
        None => Json::Null,
        Some(wire::Value::Text(text)) => text.into(),
        Some(wire::Value::Bool(truth)) => truth.into(),
        Some(wire::Value::Int(number)) => number.into(),
        Some(wire::Value::Double(number)) if number.is_finite() => number.into(),
        Some(wire::Value::Double(number)) => number.to_string().into(),
        Some(wire::Value::Bytes(bytes)) => data_encoding::HEXLOWER.encode(&bytes).into(),
        Some(wire::Value::Array(array)) => array.values.into_iter().map(plain).collect(),
        Some(wire::Value::Map(map)) => map
            .values
            .into_iter()
            .map(|pair| (pair.key, pair.value.map_or(Json::Null, plain)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// Who sends, by the resource's attributes.
fn entity(resource: Option<wire::Resource>, reading: &mut Reading<'_>) -> Entity {
    entity_of(&attributes(resource.unwrap_or_default().attributes), reading)
}

fn entity_of(attributes: &[(String, String)], reading: &mut Reading<'_>) -> Entity {
    let named = |name: &str| {
        attributes
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value)
    };
    let service = fields::SERVICE.iter().find_map(|name| named(name)).map(Entity::service);
    let other =
        || fields::ENTITIES.iter().find_map(|(name, kind)| Some(Entity::new(*kind, named(name)?)));
    service.or_else(other).unwrap_or_else(|| {
        reading.note("no service: belongs to nobody");
        Entity::service("")
    })
}

/// Nanoseconds since 1970 as our signed ones; none for zero, which means unknown, and beyond the year 2262.
fn time(nanos: u64) -> Option<i64> {
    i64::try_from(nanos).ok().filter(|nanos| *nanos > 0)
}

/// An id as hex; none where it is absent or zeros.
fn id(bytes: &[u8]) -> Option<String> {
    bytes.iter().any(|byte| *byte != 0).then(|| data_encoding::HEXLOWER.encode(bytes))
}

/// At most as many attributes as the limits allow, as borrowed pairs.
fn limited<'a>(
    attributes: &'a [(String, String)],
    reading: &mut Reading<'_>,
) -> Vec<(&'a str, &'a str)> {
    let most = reading.limits.attributes;
    let left_out = attributes.len().saturating_sub(most);
    reading.report.note_times("attributes over the limit were left out", left_out as u64);
    attributes.iter().take(most).map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
