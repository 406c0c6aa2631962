//! One incident, worked by two people.

use chrono::Duration;
use rca_core::model::{
    About, EdgeKind, HypothesisOrigin, HypothesisState, Probability, RelationKind, Side, Status,
};
use rca_core::time::TimeRange;
use rca_core::{Error, ErrorKind, Principal, Role};

use super::super::{at, events, opened, sound};

#[test]
fn an_incident_is_worked_by_two_people() {
    let (workspace, clock, case) = opened();
    let id = case.id();
    let [deploy, alert] = events();
    let ann = workspace.acting_as(Principal::new("ann", Role::Responder).unwrap());
    let ben = workspace.acting_as(Principal::new("ben", Role::Responder).unwrap());

    // Ann takes it, and says what she thinks.
    ann.assign(id, Some("ann")).unwrap();
    ann.set_status(id, Status::InProgress).unwrap();
    let first = ann.propose(id, None, "The new basket can't reach the stock", deploy.id()).unwrap();
    let note =
        ann.add_note(id, Some("somebody else"), "See the **timeouts**.", alert.id()).unwrap();
    assert_eq!(note.author.as_deref(), Some("ann"), "a principal signs with their own name");
    ann.add_evidence(id, first.id, None, Side::For, "", About::Note { note: note.id }).unwrap();

    // The analysis has a say; asked twice, it says nothing new.
    let proposed = ben.propose_from_analysis(id, Probability::try_from(0.05).unwrap()).unwrap();
    assert!(!proposed.is_empty());
    assert!(proposed.iter().all(|h| h.origin == HypothesisOrigin::Analysis && h.author.is_none()));
    assert!(proposed[0].arguments(Side::For).count() > 0);
    assert_eq!(ben.propose_from_analysis(id, Probability::ZERO).unwrap().len(), {
        let causes = workspace.analysis(id).unwrap().unwrap().causes.len();
        causes - proposed.len()
    });

    // Ben annotates an edge, finds what speaks against Ann's guess, and refutes it.
    clock.advance(Duration::minutes(3));
    let edge = About::Edge { from: deploy.id(), to: alert.id(), relation: EdgeKind::CauseEffect };
    ben.add_note(id, None, "six minutes is the warm-up", edge.clone()).unwrap();
    let against = "The stock answers in 3 ms.";
    ben.add_evidence(id, first.id, None, Side::Against, against, About::Investigation).unwrap();
    let refuted = ben.refute(id, first.id, None).unwrap();
    assert_eq!((refuted.state, refuted.evidence.len()), (HypothesisState::Refuted, 2));

    // Ann still looks at what she read before, and writes: she sees both versions.
    let seen = ann.investigation_at(id, case.revision() + 1).unwrap();
    assert_eq!(seen.assigned_to(), Some("ann"));
    let stale = ann.update_investigation_at(id, seen.revision(), |case| {
        case.set_root_cause(Some("stock is down".to_owned()))
    });
    let Err(Error::Conflict { yours, theirs }) = stale else { panic!("{stale:?}") };
    assert_eq!((yours.root_cause(), theirs.root_cause()), (Some("stock is down"), None));
    assert_eq!(theirs.hypothesis(first.id).unwrap().state, HypothesisState::Refuted);
    let differences = theirs.differences(&yours).unwrap();
    assert!(differences.iter().any(|change| change.field == "root_cause"));
    assert_eq!(ann.investigation(id).unwrap(), *theirs, "nothing was written");

    // She reads again, and they close it.
    ann.update_investigation_at(id, theirs.revision(), |case| {
        case.set_root_cause(Some("basket 4.2 halves its pool".to_owned()))
    })
    .unwrap();
    ben.support(id, proposed[0].id, None).unwrap();
    ben.tag(id, "pool").unwrap();
    ben.set_status(id, Status::Resolved).unwrap();

    // Another incident is related, and says why.
    let window = TimeRange::new(at(-30), at(30)).unwrap();
    let other = ann.investigate("basket fails, last spring", window).unwrap();
    assert_eq!(other.created_by(), Some("ann"));
    ann.relate_because(id, other.id(), None, &["the same pool"]).unwrap();
    let relation = &workspace.investigation(other.id()).unwrap().relations()[0].clone();
    assert_eq!((relation.investigation, relation.kind), (id, RelationKind::Manual));
    assert_eq!(
        (relation.reasons[0].as_str(), relation.author.as_deref()),
        ("the same pool", Some("ann"))
    );

    // The history has every step, and who took it.
    let history = workspace.history(id).unwrap();
    let of = |field: &str| {
        let entry = history.iter().rev().find(|entry| entry.field == field).unwrap();
        (entry.author.clone().unwrap_or_default(), entry.old.clone(), entry.new.clone())
    };
    assert_eq!(of("assigned_to"), ("ann".into(), serde_json::Value::Null, "ann".into()));
    assert_eq!(of("status"), ("ben".into(), "in_progress".into(), "resolved".into()));
    let state = format!("hypotheses.{}.state", first.id);
    assert_eq!(of(&state), ("ben".into(), "proposed".into(), "refuted".into()));
    let answers = workspace.investigation(id).unwrap();
    assert!(answers.notes().iter().any(|note| note.about == edge));
    sound(&workspace);
}

