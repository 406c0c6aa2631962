//! Whose time it is: an entity's own work, and the way between caller and callee.
//!
//! The extra time of a call sits in one of three places: in the callee's own work (self time), on the way
//! (client time minus server time), or further down, which is accounted for there. Time on the way says
//! little about the side, so both ends are asked for their other ways: an entity that *all* its callers
//! reach slowly is slow to reach (its network, or its queue of waiting requests); one that reaches
//! everything slowly is itself starved.
//!
//! Sizes are logarithms of the growth above a floor, times how clear it is: a callee that is called rarely
//! is heard as well as a busy one.
//!
//! Failure modes: with a single caller and a single callee both ends look alike; a blocking runtime shows
//! waiting as own time.

use std::collections::BTreeMap;

use crate::model::{Direction, Entity, TraceShift, TraceShiftKind};
use crate::rank::case::Case;
use crate::rank::observe::clearness;
use crate::rank::topology::Topology;
use crate::rank::weights::Weights;

/// How much slower an entity is, as logarithms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Slowness {
    /// In its slowest operation, without children.
    pub(super) own: f64,
    /// To be reached, over its callers.
    pub(super) reached: f64,
    /// To reach others, over its callees; 0 with a single one.
    pub(super) reaching: f64,
}

/// The slowness of all entities that have any.
pub(super) fn by_entity<'a>(
    case: &'a Case<'a>,
    topology: &Topology,
    weights: &Weights,
) -> BTreeMap<&'a Entity, Slowness> {
    let mut found: BTreeMap<&Entity, Slowness> = BTreeMap::new();
    let mut ways: BTreeMap<(&Entity, &Entity), f64> = BTreeMap::new();
    for shift in case.traces.iter().map(|seen| &seen.shift) {
        if shift.direction != Direction::Up {
            continue;
        }
        let size = size(shift, weights);
        match (shift.kind, &shift.peer) {
            (TraceShiftKind::SelfTime, _) => {
                let own = &mut found.entry(&shift.entity).or_default().own;
                *own = own.max(size);
            }
            (TraceShiftKind::ClientServerGap, Some(callee)) if *callee != shift.entity => {
                let way = ways.entry((&shift.entity, callee)).or_default();
                *way = way.max(size);
            }
            _ => {}
        }
    }
    for ((caller, callee), size) in ways {
        let callers = topology.callers(callee).count().max(1) as f64;
        found.entry(callee).or_default().reached += size / callers;
        let callees = topology.callees(caller).count() as f64;
        if callees > 1.0 {
            found.entry(caller).or_default().reaching += size / callees;
        }
    }
    found
}

fn size(shift: &TraceShift, weights: &Weights) -> f64 {
    let floor = weights.noticed_millis.max(f64::MIN_POSITIVE);
    let growth = ((shift.after + floor) / (shift.before + floor)).ln();
    // One slow call among many is an outlier until a second one comes.
    let calls = shift.samples.1 as f64;
    growth.max(0.0) * clearness(shift.score) * calls / (calls + 1.0)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{CallEdge, EventId};
    use crate::rank::case::Seen;

    fn slow(
        entity: &str,
        kind: TraceShiftKind,
        peer: Option<&str>,
        (before, after): (f64, f64),
        calls: u64,
    ) -> Seen<TraceShift> {
        let shift = TraceShift {
            entity: Entity::service(entity),
            operation: "work".to_owned(),
            peer: peer.map(Entity::service),
            peer_operation: None,
            kind,
            direction: if after > before { Direction::Up } else { Direction::Down },
            before,
            after,
            samples: (100, calls),
            onset: DateTime::UNIX_EPOCH,
            score: 1000.0,
            error: None,
            example_trace: None,
        };
        Seen { event: EventId::derive(DateTime::UNIX_EPOCH, entity.as_bytes()), shift }
    }

    /// Web and shop call the mill; web also calls the bank.
    fn of(traces: Vec<Seen<TraceShift>>) -> BTreeMap<String, Slowness> {
        let edge = |caller, callee| CallEdge {
            caller: Entity::service(caller),
            callee: Entity::service(callee),
            calls: (1, 1),
            errors: (0, 0),
            millis: (1.0, 1.0),
        };
        let topology =
            Topology::new(&[edge("web", "mill"), edge("shop", "mill"), edge("web", "bank")]);
        let case = Case { traces, ..Case::default() };
        by_entity(&case, &topology, &Weights::default())
            .into_iter()
            .map(|(entity, slowness)| (entity.name.clone(), slowness))
            .collect()
    }

    const WAY: TraceShiftKind = TraceShiftKind::ClientServerGap;

    #[test]
    fn the_end_whose_other_ways_are_slow_as_well_is_blamed() {
        let far = (5.0, 500.0);
        let callee = of(vec![
            slow("web", WAY, Some("mill"), far, 99),
            slow("shop", WAY, Some("mill"), far, 99),
        ]);
        assert!(callee["mill"].reached > 1.9 * callee["web"].reaching);
        let caller = of(vec![
            slow("web", WAY, Some("mill"), far, 99),
            slow("web", WAY, Some("bank"), far, 99),
        ]);
        assert!(caller["web"].reaching > 1.9 * caller["mill"].reached);
        assert_eq!(callee["mill"].reached, caller["web"].reaching);
    }

    #[test]
    fn growth_is_a_logarithm_above_what_is_noticed() {
        let found = of(vec![slow("mill", TraceShiftKind::SelfTime, None, (10.0, 190.0), 99)]);
        assert!((found["mill"].own - 10.0_f64.ln() * 0.99).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn one_slow_call_is_half_believed_and_faster_ones_are_no_harm() {
        let once = of(vec![slow("mill", TraceShiftKind::SelfTime, None, (10.0, 190.0), 1)]);
        assert!((once["mill"].own - 10.0_f64.ln() / 2.0).abs() < 1e-3);
        assert!(
            of(vec![slow("mill", TraceShiftKind::SelfTime, None, (190.0, 10.0), 99)]).is_empty()
        );
    }
}
