//! The correlation graph: events as nodes, suspected influence as edges.
//!
//! [`CorrelationGraph::build`] joins events that share a key (trace, commit, version, entity) or a
//! call edge within a window of time; [`JoinRule`] lists the rules and [`BuildOptions`] their
//! defaults. The graph then answers who is near whom, by which evidence, and which changes lie
//! upstream of a symptom:
//!
//! ```
//! use rca_core::graph::{BuildOptions, CorrelationGraph};
//! use rca_core::model::{Event, Source};
//!
//! let noon = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
//! let at = |minute| noon + chrono::Duration::minutes(minute);
//! let deploy = Event::builder(at(0), Source::Deploy, "deploy", "pier v7").with_service("pier");
//! let alert = Event::builder(at(5), Source::Alert, "alert", "pier is slow").with_service("pier");
//! let (deploy, alert) = (deploy.build()?, alert.build()?);
//!
//! let graph = CorrelationGraph::build([&alert, &deploy], &[], &BuildOptions::default());
//! let chains = graph.causal_chains(alert.id(), 4);
//! assert_eq!(chains[0].change, deploy.id());
//! assert_eq!(chains[0].edges[0].reason, "a change, then a symptom on pier, 5 min apart");
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! Whole-graph algorithms run on a [`Snapshot`]: flat arrays that can be kept for many runs of
//! personalised PageRank.
//!
//! The graph is a projection: it can be dropped and built again from the events at any time, and
//! the order in which they come changes nothing. It judges nothing: an edge says what was compared
//! and how strongly that speaks for influence; which change is guilty is for the ranking to say.

mod build;
mod calls;
mod csr;
mod export;
mod join;
mod keys;
mod node;
mod options;
mod relation;
mod snapshot;
mod walk;

pub use csr::{Csr, PageRankOptions, Ranks};
pub use node::{Node, Role};
pub use options::{BuildOptions, JoinRule};
pub use snapshot::{RankedEvents, Snapshot, Toward};
pub use walk::{CausalChain, Way};

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap;

use self::relation::Relation;
use crate::error::{Error, Result};
use crate::model::{Edge, EdgeKind, Event, EventId};

/// Events as nodes, suspected influence as edges.
///
/// Two events can be joined by several edges, one for each kind and rule; the same kind and rule
/// between the same two is one edge with the larger weight.
#[derive(Debug, Clone, Default)]
pub struct CorrelationGraph {
    graph: StableDiGraph<Node, Relation>,
    node_of: FxHashMap<EventId, NodeIndex>, // petgraph's index never leaves this module
}

/// How big a graph is and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphStats {
    /// Events.
    pub nodes: usize,
    /// Edges.
    pub edges: usize,
    /// Edges by kind.
    pub by_kind: BTreeMap<EdgeKind, usize>,
    /// Edges by rule.
    pub by_rule: BTreeMap<String, usize>,
    /// Weakly connected components, lone events included.
    pub components: usize,
    /// Events without an edge.
    pub isolated: usize,
    /// Most edges at one event, in both directions.
    pub max_degree: usize,
}

impl CorrelationGraph {
    /// An empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event without edges, or refreshes what the graph knows of it.
    pub fn insert_event(&mut self, event: &Event) {
        self.insert_node(Node::from_event(event));
    }

    /// Adds an edge between two events of the graph.
    ///
    /// An edge of the same kind and rule between the same two is merged: the larger weight stays,
    /// with its reason, and the evidence of both.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when one of the events is not in the graph,
    /// [`crate::ErrorKind::InvalidInput`] when both are the same.
    pub fn insert_edge(&mut self, edge: Edge) -> Result<()> {
        if edge.from == edge.to {
            return Err(Error::value("edge", format!("event {} relates to itself", edge.from)));
        }
        let index = |id| self.index(id).ok_or(Error::EventNotFound { id });
        let (from, to) = (index(edge.from)?, index(edge.to)?);
        let same = self
            .graph
            .edges_connecting(from, to)
            .find(|e| e.weight().kind == edge.kind && *e.weight().rule == *edge.rule)
            .map(|e| e.id());
        match same.and_then(|index| Some((index, self.edge(index)?))) {
            Some((index, known)) => self.graph[index] = merged(known, edge).into(),
            None => {
                self.graph.add_edge(from, to, edge.into());
            }
        }
        Ok(())
    }

    /// Removes an event with its edges; says whether it was there.
    pub fn remove_event(&mut self, event: EventId) -> bool {
        self.node_of.remove(&event).is_some_and(|index| self.graph.remove_node(index).is_some())
    }

    /// Whether the event is in the graph.
    #[must_use]
    pub fn contains(&self, event: EventId) -> bool {
        self.node_of.contains_key(&event)
    }

    /// What the graph knows of an event.
    #[must_use]
    pub fn node(&self, event: EventId) -> Option<&Node> {
        self.index(event).and_then(|index| self.graph.node_weight(index))
    }

    /// How many events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether it holds no event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All events by time, then id.
    #[must_use]
    pub fn nodes(&self) -> Vec<&Node> {
        let mut nodes: Vec<_> = self.graph.node_weights().collect();
        nodes.sort_unstable_by_key(|node| (node.time, node.event));
        nodes
    }

    /// All edges by from, to, kind, rule.
    #[must_use]
    pub fn edges(&self) -> Vec<Edge> {
        self.listed(self.graph.edge_indices())
    }

    /// Counts nodes, edges and components.
    #[must_use]
    pub fn stats(&self) -> GraphStats {
        let mut stats =
            GraphStats { nodes: self.len(), edges: self.graph.edge_count(), ..Default::default() };
        for edge in self.graph.edge_weights() {
            *stats.by_kind.entry(edge.kind).or_default() += 1;
            match stats.by_rule.get_mut(&*edge.rule) {
                Some(count) => *count += 1,
                None => {
                    stats.by_rule.insert(edge.rule.to_string(), 1);
                }
            }
        }
        for index in self.graph.node_indices() {
            let degree = self.graph.edges_directed(index, Direction::Outgoing).count()
                + self.graph.edges_directed(index, Direction::Incoming).count();
            stats.isolated += usize::from(degree == 0);
            stats.max_degree = stats.max_degree.max(degree);
        }
        stats.components = self.component_count();
        stats
    }

    fn index(&self, event: EventId) -> Option<NodeIndex> {
        self.node_of.get(&event).copied()
    }

    fn insert_node(&mut self, node: Node) -> NodeIndex {
        let id = node.event;
        match self.index(id) {
            Some(index) => {
                if let Some(known) = self.graph.node_weight_mut(index) {
                    *known = node;
                }
                index
            }
            None => {
                let index = self.graph.add_node(node);
                self.node_of.insert(id, index);
                index
            }
        }
    }
}

/// Keeps the heavier edge's words; equal weights go by the text, so that order of arrival is moot.
fn merged(known: Edge, other: Edge) -> Edge {
    let rank =
        |edge: &Edge| (edge.weight.value().to_bits(), std::cmp::Reverse(edge.reason.clone()));
    let (mut kept, mut other) =
        if rank(&other) > rank(&known) { (other, known) } else { (known, other) };
    kept.evidence.append(&mut other.evidence);
    kept.evidence.sort_unstable();
    kept.evidence.dedup();
    kept
}
