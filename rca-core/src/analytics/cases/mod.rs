//! Many investigations at once, in columns: how long things take, what comes back, which changes fail.
//!
//! ```
//! use chrono::Duration;
//! use rca_core::analytics::{By, CaseFacts, CaseTable, Figure, Measure};
//! use rca_core::model::{Investigation, Status};
//! use rca_core::time::{TimeRange, from_nanos};
//!
//! let noon = from_nanos(1_700_000_000_000_000_000);
//! let mut case = Investigation::builder("till is slow", TimeRange::new(noon, noon)?)
//!     .with_component("till")
//!     .build(noon, b"1")?;
//! case.set_status(Status::InProgress, noon)?;
//! case.set_status(Status::Resolved, noon + Duration::hours(2))?;
//!
//! let table = CaseTable::new([CaseFacts::of(&case)]);
//! let repair = table.durations(Measure::Resolve, &[By::Component], noon + Duration::days(1));
//! assert_eq!(repair.groups[0].median, Some(Duration::hours(2)));
//! assert!(repair.table().to_markdown().contains("| till |"));
//! # Ok::<(), rca_core::Error>(())
//! ```

mod durations;
mod failures;
mod group;
mod recurrence;
mod survival;
mod tally;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

pub use durations::{DurationGroup, Durations, Excluded, Measure};
pub use failures::{ByEntity, ChangeFailures, FailureGroup};
pub use group::{By, Period};
pub use recurrence::{Recurrence, Recurring};
pub use tally::{Tally, TallyGroup};
pub use timeline::{Timeline, TimelinePeriod};

use crate::model::{EventId, Impact, Investigation, InvestigationId, Status};
use crate::time::{TimeRange, nanos};

/// What analytics need to know of an investigation.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFacts {
    /// Which.
    pub id: InvestigationId,
    /// Where it stands.
    pub status: Status,
    /// How much users were hurt.
    pub impact: Impact,
    /// When somebody or something noticed.
    pub detected_at: DateTime<Utc>,
    /// When the harm began, where known.
    pub started_at: Option<DateTime<Utc>>,
    /// When somebody began to work on it, where known.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When the system worked again.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The affected component.
    pub component: Option<String>,
    /// The affected service.
    pub service: Option<String>,
    /// How the most probable cause does harm: a name in the mechanism table.
    pub mechanism: Option<String>,
    /// The deploy that the most probable cause is, or that brought it.
    pub deploy: Option<BlamedDeploy>,
}

/// A deploy that an investigation blames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedDeploy {
    /// Its event.
    pub event: EventId,
    /// When it was.
    pub time: DateTime<Utc>,
    /// What was deployed to.
    pub entity: Option<String>,
}

impl CaseFacts {
    /// What the investigation itself says; mechanism and deploy come from its analysis.
    #[must_use]
    pub fn of(case: &Investigation) -> Self {
        Self {
            id: case.id(),
            status: case.status(),
            impact: case.impact_severity(),
            detected_at: case.detected_at(),
            started_at: case.started_at(),
            acknowledged_at: case.acknowledged_at(),
            resolved_at: case.resolved_at(),
            component: case.component_affected().map(str::to_owned),
            service: case.service_affected().map(str::to_owned),
            mechanism: None,
            deploy: None,
        }
    }
}

/// Which investigations count.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CaseFilter {
    /// Only those detected within; all when `None`.
    pub detected: Option<TimeRange>,
    /// Only those that hurt at least so much.
    pub impact_at_least: Option<Impact>,
    /// Only those of this component.
    pub component: Option<String>,
    /// Only those of this service.
    pub service: Option<String>,
    /// Only those that broke this way.
    pub mechanism: Option<String>,
}

/// Investigations in columns, in order of detection, then id. Takes some 100 bytes for each.
#[derive(Debug, Clone, Default)]
pub struct CaseTable {
    /// All names, sorted; the first is the empty one, for "none".
    names: Arc<Vec<String>>,
    ids: Vec<InvestigationId>,
    status: Vec<Status>,
    impact: Vec<Impact>,
    detected: Vec<i64>,
    started: Vec<Option<i64>>,
    acknowledged: Vec<Option<i64>>,
    resolved: Vec<Option<i64>>,
    /// Places among the names.
    component: Vec<u32>,
    service: Vec<u32>,
    mechanism: Vec<u32>,
    deploy: Vec<Option<Blamed>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Blamed {
    event: EventId,
    time: i64,
    entity: u32,
}

/// An investigation's place in each column.
#[derive(Debug, Clone, Copy)]
struct Row {
    id: InvestigationId,
    status: Status,
    impact: Impact,
    detected: i64,
    started: Option<i64>,
    acknowledged: Option<i64>,
    resolved: Option<i64>,
    component: u32,
    service: u32,
    mechanism: u32,
    deploy: Option<Blamed>,
}

impl Row {
    fn of<'f>(facts: &'f CaseFacts, names: &mut Names<'f>) -> Self {
        Self {
            id: facts.id,
            status: facts.status,
            impact: facts.impact,
            detected: nanos(facts.detected_at),
            started: facts.started_at.map(nanos),
            acknowledged: facts.acknowledged_at.map(nanos),
            resolved: facts.resolved_at.map(nanos),
            component: names.place(facts.component.as_deref()),
            service: names.place(facts.service.as_deref()),
            mechanism: names.place(facts.mechanism.as_deref()),
            deploy: facts.deploy.as_ref().map(|deploy| Blamed {
                event: deploy.event,
                time: nanos(deploy.time),
                entity: names.place(deploy.entity.as_deref()),
            }),
        }
    }

