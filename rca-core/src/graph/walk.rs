//! Walks: neighbours, hops, evidence paths, causal chains, components.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::stable_graph::{EdgeIndex, EdgeReference, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use super::relation::{EdgeKey, Relation};
use super::{CorrelationGraph, Role};
use crate::model::{Confidence, Edge, EdgeKind, EventId};

/// Along which edges to go from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Edges that begin at it.
    Out,
    /// Edges that end at it.
    In,
    /// All of its edges.
    Both,
}

/// How a change may have led to a symptom.
#[derive(Debug, Clone, PartialEq)]
pub struct CausalChain {
    /// The change it begins with.
    pub change: EventId,
    /// Product of the edges' weights: the strength of the whole chain.
    pub strength: Confidence,
    /// The edges from the change to the symptom.
    pub edges: Vec<Edge>,
}

impl CorrelationGraph {
    /// The edges at an event, by from, to, kind, rule.
    #[must_use]
    pub fn edges_of(&self, event: EventId, way: Way) -> Vec<Edge> {
        let Some(index) = self.index(event) else { return Vec::new() };
        self.listed(self.steps(index, way).map(|(edge, _)| edge.id()))
    }

    /// The events one edge away, by id; of one kind of edge, or of any.
    #[must_use]
    pub fn neighbours(&self, event: EventId, way: Way, kind: Option<EdgeKind>) -> Vec<EventId> {
        let Some(index) = self.index(event) else { return Vec::new() };
        let found: BTreeSet<_> = self
            .steps(index, way)
            .filter(|(edge, _)| kind.is_none_or(|kind| edge.weight().kind == kind))
            .map(|(_, other)| self.graph[other].event)
            .collect();
        found.into_iter().collect()
    }

