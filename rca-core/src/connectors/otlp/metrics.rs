//! Points of a metrics request.

use super::distribution::Distribution;
use super::streams::{Meaning, SeriesName, Streams};
use super::{attributes, entity_of, time, wire};
use crate::connectors::reading::Reading;

/// `AGGREGATION_TEMPORALITY_DELTA`.
const DELTA: i32 = 1;
/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_VALUE: u32 = 1;

pub(super) fn take(
    of_resources: Vec<wire::ResourceMetrics>,
    reading: &mut Reading<'_>,
    streams: &mut Streams,
) -> u64 {
    let mut taken = 0;
    for of_resource in of_resources {
        let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
        let entity = entity_of(&resource, reading);
        for of_scope in of_resource.scope_metrics {
            let sender = streams.sender(&entity, identity(&resource, of_scope.scope));
            let mut points = Points { sender, streams, taken: 0, gaps: 0, timeless: 0 };
            for metric in of_scope.metrics {
                points.metric(metric);
            }
            taken += points.taken;
            let (gaps, timeless) = (points.gaps, points.timeless);
            reading.report.note_times("blank, NaN and infinite values are gaps", gaps);
            for _ in 0..timeless {
                reading.refuse("metric point: no usable timeUnixNano".to_owned());
            }
        }
    }
    taken
}

/// Text that is the same for the same resource and scope only.
fn identity(resource: &[(String, String)], scope: Option<wire::Scope>) -> String {
    let scope = scope.unwrap_or_default();
    let mut text = String::new();
    for pairs in [resource.to_vec(), attributes(scope.attributes)] {
        let mut pairs = pairs;
        pairs.sort();
        for (key, value) in pairs {
            text.push_str(&format!("{}:{key}{}:{value}", key.len(), value.len()));
        }
        text.push(';');
    }
    text.push_str(&format!("{}:{}{}", scope.name.len(), scope.name, scope.version));
    text
}

/// Where points go.
struct Points<'a> {
    sender: usize,
    streams: &'a mut Streams,
    taken: u64,
    gaps: u64,
    timeless: u64,
}

impl Points<'_> {
    fn metric(&mut self, metric: wire::Metric) {
        let name = metric.name;
        for point in metric.gauge.into_iter().flat_map(|gauge| gauge.data_points) {
            self.number(&name, point, Meaning::Level);
        }
        if let Some(sum) = metric.sum {
            let meaning = match (sum.is_monotonic, sum.aggregation_temporality == DELTA) {
                (true, true) => Meaning::Delta,
                (true, false) => Meaning::Total,
                (false, _) => Meaning::Amount,
            };
            for point in sum.data_points {
                self.number(&name, point, meaning);
            }
        }
        let meaning =
            |temporality: i32| if temporality == DELTA { Meaning::Delta } else { Meaning::Total };
        if let Some(histogram) = metric.histogram {
            let meaning = meaning(histogram.aggregation_temporality);
            for point in histogram.data_points {
                let times = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                let value = Distribution::explicit(&point);
                self.distribution(&name, meaning, point.attributes, times, value);
            }
        }
        if let Some(histogram) = metric.exponential_histogram {
            let meaning = meaning(histogram.aggregation_temporality);
            for mut point in histogram.data_points {
                let times = (point.start_time_unix_nano, point.time_unix_nano, point.flags);
                let labels = std::mem::take(&mut point.attributes);
                self.distribution(&name, meaning, labels, times, Distribution::exponential(point));
            }
        }
        for point in metric.summary.into_iter().flat_map(|summary| summary.data_points) {
            self.summary(&name, point);
        }
    }

    fn number(&mut self, name: &str, point: wire::NumberPoint, meaning: Meaning) {
        let value = point.as_double.or(point.as_int.map(|number| number as f64));
        let Some(value) = value.filter(|_| point.flags & NO_VALUE == 0) else {
            self.gaps += 1;
            return;
        };
        let Some(times) = self.times(point.start_time_unix_nano, point.time_unix_nano) else {
            return;
        };
        self.level(named(name, point.attributes), meaning, times, value);
    }

    fn distribution(
        &mut self,
        name: &str,
        meaning: Meaning,
        labels: Vec<wire::KeyValue>,
        (start, time, flags): (u64, u64, u32),
        value: Distribution,
    ) {
        if flags & NO_VALUE != 0 {
            self.gaps += 1;
        } else if let Some(times) = self.times(start, time) {
            self.taken += 1;
            self.streams.distribution((self.sender, named(name, labels), meaning), times, value);
        }
    }

    /// Its quantiles were computed by the sender, over a time that nobody knows: they are levels.
    fn summary(&mut self, name: &str, point: wire::SummaryPoint) {
        let labels = attributes(point.attributes);
        let times = (point.start_time_unix_nano, point.time_unix_nano);
        if point.flags & NO_VALUE != 0 {
            self.gaps += 1;
            return;
        }
        let Some(times) = self.times(times.0, times.1) else { return };
        let value = Distribution::plain(point.count, point.sum);
        let series = SeriesName { metric: name.to_owned(), labels: labels.clone() };
        self.taken += 1;
        self.streams.distribution((self.sender, series, Meaning::Total), times, value);
        for quantile in point.quantile_values {
            let metric = format!("{name}.p{}", quantile.quantile * 100.0);
            let series = SeriesName { metric, labels: labels.clone() };
            self.level(series, Meaning::Level, times, quantile.value);
        }
    }

    fn level(&mut self, series: SeriesName, meaning: Meaning, times: (i64, i64), value: f64) {
        self.taken += 1;
        if value.is_finite() {
            self.streams.number((self.sender, series, meaning), times, value);
        } else {
            self.gaps += 1;
        }
    }

    /// Start and moment; zero means that the start is not known.
    fn times(&mut self, start: u64, moment: u64) -> Option<(i64, i64)> {
        let moment = time(moment);
        if moment.is_none() {
            self.timeless += 1;
        }
        Some((time(start).unwrap_or(0), moment?))
    }
}

fn named(metric: &str, labels: Vec<wire::KeyValue>) -> SeriesName {
    let mut labels = attributes(labels);
    labels.sort();
    SeriesName { metric: metric.to_owned(), labels }
}
