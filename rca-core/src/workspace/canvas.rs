//! The investigation canvas, filled from an answer or from the store.

use crate::error::{Error, Result};
use crate::model::{Event, InvestigationId};
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

    /// Takes in what people wrote in the page: notes, and hypotheses as notes that say how they stand. Says how
    /// many were new; the same file twice adds nothing.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation, [`crate::ErrorKind::InvalidInput`] for edits of another
    /// one or texts that are no notes; nothing is changed then.
    pub fn import_edits(&self, id: InvestigationId, edits: &Edits) -> Result<usize> {
        if edits.investigation.is_some_and(|other| other != id) {
            return Err(Error::value("edits", format!("they are not of investigation {id}")));
        }
        let notes = edits.as_notes()?;
        let mut new = 0;
        self.update_investigation(id, |case| {
            let before = case.notes.len();
            for note in &notes {
                if !case.notes.iter().any(|known| known.id == note.id) {
                    case.notes.push(note.clone());
                }
            }
            new = case.notes.len() - before;
            case.notes.sort_by_key(|note| (note.time, note.id));
            Ok(())
        })?;
        Ok(new)
    }
}
