//! What a connector hands over.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::report::InputReport;
use super::{Limits, ReadReport, names};
use crate::model::{Entity, Event, EventId};
use crate::signal::Telemetry;
use crate::time::{TimeRange, from_nanos};

/// Events, signals, and the account of how they were read.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// What happened.
    pub events: Vec<Event>,
    /// What was measured.
    pub telemetry: Telemetry,
    /// What was read and what was not.
    pub report: ReadReport,
}

impl Batch {
    /// Puts events (by time, then id) and telemetry into their canonical order.
    pub fn sort(&mut self) {
        self.events.sort_by_key(|event| (event.timestamp(), event.id()));
        self.telemetry.sort();
    }

    /// Takes what was read of one input: its secrets are blotted out, its account says what it is about and when.
    ///
    /// Of the same event in two inputs the first stays.
    pub(super) fn admit(&mut self, mut input: Self, mut report: InputReport, limits: &Limits) {
        input.settle(&mut report, limits);
        if self.events.is_empty() {
            self.events = input.events;
        } else {
            let mut events = Events::new(&mut self.events);
            for event in input.events {
                if !events.push(event) {
                    report.note(KNOWN);
                }
            }
        }
        self.telemetry.append(input.telemetry);
        self.report.inputs.push(report);
    }

    /// Blots out secrets, gives attributes their usual names, and adds to the account what this is about and when.
    pub(super) fn settle(&mut self, report: &mut InputReport, limits: &Limits) {
        names::normalize(self);
        for (rule, count) in limits.redaction.batch(self) {
            *report.redacted.entry(rule).or_default() += count;
        }
        report.entities.append(&mut self.entities());
        report.covers = match (report.covers, self.covers()) {
            (Some(one), Some(other)) => {
                Some(TimeRange { start: one.start.min(other.start), end: one.end.max(other.end) })
            }
            (one, other) => one.or(other),
        };
    }

    /// Takes everything of another read. Of two events with the same identity the one that knows more (has more
    /// attributes) stays.
    pub fn add(&mut self, mut other: Self) {
        self.telemetry.append(std::mem::take(&mut other.telemetry));
        self.add_events(other);
    }

    /// From the first to the last moment of anything in it.
    #[must_use]
    pub fn covers(&self) -> Option<TimeRange> {
        let events = self.events.iter().map(Event::timestamp);
        let signals = self.telemetry.extent().into_iter().flat_map(|(first, last)| [first, last]);
        let range =
            events.chain(signals.map(from_nanos)).fold(None, |range, time| {
                Some(range.map_or((time, time), |(first, last): (_, _)| {
                    (time.min(first), time.max(last))
                }))
            });
        range.map(|(start, end)| TimeRange { start, end })
    }

    /// Everything that anything in it is about; what belongs to nobody is left out.
    #[must_use]
    pub fn entities(&self) -> BTreeSet<Entity> {
        let events = self.events.iter().filter_map(|event| event.entity().cloned());
        let mut all: BTreeSet<Entity> = events.chain(self.telemetry.entities()).collect();
        all.retain(|entity| !entity.name.is_empty());
        all
    }

    /// Takes the events and the account of another read, whose telemetry (a repository has none) is left.
    ///
    /// Of two events with the same identity the one that knows more (has more attributes) stays.
    pub fn add_events(&mut self, other: Self) {
        let mut place: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (index, event) in self.events.iter().enumerate() {
            place.extend(identity(event).1.map(|key| (key, index)));
        }
        for event in other.events {
            let known = identity(&event)
                .1
                .and_then(|key| place.get(&key))
                .and_then(|&at| self.events.get_mut(at));
            match known {
                Some(known) if known.data().len() >= event.data().len() => {}
                Some(known) => *known = event,
                None => self.events.push(event),
            }
        }
        self.report.merge(other.report);
    }
}

/// Counted for every event that was there already.
pub(super) const KNOWN: &str = "records with the same identity: the first was kept";

/// Takes the events of one input; of two with the same identity the first wins.
pub(super) struct Events<'a> {
    events: &'a mut Vec<Event>,
    seen: FxHashSet<EventId>,
    ids: FxHashSet<(String, String)>,
}

impl<'a> Events<'a> {
    pub(super) fn new(events: &'a mut Vec<Event>) -> Self {
        let mut taken = Self { events, seen: FxHashSet::default(), ids: FxHashSet::default() };
        for index in 0..taken.events.len() {
            if let Some((id, key)) = taken.events.get(index).map(identity) {
                taken.seen.insert(id);
                taken.ids.extend(key);
            }
        }
        taken
    }

    /// Whether the event was new.
    pub(super) fn push(&mut self, event: Event) -> bool {
        let (id, key) = identity(&event);
        let fresh = self.seen.insert(id) & key.is_none_or(|key| self.ids.insert(key));
        if fresh {
            self.events.push(event);
        }
        fresh
    }
}

fn identity(event: &Event) -> (EventId, Option<(String, String)>) {
    let key = event.source_id().map(|id| (event.source().as_str().to_owned(), id.to_owned()));
    (event.id(), key)
}
