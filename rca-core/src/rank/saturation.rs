//! Who is at the limit: the growth that brought CPU or memory there, see [`crate::detect::usage`].
//!
//! Without an alarm nobody says which samples to judge; then the shifts of the metrics tell.

use std::collections::BTreeMap;

use crate::detect::usage::{Usage, nearness};
use crate::model::{Direction, Entity, ImpactKind};
use crate::rank::case::Case;

/// How much an entity's growth brought it to its limit, from 0 to 3.
pub(super) fn by_entity<'a>(case: &'a Case<'_>) -> BTreeMap<&'a Entity, f64> {
    let judged = case
        .impacts
        .iter()
        .map(|seen| &seen.shift)
        .filter(|shift| shift.kind == ImpactKind::AtLimit)
        .map(|shift| (&shift.entity, shift.amount));
    let moved = case
        .metrics
        .iter()
        .map(|seen| &seen.shift)
        .filter(|s| s.direction == Direction::Up && Usage::of(&s.metric) == Usage::OfLimit)
        .map(|shift| (&shift.entity, nearness(&shift.metric, shift.before, shift.after)));
    let mut found: BTreeMap<&Entity, f64> = BTreeMap::new();
    for (entity, near) in judged.chain(moved) {
        let most = found.entry(entity).or_default();
        *most = most.max(near);
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{EventId, ImpactShift, MetricShift};
    use crate::rank::case::Seen;

    fn event() -> EventId {
        EventId::derive(DateTime::UNIX_EPOCH, b"x")
    }

    fn moved(metric: &str, before: f64, after: f64) -> Seen<MetricShift> {
        let shift = MetricShift {
            entity: Entity::service("mill"),
            metric: metric.to_owned(),
            direction: if after > before { Direction::Up } else { Direction::Down },
            onset: DateTime::UNIX_EPOCH,
            last_normal: DateTime::UNIX_EPOCH,
            before,
            after,
            peak: after,
            score: 10.0,
            samples: (10, 10),
        };
        Seen { event: event(), shift }
    }

    #[test]
    fn shifts_tell_where_no_samples_were_judged() {
        let case = Case {
            metrics: vec![
                moved("cpu_pct", 5.0, 95.0),
                moved("cpu_millicores", 5.0, 95.0),
                moved("mem_pct", 95.0, 5.0),
            ],
            ..Case::default()
        };
        let found = by_entity(&case);
        assert_eq!(found.len(), 1);
        assert!(found.values().all(|near| (near - nearness("cpu_pct", 5.0, 95.0)).abs() < 1e-9));
    }

    #[test]
    fn the_larger_of_both_counts() {
        let judged = ImpactShift {
            entity: Entity::service("mill"),
            kind: ImpactKind::AtLimit,
            metric: "cpu_pct".to_owned(),
            before: 5.0,
            after: 99.0,
            calls: 1.0,
            amount: 2.9,
            score: 2.9,
            onset: DateTime::UNIX_EPOCH,
        };
        let case = Case {
            metrics: vec![moved("cpu_pct", 5.0, 40.0)],
            impacts: vec![Seen { event: event(), shift: judged }],
            ..Case::default()
        };
        assert_eq!(by_entity(&case).into_values().collect::<Vec<_>>(), [2.9]);
    }
}
