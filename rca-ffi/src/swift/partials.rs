//! Telemetry that was scanned in pieces.

use std::sync::Arc;

use rca_json::partials::SharedPartial;

use super::batches::RawBatch;
use super::workspaces::RawWorkspace;
use super::{Called, call};

/// What is known of the telemetry seen so far.
#[derive(Debug, uniffi::Object)]
pub struct RawPartial(SharedPartial);

#[uniffi::export]
impl RawPartial {
    /// A state that has seen nothing.
    #[uniffi::constructor]
    pub fn open(kept: &str) -> Called<Arc<Self>> {
        call(|| Ok(Arc::new(Self(SharedPartial::new(kept)?))))
    }

    /// A state that was written.
    #[uniffi::constructor]
    pub fn from_bytes(bytes: &[u8]) -> Called<Arc<Self>> {
        call(|| Ok(Arc::new(Self(SharedPartial::from_bytes(bytes)?))))
    }

    /// The state, to be sent elsewhere.
    pub fn bytes(&self) -> Called<Vec<u8>> {
        call(|| self.0.to_bytes())
    }

    /// Adds the telemetry of a batch.
    pub fn absorb(&self, batch: &RawBatch) -> Called<()> {
        call(|| {
            self.0.absorb(&batch.0);
            Ok(())
        })
    }

    /// Adds what another state knows.
    pub fn merge(&self, other: &Self) -> Called<()> {
        call(|| {
            self.0.merge(&other.0);
            Ok(())
        })
    }

    /// How much was absorbed.
    pub fn counts(&self) -> Called<String> {
        call(|| self.0.counts())
    }

    /// What moved.
    pub fn findings(&self, wanted: &str, normal: Option<Arc<Self>>) -> Called<Arc<RawBatch>> {
        call(|| {
            self.0.findings(wanted, normal.as_deref().map(|normal| &normal.0)).map(RawBatch::of)
        })
    }
}

#[uniffi::export]
impl RawWorkspace {
    /// Adds it to what is known of an investigation.
    pub fn observe_partial(&self, id: &str, partial: &RawPartial) -> Called<()> {
        self.with(|workspace| partial.0.observe(workspace, id.parse()?))
    }
}
