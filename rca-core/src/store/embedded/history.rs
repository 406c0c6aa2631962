//! The audit trails: their tables, written and read, and what writes of records add to them.
//!
//! The tables are opened only by writes of records and of people's links. A store of layout 1 has none of them; opened
//! for writing it gets them, with a trail for each record that begins with the record as it was found.

use redb::{
    Database, ReadTransaction, ReadableTable, ReadableTableMetadata, Table, WriteTransaction,
};

use super::fault::Failure;
use super::letters::if_there;
use super::tables::{
    FORMAT, HISTORY, HISTORY_HEADS, INVESTIGATIONS, LINKS, STAMP, entry_key, investigation_key,
    pair,
};
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::model::{AuditEntry, AuditHead, Digest, Investigation, InvestigationId, Link};
use crate::store::VerifyReport;
use crate::store::record::{
    decode_audit_entry, decode_audit_head, decode_investigation, decode_link, encode_audit_entry,
    encode_audit_head,
};
use crate::store::trail::{Kept, Trail};

/// The tables of one transaction, open for writing.
pub(super) struct History<'txn> {
    entries: Table<'txn, &'static [u8; 24], &'static [u8]>,
    heads: Table<'txn, u128, &'static [u8]>,
}

impl<'txn> History<'txn> {
    pub(super) fn open(txn: &'txn WriteTransaction) -> Result<Self, Failure> {
        Ok(Self { entries: txn.open_table(HISTORY)?, heads: txn.open_table(HISTORY_HEADS)? })
    }

    pub(super) fn head(&self, id: InvestigationId) -> Result<AuditHead, Failure> {
        match self.heads.get(investigation_key(id))? {
            Some(record) => Ok(decode_audit_head(record.value())?),
            None => Ok(AuditHead::default()),
        }
    }

    pub(super) fn digest_at(&self, id: InvestigationId, seq: u64) -> Result<Option<Digest>> {
        let found = self.entries.get(&entry_key(id, seq)).map_err(Failure::from);
        let found = found.map_err(|failure| failure.into_error(std::path::Path::new("store")))?;
        found.map(|record| Ok(decode_audit_entry(record.value())?.digest)).transpose()
    }

    pub(super) fn put(&mut self, written: &Written) -> Result<(), Failure> {
        for (key, record) in &written.entries {
            self.entries.insert(key, record.as_slice())?;
        }
        let (key, record) = &written.head;
        self.heads.insert(key, record.as_slice())?;
        Ok(())
    }
}

/// Entries as they are written: made before the first change of a request, which it can then not refuse any more.
pub(super) struct Written {
    entries: Vec<([u8; 24], Vec<u8>)>,
    head: (u128, Vec<u8>),
}

impl Written {
    pub(super) fn of(trail: &Trail, id: InvestigationId) -> Result<Self> {
        Self::entries(&trail.entries, trail.head(), id)
    }

    pub(super) fn entries(
        entries: &[AuditEntry],
        head: AuditHead,
        id: InvestigationId,
    ) -> Result<Self> {
        let encode =
            |entry: &AuditEntry| Ok((entry_key(id, entry.seq), encode_audit_entry(entry)?));
        let head = (investigation_key(id), encode_audit_head(&head)?);
        Ok(Self { entries: entries.iter().map(encode).collect::<Result<_>>()?, head })
    }
}

/// Entries of one trail behind a place, oldest first.
pub(super) fn history(
    txn: &ReadTransaction,
    id: InvestigationId,
    after: u64,
    limit: usize,
) -> Result<Vec<AuditEntry>, Failure> {
    let Some(entries) = if_there(txn, HISTORY)? else { return Ok(Vec::new()) };
    let (low, high) = (entry_key(id, after.saturating_add(1)), entry_key(id, u64::MAX));
    let mut found = Vec::new();
    for entry in entries.range::<&[u8; 24]>(&low..=&high)?.take(limit) {
        found.push(decode_audit_entry(entry?.1.value())?);
    }
    Ok(found)
}

