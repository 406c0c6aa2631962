//! Metric streams: points by who sent them, and what the instances of an entity make together.
//!
//! OpenTelemetry's data model identifies a stream by resource, scope, name and attributes. Totals are compared within
//! one stream only; then streams that differ in nothing but their sender (the copies of a service, its scopes) become
//! one series. Points may come in any order, so that nothing depends on how they were exported.

use rustc_hash::FxHashMap;

use super::distribution::Distribution;
use crate::connectors::series;
use crate::model::Entity;
use crate::signal::MetricFrame;

/// What the values of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Meaning {
    /// A level at a moment; that of several is their mean.
    Level,
    /// An amount at a moment: several add up.
    Amount,
    /// What came since the point before.
    Delta,
    /// What came since the beginning.
    Total,
}

#[derive(Debug)]
struct Point<V> {
    /// When counting began; zero where nobody says.
    start: i64,
    time: i64,
    value: V,
}

#[derive(Debug)]
enum Points {
    Numbers(Vec<Point<f64>>),
    Distributions(Vec<Point<Distribution>>),
}

#[derive(Debug)]
struct Stream {
    sender: usize,
    series: SeriesName,
    meaning: Meaning,
    points: Points,
}

/// The metric, and the labels as they are written behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SeriesName {
    pub(super) metric: String,
    pub(super) labels: Vec<(String, String)>,
}

impl SeriesName {
    fn text(&self, part: &str) -> String {
        let labels = self.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        series::name(&format!("{}{part}", self.metric), labels)
    }
}

/// All streams of an input.
#[derive(Debug, Default)]
pub(super) struct Streams {
    senders: Vec<(Entity, String)>,
    sender_places: FxHashMap<String, usize>,
    streams: Vec<Stream>,
    places: FxHashMap<(usize, SeriesName, Meaning, bool), usize>,
}

impl Streams {
    /// The sender whose resource and scope read like this.
    pub(super) fn sender(&mut self, entity: &Entity, identity: String) -> usize {
        if let Some(place) = self.sender_places.get(&identity) {
            return *place;
        }
        self.senders.push((entity.clone(), identity.clone()));
        self.sender_places.insert(identity, self.senders.len() - 1);
        self.senders.len() - 1
    }

    /// Takes a number: its sender, its series, what it means, since when it counts (zero: unknown) and its moment.
    pub(super) fn number(
        &mut self,
        (sender, series, meaning): (usize, SeriesName, Meaning),
        (start, time): (i64, i64),
        value: f64,
    ) {
        let points = self.points(sender, series, meaning, false);
        if let Some(Points::Numbers(points)) = points {
            points.push(Point { start, time, value });
        }
    }

    /// Takes a histogram in the same way.
    pub(super) fn distribution(
        &mut self,
        (sender, series, meaning): (usize, SeriesName, Meaning),
        (start, time): (i64, i64),
        value: Distribution,
    ) {
        let points = self.points(sender, series, meaning, true);
        if let Some(Points::Distributions(points)) = points {
            points.push(Point { start, time, value });
        }
    }

