//! How many investigations there are of each kind.

use super::durations::{label, titled};
use super::{By, CaseTable};
use crate::analytics::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::model::Status;

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyGroup {
    /// What it is grouped by, in the order asked for.
    pub values: Vec<String>,
    /// Investigations.
    pub count: u64,
    /// Of these, open or in progress.
    pub open: u64,
}

/// Counts of investigations, by groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What they are grouped by.
    pub by: Vec<By>,
    /// All together.
    pub total: u64,
    /// The groups; in order of their values, or most frequent first after [`Tally::most_frequent_first`].
    pub groups: Vec<TallyGroup>,
}

impl CaseTable {
    /// Counts investigations: the distribution of severities, investigations by component, top mechanisms.
    #[must_use]
    pub fn tally(&self, by: &[By]) -> Tally {
        let groups = self.groups(by);
        let mut counts = vec![(0, 0); groups.values.len()];
        for (group, status) in groups.of_row.iter().zip(&self.status) {
            if let Some((count, open)) = counts.get_mut(*group as usize) {
                *count += 1;
                *open += u64::from(matches!(status, Status::Open | Status::InProgress));
            }
        }
        let groups = groups.values.into_iter().zip(counts);
        let groups = groups.map(|(values, (count, open))| TallyGroup { values, count, open });
        Tally { by: by.to_vec(), total: self.len() as u64, groups: groups.collect() }
    }
}

impl Tally {
    /// The most frequent first; equal ones stay in order.
    #[must_use]
    pub fn most_frequent_first(mut self) -> Self {
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        self
    }

    fn share(&self, group: &TallyGroup) -> f64 {
        group.count as f64 / self.total.max(1) as f64
    }
}

impl Figure for Tally {
    fn table(&self) -> Table {
        let mut columns: Vec<&str> = self.by.iter().map(|by| by.as_str()).collect();
        columns.extend(["investigations", "share", "open"]);
        let mut table = Table::new(titled("investigations", &self.by), &columns);
        for group in &self.groups {
            let mut row: Vec<Cell> = group.values.iter().cloned().map(Cell::Text).collect();
            row.extend([
                Cell::Count(group.count),
                Cell::Share(self.share(group)),
                Cell::Count(group.open),
            ]);
            table.rows.push(row);
        }
        table
    }

    fn chart(&self) -> Chart {
        let series = |name: &str, value: fn(&TallyGroup) -> u64| Series {
            name: name.to_owned(),
            values: self.groups.iter().map(|group| Some(value(group) as f64)).collect(),
        };
        let periods = matches!(self.by.as_slice(), [By::Period(_)]);
        let series = if periods {
            vec![series("done", |group| group.count - group.open), series("open", |g| g.open)]
        } else {
            vec![series("investigations", |group| group.count), series("of these open", |g| g.open)]
        };
        Chart {
            title: titled("investigations", &self.by),
            description: format!("{} investigations in {} groups.", self.total, self.groups.len()),
            kind: if periods { ChartKind::Stacked } else { ChartKind::Bars },
            unit: Unit::Count,
            labels: self.groups.iter().map(|group| label(&group.values)).collect(),
            series,
        }
    }
}
