//! Investigations as bytes.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::{invalid, nanos_of, read, seal, time_of, unknown, unseal};
use crate::error::Result;
use crate::model::{
    EventId, Impact, Investigation, InvestigationId, Note, NoteId, Priority, Status, Tag, Title,
};
use crate::time::{TimeRange, checked_nanos, from_nanos};

const WHAT: &str = "investigation record";

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct InvestigationV1 {
    id: [u8; 16],
    title: String,
    description: String,
    status: u8,
    impact_severity: u8,
    priority: u8,
    detected_at: i64,
    started_at: Option<i64>,
    resolved_at: Option<i64>,
    root_cause: Option<String>,
    remediation: Option<String>,
    lessons_learned: Option<String>,
    component_affected: Option<String>,
    service_affected: Option<String>,
    tags: Vec<String>,
    related: Vec<[u8; 16]>,
    notes: Vec<NoteV1>,
    created_by: Option<String>,
    assigned_to: Option<String>,
    window: (i64, i64),
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
    revision: u64,
}

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct NoteV1 {
    id: [u8; 16],
    time: i64,
    author: Option<String>,
    text: String,
    event: Option<[u8; 16]>,
}

/// An investigation as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds.
pub fn encode_investigation(case: &Investigation) -> Result<Vec<u8>> {
    let record = InvestigationV1 {
        id: case.id.to_bytes(),
        title: case.title.as_str().to_owned(),
        description: case.description.clone(),
        status: case.status.code(),
        impact_severity: case.impact_severity.code(),
        priority: case.priority.code(),
        detected_at: checked_nanos(case.detected_at)?,
        started_at: nanos_of(case.started_at)?,
        resolved_at: nanos_of(case.resolved_at)?,
        root_cause: case.root_cause.clone(),
        remediation: case.remediation.clone(),
        lessons_learned: case.lessons_learned.clone(),
        component_affected: case.component_affected.clone(),
        service_affected: case.service_affected.clone(),
        tags: case.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
        related: case.related.iter().map(|id| id.to_bytes()).collect(),
        notes: case.notes.iter().map(NoteV1::new).collect::<Result<_>>()?,
        created_by: case.created_by.clone(),
        assigned_to: case.assigned_to.clone(),
        window: (checked_nanos(case.window.start)?, checked_nanos(case.window.end)?),
        created_at: checked_nanos(case.created_at)?,
        updated_at: checked_nanos(case.updated_at)?,
        deleted_at: nanos_of(case.deleted_at)?,
        revision: case.revision,
    };
    seal(WHAT, 1, &record)
}

/// The investigation in a record of any version.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_investigation(bytes: &[u8]) -> Result<Investigation> {
    match unseal(WHAT, 1, bytes)? {
        (1, payload) => read::<InvestigationV1>(WHAT, payload)?.into_investigation(),
        (version, _) => Err(unknown(WHAT, version)),
    }
}

impl InvestigationV1 {
    fn into_investigation(self) -> Result<Investigation> {
        let window = TimeRange::new(from_nanos(self.window.0), from_nanos(self.window.1));
        Ok(Investigation {
            id: InvestigationId::from_bytes(self.id),
            title: Title::new(&self.title).map_err(invalid(WHAT))?,
            description: self.description,
            status: Status::read(WHAT, self.status)?,
            impact_severity: Impact::read(WHAT, self.impact_severity)?,
            priority: Priority::read(WHAT, self.priority)?,
            detected_at: from_nanos(self.detected_at),
            started_at: time_of(self.started_at),
            resolved_at: time_of(self.resolved_at),
            root_cause: self.root_cause,
            remediation: self.remediation,
            lessons_learned: self.lessons_learned,
            component_affected: self.component_affected,
            service_affected: self.service_affected,
            tags: self.tags.iter().map(Tag::new).collect::<Result<_>>().map_err(invalid(WHAT))?,
            related: self.related.into_iter().map(InvestigationId::from_bytes).collect(),
            notes: self.notes.into_iter().map(NoteV1::into_note).collect(),
            created_by: self.created_by,
            assigned_to: self.assigned_to,
            window: window.map_err(invalid(WHAT))?,
            created_at: from_nanos(self.created_at),
            updated_at: from_nanos(self.updated_at),
            deleted_at: time_of(self.deleted_at),
            revision: self.revision,
        })
    }
}

impl NoteV1 {
    fn new(note: &Note) -> Result<Self> {
        Ok(Self {
            id: note.id.to_bytes(),
            time: checked_nanos(note.time)?,
            author: note.author.clone(),
            text: note.text.clone(),
            event: note.event.map(EventId::to_bytes),
        })
    }

    fn into_note(self) -> Note {
        Note {
            id: NoteId::from_bytes(self.id),
            time: from_nanos(self.time),
            author: self.author,
            text: self.text,
            event: self.event.map(EventId::from_bytes),
        }
    }
}
