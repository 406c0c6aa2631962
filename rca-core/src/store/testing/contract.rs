//! What every store promises, as tests. [`store_contract!`](crate::store_contract) runs them all.

#![allow(missing_docs, reason = "the names are sentences")]

use std::collections::BTreeSet;
use std::sync::Arc;

use super::made_up::{self, note};
use super::made_up::{
    analysis, at, deploy, full_event, full_investigation, investigation, link, refused,
};
pub use super::trails::*;
use crate::error::{Error, ErrorKind};
use crate::model::{
    DeadLetterCaps, DeadLetterCounts, DeadLetterId, Event, EventId, LinkKind, NewDeadLetter, Source,
};
use crate::store::{
    Change, Changed, Deleted, Duplicate, Intake, LetterFilter, MAX_META_BYTES, Order, Scan, Seq,
    Store, StoredCheckpoint, Tried,
};
use crate::time::TimeRange;

/// Makes one `#[test]` for each promise. The argument is an expression that makes a fresh, empty
/// `Arc<dyn Store>`; it may be a block that leaks what has to live as long as the test.
#[macro_export]
macro_rules! store_contract {
    ($fresh:expr) => {
        $crate::store_contract!(@tests $fresh;
            what_was_appended_reads_back_equal
            a_retry_stores_nothing_twice
            the_same_source_id_at_another_time_is_the_same_event
            duplicates_within_a_batch_are_stored_once
            a_batch_with_an_impossible_time_stores_nothing
            many_events_are_read_in_the_order_asked_for
            scans_are_in_order_of_time_then_id
            scans_respect_ranges_and_pages_both_ways
            ranges_beyond_the_possible_are_empty_or_whole
            deleted_events_are_hidden_until_they_are_restored
            an_iterator_shows_the_store_as_it_was
            iterators_can_be_sent_to_another_thread
            investigations_count_their_revisions
            a_stale_write_is_refused
            deleted_investigations_can_be_restored
            investigations_come_newest_first
            links_are_found_from_both_sides
            linking_moves_the_time_of_the_event
            links_need_both_ends_and_come_all_or_none
            an_analysis_replaces_the_one_before
            every_change_of_a_record_is_in_its_history
            a_history_tells_every_version
            several_records_are_written_all_or_none
            what_people_decide_about_events_is_in_the_history
            a_dossier_is_the_same_investigation_elsewhere
            a_dossier_takes_an_older_copy_further_and_leaves_a_newer_one_alone
            a_dossier_whose_history_went_another_way_is_a_conflict
            a_dossier_that_was_tampered_with_is_refused
            named_bytes_are_kept_found_and_forgotten
            a_page_is_taken_in_as_a_whole
            a_page_that_cannot_be_stored_leaves_nothing_behind
            checkpoints_are_listed_and_forgotten
            dead_letters_are_listed_with_their_bytes_apart
            the_same_bytes_are_one_letter_that_was_tried_twice
            letters_that_could_be_read_leave_the_queue
            what_is_over_a_bound_goes_the_oldest_first
            a_letter_that_is_too_long_leaves_a_note
            old_letters_expire
            every_change_gets_a_number
            changes_come_in_pages_without_gaps
            compaction_loses_nothing
            writers_on_many_threads_get_their_own_answers
            a_fresh_store_is_empty_and_sound
        );
    };
    (@tests $fresh:expr; $($name:ident)+) => {
        $(#[test]
        fn $name() {
            let store: std::sync::Arc<dyn $crate::store::Store> = $fresh;
            $crate::store::testing::contract::$name(&store);
        })+
    };
}

type Shared = Arc<dyn Store>;

