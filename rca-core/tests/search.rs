//! The search index as its owner sees it: opening, damage, locks, rebuilding.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use rca_core::ErrorKind;
use rca_core::analytics::{Facet, counts};
use rca_core::model::{Event, Investigation, Severity, Source, Status};
use rca_core::search::{Highlighter, Index, IndexOp, Opened, Options, Query, Sort, Write};
use rca_core::time::{ManualClock, TimeRange};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
}

fn event(n: i64, title: &str, body: &str) -> Event {
    Event::builder(at(n), Source::Logs, "log_burst", title)
        .with_service("harbour-master")
        .with_severity(Severity::High)
        .with_body(body)
        .with_source_id(format!("e-{n}"))
        .with_tag("berth")
        .build()
        .unwrap()
}

fn put(event: &Event, write: Write) -> IndexOp<'_> {
    IndexOp::PutEvent { event, investigations: &[], write }
}

fn found(index: &Index, query: &str) -> Vec<String> {
    let hits = index.search(&Query::parse(query).unwrap().with_sort(Sort::Oldest)).unwrap();
    hits.hits.iter().map(|hit| hit.id.to_string()).collect()
}

fn open(folder: &Path) -> Index {
    Index::open(folder, Options::default()).unwrap()
}

#[test]
fn what_was_committed_is_there_after_reopening_and_the_rest_is_to_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let events = [event(1, "mooring line broke", ""), event(2, "mooring line fixed", "")];
    let index = open(folder.path());
    assert_eq!((index.opened(), index.high_water()), (&Opened::Created, 0));
    index.apply(&[put(&events[0], Write::New)], 1).unwrap();
    index.refresh().unwrap();
    index.apply(&[put(&events[1], Write::New)], 2).unwrap();
    drop(index);

    let index = open(folder.path());
    assert_eq!((index.opened(), index.high_water()), (&Opened::Intact, 1));
    assert_eq!(found(&index, "mooring"), [events[0].id().to_string()]);
    index.apply(&[put(&events[1], Write::New)], 2).unwrap();
    index.refresh().unwrap();
    assert_eq!(found(&index, "mooring").len(), 2);
}

#[test]
fn a_second_writer_is_told_that_the_index_is_busy_and_a_reader_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let error = Index::open(folder.path(), Options::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);

    let reader = Index::open_read_only(folder.path(), Options::default()).unwrap();
    let event = event(1, "fog", "");
    assert_eq!(reader.apply(&[put(&event, Write::New)], 1).unwrap_err().kind(), ErrorKind::Denied);
    index.apply(&[put(&event, Write::New)], 1).unwrap();
    index.refresh().unwrap();
    assert!(found(&reader, "fog").is_empty(), "not before it refreshes");
    reader.refresh().unwrap();
    assert_eq!(found(&reader, "fog").len(), 1);
    assert_eq!(reader.high_water(), 1);

    drop(index);
    open(folder.path());
}

#[test]
fn a_damaged_index_is_wiped_and_says_so_but_never_by_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let event = event(1, "fog", "");
    let index = open(folder.path());
    index.apply(&[put(&event, Write::New)], 7).unwrap();
    index.refresh().unwrap();
    drop(index);
    let meta = folder.path().join("events/meta.json");
    std::fs::write(&meta, "{").unwrap();

    let reader = Index::open_read_only(folder.path(), Options::default()).unwrap();
    assert!(matches!(reader.opened(), Opened::InMemory { .. }), "{:?}", reader.opened());
    reader.apply(&[put(&event, Write::New)], 7).unwrap();
    reader.refresh().unwrap();
    assert_eq!(found(&reader, "fog").len(), 1);
    assert_eq!(std::fs::read_to_string(&meta).unwrap(), "{");

    let index = open(folder.path());
    assert!(matches!(index.opened(), Opened::Wiped { .. }), "{:?}", index.opened());
    assert_eq!(index.high_water(), 0);
    assert!(found(&index, "fog").is_empty());
}

#[test]
fn a_cut_file_is_noticed_when_opening() {
    let kept = tempfile::tempdir().unwrap();
    let event = event(1, "fog", "thick");
    let index = open(kept.path());
    index.apply(&[put(&event, Write::New)], 7).unwrap();
    index.refresh().unwrap();
    assert_eq!(index.verify().unwrap(), Vec::<String>::new());
    drop(index);
    let kept = kept.path().join("events");
    let names = || std::fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().file_name());
    for cut in names() {
        let folder = tempfile::tempdir().unwrap();
        let events = folder.path().join("events");
        std::fs::create_dir_all(&events).unwrap();
        for name in names() {
            std::fs::copy(kept.join(&name), events.join(&name)).unwrap();
        }
        let bytes = std::fs::read(events.join(&cut)).unwrap();
        std::fs::write(events.join(&cut), &bytes[..bytes.len() / 2]).unwrap();
        let index = open(folder.path());
        let wiped = matches!(index.opened(), Opened::Wiped { .. }) && index.high_water() == 0;
        assert!(wiped || found(&index, "fog thick").len() == 1, "{cut:?} cut: {index:?}");
    }
}

