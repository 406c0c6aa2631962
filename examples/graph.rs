//! Joins events to a correlation graph: chains of causes, a path, PageRank, and DOT for Graphviz.
//!
//! `cargo run --example graph`; the picture: `cargo run --example graph -- --dot | dot -Tsvg >graph.svg`.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::Result;
use rca_core::graph::{BuildOptions, CorrelationGraph, PageRankOptions, Toward, Way};
use rca_core::model::{Event, Source, attribute};
use rca_core::time::from_nanos;

fn main() -> Result<()> {
    let sha = "4f1c0de94f1c0de94f1c0de94f1c0de94f1c0de9";
    let commit = event(0, Source::Git, "commit", "halve the pool", "pier")
        .with_attribute(attribute::COMMIT, sha)
        .build()?;
    let deploy = event(30, Source::Deploy, "deploy", "pier v7", "pier")
        .with_attribute(attribute::COMMIT, sha)
        .build()?;
    let errors = event(33, Source::Logs, "error", "the pool is empty", "pier")
        .with_attribute(attribute::TRACE, "t-1")
        .build()?;
    let alert = event(35, Source::Alert, "alert", "web is slow", "web")
        .with_attribute(attribute::TRACE, "t-1")
        .build()?;
    let events = [&commit, &deploy, &errors, &alert];

    // Events that share a trace, a commit, a version or an entity get edges. Calls between services
    // (from traces) would add more; here are none.
    let graph = CorrelationGraph::build(events, &[], &BuildOptions::default());
    if std::env::args().any(|argument| argument == "--dot") {
        print!("{}", graph.to_dot());
        return Ok(());
    }
    println!("{} events, {} edges", graph.len(), graph.stats().edges);

    println!("\nchanges that lead to the error");
    for chain in graph.causal_chains(errors.id(), 4) {
        let change = graph.node(chain.change).map_or("", |node| &node.title);
        println!("  {} {change}", chain.strength);
        for edge in &chain.edges {
            println!("      {} {:.2}: {}", edge.kind.as_str(), edge.weight.value(), edge.reason);
        }
    }

    println!("\nfrom the commit to the alert");
    for edge in graph.evidence_path(commit.id(), alert.id(), Way::Out).unwrap_or_default() {
        let to = graph.node(edge.to).map_or("", |node| &node.title);
        println!("  {} -> {to} ({})", edge.rule, edge.reason);
    }

    println!("\na walker from the alert towards causes");
    let snapshot = graph.snapshot(Toward::Causes);
    let ranked = snapshot.page_rank(&[(alert.id(), 1.0)], &PageRankOptions::default());
    for (event, share) in &ranked.events {
        println!("  {share:.3} {}", graph.node(*event).map_or("", |node| &node.title));
    }
    Ok(())
}

fn event(
    minute: i64,
    source: Source,
    event_type: &str,
    title: &str,
    service: &str,
) -> rca_core::model::EventBuilder {
    let time = from_nanos((1_700_000_000 + minute * 60) * 1_000_000_000);
    Event::builder(time, source, event_type, title).with_service(service)
}
