//! The investigation canvas, filled from an answer or from the store.

use crate::error::{Error, Result};
use crate::model::{
    Event, FieldChange, FieldConflict, Investigation, InvestigationId, merged_with,
};
use crate::report::canvas::{Canvas, Edits, Subject};
use crate::signal::Telemetry;
use crate::workspace::{Answer, Workspace};

impl Answer {
    /// What [`report::html`](crate::report::html) shows of it.
    #[must_use]
    pub fn canvas(&self) -> Canvas {
        let batch = &self.batch;
        let mut events = self.findings.clone();
        events.extend(batch.events.iter().cloned());
        Canvas::of(&Subject {
            analysis: &self.analysis,
            events: &events,
            telemetry: &batch.telemetry,
            case: None,
        })
    }
}

impl Workspace {
    /// What [`report::html`](crate::report::html) shows of an investigation: its record, the latest answer (made
    /// when there is none), and the events that bear on it. A workspace keeps findings, not telemetry: hand that
    /// to [`Workspace::canvas_with`] for charts, log lines and traces.
    ///
    /// # Errors
    ///
    /// As [`Workspace::analyze`]; read-only workspaces give what was analysed before.
    pub fn canvas(&self, id: InvestigationId) -> Result<Canvas> {
        self.canvas_with(id, &Telemetry::default())
    }

    /// [`Workspace::canvas`] with the telemetry behind the answer.
    ///
    /// # Errors
    ///
    /// As [`Workspace::canvas`].
    pub fn canvas_with(&self, id: InvestigationId, telemetry: &Telemetry) -> Result<Canvas> {
        let analysis = match self.analysis(id)? {
            Some(analysis) => analysis,
            None => self.analyze(id)?,
        };
        let case = self.investigation(id)?;
        let mut evidence = None;
        self.catch_up(id, case.window(), &mut evidence)?;
        let known = evidence.map(|evidence| evidence.events).unwrap_or_default();
        let events: Vec<Event> = known.into_values().collect();
        Ok(Canvas::of(&Subject {
            analysis: &analysis,
            events: &events,
            telemetry,
            case: Some(&case),
        }))
    }

    /// Takes in what people wrote and changed in the page, in one write. The page says which revision it showed, so
    /// that edits are told apart from what others did meanwhile; where both changed the same field, what is stored
    /// stays, and [`Merged::conflicts`] shows both. The same file twice changes nothing the second time.
    ///
    /// Who wrote what is what the file says; the history has who took it in.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation, or a revision it never had;
    /// [`crate::ErrorKind::InvalidInput`] for edits of another one or texts that are no notes; nothing is changed then.
    pub fn import_edits(&self, id: InvestigationId, edits: &Edits) -> Result<Merged> {
        self.writable()?;
        if edits.investigation.is_some_and(|other| other != id) {
            return Err(Error::value("edits", format!("they are not of investigation {id}")));
        }
        let shown = match edits.revision {
            Some(revision) if revision != self.investigation(id)?.revision() => {
                Some(self.investigation_at(id, revision)?)
            }
            _ => None,
        };
        let (mut changes, mut conflicts) = (Vec::new(), Vec::new());
        let investigation = self.update_as(id, self.author(None), &mut |case| {
            let shown = shown.as_ref().unwrap_or(case);
            let (merged, disputed) = merged_with(shown, &edits.upon(shown)?, case)?;
            changes = case.differences(&merged)?;
            conflicts = disputed;
            *case = merged;
            Ok(())
        })?;
        Ok(Merged { investigation, changes, conflicts })
    }
}

/// What [`Workspace::import_edits`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The investigation as it is stored now.
    pub investigation: Investigation,
    /// What was changed, field by field.
    pub changes: Vec<FieldChange>,
    /// What was left as it is stored, since it was changed there too.
    pub conflicts: Vec<FieldConflict>,
}
