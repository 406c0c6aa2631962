//! Spans of a trace request.

use super::{attributes, entity, id, limited, time, wire};
use crate::connectors::reading::Reading;
use crate::signal::{Span, SpanFrame, SpanStatus};

const KINDS: [&str; 6] = ["", "internal", "server", "client", "producer", "consumer"];

pub(super) fn take(
    of_resources: Vec<wire::ResourceSpans>,
    reading: &mut Reading<'_>,
    frame: &mut SpanFrame,
) -> u64 {
    let mut count = 0;
    for of_resource in of_resources {
        let service = entity(of_resource.resource, reading);
        for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            match one(span, &service.name, reading, frame) {
                Ok(()) => count += 1,
                Err(reason) => reading.refuse(format!("span: {reason}")),
            }
        }
    }
    count
}

fn one(
    span: wire::Span,
    service: &str,
    reading: &mut Reading<'_>,
    frame: &mut SpanFrame,
) -> Result<(), &'static str> {
    let trace = id(&span.trace_id).ok_or("no traceId")?;
    let own = id(&span.span_id).ok_or("no spanId")?;
    let start = time(span.start_time_unix_nano).ok_or("no usable startTimeUnixNano")?;
    let end = time(span.end_time_unix_nano).unwrap_or_else(|| {
        reading.note("spans that did not end have no length");
        start
    });
    if end < start {
        reading.note("spans that end before they start have no length");
    }
    let mut pairs = attributes(span.attributes);
    if let Some(kind) = usize::try_from(span.kind).ok().and_then(|kind| KINDS.get(kind))
        && !kind.is_empty()
    {
        pairs.push(("span.kind".to_owned(), (*kind).to_owned()));
    }
    for event in span.events {
        if event.name == "exception" {
            pairs.extend(attributes(event.attributes));
        }
    }
    let status = span.status.unwrap_or_default();
    if !status.message.is_empty() {
        pairs.push(("otel.status_description".to_owned(), status.message));
    }
    frame.push(&Span {
        trace: &trace,
        id: &own,
        parent: id(&span.parent_span_id).as_deref(),
        service,
        name: &span.name,
        start,
        duration: end - start,
        status: match status.code {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
        attributes: &limited(&pairs, reading),
    });
    Ok(())
}
