//! Metrics: series that left their normal range, with the moment they did.
//!
//! Each series is judged alone, in this order:
//!
//! 1. Cut to the window (and, with an alarm, to shortly after it). A counter, recognised by counting
//!    in one direction in most steps, becomes a rate a second.
//! 2. The normal part: the rank-based split (`split::by_ranks`), or the reference recording.
//! 3. Its center and robust deviations (`normal::Normal`): MAD (Rousseeuw & Croux 1993), outer
//!    quantiles, a relative floor, wider for few samples and for noise that remembers.
//! 4. Departures: stretches out of the band of 3 deviations. Two samples at least, or one that is
//!    without example and lasts until the data or the alarm ends. With an alarm a departure must
//!    lead to it; earlier ones that ended are part of what the series does by itself.
//! 5. The onset: the first sample of the departure, moved back to the hinge of a ramp by least
//!    squares (the offline counterpart of the last zero of Page's CUSUM, 1954).
//! 6. The score: distance of the departure's median from the worse (nearer) of the baseline's median and the level
//!    just before the onset, in deviations. Drifting baselines thus score low.
//!
//! Failure modes: a random walk looks like a shift; a trend that fills the window is taken for drift;
//! an incident that began before the window is invisible without a reference; a period longer than
//! the window looks like a ramp.

mod normal;
mod series;
mod split;
mod stats;

pub use stats::MetricStats;

use std::num::NonZero;
use std::ops::Range;

use crate::detect::robust::median;
use crate::detect::{Scope, workers};
use crate::model::{Direction, Entity, MetricShift};
use crate::signal::{MetricFrame, MetricSeries};
use crate::time::{from_nanos, nanos};

use normal::Normal;
use series::{Counter, Samples};
use split::{Beginning, Departure};

/// When a departure counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest distance from normal, in robust standard deviations of the baseline.
    pub min_score: f64,
    /// Scores are cut off here: beyond it size says nothing about certainty.
    pub max_score: f64,
    /// Fewest samples that make a baseline.
    pub min_before: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 4.0, max_score: 1000.0, min_before: 3 }
    }
}

/// Series that a thread takes at a time.
const PIECE: usize = 16;
/// Samples from which on threads pay.
const WORTH_THREADS: usize = 100_000;

/// Score of what can't be measured against noise: a series that appears, vanishes, or counts down to
/// zero, as a multiple of [`Options::min_score`].
const UNMEASURED: f64 = 1.5;

