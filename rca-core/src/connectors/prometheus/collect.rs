//! All samples of an input, then what they mean: levels, rates, histograms.
//!
//! Whether `x_count` is a counter shows when the whole input was seen, and samples may come in any order.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::labels;
use crate::connectors::reading::Reading;
use crate::connectors::series;
use crate::model::Entity;
use crate::signal::MetricFrame;

/// What `# TYPE` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    /// A histogram or a summary: its `_sum` and `_count` are counters.
    Distribution,
    Level,
}

/// A histogram at a moment. Its buckets hold what lies between their bound and the one before.
#[derive(Debug, Clone, Default)]
pub(super) struct Snapshot {
    pub(super) count: Option<f64>,
    pub(super) sum: Option<f64>,
    pub(super) buckets: Vec<(f64, f64)>,
}

#[derive(Debug)]
struct Series {
    metric: String,
    entity: Entity,
    /// Without those that the entity's name says.
    labels: BTreeMap<String, String>,
    samples: Vec<(i64, f64)>,
    snapshots: BTreeMap<i64, Snapshot>,
}

/// Whose, called what, and the labels besides.
type Named = (Entity, String, BTreeMap<String, String>);

/// Takes samples by series.
#[derive(Debug, Default)]
pub(super) struct Collector {
    series: Vec<Series>,
    /// Where a series is, by its text.
    places: FxHashMap<String, usize>,
    kinds: FxHashMap<String, Kind>,
    gaps: u64,
}

impl Collector {
    pub(super) fn kind(&mut self, metric: &str, kind: Kind) {
        self.kinds.insert(metric.to_owned(), kind);
    }

    /// Where the series with this text is.
    pub(super) fn known(&self, text: &str) -> Option<usize> {
        self.places.get(text).copied()
    }

    /// A series under a text of its own.
    pub(super) fn open(
        &mut self,
        text: String,
        metric: String,
        mut labels: BTreeMap<String, String>,
        reading: &mut Reading<'_>,
    ) -> usize {
        let (entity, label) = labels::entity(&metric, &labels).unwrap_or_else(|| {
            reading.note("no service: belongs to nobody");
            (Entity::service(""), None)
        });
        if let Some(label) = label {
            labels.remove(label);
        }
        labels.remove("__name__");
        let place = self.series.len();
        self.places.insert(text, place);
        let (samples, snapshots) = (Vec::new(), BTreeMap::new());
        self.series.push(Series { metric, entity, labels, samples, snapshots });
        place
    }

    pub(super) fn sample(&mut self, place: usize, time: i64, value: f64) {
        if !value.is_finite() {
            self.gaps += 1;
        } else if let Some(series) = self.series.get_mut(place) {
            series.samples.push((time, value));
        }
    }

    pub(super) fn snapshot(&mut self, place: usize, time: i64, snapshot: Snapshot) {
        if let Some(series) = self.series.get_mut(place) {
            series.snapshots.insert(time, snapshot);
        }
    }

    /// Puts everything into the frame.
    pub(super) fn finish(mut self, frame: &mut MetricFrame, reading: &mut Reading<'_>) {
        reading.report.note_times("blank, NaN and infinite values are gaps", self.gaps);
        let mut histograms: BTreeMap<Named, BTreeMap<i64, Snapshot>> = BTreeMap::new();
        let distributions = self.distributions();
        for mut series in std::mem::take(&mut self.series) {
            series.samples.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            if let Some((base, part)) = part(&series.metric)
                && distributions.contains(base)
            {
                let bound = series.labels.remove("le").and_then(|le| le.parse::<f64>().ok());
                let key = (series.entity, base.to_owned(), series.labels);
                let of = histograms.entry(key).or_default();
                for (time, value) in series.samples {
                    let snapshot = of.entry(time).or_default();
                    match (part, bound) {
                        (Part::Count, _) => snapshot.count = Some(value),
                        (Part::Sum, _) => snapshot.sum = Some(value),
                        (Part::Bucket, Some(bound)) => snapshot.buckets.push((bound, value)),
                        (Part::Bucket, None) => {}
                    }
                }
                // Their buckets count all below; from here on each counts its own.
                continue;
            }
            if !series.snapshots.is_empty() {
                emit(&series.entity, &series.metric, &series.labels, &series.snapshots, frame);
            }
            let named = |metric: &str| {
                let labels =
                    series.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
                series::name(metric, labels)
            };
            let samples = match self.meaning(&series.metric) {
                Kind::Counter => rates(&series.samples),
                Kind::Level | Kind::Distribution => series.samples,
            };
            if !samples.is_empty() {
                frame.append(&series.entity, &named(&series.metric), samples);
            }
        }
        for ((entity, base, labels), mut snapshots) in histograms {
            for snapshot in snapshots.values_mut() {
                own_counts(&mut snapshot.buckets);
            }
            emit(&entity, &base, &labels, &snapshots, frame);
        }
    }

