//! How long it takes to notice, to take up and to repair.

use chrono::{DateTime, Duration, Utc};

use super::survival::{Wait, estimate};
use super::{By, CaseTable};
use crate::analytics::figure::{Cell, Chart, ChartKind, Figure, Series, Table, Unit};
use crate::model::Status;
use crate::time::nanos;

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// From the beginning of the harm until it was noticed (MTTD).
    Detect,
    /// From being noticed until somebody worked on it (MTTA).
    Acknowledge,
    /// From being noticed until the system worked again (MTTR).
    Resolve,
    /// From the beginning of the harm until the system worked again: how long users were hurt.
    Restore,
}

impl Measure {
    /// In words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Detect => "time to detect",
            Self::Acknowledge => "time to acknowledge",
            Self::Resolve => "time to resolve",
            Self::Restore => "time to restore",
        }
    }

    fn definition(self) -> &'static str {
        match self {
            Self::Detect => "From the beginning of the harm to its detection.",
            Self::Acknowledge => "From the detection until somebody worked on it.",
            Self::Resolve => "From the detection until it was resolved.",
            Self::Restore => "From the beginning of the harm until it was resolved.",
        }
    }
}

/// Why investigations do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Excluded {
    /// Nobody said when it began.
    pub no_beginning: u64,
    /// It was closed, and what was waited for never came: closed without being acknowledged, or resolved.
    pub never: u64,
    /// It ends before it begins.
    pub backwards: u64,
}

impl Excluded {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.no_beginning + self.never + self.backwards
    }
}

/// Durations of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationGroup {
    /// What it is grouped by, in the order asked for.
    pub values: Vec<String>,
    /// Investigations where it is over.
    pub over: u64,
    /// Investigations where it goes on: they count for as long as they have lasted.
    pub open: u64,
    /// Investigations that do not count, and why.
    pub excluded: Excluded,
    /// The mean over the time up to the longest duration seen; the plain mean where nothing is open.
    pub mean: Option<Duration>,
    /// Whether the longest is still open, so that the mean can only grow.
    pub mean_is_at_least: bool,
    /// Half are over by then; none while fewer are.
    pub median: Option<Duration>,
    /// Nine of ten are over by then; none while fewer are.
    pub p90: Option<Duration>,
}

/// A measure, by groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// What was measured.
    pub measure: Measure,
    /// What it was grouped by.
    pub by: Vec<By>,
    /// The groups, in order of their values.
    pub groups: Vec<DurationGroup>,
}

/// What one row says.
enum Row {
    Wait(Wait),
    NoBeginning,
    Never,
    Backwards,
}

impl CaseTable {
    /// A measure in each group, with what is still open at `now` counted for as long as it has lasted
    /// (Kaplan, Meier 1958). Half and nine of ten are the shortest times by which so many are over; the
    /// mean is the restricted mean (Royston, Parmar 2013).
    #[must_use]
    pub fn durations(&self, measure: Measure, by: &[By], now: DateTime<Utc>) -> Durations {
        let groups = self.groups(by);
        let now = nanos(now);
        let mut excluded = vec![Excluded::default(); groups.values.len()];
        let mut waits: Vec<(u32, Wait)> = Vec::with_capacity(self.len());
        for (row, group) in groups.of_row.iter().enumerate() {
            let Some(excluded) = excluded.get_mut(*group as usize) else { continue };
            match self.wait(measure, row, now) {
                Row::Wait(wait) => waits.push((*group, wait)),
                Row::NoBeginning => excluded.no_beginning += 1,
                Row::Never => excluded.never += 1,
                Row::Backwards => excluded.backwards += 1,
            }
        }
        let sorted = by_group(&waits, groups.values.len());
        let groups = groups.values.into_iter().zip(excluded).zip(sorted);
        let groups = groups.map(|((values, excluded), mut waits)| {
            waits.sort_unstable();
            let found = estimate(&waits);
            DurationGroup {
                values,
                over: found.over,
                open: found.going_on,
                excluded,
                mean: found.mean.map(rounded),
                mean_is_at_least: found.at_least,
                median: found.median.map(whole),
                p90: found.p90.map(whole),
            }
        });
        Durations { measure, by: by.to_vec(), groups: groups.collect() }
    }

