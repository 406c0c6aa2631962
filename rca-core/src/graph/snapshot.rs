//! A frozen copy of the graph for whole-graph algorithms.

use petgraph::stable_graph::NodeIndex;
use petgraph::visit::{EdgeRef, IntoEdgeReferences, NodeIndexable};

use super::{CorrelationGraph, Csr, PageRankOptions};
use crate::model::{EdgeKind, EventId};

/// Which way a walker goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Toward {
    /// From effects to what may have caused them: against the edges, along `depends_on`.
    Causes,
    /// From causes to their effects: along the edges, against `depends_on`.
    Effects,
}

/// The graph as it stood, in arrays; keep it for many runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// Ascending; the place is the node's number.
    events: Vec<EventId>,
    csr: Csr,
}

/// Events with their share of the walker's time, most first; equal shares go by id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankedEvents {
    /// Event and share; the shares sum to one.
    pub events: Vec<(EventId, f64)>,
    /// Iterations used.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
}

impl CorrelationGraph {
    /// Copies the graph into arrays, with the edges turned the way the walker goes. Parallel edges
    /// add up.
    #[must_use]
    pub fn snapshot(&self, toward: Toward) -> Snapshot {
        let mut events: Vec<_> = self.graph.node_weights().map(|node| node.event).collect();
        events.sort_unstable();
        let number = |node| {
            let place = events.binary_search(&self.graph.node_weight(node)?.event).ok()?;
            u32::try_from(place).ok()
        };
        let numbers: Vec<_> =
            (0..self.graph.node_bound()).map(NodeIndex::new).map(number).collect();
        let mut edges = Vec::with_capacity(self.graph.edge_count());
        for edge in self.graph.edge_references() {
            let place = |node: NodeIndex| numbers.get(node.index()).copied().flatten();
            let (Some(from), Some(to)) = (place(edge.source()), place(edge.target())) else {
                continue;
            };
            let relation = edge.weight();
            let along = (toward == Toward::Causes) == (relation.kind == EdgeKind::DependsOn);
            let (from, to) = if along { (from, to) } else { (to, from) };
            edges.push((from, to, relation.weight.value()));
        }
        let csr = Csr::new(u32::try_from(events.len()).unwrap_or(u32::MAX), &edges);
        Snapshot { events, csr }
    }
}

impl Snapshot {
    /// The events, ascending by id; an event's place is its number in [`csr`](Self::csr).
    #[must_use]
    pub fn events(&self) -> &[EventId] {
        &self.events
    }

    /// The arrays.
    #[must_use]
    pub fn csr(&self) -> &Csr {
        &self.csr
    }

    /// Ranks events by a walker who restarts at `restarts` (event and weight), such as the symptoms.
    ///
    /// Events that are not in the graph are left out; see [`Csr::page_rank`].
    #[must_use]
    pub fn page_rank(
        &self,
        restarts: &[(EventId, f64)],
        options: &PageRankOptions,
    ) -> RankedEvents {
        let restarts: Vec<_> = restarts
            .iter()
            .filter_map(|(event, weight)| {
                let place = self.events.binary_search(event).ok()?;
                Some((u32::try_from(place).ok()?, *weight))
            })
            .collect();
        let found = self.csr.page_rank(&restarts, options);
        let mut events: Vec<_> = self.events.iter().copied().zip(found.ranks).collect();
        events.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        RankedEvents { events, iterations: found.iterations, converged: found.converged }
    }
}
