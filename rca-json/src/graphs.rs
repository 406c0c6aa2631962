//! The correlation graph.

use rca_core::graph::{CorrelationGraph, Way};
use rca_core::model::EventId;
use rca_core::{Error, Result};
use serde_json::{Value, json};

use crate::{json, word};

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
