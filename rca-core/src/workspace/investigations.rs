//! Investigations: opening, reading, changing, notes, relations, removal.

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::model::{
    About, Investigation, InvestigationBuilder, InvestigationId, Note, Relation, Status,
};
use crate::store::Deleted;
use crate::time::TimeRange;
use crate::workspace::Workspace;

impl Workspace {
    /// Opens an investigation of what happened in a window, and links the events that belong to it.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a blank title; [`crate::ErrorKind::Denied`] when read-only.
    pub fn investigate(&self, title: &str, window: TimeRange) -> Result<Investigation> {
        self.open_investigation(Investigation::builder(title, window))
    }

    /// [`Workspace::investigate`] with more fields filled in.
    ///
    /// # Errors
    ///
    /// As [`Workspace::investigate`].
    pub fn open_investigation(&self, builder: InvestigationBuilder) -> Result<Investigation> {
        self.writable()?;
        let unique = self.store().last_seq()?.0.to_le_bytes();
        let case = builder.build(self.now(), &unique)?;
        let case = self.store().put_investigation(&case)?;
        self.project()?;
        self.relink(case.id())?;
        Ok(case)
    }

    /// One investigation.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is none, or it was removed.
    pub fn investigation(&self, id: InvestigationId) -> Result<Investigation> {
        self.store()
            .investigation(id)?
            .filter(|case| case.deleted_at().is_none())
            .ok_or(Error::InvestigationNotFound { id })
    }

    /// All investigations, newest first.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn investigations(&self, deleted: Deleted) -> Result<Vec<Investigation>> {
        let mut found = Vec::new();
        for case in self.store().investigations()? {
            let case = case?;
            if deleted == Deleted::Show || case.deleted_at().is_none() {
                found.push(case);
            }
        }
        Ok(found)
    }

    /// Changes an investigation: reads it, lets `change` work on it, writes it back.
    ///
    /// Somebody else's write in between is no error: the change is made again on what they wrote. To
    /// insist on what you saw, use [`Workspace::replace_investigation`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`], or what `change` returns.
    pub fn update_investigation(
        &self,
        id: InvestigationId,
        mut change: impl FnMut(&mut Investigation) -> Result<()>,
    ) -> Result<Investigation> {
        self.writable()?;
        loop {
            let mut case = self.investigation(id)?;
            change(&mut case)?;
            match self.replace_investigation(&case) {
                Err(Error::Conflict { .. }) => {}
                result => return result,
            }
        }
    }

    /// Writes an investigation that the caller read and changed.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Conflict`] when somebody wrote it since; nothing is changed then.
    pub fn replace_investigation(&self, case: &Investigation) -> Result<Investigation> {
        self.writable()?;
        let mut case = case.clone();
        case.updated_at = self.now();
        let stored = self.store().put_investigation(&case)?;
        self.project()?;
        Ok(stored)
    }

    /// Moves an investigation through its life.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Conflict`] for a move that is not legal.
    pub fn set_status(&self, id: InvestigationId, to: Status) -> Result<Investigation> {
        let now = self.now();
        self.update_investigation(id, |case| case.set_status(to, now))
    }

    /// Adds a note (Markdown), about an event when one is given.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for the investigation or the event,
    /// [`crate::ErrorKind::InvalidInput`] for a blank or too long note.
    pub fn add_note(
        &self,
        id: InvestigationId,
        author: Option<&str>,
        text: &str,
        about: impl Into<About>,
    ) -> Result<Note> {
        let about = about.into();
        for event in about.events() {
            self.event(event)?;
        }
        let note = Note::new(self.now(), author.map(str::to_owned), text.to_owned(), about)?;
        self.update_investigation(id, |case| {
            if !case.notes.iter().any(|known| known.id == note.id) {
                case.notes.push(note.clone());
            }
            Ok(())
        })?;
        Ok(note)
    }

    /// Says that two investigations are related; the relation is mutual.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either, [`crate::ErrorKind::InvalidInput`] when they are the same.
    pub fn relate(&self, a: InvestigationId, b: InvestigationId) -> Result<()> {
        if a == b {
            return Err(Error::value("related", "an investigation is not related to itself"));
        }
        self.investigation(b)?;
        let now = self.now();
        for (one, other) in [(a, b), (b, a)] {
            self.update_investigation(one, |case| {
                case.related.retain(|relation| relation.investigation != other);
                case.related.push(Relation::manual(other, None, now));
                case.put_in_order();
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Takes back [`Workspace::relate`].
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] for either.
    pub fn unrelate(&self, a: InvestigationId, b: InvestigationId) -> Result<()> {
        for (one, other) in [(a, b), (b, a)] {
            self.update_investigation(one, |case| {
                case.related.retain(|relation| relation.investigation != other);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Removes an investigation; it can be restored, and its events stay.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`].
    pub fn delete_investigation(&self, id: InvestigationId) -> Result<()> {
        self.writable()?;
        self.store().delete_investigation(id, self.now(), None)?;
        self.project()
    }

    /// Takes a removal back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it never was.
    pub fn restore_investigation(&self, id: InvestigationId) -> Result<Investigation> {
        self.writable()?;
        let case = self.store().restore_investigation(id, self.now(), None)?;
        self.project()?;
        Ok(case)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }
}
