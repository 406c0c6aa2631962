//! Events as bytes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::code::Code;
use super::{damaged, invalid, nanos_of, read, seal, time_of, unknown, unseal};
use crate::error::{Error, Result};
use crate::model::{Entity, Event, EventId, EventType, Severity, Source, Tag, Title};
use crate::time::{checked_nanos, from_nanos};

const WHAT: &str = "event record";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct EventV1<'a> {
    id: [u8; 16],
    #[serde(with = "postcard::fixint::le")]
    timestamp: i64,
    source: &'a str,
    event_type: &'a str,
    severity: u8,
    entity: Option<(u8, &'a str)>,
    title: &'a str,
    body: &'a str,
    /// JSON; empty for an empty map. postcard can't hold values that describe themselves.
    #[serde(borrow)]
    data: Cow<'a, str>,
    tags: Vec<&'a str>,
    source_id: Option<&'a str>,
    parsed_at: Option<i64>,
    linked_at: Option<i64>,
    metadata: Vec<(&'a str, &'a str)>,
    deleted_at: Option<i64>,
}

/// An event as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds.
pub fn encode_event(event: &Event) -> Result<Vec<u8>> {
    let data = match event.data.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&event.data)
            .map_err(|error| Error::Internal(format!("event data: {error}")))?,
    };
    let record = EventV1 {
        id: event.id.to_bytes(),
        timestamp: checked_nanos(event.timestamp)?,
        source: event.source.as_str(),
        event_type: event.event_type.as_str(),
        severity: event.severity.code(),
        entity: event.entity.as_ref().map(|e| (e.kind.code(), e.name.as_str())),
        title: event.title.as_str(),
        body: &event.body,
        data: Cow::Owned(data),
        tags: event.tags.iter().map(Tag::as_str).collect(),
        source_id: event.source_id.as_deref(),
        parsed_at: nanos_of(event.parsed_at)?,
        linked_at: nanos_of(event.linked_at)?,
        metadata: event.metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect(),
        deleted_at: nanos_of(event.deleted_at)?,
    };
    seal(WHAT, 1, &record)
}

/// The event in a record of any version.
///
/// # Errors
///
/// [`Error::Corrupt`] for bytes that are none, [`Error::TooNew`] for a version we do not know.
pub fn decode_event(bytes: &[u8]) -> Result<Event> {
    record(bytes)?.into_event()
}

/// Whose record it is, and its title and body on a line each: what a snippet is cut from.
///
/// # Errors
///
/// As [`decode_event`], but for fields that it does not look at.
pub fn decode_event_text(bytes: &[u8]) -> Result<(EventId, String)> {
    let event = record(bytes)?;
    Ok((EventId::from_bytes(event.id), [event.title, event.body].join("\n")))
}

fn record(bytes: &[u8]) -> Result<EventV1<'_>> {
    match unseal(WHAT, 1, bytes)? {
        (1, payload) => read(WHAT, payload),
        (version, _) => Err(unknown(WHAT, version)),
    }
}

impl EventV1<'_> {
    fn into_event(self) -> Result<Event> {
        let entity = match self.entity {
            None => None,
            Some((kind, name)) => Some(Entity::new(Code::read(WHAT, kind)?, name)),
        };
        let data = match self.data.as_ref() {
            "" => Map::new(),
            json => serde_json::from_str(json).map_err(|error| damaged(WHAT, error.to_string()))?,
        };
        Ok(Event {
            id: EventId::from_bytes(self.id),
            timestamp: from_nanos(self.timestamp),
            source: Source::from(self.source),
            event_type: EventType::new(self.event_type).map_err(invalid(WHAT))?,
            severity: Severity::read(WHAT, self.severity)?,
            entity,
            title: Title::new(self.title).map_err(invalid(WHAT))?,
            body: self.body.to_owned(),
            data,
            tags: self.tags.iter().map(Tag::new).collect::<Result<_>>().map_err(invalid(WHAT))?,
            source_id: self.source_id.map(str::to_owned),
            investigations: Vec::new(),
            parsed_at: time_of(self.parsed_at),
            linked_at: time_of(self.linked_at),
            metadata: (self.metadata.iter())
                .map(|&(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            deleted_at: time_of(self.deleted_at),
        })
    }
}
