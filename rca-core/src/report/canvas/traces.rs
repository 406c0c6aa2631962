//! Traces that show what changed, and normal ones to compare with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::{Bounds, Subject};
use crate::model::attribute::TRACE;
use crate::model::{EventId, Finding};
use crate::signal::{SpanStatus, SpanView as RawSpan};
use crate::time::nanos;

/// A trace and the events that it illustrates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceView {
    /// Its id.
    pub trace: String,
    /// Milliseconds since 1970.
    pub start: i64,
    /// Why it is here: an example of a finding, a normal one from before, named by an event.
    pub label: String,
    /// The events that it belongs to.
    pub events: Vec<EventId>,
    /// By start.
    pub spans: Vec<SpanView>,
    /// Spans there was no room for.
    pub omitted: u64,
}

/// A span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpanView {
    /// Its id.
    pub id: String,
    /// Its parent's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Who worked.
    pub service: String,
    /// On what.
    pub name: String,
    /// Microseconds after the start of the trace.
    pub offset: i64,
    /// Microseconds.
    pub duration: i64,
    /// Whether it failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Attributes, a few of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// Attributes kept of a span, and bytes of each.
const ATTRIBUTES: usize = 12;
const ATTRIBUTE: usize = 300;

/// A trace that somebody asked for.
struct Wanted {
    label: String,
    events: Vec<EventId>,
    place: usize,
}

/// The traces to show, in the order of the answer, and how many were asked for beyond them.
pub(super) fn choose(
    subject: &Subject<'_>,
    focus: &Focus<'_>,
    bounds: &Bounds,
) -> (Vec<TraceView>, u64) {
    let mut spans: BTreeMap<&str, Vec<RawSpan<'_>>> = BTreeMap::new();
    for span in subject.telemetry.spans.iter() {
        spans.entry(span.trace()).or_default().push(span);
    }
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for (place, event) in focus.ordered().into_iter().enumerate() {
        let mut want = |trace: &str, label: &str| {
            if spans.contains_key(trace) {
                let fresh = || Wanted { label: label.to_owned(), events: Vec::new(), place };
                let known = wanted.entry(trace.to_owned()).or_insert_with(fresh);
                known.events.push(event.id());
            }
        };
        if let Some(trace) = event.attribute(TRACE) {
            want(trace, "named by the event");
        }
        if let Some(Finding::TraceShift(shift)) = Finding::from_event(event) {
            if let Some(trace) = &shift.example_trace {
                want(trace, &format!("shows it: {}", event.title()));
            }
            let service = shift.entity.name.as_str();
            if let Some(trace) = normal(subject, service, &shift.operation, nanos(shift.onset)) {
                want(trace, &format!("before: {service} {}", shift.operation));
            }
        }
    }
    let mut chosen: Vec<(String, Wanted)> = wanted.into_iter().collect();
    chosen.sort_by(|a, b| (a.1.place, &a.0).cmp(&(b.1.place, &b.0)));
    let left = chosen.len().saturating_sub(bounds.traces);
    chosen.truncate(bounds.traces);
    let views = chosen.into_iter().map(|(trace, wanted)| {
        let found = spans.remove(trace.as_str()).unwrap_or_default();
        view(trace, wanted, found, bounds)
    });
    (views.collect(), left as u64)
}

/// The trace with the typical (median) duration of an operation among those before a moment.
fn normal<'a>(
    subject: &Subject<'a>,
    service: &str,
    operation: &str,
    onset: i64,
) -> Option<&'a str> {
    let mut before: Vec<(i64, &str)> = subject
        .telemetry
        .spans
        .iter()
        .filter(|span| {
            span.start() < onset
                && span.service() == service
                && span.name() == operation
                && span.status() != SpanStatus::Error
        })
        .map(|span| (span.duration(), span.trace()))
        .collect();
    before.sort_unstable();
    before.get(before.len() / 2).map(|(_, trace)| *trace)
}

fn view(trace: String, wanted: Wanted, mut spans: Vec<RawSpan<'_>>, bounds: &Bounds) -> TraceView {
    spans.sort_by(|a, b| (a.start(), a.id()).cmp(&(b.start(), b.id())));
    let start = spans.first().map_or(0, RawSpan::start);
    let omitted = spans.len().saturating_sub(bounds.spans);
    spans.truncate(bounds.spans);
    TraceView {
        trace,
        start: start / 1_000_000,
        label: wanted.label,
        events: wanted.events,
        spans: spans.iter().map(|span| span_view(span, start)).collect(),
        omitted: omitted as u64,
    }
}

fn span_view(span: &RawSpan<'_>, start: i64) -> SpanView {
    let attributes = span.attributes().take(ATTRIBUTES);
    SpanView {
        id: span.id().to_owned(),
        parent: span.parent().map(str::to_owned),
        service: span.service().to_owned(),
        name: span.name().to_owned(),
        offset: span.start().saturating_sub(start) / 1_000,
        duration: span.duration() / 1_000,
        failed: span.status() == SpanStatus::Error,
        attributes: attributes
            .map(|(name, value)| (name.to_owned(), super::cut(value, ATTRIBUTE)))
            .collect(),
    }
}
