//! Random histories: whatever is done to a store, it shows what plain maps would show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use rca_core::model::{Event, EventId, Investigation, InvestigationId, Link, LinkKind};
use rca_core::store::testing::Disk;
use rca_core::store::testing::made_up::{at, deploy, investigation, link, note};
use rca_core::store::{Changed, Deleted, Embedded, Memory, Order, Scan, Seq, Store};

#[derive(Debug, Clone)]
enum Action {
    Append(Vec<u32>),
    Delete(u32),
    Restore(u32),
    PutInvestigation(u32),
    DeleteInvestigation(u32),
    Link(u32, u32, LinkKind),
    Unlink(u32, u32),
    PutMeta(u8, Vec<u8>),
    Reopen,
    Compact,
}

fn action() -> impl Strategy<Value = Action> {
    let kind = prop_oneof![
        Just(LinkKind::Suggested),
        Just(LinkKind::Automatic),
        Just(LinkKind::Manual),
        Just(LinkKind::Rejected),
    ];
    prop_oneof![
        4 => prop::collection::vec(0..24_u32, 0..8).prop_map(Action::Append),
        2 => (0..24_u32).prop_map(Action::Delete),
        2 => (0..24_u32).prop_map(Action::Restore),
        2 => (0..4_u32).prop_map(Action::PutInvestigation),
        1 => (0..4_u32).prop_map(Action::DeleteInvestigation),
        4 => (0..24_u32, 0..4_u32, kind).prop_map(|(e, i, kind)| Action::Link(e, i, kind)),
        2 => (0..24_u32, 0..4_u32).prop_map(|(e, i)| Action::Unlink(e, i)),
        1 => (0..3_u8, prop::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(name, bytes)| Action::PutMeta(name, bytes)),
        1 => Just(Action::Reopen),
        1 => Just(Action::Compact),
    ]
}

/// Half of the made-up events have a source id, half have none.
fn event(n: u32) -> Event {
    if n.is_multiple_of(2) { deploy(n) } else { note(n) }
}

#[derive(Default)]
struct Model {
    events: BTreeMap<EventId, Event>,
    deleted: BTreeMap<EventId, bool>,
    linked: BTreeSet<EventId>,
    revisions: BTreeMap<InvestigationId, u64>,
    links: BTreeMap<(InvestigationId, EventId), LinkKind>,
    meta: BTreeMap<String, Vec<u8>>,
    writes: u64,
}

impl Model {
    /// Does the same to both and compares the answers.
    fn act(&mut self, store: &dyn Store, action: &Action) {
        match action {
            Action::Append(numbers) => {
                let batch: Vec<_> = numbers.iter().map(|&n| event(n)).collect();
                let mut fresh = Vec::new();
                for event in &batch {
                    if self.events.insert(event.id(), event.clone()).is_none() {
                        self.writes += 1;
                        fresh.push((event.id(), Seq(self.writes)));
                    }
                }
                let appended = store.append(&batch).unwrap();
                assert_eq!(appended.duplicates.len(), batch.len() - fresh.len());
                assert_eq!(appended.accepted, fresh);
            }
            Action::Delete(n) => self.mark(store, event(*n).id(), true),
            Action::Restore(n) => self.mark(store, event(*n).id(), false),
            Action::PutInvestigation(n) => {
                let id = investigation(*n).id();
                let stored = store.investigation(id).unwrap();
                let written = store.put_investigation(&stored.unwrap_or(investigation(*n)));
                self.writes += 1;
                let revision = self.revisions.entry(id).or_default();
                *revision += 1;
                assert_eq!(written.unwrap().revision(), *revision);
            }
            Action::DeleteInvestigation(n) => {
                let id = investigation(*n).id();
                let deleted = store.delete_investigation(id, at(500), None);
                assert_eq!(deleted.is_ok(), self.revisions.contains_key(&id));
                if let Some(revision) = self.revisions.get_mut(&id) {
                    *revision += 1;
                    self.writes += 1;
                }
            }
            Action::Link(e, i, kind) => {
                let (event, case) = (event(*e).id(), investigation(*i).id());
                let possible =
                    self.events.contains_key(&event) && self.revisions.contains_key(&case);
                assert_eq!(store.link(&[link(event, case, *kind)]).is_ok(), possible);
                if possible {
                    self.writes += 1;
                    self.links.insert((case, event), *kind);
                    if kind.is_linked() {
                        self.linked.insert(event);
                    }
                }
            }
            Action::Unlink(e, i) => {
                let (event, case) = (event(*e).id(), investigation(*i).id());
                let was_there = self.links.remove(&(case, event)).is_some();
                self.writes += u64::from(was_there);
                assert_eq!(store.unlink(event, case, at(700)).unwrap(), was_there);
            }
            Action::PutMeta(name, bytes) => {
                store.put_meta(&format!("name-{name}"), bytes).unwrap();
                self.meta.insert(format!("name-{name}"), bytes.clone());
            }
            Action::Compact => store.compact().unwrap(),
            Action::Reopen => {}
        }
    }

