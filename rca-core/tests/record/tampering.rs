//! Somebody writes into the file behind the library's back.

use std::path::Path;

use rca_core::model::{AuditEntry, Investigation, InvestigationId};
use rca_core::store::record::{
    decode_audit_entry, decode_audit_head, decode_investigation, encode_audit_entry,
    encode_audit_head, encode_investigation,
};
use rca_core::{Principal, Role, Workspace};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::super::{open_in, sound};

const INVESTIGATIONS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("investigations");
const HISTORY: TableDefinition<'_, &[u8; 24], &[u8]> = TableDefinition::new("history");
const HEADS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("history_heads");

/// A folder with one investigation of six changes; its seal.
fn made(folder: &Path) -> (InvestigationId, rca_core::model::AuditSeal) {
    let workspace = Workspace::open(folder).unwrap();
    let id = open_in(&workspace).id();
    let ann = workspace.acting_as(Principal::new("ann", Role::Responder).unwrap());
    ann.assign(id, Some("ann")).unwrap();
    ann.add_note(id, None, "I rolled it back", None).unwrap();
    ann.tag(id, "pool").unwrap();
    ann.update_investigation(id, |case| case.set_root_cause(Some("my deploy".to_owned()))).unwrap();
    ann.tag(id, "blameless").unwrap();
    sound(&workspace);
    let seal = workspace.audit_seal().unwrap();
    assert_eq!(workspace.check_seal(&seal).unwrap(), []);
    (id, seal)
}

/// The rows of the trail, in order.
fn trail(database: &Database) -> Vec<([u8; 24], AuditEntry)> {
    let txn = database.begin_read().unwrap();
    let table = txn.open_table(HISTORY).unwrap();
    let rows = table.iter().unwrap().map(|row| {
        let (key, record) = row.unwrap();
        (*key.value(), decode_audit_entry(record.value()).unwrap())
    });
    rows.collect()
}

fn put(database: &Database, rows: &[([u8; 24], AuditEntry)]) {
    let txn = database.begin_write().unwrap();
    {
        let mut table = txn.open_table(HISTORY).unwrap();
        for (key, _) in trail(database) {
            table.remove(&key).unwrap();
        }
        for (key, entry) in rows {
            table.insert(key, encode_audit_entry(entry).unwrap().as_slice()).unwrap();
        }
    }
    txn.commit().unwrap();
}

fn put_head(database: &Database, last: &AuditEntry) {
    let txn = database.begin_write().unwrap();
    let key = u128::from_be_bytes(last.investigation.to_bytes());
    let head = encode_audit_head(&last.head()).unwrap();
    txn.open_table(HEADS).unwrap().insert(key, head.as_slice()).unwrap();
    txn.commit().unwrap();
}

fn rewrite_record(database: &Database, change: impl FnOnce(&mut Investigation)) {
    let txn = database.begin_write().unwrap();
    {
        let mut table = txn.open_table(INVESTIGATIONS).unwrap();
        let (key, mut case) = {
            let row = table.first().unwrap().unwrap();
            (row.0.value(), decode_investigation(row.1.value()).unwrap())
        };
        change(&mut case);
        table.insert(key, encode_investigation(&case).unwrap().as_slice()).unwrap();
    }
    txn.commit().unwrap();
}

/// Hashes that fit, from an entry on.
fn rehash(rows: &mut [([u8; 24], AuditEntry)], from: usize) {
    let mut digest = rows[from].1.previous;
    for (_, entry) in &mut rows[from..] {
        entry.previous = digest;
        entry.digest = entry.hash();
        digest = entry.digest;
    }
}

/// What `verify` and the seal say after somebody tampered.
fn found(tamper: impl FnOnce(&Database)) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (_, seal) = made(folder.path());
    let database = Database::open(folder.path().join("store.redb")).unwrap();
    tamper(&database);
    drop(database);
    let workspace = Workspace::open(folder.path()).unwrap();
    let health = workspace.verify().unwrap();
    let problems = health.store.problems.iter().map(|problem| problem.reason.clone()).collect();
    let sealed = workspace.check_seal(&seal).unwrap();
    (problems, sealed.into_iter().map(|problem| problem.reason).collect())
}

#[test]
fn a_changed_entry_is_named() {
    for change in [
        (|entry: &mut AuditEntry| entry.author = Some("ben".to_owned())) as fn(&mut AuditEntry),
        |entry| entry.new = "ben's deploy".into(),
        |entry| entry.time += chrono::Duration::seconds(1),
        |entry| entry.field = "remediation".to_owned(),
    ] {
        let (problems, sealed) = found(|database| {
            let mut rows = trail(database);
            change(&mut rows[4].1);
            put(database, &rows);
        });
        assert_eq!(problems[0], "entry 5: its hash does not fit what it says");
        assert_eq!(sealed, Vec::<String>::new(), "only the last entry is sealed by itself");
    }
}

