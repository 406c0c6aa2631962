//! The correlation graph.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::Error;
use rca_core::graph::CorrelationGraph;
use rca_core::time::TimeRange;
use rca_json::graphs;

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Events as nodes, suspected influence as edges.
#[pyclass(frozen, name = "Graph", module = "rca._rca")]
pub(crate) struct PyGraph {
    inner: Arc<CorrelationGraph>,
}

#[pymethods]
impl PyGraph {
    /// The graph of events in memory.
    #[staticmethod]
    fn build(py: Python<'_>, events: String) -> PyResult<Self> {
        let inner = long(py, None, move |_| graphs::build(&events))?;
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
        brief(py, || graphs::edges_of(&self.inner, event, way))
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

    fn within_hops(&self, py: Python<'_>, event: &str, hops: usize, way: &str) -> PyResult<String> {
        brief(py, || graphs::within_hops(&self.inner, event, hops, way))
    }

    fn evidence_path(&self, py: Python<'_>, from: &str, to: &str, way: &str) -> PyResult<String> {
        brief(py, || graphs::evidence_path(&self.inner, from, to, way))
    }

    fn causal_chains(&self, py: Python<'_>, symptom: &str, max_edges: usize) -> PyResult<String> {
        brief(py, || graphs::causal_chains(&self.inner, symptom, max_edges))
    }

    fn component(&self, py: Python<'_>, event: &str) -> PyResult<String> {
        brief(py, || graphs::component(&self.inner, event))
    }

    fn page_rank(&self, py: Python<'_>, wanted: String) -> PyResult<String> {
        let graph = Arc::clone(&self.inner);
        long(py, None, move |_| graphs::page_rank(&graph, &wanted))
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