#[test]
fn an_idle_index_commits_when_its_owner_ticks() {
    let clock = ManualClock::at(at(0));
    let options = Options::default().with_clock(Arc::new(clock.clone())).with_commit_ops(3);
    let index = Index::in_memory(options).unwrap();
    let events = [1, 2, 3, 4].map(|n| event(n, "gull", ""));
    index.apply(&[put(&events[0], Write::New)], 1).unwrap();
    clock.advance(Duration::seconds(4));
    assert!(!index.tick().unwrap());
    clock.advance(Duration::seconds(1));
    assert!(index.tick().unwrap());
    assert_eq!((index.high_water(), found(&index, "gull").len()), (1, 1));
    assert!(!index.tick().unwrap(), "nothing is pending");

    let rest: Vec<_> = events[1..].iter().map(|event| put(event, Write::New)).collect();
    index.apply(&rest, 4).unwrap();
    assert_eq!((index.high_water(), found(&index, "gull").len()), (4, 4), "enough operations");
}

#[test]
fn replacing_and_deleting_leave_no_trace_and_rebuilding_gives_the_same_answers() {
    let index = Index::in_memory(Options::default()).unwrap();
    let mut events: Vec<Event> = (0..40).map(|n| event(n, "swell", "from the west")).collect();
    for (n, chunk) in (0..).zip(events.chunks(7)) {
        let ops: Vec<_> = chunk.iter().map(|event| put(event, Write::New)).collect();
        index.apply(&ops, n).unwrap();
        index.refresh().unwrap();
    }
    let renamed = Event::builder(at(3), Source::Logs, "log_burst", "calm").with_source_id("e-3");
    let renamed = renamed.build().unwrap();
    assert_eq!(renamed.id(), events[3].id(), "the same event, told again");
    let delete = IndexOp::DeleteEvent(events[5].id());
    index.apply(&[put(&renamed, Write::Replace), delete], 50).unwrap();
    index.refresh().unwrap();
    events[3] = renamed;
    events.remove(5);
    assert_eq!(found(&index, "calm"), [events[3].id().to_string()]);

    let rebuilt = Index::in_memory(Options::default()).unwrap();
    let ops: Vec<_> = events.iter().rev().map(|event| put(event, Write::New)).collect();
    rebuilt.apply(&ops, 50).unwrap();
    rebuilt.refresh().unwrap();
    index.compact().unwrap();
    for text in ["swell", "swell calm", "west AND swell", "", "\"the west\"", "-swell"] {
        let query = Query::parse(text).unwrap().with_limit(50);
        assert_eq!(index.search(&query).unwrap(), rebuilt.search(&query).unwrap(), "{text:?}");
    }
    index.clear().unwrap();
    assert_eq!((index.count(&Query::all()).unwrap(), index.high_water()), (0, 0));
}

#[test]
fn identifiers_are_found_whole_and_by_their_parts() {
    let index = Index::in_memory(Options::default()).unwrap();
    let sha = "9f3c2ab7d04e5f60718293a4b5c6d7e8f9012345";
    let title = "Raise db.pool.max for checkout-service";
    let event = Event::builder(at(1), Source::Git, "commit", title)
        .with_body("java.lang.OutOfMemoryError in src/pool/HTTPServer.java, größer als 数据库")
        .with_attribute("vcs.ref.head.revision", sha)
        .build()
        .unwrap();
    index.apply(&[put(&event, Write::New)], 1).unwrap();
    index.refresh().unwrap();
    let yes = [
        "OutOfMemory",
        "outofmemoryerror",
        "\"out of memory\"",
        "db.pool.max",
        "pool.max",
        "pool",
        "checkout-service",
        "Checkout",
        "checkout-serv*",
        "httpserver",
        "HTTP",
        "server.java",
        "src/pool/HTTPServer.java",
        "9f3c2ab",
        sha,
        "9f3c2ab7d04e5f60718",
        "9f3*",
        "GRÖẞER OR größer",
        "数据",
        "title:db.pool",
        "body:outofm*",
        "title:\"raise db\"",
        "body:\"memory error\"",
    ];
    for query in yes {
        assert_eq!(found(&index, query).len(), 1, "{query}");
    }
    let no = [
        "max.pool",
        "title:server",
        "body:raise",
        "9f3c2ac",
        "\"service java\"",
        "outof",
        "title:9f*",
        "据数",
    ];
    for query in no {
        assert_eq!(found(&index, query).len(), 0, "{query}");
    }
}

