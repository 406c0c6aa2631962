//! How the graph keeps an edge: small, since there may be millions.

use std::sync::Arc;

use petgraph::stable_graph::EdgeIndex;

use super::CorrelationGraph;
use crate::model::{Confidence, Edge, EdgeKind, EventId};
use crate::time::span_in_words;

/// An [`Edge`] without its ends. Texts are shared between the edges of one key.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) kind: EdgeKind,
    pub(super) weight: Confidence,
    pub(super) rule: Arc<str>,
    pub(super) reason: Reason,
    pub(super) evidence: Vec<EventId>,
}

/// What was compared.
#[derive(Debug, Clone)]
pub(super) enum Reason {
    /// The whole reason.
    Told(Arc<str>),
    /// What the two share; how far apart they lie is told when somebody asks.
    Shared(Arc<str>),
}

/// What decides the order in which edges are listed.
pub(super) type EdgeKey<'a> = (EventId, EventId, EdgeKind, &'a str);

impl From<Edge> for Relation {
    fn from(edge: Edge) -> Self {
        Self {
            kind: edge.kind,
            weight: edge.weight,
            rule: edge.rule.into(),
            reason: Reason::Told(edge.reason.into()),
            evidence: edge.evidence,
        }
    }
}

impl CorrelationGraph {
    /// The edge as the outside knows it. The index is one of the graph's own.
    pub(super) fn edge(&self, index: EdgeIndex) -> Option<Edge> {
        let (from, to) = self.graph.edge_endpoints(index)?;
        let (from, to) = (&self.graph[from], &self.graph[to]);
        let relation = &self.graph[index];
        let reason = match &relation.reason {
            Reason::Told(reason) => reason.to_string(),
            Reason::Shared(what) => format!("{what}, {} apart", span_in_words(to.time - from.time)),
        };
        Some(Edge {
            from: from.event,
            to: to.event,
            kind: relation.kind,
            weight: relation.weight,
            rule: relation.rule.to_string(),
            reason,
            evidence: relation.evidence.clone(),
        })
    }

    /// The edges as the outside knows them, in their order.
    pub(super) fn listed(&self, indices: impl Iterator<Item = EdgeIndex>) -> Vec<Edge> {
        let mut indices: Vec<_> = indices.collect();
        indices.sort_by(|a, b| self.key(*a).cmp(&self.key(*b)));
        indices.into_iter().filter_map(|index| self.edge(index)).collect()
    }

    pub(super) fn key(&self, index: EdgeIndex) -> Option<EdgeKey<'_>> {
        let (from, to) = self.graph.edge_endpoints(index)?;
        let relation = &self.graph[index];
        Some((self.graph[from].event, self.graph[to].event, relation.kind, &relation.rule))
    }
}
