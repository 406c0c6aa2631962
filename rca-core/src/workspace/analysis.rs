//! The answer, with and without a store.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use chrono::{DateTime, Duration, Utc};
use xxhash_rust::xxh3::xxh3_64;

use crate::connectors::Batch;
use crate::detect::{self, Live, Scope};
use crate::error::{Error, Result};
use crate::model::{
    Alert, Analysis, Cause, Event, EventId, Finding, Investigation, InvestigationId, StackFrame,
};
use crate::rank::{self, Blame, Inputs, Options};
use crate::search::{Query, Sort};
use crate::signal::Telemetry;
use crate::time::{TimeRange, from_nanos};
use crate::workspace::cases::{Caught, Kept};
use crate::workspace::{Role, Workspace};

/// An incident in memory: what was read, and what people on call know beside it.
#[derive(Debug, Clone, Copy)]
pub struct Incident<'a> {
    /// Changes, alerts, status posts; in any order.
    pub events: &'a [Event],
    /// Metrics, spans and logs; in any order.
    pub telemetry: &'a Telemetry,
    /// The time under study; everything in the inputs when `None`.
    pub window: Option<TimeRange>,
    /// What people saw, in words; the alert's words when empty.
    pub symptom: &'a str,
    /// Code locations somebody already has.
    pub frames: &'a [StackFrame],
    /// How to judge; the defaults when `None`.
    pub options: Option<&'a Options>,
}

impl<'a> Incident<'a> {
    /// Events and telemetry, nothing else known.
    #[must_use]
    pub fn new(events: &'a [Event], telemetry: &'a Telemetry) -> Self {
        Self { events, telemetry, window: None, symptom: "", frames: &[], options: None }
    }

    /// The time under study: the window, or from the first to the last thing in the inputs.
    #[must_use]
    pub fn extent(&self) -> TimeRange {
        self.window.unwrap_or_else(|| extent(self.events, self.telemetry.extent()))
    }
}

impl<'a> From<&'a Batch> for Incident<'a> {
    fn from(batch: &'a Batch) -> Self {
        Self::new(&batch.events, &batch.telemetry)
    }
}

/// What a workspace asks of telemetry, in whatever form somebody has it.
pub(super) struct Signals<'a> {
    /// Finds what moved within a window, beside these events.
    pub(super) detect: &'a mut dyn FnMut(&[Event], TimeRange) -> Vec<Event>,
    /// How much there is of it.
    pub(super) counts: Counts,
    /// Says who wrote the code around frames.
    pub(super) ask: &'a dyn Fn(&[StackFrame]) -> Vec<Blame>,
}

/// Ranks the causes of an incident that is in memory. No store, no files, no clock.
///
/// Never fails: with too little to go on the verdict says so. The same inputs in any order give the same
/// bytes.
///
/// ```
/// use rca_core::{Incident, analyze};
/// use rca_core::model::Verdict;
/// use rca_core::signal::Telemetry;
///
/// let answer = analyze(&Incident::new(&[], &Telemetry::default()));
/// assert_eq!(answer.verdict, Verdict::NothingToBlame);
/// ```
#[must_use]
pub fn analyze(incident: &Incident<'_>) -> Analysis {
    analyze_asking(incident, &|_| Vec::new())
}

/// The same, where version control can be asked who wrote the code around the frames that were found.
pub(super) fn analyze_asking(
    incident: &Incident<'_>,
    ask: &dyn Fn(&[StackFrame]) -> Vec<Blame>,
) -> Analysis {
    let window = incident.extent();
    let findings = findings(incident.events, incident.telemetry, window);
    let mut analysis = analyze_found(incident, window, &findings, ask);
    count(&mut analysis, counts(incident.telemetry));
    analysis
}

/// The same of what the detectors found; the incident's telemetry is not asked.
pub(super) fn analyze_found(
    incident: &Incident<'_>,
    window: TimeRange,
    findings: &[Event],
    ask: &dyn Fn(&[StackFrame]) -> Vec<Blame>,
) -> Analysis {
    let blame = ask(&rank::frames_of(incident.frames, findings));
    let events: Vec<Event> = incident.events.iter().chain(findings).cloned().collect();
    let defaults = Options::default();
    let inputs = Inputs {
        symptom: incident.symptom,
        frames: incident.frames,
        blame: &blame,
        ..Inputs::new(&events, window)
    };
    rank::analyze(&inputs, incident.options.unwrap_or(&defaults))
}

