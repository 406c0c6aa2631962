//! Answers of the HTTP API.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::collect::{Collector, Snapshot};
use crate::connectors::Batch;
use crate::connectors::json;
use crate::connectors::origin::stem;
use crate::connectors::reading::Reading;
use crate::error::Result;

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Sample>,
    value: Option<Sample>,
    #[serde(default)]
    histograms: Vec<Moment>,
    histogram: Option<Moment>,
}

/// `[1777885200.5, "1.5"]`; none when it is something else.
struct Sample(Option<(f64, f64)>);

/// `[1777885200.5, {"count": "7", "sum": "1.5", "buckets": [[0, "0.5", "1", "7"]]}]`
#[derive(Deserialize)]
struct Moment(f64, Histogram);

#[derive(Deserialize)]
struct Histogram {
    count: Number,
    sum: Number,
    /// Which of its bounds are inside (a number for the four ways), both bounds, and the count.
    #[serde(default)]
    buckets: Vec<(IgnoredAny, Number, Number, Number)>,
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut all = Collector::default();
    let file = stem(reading.name.rsplit(['/', '\\']).next().unwrap_or_default()).to_owned();
    reading.documents(source, &mut |text, reading| {
        let answer: Answer = json::from_text(text)
            .map_err(|error| format!("no vector or matrix of the Prometheus API: {error}"))?;
        let mut read = 0;
        for series in answer.data.result {
            read += take(series, &file, &mut all, reading);
        }
        Ok(read)
    })?;
    all.finish(&mut batch.telemetry.metrics, reading);
    Ok(())
}

fn take(series: Series, file: &str, all: &mut Collector, reading: &mut Reading<'_>) -> u64 {
    let metric = series.metric.get("__name__").map_or(file, String::as_str).to_owned();
    let text = format!("{metric}{:?}", series.metric);
    let place = match all.known(&text) {
        Some(place) => place,
        None => all.open(text, metric, series.metric, reading),
    };
    let mut read = 0;
    for sample in series.values.into_iter().chain(series.value) {
        match sample.0.and_then(|(time, value)| Some((nanos(time)?, value))) {
            Some((time, value)) => {
                all.sample(place, time, value);
                read += 1;
            }
            None => reading.refuse("sample: not [seconds, \"value\"]".to_owned()),
        }
    }
    for Moment(time, histogram) in series.histograms.into_iter().chain(series.histogram) {
        match nanos(time).zip(snapshot(&histogram)) {
            Some((time, snapshot)) => {
                all.snapshot(place, time, snapshot);
                read += 1;
            }
            None => reading.refuse("histogram: a number that is none".to_owned()),
        }
    }
    read
}

/// None when a number is none.
fn snapshot(histogram: &Histogram) -> Option<Snapshot> {
    let buckets: Option<Vec<(f64, f64)>> =
        histogram.buckets.iter().map(|(_, _, upper, count)| upper.0.zip(count.0)).collect();
    let mut buckets = buckets?;
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(Snapshot { count: Some(histogram.count.0?), sum: Some(histogram.sum.0?), buckets })
}

/// Nanoseconds of seconds since 1970; a float of today holds a quarter of a microsecond.
fn nanos(seconds: f64) -> Option<i64> {
    let possible = seconds.is_finite() && seconds.abs() < 9.2e9;
    #[allow(clippy::cast_possible_truncation, reason = "below 9.2e15, so it fits")]
    possible.then(|| (seconds * 1e6).round() as i64 * 1000)
}

impl<'de> Deserialize<'de> for Sample {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let numbers = Numbers::deserialize(from)?;
        Ok(Self(match numbers.0.as_slice() {
            [Some(time), Some(value)] => Some((*time, *value)),
            _ => None,
        }))
    }
}

/// A number or a text of one; none for anything else.
struct Number(Option<f64>);
/// A list of such; empty for anything else.
struct Numbers(Vec<Option<f64>>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        from.deserialize_any(Loose).map(|loose| Self(loose.0))
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        from.deserialize_any(Loose).map(|loose| Self(loose.1))
    }
}

/// Takes any JSON.
struct Loose;
type Found = (Option<f64>, Vec<Option<f64>>);

impl<'de> Visitor<'de> for Loose {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_unit<E>(self) -> std::result::Result<Found, E> {
        Ok((None, Vec::new()))
    }
    fn visit_bool<E>(self, _: bool) -> std::result::Result<Found, E> {
        Ok((None, Vec::new()))
    }
    fn visit_i64<E>(self, number: i64) -> std::result::Result<Found, E> {
        Ok((Some(number as f64), Vec::new()))
    }
    fn visit_u64<E>(self, number: u64) -> std::result::Result<Found, E> {
        Ok((Some(number as f64), Vec::new()))
    }
    fn visit_f64<E>(self, number: f64) -> std::result::Result<Found, E> {
        Ok((Some(number), Vec::new()))
    }
    fn visit_str<E>(self, text: &str) -> std::result::Result<Found, E> {
        Ok((text.trim().parse().ok(), Vec::new()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> std::result::Result<Found, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok((None, Vec::new()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Found, A::Error> {
        let mut numbers = Vec::with_capacity(2);
        while let Some(number) = items.next_element::<Number>()? {
            numbers.push(number.0);
        }
        Ok((None, numbers))
    }
}
