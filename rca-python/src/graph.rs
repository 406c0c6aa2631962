//! The correlation graph.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::graph::{BuildOptions, CorrelationGraph, PageRankOptions, Toward, Way};
use rca_core::model::{EdgeKind, Event, EventId, Finding};
use rca_core::time::TimeRange;
use rca_core::{Error, Result};
use serde_json::{Value, json};

use crate::encode::{self, parsed};
use crate::events::misuse;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Events as nodes, suspected influence as edges.
#[pyclass(frozen, name = "Graph", module = "rca._rca")]
pub(crate) struct PyGraph {
    inner: Arc<CorrelationGraph>,
}

fn way(name: &str) -> Result<Way> {
    Ok(match name {
        "out" => Way::Out,
        "in" => Way::In,
        "both" => Way::Both,
        other => return Err(misuse("way", other)),
    })
}

fn texts(ids: &[EventId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[pymethods]
impl PyGraph {
    /// The graph of events in memory.
    #[staticmethod]
    fn build(py: Python<'_>, events: String) -> PyResult<Self> {
        let inner = long(py, None, move |_| {
            let events: Vec<Event> = parsed("events", &events)?;
            let calls: Vec<_> = events
                .iter()
                .filter_map(|event| match Finding::from_event(event) {
                    Some(Finding::CallEdge(edge)) => Some(edge),
                    _ => None,
                })
                .collect();
            Ok(CorrelationGraph::build(&events, &calls, &BuildOptions::default()))
        })?;
        Ok(Self { inner: Arc::new(inner) })
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let inner = brief(py, || CorrelationGraph::from_json(text))?;
        Ok(Self { inner: Arc::new(inner) })
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    fn contains(&self, py: Python<'_>, event: &str) -> PyResult<bool> {
        Ok(self.inner.contains(encode::id(py, event)?))
    }

    fn node(&self, py: Python<'_>, event: &str) -> PyResult<String> {
        let id = encode::id(py, event)?;
        brief(py, || encode::json(self.inner.node(id).ok_or(Error::EventNotFound { id })?))
    }

    fn nodes(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || encode::json(&self.inner.nodes()))
    }

    fn edges(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || encode::json(&self.inner.edges()))
    }

    fn edges_of(&self, py: Python<'_>, event: &str, way: &str) -> PyResult<String> {
        let id = encode::id(py, event)?;
        brief(py, || encode::json(&self.inner.edges_of(id, self::way(way)?)))
    }

    fn neighbours(
        &self,
        py: Python<'_>,
        event: &str,
        way: &str,
        kind: Option<&str>,
    ) -> PyResult<Vec<String>> {
        let id = encode::id(py, event)?;
        let kind: Option<EdgeKind> = kind.map(|kind| encode::word(py, "kind", kind)).transpose()?;
        brief(py, || Ok(texts(&self.inner.neighbours(id, self::way(way)?, kind))))
    }

    fn within_hops(
        &self,
        py: Python<'_>,
        event: &str,
        hops: usize,
        way: &str,
    ) -> PyResult<Vec<(String, usize)>> {
        let id = encode::id(py, event)?;
        brief(py, || {
            let found = self.inner.within_hops(id, hops, self::way(way)?);
            Ok(found.into_iter().map(|(id, hops)| (id.to_string(), hops)).collect())
        })
    }

    fn evidence_path(
        &self,
        py: Python<'_>,
        from: &str,
        to: &str,
        way: &str,
    ) -> PyResult<Option<String>> {
        let (from, to) = (encode::id(py, from)?, encode::id(py, to)?);
        brief(py, || {
            let path = self.inner.evidence_path(from, to, self::way(way)?);
            path.map(|edges| encode::json(&edges)).transpose()
        })
    }

    fn causal_chains(&self, py: Python<'_>, symptom: &str, max_edges: usize) -> PyResult<String> {
        let id = encode::id(py, symptom)?;
        brief(py, || {
            let chains = self.inner.causal_chains(id, max_edges);
            let chains: Vec<Value> = chains
                .iter()
                .map(|c| json!({"change": c.change, "strength": c.strength, "edges": c.edges}))
                .collect();
            encode::json(&chains)
        })
    }

    fn component(&self, py: Python<'_>, event: &str) -> PyResult<Vec<String>> {
        let id = encode::id(py, event)?;
        brief(py, || Ok(texts(&self.inner.component(id))))
    }

    fn page_rank(
        &self,
        py: Python<'_>,
        restarts: Vec<(String, f64)>,
        toward_causes: bool,
        damping: f64,
    ) -> PyResult<Vec<(String, f64)>> {
        let restarts = restarts
            .iter()
            .map(|(id, weight)| Ok((encode::id(py, id)?, *weight)))
            .collect::<PyResult<Vec<(EventId, f64)>>>()?;
        let graph = Arc::clone(&self.inner);
        long(py, None, move |_| {
            let toward = if toward_causes { Toward::Causes } else { Toward::Effects };
            let options = PageRankOptions::default().with_damping(damping.try_into()?);
            let ranked = graph.snapshot(toward).page_rank(&restarts, &options);
            Ok(ranked.events.into_iter().map(|(id, rank)| (id.to_string(), rank)).collect())
        })
    }

    fn stats(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || {
            let stats = self.inner.stats();
            let kinds: serde_json::Map<String, Value> = stats
                .by_kind
                .iter()
                .map(|(kind, count)| (kind.as_str().to_owned(), (*count).into()))
                .collect();
            encode::json(&json!({
                "nodes": stats.nodes,
                "edges": stats.edges,
                "by_kind": kinds,
                "by_rule": stats.by_rule,
                "components": stats.components,
                "isolated": stats.isolated,
                "max_degree": stats.max_degree,
            }))
        })
    }

    fn to_dot(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || Ok(self.inner.to_dot()))
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || self.inner.to_json())
    }
}

#[pymethods]
impl PyWorkspace {
    fn graph(&self, py: Python<'_>, id: &str) -> PyResult<PyGraph> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let inner = long(py, None, move |_| workspace.graph(id))?;
        Ok(PyGraph { inner: Arc::new(inner) })
    }

    fn graph_of(
        &self,
        py: Python<'_>,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> PyResult<PyGraph> {
        let workspace = self.get(py)?;
        let inner = long(py, None, move |_| workspace.graph_of(TimeRange::new(start, end)?))?;
        Ok(PyGraph { inner: Arc::new(inner) })
    }
}
