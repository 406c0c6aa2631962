//! Which events and entities the answer rests on, most telling first.

use std::collections::{BTreeMap, BTreeSet};

use super::Subject;
use crate::model::{Alert, Cause, Entity, Event, EventId};

/// What the answer names, in the order in which a reader would ask for it.
#[derive(Debug)]
pub(super) struct Focus<'a> {
    /// Events with their place in the order.
    places: BTreeMap<EventId, usize>,
    /// Entities likewise.
    entities: BTreeMap<Entity, usize>,
    by_id: BTreeMap<EventId, &'a Event>,
    /// When it began, else the middle of the window: what is near it matters more.
    pub(super) moment: i64,
}

impl<'a> Focus<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        let analysis = subject.analysis;
        let middle = analysis.window.start + analysis.window.duration() / 2;
        let mut focus = Self {
            places: BTreeMap::new(),
            entities: BTreeMap::new(),
            by_id: subject.events.iter().map(|event| (event.id(), event)).collect(),
            moment: super::millis(analysis.onset.as_ref().map_or(middle, |onset| onset.time)),
        };
        for cause in &analysis.causes {
            focus.add_cause(cause);
        }
        focus.add_entities(&analysis.first_failing);
        focus.add_entities(&analysis.blast_radius);
        let alerts: BTreeSet<EventId> = subject
            .events
            .iter()
            .filter(|event| Alert::from_event(event).is_some())
            .map(Event::id)
            .collect();
        focus.add_events(alerts);
        focus.add_events(analysis.timeline.iter().filter_map(|entry| entry.event));
        for entity in &analysis.entities {
            focus.add_entities([&entity.entity]);
            focus.add_events(entity.evidence.iter().flat_map(|piece| piece.events.clone()));
        }
        focus.add_events(analysis.ruled_out.iter().filter_map(|cleared| cleared.event));
        focus
    }

    fn add_cause(&mut self, cause: &Cause) {
        self.add_events(cause.event);
        self.add_entities(&cause.entity);
        self.add_events(cause.path.iter().filter_map(|step| step.event));
        self.add_entities(cause.path.iter().filter_map(|step| step.entity.as_ref()));
        let evidence = cause.evidence_for.iter().chain(&cause.evidence_against);
        self.add_events(evidence.flat_map(|piece| piece.events.clone()));
    }

    fn add_events(&mut self, ids: impl IntoIterator<Item = EventId>) {
        for id in ids {
            let next = self.places.len();
            if let Some(event) = self.by_id.get(&id) {
                self.places.entry(id).or_insert(next);
                if let Some(entity) = event.entity() {
                    let next = self.entities.len();
                    self.entities.entry(entity.clone()).or_insert(next);
                }
            }
        }
    }

    fn add_entities<'e>(&mut self, entities: impl IntoIterator<Item = &'e Entity>) {
        for entity in entities {
            let next = self.entities.len();
            self.entities.entry(entity.clone()).or_insert(next);
        }
    }

    /// The place of an event; far behind when the answer does not name it.
    pub(super) fn place(&self, event: EventId) -> usize {
        self.places.get(&event).copied().unwrap_or(usize::MAX)
    }

    /// The place of an entity, likewise.
    pub(super) fn entity_place(&self, entity: &Entity) -> usize {
        self.entities.get(entity).copied().unwrap_or(usize::MAX)
    }

    /// Every event: named ones in order, then the worst, then what is near the onset.
    pub(super) fn ordered(&self) -> Vec<&'a Event> {
        let mut events: Vec<&Event> = self.by_id.values().copied().collect();
        events.sort_by_cached_key(|event| {
            let away = super::millis(event.timestamp()).abs_diff(self.moment);
            (self.place(event.id()), std::cmp::Reverse(event.severity()), away, event.id())
        });
        events
    }

    /// How many events the answer names.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}
