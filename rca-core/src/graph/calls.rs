//! Who calls whom, as the joins need it.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::model::EventId;

/// Who calls whom, by entity number.
pub(super) struct CallGraph {
    /// Callees of each entity, ascending.
    pub(super) callees: Vec<Vec<u32>>,
    /// Callers and callees of each entity, ascending.
    pub(super) neighbours: Vec<Vec<u32>>,
    /// The events that saw a (caller, callee).
    seen_by: FxHashMap<(u32, u32), Vec<EventId>>,
}

impl CallGraph {
    pub(super) fn new(entity_count: usize, calls: &BTreeSet<(u32, u32, Option<EventId>)>) -> Self {
        let mut graph = Self {
            callees: vec![Vec::new(); entity_count],
            neighbours: vec![Vec::new(); entity_count],
            seen_by: FxHashMap::default(),
        };
        for &(caller, callee, event) in calls.iter().filter(|(caller, callee, _)| caller != callee)
        {
            graph.callees[caller as usize].push(callee);
            graph.neighbours[caller as usize].push(callee);
            graph.neighbours[callee as usize].push(caller);
            graph.seen_by.entry((caller, callee)).or_default().extend(event);
        }
        for list in graph.callees.iter_mut().chain(&mut graph.neighbours) {
            list.sort_unstable();
            list.dedup();
        }
        graph
    }

    pub(super) fn calls(&self, caller: u32, callee: u32) -> bool {
        self.seen_by.contains_key(&(caller, callee))
    }

    pub(super) fn evidence(&self, caller: u32, callee: u32) -> Vec<EventId> {
        self.seen_by.get(&(caller, callee)).cloned().unwrap_or_default()
    }
}
