//! Metrics alone, ranked: for tables of metrics, where nothing but the moment of the fault is known.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::detect::{Scope, detect, metrics};
use crate::model::{Entity, Finding};
use crate::rank::{self, Inputs, Options};
use crate::signal::{MetricFrame, Telemetry};
use crate::time::{TimeRange, from_nanos, nanos};

/// A metric, and how much it has to do with the fault.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedMetric {
    /// Whose.
    pub entity: Entity,
    /// Its name.
    pub metric: String,
    /// How far it is from normal, in robust deviations; at [`min_score`](crate::detect::metrics::Options::min_score) and
    /// above it left its normal range for longer than a moment.
    pub score: f64,
}

/// All metrics, the most suspect first.
///
/// What lies before `since` is normal operation; without it the normal part is searched for. Entities come in the order of
/// their share of the harm, then those that the judgement leaves out by their strongest metric, and the metrics of each by how
/// far they moved. What did not leave its normal range comes after what did, by the distance of the medians before and
/// after `since`. Equal ones are ordered by name.
///
/// ```
/// use rca_core::rank_metrics;
/// use rca_core::model::Entity;
/// use rca_core::signal::MetricFrame;
///
/// let mut metrics = MetricFrame::default();
/// for (name, jump) in [("till", 60.0), ("cart", 0.0)] {
///     let samples = (0..40_i64).map(|at| {
///         let wobble = f64::from(u8::try_from(at % 4).unwrap());
///         (at * 1_000_000_000, if at < 20 { wobble } else { wobble + jump })
///     });
///     metrics.append(&Entity::service(name), "cpu", samples);
/// }
/// let ranked = rank_metrics(&metrics, Some(rca_core::time::from_nanos(20_000_000_000)));
/// assert_eq!(ranked[0].entity.name, "till");
/// assert_eq!(ranked.len(), 2);
/// ```
#[must_use]
pub fn rank_metrics(frame: &MetricFrame, since: Option<DateTime<Utc>>) -> Vec<RankedMetric> {
    let mut telemetry = Telemetry { metrics: frame.clone(), ..Telemetry::default() };
    telemetry.sort();
    let (first, last) = telemetry.extent().unwrap_or_default();
    let window = TimeRange { start: from_nanos(first), end: from_nanos(last.saturating_add(1)) };
    let (reference, study, window) = match since {
        None => (None, telemetry, window),
        Some(since) => {
            let (before, after) = split(&telemetry.metrics, nanos(since));
            let start = since.clamp(window.start, window.end);
            (Some(before), after, TimeRange { start, ..window })
        }
    };
    let scope = match &reference {
        Some(reference) => Scope::new(window).with_reference(reference),
        None => Scope::new(window),
    };
    let findings = detect(&study, &scope);
    let mut scores: BTreeMap<(Entity, String), f64> = BTreeMap::new();
    if let Some(reference) = &reference {
        for (entity, metric, series) in study.metrics.iter() {
            let before = reference.metrics.get(entity, metric);
            let distance = before.map_or(0.0, |before| distance(&before.values, &series.values));
            let unclear = distance.min(metrics::Options::default().min_score / 2.0);
            scores.insert((entity.clone(), metric.to_owned()), unclear);
        }
    }
    for finding in &findings {
        if let Finding::MetricShift(shift) = finding {
            scores.insert((shift.entity.clone(), shift.metric.clone()), shift.score.abs());
        }
    }
    let events: Vec<_> =
        findings.iter().filter_map(|finding| finding.to_event(window.start).ok()).collect();
    let analysis = rank::analyze(&Inputs::new(&events, window), &Options::default());
    let place: BTreeMap<&Entity, usize> = analysis
        .entities
        .iter()
        .enumerate()
        .map(|(place, ranked)| (&ranked.entity, place))
        .collect();
    let mut best: BTreeMap<&Entity, f64> = BTreeMap::new();
    for ((entity, _), score) in &scores {
        let known = best.entry(entity).or_default();
        *known = known.max(*score);
    }
    let mut ranked: Vec<RankedMetric> = frame
        .iter()
        .map(|(entity, metric, _)| RankedMetric {
            entity: entity.clone(),
            metric: metric.to_owned(),
            score: scores.get(&(entity.clone(), metric.to_owned())).copied().unwrap_or_default(),
        })
        .collect();
    let place = |entity: &Entity| place.get(entity).copied().unwrap_or(usize::MAX);
    let best = |entity: &Entity| best.get(entity).copied().unwrap_or_default();
    ranked.sort_by(|a, b| {
        place(&a.entity)
            .cmp(&place(&b.entity))
            .then_with(|| best(&b.entity).total_cmp(&best(&a.entity)))
            .then_with(|| a.entity.cmp(&b.entity))
            .then_with(|| b.score.total_cmp(&a.score))
            .then_with(|| a.metric.cmp(&b.metric))
    });
    ranked
}

/// How far the medians lie apart, in deviations of the first (MAD, at least a twentieth of its median).
fn distance(before: &[f64], after: &[f64]) -> f64 {
    let (Some(normal), Some(now)) = (median(before.to_vec()), median(after.to_vec())) else {
        return 0.0;
    };
    let apart = before.iter().map(|value| (value - normal).abs()).collect();
    let deviation = 1.4826 * median(apart).unwrap_or_default();
    let distance = (now - normal).abs() / deviation.max(normal.abs() / 20.0);
    if distance.is_nan() { 0.0 } else { distance }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Samples before a moment, and those from it on.
fn split(metrics: &MetricFrame, since: i64) -> (Telemetry, Telemetry) {
    let (mut before, mut after) = (Telemetry::default(), Telemetry::default());
    for (entity, metric, series) in metrics.iter() {
        let samples = || series.times.iter().copied().zip(series.values.iter().copied());
        before.metrics.append(entity, metric, samples().filter(|(time, _)| *time < since));
        after.metrics.append(entity, metric, samples().filter(|(time, _)| *time >= since));
    }
    (before, after)
}
