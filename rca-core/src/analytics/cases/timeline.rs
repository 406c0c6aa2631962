//! What came, what was resolved, and what was left, period by period.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::CaseTable;
use super::group::{Period, day_of};
use crate::analytics::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::model::Status;
use crate::time::from_nanos;

/// One period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePeriod {
    /// Its first moment.
    pub start: DateTime<Utc>,
    /// What people call it.
    pub label: String,
    /// Investigations detected in it.
    pub detected: u64,
    /// Investigations resolved in it.
    pub resolved: u64,
    /// Investigations detected but not resolved by its end.
    pub open: u64,
}

/// Periods without gaps, from the first detection to the last detection or resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// How long the periods are.
    pub period: Period,
    /// In order.
    pub periods: Vec<TimelinePeriod>,
    /// Investigations that were closed without being resolved: nobody knows when, so they are never
    /// among the open ones.
    pub closed_unresolved: u64,
    /// Investigations that were resolved before they were detected: not among the open ones either.
    pub backwards: u64,
}

impl CaseTable {
    /// Counts what came, went and stayed.
    #[must_use]
    pub fn timeline(&self, period: Period) -> Timeline {
        // Detected and resolved, and what came to and went from the open ones.
        let mut days: BTreeMap<i64, (u64, u64, i64)> = BTreeMap::new();
        let (mut closed_unresolved, mut backwards) = (0, 0);
        for row in 0..self.len() {
            let detected = self.detected[row];
            let day = day_of(detected);
            let here = days.entry(day).or_default();
            here.0 += 1;
            match (self.resolved[row], self.status[row]) {
                (None, Status::Closed | Status::Resolved) => closed_unresolved += 1,
                (None, _) => here.2 += 1,
                (Some(resolved), _) => {
                    if resolved >= detected {
                        here.2 += 1;
                        days.entry(day_of(resolved)).or_default().2 -= 1;
                    } else {
                        backwards += 1;
                    }
                    days.entry(day_of(resolved)).or_default().1 += 1;
                }
            }
        }
        let mut periods: Vec<TimelinePeriod> = Vec::new();
        let (mut open, mut next) = (0_i64, i64::MIN);
        for (day, (detected, resolved, came)) in days {
            while day >= next {
                // The first day opens its own period; after that, periods follow without a gap.
                let span = period.around(if periods.is_empty() { day } else { next });
                next = span.next;
                periods.push(TimelinePeriod {
                    start: from_nanos(span.first.saturating_mul(86_400_000_000_000)),
                    label: period.label(span.first),
                    detected: 0,
                    resolved: 0,
                    open: u64::try_from(open).unwrap_or(0),
                });
            }
            open += came;
            if let Some(last) = periods.last_mut() {
                last.detected += detected;
                last.resolved += resolved;
                last.open = u64::try_from(open).unwrap_or(0);
            }
        }
        Timeline { period, periods, closed_unresolved, backwards }
    }
}

impl Figure for Timeline {
    fn table(&self) -> Table {
        let columns = [self.period.as_str(), "detected", "resolved", "open_at_end"];
        let mut table = Table::new(format!("Investigations by {}", self.period.as_str()), &columns);
        for period in &self.periods {
            table.rows.push(vec![
                Cell::Text(period.label.clone()),
                Cell::Count(period.detected),
                Cell::Count(period.resolved),
                Cell::Count(period.open),
            ]);
        }
        for (count, why) in [
            (self.closed_unresolved, "closed without being resolved; they count as detected only"),
            (
                self.backwards,
                "resolved before they were detected; they are never among the open ones",
            ),
        ] {
            if count > 0 {
                table.notes.push(format!("{count} were {why}."));
            }
        }
        table
    }

    fn chart(&self) -> Chart {
        let series = |name: &str, value: fn(&TimelinePeriod) -> u64| Series {
            name: name.to_owned(),
            values: self.periods.iter().map(|period| Some(value(period) as f64)).collect(),
        };
        Chart {
            title: format!("Investigations by {}", self.period.as_str()),
            description: "Detected, resolved, and open at the end of each period.".to_owned(),
            kind: ChartKind::Lines,
            unit: Unit::Count,
            labels: self.periods.iter().map(|period| period.label.clone()).collect(),
            series: vec![
                series("detected", |period| period.detected),
                series("resolved", |period| period.resolved),
                series("open at the end", |period| period.open),
            ],
        }
    }
}
