//! From counts to findings: which templates of which entity appeared, became frequent or fell silent.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::counts::{Counts, Example, Moment};
use super::lexer::prefix;
use super::miner::{Miner, TemplateId};
use super::shift::{self, Series, Shift};
use super::stats::LogStats;
use crate::detect::Scope;
use crate::model::{Direction, Entity, LogShift, Severity, StackFrame};
use crate::signal::LogFrame;
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
    let mut stats = LogStats::within(scope.span());
    stats.absorb(frame);
    let normal = reference.map(|frame| {
        let mut stats = LogStats::default();
        stats.absorb(frame);
        stats
    });
    stats.finish(scope, normal.as_ref(), options)
}

impl LogStats {
    /// The templates that changed, as [`detect`] says.
    #[must_use]
    pub fn finish(
        &self,
        scope: &Scope<'_>,
        reference: Option<&Self>,
        options: &Options,
    ) -> Vec<LogShift> {
        self.finish_with(scope, reference, options, &self.templates(reference))
    }

    pub(in crate::detect) fn finish_with(
        &self,
        scope: &Scope<'_>,
        reference: Option<&Self>,
        options: &Options,
        miner: &Miner,
    ) -> Vec<LogShift> {
        let window = scope.span();
        let groups = groups(self, reference, miner, &window);
        let moments = groups.values().flat_map(|group| &group.moments);
        let Some(covered) = coverage(moments) else { return Vec::new() };
        let normal = reference.and_then(|reference| {
            let services = reference.by_service();
            let all = services.values().flat_map(BTreeMap::values);
            coverage(all.flat_map(|counts| counts.moments()))
        });
        let normal =
            normal.map_or(0.0, |range| float(range.end.saturating_sub(range.start)).max(MINUTE));
        let splits = splits(scope, &covered);

        let mut found: Vec<(f64, LogShift)> = Vec::new();
        for ((service, template), group) in groups {
            let series = Series {
                moments: &group.moments,
                covered: &covered,
                splits: &splits,
                reference: (group.reference, normal),
            };
            let Some(shift) = shift::change(&series) else { continue };
            let least = options.min_score.min(options.min_novel_score);
            if shift.score.abs() < least {
                continue;
            }
            let text = miner.template(template).text().to_owned();
            let finding = finding(service, text, &group, &shift);
            let least = if finding.novel { options.min_novel_score } else { options.min_score };
            if finding.score.abs() >= least {
                found.push((weight(&finding), finding));
            }
        }
        limit(found, options)
    }
}

/// The records of one template and entity.
#[derive(Default)]
struct Group<'a> {
    /// In order of time.
    moments: Vec<Moment>,
    /// In order of time, then text.
    examples: Vec<&'a Example>,
    reference: u64,
}

impl<'a> Group<'a> {
    fn add(&mut self, counts: &'a Counts, window: &Range<i64>) {
        let inside = |moment: &&Moment| window.contains(&moment.first);
        self.moments.extend(counts.moments().iter().filter(inside));
        self.examples.extend(counts.examples().iter().filter(|e| window.contains(&e.time)));
    }

    fn sort(&mut self) {
        self.moments.sort_unstable_by_key(|m| (m.first, m.last, m.count, m.severity));
        self.examples.sort_by_key(|example| (example.time, &example.message));
    }
}

/// Counts by service and template.
fn groups<'a>(
    stats: &'a LogStats,
    reference: Option<&'a LogStats>,
    miner: &Miner,
    window: &Range<i64>,
) -> BTreeMap<(&'a str, TemplateId), Group<'a>> {
    let mut groups: BTreeMap<(&str, TemplateId), Group<'_>> = BTreeMap::new();
    for (service, by_skeleton) in stats.by_service() {
        for (id, counts) in by_skeleton {
            groups.entry((service, miner.resolve(id))).or_default().add(counts, window);
        }
    }
    for (service, by_skeleton) in reference.into_iter().flat_map(LogStats::by_service) {
        for (id, counts) in by_skeleton {
            let known = groups.entry((service, miner.resolve(id))).or_default();
            let counted = counts.moments().iter().map(|moment| moment.count);
            known.reference = counted.fold(known.reference, u64::saturating_add);
        }
    }
    groups.values_mut().for_each(Group::sort);
    groups
}

/// From the first to just after the last record.
fn coverage<'a>(moments: impl Iterator<Item = &'a Moment>) -> Option<Range<i64>> {
    let mut range: Option<Range<i64>> = None;
    for moment in moments {
        let range = range.get_or_insert(moment.first..moment.last);
        range.start = range.start.min(moment.first);
        range.end = range.end.max(moment.last.saturating_add(1));
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

fn finding(service: &str, template: String, group: &Group<'_>, shift: &Shift) -> LogShift {
    let direction = if shift.score < 0.0 { Direction::Down } else { Direction::Up };
    let split = group.moments.partition_point(|moment| moment.first < shift.at);
    let (before, after) = group.moments.split_at(split);
    // Something that rises is shown as it is now, something that vanished as it was.
    let told = if after.is_empty() { before } else { after };
    let split = group.examples.partition_point(|example| example.time < shift.at);
    let (earlier, later) = group.examples.split_at(split);
    let shown = match (after.is_empty(), later.is_empty()) {
        (true, _) => earlier,
        (false, false) => later,
        // All that were kept are earlier: the last one comes closest.
        (false, true) => earlier.get(earlier.len().saturating_sub(1)..).unwrap_or_default(),
    };
    let novel = shift.count.0 == 0;
    let onset = match after.first() {
        Some(first) if novel => first.first,
        _ => shift.at,
    };
    LogShift {
        entity: Entity::service(service),
        template,
        example: shown.first().map(|example| cut(&example.message)).unwrap_or_default(),
        severity: told.iter().map(|moment| moment.severity).max().unwrap_or_default(),
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
fn frames(examples: &[&Example]) -> Vec<StackFrame> {
    let mut counts: BTreeMap<StackFrame, (usize, Reverse<usize>)> = BTreeMap::new();
    for example in examples.iter().take(FRAME_SAMPLES) {
        for (depth, frame) in example.frames().into_iter().enumerate() {
            let entry = counts.entry(frame).or_insert((0, Reverse(depth)));
            entry.0 += 1;
        }
    }
    let mut ordered: Vec<_> = counts.into_iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ordered.into_iter().take(FRAMES).map(|(frame, _)| frame).collect()
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
