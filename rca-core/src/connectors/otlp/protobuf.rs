//! Protobuf bodies: bare, or many behind their lengths.

use std::io::Read;

use prost::Message;

use super::{Taker, wire};
use crate::connectors::Batch;
use crate::connectors::format::{Certainty, Sample};
use crate::connectors::reading::Reading;
use crate::error::{Place, Result};

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    // All three requests begin with field 1, a message; none is text.
    let mut bytes = sample.bytes;
    if bytes.is_empty() || sample.is_json() {
        return None;
    }
    let suffix = [".binpb", ".pb", ".otlp"].iter().any(|end| sample.name.ends_with(end));
    let framed = Framing::of(bytes);
    if let Some(frame) = framed {
        bytes = bytes.get(frame.header()..).unwrap_or_default();
    }
    let plausible = bytes.first() == Some(&0x0a) && bytes.iter().take(64).any(|byte| *byte < 9);
    match (suffix, plausible) {
        (true, true) => Some(Certainty::Certain),
        (false, true) => Some(Certainty::Likely),
        _ => None,
    }
}

/// How messages follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// Four bytes, big-endian: the collector's file exporter.
    Fixed,
    /// A varint: protobuf's own convention. Holds how many bytes the first one takes.
    Varint(usize),
}

impl Framing {
    fn of(start: &[u8]) -> Option<Self> {
        if let [0, _, _, _, 0x0a, ..] = start {
            return Some(Self::Fixed);
        }
        // A bare body begins with the tag 0x0a and a length that leads to the next 0x0a or the end. A framed
        // one begins with a length, and the tag comes behind it.
        let mut rest = start;
        let length = prost::decode_length_delimiter(&mut rest).ok()?;
        let header = start.len() - rest.len();
        let bare = start.first() == Some(&0x0a) && bare(start);
        (!bare && length > 1 && rest.first() == Some(&0x0a)).then_some(Self::Varint(header))
    }

    fn header(self) -> usize {
        match self {
            Self::Fixed => 4,
            Self::Varint(bytes) => bytes,
        }
    }
}

/// Whether field 1 comes again behind the first one, or nothing does.
fn bare(start: &[u8]) -> bool {
    let mut rest = start.get(1..).unwrap_or_default();
    let Ok(length) = prost::decode_length_delimiter(&mut rest) else { return false };
    match rest.get(length) {
        Some(next) => *next == 0x0a,
        None => true,
    }
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let (bytes, had_more) = reading.body(source)?;
    let mut taker = Taker::default();
    let mut rest = bytes.as_slice();
    match Framing::of(rest) {
        None => {
            let outcome = decode(rest).map(|request| taker.take(request, reading, batch));
            let raw = reading.copy_if_refused(&outcome, rest);
            reading.settle(reading.place(), bytes.len() as u64, outcome, raw)?;
        }
        Some(framing) => {
            while !rest.is_empty() {
                let offset = (bytes.len() - rest.len()) as u64;
                let place = Place { offset: Some(offset), ..reading.place() };
                let (message, outcome, after) = match next(rest, framing) {
                    Some((message, after)) => (message, decode(message), after),
                    None => (rest, Err("the last message is cut off".to_owned()), &[][..]),
                };
                rest = after;
                let outcome = outcome.map(|request| taker.take(request, reading, batch));
                let raw = reading.copy_if_refused(&outcome, message);
                reading.settle(place, (bytes.len() - rest.len()) as u64, outcome, raw)?;
            }
        }
    }
    taker.finish(batch);
    reading.finish(bytes.len() as u64, had_more);
    Ok(())
}

/// The next message and what comes behind it.
fn next(bytes: &[u8], framing: Framing) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match framing {
        Framing::Fixed => {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            (usize::try_from(u32::from_be_bytes(*length)).ok()?, rest)
        }
        Framing::Varint(_) => {
            let mut rest = bytes;
            (prost::decode_length_delimiter(&mut rest).ok()?, rest)
        }
    };
    rest.split_at_checked(length)
}

/// The three requests look alike from outside; only one of them makes sense of what is inside.
fn decode(bytes: &[u8]) -> std::result::Result<wire::Request, String> {
    let traces = wire::TraceRequest::decode(bytes).ok().filter(|request| {
        let mut spans = spans(request).peekable();
        spans.peek().is_some() && spans.all(|span| span.trace_id.len() == 16)
    });
    if let Some(traces) = traces {
        return Ok(wire::Request { resource_spans: traces.resource_spans, ..Default::default() });
    }
    let metrics = wire::MetricsRequest::decode(bytes).ok().filter(|request| {
        let mut metrics = metrics(request).peekable();
        metrics.peek().is_some() && metrics.all(|metric| !metric.name.is_empty())
    });
    if let Some(metrics) = metrics {
        return Ok(wire::Request {
            resource_metrics: metrics.resource_metrics,
            ..Default::default()
        });
    }
    match wire::LogsRequest::decode(bytes) {
        Ok(logs) => Ok(wire::Request { resource_logs: logs.resource_logs, ..Default::default() }),
        Err(error) => Err(format!("no OTLP request: {error}")),
    }
}

fn spans(request: &wire::TraceRequest) -> impl Iterator<Item = &wire::Span> {
    request.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|scope| &scope.spans)
}

fn metrics(request: &wire::MetricsRequest) -> impl Iterator<Item = &wire::Metric> {
    request
        .resource_metrics
        .iter()
        .flat_map(|of| &of.scope_metrics)
        .flat_map(|scope| &scope.metrics)
}
