//! A history of 100,000 commits is read in memory that hardly grows with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use peak_alloc::PeakAlloc;
use rca_core::connectors::source::{Checkpoint, GitRepository, Source};
use rca_core::connectors::unobserved;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const COMMITS: usize = 100_000;
const MIB: usize = 1 << 20;

fn make(folder: &Path) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        git
    };
    let init = git(&["init", "-q", "--bare", "-b", "main"]).arg(folder).status();
    assert!(init.expect("git is installed").success());
    let mut import = git(&["-C"])
        .arg(folder)
        .args(["fast-import", "--quiet", "--depth=10"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufWriter::new(import.stdin.take().unwrap());
    let body = "why it was done, at some length. ".repeat(40);
    for n in 0..COMMITS {
        let message = format!("change {n}\n\n{body}\n");
        let time = 1_600_000_000 + n * 60;
        write!(out, "commit refs/heads/main\ncommitter Omar <omar@example.org> {time} +0000\n")
            .unwrap();
        write!(out, "data {}\n{message}\n", message.len()).unwrap();
        let path = format!("d{}/f{}", n % 5, n % 11);
        write!(out, "M 100644 inline {path}\ndata 7\n{n:06}\n\n\n").unwrap();
    }
    out.write_all(b"done\n").unwrap();
    drop(out);
    assert!(import.wait().unwrap().success());
}

#[test]
fn a_history_of_100000_commits_is_read_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut source = GitRepository::open(folder.path()).unwrap();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let (mut at, mut found, mut told): (Option<Checkpoint>, usize, usize) = (None, 0, 0);
    loop {
        let page = source.pull(at.as_ref(), now, &unobserved).unwrap();
        found += page.batch.events.len();
        told += page.batch.events.iter().map(|event| event.body().len()).sum::<usize>();
        assert!(page.checkpoint.to_string().len() < 1000, "{}", page.checkpoint);
        at = Some(page.checkpoint);
        if !page.more {
            break;
        }
    }
    let peak = MEMORY.peak_usage().saturating_sub(before);
    assert_eq!(found, COMMITS);
    assert!(told > 120 * MIB, "all at once would not fit: {told} bytes of texts alone");
    // What is decoded is kept for a while (64 MiB), a page is in memory, and of each commit some bytes remain.
    assert!(peak < 64 * MIB + 16 * MIB + 100 * COMMITS, "{peak} bytes");
}
