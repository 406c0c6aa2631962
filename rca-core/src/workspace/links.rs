//! Links between events and investigations.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::linker::{
    self, CaseProfile, CorrelationRules, Effect, Explanation, Linker, RuleReport, RuleRun,
};
use crate::model::{Event, EventId, Investigation, InvestigationId, Link, LinkKind, Source};
use crate::store::Scan;
use crate::workspace::Workspace;

/// What [`Workspace::relink`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relinked {
    /// Events that count as part of the investigation now.
    pub linked: usize,
    /// Events that a person should look at.
    pub suggested: usize,
    /// Links of the linker that no longer hold and were taken back.
    pub dropped: usize,
}

/// What decides about links.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linking<'a> {
    pub(super) linker: &'a Linker,
    pub(super) rules: &'a CorrelationRules,
}

/// What was decided.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) links: BTreeMap<EventId, Link>,
    /// What each rule of the user's own did.
    pub(super) reports: Vec<RuleReport>,
}

/// What rules did, by investigation: the last time that each was linked.
#[derive(Debug, Default)]
pub(super) struct RuleReports(Mutex<BTreeMap<InvestigationId, Vec<RuleReport>>>);

/// Investigations of which it is known what rules did; then the oldest are let go.
const MOST_REPORTED: usize = 10_000;

impl RuleReports {
    fn keep(&self, id: InvestigationId, reports: Vec<RuleReport>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !reports.is_empty() {
            known.insert(id, reports);
        }
        if known.len() > MOST_REPORTED {
            known.pop_first();
        }
    }
}

impl Workspace {
    /// What each rule of the user's own did, over the investigations that were linked since the workspace was opened;
    /// [`RuleReport::never_matched`] tells the idle ones. For a range of the past, see [`Workspace::replay`].
    #[must_use]
    pub fn rule_reports(&self) -> Vec<RuleReport> {
        let link_rules = self.inner.rules.of(Effect::Link);
        let known = self.inner.rule_reports.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names = link_rules.names().enumerate();
        names
            .map(|(place, name)| {
                let mut sum = RuleReport { rule: name.to_owned(), ..RuleReport::default() };
                known.values().filter_map(|reports| reports.get(place)).for_each(|r| sum.add(r));
                sum
            })
            .collect()
    }

