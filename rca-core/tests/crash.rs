//! Power cuts: what was acknowledged is there, and what is there fits together.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use rca_core::Result;
use rca_core::model::{Event, LinkKind, Source};
use rca_core::store::testing::made_up::{analysis, at, deploy, investigation, link, note, refused};
use rca_core::store::testing::{Disk, Random};
use rca_core::store::{Embedded, Intake, LetterFilter, Seq, Store};

/// One write, and how to see that it was done. No step takes back what another did, so a step that
/// was done but not acknowledged does no harm.
#[derive(Debug, Clone, Copy)]
enum Step {
    Append(u32, u32),
    Delete(u32),
    Open(u32),
    /// Two records in one write, by somebody.
    Relate(u32, u32),
    Link(u32, u32),
    Analyse(u32),
    /// A page: three events, a checkpoint and a dead letter.
    Page(u8),
    Compact,
}

const STEPS: [Step; 16] = [
    Step::Append(0, 1),
    Step::Append(1, 40),
    Step::Open(1),
    Step::Open(2),
    Step::Link(3, 1),
    Step::Delete(5),
    Step::Page(1),
    Step::Append(41, 2),
    Step::Analyse(1),
    Step::Relate(1, 2),
    Step::Compact,
    Step::Link(41, 1),
    Step::Append(43, 200),
    Step::Delete(44),
    Step::Page(2),
    Step::Append(243, 1),
];

impl Step {
    fn take(self, store: &dyn Store) -> Result<()> {
        let case = |n| investigation(n).id();
        match self {
            Self::Append(from, count) => {
                let batch: Vec<_> = (from..from + count).map(deploy).collect();
                store.append(&batch).map(|_| ())
            }
            Self::Delete(n) => store.delete_event(deploy(n).id(), at(900)).map(|_| ()),
            Self::Open(n) => store.put_investigation(&investigation(n)).map(|_| ()),
            Self::Relate(a, b) => {
                let read = |n| store.investigation(case(n)).map(Option::unwrap);
                let mut both = [read(a)?, read(b)?];
                both.iter_mut().for_each(|one| one.set_assigned_to(Some("kim".to_owned())));
                store.put_investigations(&both, Some("kim")).map(|_| ())
            }
            Self::Link(e, i) => {
                store.link(&[link(deploy(e).id(), case(i), LinkKind::Manual)]).map(|_| ())
            }
            Self::Analyse(n) => store.put_analysis(case(n), &analysis(case(n))),
            Self::Page(n) => {
                let (events, letters) = (page(n), [refused(n.into())]);
                let page = Intake::at(at(n.into())).with_events(&events).with_refused(&letters);
                store.take_in(&page.with_checkpoint("ci", &[n])).map(|_| ())
            }
            Self::Compact => store.compact(),
        }
    }

    fn was_taken(self, store: &dyn Store) -> bool {
        let case = |n| investigation(n).id();
        match self {
            Self::Append(from, count) => (from..from + count).all(|n| {
                let event = deploy(n);
                let by_source = store.event_by_source_id(&Source::Deploy, &format!("d-{n}"));
                store.event(event.id()).unwrap().is_some() && by_source.unwrap() == Some(event.id())
            }),
            Self::Delete(n) => {
                store.event(deploy(n).id()).unwrap().unwrap().deleted_at() == Some(at(900))
            }
            Self::Open(n) => store.investigation(case(n)).unwrap().is_some(),
            Self::Relate(a, b) => {
                let signed = [a, b].map(|n| {
                    let assigned = store.investigation(case(n)).unwrap().unwrap();
                    let trail = store.history(case(n), 0, usize::MAX).unwrap();
                    let last = trail.last().unwrap();
                    let written = last.author.as_deref() == Some("kim") || n == 1;
                    (assigned.assigned_to() == Some("kim"), written && trail.len() > 1)
                });
                assert_eq!(signed[0], signed[1], "one without the other");
                signed[0] == (true, true)
            }
            Self::Link(e, i) => {
                let links = store.links_of_event(deploy(e).id()).unwrap();
                links.iter().any(|link| link.investigation == case(i))
            }
            Self::Analyse(n) => store.analysis(case(n)).unwrap().is_some(),
            Self::Page(n) => page_is_there(store, n),
            Self::Compact => true,
        }
    }
}