    fn points(
        &mut self,
        sender: usize,
        series: SeriesName,
        meaning: Meaning,
        distribution: bool,
    ) -> Option<&mut Points> {
        let key = (sender, series, meaning, distribution);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let points = if distribution {
                    Points::Distributions(Vec::new())
                } else {
                    Points::Numbers(Vec::new())
                };
                self.streams.push(Stream { sender, series: key.1.clone(), meaning, points });
                self.places.insert(key, self.streams.len() - 1);
                self.streams.len() - 1
            }
        };
        self.streams.get_mut(place).map(|stream| &mut stream.points)
    }

    /// Puts the series of every entity into the frame.
    pub(super) fn finish(&mut self, frame: &mut MetricFrame) {
        let Self { senders, mut streams, .. } = std::mem::take(self);
        let nobody = (Entity::service(""), String::new());
        let sender = |stream: &Stream| senders.get(stream.sender).unwrap_or(&nobody);
        fn group<'s>(entity: &'s Entity, stream: &'s Stream) -> impl Ord + use<'s> {
            let distribution = matches!(stream.points, Points::Distributions(_));
            (entity, &stream.series, stream.meaning, distribution)
        }
        streams.sort_by(|a, b| {
            let ((of_a, name_a), (of_b, name_b)) = (sender(a), sender(b));
            group(of_a, a).cmp(&group(of_b, b)).then_with(|| name_a.cmp(name_b))
        });
        let mut rest = streams.as_mut_slice();
        while let Some(first) = rest.first() {
            let entity = &sender(first).0;
            let (series, meaning) = (first.series.clone(), first.meaning);
            let size = rest
                .iter()
                .take_while(|other| {
                    group(&sender(other).0, other).cmp(&group(entity, first)).is_eq()
                })
                .count();
            let Some((same, others)) = rest.split_at_mut_checked(size) else { break };
            emit(entity, &series, meaning, same, frame);
            rest = others;
        }
    }
}

/// Writes one series (three, of histograms), given the streams of its senders.
fn emit(
    entity: &Entity,
    series: &SeriesName,
    meaning: Meaning,
    streams: &mut [Stream],
    frame: &mut MetricFrame,
) {
    let (mut numbers, mut distributions) = (Vec::new(), Vec::new());
    for stream in streams {
        match &mut stream.points {
            Points::Numbers(points) => numbers.push(steps(points, meaning)),
            Points::Distributions(points) => distributions.push(steps(points, meaning)),
        }
    }
    if !numbers.is_empty() {
        let values = together(&numbers, |values: &[&f64]| {
            let sum: f64 = values.iter().copied().sum();
            if meaning == Meaning::Level { sum / values.len() as f64 } else { sum }
        });
        if !values.is_empty() {
            frame.append(entity, &series.text(""), values);
        }
    }
    let sums = together(&distributions, Distribution::total);
    let mut part = |name: &str, of: &dyn Fn(&Distribution) -> Option<f64>| {
        let values: Vec<(i64, f64)> =
            sums.iter().filter_map(|(time, sum)| Some((*time, of(sum)?))).collect();
        if !values.is_empty() {
            frame.append(entity, &series.text(name), values);
        }
    };
    part(".rate", &|sum| Some(sum.count));
    part(".mean", &Distribution::mean);
    part(".p95", &|sum| sum.quantile(0.95));
}

/// A value and the time for which it stands: behind `from`, up to `to`.
#[derive(Debug)]
struct Step<V> {
    from: i64,
    to: i64,
    value: V,
}

/// What can be counted and compared.
trait Value: Clone {
    fn since(&self, before: &Self, seconds: f64) -> Option<Self>;
    fn per_second(self, seconds: f64) -> Self;
    fn order(&self) -> f64;
}

impl Value for f64 {
    fn since(&self, before: &Self, seconds: f64) -> Option<Self> {
        (self >= before).then(|| (self - before) / seconds)
    }
    fn per_second(self, seconds: f64) -> Self {
        self / seconds
    }
    fn order(&self) -> f64 {
        *self
    }
}

impl Value for Distribution {
    fn since(&self, before: &Self, seconds: f64) -> Option<Self> {
        self.since(before, seconds)
    }
    fn per_second(self, seconds: f64) -> Self {
        self.per_second(seconds)
    }
    fn order(&self) -> f64 {
        self.count
    }
}

