//! What a write adds to the audit trail, and whether a trail is sound: the same for all stores.

use chrono::{DateTime, Utc};

use super::VerifyReport;
use crate::error::{Error, Result};
use crate::model::{
    AuditEntry, AuditHead, Chain, Digest, Dossier, EventId, FieldChange, Investigation,
    InvestigationId, Link, TOUCHED, baseline, changes, link_field, link_value,
};

/// The entries that one write adds to one chain.
pub(super) struct Trail {
    id: InvestigationId,
    head: AuditHead,
    pub(super) entries: Vec<AuditEntry>,
}

impl Trail {
    pub(super) fn after(id: InvestigationId, head: AuditHead) -> Self {
        Self { id, head, entries: Vec::new() }
    }

    /// The chain of a record that has none: one made today, or before there were any.
    pub(super) fn beginning<'a>(
        case: &Investigation,
        links: impl IntoIterator<Item = &'a Link>,
        author: Option<&str>,
    ) -> Result<Self> {
        let mut trail = Self::after(case.id, AuditHead::default());
        trail.record(None, case, author)?;
        for link in links.into_iter().filter(|link| link.kind.is_manual()) {
            trail.link(case.revision, None, link);
        }
        Ok(trail)
    }

    pub(super) fn head(&self) -> AuditHead {
        self.head
    }

    /// A record was written.
    pub(super) fn record(
        &mut self,
        old: Option<&Investigation>,
        new: &Investigation,
        author: Option<&str>,
    ) -> Result<()> {
        let found = match old {
            None => vec![baseline(new)?],
            Some(old) => changes(old, new)?,
        };
        for change in found {
            self.add(new.revision, new.updated_at, author, change);
        }
        if self.entries.is_empty() {
            // Written as it was: it counts as a revision all the same.
            let field = TOUCHED.to_owned();
            let change =
                FieldChange { field, old: old.map(time_of).into(), new: time_of(new).into() };
            self.add(new.revision, new.updated_at, author, change);
        }
        Ok(())
    }

    /// A person decided about an event, or what they decided was replaced.
    pub(super) fn link(&mut self, revision: u64, old: Option<&Link>, new: &Link) {
        let change = FieldChange {
            field: link_field(new.event),
            old: link_value(old),
            new: link_value(Some(new)),
        };
        self.add(revision, new.linked_at, new.linked_by.as_deref(), change);
    }

    /// What a person decided about an event was removed.
    pub(super) fn unlink(&mut self, revision: u64, event: EventId, old: &Link, at: DateTime<Utc>) {
        let (field, old) = (link_field(event), link_value(Some(old)));
        self.add(revision, at, None, FieldChange { field, old, new: link_value(None) });
    }

    fn add(&mut self, revision: u64, at: DateTime<Utc>, author: Option<&str>, change: FieldChange) {
        let entry = AuditEntry::following(self.head, self.id, revision, at, author, change);
        self.head = entry.head();
        self.entries.push(entry);
    }
}

fn time_of(case: &Investigation) -> String {
    case.updated_at.to_rfc3339()
}

/// Whether a change of a link belongs into the trail.
pub(super) fn is_decision(old: Option<&Link>, new: &Link) -> bool {
    new.kind.is_manual() || old.is_some_and(|old| old.kind.is_manual())
}

/// What a store knows of one investigation when its trail is checked.
pub(super) struct Kept<'a> {
    pub(super) id: InvestigationId,
    pub(super) record: Option<&'a Investigation>,
    pub(super) links: &'a [Link],
    pub(super) head: Option<AuditHead>,
}

impl Kept<'_> {
    /// Walks the trail and lists what is wrong with it, entry by entry.
    pub(super) fn check(
        &self,
        entries: impl IntoIterator<Item = Result<AuditEntry>>,
        report: &mut VerifyReport,
    ) {
        let what = format!("history of investigation {}", self.id);
        let mut chain = Chain::of(self.id);
        let mut is_sound = true;
        for entry in entries {
            match entry {
                Ok(entry) => {
                    report.audit_entries += 1;
                    if let Err(problem) = chain.take(&entry) {
                        is_sound = false;
                        report.add(what.as_str(), problem.to_string());
                    }
                }
                Err(error) => {
                    is_sound = false;
                    let place = chain.head().entries + 1;
                    report.add(what.as_str(), format!("entry {place}: {error}"));
                }
            }
        }
        match self.head {
            None => report.add(what.as_str(), "where it ends is not known"),
            Some(head) if head != chain.head() => {
                let (kept, found) = (head.entries, chain.head().entries);
                report.add(
                    what.as_str(),
                    match kept == found {
                        true => {
                            format!("entry {kept}: it is not the one that the trail ended with")
                        }
                        false => format!("it ended with entry {kept}, and now with entry {found}"),
                    },
                );
            }
            Some(_) => {}
        }
        let Some(record) = self.record else {
            return report.add(what, "the investigation is not there");
        };
        if !is_sound {
            return;
        }
        let checked =
            chain.check_record(record).and_then(|()| chain.check_links(self.links.iter()));
        if let Err(problem) = checked {
            report.add(what, problem.to_string());
        }
    }
}

/// What taking in a dossier came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adopted {
    /// The investigation was not known.
    New,
    /// It was known, and the dossier goes on from where it stood.
    Extended,
    /// Everything in it was known; nothing was changed.
    Known,
}

/// Whether a dossier may be taken in: its history has to go on from ours, or be the beginning of it.
pub(super) fn adoption(
    dossier: &Dossier,
    history: &[AuditEntry],
    stored: Option<&Investigation>,
    head: AuditHead,
    digest_at: impl FnOnce(u64) -> Result<Option<Digest>>,
) -> Result<Adopted> {
    let Some(stored) = stored else { return Ok(Adopted::New) };
    let conflict = || Error::Conflict {
        yours: Box::new(dossier.investigation.clone()),
        theirs: Box::new(stored.clone()),
    };
    let theirs = history.last().map_or(0, |entry| entry.seq);
    let common = theirs.min(head.entries);
    let ours_at = digest_at(common)?;
    let at = usize::try_from(common).ok().and_then(|common| history.get(common.checked_sub(1)?));
    match at {
        Some(entry) if ours_at == Some(entry.digest) => {}
        _ => return Err(conflict()),
    }
    Ok(if theirs > head.entries { Adopted::Extended } else { Adopted::Known })
}

/// The history of a dossier; one that has none begins here.
pub(super) fn history_of(dossier: &Dossier) -> Result<Vec<AuditEntry>> {
    if dossier.history.is_empty() {
        return Ok(Trail::beginning(&dossier.investigation, &dossier.links, None)?.entries);
    }
    Ok(dossier.history.clone())
}

/// An event of a dossier that is known here by another id can't be linked as the dossier says.
pub(super) fn known_otherwise(event: EventId, existing: EventId) -> Error {
    Error::value(
        "events",
        format!(
            "event {event} is known here as {existing}, from another time; its history can't be kept"
        ),
    )
}
