//! From records to findings: which templates of which entity appeared, became frequent or fell silent.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::frames::stack_frames;
use super::header::split_header;
use super::lexer::prefix;
use super::miner::{Miner, TemplateId};
use super::shift::{self, Series, Shift};
use crate::detect::Scope;
use crate::model::{Direction, Entity, LogShift, Severity, StackFrame};
use crate::signal::{LogFrame, LogView};
use crate::time::{from_nanos, nanos};

/// How far the metrics' idea of the onset may be off.
const HINT_SLACK: i64 = 120_000_000_000;
const MINUTE: f64 = 60e9;
/// Records of one template whose stack frames are read.
const FRAME_SAMPLES: usize = 50;
/// Frames kept for one finding.
const FRAMES: usize = 12;
/// Longest example, in bytes.
const EXAMPLE: usize = 2_000;

/// What counts as a finding, and how many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest score of a change of rate.
    pub min_score: f64,
    /// Smallest score of a line that was never seen before. Lower than `min_score`, since a new error
    /// is worth a look even when it came once; the score says honestly how little that proves.
    pub min_novel_score: f64,
    /// Findings at most; those that weigh most are kept.
    pub max_findings: usize,
    /// Findings at most for one entity.
    pub max_per_entity: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 3.0, min_novel_score: 1.5, max_findings: 200, max_per_entity: 40 }
    }
}

/// The records of one template and entity.
#[derive(Default)]
struct Group<'a> {
    records: Vec<Record<'a>>,
    reference: u64,
}

#[derive(Clone, Copy)]
struct Record<'a> {
    time: i64,
    severity: Severity,
    view: LogView<'a>,
}

/// The templates that changed, those that weigh most first.
///
/// Times are compared within what the records cover, not within the whole window: logs are often kept
/// for a part of it only. The split lies before the alarm, and near the hint when there is one. A
/// template is novel when neither the baseline nor the reference holds a line of it. Lines of errors
/// weigh more, but a mild line that begins all of a sudden is a finding too.
#[must_use]
pub fn detect(
    frame: &LogFrame,
    scope: &Scope<'_>,
    reference: Option<&LogFrame>,
    options: &Options,
) -> Vec<LogShift> {
    let window = scope.span();
    let inside = |view: &LogView<'_>| window.contains(&view.time());
    let Some(covered) = coverage(frame.iter().filter(inside)) else { return Vec::new() };
    let normal = reference.and_then(|reference| coverage(reference.iter()));
    let normal = normal.map_or(0.0, |range| float(range.end - range.start).max(MINUTE));
    let splits = splits(scope, &covered);

    let mut miner = Miner::default();
    let mut groups = Groups::default();
    for view in frame.iter().filter(inside) {
        groups.add(&mut miner, view);
    }
    for view in reference.into_iter().flat_map(LogFrame::iter) {
        groups.add_reference(&mut miner, view);
    }
    miner.finish();

    let mut found: Vec<(f64, LogShift)> = Vec::new();
    for ((service, template), mut group) in groups.by_template(&miner) {
        group.records.sort_by_key(|r| (r.time, r.view.message()));
        let times: Vec<i64> = group.records.iter().map(|record| record.time).collect();
        let series = Series {
            times: &times,
            covered: &covered,
            splits: &splits,
            reference: (group.reference, normal),
        };
        let Some(shift) = shift::change(&series) else { continue };
        let text = miner.template(template).text().to_owned();
        let finding = finding(service, text, &group.records, &shift);
        let least = if finding.novel { options.min_novel_score } else { options.min_score };
        if finding.score.abs() >= least {
            found.push((weight(&finding), finding));
        }
    }
    limit(found, options)
}

/// Records by entity and skeleton, before the skeletons are grouped.
#[derive(Default)]
struct Groups<'a> {
    by_skeleton: BTreeMap<(&'a str, TemplateId), Group<'a>>,
}

impl<'a> Groups<'a> {
    fn add(&mut self, miner: &mut Miner, view: LogView<'a>) {
        // Connectors cut headers off where they know the format; raw lines still have theirs.
        let header = split_header(first_line(view.message()));
        let severity = view.severity().max(header.severity.unwrap_or_default());
        let record = Record { time: view.time(), severity, view };
        let id = miner.learn(header.message);
        self.by_skeleton.entry((view.service(), id)).or_default().records.push(record);
    }

    fn add_reference(&mut self, miner: &mut Miner, view: LogView<'a>) {
        let id = miner.learn(split_header(first_line(view.message())).message);
        self.by_skeleton.entry((view.service(), id)).or_default().reference += 1;
    }

