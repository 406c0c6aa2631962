//! Real repositories, made with the `git` command; its own output is the reference.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::DateTime;
use rca_core::connectors::git::{DiffLimits, History, Repository, Tips, attribute};
use rca_core::connectors::{Batch, unobserved};
use rca_core::model::{Change, ChangeKind, Event};
use rca_core::{Error, ErrorKind};
use tempfile::TempDir;

const START: i64 = 1_777_880_000;

/// A repository in a folder that goes away with it.
struct Sandbox {
    folder: TempDir,
    seconds: i64,
}

impl Sandbox {
    fn new() -> Self {
        let sandbox = Self { folder: tempfile::tempdir().unwrap(), seconds: START };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn git(&self, arguments: &[&str]) -> String {
        std::fs::create_dir_all(self.path()).unwrap();
        git_in(&self.path(), self.seconds, arguments, b"")
    }

    /// Writes files, commits all; the answer is the hash.
    fn commit(&mut self, message: &str, files: &[(&str, &str)]) -> String {
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

    fn open(&self) -> Repository {
        Repository::open(self.path()).unwrap()
    }

    fn history(&self) -> Batch {
        self.open().history(&History::default(), &unobserved).unwrap()
    }
}

fn git_in(folder: &Path, seconds: i64, arguments: &[&str], input: &[u8]) -> String {
    let date = format!("{seconds} +0200");
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

fn files(event: &Event) -> Option<Vec<String>> {
    let list = event.data().get("vcs.changed_files")?.as_array()?;
    Some(list.iter().map(|path| path.as_str().unwrap().to_owned()).collect())
}

fn by_sha(batch: &Batch) -> BTreeMap<&str, &Event> {
    batch.events.iter().map(|event| (event.source_id().unwrap(), event)).collect()
}

fn note_count(batch: &Batch, part: &str) -> u64 {
    let notes = batch.report.inputs.iter().flat_map(|input| &input.notes);
    notes.filter(|(note, _)| note.contains(part)).map(|(_, times)| times).sum()
}

#[test]
fn a_commit_becomes_a_change_with_its_paths() {
    let mut repo = Sandbox::new();
    let root = repo.commit("begin", &[("README", "hello\n"), ("src/a.rs", "a\n")]);
    let second = repo.commit("shrink the pool\n\nit was large", &[("src/a.rs", "b\n")]);
    repo.git(&["tag", "v1"]);
    repo.git(&["tag", "-a", "v1-annotated", "-m", "x"]);
    let batch = repo.history();
    assert_eq!((batch.report.read(), batch.report.refused()), (2, 0));
    assert_eq!(
        batch.events.iter().map(|e| e.source_id().unwrap()).collect::<Vec<_>>(),
        [&root, &second]
    );
    assert_eq!(files(&batch.events[0]).unwrap(), ["README", "src/a.rs"]);

    let event = &batch.events[1];
    let change = Change::from_event(event).unwrap();
    assert_eq!(change.time.timestamp(), START + 120);
    let ChangeKind::Commit { sha, author, message, files, diff, .. } = change.kind else {
        unreachable!("it is a commit")
    };
    assert_eq!((sha, author.as_deref()), (second, Some("Ines")));
    assert_eq!(message, "shrink the pool\n\nit was large");
    assert_eq!((files, diff), (vec!["src/a.rs".to_owned()], None));
    assert_eq!(event.title(), "shrink the pool");
    assert_eq!(event.attribute(attribute::AUTHOR_TIME), Some("2026-05-04T04:46:40Z"));
    assert_eq!(event.data()[attribute::TAGS], serde_json::json!(["v1", "v1-annotated"]));
    assert_eq!(event.data()[attribute::PARENTS], serde_json::json!([root]));
    assert_eq!(batch.events, repo.history().events, "reading twice gives the same");
}

/// Commits with merges, deletions, and files that become folders and back, from a fixed sequence.
fn long_history(commits: usize) -> String {
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

#[test]
fn two_thousand_commits_read_as_git_log_shows_them() {
    let repo = Sandbox::new();
    git_in(&repo.path(), START, &["fast-import", "--quiet"], long_history(2000).as_bytes());
    let log = repo.git(&[
        "log",
        "main",
        "--diff-merges=first-parent",
        "--name-only",
        "--no-renames",
        "--format=%x01%H",
    ]);
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for commit in log.split('\u{1}').skip(1) {
        let mut lines = commit.lines().filter(|line| !line.is_empty()).map(str::to_owned);
        let sha = lines.next().unwrap();
        let mut paths: Vec<String> = lines.collect();
        paths.sort();
        expected.insert(sha, paths);
    }
    let wanted = History { tips: Tips::Named(vec!["main".into()]), ..History::default() };
    let batch = repo.open().history(&wanted, &unobserved).unwrap();
    let found: BTreeMap<String, Vec<String>> = by_sha(&batch)
        .into_iter()
        .map(|(sha, event)| (sha.to_owned(), files(event).unwrap()))
        .collect();
    assert!(found.len() > 1500 && found.values().any(|paths| paths.len() > 2));
    assert_eq!(found, expected);
    assert!(batch.events.is_sorted_by_key(|event| (event.timestamp(), event.id())));
    let merges = batch.events.iter().filter(|event| {
        event.data()[attribute::PARENTS].as_array().is_some_and(|parents| parents.len() > 1)
    });
    assert!(merges.count() > 100);
}

#[test]
fn a_time_range_and_a_count_choose_commits() {
    let mut repo = Sandbox::new();
    let shas: Vec<String> =
        (0..5).map(|n| repo.commit(&format!("c{n}"), &[("f", &n.to_string())])).collect();
    let read = |wanted: &History| {
        let batch = repo.open().history(wanted, &unobserved).unwrap();
        batch.events.iter().map(|e| e.source_id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let at = |n: i64| DateTime::from_timestamp(START + 60 * (n + 1), 0);
    let between = History { since: at(1), until: at(3), ..History::default() };
    assert_eq!(read(&between), shas[1..3]);
    let newest = History { max_commits: 2, ..History::default() };
    assert_eq!(read(&newest), shas[3..]);
    let named = History { tips: Tips::Named(vec![shas[1][..10].to_owned()]), ..History::default() };
    assert_eq!(read(&named), shas[..2]);
    let unknown = History { tips: Tips::Named(vec!["absent".to_owned()]), ..History::default() };
    let error = repo.open().history(&unknown, &unobserved).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn branches_are_read_when_asked_for() {
    let mut repo = Sandbox::new();
    repo.commit("base", &[("f", "1")]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    let side = repo.commit("side", &[("g", "1")]);
    repo.git(&["checkout", "-q", "main"]);
    assert!(!by_sha(&repo.history()).contains_key(side.as_str()));
    let wanted = History { tips: Tips::Branches, ..History::default() };
    let batch = repo.open().history(&wanted, &unobserved).unwrap();
    assert!(by_sha(&batch).contains_key(side.as_str()));
}

#[test]
fn the_edge_of_a_shallow_clone_is_marked_and_not_taken_for_new_files() {
    let mut repo = Sandbox::new();
    for n in 0..5 {
        repo.commit(&format!("c{n}"), &[("f", &n.to_string()), ("g", "same")]);
    }
    let url = format!("file://{}", repo.path().display());
    git_in(repo.folder.path(), START, &["clone", "-q", "--depth", "2", &url, "shallow"], b"");
    let shallow = Repository::open(repo.folder.path().join("shallow")).unwrap();
    let batch = shallow.history(&History::default(), &unobserved).unwrap();
    assert_eq!(batch.events.len(), 2);
    assert_eq!(batch.events[0].data()[attribute::BOUNDARY], true);
    assert_eq!(files(&batch.events[0]), None);
    assert_eq!(files(&batch.events[1]).unwrap(), ["f"]);
    assert_eq!(note_count(&batch, "shallow"), 1);
    let edge = batch.events[0].source_id().unwrap();
    assert!(matches!(shallow.diff(edge, &DiffLimits::default()), Err(Error::Git { .. })));
}

#[test]
fn worktrees_bare_clones_and_empty_repositories_open() {
    let mut repo = Sandbox::new();
    assert!(repo.history().events.is_empty());
    repo.commit("one", &[("f", "1")]);
    repo.git(&["worktree", "add", "-q", "-b", "other", "../tree"]);
    git_in(repo.folder.path(), START, &["clone", "-q", "--bare", "repo", "bare.git"], b"");
    for place in ["tree", "bare.git", "repo/.git"] {
        let opened = Repository::open(repo.folder.path().join(place)).unwrap();
        let batch = opened.history(&History::default(), &unobserved).unwrap();
        assert_eq!(batch.events.len(), 1, "{place}");
    }
    let none = Repository::open(repo.folder.path().join("absent")).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    let no_repository = Repository::open(repo.folder.path()).unwrap_err();
    assert_eq!(no_repository.kind(), ErrorKind::InvalidInput);
}

fn remove_object(repo: &Sandbox, id: &str) {
    let (folder, rest) = id.trim().split_at(2);
    std::fs::remove_file(repo.path().join(".git/objects").join(folder).join(rest)).unwrap();
}

#[test]
fn missing_objects_cost_only_what_they_held() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("d/f", "1\n"), ("g", "1\n")]);
    let second = repo.commit("two", &[("d/f", "2\n")]);
    let third = repo.commit("three", &[("g", "3\n")]);
    remove_object(&repo, &repo.git(&["rev-parse", &format!("{second}:d/f")]));
    let diff = repo.open().diff(&second, &DiffLimits::default()).unwrap();
    assert!(
        diff.contains("diff --git a/d/f b/d/f") && diff.contains("# not shown: object"),
        "{diff}"
    );

    remove_object(&repo, &repo.git(&["rev-parse", &format!("{second}:d")]));
    let batch = repo.history();
    let events = by_sha(&batch);
    assert_eq!(events.len(), 3);
    assert_eq!(files(events[second.as_str()]), None);
    assert_eq!(files(events[third.as_str()]).unwrap(), ["g"]);
    assert_eq!(note_count(&batch, "a tree can't be read"), 1);

    remove_object(&repo, &first);
    let batch = repo.history();
    assert_eq!(batch.events.len(), 2);
    assert_eq!(note_count(&batch, "a parent is missing"), 1);
}

#[test]
fn a_damaged_commit_is_refused_and_named() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    repo.commit("two", &[("f", "2")]);
    let path = repo.path().join(".git/objects").join(&first[..2]).join(&first[2..]);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"no object").unwrap();
    let batch = repo.history();
    assert_eq!((batch.events.len(), batch.report.refused()), (1, 1));
    let refused = &batch.report.inputs[0].described[0];
    assert!(refused.place.to_string().contains(&first), "{refused:?}");
}

#[test]
fn paths_and_messages_in_other_encodings_are_kept_readable() {
    let repo = Sandbox::new();
    let mut stream = Vec::new();
    stream.extend_from_slice(
        b"commit refs/heads/main\ncommitter \xe9 <e@example.org> 1777880000 +0000\n",
    );
    stream.extend_from_slice(b"data 4\ncaf\xe9\nM 100644 inline \"a\\351b\"\ndata 1\nx\n\n");
    git_in(&repo.path(), START, &["fast-import", "--quiet"], &stream);
    let batch = repo.history();
    assert_eq!(batch.events[0].title(), "caf\u{fffd}");
    assert_eq!(files(&batch.events[0]).unwrap(), ["a\u{fffd}b"]);
}

#[test]
fn a_diff_reads_like_gits_own() {
    let mut repo = Sandbox::new();
    let lines = |n: usize| (0..n).map(|i| format!("line {i}\n")).collect::<String>();
    repo.commit(
        "one",
        &[("a.txt", &lines(40)), ("gone", "x\ny\n"), ("same", "s"), ("end", "no newline")],
    );
    std::fs::remove_file(repo.path().join("gone")).unwrap();
    let changed = lines(40).replace("line 3\n", "line three\n").replace("line 30\n", "");
    let second =
        repo.commit("two", &[("a.txt", &changed), ("new/file", "1\n2\n"), ("end", "still none")]);
    let diff = repo.open().diff(&second[..12], &DiffLimits::default()).unwrap();
    let reference = repo.git(&["show", "--no-renames", "--format=", &second]);
    let plain = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.starts_with("index "));
        // Git repeats a line of the function behind the second "@@".
        lines
            .map(|line| match line.strip_prefix("@@ ").and_then(|rest| rest.split_once(" @@")) {
                Some((range, _)) => format!("@@ {range} @@\n"),
                None => format!("{line}\n"),
            })
            .collect()
    };
    assert_eq!(plain(&diff), plain(&reference));
}

#[test]
fn binary_and_large_files_are_named_without_content() {
    let mut repo = Sandbox::new();
    repo.commit("one", &[]);
    let big = "x\n".repeat(5000);
    let second = repo.commit("two", &[("a.bin", "a\0b"), ("big", &big), ("z", "1\n")]);
    let limits = DiffLimits { blob_bytes: 1000, ..DiffLimits::default() };
    let diff = repo.open().diff(&second, &limits).unwrap();
    assert!(diff.contains("Binary files a/a.bin and b/a.bin differ"), "{diff}");
    assert!(
        diff.contains("# not shown: 10000 bytes, at most 1000 are read") && diff.ends_with("+1\n")
    );
    let short = DiffLimits { text_bytes: 10, ..DiffLimits::default() };
    assert!(repo.open().diff(&second, &short).unwrap().contains("# 2 more files are not shown"));
    let error = repo.open().diff("feedbeef", &DiffLimits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