    fn meaning(&self, metric: &str) -> Kind {
        let family = metric.strip_suffix("_total").unwrap_or(metric);
        match self.kinds.get(metric).or_else(|| self.kinds.get(family)) {
            Some(kind) => *kind,
            None if metric.ends_with("_total") => Kind::Counter,
            None => Kind::Level,
        }
    }

    /// Names of histograms and summaries: declared so, or with buckets, or with both a sum and a count.
    fn distributions(&self) -> BTreeSet<String> {
        let names: BTreeSet<&str> =
            self.series.iter().map(|series| series.metric.as_str()).collect();
        let has = |name: String| names.contains(name.as_str());
        let bases: BTreeSet<&str> =
            names.iter().filter_map(|name| part(name)).map(|(base, _)| base).collect();
        let is_one = |base: &&str| match self.kinds.get(*base) {
            Some(kind) => *kind == Kind::Distribution,
            None => {
                has(format!("{base}_bucket"))
                    || (has(format!("{base}_sum")) && has(format!("{base}_count")))
            }
        };
        bases.into_iter().filter(is_one).map(str::to_owned).collect()
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Count,
    Sum,
    Bucket,
}

fn part(metric: &str) -> Option<(&str, Part)> {
    let (base, part) = metric.rsplit_once('_')?;
    Some((
        base,
        match part {
            "count" => Part::Count,
            "sum" => Part::Sum,
            "bucket" => Part::Bucket,
            _ => return None,
        },
    ))
}

/// What a counter grew by a second; nothing after a reset.
fn rates(totals: &[(i64, f64)]) -> Vec<(i64, f64)> {
    let steps = totals.windows(2).filter_map(|pair| match *pair {
        [(from, before), (to, now)] if to > from && now >= before => {
            Some((to, (now - before) / (to.abs_diff(from) as f64 / 1e9)))
        }
        _ => None,
    });
    steps.collect()
}

/// Cumulative counts by upper bound to each bucket's own.
fn own_counts(buckets: &mut Vec<(f64, f64)>) {
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets.dedup_by(|later, first| later.0 == first.0);
    let mut below = 0.0f64;
    for (_, count) in buckets {
        let all = count.max(below);
        *count = all - below;
        below = all;
    }
}

/// Rate, mean and 95th percentile of what came between two moments.
fn emit(
    entity: &Entity,
    base: &str,
    labels: &BTreeMap<String, String>,
    snapshots: &BTreeMap<i64, Snapshot>,
    frame: &mut MetricFrame,
) {
    let named = |part: &str| {
        let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        series::name(&format!("{base}.{part}"), labels)
    };
    let (rate, mean, p95) = (named("rate"), named("mean"), named("p95"));
    for ((from, before), (to, now)) in snapshots.iter().zip(snapshots.iter().skip(1)) {
        let seconds = to.abs_diff(*from) as f64 / 1e9;
        let grown = |now: Option<f64>, before: Option<f64>| {
            now.zip(before).map(|(now, before)| now - before)
        };
        let count = grown(now.count, before.count);
        if count.is_some_and(|count| count < 0.0) {
            continue; // reset: what was counted since is unknown
        }
        if let Some(count) = count {
            frame.push(entity, &rate, *to, count / seconds);
            if let Some(sum) = grown(now.sum, before.sum).filter(|_| count > 0.0) {
                frame.push(entity, &mean, *to, sum / count);
            }
        }
        if let Some(value) = since(&before.buckets, &now.buckets)
            .and_then(|(bounds, counts)| series::quantile(0.95, &counts, &bounds))
        {
            frame.push(entity, &p95, *to, value);
        }
    }
}

/// Finite bounds, and what was counted in each bucket between two snapshots; none after a reset. Native histograms
/// leave out what is empty.
fn since(before: &[(f64, f64)], now: &[(f64, f64)]) -> Option<(Vec<f64>, Vec<f64>)> {
    let earlier: BTreeMap<u64, f64> =
        before.iter().map(|(bound, count)| (bound.to_bits(), *count)).collect();
    let mut counts = Vec::with_capacity(now.len());
    for (bound, count) in now {
        let grown = count - earlier.get(&bound.to_bits()).copied().unwrap_or(0.0);
        (grown >= 0.0).then_some(())?;
        counts.push(grown);
    }
    let bounds = now.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect();
    Some((bounds, counts))
}
