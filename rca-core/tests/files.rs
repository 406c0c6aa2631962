//! Stores in folders: opening, sharing, copying, and files that were damaged.

#![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rca_core::model::LinkKind;
use rca_core::store::testing::made_up::{
    analysis, at, deploy, full_event, investigation, link, note, refused,
};
use rca_core::store::testing::{Disk, Random};
use rca_core::store::{
    Access, Deleted, Embedded, Intake, LetterFilter, OpenOptions, Scan, Seq, Store,
};
use rca_core::{Error, ErrorKind};

fn open(folder: &Path) -> Embedded {
    Embedded::open(folder, OpenOptions::new()).unwrap()
}

fn reader(folder: &Path) -> rca_core::Result<Embedded> {
    Embedded::open(folder, OpenOptions::new().with_access(Access::ReadOnly))
}

/// A bit of everything.
fn fill(store: &dyn Store) {
    store.append(&(0..300).map(deploy).collect::<Vec<_>>()).unwrap();
    store.append(&(0..50).map(note).collect::<Vec<_>>()).unwrap();
    store.append(&[full_event()]).unwrap();
    let case = store.put_investigation(&investigation(1)).unwrap().id();
    let links: Vec<_> =
        (0..40).map(|n| link(deploy(n * 3).id(), case, LinkKind::Automatic)).collect();
    store.link(&links).unwrap();
    store.put_analysis(case, &analysis(case)).unwrap();
    store.put_meta("identity", b"here").unwrap();
    let letters: Vec<_> = (0..30).map(refused).collect();
    let page = Intake::at(at(9000)).with_refused(&letters).with_checkpoint("ci", b"page 3");
    let letters = store.take_in(&page).unwrap().letters;
    store.take_in(&Intake::at(at(9001)).with_settled(&letters[..2])).unwrap();
    store.delete_event(deploy(4).id(), at(900)).unwrap();
}

/// All that a store shows, in order; or the first error.
fn everything(store: &dyn Store) -> rca_core::Result<Vec<String>> {
    let mut shown = Vec::new();
    for event in store.scan(&Scan::all().with_deleted(Deleted::Show))? {
        let event = event?;
        shown.push(serde_json::to_string(&event).unwrap());
        shown.push(serde_json::to_string(&store.event(event.id())?).unwrap());
        if let Some(id) = event.source_id() {
            shown.push(format!("{:?}", store.event_by_source_id(event.source(), id)?));
        }
        shown.push(format!("{:?}", store.links_of_event(event.id())?));
    }
    for case in store.investigations()? {
        let case = case?;
        shown.push(format!("{case:?} {:?}", store.analysis(case.id())?));
        shown.push(format!("{:?}", store.links_of_investigation(case.id())?));
    }
    for change in store.changes_since(Seq::ZERO, usize::MAX)? {
        shown.push(format!("{change:?}"));
    }
    for letter in store.dead_letters(&LetterFilter::default())? {
        shown.push(format!("{letter:?} {:?}", store.dead_letter_bytes(letter.id)?));
    }
    shown.push(format!("{:?} {:?}", store.checkpoints()?, store.dead_letter_counts()?));
    shown.push(format!("{:?} {:?}", store.metas("")?, store.event_count()?));
    Ok(shown)
}

#[test]
fn closing_and_opening_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("made/when/missing");
    let store = open(&folder);
    fill(&store);
    let before = everything(&store).unwrap();
    drop(store);
    assert_eq!(everything(&open(&folder)).unwrap(), before);
    assert_eq!(everything(&reader(&folder).unwrap()).unwrap(), before);
}

#[test]
fn many_read_or_one_writes() {
    let home = tempfile::tempdir().unwrap();
    fill(&open(home.path()));
    let (one, two) = (reader(home.path()).unwrap(), reader(home.path()).unwrap());
    assert_eq!(one.event_count().unwrap(), two.event_count().unwrap());
    let writer = Embedded::open(home.path(), OpenOptions::new()).unwrap_err();
    assert_eq!(writer.kind(), ErrorKind::Busy);
    drop((one, two));
    let writer = open(home.path());
    assert_eq!(reader(home.path()).unwrap_err().kind(), ErrorKind::Busy);
    let second = Embedded::open(home.path(), OpenOptions::new()).unwrap_err();
    assert!(matches!(second, Error::Busy { path } if path == home.path()));
    drop(writer);
}

