//! The correlation graph of an investigation or a time.

use crate::error::Result;
use crate::graph::{BuildOptions, CorrelationGraph};
use crate::model::{Event, Finding, InvestigationId};
use crate::store::Scan;
use crate::time::TimeRange;
use crate::workspace::Workspace;

impl Workspace {
    /// The graph of the events linked to an investigation.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is no such investigation.
    pub fn graph(&self, id: InvestigationId) -> Result<CorrelationGraph> {
        Ok(build(&self.linked_events(id)?))
    }

    /// The graph of all events in a range of time.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn graph_of(&self, range: TimeRange) -> Result<CorrelationGraph> {
        let events = self.store().scan(&Scan::within(range))?.collect::<Result<Vec<Event>>>()?;
        Ok(build(&events))
    }
}

fn build(events: &[Event]) -> CorrelationGraph {
    let calls: Vec<_> = events
        .iter()
        .filter_map(|event| match Finding::from_event(event) {
            Some(Finding::CallEdge(edge)) => Some(edge),
            _ => None,
        })
        .collect();
    CorrelationGraph::build(events, &calls, &BuildOptions::default())
}
