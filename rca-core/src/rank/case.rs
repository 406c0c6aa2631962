//! The case under judgement: all inputs as typed views, in canonical order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::model::{
    Alert, CallEdge, Change, ChangeKind, Entity, Event, EventId, Finding, HabitShift, ImpactShift,
    InvestigationId, LogShift, MetricShift, Severity, StackFrame, StatusPost, TraceShift,
};
use crate::rank::readings::Readings;
use crate::time::TimeRange;

/// What the judgement is about. Everything but `events` and `window` is optional.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// Changes, alerts, status posts and findings, in any order.
    pub events: &'a [Event],
    /// The time under study.
    pub window: TimeRange,
    /// What people saw, in words; the alerts' words when empty.
    pub symptom: &'a str,
    /// When it was surely bad, as people on call know it; the first alert's time when none.
    pub alarm: Option<DateTime<Utc>>,
    /// Code locations somebody already has, from a stack trace or a profile.
    pub frames: &'a [StackFrame],
    /// Who wrote the code around the frames, where somebody asked version control.
    pub blame: &'a [Blame],
    /// The investigation that the answer belongs to.
    pub investigation: Option<InvestigationId>,
    /// Diffs read by earlier analyses.
    pub readings: Option<&'a Readings>,
}

impl<'a> Inputs<'a> {
    /// Events in a window, nothing else known.
    #[must_use]
    pub fn new(events: &'a [Event], window: TimeRange) -> Self {
        Self {
            events,
            window,
            symptom: "",
            alarm: None,
            frames: &[],
            blame: &[],
            investigation: None,
            readings: None,
        }
    }
}

/// Lines around the frames that a commit was the last to write (`git blame`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// The commit.
    pub sha: String,
    /// How many.
    pub lines: u32,
}

/// A finding with the event it came from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen<T> {
    pub(super) event: EventId,
    pub(super) shift: T,
}

/// Typed views of all inputs, each in order of time, then id.
#[derive(Debug, Default)]
pub(super) struct Case<'e> {
    pub(super) changes: Vec<Change<'e>>,
    pub(super) titles: BTreeMap<EventId, &'e str>,
    pub(super) alerts: Vec<Alert>,
    pub(super) posts: Vec<StatusPost>,
    pub(super) metrics: Vec<Seen<MetricShift>>,
    pub(super) logs: Vec<Seen<LogShift>>,
    pub(super) traces: Vec<Seen<TraceShift>>,
    pub(super) impacts: Vec<Seen<ImpactShift>>,
    pub(super) habits: Vec<Seen<HabitShift>>,
    pub(super) edges: Vec<CallEdge>,
    pub(super) frames: Vec<StackFrame>,
    pub(super) blame: Vec<Blame>,
    pub(super) symptom: String,
    pub(super) alarm: Option<DateTime<Utc>>,
    pub(super) window: TimeRange,
    pub(super) counts: BTreeMap<String, u64>,
}

impl<'e> Case<'e> {
    pub(super) fn read(inputs: &Inputs<'e>) -> Self {
        let mut events: Vec<&Event> =
            inputs.events.iter().filter(|e| e.deleted_at().is_none()).collect();
        events.sort_by_key(|event| (event.timestamp(), event.id()));
        events.dedup_by_key(|event| event.id());

        let mut case = Self::default();
        for event in events {
            *case.counts.entry(event.source().as_str().to_owned()).or_default() += 1;
            case.take(event);
        }
        case.window = inputs.window;
        case.frames = frames(inputs.frames, &case.logs);
        case.blame = inputs.blame.to_vec();
        case.alarm = inputs.alarm.or_else(|| case.alerts.first().map(|alert| alert.fired_at));
        case.symptom = match inputs.symptom.trim() {
            "" => case.alerts.first().map(|alert| alert.text.clone()).unwrap_or_default(),
            said => said.to_owned(),
        };
        case
    }

    fn take(&mut self, event: &'e Event) {
        let id = event.id();
        if let Some(change) = Change::from_event(event) {
            self.titles.insert(id, event.title());
            self.changes.push(change);
        } else if let Some(alert) = Alert::from_event(event) {
            self.alerts.push(alert);
        } else if let Some(post) = StatusPost::from_event(event) {
            self.posts.push(post);
        } else if let Some(finding) = Finding::from_event(event) {
            match finding {
                Finding::MetricShift(shift) => self.metrics.push(Seen { event: id, shift }),
                Finding::LogShift(shift) => self.logs.push(Seen { event: id, shift }),
                Finding::TraceShift(shift) => self.traces.push(Seen { event: id, shift }),
                Finding::CallEdge(edge) => self.edges.push(edge),
                Finding::Impact(shift) => self.impacts.push(Seen { event: id, shift }),
                Finding::Habit(shift) => self.habits.push(Seen { event: id, shift }),
            }
        }
    }

    /// The entity that the first alert names.
    pub(super) fn alerted(&self) -> Option<&Entity> {
        self.alerts.iter().find_map(|alert| alert.entity.as_ref())
    }

    /// Whether the first alert's words name an entity.
    pub(super) fn alert_names(&self, entity: &Entity) -> bool {
        entity.name.len() > 2
            && self.alerts.first().is_some_and(|alert| {
                alert
                    .text
                    .split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)))
                    .any(|word| word == entity.name)
            })
    }

    /// Every entity that anything is about, in order.
    pub(super) fn entities(&self) -> BTreeSet<Entity> {
        let changes = self
            .changes
            .iter()
            .filter(|change| !matches!(change.kind, ChangeKind::Commit { .. }))
            .filter_map(|change| change.entity.cloned());
        changes
            .chain(self.alerts.iter().filter_map(|alert| alert.entity.clone()))
            .chain(self.metrics.iter().map(|seen| seen.shift.entity.clone()))
            .chain(self.logs.iter().map(|seen| seen.shift.entity.clone()))
            .chain(self.traces.iter().map(|seen| seen.shift.entity.clone()))
            .chain(self.edges.iter().flat_map(|edge| [edge.caller.clone(), edge.callee.clone()]))
            .collect()
    }

    /// Whether any telemetry moved.
    pub(super) fn has_findings(&self) -> bool {
        !(self.metrics.is_empty() && self.logs.is_empty() && self.traces.is_empty())
    }
}

/// Given frames first, then those that alarming new log lines name.
fn frames(given: &[StackFrame], logs: &[Seen<LogShift>]) -> Vec<StackFrame> {
    add_frames(given, logs.iter().map(|seen| &seen.shift))
}

/// The code locations that an analysis goes by: those that somebody has, then those in the findings. What
/// [`Inputs::blame`] is to be asked about.
#[must_use]
pub fn frames_of(given: &[StackFrame], findings: &[Event]) -> Vec<StackFrame> {
    let shifts: Vec<LogShift> = findings
        .iter()
        .filter_map(|event| match Finding::from_event(event) {
            Some(Finding::LogShift(shift)) => Some(shift),
            _ => None,
        })
        .collect();
    add_frames(given, shifts.iter())
}

fn add_frames<'a>(
    given: &[StackFrame],
    shifts: impl Iterator<Item = &'a LogShift>,
) -> Vec<StackFrame> {
    let mut frames = given.to_vec();
    for frame in shifts.filter(|shift| shift.severity >= Severity::Medium).flat_map(|s| &s.frames) {
        if !frames.contains(frame) {
            frames.push(frame.clone());
        }
    }
    frames
}
