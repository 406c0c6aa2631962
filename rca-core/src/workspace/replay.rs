//! What today's configuration would make of the past.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::linker::{
    CorrelationRules, Effect, Linker, LinkerOptions, RuleGroup, RuleReport, RuleRun,
};
use crate::model::{
    Alert, Analysis, Cause, Event, EventId, Investigation, InvestigationId, Link, LinkKind,
    Probability, Verdict,
};
use crate::rank::{self, Inputs, Options};
use crate::store::Scan;
use crate::time::TimeRange;
use crate::workspace::Workspace;
use crate::workspace::analysis::LOOK_BACK;
use crate::workspace::links::Linking;

/// How events are linked and causes are ranked.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// How events are linked to investigations.
    pub linker: LinkerOptions,
    /// Rules of the user's own.
    pub rules: CorrelationRules,
    /// How causes are ranked.
    pub analysis: Options,
}

/// What a configuration would have made of a range of the past, against what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayDiff {
    /// The range.
    pub range: TimeRange,
    /// Investigations detected in it that would be others, in order of detection.
    pub cases: Vec<CaseDiff>,
    /// Investigations detected in it that would be the same.
    pub unchanged: u64,
    /// What rules of effect [`Effect::Incident`] would have opened.
    pub incidents: Incidents,
    /// What each rule did, in order.
    pub rules: Vec<RuleReport>,
}

/// What would be different about an investigation.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDiff {
    /// Which.
    pub investigation: InvestigationId,
    /// Links that are not there, or not of that kind or as sure, by event.
    pub links: Vec<LinkDiff>,
    /// The ranking, when it would be another one and there is one.
    pub ranking: Option<RankDiff>,
}

/// A link before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkDiff {
    /// The event.
    pub event: EventId,
    /// The link that is there.
    pub before: Option<Link>,
    /// The link that would be.
    pub after: Option<Link>,
}

impl LinkDiff {
    /// Whether the event would come to count as part of the investigation.
    #[must_use]
    pub fn is_added(&self) -> bool {
        !counts(self.before.as_ref()) && counts(self.after.as_ref())
    }

    /// Whether the event would no longer count as part of the investigation.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        counts(self.before.as_ref()) && !counts(self.after.as_ref())
    }
}

fn counts(link: Option<&Link>) -> bool {
    link.is_some_and(|link| link.kind.is_linked())
}

/// A ranking before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct RankDiff {
    /// The verdicts.
    pub verdict: (Verdict, Verdict),
    /// Titles and probabilities of the causes before, most probable first.
    pub before: Vec<(String, Probability)>,
    /// The same after.
    pub after: Vec<(String, Probability)>,
    /// Whether another cause comes first.
    pub other_first: bool,
}

/// Incidents by rule, against the investigations that there are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Incidents {
    /// Incidents that rules see and nobody investigated.
    pub opened: Vec<RuleIncident>,
    /// Incidents that rules see and somebody investigated, with the investigation.
    pub met: Vec<(RuleIncident, InvestigationId)>,
    /// Investigations that no rule sees. Empty without rules of that effect.
    pub missed: Vec<InvestigationId>,
}

/// Events that a rule takes for an incident.
pub type RuleIncident = RuleGroup;

