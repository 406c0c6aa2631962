//! What the library remembers: an incident is recognised as the kin of one of weeks ago, and what ended that is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod company;

use chrono::Duration;
use rca_core::Workspace;
use rca_core::analytics::{By, ByEntity, CaseFilter, Figure, Likeness, Measure};
use rca_core::model::{Confidence, Impact, RelationKind, Status};
use rca_core::store::Deleted;
use rca_core::time::TimeRange;

use company::{Company, six_weeks};

#[test]
fn an_incident_is_recognised_as_the_kin_of_one_six_weeks_before() {
    let place = tempfile::tempdir().unwrap();
    let company = Company::new(|builder| builder.open(place.path()).unwrap());
    let (first, second) = six_weeks(&company);
    let days = {
        let at = |id| company.workspace.investigation(id).unwrap().detected_at();
        (at(second) - at(first)).num_days()
    };
    assert!((42..49).contains(&days), "{days}");

    let similar = company.workspace.similar(second, 5).unwrap();
    let kin = &similar[0];
    assert_eq!(kin.investigation, first, "{similar:#?}");
    assert!(kin.score.value() > 0.6, "{kin:#?}");
    for likeness in [Likeness::Templates, Likeness::Mechanism, Likeness::Entities] {
        assert!(kin.resemblances.iter().any(|found| found.likeness == likeness), "{kin:#?}");
    }
    let told: Vec<&str> = kin.resemblances.iter().map(|found| found.detail.as_str()).collect();
    assert!(told.iter().any(|detail| detail.contains("no connection from the pool")), "{told:?}");
    assert!(told.iter().any(|detail| detail.contains("ledger")), "{told:?}");
    assert!(kin.resemblances.is_sorted_by(|a, b| a.score >= b.score));

    // What it was then, and what ended it.
    assert_eq!(
        kin.fix.remediation.as_deref(),
        Some("forty connections again, and an alert on waiting")
    );
    assert_eq!(kin.fix.reverts.len(), 1, "{:?}", kin.fix.reverts);
    assert!(kin.fix.reverts[0].title.starts_with("Revert"));
    assert_eq!(kin.fix.resolved_after, Some(Duration::minutes(70)));
    assert_eq!(kin.status, Status::Resolved);

    // Everything else is further away, and not kin.
    for other in &similar[1..] {
        assert!(other.score.value() < 0.5, "{other:#?}");
    }

    // The same after closing and opening again.
    let before = similar.clone();
    let clock = company.clock.clone();
    drop(company);
    let reopened = Workspace::builder().with_clock(clock).open(place.path()).unwrap();
    assert_eq!(reopened.similar(second, 5).unwrap(), before);
    // And without what was remembered: it is made anew from the analyses.
    let events: Vec<_> = reopened.linked_events(first).unwrap();
    assert!(!events.is_empty());
}

#[test]
fn what_is_removed_is_forgotten_and_what_comes_back_is_known_again() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (first, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let best = |id| workspace.similar(id, 1).unwrap().first().map(|found| found.investigation);
    assert_eq!(best(second), Some(first));
    workspace.delete_investigation(first).unwrap();
    assert_ne!(best(second), Some(first));
    workspace.restore_investigation(first).unwrap();
    assert_eq!(best(second), Some(first));
    assert_eq!(best(first), Some(second), "kin is mutual");
}

#[test]
fn analytics_follow_what_is_written() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (_, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let all = CaseFilter::default();
    let count = workspace.investigations(Deleted::Hide).unwrap().len() as u64;
    assert_eq!(count, 12);

    let resolve = workspace.durations(Measure::Resolve, &[], &all).unwrap();
    let group = &resolve.groups[0];
    assert_eq!((group.over, group.open, group.excluded.total()), (11, 1, 0));
    assert_eq!(group.median, Some(Duration::minutes(70)));
    let taken_up = workspace.durations(Measure::Acknowledge, &[], &all).unwrap();
    assert_eq!((taken_up.groups[0].over, taken_up.groups[0].open), (11, 1));
    assert_eq!(taken_up.groups[0].median, Some(Duration::minutes(20)));
    let detect = workspace.durations(Measure::Detect, &[], &all).unwrap();
    assert_eq!(detect.groups[0].excluded.no_beginning, 12, "nobody said when they began");

    // A write is seen by the next question.
    let start = workspace.investigation(second).unwrap().window().start;
    workspace
        .update_investigation(second, |case| {
            case.set_started_at(Some(start + Duration::minutes(31)));
            case.set_impact_severity(Impact::Critical);
            Ok(())
        })
        .unwrap();
    let detect = workspace.durations(Measure::Detect, &[By::Impact], &all).unwrap();
    assert_eq!(detect.groups[0].values, ["critical"]);
    assert_eq!(detect.groups[0].median, Some(Duration::minutes(9)));

    let mechanisms = workspace.tally(&[By::Mechanism], &all).unwrap().most_frequent_first();
    assert!(
        mechanisms
            .groups
            .iter()
            .any(|group| group.values == ["pool_limit_lowered"] && group.count == 2),
        "{mechanisms:?}"
    );
    let back = workspace.recurrence(Duration::days(60), &all).unwrap();
    assert!(
        back.groups.iter().any(|group| group.component == "ledger" && group.repeats == 1),
        "{back:?}"
    );
    let failures = workspace.change_failures(None, ByEntity::Yes, None).unwrap();
    let ledger = failures.groups.iter().find(|group| group.values == ["ledger"]).unwrap();
    assert_eq!((ledger.deploys, ledger.failed, failures.uncounted), (2, 2, 0), "{failures:?}");
    let month = TimeRange::new(start - Duration::days(20), start + Duration::days(1)).unwrap();
    let recent = workspace.change_failures(Some(month), ByEntity::No, None).unwrap().total();
    assert!(recent.deploys < failures.total().deploys && recent.failed >= 1, "{recent:?}");
    let sources = workspace.events_by_source(None, Some(Duration::days(7))).unwrap();
    assert_eq!(sources.total, workspace.event_count().unwrap());
    assert!(sources.table().to_csv().unwrap().starts_with("from,source,events\n"));
}

#[test]
fn suggestions_stand_on_both_sides_and_leave_alone_what_people_said() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (first, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let least = Confidence::saturating(0.5);
    let found = workspace.suggest_related(second, least).unwrap();
    assert_eq!(found.len(), 1);
    for (one, other) in [(first, second), (second, first)] {
        let case = workspace.investigation(one).unwrap();
        let [relation] = case.relations() else { panic!("{:?}", case.relations()) };
        assert_eq!((relation.investigation, relation.kind), (other, RelationKind::Suggested));
        assert!(relation.reasons.iter().any(|reason| reason.contains("ledger")), "{relation:?}");
    }
    // Asked again, nothing is written.
    let revision = workspace.investigation(first).unwrap().revision();
    workspace.suggest_related(second, least).unwrap();
    assert_eq!(workspace.investigation(first).unwrap().revision(), revision);
    // What no longer holds goes, on both sides.
    workspace.suggest_related(second, Confidence::ONE).unwrap();
    assert!(workspace.investigation(first).unwrap().relations().is_empty());
    // A person's word stays.
    workspace.relate(first, second).unwrap();
    workspace.suggest_related(second, least).unwrap();
    workspace.suggest_related(second, Confidence::ONE).unwrap();
    assert_eq!(workspace.investigation(first).unwrap().relations()[0].kind, RelationKind::Manual);
}
