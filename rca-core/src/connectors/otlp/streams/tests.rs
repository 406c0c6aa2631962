use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;
const BEGIN: i64 = 1_777_885_200 * SECOND;

/// A counter of several senders: who, second, total.
fn totals(points: &[(&str, i64, f64)]) -> Vec<(i64, f64)> {
    numbers(Meaning::Total, points)
}

fn numbers(meaning: Meaning, points: &[(&str, i64, f64)]) -> Vec<(i64, f64)> {
    let entity = Entity::service("pay");
    let mut streams = Streams::default();
    for (who, second, value) in points {
        let sender = streams.sender(&entity, (*who).to_owned());
        let series = SeriesName { metric: "n".to_owned(), labels: Vec::new() };
        streams.number((sender, series, meaning), (0, BEGIN + second * SECOND), *value);
    }
    let mut frame = MetricFrame::default();
    streams.finish(&mut frame);
    let Some(series) = frame.get(&entity, "n") else { return Vec::new() };
    series
        .times
        .iter()
        .map(|time| (time - BEGIN) / SECOND)
        .zip(series.values.iter().copied())
        .collect()
}

#[test]
fn a_counter_is_a_rate_and_a_reset_is_a_gap() {
    let found = totals(&[
        ("a", 10, 100.0),
        ("a", 20, 150.0),
        ("a", 20, 150.0),
        ("a", 30, 4.0),
        ("a", 40, 14.0),
    ]);
    assert_eq!(found, [(20, 5.0), (40, 1.0)]);
}

#[test]
fn instances_whose_points_interleave_add_up_and_are_no_resets() {
    let mut points = Vec::new();
    for n in 0..6 {
        points.push(("a", 10 * n, 1000.0 + 50.0 * n as f64));
        points.push(("b", 10 * n + 4, 20.0 * n as f64));
    }
    let found = totals(&points);
    assert_eq!(found, [(14, 7.0), (24, 7.0), (34, 7.0), (44, 7.0), (54, 7.0)]);
}

#[test]
fn an_instance_that_goes_takes_its_share_with_it_and_a_lost_point_does_not() {
    let mut points = Vec::new();
    for n in 0..10 {
        points.push(("a", 10 * n, 50.0 * n as f64));
        if n < 4 {
            points.push(("b", 10 * n, 20.0 * n as f64));
        }
        if n != 5 {
            points.push(("c", 10 * n, 10.0 * n as f64));
        }
    }
    let rates: Vec<f64> = totals(&points).iter().map(|(_, rate)| *rate).collect();
    assert_eq!(rates, [8.0, 8.0, 8.0, 8.0, 6.0, 6.0, 6.0, 6.0, 6.0]);
}

#[test]
fn levels_of_instances_are_averaged_and_amounts_add_up() {
    let points = [("a", 0, 10.0), ("b", 1, 30.0), ("a", 10, 20.0), ("b", 11, 40.0)];
    assert_eq!(numbers(Meaning::Level, &points), [(1, 20.0), (11, 30.0)]);
    assert_eq!(numbers(Meaning::Amount, &points), [(1, 40.0), (11, 60.0)]);
}

#[test]
fn distributions_of_instances_are_added_before_their_tail_is_read() {
    let entity = Entity::service("pay");
    let mut streams = Streams::default();
    let mut point = |who: &str, second: i64, sum: f64, counts: [u64; 3]| {
        let value = Distribution::explicit(&super::super::wire::HistogramPoint {
            count: counts.iter().sum(),
            sum: Some(sum),
            explicit_bounds: vec![0.1, 1.0],
            bucket_counts: counts.to_vec(),
            ..Default::default()
        });
        let sender = streams.sender(&entity, who.to_owned());
        let series = SeriesName { metric: "took".to_owned(), labels: Vec::new() };
        let times = (0, BEGIN + second * SECOND);
        streams.distribution((sender, series, Meaning::Total), times, value);
    };
    point("a", 0, 0.0, [0, 0, 0]);
    point("b", 0, 100.0, [9, 9, 9]);
    point("a", 10, 5.0, [100, 0, 0]);
    point("b", 10, 150.0, [9, 109, 9]);
    let mut frame = MetricFrame::default();
    streams.finish(&mut frame);
    let of = |name: &str| frame.get(&entity, name).unwrap().values.clone();
    assert_eq!(of("took.rate"), [20.0]);
    assert_eq!(of("took.mean"), [0.275]);
    assert!((of("took.p95")[0] - 0.91).abs() < 1e-9);
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        points in prop::collection::vec((0..3usize, 0..30i64, 0..50u32), 0..40),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
        meaning in prop::sample::select(vec![Meaning::Level, Meaning::Amount, Meaning::Delta, Meaning::Total]),
    ) {
        let points: Vec<(&str, i64, f64)> =
            points.iter().map(|(who, second, value)| (["a", "b", "c"][*who], *second, f64::from(*value))).collect();
        let mut other = points.clone();
        for (a, b) in &swaps {
            if !other.is_empty() {
                let (a, b) = (a.index(other.len()), b.index(other.len()));
                other.swap(a, b);
            }
        }
        prop_assert_eq!(numbers(meaning, &points), numbers(meaning, &other));
    }

    #[test]
    fn equal_instances_in_step_make_their_number_times_one(
        totals in prop::collection::vec(0..1000u32, 2..20),
        copies in 1..5usize,
    ) {
        let names = ["a", "b", "c", "d", "e"];
        let points = |copies: usize| -> Vec<(&str, i64, f64)> {
            let mut sum = 0.0;
            totals.iter().enumerate().flat_map(|(n, more)| {
                sum += f64::from(*more);
                names[..copies].iter().map(move |name| (*name, 10 * n as i64, sum))
            }).collect()
        };
        let one = numbers(Meaning::Total, &points(1));
        let all = numbers(Meaning::Total, &points(copies));
        prop_assert_eq!(all.len(), one.len());
        for ((time, value), (same, one)) in all.iter().zip(&one) {
            prop_assert_eq!(time, same);
            prop_assert!((value - one * copies as f64).abs() < 1e-6);
        }
    }
}
