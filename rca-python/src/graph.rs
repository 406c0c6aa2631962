//! The correlation graph.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::Error;
use rca_core::graph::{BuildOptions, CorrelationGraph, PageRankOptions, Toward};
use rca_core::model::{Event, EventId, Finding};
use rca_core::time::TimeRange;
use rca_json::graphs;

use crate::encode::{self, parsed};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Events as nodes, suspected influence as edges.
#[pyclass(frozen, name = "Graph", module = "rca._rca")]
pub(crate) struct PyGraph {
    inner: Arc<CorrelationGraph>,
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
        brief(py, || encode::json(&self.inner.edges_of(id, graphs::way(way)?)))
    }

    fn neighbours(
        &self,
        py: Python<'_>,
        event: &str,
        way: &str,
        kind: Option<&str>,
    ) -> PyResult<String> {
        brief(py, || graphs::neighbours(&self.inner, event, way, kind))
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
            let found = self.inner.within_hops(id, hops, graphs::way(way)?);
            Ok(found.into_iter().map(|(id, hops)| (id.to_string(), hops)).collect())
        })
    }

    fn evidence_path(&self, py: Python<'_>, from: &str, to: &str, way: &str) -> PyResult<String> {
        brief(py, || graphs::evidence_path(&self.inner, from, to, way))
    }

    fn causal_chains(&self, py: Python<'_>, symptom: &str, max_edges: usize) -> PyResult<String> {
        brief(py, || graphs::causal_chains(&self.inner, symptom, max_edges))
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
        brief(py, || graphs::stats(&self.inner))
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
