//! What an incident costs each entity: extra time and failed calls.
//!
//! Deviation times requests. A callee that is ten times slower but is called once a minute hurts less than
//! one that is a third slower and called a thousand times; z-scores can't tell the two apart. The numbers of
//! different entities are in one unit and can be added and subtracted along the call graph.
//!
//! - Measures are found by name: a duration (the mean, else the lowest percentile), a share of success or
//!   failure, a count of requests. One name for all entities, so that units agree.
//! - Judged are the sample in which the alarm lies and the next two.
//! - Normal is the worse of the reference's (else the earlier window's) median and the level before the
//!   alarm: baselines drift, and what was bad before did not raise this alarm.
//!
//! Needs an alarm: without one nobody says which samples are the incident.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::Scope;
use crate::detect::robust::{mad, median};
use crate::detect::usage;
use crate::mechanism::{Symptom, symptom};
use crate::model::{Direction, Entity, ImpactKind, ImpactShift};
use crate::signal::{MetricFrame, MetricSeries};
use crate::time::{from_nanos, nanos};

/// Samples that are judged, from the one in which the alarm lies.
const JUDGED: i64 = 3;
/// Smallest deviation of durations, as a share of the normal level.
const TIME_FLOOR: f64 = 0.05;
/// Smallest deviation of shares of failed calls.
const SHARE_FLOOR: f64 = 0.005;
/// Scores are cut off here.
const MAX_SCORE: f64 = 1000.0;

/// Extra time and failed calls by entity, in order of kind and entity.
#[must_use]
pub fn detect(
    frame: &MetricFrame,
    scope: &Scope<'_>,
    reference: Option<&MetricFrame>,
) -> Vec<ImpactShift> {
    let Some(alarm) = scope.alarm.map(nanos) else { return Vec::new() };
    let interval = interval(frame);
    let judged = alarm.saturating_sub(interval)..alarm.saturating_add((JUDGED - 1) * interval);
    let names: BTreeSet<&str> = frame.iter().map(|(_, name, _)| name).collect();
    let requests = choose(frame, &names, is_requests);
    let mut found = Vec::new();
    for kind in [ImpactKind::ExtraTime, ImpactKind::FailedCalls] {
        let Some(measure) = choose(frame, &names, |name| rank(kind, name)) else { continue };
        for entity in frame.entities() {
            let Some(series) = frame.get(entity, measure) else { continue };
            let get = |name: &str| reference.and_then(|r| r.get(entity, name));
            let account = Account {
                kind,
                inverted: kind == ImpactKind::FailedCalls && !is_failures(measure),
                judged: judged.clone(),
                window: scope.span(),
            };
            let calls = requests.map(|name| (frame.get(entity, name), get(name)));
            found.extend(account.of(entity, measure, series, get(measure), calls));
        }
    }
    found.extend(usage::detect(frame, scope, &judged, reference));
    found
}

/// The best name among those that mean something, lowest rank first, then the one most entities have.
fn choose<'a>(
    frame: &MetricFrame,
    names: &BTreeSet<&'a str>,
    rank: impl Fn(&str) -> Option<u8>,
) -> Option<&'a str> {
    let holders = |name: &str| frame.iter().filter(|(_, other, _)| *other == name).count();
    names
        .iter()
        .filter_map(|name| Some((rank(name)?, std::cmp::Reverse(holders(name)), *name)))
        .min()
        .map(|(.., name)| name)
}

fn shows(name: &str, direction: Direction, wanted: Symptom) -> bool {
    symptom::of_metric(name, direction)
        .first()
        .is_some_and(|(symptom, sure)| *symptom == wanted && sure.value() >= 0.5)
}

fn parts(name: &str) -> BTreeSet<String> {
    name.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
}