fn page(n: u8) -> [Event; 3] {
    [0, 1, 2].map(|i| deploy(1000 + 3 * u32::from(n) + i))
}

fn page_is_there(store: &dyn Store, n: u8) -> bool {
    let letters = store.dead_letters(&LetterFilter::default()).unwrap();
    page(n).iter().all(|event| store.event(event.id()).unwrap().is_some())
        && letters.iter().any(|letter| {
            let raw = store.dead_letter_bytes(letter.id).unwrap();
            raw == Some(refused(n.into()).raw)
        })
        && store.checkpoint("ci").unwrap().is_some_and(|at| at.bytes >= vec![n])
}

/// Takes steps until one fails; says how many were acknowledged.
fn work(store: &dyn Store) -> usize {
    STEPS.iter().take_while(|step| step.take(store).is_ok()).count()
}

fn check(disk: Disk, acknowledged: usize, what: &str) {
    let store = Embedded::on_disk(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let report = store.verify().unwrap();
    assert!(report.is_sound(), "{what}: {:?}", report.problems);
    for step in &STEPS[..acknowledged] {
        assert!(step.was_taken(&store), "{what}: {step:?} was acknowledged and is lost");
    }
    // A checkpoint is never ahead of the page it stands for.
    if let Some(checkpoint) = store.checkpoint("ci").unwrap() {
        assert!(page_is_there(&store, checkpoint.bytes[0]), "{what}: the checkpoint is ahead");
    }
    // Numbers of lost writes may come again, those of acknowledged ones may not.
    let last = store.last_seq().unwrap();
    let next = store.append(&[note(7)]).unwrap();
    assert_eq!(next.accepted, [(note(7).id(), Seq(last.0 + 1))]);
}

#[test]
fn a_power_cut_at_any_sync_loses_nothing_acknowledged() {
    for seed in 0..4 {
        for n in 1.. {
            let disk = Disk::default();
            let store = Embedded::on_disk(disk.clone()).unwrap();
            disk.cut_power_at_sync(n, seed * 1000 + n);
            let acknowledged = work(&store);
            drop(store);
            check(disk.after_power_cut(), acknowledged, &format!("sync {n}, seed {seed}"));
            if acknowledged == STEPS.len() {
                assert!(n > STEPS.len() as u64, "every step needs a sync");
                break;
            }
        }
    }
}

#[test]
fn a_power_cut_between_syncs_loses_nothing_acknowledged() {
    for seed in 0..20 {
        let disk = Disk::default();
        let store = Embedded::on_disk(disk.clone()).unwrap();
        let taken = usize::try_from(Random::new(seed).below(STEPS.len() as u64 + 1)).unwrap();
        STEPS[..taken].iter().for_each(|step| step.take(&store).unwrap());
        disk.cut_power(seed);
        drop(store);
        check(disk.after_power_cut(), taken, &format!("{taken} steps, seed {seed}"));
    }
}

#[test]
fn a_second_power_cut_during_recovery_loses_nothing() {
    for n in 1..6 {
        let disk = Disk::default();
        let store = Embedded::on_disk(disk.clone()).unwrap();
        disk.cut_power_at_sync(9, n);
        let acknowledged = work(&store);
        drop(store);
        let again = disk.after_power_cut();
        again.cut_power_at_sync(n, n);
        drop(Embedded::on_disk(again.clone()));
        check(again.after_power_cut(), acknowledged, &format!("second cut at sync {n}"));
    }
}