/// The points of one stream as levels or rates. A total that falls, or that counts from a later moment than the point
/// before, was reset: what came since is unknown, which leaves a gap.
fn steps<V: Value>(points: &mut [Point<V>], meaning: Meaning) -> Vec<Step<V>> {
    points.sort_by(|a, b| a.time.cmp(&b.time).then(a.value.order().total_cmp(&b.value.order())));
    let mut steps = Vec::with_capacity(points.len());
    let mut before: Option<&Point<V>> = None;
    for point in points.iter() {
        let (last, to) = (before.map(|before| before.time), point.time);
        let value = match meaning {
            // It stands from its moment on.
            Meaning::Level | Meaning::Amount => Some((to, point.value.clone())),
            Meaning::Delta => {
                let from = if point.start > 0 { Some(point.start) } else { last };
                from.filter(|from| *from < to).map(|from| {
                    (from, point.value.clone().per_second(series::seconds(to.abs_diff(from))))
                })
            }
            Meaning::Total => before
                .filter(|before| before.time < to && point.start <= before.time)
                .and_then(|before| {
                    let seconds = series::seconds(to.abs_diff(before.time));
                    Some((before.time, point.value.since(&before.value, seconds)?))
                }),
        };
        steps.extend(value.map(|(from, value)| Step { from, to, value }));
        before = Some(point);
    }
    steps
}

/// One series out of those of several senders, whose clocks are not in step.
///
/// At each moment (points closer than half the usual interval share the last of them) it is folded what stands for it
/// in every stream. A stream's last value stands on for one and a half of its intervals: its next point may not be there
/// yet, or be lost. That of one sender is left as it is.
fn together<V: Value, U>(streams: &[Vec<Step<V>>], fold: impl Fn(&[&V]) -> U) -> Vec<(i64, U)> {
    let streams: Vec<&Vec<Step<V>>> = streams.iter().filter(|steps| !steps.is_empty()).collect();
    if let [one] = streams.as_slice() {
        return one.iter().map(|step| (step.to, fold(&[&step.value]))).collect();
    }
    let usual = usual_interval(&streams);
    let mut next = vec![0; streams.len()];
    let mut values = Vec::with_capacity(streams.len());
    let mut folded = Vec::new();
    for moment in moments(&streams, usual) {
        values.clear();
        for (steps, next) in streams.iter().zip(&mut next) {
            while steps.get(*next).is_some_and(|step| step.to < moment) {
                *next += 1;
            }
            let present = steps.get(*next).filter(|step| step.from < moment || step.to == moment);
            let held = || {
                let last = steps.get(next.checked_sub(1)?)?;
                let own = last.to.saturating_sub(last.from);
                let interval = if own > 0 { own } else { usual };
                let stands = interval.saturating_add(interval / 2);
                (moment.saturating_sub(last.to) <= stands).then_some(last)
            };
            values.extend(present.or_else(held).map(|step| &step.value));
        }
        if !values.is_empty() {
            folded.push((moment, fold(&values)));
        }
    }
    folded
}

/// The median time between two points.
fn usual_interval<V>(streams: &[&Vec<Step<V>>]) -> i64 {
    let between = |steps: &[Step<V>]| -> Vec<i64> {
        let first = steps.first().map(|step| step.to.saturating_sub(step.from));
        let others = steps.iter().zip(steps.iter().skip(1)).map(|(a, b)| b.to.saturating_sub(a.to));
        first.into_iter().chain(others).filter(|interval| *interval > 0).collect()
    };
    let mut intervals: Vec<i64> = streams.iter().flat_map(|steps| between(steps)).collect();
    let middle = intervals.len() / 2;
    if intervals.is_empty() { 0 } else { *intervals.select_nth_unstable(middle).1 }
}

/// Moments of points; of those that lie closer than half the usual interval the last.
fn moments<V>(streams: &[&Vec<Step<V>>], usual: i64) -> Vec<i64> {
    let mut times: Vec<i64> =
        streams.iter().flat_map(|steps| steps.iter().map(|step| step.to)).collect();
    times.sort_unstable();
    times.dedup();
    let mut moments: Vec<i64> = Vec::new();
    let mut began = i64::MIN;
    for time in times {
        match moments.last_mut() {
            Some(last) if time.saturating_sub(began) < usual / 2 => *last = time,
            _ => {
                began = time;
                moments.push(time);
            }
        }
    }
    moments
}

#[cfg(test)]
mod tests;