#[test]
fn what_does_not_exist_cannot_be_referred_to() {
    let (workspace, _, case) = opened();
    let (other, id) = (events()[0].id(), case.id());
    let gone = rca_core::model::EventId::derive(at(0), b"gone");
    let kind = |result: rca_core::Result<()>| result.unwrap_err().kind();
    assert_eq!(kind(workspace.add_note(id, None, "x", gone).map(drop)), ErrorKind::NotFound);
    let edge = About::Edge { from: other, to: gone, relation: EdgeKind::Sequence };
    assert_eq!(kind(workspace.propose(id, None, "x", edge).map(drop)), ErrorKind::NotFound);
    let hypothesis = rca_core::model::HypothesisId::derive(at(0), b"gone");
    assert_eq!(kind(workspace.support(id, hypothesis, None).map(drop)), ErrorKind::NotFound);
    let note = rca_core::model::NoteId::derive(at(0), b"gone");
    assert_eq!(kind(workspace.edit_note(id, note, None, "x").map(drop)), ErrorKind::NotFound);
    let answer = About::Note { note };
    assert_eq!(kind(workspace.add_note(id, None, "x", answer).map(drop)), ErrorKind::NotFound);
    assert_eq!(kind(workspace.investigation_at(id, 99).map(drop)), ErrorKind::NotFound);
    assert_eq!(workspace.history(id).unwrap().len(), 1, "nothing of it was written");
}

#[test]
fn notes_are_changed_and_removed_and_the_history_keeps_what_they_said() {
    let (workspace, clock, case) = opened();
    let note = workspace.add_note(case.id(), Some("ann"), "it is the *pool*", None).unwrap();
    clock.advance(Duration::minutes(1));
    let edited = workspace.edit_note(case.id(), note.id, Some("ann"), "it was the pool").unwrap();
    assert_eq!(
        (edited.id, edited.time, edited.text.as_str()),
        (note.id, note.time, "it was the pool")
    );
    assert!(workspace.edit_note(case.id(), note.id, None, "  ").is_err());
    workspace.remove_note(case.id(), note.id, Some("ben")).unwrap();
    assert!(workspace.investigation(case.id()).unwrap().notes().is_empty());
    let history = workspace.history(case.id()).unwrap();
    assert_eq!(history[2].old, "it is the *pool*");
    assert_eq!(history[3].old["text"], "it was the pool");
    assert_eq!(history[3].author.as_deref(), Some("ben"));
    let then = workspace.investigation_at(case.id(), case.revision() + 1).unwrap();
    assert_eq!(then.notes(), [note]);
    sound(&workspace);
}

#[test]
fn a_change_that_changes_nothing_is_not_written() {
    let (workspace, _, case) = opened();
    workspace.tag(case.id(), "pool").unwrap();
    let again = workspace.tag(case.id(), "pool").unwrap();
    assert_eq!(again.revision(), case.revision() + 1);
    assert_eq!(workspace.history(case.id()).unwrap().len(), 2);
}

#[test]
fn suggestions_wait_for_people_and_do_not_come_back() {
    let (workspace, _, case) = opened();
    let window = TimeRange::new(at(-30), at(30)).unwrap();
    let other = workspace.investigate("another", window).unwrap();
    let confidence = rca_core::model::Confidence::saturating(0.4);
    let suggestion = rca_core::model::Relation::suggested(other.id(), confidence, at(10))
        .with_reason("the same service, and the same words in 3 log templates");
    assert!(workspace.suggest_relation(case.id(), &suggestion).unwrap());
    let there = workspace.investigation(other.id()).unwrap();
    assert_eq!(there.related().collect::<Vec<_>>(), [case.id()]);
    assert_eq!(there.relations()[0].reasons, suggestion.reasons);
    // The same again is no change; a person says no; then it stays no.
    let revision = there.revision();
    workspace.suggest_relation(case.id(), &suggestion).unwrap();
    assert_eq!(workspace.investigation(other.id()).unwrap().revision(), revision);
    workspace.unrelate(other.id(), case.id()).unwrap();
    assert!(!workspace.suggest_relation(case.id(), &suggestion).unwrap());
    assert_eq!(workspace.investigation(case.id()).unwrap().related().count(), 0);
    workspace.relate(case.id(), other.id()).unwrap();
    assert_eq!(workspace.investigation(case.id()).unwrap().related().count(), 1);
    assert!(workspace.relate(case.id(), case.id()).is_err());
    sound(&workspace);
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let (workspace, _, case) = opened();
    let id = case.id();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let name = format!("writer {writer}");
            let theirs = workspace.acting_as(Principal::new(&name, Role::Responder).unwrap());
            std::thread::spawn(move || {
                for n in 0..10 {
                    theirs.add_note(id, None, &format!("note {n}"), None).unwrap();
                    theirs.tag(id, &format!("t{writer}-{n}")).unwrap();
                    let read = theirs.investigation(id).unwrap();
                    // Somebody may have been faster: then it is a conflict, and nothing else.
                    let mut mine = read.clone();
                    mine.set_assigned_to(Some(name.clone()));
                    match theirs.replace_investigation(&mine) {
                        Ok(written) => assert_eq!(written.assigned_to(), Some(name.as_str())),
                        Err(Error::Conflict { yours, theirs }) => {
                            assert_eq!(yours.revision(), read.revision());
                            assert!(theirs.revision() > read.revision());
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let found = workspace.investigation(id).unwrap();
    assert_eq!((found.notes().len(), found.tags().len()), (40, 40));
    let history = workspace.history(id).unwrap();
    let signed = |name: &str| {
        let of = |e: &&rca_core::model::AuditEntry| e.author.as_deref() == Some(name);
        history.iter().filter(of).filter(|e| e.field.starts_with("notes.")).count()
    };
    assert!((0..4).all(|writer| signed(&format!("writer {writer}")) == 10));
    sound(&workspace);
}