/// Where all trails end.
pub(super) fn heads(txn: &ReadTransaction) -> Result<Vec<(InvestigationId, AuditHead)>, Failure> {
    let Some(heads) = if_there(txn, HISTORY_HEADS)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in heads.iter()? {
        let (key, record) = entry?;
        let id = InvestigationId::from_bytes(key.value().to_be_bytes());
        found.push((id, decode_audit_head(record.value())?));
    }
    Ok(found)
}

/// Begins the trails of records that were made before there were any.
pub(super) fn begin_trails(database: &Database) -> Result<(), Failure> {
    let mut txn = database.begin_write()?;
    txn.set_quick_repair(true);
    {
        let mut history = History::open(&txn)?;
        let (records, links) = (txn.open_table(INVESTIGATIONS)?, txn.open_table(LINKS)?);
        for entry in records.iter()? {
            // A record that can't be read stays so; the check of the store names it.
            let Ok(case) = decode_investigation(entry?.1.value()) else { continue };
            let links = links_of(&links, case.id)?;
            let trail = Trail::beginning(&case, &links, None)?;
            history.put(&Written::of(&trail, case.id)?)?;
        }
    }
    Ok(txn.commit()?)
}

pub(super) fn links_of(
    table: &impl ReadableTable<&'static [u8; 32], &'static [u8]>,
    id: InvestigationId,
) -> Result<Vec<Link>, Failure> {
    let (low, high) = (pair(id.to_bytes(), [0; 16]), pair(id.to_bytes(), [0xff; 16]));
    let mut links = Vec::new();
    for entry in table.range::<&[u8; 32]>(&low..=&high)? {
        links.push(decode_link(entry?.1.value())?);
    }
    Ok(links)
}

/// Every record has its trail, every trail its record, and each entry follows from the one before.
pub(super) fn verify(txn: &ReadTransaction, report: &mut VerifyReport) -> Result<(), Failure> {
    let (records, links) = (txn.open_table(INVESTIGATIONS)?, txn.open_table(LINKS)?);
    let layout = txn.open_table(STAMP)?.get("layout")?.map_or(FORMAT, |layout| layout.value());
    let (Some(entries), Some(heads)) = (if_there(txn, HISTORY)?, if_there(txn, HISTORY_HEADS)?)
    else {
        // Opened for reading, a store of before there were trails has none.
        if layout == FORMAT && !records.is_empty()? {
            report.add("history", "no trail is there");
        }
        return Ok(());
    };
    let mut ids = std::collections::BTreeSet::new();
    for entry in records.iter()? {
        ids.insert(entry?.0.value());
    }
    for entry in heads.iter()? {
        ids.insert(entry?.0.value());
    }
    for entry in entries.iter()? {
        let key = *entry?.0.value();
        let (id, _) = key.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        ids.insert(u128::from_be_bytes(*id));
    }
    for key in ids {
        let id = InvestigationId::from_bytes(key.to_be_bytes());
        let record = match records.get(key)?.map(|record| decode_investigation(record.value())) {
            // Listed by the check of the records.
            Some(Err(_)) => continue,
            Some(Ok(case)) => Some(case),
            None => None,
        };
        let head = match heads.get(key)?.map(|head| decode_audit_head(head.value())).transpose() {
            Ok(head) => head,
            Err(error) => {
                report.add(format!("history of investigation {id}"), error.to_string());
                None
            }
        };
        // Links that can't be read are listed by their own check.
        let links = links_of(&links, id).unwrap_or_default();
        let kept = Kept { id, record: record.as_ref(), links: &links, head };
        let (low, high) = (entry_key(id, 0), entry_key(id, u64::MAX));
        let mut walked = Vec::new();
        for entry in entries.range::<&[u8; 24]>(&low..=&high)? {
            walked.push(decode_audit_entry(entry?.1.value()));
        }
        kept.check(walked, report);
    }
    Ok(())
}

