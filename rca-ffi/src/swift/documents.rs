//! Documents to hand on: reviews, tables of events.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rca_core::connectors::parse_time;
use rca_core::{Result, report};
use rca_json::{answers, documents, reviews};

use super::answers::RawAnswer;
use super::batches::RawBatch;
use super::workspaces::RawWorkspace;
use super::{Called, call};

#[uniffi::export]
impl RawAnswer {
    /// A report to print and hand on.
    pub fn pdf(&self, created: Option<String>) -> Called<Vec<u8>> {
        call(|| documents::pdf(&self.0.canvas(), moment(created)?))
    }

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
    /// A report to print and hand on.
    pub fn pdf(
        &self,
        id: &str,
        batch: Option<Arc<RawBatch>>,
        created: Option<String>,
    ) -> Called<Vec<u8>> {
        self.with(|workspace| {
            let batch = batch.as_deref().map(|batch| &*batch.0);
            let canvas = answers::canvas_of(workspace, id.parse()?, batch)?;
            documents::pdf(&canvas, moment(created)?)
        })
    }

    /// A post-incident review of an investigation.
    pub fn review(&self, id: &str, batch: Option<Arc<RawBatch>>, template: &str) -> Called<String> {
        self.with(|workspace| {
            let batch = batch.as_deref().map(|batch| &*batch.0);
            let canvas = answers::canvas_of(workspace, id.parse()?, batch)?;
            reviews::review(&canvas, template)
        })
    }
}

fn moment(text: Option<String>) -> Result<Option<DateTime<Utc>>> {
    text.as_deref().map(parse_time).transpose()
}
