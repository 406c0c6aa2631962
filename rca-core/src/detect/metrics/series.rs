//! One series made ready for judgement: cut to the window, one value a moment, counters as rates.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::robust::median;
use crate::signal::MetricSeries;

/// Fewest samples from which monotony is read; a run of eight rises by chance is one in 40,000.
const MIN_COUNTER_SAMPLES: usize = 8;

/// Samples in order of time, each moment once; borrowed from the series where they stand so in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Samples<'a> {
    pub(super) times: Cow<'a, [i64]>,
    pub(super) values: Cow<'a, [f64]>,
}

impl<'a> Samples<'a> {
    /// Cuts a series to a range of time; samples of one moment become their median.
    pub(super) fn cut(series: &'a MetricSeries, range: &Range<i64>) -> Self {
        Self::as_they_stand(series, range).unwrap_or_else(|| Self::in_order(series, range))
    }

    /// The samples of a series that is in order already, as almost all are.
    fn as_they_stand(series: &'a MetricSeries, range: &Range<i64>) -> Option<Self> {
        let (times, values) = (series.times.as_slice(), series.values.as_slice());
        if !times.is_sorted_by(|a, b| a < b) {
            return None;
        }
        let place = |end: i64| times.partition_point(|time| *time < end);
        let inside = place(range.start)..place(range.end);
        let (times, values) = (times.get(inside.clone())?, values.get(inside)?);
        values
            .iter()
            .all(|value| value.is_finite())
            .then_some(Self { times: Cow::Borrowed(times), values: Cow::Borrowed(values) })
    }

    fn in_order(series: &MetricSeries, range: &Range<i64>) -> Self {
        let mut points: Vec<(i64, f64)> = series
            .times
            .iter()
            .copied()
            .zip(series.values.iter().copied())
            .filter(|(time, value)| range.contains(time) && value.is_finite())
            .collect();
        points.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        points
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|same| {
                Some((same.first()?.0, median(same.iter().map(|(_, value)| *value))))
            })
            .unzip::<i64, f64, Vec<_>, Vec<_>>()
            .into()
    }

    /// So many from the beginning.
    pub(super) fn first(&self, count: usize) -> Samples<'_> {
        Samples {
            times: Cow::Borrowed(self.times.get(..count).unwrap_or(&self.times)),
            values: Cow::Borrowed(self.values.get(..count).unwrap_or(&self.values)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// The typical distance of two samples, in nanoseconds; 0 for fewer than two.
    pub(super) fn interval(&self) -> i64 {
        let mut gaps: Vec<i64> =
            self.times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let middle = gaps.len() / 2;
        if gaps.is_empty() { 0 } else { *gaps.select_nth_unstable(middle).1 }
    }

    /// Whether it only counts: up, or down, apart from resets.
    pub(super) fn counts(&self) -> Option<Counter> {
        if self.len() < MIN_COUNTER_SAMPLES {
            return None;
        }
        let steps = self.len() - 1;
        let is_reset = |from: f64, to: f64| from > 0.0 && to >= 0.0 && to < from / 2.0;
        let (mut rises, mut falls, mut resets) = (0_usize, 0_usize, 0_usize);
        for pair in self.values.windows(2) {
            rises += usize::from(pair[1] > pair[0]);
            falls += usize::from(pair[1] < pair[0]);
            resets += usize::from(is_reset(pair[0], pair[1]));
        }
        // Counting in more than half of the steps: a level that changed once is not a counter.
        if falls == resets && resets * 10 <= steps && rises * 2 > steps {
            return Some(Counter::Up);
        }
        (rises == 0 && falls * 2 > steps).then_some(Counter::Down)
    }

    /// Change a second between neighbours; a reset starts again from zero.
    pub(super) fn rates(&self, counter: Counter) -> Samples<'static> {
        let (mut times, mut values) = (Vec::new(), Vec::new());
        for (time, value) in self.times.windows(2).zip(self.values.windows(2)) {
            let seconds = seconds(time[1] - time[0]);
            let grown = match counter {
                Counter::Up if value[1] < value[0] => value[1],
                _ => value[1] - value[0],
            };
            times.push(time[1]);
            values.push(grown / seconds);
        }
        (times, values).into()
    }
}

impl From<(Vec<i64>, Vec<f64>)> for Samples<'_> {
    fn from((times, values): (Vec<i64>, Vec<f64>)) -> Self {
        Self { times: Cow::Owned(times), values: Cow::Owned(values) }
    }
}

/// Which way a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counter {
    Up,
    Down,
}

/// Nanoseconds as seconds.
pub(super) fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[f64]) -> Samples<'_> {
        let times: Vec<i64> = (0..values.len() as i64).map(|i| i * 1_000_000_000).collect();
        (times, values.to_vec()).into()
    }

    #[test]
    fn a_counter_is_recognised_across_a_reset_and_becomes_a_rate() {
        let counter =
            samples(&[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 4.0, 14.0]);
        assert_eq!(counter.counts(), Some(Counter::Up));
        assert_eq!(counter.rates(Counter::Up).values[8..], [10.0, 4.0, 10.0]);
    }

    #[test]
    fn a_level_that_changes_once_is_not_a_counter() {
        assert_eq!(samples(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0]).counts(), None);
        assert_eq!(samples(&[5.0, 4.0, 6.0, 5.0, 7.0, 3.0, 8.0, 5.0]).counts(), None);
    }

    #[test]
    fn samples_of_one_moment_become_their_median() {
        let series = MetricSeries { times: vec![5, 1, 5, 5], values: vec![9.0, 1.0, 3.0, 4.0] };
        let cut = Samples::cut(&series, &(0..6));
        assert_eq!(cut, (vec![1, 5], vec![1.0, 4.0]).into());
    }

    #[test]
    fn a_series_in_order_is_cut_without_a_copy_and_with_the_same_result() {
        let times: Vec<i64> = (0..20).map(|i| i * i).collect();
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let series = MetricSeries { times, values };
        for range in [i64::MIN..i64::MAX, 0..400, 9..300, 10..11, 500..600] {
            let cut = Samples::cut(&series, &range);
            assert_eq!(cut, Samples::in_order(&series, &range), "{range:?}");
            assert!(matches!(cut.values, Cow::Borrowed(_)));
        }
    }
}
