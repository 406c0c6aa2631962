//! One incident from the first file to the closed case, and how a night on call uses the library.
#![allow(clippy::unwrap_used, reason = "tests")]

mod incidents;

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::Facet;
use rca_core::connectors::unobserved;
use rca_core::graph::Way;
use rca_core::model::{
    Alert, CauseKind, Edge, Event, EventId, EvidenceKind, LinkKind, Probability, Source, Status,
    Verdict, attribute,
};
use rca_core::report::{self, Style, View};
use rca_core::search::Query;
use rca_core::store::Scan;
use rca_core::time::ManualClock;
use rca_core::{ErrorKind, Incident, Workspace, analyze};

/// When the night begins: somebody opens the exported files.
fn night() -> DateTime<Utc> {
    "2026-11-21T05:00:00Z".parse().unwrap()
}

fn found(workspace: &Workspace, query: &str) -> Vec<Event> {
    let query = Query::parse(query).unwrap().with_limit(1000);
    let hits = workspace.search(&query).unwrap();
    assert_eq!(hits.total, Some(hits.hits.len() as u64));
    let ids: Vec<EventId> = hits.hits.iter().map(|hit| hit.id).collect();
    workspace.events_by_id(&ids).unwrap().into_iter().flatten().collect()
}

fn ids(events: &[Event]) -> BTreeSet<EventId> {
    events.iter().map(Event::id).collect()
}

