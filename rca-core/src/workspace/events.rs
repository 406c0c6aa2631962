//! Events: in, out, away and back.

use crate::error::{Error, Result};
use crate::model::{Event, EventId};
use crate::store::{Appended, Events, Scan};
use crate::workspace::Workspace;

impl Workspace {
    /// Stores events. When it returns they are durable; they can be searched after the index policy's
    /// next commit, or [`Workspace::refresh`].
    ///
    /// Secrets in their texts are [blotted out](crate::connectors::redact) first, unless
    /// [`Builder::with_redaction`](crate::Builder::with_redaction) says otherwise; [`Appended::redacted`] says how much.
    ///
    /// Can be repeated: an event with a known source and source id is the same event, and is reported as
    /// a duplicate. The batch is stored as a whole or not at all; batches of some 10,000 are fastest.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; else as [`crate::store::Store::append`].
    pub fn ingest(&self, events: impl IntoIterator<Item = Event>) -> Result<Appended> {
        self.writable()?;
        let mut events: Vec<Event> = events.into_iter().collect();
        let redacted = self.inner.limits.redaction.events(&mut events);
        let appended = self.store().append(&events)?;
        self.project_new(&events, &appended)?;
        Ok(Appended { redacted, ..appended })
    }

    /// One event, with the investigations it is linked to.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is none, or it was removed.
    pub fn event(&self, id: EventId) -> Result<Event> {
        let mut event = self
            .store()
            .event(id)?
            .filter(|event| event.deleted_at().is_none())
            .ok_or(Error::EventNotFound { id })?;
        event.investigations = self.linked_to(id)?;
        Ok(event)
    }

    /// Many events in the order asked for; `None` for those that are not there or were removed.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn events_by_id(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>> {
        let found = self.store().events(ids)?;
        Ok(found.into_iter().map(|event| event.filter(|e| e.deleted_at().is_none())).collect())
    }

    /// Events in order of time, as they stood when the iterator was made.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`]; the iterator's items too.
    pub fn events(&self, scan: &Scan) -> Result<Events> {
        self.store().scan(scan)
    }

    /// How many events there are, removed ones included.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn event_count(&self) -> Result<u64> {
        self.store().event_count()
    }

    /// Removes an event; it can be restored, and keeps its links.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`].
    pub fn delete_event(&self, id: EventId) -> Result<()> {
        self.administrable()?;
        self.store().delete_event(id, self.now())?;
        self.project()
    }

    /// Takes a removal back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it never was.
    pub fn restore_event(&self, id: EventId) -> Result<()> {
        self.administrable()?;
        self.store().restore_event(id)?;
        self.project()
    }
}
