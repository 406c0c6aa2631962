//! What every store promises of audit trails and dossiers, as tests.

#![allow(missing_docs, reason = "the names are sentences")]

use std::sync::Arc;

use super::made_up::{
    analysis, at, deploy, full_event, full_investigation, investigation, link, note,
};
use crate::error::{Error, ErrorKind};
use crate::model::{
    AuditEntry, Chain, Dossier, Event, EventId, Investigation, InvestigationId, LinkKind, Tag,
};
use crate::store::{Adopted, Embedded, Memory, Store};

type Shared = Arc<dyn Store>;

fn trail(store: &Shared, id: InvestigationId) -> Vec<AuditEntry> {
    store.history(id, 0, usize::MAX).unwrap()
}

fn fields(trail: &[AuditEntry]) -> Vec<(u64, &str, Option<&str>)> {
    trail.iter().map(|e| (e.revision, e.field.as_str(), e.author.as_deref())).collect()
}

fn sound(store: &Shared) {
    let report = store.verify().unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

fn write(store: &Shared, case: &Investigation, author: &str) -> Investigation {
    let written = store.put_investigations(std::slice::from_ref(case), Some(author)).unwrap();
    written.into_iter().next().unwrap()
}

/// Everything that a store keeps of an investigation.
fn dossier(store: &Shared, id: InvestigationId) -> Dossier {
    let links = store.links_of_investigation(id).unwrap();
    let ids: Vec<EventId> = links.iter().map(|link| link.event).collect();
    let mut events: Vec<Event> = store.events(&ids).unwrap().into_iter().flatten().collect();
    events.sort_by_key(|event| (event.timestamp(), event.id()));
    Dossier {
        schema_version: Dossier::SCHEMA_VERSION,
        investigation: store.investigation(id).unwrap().unwrap(),
        events,
        links,
        analysis: store.analysis(id).unwrap(),
        history: trail(store, id),
    }
}

/// An investigation with a past.
fn lived(store: &Shared) -> Dossier {
    store.append(&[deploy(1), deploy(2), note(3), full_event()]).unwrap();
    let mut case = full_investigation();
    (case.revision, case.deleted_at) = (0, None);
    let mut case = write(store, &case, "kim");
    let id = case.id();
    store.link(&[link(deploy(1).id(), id, LinkKind::Manual)]).unwrap();
    store.link(&[link(deploy(2).id(), id, LinkKind::Automatic)]).unwrap();
    store.link(&[link(note(3).id(), id, LinkKind::Rejected)]).unwrap();
    case.set_root_cause(Some("two connections for all".to_owned())).unwrap();
    case.updated_at = at(50);
    write(store, &case, "lee");
    store.put_analysis(id, &analysis(id)).unwrap();
    dossier(store, id)
}

/// Another store of each kind.
fn others() -> [Shared; 2] {
    let disk = super::Disk::default();
    [Arc::new(Memory::new()), Arc::new(Embedded::on_disk(disk).unwrap())]
}

pub fn every_change_of_a_record_is_in_its_history(store: &Shared) {
    let mut case = write(store, &investigation(1), "kim");
    case.add_tag(Tag::new("pool").unwrap());
    case.set_assigned_to(Some("lee".to_owned()));
    case.updated_at = at(60);
    let case = write(store, &case, "lee");
    write(store, &case, "lee");
    store.delete_investigation(case.id(), at(70), Some("kim")).unwrap();
    store.restore_investigation(case.id(), at(71), None).unwrap();
    let trail = trail(store, case.id());
    let expected = [
        (1, "record", Some("kim")),
        (2, "assigned_to", Some("lee")),
        (2, "tags", Some("lee")),
        (3, "updated_at", Some("lee")),
        (4, "deleted_at", Some("kim")),
        (5, "deleted_at", None),
    ];
    assert_eq!(fields(&trail), expected);
    assert_eq!((&trail[1].old, &trail[1].new), (&serde_json::Value::Null, &"lee".into()));
    assert_eq!(trail[1].time, at(60));
    assert_eq!(store.history(case.id(), 4, 1).unwrap(), trail[4..5]);
    assert_eq!(store.history(case.id(), u64::MAX, 9).unwrap(), []);
    assert_eq!(store.history(investigation(2).id(), 0, 9).unwrap(), []);
    assert_eq!(store.audit_heads().unwrap(), [(case.id(), trail[5].head())]);
    assert_eq!(store.verify().unwrap().audit_entries, 6);
    sound(store);
}

pub fn a_history_tells_every_version(store: &Shared) {
    let mut case = full_investigation();
    case.revision = 0;
    let mut versions = vec![write(store, &case, "kim")];
    for n in 0..5 {
        let mut case = versions.last().unwrap().clone();
        case.set_description(format!("seen {n} times")).unwrap();
        case.hypotheses[0].evidence.rotate_left(1);
        case.hypotheses[0].evidence[0].text = format!("again {n}");
        case.put_in_order();
        case.updated_at = at(100 + n);
        versions.push(write(store, &case, "lee"));
    }
    let mut chain = Chain::of(case.id());
    let trail = trail(store, case.id());
    for (place, entry) in trail.iter().enumerate() {
        chain.take(entry).unwrap();
        if trail.get(place + 1).is_none_or(|next| next.revision > entry.revision) {
            let version = &versions[usize::try_from(entry.revision).unwrap() - 1];
            assert_eq!(chain.investigation().unwrap(), *version);
        }
    }
    assert_eq!(chain.revision(), 6);
    sound(store);
}

pub fn several_records_are_written_all_or_none(store: &Shared) {
    let both = [investigation(1), investigation(2)];
    let stored = store.put_investigations(&both, Some("kim")).unwrap();
    assert_eq!(stored.iter().map(Investigation::revision).collect::<Vec<_>>(), [1, 1]);
    let (before, seq) = (store.audit_heads().unwrap(), store.last_seq().unwrap());
    // The second is stale.
    let error = store.put_investigations(&[stored[0].clone(), both[1].clone()], None).unwrap_err();
    assert!(matches!(&error, Error::Conflict { theirs, .. } if **theirs == stored[1]), "{error}");
    let twice = store.put_investigations(&[stored[0].clone(), stored[0].clone()], None);
    assert_eq!(twice.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(store.investigation(stored[0].id()).unwrap().as_ref(), Some(&stored[0]));
    assert_eq!((store.audit_heads().unwrap(), store.last_seq().unwrap()), (before, seq));
    assert_eq!(store.put_investigations(&[], None).unwrap(), []);
    sound(store);
}

pub fn what_people_decide_about_events_is_in_the_history(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let id = write(store, &investigation(1), "kim").id();
    let event = deploy(1).id();
    let decide = |kind| store.link(&[link(event, id, kind)]).unwrap();
    decide(LinkKind::Suggested);
    decide(LinkKind::Automatic);
    store.link(&[link(deploy(2).id(), id, LinkKind::Automatic)]).unwrap();
    store.unlink(deploy(2).id(), id, at(80)).unwrap();
    assert_eq!(trail(store, id).len(), 1, "the linker's own work is not kept");
    decide(LinkKind::Rejected);
    decide(LinkKind::Manual);
    sound(store);
    store.unlink(event, id, at(80)).unwrap();
    let found = trail(store, id);
    let change = |entry: &AuditEntry| (entry.old.clone(), entry.new.clone(), entry.author.clone());
    let kim = || Some("kim".to_owned());
    assert!(found[1..].iter().all(|entry| entry.field == format!("links.{event}")));
    assert_eq!(change(&found[1]), ("automatic".into(), "rejected".into(), kim()));
    assert_eq!(change(&found[2]), ("rejected".into(), "manual".into(), kim()));
    assert_eq!(change(&found[3]), ("manual".into(), serde_json::Value::Null, None));
    assert_eq!((found[3].time, found[3].revision), (at(80), 1));
    sound(store);
}

pub fn a_dossier_is_the_same_investigation_elsewhere(store: &Shared) {
    let made = lived(store);
    assert_eq!(made.history.len(), 4);
    assert_eq!(store.put_dossier(&made).unwrap(), Adopted::Known);
    for other in others() {
        let json = serde_json::to_string(&made).unwrap();
        let read: Dossier = serde_json::from_str(&json).unwrap();
        assert_eq!(other.put_dossier(&read).unwrap(), Adopted::New);
        assert_eq!(dossier(&other, made.investigation.id()), made);
        assert_eq!(other.put_dossier(&read).unwrap(), Adopted::Known);
        sound(&other);
    }
}

pub fn a_dossier_takes_an_older_copy_further_and_leaves_a_newer_one_alone(store: &Shared) {
    let older = lived(store);
    let id = older.investigation.id();
    let mut case = older.investigation.clone();
    case.set_title(crate::model::Title::new("no longer slow").unwrap());
    write(store, &case, "kim");
    store.link(&[link(note(3).id(), id, LinkKind::Manual)]).unwrap();
    store.unlink(deploy(2).id(), id, at(81)).unwrap();
    let newer = dossier(store, id);
    for other in others() {
        // An event that was known before keeps its place.
        other.append(&[deploy(1)]).unwrap();
        assert_eq!(other.put_dossier(&older).unwrap(), Adopted::New);
        assert_eq!(other.put_dossier(&newer).unwrap(), Adopted::Extended);
        assert_eq!(other.put_dossier(&older).unwrap(), Adopted::Known);
        let found = dossier(&other, id);
        assert_eq!((&found.investigation, &found.links), (&newer.investigation, &newer.links));
        assert_eq!(found.history, newer.history);
        sound(&other);
    }
}

pub fn a_dossier_whose_history_went_another_way_is_a_conflict(store: &Shared) {
    let common = lived(store);
    let id = common.investigation.id();
    let mut ours = common.investigation.clone();
    ours.set_root_cause(Some("the pool".to_owned())).unwrap();
    let ours = write(store, &ours, "kim");
    for other in others() {
        other.put_dossier(&common).unwrap();
        let mut theirs = common.investigation.clone();
        theirs.set_root_cause(Some("the network".to_owned())).unwrap();
        let theirs = write(&other, &theirs, "lee");
        let error = store.put_dossier(&dossier(&other, id)).unwrap_err();
        let Error::Conflict { yours: given, theirs: stored } = &error else { panic!("{error}") };
        assert_eq!((&**given, &**stored), (&theirs, &ours), "both versions are shown");
    }
    assert_eq!(store.investigation(id).unwrap(), Some(ours));
    // An event that is known from another time has another id.
    let twin = Event::builder(at(77), deploy(1).source().clone(), "deploy", "ledger v1")
        .with_source_id("d-1")
        .build()
        .unwrap();
    for other in others() {
        other.append(std::slice::from_ref(&twin)).unwrap();
        assert_eq!(other.put_dossier(&common).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(other.investigation(id).unwrap(), None);
    }
    sound(store);
}

pub fn a_dossier_that_was_tampered_with_is_refused(store: &Shared) {
    let made = lived(store);
    let (mut record, mut entry, mut links, mut short) =
        (made.clone(), made.clone(), made.clone(), made.clone());
    record.investigation.set_root_cause(Some("nobody's fault".to_owned())).unwrap();
    entry.history[3].author = Some("mallory".to_owned());
    links.links.retain(|link| link.kind != LinkKind::Rejected);
    short.history.pop();
    for other in others() {
        for bad in [&record, &entry, &links, &short] {
            assert_eq!(other.put_dossier(bad).unwrap_err().kind(), ErrorKind::Corrupt);
        }
        let mut strange = made.clone();
        strange.events.remove(0);
        assert_eq!(other.put_dossier(&strange).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(other.event_count().unwrap(), 0, "nothing is left behind");
    }
    let mut bare = made;
    bare.history.clear();
    for other in others() {
        assert_eq!(other.put_dossier(&bare).unwrap(), Adopted::New, "of before there were trails");
        sound(&other);
    }
}
