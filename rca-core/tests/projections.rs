//! Index and graph are projections: thrown away and built again, they say the same.
#![allow(clippy::unwrap_used, reason = "tests")]

mod incidents;

use std::fs;
use std::path::Path;

use chrono::Duration;
use rca_core::Workspace;
use rca_core::analytics::{Counts, Facet};
use rca_core::connectors::unobserved;
use rca_core::model::{Analysis, Edge, Event, EventId, InvestigationId, Source};
use rca_core::search::{Query, Sort};
use rca_core::time::{ManualClock, from_nanos};

const QUERIES: [&str; 8] = [
    "hold",
    "\"hold table\"",
    "berths OR fares",
    "hold -source:git",
    "severity:>=high",
    "source:deploy service:berths",
    "after:2026-11-21T04:05:00Z before:2026-11-21T04:09:00Z",
    "hold*",
];

fn open(folder: &Path) -> Workspace {
    let clock = ManualClock::at(from_nanos(1_800_000_000_000_000_000));
    Workspace::builder().with_clock(clock).open(folder).unwrap()
}

/// Everything that projections are asked for.
#[derive(Debug, PartialEq)]
struct Answers {
    found: Vec<Vec<EventId>>,
    cases: Vec<InvestigationId>,
    counts: Counts,
    edges: Vec<Edge>,
    analysis: Analysis,
}

fn answers(workspace: &Workspace, case: InvestigationId) -> Answers {
    let mut queries: Vec<Query> = QUERIES.iter().map(|text| Query::parse(text).unwrap()).collect();
    queries.push(Query::all().with_investigation(case));
    let ids = |query: &Query| {
        // By time: scores depend on how documents are spread over segments, not on what they say.
        let query = query.clone().with_sort(Sort::Oldest).with_limit(1000);
        let hits = workspace.search(&query).unwrap().hits;
        hits.iter().map(|hit| hit.id).collect::<Vec<_>>()
    };
    let cases = workspace.search_investigations(&Query::parse("status:open").unwrap()).unwrap();
    Answers {
        found: queries.iter().map(ids).collect(),
        cases: cases.hits.iter().map(|hit| hit.id).collect(),
        counts: workspace
            .counts(&Query::all(), Some(Duration::minutes(5)), &[Facet::Source, Facet::Severity])
            .unwrap(),
        edges: workspace.graph(case).unwrap().edges(),
        analysis: workspace.analyze(case).unwrap(),
    }
}

#[test]
fn a_deleted_emptied_or_damaged_index_is_built_again_and_says_the_same() {
    let place = tempfile::tempdir().unwrap();
    let bundle = incidents::folder(incidents::GUILTY_COMMIT);
    let (case, before) = {
        let workspace = open(place.path());
        let case = workspace.investigate_bundle(bundle, &unobserved).unwrap().investigation.id();
        (case, answers(&workspace, case))
    };
    assert!(before.found.iter().all(|ids| !ids.is_empty()), "{:?}", before.found);
    assert!(!before.cases.is_empty() && before.edges.len() > 10);

    assert_eq!(answers(&open(place.path()), case), before, "as it was left");

    open(place.path()).rebuild_index().unwrap();
    assert_eq!(answers(&open(place.path()), case), before, "rebuilt on demand");

    let index = place.path().join("index");
    fs::remove_dir_all(&index).unwrap();
    assert_eq!(answers(&open(place.path()), case), before, "deleted");

    for entry in fs::read_dir(&index).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let half = fs::read(&path).unwrap();
            fs::write(&path, &half[..half.len() / 2]).unwrap();
        }
    }
    let workspace = open(place.path());
    assert_eq!(answers(&workspace, case), before, "cut in half");
    assert!(workspace.verify().unwrap().is_well());
}

#[test]
fn an_index_of_another_store_is_not_believed() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (case, before) = {
        let bundle = incidents::folder(incidents::GUILTY_COMMIT);
        let workspace = open(one.path());
        let case = workspace.investigate_bundle(bundle, &unobserved).unwrap().investigation.id();
        (case, answers(&workspace, case))
    };
    let others = (0..5_000).map(|n| {
        let time = from_nanos(n * 1_000_000_000);
        Event::builder(time, Source::Manual, "note", &format!("hold {n}")).build().unwrap()
    });
    let other = open(two.path());
    other.ingest(others).unwrap();
    other.refresh().unwrap();
    drop(other);
    fs::remove_dir_all(one.path().join("index")).unwrap();
    fs::rename(two.path().join("index"), one.path().join("index")).unwrap();
    assert_eq!(answers(&open(one.path()), case), before);
}

#[test]
fn a_read_only_workspace_without_an_index_searches_and_writes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let bundle = incidents::folder(incidents::OUTSIDE);
    drop(open(place.path()).investigate_bundle(bundle, &unobserved).unwrap());
    fs::remove_dir_all(place.path().join("index")).unwrap();
    let workspace = Workspace::builder().read_only().open(place.path()).unwrap();
    let total = workspace.search(&Query::all()).unwrap().total;
    assert_eq!(total, Some(workspace.event_count().unwrap()));
    assert!(!place.path().join("index").exists());
}
