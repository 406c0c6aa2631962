//! Events: making, storing, reading.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rca_core::model::{Entity, Event, EventId, Finding, Severity, Source};
use rca_core::store::{Appended, Deleted, Order, Scan};
use rca_core::time::TimeRange;
use rca_core::{Error, Result, Workspace};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{json, misread, parsed};

/// The fields of a new event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    timestamp: DateTime<Utc>,
    source: Source,
    event_type: String,
    title: String,
    severity: Option<Severity>,
    entity: Option<Entity>,
    body: Option<String>,
    #[serde(default)]
    data: Map<String, Value>,
    #[serde(default)]
    tags: Vec<String>,
    source_id: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Draft {
    fn build(self) -> Result<Event> {
        let mut event = Event::builder(self.timestamp, self.source, &self.event_type, &self.title)
            .with_data(self.data);
        if let Some(severity) = self.severity {
            event = event.with_severity(severity);
        }
        if let Some(entity) = self.entity {
            event = event.with_entity(entity);
        }
        if let Some(body) = self.body {
            event = event.with_body(body);
        }
        if let Some(id) = self.source_id {
            event = event.with_source_id(id);
        }
        event = self.tags.into_iter().fold(event, |event, tag| event.with_tag(tag));
        event = self.metadata.into_iter().fold(event, |event, (k, v)| event.with_metadata(k, v));
        event.build()
    }
}

/// Checks the fields of an event and gives it its identity.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for fields that make no event.
pub fn new_event(draft: &str) -> Result<String> {
    json(&parsed::<Draft>("event", draft)?.build()?)
}

/// What a detector saw, from the event it became; none for other events.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for text that is no event.
pub fn finding(event: &str) -> Result<Option<String>> {
    let event: Event = parsed("event", event)?;
    Finding::from_event(&event).map(|finding| json(&finding)).transpose()
}

/// Events of a JSON array, or of one JSON object a line. An object with an `id` is an event as this library writes it,
/// one without is a new event.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] that names the line (or the place in the array) of the first that is none.
pub fn many(text: &str) -> Result<Vec<Event>> {
    if text.trim_start().starts_with('[') {
        // What this library wrote is read at once; drafts, and what is wrong, one by one.
        if let Ok(events) = serde_json::from_str(text) {
            return Ok(events);
        }
        let all: Vec<Value> = parsed("events", text)?;
        let one = |(at, value): (usize, Value)| {
            let what = || format!("events[{at}]");
            one(value, |error| misread(&what(), &error, 0)).map_err(|e| located(e, &what(), None))
        };
        return all.into_iter().enumerate().map(one).collect();
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(above, line)| {
            let above = above as u64;
            let wrong = |error| misread("events", &error, above);
            let value = serde_json::from_str(line).map_err(wrong)?;
            one(value, wrong).map_err(|error| located(error, "events", Some(above + 1)))
        })
        .collect()
}

fn one(value: Value, wrong: impl Fn(serde_json::Error) -> Error) -> Result<Event> {
    if value.get("id").is_some() {
        return serde_json::from_value(value).map_err(wrong);
    }
    serde_json::from_value::<Draft>(value).map_err(wrong)?.build()
}

/// An error about a value of a record says which record.
fn located(error: Error, input: &str, line: Option<u64>) -> Error {
    let reason = match &error {
        Error::InvalidInput { place, reason } if place.line.is_none() || line.is_none() => {
            reason.clone()
        }
        Error::InvalidInput { .. } => return error,
        other => other.to_string(),
    };
    Error::invalid(
        rca_core::Place { input: Some(input.to_owned()), line, ..Default::default() },
        reason,
    )
}

/// Stores events of [`many`]; says which are new and which were known.
///
/// # Errors
///
/// As [`many`] and [`Workspace::ingest`]; nothing is stored then.
pub fn ingest(workspace: &Workspace, events: &str) -> Result<String> {
    json(&appended(&workspace.ingest(many(events)?)?))
}

/// What storing did.
#[must_use]
pub fn appended(appended: &Appended) -> Value {
    let accepted: Vec<String> = appended.accepted.iter().map(|(id, _)| id.to_string()).collect();
    let duplicates: Vec<Value> = appended
        .duplicates
        .iter()
        .map(|known| json!({"index": known.index, "existing": known.existing}))
        .collect();
    json!({"accepted": accepted, "duplicates": duplicates})
}

/// From one end to the other, where at least one is given.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] when the end lies before the start.
pub fn range(
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
) -> Result<Option<TimeRange>> {
    match (start, end) {
        (None, None) => Ok(None),
        (start, end) => {
            let first = start.unwrap_or(DateTime::<Utc>::MIN_UTC);
            TimeRange::new(first, end.unwrap_or(DateTime::<Utc>::MAX_UTC)).map(Some)
        }
    }
}

/// Which events to walk through.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    newest_first: bool,
    deleted: bool,
    after: Option<(DateTime<Utc>, EventId)>,
}

/// Documents one after another.
pub type Documents = Box<dyn Iterator<Item = Result<String>> + Send>;

/// Events in order of time, as they stand now.
///
/// # Errors
///
/// As [`Workspace::events`].
pub fn events(workspace: &Workspace, wanted: &str) -> Result<Documents> {
    let wanted: Wanted = parsed("scan", wanted)?;
    let scan = Scan {
        range: range(wanted.start, wanted.end)?,
        order: if wanted.newest_first { Order::NewestFirst } else { Order::OldestFirst },
        deleted: if wanted.deleted { Deleted::Show } else { Deleted::Hide },
        after: wanted.after,
    };
    Ok(Box::new(workspace.events(&scan)?.map(|event| json(&event?))))
}

/// Many events in the order asked for; null for those that are not there.
///
/// # Errors
///
/// As [`Workspace::events_by_id`].
pub fn by_id(workspace: &Workspace, ids: &str) -> Result<String> {
    json(&workspace.events_by_id(&parsed::<Vec<EventId>>("ids", ids)?)?)
}
