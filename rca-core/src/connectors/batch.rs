//! What a connector hands over.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::ReadReport;
use crate::model::{Event, EventId};
use crate::signal::Telemetry;

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
