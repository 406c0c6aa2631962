//! A local repository: commits with the paths they change, and the diffs of the latest. Makes a tiny one with `git`.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use rca_core::connectors::git::{History, Repository};
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
    Ok(())
}

fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    let git = |arguments: &[&str]| -> Result<(), Box<dyn Error>> {
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
    };
    git(&["init", "-q"])?;
    let versions = [
        ("a longer timeout", "timeout = 2\n"),
        ("a password", "timeout = 2\npassword = \"hunter2\"\n"),
    ];
    for (message, text) in versions {
        fs::write(folder.join("till.toml"), text)?;
        git(&["add", "till.toml"])?;
        git(&["commit", "-q", "-m", message])?;
    }
    Ok(())
}
