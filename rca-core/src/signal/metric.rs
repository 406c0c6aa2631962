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

    /// About how many bytes of memory the samples take.
    pub(crate) fn held(&self) -> usize {
        const SERIES: usize = 256;
        self.iter().map(|(_, _, series)| SERIES + 16 * series.times.len()).sum()
    }

    /// Whether there are no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Adds all series of another frame; samples of the same series come behind those that are there.
    pub fn merge(&mut self, other: Self) {
        for (entity, metrics) in other.series {
            let here = self.series.entry(entity).or_default();
            for (name, mut series) in metrics {
                let known = here.entry(name).or_default();
                known.times.append(&mut series.times);
                known.values.append(&mut series.values);
            }
        }
    }

    /// Renames series (entity and metric) as the function says. Of several that get one name the first, by entity and
    /// old name, keeps it; the others are told apart by a number.
    pub(crate) fn rename(&mut self, rename: &mut dyn FnMut(&Entity, &str) -> Option<String>) {
        for (entity, metrics) in &mut self.series {
            let renamed: Vec<(String, String)> = metrics
                .keys()
                .filter_map(|name| Some((name.clone(), rename(entity, name)?)))
                .collect();
            for (old, new) in renamed {
                let Some(series) = metrics.remove(&old) else { continue };
                let free = std::iter::once(new.clone())
                    .chain((2..).map(|number: u32| format!("{new} #{number}")))
                    .find(|name| !metrics.contains_key(name));
                metrics.insert(free.unwrap_or(new), series);
            }
        }
    }

    /// Moves series to the entities that the function says.
    ///
    /// Copies of one service that follow each other, as a deploy replaces them, become one series; copies that run
    /// side by side stay apart, as `name{copy="2"}`.
    pub(crate) fn regroup(&mut self, regroup: &mut dyn FnMut(&Entity) -> Option<Entity>) {
        let moving: Vec<(Entity, Entity)> =
            self.series.keys().filter_map(|old| Some((old.clone(), regroup(old)?))).collect();
        let mut arriving: BTreeMap<(Entity, String), Vec<MetricSeries>> = BTreeMap::new();
        for (old, new) in moving {
            let Some(metrics) = self.series.remove(&old) else { continue };
            for (name, series) in metrics {
                arriving.entry((new.clone(), name)).or_default().push(series);
            }
        }
        for ((entity, name), mut copies) in arriving {
            let metrics = self.series.entry(entity).or_default();
            copies.extend(metrics.remove(&name));
            for (number, series) in (1u32..).zip(lanes(copies)) {
                let name = if number == 1 { name.clone() } else { numbered(&name, number) };
                metrics.insert(name, series);
            }
        }
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

/// Series that do not overlap (by more than a tenth of the shorter) one behind the other, in as few rows as it takes.
fn lanes(mut copies: Vec<MetricSeries>) -> Vec<MetricSeries> {
    let span = |series: &MetricSeries| {
        let first = series.times.iter().min().copied().unwrap_or_default();
        (first, series.times.iter().max().copied().unwrap_or_default())
    };
    copies.retain(|series| !series.times.is_empty());
    copies.sort_by_key(span);
    let mut lanes: Vec<MetricSeries> = Vec::new();
    for mut copy in copies {
        let (first, last) = span(&copy);
        let free = lanes.iter_mut().find(|lane| {
            let (began, ended) = span(lane);
            let shorter = (last - first).min(ended - began);
            ended.saturating_sub(first) <= shorter / 10
        });
        match free {
            Some(lane) => {
                lane.times.append(&mut copy.times);
                lane.values.append(&mut copy.values);
            }
            None => lanes.push(copy),
        }
    }
    lanes
}

/// The name with one label more.
fn numbered(name: &str, number: u32) -> String {
    match name.strip_suffix('}') {
        Some(labels) => format!("{labels},copy=\"{number}\"}}"),
        None => format!("{name}{{copy=\"{number}\"}}"),
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

    #[test]
    fn copies_that_follow_each_other_are_one_series_and_others_stay_apart() {
        let mut frame = MetricFrame::default();
        for (pod, times) in [("a-1", 0..100), ("a-2", 0..100), ("a-3", 101..200), ("a-4", 98..200)]
        {
            let pod = Entity::new(crate::model::EntityKind::Pod, pod);
            frame.append(&pod, "cpu", times.map(|time| (time, 1.0)));
        }
        frame.regroup(&mut |pod| Some(Entity::service(pod.name.split('-').next()?)));
        let read: Vec<_> =
            frame.iter().map(|(e, name, s)| (e.name.as_str(), name, s.times.len())).collect();
        assert_eq!(read, [("a", "cpu", 202), ("a", "cpu{copy=\"2\"}", 199)]);
    }
}