#[test]
fn a_read_only_store_refuses_every_write() {
    let home = tempfile::tempdir().unwrap();
    fill(&open(home.path()));
    let store = reader(home.path()).unwrap();
    let case = investigation(1).id();
    let refused = [
        store.append(&[deploy(1000)]).unwrap_err(),
        store.delete_event(deploy(1).id(), at(0)).unwrap_err(),
        store.put_investigation(&investigation(3)).unwrap_err(),
        store.unlink(deploy(0).id(), case, at(0)).unwrap_err(),
        store.put_meta("a", b"").unwrap_err(),
        store.take_in(&Intake::at(at(0))).unwrap_err(),
        store.remove_checkpoint("ci").unwrap_err(),
        store.compact().unwrap_err(),
    ];
    assert!(refused.iter().all(|error| error.kind() == ErrorKind::Denied), "{refused:?}");
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn reading_what_was_never_made_says_so() {
    let home = tempfile::tempdir().unwrap();
    assert!(matches!(reader(home.path()).unwrap_err(), Error::PathNotFound { .. }));
    assert!(fs::read_dir(home.path()).unwrap().next().is_none(), "looking leaves nothing behind");
}

#[test]
fn a_backup_is_a_whole_store_and_later_writes_stay_out_of_it() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(home.path());
    fill(&store);
    let before = everything(&store).unwrap();
    let file = other.path().join(Embedded::FILE_NAME);
    store.backup(&file).unwrap();
    store.append(&[deploy(5000)]).unwrap();
    assert_eq!(store.backup(&file).unwrap_err().kind(), ErrorKind::InvalidInput, "no overwriting");
    let restored = open(other.path());
    assert_eq!(everything(&restored).unwrap(), before);
    assert!(restored.verify().unwrap().is_sound());
    restored.append(&[deploy(6000)]).unwrap();
    let nowhere = other.path().join("missing/backup.redb");
    assert_eq!(store.backup(&nowhere).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn compaction_waits_for_iterators_and_makes_the_file_smaller() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    fill(&store);
    for n in 0..60 {
        store.put_meta(&format!("{n}"), &[7; 50_000]).unwrap();
    }
    for n in 0..60 {
        store.remove_meta(&format!("{n}")).unwrap();
    }
    let iterator = store.scan(&Scan::all()).unwrap();
    let error = store.compact().unwrap_err();
    assert!(matches!(error, Error::StillReading { .. }), "{error}");
    drop(iterator);
    let length = || fs::metadata(home.path().join(Embedded::FILE_NAME)).unwrap().len();
    let before = length();
    let shown = everything(&store).unwrap();
    store.compact().unwrap();
    assert!(length() < before);
    let events = |shown: &[String]| shown.iter().filter(|s| s.starts_with('{')).count();
    assert_eq!(events(&everything(&store).unwrap()), events(&shown));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn an_iterator_that_outlives_its_store_tells_the_truth_or_fails() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path());
    fill(&store);
    let expected: Vec<_> = store.scan(&Scan::all()).unwrap().map(Result::unwrap).collect();
    let iterator = store.scan(&Scan::all()).unwrap();
    drop(store);
    // The lock does not wait for the iterator, which may still have pages in memory.
    let again = open(home.path());
    again.append(&(0..200).map(|n| deploy(9000 + n)).collect::<Vec<_>>()).unwrap();
    let seen: Vec<_> = iterator.take(expected.len() + 10).collect();
    let told = seen.iter().take_while(|event| event.is_ok()).count();
    assert!(seen[told..].iter().all(Result::is_err));
    let told: Vec<_> = seen.into_iter().take(told).map(Result::unwrap).collect();
    assert_eq!(told, expected[..told.len()]);
}

