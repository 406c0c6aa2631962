//! A repository that is read on and on.

use std::collections::{BTreeMap, BTreeSet};

use rca_core::connectors::git::attribute;
use rca_core::connectors::source::{Checkpoint, GitRepository, Page, Source};
use rca_core::connectors::transport::Fault;
use rca_core::connectors::{git::Tips, unobserved};
use rca_core::model::{Event, attribute as names};
use rca_core::{PullOptions, Workspace};
use serde_json::json;

use crate::sandbox::{START, Sandbox, git_in, long_history};

fn open(repo: &Sandbox) -> GitRepository {
    GitRepository::open(repo.path()).unwrap().with_name("shop").with_repository("acme/shop")
}

fn pull(source: &mut GitRepository, from: Option<&Checkpoint>) -> Result<Page, Fault> {
    source.pull(from, "2026-06-01T00:00:00Z".parse().unwrap(), &unobserved)
}

/// Pulls until there is no more; every page is asked for with a source of its own when `anew`.
fn pull_all(repo: &Sandbox, from: &mut Option<Checkpoint>, page: usize, anew: bool) -> Vec<Event> {
    let mut source = open(repo).with_page(page);
    let mut found = Vec::new();
    for _ in 0..2000 {
        if anew {
            source = open(repo).with_page(page);
        }
        let page = pull(&mut source, from.as_ref()).unwrap();
        found.extend(page.batch.events);
        // As it is stored.
        *from = Some(page.checkpoint.to_string().parse().unwrap());
        if !page.more {
            return found;
        }
    }
    unreachable!("it never ends");
}

fn shas(events: &[Event], kind: &str) -> BTreeSet<String> {
    let events = events.iter().filter(|event| event.event_type() == kind);
    events.map(|event| event.attribute(names::COMMIT).unwrap().to_owned()).collect()
}

fn reached(repo: &Sandbox, arguments: &[&str]) -> BTreeSet<String> {
    let all: Vec<&str> = ["rev-list"].into_iter().chain(arguments.iter().copied()).collect();
    repo.git(&all).lines().map(str::to_owned).collect()
}

#[test]
fn a_later_pull_brings_what_is_new_and_nothing_else() {
    let mut repo = Sandbox::new();
    let mut at = None;
    assert!(pull_all(&repo, &mut at, 10, false).is_empty(), "an empty repository");
    for n in 0..5 {
        repo.commit(&format!("c{n}"), &[("f", &n.to_string())]);
    }
    let first = pull_all(&repo, &mut at, 2, false);
    assert_eq!(shas(&first, "commit"), reached(&repo, &["main"]));
    assert!(first.iter().all(|event| event.attribute("vcs.repository.name") == Some("acme/shop")));
    assert!(pull_all(&repo, &mut at, 2, false).is_empty());
    let before = repo.git(&["rev-parse", "HEAD"]);
    // An old branch comes in by a merge.
    repo.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
    repo.commit("side", &[("g", "1")]);
    repo.git(&["checkout", "-q", "main"]);
    repo.seconds += 60;
    repo.git(&["merge", "-q", "-m", "merge", "side"]);
    let second = pull_all(&repo, &mut at, 2, false);
    assert_eq!(second.len(), 2);
    assert_eq!(shas(&second, "commit"), reached(&repo, &["main", &format!("^{}", before.trim())]));
}

#[test]
fn pages_after_a_crash_go_on_where_they_were() {
    let repo = Sandbox::new();
    git_in(&repo.path(), START, &["fast-import", "--quiet"], long_history(200).as_bytes());
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    let whole = pull_all(&repo, &mut None, 1000, false);
    for (page, anew) in [(7, false), (7, true), (50, true)] {
        let pieces = pull_all(&repo, &mut None, page, anew);
        assert_eq!(pieces.len(), whole.len(), "each once");
        let by_id = |events: &[Event]| -> BTreeMap<String, Event> {
            events.iter().map(|event| (event.id().to_string(), event.clone())).collect()
        };
        assert_eq!(by_id(&pieces), by_id(&whole));
    }
    // The same page twice is the same page.
    let mut source = open(&repo).with_page(10);
    let first = pull(&mut source, None).unwrap();
    let one = pull(&mut source, Some(&first.checkpoint)).unwrap();
    let two = pull(&mut source, Some(&first.checkpoint)).unwrap();
    assert_eq!((one.batch.events, one.checkpoint), (two.batch.events, two.checkpoint));
}

