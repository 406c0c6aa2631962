//! Telemetry that was scanned in pieces.

use std::sync::Arc;

use rca_core::connectors::Batch;
use rca_json::partials::SharedPartial;

use super::border::{Bytes, rca_opt, rca_str, wrong};
use super::handles::{Maybe, rca_batch, rca_partial, rca_workspace};

calls! {
    /// A state that has seen nothing.
    fn rca_partial_new(kept: rca_opt) -> partial: SharedPartial {
        SharedPartial::new(kept.unwrap_or_default())
    }

    /// A state that was written.
    fn rca_partial_from_bytes(bytes: Bytes) -> partial: SharedPartial {
        SharedPartial::from_bytes(bytes.ok_or_else(|| wrong("bytes", "is NULL"))?)
    }

    /// The state, to be sent elsewhere.
    fn rca_partial_bytes(partial: *const rca_partial) -> bytes: Vec<u8> {
        partial.to_bytes()
    }

    /// Adds the telemetry of a batch.
    fn rca_partial_absorb(partial: *const rca_partial, batch: *const rca_batch) {
        partial.absorb(&batch);
        Ok(())
    }

    /// Adds what another state knows.
    fn rca_partial_merge(partial: *const rca_partial, other: *const rca_partial) {
        partial.merge(&other);
        Ok(())
    }

    /// How much was absorbed.
    fn rca_partial_counts(partial: *const rca_partial) -> counts: String {
        partial.counts()
    }

    /// What moved.
    fn rca_partial_findings(
        partial: *const rca_partial, wanted: rca_str, normal: Maybe<rca_partial>,
    ) -> batch: Arc<Batch> {
        partial.findings(wanted, normal.as_ref()).map(Arc::new)
    }

    /// Adds it to what is known of an investigation.
    fn rca_observe_partial(
        workspace: *const rca_workspace, id: rca_str, partial: *const rca_partial,
    ) {
        partial.observe(&workspace, id.parse()?)
    }
}