fn kind_of<T: std::fmt::Debug>(result: crate::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

fn titles(store: &Shared, scan: Scan) -> Vec<String> {
    store.scan(&scan).unwrap().map(|event| event.unwrap().title().to_owned()).collect()
}

fn sound(store: &Shared) {
    let report = store.verify().unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

/// All that happened: kind and id.
fn history(changes: &[Change]) -> Vec<(u64, &'static str)> {
    let name = |what: &Changed| match what {
        Changed::Event(_) => "event",
        Changed::Investigation(_) => "investigation",
        Changed::Link { .. } => "link",
    };
    changes.iter().map(|change| (change.seq.0, name(&change.what))).collect()
}

pub fn what_was_appended_reads_back_equal(store: &Shared) {
    let event = full_event();
    store.append(std::slice::from_ref(&event)).unwrap();
    assert_eq!(store.event(event.id()).unwrap().as_ref(), Some(&event));
    assert_eq!(store.event_by_source_id(event.source(), "p-77").unwrap(), Some(event.id()));
    assert_eq!(store.event_by_source_id(&Source::Git, "p-77").unwrap(), None);
    assert_eq!(store.event(deploy(1).id()).unwrap(), None);
    sound(store);
}

pub fn a_retry_stores_nothing_twice(store: &Shared) {
    let batch = [deploy(1), note(2)];
    let first = store.append(&batch).unwrap();
    assert_eq!(first.accepted, [(batch[0].id(), Seq(1)), (batch[1].id(), Seq(2))]);
    let second = store.append(&[note(2), deploy(3), deploy(1)]).unwrap();
    assert_eq!(second.accepted, [(deploy(3).id(), Seq(3))]);
    let repeated = |index, event: &Event| Duplicate { index, existing: event.id() };
    assert_eq!(second.duplicates, [repeated(0, &batch[1]), repeated(2, &batch[0])]);
    assert_eq!(store.event_count().unwrap(), 3);
}

pub fn the_same_source_id_at_another_time_is_the_same_event(store: &Shared) {
    store.append(&[deploy(1)]).unwrap();
    let later = Event::builder(at(99), Source::Deploy, "deploy", "ledger v1, told again")
        .with_source_id("d-1")
        .build()
        .unwrap();
    let appended = store.append(std::slice::from_ref(&later)).unwrap();
    assert_eq!(appended.duplicates, [Duplicate { index: 0, existing: deploy(1).id() }]);
    assert_eq!(store.event(later.id()).unwrap(), None);
    // Deleted is not gone: a connector that reads the past again must not bring it back.
    store.delete_event(deploy(1).id(), at(100)).unwrap();
    assert_eq!(store.append(&[later]).unwrap().accepted, []);
    sound(store);
}

pub fn duplicates_within_a_batch_are_stored_once(store: &Shared) {
    let twin = Event::builder(at(50), Source::Deploy, "deploy", "twin")
        .with_source_id("d-1")
        .build()
        .unwrap();
    let appended = store.append(&[deploy(1), note(2), twin, note(2)]).unwrap();
    assert_eq!(appended.accepted, [(deploy(1).id(), Seq(1)), (note(2).id(), Seq(2))]);
    let places: Vec<_> = appended.duplicates.iter().map(|d| (d.index, d.existing)).collect();
    assert_eq!(places, [(2, deploy(1).id()), (3, note(2).id())]);
    assert_eq!(store.append(&[]).unwrap(), crate::store::Appended::default());
    sound(store);
}

pub fn a_batch_with_an_impossible_time_stores_nothing(store: &Shared) {
    let mut json = serde_json::to_value(note(1)).unwrap();
    json["timestamp"] = "9999-01-01T00:00:00Z".into();
    let impossible: Event = serde_json::from_value(json).unwrap();
    assert_eq!(kind_of(store.append(&[deploy(1), impossible])), ErrorKind::InvalidInput);
    assert_eq!(store.event_count().unwrap(), 0);
}

pub fn many_events_are_read_in_the_order_asked_for(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let found = store.events(&[deploy(2).id(), note(9).id(), deploy(1).id()]).unwrap();
    assert_eq!(found, [Some(deploy(2)), None, Some(deploy(1))]);
    let texts = store.event_texts(&[note(9).id(), deploy(1).id()]).unwrap();
    let one = deploy(1);
    assert_eq!(texts, [None, Some(format!("{}\n{}", one.title(), one.body()))]);
}

pub fn scans_are_in_order_of_time_then_id(store: &Shared) {
    let mut same: Vec<_> = (0..20)
        .map(|n| Event::builder(at(5), Source::Logs, "log", &format!("line {n}")).build().unwrap())
        .collect();
    let before_1970 =
        Event::builder(at(-2_000_000_000), Source::Manual, "note", "long ago").build().unwrap();
    store.append(&same).unwrap();
    store.append(&[deploy(9), before_1970.clone(), deploy(1)]).unwrap();
    same.sort_by_key(Event::id);
    let mut expected = vec![before_1970, deploy(1)];
    expected.extend(same);
    expected.push(deploy(9));
    let found: Vec<_> = store.scan(&Scan::all()).unwrap().map(Result::unwrap).collect();
    assert_eq!(found, expected);
    expected.reverse();
    let newest = Scan::all().with_order(Order::NewestFirst);
    assert_eq!(store.scan(&newest).unwrap().map(Result::unwrap).collect::<Vec<_>>(), expected);
}

pub fn scans_respect_ranges_and_pages_both_ways(store: &Shared) {
    let events: Vec<_> = (0..10).map(deploy).collect();
    store.append(&events).unwrap();
    let range = TimeRange::new(at(2), at(7)).unwrap();
    for (order, expected) in
        [(Order::OldestFirst, [2, 3, 4, 5, 6]), (Order::NewestFirst, [6, 5, 4, 3, 2])]
    {
        let (mut scan, mut seen) = (Scan::within(range).with_order(order), Vec::new());
        loop {
            let page: Vec<_> = store.scan(&scan).unwrap().take(2).map(Result::unwrap).collect();
            let Some(last) = page.last() else { break };
            scan = scan.with_after(last);
            seen.extend(page);
        }
        assert_eq!(seen, expected.map(deploy));
    }
    let empty = TimeRange::new(at(3), at(3)).unwrap();
    assert!(titles(store, Scan::within(empty)).is_empty());
    let outside = Scan::within(range).with_after(&deploy(8));
    assert!(titles(store, outside).is_empty());
    assert!(titles(store, outside.with_order(Order::NewestFirst)).len() == 5);
}

pub fn ranges_beyond_the_possible_are_empty_or_whole(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let year = |year| format!("{year}-01-01T00:00:00Z").parse().unwrap();
    let count = |from, to| titles(store, Scan::within(TimeRange::new(from, to).unwrap())).len();
    assert_eq!(count(year(3000), year(4000)), 0);
    assert_eq!(count(year(1000), year(1200)), 0);
    assert_eq!(count(year(1000), year(4000)), 2);
    assert_eq!(count(year(2000), year(4000)), 2);
}

pub fn deleted_events_are_hidden_until_they_are_restored(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let id = deploy(1).id();
    store.delete_event(id, at(60)).unwrap();
    assert_eq!(titles(store, Scan::all()), ["ledger v2"]);
    let shown = Scan::all().with_deleted(Deleted::Show);
    assert_eq!(titles(store, shown), ["ledger v1", "ledger v2"]);
    assert_eq!(store.event(id).unwrap().unwrap().deleted_at(), Some(at(60)));
    store.restore_event(id).unwrap();
    assert_eq!(store.event(id).unwrap(), Some(deploy(1)));
    assert_eq!(kind_of(store.delete_event(note(1).id(), at(0))), ErrorKind::NotFound);
    assert_eq!(kind_of(store.restore_event(note(1).id())), ErrorKind::NotFound);
    assert_eq!(store.event_count().unwrap(), 2);
    sound(store);
}

pub fn an_iterator_shows_the_store_as_it_was(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let iterator = store.scan(&Scan::all()).unwrap();
    store.append(&[deploy(3)]).unwrap();
    store.delete_event(deploy(1).id(), at(60)).unwrap();
    let seen: Vec<_> = iterator.map(Result::unwrap).collect();
    assert_eq!(seen, [deploy(1), deploy(2)]);
}

pub fn iterators_can_be_sent_to_another_thread(store: &Shared) {
    store.append(&[deploy(1), deploy(2)]).unwrap();
    let iterator = store.scan(&Scan::all()).unwrap();
    let count = std::thread::spawn(move || iterator.map(Result::unwrap).count());
    assert_eq!(count.join().unwrap(), 2);
}

pub fn investigations_count_their_revisions(store: &Shared) {
    let stored = store.put_investigation(&investigation(1)).unwrap();
    assert_eq!(stored.revision(), 1);
    let again = store.put_investigation(&stored).unwrap();
    assert_eq!(again.revision(), 2);
    assert_eq!(store.investigation(again.id()).unwrap(), Some(again));

    let mut full = full_investigation();
    full.id = investigation(7).id();
    full.revision = 0;
    let stored = store.put_investigation(&full).unwrap();
    full.revision = 1;
    assert_eq!(stored, full);
    assert_eq!(store.investigation(full.id()).unwrap(), Some(full));
    sound(store);
}

pub fn a_stale_write_is_refused(store: &Shared) {
    let read = store.put_investigation(&investigation(1)).unwrap();
    store.put_investigation(&read).unwrap();
    let error = store.put_investigation(&read).unwrap_err();
    let Error::Conflict { yours, theirs } = &error else { panic!("{error}") };
    assert_eq!((yours.revision(), theirs.revision()), (1, 2), "both versions are shown");
    assert_eq!(**theirs, store.investigation(read.id()).unwrap().unwrap());
    let twice = store.put_investigation(&investigation(1)).unwrap_err();
    assert!(matches!(&twice, Error::Conflict { theirs, .. } if theirs.revision() == 2), "{twice}");
    let mut missing = investigation(2);
    missing.revision = 4;
    assert_eq!(kind_of(store.put_investigation(&missing)), ErrorKind::NotFound);
    assert_eq!(store.last_seq().unwrap(), Seq(2), "refused writes leave no trace");
}

pub fn deleted_investigations_can_be_restored(store: &Shared) {
    let stored = store.put_investigation(&investigation(1)).unwrap();
    let deleted = store.delete_investigation(stored.id(), at(70), Some("kim")).unwrap();
    assert_eq!((deleted.deleted_at(), deleted.revision()), (Some(at(70)), 2));
    assert_eq!(store.investigation(stored.id()).unwrap(), Some(deleted));
    let restored = store.restore_investigation(stored.id(), at(71), None).unwrap();
    assert_eq!((restored.deleted_at(), restored.revision()), (None, 3));
    assert_eq!(restored.updated_at(), at(71));
    let unknown = investigation(2).id();
    assert_eq!(kind_of(store.delete_investigation(unknown, at(0), None)), ErrorKind::NotFound);
    assert_eq!(kind_of(store.restore_investigation(unknown, at(0), None)), ErrorKind::NotFound);
}

pub fn investigations_come_newest_first(store: &Shared) {
    for n in [2, 9, 5] {
        store.put_investigation(&investigation(n)).unwrap();
    }
    let ids: Vec<_> = store.investigations().unwrap().map(|case| case.unwrap().id()).collect();
    assert_eq!(ids, [9, 5, 2].map(|n| investigation(n).id()));
}

fn events_and_cases(store: &Shared) {
    store.append(&[deploy(1), deploy(2), deploy(3)]).unwrap();
    store.put_investigation(&investigation(1)).unwrap();
    store.put_investigation(&investigation(2)).unwrap();
}

pub fn links_are_found_from_both_sides(store: &Shared) {
    events_and_cases(store);
    let (a, b) = (investigation(1).id(), investigation(2).id());
    let first = link(deploy(1).id(), a, LinkKind::Automatic);
    let second = link(deploy(2).id(), a, LinkKind::Manual);
    let third = link(deploy(1).id(), b, LinkKind::Suggested);
    store.link(&[third.clone(), second.clone(), first.clone()]).unwrap();
    assert_eq!(store.links_of_investigation(a).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.links_of_event(deploy(1).id()).unwrap(), [first.clone(), third]);
    let rejected = link(deploy(2).id(), a, LinkKind::Rejected);
    store.link(std::slice::from_ref(&rejected)).unwrap();
    assert_eq!(store.links_of_event(deploy(2).id()).unwrap(), [rejected]);
    assert!(store.unlink(deploy(2).id(), a, at(90)).unwrap());
    assert!(!store.unlink(deploy(2).id(), a, at(90)).unwrap());
    assert_eq!(store.links_of_investigation(a).unwrap(), [first]);
    assert_eq!(store.links_of_event(deploy(2).id()).unwrap(), []);
    sound(store);
}

pub fn linking_moves_the_time_of_the_event(store: &Shared) {
    events_and_cases(store);
    let case = investigation(1).id();
    let linked_at = |n| store.event(deploy(n).id()).unwrap().unwrap().linked_at();
    let batch = [
        link(deploy(1).id(), case, LinkKind::Automatic),
        link(deploy(2).id(), case, LinkKind::Suggested),
    ];
    store.link(&batch).unwrap();
    assert_eq!((linked_at(1), linked_at(2)), (Some(at(4000)), None));
    sound(store);
}

pub fn links_need_both_ends_and_come_all_or_none(store: &Shared) {
    events_and_cases(store);
    let case = investigation(1).id();
    let good = link(deploy(1).id(), case, LinkKind::Automatic);
    let no_event = link(note(5).id(), case, LinkKind::Automatic);
    let no_case = link(deploy(1).id(), investigation(9).id(), LinkKind::Automatic);
    for bad in [no_event, no_case] {
        assert_eq!(kind_of(store.link(&[good.clone(), bad])), ErrorKind::NotFound);
    }
    assert_eq!(store.links_of_investigation(case).unwrap(), []);
    assert_eq!(store.event(deploy(1).id()).unwrap(), Some(deploy(1)));
}

pub fn an_analysis_replaces_the_one_before(store: &Shared) {
    let case = store.put_investigation(&investigation(1)).unwrap();
    assert_eq!(store.analysis(case.id()).unwrap(), None);
    let mut found = analysis(case.id());
    store.put_analysis(case.id(), &found).unwrap();
    found.symptom = "checkout is down".to_owned();
    store.put_analysis(case.id(), &found).unwrap();
    assert_eq!(store.analysis(case.id()).unwrap(), Some(found.clone()));
    let unknown = investigation(2).id();
    assert_eq!(kind_of(store.put_analysis(unknown, &found)), ErrorKind::NotFound);
    sound(store);
}

pub fn named_bytes_are_kept_found_and_forgotten(store: &Shared) {
    assert_eq!(store.meta("checkpoint/git").unwrap(), None);
    store.put_meta("checkpoint/git", b"abc").unwrap();
    store.put_meta("checkpoint/git", b"").unwrap();
    store.put_meta("checkpoint/ci", &[0, 255]).unwrap();
    store.put_meta("checkpoints", b"not below").unwrap();
    assert_eq!(store.meta("checkpoint/git").unwrap(), Some(Vec::new()));
    let all = store.metas("checkpoint/").unwrap();
    let expected = [("checkpoint/ci", vec![0, 255]), ("checkpoint/git", vec![])];
    assert_eq!(all, expected.map(|(name, bytes)| (name.to_owned(), bytes)));
    assert!(store.remove_meta("checkpoint/git").unwrap());
    assert!(!store.remove_meta("checkpoint/git").unwrap());
    let too_long = vec![0; MAX_META_BYTES + 1];
    assert_eq!(kind_of(store.put_meta("x", &too_long)), ErrorKind::InvalidInput);
    sound(store);
}

fn put_letters(store: &Shared, letters: &[NewDeadLetter]) -> Vec<DeadLetterId> {
    let now = letters.last().map_or(at(0), |letter| letter.at);
    store.take_in(&Intake::at(now).with_refused(letters)).unwrap().letters
}

fn numbers(store: &Shared, filter: &LetterFilter) -> Vec<u64> {
    store.dead_letters(filter).unwrap().iter().map(|letter| letter.id.0).collect()
}

pub fn a_page_is_taken_in_as_a_whole(store: &Shared) {
    store.append(&[deploy(1)]).unwrap();
    let (events, letters) = ([deploy(1), deploy(2)], [refused(1), refused(2)]);
    let page = Intake::at(at(500))
        .with_events(&events)
        .with_refused(&letters)
        .with_checkpoint("ci", b"page 2");
    let taken = store.take_in(&page).unwrap();
    assert_eq!(taken.appended.accepted, [(deploy(2).id(), Seq(2))]);
    assert_eq!(taken.appended.duplicates, [Duplicate { index: 0, existing: deploy(1).id() }]);
    assert_eq!((taken.letters, taken.let_go), (vec![DeadLetterId(1), DeadLetterId(2)], 0));
    let stored = StoredCheckpoint { source: "ci".into(), bytes: b"page 2".into(), at: at(500) };
    assert_eq!(store.checkpoint("ci").unwrap(), Some(stored));
    // The same page again (it was stored, but the answer got lost) changes nothing but the tries.
    let again = store.take_in(&page).unwrap();
    assert_eq!(again.appended.accepted, []);
    assert_eq!(store.dead_letter_counts().unwrap().letters, 2);
    assert_eq!(store.event_count().unwrap(), 2);
    assert_eq!(store.last_seq().unwrap(), Seq(2), "only events are changes");
    sound(store);
}

pub fn a_page_that_cannot_be_stored_leaves_nothing_behind(store: &Shared) {
    let far = "9999-01-01T00:00:00Z".parse().unwrap();
    let (events, letters) = ([deploy(1)], [NewDeadLetter { next_try: Some(far), ..refused(1) }]);
    let page = Intake::at(at(0)).with_events(&events).with_checkpoint("ci", b"2");
    assert_eq!(kind_of(store.take_in(&page.with_refused(&letters))), ErrorKind::InvalidInput);
    let long = vec![0; MAX_META_BYTES + 1];
    let page = page.with_checkpoint("ci", &long);
    assert_eq!(kind_of(store.take_in(&page)), ErrorKind::InvalidInput);
    assert_eq!(store.event_count().unwrap(), 0);
    assert_eq!(store.checkpoint("ci").unwrap(), None);
    assert_eq!(store.dead_letter_counts().unwrap(), DeadLetterCounts::default());
}

pub fn checkpoints_are_listed_and_forgotten(store: &Shared) {
    assert_eq!(store.checkpoints().unwrap(), []);
    for (second, source) in ["git", "ci", "git"].into_iter().enumerate() {
        let now = at(i64::try_from(second).unwrap());
        store.take_in(&Intake::at(now).with_checkpoint(source, source.as_bytes())).unwrap();
    }
    let all = store.checkpoints().unwrap();
    let told: Vec<_> = all.iter().map(|c| (c.source.as_str(), c.at)).collect();
    assert_eq!(told, [("ci", at(1)), ("git", at(2))]);
    assert!(store.remove_checkpoint("git").unwrap());
    assert!(!store.remove_checkpoint("git").unwrap());
    assert_eq!(store.checkpoint("git").unwrap(), None);
    assert_eq!(store.metas("").unwrap(), [], "named bytes are something else");
    sound(store);
}

pub fn dead_letters_are_listed_with_their_bytes_apart(store: &Shared) {
    let letters: Vec<_> = (1..=5).map(refused).collect();
    put_letters(store, &letters);
    let all = LetterFilter::default();
    assert_eq!(numbers(store, &all), [1, 2, 3, 4, 5]);
    let of_one = LetterFilter { source: Some("ci-1".to_owned()), ..all.clone() };
    assert_eq!(numbers(store, &of_one), [1, 3, 5]);
    let page = LetterFilter { after: Some(DeadLetterId(1)), limit: 1, ..of_one.clone() };
    assert_eq!(numbers(store, &page), [3]);
    let due = LetterFilter { due: Some(at(3800)), ..all };
    assert_eq!(numbers(store, &due), [1, 2]);
    let third = store.dead_letter(DeadLetterId(3)).unwrap().unwrap();
    assert_eq!((&third.place, third.tries, third.kept), (&letters[2].place, 1, true));
    assert_eq!((third.first_at, third.last_at), (at(300), at(300)));
    assert_eq!((&third.about, third.next_try), (&letters[2].about, letters[2].next_try));
    assert_eq!(store.dead_letter_bytes(third.id).unwrap(), Some(letters[2].raw.clone()));
    assert_eq!(store.dead_letter(DeadLetterId(6)).unwrap(), None);
    assert_eq!(store.dead_letter_bytes(DeadLetterId(6)).unwrap(), None);
    sound(store);
}

pub fn the_same_bytes_are_one_letter_that_was_tried_twice(store: &Shared) {
    let later = NewDeadLetter { at: at(900), reason: "still none".into(), ..refused(1) };
    let other = NewDeadLetter { format: None, ..refused(1) };
    assert_eq!(
        put_letters(store, &[refused(1), other, later]),
        [DeadLetterId(1), DeadLetterId(2), DeadLetterId(1)]
    );
    let first = store.dead_letter(DeadLetterId(1)).unwrap().unwrap();
    assert_eq!((first.tries, first.first_at, first.last_at), (2, at(100), at(900)));
    assert_eq!(first.reason, "still none");
    let tried = Tried { id: first.id, at: at(950), reason: "nor now".into(), next_try: None };
    let gone = Tried { id: DeadLetterId(9), ..tried.clone() };
    store.take_in(&Intake::at(at(950)).with_tried(&[tried, gone])).unwrap();
    let first = store.dead_letter(first.id).unwrap().unwrap();
    assert_eq!((first.tries, first.next_try, first.reason.as_str()), (3, None, "nor now"));
    let counts = store.dead_letter_counts().unwrap();
    assert_eq!((counts.letters, counts.arrived), (2, 2));
    sound(store);
}

pub fn letters_that_could_be_read_leave_the_queue(store: &Shared) {
    let ids = put_letters(store, &[refused(1), refused(2)]);
    let events = [deploy(7)];
    let settled = [ids[0], DeadLetterId(44)];
    let replay = Intake::at(at(600)).with_events(&events).with_settled(&settled);
    assert_eq!(store.take_in(&replay).unwrap().settled, 1);
    assert_eq!(store.dead_letter(ids[0]).unwrap(), None);
    assert_eq!(store.dead_letter_bytes(ids[0]).unwrap(), None);
    assert!(store.event(deploy(7).id()).unwrap().is_some());
    let counts = store.dead_letter_counts().unwrap();
    assert_eq!((counts.letters, counts.arrived, counts.settled), (1, 2, 1));
    assert_eq!(counts.bytes, refused(2).raw.len() as u64);
    assert_eq!(put_letters(store, &[refused(1)]), [DeadLetterId(3)], "numbers do not come twice");
    sound(store);
}

pub fn what_is_over_a_bound_goes_the_oldest_first(store: &Shared) {
    let letters: Vec<_> = (1..=6).map(refused).collect();
    let caps = DeadLetterCaps { letters: 4, ..DeadLetterCaps::default() };
    let page = Intake::at(at(600)).with_refused(&letters).with_caps(caps);
    assert_eq!(store.take_in(&page).unwrap().let_go, 2);
    assert_eq!(numbers(store, &LetterFilter::default()), [3, 4, 5, 6]);
    let few_bytes = refused(7).raw.len() as u64 * 2;
    let caps = DeadLetterCaps { bytes: few_bytes, ..caps };
    let more = [refused(7)];
    let page = Intake::at(at(700)).with_refused(&more).with_caps(caps);
    assert_eq!(store.take_in(&page).unwrap().let_go, 3);
    assert_eq!(numbers(store, &LetterFilter::default()), [6, 7]);
    let counts = store.dead_letter_counts().unwrap();
    assert_eq!((counts.letters, counts.evicted, counts.bytes), (2, 5, few_bytes));
    sound(store);
}

pub fn a_letter_that_is_too_long_leaves_a_note(store: &Shared) {
    let caps = DeadLetterCaps { letter_bytes: 8, ..DeadLetterCaps::default() };
    let letters = [refused(1), NewDeadLetter { raw: vec![b'x'; 9], ..refused(2) }];
    store.take_in(&Intake::at(at(200)).with_refused(&letters).with_caps(caps)).unwrap();
    let long = store.dead_letter(DeadLetterId(2)).unwrap().unwrap();
    assert_eq!((long.kept, long.bytes, long.next_try), (false, 9, None));
    assert_eq!(store.dead_letter_bytes(long.id).unwrap(), None);
    assert_eq!(store.dead_letter_counts().unwrap().bytes, letters[0].raw.len() as u64);
    sound(store);
    store.take_in(&Intake::at(at(200)).with_settled(&[long.id])).unwrap();
    assert_eq!(store.dead_letter_counts().unwrap().bytes, letters[0].raw.len() as u64);
    sound(store);
}

pub fn old_letters_expire(store: &Shared) {
    put_letters(store, &[refused(1), refused(2), refused(3)]);
    let caps = DeadLetterCaps { age: chrono::Duration::seconds(150), ..DeadLetterCaps::default() };
    // Without anything new, too.
    let look = Intake::at(at(400)).with_caps(caps);
    assert_eq!(store.take_in(&look).unwrap().let_go, 2);
    assert_eq!(numbers(store, &LetterFilter::default()), [3]);
    assert_eq!(store.dead_letter_counts().unwrap().expired, 2);
    sound(store);
}

pub fn every_change_gets_a_number(store: &Shared) {
    events_and_cases(store);
    let (event, case) = (deploy(2).id(), investigation(1).id());
    store.link(&[link(event, case, LinkKind::Manual)]).unwrap();
    assert_eq!(store.delete_event(event, at(60)).unwrap(), Seq(7));
    store.unlink(event, case, at(90)).unwrap();
    let changes = store.changes_since(Seq(2), 100).unwrap();
    assert_eq!(
        history(&changes),
        [
            (3, "event"),
            (4, "investigation"),
            (5, "investigation"),
            (6, "link"),
            (7, "event"),
            (8, "link")
        ]
    );
    assert_eq!(store.last_seq().unwrap(), Seq(8));
    // A change shows the thing as it is now, not as it was then.
    let Changed::Link { event: shown, .. } = &changes[3].what else { panic!("no link") };
    assert_eq!(shown.deleted_at(), Some(at(60)));
    assert_eq!(store.changes_since(Seq(8), 10).unwrap(), []);
    assert_eq!(store.changes_since(Seq(u64::MAX), 10).unwrap(), []);
}

pub fn changes_come_in_pages_without_gaps(store: &Shared) {
    for n in 0..10 {
        store.append(&[deploy(n)]).unwrap();
        store.delete_event(deploy(n / 2).id(), at(60)).unwrap();
    }
    let all = store.changes_since(Seq::ZERO, usize::MAX).unwrap();
    assert_eq!(all.len(), 20);
    let (mut after, mut paged) = (Seq::ZERO, Vec::new());
    loop {
        let page = store.changes_since(after, 3).unwrap();
        after = page.last().map_or(after, |change| change.seq);
        let full = page.len() == 3;
        paged.extend(page);
        if !full {
            break;
        }
    }
    assert_eq!(paged, all);
}

pub fn compaction_loses_nothing(store: &Shared) {
    events_and_cases(store);
    let (event, case) = (deploy(2).id(), investigation(1).id());
    for _ in 0..3 {
        store.link(&[link(event, case, LinkKind::Automatic)]).unwrap();
        store.delete_event(event, at(60)).unwrap();
    }
    let last = store.last_seq().unwrap();
    let touched = |store: &Shared| -> BTreeSet<EventId> {
        let changes = store.changes_since(Seq::ZERO, usize::MAX).unwrap();
        let id = |change: &Change| match &change.what {
            Changed::Event(event) | Changed::Link { event, .. } => Some(event.id()),
            Changed::Investigation(_) => None,
        };
        changes.iter().filter_map(id).collect()
    };
    let before = touched(store);
    store.compact().unwrap();
    assert_eq!(store.last_seq().unwrap(), last);
    assert_eq!(touched(store), before);
    assert_eq!(store.append(&[deploy(8)]).unwrap().accepted, [(deploy(8).id(), Seq(last.0 + 1))]);
    sound(store);
}

pub fn writers_on_many_threads_get_their_own_answers(store: &Shared) {
    let case = store.put_investigation(&investigation(1)).unwrap();
    let writers: Vec<_> = (0..8_u32)
        .map(|writer| {
            let (store, case) = (Arc::clone(store), case.clone());
            std::thread::spawn(move || {
                for n in 0..10 {
                    let event = deploy(writer * 100 + n);
                    let accepted = store.append(std::slice::from_ref(&event)).unwrap().accepted;
                    assert_eq!(accepted[0].0, event.id());
                    // Refusals in a shared commit touch nobody else.
                    assert!(store.delete_event(note(n).id(), at(0)).is_err());
                    // Everybody wants to change what only the first to come may.
                    let _ = store.put_investigation(&case);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(store.event_count().unwrap(), 80);
    assert_eq!(store.investigation(case.id()).unwrap().unwrap().revision(), 2);
    assert_eq!(store.last_seq().unwrap(), Seq(82));
    sound(store);
}

pub fn a_fresh_store_is_empty_and_sound(store: &Shared) {
    assert_eq!(store.event_count().unwrap(), 0);
    assert_eq!(store.last_seq().unwrap(), Seq::ZERO);
    assert!(store.scan(&Scan::all()).unwrap().next().is_none());
    assert!(store.investigations().unwrap().next().is_none());
    assert_eq!(store.changes_since(Seq::ZERO, 10).unwrap(), []);
    assert_eq!(store.checkpoint("ci").unwrap(), None);
    assert_eq!(store.dead_letters(&LetterFilter::default()).unwrap(), []);
    assert_eq!(store.dead_letter_bytes(DeadLetterId(1)).unwrap(), None);
    assert_eq!(store.dead_letter_counts().unwrap(), DeadLetterCounts::default());
    assert_eq!(store.investigation(made_up::investigation(1).id()).unwrap(), None);
    assert_eq!(store.links_of_event(deploy(1).id()).unwrap(), []);
    sound(store);
}
