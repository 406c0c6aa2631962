//! Commits with the paths they change.

use std::path::Path;
use std::process::{Command, Stdio};

use rca_core::connectors::git::{History, Repository};
use rca_core::connectors::unobserved;

use crate::speed::clock::{Cost, alternate, measure, measure_children};
use crate::speed::data::repository;
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
            repository::make(&folder, commits)?;
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

fn log(folder: &Path, commits: usize) -> Result<Cost> {
    measure_children(|| {
        let status = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["log", "--raw", "--no-renames", "--no-abbrev"])
            .arg(format!("--max-count={commits}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(format!("git log failed: {status}").into()) }
    })
}