    fn by_template(self, miner: &Miner) -> BTreeMap<(&'a str, TemplateId), Group<'a>> {
        let mut merged: BTreeMap<(&str, TemplateId), Group<'_>> = BTreeMap::new();
        for ((service, id), group) in self.by_skeleton {
            let target = merged.entry((service, miner.resolve(id))).or_default();
            target.records.extend(group.records);
            target.reference += group.reference;
        }
        merged
    }
}

fn first_line(message: &str) -> &str {
    message.trim_start().lines().next().unwrap_or_default()
}

/// From the first to just after the last record.
fn coverage<'a>(views: impl Iterator<Item = LogView<'a>>) -> Option<Range<i64>> {
    let mut range: Option<Range<i64>> = None;
    for view in views {
        let time = view.time();
        let range = range.get_or_insert(time..time);
        range.start = range.start.min(time);
        range.end = range.end.max(time.saturating_add(1));
    }
    range
}

/// Where the rates may have changed: not after it was surely bad, and near the hint if there is one.
fn splits(scope: &Scope<'_>, covered: &Range<i64>) -> Range<i64> {
    let latest = scope.bad_at().saturating_add(1).clamp(covered.start, covered.end);
    let whole = covered.start..latest.max(covered.start.saturating_add(1));
    let Some(hint) = scope.onset_hint.map(nanos) else { return whole };
    let near = hint.saturating_sub(HINT_SLACK)..hint.saturating_add(HINT_SLACK);
    let near = near.start.max(covered.start)..near.end.min(covered.end);
    // A hint that lies outside of the logs says nothing about them.
    if near.start < near.end { near } else { whole }
}

