//! Commits with the paths they change.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use rca_core::connectors::git::{History, Repository};
use rca_core::connectors::unobserved;

use crate::speed::clock::{Cost, alternate, measure, measure_children};
use crate::speed::data::repository::{self, Packing};
use crate::speed::row::{Goal, Row, both};
use crate::speed::{Bench, Result};

/// The newest commits of what is checked out, against git itself without its search for renames.
///
/// # Errors
///
/// When git is missing, or either side fails.
pub fn history(bench: &Bench) -> Result<Vec<Row>> {
    let commits = bench.scaled(10_000, 50);
    let made = bench.fresh_folder()?;
    let folder = match &bench.repository {
        Some(folder) => folder.clone(),
        None => {
            let folder = made.path().join("made.git");
            repository::make(&folder, commits, Packing::Clone)?;
            folder
        }
    };
    let mut found = 0;
    let (ours, theirs) = alternate(
        bench.rounds,
        || {
            let (cost, batch) = measure(|| {
                let wanted = History { max_commits: commits, ..History::default() };
                Ok(Repository::open(&folder)?.history(&wanted, &unobserved)?)
            })?;
            found = batch.events.len();
            Ok(cost)
        },
        || log(&folder, commits),
    )?;
    if found == 0 {
        return Err("no commits were found".into());
    }
    Ok(vec![Row {
        work: format!("{found} commits with changed paths: CPU, ours / theirs"),
        peer: "git log --raw".to_owned(),
        ours: both(ours),
        theirs: both(theirs),
        value: Some(ours.cpu / theirs.cpu),
        goal: Goal::AtMost(1.2),
    }])
}

/// A long history in batches, of which one at a time is in memory: time and memory against git itself.
///
/// # Errors
///
/// When git is missing, or either side fails.
pub fn long_history(bench: &Bench) -> Result<Vec<Row>> {
    let commits = bench.scaled(100_000, 200);
    let made = bench.fresh_folder()?;
    let folder = match &bench.repository {
        Some(folder) => folder.clone(),
        None => {
            let folder = made.path().join("long.git");
            repository::make(&folder, commits, Packing::Import)?;
            folder
        }
    };
    let (mut found, mut ours_kib, mut theirs_kib) = (0, 0, 0);
    let (ours, theirs) = alternate(
        bench.rounds,
        || {
            let before = memory("self", "VmRSS")?;
            // Lets the highest mark begin anew.
            std::fs::write("/proc/self/clear_refs", "5")?;
            let (cost, read) = measure(|| in_batches(&folder, commits))?;
            found = read;
            ours_kib = ours_kib.max(memory("self", "VmHWM")?.saturating_sub(before));
            Ok(cost)
        },
        || {
            measure_children(|| {
                let mut child = log_command(&folder, commits).stdout(Stdio::piped()).spawn()?;
                let mut pipe = child.stdout.take().ok_or("git writes nothing")?;
                let (mut buffer, process) = (vec![0; 1 << 18], child.id().to_string());
                while pipe.read(&mut buffer)? > 0 {
                    // Gone from the table when it is over.
                    theirs_kib = theirs_kib.max(memory(&process, "VmHWM").unwrap_or_default());
                }
                succeeded(child.wait()?)
            })
        },
    )?;
    if found == 0 {
        return Err("no commits were found".into());
    }
    let speed = |cost: Cost| format!("{:.0} commits/s, {}", found as f64 / cost.wall, both(cost));
    let megabytes = |kib: u64| format!("{:.0} MB", kib as f64 / 1024.0);
    Ok(vec![
        Row {
            work: format!("{found} commits in batches: CPU, ours / theirs"),
            peer: "git log --raw".to_owned(),
            ours: speed(ours),
            theirs: speed(theirs),
            value: Some(ours.cpu / theirs.cpu),
            goal: Goal::AtMost(1.2),
        },
        Row {
            work: format!("{found} commits in batches: memory, ours / theirs"),
            peer: "git log --raw".to_owned(),
            ours: megabytes(ours_kib),
            theirs: megabytes(theirs_kib),
            value: Some(ours_kib as f64 / theirs_kib.max(1) as f64),
            goal: Goal::Open,
        },
    ])
}

fn in_batches(folder: &Path, most: usize) -> Result<usize> {
    let wanted = History { max_commits: most, ..History::default() };
    let mut commits = Repository::open(folder)?.commits(&wanted)?;
    let mut found = 0;
    while let Some(batch) = commits.next_batch(2000, &unobserved)? {
        found += batch.events.len();
    }
    Ok(found)
}

/// What Linux says of a process, in KiB; mapped files count.
fn memory(process: &str, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let digits = line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?;
    Ok(digits.parse()?)
}

fn log(folder: &Path, commits: usize) -> Result<Cost> {
    measure_children(|| succeeded(log_command(folder, commits).stdout(Stdio::null()).status()?))
}

fn log_command(folder: &Path, commits: usize) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(["log", "--raw", "--no-renames", "--no-abbrev"])
        .arg(format!("--max-count={commits}"))
        .stdin(Stdio::null());
    command
}

fn succeeded(status: std::process::ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(format!("git log failed: {status}").into()) }
}
