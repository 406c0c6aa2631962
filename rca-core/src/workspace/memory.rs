//! What is remembered of all investigations: facts to count, fingerprints to recognise.
//!
//! A projection in memory, built when first asked for. Writers say which investigations changed; only those are read
//! again. Fingerprints are kept in the store beside the analyses they are made of, since making them anew means
//! reading all analyses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::analytics::{CaseFacts, CaseTable, Fingerprint, Kin};
use crate::error::Result;
use crate::model::{Analysis, Event, Investigation, InvestigationId};
use crate::workspace::Workspace;

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Investigations that changed since they were read.
    stale: Mutex<BTreeSet<InvestigationId>>,
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Default)]
pub(super) struct Known {
    table: Arc<CaseTable>,
    /// What the table does not say yet; nothing stands for a removed one.
    changes: BTreeMap<InvestigationId, Option<CaseFacts>>,
    pub(super) kin: Kin,
}

impl Memory {
    /// An investigation, or its analysis, is another one now.
    pub(super) fn touch(&self, id: InvestigationId) {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    fn take_stale(&self) -> BTreeSet<InvestigationId> {
        std::mem::take(&mut *self.stale.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Known {
    fn put(&mut self, case: &Investigation, fingerprint: &Fingerprint) {
        let named = [case.service_affected(), case.component_affected()];
        self.kin.put(case.id(), fingerprint, named.into_iter().flatten());
        let facts = CaseFacts {
            mechanism: fingerprint.mechanism.clone(),
            deploy: fingerprint.deploy.clone(),
            ..CaseFacts::of(case)
        };
        self.changes.insert(case.id(), Some(facts));
    }

    fn remove(&mut self, id: InvestigationId) {
        self.kin.remove(id);
        self.changes.insert(id, None);
    }

    pub(super) fn table(&mut self) -> Arc<CaseTable> {
        if !self.changes.is_empty() {
            self.table = Arc::new(self.table.changed(&std::mem::take(&mut self.changes)));
        }
        Arc::clone(&self.table)
    }
}

impl Workspace {
    /// Keeps an analysis, and what of it is remembered to recognise kin by.
    pub(super) fn keep_analysis(
        &self,
        id: InvestigationId,
        analysis: &Analysis,
        events: &[Event],
    ) -> Result<()> {
        self.store().put_analysis(id, analysis)?;
        let bytes = Fingerprint::of(analysis, events).to_bytes()?;
        let name = name(id);
        if self.store().meta(&name)?.as_ref() != Some(&bytes) {
            self.store().put_meta(&name, &bytes)?;
            self.inner.memory.touch(id);
        }
        Ok(())
    }

    /// Reads what is remembered, as it is now.
    pub(super) fn with_known<T>(&self, read: impl FnOnce(&mut Known) -> T) -> Result<T> {
        let memory = &self.inner.memory;
        let mut slot = memory.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = memory.take_stale();
        let known = match slot.take() {
            None => self.remember_all(),
            Some(known) => self.remember(known, &stale),
        };
        // After an error there is nothing, and all is read the next time.
        Ok(read(slot.insert(known?)))
    }

    fn remember(&self, mut known: Known, stale: &BTreeSet<InvestigationId>) -> Result<Known> {
        for id in stale {
            match self.store().investigation(*id)?.filter(|case| case.deleted_at().is_none()) {
                Some(case) => known.put(&case, &self.fingerprint(*id)?),
                None => known.remove(*id),
            }
        }
        Ok(known)
    }

    fn remember_all(&self) -> Result<Known> {
        let prints: BTreeMap<String, Vec<u8>> = self.store().metas(PREFIX)?.into_iter().collect();
        let mut known = Known::default();
        for case in self.store().investigations()? {
            let case = case?;
            if case.deleted_at().is_some() {
                continue;
            }
            let print =
                prints.get(&name(case.id())).and_then(|bytes| Fingerprint::from_bytes(bytes));
            let print = print.map_or_else(|| self.fingerprint_anew(case.id()), Ok)?;
            known.put(&case, &print);
        }
        Ok(known)
    }

    /// The fingerprint of an investigation; an empty one when it was never analysed.
    pub(super) fn fingerprint(&self, id: InvestigationId) -> Result<Fingerprint> {
        let stored = self.store().meta(&name(id))?;
        let stored = stored.as_deref().and_then(Fingerprint::from_bytes);
        stored.map_or_else(|| self.fingerprint_anew(id), Ok)
    }

    /// Analyses from before there were fingerprints still have their events.
    fn fingerprint_anew(&self, id: InvestigationId) -> Result<Fingerprint> {
        let Some(analysis) = self.store().analysis(id)? else { return Ok(Fingerprint::default()) };
        let links = self.store().links_of_investigation(id)?;
        let ids: Vec<_> =
            links.iter().filter(|link| link.kind.is_linked()).map(|link| link.event).collect();
        let events: Vec<Event> = self.events_by_id(&ids)?.into_iter().flatten().collect();
        Ok(Fingerprint::of(&analysis, &events))
    }
}

const PREFIX: &str = "fingerprint/";

fn name(id: InvestigationId) -> String {
    format!("{PREFIX}{id}")
}
