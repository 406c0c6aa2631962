//! Which share of deploys did harm.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::durations::{label, titled};
use super::group::{By, Period, Span, day_of};
use super::{Blamed, CaseTable};
use crate::analytics::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::analytics::{Count, Counts};
use crate::time::nanos;

/// Deploys of a period, or of all times, to one entity or to all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// The entity, when it is by entity, then the period, when it is by period.
    pub values: Vec<String>,
    /// All deploys.
    pub deploys: u64,
    /// Those that an investigation blames.
    pub failed: u64,
}

impl FailureGroup {
    /// The share that failed; none without deploys.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.deploys > 0).then(|| self.failed as f64 / self.deploys as f64)
    }
}

/// The change failure rate: deploys that an investigation blames, of all deploys (Forsgren, Humble, Kim:
/// "Accelerate", 2018).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFailures {
    /// The names of the columns.
    pub by: Vec<&'static str>,
    /// In order of their values.
    pub groups: Vec<FailureGroup>,
    /// Blamed deploys that are not among those counted: outside of the time, or removed since.
    pub uncounted: u64,
}

impl CaseTable {
    /// The change failure rate of the deploys that were counted.
    ///
    /// `deploys` are counts of deploy events by [`Facet::Entity`](crate::analytics::Facet::Entity) and day, as
    /// [`counts`](crate::analytics::counts) gives them. A deploy failed when it is the most probable cause of an
    /// investigation, or brought the commit that is. One that several investigations blame failed once.
    #[must_use]
    pub fn change_failures(
        &self,
        deploys: &Counts,
        by_entity: ByEntity,
        period: Option<Period>,
    ) -> ChangeFailures {
        // Counts come in order of time: neighbours mostly fall into one period.
        let mut known = None;
        let mut key = |entity: &str, day: Option<i64>| {
            let entity = (by_entity == ByEntity::Yes).then(|| entity.to_owned());
            let first = period.zip(day).map(|(period, day)| match known {
                Some(Span { first, next }) if first <= day && day < next => first,
                _ => {
                    let span = period.around(day);
                    known = Some(span);
                    span.first
                }
            });
            (entity, first)
        };
        let daily = deploys.groups.iter().any(|group| group.bucket.is_some());
        let mut deploy: Vec<Blamed> = self.deploy.iter().flatten().copied().collect();
        deploy.sort_unstable_by_key(|deploy| (deploy.time, deploy.event));
        deploy.dedup_by_key(|deploy| deploy.event);
        let mut blamed: FxHashMap<(&str, Option<i64>), u64> = FxHashMap::default();
        for Blamed { time, entity, .. } in &deploy {
            let day = daily.then(|| day_of(*time));
            *blamed.entry((self.name(*entity), day)).or_default() += 1;
        }
        let mut groups: BTreeMap<(Option<String>, Option<i64>), (u64, u64)> = BTreeMap::new();
        let mut counted = 0;
        for Count { bucket, values, count } in &deploys.groups {
            let entity = values.first().map_or("", String::as_str);
            let day = bucket.map(|start| day_of(nanos(start)));
            // No more can have failed than there were: the day counts deploys that are still there.
            let failed = blamed.get_mut(&(entity, day)).map_or(0, |left| {
                let failed = (*left).min(*count);
                *left -= failed;
                failed
            });
            counted += failed;
            let sums = groups.entry(key(entity, day)).or_default();
            *sums = (sums.0 + count, sums.1 + failed);
        }
        let uncounted = deploy.len() as u64 - counted;
        let entities = (by_entity == ByEntity::Yes).then_some("entity");
        let groups = groups.into_iter().map(|((entity, first), (deploys, failed))| FailureGroup {
            values: entity
                .into_iter()
                .chain(period.zip(first).map(|(period, first)| period.label(first)))
                .collect(),
            deploys,
            failed,
        });
        ChangeFailures {
            by: entities.into_iter().chain(period.map(Period::as_str)).collect(),
            groups: groups.collect(),
            uncounted,
        }
    }
}

/// Whether deploys are told apart by what was deployed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByEntity {
    /// They are.
    Yes,
    /// They are not.
    No,
}

impl ChangeFailures {
    /// The whole: all deploys, and those that failed.
    #[must_use]
    pub fn total(&self) -> FailureGroup {
        let sum = |of: fn(&FailureGroup) -> u64| self.groups.iter().map(of).sum();
        FailureGroup {
            values: Vec::new(),
            deploys: sum(|group| group.deploys),
            failed: sum(|group| group.failed),
        }
    }
}

impl Figure for ChangeFailures {
    fn table(&self) -> Table {
        let mut columns = self.by.clone();
        columns.extend(["deploys", "failed", "rate"]);
        let mut table = Table::new("Change failure rate", &columns);
        for group in &self.groups {
            let mut row: Vec<Cell> = group.values.iter().cloned().map(Cell::Text).collect();
            row.extend([
                Cell::Count(group.deploys),
                Cell::Count(group.failed),
                group.rate().map_or(Cell::Empty, Cell::Share),
            ]);
            table.rows.push(row);
        }
        table.notes.push(
            "A deploy failed when it, or a commit it brought, is the most probable cause of an investigation."
                .to_owned(),
        );
        if self.uncounted > 0 {
            table.notes.push(format!(
                "{} more blamed deploys are not among those counted.",
                self.uncounted
            ));
        }
        table
    }

    fn chart(&self) -> Chart {
        let values = self.groups.iter().map(FailureGroup::rate).collect();
        let total = self.total();
        let by_time = self.by.len() == 1 && self.by.first() != Some(&"entity");
        Chart {
            title: titled("change failure rate", &[] as &[By]),
            description: format!("{} of {} deploys failed.", total.failed, total.deploys),
            kind: if by_time { ChartKind::Lines } else { ChartKind::Bars },
            unit: Unit::Share,
            labels: self.groups.iter().map(|group| label(&group.values)).collect(),
            series: vec![Series { name: "failed".to_owned(), values }],
        }
    }
}
