//! Lines of the table.

use std::io::Write;

use super::Result;
use super::clock::Cost;

/// What a ratio has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Shown for information.
    Open,
}

impl Goal {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::Open => true,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::Open => f.write_str("-"),
        }
    }
}

/// One line: our figure beside the peer's, and the goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was done.
    pub work: String,
    /// By whom else.
    pub peer: String,
    /// Our figure.
    pub ours: String,
    /// The peer's figure.
    pub theirs: String,
    /// What the goal is about: a ratio, or seconds.
    pub value: Option<f64>,
    /// What it has to be.
    pub goal: Goal,
}

/// Which of the two times counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// On the wall.
    Wall,
    /// On the processors.
    Cpu,
}

impl Row {
    /// How many times faster than the peer we are.
    #[must_use]
    pub fn faster(work: &str, peer: &str, (ours, theirs): (Cost, Cost), by: By, goal: f64) -> Self {
        let ratio = match by {
            By::Wall => theirs.wall / ours.wall,
            By::Cpu => theirs.cpu / ours.cpu,
        };
        Self {
            work: work.to_owned(),
            peer: peer.to_owned(),
            ours: both(ours),
            theirs: both(theirs),
            value: Some(ratio),
            goal: Goal::AtLeast(goal),
        }
    }

    /// A peer that could not be measured.
    #[must_use]
    pub fn without_peer(work: &str, peer: &str, ours: Cost, why: &str) -> Self {
        Self {
            work: work.to_owned(),
            peer: peer.to_owned(),
            ours: both(ours),
            theirs: why.to_owned(),
            value: None,
            goal: Goal::Open,
        }
    }

    /// Whether the goal is met.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self.value {
            None => "-",
            Some(value) if self.goal.holds(value) => "ok",
            Some(_) => "SHORT",
        }
    }

    fn cells(&self) -> [String; 7] {
        let value = self.value.map_or("-".to_owned(), number);
        let goal = self.goal.to_string();
        let verdict = self.verdict().to_owned();
        let Self { work, peer, ours, theirs, .. } = self.clone();
        [work, peer, ours, theirs, value, goal, verdict]
    }
}

const HEAD: [&str; 7] = ["work", "against", "ours", "theirs", "ratio", "goal", ""];

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Aligned,
    /// Fields separated by tabs.
    Tsv,
}

/// Writes all lines, with a head.
///
/// # Errors
///
/// What the writer says.
pub fn write_table(rows: &[Row], format: Format, out: &mut dyn Write) -> Result<()> {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines {
        let text = match format {
            Format::Tsv => line.join("\t"),
            Format::Aligned => {
                let cells = line.iter().zip(&widths);
                cells.map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>().join("  ")
            }
        };
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

/// Wall time, and CPU time beside it.
#[must_use]
pub fn both(cost: Cost) -> String {
    format!("{} ({} cpu)", seconds(cost.wall), seconds(cost.cpu))
}

/// Seconds in a unit that reads well.
#[must_use]
pub fn seconds(time: f64) -> String {
    match time {
        t if t >= 1.0 => format!("{} s", number(t)),
        t if t >= 1e-3 => format!("{} ms", number(t * 1e3)),
        t => format!("{} us", number(t * 1e6)),
    }
}

/// Three digits that count.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_ok_when_the_peer_takes_long_enough() {
        let cost = |wall| Cost { wall, cpu: wall };
        let row = |goal| Row::faster("work", "peer", (cost(1.0), cost(3.0)), By::Wall, goal);
        assert_eq!(row(3.0).verdict(), "ok");
        assert_eq!(row(3.1).verdict(), "SHORT");
    }

    #[test]
    fn a_missing_peer_is_neither_ok_nor_short() {
        let row = Row::without_peer("work", "peer", Cost::default(), "peer not installed");
        assert_eq!(row.verdict(), "-");
    }

    #[test]
    fn tables_have_a_line_for_each_row_and_fields_between_tabs() {
        let row = Row::without_peer("work", "peer", Cost::default(), "peer not installed");
        let mut out = Vec::new();
        write_table(&[row.clone(), row], Format::Tsv, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().all(|line| line.matches('\t').count() >= 5));
    }

    #[test]
    fn times_are_written_in_a_unit_that_reads_well() {
        assert_eq!(seconds(12.34), "12.3 s");
        assert_eq!(seconds(0.0012), "1.20 ms");
        assert_eq!(seconds(0.000_5), "500 us");
    }
}