#[test]
fn entries_that_were_taken_out_moved_or_added_are_named() {
    let (problems, _) = found(|database| {
        let mut rows = trail(database);
        rows.remove(2);
        put(database, &rows);
    });
    assert!(problems[0].starts_with("entry 4: entry 3 was expected here"), "{problems:?}");
    let (problems, _) = found(|database| {
        let mut rows = trail(database);
        let (a, b) = (rows[2].1.clone(), rows[3].1.clone());
        (rows[2].1, rows[3].1) = (b, a);
        put(database, &rows);
    });
    assert!(problems[0].starts_with("entry 4: entry 3 was expected here"), "{problems:?}");
}

#[test]
fn a_trail_that_was_cut_short_shows() {
    let (problems, sealed) = found(|database| {
        let mut rows = trail(database);
        rows.truncate(4);
        put(database, &rows);
    });
    assert_eq!(
        problems,
        [
            "it ended with entry 6, and now with entry 4",
            "entry 4: the record's root_cause is another"
        ]
    );
    assert_eq!(sealed, ["entry 6, which was sealed, is not there"]);
    // With its end moved too, the record still tells.
    let (problems, sealed) = found(|database| {
        let mut rows = trail(database);
        rows.truncate(4);
        put_head(database, &rows[3].1);
        put(database, &rows);
    });
    assert_eq!(problems, ["entry 4: the record's root_cause is another"]);
    assert_eq!(sealed.len(), 1);
}

#[test]
fn a_record_that_was_changed_past_the_trail_shows() {
    let (problems, _) = found(|database| {
        rewrite_record(database, |case| {
            case.set_root_cause(Some("the network".to_owned())).unwrap();
        });
    });
    assert_eq!(problems, ["entry 6: the record's root_cause is another"]);
}

#[test]
fn an_investigation_that_vanished_shows() {
    let drop_record = |database: &Database| {
        let txn = database.begin_write().unwrap();
        txn.open_table(INVESTIGATIONS).unwrap().pop_first().unwrap();
        txn.commit().unwrap();
    };
    let (problems, _) = found(drop_record);
    assert!(problems.contains(&"the investigation is not there".to_owned()), "{problems:?}");
    // With all its trail: nothing inside of the file tells, but the seal does.
    let (_, sealed) = found(|database| {
        drop_record(database);
        put(database, &[]);
        let txn = database.begin_write().unwrap();
        txn.open_table(HEADS).unwrap().pop_first().unwrap();
        txn.commit().unwrap();
    });
    assert_eq!(sealed, ["entry 6, which was sealed, is not there"]);
}

#[test]
fn a_trail_that_was_wholly_rewritten_is_found_by_the_seal() {
    let (problems, sealed) = found(|database| {
        let mut rows = trail(database);
        rows[4].1.author = Some("ben".to_owned());
        rehash(&mut rows, 4);
        put_head(database, &rows[5].1);
        put(database, &rows);
    });
    assert_eq!(problems, Vec::<String>::new(), "every hash fits");
    assert_eq!(sealed, ["entry 6 is not the one that was sealed"]);
}

#[test]
fn without_its_tables_no_history_is_believed() {
    let (problems, _) = found(|database| {
        let txn = database.begin_write().unwrap();
        txn.delete_table(HISTORY).unwrap();
        txn.delete_table(HEADS).unwrap();
        txn.commit().unwrap();
    });
    assert_eq!(problems, ["no trail is there"]);
}

#[test]
fn what_follows_on_a_tampered_trail_does_not_heal_it() {
    let folder = tempfile::tempdir().unwrap();
    let (id, _) = made(folder.path());
    let database = Database::open(folder.path().join("store.redb")).unwrap();
    let mut rows = trail(&database);
    rows[3].1.author = None;
    put(&database, &rows);
    drop(database);
    let workspace = Workspace::open(folder.path()).unwrap();
    workspace.tag(id, "later").unwrap();
    let problems = workspace.verify().unwrap().store.problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, format!("history of investigation {id}"));
    assert_eq!(problems[0].reason, "entry 4: its hash does not fit what it says");
}

#[test]
fn a_backup_takes_its_history_along() {
    let folder = tempfile::tempdir().unwrap();
    let (id, seal) = made(&folder.path().join("w"));
    let workspace = Workspace::open(folder.path().join("w")).unwrap();
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    workspace.backup(copy.join("store.redb")).unwrap();
    let restored = Workspace::open(&copy).unwrap();
    assert_eq!(restored.history(id).unwrap(), workspace.history(id).unwrap());
    assert_eq!(restored.check_seal(&seal).unwrap(), []);
    sound(&restored);
    workspace.compact().unwrap();
    sound(&workspace);
    let head = restored.audit_seal().unwrap().chains[&id];
    assert!(decode_audit_head(&encode_audit_head(&head).unwrap()).unwrap() == head);
}