#[test]
fn investigations_are_found_by_what_people_wrote() {
    let index = Index::in_memory(Options::default()).unwrap();
    let window = TimeRange::new(at(0), at(600)).unwrap();
    let mut case = Investigation::builder("Ferry tickets sold twice", window)
        .with_service("booking")
        .with_tag("oversell")
        .build(at(700), b"1")
        .unwrap();
    case.set_root_cause(Some("the seat cache outlived the sailing".to_owned())).unwrap();
    index.apply(&[IndexOp::PutInvestigation(&case)], 1).unwrap();
    index.refresh().unwrap();
    let search = |text: &str| {
        let hits = index.search_investigations(&Query::parse(text).unwrap());
        hits.map(|hits| hits.hits.iter().map(|hit| hit.id).collect::<Vec<_>>())
    };
    let yes = [
        "seat cache",
        "title:tickets",
        "status:open tag:oversell",
        "service:booking",
        "severity:medium",
    ];
    for text in yes {
        assert_eq!(search(text).unwrap(), [case.id()], "{text}");
    }
    assert_eq!(search("source:git").unwrap_err().kind(), ErrorKind::InvalidInput);
    case.set_status(Status::InProgress, at(800)).unwrap();
    index.apply(&[IndexOp::PutInvestigation(&case)], 2).unwrap();
    index.refresh().unwrap();
    assert!(search("status:open").unwrap().is_empty());
    assert_eq!(search("status:in_progress sailing").unwrap(), [case.id()]);
    index.apply(&[IndexOp::DeleteInvestigation(case.id())], 3).unwrap();
    index.refresh().unwrap();
    assert!(search("").unwrap().is_empty());
}

#[test]
fn events_are_found_by_the_investigation_they_are_linked_to() {
    let index = Index::in_memory(Options::default()).unwrap();
    let window = TimeRange::new(at(0), at(600)).unwrap();
    let case = Investigation::builder("x", window).build(at(700), b"1").unwrap();
    let (linked, other) = (event(1, "a", ""), event(2, "b", ""));
    index.apply(&[put(&linked, Write::New), put(&other, Write::New)], 1).unwrap();
    index.refresh().unwrap();
    let investigations = &[case.id()];
    let op = IndexOp::PutEvent { event: &linked, investigations, write: Write::Replace };
    index.apply(&[op], 2).unwrap();
    index.refresh().unwrap();
    let query = Query::all().with_investigation(case.id());
    let hits = index.search(&query).unwrap();
    assert_eq!((hits.total, hits.hits[0].id), (Some(1), linked.id()));
    assert_eq!(found(&index, &query.to_string()), [linked.id().to_string()]);
    assert_eq!(found(&index, &format!("id:{}", other.id())), [other.id().to_string()]);
}

#[test]
fn snippets_show_the_best_place_and_mark_the_words() {
    let index = Index::in_memory(Options::default()).unwrap();
    let (before, after) = ("la ".repeat(200), "le ".repeat(200));
    let body = format!("{before}the pilot-boat sank\nafter a collision {after}");
    let event = event(1, "news", &body);
    index.apply(&[put(&event, Write::New)], 1).unwrap();
    index.refresh().unwrap();
    let query = Query::parse("sank pilot-boat collis* -storm").unwrap();
    let mut hits = index.search(&query).unwrap();
    hits.highlight(&Highlighter::new(&query), [Some(body)]);
    let snippet = hits.hits[0].snippet.clone().unwrap();
    let marked: Vec<&str> = snippet.highlights.iter().map(|r| &snippet.text[r.clone()]).collect();
    assert_eq!(marked, ["pilot", "boat", "sank", "collision"]);
    assert!(snippet.text.len() <= 200 && !snippet.text.contains('\n'));
    assert_eq!(Highlighter::new(&query).snippet("nothing of the sort"), None);
}

#[test]
fn counts_are_exact_by_day_and_facet() {
    let index = Index::in_memory(Options::default()).unwrap();
    let day = 86_400;
    let start = DateTime::from_timestamp(20_000 * day, 0).unwrap();
    let make = |seconds: i64, severity, service: Option<&str>| {
        let event = Event::builder(start + Duration::seconds(seconds), Source::Alert, "alert", "a")
            .with_severity(severity)
            .with_source_id(format!("{seconds}"));
        service.map_or(event.clone(), |name| event.with_service(name)).build().unwrap()
    };
    let events = [
        make(5, Severity::Low, Some("crane")),
        make(6, Severity::High, Some("crane")),
        make(day - 1, Severity::Low, None),
        make(day, Severity::Low, Some("winch")),
        make(-1, Severity::Info, Some("winch")),
    ];
    for event in &events {
        index.apply(&[put(event, Write::New)], 1).unwrap();
        index.refresh().unwrap();
    }
    let query = Query::parse("type:alert").unwrap().with_severity_at_least(Severity::Low);
    let facets = [Facet::Severity];
    let by_day = counts(&index, &query, &facets, Some(Duration::days(1))).unwrap();
    let rows: Vec<_> = by_day
        .groups
        .iter()
        .map(|g| ((g.bucket.unwrap() - start).num_days(), g.values[0].as_str(), g.count))
        .collect();
    assert_eq!(rows, [(0, "low", 2), (0, "high", 1), (1, "low", 1)]);
    assert_eq!(by_day.total, 4);
    let by_entity = counts(&index, &Query::all(), &[Facet::Entity, Facet::Source], None).unwrap();
    let rows: Vec<_> = by_entity.groups.iter().map(|g| (g.values.join("/"), g.count)).collect();
    let expected = [("/alert", 1), ("crane/alert", 2), ("winch/alert", 2)];
    assert_eq!(rows, expected.map(|(name, count)| (name.to_owned(), count)));
    assert!(counts(&index, &query, &facets, Some(Duration::zero())).is_err());
}
