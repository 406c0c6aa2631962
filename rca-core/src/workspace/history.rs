//! What was changed, by whom and when; older versions; and proofs that nobody rewrote it.

use crate::error::{Error, Result};
use crate::model::{
    AuditEntry, AuditSeal, Chain, Dossier, Event, EventId, Investigation, InvestigationId,
};
use crate::store::{Adopted, Problem};
use crate::workspace::Workspace;

impl Workspace {
    /// Every change of every field of an investigation, oldest first: who, when, what it was and what it became. Also of
    /// one that was removed. [`Workspace::verify`] checks that it is whole.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there never was such an investigation.
    pub fn history(&self, id: InvestigationId) -> Result<Vec<AuditEntry>> {
        if self.store().investigation(id)?.is_none() {
            return Err(Error::InvestigationNotFound { id });
        }
        self.store().history(id, 0, usize::MAX)
    }

    /// An investigation as it was at a revision.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when it never had that revision, or had it before its history was kept;
    /// [`crate::ErrorKind::Corrupt`] when the history was damaged.
    pub fn investigation_at(&self, id: InvestigationId, revision: u64) -> Result<Investigation> {
        let mut chain = Chain::of(id);
        for entry in self.history(id)? {
            if entry.revision > revision {
                break;
            }
            chain.take(&entry).map_err(|problem| Error::Corrupt {
                what: format!("history of investigation {id}"),
                reason: problem.to_string(),
            })?;
        }
        if chain.revision() != revision {
            return Err(Error::RevisionNotFound { id, revision });
        }
        chain.investigation()
    }

    /// Where all histories end now. Kept outside of the workspace, it proves later with
    /// [`Workspace::check_seal`] that nothing of them was rewritten, not even by somebody who can write the file.
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`].
    pub fn audit_seal(&self) -> Result<AuditSeal> {
        let chains = self.store().audit_heads()?.into_iter().collect();
        Ok(AuditSeal { schema_version: AuditSeal::SCHEMA_VERSION, chains })
    }

    /// What became of histories that were sealed: each must still hold the entry that it ended with then. Whether it is
    /// sound apart from that is for [`Workspace::verify`].
    ///
    /// # Errors
    ///
    /// As [`crate::store::Store`], and [`crate::ErrorKind::Corrupt`] for a seal of a newer version.
    pub fn check_seal(&self, seal: &AuditSeal) -> Result<Vec<Problem>> {
        if seal.schema_version > AuditSeal::SCHEMA_VERSION {
            return Err(Error::TooNew {
                what: "this seal".to_owned(),
                found: seal.schema_version,
                known: AuditSeal::SCHEMA_VERSION,
            });
        }
        let mut problems = Vec::new();
        for (&id, sealed) in seal.chains.iter().filter(|(_, sealed)| sealed.entries > 0) {
            let found = self.store().history(id, sealed.entries - 1, 1)?;
            let reason = match found.first() {
                Some(entry) if entry.head() == *sealed && entry.hash() == entry.digest => continue,
                Some(_) => format!("entry {} is not the one that was sealed", sealed.entries),
                None => format!("entry {}, which was sealed, is not there", sealed.entries),
            };
            problems.push(Problem { what: format!("history of investigation {id}"), reason });
        }
        Ok(problems)
    }

    /// An investigation with all that hangs on it as one document: record, linked events and those that are named in
    /// notes and in the answer, links, answer, history. [`crate::report::dossier_json`] writes it.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::NotFound`] when there is none, or it was removed.
    pub fn export_investigation(&self, id: InvestigationId) -> Result<Dossier> {
        let investigation = self.investigation(id)?;
        let links = self.store().links_of_investigation(id)?;
        let analysis = self.store().analysis(id)?;
        let mut ids: Vec<EventId> = links.iter().map(|link| link.event).collect();
        ids.extend(investigation.events_named());
        ids.extend(analysis.iter().flat_map(crate::model::Analysis::events_named));
        ids.sort_unstable();
        ids.dedup();
        let mut events: Vec<Event> = self.store().events(&ids)?.into_iter().flatten().collect();
        events.sort_by_key(|event| (event.timestamp(), event.id()));
        Ok(Dossier {
            schema_version: Dossier::SCHEMA_VERSION,
            history: self.store().history(id, 0, usize::MAX)?,
            investigation,
            events,
            links,
            analysis,
        })
    }

    /// Takes in a document of [`Workspace::export_investigation`], all or nothing: the same investigation, with the
    /// same history. One that is known here is taken further where the document's history goes on from ours, and left
    /// alone where it ends before. What it holds was redacted when it was written.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`], with both versions, when it is known here and was changed on both sides;
    /// [`crate::ErrorKind::Corrupt`] for a history that was tampered with; [`crate::ErrorKind::InvalidInput`] for parts
    /// that do not belong together; [`crate::ErrorKind::Denied`] when read-only.
    pub fn import_investigation(&self, dossier: &Dossier) -> Result<Adopted> {
        self.writable()?;
        if dossier.schema_version > Dossier::SCHEMA_VERSION {
            return Err(Error::TooNew {
                what: "this dossier".to_owned(),
                found: dossier.schema_version,
                known: Dossier::SCHEMA_VERSION,
            });
        }
        let adopted = self.store().put_dossier(dossier)?;
        if adopted != Adopted::Known {
            self.project()?;
        }
        Ok(adopted)
    }
}