#[test]
fn a_forced_push_is_told_with_the_commits_it_drops() {
    let mut repo = Sandbox::new();
    let base = repo.commit("base", &[("f", "1")]);
    let lost = [repo.commit("lost 1", &[("f", "2")]), repo.commit("lost 2", &[("f", "3")])];
    let mut at = None;
    pull_all(&repo, &mut at, 100, false);
    repo.git(&["reset", "-q", "--hard", &base]);
    let new = repo.commit("instead", &[("f", "4")]);
    let found = pull_all(&repo, &mut at, 100, false);
    assert_eq!(shas(&found, "commit"), BTreeSet::from([new.clone()]));
    let push = found.iter().find(|event| event.event_type() == "push").unwrap();
    assert_eq!(push.title(), "forced push to main drops 2 commits");
    assert_eq!(push.data()[attribute::DROPPED], json!([lost[1], lost[0]]));
    assert_eq!(push.attribute(names::COMMIT), Some(new.as_str()));
    assert_eq!(push.attribute("vcs.ref.base.revision"), Some(lost[1].as_str()));
    assert!(pull_all(&repo, &mut at, 100, false).is_empty());

    // And when the dropped commits are gone for good.
    repo.git(&["reset", "-q", "--hard", &base]);
    let newer = repo.commit("once more", &[("f", "5")]);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    let found = pull_all(&repo, &mut at, 100, false);
    assert!(shas(&found, "commit").contains(&newer));
    let push = found.iter().find(|event| event.event_type() == "push").unwrap();
    assert_eq!(push.title(), "forced push to main drops commits that are gone");
    assert!(pull_all(&repo, &mut at, 100, false).is_empty());
}

#[test]
fn deleted_branches_and_other_checkouts_are_no_forced_pushes() {
    let mut repo = Sandbox::new();
    let base = repo.commit("base", &[("f", "1")]);
    repo.git(&["checkout", "-q", "-b", "merged"]);
    repo.commit("merged", &[("g", "1")]);
    repo.git(&["branch", "lost"]);
    repo.git(&["checkout", "-q", "lost"]);
    let lost = repo.commit("lost", &[("h", "1")]);
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--ff-only", "merged"]);
    let mut at = None;
    let pull_branches = |repo: &Sandbox, at: &mut Option<Checkpoint>| {
        let mut source = open(repo).with_tips(Tips::Branches);
        let mut found = Vec::new();
        loop {
            let page = pull(&mut source, at.as_ref()).unwrap();
            found.extend(page.batch.events);
            *at = Some(page.checkpoint);
            if !page.more {
                return found;
            }
        }
    };
    assert_eq!(pull_branches(&repo, &mut at).len(), 3);
    repo.git(&["branch", "-q", "-D", "merged", "lost"]);
    let found = pull_branches(&repo, &mut at);
    let titles: Vec<&str> = found.iter().map(Event::title).collect();
    assert_eq!(titles, ["deletion of lost drops 1 commits"]);
    assert_eq!(found[0].data()[attribute::DROPPED], json!([lost]));
    assert!(pull_branches(&repo, &mut at).is_empty());

    let mut at = None;
    pull_all(&repo, &mut at, 10, false);
    repo.git(&["checkout", "-q", "-b", "other", &base]);
    assert!(pull_all(&repo, &mut at, 10, false).is_empty());
    repo.git(&["checkout", "-q", "--detach", "main"]);
    assert!(pull_all(&repo, &mut at, 10, false).is_empty());
    repo.git(&["checkout", "-q", "--detach", &base]);
    assert!(pull_all(&repo, &mut at, 10, false).is_empty());
}

