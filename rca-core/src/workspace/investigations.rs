//! Investigations: opening, reading, changing, removal.

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::model::{Investigation, InvestigationBuilder, InvestigationId, Status, Tag};
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
        let mut case = builder.build(self.now(), &unique)?;
        if case.created_by.is_none() || self.principal().is_some() {
            case.created_by = self.author(None).map(str::to_owned);
        }
        let author = case.created_by.clone();
        let case = self.put_as(&case, author.as_deref())?;
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
    /// insist on what you saw, use [`Workspace::update_investigation_at`] or [`Workspace::replace_investigation`]. A
    /// change that changes nothing is not written.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`], or what `change` returns.
    pub fn update_investigation(
        &self,
        id: InvestigationId,
        mut change: impl FnMut(&mut Investigation) -> Result<()>,
    ) -> Result<Investigation> {
        self.update_as(id, self.author(None), &mut change)
    }

    /// [`Workspace::update_investigation`], but only of the revision that the caller saw.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when it was changed since: `yours` is what the change makes of the revision you saw, `theirs`
    /// what is stored. Nothing is written then. [`crate::ErrorKind::NotFound`] for a revision that never was; or what
    /// `change` returns.
    pub fn update_investigation_at(
        &self,
        id: InvestigationId,
        revision: u64,
        mut change: impl FnMut(&mut Investigation) -> Result<()>,
    ) -> Result<Investigation> {
        self.writable()?;
        let theirs = self.investigation(id)?;
        let is_stale = theirs.revision() != revision;
        let mut yours =
            if is_stale { self.investigation_at(id, revision)? } else { theirs.clone() };
        change(&mut yours)?;
        if is_stale {
            return Err(Error::Conflict { yours: Box::new(yours), theirs: Box::new(theirs) });
        }
        self.replace_investigation(&yours)
    }

    /// One investigation, by somebody. There are many changes; one copy of the code will do for them all.
    pub(super) fn update_as(
        &self,
        id: InvestigationId,
        author: Option<&str>,
        change: &mut dyn FnMut(&mut Investigation) -> Result<()>,
    ) -> Result<Investigation> {
        let all = &mut |cases: &mut [Investigation]| cases.iter_mut().try_for_each(&mut *change);
        let changed = self.update_all(&[id], author, all);
        changed?.pop().ok_or(Error::InvestigationNotFound { id })
    }

    /// Several, in one write. Made again until nobody wrote one of them in between.
    pub(super) fn update_all(
        &self,
        ids: &[InvestigationId],
        author: Option<&str>,
        change: &mut dyn FnMut(&mut [Investigation]) -> Result<()>,
    ) -> Result<Vec<Investigation>> {
        self.writable()?;
        loop {
            let before =
                ids.iter().map(|id| self.investigation(*id)).collect::<Result<Vec<_>>>()?;
            let mut cases = before.clone();
            change(&mut cases)?;
            let mut changed: Vec<Investigation> = cases
                .iter()
                .zip(&before)
                .filter(|(new, old)| new != old)
                .map(|(c, _)| c.clone())
                .collect();
            if changed.is_empty() {
                return Ok(cases);
            }
            let now = self.now();
            changed.iter_mut().for_each(|case| case.updated_at = now);
            match self.store().put_investigations(&changed, author) {
                Err(Error::Conflict { .. }) => {}
                written => {
                    let written = written?;
                    self.project()?;
                    let new = |case: Investigation| {
                        written.iter().find(|new| new.id() == case.id()).cloned().unwrap_or(case)
                    };
                    return Ok(cases.into_iter().map(new).collect());
                }
            }
        }
    }

    /// Writes an investigation that the caller read and changed.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`], with both versions, when somebody wrote it since; nothing is changed then.
    /// [`crate::ErrorKind::InvalidInput`] for texts out of bounds.
    pub fn replace_investigation(&self, case: &Investigation) -> Result<Investigation> {
        self.writable()?;
        case.check()?;
        let mut case = case.clone();
        case.updated_at = self.now();
        let stored = self.put_as(&case, self.author(None))?;
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

    /// Says who works on an investigation; nobody when `None`.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`].
    pub fn assign(&self, id: InvestigationId, person: Option<&str>) -> Result<Investigation> {
        self.update_investigation(id, |case| {
            case.set_assigned_to(person.map(str::to_owned));
            Ok(())
        })
    }

    /// Adds a label.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`], [`crate::ErrorKind::InvalidInput`] for a blank or too long label.
    pub fn tag(&self, id: InvestigationId, tag: &str) -> Result<Investigation> {
        let tag = Tag::new(tag)?;
        self.update_investigation(id, |case| {
            case.add_tag(tag.clone());
            Ok(())
        })
    }

    /// Removes a label.
    ///
    /// # Errors
    ///
    /// As [`Workspace::tag`].
    pub fn untag(&self, id: InvestigationId, tag: &str) -> Result<Investigation> {
        let tag = Tag::new(tag)?;
        self.update_investigation(id, |case| {
            case.remove_tag(&tag);
            Ok(())
        })
    }

    /// Removes an investigation; it can be restored, and its events stay.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`].
    pub fn delete_investigation(&self, id: InvestigationId) -> Result<()> {
        self.administrable()?;
        self.store().delete_investigation(id, self.now(), self.author(None))?;
        self.project()
    }

    /// Takes a removal back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it never was.
    pub fn restore_investigation(&self, id: InvestigationId) -> Result<Investigation> {
        self.administrable()?;
        let case = self.store().restore_investigation(id, self.now(), self.author(None))?;
        self.project()?;
        Ok(case)
    }

    fn put_as(&self, case: &Investigation, author: Option<&str>) -> Result<Investigation> {
        let stored = self.store().put_investigations(std::slice::from_ref(case), author)?;
        stored.into_iter().next().ok_or(Error::InvestigationNotFound { id: case.id() })
    }

    /// What the clock of this workspace shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }
}
