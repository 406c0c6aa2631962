//! The door from outside: what a user of a workspace relies on.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::Facet;
use rca_core::connectors::Redaction;
use rca_core::model::{Event, EventId, LinkKind, Severity, Source, Status, attribute};
use rca_core::search::Query;
use rca_core::store::{Deleted, Scan};
use rca_core::time::{ManualClock, TimeRange};
use rca_core::{Error, ErrorKind, Workspace};

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + Duration::minutes(minute)
}

fn clock() -> ManualClock {
    ManualClock::at(at(120))
}

fn memory() -> Workspace {
    Workspace::builder().with_clock(clock()).in_memory().unwrap()
}

fn folder(path: &Path) -> Workspace {
    Workspace::builder().with_clock(clock()).open(path).unwrap()
}

fn event(minute: i64, title: &str, service: &str) -> Event {
    Event::builder(at(minute), Source::Deploy, "deploy", title)
        .with_service(service)
        .with_severity(Severity::Low)
        .with_source_id(format!("{minute}/{title}"))
        .build()
        .unwrap()
}

fn hour() -> TimeRange {
    TimeRange::new(at(0), at(60)).unwrap()
}

fn found(workspace: &Workspace, query: &str) -> Vec<EventId> {
    workspace.search(&Query::parse(query).unwrap()).unwrap().hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn what_was_written_is_found_at_once_and_after_reopening() {
    let place = tempfile::tempdir().unwrap();
    let event = event(5, "ledger connection pool", "ledger");
    {
        let workspace = folder(place.path());
        workspace.ingest([event.clone()]).unwrap();
        assert_eq!(found(&workspace, "pool"), [event.id()]);
    }
    let workspace = folder(place.path());
    assert_eq!(found(&workspace, "pool"), [event.id()]);
    assert_eq!(workspace.event(event.id()).unwrap().title(), event.title());
}

#[test]
fn the_index_can_be_deleted_and_gives_the_same_answers() {
    let place = tempfile::tempdir().unwrap();
    let events: Vec<Event> =
        (0..50).map(|n| event(n, &format!("deploy number {n}"), "web")).collect();
    let before = {
        let workspace = folder(place.path());
        workspace.ingest(events).unwrap();
        let case = workspace.investigate("web is slow", hour()).unwrap();
        workspace.link(found(&workspace, "\"number 7\"")[0], case.id(), Some("ann")).unwrap();
        let answers = (
            found(&workspace, "number"),
            found(&workspace, &format!("investigation:{}", case.id())),
        );
        workspace.rebuild_index().unwrap();
        assert_eq!(
            (
                found(&workspace, "number"),
                found(&workspace, &format!("investigation:{}", case.id()))
            ),
            answers
        );
        (case, answers)
    };
    std::fs::remove_dir_all(place.path().join("index")).unwrap();
    let workspace = folder(place.path());
    let query = format!("investigation:{}", before.0.id());
    assert_eq!((found(&workspace, "number"), found(&workspace, &query)), before.1);
    assert!(workspace.verify().unwrap().is_well());
}

#[test]
fn a_retry_stores_and_finds_nothing_twice() {
    let workspace = memory();
    let event = event(5, "ledger v2", "ledger");
    for _ in 0..3 {
        workspace.ingest([event.clone(), event.clone()]).unwrap();
    }
    assert_eq!(workspace.event_count().unwrap(), 1);
    assert_eq!(found(&workspace, "ledger").len(), 1);
}

#[test]
fn removed_events_are_gone_until_restored() {
    let workspace = memory();
    let event = event(5, "ledger v2", "ledger");
    workspace.ingest([event.clone()]).unwrap();
    workspace.delete_event(event.id()).unwrap();
    assert_eq!(workspace.event(event.id()).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(found(&workspace, "ledger").is_empty());
    assert_eq!(workspace.events(&Scan::all()).unwrap().count(), 0);
    workspace.restore_event(event.id()).unwrap();
    assert_eq!(found(&workspace, "ledger"), [event.id()]);
}

#[test]
fn an_investigation_lives_its_life() {
    let workspace = memory();
    let case = workspace.investigate("checkout is slow", hour()).unwrap();
    let early = workspace.set_status(case.id(), Status::Resolved).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Conflict);
    workspace.set_status(case.id(), Status::InProgress).unwrap();
    workspace.add_note(case.id(), Some("ann"), "looks like the **pool**", None).unwrap();
    let resolved = workspace.set_status(case.id(), Status::Resolved).unwrap();
    assert_eq!(resolved.resolved_at(), Some(at(120)));
    assert_eq!(resolved.notes().len(), 1);

    let other = workspace.investigate("checkout again", hour()).unwrap();
    workspace.relate(case.id(), other.id()).unwrap();
    assert!(workspace.investigation(other.id()).unwrap().related().any(|id| id == case.id()));
    workspace.unrelate(other.id(), case.id()).unwrap();
    assert!(workspace.investigation(case.id()).unwrap().related().next().is_none());

    workspace.delete_investigation(other.id()).unwrap();
    assert_eq!(workspace.investigation(other.id()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(workspace.investigations(Deleted::Hide).unwrap().len(), 1);
    workspace.restore_investigation(other.id()).unwrap();
    assert_eq!(workspace.investigations(Deleted::Hide).unwrap().len(), 2);
}

#[test]
fn a_stale_write_is_a_conflict_and_an_update_is_not() {
    let workspace = memory();
    let case = workspace.investigate("checkout is slow", hour()).unwrap();
    let mut stale = case.clone();
    workspace
        .update_investigation(case.id(), |case| case.set_root_cause(Some("the pool".to_owned())))
        .unwrap();
    stale.set_assigned_to(Some("ann".to_owned()));
    assert!(matches!(workspace.replace_investigation(&stale), Err(Error::Conflict { .. })));
    let seen = workspace.investigation(case.id()).unwrap();
    assert_eq!((seen.root_cause(), seen.assigned_to()), (Some("the pool"), None));
}

#[test]
fn people_win_over_the_linker() {
    let workspace = memory();
    let near = event(58, "deploy of checkout", "checkout");
    let far = event(-4000, "deploy of mail", "mail");
    workspace.ingest([near.clone(), far.clone()]).unwrap();
    let builder = rca_core::model::Investigation::builder("checkout is slow", hour())
        .with_service("checkout");
    let case = workspace.open_investigation(builder).unwrap();
    let kind = |id: EventId| {
        workspace
            .links(case.id())
            .unwrap()
            .into_iter()
            .find(|link| link.event == id)
            .map(|link| link.kind)
    };
    assert_eq!(kind(near.id()), Some(LinkKind::Automatic));
    assert_eq!(kind(far.id()), None);
    assert!(workspace.explain_link(far.id(), case.id()).unwrap().kind.is_none());

    workspace.unlink(near.id(), case.id(), Some("ann")).unwrap();
    workspace.link(far.id(), case.id(), Some("ann")).unwrap();
    workspace.relink(case.id()).unwrap();
    workspace.analyze(case.id()).unwrap();
    assert_eq!(kind(near.id()), Some(LinkKind::Rejected));
    assert_eq!(kind(far.id()), Some(LinkKind::Manual));
    assert_eq!(workspace.event(far.id()).unwrap().investigations(), [case.id()]);
    assert_eq!(workspace.linked_events(case.id()).unwrap().len(), 1);
}

#[test]
fn a_second_handle_on_a_folder_is_busy_and_names_it() {
    let place = tempfile::tempdir().unwrap();
    let first = folder(place.path());
    let error = Workspace::open(place.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&place.path().display().to_string()), "{error}");
    drop(first);
    Workspace::open(place.path()).unwrap();
}

#[test]
fn a_read_only_workspace_reads_and_refuses_to_write() {
    let place = tempfile::tempdir().unwrap();
    let event = event(5, "ledger v2", "ledger");
    let case = {
        let workspace = folder(place.path());
        workspace.ingest([event.clone()]).unwrap();
        workspace.refresh().unwrap();
        workspace.investigate("ledger", hour()).unwrap()
    };
    let workspace = Workspace::builder().read_only().open(place.path()).unwrap();
    assert_eq!(found(&workspace, "ledger"), [event.id()]);
    for error in [
        workspace.ingest([event.clone()]).unwrap_err(),
        workspace.analyze(case.id()).unwrap_err(),
        workspace.delete_event(event.id()).unwrap_err(),
        workspace.rebuild_index().unwrap_err(),
        workspace.investigate("x", hour()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    }
    let missing = Workspace::builder().read_only().open(place.path().join("nowhere")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
}

#[test]
fn a_backup_of_an_open_workspace_opens_elsewhere() {
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let workspace = folder(place.path());
    let event = event(5, "ledger v2", "ledger");
    workspace.ingest([event.clone()]).unwrap();
    workspace.backup(elsewhere.path().join("store.redb")).unwrap();
    let copy = folder(elsewhere.path());
    assert_eq!(found(&copy, "ledger"), [event.id()]);
    workspace.compact().unwrap();
    assert_eq!(found(&workspace, "ledger"), [event.id()]);
}

#[test]
fn counts_by_day_and_severity_are_exact() {
    let workspace = memory();
    workspace.ingest((0..40).map(|n| event(n * 60, &format!("n {n}"), "web"))).unwrap();
    let counts =
        workspace.counts(&Query::all(), Some(Duration::days(1)), &[Facet::Severity]).unwrap();
    assert_eq!(counts.total, 40);
    assert_eq!(counts.groups.iter().map(|group| group.count).collect::<Vec<_>>(), [24, 16]);
}

#[test]
fn many_threads_write_and_everything_is_found() {
    let workspace = memory();
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let workspace = workspace.clone();
            scope.spawn(move || {
                for n in 0..50 {
                    workspace
                        .ingest([event(n, &format!("worker {worker} step {n}"), "web")])
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(workspace.event_count().unwrap(), 200);
    let hits = workspace.search(&Query::parse("worker").unwrap().with_limit(500)).unwrap();
    assert_eq!((hits.total, hits.hits.len()), (Some(200), 200));
}

#[test]
fn the_graph_joins_a_commit_with_its_deploy() {
    let workspace = memory();
    let sha = "1111111111111111111111111111111111111111";
    let commit = Event::builder(at(1), Source::Git, "commit", "shrink pool")
        .with_source_id(sha)
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap();
    let deploy = Event::builder(at(9), Source::Deploy, "deploy", "ledger v2")
        .with_source_id("d")
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap();
    workspace.ingest([commit.clone(), deploy.clone()]).unwrap();
    let graph = workspace.graph_of(hour()).unwrap();
    let edges = graph.edges();
    assert_eq!((edges.len(), edges[0].from, edges[0].to), (1, commit.id(), deploy.id()));
}

/// An analysis once looked one day back, so that a commit that had waited for its deploy was no suspect.
#[test]
fn a_commit_of_last_week_that_was_deployed_today_is_a_suspect() {
    let workspace = memory();
    let sha = "1111111111111111111111111111111111111111";
    let commit = Event::builder(at(-7 * 1440), Source::Git, "commit", "smaller pool")
        .with_source_id(sha)
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap();
    let deploy = Event::builder(at(10), Source::Deploy, "deploy", "ledger v2")
        .with_service("ledger")
        .with_source_id("d")
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap();
    workspace.ingest([commit.clone(), deploy]).unwrap();
    let case = workspace.investigate("ledger is slow", hour()).unwrap();
    let suspects = |workspace: &Workspace| -> Vec<Option<EventId>> {
        let causes = workspace.analyze(case.id()).unwrap().causes;
        causes.into_iter().map(|cause| cause.event).collect()
    };
    assert!(suspects(&workspace).contains(&Some(commit.id())));
    workspace.unlink(commit.id(), case.id(), Some("ann")).unwrap();
    assert!(!suspects(&workspace).contains(&Some(commit.id())));
}

#[test]
fn reading_can_be_cancelled() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(
        place.path().join("logs.ndjson"),
        "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"msg\":\"x\"}\n",
    )
    .unwrap();
    let workspace = memory();
    let error =
        workspace.investigate_bundle(place.path(), &|_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(workspace.event_count().unwrap(), 0);
}

/// Numbers of writes tell how far an index is, not of which store: one with fewer writes looks merely late.
#[test]
fn an_index_of_another_store_is_not_believed_even_when_it_is_behind() {
    let (few, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    folder(few.path()).ingest((0..3).map(|n| event(n, &format!("few {n}"), "web"))).unwrap();
    folder(many.path()).ingest((0..9).map(|n| event(n, &format!("many {n}"), "web"))).unwrap();
    for (from, to) in [("index", "index"), ("index.identity", "index.identity")] {
        let (from, to) = (few.path().join(from), many.path().join(to));
        if to.is_dir() {
            std::fs::remove_dir_all(&to).unwrap();
        } else {
            std::fs::remove_file(&to).unwrap();
        }
        std::fs::rename(from, to).unwrap();
    }
    let workspace = folder(many.path());
    assert_eq!((found(&workspace, "few").len(), found(&workspace, "many").len()), (0, 9));
}

#[test]
fn ingesting_says_how_much_each_rule_blotted_out() {
    let workspace = memory();
    let key = format!("AKIA{}", "QWERTZUIOPASDFGH");
    let events = [
        event(1, &format!("key {key} in a title"), "till"),
        event(2, "mail to jo@example.org and al@example.org", "till"),
        event(3, "nothing to hide", "till"),
    ];
    let ingested = workspace.ingest(events.clone()).unwrap();
    assert_eq!(ingested.accepted.len(), 3);
    let of = |rule: &str| ingested.redacted.get(rule).copied();
    assert_eq!((of("token"), of("email")), (Some(1), Some(2)), "{:?}", ingested.redacted);
    let plain = Workspace::builder().with_redaction(Redaction::off()).in_memory().unwrap();
    assert!(plain.ingest(events).unwrap().redacted.is_empty());
}
