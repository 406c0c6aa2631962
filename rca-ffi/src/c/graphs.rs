//! The correlation graph.

use std::sync::Arc;

use rca_core::connectors::parse_time;
use rca_core::graph::CorrelationGraph;
use rca_core::time::TimeRange;
use rca_json::graphs;

use super::border::{rca_opt, rca_str};
use super::handles::{rca_graph, rca_workspace};

calls! {
    /// The graph of an investigation.
    fn rca_graph_of_investigation(workspace: *const rca_workspace, id: rca_str) -> graph: Arc<CorrelationGraph> {
        workspace.graph(id.parse()?).map(Arc::new)
    }

    /// The graph of a time.
    fn rca_graph_of_time(workspace: *const rca_workspace, start: rca_str, end: rca_str)
        -> graph: Arc<CorrelationGraph>
    {
        let range = TimeRange::new(parse_time(start)?, parse_time(end)?)?;
        workspace.graph_of(range).map(Arc::new)
    }

    /// A graph that was exported.
    fn rca_graph_from_json(text: rca_str) -> graph: Arc<CorrelationGraph> {
        CorrelationGraph::from_json(text).map(Arc::new)
    }

    /// The graph of events in memory.
    fn rca_graph_of_events(events: rca_str) -> graph: Arc<CorrelationGraph> {
        graphs::build(events).map(Arc::new)
    }

    /// The graph as JSON.
    fn rca_graph_json(graph: *const rca_graph) -> text: String {
        graph.to_json()
    }

    /// The graph for Graphviz.
    fn rca_graph_dot(graph: *const rca_graph) -> text: String {
        Ok(graph.to_dot())
    }

    /// Its size and shape.
    fn rca_graph_stats(graph: *const rca_graph) -> stats: String {
        graphs::stats(&graph)
    }

    /// The strongest path between two events.
    fn rca_evidence_path(graph: *const rca_graph, from: rca_str, to: rca_str, way: rca_str)
        -> edges: String
    {
        graphs::evidence_path(&graph, from, to, way)
    }

    /// Chains of influence that end at a symptom.
    fn rca_causal_chains(graph: *const rca_graph, symptom: rca_str, max_edges: usize)
        -> chains: String
    {
        graphs::causal_chains(&graph, symptom, max_edges)
    }

    /// Events one edge away.
    fn rca_neighbours(graph: *const rca_graph, event: rca_str, way: rca_str, kind: rca_opt)
        -> ids: String
    {
        graphs::neighbours(&graph, event, way, kind)
    }

    /// Edges at an event.
    fn rca_edges_of(graph: *const rca_graph, event: rca_str, way: rca_str) -> edges: String {
        graphs::edges_of(&graph, event, way)
    }

    /// The events so near.
    fn rca_within_hops(graph: *const rca_graph, event: rca_str, hops: usize, way: rca_str)
        -> events: String
    {
        graphs::within_hops(&graph, event, hops, way)
    }

    /// All events that hang together with one.
    fn rca_component(graph: *const rca_graph, event: rca_str) -> ids: String {
        graphs::component(&graph, event)
    }

    /// Personalised PageRank.
    fn rca_page_rank(graph: *const rca_graph, wanted: rca_str) -> ranks: String {
        graphs::page_rank(&graph, wanted)
    }
}
