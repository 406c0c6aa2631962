//! Zipkin v2.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::Deserialize;

use super::super::Batch;
use super::super::fields::into_text;
use super::super::json;
use super::super::reading::Reading;
use super::{limited, nanos, status};
use crate::error::Result;
use crate::signal::{Span, SpanFrame};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    trace_id: String,
    id: String,
    parent_id: Option<String>,
    name: Option<String>,
    kind: Option<String>,
    timestamp: Option<i64>,
    duration: Option<i64>,
    local_endpoint: Option<Endpoint>,
    remote_endpoint: Option<Endpoint>,
    #[serde(default)]
    tags: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    shared: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    service_name: Option<String>,
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let longest = reading.limits.record_bytes;
    let mut spans: Vec<One> = Vec::new();
    reading.texts(source, longest, &mut |text, _| {
        // Brackets of the lists of traces.
        if text.bytes().all(|byte| matches!(byte, b'[' | b']') || byte.is_ascii_whitespace()) {
            return Ok(0);
        }
        let span: One = json::from_text(text).map_err(|error| format!("span: {error}"))?;
        span.timestamp.ok_or("span: no timestamp")?;
        spans.push(span);
        Ok(1)
    })?;
    push_all(spans, reading, &mut batch.telemetry.spans);
    Ok(())
}

fn push_all(spans: Vec<One>, reading: &mut Reading<'_>, frame: &mut SpanFrame) {
    let key = |span: &One| (span.trace_id.clone(), span.id.clone());
    let shared: BTreeSet<_> = spans.iter().filter(|span| span.shared).map(key).collect();
    let is_client = |span: &One| !span.shared && shared.contains(&key(span));
    let clients: BTreeSet<_> = spans.iter().filter(|span| is_client(span)).map(key).collect();
    for mut span in spans {
        let of_client = format!("{}/client", span.id);
        if clients.contains(&key(&span)) {
            // What the callee did hangs on the id that both ends share.
            if span.shared {
                span.parent_id = Some(of_client);
            } else {
                span.id = of_client;
            }
        }
        if let Err(reason) = push(span, reading, frame) {
            reading.report.read -= 1;
            reading.refuse(reason);
        }
    }
}

fn push(
    span: One,
    reading: &mut Reading<'_>,
    frame: &mut SpanFrame,
) -> std::result::Result<(), String> {
    let name = |endpoint: Option<Endpoint>| endpoint.and_then(|endpoint| endpoint.service_name);
    let service = name(span.local_endpoint).unwrap_or_else(|| {
        reading.note("no service: belongs to nobody");
        String::new()
    });
    let mut tags: Vec<(String, String)> =
        span.tags.into_iter().map(|(key, value)| (key, into_text(value))).collect();
    if let Some(kind) = &span.kind {
        tags.push(("span.kind".to_owned(), kind.to_ascii_lowercase()));
    }
    if let Some(peer) = name(span.remote_endpoint) {
        tags.push(("peer.service".to_owned(), peer));
    }
    let pairs: Vec<(&str, &str)> =
        tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let duration = span.duration.unwrap_or_else(|| {
        reading.note("spans that did not end have no length");
        0
    });
    let status = status(pairs.iter().copied());
    frame.push(&Span {
        trace: &span.trace_id,
        id: &span.id,
        parent: span.parent_id.as_deref(),
        service: &service,
        name: span.name.as_deref().unwrap_or_default(),
        start: nanos(span.timestamp.unwrap_or_default())?,
        duration: nanos(duration)?,
        status,
        attributes: &limited(pairs, reading),
    });
    Ok(())
}
