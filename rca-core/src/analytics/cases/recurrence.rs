//! What comes back: the same component breaking in the same way again.

use std::collections::BTreeMap;

use chrono::Duration;

use super::CaseTable;
use crate::analytics::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::model::InvestigationId;

/// A component that broke in the same way more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// The component, or the service where no component is named.
    pub component: String,
    /// How it breaks.
    pub mechanism: String,
    /// All investigations of it, in order of detection.
    pub cases: Vec<InvestigationId>,
    /// How many of them came within the time after one before.
    pub repeats: u64,
    /// The shortest time between two.
    pub shortest: Duration,
    /// The mean time between two.
    pub mean: Duration,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// How soon after one before an investigation is a repeat of it.
    pub within: Duration,
    /// Investigations of which component and mechanism are known.
    pub known: u64,
    /// The others, of which nobody can tell.
    pub unknown: u64,
    /// Of the known, those that repeat one before.
    pub repeats: u64,
    /// Most repeats first, then by name.
    pub groups: Vec<Recurring>,
}

impl CaseTable {
    /// Investigations with the component (or else the service) and the mechanism of one before, not longer
    /// than `within` after it was detected.
    #[must_use]
    pub fn recurrence(&self, within: Duration) -> Recurrence {
        let mut kinds: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        let mut unknown = 0;
        for row in 0..self.len() {
            let place = if self.component[row] == self.none() {
                self.service[row]
            } else {
                self.component[row]
            };
            if place == self.none() || self.mechanism[row] == self.none() {
                unknown += 1;
            } else {
                kinds.entry((place, self.mechanism[row])).or_default().push(row);
            }
        }
        let limit = within.num_nanoseconds().unwrap_or(i64::MAX);
        let mut groups = Vec::new();
        for ((component, mechanism), rows) in kinds.iter().filter(|(_, rows)| rows.len() > 1) {
            let times = rows.iter().map(|row| self.detected[*row]);
            let gaps: Vec<i64> =
                times.clone().zip(times.skip(1)).map(|(a, b)| b.saturating_sub(a)).collect();
            let sum: i128 = gaps.iter().map(|gap| i128::from(*gap)).sum();
            let mean = i64::try_from(sum / gaps.len().max(1) as i128).unwrap_or(i64::MAX);
            groups.push(Recurring {
                component: self.name(*component).to_owned(),
                mechanism: self.name(*mechanism).to_owned(),
                cases: rows.iter().map(|row| self.ids[*row]).collect(),
                repeats: gaps.iter().filter(|gap| **gap <= limit).count() as u64,
                shortest: Duration::nanoseconds(gaps.iter().copied().min().unwrap_or(0)),
                mean: Duration::nanoseconds(mean),
            });
        }
        groups.sort_by_key(|group| std::cmp::Reverse((group.repeats, group.cases.len())));
        Recurrence {
            within,
            known: self.len() as u64 - unknown,
            unknown,
            repeats: groups.iter().map(|group| group.repeats).sum(),
            groups,
        }
    }

    /// The place of the empty name, which is first.
    fn none(&self) -> u32 {
        0
    }
}

impl Recurrence {
    /// The share of known investigations that repeat one before; none when none is known.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.known > 0).then(|| self.repeats as f64 / self.known as f64)
    }
}

impl Figure for Recurrence {
    fn table(&self) -> Table {
        let columns = [
            "component",
            "mechanism",
            "investigations",
            "repeats",
            "shortest_gap_seconds",
            "mean_gap_seconds",
        ];
        let mut table = Table::new("What comes back", &columns);
        for group in &self.groups {
            table.rows.push(vec![
                Cell::Text(group.component.clone()),
                Cell::Text(group.mechanism.clone()),
                Cell::Count(group.cases.len() as u64),
                Cell::Count(group.repeats),
                Cell::Span(group.shortest),
                Cell::Span(group.mean),
            ]);
        }
        let days = self.within.num_days();
        table.notes.push(format!(
            "{} of {} investigations repeat one of the {days} days before: same component, same mechanism.",
            self.repeats, self.known
        ));
        if self.unknown > 0 {
            table.notes.push(format!(
                "{} more have no component or no known mechanism and can't be told.",
                self.unknown
            ));
        }
        table
    }

    fn chart(&self) -> Chart {
        let values = self.groups.iter().map(|group| Some(group.repeats as f64)).collect();
        Chart {
            title: "What comes back".to_owned(),
            description: format!("{} repeats in {} groups.", self.repeats, self.groups.len()),
            kind: ChartKind::Bars,
            unit: Unit::Count,
            labels: self
                .groups
                .iter()
                .map(|group| format!("{}, {}", group.component, group.mechanism))
                .collect(),
            series: vec![Series { name: "repeats".to_owned(), values }],
        }
    }
}