    /// The events at most so many edges away with their distance, nearest first, then by id; the
    /// event itself is left out.
    #[must_use]
    pub fn within_hops(&self, event: EventId, hops: usize, way: Way) -> Vec<(EventId, usize)> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<_> = self.index(event).into_iter().collect();
        let mut front: Vec<_> = seen.iter().copied().collect();
        for distance in 1..=hops {
            let mut next = BTreeSet::new();
            for &index in &front {
                next.extend(self.steps(index, way).map(|(_, other)| other));
            }
            front = next.into_iter().filter(|&index| seen.insert(index)).collect();
            if front.is_empty() {
                break;
            }
            found.extend(front.iter().map(|&index| (self.graph[index].event, distance)));
        }
        found.sort_unstable_by_key(|&(event, distance)| (distance, event));
        found
    }

    /// The path with the largest product of weights between two events, as its edges in walking
    /// order; empty when they are the same, none when there is no path.
    ///
    /// Dijkstra on -ln(weight). Between equal paths the one with fewer edges wins, then the
    /// one with the smaller ids. Edges of weight 0 are no evidence and are not walked.
    #[must_use]
    pub fn evidence_path(&self, from: EventId, to: EventId, way: Way) -> Option<Vec<Edge>> {
        let (start, goal) = (self.index(from)?, self.index(to)?);
        let tree = self.cheapest(start, Some(goal), usize::MAX, |index| self.steps(index, way));
        self.trace_back(&tree, start, goal)
    }

    /// The ways back from a symptom to the changes before it, strongest first, then latest change,
    /// then id.
    ///
    /// A step goes from effect to cause and never to a later event, but for `cause_effect` edges,
    /// whose rule has already weighed the times. Each change comes once. The search lengthens no
    /// path beyond `max_edges`, so that it stays in the neighbourhood of the symptom however large
    /// the graph is.
    #[must_use]
    pub fn causal_chains(&self, symptom: EventId, max_edges: usize) -> Vec<CausalChain> {
        let Some(start) = self.index(symptom) else { return Vec::new() };
        let tree = self.cheapest(start, None, max_edges, |index| self.upstream(index));
        let mut chains: Vec<_> = self
            .graph
            .node_indices()
            .filter(|&index| index != start && self.graph[index].role == Role::Change)
            .filter_map(|index| {
                let reached = tree.best.get(&index)?;
                let mut edges = self.trace_back(&tree, start, index)?;
                edges.reverse();
                Some(CausalChain {
                    change: self.graph[index].event,
                    strength: Confidence::saturating((-reached.cost).exp()),
                    edges,
                })
            })
            .collect();
        let time = |chain: &CausalChain| self.node(chain.change).map(|node| node.time);
        chains.sort_by(|a, b| {
            let by_strength = b.strength.value().total_cmp(&a.strength.value());
            by_strength.then(time(b).cmp(&time(a))).then(a.change.cmp(&b.change))
        });
        chains
    }

    /// All events that hang together with this one, whatever the direction of the edges, by id.
    #[must_use]
    pub fn component(&self, event: EventId) -> Vec<EventId> {
        let mut found: Vec<_> = self
            .index(event)
            .map(|index| self.reachable(index, &mut FxHashSet::default()))
            .unwrap_or_default()
            .into_iter()
            .map(|index| self.graph[index].event)
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn component_count(&self) -> usize {
        let mut seen = FxHashSet::default();
        self.graph
            .node_indices()
            .filter(|&index| !self.reachable(index, &mut seen).is_empty())
            .count()
    }

    /// What hangs together with a node and was not seen before.
    fn reachable(&self, start: NodeIndex, seen: &mut FxHashSet<NodeIndex>) -> Vec<NodeIndex> {
        let mut found: Vec<_> =
            Some(start).filter(|&start| seen.insert(start)).into_iter().collect();
        let mut done = 0;
        while let Some(&index) = found.get(done) {
            found
                .extend(self.graph.neighbors_undirected(index).filter(|&other| seen.insert(other)));
            done += 1;
        }
        found
    }

    /// Edges at a node with the node at their other end.
    fn steps(&self, index: NodeIndex, way: Way) -> impl Iterator<Item = Step<'_>> {
        let out = (way != Way::In)
            .then(|| self.graph.edges_directed(index, Direction::Outgoing))
            .into_iter()
            .flatten()
            .map(|edge| (edge, edge.target()));
        let back = (way != Way::Out)
            .then(|| self.graph.edges_directed(index, Direction::Incoming))
            .into_iter()
            .flatten()
            .map(|edge| (edge, edge.source()));
        out.chain(back)
    }

    /// Steps from an effect to what may have caused it.
    fn upstream(&self, index: NodeIndex) -> impl Iterator<Item = Step<'_>> {
        let now = self.graph[index].time;
        self.steps(index, Way::Both).filter(move |(edge, other)| {
            let kind = edge.weight().kind;
            let is_cause = (edge.target() == index) != (kind == EdgeKind::DependsOn);
            let in_time = self.graph[*other].time <= now || kind == EdgeKind::CauseEffect;
            is_cause && in_time
        })
    }

    /// Dijkstra from a node, by cost, then hops, then ids, over paths of at most so many hops; stops
    /// at the goal when there is one.
    fn cheapest<'g, I>(
        &'g self,
        start: NodeIndex,
        goal: Option<NodeIndex>,
        max_hops: usize,
        steps: impl Fn(NodeIndex) -> I,
    ) -> Tree
    where
        I: Iterator<Item = Step<'g>>,
    {
        let mut tree = Tree::default();
        let mut queue = BinaryHeap::new();
        let origin = Reached { cost: 0.0, hops: 0, via: None };
        tree.best.insert(start, origin);
        queue.push(Reverse(Waiting {
            cost: 0.0,
            hops: 0,
            event: self.graph[start].event,
            index: start,
        }));
        while let Some(Reverse(waiting)) = queue.pop() {
            if !tree.done.insert(waiting.index) {
                continue;
            }
            if goal == Some(waiting.index) {
                break;
            }
            if waiting.hops == max_hops {
                continue;
            }
            for (edge, other) in steps(waiting.index) {
                let weight = edge.weight().weight;
                if weight <= Confidence::ZERO || tree.done.contains(&other) {
                    continue;
                }
                let step = Reached {
                    cost: waiting.cost - weight.value().ln(),
                    hops: waiting.hops + 1,
                    via: Some((edge.id(), waiting.index)),
                };
                let better = tree
                    .best
                    .get(&other)
                    .is_none_or(|known| self.compare(&step, known) == Ordering::Less);
                if better {
                    queue.push(Reverse(Waiting {
                        cost: step.cost,
                        hops: step.hops,
                        event: self.graph[other].event,
                        index: other,
                    }));
                    tree.best.insert(other, step);
                }
            }
        }
        tree
    }

    fn compare(&self, a: &Reached, b: &Reached) -> Ordering {
        let came = |reached: &Reached| reached.via.map(|(_, index)| self.graph[index].event);
        a.cost
            .total_cmp(&b.cost)
            .then(a.hops.cmp(&b.hops))
            .then_with(|| came(a).cmp(&came(b)))
            .then_with(|| self.key_of(a).cmp(&self.key_of(b)))
    }

    fn key_of(&self, reached: &Reached) -> Option<EdgeKey<'_>> {
        reached.via.and_then(|(edge, _)| self.key(edge))
    }

    fn trace_back(&self, tree: &Tree, start: NodeIndex, goal: NodeIndex) -> Option<Vec<Edge>> {
        let mut edges = Vec::new();
        let mut index = goal;
        while index != start {
            let (edge, before) = tree.best.get(&index)?.via?;
            edges.push(self.edge(edge)?);
            index = before;
        }
        edges.reverse();
        Some(edges)
    }
}

/// An edge and the node at its other end.
type Step<'g> = (EdgeReference<'g, Relation>, NodeIndex);

/// The best way found to each node.
#[derive(Default)]
struct Tree {
    best: FxHashMap<NodeIndex, Reached>,
    done: FxHashSet<NodeIndex>,
}

/// How a node was reached.
#[derive(Clone, Copy)]
struct Reached {
    cost: f64,
    hops: usize,
    /// The edge, and the node it came from.
    via: Option<(EdgeIndex, NodeIndex)>,
}

/// A node in Dijkstra's queue; the id breaks ties.
struct Waiting {
    cost: f64,
    hops: usize,
    event: EventId,
    index: NodeIndex,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_cost = self.cost.total_cmp(&other.cost);
        by_cost.then(self.hops.cmp(&other.hops)).then(self.event.cmp(&other.event))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}