#[test]
fn tags_become_releases_as_git_lists_them() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    repo.git(&["tag", "v1.0"]);
    repo.git(&["tag", "before-merge"]);
    repo.seconds += 600;
    repo.git(&["tag", "-a", "till@2.0.0", "-m", "the second one\n\nwith a body", &first]);
    repo.git(&["tag", "-a", "v1.0-signed", "v1.0", "-m", "a tag of a tag"]);
    repo.git(&["tag", "a-tree", "HEAD^{tree}"]);
    let mut at = None;
    for (page, anew) in [(100, false), (1, false), (1, true)] {
        at = None;
        let found = pull_all(&repo, &mut at, page, anew);
        let format =
            "%(refname:short)\t%(objecttype)\t%(*objectname)%(objectname)\t%(creatordate:unix)";
        let listed = repo.git(&["for-each-ref", "refs/tags", &format!("--format={format}")]);
        let mut expected = BTreeMap::new();
        for line in listed.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            if fields[1] != "tree" {
                expected.insert(
                    fields[0].to_owned(),
                    (fields[2][..40].to_owned(), fields[3].to_owned()),
                );
            }
        }
        let tags = found.iter().filter(|event| event.event_type() != "commit");
        let read: BTreeMap<String, (String, String)> = tags
            .map(|event| {
                let name = event.attribute("vcs.ref.head.name").unwrap().to_owned();
                let sha = event.attribute(names::COMMIT).unwrap().to_owned();
                (name, (sha, event.timestamp().timestamp().to_string()))
            })
            .collect();
        assert_eq!(read, expected);
        let release = found.iter().find(|event| event.title().contains("till@2.0.0")).unwrap();
        assert_eq!(release.event_type(), "release");
        assert_eq!(release.attribute(names::VERSION), Some("till@2.0.0"));
        assert_eq!(release.attribute(names::AUTHOR), Some("Omar"));
        assert!(release.body().starts_with("the second one"));
        let plain = found.iter().find(|event| event.title().contains("before-merge")).unwrap();
        assert_eq!((plain.event_type(), plain.attribute(names::VERSION)), ("tag", None));
    }
    assert!(pull_all(&repo, &mut at, 100, false).is_empty());
    let second = repo.commit("two", &[("f", "2")]);
    repo.git(&["tag", "-f", "v1.0"]);
    let found = pull_all(&repo, &mut at, 100, false);
    assert!(shas(&found, "release").contains(&second), "a tag that was moved");
}

#[test]
fn notes_become_events_once_each() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    let mut at = None;
    pull_all(&repo, &mut at, 10, false);
    repo.seconds += 60;
    repo.git(&["notes", "--ref=ci", "add", "-m", "tests passed\n\nin 3 min", &first]);
    let found = pull_all(&repo, &mut at, 10, false);
    assert_eq!(found.len(), 1);
    let note = &found[0];
    assert_eq!(note.event_type(), "note");
    assert_eq!(note.title(), format!("note on {}: tests passed", &first[..12]));
    assert_eq!(note.attribute(names::COMMIT), Some(first.as_str()));
    assert_eq!(note.attribute(attribute::NOTES_BRANCH), Some("ci"));
    assert_eq!(note.timestamp().timestamp(), repo.seconds);
    // So many that git moves them into folders.
    for n in 0..300 {
        let sha = repo.commit(&format!("c{n}"), &[]);
        let mut stream = format!(
            "commit refs/notes/ci\ncommitter Omar <o@example.org> {} +0000\n",
            repo.seconds
        );
        stream += &format!("data 1\nx\nfrom refs/notes/ci^0\nN inline {sha}\ndata 2\n{}\n", n % 10);
        git_in(&repo.path(), repo.seconds, &["fast-import", "--quiet"], stream.as_bytes());
    }
    let found = pull_all(&repo, &mut at, 10, true);
    assert_eq!(shas(&found, "note").len(), 300);
    assert_eq!(found.iter().filter(|event| event.event_type() == "note").count(), 300);
    assert!(pull_all(&repo, &mut at, 10, false).is_empty());
}