    /// Decides anew which events belong to an investigation. What people linked or rejected stays.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn relink(&self, id: InvestigationId) -> Result<Relinked> {
        self.writable()?;
        let case = self.investigation(id)?;
        let before: BTreeMap<EventId, Link> = self
            .store()
            .links_of_investigation(id)?
            .into_iter()
            .map(|link| (link.event, link))
            .collect();
        let linker = &self.inner.linker;
        let how = Linking { linker, rules: &self.inner.rules };
        let Decided { links, reports } = self.decide_links(how, &case, &before)?;
        self.inner.rule_reports.keep(id, reports);
        let changed: Vec<Link> =
            links.values().filter(|link| before.get(&link.event) != Some(*link)).cloned().collect();
        if !changed.is_empty() {
            self.store().link(&changed)?;
        }
        let mut dropped = 0;
        for event in before.keys().filter(|event| !links.contains_key(event)) {
            self.store().unlink(*event, id, self.now())?;
            dropped += 1;
        }
        if !changed.is_empty() || dropped > 0 {
            self.project()?;
        }
        let count =
            |kind: fn(LinkKind) -> bool| links.values().filter(|link| kind(link.kind)).count();
        Ok(Relinked {
            linked: count(LinkKind::is_linked),
            suggested: count(|kind| kind == LinkKind::Suggested),
            dropped,
        })
    }

    /// What the links of an investigation would be; nothing is written.
    pub(super) fn decide_links(
        &self,
        how: Linking<'_>,
        case: &Investigation,
        before: &BTreeMap<EventId, Link>,
    ) -> Result<Decided> {
        let mut links: BTreeMap<EventId, Link> = before
            .iter()
            .filter(|(_, link)| link.kind.is_manual())
            .map(|(id, link)| (*id, link.clone()))
            .collect();
        // What people linked says what the case is about, then the alerts that follow from that say more. Other
        // links of the linker's own do not: they would bear each other out.
        let first = self.decide_all(how, case, before, &links)?.links;
        let alerts: Vec<EventId> = self
            .events_by_id(&first.keys().copied().collect::<Vec<_>>())?
            .into_iter()
            .flatten()
            .filter(|event| *event.source() == Source::Alert)
            .map(|event| event.id())
            .collect();
        links.extend(alerts.iter().filter_map(|id| first.get(id).map(|link| (*id, link.clone()))));
        self.decide_all(how, case, before, &links)
    }

    fn decide_all(
        &self,
        how: Linking<'_>,
        case: &Investigation,
        before: &BTreeMap<EventId, Link>,
        links: &BTreeMap<EventId, Link>,
    ) -> Result<Decided> {
        let profile = self.profile(case, links.values())?;
        let now = self.now();
        let reach = how.linker.reach(&profile);
        let far: Vec<EventId> = before.keys().copied().collect();
        let custom = how.rules.of(Effect::Link);
        let mut run = RuleRun::new(&custom, Some(&profile));
        if !custom.is_empty() {
            // Rules count events, so all have to be seen before one is decided.
            for event in self.store().scan(&Scan::within(reach))? {
                run.offer(&event?);
            }
            self.events_by_id(&far)?.iter().flatten().for_each(|event| run.offer(event));
        }
        let found = run.finish();
        let mut decided = BTreeMap::new();
        let mut consider = |event: &Event| {
            let further = found.reasons.get(&event.id()).map(Vec::as_slice).unwrap_or_default();
            let decision = how.linker.score_with(event, &profile, further);
            if let Some(link) = linker::decide(before.get(&event.id()), decision, now) {
                decided.insert(event.id(), link);
            }
        };
        for event in self.store().scan(&Scan::within(reach))? {
            consider(&event?);
        }
        for event in self.events_by_id(&far)?.into_iter().flatten() {
            consider(&event);
        }
        Ok(Decided { links: decided, reports: found.reports })
    }

    fn profile<'a>(
        &self,
        case: &Investigation,
        links: impl Iterator<Item = &'a Link>,
    ) -> Result<CaseProfile> {
        let ids: Vec<EventId> =
            links.filter(|link| link.kind.is_linked()).map(|link| link.event).collect();
        let linked: Vec<Event> = self.events_by_id(&ids)?.into_iter().flatten().collect();
        Ok(CaseProfile::new(case, &linked))
    }

    /// A person says that an event belongs to an investigation.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn link(
        &self,
        event: EventId,
        investigation: InvestigationId,
        person: Option<&str>,
    ) -> Result<Link> {
        self.decide_by_person(linker::accept(
            event,
            investigation,
            self.author(person).map(str::to_owned),
            self.now(),
        ))
    }

    /// A person says that an event does not belong to an investigation.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn unlink(
        &self,
        event: EventId,
        investigation: InvestigationId,
        person: Option<&str>,
    ) -> Result<Link> {
        self.decide_by_person(linker::reject(
            event,
            investigation,
            self.author(person).map(str::to_owned),
            self.now(),
        ))
    }

    fn decide_by_person(&self, link: Link) -> Result<Link> {
        self.writable()?;
        self.event(link.event)?;
        self.investigation(link.investigation)?;
        self.store().link(std::slice::from_ref(&link))?;
        self.project()?;
        Ok(link)
    }

    /// All links of an investigation, suggestions and rejections too, surest first.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn links(&self, id: InvestigationId) -> Result<Vec<Link>> {
        self.investigation(id)?;
        let mut links = self.store().links_of_investigation(id)?;
        links.sort_by(|a, b| {
            b.confidence
                .value()
                .total_cmp(&a.confidence.value())
                .then_with(|| a.event.cmp(&b.event))
        });
        Ok(links)
    }

    /// The events that count as part of an investigation, in order of time.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn linked_events(&self, id: InvestigationId) -> Result<Vec<Event>> {
        let ids: Vec<EventId> = self
            .links(id)?
            .iter()
            .filter(|link| link.kind.is_linked())
            .map(|link| link.event)
            .collect();
        let mut events: Vec<Event> = self.events_by_id(&ids)?.into_iter().flatten().collect();
        events.sort_by_key(|event| (event.timestamp(), event.id()));
        Ok(events)
    }

    /// What every rule of the linker says about an event and an investigation, also where it says no.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn explain_link(
        &self,
        event: EventId,
        investigation: InvestigationId,
    ) -> Result<Explanation> {
        let event = self.event(event)?;
        let case = self.investigation(investigation)?;
        let links = self.store().links_of_investigation(investigation)?;
        let others =
            links.iter().filter(|link| link.event != event.id() && link.kind == LinkKind::Manual);
        Ok(self.inner.linker.explain(&event, &self.profile(&case, others)?))
    }

    pub(super) fn linked_to(&self, event: EventId) -> Result<Vec<InvestigationId>> {
        let links = self.store().links_of_event(event)?;
        Ok(links
            .into_iter()
            .filter(|link| link.kind.is_linked())
            .map(|link| link.investigation)
            .collect())
    }
}
