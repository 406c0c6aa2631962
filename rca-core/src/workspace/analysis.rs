//! The answer, with and without a store.

use chrono::{DateTime, Duration, Utc};

use crate::connectors::Batch;
use crate::detect::{self, Scope};
use crate::error::Result;
use crate::model::{Alert, Analysis, Cause, Event, EventId, InvestigationId, StackFrame};
use crate::rank::{self, Inputs, Options};
use crate::search::{Query, Sort};
use crate::signal::Telemetry;
use crate::store::Scan;
use crate::time::{TimeRange, from_nanos};
use crate::workspace::Workspace;

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
        self.window.unwrap_or_else(|| extent(self.events, self.telemetry))
    }
}

impl<'a> From<&'a Batch> for Incident<'a> {
    fn from(batch: &'a Batch) -> Self {
        Self::new(&batch.events, &batch.telemetry)
    }
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
    let window = incident.extent();
    let findings = findings(incident.events, incident.telemetry, window);
    let events: Vec<Event> = incident.events.iter().chain(&findings).cloned().collect();
    let defaults = Options::default();
    let inputs = Inputs {
        symptom: incident.symptom,
        frames: incident.frames,
        ..Inputs::new(&events, window)
    };
    let mut analysis = rank::analyze(&inputs, incident.options.unwrap_or(&defaults));
    count(&mut analysis, incident.telemetry);
    analysis
}

/// What the detectors find in telemetry, as events.
fn findings(events: &[Event], telemetry: &Telemetry, window: TimeRange) -> Vec<Event> {
    if telemetry.is_empty() {
        return Vec::new();
    }
    let mut sorted = telemetry.clone();
    sorted.sort();
    let mut scope = Scope::new(window);
    scope.alarm = events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at).min();
    detect::detect(&sorted, &scope)
        .iter()
        // Onsets come from timestamps that fit nanoseconds, so this drops nothing.
        .filter_map(|finding| finding.to_event(window.start).ok())
        .collect()
}

fn count(analysis: &mut Analysis, telemetry: &Telemetry) {
    analysis.inputs.metric_points = telemetry.metrics.points() as u64;
    analysis.inputs.spans = telemetry.spans.len() as u64;
    analysis.inputs.log_records = telemetry.logs.len() as u64;
}

/// From the first to the last thing in the inputs. Old commits do not stretch it: changes may precede
/// the telemetry by any time.
fn extent(events: &[Event], telemetry: &Telemetry) -> TimeRange {
    let metrics = telemetry.metrics.iter().flat_map(|(_, _, series)| series.times.iter().copied());
    let spans = telemetry.spans.iter().map(|span| span.start());
    let logs = telemetry.logs.iter().map(|record| record.time());
    let signals = metrics.chain(spans).chain(logs).fold(None, |range: Option<(i64, i64)>, time| {
        Some(range.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
    });
    let alarms = events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at);
    let moments: Vec<_> = signals
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
    /// Analyses an investigation from its linked events, and keeps the answer.
    ///
    /// Raw telemetry adds more than findings from earlier analyses can tell; hand it in with
    /// [`Workspace::analyze_with`] while it is at hand.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation; [`crate::ErrorKind::Denied`] when
    /// read-only.
    pub fn analyze(&self, id: InvestigationId) -> Result<Analysis> {
        self.analyze_with(id, &Telemetry::default())
    }

    /// Analyses an investigation from its linked events and raw telemetry, stores what the detectors found
    /// as events linked to it, and keeps the answer.
    ///
    /// Looks at everything of the window and the day before it, and at the latest 1,000 changes of the
    /// 90 days before that, linked or not, unless a person said that they do not belong: a deploy may bring
    /// a commit that is weeks old.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`].
    pub fn analyze_with(&self, id: InvestigationId, telemetry: &Telemetry) -> Result<Analysis> {
        self.writable()?;
        let case = self.investigation(id)?;
        let mut events = self.evidence(id, case.window())?;
        let findings = findings(&events, telemetry, case.window());
        self.ingest(findings.iter().cloned())?;
        self.relink(id)?;
        let known: std::collections::BTreeSet<_> = events.iter().map(Event::id).collect();
        events.extend(findings.into_iter().filter(|event| !known.contains(&event.id())));
        let inputs = Inputs {
            symptom: if events.iter().any(|e| Alert::from_event(e).is_some()) {
                ""
            } else {
                case.title()
            },
            alarm: Some(case.detected_at())
                .filter(|_| !events.iter().any(|e| Alert::from_event(e).is_some())),
            investigation: Some(id),
            ..Inputs::new(&events, case.window())
        };
        let mut analysis = rank::analyze(&inputs, &self.inner.options);
        count(&mut analysis, telemetry);
        self.store().put_analysis(id, &analysis)?;
        Ok(analysis)
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

    /// Everything that may bear on an investigation: its window, the day before, changes before that, but
    /// nothing that a person rejected.
    fn evidence(&self, id: InvestigationId, window: TimeRange) -> Result<Vec<Event>> {
        let links = self.store().links_of_investigation(id)?;
        let rejected: std::collections::BTreeSet<_> = links
            .iter()
            .filter(|link| link.kind == crate::model::LinkKind::Rejected)
            .map(|link| link.event)
            .collect();
        let wide = TimeRange { start: window.start - LOOK_BACK, end: window.end };
        let mut events = Vec::new();
        for event in self.store().scan(&Scan::within(wide))? {
            let event = event?;
            if !rejected.contains(&event.id()) {
                events.push(event);
            }
        }
        let known: std::collections::BTreeSet<_> = events.iter().map(Event::id).collect();
        let linked = links.iter().filter(|link| link.kind.is_linked()).map(|link| link.event);
        let outside: std::collections::BTreeSet<_> = linked
            .chain(self.changes_before(wide.start)?)
            .filter(|event| !known.contains(event) && !rejected.contains(event))
            .collect();
        let outside: Vec<_> = outside.into_iter().collect();
        events.extend(self.events_by_id(&outside)?.into_iter().flatten());
        Ok(events)
    }

    /// The latest changes before a moment. Asks the index: among millions of events they are few.
    fn changes_before(&self, end: DateTime<Utc>) -> Result<Vec<EventId>> {
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
const LOOK_BACK: Duration = Duration::days(1);
/// Commits wait to be deployed, and the deploy before the last says which are new.
const CHANGES_LOOK_BACK: Duration = Duration::days(90);
/// Each has a diff to be read.
const MAX_EARLIER_CHANGES: usize = 1000;