/// How well a metric's name suits as a measure; none when it does not.
fn rank(kind: ImpactKind, name: &str) -> Option<u8> {
    let parts = parts(name);
    let any = |words: &[&str]| words.iter().any(|word| parts.contains(*word));
    match kind {
        ImpactKind::ExtraTime if shows(name, Direction::Up, Symptom::LatencyUp) => Some(match () {
            () if any(&["avg", "mean", "average"]) => 0,
            () if any(&["p50", "median"]) => 1,
            () if any(&["p75", "p90"]) => 3,
            () if any(&["p95"]) => 4,
            () if any(&["p99", "p999", "max", "min"]) => 5,
            () => 2,
        }),
        ImpactKind::FailedCalls if shows(name, Direction::Down, Symptom::ErrorsUp) => Some(0),
        ImpactKind::FailedCalls if is_failures(name) => Some(1),
        _ => None,
    }
}

fn is_failures(name: &str) -> bool {
    let parts = parts(name);
    shows(name, Direction::Up, Symptom::ErrorsUp)
        && ["rate", "ratio", "pct", "percent", "share"].iter().any(|word| parts.contains(*word))
}

fn is_requests(name: &str) -> Option<u8> {
    shows(name, Direction::Up, Symptom::TrafficUp).then_some(0)
}

/// The typical distance of neighbouring samples in the frame.
fn interval(frame: &MetricFrame) -> i64 {
    let gaps = frame.iter().flat_map(|(.., series)| {
        series.times.windows(2).filter_map(|pair| Some(*pair.get(1)? - *pair.first()?))
    });
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for gap in gaps.filter(|gap| *gap > 0) {
        *counts.entry(gap).or_default() += 1;
    }
    let half = counts.values().sum::<u64>().div_ceil(2);
    let mut seen = 0;
    counts
        .into_iter()
        .find(|(_, count)| {
            seen += count;
            seen >= half
        })
        .map_or(60_000_000_000, |(gap, _)| gap)
}

struct Account {
    kind: ImpactKind,
    /// The measure is a share of success.
    inverted: bool,
    judged: std::ops::Range<i64>,
    window: std::ops::Range<i64>,
}

type Calls<'a> = (Option<&'a MetricSeries>, Option<&'a MetricSeries>);

impl Account {
    fn of(
        &self,
        entity: &Entity,
        measure: &str,
        series: &MetricSeries,
        reference: Option<&MetricSeries>,
        calls: Option<Calls<'_>>,
    ) -> Option<ImpactShift> {
        let top = if self.kind == ImpactKind::FailedCalls {
            let all = series.values.iter().chain(reference.into_iter().flat_map(|r| &r.values));
            if all.copied().fold(0.0, f64::max) > 1.5 { 100.0 } else { 1.0 }
        } else {
            1.0
        };
        let bad = |value: f64| match (self.kind, self.inverted) {
            (ImpactKind::ExtraTime | ImpactKind::AtLimit, _) => value,
            (ImpactKind::FailedCalls, true) => 1.0 - value / top,
            (ImpactKind::FailedCalls, false) => value / top,
        };
        let points = || series.times.iter().copied().zip(series.values.iter().map(|v| bad(*v)));
        let earlier: Vec<f64> = points()
            .filter(|(time, _)| self.window.contains(time) && *time < self.judged.start)
            .map(|(_, value)| value)
            .collect();
        let normal: Vec<f64> = match reference {
            Some(reference) => reference.values.iter().map(|value| bad(*value)).collect(),
            None => earlier.clone(),
        };
        if normal.is_empty() {
            return None;
        }
        let center = median(normal.iter().copied());
        let just_before = median(earlier.iter().rev().take(5).copied());
        let before = if earlier.is_empty() { center } else { center.max(just_before) };
        let floor = match self.kind {
            ImpactKind::ExtraTime | ImpactKind::AtLimit => TIME_FLOOR * before.abs(),
            ImpactKind::FailedCalls => SHARE_FLOOR,
        };
        let unit = mad(&normal, center).max(floor);
        let (mut total, mut extra, mut count, mut onset) = (0.0, 0.0, 0.0, None);
        for (time, value) in points().filter(|(time, _)| self.judged.contains(time)) {
            let volume = volume(calls, time);
            total += volume;
            extra += volume * (value - before);
            count += 1.0;
            if value - before > unit {
                onset = onset.or(Some(time));
            }
        }
        if total <= 0.0 || extra <= 0.0 || unit <= 0.0 {
            return None;
        }
        Some(ImpactShift {
            entity: entity.clone(),
            kind: self.kind,
            metric: measure.to_owned(),
            before,
            after: before + extra / total,
            calls: total / count,
            amount: extra / count,
            score: (extra / total / unit).min(MAX_SCORE),
            onset: from_nanos(onset.unwrap_or(self.judged.start)),
        })
    }
}

