//! Taking in an investigation with all that hangs on it.

use redb::ReadableTable;

use super::fault::Failure;
use super::history::{History, Written};
use super::tables::{Subject, event_key, investigation_key, pair};
use super::writer::{NewEvent, Writer};
use crate::error::Result;
use crate::model::{AuditEntry, AuditHead, Dossier, EventId};
use crate::store::record::{encode_analysis, encode_event, encode_investigation, encode_link};
use crate::store::trail::{Adopted, adoption, history_of, known_otherwise};

/// A dossier with all that is written of it, encoded by the thread that asks.
pub(super) struct NewDossier {
    dossier: Dossier,
    history: Vec<AuditEntry>,
    written: Written,
    record: Vec<u8>,
    events: Vec<NewEvent>,
    links: Vec<Vec<u8>>,
    analysis: Option<Vec<u8>>,
}

impl NewDossier {
    pub(super) fn new(dossier: &Dossier) -> Result<Self> {
        dossier.check()?;
        let history = history_of(dossier)?;
        let head = history.last().map_or(AuditHead::default(), AuditEntry::head);
        Ok(Self {
            written: Written::entries(&history, head, dossier.investigation.id)?,
            history,
            record: encode_investigation(&dossier.investigation)?,
            events: dossier.events.iter().map(NewEvent::new).collect::<Result<_>>()?,
            links: dossier.links.iter().map(encode_link).collect::<Result<_>>()?,
            analysis: dossier.analysis.as_ref().map(encode_analysis).transpose()?,
            dossier: dossier.clone(),
        })
    }
}

impl Writer<'_> {
    pub(super) fn adopt(&mut self, new: &NewDossier) -> Result<Adopted, Failure> {
        let id = new.dossier.investigation.id;
        let mut history = History::open(self.txn)?;
        let stored = self.find_investigation(id)?;
        let head = history.head(id)?;
        let digest_at = |seq| history.digest_at(id, seq);
        let adopted = adoption(&new.dossier, &new.history, stored.as_ref(), head, digest_at)?;
        if adopted == Adopted::Known {
            return Ok(adopted);
        }
        let known = self.find_stored(&new.events)?;
        for (event, known) in new.dossier.events.iter().zip(&known) {
            if let Some(existing) = known.filter(|known| *known != event.id) {
                return Err(known_otherwise(event.id, existing).into());
            }
        }
        let relinked = self.relinked(new, &known)?;
        let before = self.stored_links(id)?;
        // From here on nothing is refused.
        self.append(&new.events)?;
        self.investigations.insert(investigation_key(id), new.record.as_slice())?;
        self.note(Subject::Investigation(id))?;
        history.put(&new.written)?;
        for (row, record) in relinked {
            self.events.insert(row, record.as_slice())?;
        }
        for link in
            before.iter().filter(|old| new.dossier.links.iter().all(|l| l.event != old.event))
        {
            let (event, case) = (link.event.to_bytes(), id.to_bytes());
            self.links.remove(&pair(case, event))?;
            self.links_by_event.remove(&pair(event, case))?;
            self.note(Subject::Link(link.event, id))?;
        }
        for (link, record) in new.dossier.links.iter().zip(&new.links) {
            let (event, case) = (link.event.to_bytes(), id.to_bytes());
            self.links.insert(&pair(case, event), record.as_slice())?;
            self.links_by_event.insert(&pair(event, case), ())?;
            self.note(Subject::Link(link.event, id))?;
        }
        if let Some(analysis) = &new.analysis {
            self.analyses.insert(investigation_key(id), analysis.as_slice())?;
        }
        Ok(adopted)
    }

    /// Events that were here before and are linked now: their rows with the time of the link.
    fn relinked(
        &self,
        new: &NewDossier,
        known: &[Option<EventId>],
    ) -> Result<Vec<(u64, Vec<u8>)>, Failure> {
        let mut rows = Vec::new();
        for event in known.iter().flatten() {
            let link = new.dossier.links.iter().find(|link| link.event == *event);
            let Some(link) = link.filter(|link| link.kind.is_linked()) else { continue };
            let Some(row) = self.ids.get(event_key(*event))?.map(|row| row.value()) else {
                continue;
            };
            let mut event = self.read_row(row)?;
            event.linked_at = Some(link.linked_at);
            rows.push((row, encode_event(&event)?));
        }
        Ok(rows)
    }
}
