//! Investigations as bytes.

use serde::{Deserialize, Serialize};

use super::code::Code;
use super::{invalid, nanos_of, read, seal, time_of, unknown, unseal};
use crate::error::{Error, Result};
use crate::model::{
    About, Argument, ArgumentId, CauseKey, Confidence, EdgeKind, EventId, Hypothesis, HypothesisId,
    HypothesisOrigin, HypothesisState, Impact, Investigation, InvestigationId, Note, NoteId,
    Priority, Relation, RelationKind, Side, Status, Tag, Title,
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

/// Version 2: version 1 with nothing in its notes and relations, and what took their place. Frozen.
#[derive(Serialize, Deserialize)]
struct InvestigationV2 {
    base: InvestigationV1,
    notes: Vec<NoteV2>,
    related: Vec<RelationV2>,
    hypotheses: Vec<HypothesisV2>,
    acknowledged_at: Option<i64>,
}

/// Version 2. Frozen; new kinds go to the end.
#[derive(Serialize, Deserialize)]
enum AboutV2 {
    Investigation,
    Event([u8; 16]),
    Edge([u8; 16], [u8; 16], u8),
    Cause(String),
    Note([u8; 16]),
}

/// Version 2. Frozen.
#[derive(Serialize, Deserialize)]
struct NoteV2 {
    id: [u8; 16],
    time: i64,
    author: Option<String>,
    text: String,
    about: AboutV2,
}

/// Version 2. Frozen.
#[derive(Serialize, Deserialize)]
struct RelationV2 {
    investigation: [u8; 16],
    kind: u8,
    confidence: f64,
    reasons: Vec<String>,
    author: Option<String>,
    time: i64,
}

/// Version 2. Frozen.
#[derive(Serialize, Deserialize)]
struct HypothesisV2 {
    id: [u8; 16],
    text: String,
    state: u8,
    origin: u8,
    author: Option<String>,
    time: i64,
    about: AboutV2,
    evidence: Vec<ArgumentV2>,
}

/// Version 2. Frozen.
#[derive(Serialize, Deserialize)]
struct ArgumentV2 {
    id: [u8; 16],
    side: u8,
    about: AboutV2,
    text: String,
    author: Option<String>,
    time: i64,
}

/// An investigation as a record.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] when a time does not fit nanoseconds.
pub fn encode_investigation(case: &Investigation) -> Result<Vec<u8>> {
    let base = InvestigationV1 {
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
        related: Vec::new(),
        notes: Vec::new(),
        created_by: case.created_by.clone(),
        assigned_to: case.assigned_to.clone(),
        window: (checked_nanos(case.window.start)?, checked_nanos(case.window.end)?),
        created_at: checked_nanos(case.created_at)?,
        updated_at: checked_nanos(case.updated_at)?,
        deleted_at: nanos_of(case.deleted_at)?,
        revision: case.revision,
    };
    let record = InvestigationV2 {
        base,
        notes: case.notes.iter().map(NoteV2::new).collect::<Result<_>>()?,
        related: case.related.iter().map(RelationV2::new).collect::<Result<_>>()?,
        hypotheses: case.hypotheses.iter().map(HypothesisV2::new).collect::<Result<_>>()?,
        acknowledged_at: nanos_of(case.acknowledged_at)?,
    };
    seal(WHAT, 2, &record)
}

/// The investigation in a record of any version.
///
/// # Errors
///
/// As for [`decode_event`](super::decode_event).
pub fn decode_investigation(bytes: &[u8]) -> Result<Investigation> {
    match unseal(WHAT, 2, bytes)? {
        (1, payload) => read::<InvestigationV1>(WHAT, payload)?.into_investigation(),
        (2, payload) => read::<InvestigationV2>(WHAT, payload)?.into_investigation(),
        (version, _) => Err(unknown(WHAT, version)),
    }
}

impl InvestigationV1 {
    fn into_investigation(self) -> Result<Investigation> {
        let window = TimeRange::new(from_nanos(self.window.0), from_nanos(self.window.1));
        let related = |id: &[u8; 16]| {
            let id = InvestigationId::from_bytes(*id);
            Relation::manual(id, None, from_nanos(self.updated_at))
        };
        Ok(Investigation {
            id: InvestigationId::from_bytes(self.id),
            title: Title::new(&self.title).map_err(invalid(WHAT))?,
            description: self.description,
            status: Status::read(WHAT, self.status)?,
            impact_severity: Impact::read(WHAT, self.impact_severity)?,
            priority: Priority::read(WHAT, self.priority)?,
            detected_at: from_nanos(self.detected_at),
            started_at: time_of(self.started_at),
            // Version 1 does not know it.
            acknowledged_at: None,
            resolved_at: time_of(self.resolved_at),
            root_cause: self.root_cause,
            remediation: self.remediation,
            lessons_learned: self.lessons_learned,
            component_affected: self.component_affected,
            service_affected: self.service_affected,
            tags: self.tags.iter().map(Tag::new).collect::<Result<_>>().map_err(invalid(WHAT))?,
            related: self.related.iter().map(related).collect(),
            notes: self.notes.into_iter().map(NoteV1::into_note).collect(),
            hypotheses: Vec::new(),
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
    fn into_note(self) -> Note {
        Note {
            id: NoteId::from_bytes(self.id),
            time: from_nanos(self.time),
            author: self.author,
            text: self.text,
            about: self.event.map(EventId::from_bytes).into(),
        }
    }
}

impl InvestigationV2 {
    fn into_investigation(self) -> Result<Investigation> {
        let mut case = self.base.into_investigation()?;
        case.acknowledged_at = time_of(self.acknowledged_at);
        case.notes = self.notes.into_iter().map(NoteV2::into_note).collect::<Result<_>>()?;
        case.related =
            self.related.into_iter().map(RelationV2::into_relation).collect::<Result<_>>()?;
        case.hypotheses = self
            .hypotheses
            .into_iter()
            .map(HypothesisV2::into_hypothesis)
            .collect::<Result<_>>()?;
        Ok(case)
    }
}

impl AboutV2 {
    fn new(about: &About) -> Self {
        match about {
            About::Investigation => Self::Investigation,
            About::Event { event } => Self::Event(event.to_bytes()),
            About::Edge { from, to, relation } => {
                Self::Edge(from.to_bytes(), to.to_bytes(), relation.code())
            }
            About::Cause { cause } => Self::Cause(cause.as_str().to_owned()),
            About::Note { note } => Self::Note(note.to_bytes()),
        }
    }

    fn into_about(self) -> Result<About> {
        Ok(match self {
            Self::Investigation => About::Investigation,
            Self::Event(event) => About::Event { event: EventId::from_bytes(event) },
            Self::Edge(from, to, relation) => About::Edge {
                from: EventId::from_bytes(from),
                to: EventId::from_bytes(to),
                relation: EdgeKind::read(WHAT, relation)?,
            },
            Self::Cause(cause) => {
                About::Cause { cause: CauseKey::new(cause).map_err(invalid(WHAT))? }
            }
            Self::Note(note) => About::Note { note: NoteId::from_bytes(note) },
        })
    }
}

impl NoteV2 {
    fn new(note: &Note) -> Result<Self> {
        Ok(Self {
            id: note.id.to_bytes(),
            time: checked_nanos(note.time)?,
            author: note.author.clone(),
            text: note.text.clone(),
            about: AboutV2::new(&note.about),
        })
    }

    fn into_note(self) -> Result<Note> {
        Ok(Note {
            id: NoteId::from_bytes(self.id),
            time: from_nanos(self.time),
            author: self.author,
            text: self.text,
            about: self.about.into_about()?,
        })
    }
}

impl RelationV2 {
    fn new(relation: &Relation) -> Result<Self> {
        Ok(Self {
            investigation: relation.investigation.to_bytes(),
            kind: relation.kind.code(),
            confidence: relation.confidence.value(),
            reasons: relation.reasons.clone(),
            author: relation.author.clone(),
            time: checked_nanos(relation.time)?,
        })
    }

    fn into_relation(self) -> Result<Relation> {
        Ok(Relation {
            investigation: InvestigationId::from_bytes(self.investigation),
            kind: RelationKind::read(WHAT, self.kind)?,
            confidence: Confidence::try_from(self.confidence).map_err(invalid(WHAT))?,
            reasons: self.reasons,
            author: self.author,
            time: from_nanos(self.time),
        })
    }
}

impl HypothesisV2 {
    fn new(hypothesis: &Hypothesis) -> Result<Self> {
        Ok(Self {
            id: hypothesis.id.to_bytes(),
            text: hypothesis.text.clone(),
            state: hypothesis.state.code(),
            origin: hypothesis.origin.code(),
            author: hypothesis.author.clone(),
            time: checked_nanos(hypothesis.time)?,
            about: AboutV2::new(&hypothesis.about),
            evidence: hypothesis.evidence.iter().map(ArgumentV2::new).collect::<Result<_>>()?,
        })
    }

    fn into_hypothesis(self) -> Result<Hypothesis> {
        Ok(Hypothesis {
            id: HypothesisId::from_bytes(self.id),
            text: self.text,
            state: HypothesisState::read(WHAT, self.state)?,
            origin: HypothesisOrigin::read(WHAT, self.origin)?,
            author: self.author,
            time: from_nanos(self.time),
            about: self.about.into_about()?,
            evidence: (self.evidence.into_iter())
                .map(ArgumentV2::into_argument)
                .collect::<Result<_, Error>>()?,
        })
    }
}

impl ArgumentV2 {
    fn new(argument: &Argument) -> Result<Self> {
        Ok(Self {
            id: argument.id.to_bytes(),
            side: argument.side.code(),
            about: AboutV2::new(&argument.about),
            text: argument.text.clone(),
            author: argument.author.clone(),
            time: checked_nanos(argument.time)?,
        })
    }

    fn into_argument(self) -> Result<Argument> {
        Ok(Argument {
            id: ArgumentId::from_bytes(self.id),
            side: Side::read(WHAT, self.side)?,
            about: self.about.into_about()?,
            text: self.text,
            author: self.author,
            time: from_nanos(self.time),
        })
    }
}
