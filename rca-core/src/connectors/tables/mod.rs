//! Tables: CSV whose columns say what they are by their names.
//!
//! | format | columns |
//! |---|---|
//! | `csv-metrics` | a time, then one a series: `time,pay_cpu,pay_latency,...` |
//! | `csv-logs` | a time and a message, then anything a log record has |
//!
//! Metrics one sample a line (`timestamp,service,metric,value`) are those of the [`bundle`](super::bundle).

#[cfg(feature = "arrow")]
mod columnar;
mod columns;
mod logs;
mod rows;
mod wide;

use super::format::{Certainty, Format, Sample};
#[cfg(feature = "arrow")]
pub(super) use columnar::FORMATS as COLUMNAR;
pub use columns::{ColumnMap, read_table};
use rows::split;
pub use wide::WideColumns;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "csv-metrics",
        about: "a table of metrics: a time, then a column for each series",
        recognise: |sample| {
            let (header, first) = head(sample)?;
            wide::fits(&header, &first).then_some(Certainty::Likely)
        },
        read: wide::read,
    },
    Format {
        name: "csv-logs",
        about: "a table of log records: a time, a message and more",
        recognise: |sample| {
            let (header, _) = head(sample)?;
            logs::fits(&header).then_some(Certainty::Likely)
        },
        read: logs::read,
    },
];

/// The cells of the first two lines.
fn head(sample: &Sample<'_>) -> Option<(Vec<String>, Vec<String>)> {
    let mut lines = sample.lines();
    let mut cells =
        || Some(split(lines.next()?).ok()?.iter().map(|cell| cell.trim().to_owned()).collect());
    let (header, first): (Vec<String>, Vec<String>) = (cells()?, cells()?);
    (header.len() > 1 && !sample.is_json()).then_some((header, first))
}

#[cfg(test)]
mod tests;