fn finding(service: &str, template: String, records: &[Record<'_>], shift: &Shift) -> LogShift {
    let direction = if shift.score < 0.0 { Direction::Down } else { Direction::Up };
    let split = records.partition_point(|record| record.time < shift.at);
    let (before, after) = records.split_at(split);
    // Something that rises is shown as it is now, something that vanished as it was.
    let shown = if after.is_empty() { before } else { after };
    let novel = shift.count.0 == 0;
    let onset = match after.first() {
        Some(first) if novel => first.time,
        _ => shift.at,
    };
    LogShift {
        entity: Entity::service(service),
        template,
        example: shown.first().map(|r| cut(r.view.message())).unwrap_or_default(),
        severity: shown.iter().map(|r| r.severity).max().unwrap_or_default(),
        direction,
        count: shift.count,
        rate: (
            per_minute(shift.count.0, shift.duration.0),
            per_minute(shift.count.1, shift.duration.1),
        ),
        novel,
        onset: from_nanos(onset),
        score: shift.score,
        frames: frames(shown),
    }
}

/// Most frequent first, then in the order of the trace.
fn frames(records: &[Record<'_>]) -> Vec<StackFrame> {
    let mut counts: BTreeMap<StackFrame, (usize, Reverse<usize>)> = BTreeMap::new();
    for record in records.iter().take(FRAME_SAMPLES) {
        let mut read = stack_frames(record.view.message());
        for (name, text) in record.view.attributes() {
            if matches!(name, "exception.stacktrace" | "code.stacktrace" | "error.stack_trace") {
                read.extend(stack_frames(text));
            }
        }
        read.extend(code_attributes(record.view));
        for (depth, frame) in read.into_iter().enumerate() {
            let entry = counts.entry(frame).or_insert((0, Reverse(depth)));
            entry.0 += 1;
        }
    }
    let mut ordered: Vec<_> = counts.into_iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ordered.into_iter().take(FRAMES).map(|(frame, _)| frame).collect()
}

/// Where the line was written, by the names of the OpenTelemetry semantic conventions, old and new.
fn code_attributes(view: LogView<'_>) -> Option<StackFrame> {
    let first = |names: [&str; 2]| names.iter().find_map(|name| view.attribute(name));
    Some(StackFrame {
        path: first(["code.file.path", "code.filepath"])?.to_owned(),
        function: first(["code.function.name", "code.function"]).map(str::to_owned),
        line: first(["code.line.number", "code.lineno"]).and_then(|line| line.parse().ok()),
    })
}

fn cut(text: &str) -> String {
    prefix(text, EXAMPLE).to_owned()
}

/// How much a finding is worth against others when not all can be kept.
fn weight(finding: &LogShift) -> f64 {
    let severity = match finding.severity {
        Severity::Info => 1.0,
        Severity::Low => 1.2,
        Severity::Medium => 1.6,
        Severity::High => 2.0,
        Severity::Critical => 2.4,
    };
    let kind = match (finding.novel, finding.direction) {
        (true, _) => 1.5,
        (false, Direction::Up) => 1.0,
        (false, Direction::Down) => 0.7,
    };
    finding.score.abs() * severity * kind
}

fn limit(mut found: Vec<(f64, LogShift)>, options: &Options) -> Vec<LogShift> {
    found.sort_by(|(a, x), (b, y)| {
        b.total_cmp(a).then_with(|| (&x.entity, &x.template).cmp(&(&y.entity, &y.template)))
    });
    let mut per_entity: BTreeMap<Entity, usize> = BTreeMap::new();
    found
        .into_iter()
        .map(|(_, finding)| finding)
        .filter(|finding| {
            let seen = per_entity.entry(finding.entity.clone()).or_default();
            *seen += 1;
            *seen <= options.max_per_entity
        })
        .take(options.max_findings)
        .collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
fn per_minute(count: u64, duration: f64) -> f64 {
    if duration > 0.0 { count as f64 * MINUTE / duration } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, reason = "a nanosecond in a month does not matter")]
fn float(nanos: i64) -> f64 {
    nanos as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::LogRecord;
    use crate::time::TimeRange;

    const SECOND: i64 = 1_000_000_000;

    fn hour() -> Scope<'static> {
        Scope::new(TimeRange::new(from_nanos(0), from_nanos(3_600 * SECOND)).unwrap())
    }

    fn frame(lines: &[(i64, Severity, &str)]) -> LogFrame {
        let mut frame = LogFrame::default();
        for (second, severity, message) in lines {
            frame.push(&LogRecord {
                time: second * SECOND,
                service: "ledger",
                severity: *severity,
                message,
                ..LogRecord::default()
            });
        }
        frame
    }

    fn steady() -> Vec<(i64, Severity, &'static str)> {
        (0..360).map(|i| (i * 10, Severity::Info, "transfer booked")).collect()
    }

    fn found(lines: &[(i64, Severity, &str)]) -> Vec<LogShift> {
        detect(&frame(lines), &hour(), None, &Options::default())
    }

    #[test]
    fn a_new_error_is_found_with_its_onset_and_frames() {
        let mut lines = steady();
        let error = "transfer 17 failed: no rows\n\tat shop.Ledger.book(Ledger.java:44)";
        lines.extend((0..20).map(|i| (3_000 + i * 30, Severity::High, error)));
        let found = found(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].template, "transfer <*> failed: no rows");
        assert!(found[0].novel && found[0].direction == Direction::Up);
        assert_eq!(found[0].onset, from_nanos(3_000 * SECOND));
        assert_eq!(found[0].frames[0].path, "shop/Ledger.java");
        assert_eq!(found[0].count, (0, 20));
    }

    #[test]
    fn a_line_that_stops_is_found_as_silence() {
        let mut lines = steady();
        lines.extend((0..100).map(|i| (i * 20, Severity::Info, "heartbeat sent")));
        let found = found(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].direction, found[0].count), (Direction::Down, (100, 0)));
        assert!(found[0].score < -3.0);
    }

    #[test]
    fn a_steady_system_gives_no_findings() {
        assert!(found(&steady()).is_empty());
        assert!(found(&[]).is_empty());
        assert!(found(&[(5, Severity::High, "once")]).is_empty());
    }

    #[test]
    fn what_the_reference_holds_is_not_novel() {
        let mut lines = steady();
        lines.extend((0..20).map(|i| (3_000 + i * 30, Severity::High, "retry of batch 4")));
        let normal =
            frame(&(0..200).map(|i| (i, Severity::High, "retry of batch 9")).collect::<Vec<_>>());
        let found = detect(&frame(&lines), &hour(), Some(&normal), &Options::default());
        assert!(found.iter().all(|f| !f.novel));
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let mut lines = steady();
        lines.extend((0..20).map(|i| (3_000 + i * 30, Severity::High, "queue full")));
        let forward = found(&lines);
        lines.reverse();
        assert_eq!(forward, found(&lines));
    }

    #[test]
    fn many_new_templates_do_not_flood() {
        let texts: Vec<String> = (b'a'..=b'z')
            .flat_map(|a| (b'a'..=b'z').map(move |b| (char::from(a), char::from(b))))
            .map(|(a, b)| format!("{a} broke {b}"))
            .collect();
        let mut lines = steady();
        for text in &texts {
            lines.extend((0..20).map(|i| (3_000 + i * 30, Severity::High, text.as_str())));
        }
        assert!(found(&lines).len() <= Options::default().max_per_entity);
    }
}
