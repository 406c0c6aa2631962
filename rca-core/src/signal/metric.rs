//! Metrics: numbers over time.

use std::collections::BTreeMap;

use crate::model::Entity;

/// One metric of one entity, in order of time after [`MetricFrame::sort`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricSeries {
    /// Nanoseconds since 1970.
    pub times: Vec<i64>,
    /// Values; gaps are absent, never NaN.
    pub values: Vec<f64>,
}

/// Metric series by entity and name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricFrame {
    series: BTreeMap<Entity, BTreeMap<String, MetricSeries>>,
}

impl MetricFrame {
    /// Adds a sample. NaN and infinite values are gaps: they are left out, and `false` says so.
    pub fn push(&mut self, entity: &Entity, metric: &str, time_nanos: i64, value: f64) -> bool {
        let kept = value.is_finite();
        if kept {
            self.append(entity, metric, [(time_nanos, value)]);
        }
        kept
    }

    /// Adds samples of one series; values that are not finite are left out.
    pub fn append(
        &mut self,
        entity: &Entity,
        metric: &str,
        samples: impl IntoIterator<Item = (i64, f64)>,
    ) {
        let metrics = match self.series.get_mut(entity) {
            Some(metrics) => metrics,
            None => self.series.entry(entity.clone()).or_default(),
        };
        let series = match metrics.get_mut(metric) {
            Some(series) => series,
            None => metrics.entry(metric.to_owned()).or_default(),
        };
        for (time, value) in samples.into_iter().filter(|(_, value)| value.is_finite()) {
            series.times.push(time);
            series.values.push(value);
        }
    }

    /// All series, in order of entity and name.
    pub fn iter(&self) -> impl Iterator<Item = (&Entity, &str, &MetricSeries)> {
        self.series.iter().flat_map(|(entity, metrics)| {
            metrics.iter().map(move |(name, series)| (entity, name.as_str(), series))
        })
    }

    /// One series.
    #[must_use]
    pub fn get(&self, entity: &Entity, metric: &str) -> Option<&MetricSeries> {
        self.series.get(entity)?.get(metric)
    }

    /// Entities with metrics, in order.
    pub fn entities(&self) -> impl Iterator<Item = &Entity> {
        self.series.keys()
    }

    /// Samples in all series.
    #[must_use]
    pub fn points(&self) -> usize {
        self.iter().map(|(_, _, series)| series.times.len()).sum()
    }

    /// Whether there are no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Orders every series by time; samples of one moment by value, so that the order of arrival
    /// does not matter.
    pub fn sort(&mut self) {
        for series in self.series.values_mut().flat_map(BTreeMap::values_mut) {
            if series.times.is_sorted_by(|a, b| a < b) {
                continue;
            }
            let mut points: Vec<(i64, f64)> =
                series.times.iter().copied().zip(series.values.iter().copied()).collect();
            points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            (series.times, series.values) = points.into_iter().unzip();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_arrival_does_not_matter_and_gaps_are_left_out() {
        let service = Entity::service("a");
        let (mut one, mut two) = (MetricFrame::default(), MetricFrame::default());
        for (time, value) in [(1, 5.0), (2, 6.0), (2, 4.0)] {
            one.push(&service, "m", time, value);
        }
        for (time, value) in [(2, 4.0), (1, 5.0), (2, 6.0)] {
            two.push(&service, "m", time, value);
        }
        assert!(!two.push(&service, "m", 3, f64::NAN));
        one.sort();
        two.sort();
        assert_eq!(one, two);
        assert_eq!(two.points(), 3);
    }
}
