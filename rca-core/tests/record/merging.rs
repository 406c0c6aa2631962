//! Edits of the page, made while others worked on.

use proptest::prelude::*;
use rca_core::model::{HypothesisState, Investigation, Side};
use rca_core::report::canvas::{EditedHypothesis, EditedNote, Edits};
use rca_core::{ErrorKind, Workspace};
use serde_json::json;

use super::super::{at, opened, sound};

/// What the page would save of an investigation that nobody edited in it.
fn page(shown: &Investigation) -> Edits {
    let hypotheses = shown.hypotheses().iter().map(|hypothesis| EditedHypothesis {
        id: hypothesis.id.to_string(),
        time: hypothesis.time,
        author: hypothesis.author.clone(),
        text: hypothesis.text.clone(),
        state: hypothesis.state,
        about: Some(hypothesis.about.clone()),
        evidence: hypothesis.evidence.clone(),
        event: None,
    });
    Edits {
        schema_version: Edits::SCHEMA_VERSION,
        investigation: Some(shown.id()),
        revision: Some(shown.revision()),
        saved_at: at(20),
        notes: Vec::new(),
        hypotheses: hypotheses.collect(),
    }
}

fn note(text: &str) -> EditedNote {
    EditedNote {
        id: None,
        time: at(19),
        author: Some("cleo".to_owned()),
        text: text.to_owned(),
        about: None,
        event: None,
    }
}

#[test]
fn a_field_that_both_changed_is_a_conflict_and_the_rest_is_taken_in() {
    let (workspace, _, case) = opened();
    let id = case.id();
    let pool = workspace.propose(id, Some("ann"), "the pool", None).unwrap().id;
    let cache = workspace.propose(id, Some("ann"), "the cache", None).unwrap().id;
    let shown = workspace.investigation(id).unwrap();
    let mut edits = page(&shown);

    // Meanwhile Ann refutes the pool.
    workspace.refute(id, pool, Some("ann")).unwrap();
    workspace.add_evidence(id, cache, Some("ann"), Side::For, "cold since noon", None).unwrap();

    // Cleo supported both, found other words for one, and left a note.
    for hypothesis in &mut edits.hypotheses {
        hypothesis.state = HypothesisState::Supported;
    }
    let place = edits.hypotheses.iter().position(|h| h.id == pool.to_string()).unwrap();
    edits.hypotheses[place].text = "the pool of the stock".to_owned();
    edits.notes.push(note("I looked at **both**."));
    let merged = workspace.import_edits(id, &edits).unwrap();

    let conflict = &merged.conflicts[0];
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(conflict.field, format!("hypotheses.{pool}.state"));
    assert_eq!(
        (&conflict.base, &conflict.yours, &conflict.theirs),
        (&json!("proposed"), &json!("supported"), &json!("refuted"))
    );
    let now = workspace.investigation(id).unwrap();
    assert_eq!(now, merged.investigation);
    assert_eq!(now.hypothesis(pool).unwrap().state, HypothesisState::Refuted, "it was left alone");
    assert_eq!(now.hypothesis(pool).unwrap().text, "the pool of the stock");
    assert_eq!(now.hypothesis(cache).unwrap().state, HypothesisState::Supported);
    assert_eq!(now.hypothesis(cache).unwrap().evidence.len(), 1, "what Ann brought stays");
    assert_eq!(now.notes()[0].author.as_deref(), Some("cleo"));

    // The same file again: the conflict is still one, and nothing changes.
    let again = workspace.import_edits(id, &edits).unwrap();
    assert_eq!((again.changes, again.conflicts), (vec![], merged.conflicts));
    assert_eq!(workspace.investigation(id).unwrap(), now);
    sound(&workspace);
}

#[test]
fn a_page_that_was_not_edited_changes_nothing() {
    let (workspace, _, case) = opened();
    let pool = workspace.propose(case.id(), Some("ann"), "the pool", None).unwrap().id;
    let edits = page(&workspace.investigation(case.id()).unwrap());
    workspace.refute(case.id(), pool, None).unwrap();
    workspace.edit_hypothesis(case.id(), pool, None, "the small pool").unwrap();
    let now = workspace.investigation(case.id()).unwrap();
    let merged = workspace.import_edits(case.id(), &edits).unwrap();
    assert_eq!((merged.changes, merged.conflicts), (vec![], vec![]));
    assert_eq!(workspace.investigation(case.id()).unwrap(), now);
}

