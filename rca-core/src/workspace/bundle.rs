//! From what a connector read to an investigation with an answer.

use std::path::Path;

use crate::connectors::{Batch, Observer, ReadReport, bundle};
use crate::error::Result;
use crate::model::{Alert, Analysis, Investigation};
use crate::time::TimeRange;
use crate::workspace::Workspace;
use crate::workspace::analysis::Incident;

/// An investigation with its answer, and how the inputs were read.
#[derive(Debug, Clone)]
pub struct Investigated {
    /// The investigation.
    pub investigation: Investigation,
    /// Its answer.
    pub analysis: Analysis,
    /// What was read and what was not.
    pub report: ReadReport,
}

impl Workspace {
    /// Reads an incident bundle (a folder of exported files), stores its events, opens an investigation and
    /// analyses it.
    ///
    /// # Errors
    ///
    /// As [`bundle::read`] and [`Workspace::investigate_batch`].
    pub fn investigate_bundle(
        &self,
        folder: impl AsRef<Path>,
        observer: Observer<'_>,
    ) -> Result<Investigated> {
        self.writable()?;
        self.investigate_batch(bundle::read(folder.as_ref(), &self.inner.limits, observer)?)
    }

    /// Stores the events of a batch, opens an investigation about its first alert, and analyses it with the
    /// batch's telemetry. What could not be read goes into the dead-letter queue, with its bytes, where it came from
    /// and why.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store`].
    pub fn investigate_batch(&self, batch: Batch) -> Result<Investigated> {
        let case = self.open_about(&batch, Incident::from(&batch).extent())?;
        let analysis = self.analyze_with(case.id(), &batch.telemetry)?;
        let investigation = self.investigation(case.id())?;
        Ok(Investigated { investigation, analysis, report: batch.report })
    }

    /// Stores what was read beside telemetry, and opens an investigation about its first alert.
    pub(super) fn open_about(&self, batch: &Batch, window: TimeRange) -> Result<Investigation> {
        self.writable()?;
        let alert =
            batch.events.iter().filter_map(Alert::from_event).min_by_key(|a| (a.fired_at, a.event));
        let line = alert.as_ref().and_then(|alert| alert.text.lines().next()).unwrap_or("incident");
        let title: String = line.chars().take(crate::model::Title::MAX_CHARS).collect();
        let mut case = Investigation::builder(&title, window);
        if let Some(alert) = &alert {
            case = case.with_detected_at(alert.fired_at);
            if let Some(entity) = &alert.entity {
                case = case.with_service(&entity.name);
            }
        }
        self.ingest_blotted(batch)?;
        self.open_investigation(case)
    }
}
