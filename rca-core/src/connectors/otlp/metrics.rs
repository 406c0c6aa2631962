//! Points of a metrics request.

use super::{attributes, entity, time, wire};
use crate::connectors::reading::Reading;
use crate::connectors::series::{self, Rates};
use crate::model::Entity;
use crate::signal::MetricFrame;

/// `AGGREGATION_TEMPORALITY_DELTA`.
const DELTA: i32 = 1;
/// `DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_VALUE: u32 = 1;

/// Totals of counters at their latest point.
#[derive(Debug, Default)]
pub(super) struct Counters {
    rates: Rates,
}

/// Where points go.
struct Points<'a> {
    entity: &'a Entity,
    frame: &'a mut MetricFrame,
    rates: &'a mut Rates,
    taken: u64,
    gaps: u64,
    timeless: u64,
}

impl Counters {
    pub(super) fn take(
        &mut self,
        of_resources: Vec<wire::ResourceMetrics>,
        reading: &mut Reading<'_>,
        frame: &mut MetricFrame,
    ) -> u64 {
        let mut taken = 0;
        for of_resource in of_resources {
            let entity = entity(of_resource.resource, reading);
            let rates = &mut self.rates;
            let mut points =
                Points { entity: &entity, frame, rates, taken: 0, gaps: 0, timeless: 0 };
            for metric in of_resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                points.metric(metric);
            }
            taken += points.taken;
            let (gaps, timeless) = (points.gaps, points.timeless);
            reading.report.note_times("blank, NaN and infinite values are gaps", gaps);
            for _ in 0..timeless {
                reading.refuse("metric point: no usable timeUnixNano".to_owned());
            }
        }
        taken
    }
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
                (false, _) => Meaning::Level,
            };
            for point in sum.data_points {
                self.number(&name, point, meaning);
            }
        }
        if let Some(histogram) = metric.histogram {
            let delta = histogram.aggregation_temporality == DELTA;
            for point in histogram.data_points {
                self.histogram(&name, point, delta);
            }
        }
        if let Some(histogram) = metric.exponential_histogram {
            let delta = histogram.aggregation_temporality == DELTA;
            for point in histogram.data_points {
                self.histogram(&name, explicit(point), delta);
            }
        }
        for point in metric.summary.into_iter().flat_map(|summary| summary.data_points) {
            self.summary(&name, point);
        }
    }

    fn number(&mut self, name: &str, point: wire::NumberPoint, meaning: Meaning) {
        let Some(value) = point.as_double.or(point.as_int.map(|number| number as f64)) else {
            self.gaps += 1;
            return;
        };
        if point.flags & NO_VALUE != 0 {
            self.gaps += 1;
            return;
        }
        let series = named(name, point.attributes);
        let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
        let value = match meaning {
            Meaning::Level => Some(value),
            Meaning::Delta => rate(value, start, time),
            Meaning::Total => self.rates.step(self.entity, &series, known(start), time, value),
        };
        self.push(&series, time, value);
    }

    /// Rate, mean and 95th percentile of what came since the point before.
    fn histogram(&mut self, name: &str, point: wire::HistogramPoint, delta: bool) {
        if point.flags & NO_VALUE != 0 {
            self.gaps += 1;
            return;
        }
        let labels = attributes(point.attributes);
        let of = |part: &str| {
            let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            series::name(&format!("{name}.{part}"), labels)
        };
        let (start, time) = (point.start_time_unix_nano, point.time_unix_nano);
        let mut since = |part: &str, total: f64| {
            if delta {
                return rate(total, start, time);
            }
            self.rates.step(self.entity, &of(part), known(start), time, total)
        };
        let count = since("rate", point.count as f64);
        let sum = point.sum.and_then(|sum| since("mean", sum));
        // All counters step, also where the first one has nothing to compare with.
        let buckets: Vec<Option<f64>> = point
            .bucket_counts
            .iter()
            .enumerate()
            .map(|(index, count)| since(&format!("bucket.{index}"), *count as f64))
            .collect();
        self.push(&of("rate"), time, count);
        if let (Some(count), Some(sum)) = (count, sum)
            && count > 0.0
        {
            self.push(&of("mean"), time, Some(sum / count));
        }
        let buckets: Option<Vec<f64>> = buckets.into_iter().collect();
        if let Some(p95) =
            buckets.and_then(|buckets| series::quantile(0.95, &buckets, &point.explicit_bounds))
        {
            self.push(&of("p95"), time, Some(p95));
        }
    }

    fn summary(&mut self, name: &str, point: wire::SummaryPoint) {
        if point.flags & NO_VALUE != 0 {
            self.gaps += 1;
            return;
        }
        let labels = attributes(point.attributes);
        let of = |part: &str| {
            let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            series::name(&format!("{name}.{part}"), labels)
        };
        let (start, time) = (known(point.start_time_unix_nano), point.time_unix_nano);
        let count = self.rates.step(self.entity, &of("rate"), start, time, point.count as f64);
        let sum = self.rates.step(self.entity, &of("mean"), start, time, point.sum);
        self.push(&of("rate"), time, count);
        if let (Some(count), Some(sum)) = (count, sum)
            && count > 0.0
        {
            self.push(&of("mean"), time, Some(sum / count));
        }
        for quantile in point.quantile_values {
            self.push(&of(&format!("p{}", quantile.quantile * 100.0)), time, Some(quantile.value));
        }
    }

    fn push(&mut self, series: &str, nanos: u64, value: Option<f64>) {
        let Some(time) = time(nanos) else {
            self.timeless += 1;
            return;
        };
        self.taken += 1;
        let Some(value) = value else { return };
        if !self.frame.push(self.entity, series, time, value) {
            self.gaps += 1;
        }
    }
}

/// What the values of a series are.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    /// A level at a moment.
    Level,
    /// What came since the point before.
    Delta,
    /// What came since the beginning.
    Total,
}

fn named(metric: &str, labels: Vec<wire::KeyValue>) -> String {
    let labels = attributes(labels);
    series::name(metric, labels.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// Zero means that the start is not known.
fn known(start: u64) -> Option<u64> {
    (start > 0).then_some(start)
}

fn rate(amount: f64, start: u64, time: u64) -> Option<f64> {
    (start > 0 && time > start).then(|| amount / series::seconds(time - start))
}

/// An exponential histogram with explicit bounds: bucket `i` holds values up to `base^(offset + i + 1)`, where
/// `base = 2^(2^-scale)`. Negative values, which durations and sizes don't have, count at zero.
fn explicit(point: wire::ExponentialPoint) -> wire::HistogramPoint {
    let positive = point.positive.unwrap_or_default();
    let negative: u64 = point
        .negative
        .unwrap_or_default()
        .bucket_counts
        .iter()
        .fold(0, |sum, n| sum.saturating_add(*n));
    let bound = |index: i32| {
        let power = f64::from(positive.offset) + f64::from(index);
        (power * (-f64::from(point.scale)).exp2()).exp2()
    };
    let mut bucket_counts = vec![point.zero_count.saturating_add(negative)];
    bucket_counts.extend(&positive.bucket_counts);
    let buckets = i32::try_from(positive.bucket_counts.len()).unwrap_or(i32::MAX);
    wire::HistogramPoint {
        attributes: point.attributes,
        start_time_unix_nano: point.start_time_unix_nano,
        time_unix_nano: point.time_unix_nano,
        count: point.count,
        sum: point.sum,
        explicit_bounds: (0..=buckets).map(bound).collect(),
        bucket_counts,
        flags: point.flags,
    }
}