#[test]
fn what_was_missing_is_read_when_it_comes() {
    let mut repo = Sandbox::new();
    for n in 0..5 {
        repo.commit(&format!("c{n}"), &[("f", &n.to_string())]);
    }
    let url = format!("file://{}", repo.path().display());
    git_in(repo.folder.path(), START, &["clone", "-q", "--depth", "2", &url, "shallow"], b"");
    let folder = repo.folder.path().join("shallow");
    let mut source = GitRepository::open(&folder).unwrap();
    let mut at = None;
    let mut pull_on = || {
        let mut found = Vec::new();
        loop {
            let page = pull(&mut source, at.as_ref()).unwrap();
            found.extend(page.batch.events);
            at = Some(page.checkpoint);
            if !page.more {
                return found;
            }
        }
    };
    assert_eq!(pull_on().len(), 2);
    assert!(pull_on().is_empty());
    git_in(&folder, START, &["fetch", "-q", "--unshallow"], b"");
    assert_eq!(pull_on().len(), 3, "what was behind the end of the clone");
    assert!(pull_on().is_empty());

    let second = repo.git(&["rev-parse", "HEAD~3"]).trim().to_owned();
    let object = repo.path().join(".git/objects").join(&second[..2]).join(&second[2..]);
    let whole = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, b"no object").unwrap();
    let mut at = None;
    assert_eq!(pull_all(&repo, &mut at, 10, false).len(), 3);
    assert!(pull_all(&repo, &mut at, 10, false).is_empty());
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, whole).unwrap();
    assert_eq!(
        pull_all(&repo, &mut at, 10, false).len(),
        2,
        "the repaired one and those before it"
    );
}

#[test]
fn a_workspace_pulls_a_repository_and_keeps_what_could_not_be_read() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    repo.commit("two", &[("f", "2")]);
    repo.git(&["tag", "v1"]);
    let workspace = Workspace::open(repo.folder.path().join("case")).unwrap();
    let options = PullOptions::default();
    let pulled = workspace.pull(&mut open(&repo), &options, &unobserved).unwrap();
    assert!(pulled.end.fault().is_none(), "{:?}", pulled.end);
    assert_eq!((pulled.accepted, pulled.duplicates, pulled.refused), (3, 0, 0));
    let again = workspace.pull(&mut open(&repo), &options, &unobserved).unwrap();
    assert_eq!((again.accepted, again.duplicates), (0, 0));
    let anew = PullOptions { begin: rca_core::Begin::Anew, ..options };
    let anew = workspace.pull(&mut open(&repo), &anew, &unobserved).unwrap();
    assert_eq!((anew.accepted, anew.duplicates), (0, 3));

    repo.git(&["checkout", "-q", "-b", "odd"]);
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let who = "Omar <omar@example.org> 99999999999999 +0000";
    let text =
        format!("tree {}\nparent {first}\nauthor {who}\ncommitter {who}\n\nodd\n", tree.trim());
    let arguments = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
    let odd = git_in(&repo.path(), START, &arguments, text.as_bytes());
    repo.git(&["reset", "-q", "--hard", odd.trim()]);
    repo.commit("three", &[("f", "3")]);
    let pulled = workspace.pull(&mut open(&repo), &options, &unobserved).unwrap();
    assert_eq!((pulled.accepted, pulled.refused, pulled.letters), (1, 1, 1));
}

#[test]
fn a_repository_that_went_away_is_a_fault() {
    let mut repo = Sandbox::new();
    repo.commit("one", &[("f", "1")]);
    let mut source = open(&repo);
    let first = pull(&mut source, None).unwrap();
    std::fs::remove_dir_all(repo.path()).unwrap();
    assert!(pull(&mut source, Some(&first.checkpoint)).is_err());
    assert!(pull(&mut source, Some(&Checkpoint::new(&"another's"))).is_err());
}
