//! The correlation graph.

use std::collections::BTreeMap;

use rca_core::graph::{BuildOptions, CorrelationGraph, PageRankOptions, Way};
use rca_core::model::{EventId, Finding};
use rca_core::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::events::many;
use crate::{json, parsed, word};

/// Where a walk goes.
#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Toward {
    #[default]
    Causes,
    Effects,
}

/// A direction along edges: `out`, `in` or `both`.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for any other word.
pub fn way(name: &str) -> Result<Way> {
    Ok(match name {
        "out" => Way::Out,
        "in" => Way::In,
        "both" => Way::Both,
        other => return Err(Error::value("way", format!("{other:?} is none of out, in, both"))),
    })
}

/// The graph of events in memory; findings of calls among them give the topology.
///
/// # Errors
///
/// As [`many`].
pub fn build(events: &str) -> Result<CorrelationGraph> {
    let events = many(events)?;
    let calls: Vec<_> = events
        .iter()
        .filter_map(|event| match Finding::from_event(event) {
            Some(Finding::CallEdge(edge)) => Some(edge),
            _ => None,
        })
        .collect();
    Ok(CorrelationGraph::build(&events, &calls, &BuildOptions::default()))
}

/// Edges at an event.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for texts that are no id or no way.
pub fn edges_of(graph: &CorrelationGraph, event: &str, along: &str) -> Result<String> {
    json(&graph.edges_of(event.parse()?, way(along)?))
}

/// The events so near, with their distance: `[[id, hops]]`.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for texts that are no id or no way.
pub fn within_hops(
    graph: &CorrelationGraph,
    event: &str,
    hops: usize,
    along: &str,
) -> Result<String> {
    json(&graph.within_hops(event.parse()?, hops, way(along)?))
}

/// Ids of all events that hang together with one.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for a text that is no id.
pub fn component(graph: &CorrelationGraph, event: &str) -> Result<String> {
    json(&graph.component(event.parse()?))
}

/// Where to begin, and which way to go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Walk {
    restarts: BTreeMap<EventId, f64>,
    #[serde(default)]
    toward: Toward,
    damping: Option<f64>,
}

/// Personalised PageRank from events with their weights, highest first: `[[id, rank]]`. `wanted`: `restarts` (ids with
/// weights), `toward` (`causes`, as usual, or `effects`), `damping` (0.85).
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for what is no such document.
pub fn page_rank(graph: &CorrelationGraph, wanted: &str) -> Result<String> {
    let walk: Walk = parsed("page_rank", wanted)?;
    let mut options = PageRankOptions::default();
    if let Some(damping) = walk.damping {
        options = options.with_damping(damping.try_into()?);
    }
    let toward = match walk.toward {
        Toward::Causes => rca_core::graph::Toward::Causes,
        Toward::Effects => rca_core::graph::Toward::Effects,
    };
    let restarts: Vec<(EventId, f64)> = walk.restarts.into_iter().collect();
    json(&graph.snapshot(toward).page_rank(&restarts, &options).events)
}

/// The strongest path between two events, as a list of edges; null when there is none.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for texts that are no ids or no way.
pub fn evidence_path(
    graph: &CorrelationGraph,
    from: &str,
    to: &str,
    along: &str,
) -> Result<String> {
    json(&graph.evidence_path(from.parse()?, to.parse()?, way(along)?))
}

/// Chains of influence that end at a symptom.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for a text that is no id.
pub fn causal_chains(graph: &CorrelationGraph, symptom: &str, max_edges: usize) -> Result<String> {
    let chains = graph.causal_chains(symptom.parse()?, max_edges);
    let chains: Vec<Value> = chains
        .iter()
        .map(|c| json!({"change": c.change, "strength": c.strength, "edges": c.edges}))
        .collect();
    json(&chains)
}

/// Events one edge away, of one kind where it is named.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for words that are none.
pub fn neighbours(
    graph: &CorrelationGraph,
    event: &str,
    along: &str,
    kind: Option<&str>,
) -> Result<String> {
    let kind = kind.map(|kind| word("kind", kind)).transpose()?;
    let ids: Vec<EventId> = graph.neighbours(event.parse()?, way(along)?, kind);
    json(&ids)
}

/// Its size and shape.
///
/// # Errors
///
/// None but bugs.
pub fn stats(graph: &CorrelationGraph) -> Result<String> {
    let stats = graph.stats();
    let kinds: serde_json::Map<String, Value> = stats
        .by_kind
        .iter()
        .map(|(kind, count)| (kind.as_str().to_owned(), (*count).into()))
        .collect();
    json(&json!({
        "nodes": stats.nodes,
        "edges": stats.edges,
        "by_kind": kinds,
        "by_rule": stats.by_rule,
        "components": stats.components,
        "isolated": stats.isolated,
        "max_degree": stats.max_degree,
    }))
}
