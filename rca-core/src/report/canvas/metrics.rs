//! Which series the page draws, thinned to what a screen can show.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::{Bounds, Subject, millis};
use crate::model::{Direction, Entity, EventId, Finding, MetricShift};
use crate::signal::MetricSeries;

/// A metric over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesView {
    /// Whose.
    pub entity: Entity,
    /// Its name.
    pub metric: String,
    /// Milliseconds since 1970, ascending.
    pub times: Vec<i64>,
    /// The values, six digits each.
    pub values: Vec<f64>,
    /// How many samples there were before thinning.
    pub samples: u64,
    /// When it left its normal range, if it did.
    pub onset: Option<i64>,
    /// Up or down.
    pub direction: Option<Direction>,
    /// Typical value before.
    pub before: Option<f64>,
    /// Typical value after.
    pub after: Option<f64>,
    /// The event of that finding.
    pub event: Option<EventId>,
}

/// The series to draw and how many were left out: those that moved, in the order of the answer and then of
/// strength, then others of the entities that the answer names.
pub(super) fn choose(
    subject: &Subject<'_>,
    focus: &Focus<'_>,
    bounds: &Bounds,
) -> (Vec<SeriesView>, u64) {
    let moved: BTreeMap<(Entity, String), (EventId, MetricShift)> = subject
        .events
        .iter()
        .filter_map(|event| match Finding::from_event(event) {
            Some(Finding::MetricShift(shift)) => {
                Some(((shift.entity.clone(), shift.metric.clone()), (event.id(), shift)))
            }
            _ => None,
        })
        .collect();
    let mut all: Vec<_> = subject
        .telemetry
        .metrics
        .iter()
        .filter(|(_, _, series)| series.times.len() > 1)
        .map(|(entity, metric, series)| {
            let shift = moved.get(&(entity.clone(), metric.to_owned()));
            (entity, metric, series, shift)
        })
        .collect();
    all.sort_by_cached_key(|(entity, metric, _, shift)| {
        let place = shift.map_or(usize::MAX, |(event, _)| focus.place(*event));
        // Bits of positive numbers are in the order of the numbers.
        let score = shift.map_or(0, |(_, shift)| shift.score.abs().to_bits());
        let whose = (focus.entity_place(entity), (*entity).clone());
        (shift.is_none(), place, Reverse(score), whose, (*metric).to_owned())
    });
    let left = all.len().saturating_sub(bounds.series);
    all.truncate(bounds.series);
    let views = all.into_iter().map(|(entity, metric, series, shift)| {
        let (times, values) = thinned(series, bounds.points);
        SeriesView {
            entity: entity.clone(),
            metric: metric.to_owned(),
            samples: series.times.len() as u64,
            times,
            values,
            onset: shift.map(|(_, shift)| millis(shift.onset)),
            direction: shift.map(|(_, shift)| shift.direction),
            before: shift.map(|(_, shift)| shift.before),
            after: shift.map(|(_, shift)| shift.after),
            event: shift.map(|(event, _)| *event),
        }
    });
    (views.collect(), left as u64)
}

/// At most so many points that draw the same line: of each stretch of time the first, lowest, highest and last
/// (M4: Jugel et al., VLDB 2014).
fn thinned(series: &MetricSeries, points: usize) -> (Vec<i64>, Vec<f64>) {
    let mut samples: Vec<(i64, f64)> = series
        .times
        .iter()
        .zip(&series.values)
        .filter(|(_, value)| value.is_finite())
        .map(|(time, value)| (time / 1_000_000, six_digits(*value)))
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    samples.dedup_by_key(|(time, _)| *time);
    if samples.len() > points {
        let stretch = samples.len().div_ceil((points / 4).max(1));
        samples = samples.chunks(stretch).flat_map(corners).collect();
    }
    samples.into_iter().unzip()
}

fn corners(chunk: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let lowest = chunk.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    let highest = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let mut kept: Vec<_> =
        [chunk.first(), lowest, highest, chunk.last()].into_iter().flatten().copied().collect();
    kept.sort_by_key(|(time, _)| *time);
    kept.dedup_by_key(|(time, _)| *time);
    kept
}

/// Six significant digits: more than a screen shows, and a third of the bytes.
fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}
