//! The graph as DOT for people and as JSON for programs.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{CorrelationGraph, Node, Role};
use crate::error::{Error, Place, Result};
use crate::model::Edge;

/// The JSON shape: nodes by time, edges by from, to, kind, rule.
#[derive(Serialize, Deserialize)]
struct Document<N, E> {
    schema_version: u32,
    nodes: Vec<N>,
    edges: Vec<E>,
}

impl CorrelationGraph {
    /// Version of the JSON shape.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The graph in the DOT language of Graphviz. The same graph gives the same bytes.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut dot = String::from(
            "digraph correlation {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n",
        );
        for node in self.nodes() {
            let shape = match node.role {
                Role::Change => "box",
                Role::Symptom => "ellipse",
                Role::Other => "plaintext",
            };
            let entity = node.entity.as_ref().map_or("", |entity| &entity.name);
            let lines = [&node.event_type, entity, &node.title, &node.time.to_rfc3339()];
            let label = lines
                .into_iter()
                .filter(|line| !line.is_empty())
                .map(escape)
                .collect::<Vec<_>>()
                .join("\\n");
            let _ = writeln!(dot, "  \"{}\" [shape={shape}, label=\"{label}\"];", node.event);
        }
        for edge in self.edges() {
            let _ = writeln!(
                dot,
                "  \"{}\" -> \"{}\" [label=\"{} {:.2}\", tooltip=\"{}\"];",
                edge.from,
                edge.to,
                edge.kind.as_str(),
                edge.weight.value(),
                escape(&format!("{}: {}", edge.rule, edge.reason)),
            );
        }
        dot.push_str("}\n");
        dot
    }

    /// The whole graph as JSON; [`Self::from_json`] reads it back. The same graph gives the same
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when it cannot be written, which would be a bug of ours.
    pub fn to_json(&self) -> Result<String> {
        let document = Document {
            schema_version: Self::SCHEMA_VERSION,
            nodes: self.nodes(),
            edges: self.edges(),
        };
        serde_json::to_string_pretty(&document).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Reads a graph from JSON.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for text that is no such graph or an edge from an event to
    /// itself, [`crate::ErrorKind::NotFound`] for an edge to an event that is not among the nodes,
    /// [`crate::ErrorKind::Corrupt`] for a newer version of the shape.
    pub fn from_json(json: &str) -> Result<Self> {
        let document: Document<Node, Edge> = serde_json::from_str(json).map_err(|error| {
            let place = Place {
                line: u64::try_from(error.line()).ok(),
                column: u64::try_from(error.column()).ok(),
                ..Place::default()
            };
            Error::invalid(place, format!("not a correlation graph: {error}"))
        })?;
        if document.schema_version > Self::SCHEMA_VERSION {
            return Err(Error::TooNew {
                what: "the correlation graph".to_owned(),
                found: document.schema_version,
                known: Self::SCHEMA_VERSION,
            });
        }
        let mut graph = Self::new();
        for node in document.nodes {
            graph.insert_node(node);
        }
        for edge in document.edges {
            graph.insert_edge(edge)?;
        }
        Ok(graph)
    }
}

/// Text inside of a quoted DOT string: titles are input and may hold quotes, escapes or lines.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