/// The series that left their normal range, by onset, then entity and name.
#[must_use]
pub fn detect(
    frame: &MetricFrame,
    scope: &Scope<'_>,
    reference: Option<&MetricFrame>,
    options: &Options,
) -> Vec<MetricShift> {
    let judge = Judge::new(frame, scope, options);
    let all: Vec<_> = frame.iter().collect();
    let pieces: Vec<_> = all.chunks(PIECE).collect();
    let one = NonZero::<usize>::MIN;
    let workers = if frame.points() < WORTH_THREADS { one } else { scope.workers() };
    let mut found: Vec<MetricShift> = workers::map(workers, pieces.len(), |piece| {
        let series = pieces.get(piece).copied().unwrap_or_default().iter();
        let judged = series.filter_map(|(entity, metric, series)| {
            let reference = reference.and_then(|r| r.get(entity, metric));
            judge.shift(entity, metric, series, reference)
        });
        judged.collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    found.sort_by(|a, b| (a.onset, &a.entity, &a.metric).cmp(&(b.onset, &b.entity, &b.metric)));
    found
}

/// What holds for all series of a frame.
struct Judge<'a> {
    options: &'a Options,
    window: Range<i64>,
    alarm: Option<i64>,
    /// First and last sample of any series within the window.
    covered: (i64, i64),
}

/// A departure with the numbers that describe it.
struct Found {
    departure: Departure,
    beginning: Beginning,
    before: f64,
    after: f64,
    score: f64,
    samples_before: usize,
}

impl<'a> Judge<'a> {
    fn new(frame: &MetricFrame, scope: &Scope<'_>, options: &'a Options) -> Self {
        let window = scope.span();
        let times = || {
            frame
                .iter()
                .flat_map(|(_, _, s)| s.times.iter().copied())
                .filter(|t| window.contains(t))
        };
        let covered =
            (times().min().unwrap_or(window.start), times().max().unwrap_or(window.start));
        Self { options, alarm: scope.alarm.map(nanos), covered, window }
    }

    fn shift(
        &self,
        entity: &Entity,
        metric: &str,
        series: &MetricSeries,
        reference: Option<&MetricSeries>,
    ) -> Option<MetricShift> {
        let raw = Samples::cut(series, &self.window);
        let reference = reference.map(|r| Samples::cut(r, &(i64::MIN..i64::MAX)));
        let counter = match &reference {
            // A short window can't tell; the reference can.
            Some(reference) if reference.len() > raw.len() => reference.counts(),
            _ => raw.counts(),
        };
        let level = counter.map_or_else(|| raw.clone(), |counter| raw.rates(counter));
        let reference = reference.map(|r| counter.map_or_else(|| r.clone(), |c| r.rates(c)));
        let judged = self.until_after_alarm(&level);
        let name = (entity, metric);
        match self.departed(&judged, reference.as_ref()) {
            Some(found) => Some(self.describe(name, &judged, &found)),
            None if counter == Some(Counter::Down) => self.ran_out(name, &raw),
            None if reference.is_none() => {
                self.appeared(name, &level).or_else(|| self.vanished(name, &level))
            }
            None => None,
        }
    }

    /// Samples up to shortly after the alarm: a tenth of the time before it, three samples at least.
    /// What comes later is recovery.
    fn until_after_alarm<'s>(&self, samples: &'s Samples<'_>) -> Samples<'s> {
        let Some(alarm) = self.alarm else { return samples.first(samples.len()) };
        let before = alarm.saturating_sub(self.window.start).max(0);
        let end = alarm.saturating_add((before / 10).max(3 * samples.interval()));
        let count = samples.times.partition_point(|time| *time <= end);
        samples.first(count)
    }

    fn departed(&self, samples: &Samples<'_>, reference: Option<&Samples<'_>>) -> Option<Found> {
        let values = &*samples.values;
        if let Some(reference) = reference.filter(|r| r.len() >= self.options.min_before) {
            let normal = Normal::learn(&reference.values, values);
            return self
                .within_window(samples, &normal)
                .or_else(|| self.judge(samples, &normal, reference.len()));
        }
        if values.iter().all(|value| Some(value) == values.first()) {
            return None;
        }
        let least = self.options.min_before.max(samples.len() / 20);
        let split = split::by_ranks(values, least);
        let glimpse = Normal::glimpse(values.get(..split)?, values);
        let (_, first) = self.departure(samples, &glimpse, split)?;
        // Once more with everything before the onset as the baseline: the rank split may lie
        // anywhere in a calm stretch, and after the beginning of a slow ramp.
        let known = first.onset.max(least);
        let normal = Normal::learn(values.get(..known)?, values);
        let found = self.judge(samples, &normal, known)?;
        (found.beginning.onset >= least && !found.beginning.drift).then_some(found)
    }

    /// With a reference that the whole window is far from (it was recorded at another time), a
    /// change inside of the window against its own first samples, in deviations of the reference.
    fn within_window(&self, samples: &Samples<'_>, reference: &Normal) -> Option<Found> {
        let early = self.alarm.map_or(samples.len() / 3, |alarm| {
            samples.times.partition_point(|t| *t <= alarm).saturating_sub(1).min(samples.len() / 2)
        });
        let own = samples.values.get(..early.max(1))?;
        let center = median(own.iter().copied());
        if reference.distance(center).abs() < split::BAND {
            return None;
        }
        self.judge(samples, &Normal { center, ..*reference }, early)
    }

    /// The departure that matters against a normal known from so many samples, and its beginning.
    fn departure(
        &self,
        samples: &Samples<'_>,
        normal: &Normal,
        known: usize,
    ) -> Option<(Departure, Beginning)> {
        let interval = samples.interval();
        let all = split::departures(&samples.values, normal);
        let lasting: Vec<&Departure> =
            all.iter().filter(|d| self.lasts(samples, interval, normal, d, known)).collect();
        let main = lasting
            .iter()
            .max_by(|a, b| a.weight.total_cmp(&b.weight).then(b.first.cmp(&a.first)))?;
        let time = |index: usize| samples.times.get(index).copied().unwrap_or_default();
        // An earlier stretch that all but joins it is its beginning.
        let mut departure = **main;
        for earlier in lasting.iter().rev().filter(|d| d.last < main.first && d.up == main.up) {
            let pause = time(departure.first) - time(earlier.last);
            if pause > time(earlier.last) - time(earlier.first) + 3 * interval {
                break;
            }
            departure.first = earlier.first;
            departure.count += earlier.count;
        }
        Some((departure, split::beginning(samples, normal, &departure)))
    }

    /// The departure that matters, when it is significant.
    fn judge(&self, samples: &Samples<'_>, normal: &Normal, known: usize) -> Option<Found> {
        let (departure, beginning) = self.departure(samples, normal, known)?;
        let run = samples.values.get(beginning.onset..=departure.last)?;
        let after = median(run.iter().copied());
        let just_before = samples.values.get(beginning.onset.saturating_sub(5)..beginning.onset)?;
        let unit = normal.unit(departure.up);
        let sign = if departure.up { 1.0 } else { -1.0 };
        let mut off = (after - normal.center) * sign;
        if just_before.len() >= self.options.min_before {
            off = off.min((after - median(just_before.iter().copied())) * sign);
        }
        let score = (off / unit).min(self.options.max_score);
        let significant = score >= self.options.min_score
            && self.is_rare(samples, normal, &departure, known, score);
        significant.then_some(Found {
            departure,
            beginning,
            before: normal.center,
            after,
            score,
            samples_before: beginning.onset,
        })
    }

    /// Whether so many samples in a row would be rare, going by how often single ones strayed
    /// before. Counts that are mostly zero need more of them than their distance suggests.
    fn is_rare(
        &self,
        samples: &Samples<'_>,
        normal: &Normal,
        departure: &Departure,
        known: usize,
        score: f64,
    ) -> bool {
        let before = samples.values.get(..departure.first).unwrap_or_default();
        let strayed = before.iter().filter(|v| normal.distance(**v).abs() >= split::BAND).count();
        let known = known.max(before.len()) as f64;
        let chance = (strayed as f64 + 1.0) / (known + 2.0);
        let places = if departure.count == 1 { 3.0 } else { known };
        let expected = places * chance.powf(departure.count as f64);
        expected <= 0.03 || (!normal.still && score >= 3.0 * self.options.min_score)
    }

    /// Whether a departure is more than a spike and leads to the alarm.
    fn lasts(
        &self,
        samples: &Samples<'_>,
        interval: i64,
        normal: &Normal,
        d: &Departure,
        known: usize,
    ) -> bool {
        let time = |index: usize| samples.times.get(index).copied().unwrap_or_default();
        let (first, last) = (time(d.first), time(d.last));
        let leads = self.alarm.is_none_or(|alarm| last >= alarm - (last - first).max(3 * interval));
        if d.count >= 2 {
            return leads;
        }
        // One sample: only at the end or at the alarm, and without example before.
        let at_end = d.last + 1 == samples.len();
        let at_alarm = self.alarm.is_some_and(|alarm| (last - alarm).abs() <= 2 * interval);
        let distance = |value: &f64| normal.distance(*value).abs();
        let here = samples.values.get(d.first).map_or(0.0, distance);
        let known = known.min(d.first);
        let ever = samples.values.iter().take(known).map(distance).fold(0.0, f64::max);
        (at_end || at_alarm) && here >= (2.0 * self.options.min_score).max(3.0 * ever)
    }

    fn describe(&self, name: (&Entity, &str), samples: &Samples<'_>, found: &Found) -> MetricShift {
        let Found { departure, beginning, .. } = found;
        let time = |index: usize| samples.times.get(index).copied().unwrap_or(self.window.start);
        let run = samples.values.get(beginning.onset..=departure.last).unwrap_or_default();
        let far = |value: &f64| (value - found.before) * if departure.up { 1.0 } else { -1.0 };
        let peak = run.iter().max_by(|a, b| far(a).total_cmp(&far(b))).copied();
        MetricShift {
            entity: name.0.clone(),
            metric: name.1.to_owned(),
            direction: if departure.up { Direction::Up } else { Direction::Down },
            onset: from_nanos(time(beginning.onset)),
            last_normal: from_nanos(beginning.last_normal.map_or(self.window.start, time)),
            before: found.before,
            after: found.after,
            peak: peak.unwrap_or(found.after),
            score: found.score,
            samples: (
                found.samples_before as u64,
                (samples.len() - beginning.onset.min(samples.len())) as u64,
            ),
        }
    }

    /// A steady countdown that reaches zero: something expired or ran out at that moment.
    fn ran_out(&self, name: (&Entity, &str), samples: &Samples<'_>) -> Option<MetricShift> {
        let zero = samples.values.iter().position(|value| *value <= 0.0)?;
        let (before, after) = samples.values.split_at_checked(zero)?;
        let (onset, last) = (samples.times.get(zero)?, samples.times.get(zero.checked_sub(1)?)?);
        Some(MetricShift {
            entity: name.0.clone(),
            metric: name.1.to_owned(),
            direction: Direction::Down,
            onset: from_nanos(*onset),
            last_normal: from_nanos(*last),
            before: median(before.iter().copied()),
            after: median(after.iter().copied()),
            peak: after.iter().copied().fold(f64::INFINITY, f64::min),
            score: UNMEASURED * self.options.min_score,
            samples: (before.len() as u64, after.len() as u64),
        })
    }

    /// A series that begins within the window while others were there before; absent counts as 0.
    fn appeared(&self, name: (&Entity, &str), samples: &Samples<'_>) -> Option<MetricShift> {
        let first = *samples.times.first()?;
        let quiet = first.saturating_sub(self.covered.0);
        let length = self.covered.1.saturating_sub(self.covered.0);
        let after = median(samples.values.iter().copied());
        if quiet < length / 5
            || quiet <= 5 * samples.interval()
            || samples.len() < 2
            || after == 0.0
        {
            return None;
        }
        self.absent(name, samples, (0.0, after), (first, first - 1))
    }

    /// A series that ends within the window, before the alarm, while others go on; absent counts
    /// as 0.
    fn vanished(&self, name: (&Entity, &str), samples: &Samples<'_>) -> Option<MetricShift> {
        let last = *samples.times.last()?;
        let before = median(samples.values.iter().copied());
        let gone = last.saturating_add(samples.interval());
        let end = self.alarm.map_or(self.covered.1, |alarm| alarm.min(self.covered.1));
        if samples.len() < 5 || before == 0.0 || end - gone <= 5 * samples.interval() {
            return None;
        }
        self.absent(name, samples, (before, 0.0), (gone, last))
    }

    fn absent(
        &self,
        name: (&Entity, &str),
        samples: &Samples<'_>,
        (before, after): (f64, f64),
        (onset, last_normal): (i64, i64),
    ) -> Option<MetricShift> {
        let count = samples.len() as u64;
        let up = after > before;
        let peak = if before == 0.0 {
            samples.values.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs()))?
        } else {
            0.0
        };
        Some(MetricShift {
            entity: name.0.clone(),
            metric: name.1.to_owned(),
            direction: if up { Direction::Up } else { Direction::Down },
            onset: from_nanos(onset),
            last_normal: from_nanos(last_normal),
            before,
            after,
            peak,
            score: UNMEASURED * self.options.min_score,
            samples: if before == 0.0 { (0, count) } else { (count, 0) },
        })
    }
}
