//! Who wrote which line, against `git blame`.

use std::fmt::Write as _;

use proptest::prelude::*;
use rca_core::ErrorKind;
use rca_core::connectors::git::BlamedLines;
use rca_core::model::StackFrame;

use crate::sandbox::{START, Sandbox, git_in};

/// The hash of each line's last writer.
fn by_git(repo: &Sandbox, commit: &str, path: &str) -> Vec<String> {
    let text = repo.git(&["blame", "-l", "-s", "--root", commit, "--", path]);
    text.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

fn lines(blamed: &[BlamedLines]) -> Vec<String> {
    let mut found = Vec::new();
    for part in blamed {
        assert_eq!(part.first as usize, found.len() + 1, "without holes: {blamed:?}");
        found.extend(std::iter::repeat_n(part.sha.clone(), part.lines as usize));
    }
    found
}

fn frame(path: &str, line: u32) -> StackFrame {
    StackFrame { path: path.to_owned(), function: None, line: Some(line) }
}

/// Edits of one file on two branches that merge now and then: where, how many lines go, how many come.
#[derive(Debug, Clone)]
struct Edit {
    at: usize,
    gone: usize,
    come: usize,
    side: bool,
    merge: bool,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = (0..40_usize, 0..4_usize, 0..4_usize, any::<bool>(), prop::bool::weighted(0.2));
    let edit = edit.prop_map(|(at, gone, come, side, merge)| Edit { at, gone, come, side, merge });
    prop::collection::vec(edit, 1..25)
}

fn history(edits: &[Edit]) -> String {
    let mut stream = String::new();
    let mut write = |mark: usize, branch: &str, parents: &[usize], text: &[String]| {
        let seconds = START + i64::try_from(mark).unwrap() * 60;
        let _ = write!(stream, "commit refs/heads/{branch}\nmark :{mark}\n");
        let _ = write!(stream, "committer Omar <omar@example.org> {seconds} +0000\ndata 1\nx\n");
        for (index, parent) in parents.iter().enumerate() {
            let _ = writeln!(stream, "{} :{parent}", if index == 0 { "from" } else { "merge" });
        }
        let text: String = text.iter().map(|line| format!("{line}\n")).collect();
        let _ = write!(stream, "M 100644 inline f\ndata {}\n{text}\n", text.len());
    };
    // Every line is unlike any other, so that there is one way only to compare two versions.
    let mut fresh = 0;
    let mut new_lines = |count: usize| -> Vec<String> {
        (0..count)
            .map(|_| {
                fresh += 1;
                format!("line {fresh}")
            })
            .collect()
    };
    let base = new_lines(20);
    write(1, "main", &[], &base);
    let mut heads = [(1, base.clone()), (1, base)];
    let mut mark = 1;
    for edit in edits {
        mark += 1;
        let (at, other) = if edit.side { (1, 0) } else { (0, 1) };
        let name = ["main", "side"][at];
        if edit.merge {
            // The other side is taken over whole.
            let text = heads[other].1.clone();
            write(mark, name, &[heads[at].0, heads[other].0], &text);
            heads[at] = (mark, text);
            continue;
        }
        let (parent, mut text) = heads[at].clone();
        let from = edit.at.min(text.len());
        let to = (from + edit.gone).min(text.len());
        text.splice(from..to, new_lines(edit.come));
        write(mark, name, &[parent], &text);
        heads[at] = (mark, text);
    }
    stream
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn blame_is_that_of_git(edits in edits()) {
        let repo = Sandbox::new();
        git_in(&repo.path(), START, &["fast-import", "--quiet"], history(&edits).as_bytes());
        let found = repo.open().blame("main", "f", None, None).unwrap();
        prop_assert_eq!(lines(&found), by_git(&repo, "main", "f"));
    }
}

#[test]
fn renames_are_followed_and_ranges_are_kept_to() {
    let mut repo = Sandbox::new();
    let text = |name: &str| (0..30).map(|n| format!("{name} {n}\n")).collect::<String>();
    let first = repo.commit("one", &[("src/pool.rs", &text("a"))]);
    std::fs::create_dir_all(repo.path().join("src/net")).unwrap();
    repo.git(&["mv", "src/pool.rs", "src/net/pool.rs"]);
    repo.commit("moved", &[]);
    let changed = text("a").replace("a 20\n", "b 20\n");
    let third = repo.commit("three", &[("src/net/pool.rs", &changed)]);
    let opened = repo.open();
    let found = opened.blame("HEAD", "src/net/pool.rs", None, None).unwrap();
    assert_eq!(lines(&found), by_git(&repo, "HEAD", "src/net/pool.rs"));
    let found = opened.blame("HEAD", "src/net/pool.rs", Some(20..=22), None).unwrap();
    let found: Vec<_> =
        found.iter().map(|part| (part.sha.as_str(), part.first, part.lines)).collect();
    assert_eq!(found, [(&*first, 20, 1), (&*third, 21, 1), (&*first, 22, 1)]);

    let frames = [
        frame("/build/src/net/pool.rs", 21),
        frame("src/net/pool.rs", 22),
        frame("src/elsewhere.rs", 1),
        StackFrame { line: None, ..frame("src/net/pool.rs", 1) },
        frame("src/net/pool.rs", u32::MAX),
    ];
    let counts = opened.blame_frames("HEAD", &frames, None).unwrap();
    let counts: Vec<_> = counts.iter().map(|(sha, lines)| (sha.as_str(), *lines)).collect();
    let mut wanted = [(first.as_str(), 19), (third.as_str(), 1)];
    wanted.sort_unstable();
    assert_eq!(counts, wanted, "lines 11 to 30, once each");
    assert!(opened.blame_frames("HEAD", &[], None).unwrap().is_empty());
}

#[test]
fn blame_ends_where_the_history_does() {
    let mut repo = Sandbox::new();
    let text = |n: usize| {
        (0..10).map(|line| format!("{}\n", line * usize::from(line >= n))).collect::<String>()
    };
    for n in 0..6 {
        repo.commit(&format!("c{n}"), &[("f", &text(n))]);
    }
    let whole = repo.open().blame("HEAD", "f", None, None).unwrap();
    let since = chrono::DateTime::from_timestamp(START + 60 * 5, 0);
    let young = repo.open().blame("HEAD", "f", None, since).unwrap();
    assert!(young.len() < whole.len());
    let newest: Vec<String> =
        repo.git(&["rev-list", "-2", "HEAD"]).lines().map(str::to_owned).collect();
    for part in lines(&whole).iter().zip(lines(&young)).filter(|(a, _)| newest.contains(a)) {
        assert_eq!(*part.0, part.1, "those since then are told apart");
    }
    let url = format!("file://{}", repo.path().display());
    git_in(repo.folder.path(), START, &["clone", "-q", "--depth", "3", &url, "shallow"], b"");
    let shallow =
        rca_core::connectors::git::Repository::open(repo.folder.path().join("shallow")).unwrap();
    let found = shallow.blame("HEAD", "f", None, None).unwrap();
    assert_eq!(lines(&found).len(), 10);

    let opened = repo.open();
    for (sha, path) in [("HEAD", "absent"), ("feedbeef", "f"), ("HEAD", "")] {
        let error = opened.blame(sha, path, None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}");
    }
    assert!(opened.blame("HEAD", "f", Some(0..=4), None).is_err());
    assert!(opened.blame("HEAD", "f", Some(90..=99), None).unwrap().is_empty());
    let old = repo.git(&["rev-parse", "HEAD~3:f"]);
    repo.remove_object(&old);
    assert!(repo.open().blame("HEAD", "f", None, None).is_err());
    assert!(repo.open().blame_frames("HEAD", &[frame("f", 3)], None).unwrap().is_empty());
}
