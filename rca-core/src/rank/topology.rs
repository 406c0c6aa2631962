//! Who calls whom, and how far a fault travels.
//!
//! Faults travel from callee to caller (errors, latency) at one hop a step, and from caller to callee
//! (load) at one and a half: pressure on a dependency is the rarer story.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CallEdge, Entity};

const TO_CALLER: u32 = 2;
const TO_CALLEE: u32 = 3;

/// The call graph among entities.
#[derive(Debug, Default)]
pub(super) struct Topology {
    callers: BTreeMap<Entity, BTreeSet<Entity>>,
    callees: BTreeMap<Entity, BTreeSet<Entity>>,
    /// How far from each known entity, where somebody asked.
    travels: BTreeMap<Entity, OnceCell<BTreeMap<Entity, f64>>>,
}

impl Topology {
    pub(super) fn new(edges: &[CallEdge]) -> Self {
        let mut topology = Self::default();
        for edge in edges.iter().filter(|edge| edge.caller != edge.callee) {
            topology.callers.entry(edge.callee.clone()).or_default().insert(edge.caller.clone());
            topology.callees.entry(edge.caller.clone()).or_default().insert(edge.callee.clone());
        }
        let known = topology.callers.keys().chain(topology.callees.keys());
        topology.travels = known.map(|entity| (entity.clone(), OnceCell::new())).collect();
        topology
    }

    /// Whether any call to or from the entity is known.
    pub(super) fn knows(&self, entity: &Entity) -> bool {
        self.travels.contains_key(entity)
    }

    pub(super) fn callees(&self, entity: &Entity) -> impl Iterator<Item = &Entity> {
        self.callees.get(entity).into_iter().flatten()
    }

    pub(super) fn callers(&self, entity: &Entity) -> impl Iterator<Item = &Entity> {
        self.callers.get(entity).into_iter().flatten()
    }

    /// Everything that an entity calls, directly or through others.
    pub(super) fn depends_on(&self, entity: &Entity) -> BTreeSet<Entity> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&Entity> = vec![entity];
        while let Some(at) = open.pop() {
            open.extend(
                self.callees(at)
                    .filter(|callee| *callee != entity && found.insert((*callee).clone())),
            );
        }
        found
    }

    /// How far a fault at `from` has to travel to hurt each entity, in hops; those out of reach are absent. None
    /// for an entity without known calls.
    pub(super) fn travel(&self, from: &Entity) -> Option<&BTreeMap<Entity, f64>> {
        Some(self.travels.get(from)?.get_or_init(|| self.walk(from)))
    }

    fn walk(&self, from: &Entity) -> BTreeMap<Entity, f64> {
        let mut best: BTreeMap<&Entity, u32> = BTreeMap::from([(from, 0)]);
        let mut queue: BTreeSet<(u32, &Entity)> = BTreeSet::from([(0, from)]);
        while let Some((cost, entity)) = queue.pop_first() {
            if best.get(entity).is_some_and(|&known| known < cost) {
                continue;
            }
            let up = self.callers(entity).map(|next| (cost + TO_CALLER, next));
            let down = self.callees(entity).map(|next| (cost + TO_CALLEE, next));
            for (cost, next) in up.chain(down) {
                if best.get(next).is_none_or(|&known| cost < known) {
                    best.insert(next, cost);
                    queue.insert((cost, next));
                }
            }
        }
        best.into_iter()
            .map(|(entity, cost)| (entity.clone(), f64::from(cost) / f64::from(TO_CALLER)))
            .collect()
    }

    /// The shortest way of a fault from one entity to another, both ends included; empty when there is none.
    pub(super) fn path(&self, from: &Entity, to: &Entity) -> Vec<Entity> {
        let mut came_from: BTreeMap<Entity, Entity> = BTreeMap::new();
        let mut best: BTreeMap<Entity, u32> = BTreeMap::from([(from.clone(), 0)]);
        let mut queue: BTreeSet<(u32, Entity)> = BTreeSet::from([(0, from.clone())]);
        while let Some((cost, entity)) = queue.pop_first() {
            if entity == *to {
                return walk_back(&came_from, from, to);
            }
            let up = self.callers(&entity).map(|next| (cost + TO_CALLER, next));
            let down = self.callees(&entity).map(|next| (cost + TO_CALLEE, next));
            for (cost, next) in up.chain(down).collect::<Vec<_>>() {
                if best.get(next).is_none_or(|&known| cost < known) {
                    best.insert(next.clone(), cost);
                    came_from.insert(next.clone(), entity.clone());
                    queue.insert((cost, next.clone()));
                }
            }
        }
        Vec::new()
    }
}

fn walk_back(came_from: &BTreeMap<Entity, Entity>, from: &Entity, to: &Entity) -> Vec<Entity> {
    let mut path = vec![to.clone()];
    let mut at = to;
    while at != from {
        let Some(previous) = came_from.get(at) else { return Vec::new() };
        path.push(previous.clone());
        at = previous;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(caller: &str, callee: &str) -> CallEdge {
        CallEdge {
            caller: Entity::service(caller),
            callee: Entity::service(callee),
            calls: (1, 1),
            errors: (0, 0),
            millis: (1.0, 1.0),
        }
    }

    #[test]
    fn faults_travel_to_callers_more_easily_than_to_callees() {
        let topology =
            Topology::new(&[edge("web", "orders"), edge("orders", "db"), edge("web", "mail")]);
        let travel = topology.travel(&Entity::service("orders")).unwrap();
        assert_eq!(travel[&Entity::service("web")], 1.0);
        assert_eq!(travel[&Entity::service("db")], 1.5);
        assert_eq!(travel[&Entity::service("mail")], 2.5);
        assert!(!travel.contains_key(&Entity::service("elsewhere")));
        assert!(topology.travel(&Entity::service("elsewhere")).is_none());
    }

    #[test]
    fn the_path_holds_both_ends() {
        let topology = Topology::new(&[edge("web", "orders"), edge("orders", "db")]);
        let names = |from, to| {
            topology
                .path(&Entity::service(from), &Entity::service(to))
                .iter()
                .map(|e| e.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("db", "web"), ["db", "orders", "web"]);
        assert_eq!(names("db", "db"), ["db"]);
        assert!(names("db", "nowhere").is_empty());
    }
}
