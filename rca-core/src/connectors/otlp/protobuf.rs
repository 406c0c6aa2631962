//! Protobuf bodies: bare, or many behind their lengths.

use std::io::Read;

use prost::Message;

use super::{Taker, parts, wire};
use crate::connectors::Batch;
use crate::connectors::format::{Certainty, Sample};
use crate::connectors::reading::{Reading, too_long};
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

    /// That of a whole body: the one which leads to its end, else what the beginning says.
    fn of_body(bytes: &[u8]) -> Option<Self> {
        if leads_to_the_end(bytes, |bytes| next(bytes.strip_prefix(b"\x0a")?, Self::Varint(0))) {
            return None;
        }
        [Self::Fixed, Self::Varint(0)]
            .into_iter()
            .find(|framing| leads_to_the_end(bytes, |bytes| next(bytes, *framing)))
            .or_else(|| Self::of(bytes))
    }

    fn header(self) -> usize {
        match self {
            Self::Fixed => 4,
            Self::Varint(bytes) => bytes,
        }
    }
}

fn leads_to_the_end<'b>(
    mut bytes: &'b [u8],
    next: impl Fn(&'b [u8]) -> Option<(&'b [u8], &'b [u8])>,
) -> bool {
    while !bytes.is_empty() {
        match next(bytes) {
            Some((_, rest)) => bytes = rest,
            None => return false,
        }
    }
    true
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
    let start = reading.beginning(source)?;
    let whole = start.len() <= reading.limits.body_bytes;
    let framing = if whole { Framing::of_body(&start) } else { Framing::of(&start) };
    let mut taker = Taker::default();
    let bytes = match framing {
        Some(framing) => frames(start, source, framing, reading, &mut |message, reading| {
            request(message, &mut taker, reading, batch)
        })?,
        None if !whole => return Err(too_long(reading.place(), reading.limits.body_bytes)),
        None => {
            let outcome = request(&start, &mut taker, reading, batch);
            let raw = reading.copy_if_refused(&outcome, &start);
            reading.settle(reading.place(), start.len() as u64, outcome, raw)?;
            start.len() as u64
        }
    };
    taker.finish(batch);
    reading.finish(bytes, false);
    Ok(())
}

/// What is done with a message.
type Take<'t> = &'t mut dyn FnMut(&[u8], &mut Reading<'_>) -> std::result::Result<u64, String>;

/// Takes messages behind their lengths, one after the other; how many bytes they had. None may be longer than a body.
fn frames(
    mut buffer: Vec<u8>,
    source: &mut dyn Read,
    framing: Framing,
    reading: &mut Reading<'_>,
    take: Take<'_>,
) -> Result<u64> {
    const CHUNK: u64 = 1 << 20;
    let (mut at, mut offset) = (0, 0u64);
    loop {
        let rest = buffer.get(at..).unwrap_or_default();
        let place = Place { offset: Some(offset), ..reading.place() };
        if let Some((message, after)) = next(rest, framing) {
            let outcome = take(message, reading);
            offset += (rest.len() - after.len()) as u64;
            at = buffer.len() - after.len();
            let raw = reading.copy_if_refused(&outcome, message);
            reading.settle(place, offset, outcome, raw)?;
            continue;
        }
        let (left, most) = (rest.len(), reading.limits.body_bytes);
        if left > most {
            let reason = format!("a message longer than {most} bytes: nothing behind it was read");
            reading.settle(place, offset, Err(reason), None)?;
            return Ok(offset);
        }
        buffer.drain(..at);
        at = 0;
        let more = source.take(CHUNK).read_to_end(&mut buffer);
        if reading.io(more)? == 0 {
            if left > 0 {
                let outcome = Err("the last message is cut off".to_owned());
                let raw = reading.copy_if_refused(&outcome, &buffer);
                reading.settle(place, offset, outcome, raw)?;
            }
            return Ok(offset + left as u64);
        }
    }
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

/// Takes a request: whole, or part by part where it is long.
fn request(
    bytes: &[u8],
    taker: &mut Taker,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> std::result::Result<u64, String> {
    if bytes.len() <= parts::PART {
        let (request, _) = decode(bytes, None)?;
        return Ok(taker.take(request, reading, batch));
    }
    let longest = reading.limits.record_bytes;
    // What the first telling part holds, the others do as well.
    let mut known = None;
    parts::each(bytes, longest, &mut |part| {
        if let Ok(part) = part
            && known.is_none()
        {
            known = decode(part, None).ok().and_then(|(_, kind)| kind);
        }
    })?;
    let mut taken = 0;
    parts::each(bytes, longest, &mut |part| {
        let outcome = part.and_then(|part| decode(part, known));
        match outcome {
            Ok((request, _)) => taken += taker.take(request, reading, batch),
            Err(reason) => reading.refuse(reason),
        }
    })?;
    Ok(taken)
}

/// What a request certainly holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Spans,
    Metrics,
    Logs,
}

/// The three requests look alike from outside; only one of them makes sense of what is inside.
///
/// One record with the lengths and kinds of fields that others can't have is enough: the rest may be damaged.
fn decode(
    bytes: &[u8],
    known: Option<Kind>,
) -> std::result::Result<(wire::Request, Option<Kind>), String> {
    let spans_of = |of: wire::TraceRequest| wire::Request {
        resource_spans: of.resource_spans,
        ..Default::default()
    };
    let metrics_of = |of: wire::MetricsRequest| wire::Request {
        resource_metrics: of.resource_metrics,
        ..Default::default()
    };
    let logs_of = |of: wire::LogsRequest| wire::Request {
        resource_logs: of.resource_logs,
        ..Default::default()
    };
    let failed = |error: prost::DecodeError| format!("no OTLP request: {error}");
    match known {
        Some(Kind::Spans) => {
            let traces = wire::TraceRequest::decode(bytes).map_err(failed)?;
            return Ok((spans_of(traces), known));
        }
        Some(Kind::Metrics) => {
            let metrics = wire::MetricsRequest::decode(bytes).map_err(failed)?;
            return Ok((metrics_of(metrics), known));
        }
        Some(Kind::Logs) => {
            let logs = wire::LogsRequest::decode(bytes).map_err(failed)?;
            return Ok((logs_of(logs), known));
        }
        None => {}
    }
    let traces = match wire::TraceRequest::decode(bytes) {
        Ok(of) if spans(&of).any(is_span) => return Ok((spans_of(of), Some(Kind::Spans))),
        traces => traces.ok(),
    };
    if let Ok(of) = wire::MetricsRequest::decode(bytes)
        && metrics(&of).any(is_metric)
    {
        return Ok((metrics_of(of), Some(Kind::Metrics)));
    }
    match (wire::LogsRequest::decode(bytes), traces) {
        (Ok(of), _) => {
            let known = logs(&of).any(is_log).then_some(Kind::Logs);
            Ok((logs_of(of), known))
        }
        (Err(_), Some(traces)) => Ok((spans_of(traces), None)),
        (Err(error), None) => Err(failed(error)),
    }
}

fn is_span(span: &wire::Span) -> bool {
    span.trace_id.len() == 16 && span.span_id.len() == 8 && span.start_time_unix_nano > 0
}

fn is_metric(metric: &wire::Metric) -> bool {
    !metric.name.is_empty()
}

fn is_log(log: &wire::LogRecord) -> bool {
    log.time_unix_nano > 0 || log.observed_time_unix_nano > 0
}

fn logs(request: &wire::LogsRequest) -> impl Iterator<Item = &wire::LogRecord> {
    request.resource_logs.iter().flat_map(|of| &of.scope_logs).flat_map(|scope| &scope.log_records)
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