#[test]
fn an_incident_from_the_first_file_to_the_closed_case() {
    let truth = incidents::truth(incidents::GUILTY_COMMIT);
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("incidents.rca");
    let clock = ManualClock::at(night());
    let workspace = Workspace::builder().with_clock(clock.clone()).open(&folder).unwrap();

    // Hand it what is there; the answer comes back at once.
    let bundle = incidents::folder(incidents::GUILTY_COMMIT);
    let investigated = workspace.investigate_bundle(&bundle, &unobserved).unwrap();
    assert_eq!(investigated.report.refused(), 0);
    assert!(investigated.report.read() > 10_000);
    let case = investigated.investigation;
    let analysis = investigated.analysis;
    assert_eq!((case.status(), case.created_at()), (Status::Open, night()));
    assert_eq!(analysis.investigation, Some(case.id()));

    // Which change did it, and how sure?
    assert_eq!(analysis.verdict, Verdict::Change);
    let first = analysis.top_cause().unwrap().clone();
    let CauseKind::Commit { sha, deployed_to, deployed_at } = &first.kind else {
        unreachable!("{:?}", first.kind)
    };
    assert_eq!(*sha, truth.root_cause_commit, "{}", first.title);
    assert!(deployed_to.iter().any(|entity| entity.name == truth.first_failing_service));
    assert_eq!(analysis.first_failing.as_ref().unwrap().name, truth.first_failing_service);
    let sum = analysis.causes.iter().map(|cause| cause.probability.value()).sum::<f64>();
    assert!((sum + analysis.none_of_these.value() - 1.0).abs() < 1e-9, "{sum}");
    assert!(analysis.causes.is_sorted_by(|a, b| a.probability >= b.probability));
    let ranked = workspace.root_causes(case.id(), 3).unwrap();
    assert_eq!(ranked, analysis.causes[..3]);

    // What speaks for it, and where to look it up.
    assert!(first.evidence_for.is_sorted_by(|a, b| a.weight >= b.weight));
    assert!(first.evidence_for.iter().any(|evidence| evidence.kind == EvidenceKind::Diff));
    assert!(first.evidence_for.iter().any(|evidence| evidence.kind == EvidenceKind::Timing));
    for id in first.evidence_for.iter().flat_map(|evidence| &evidence.events) {
        workspace.event(*id).unwrap();
    }
    assert!(!first.path.is_empty());
    let guilty = workspace.event(first.event.unwrap()).unwrap();
    assert_eq!(guilty.attribute(attribute::COMMIT), Some(sha.as_str()));

    // Look around.
    let holds = found(&workspace, "hold");
    assert!(found(&workspace, sha.get(..12).unwrap()).contains(&guilty));
    assert!(found(&workspace, &format!("\"{}\" source:git", guilty.title())).contains(&guilty));
    let commits = found(&workspace, "hold source:git");
    assert!(commits.iter().all(|event| *event.source() == Source::Git));
    assert!((2..holds.len()).contains(&commits.len()), "{} of {}", commits.len(), holds.len());
    assert!(found(&workspace, "hold source:git entity:nowhere").is_empty());
    assert_eq!(found(&workspace, "source:flag").len(), 2);
    let page = workspace.search(&Query::parse("hold").unwrap()).unwrap();
    assert!(page.hits.iter().any(|hit| hit.snippet.is_some()));
    let mine = Query::all().with_investigation(case.id());
    let linked = workspace.linked_events(case.id()).unwrap();
    assert_eq!(workspace.search(&mine).unwrap().total, Some(linked.len() as u64));
    let counts =
        workspace.counts(&Query::all(), Some(Duration::days(1)), &[Facet::Source]).unwrap();
    assert_eq!(counts.total, workspace.event_count().unwrap());
    assert_eq!(counts.groups.iter().map(|group| group.count).sum::<u64>(), counts.total);

    // From the deploy that brought it to the alert.
    let alert = linked.iter().find(|event| Alert::from_event(event).is_some()).unwrap();
    let deploys =
        found(&workspace, &format!("source:deploy service:{}", truth.first_failing_service));
    let deploy = deploys.iter().find(|deploy| Some(deploy.timestamp()) == *deployed_at).unwrap();
    let graph = workspace.graph_of(case.window()).unwrap();
    let path = graph.evidence_path(deploy.id(), alert.id(), Way::Both).unwrap();
    let ends = |edge: &Edge, event: EventId| edge.from == event || edge.to == event;
    assert!(ends(path.first().unwrap(), deploy.id()) && ends(path.last().unwrap(), alert.id()));
    assert!(path.iter().all(|edge| !edge.reason.is_empty()));

    // People know better than the linker, and stay right when everything is done again.
    clock.advance(Duration::minutes(10));
    let stranger = linked.iter().find(|event| *event.source() == Source::Flag);
    let stranger = stranger.or_else(|| linked.iter().find(|event| event.id() != alert.id()));
    let stranger = stranger.unwrap().id();
    workspace.unlink(stranger, case.id(), Some("ann")).unwrap();
    workspace.link(guilty.id(), case.id(), Some("ann")).unwrap();
    let again = workspace.analyze(case.id()).unwrap();
    let kind = |event: EventId| {
        let links = workspace.links(case.id()).unwrap();
        links.into_iter().find(|link| link.event == event).map(|link| link.kind)
    };
    assert_eq!(kind(stranger), Some(LinkKind::Rejected));
    assert_eq!(kind(guilty.id()), Some(LinkKind::Manual));
    assert!(again.causes.iter().all(|cause| cause.event != Some(stranger)));
    assert_eq!(again.causes[0].event, Some(guilty.id()));

    // Write down what was learned; close the case.
    workspace
        .add_note(case.id(), Some("ann"), "rolled back, holds fall", Some(guilty.id()))
        .unwrap();
    workspace
        .update_investigation(case.id(), |case| {
            case.set_root_cause(Some(first.title.clone()))?;
            case.set_remediation(first.remediation.clone())
        })
        .unwrap();
    let early = workspace.set_status(case.id(), Status::Resolved).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Conflict);
    for status in [Status::InProgress, Status::Resolved, Status::Closed] {
        clock.advance(Duration::minutes(5));
        workspace.set_status(case.id(), status).unwrap();
    }

    // Nothing was lost on the way; without the replaced records in its statistics, relevance is that of a new index.
    workspace.compact().unwrap();
    let at_close = found(&workspace, "hold");
    assert_eq!(ids(&at_close), ids(&holds));

    // The morning after: another process, the same answers.
    let kept = workspace.analysis(case.id()).unwrap();
    assert_eq!(kept.as_ref(), Some(&again));
    drop((workspace, graph));
    let workspace = Workspace::builder().with_clock(clock).open(&folder).unwrap();
    assert_eq!(workspace.analysis(case.id()).unwrap(), kept);
    assert_eq!(workspace.analyze(case.id()).unwrap(), again);
    assert_eq!(found(&workspace, "hold"), at_close);
    let closed = workspace.investigation(case.id()).unwrap();
    assert_eq!(closed.status(), Status::Closed);
    assert_eq!(closed.resolved_at(), Some(night() + Duration::minutes(20)));
    assert_eq!(closed.root_cause(), Some(first.title.as_str()));
    assert_eq!(closed.notes()[0].about.event(), Some(guilty.id()));

    // A report for the wiki, one for machines.
    let view = View::of(&analysis);
    report::save(&place.path().join("report.md"), report::markdown(&view)).unwrap();
    report::save(&place.path().join("report.json"), report::json(&analysis).unwrap()).unwrap();
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    assert!(read("report.md").contains("## Causes"));
    assert_eq!(report::from_json(&read("report.json")).unwrap(), analysis);
    assert!(report::terminal(&view, Style::Plain, 100).contains(sha.get(..12).unwrap()));

    // All is well, and can be carried elsewhere.
    assert!(workspace.verify().unwrap().is_well());
    let elsewhere = place.path().join("copy");
    std::fs::create_dir(&elsewhere).unwrap();
    workspace.backup(elsewhere.join("store.redb")).unwrap();
    let copy = Workspace::open(&elsewhere).unwrap();
    assert_eq!(copy.analysis(case.id()).unwrap(), kept);
    assert_eq!(copy.links(case.id()).unwrap(), workspace.links(case.id()).unwrap());
    assert_eq!(found(&copy, "hold"), at_close);
}

