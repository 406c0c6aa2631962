//! Repositories in folders that go away, made with the `git` command.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rca_core::connectors::git::{History, Repository};
use rca_core::connectors::{Batch, unobserved};
use tempfile::TempDir;

pub(crate) const START: i64 = 1_777_880_000;

/// A repository in a folder that goes away with it.
pub(crate) struct Sandbox {
    pub(crate) folder: TempDir,
    pub(crate) seconds: i64,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap(), seconds: START };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        std::fs::create_dir_all(self.path()).unwrap();
        git_in(&self.path(), self.seconds, arguments, b"")
    }

    /// Writes files, commits all; the answer is the hash.
    pub(crate) fn commit(&mut self, message: &str, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.seconds += 60;
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Whether a name stands for a commit.
    pub(crate) fn has(&self, name: &str) -> bool {
        let mut git = Command::new("git");
        let git = git.arg("-C").arg(self.path()).args(["rev-parse", "-q", "--verify", name]);
        git.stdout(Stdio::null()).status().unwrap().success()
    }

    pub(crate) fn remove_object(&self, id: &str) {
        let (folder, rest) = id.trim().split_at(2);
        std::fs::remove_file(self.path().join(".git/objects").join(folder).join(rest)).unwrap();
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(self.path()).unwrap()
    }

    pub(crate) fn history(&self) -> Batch {
        self.open().history(&History::default(), &unobserved).unwrap()
    }
}

pub(crate) fn git_in(folder: &Path, seconds: i64, arguments: &[&str], input: &[u8]) -> String {
    let date = format!("@{seconds} +0200");
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .envs([("GIT_AUTHOR_NAME", "Ines"), ("GIT_AUTHOR_EMAIL", "ines@example.org")])
        .envs([("GIT_COMMITTER_NAME", "Omar"), ("GIT_COMMITTER_EMAIL", "omar@example.org")])
        .env("GIT_AUTHOR_DATE", "1777870000 +0000")
        .env("GIT_COMMITTER_DATE", date)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Commits with merges, deletions, and files that become folders and back, from a fixed sequence.
pub(crate) fn long_history(commits: usize) -> String {
    let mut stream = String::new();
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for mark in 1..=commits {
        let seconds = START + i64::try_from(mark).unwrap() * 10;
        let branch = if mark % 7 == 3 { "side" } else { "main" };
        let _ = write!(stream, "commit refs/heads/{branch}\nmark :{mark}\n");
        let _ = write!(stream, "committer Omar <omar@example.org> {seconds} +0000\ndata 2\nx\n\n");
        if branch == "side" && mark > 7 {
            let _ = writeln!(stream, "from :{}", mark - 1);
        } else if mark % 7 == 5 && mark > 7 {
            let _ = writeln!(stream, "merge :{}", mark - 2);
        }
        for _ in 0..=random(3) {
            let (folder, name) = (random(20), random(30));
            match random(10) {
                0 => _ = writeln!(stream, "D d{folder}/f{name}"),
                // Where a folder may have been, and the other way round.
                1 => _ = write!(stream, "M 100644 inline d{folder}\ndata 1\nx\n"),
                _ => {
                    let text = format!("{} {mark}", random(1000));
                    let path = format!("d{folder}/f{name}");
                    let _ = write!(stream, "M 100644 inline {path}\ndata {}\n{text}\n", text.len());
                }
            }
        }
        stream.push('\n');
    }
    stream
}
