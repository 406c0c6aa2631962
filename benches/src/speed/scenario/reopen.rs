//! Opening the folder of a process that was killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rca_core::Workspace;
use rca_core::store::{Embedded, OpenOptions, Store};

use crate::speed::clock::{Stopwatch, measure};
use crate::speed::data::events;
use crate::speed::loaded::BATCH;
use crate::speed::row::{Goal, Row, both, seconds};
use crate::speed::{Bench, Result};

/// Tells this program to be the process that is killed.
pub const VICTIM: &str = "--victim";
const READY: &str = "ready";

/// Kills a process that has just taken events in, and opens its folder.
///
/// # Errors
///
/// When the folder can't be opened or events are missing.
pub fn after_a_kill(bench: &Bench) -> Result<Vec<Row>> {
    let total = bench.events + BATCH / 2;
    let place = bench.fresh_folder()?;
    let folder = place.path().join("killed.rca");
    kill(&folder, bench.events)?;
    let twin = place.path().join("twin.rca");
    copy(&folder, &twin)?;

    let (store, held) = measure(|| Ok(Embedded::open(&twin, OpenOptions::new())?.event_count()?))?;
    let watch = Stopwatch::start()?;
    let workspace = Workspace::open(&folder)?;
    let whole = watch.read()?;
    let found = workspace.event_count()?;
    if held != total as u64 || found != held {
        return Err(format!("{held} and {found} events of {total} survived").into());
    }
    let row = |work: &str, ours: String, value: f64, goal: Goal| Row {
        work: work.to_owned(),
        peer: "-".to_owned(),
        ours,
        theirs: "-".to_owned(),
        value: Some(value),
        goal,
    };
    let replay = whole.wall - store.wall;
    Ok(vec![
        row(
            &format!("reopen after kill -9, {total} events (seconds)"),
            both(store),
            store.wall,
            Goal::AtMost(0.05),
        ),
        row(
            "- and replay 5,000 events into the index (seconds)",
            format!("{} in all", seconds(whole.wall)),
            replay,
            Goal::Open,
        ),
    ])
}

/// Runs this program as a process that takes events in, and kills it when it says so.
fn kill(folder: &Path, events: usize) -> Result<()> {
    let mut victim = Command::new(std::env::current_exe()?)
        .arg(VICTIM)
        .arg(folder)
        .args(["--events", &events.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(out) = victim.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    victim.kill()?;
    victim.wait()?;
    if line.trim() != READY {
        return Err("the process ended before it had taken all events in".into());
    }
    Ok(())
}

/// The process that is killed: takes events in, half a batch of them not yet committed to the index, and
/// waits.
///
/// # Errors
///
/// What the workspace says.
pub fn be_the_victim(folder: &Path, events: usize) -> Result<()> {
    let workspace = Workspace::open(folder)?;
    let total = events + BATCH / 2;
    for from in (0..total).step_by(BATCH) {
        workspace.ingest(events::events(from, (from + BATCH).min(total), total)?)?;
    }
    writeln!(std::io::stdout(), "{READY}")?;
    loop {
        std::thread::park();
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
