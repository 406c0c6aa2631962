//! Searching, counting, and keeping the index up to date.

use std::sync::PoisonError;

use crate::analytics::{self, Counts, Facet};
use crate::error::Result;
use crate::model::{Event, EventId, Investigation, InvestigationId};
use crate::search::{Highlighter, Hits, IndexOp, Query, Records, Write};
use crate::store::{Appended, Change, Changed, Seq};
use crate::workspace::{Freshness, Workspace};

/// Changes that the index takes in at once when it catches up.
const CATCH_UP: usize = 10_000;

impl Workspace {
    /// A page of events, with highlighted snippets of their texts.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that events do not have.
    pub fn search(&self, query: &Query) -> Result<Hits<EventId>> {
        self.make_fresh(Records::Events)?;
        let mut hits = self.inner.index.search(query)?;
        let ids: Vec<EventId> = hits.hits.iter().map(|hit| hit.id).collect();
        let texts = self.store().event_texts(&ids)?;
        hits.highlight(&Highlighter::new(query), texts);
        Ok(hits)
    }

    /// A page of investigations, with highlighted snippets.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that investigations do not have.
    pub fn search_investigations(&self, query: &Query) -> Result<Hits<InvestigationId>> {
        self.make_fresh(Records::Investigations)?;
        let mut hits = self.inner.index.search_investigations(query)?;
        let cases = hits.hits.iter().map(|hit| self.store().investigation(hit.id));
        let texts: Vec<Option<String>> =
            cases.map(|case| Ok(case?.map(|case| texts_of(&case)))).collect::<Result<_>>()?;
        hits.highlight(&Highlighter::new(query), texts);
        Ok(hits)
    }

    /// Exact counts of the events that match, by time and facets.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a condition that events do not have, or a bucket that is not
    /// positive.
    pub fn counts(
        &self,
        query: &Query,
        bucket: Option<chrono::Duration>,
        facets: &[Facet],
    ) -> Result<Counts> {
        self.make_fresh(Records::Events)?;
        analytics::counts(&self.inner.index, query, facets, bucket)
    }

    /// Commits what is pending, so that searches see everything written so far.
    ///
    /// # Errors
    ///
    /// When the disk fails.
    pub fn refresh(&self) -> Result<()> {
        self.project()?;
        self.inner.index.refresh()
    }

    /// Throws the index away and builds it anew from the store.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Denied`] when read-only; otherwise when the disk fails.
    pub fn rebuild_index(&self) -> Result<()> {
        self.administrable()?;
        {
            let mut projected = self.inner.projected.lock().unwrap_or_else(PoisonError::into_inner);
            self.inner.index.clear()?;
            *projected = Seq::ZERO;
        }
        self.refresh()
    }

    pub(super) fn make_fresh(&self, records: Records) -> Result<()> {
        match self.inner.freshness {
            Freshness::Latest => self.inner.index.refresh_for(records),
            Freshness::Committed => self.inner.index.tick().map(|_| ()),
        }
    }

    /// Takes new events into the index without reading them back, when nothing came in between.
    pub(super) fn project_new(&self, events: &[Event], appended: &Appended) -> Result<()> {
        let Some(&(_, last)) = appended.accepted.last() else { return Ok(()) };
        {
            let mut projected = self.inner.projected.lock().unwrap_or_else(PoisonError::into_inner);
            if last <= *projected {
                return Ok(());
            }
            let next = appended
                .accepted
                .iter()
                .zip(projected.0 + 1..)
                .all(|((_, seq), next)| seq.0 == next);
            if next {
                let mut repeated =
                    appended.duplicates.iter().map(|duplicate| duplicate.index).peekable();
                let ops: Vec<IndexOp<'_>> = events
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| repeated.next_if_eq(at).is_none())
                    .map(|(_, event)| IndexOp::PutEvent {
                        event,
                        investigations: &[],
                        write: Write::New,
                    })
                    .collect();
                self.inner.index.apply(&ops, last.0)?;
                *projected = last;
                return Ok(());
            }
        }
        self.project()
    }

    /// Takes everything into the index that was written since it last looked.
    pub(super) fn project(&self) -> Result<()> {
        let mut projected = self.inner.projected.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inner.read_only && self.inner.index.high_water() > 0 {
            // The index of the writer is used as it is; nothing may be written.
            return Ok(());
        }
        loop {
            let changes = self.store().changes_since(*projected, CATCH_UP)?;
            let Some(last) = changes.last().map(|change| change.seq) else { return Ok(()) };
            let complete = changes.len() < CATCH_UP;
            self.apply(&changes, last)?;
            *projected = last;
            if complete {
                return Ok(());
            }
        }
    }

    fn apply(&self, changes: &[Change], last: Seq) -> Result<()> {
        let mut events: Vec<(&Event, Vec<InvestigationId>)> = Vec::new();
        let mut cases = Vec::new();
        for change in changes {
            match &change.what {
                Changed::Event(event) | Changed::Link { event, .. } => {
                    events.push((event, self.linked_to(event.id())?));
                }
                Changed::Investigation(id) => {
                    self.inner.memory.touch(*id);
                    cases.extend(self.store().investigation(*id)?);
                }
            }
        }
        let ops: Vec<IndexOp<'_>> = events
            .iter()
            .map(|(event, investigations)| IndexOp::PutEvent {
                event,
                investigations,
                write: Write::Replace,
            })
            .chain(cases.iter().map(IndexOp::PutInvestigation))
            .collect();
        self.inner.index.apply(&ops, last.0)
    }
}

/// The texts of an investigation that its index knows, each on a line.
fn texts_of(case: &Investigation) -> String {
    let texts =
        [Some(case.title()), Some(case.description()), case.root_cause(), case.remediation()];
    texts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
