//! Whose doing the harm is, by what metrics account for: extra time and failed calls, less what callees
//! explain.
//!
//! Impacts (deviation times requests) are taken along the call graph. What significant callees cost is
//! subtracted from their callers; what is left is the entity's own, as a share of the alerted entity's
//! impact.
//!
//! Failure modes: needs an alerted entity and a call graph; a callee that serves others as well explains
//! more than its share of one caller.

use std::collections::{BTreeMap, BTreeSet};

use crate::mechanism::{Symptom, symptom};
use crate::model::{Direction, Entity, ImpactKind};
use crate::rank::case::{Case, Seen};
use crate::rank::topology::Topology;

/// From this score on, in robust deviations, a callee's impact explains its callers': the usual three sigma, one
/// chance in 700 for normal noise.
const SIGNIFICANT: f64 = 3.0;
/// The alerted entity's own: the alert has said already that it is harmed, so one deviation does.
const NOTICED: f64 = 1.0;

/// Shares of the alerted entity's impact, by the kind of harm that the alert is about.
pub(super) fn shares<'a>(case: &'a Case<'a>, topology: &'a Topology) -> BTreeMap<&'a Entity, f64> {
    let mut shares = BTreeMap::new();
    let Some(target) = case.alerted() else { return shares };
    let wanted = alerted_kind(case);
    let of_target = case
        .impacts
        .iter()
        .filter(|seen| seen.shift.entity == *target && seen.shift.score >= NOTICED)
        .filter(|seen| seen.shift.kind != ImpactKind::AtLimit)
        .filter(|seen| wanted.is_none_or(|kind| kind == seen.shift.kind))
        .max_by(|a, b| a.shift.score.total_cmp(&b.shift.score));
    let Some(of_target) = of_target else { return shares };
    let kind = of_target.shift.kind;
    let impacts: BTreeMap<&Entity, &Seen<_>> = case
        .impacts
        .iter()
        .filter(|seen| seen.shift.kind == kind)
        .map(|seen| (&seen.shift.entity, seen))
        .collect();
    let significant: BTreeMap<&Entity, f64> = impacts
        .iter()
        .filter(|(_, seen)| seen.shift.score >= SIGNIFICANT)
        .map(|(entity, seen)| (*entity, seen.shift.amount))
        .collect();
    for entity in below(target, topology) {
        let Some(seen) = impacts.get(entity) else { continue };
        let explained: f64 = nearest(entity, &significant, topology)
            .iter()
            .filter_map(|callee| significant.get(*callee))
            .sum();
        let clear = (seen.shift.score / SIGNIFICANT).min(1.0);
        let own = clear * (seen.shift.amount - explained).max(0.0);
        let whole = of_target.shift.amount.max(f64::MIN_POSITIVE);
        shares.insert(&seen.shift.entity, (own / whole).min(1.0));
    }
    shares
}

/// Time or failures, where the alert's metric tells.
fn alerted_kind(case: &Case<'_>) -> Option<ImpactKind> {
    let metric = case.alerts.iter().find_map(|alert| alert.metric.as_deref())?;
    let shows = |direction, wanted| {
        symptom::of_metric(metric, direction).iter().any(|(symptom, _)| *symptom == wanted)
    };
    if shows(Direction::Up, Symptom::LatencyUp) {
        Some(ImpactKind::ExtraTime)
    } else if shows(Direction::Down, Symptom::ErrorsUp) || shows(Direction::Up, Symptom::ErrorsUp) {
        Some(ImpactKind::FailedCalls)
    } else {
        None
    }
}

/// The entity and all that it depends on.
fn below<'a>(target: &'a Entity, topology: &'a Topology) -> BTreeSet<&'a Entity> {
    let mut found = BTreeSet::from([target]);
    let mut open = vec![target];
    while let Some(entity) = open.pop() {
        for callee in topology.callees(entity) {
            if found.insert(callee) {
                open.push(callee);
            }
        }
    }
    found
}

