//! Metrics alone, ranked: for tables of metrics, where nothing but the moment of the fault is known.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::detect::{Scope, detect};
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
    /// How far it left its normal range, in robust deviations; zero where it did not.
    pub score: f64,
}

/// All metrics, the most suspect first.
///
/// What lies before `since` is normal operation; without it the normal part is searched for. Entities come in the order of
/// their share of the harm, those that the judgement clears by their strongest metric after them, and the metrics of each by how far
/// they moved. Equal ones are ordered by name.
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
pub fn rank_metrics(metrics: &MetricFrame, since: Option<DateTime<Utc>>) -> Vec<RankedMetric> {
    let mut telemetry = Telemetry { metrics: metrics.clone(), ..Telemetry::default() };
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
    let mut ranked: Vec<RankedMetric> = metrics
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
