//! Events, and searching them.

use chrono::Duration;
use rca_core::Error;
use rca_json::events::{self, Documents};
use rca_json::queries::{self, Offsets};

use super::border::{rca_opt, rca_str};
use super::handles::rca_workspace;

calls! {
    /// Checks the fields of an event and gives it its identity.
    fn rca_new_event(draft: rca_str) -> event: String {
        events::new_event(draft)
    }

    /// Stores events.
    fn rca_ingest(workspace: *const rca_workspace, events: rca_str) -> report: String {
        events::ingest(&workspace, events)
    }

    /// One event.
    fn rca_event(workspace: *const rca_workspace, id: rca_str) -> event: String {
        rca_json::json(&workspace.event(id.parse()?)?)
    }

    /// Many events.
    fn rca_events_by_id(workspace: *const rca_workspace, ids: rca_str) -> events: String {
        events::by_id(&workspace, ids)
    }

    /// All events, in order of time.
    fn rca_events(workspace: *const rca_workspace, scan: rca_opt) -> iterator: Documents {
        events::events(&workspace, scan.unwrap_or_default())
    }

    /// How many there are.
    fn rca_event_count(workspace: *const rca_workspace) -> count: u64 {
        workspace.event_count()
    }

    /// Removes an event; it can be restored.
    fn rca_delete_event(workspace: *const rca_workspace, id: rca_str) {
        workspace.delete_event(id.parse()?)
    }

    /// Takes a removal back.
    fn rca_restore_event(workspace: *const rca_workspace, id: rca_str) {
        workspace.restore_event(id.parse()?)
    }

    /// A page of events that match.
    fn rca_search(workspace: *const rca_workspace, query: rca_str) -> page: String {
        queries::search(&workspace, query)?.json(Offsets::Bytes)
    }

    /// Every event that matches.
    fn rca_search_all(workspace: *const rca_workspace, query: rca_str) -> iterator: Documents {
        queries::search_all(&workspace, query)
    }

    /// A page of investigations that match.
    fn rca_search_investigations(workspace: *const rca_workspace, query: rca_str) -> page: String {
        queries::search_investigations(&workspace, query)?.json(Offsets::Bytes)
    }

    /// Exact counts by facets and by time.
    fn rca_counts(workspace: *const rca_workspace, query: rca_opt, by: rca_opt, bucket_seconds: u64)
        -> counts: String
    {
        let by: Vec<String> = rca_json::parsed("by", by.unwrap_or("[]"))?;
        let seconds = i64::try_from(bucket_seconds).ok().and_then(Duration::try_seconds);
        let bucket = seconds.ok_or_else(|| Error::value("bucket_seconds", "is too long"))?;
        let bucket = Some(bucket).filter(|bucket| !bucket.is_zero());
        queries::counts(&workspace, query.unwrap_or_default(), &by, bucket)
    }
}
