//! Which events the page lists, and how long their texts may be.

use serde_json::Value;

use super::focus::Focus;
use super::{Bounds, cut};
use crate::model::attribute::DIFF;
use crate::model::{CallEdge, Event, Finding};

/// The events to show, by time, and how many were left out. Call edges have no moment of their own; they are in
/// the graph.
pub(super) fn choose<'a>(focus: &Focus<'a>, bounds: &Bounds) -> (Vec<&'a Event>, u64) {
    let mut chosen: Vec<&Event> =
        focus.ordered().into_iter().filter(|event| event.event_type() != CALL_EDGE).collect();
    let left = chosen.len().saturating_sub(bounds.events);
    chosen.truncate(bounds.events);
    chosen.sort_unstable_by_key(|event| (event.timestamp(), event.id()));
    (chosen, left as u64)
}

/// The type of the events that [`Finding::CallEdge`] becomes.
pub(super) const CALL_EDGE: &str = "call_edge";

/// The call edges among the events, by caller and callee.
pub(super) fn calls(events: &[Event]) -> Vec<CallEdge> {
    let edges = events.iter().filter(|event| event.event_type() == CALL_EDGE);
    let mut calls: Vec<CallEdge> = edges
        .filter_map(|event| match Finding::from_event(event) {
            Some(Finding::CallEdge(edge)) => Some(edge),
            _ => None,
        })
        .collect();
    calls.sort_by(|a, b| (&a.caller, &a.callee, a.calls).cmp(&(&b.caller, &b.callee, b.calls)));
    calls
}

/// The event with its long texts cut and its diff taken out.
pub(super) fn trim(event: &Event, bounds: &Bounds) -> Event {
    let mut event = event.clone();
    event.data.remove(DIFF);
    event.body = cut(&event.body, bounds.text);
    for (_, value) in &mut event.data {
        shorten(value, bounds.text);
    }
    for value in event.metadata.values_mut() {
        *value = cut(value, bounds.text);
    }
    event
}

/// Cuts every text in a value; of a long list the first items stay.
fn shorten(value: &mut Value, bytes: usize) {
    match value {
        Value::String(text) if text.len() > bytes => *text = cut(text, bytes),
        Value::Array(items) => {
            let left = items.len().saturating_sub(LIST);
            items.truncate(LIST);
            items.iter_mut().for_each(|item| shorten(item, bytes));
            if left > 0 {
                items.push(Value::String(format!("… ({left} more)")));
            }
        }
        Value::Object(fields) => fields.values_mut().for_each(|item| shorten(item, bytes)),
        _ => {}
    }
}

/// Items kept of a list.
const LIST: usize = 200;
