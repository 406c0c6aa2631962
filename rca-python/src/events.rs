//! Events: making, storing, reading.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::Result;
use rca_core::model::{Event, EventId};
use rca_core::store::{Deleted, Order, Scan};
use rca_json::events::{appended, range};

use crate::encode::{self, parsed};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// Checks the fields of an event and gives it its identity.
#[pyfunction]
pub(crate) fn new_event(py: Python<'_>, draft: &str) -> PyResult<String> {
    brief(py, || rca_json::events::new_event(draft))
}

/// What a detector saw, from the event it became; none for other events.
#[pyfunction]
pub(crate) fn finding(py: Python<'_>, event: &str) -> PyResult<Option<String>> {
    brief(py, || rca_json::events::finding(event))
}

#[pymethods]
impl PyWorkspace {
    fn ingest(
        &self,
        py: Python<'_>,
        events: String,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, progress, move |_| {
            let events: Vec<Event> = parsed("events", &events)?;
            encode::json(&appended(&workspace.ingest(events)?))
        })
    }

    fn event(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.event(id)?))
    }

    fn events_by_id(&self, py: Python<'_>, ids: Vec<String>) -> PyResult<String> {
        let workspace = self.get(py)?;
        let ids = ids.iter().map(|id| encode::id(py, id)).collect::<PyResult<Vec<EventId>>>()?;
        brief(py, move || encode::json(&workspace.events_by_id(&ids)?))
    }

    #[pyo3(signature = (*, start, end, newest_first, deleted, after))]
    fn events(
        &self,
        py: Python<'_>,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
        newest_first: bool,
        deleted: bool,
        after: Option<(DateTime<Utc>, String)>,
    ) -> PyResult<PyEvents> {
        let workspace = self.get(py)?;
        let after = match after {
            Some((time, id)) => Some((time, encode::id(py, &id)?)),
            None => None,
        };
        let inner = brief(py, move || {
            let scan = Scan {
                range: range(start, end)?,
                order: if newest_first { Order::NewestFirst } else { Order::OldestFirst },
                deleted: if deleted { Deleted::Show } else { Deleted::Hide },
                after,
            };
            workspace.events(&scan)
        })?;
        Ok(PyEvents { inner: Mutex::new(Some(Box::new(inner))) })
    }

    fn delete_event(&self, py: Python<'_>, id: &str) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || workspace.delete_event(id))
    }

    fn restore_event(&self, py: Python<'_>, id: &str) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || workspace.restore_event(id))
    }
}

type Inner = Box<dyn Iterator<Item = Result<Event>> + Send>;

/// Events as they stood when this was made.
#[pyclass(frozen, name = "Events", module = "rca._rca")]
pub(crate) struct PyEvents {
    inner: Mutex<Option<Inner>>,
}

#[pymethods]
impl PyEvents {
    /// The next events, at most so many, as a JSON array; none at the end.
    fn page(&self, py: Python<'_>, most: usize) -> PyResult<Option<String>> {
        brief(py, || {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(events) = inner.as_mut() else { return Ok(None) };
            let page = events.take(most).collect::<Result<Vec<Event>>>()?;
            if page.is_empty() {
                *inner = None;
                return Ok(None);
            }
            encode::json(&page).map(Some)
        })
    }

    /// Lets go of the snapshot.
    fn close(&self, py: Python<'_>) {
        let closed = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        py.detach(|| drop(closed));
    }
}