#[test]
fn recorded_notes_get_new_texts_and_lost_ones_are_an_error() {
    let (workspace, _, case) = opened();
    let id = case.id();
    let written = workspace.add_note(id, Some("ann"), "frist", None).unwrap();
    let mut edits = page(&workspace.investigation(id).unwrap());
    edits.notes.push(EditedNote { id: Some(written.id), ..note("first") });
    assert_eq!(workspace.import_edits(id, &edits).unwrap().changes.len(), 1);
    assert_eq!(workspace.investigation(id).unwrap().notes()[0].text, "first");
    // Removed meanwhile: named, not brought back.
    let mut edits = page(&workspace.investigation(id).unwrap());
    edits.notes.push(EditedNote { id: Some(written.id), ..note("First.") });
    workspace.remove_note(id, written.id, Some("ann")).unwrap();
    let merged = workspace.import_edits(id, &edits).unwrap();
    assert_eq!((merged.changes.len(), merged.conflicts.len()), (0, 1));
    assert!(workspace.investigation(id).unwrap().notes().is_empty());
    let strange = rca_core::model::NoteId::derive(at(0), b"strange");
    edits.notes[0].id = Some(strange);
    assert_eq!(workspace.import_edits(id, &edits).unwrap_err().kind(), ErrorKind::NotFound);
    edits.revision = Some(999);
    assert_eq!(workspace.import_edits(id, &edits).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_a_page_may_not_hold_is_refused_whole() {
    let (workspace, _, case) = opened();
    let shown = workspace.investigation(case.id()).unwrap();
    let mut edits = page(&shown);
    edits.notes = vec![note("fine"), note("  ")];
    assert_eq!(
        workspace.import_edits(case.id(), &edits).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    assert_eq!(workspace.investigation(case.id()).unwrap(), shown);
    let json = serde_json::to_string(&edits).unwrap();
    assert_eq!(Edits::from_json(&json).unwrap_err().kind(), ErrorKind::InvalidInput);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever two people do, what only one of them touched becomes what that one made of it.
    #[test]
    fn edits_and_work_of_others_come_together(
        mine in prop::collection::vec(0..3_u8, 4),
        theirs in prop::collection::vec(0..3_u8, 4),
        notes in 0..3_usize,
    ) {
        let states =
            [HypothesisState::Proposed, HypothesisState::Supported, HypothesisState::Refuted];
        let (workspace, _, case): (Workspace, _, _) = opened();
        let id = case.id();
        let ids: Vec<_> = (0..4)
            .map(|n| workspace.propose(id, None, &format!("guess {n}"), None).unwrap().id)
            .collect();
        let mut edits = page(&workspace.investigation(id).unwrap());
        for (place, hypothesis) in ids.iter().enumerate() {
            let edited = edits.hypotheses.iter_mut().find(|h| h.id == hypothesis.to_string());
            edited.unwrap().state = states[usize::from(mine[place])];
            workspace.set_hypothesis(id, *hypothesis, None, states[usize::from(theirs[place])]).unwrap();
        }
        edits.notes = (0..notes).map(|n| note(&format!("note {n}"))).collect();
        let merged = workspace.import_edits(id, &edits).unwrap();
        for (place, hypothesis) in ids.iter().enumerate() {
            let state = merged.investigation.hypothesis(*hypothesis).unwrap().state;
            let field = format!("hypotheses.{hypothesis}.state");
            let disputed = merged.conflicts.iter().any(|conflict| conflict.field == field);
            let (me, them) = (mine[place], theirs[place]);
            let expected = if them != 0 { them } else { me };
            prop_assert_eq!(state, states[usize::from(expected)]);
            prop_assert_eq!(disputed, me != 0 && them != 0 && me != them);
        }
        prop_assert_eq!(merged.investigation.notes().len(), notes);
        sound(&workspace);
    }
}
