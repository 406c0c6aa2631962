//! A local repository: commits with the paths they change, the diffs of the latest, and what came since the last look.
//! Makes a tiny one with `git`.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use rca_core::connectors::git::{History, Repository};
use rca_core::connectors::source::{GitRepository, Source};
use rca_core::connectors::{parse_time, unobserved};
use rca_core::model::attribute;

fn main() -> Result<(), Box<dyn Error>> {
    let place = tempfile::tempdir()?;
    make(place.path())?;
    let repository = Repository::open(place.path())?;
    for event in repository.history(&History::default(), &unobserved)?.events {
        println!("{} {}", event.title(), event.data()[attribute::FILES]);
    }
    // What an investigation looks at: the last commits before it, with their diffs, secrets blotted out.
    let before = parse_time("2026-05-05T00:00:00Z")?;
    let suspects = repository.suspects(before, 1, &unobserved)?;
    println!("{}", suspects.events[0].attribute(attribute::DIFF).unwrap_or_default());
    // A source reads on from its checkpoint, which is text: keep it beside what was read. A workspace does all of that
    // (`Workspace::pull`).
    let mut source = GitRepository::open(place.path())?;
    let first = source.pull(None, before, &unobserved)?;
    println!("{} commits at first", first.batch.events.len());
    commit(place.path(), "a shorter timeout", "timeout = 1\n")?;
    let kept = first.checkpoint.to_string().parse()?;
    for event in source.pull(Some(&kept), before, &unobserved)?.batch.events {
        println!("new since: {}", event.title());
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env_remove("GIT_DIR");
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "Bo"),
        ("GIT_AUTHOR_EMAIL", "bo@example.com"),
        ("GIT_COMMITTER_NAME", "Bo"),
        ("GIT_COMMITTER_EMAIL", "bo@example.com"),
        ("GIT_AUTHOR_DATE", "2026-05-04T08:40:00Z"),
        ("GIT_COMMITTER_DATE", "2026-05-04T08:40:00Z"),
    ] {
        command.env(name, value);
    }
    let done = command.status()?.success();
    if done { Ok(()) } else { Err(format!("git {arguments:?} failed").into()) }
}

fn commit(folder: &Path, message: &str, text: &str) -> Result<(), Box<dyn Error>> {
    fs::write(folder.join("till.toml"), text)?;
    git(folder, &["add", "till.toml"])?;
    git(folder, &["commit", "-q", "-m", message])
}

fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    git(folder, &["init", "-q"])?;
    let versions = [
        ("a longer timeout", "timeout = 2\n"),
        ("a password", "timeout = 2\npassword = \"hunter2\"\n"),
    ];
    for (message, text) in versions {
        commit(folder, message, text)?;
    }
    Ok(())
}