/// The nearest callees with a significant impact, through those that have none.
fn nearest<'a>(
    entity: &'a Entity,
    significant: &BTreeMap<&Entity, f64>,
    topology: &'a Topology,
) -> BTreeSet<&'a Entity> {
    let mut seen = BTreeSet::from([entity]);
    let mut open = vec![entity];
    let mut found = BTreeSet::new();
    while let Some(at) = open.pop() {
        for callee in topology.callees(at) {
            if !seen.insert(callee) {
                continue;
            }
            if significant.contains_key(callee) {
                found.insert(callee);
            } else {
                open.push(callee);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Alert, CallEdge, Event, EventId, ImpactShift, Severity, Source, attribute};
    use crate::time::{TimeRange, from_nanos};

    fn topology() -> Topology {
        let edge = |caller, callee| CallEdge {
            caller: Entity::service(caller),
            callee: Entity::service(callee),
            calls: (0, 0),
            errors: (0, 0),
            millis: (0.0, 0.0),
        };
        Topology::new(&[edge("web", "mill"), edge("mill", "store"), edge("web", "bank")])
    }

    fn impact(entity: &str, kind: ImpactKind, amount: f64, score: f64) -> Seen<ImpactShift> {
        let shift = ImpactShift {
            entity: Entity::service(entity),
            kind,
            metric: "m".to_owned(),
            before: 0.0,
            after: 1.0,
            calls: 1.0,
            amount,
            score,
            onset: DateTime::UNIX_EPOCH,
        };
        Seen { event: EventId::derive(DateTime::UNIX_EPOCH, entity.as_bytes()), shift }
    }

    /// A case in which the web raises an alert about a metric.
    fn case(metric: &str, impacts: Vec<Seen<ImpactShift>>) -> Case<'static> {
        let alert = Event::builder(from_nanos(5), Source::Alert, "alert", "web is bad")
            .with_severity(Severity::High)
            .with_service("web")
            .with_attribute(attribute::METRIC, metric)
            .build()
            .unwrap();
        let window = TimeRange::new(from_nanos(0), from_nanos(10)).unwrap();
        Case {
            impacts,
            alerts: Alert::from_event(&alert).into_iter().collect(),
            window,
            ..Case::default()
        }
    }

    fn shares_of(case: &Case<'_>) -> BTreeMap<String, f64> {
        let topology = topology();
        shares(case, &topology).into_iter().map(|(e, share)| (e.name.clone(), share)).collect()
    }

    const TIME: ImpactKind = ImpactKind::ExtraTime;

    #[test]
    fn what_callees_cost_is_not_their_callers() {
        let case = case(
            "latency_p90",
            vec![
                impact("web", TIME, 100.0, 9.0),
                impact("mill", TIME, 80.0, 9.0),
                impact("store", TIME, 75.0, 9.0),
            ],
        );
        let found = shares_of(&case);
        assert_eq!((found["web"], found["mill"], found["store"]), (0.2, 0.05, 0.75));
    }

    #[test]
    fn explaining_goes_through_a_callee_that_shows_nothing() {
        let case = case(
            "latency_p90",
            vec![impact("web", TIME, 100.0, 9.0), impact("store", TIME, 90.0, 9.0)],
        );
        assert!((shares_of(&case)["web"] - 0.1).abs() < 1e-9);
    }

    #[test]
    fn an_unclear_impact_explains_nothing_and_counts_in_part() {
        let case = case(
            "latency_p90",
            vec![impact("web", TIME, 100.0, 9.0), impact("mill", TIME, 60.0, SIGNIFICANT / 2.0)],
        );
        let found = shares_of(&case);
        assert_eq!((found["web"], found["mill"]), (1.0, 0.3));
    }

    #[test]
    fn the_alert_says_which_kind_of_harm_counts() {
        let impacts = || {
            vec![
                impact("web", TIME, 100.0, 9.0),
                impact("mill", TIME, 90.0, 9.0),
                impact("web", ImpactKind::FailedCalls, 10.0, 4.0),
                impact("bank", ImpactKind::FailedCalls, 9.0, 9.0),
                impact("bank", ImpactKind::AtLimit, 3.0, 900.0),
            ]
        };
        assert!(!shares_of(&case("availability_avg", impacts())).contains_key("mill"));
        assert!(!shares_of(&case("latency_p90", impacts())).contains_key("bank"));
    }

    #[test]
    fn without_an_impact_on_the_alerted_entity_nothing_is_accounted() {
        assert!(shares_of(&case("latency_p90", vec![impact("mill", TIME, 9.0, 9.0)])).is_empty());
    }

    proptest! {
        #[test]
        fn the_unit_of_the_metric_changes_nothing(
            amounts in prop::collection::vec((1_u32..1000, 0.0..20.0_f64), 4),
            power in -8_i32..8,
        ) {
            let scaled = |factor: f64| {
                let names = ["web", "mill", "store", "bank"];
                let impacts = names.iter().zip(&amounts);
                shares_of(&case(
                    "latency_p90",
                    impacts.map(|(n, (a, s))| impact(n, TIME, f64::from(*a) * factor, *s)).collect(),
                ))
            };
            // Powers of two scale without rounding.
            prop_assert_eq!(scaled(1.0), scaled(2.0_f64.powi(power)));
            prop_assert!(scaled(1.0).values().all(|share| (0.0..=1.0).contains(share)));
        }
    }
}
