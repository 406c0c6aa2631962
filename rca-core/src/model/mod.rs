//! The words: events, investigations, links, findings, causes. Plain data without behaviour that
//! needs a store.

mod analysis;
mod change;
mod confidence;
mod dead_letter;
mod entity;
mod event;
mod finding;
mod habit;
mod id;
mod investigation;
mod link;
mod note;
mod references;
mod text;

pub use analysis::{
    Analysis, Cause, CauseKind, Evidence, EvidenceKind, InputSummary, Onset, PathStep,
    RankedEntity, RuledOut, TimelineEntry, Verdict,
};
pub use change::{Alert, Change, ChangeKind, StatusPost, attribute};
pub use confidence::{Confidence, Probability};
pub use dead_letter::{DeadLetter, DeadLetterCaps, DeadLetterCounts, DeadLetterId, NewDeadLetter};
pub use entity::{Entity, EntityKind};
pub use event::{Event, EventBuilder, EventType, Severity, Source};
pub use finding::{
    CallEdge, Direction, Finding, ImpactKind, ImpactShift, LogShift, MetricShift, StackFrame,
    TraceShift, TraceShiftKind,
};
pub use habit::{HabitShift, Step};
pub use id::{EventId, InvestigationId, NoteId};
pub use investigation::{Impact, Investigation, InvestigationBuilder, Priority, Status};
pub use link::{Edge, EdgeKind, Link, LinkKind, LinkReason, LinkRule};
pub use note::Note;
pub use references::References;
pub use text::{Tag, Title};
