//! What happens, told to the `metrics` and `tracing` facades where the features of these names are on; to nobody else.
//!
//! | counter | of each `source` |
//! |---|---|
//! | `rca_source_pages` | pages stored |
//! | `rca_source_events` | new events |
//! | `rca_source_duplicates` | events that were known |
//! | `rca_source_refused` | records that could not be read |
//! | `rca_source_faults` | requests that failed |
//! | `rca_dead_letters_let_go` | letters that had to go |
//!
//! Neither gets bodies or credentials: a fault's place is an address without user and query.

#![cfg_attr(
    not(any(feature = "metrics", feature = "tracing")),
    allow(unused_variables, reason = "told to nobody")
)]

use super::PullReport;
use crate::connectors::transport::Fault;

/// A page was stored.
pub(super) fn page(source: &str, accepted: u64, duplicates: u64, refused: u64, let_go: u64) {
    #[cfg(feature = "metrics")]
    for (name, count) in [
        ("rca_source_pages", 1),
        ("rca_source_events", accepted),
        ("rca_source_duplicates", duplicates),
        ("rca_source_refused", refused),
        ("rca_dead_letters_let_go", let_go),
    ] {
        metrics::counter!(name, "source" => source.to_owned()).increment(count);
    }
    #[cfg(feature = "tracing")]
    tracing::debug!(source, accepted, duplicates, refused, let_go, "page stored");
}

/// A request failed.
pub(super) fn fault(source: &str, fault: &Fault) {
    #[cfg(feature = "metrics")]
    metrics::counter!("rca_source_faults", "source" => source.to_owned()).increment(1);
    #[cfg(feature = "tracing")]
    tracing::warn!(source, %fault, remedy = ?fault.remedy(), "request failed");
}

/// A pull ended.
pub(super) fn ended(report: &PullReport) {
    #[cfg(feature = "tracing")]
    tracing::info!(
        source = report.source,
        pages = report.pages,
        accepted = report.accepted,
        refused = report.refused,
        retries = report.retries,
        fault = report.end.fault().map(tracing::field::display),
        "pull ended"
    );
}
