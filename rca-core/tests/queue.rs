//! The dead-letter queue against a plain list: whatever happens to it, closing and opening included, both show the same.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use rca_core::model::{DeadLetterCaps, DeadLetterId, NewDeadLetter};
use rca_core::store::testing::Disk;
use rca_core::store::testing::made_up::{at, refused};
use rca_core::store::{Embedded, Intake, LetterFilter, Memory, Store, Tried};

#[derive(Debug, Clone)]
enum Action {
    Arrive(Vec<u32>),
    /// Places in the queue, from its beginning.
    Settle(Vec<usize>),
    Try(usize),
    Caps(u64, u64, i64),
    /// The clock goes on, or back.
    Move(i64),
    Reopen,
    Compact,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => prop::collection::vec(0..40_u32, 0..6).prop_map(Action::Arrive),
        2 => prop::collection::vec(0..12_usize, 0..4).prop_map(Action::Settle),
        2 => (0..12_usize).prop_map(Action::Try),
        1 => (0..20_u64, 0..200_u64, 0..5000_i64).prop_map(|(n, b, age)| Action::Caps(n, b, age)),
        2 => (-500..3000_i64).prop_map(Action::Move),
        1 => Just(Action::Reopen),
        1 => Just(Action::Compact),
    ]
}

struct Letter {
    id: u64,
    new: NewDeadLetter,
    tries: u32,
    kept: bool,
}

impl Letter {
    fn size(&self) -> u64 {
        if self.kept { self.new.raw.len() as u64 } else { 0 }
    }
}

struct Model {
    letters: Vec<Letter>,
    arrived: u64,
    caps: DeadLetterCaps,
    now: DateTime<Utc>,
    gone: [u64; 3],
}

/// Bytes of different lengths; every tenth is longer than a letter may be.
fn letter(n: u32, now: DateTime<Utc>) -> NewDeadLetter {
    let padding = if n.is_multiple_of(10) { 80 } else { n };
    let raw = format!("{n}:{}", "x".repeat(usize::try_from(padding).unwrap()));
    NewDeadLetter { at: now, raw: raw.into_bytes(), ..refused(n) }
}

impl Model {
    fn new() -> Self {
        let caps = DeadLetterCaps { letter_bytes: 64, ..DeadLetterCaps::default() };
        Self { letters: Vec::new(), arrived: 0, caps, now: at(0), gone: [0; 3] }
    }

    fn act(&mut self, store: &dyn Store, action: &Action) {
        let intake = Intake::at(self.now).with_caps(self.caps);
        let place = |at: &usize| self.letters.get(*at).map_or(999, |letter| letter.id);
        match action {
            Action::Arrive(numbers) => {
                let new: Vec<_> = numbers.iter().map(|&n| letter(n, self.now)).collect();
                let ids = store.take_in(&intake.with_refused(&new)).unwrap().letters;
                let expected: Vec<_> = new.into_iter().map(|new| self.arrive(new)).collect();
                assert_eq!(ids, expected);
                self.hold_bounds();
            }
            Action::Settle(places) => {
                let ids: Vec<_> = places.iter().map(place).map(DeadLetterId).collect();
                store.take_in(&intake.with_settled(&ids)).unwrap();
                let before = self.letters.len();
                self.letters.retain(|letter| !ids.contains(&DeadLetterId(letter.id)));
                self.gone[0] += (before - self.letters.len()) as u64;
                self.hold_bounds();
            }
            Action::Try(at) => {
                let id = DeadLetterId(place(at));
                let reason = "again".to_owned();
                let tried = [Tried { id, at: self.now, reason, next_try: None }];
                store.take_in(&intake.with_tried(&tried)).unwrap();
                if let Some(letter) = self.letters.get_mut(*at) {
                    letter.tries += 1;
                }
                self.hold_bounds();
            }
            Action::Caps(letters, bytes, age) => {
                let age = Duration::seconds(*age);
                self.caps =
                    DeadLetterCaps { letters: *letters, bytes: *bytes, age, letter_bytes: 64 };
            }
            Action::Move(seconds) => self.now += Duration::seconds(*seconds),
            Action::Compact => store.compact().unwrap(),
            Action::Reopen => {}
        }
    }

    fn arrive(&mut self, new: NewDeadLetter) -> DeadLetterId {
        let same =
            |letter: &&mut Letter| (&letter.new.source, &letter.new.raw) == (&new.source, &new.raw);
        if let Some(known) = self.letters.iter_mut().find(same) {
            known.tries += 1;
            return DeadLetterId(known.id);
        }
        self.arrived += 1;
        let kept = new.raw.len() <= 64;
        self.letters.push(Letter { id: self.arrived, new, tries: 1, kept });
        DeadLetterId(self.arrived)
    }

    fn hold_bounds(&mut self) {
        while let Some(first) = self.letters.first() {
            let bytes: u64 = self.letters.iter().map(Letter::size).sum();
            let over = self.letters.len() as u64 > self.caps.letters || bytes > self.caps.bytes;
            let old = self.now - first.new.at > self.caps.age;
            if !over && !old {
                break;
            }
            self.gone[if old { 2 } else { 1 }] += 1;
            self.letters.remove(0);
        }
    }

    fn compare(&self, store: &dyn Store) {
        let found = store.dead_letters(&LetterFilter::default()).unwrap();
        assert_eq!(found.len(), self.letters.len());
        for (found, letter) in found.iter().zip(&self.letters) {
            assert_eq!((found.id.0, found.tries), (letter.id, letter.tries));
            assert_eq!((found.kept, found.first_at), (letter.kept, letter.new.at));
            assert_eq!(store.dead_letter(found.id).unwrap().as_ref(), Some(found));
            let bytes = store.dead_letter_bytes(found.id).unwrap();
            assert_eq!(bytes, letter.kept.then(|| letter.new.raw.clone()));
        }
        let counts = store.dead_letter_counts().unwrap();
        assert_eq!(counts.letters, self.letters.len() as u64);
        assert_eq!(counts.bytes, self.letters.iter().map(Letter::size).sum::<u64>());
        assert_eq!([counts.settled, counts.evicted, counts.expired], self.gone);
        assert_eq!(counts.arrived, self.arrived);
        let report = store.verify().unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        assert_eq!(report.dead_letters, self.letters.len() as u64);
    }
}

fn play(actions: &[Action], mut open: impl FnMut(Option<Arc<dyn Store>>) -> Arc<dyn Store>) {
    let (mut store, mut model) = (open(None), Model::new());
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
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_queue_in_memory_behaves_like_a_list(actions in prop::collection::vec(action(), 0..40)) {
        play(&actions, |store| store.unwrap_or_else(|| Arc::new(Memory::new())));
    }

    #[test]
    fn an_embedded_queue_behaves_like_a_list(actions in prop::collection::vec(action(), 0..40)) {
        let mut disk = Disk::default();
        play(&actions, |store| {
            drop(store);
            disk = Disk::with_bytes(disk.bytes());
            Arc::new(Embedded::on_disk(disk.clone()).unwrap())
        });
    }
}