#[test]
fn when_a_provider_fails_no_change_is_blamed() {
    let truth = incidents::truth(incidents::OUTSIDE);
    assert_eq!(truth.root_cause_commit, "none");
    let batch = incidents::batch(incidents::OUTSIDE);
    let analysis = analyze(&Incident::from(&batch));
    assert_ne!(analysis.verdict, Verdict::Change);
    assert_eq!(analysis.first_failing.unwrap().name, truth.first_failing_service);
    // No decoy is more believable than that nothing of what is listed did it.
    let first = analysis.causes.first().map_or(Probability::ZERO, |cause| {
        let accused = match &cause.kind {
            CauseKind::Commit { sha, .. } => {
                truth.decoys.iter().any(|decoy| decoy.commit_sha.as_ref() == Some(sha))
            }
            CauseKind::Flag { key } => {
                truth.decoys.iter().any(|decoy| decoy.flag.as_ref() == Some(key))
            }
            _ => false,
        };
        if accused { cause.probability } else { Probability::ZERO }
    });
    assert!(first <= analysis.none_of_these, "a decoy leads");
}

#[test]
fn a_second_incident_in_the_same_folder_is_a_case_of_its_own() {
    let workspace = Workspace::in_memory().unwrap();
    let one = incidents::folder(incidents::GUILTY_COMMIT);
    let two = incidents::folder(incidents::OUTSIDE);
    let first = workspace.investigate_bundle(&one, &unobserved).unwrap();
    let events = workspace.event_count().unwrap();
    let repeated = workspace.investigate_bundle(&one, &unobserved).unwrap();
    assert_eq!(workspace.event_count().unwrap(), events, "a retry stores nothing twice");
    assert_ne!(first.investigation.id(), repeated.investigation.id());
    assert_eq!(first.analysis.causes, repeated.analysis.causes);
    let other = workspace.investigate_bundle(&two, &unobserved).unwrap();
    assert_eq!(
        workspace.events(&Scan::all()).unwrap().count() as u64,
        workspace.event_count().unwrap()
    );
    assert!(workspace.event_count().unwrap() > events);
    assert_ne!(other.analysis.symptom, first.analysis.symptom);
}
