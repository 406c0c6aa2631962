//! What should not matter does not: gaps and numbers that are none, other units, and what the answer always holds.
#![allow(clippy::unwrap_used, reason = "tests")]

mod incidents;

use rca_core::model::{Analysis, CauseKind};
use rca_core::signal::MetricFrame;
use rca_core::{Incident, analyze};

/// The incident with its metrics passed through `change`: place in the series, name and value.
fn judged(name: &str, change: impl Fn(usize, &str, f64) -> Option<f64>) -> Analysis {
    let mut batch = incidents::batch(name);
    let mut metrics = MetricFrame::default();
    for (entity, metric, series) in batch.telemetry.metrics.iter() {
        for (place, (time, value)) in series.times.iter().zip(&series.values).enumerate() {
            if let Some(value) = change(place, metric, *value) {
                metrics.push(entity, metric, *time, value);
            }
        }
    }
    batch.telemetry.metrics = metrics;
    analyze(&Incident::from(&batch))
}

fn kinds(analysis: &Analysis) -> Vec<CauseKind> {
    analysis.causes.iter().map(|cause| cause.kind.clone()).collect()
}

#[test]
fn numbers_that_are_none_are_as_if_they_were_missing() {
    let lost = |place: usize| place % 20 == 5;
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let none = judged(name, |place, _, value| Some(if lost(place) { f64::NAN } else { value }));
        let missing = judged(name, |place, _, value| (!lost(place)).then_some(value));
        assert_eq!(kinds(&none), kinds(&missing), "{name}");
    }
}

#[test]
fn the_answer_holds_with_every_seventh_sample_missing() {
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let (whole, gaps) = (
            judged(name, |_, _, value| Some(value)),
            judged(name, |place, _, value| (place % 7 != 3).then_some(value)),
        );
        assert_eq!(whole.verdict, gaps.verdict, "{name}");
        assert_eq!(kinds(&whole).first(), kinds(&gaps).first(), "{name}");
    }
}

#[test]
fn latencies_in_other_units_change_no_order() {
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let (one, other) = (
            judged(name, |_, _, value| Some(value)),
            judged(name, |_, metric, value| {
                Some(if metric.contains("duration") { value * 1024.0 } else { value })
            }),
        );
        assert_eq!(one.verdict, other.verdict, "{name}");
        assert_eq!(kinds(&one).first(), kinds(&other).first(), "{name}");
    }
}

#[test]
fn the_answer_holds_all_that_people_on_call_ask_for() {
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let analysis = judged(name, |_, _, value| Some(value));
        let onset = analysis.onset.as_ref().unwrap();
        assert!(onset.confidence.value() > 0.0 && onset.not_before <= onset.time, "{name}");
        assert!(analysis.first_failing.is_some() && !analysis.blast_radius.is_empty(), "{name}");
        assert!(analysis.top_cause().unwrap().remediation.is_some(), "{name}");
        assert!(analysis.entities.is_sorted_by(|a, b| a.probability >= b.probability), "{name}");
        let causes: f64 = analysis.causes.iter().map(|cause| cause.probability.value()).sum();
        assert!((causes + analysis.none_of_these.value() - 1.0).abs() < 1e-9, "{name}");
        let entities: f64 = analysis.entities.iter().map(|e| e.probability.value()).sum();
        assert!(entities > 0.5 && entities < 1.0, "{name}: {entities}");
    }
}
