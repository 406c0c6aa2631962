//! The words: events, investigations, links, findings, causes. Plain data without behaviour that
//! needs a store.

mod analysis;
mod audit;
mod change;
mod confidence;
mod dead_letter;
mod dossier;
mod entity;
mod event;
mod finding;
mod habit;
mod hypothesis;
mod id;
mod investigation;
mod link;
mod note;
mod references;
mod relation;
mod text;

pub use analysis::{
    Analysis, Cause, CauseKey, CauseKind, Evidence, EvidenceKind, InputSummary, Onset, PathStep,
    RankedEntity, RuledOut, TimelineEntry, Verdict,
};
pub use audit::{
    AuditEntry, AuditHead, AuditProblem, AuditSeal, Chain, Digest, FieldChange, FieldConflict,
};
pub(crate) use audit::{TOUCHED, baseline, changes, link_field, link_value, merged_with};
pub use change::{Alert, Change, ChangeKind, StatusPost, attribute};
pub use confidence::{Confidence, Probability};
pub use dead_letter::{DeadLetter, DeadLetterCaps, DeadLetterCounts, DeadLetterId, NewDeadLetter};
pub use dossier::Dossier;
pub use entity::{Entity, EntityKind};
pub use event::{Event, EventBuilder, EventType, Severity, Source};
pub use finding::{
    CallEdge, Direction, Finding, ImpactKind, ImpactShift, LogShift, MetricShift, StackFrame,
    TraceShift, TraceShiftKind,
};
pub use habit::{HabitShift, Step};
pub use hypothesis::{Argument, Hypothesis, HypothesisOrigin, HypothesisState, Side};
pub use id::{ArgumentId, EventId, HypothesisId, InvestigationId, NoteId};
pub use investigation::{Impact, Investigation, InvestigationBuilder, Priority, Status};
pub use link::{Edge, EdgeKind, Link, LinkKind, LinkReason, LinkRule};
pub use note::{About, Note};
pub use references::References;
pub use relation::{Relation, RelationKind};
pub(crate) use text::shorten;
pub use text::{Tag, Title};
