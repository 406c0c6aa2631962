//! Stores some events in memory, then searches, filters and counts them.
//!
//! `cargo run --example search`, or with a query of your own: `cargo run --example search -- 'tag:eu timeout'`.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::analytics::Facet;
use rca_core::model::{Event, Severity, Source};
use rca_core::search::{Query, Sort};
use rca_core::time::from_nanos;
use rca_core::{Result, Workspace};

fn main() -> Result<()> {
    let workspace = Workspace::in_memory()?;
    let stored = workspace.ingest(events()?)?;
    println!("{} events stored", stored.accepted.len());

    let asked = std::env::args().nth(1);
    for text in asked.as_deref().map_or(QUERIES.to_vec(), |query| vec![query]) {
        let query = Query::parse(text)?.with_sort(Sort::Relevance).with_limit(3);
        let page = workspace.search(&query)?;
        println!("\n{text}: {} found", page.total.unwrap_or_default());
        for hit in &page.hits {
            let event = workspace.event(hit.id)?;
            let best = hit.snippet.as_ref().map_or(event.title(), |snippet| &snippet.text);
            println!("  {} {:.2} {best}", hit.timestamp, hit.score);
        }
    }

    println!("\ncounted by source and severity");
    let counts = workspace.counts(&Query::all(), None, &[Facet::Source, Facet::Severity])?;
    for group in &counts.groups {
        println!("  {:>2} {}", group.count, group.values.join(", "));
    }
    Ok(())
}

/// Words rank, fields narrow.
const QUERIES: [&str; 4] = [
    "pool timeout",
    "timeout -source:deploy",
    "severity:>=high service:ledger",
    "\"pool is empty\"",
];

/// What a few minutes of an incident leave behind.
fn events() -> Result<Vec<Event>> {
    let at = |minute: i64| from_nanos((1_700_000_000 + minute * 60) * 1_000_000_000);
    let deploy = Event::builder(at(0), Source::Deploy, "deploy", "ledger v7")
        .with_service("ledger")
        .with_source_id("deploy-7")
        .with_body("smaller pool, shorter timeout")
        .build()?;
    let alert = Event::builder(at(6), Source::Alert, "alert", "checkout is slow")
        .with_service("checkout")
        .with_severity(Severity::Critical)
        .with_source_id("alert-1")
        .build()?;
    let mut events = vec![deploy, alert];
    for minute in 2..8 {
        let error = Event::builder(at(minute), Source::Logs, "error", "timeout")
            .with_service("ledger")
            .with_severity(Severity::High)
            .with_tag("eu")
            .with_source_id(format!("log-{minute}"))
            .with_body("no connection after 200 ms: the pool is empty")
            .build()?;
        events.push(error);
    }
    Ok(events)
}