impl Workspace {
    /// The configuration that the workspace was opened with.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        Configuration {
            linker: self.inner.linker.options().clone(),
            rules: self.inner.rules.clone(),
            analysis: self.inner.options.clone(),
        }
    }

    /// Runs a configuration over the investigations of a range, and over its events, and says what would be
    /// different. Nothing is written: neither links nor analyses nor investigations change.
    ///
    /// Rankings are compared with the stored ones, of investigations that have one. Raw telemetry that was observed and
    /// is gone is not judged anew: its findings are.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for linker options that contradict each other; else as
    /// [`crate::store::Store`].
    pub fn replay(&self, range: TimeRange, configuration: &Configuration) -> Result<ReplayDiff> {
        let linker = Linker::new(configuration.linker.clone())?;
        let how = Linking { linker: &linker, rules: &configuration.rules };
        let mut cases = Vec::new();
        for case in self.store().investigations()? {
            let case = case?;
            if case.deleted_at().is_none() && range.contains(case.detected_at()) {
                cases.push(case);
            }
        }
        cases.sort_by_key(|case| (case.detected_at(), case.id()));
        let mut rules = Reports::new(&configuration.rules);
        let mut changed = Vec::new();
        for case in &cases {
            let before: BTreeMap<EventId, Link> = self
                .store()
                .links_of_investigation(case.id())?
                .into_iter()
                .map(|link| (link.event, link))
                .collect();
            let decided = self.decide_links(how, case, &before)?;
            rules.add(&decided.reports);
            let links = link_diffs(&before, &decided.links);
            let ranking = self.rank_diff(case, &decided.links, &configuration.analysis)?;
            if !links.is_empty() || ranking.is_some() {
                changed.push(CaseDiff { investigation: case.id(), links, ranking });
            }
        }
        let incidents = self.incidents(range, &configuration.rules, &cases, &mut rules)?;
        Ok(ReplayDiff {
            range,
            unchanged: (cases.len() - changed.len()) as u64,
            cases: changed,
            incidents,
            rules: rules.0,
        })
    }

    /// None when there is no ranking, or it would be the same.
    fn rank_diff(
        &self,
        case: &Investigation,
        links: &BTreeMap<EventId, Link>,
        options: &Options,
    ) -> Result<Option<RankDiff>> {
        let Some(before) = self.store().analysis(case.id())? else { return Ok(None) };
        let events = self.evidence(case, links)?;
        let alerted = events.iter().any(|event| Alert::from_event(event).is_some());
        let inputs = Inputs {
            symptom: if alerted { "" } else { case.title() },
            alarm: Some(case.detected_at()).filter(|_| !alerted),
            investigation: Some(case.id()),
            ..Inputs::new(&events, case.window())
        };
        let after = rank::analyze(&inputs, options);
        let (old, new) = (ranked(&before), ranked(&after));
        if old == new && before.verdict == after.verdict {
            return Ok(None);
        }
        Ok(Some(RankDiff {
            verdict: (before.verdict, after.verdict),
            other_first: before.top_cause().map(identity) != after.top_cause().map(identity),
            before: old,
            after: new,
        }))
    }

    /// The events that an analysis with these links would look at, as [`Workspace::analyze`] does.
    fn evidence(
        &self,
        case: &Investigation,
        links: &BTreeMap<EventId, Link>,
    ) -> Result<Vec<Event>> {
        let window = case.window();
        let wide = TimeRange { start: window.start - LOOK_BACK, end: window.end };
        let rejected = |id: &EventId| links.get(id).is_some_and(|l| l.kind == LinkKind::Rejected);
        let mut events = BTreeMap::new();
        for event in self.store().scan(&Scan::within(wide))? {
            let event = event?;
            events.insert(event.id(), event);
        }
        let linked = links.values().filter(|link| link.kind.is_linked()).map(|link| link.event);
        let wanted: BTreeSet<EventId> = linked.chain(self.changes_before(wide.start)?).collect();
        let missing: Vec<EventId> =
            wanted.into_iter().filter(|id| !events.contains_key(id)).collect();
        for event in self.events_by_id(&missing)?.into_iter().flatten() {
            events.insert(event.id(), event);
        }
        events.retain(|id, _| !rejected(id));
        Ok(events.into_values().collect())
    }

    fn incidents(
        &self,
        range: TimeRange,
        rules: &CorrelationRules,
        cases: &[Investigation],
        reports: &mut Reports,
    ) -> Result<Incidents> {
        let rules = rules.of(Effect::Incident);
        let mut incidents = Incidents::default();
        if rules.is_empty() {
            return Ok(incidents);
        }
        let mut run = RuleRun::new(&rules, None);
        for event in self.store().scan(&Scan::within(range))? {
            run.offer(&event?);
        }
        let found = run.finish();
        reports.add(&found.reports);
        let linked: BTreeMap<InvestigationId, BTreeSet<EventId>> = cases
            .iter()
            .map(|case| {
                let links = self.store().links_of_investigation(case.id())?;
                let linked = links.iter().filter(|link| link.kind.is_linked());
                Ok((case.id(), linked.map(|link| link.event).collect()))
            })
            .collect::<Result<_>>()?;
        let mut seen: BTreeSet<InvestigationId> = BTreeSet::new();
        for incident in found.groups {
            let met: Vec<InvestigationId> = linked
                .iter()
                .filter(|(_, events)| incident.events.iter().any(|event| events.contains(event)))
                .map(|(id, _)| *id)
                .collect();
            seen.extend(&met);
            match met.first() {
                Some(first) => incidents.met.push((incident, *first)),
                None => incidents.opened.push(incident),
            }
        }
        incidents.missed =
            cases.iter().map(Investigation::id).filter(|id| !seen.contains(id)).collect();
        Ok(incidents)
    }
}

/// Reports of all rules, whatever their effect, in order.
struct Reports(Vec<RuleReport>);

impl Reports {
    fn new(rules: &CorrelationRules) -> Self {
        let report = |name: &str| RuleReport { rule: name.to_owned(), ..RuleReport::default() };
        Self(rules.names().map(report).collect())
    }

    fn add(&mut self, others: &[RuleReport]) {
        for other in others {
            if let Some(known) = self.0.iter_mut().find(|known| known.rule == other.rule) {
                known.add(other);
            }
        }
    }
}

fn link_diffs(before: &BTreeMap<EventId, Link>, after: &BTreeMap<EventId, Link>) -> Vec<LinkDiff> {
    let events: BTreeSet<EventId> = before.keys().chain(after.keys()).copied().collect();
    events
        .into_iter()
        .map(|event| LinkDiff {
            event,
            before: before.get(&event).cloned(),
            after: after.get(&event).cloned(),
        })
        .filter(|diff| match (&diff.before, &diff.after) {
            // When it was decided is no difference.
            (Some(before), Some(after)) => {
                (before.kind, before.confidence, &before.reasons)
                    != (after.kind, after.confidence, &after.reasons)
            }
            _ => true,
        })
        .collect()
}

fn ranked(analysis: &Analysis) -> Vec<(String, Probability)> {
    analysis.causes.iter().map(|cause| (cause.title.clone(), cause.probability)).collect()
}

/// What a cause is, whatever its probability.
fn identity(cause: &Cause) -> (Option<EventId>, &str) {
    (cause.event, &cause.title)
}
