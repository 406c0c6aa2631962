//! Log lines around the events that matter.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::{Bounds, Subject, cut};
use crate::model::Severity;
use crate::signal::LogView;
use crate::time::nanos;

/// A log line.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Milliseconds since 1970.
    pub time: i64,
    /// Who wrote it.
    pub service: String,
    /// How bad it says it is.
    pub severity: Severity,
    /// The text.
    pub message: String,
    /// The trace it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Log lines may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLine").field("time", &self.time).finish_non_exhaustive()
    }
}

/// Lines on each side of an event: of its service, and bad ones of anybody.
const NEAR: usize = 25;
const BAD_NEAR: usize = 10;
/// Further from an event than this is no context: 15 minutes.
const FAR: i64 = 15 * 60 * 1_000_000_000;
/// Bytes of a line.
const LINE: usize = 2_000;

/// Lines around the events, the ones that matter first, until there are enough; by time. And how many there are
/// beside.
pub(super) fn choose(
    subject: &Subject<'_>,
    focus: &Focus<'_>,
    bounds: &Bounds,
) -> (Vec<LogLine>, u64) {
    let mut lines: Vec<LogView<'_>> = subject.telemetry.logs.iter().collect();
    lines.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut of: BTreeMap<&str, Vec<(i64, usize)>> = BTreeMap::new();
    let mut bad = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        of.entry(line.service()).or_default().push((line.time(), index));
        if line.severity() >= Severity::Medium {
            bad.push((line.time(), index));
        }
    }
    let mut kept = BTreeSet::new();
    for event in focus.ordered() {
        if kept.len() >= bounds.log_lines {
            break;
        }
        let time = nanos(event.timestamp());
        let own = event.entity().and_then(|entity| of.get(entity.name.as_str()));
        near(own.map_or(&[], Vec::as_slice), time, NEAR, &mut kept);
        near(&bad, time, BAD_NEAR, &mut kept);
    }
    let left = lines.len() - kept.len();
    let views = kept.into_iter().filter_map(|index| lines.get(index)).map(|line| LogLine {
        time: line.time() / 1_000_000,
        service: line.service().to_owned(),
        severity: line.severity(),
        message: cut(line.message(), LINE),
        trace: line.trace().map(str::to_owned),
    });
    (views.collect(), left as u64)
}

fn key<'a>(line: &LogView<'a>) -> (i64, &'a str, &'a str) {
    (line.time(), line.service(), line.message())
}

/// The nearest lines before and after a moment.
fn near(lines: &[(i64, usize)], time: i64, count: usize, kept: &mut BTreeSet<usize>) {
    let middle = lines.partition_point(|(at, _)| *at < time);
    let (before, after) = lines.split_at(middle);
    let close = |(at, _): &&(i64, usize)| at.abs_diff(time) <= FAR.unsigned_abs();
    kept.extend(before.iter().rev().take(count).filter(close).map(|(_, index)| index));
    kept.extend(after.iter().take(count).filter(close).map(|(_, index)| index));
}
