//! What each role may do, and that every door asks.

use rca_core::connectors::unobserved;
use rca_core::model::{Probability, Relation, Side, Status};
use rca_core::store::LetterFilter;
use rca_core::time::TimeRange;
use rca_core::{ErrorKind, Principal, Refusals, Role, Workspace};

use super::super::{at, events, opened, sound};

type Act = Box<dyn Fn(&Workspace) -> rca_core::Result<()>>;

fn acts(
    workspace: &Workspace,
    id: rca_core::model::InvestigationId,
) -> (Vec<Act>, Vec<Act>, Vec<Act>) {
    let [deploy, alert] = events().map(|event| event.id());
    let window = TimeRange::new(at(-30), at(30)).unwrap();
    let other = workspace.investigate("another", window).unwrap().id();
    let note = workspace.add_note(id, None, "first", None).unwrap().id;
    let guess = workspace.propose(id, None, "the pool", None).unwrap().id;
    let case = workspace.investigation(id).unwrap();
    let dossier = workspace.export_investigation(id).unwrap();
    let relation = Relation::suggested(other, rca_core::model::Confidence::ONE, at(1));
    fn act<T>(of: impl Fn(&Workspace) -> rca_core::Result<T> + 'static) -> Act {
        Box::new(move |workspace| of(workspace).map(drop))
    }
    let reads = vec![
        act(move |w| w.investigation(id)),
        act(move |w| w.history(id)),
        act(move |w| w.investigation_at(id, 1)),
        act(move |w| w.links(id)),
        act(move |w| w.export_investigation(id)),
        act(|w| w.audit_seal()),
        act(|w| w.verify()),
        act(|w| w.search(&rca_core::search::Query::parse("basket")?)),
    ];
    let works = vec![
        act(|w| w.ingest(events())),
        act(|w| w.ingest_batch(&rca_core::connectors::Batch::default(), Refusals::Queue)),
        act(move |w| w.investigate("more", window)),
        act(move |w| w.update_investigation(id, |_| Ok(()))),
        act(move |w| w.update_investigation_at(id, 1, |_| Ok(())).or_else(conflict_is_fine)),
        act(move |w| w.replace_investigation(&case).or_else(conflict_is_fine)),
        act(move |w| w.set_status(id, Status::InProgress)),
        act(move |w| w.assign(id, Some("ann"))),
        act(move |w| w.tag(id, "pool")),
        act(move |w| w.untag(id, "pool")),
        act(move |w| w.add_note(id, None, "x", None)),
        act(move |w| w.edit_note(id, note, None, "y")),
        act(move |w| w.propose(id, None, "x", None)),
        act(move |w| w.edit_hypothesis(id, guess, None, "y")),
        act(move |w| w.add_evidence(id, guess, None, Side::For, "x", deploy)),
        act(move |w| w.support(id, guess, None)),
        act(move |w| w.refute(id, guess, None)),
        act(move |w| w.propose_from_analysis(id, Probability::ONE)),
        act(move |w| w.relate(id, other)),
        act(move |w| w.suggest_relation(id, &relation)),
        act(move |w| w.unrelate(id, other)),
        act(move |w| w.link(alert, id, None)),
        act(move |w| w.unlink(alert, id, None)),
        act(move |w| w.relink(id)),
        act(move |w| w.analyze(id)),
        act(move |w| w.import_investigation(&dossier)),
        act(move |w| w.forget_telemetry(id)),
        act(move |w| w.remove_note(id, note, None)),
    ];
    let administers = vec![
        act(move |w| w.delete_event(deploy)),
        act(move |w| w.restore_event(deploy)),
        act(move |w| w.delete_investigation(other)),
        act(move |w| w.restore_investigation(other)),
        act(|w| w.compact()),
        act(|w| w.rebuild_index()),
        act(|w| w.forget_checkpoint("ci")),
        act(|w| w.reset_source("ci")),
        act(|w| w.dead_letters().discard(&[])),
        act(|w| w.dead_letters().expire()),
        act(|w| w.dead_letters().replay(&LetterFilter::default(), None, &unobserved)),
    ];
    (reads, works, administers)
}

fn conflict_is_fine(error: rca_core::Error) -> rca_core::Result<rca_core::model::Investigation> {
    match error {
        rca_core::Error::Conflict { theirs, .. } => Ok(*theirs),
        other => Err(other),
    }
}

#[test]
fn each_role_may_do_its_own_work_and_no_more() {
    for role in [Some(Role::Viewer), Some(Role::Responder), Some(Role::Admin), None] {
        let (workspace, _, case) = opened();
        let (reads, works, administers) = acts(&workspace, case.id());
        let before = workspace.audit_seal().unwrap();
        let hands = match role {
            Some(role) => workspace.acting_as(Principal::new("eve", role).unwrap()),
            None => workspace.clone(),
        };
        let may = |needs| role.is_none_or(|role| role.may(needs));
        let try_all = |acts: &[Act], needs| {
            for (place, act) in acts.iter().enumerate() {
                match act(&hands) {
                    Ok(()) => assert!(may(needs), "{role:?} may not do {needs} {place}"),
                    Err(error) => {
                        assert!(!may(needs), "{role:?}, {needs} {place}: {error}");
                        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
                        assert!(error.to_string().contains("eve"), "{error}");
                    }
                }
            }
        };
        try_all(&reads, Role::Viewer);
        try_all(&works, Role::Responder);
        if role == Some(Role::Viewer) {
            assert_eq!(workspace.audit_seal().unwrap(), before, "a viewer changes nothing");
        }
        try_all(&administers, Role::Admin);
        sound(&workspace);
    }
}

#[test]
fn a_backup_takes_an_admin() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path().join("w")).unwrap();
    let to = folder.path().join("copy.redb");
    for role in [Role::Viewer, Role::Responder] {
        let hands = workspace.acting_as(Principal::new("eve", role).unwrap());
        assert_eq!(hands.backup(&to).unwrap_err().kind(), ErrorKind::Denied);
    }
    workspace.acting_as(Principal::new("root", Role::Admin).unwrap()).backup(&to).unwrap();
}

#[test]
fn names_are_checked() {
    assert!(Principal::new(" ", Role::Admin).is_err());
    assert_eq!(Principal::new(" ann ", Role::Viewer).unwrap().name(), "ann");
    let (workspace, _, _) = opened();
    assert_eq!(workspace.principal(), None);
    let ann = Principal::new("ann", Role::Viewer).unwrap();
    assert_eq!(workspace.acting_as(ann.clone()).clone().principal(), Some(&ann));
}
