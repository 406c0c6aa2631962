//! Telemetry that was scanned in pieces, by processes that know nothing of each other.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rca_json::partials::SharedPartial;

use crate::batch::PyBatch;
use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// What is known of the telemetry seen so far.
#[pyclass(frozen, name = "Partial", module = "rca._rca")]
#[derive(Debug)]
pub(crate) struct PyPartial {
    inner: SharedPartial,
}

// Locks are taken where the interpreter's is not held.
#[pymethods]
impl PyPartial {
    #[new]
    fn new(py: Python<'_>, kept: &str) -> PyResult<Self> {
        brief(py, || Ok(Self { inner: SharedPartial::new(kept)? }))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: Vec<u8>) -> PyResult<Self> {
        long(py, None, move |_| Ok(Self { inner: SharedPartial::from_bytes(&bytes)? }))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let inner = self.inner.clone();
        let bytes = long(py, None, move |_| inner.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn absorb(&self, py: Python<'_>, batch: &Bound<'_, PyBatch>) -> PyResult<()> {
        let (inner, batch) = (self.inner.clone(), Arc::clone(&batch.get().inner));
        long(py, None, move |_| {
            inner.absorb(&batch);
            Ok(())
        })
    }

    fn merge(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<()> {
        let (inner, other) = (self.inner.clone(), other.get().inner.clone());
        long(py, None, move |_| {
            inner.merge(&other);
            Ok(())
        })
    }

    /// Samples, spans and log records.
    fn counts(&self, py: Python<'_>) -> PyResult<String> {
        brief(py, || self.inner.counts())
    }

    /// What the detectors see, as events.
    fn findings(
        &self,
        py: Python<'_>,
        wanted: String,
        normal: Option<&Bound<'_, Self>>,
    ) -> PyResult<PyBatch> {
        let inner = self.inner.clone();
        let normal = normal.map(|normal| normal.get().inner.clone());
        long(py, None, move |_| Ok(inner.findings(&wanted, normal.as_ref())?.into()))
    }
}

#[pymethods]
impl PyWorkspace {
    fn observe_partial(
        &self,
        py: Python<'_>,
        id: &str,
        partial: &Bound<'_, PyPartial>,
    ) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let inner = partial.get().inner.clone();
        long(py, None, move |_| inner.observe(&workspace, id))
    }
}
