//! The history, and the diffs of chosen commits.

use std::collections::BTreeMap;

use chrono::DateTime;
use rca_core::connectors::git::{DiffLimits, History, Repository, Tips, attribute};
use rca_core::connectors::{Batch, Limits, unobserved};
use rca_core::model::{Change, ChangeKind, Event};
use rca_core::{Error, ErrorKind};

use crate::sandbox::{START, Sandbox, git_in, long_history};

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
    assert_eq!((sha, author), (second.as_str(), Some("Ines")));
    assert_eq!(message, "shrink the pool\n\nit was large");
    assert_eq!((files, diff), (vec!["src/a.rs"], None));
    assert_eq!(event.title(), "shrink the pool");
    assert_eq!(event.attribute(attribute::AUTHOR_TIME), Some("2026-05-04T04:46:40Z"));
    assert_eq!(event.data()[attribute::TAGS], serde_json::json!(["v1", "v1-annotated"]));
    assert_eq!(event.data()[attribute::PARENTS], serde_json::json!([root]));
    assert_eq!(batch.events, repo.history().events, "reading twice gives the same");
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

#[test]
fn missing_objects_cost_only_what_they_held() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("d/f", "1\n"), ("g", "1\n")]);
    let second = repo.commit("two", &[("d/f", "2\n")]);
    let third = repo.commit("three", &[("g", "3\n")]);
    repo.remove_object(&repo.git(&["rev-parse", &format!("{second}:d/f")]));
    let diff = repo.open().diff(&second, &DiffLimits::default()).unwrap();
    assert!(
        diff.contains("diff --git a/d/f b/d/f") && diff.contains("# not shown: object"),
        "{diff}"
    );

    repo.remove_object(&repo.git(&["rev-parse", &format!("{second}:d")]));
    let batch = repo.history();
    let events = by_sha(&batch);
    assert_eq!(events.len(), 3);
    assert_eq!(files(events[second.as_str()]), None);
    assert_eq!(files(events[third.as_str()]).unwrap(), ["g"]);
    assert_eq!(note_count(&batch, "a tree can't be read"), 1);

    repo.remove_object(&first);
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
fn a_commit_without_end_is_cut_or_refused_and_costs_no_memory() {
    let mut repo = Sandbox::new();
    repo.commit("one", &[("f", "1")]);
    let message = repo.folder.path().join("message");
    let commit = |bytes: usize| {
        let text = format!("two\n\n{}", "why it was done ".repeat(bytes / 16));
        std::fs::write(&message, text).unwrap();
        repo.git(&["commit", "-q", "--allow-empty", "-F", message.to_str().unwrap()]);
        repo.git(&["rev-parse", "HEAD"]).trim().to_owned()
    };
    let long = commit(200_000);
    let limits = Limits { record_bytes: 64 << 10, body_bytes: 1 << 20, ..Limits::default() };
    let read = |path: &std::path::Path| {
        let repository = Repository::open(path).unwrap().with_limits(limits.clone());
        repository.history(&History::default(), &unobserved).unwrap()
    };
    let batch = read(&repo.path());
    let report = &batch.report.inputs[0];
    assert_eq!((batch.events.len(), report.refused), (2, 0));
    assert_eq!(report.notes.get("messages were cut"), Some(&1), "{:?}", report.notes);
    assert!(batch.events.iter().any(|event| event.source_id() == Some(&long)));
    commit(2 << 20);
    let batch = read(&repo.path());
    let report = &batch.report.inputs[0];
    assert_eq!((batch.events.len(), report.refused), (0, 1));
    assert!(report.described[0].reason.contains("body_bytes"), "{:?}", report.described);
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

#[test]
fn a_history_in_batches_is_the_whole_history() {
    let repo = Sandbox::new();
    git_in(&repo.path(), START, &["fast-import", "--quiet"], long_history(300).as_bytes());
    let wanted = History { tips: Tips::Named(vec!["main".into()]), ..History::default() };
    let whole = repo.open().history(&wanted, &unobserved).unwrap();
    let mut commits = repo.open().commits(&wanted).unwrap();
    let (mut pieces, mut count) = (Batch::default(), 0);
    while let Some(batch) = commits.next_batch(7, &unobserved).unwrap() {
        assert!(batch.events.len() <= 7);
        pieces.events.extend(batch.events);
        count += 1;
    }
    assert!(commits.next_batch(7, &unobserved).unwrap().is_none());
    pieces.sort();
    assert_eq!(pieces.events, whole.events);
    assert!(count > 30);
}

#[test]
fn what_is_known_is_left_out_as_git_leaves_it_out() {
    let repo = Sandbox::new();
    git_in(&repo.path(), START, &["fast-import", "--quiet"], long_history(700).as_bytes());
    for (tip, known) in [
        ("main", vec!["main~40"]),
        ("main", vec!["side"]),
        ("side", vec!["main"]),
        ("side", vec!["main~100", "side~3"]),
        ("main~100", vec!["main"]),
        ("main", vec!["main"]),
        ("main", vec!["main~150^2", "main~200"]),
    ] {
        let mut arguments = vec!["rev-list".to_owned(), tip.to_owned()];
        let known: Vec<String> = known
            .into_iter()
            .filter(|name| !name.contains("^2") || repo.has(name))
            .map(str::to_owned)
            .collect();
        arguments.extend(known.iter().map(|name| format!("^{name}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let expected: std::collections::BTreeSet<String> =
            repo.git(&arguments).lines().map(str::to_owned).collect();
        let wanted = History {
            tips: Tips::Named(vec![tip.into()]),
            known: known.clone(),
            ..History::default()
        };
        let batch = repo.open().history(&wanted, &unobserved).unwrap();
        let found: std::collections::BTreeSet<String> =
            by_sha(&batch).into_keys().map(str::to_owned).collect();
        assert_eq!(found, expected, "{tip} without {known:?}");
    }
}

#[test]
fn a_date_of_1970_in_the_middle_does_not_end_a_history() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    let seconds = std::mem::replace(&mut repo.seconds, 100);
    let odd = repo.commit("the clock was empty", &[("f", "2")]);
    repo.seconds = seconds;
    let last = repo.commit("three", &[("f", "3")]);
    let wanted = History { since: DateTime::from_timestamp(START, 0), ..History::default() };
    let batch = repo.open().history(&wanted, &unobserved).unwrap();
    let found: Vec<&str> = by_sha(&batch).into_keys().collect();
    assert!(found.contains(&first.as_str()) && found.contains(&last.as_str()));
    assert!(!found.contains(&odd.as_str()), "it says that it is from before");
}

#[test]
fn a_date_that_is_none_costs_its_commit_and_not_those_before() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let raw = |parent: &str, date: &str| {
        let who = format!("Omar <omar@example.org> {date} +0000");
        let text = format!(
            "tree {}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nodd\n",
            tree.trim()
        );
        let arguments = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
        git_in(&repo.path(), START, &arguments, text.as_bytes()).trim().to_owned()
    };
    let far = raw(&first, "99999999999999");
    let none = raw(&far, "12x");
    repo.git(&["update-ref", "refs/heads/main", &none]);
    repo.git(&["reset", "-q", "--hard"]);
    let last = repo.commit("two", &[("f", "2")]);
    let batch = repo.history();
    let found: Vec<&str> = by_sha(&batch).into_keys().collect();
    assert!(found.contains(&first.as_str()) && found.contains(&last.as_str()), "{}", batch.report);
    assert_eq!((batch.events.len(), batch.report.refused()), (2, 2), "{}", batch.report);
    let kept = &batch.report.inputs[0].kept;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().all(|kept| String::from_utf8_lossy(&kept.raw).contains("odd")));
}

#[test]
fn merges_of_many_submodules_and_old_encodings_are_read() {
    let mut repo = Sandbox::new();
    repo.commit("base", &[("f", "1")]);
    for name in ["a", "b", "c"] {
        repo.git(&["checkout", "-q", "-b", name, "main"]);
        repo.commit(name, &[(name, "1")]);
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.seconds += 60;
    repo.git(&["merge", "-q", "-m", "all of them", "a", "b", "c"]);
    let link = format!("160000,{},module", "5".repeat(40));
    repo.git(&["update-index", "--add", "--cacheinfo", &link]);
    repo.seconds += 60;
    repo.git(&["commit", "-q", "-m", "a module"]);
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let mut latin = format!("tree {}\nparent {}\n", tree.trim(), head.trim()).into_bytes();
    for who in ["author", "committer"] {
        latin.extend_from_slice(who.as_bytes());
        latin.extend_from_slice(b" Ren\xe9 <r@example.org> 1777890000 +0000\n");
    }
    latin.extend_from_slice(b"encoding ISO-8859-1\n\ncaf\xe9\n");
    let arguments = ["hash-object", "-t", "commit", "-w", "--stdin"];
    let id = git_in(&repo.path(), START, &arguments, &latin);
    repo.git(&["checkout", "-q", "--detach", id.trim()]);
    let batch = repo.history();
    assert_eq!((batch.events.len(), batch.report.refused()), (7, 0), "{}", batch.report);
    let last = batch.events.last().unwrap();
    assert_eq!((last.title(), last.attribute("vcs.author")), ("caf\u{e9}", Some("Ren\u{e9}")));
    let module = &batch.events[batch.events.len() - 2];
    assert_eq!(files(module).unwrap(), ["module"]);
    let diff = repo.open().diff(module.source_id().unwrap(), &DiffLimits::default()).unwrap();
    assert!(diff.contains("+Subproject commit 5555"), "{diff}");
    let merge = batch.events.iter().find(|event| event.title() == "all of them").unwrap();
    assert_eq!(merge.data()[attribute::PARENTS].as_array().unwrap().len(), 3);
}
