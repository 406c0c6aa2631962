//! Whose code behaves differently: changed habits, less what callees and callers explain.
//!
//! An entity stands for its most changed step. A step after a call changes as well when the callee answers
//! differently, and an operation begins differently when its callers ask for something else; what the other
//! side's own changes explain is taken off. Where a new behaviour begins and nobody around explains it, the
//! fault is.
//!
//! Failure modes: a callee that answers differently without doing anything else (a wrong value) puts the
//! blame on its callers.

use std::collections::BTreeMap;

use crate::model::{Entity, HabitShift, Step};
use crate::rank::case::{Case, Seen};
use crate::rank::topology::Topology;
use crate::rank::weights::Weights;

/// The changed habit of each entity of which nobody else explains most, and how much that leaves.
pub(super) fn by_entity<'a>(
    case: &'a Case<'a>,
    topology: &Topology,
    weights: &Weights,
) -> BTreeMap<&'a Entity, (f64, &'a Seen<HabitShift>)> {
    let mut all: BTreeMap<&Entity, f64> = BTreeMap::new();
    for habit in case.habits.iter().map(|seen| &seen.shift) {
        let most = all.entry(&habit.entity).or_default();
        *most = most.max(habit.score);
    }
    let of = |entity: &Entity| all.get(entity).copied().unwrap_or(0.0);
    let mut own: BTreeMap<&Entity, (f64, &Seen<HabitShift>)> = BTreeMap::new();
    for seen in &case.habits {
        let left = (seen.shift.score - explained(&seen.shift, of, topology, weights)).max(0.0);
        let most = own.entry(&seen.shift.entity).or_insert((left, seen));
        if left > most.0 {
            *most = (left, seen);
        }
    }
    own
}

/// How much of a changed habit the other side of the step explains.
fn explained(
    habit: &HabitShift,
    of: impl Fn(&Entity) -> f64,
    topology: &Topology,
    weights: &Weights,
) -> f64 {
    match &habit.step {
        Step::Call { callee, .. } if *callee != habit.entity => {
            weights.habit_of_callee * of(callee)
        }
        Step::Start => {
            let callers = topology.callers(&habit.entity).filter(|other| **other != habit.entity);
            weights.habit_of_caller * callers.map(of).fold(0.0, f64::max)
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{CallEdge, EventId};

    fn habit(entity: &str, step: Step, score: f64) -> Seen<HabitShift> {
        let shift = HabitShift {
            entity: Entity::service(entity),
            operation: "work".to_owned(),
            step,
            gained: Step::End,
            lost: Step::Line { statement: "done".to_owned() },
            before: 0.0,
            after: 1.0,
            samples: (10, 10),
            onset: DateTime::UNIX_EPOCH,
            score,
        };
        Seen { event: EventId::derive(DateTime::UNIX_EPOCH, entity.as_bytes()), shift }
    }

    fn call(callee: &str) -> Step {
        Step::Call { callee: Entity::service(callee), operation: "work".to_owned() }
    }

    /// Web calls the mill, which calls the store.
    fn left(habits: Vec<Seen<HabitShift>>) -> Vec<(String, f64)> {
        let edge = |caller, callee| CallEdge {
            caller: Entity::service(caller),
            callee: Entity::service(callee),
            calls: (1, 1),
            errors: (0, 0),
            millis: (1.0, 1.0),
        };
        let topology = Topology::new(&[edge("web", "mill"), edge("mill", "store")]);
        let case = Case { habits, ..Case::default() };
        by_entity(&case, &topology, &Weights::default())
            .into_iter()
            .map(|(entity, (left, _))| (entity.name.clone(), left))
            .collect()
    }

    #[test]
    fn what_follows_a_call_is_explained_by_the_callee() {
        let line = Step::Line { statement: "weighed".to_owned() };
        let left = left(vec![habit("web", call("mill"), 5.0), habit("mill", line, 6.0)]);
        assert_eq!(left[0], ("mill".to_owned(), 6.0));
        assert!((left[1].1 - (5.0 - 0.8 * 6.0)).abs() < 1e-9, "{left:?}");
    }

    #[test]
    fn another_beginning_is_explained_by_the_callers() {
        let left = left(vec![habit("web", Step::Start, 8.0), habit("mill", Step::Start, 9.0)]);
        assert_eq!(left, [("mill".to_owned(), 5.0), ("web".to_owned(), 8.0)]);
    }

    #[test]
    fn of_several_habits_the_one_that_nobody_explains_counts() {
        let line = Step::Line { statement: "weighed".to_owned() };
        let left = left(vec![
            habit("mill", call("store"), 9.0),
            habit("mill", line, 4.0),
            habit("store", Step::Start, 10.0),
        ]);
        assert_eq!(left[0], ("mill".to_owned(), 4.0));
    }
}
