//! What is told about commits: trailers, tags, notes.

use std::collections::BTreeMap;

use rca_core::connectors::git::attribute;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

#[test]
fn a_commit_says_which_ones_it_takes_back_repairs_and_copies() {
    let mut repo = Sandbox::new();
    let first = repo.commit("pool: fewer slots", &[("f", "1\n")]);
    let second = repo.commit("pool: wait longer", &[("f", "2\n")]);
    repo.seconds += 60;
    repo.git(&["revert", "--no-edit", &second]);
    let fix =
        format!("pool: as before\n\nFixes: {} (\"pool: fewer slots\")\nFixes: #12", &first[..12]);
    repo.commit(&fix, &[("f", "3\n")]);
    repo.git(&["checkout", "-q", "-b", "old", &first]);
    let other = repo.commit("a clearer name", &[("g", "1\n")]);
    repo.git(&["checkout", "-q", "main"]);
    repo.seconds += 60;
    repo.git(&["cherry-pick", "-x", &other]);
    let batch = repo.history();
    let of = |title: &str, name: &str| -> Value {
        let event = batch.events.iter().find(|event| event.title() == title).unwrap();
        event.data().get(name).cloned().unwrap_or_default()
    };
    assert_eq!(of("Revert \"pool: wait longer\"", attribute::REVERTS), json!([second]));
    assert_eq!(of("pool: as before", attribute::FIXES), json!([&first[..12]]));
    assert_eq!(of("a clearer name", attribute::PICKED_FROM), json!([other]));
    assert_eq!(of("pool: wait longer", attribute::REVERTS), Value::Null);
}

#[test]
fn notes_stand_beside_the_commits_they_are_on_as_git_shows_them() {
    let mut repo = Sandbox::new();
    // More than 256, so that git cuts their names into folders.
    let shas: Vec<String> = (0..300).map(|n| repo.commit(&format!("c{n}"), &[])).collect();
    let mut input = String::new();
    let blob = |text: &str| {
        let arguments = ["hash-object", "-w", "--stdin"];
        crate::sandbox::git_in(&repo.path(), repo.seconds, &arguments, text.as_bytes())
            .trim()
            .to_owned()
    };
    let mut wanted: BTreeMap<&str, Value> = BTreeMap::new();
    for (n, sha) in shas.iter().enumerate() {
        if n % 100 == 0 {
            repo.git(&["notes", "--ref=ci", "add", "-m", &format!("passed {n}"), sha]);
        }
    }
    let id = blob("looked at it");
    for sha in &shas {
        input += &format!("N {id} {sha}\n");
        wanted.insert(sha, json!({ "commits": "looked at it" }));
    }
    let stream = format!(
        "commit refs/notes/commits\ncommitter Omar <omar@example.org> {} +0000\ndata 1\nx\n{input}\n",
        repo.seconds
    );
    crate::sandbox::git_in(
        &repo.path(),
        repo.seconds,
        &["fast-import", "--quiet"],
        stream.as_bytes(),
    );
    assert!(repo.git(&["ls-tree", "refs/notes/commits"]).contains(" tree "), "there are folders");
    for (n, sha) in shas.iter().enumerate().filter(|(n, _)| n % 100 == 0) {
        wanted.insert(sha, json!({ "commits": "looked at it", "ci": format!("passed {n}") }));
        let shown = repo.git(&["notes", "--ref=ci", "show", sha]);
        assert_eq!(shown.trim(), format!("passed {n}"));
    }
    let batch = repo.history();
    for event in &batch.events {
        let notes = &event.data()[attribute::NOTES];
        assert_eq!(notes, &wanted[event.source_id().unwrap()], "{}", event.title());
    }
}

#[test]
fn a_note_that_can_not_be_read_costs_itself() {
    let mut repo = Sandbox::new();
    let first = repo.commit("one", &[("f", "1")]);
    let second = repo.commit("two", &[("f", "2")]);
    repo.git(&["notes", "add", "-m", "good", &first]);
    repo.git(&["notes", "add", "-m", "bad", &second]);
    let listed = repo.git(&["notes", "list", &second]);
    repo.remove_object(&listed);
    let batch = repo.history();
    assert_eq!(batch.events[0].data()[attribute::NOTES], json!({ "commits": "good" }));
    assert_eq!(batch.events[1].data().get(attribute::NOTES), None);
}
