//! Who ran into a limit at the alarm: CPU and memory as shares of what an entity may use.
//!
//! A share of a limit hurts near the limit only, so growth (its logarithm) counts with the square of the
//! share that is reached: from 2 % to 95 % is a fault, from 20 % to 40 % is traffic. Judged is the highest
//! of the samples around the alarm, since the sample in which it lies may hold a part of the fault only,
//! against the worse of the reference's and the earlier window's median.
//!
//! Failure modes: a limit that metrics don't know; an entity that always runs near its limit grows by
//! little when it reaches it; a memory that only ever grows is near its limit by itself.

use std::ops::Range;

use crate::detect::Scope;
use crate::detect::robust::median;
use crate::model::{Entity, ImpactKind, ImpactShift};
use crate::signal::{MetricFrame, MetricSeries};
use crate::time::from_nanos;

/// Shares below a hundredth are told apart by noise only.
const LEAST_SHARE: f64 = 0.01;
/// A growth of this much (times the square of the share) says all.
const MOST: f64 = 3.0;
/// Less is not worth telling.
const LEAST: f64 = 0.05;

/// What a metric says about the use of CPU or memory, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// Of the machine below, which says little about one of the programs on it.
    OfMachine,
    /// As a share of the limit.
    OfLimit,
    /// In units that know no limit.
    Amount,
    /// Nothing.
    None,
}

impl Usage {
    /// By the words in the name.
    #[must_use]
    pub fn of(metric: &str) -> Self {
        let name = metric.to_lowercase();
        let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        let any = |words: &[&str]| parts.iter().any(|part| words.contains(part));
        if any(&["node", "host", "machine"]) {
            Self::OfMachine
        } else if !any(&["cpu", "mem", "memory"]) {
            Self::None
        } else if any(&["pct", "percent", "percentage", "utilization", "utilisation", "ratio"]) {
            Self::OfLimit
        } else {
            Self::Amount
        }
    }
}

/// How much growth brought to a limit, from 0 to 3: `before` and `after` as the metric says them, as a
/// ratio (to 1) or as a percentage.
#[must_use]
pub fn nearness(metric: &str, before: f64, after: f64) -> f64 {
    // Either may exceed its limit a little.
    let ratio = metric.to_lowercase().contains("ratio") && after <= 1.5;
    let whole = if ratio { 1.0 } else { 100.0 };
    let (before, after) = (before / whole, after / whole);
    let growth = (after.max(LEAST_SHARE) / before.max(LEAST_SHARE)).ln().max(0.0);
    (growth * after.clamp(0.0, 1.0).powi(2)).min(MOST)
}

/// Entities near their limits in the judged samples, in order of entity and metric.
pub(super) fn detect(
    frame: &MetricFrame,
    scope: &Scope<'_>,
    judged: &Range<i64>,
    reference: Option<&MetricFrame>,
) -> Vec<ImpactShift> {
    let limits = frame.iter().filter(|(_, metric, _)| Usage::of(metric) == Usage::OfLimit);
    limits
        .filter_map(|(entity, metric, series)| {
            let known = reference.and_then(|r| r.get(entity, metric));
            at_limit(entity, metric, series, known, &scope.span(), judged)
        })
        .collect()
}

fn at_limit(
    entity: &Entity,
    metric: &str,
    series: &MetricSeries,
    reference: Option<&MetricSeries>,
    window: &Range<i64>,
    judged: &Range<i64>,
) -> Option<ImpactShift> {
    let points = || {
        let points = series.times.iter().copied().zip(series.values.iter().copied());
        points.filter(|(time, value)| window.contains(time) && value.is_finite())
    };
    let typical = |values: Vec<f64>| (!values.is_empty()).then(|| median(values));
    let earlier =
        points().filter(|(time, _)| *time < judged.start).map(|(_, value)| value).collect();
    let known = reference.map(|r| r.values.iter().copied().filter(|v| v.is_finite()).collect());
    let before =
        [typical(earlier), known.and_then(typical)].into_iter().flatten().reduce(f64::max)?;
    let (onset, after) = points()
        .filter(|(time, _)| judged.contains(time))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let amount = nearness(metric, before, after);
    (amount >= LEAST).then(|| ImpactShift {
        entity: entity.clone(),
        kind: ImpactKind::AtLimit,
        metric: metric.to_owned(),
        before,
        after,
        calls: 1.0,
        amount,
        score: amount,
        onset: from_nanos(onset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::TimeRange;

    const MINUTE: i64 = 60_000_000_000;

    fn found(values: &[f64]) -> Vec<ImpactShift> {
        let mut frame = MetricFrame::default();
        for (minute, value) in (0_i64..).zip(values) {
            frame.push(&Entity::service("mill"), "cpu_pct", minute * MINUTE, *value);
        }
        let end = i64::try_from(values.len()).unwrap() * MINUTE;
        let window = TimeRange::new(from_nanos(0), from_nanos(end)).unwrap();
        detect(&frame, &Scope::new(window), &(end - 2 * MINUTE..end), None)
    }

    #[test]
    fn growth_counts_with_the_square_of_the_share() {
        let [shift] = &found(&[5.0, 5.0, 5.0, 5.0, 40.0, 95.0])[..] else { unreachable!() };
        assert_eq!((shift.before, shift.after), (5.0, 95.0));
        assert!((shift.amount - (19.0_f64).ln() * 0.95 * 0.95).abs() < 1e-9);
        assert!(found(&[5.0, 5.0, 5.0, 5.0, 6.0, 12.0]).is_empty(), "far from the limit");
        assert!(found(&[95.0, 95.0, 95.0, 95.0, 95.0, 97.0]).is_empty(), "always near it");
    }

    #[test]
    fn gaps_and_nonsense_change_nothing() {
        let clean = found(&[5.0, 5.0, 5.0, 5.0, 90.0, 90.0]);
        assert_eq!(found(&[5.0, f64::NAN, 5.0, 5.0, 90.0, 90.0]), clean);
        assert_eq!(found(&[5.0, 5.0, 5.0, 5.0, 90.0, f64::NAN]), clean);
    }

    #[test]
    fn names_tell_limits_from_amounts_and_machines() {
        for (name, usage) in [
            ("cpu_pct", Usage::OfLimit),
            ("container.memory.utilization", Usage::OfLimit),
            ("cpu_millicores", Usage::Amount),
            ("node_cpu_pct", Usage::OfMachine),
            ("requests", Usage::None),
        ] {
            assert_eq!(Usage::of(name), usage, "{name}");
        }
        assert_eq!(nearness("memory_usage_ratio", 0.5, 1.0), nearness("memory_pct", 50.0, 100.0));
    }
}