/// What an analysis in a workspace took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Events read from the store to bring the evidence up to date. (Links are decided anew when the
    /// evidence changed, which looks at the events of the window.)
    pub events_read: u64,
    /// Diffs read.
    pub diffs_read: u64,
    /// Diffs whose reading was known.
    pub diffs_reused: u64,
    /// Detectors of one signal each that looked at telemetry.
    pub detectors_run: u64,
    /// Whether the causes were judged anew; else it is the answer from before.
    pub judged: bool,
}

/// The event of a finding, another one when its numbers are others.
fn numbered(finding: &Finding, at: DateTime<Utc>) -> Result<Event> {
    let event = finding.to_event(at)?;
    let content = serde_json::to_vec(event.data())
        .map_err(|error| Error::Internal(format!("a finding: {error}")))?;
    let subject = event.source_id().unwrap_or_default();
    let source_id = format!("{subject}#{:016x}", xxh3_64(&content));
    let mut builder = Event::builder(
        event.timestamp(),
        event.source().clone(),
        event.event_type(),
        event.title(),
    )
    .with_severity(event.severity())
    .with_source_id(source_id)
    .with_data(event.data().clone());
    if let Some(entity) = event.entity() {
        builder = builder.with_entity(entity.clone());
    }
    builder.build()
}

/// What the detectors find in telemetry, as events.
pub(super) fn findings(events: &[Event], telemetry: &Telemetry, window: TimeRange) -> Vec<Event> {
    if telemetry.is_empty() {
        return Vec::new();
    }
    let mut sorted = telemetry.clone();
    sorted.sort();
    let mut scope = Scope::new(window);
    scope.alarm = events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at).min();
    as_events(&detect::detect(&sorted, &scope), window)
}

/// Findings as events, those without a time at the beginning of the window.
pub(super) fn as_events(findings: &[Finding], window: TimeRange) -> Vec<Event> {
    findings
        .iter()
        // Onsets come from timestamps that fit nanoseconds, so this drops nothing.
        .filter_map(|finding| finding.to_event(window.start).ok())
        .collect()
}

/// Metric samples, spans, log records.
pub(super) type Counts = (u64, u64, u64);

pub(super) fn counts(telemetry: &Telemetry) -> Counts {
    let Telemetry { metrics, spans, logs } = telemetry;
    (metrics.points() as u64, spans.len() as u64, logs.len() as u64)
}

pub(super) fn count(analysis: &mut Analysis, counts: Counts) {
    let inputs = &mut analysis.inputs;
    (inputs.metric_points, inputs.spans, inputs.log_records) = counts;
}

/// From the first to the last thing in the inputs. Old commits do not stretch it: changes may precede
/// the telemetry by any time.
pub(super) fn extent(events: &[Event], telemetry: Option<(i64, i64)>) -> TimeRange {
    let alarms = events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at);
    let moments: Vec<_> = telemetry
        .into_iter()
        .flat_map(|(first, last)| [from_nanos(first), from_nanos(last)])
        .chain(alarms)
        .collect();
    let fallback = || events.iter().map(Event::timestamp);
    let start = moments.iter().min().copied().or_else(|| fallback().min()).unwrap_or_default();
    let end = moments.iter().max().copied().or_else(|| fallback().max()).unwrap_or_default();
    TimeRange { start, end: end + Duration::milliseconds(1) }
}

impl Workspace {
    /// Analyses an investigation, and keeps the answer: from the events that bear on it, and from the
    /// telemetry that [`Workspace::observe`] gathered.
    ///
    /// Looks at everything of the window and the day before it, and at the latest 1,000 changes of the
    /// 90 days before that, linked or not, unless a person said that they do not belong: a deploy may bring
    /// a commit that is weeks old.
    ///
    /// Called again, it touches only what changed since: events are read once, diffs are read once for each
    /// commit, detectors run for signals with new telemetry, and when nothing changed the last answer is
    /// given. The answer is that of a workspace that got everything at once, whatever the order and the
    /// batches were. See [`Workspace::analyze_counting`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation; [`crate::ErrorKind::Denied`] when
    /// read-only.
    pub fn analyze(&self, id: InvestigationId) -> Result<Analysis> {
        Ok(self.analyze_counting(id)?.0)
    }

