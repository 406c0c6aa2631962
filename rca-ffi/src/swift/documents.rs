//! Documents to hand on: reviews, tables of events.

use std::sync::Arc;

use rca_core::report;
use rca_json::{answers, reviews};

use super::answers::RawAnswer;
use super::batches::RawBatch;
use super::workspaces::RawWorkspace;
use super::{Called, call};

#[uniffi::export]
impl RawAnswer {
    /// A post-incident review.
    pub fn review(&self, template: &str) -> Called<String> {
        call(|| reviews::review(&self.0.canvas(), template))
    }
}

#[uniffi::export]
impl RawBatch {
    /// Its events as a table.
    pub fn csv(&self) -> Called<String> {
        call(|| report::csv(&self.0.events))
    }
}

#[uniffi::export]
impl RawWorkspace {
    /// A post-incident review of an investigation.
    pub fn review(&self, id: &str, batch: Option<Arc<RawBatch>>, template: &str) -> Called<String> {
        self.with(|workspace| {
            let batch = batch.as_deref().map(|batch| &*batch.0);
            let canvas = answers::canvas_of(workspace, id.parse()?, batch)?;
            reviews::review(&canvas, template)
        })
    }
}
