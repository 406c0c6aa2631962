//! An investigation leaves one workspace and enters another.

use proptest::prelude::*;
use rca_core::model::{About, Dossier, InvestigationId, LinkKind, Probability, Side, Status};
use rca_core::report::{dossier_from_json, dossier_json};
use rca_core::store::Adopted;
use rca_core::time::{ManualClock, TimeRange};
use rca_core::{Error, ErrorKind, Workspace};

use super::super::{at, events, open_in, opened, sound};

/// Something that people do to an investigation.
#[derive(Debug, Clone)]
enum Deed {
    Note(String, u8),
    Propose(String),
    Argue(u8, String, bool),
    Settle(u8, bool),
    Tag(u8),
    Assign(Option<String>),
    Cause(String),
    Progress,
    Reject(bool),
    Relate,
    FromAnalysis,
    Wait(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    // Any text: lines, quotes, letters of all scripts.
    let text = "\\PC{0,20}[a-z\"\\\\<\n]\\PC{0,5}x";
    prop_oneof![
        3 => (text, 0..4_u8).prop_map(|(text, about)| Deed::Note(text, about)),
        2 => text.prop_map(Deed::Propose),
        3 => (any::<u8>(), text, any::<bool>()).prop_map(|(n, text, yes)| Deed::Argue(n, text, yes)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(n, yes)| Deed::Settle(n, yes)),
        1 => (0..5_u8).prop_map(Deed::Tag),
        1 => prop::option::of(text).prop_map(Deed::Assign),
        1 => text.prop_map(Deed::Cause),
        1 => Just(Deed::Progress),
        1 => any::<bool>().prop_map(Deed::Reject),
        1 => Just(Deed::Relate),
        1 => Just(Deed::FromAnalysis),
        2 => (0..90_u8).prop_map(Deed::Wait),
    ]
}

fn perform(workspace: &Workspace, clock: &ManualClock, id: InvestigationId, deed: &Deed) {
    let [deploy, alert] = events().map(|event| event.id());
    let case = workspace.investigation(id).unwrap();
    let chosen = |n: u8| match case.hypotheses() {
        [] => None,
        all => Some(all[usize::from(n) % all.len()].id),
    };
    let author = Some("ann");
    match deed {
        Deed::Note(text, about) => {
            let about = match about {
                0 => About::Investigation,
                1 => About::from(alert),
                2 => About::Edge {
                    from: deploy,
                    to: alert,
                    relation: rca_core::model::EdgeKind::Sequence,
                },
                _ => match case.notes().first() {
                    Some(note) => About::Note { note: note.id },
                    None => About::Investigation,
                },
            };
            workspace.add_note(id, author, text, about).unwrap();
        }
        Deed::Propose(text) => drop(workspace.propose(id, None, text, deploy).unwrap()),
        Deed::Argue(n, text, yes) => {
            let Some(hypothesis) = chosen(*n) else { return };
            let side = if *yes { Side::For } else { Side::Against };
            workspace.add_evidence(id, hypothesis, author, side, text, alert).unwrap();
        }
        Deed::Settle(n, yes) => {
            let Some(hypothesis) = chosen(*n) else { return };
            match yes {
                true => workspace.support(id, hypothesis, author).unwrap(),
                false => workspace.refute(id, hypothesis, author).unwrap(),
            };
        }
        Deed::Tag(n) => drop(workspace.tag(id, &format!("t{n}")).unwrap()),
        Deed::Assign(person) => drop(workspace.assign(id, person.as_deref()).unwrap()),
        Deed::Cause(text) => {
            let set =
                |case: &mut rca_core::model::Investigation| case.set_root_cause(Some(text.clone()));
            workspace.update_investigation(id, set).unwrap();
        }
        Deed::Progress => {
            let next = match case.status() {
                Status::Open => Status::InProgress,
                Status::InProgress => Status::Resolved,
                Status::Resolved => Status::Closed,
                Status::Closed => Status::Open,
            };
            workspace.set_status(id, next).unwrap();
        }
        Deed::Reject(yes) => {
            match yes {
                true => workspace.unlink(alert, id, author).unwrap(),
                false => workspace.link(alert, id, author).unwrap(),
            };
        }
        Deed::Relate => {
            let window = TimeRange::new(at(0), at(1)).unwrap();
            let other = workspace.investigate("another", window).unwrap();
            workspace.relate_because(id, other.id(), author, &["the same words"]).unwrap();
        }
        Deed::FromAnalysis => {
            let likely = Probability::try_from(0.1).unwrap();
            workspace.propose_from_analysis(id, likely).unwrap();
        }
        Deed::Wait(seconds) => clock.advance(chrono::Duration::seconds(i64::from(*seconds))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_investigation_is_the_same_elsewhere(deeds in prop::collection::vec(deed(), 0..25)) {
        let (workspace, clock, case) = opened();
        let id = case.id();
        deeds.iter().for_each(|deed| perform(&workspace, &clock, id, deed));
        sound(&workspace);
        let exported = workspace.export_investigation(id).unwrap();
        let text = dossier_json(&exported).unwrap();
        let read = dossier_from_json(&text).unwrap();
        prop_assert_eq!(&read, &exported);

        let other = Workspace::in_memory().unwrap();
        prop_assert_eq!(other.import_investigation(&read).unwrap(), Adopted::New);
        prop_assert_eq!(other.investigation(id).unwrap(), workspace.investigation(id).unwrap());
        prop_assert_eq!(other.links(id).unwrap(), workspace.links(id).unwrap());
        prop_assert_eq!(other.analysis(id).unwrap(), workspace.analysis(id).unwrap());
        prop_assert_eq!(other.history(id).unwrap(), workspace.history(id).unwrap());
        let again = other.export_investigation(id).unwrap();
        prop_assert_eq!(dossier_json(&again).unwrap(), text);
        prop_assert_eq!(other.import_investigation(&read).unwrap(), Adopted::Known);
        sound(&other);
    }

    #[test]
    fn every_version_can_be_had_again(deeds in prop::collection::vec(deed(), 0..25)) {
        let (workspace, clock, case) = opened();
        let id = case.id();
        let mut versions = vec![workspace.investigation(id).unwrap()];
        for deed in &deeds {
            perform(&workspace, &clock, id, deed);
            versions.push(workspace.investigation(id).unwrap());
        }
        for version in versions {
            let found = workspace.investigation_at(id, version.revision()).unwrap();
            prop_assert_eq!(found, version);
        }
    }
}

#[test]
fn what_was_taken_in_can_be_found_and_worked_on() {
    let (workspace, _, case) = opened();
    workspace.analyze(case.id()).unwrap();
    let exported = workspace.export_investigation(case.id()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = Workspace::open(folder.path()).unwrap();
    other.import_investigation(&exported).unwrap();
    let query = rca_core::search::Query::parse("basket").unwrap();
    assert_eq!(other.search(&query).unwrap().total, workspace.search(&query).unwrap().total);
    other.add_note(case.id(), Some("ben"), "continued here", None).unwrap();
    other.analyze(case.id()).unwrap();
    sound(&other);
    // And it goes back: the history went on.
    let back = other.export_investigation(case.id()).unwrap();
    assert_eq!(workspace.import_investigation(&back).unwrap(), Adopted::Extended);
    assert_eq!(workspace.history(case.id()).unwrap(), other.history(case.id()).unwrap());
    sound(&workspace);
}

#[test]
fn two_copies_that_were_both_worked_on_are_a_conflict() {
    let (workspace, _, case) = opened();
    let other = Workspace::in_memory().unwrap();
    other.import_investigation(&workspace.export_investigation(case.id()).unwrap()).unwrap();
    other.assign(case.id(), Some("ben")).unwrap();
    workspace.assign(case.id(), Some("ann")).unwrap();
    let error = workspace
        .import_investigation(&other.export_investigation(case.id()).unwrap())
        .unwrap_err();
    let Error::Conflict { yours, theirs } = &error else { panic!("{error}") };
    assert_eq!((yours.assigned_to(), theirs.assigned_to()), (Some("ben"), Some("ann")));
    assert!(error.to_string().contains("assigned_to"), "{error}");
    assert_eq!(workspace.investigation(case.id()).unwrap().assigned_to(), Some("ann"));
}

#[test]
fn a_document_that_is_none_says_so() {
    let kind = |text: &str| dossier_from_json(text).unwrap_err().kind();
    assert_eq!(kind(""), ErrorKind::InvalidInput);
    assert_eq!(kind("{}"), ErrorKind::InvalidInput);
    assert_eq!(kind(r#"{"schema_version":1}"#), ErrorKind::InvalidInput);
    assert_eq!(kind(r#"{"schema_version":2}"#), ErrorKind::Corrupt, "of a newer version");
    let (workspace, _, case) = opened();
    let exported = workspace.export_investigation(case.id()).unwrap();
    let newer = Dossier { schema_version: 2, ..exported.clone() };
    assert!(matches!(workspace.import_investigation(&newer), Err(Error::TooNew { .. })));
    let text = dossier_json(&exported).unwrap();
    let forged = text.replacen("\"basket fails\"", "\"all is well\"", 1);
    assert_eq!(kind(&forged), ErrorKind::Corrupt);
}

#[test]
fn rejections_go_along() {
    let (workspace, _, case) = opened();
    let [_, alert] = events().map(|event| event.id());
    workspace.unlink(alert, case.id(), Some("ann")).unwrap();
    let other = Workspace::in_memory().unwrap();
    open_in(&other);
    other.import_investigation(&workspace.export_investigation(case.id()).unwrap()).unwrap();
    let link =
        other.links(case.id()).unwrap().into_iter().find(|link| link.event == alert).unwrap();
    assert_eq!((link.kind, link.linked_by.as_deref()), (LinkKind::Rejected, Some("ann")));
    sound(&other);
}

/// The fuzzer begins with it. Another program made it, hashes and all: the scheme is written down well enough, and what
/// it promises can be checked without this library.
#[test]
fn a_dossier_of_version_1_that_another_program_made_is_taken_in() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/dossier/version-1.json");
    let kept = dossier_from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    let other = Workspace::in_memory().unwrap();
    assert_eq!(other.import_investigation(&kept).unwrap(), Adopted::New);
    let case = other.investigation(kept.investigation.id()).unwrap();
    assert_eq!(case.hypotheses()[0].arguments(Side::Against).count(), 1);
    assert_eq!(case.notes().len(), 1);
    let before = other.investigation_at(case.id(), 4).unwrap();
    assert_eq!(before.hypotheses()[0].state, rca_core::model::HypothesisState::Proposed);
    sound(&other);
}

/// Chrono tells a leap second from the one after it, a count of nanoseconds does not.
#[test]
fn leap_seconds_do_not_look_like_tampering() {
    let leap: chrono::DateTime<chrono::Utc> = "2016-12-31T23:59:60.5Z".parse().unwrap();
    let (workspace, _, case) = opened();
    let id = case.id();
    let event =
        rca_core::model::Event::builder(leap, rca_core::model::Source::Alert, "alert", "late")
            .with_service("basket")
            .build()
            .unwrap();
    let event_id = event.id();
    workspace.ingest([event]).unwrap();
    workspace.link(event_id, id, Some("ann")).unwrap();
    workspace
        .update_investigation(id, |case| {
            case.set_started_at(Some(leap));
            Ok(())
        })
        .unwrap();
    let edits = serde_json::json!({
        "schema_version": 2,
        "saved_at": leap,
        "notes": [{"time": "2016-12-31T23:59:60.25Z", "text": "seen"}],
        "hypotheses": [{
            "id": "019caf15-2c00-7abc-8def-0123456789ab", "time": leap, "text": "the clock", "state": "proposed",
            "evidence": [{
                "id": "019caf15-2c00-7abc-8def-0123456789ac", "side": "for", "text": "it stood still", "time": leap,
                "about": {"kind": "event", "event": event_id},
            }],
        }],
    });
    let edits = rca_core::report::canvas::Edits::from_json(&edits.to_string()).unwrap();
    workspace.import_edits(id, &edits).unwrap();
    assert_eq!(workspace.import_edits(id, &edits).unwrap().changes, []);
    workspace.analyze(id).unwrap();
    sound(&workspace);

    let text = dossier_json(&workspace.export_investigation(id).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = Workspace::open(folder.path()).unwrap();
    other.import_investigation(&dossier_from_json(&text).unwrap()).unwrap();
    sound(&other);
    drop(other);
    let other = Workspace::open(folder.path()).unwrap();
    sound(&other);
    let digests = |of: &Workspace| {
        of.history(id).unwrap().iter().map(|entry| entry.digest).collect::<Vec<_>>()
    };
    assert_eq!(digests(&other), digests(&workspace));
    let back = dossier_json(&other.export_investigation(id).unwrap()).unwrap();
    let back = dossier_from_json(&back).unwrap();
    assert_eq!(workspace.import_investigation(&back).unwrap(), Adopted::Known);
    // Worked on there, it goes on.
    other.tag(id, "clock").unwrap();
    sound(&other);
    let on = other.export_investigation(id).unwrap();
    assert_eq!(workspace.import_investigation(&on).unwrap(), Adopted::Extended);
    sound(&workspace);
}
