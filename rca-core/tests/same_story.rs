//! One story that every language tells with the same bytes; `tests/story/README.md` has its steps.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod golden;
mod incidents;

use chrono::Duration;
use rca_core::analytics::Facet;
use rca_core::connectors::{Delivery, unobserved};
use rca_core::model::{Entity, Event, LinkKind, Source, Status};
use rca_core::report::{self, View};
use rca_core::search::Query;
use rca_core::store::LetterFilter;
use rca_core::time::ManualClock;
use rca_core::{Error, ErrorKind, Workspace};
use serde_json::Value;

const EVENTS: &str = include_str!("story/events.ndjson");
const WEBHOOK: &str = include_str!("story/webhook.json");

fn event(line: &str) -> Event {
    let draft: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| draft[name].as_str();
    let source = Source::from(text("source").unwrap());
    let time = text("timestamp").unwrap().parse().unwrap();
    let kind = text("event_type").unwrap();
    let mut event = Event::builder(time, source, kind, text("title").unwrap());
    if let Some(severity) = text("severity") {
        event = event.with_severity(severity.parse().unwrap());
    }
    if let Some(name) = draft["entity"]["name"].as_str() {
        event = event.with_entity(Entity::service(name));
    }
    if let Some(body) = text("body") {
        event = event.with_body(body);
    }
    if let Some(data) = draft["data"].as_object() {
        event = event.with_data(data.clone());
    }
    if let Some(id) = text("source_id") {
        event = event.with_source_id(id);
    }
    for tag in draft["tags"].as_array().into_iter().flatten() {
        event = event.with_tag(tag.as_str().unwrap());
    }
    for (name, value) in draft["metadata"].as_object().into_iter().flatten() {
        event = event.with_metadata(name, value.as_str().unwrap());
    }
    event.build().unwrap()
}

fn failure<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    let kind = match error.kind() {
        ErrorKind::NotFound => "not_found",
        ErrorKind::InvalidInput => "invalid_input",
        ErrorKind::Conflict => "conflict",
        other => panic!("{other:?}"),
    };
    format!("{kind}: {error}")
}

fn story() -> String {
    let clock = ManualClock::at("2026-11-21T05:00:00Z".parse().unwrap());
    let workspace = Workspace::builder().with_clock(clock.clone()).in_memory().unwrap();
    let mut facts: Vec<String> = Vec::new();

    for _ in 0..2 {
        let done = workspace.ingest(EVENTS.lines().map(event)).unwrap();
        let ids: Vec<String> = done.accepted.iter().map(|(id, _)| id.to_string()).collect();
        facts.push(format!("stored {} known {}", ids.join(" "), done.duplicates.len()));
    }

    let bundle = incidents::folder(incidents::GUILTY_COMMIT);
    let done = workspace.investigate_bundle(bundle, &unobserved).unwrap();
    let (case, first) = (done.investigation, done.analysis);
    let top = first.causes.first().unwrap();
    facts.push(format!("investigation {} {}", case.id(), case.title()));
    facts.push(format!("cause {} {}", top.event.unwrap(), top.title));

    let hits = workspace.search(&Query::parse("hold source:git").unwrap().with_limit(3)).unwrap();
    let ids: Vec<String> = hits.hits.iter().map(|hit| hit.id.to_string()).collect();
    facts.push(format!("found {} {}", hits.total.unwrap(), ids.join(" ")));
    for group in workspace.counts(&Query::all(), None, &[Facet::Source]).unwrap().groups {
        facts.push(format!("source {} {}", group.values[0], group.count));
    }
    facts.push(failure(workspace.event("01900000-0000-7000-8000-000000000000".parse().unwrap())));
    facts.push(failure(Query::parse("(hold")));

    clock.advance(Duration::minutes(10));
    let linked = workspace.linked_events(case.id()).unwrap();
    let guilty = top.event.unwrap();
    let other = |event: &&Event| *event.source() != Source::Alert && event.id() != guilty;
    let stranger = linked.iter().find(other).unwrap().id();
    facts.push(format!("linked {} stranger {stranger}", linked.len()));
    workspace.unlink(stranger, case.id(), Some("ann")).unwrap();
    workspace.link(guilty, case.id(), Some("ann")).unwrap();
    let again = workspace.analyze(case.id()).unwrap();
    let links = workspace.links(case.id()).unwrap();
    for (name, kind) in [
        ("suggested", LinkKind::Suggested),
        ("automatic", LinkKind::Automatic),
        ("manual", LinkKind::Manual),
        ("rejected", LinkKind::Rejected),
    ] {
        let count = links.iter().filter(|link| link.kind == kind).count();
        facts.push(format!("links {name} {count}"));
    }

    let note = "rolled back, “holds” fall\n\ttwo tabs";
    let note = workspace.add_note(case.id(), Some("ann"), note, Some(guilty)).unwrap();
    facts.push(format!("note {} {}", note.id, note.text));
    facts.push(failure(workspace.set_status(case.id(), Status::Resolved)));
    workspace
        .update_investigation(case.id(), |case| case.set_root_cause(Some(top.title.clone())))
        .unwrap();
    for status in [Status::InProgress, Status::Resolved, Status::Closed] {
        let case = workspace.set_status(case.id(), status).unwrap();
        facts.push(format!("revision {} {}", case.revision(), case.root_cause().unwrap()));
    }

    let delivery = Delivery {
        headers: &[("X-GitHub-Event", "push")],
        body: WEBHOOK.as_bytes(),
        received: "2026-11-21T05:10:00Z".parse().unwrap(),
    };
    workspace.ingest_delivery(&delivery).unwrap();
    let letters = workspace.dead_letters();
    let all = LetterFilter::default();
    for letter in letters.list(&all).unwrap() {
        facts.push(format!("letter {} {} {}", letter.source, letter.bytes, letter.reason));
    }
    let replayed = letters.replay(&all, None, &unobserved).unwrap();
    facts.push(format!("replayed {} {}", replayed.settled.len(), replayed.refused.len()));

    let stats = workspace.graph(case.id()).unwrap().stats();
    facts.push(format!("graph {} {} {}", stats.nodes, stats.edges, stats.components));
    facts.push(format!("events {}", workspace.event_count().unwrap()));
    facts.push(format!("well {}", workspace.verify().unwrap().is_well()));

    let quoted = |text: &String| serde_json::to_string(text).unwrap();
    let facts: Vec<String> = facts.iter().map(quoted).collect();
    format!(
        "{{\n\"facts\": [\n{}\n],\n\"analysis\": {},\n\"report\": {}\n}}\n",
        facts.join(",\n"),
        report::json(&again).unwrap().trim_end(),
        quoted(&report::markdown(&View::of(&first))),
    )
}

#[test]
fn the_story_is_told_as_in_every_language() {
    golden::check("same_story.json", &story());
}