/// Requests in the sample of a moment: measured then, else typical, else one.
fn volume(calls: Option<Calls<'_>>, time: i64) -> f64 {
    let Some((now, reference)) = calls else { return 1.0 };
    let then = now.and_then(|series| {
        let place = series.times.iter().position(|other| *other == time)?;
        series.values.get(place).copied()
    });
    let typical = |series: Option<&MetricSeries>| {
        series.filter(|s| !s.values.is_empty()).map(|s| median(s.values.iter().copied()))
    };
    then.or_else(|| typical(now)).or_else(|| typical(reference)).unwrap_or(1.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::time::TimeRange;

    fn frame(rows: &[(&str, &str, [f64; 6])]) -> MetricFrame {
        let mut frame = MetricFrame::default();
        for (entity, metric, values) in rows {
            for (minute, value) in values.iter().enumerate() {
                let time = i64::try_from(minute).unwrap() * 60_000_000_000;
                frame.push(&Entity::service(*entity), metric, time, *value);
            }
        }
        frame
    }

    fn minute(minute: i64) -> DateTime<Utc> {
        from_nanos(minute * 60_000_000_000)
    }

    fn detected(frame: &MetricFrame) -> Vec<ImpactShift> {
        let window = TimeRange::new(minute(0), minute(6)).unwrap();
        detect(frame, &Scope::new(window).with_alarm(minute(4)), None)
    }

    #[test]
    fn the_amount_is_deviation_times_requests() {
        let slow = [0.1, 0.1, 0.1, 0.3, 0.3, 0.3];
        let found = detected(&frame(&[
            ("busy", "latency_avg", slow),
            ("busy", "requests_total", [100.0; 6]),
            ("idle", "latency_avg", slow),
            ("idle", "requests_total", [2.0; 6]),
            ("well", "latency_avg", [0.1; 6]),
        ]));
        let amount =
            |name: &str| found.iter().find(|s| s.entity.name == name).map_or(0.0, |s| s.amount);
        assert!((amount("busy") - 20.0).abs() < 1e-9, "{found:?}");
        assert!((amount("idle") - 0.4).abs() < 1e-9);
        assert_eq!(amount("well"), 0.0);
    }

    #[test]
    fn lost_availability_is_a_share_of_failed_calls() {
        let found = detected(&frame(&[
            ("shop", "availability_avg", [100.0, 100.0, 100.0, 90.0, 90.0, 90.0]),
            ("shop", "requests_total", [50.0; 6]),
        ]));
        let [shift] = found.as_slice() else { unreachable!("{found:?}") };
        assert_eq!(shift.kind, ImpactKind::FailedCalls);
        assert!((shift.amount - 5.0).abs() < 1e-9, "{shift:?}");
    }

    #[test]
    fn without_an_alarm_nothing_is_accounted() {
        let window = TimeRange::new(minute(0), minute(6)).unwrap();
        let slow = frame(&[("a", "latency_avg", [0.1, 0.1, 0.1, 0.3, 0.3, 0.3])]);
        assert!(detect(&slow, &Scope::new(window), None).is_empty());
    }
}