    fn mark(&mut self, store: &dyn Store, id: EventId, deleted: bool) {
        let known = self.events.contains_key(&id);
        let answer =
            if deleted { store.delete_event(id, at(400)) } else { store.restore_event(id) };
        assert_eq!(answer.is_ok(), known);
        if known {
            self.writes += 1;
            self.deleted.insert(id, deleted);
        }
    }

    fn is_deleted(&self, id: &EventId) -> bool {
        self.deleted.get(id) == Some(&true)
    }

    fn compare(&self, store: &dyn Store) {
        let mut expected: Vec<_> = self.events.values().collect();
        expected.sort_by_key(|event| (event.timestamp(), event.id()));
        let ids = |scan: &Scan| -> Vec<EventId> {
            store.scan(scan).unwrap().map(|event| event.unwrap().id()).collect()
        };
        let all: Vec<_> = expected.iter().map(|event| event.id()).collect();
        assert_eq!(ids(&Scan::all().with_deleted(Deleted::Show)), all);
        let mut shown: Vec<_> = all.iter().copied().filter(|id| !self.is_deleted(id)).collect();
        assert_eq!(ids(&Scan::all()), shown);
        shown.reverse();
        assert_eq!(ids(&Scan::all().with_order(Order::NewestFirst)), shown);

        for (id, event) in &self.events {
            let found = store.event(*id).unwrap().unwrap();
            assert_eq!(found.title(), event.title());
            assert_eq!(found.deleted_at().is_some(), self.is_deleted(id));
            assert_eq!(found.linked_at().is_some(), self.linked.contains(id));
            if let Some(source_id) = event.source_id() {
                let by_source = store.event_by_source_id(event.source(), source_id).unwrap();
                assert_eq!(by_source, Some(*id));
            }
            let cases = |links: Vec<Link>| -> Vec<_> {
                links.iter().map(|link| (link.investigation, link.kind)).collect()
            };
            let of_event = self.links.iter().filter(|((_, event), _)| event == id);
            let of_event: Vec<_> = of_event.map(|((case, _), kind)| (*case, *kind)).collect();
            assert_eq!(cases(store.links_of_event(*id).unwrap()), of_event);
        }
        let cases: Vec<Investigation> =
            store.investigations().unwrap().map(Result::unwrap).collect();
        let revisions = cases.iter().map(|case| (case.id(), case.revision())).collect();
        assert_eq!(self.revisions, revisions);
        for case in cases {
            let links = store.links_of_investigation(case.id()).unwrap();
            let found: BTreeMap<_, _> =
                links.iter().map(|link| ((case.id(), link.event), link.kind)).collect();
            let expected = self.links.iter().filter(|((id, _), _)| *id == case.id());
            assert_eq!(found, expected.map(|(key, kind)| (*key, *kind)).collect());
        }
        let meta: BTreeMap<_, _> = store.metas("").unwrap().into_iter().collect();
        assert_eq!(meta, self.meta);
        self.compare_changes(store);
        for (id, revision) in &self.revisions {
            let trail = store.history(*id, 0, usize::MAX).unwrap();
            assert_eq!(trail.iter().map(|entry| entry.revision).max(), Some(*revision));
        }
        let report = store.verify().unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
    }

    /// A projection that replays the log knows everything.
    fn compare_changes(&self, store: &dyn Store) {
        assert_eq!(store.last_seq().unwrap(), Seq(self.writes));
        let changes = store.changes_since(Seq::ZERO, usize::MAX).unwrap();
        assert!(changes.is_sorted_by(|a, b| a.seq < b.seq));
        assert_eq!(changes.last().map_or(Seq::ZERO, |change| change.seq), Seq(self.writes));
        let (mut seen, mut links) = (BTreeMap::new(), BTreeSet::new());
        for change in changes {
            match change.what {
                Changed::Event(event) => {
                    seen.insert(event.id(), event.deleted_at().is_some());
                }
                Changed::Link { event, investigation } => {
                    links.insert((investigation, event.id()));
                }
                _ => {}
            }
        }
        let expected = self.events.keys().map(|id| (*id, self.is_deleted(id))).collect();
        assert_eq!(seen, expected);
        assert!(self.links.keys().all(|pair| links.contains(pair)));
    }
}

/// Plays a history. `open` makes the store that is there after closing the one before.
fn play(actions: &[Action], mut open: impl FnMut(Option<Arc<dyn Store>>) -> Arc<dyn Store>) {
    let (mut store, mut model) = (open(None), Model::default());
    for action in actions {
        model.act(&*store, action);
        if matches!(action, Action::Reopen) {
            store = open(Some(store));
            model.compare(&*store);
        }
    }
    model.compare(&*store);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_memory_store_behaves_like_maps(actions in prop::collection::vec(action(), 0..40)) {
        play(&actions, |store| store.unwrap_or_else(|| Arc::new(Memory::new())));
    }

    #[test]
    fn an_embedded_store_behaves_like_maps(actions in prop::collection::vec(action(), 0..40)) {
        let mut disk = Disk::default();
        play(&actions, |store| {
            drop(store);
            disk = Disk::with_bytes(disk.bytes());
            Arc::new(Embedded::on_disk(disk.clone()).unwrap())
        });
    }
}
