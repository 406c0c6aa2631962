//! A service that fails in every way, and a reader that is killed: no event is lost, none is there twice.
//!
//! `RCA_FAULTS` is the number of requests (default 5,000), a quarter of `RCA_KILLS` how often the reader is killed
//! (default 10 times).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

mod loopback;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::Duration;
use loopback::{BAD, Faulty, Runs, pause, record};
use rca_core::connectors::{Progress, unobserved};
use rca_core::store::testing::Random;
use rca_core::store::testing::made_up::at;
use rca_core::store::{LetterFilter, Scan};
use rca_core::time::ManualClock;
use rca_core::{PullEnd, PullOptions, PullReport, Workspace};

const FOLDER: &str = "RCA_TEST_FOLDER";
const PORT: &str = "RCA_TEST_PORT";

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Pulls to the end, as a host would: comes back when the source says so, and mends what needs a human.
fn pull_all(
    workspace: &Workspace,
    clock: &ManualClock,
    port: u16,
    observer: rca_core::connectors::Observer<'_>,
) -> PullReport {
    let mut source = Runs::of(port);
    let mut sum: Option<PullReport> = None;
    loop {
        let report = workspace.pull(&mut source, &PullOptions::default(), observer).unwrap();
        let end = report.end.clone();
        if let Some(sum) = &mut sum {
            sum.accepted += report.accepted;
            sum.duplicates += report.duplicates;
            sum.letters += report.letters;
        } else {
            sum = Some(report);
        }
        match end {
            PullEnd::CaughtUp => return sum.unwrap(),
            PullEnd::GaveUp(_) => {}
            PullEnd::NotBefore { at, .. } => {
                clock.advance(at - rca_core::time::Clock::now(clock));
            }
            PullEnd::NeedsHuman(_) => workspace.reset_source("runs").unwrap(),
            end => panic!("{end:?}"),
        }
    }
}

/// Every good record is an event and every bad one a letter, once.
fn check(workspace: &Workspace, records: u32) {
    let mut missing: BTreeSet<String> =
        (0..records).filter(|n| n % BAD != 0).map(|n| format!("record {n}")).collect();
    for event in workspace.events(&Scan::all()).unwrap() {
        let title = event.unwrap().title().to_owned();
        assert!(missing.remove(&title), "{title} is there twice, or should not be");
    }
    assert!(missing.is_empty(), "{} are lost: {:?}", missing.len(), missing.first());
    let letters = workspace.dead_letters().list(&LetterFilter::default()).unwrap();
    let mut raw: Vec<String> = letters
        .iter()
        .map(|letter| workspace.dead_letters().raw(letter.id).unwrap().unwrap())
        .map(|raw| String::from_utf8(raw).unwrap())
        .collect();
    raw.sort();
    let mut expected: Vec<String> =
        (0..records).filter(|n| n % BAD == 0).map(|n| record(n).trim_end().to_owned()).collect();
    expected.sort();
    assert_eq!(raw, expected);
}

#[test]
fn three_of_ten_requests_fail_and_nothing_is_lost_or_doubled() {
    let requests = number("RCA_FAULTS", 5_000);
    // Seven of ten pages come through, with three records each.
    let records = requests * 7 / 10 * 3;
    let server = Faulty::start(records, 7);
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock.clone()).in_memory().unwrap();
    // The clock is put forward and back by hours, in the middle of pages and pauses.
    let random = RefCell::new(Random::new(9));
    let jumps = |_: &Progress<'_>| {
        let mut random = random.borrow_mut();
        if random.below(300) == 0 {
            let seconds = i64::try_from(random.below(14_400)).unwrap() - 7_200;
            clock.advance(Duration::seconds(seconds));
        }
        ControlFlow::Continue(())
    };
    let report = pull_all(&workspace, &clock, server.port(), &jumps);
    check(&workspace, records);
    assert_eq!(report.duplicates, 0, "a page is never stored twice");
    assert_eq!(report.letters, u64::from(records.div_ceil(BAD)));
    let counts = workspace.status().unwrap().sources[0].counts;
    assert!(server.served() > u64::from(requests) * 9 / 10, "{} requests", server.served());
    let faults = counts.faults * 100 / counts.requests;
    // More on a busy machine, where good answers come too late.
    assert!(faults >= 25, "{faults} % faults of {}", counts.requests);
}

#[test]
#[ignore = "started by the test below, as another process"]
fn reader() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock.clone()).open(folder).unwrap();
    let port = u16::try_from(number(PORT, 0)).unwrap();
    pull_all(&workspace, &clock, port, &unobserved);
}

/// Starts the reader in a process of its own and kills it when the server has served so many requests more.
fn read_and_die(folder: &Path, server: &Faulty, requests: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "reader", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(PORT, server.port().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = server.served() + requests;
    while server.served() < until && child.try_wait().unwrap().is_none() {
        pause(std::time::Duration::from_micros(200));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reader_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let kills = (number("RCA_KILLS", 40) / 4).max(1);
    // Twice what the readers take in before they die, as a rule, so that there is always something left to read.
    let records = kills * 120;
    let server = Faulty::start(records, 11);
    let home = tempfile::tempdir().unwrap();
    let mut random = Random::new(u64::from(std::process::id()));
    for _ in 0..kills {
        read_and_die(home.path(), &server, random.below(50));
    }
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock.clone()).open(home.path()).unwrap();
    let report = pull_all(&workspace, &clock, server.port(), &unobserved);
    assert!(report.accepted > 0, "the readers were killed before the end");
    check(&workspace, records);
    assert!(workspace.verify().unwrap().is_well());
}