/// The bytes of a filled store that was closed cleanly.
fn filled() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        fill(&open(home.path()));
        fs::read(home.path().join(Embedded::FILE_NAME)).unwrap()
    })
}

/// A folder whose store has these bytes.
fn folder_with(bytes: &[u8]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(Embedded::FILE_NAME), bytes).unwrap();
    home
}

#[test]
fn a_file_that_lost_its_end_is_corrupt() {
    let whole = filled();
    let mut random = Random::new(1);
    let lengths = [0, 1, 63, 64, 320, 4095, 4096, whole.len() / 2];
    let random_lengths =
        (0..40).map(|_| usize::try_from(random.below(whole.len() as u64)).unwrap());
    for length in lengths.into_iter().chain(random_lengths) {
        let home = folder_with(&whole[..length]);
        match Embedded::open(home.path(), OpenOptions::new()) {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{length}: {error}"),
            Ok(store) => {
                let honest = everything(&store).is_err() || !store.verify().unwrap().is_sound();
                assert!(honest || length >= used(whole), "{length}: the loss does not show");
            }
        }
    }
}

/// Where the file's last used byte is: what is behind it holds nothing.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |at| at + 1)
}

#[test]
fn a_file_that_is_something_else_is_corrupt() {
    for bytes in [&b"%PDF-1.7 and so on"[..], &[0; 5000], &[0xff; 5000]] {
        let home = folder_with(bytes);
        for access in [Access::ReadWrite, Access::ReadOnly] {
            let error = Embedded::open(home.path(), OpenOptions::new().with_access(access));
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }
}

#[test]
fn damaged_bytes_are_harmless_or_reported() {
    let whole = filled();
    let expected = everything(&Embedded::on_disk(Disk::with_bytes(whole.to_vec())).unwrap());
    let expected = expected.unwrap();
    let end = used(whole) as u64;
    let (mut harmless, mut reported) = (0, 0);
    for seed in 0..damages() {
        let mut random = Random::new(seed);
        let mut bytes = whole.to_vec();
        // The first page is the header: losing a commit slot there means going back to the other.
        let at = usize::try_from(4096 + random.below(end - 4096)).unwrap();
        for byte in &mut bytes[at..(at + 1 + usize::try_from(random.below(8)).unwrap())] {
            *byte ^= u8::try_from(1 + random.below(255)).unwrap();
        }
        match Embedded::on_disk(Disk::with_bytes(bytes)) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "seed {seed}: {error}");
                reported += 1;
            }
            Ok(store) => match everything(&store) {
                Ok(shown) if shown == expected => harmless += 1,
                shown => {
                    let report = store.verify().unwrap();
                    let honest = shown.is_err() || !report.is_sound();
                    assert!(honest, "seed {seed}, byte {at}: different, and nobody says so");
                    reported += 1;
                    // Writing on may work or fail; it does not panic.
                    let _ = store.append(&(0..50).map(|n| deploy(7000 + n)).collect::<Vec<_>>());
                    let _ = store.compact();
                }
            },
        }
    }
    assert!(reported > 0 && harmless > 0, "{reported} reported, {harmless} harmless");
}

#[test]
fn a_damaged_header_is_never_a_panic() {
    for seed in 0..damages() {
        let mut random = Random::new(seed);
        let mut bytes = filled().to_vec();
        let at = usize::try_from(random.below(512)).unwrap();
        bytes[at] ^= u8::try_from(1 + random.below(255)).unwrap();
        if let Ok(store) = Embedded::on_disk(Disk::with_bytes(bytes)) {
            let _ = everything(&store);
            let _ = store.append(&[deploy(8000)]);
            let _ = store.verify();
        }
    }
}

/// How many damaged files to look at, `RCA_DAMAGES`.
fn damages() -> u64 {
    std::env::var("RCA_DAMAGES").map_or(60, |text| text.parse().unwrap())
}
