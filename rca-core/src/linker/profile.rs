//! What an investigation is about, in the terms that events are compared by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::words::{hashes, words};
use crate::model::{Event, EventId, Investigation, InvestigationId, Source, attribute};
use crate::time::TimeRange;

/// What an investigation and its linked events say about themselves.
///
/// Pass the events that people linked, and the alerts that opened the case. Links that the linker
/// made itself are better left out: each would make the next one look more familiar.
#[derive(Clone, PartialEq)]
pub struct CaseProfile {
    pub(super) investigation: InvestigationId,
    /// The time under study.
    pub(super) window: TimeRange,
    /// The incident as far as it is known; lies in the window unless people said otherwise.
    pub(super) incident: TimeRange,
    pub(super) entities: Known,
    pub(super) tags: BTreeSet<String>,
    pub(super) traces: Known,
    pub(super) commits: Known,
    pub(super) words: Known,
}

/// Things a case is known by, in lower case, and who says so.
#[derive(Clone, PartialEq, Default)]
pub(super) struct Known(BTreeMap<String, Vec<Mention>>);

/// That somebody names a thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mention {
    /// How much the thing is what the case is about, 0 to 1.
    pub(super) weight: f64,
    /// The event that names it; none for the investigation itself.
    event: Option<EventId>,
    /// Who that is, in words.
    pub(super) by: &'static str,
}

impl Known {
    fn add(&mut self, thing: &str, mention: Mention) {
        if !thing.is_empty() {
            self.0.entry(thing.to_lowercase()).or_default().push(mention);
        }
    }

    /// The weightiest mention by anybody but the event itself: what an event says about itself is no
    /// reason to link it.
    pub(super) fn mention(&self, thing: &str, event: EventId) -> Option<Mention> {
        let others = self.0.get(thing)?.iter().filter(|mention| mention.event != Some(event));
        others.copied().max_by(|a, b| {
            a.weight.total_cmp(&b.weight).then(b.event.cmp(&a.event)).then(b.by.cmp(a.by))
        })
    }

    pub(super) fn iter(&self, event: EventId) -> impl Iterator<Item = (&str, Mention)> {
        self.0.keys().filter_map(move |thing| Some((thing.as_str(), self.mention(thing, event)?)))
    }
}

impl CaseProfile {
    /// Reads an investigation and the events linked to it. Removed events count for nothing, and
    /// the order of events changes nothing.
    #[must_use]
    pub fn new<'a>(case: &Investigation, linked: impl IntoIterator<Item = &'a Event>) -> Self {
        let start = case.started_at().unwrap_or(case.window().start);
        let end = case.resolved_at().map_or(case.window().end, |at| at.max(case.window().end));
        let mut profile = Self {
            investigation: case.id(),
            window: case.window(),
            incident: TimeRange { start, end: end.max(start) },
            entities: Known::default(),
            tags: case.tags().iter().map(|tag| tag.as_str().to_lowercase()).collect(),
            traces: Known::default(),
            commits: Known::default(),
            words: Known::default(),
        };
        profile.read_case(case);
        for event in linked.into_iter().filter(|event| event.deleted_at().is_none()) {
            profile.read_event(event);
        }
        profile
    }

    /// The investigation it describes.
    #[must_use]
    pub fn investigation(&self) -> InvestigationId {
        self.investigation
    }

    /// Adds an entity that the case is about by other knowledge, such as a callee of the affected
    /// service; `weight` 1 is as good as the affected service itself.
    #[must_use]
    pub fn with_entity(mut self, name: &str, weight: crate::model::Confidence) -> Self {
        let mention = Mention { weight: weight.value(), event: None, by: "a related entity" };
        self.entities.add(name, mention);
        self
    }

    /// First moment of the incident.
    pub(super) fn start(&self) -> DateTime<Utc> {
        self.incident.start
    }

    fn read_case(&mut self, case: &Investigation) {
        let by = |weight, by| Mention { weight, event: None, by };
        if let Some(service) = case.service_affected() {
            self.entities.add(service, by(1.0, "the affected service"));
        }
        if let Some(component) = case.component_affected() {
            self.entities.add(component, by(1.0, "the affected component"));
        }
        for (text, whose) in [(case.title(), "the title"), (case.description(), "the description")]
        {
            for (word, rarity) in words(text) {
                self.words.add(&word, by(1.0, whose));
                // A word that every incident has names no entity.
                if rarity >= 1.0 {
                    self.entities.add(&word, by(0.8, whose));
                }
            }
            for hash in hashes(text) {
                self.commits.add(&hash, by(1.0, whose));
                self.traces.add(&hash, by(1.0, whose));
            }
        }
    }

    fn read_event(&mut self, event: &Event) {
        let is_alert = *event.source() == Source::Alert;
        let whose = if is_alert { "a linked alert" } else { "a linked event" };
        let by = |weight| Mention { weight, event: Some(event.id()), by: whose };
        if let Some(entity) = event.entity() {
            self.entities.add(&entity.name, by(if is_alert { 0.9 } else { 0.7 }));
        }
        for trace in traces(event) {
            self.traces.add(trace, by(1.0));
        }
        if let Some(commit) = event.attribute(attribute::COMMIT) {
            self.commits.add(commit, by(1.0));
        }
        let text = if is_alert {
            [event.title(), event.body()].join("\n")
        } else {
            event.title().to_owned()
        };
        for word in words(&text).into_keys() {
            self.words.add(&word, by(if is_alert { 0.8 } else { 0.4 }));
        }
    }
}

/// The traces an event names.
pub(super) fn traces(event: &Event) -> impl Iterator<Item = &str> {
    [attribute::TRACE, "example_trace"].into_iter().filter_map(|name| event.attribute(name))
}

/// Words may come from bodies, so they stay out of `Debug`.
impl std::fmt::Debug for CaseProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseProfile")
            .field("investigation", &self.investigation)
            .field("window", &self.window)
            .field("incident", &self.incident)
            .field("words", &self.words.0.len())
            .finish_non_exhaustive()
    }
}