impl Writer<'_> {
    /// The links of the investigation in this transaction.
    pub(super) fn stored_links(&self, id: InvestigationId) -> Result<Vec<Link>, Failure> {
        links_of(&self.links, id)
    }

    /// What writing a record adds to its trail.
    pub(super) fn trail_of(
        &self,
        history: &History<'_>,
        old: Option<&Investigation>,
        new: &Investigation,
        author: Option<&str>,
    ) -> Result<Written, Failure> {
        let mut trail = Trail::after(new.id, history.head(new.id)?);
        trail.record(old, new, author)?;
        Ok(Written::of(&trail, new.id)?)
    }

    /// The trail of an investigation whose links are about to change.
    pub(super) fn trail_of_links(
        &self,
        history: &History<'_>,
        id: InvestigationId,
    ) -> Result<(Trail, u64), Failure> {
        let Some(case) = self.find_investigation(id)? else {
            return Err(Error::InvestigationNotFound { id }.into());
        };
        Ok((Trail::after(id, history.head(id)?), case.revision))
    }
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableTable};

    use super::super::Embedded;
    use super::super::tables::{HISTORY, HISTORY_HEADS, INVESTIGATIONS, STAMP, investigation_key};
    use crate::model::LinkKind;
    use crate::store::testing::made_up::{deploy, full_investigation, investigation, link};
    use crate::store::{Access, OpenOptions, Store};

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/records/");

    /// A folder as layout 1 left it: two records of version 1, a person's link, no history.
    fn layout_1(folder: &std::path::Path) {
        let store = Embedded::open(folder, OpenOptions::new()).unwrap();
        store.append(&[deploy(1)]).unwrap();
        let id = store.put_investigation(&investigation(1)).unwrap().id();
        store.link(&[link(deploy(1).id(), id, LinkKind::Manual)]).unwrap();
        drop(store);
        let database = Database::open(folder.join(Embedded::FILE_NAME)).unwrap();
        let txn = database.begin_write().unwrap();
        txn.delete_table(HISTORY).unwrap();
        txn.delete_table(HISTORY_HEADS).unwrap();
        txn.open_table(STAMP).unwrap().insert("layout", 1).unwrap();
        let record = std::fs::read(format!("{GOLDEN}investigation-v1-full.bin")).unwrap();
        let mut records = txn.open_table(INVESTIGATIONS).unwrap();
        records.insert(investigation_key(id), record.as_slice()).unwrap();
        assert_eq!(records.iter().unwrap().count(), 1);
        drop(records);
        txn.commit().unwrap();
    }

    #[test]
    fn a_store_of_before_there_were_trails_gets_them_when_it_is_opened_for_writing() {
        let folder = tempfile::tempdir().unwrap();
        layout_1(folder.path());
        let id = full_investigation().id();
        let reading = OpenOptions::new().with_access(Access::ReadOnly);
        let store = Embedded::open(folder.path(), reading).unwrap();
        let before = store.investigation(id).unwrap().unwrap();
        assert_eq!((before.revision(), before.notes().len()), (3, 1));
        assert_eq!(store.history(id, 0, 9).unwrap(), []);
        assert!(store.verify().unwrap().is_sound(), "there was none to be had");
        drop(store);

        for _ in 0..2 {
            let store = Embedded::open(folder.path(), OpenOptions::new()).unwrap();
            assert_eq!(store.investigation(id).unwrap().unwrap(), before);
            let trail = store.history(id, 0, 9).unwrap();
            let fields: Vec<_> = trail.iter().map(|e| (e.revision, e.field.as_str())).collect();
            let link = format!("links.{}", deploy(1).id());
            assert_eq!(fields, [(3, "record"), (3, link.as_str())]);
            assert_eq!(trail[1].author.as_deref(), Some("kim"));
            let report = store.verify().unwrap();
            assert!(report.is_sound(), "{:?}", report.problems);
        }
        let store = Embedded::open(folder.path(), OpenOptions::new()).unwrap();
        store.put_investigation(&before).unwrap();
        assert_eq!(store.history(id, 0, 9).unwrap().len(), 3);
    }
}
