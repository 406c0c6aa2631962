//! Processes: killed ones lose nothing acknowledged, and two do not write to one folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rca_core::store::testing::Random;
use rca_core::store::testing::made_up::deploy;
use rca_core::store::{Access, Embedded, OpenOptions, Store};
use rca_core::{Error, ErrorKind};

const FOLDER: &str = "RCA_TEST_FOLDER";
const FIRST: &str = "RCA_TEST_FIRST";

/// Starts one of the ignored tests below in a process of its own.
fn start(child: &str, folder: &Path, first: u32) -> (Child, BufReader<ChildStdout>) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    (process, output)
}

/// The number behind the next "ack" that the child wrote; none when it died in the middle.
fn next_ack(output: &mut BufReader<ChildStdout>) -> Option<u32> {
    loop {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let whole = line.strip_suffix('\n')?;
        if let Some(number) = whole.strip_prefix("ack ") {
            return Some(number.parse().unwrap());
        }
    }
}

fn folder() -> std::path::PathBuf {
    std::env::var_os(FOLDER).unwrap().into()
}

fn say(number: u32) {
    let mut out = std::io::stdout().lock();
    // The test harness may have begun a line of its own.
    out.write_all(format!("\nack {number}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[test]
#[ignore = "started by the tests below, as another process"]
fn writer() {
    let store = Embedded::open(folder(), OpenOptions::new()).unwrap();
    let mut first: u32 = std::env::var(FIRST).unwrap().parse().unwrap();
    for batch in 0_u32.. {
        let next = first + 1 + batch * 7 % 20;
        store.append(&(first..next).map(deploy).collect::<Vec<_>>()).unwrap();
        first = next;
        say(next);
    }
}

#[test]
#[ignore = "started by the tests below, as another process"]
fn holder() {
    let _store = Embedded::open(folder(), OpenOptions::new()).unwrap();
    say(0);
    // Until the parent goes away or kills us.
    let _ = std::io::stdin().read(&mut [0]);
}

/// How often to kill, `RCA_KILLS` times.
fn kills() -> u32 {
    std::env::var("RCA_KILLS").map_or(20, |text| text.parse().unwrap())
}

#[test]
fn a_killed_writer_loses_nothing_acknowledged() {
    let mut random = Random::new(u64::from(std::process::id()));
    let mut home = tempfile::tempdir().unwrap();
    let mut first = 0;
    for round in 0..kills() {
        if round % 25 == 0 {
            // Small stores keep the rounds short.
            (home, first) = (tempfile::tempdir().unwrap(), 0);
        }
        let (mut child, mut output) = start("writer", home.path(), first);
        let mut acknowledged = first;
        for _ in 0..=random.below(6) {
            acknowledged = next_ack(&mut output).unwrap();
        }
        for _ in 0..random.below(60) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(number) = next_ack(&mut output) {
            acknowledged = number;
        }
        first = check(home.path(), acknowledged);
    }
}

/// All events up to the acknowledged one are there; says how many there are.
fn check(folder: &Path, acknowledged: u32) -> u32 {
    let store = Embedded::open(folder, OpenOptions::new()).unwrap();
    let report = store.verify().unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let ids: Vec<_> = (0..acknowledged).map(|n| deploy(n).id()).collect();
    let lost = store.events(&ids).unwrap().iter().filter(|event| event.is_none()).count();
    assert_eq!(lost, 0, "of {acknowledged} acknowledged events");
    u32::try_from(store.event_count().unwrap()).unwrap()
}

#[test]
fn a_reader_can_open_what_a_killed_writer_left() {
    let home = tempfile::tempdir().unwrap();
    let (mut child, mut output) = start("writer", home.path(), 0);
    let acknowledged = (0..5).filter_map(|_| next_ack(&mut output)).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let options = OpenOptions::new().with_access(Access::ReadOnly);
    let store = Embedded::open(home.path(), options).unwrap();
    assert!(store.event_count().unwrap() >= u64::from(acknowledged));
}

#[test]
fn a_second_process_is_told_which_folder_is_busy() {
    let home = tempfile::tempdir().unwrap();
    let (mut child, mut output) = start("holder", home.path(), 0);
    next_ack(&mut output).unwrap();
    for access in [Access::ReadWrite, Access::ReadOnly] {
        let error = Embedded::open(home.path(), OpenOptions::new().with_access(access));
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(matches!(&error, Error::Busy { path } if path == home.path()), "{error}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    Embedded::open(home.path(), OpenOptions::new()).unwrap();
}