    /// [`Workspace::analyze`], with what it took.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn analyze_counting(&self, id: InvestigationId) -> Result<(Analysis, Work)> {
        self.writable()?;
        let case = self.investigation(id)?;
        let kept = self.inner.cases.of(id);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.inner.cases.readings.work();
        let mut caught = self.catch_up(id, case.window(), &mut kept.evidence)?;
        let detectors = self.renew_findings(&case, &mut kept)?;
        let same = |kept: &Kept, caught: &Caught| {
            !caught.changed && kept.answer.as_ref().is_some_and(|(known, _)| *known == case)
        };
        caught += self.catch_up(id, case.window(), &mut kept.evidence)?;
        if !same(&kept, &caught) {
            self.relink(id)?;
            caught += self.catch_up(id, case.window(), &mut kept.evidence)?;
        }
        let mut work =
            Work { events_read: caught.read, detectors_run: detectors, ..Work::default() };
        if same(&kept, &caught)
            && let Some((_, answer)) = &kept.answer
        {
            return Ok((answer.clone(), work));
        }
        let events: Vec<Event> =
            kept.evidence.iter().flat_map(|known| known.events.values().cloned()).collect();
        let mut analysis = self.judge(&case, &events, &kept.blame);
        if let Some(live) = &kept.live {
            count(&mut analysis, live.state().counts());
        }
        self.keep_analysis(id, &analysis, &events)?;
        let after = self.inner.cases.readings.work();
        work.judged = true;
        work.diffs_read = after.read - before.read;
        work.diffs_reused = after.reused - before.reused;
        kept.answer = Some((case, analysis.clone()));
        Ok((analysis, work))
    }

    /// Adds a batch of telemetry to what is known of an investigation; the next analysis takes it in.
    ///
    /// Each batch counts once. What is kept is a [`detect::Partial`], in memory and until the
    /// workspace is closed or [`Workspace::forget_telemetry`]; the findings are stored as events linked to
    /// the investigation, and replaced when later telemetry says otherwise.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn observe(&self, id: InvestigationId, batch: &Telemetry) -> Result<()> {
        self.with_live(id, |live| live.absorb(batch))
    }

    /// [`Workspace::observe`] for telemetry that was scanned elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn observe_partial(&self, id: InvestigationId, partial: &detect::Partial) -> Result<()> {
        self.with_live(id, |live| live.merge(partial))
    }

    /// Forgets the telemetry of an investigation and all else that is kept of it in memory. Its findings
    /// stay.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] for who may not work on investigations.
    pub fn forget_telemetry(&self, id: InvestigationId) -> Result<()> {
        self.permitted(Role::Responder)?;
        self.inner.cases.forget(id);
        Ok(())
    }

    fn with_live(&self, id: InvestigationId, change: impl FnOnce(&mut Live)) -> Result<()> {
        self.writable()?;
        let window = self.investigation(id)?.window();
        let kept = self.inner.cases.of(id);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        change(kept.live.get_or_insert_with(|| Live::within(window)));
        Ok(())
    }

    /// Detects anew where telemetry arrived, and lets the stored findings follow. Says how many detectors
    /// ran.
    fn renew_findings(&self, case: &Investigation, kept: &mut Kept) -> Result<u64> {
        let Some(live) = &mut kept.live else { return Ok(0) };
        let events = kept.evidence.iter().flat_map(|known| known.events.values());
        let mut scope = Scope::new(case.window());
        scope.alarm = events.filter_map(Alert::from_event).map(|alert| alert.fired_at).min();
        let runs = live.runs();
        let found: Vec<Event> = live
            .findings(&scope)
            .iter()
            .map(|finding| numbered(finding, case.window().start))
            .collect::<Result<_>>()?;
        let ids: BTreeSet<EventId> = found.iter().map(Event::id).collect();
        for gone in kept.found.difference(&ids) {
            self.store().delete_event(*gone, self.now())?;
        }
        let new: Vec<EventId> = ids.difference(&kept.found).copied().collect();
        if !new.is_empty() {
            self.ingest(found.into_iter().filter(|event| !kept.found.contains(&event.id())))?;
            for event in self.store().events(&new)?.into_iter().flatten() {
                // It was found before, then not, and now again.
                if event.deleted_at().is_some() {
                    self.store().restore_event(event.id())?;
                }
            }
        }
        if ids != kept.found {
            self.project()?;
        }
        kept.found = ids;
        let now = live.runs();
        Ok(now.metrics + now.logs + now.traces - runs.metrics - runs.logs - runs.traces)
    }

    fn judge(&self, case: &Investigation, events: &[Event], blame: &[Blame]) -> Analysis {
        let alerted = events.iter().any(|event| Alert::from_event(event).is_some());
        let inputs = Inputs {
            symptom: if alerted { "" } else { case.title() },
            alarm: Some(case.detected_at()).filter(|_| !alerted),
            investigation: Some(case.id()),
            blame,
            readings: Some(&self.inner.cases.readings),
            ..Inputs::new(events, case.window())
        };
        rank::analyze(&inputs, &self.inner.options)
    }

    /// Analyses an investigation from the events that bear on it and from raw telemetry that holds all there
    /// is, stores what the detectors found as events linked to it, and keeps the answer. Telemetry that
    /// arrives in pieces is for [`Workspace::observe`].
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn analyze_with(&self, id: InvestigationId, telemetry: &Telemetry) -> Result<Analysis> {
        if telemetry.is_empty() {
            return self.analyze(id);
        }
        let mut detect = |events: &[Event], window| findings(events, telemetry, window);
        let signals =
            Signals { detect: &mut detect, counts: counts(telemetry), ask: &|_| Vec::new() };
        Ok(self.analyze_signals(id, signals)?.0)
    }

    /// The same with telemetry in whatever form; the findings come second.
    pub(super) fn analyze_signals(
        &self,
        id: InvestigationId,
        signals: Signals<'_>,
    ) -> Result<(Analysis, Vec<Event>)> {
        self.writable()?;
        let case = self.investigation(id)?;
        let mut evidence = None;
        self.catch_up(id, case.window(), &mut evidence)?;
        let known = evidence.map(|evidence| evidence.events).unwrap_or_default();
        let mut events: Vec<Event> = known.values().cloned().collect();
        let findings = (signals.detect)(&events, case.window());
        self.ingest(findings.iter().cloned())?;
        self.relink(id)?;
        let new = findings.iter().filter(|event| !known.contains_key(&event.id()));
        events.extend(new.cloned());
        let blame = (signals.ask)(&rank::frames_of(&[], &findings));
        let mut analysis = self.judge(&case, &events, &blame);
        count(&mut analysis, signals.counts);
        self.keep_analysis(id, &analysis, &events)?;
        let kept = self.inner.cases.of(id);
        kept.lock().unwrap_or_else(PoisonError::into_inner).blame = blame;
        Ok((analysis, findings))
    }

    /// The latest answer, when there is one.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn analysis(&self, id: InvestigationId) -> Result<Option<Analysis>> {
        self.investigation(id)?;
        self.store().analysis(id)
    }

    /// The most likely causes by the latest answer, most likely first; analyses when there is none yet.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn root_causes(&self, id: InvestigationId, limit: usize) -> Result<Vec<Cause>> {
        let analysis = match self.analysis(id)? {
            Some(analysis) => analysis,
            None => self.analyze(id)?,
        };
        Ok(analysis.causes.into_iter().take(limit).collect())
    }

    /// The latest changes before a moment. Asks the index: among millions of events they are few.
    pub(super) fn changes_before(&self, end: DateTime<Utc>) -> Result<Vec<EventId>> {
        self.refresh()?;
        let range = TimeRange { start: end - CHANGES_LOOK_BACK, end };
        let query = Query::parse("source:git OR source:deploy OR source:flag")?
            .with_time(range)
            .with_sort(Sort::Newest)
            .with_limit(MAX_EARLIER_CHANGES);
        Ok(self.inner.index.search(&query)?.hits.into_iter().map(|hit| hit.id).collect())
    }
}

/// Causes act later than they land: this much before the window still counts.
pub(super) const LOOK_BACK: Duration = Duration::days(1);
/// Commits wait to be deployed, and the deploy before the last says which are new.
pub(super) const CHANGES_LOOK_BACK: Duration = Duration::days(90);
/// Each has a diff to be read.
const MAX_EARLIER_CHANGES: usize = 1000;