    fn order(&self) -> (i64, InvestigationId) {
        (self.detected, self.id)
    }
}

impl CaseTable {
    /// A table of these. Of two with one id the later counts.
    #[must_use]
    pub fn new(facts: impl IntoIterator<Item = CaseFacts>) -> Self {
        let by_id = facts.into_iter().map(|facts| (facts.id, Some(facts))).collect();
        Self::default().changed(&by_id)
    }

    /// The table after these investigations were put, or taken away where nothing stands for them. Only what changed
    /// is sorted; the rest is copied.
    #[must_use]
    pub fn changed(&self, changes: &BTreeMap<InvestigationId, Option<CaseFacts>>) -> Self {
        let mut names = Names::of(&self.names);
        let mut put: Vec<Row> =
            changes.values().flatten().map(|facts| Row::of(facts, &mut names)).collect();
        put.sort_unstable_by_key(Row::order);
        let mut put = put.into_iter().peekable();
        let mut table = Self::default();
        for row in self.rows().filter(|row| !changes.contains_key(&row.id)) {
            while let Some(earlier) = put.next_if(|put| put.order() < row.order()) {
                table.push(earlier);
            }
            table.push(row);
        }
        put.for_each(|row| table.push(row));
        table.names = match names.into_sorted(self.names.len()) {
            None => Arc::clone(&self.names),
            Some((names, sorted)) => {
                table.rename(&sorted);
                Arc::new(names)
            }
        };
        table
    }

    fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        (0..self.len()).map(|at| self.row(at))
    }

    fn row(&self, at: usize) -> Row {
        Row {
            id: self.ids[at],
            status: self.status[at],
            impact: self.impact[at],
            detected: self.detected[at],
            started: self.started[at],
            acknowledged: self.acknowledged[at],
            resolved: self.resolved[at],
            component: self.component[at],
            service: self.service[at],
            mechanism: self.mechanism[at],
            deploy: self.deploy[at],
        }
    }

    fn push(&mut self, row: Row) {
        self.ids.push(row.id);
        self.status.push(row.status);
        self.impact.push(row.impact);
        self.detected.push(row.detected);
        self.started.push(row.started);
        self.acknowledged.push(row.acknowledged);
        self.resolved.push(row.resolved);
        self.component.push(row.component);
        self.service.push(row.service);
        self.mechanism.push(row.mechanism);
        self.deploy.push(row.deploy);
    }

    /// Names stand elsewhere now.
    fn rename(&mut self, places: &[u32]) {
        let deploys = self.deploy.iter_mut().flatten().map(|deploy| &mut deploy.entity);
        let columns = [&mut self.component, &mut self.service, &mut self.mechanism];
        for place in columns.into_iter().flatten().chain(deploys) {
            *place = places.get(*place as usize).copied().unwrap_or(0);
        }
    }

    /// How many investigations it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Those that pass.
    #[must_use]
    pub fn select(&self, filter: &CaseFilter) -> Self {
        let wanted = |name: &Option<String>| {
            name.as_ref().map(|name| self.names.binary_search(name).ok().map(|at| at as u64))
        };
        let is = |wanted: Option<Option<u64>>, found: u32| match wanted {
            None => true,
            // A name that nobody bears.
            Some(None) => false,
            Some(Some(name)) => name == u64::from(found),
        };
        let component = wanted(&filter.component);
        let service = wanted(&filter.service);
        let mechanism = wanted(&filter.mechanism);
        let rows = self.rows_within(filter.detected).filter(|&row| {
            filter.impact_at_least.is_none_or(|least| self.impact[row] >= least)
                && is(component, self.component[row])
                && is(service, self.service[row])
                && is(mechanism, self.mechanism[row])
        });
        let mut table = Self { names: Arc::clone(&self.names), ..Self::default() };
        rows.for_each(|row| table.push(self.row(row)));
        table
    }

    fn rows_within(&self, range: Option<TimeRange>) -> std::ops::Range<usize> {
        let Some(range) = range else { return 0..self.len() };
        let first = self.detected.partition_point(|time| *time < nanos(range.start));
        let end = self.detected.partition_point(|time| *time < nanos(range.end));
        first..end.max(first)
    }

    fn name(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("", String::as_str)
    }
}

/// Names by the order of their coming; the empty one, for "none", is first.
struct Names<'f> {
    places: FxHashMap<&'f str, u32>,
    found: Vec<&'f str>,
}

impl<'f> Names<'f> {
    /// Names that have their places already.
    fn of(known: &'f [String]) -> Self {
        let mut names = Self { places: FxHashMap::default(), found: Vec::new() };
        names.place(None);
        known.iter().for_each(|name| {
            names.place(Some(name));
        });
        names
    }

    fn place(&mut self, name: Option<&'f str>) -> u32 {
        *self.places.entry(name.unwrap_or("")).or_insert_with_key(|name| {
            self.found.push(*name);
            u32::try_from(self.found.len() - 1).unwrap_or(0)
        })
    }

    /// The names in order, and the place there of each that came; nothing where none came to those known.
    fn into_sorted(self, known: usize) -> Option<(Vec<String>, Vec<u32>)> {
        if self.found.len() == known {
            return None;
        }
        let mut names: Vec<(&str, usize)> = self.found.iter().copied().zip(0..).collect();
        names.sort_unstable();
        let mut places = vec![0; names.len()];
        for (to, (_, from)) in (0..).zip(&names) {
            places[*from] = to;
        }
        Some((names.into_iter().map(|(name, _)| name.to_owned()).collect(), places))
    }
}