    fn wait(&self, measure: Measure, row: usize, now: i64) -> Row {
        let begin = match measure {
            Measure::Detect | Measure::Restore => self.started[row],
            Measure::Acknowledge | Measure::Resolve => Some(self.detected[row]),
        };
        let Some(begin) = begin else { return Row::NoBeginning };
        let end = match measure {
            Measure::Detect => Some(self.detected[row]),
            Measure::Acknowledge => self.acknowledged[row],
            Measure::Resolve | Measure::Restore => self.resolved[row],
        };
        let status = self.status[row];
        let waiting = match measure {
            Measure::Detect => false,
            Measure::Acknowledge => status == Status::Open,
            Measure::Resolve | Measure::Restore => {
                matches!(status, Status::Open | Status::InProgress)
            }
        };
        let wait = match end {
            Some(end) => Wait::new(end.saturating_sub(begin), true),
            None if waiting => Wait::new(now.saturating_sub(begin), false),
            None => return Row::Never,
        };
        wait.map_or(Row::Backwards, Row::Wait)
    }
}

/// Waits of each group, in a block of their own.
fn by_group(waits: &[(u32, Wait)], groups: usize) -> Vec<Vec<Wait>> {
    let mut sizes = vec![0; groups];
    waits.iter().for_each(|(group, _)| sizes[*group as usize] += 1);
    let mut blocks: Vec<Vec<Wait>> = sizes.into_iter().map(Vec::with_capacity).collect();
    waits.iter().for_each(|(group, wait)| blocks[*group as usize].push(*wait));
    blocks
}

fn whole(nanos: u64) -> Duration {
    Duration::nanoseconds(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and no wait is that long")]
fn rounded(nanos: f64) -> Duration {
    Duration::nanoseconds(nanos.round() as i64)
}

impl Figure for Durations {
    fn table(&self) -> Table {
        let mut columns: Vec<&str> = self.by.iter().map(|by| by.as_str()).collect();
        columns.extend([
            "over",
            "open",
            "mean_seconds",
            "mean_is_at_least",
            "median_seconds",
            "p90_seconds",
            "without_beginning",
            "closed_without",
            "backwards",
        ]);
        let mut table = Table::new(self.title(), &columns);
        for group in &self.groups {
            let mut row: Vec<Cell> = group.values.iter().cloned().map(Cell::Text).collect();
            let at_least = if group.mean_is_at_least { "yes" } else { "no" };
            row.extend([
                Cell::Count(group.over),
                Cell::Count(group.open),
                group.mean.into(),
                Cell::Text(at_least.to_owned()),
                group.median.into(),
                group.p90.into(),
                Cell::Count(group.excluded.no_beginning),
                Cell::Count(group.excluded.never),
                Cell::Count(group.excluded.backwards),
            ]);
            table.rows.push(row);
        }
        table.notes.push(self.measure.definition().to_owned());
        table.notes.push(
            "What is open counts for as long as it has lasted (Kaplan-Meier); there is no median or p90 while too \
             many are open. A mean is \"at least\" when the longest is still open. The last three columns do not count."
                .to_owned(),
        );
        table
    }

    fn chart(&self) -> Chart {
        let seconds = |span: Option<Duration>| span.map(|span| span.as_seconds_f64());
        let series = |name: &str, value: fn(&DurationGroup) -> Option<Duration>| Series {
            name: name.to_owned(),
            values: self.groups.iter().map(|group| seconds(value(group))).collect(),
        };
        let periods = matches!(self.by.as_slice(), [By::Period(_)]);
        Chart {
            title: self.title(),
            description: format!(
                "{} Median, mean and ninetieth percentile in {} groups.",
                self.measure.definition(),
                self.groups.len()
            ),
            kind: if periods { ChartKind::Lines } else { ChartKind::Bars },
            unit: Unit::Seconds,
            labels: self.groups.iter().map(|group| label(&group.values)).collect(),
            series: vec![
                series("median", |group| group.median),
                series("mean", |group| group.mean),
                series("p90", |group| group.p90),
            ],
        }
    }
}

impl Durations {
    fn title(&self) -> String {
        titled(self.measure.title(), &self.by)
    }
}

/// "time to resolve by severity", with a capital letter.
pub(super) fn titled(what: &str, by: &[By]) -> String {
    let mut title: String = what.to_owned();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let by: Vec<&str> = by.iter().map(|by| by.as_str()).collect();
    if by.is_empty() { title } else { format!("{title} by {}", by.join(" and ")) }
}

/// One label for the values of a group.
pub(super) fn label(values: &[String]) -> String {
    let shown = |value: &String| if value.is_empty() { "(none)".to_owned() } else { value.clone() };
    if values.is_empty() {
        return "all".to_owned();
    }
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}
