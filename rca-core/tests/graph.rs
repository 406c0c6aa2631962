//! The correlation graph seen from outside: joins, walks, ranks, export.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use rca_core::ErrorKind;
use rca_core::graph::{BuildOptions, CorrelationGraph, JoinRule, PageRankOptions, Toward, Way};
use rca_core::model::{
    CallEdge, Confidence, Edge, EdgeKind, Entity, Event, EventBuilder, EventId, Finding, Source,
    attribute,
};

const SHA: &str = "4f1c22aa09be4f1c22aa09be4f1c22aa09be4f1c";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn event(seconds: i64, source: Source, event_type: &str, title: &str) -> EventBuilder {
    Event::builder(at(seconds), source, event_type, title)
}

fn commit(seconds: i64, sha: &str) -> Event {
    event(seconds, Source::Git, "commit", "Cut the pool in half")
        .with_attribute(attribute::COMMIT, sha)
        .build()
        .unwrap()
}

fn deploy(seconds: i64, service: &str, sha: &str) -> Event {
    event(seconds, Source::Deploy, "deploy", &format!("{service} goes out"))
        .with_service(service)
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::VERSION, "v7")
        .build()
        .unwrap()
}

fn alert(seconds: i64, service: &str) -> Event {
    event(seconds, Source::Alert, "alert", &format!("{service} is slow"))
        .with_service(service)
        .build()
        .unwrap()
}

fn call(caller: &str, callee: &str) -> CallEdge {
    CallEdge {
        caller: Entity::service(caller),
        callee: Entity::service(callee),
        calls: (100, 100),
        errors: (0, 10),
        millis: (5.0, 50.0),
    }
}

fn build(events: &[Event], calls: &[CallEdge]) -> CorrelationGraph {
    CorrelationGraph::build(events, calls, &BuildOptions::default())
}

fn edge(from: &Event, to: &Event, weight: f64, rule: &str) -> Edge {
    Edge {
        from: from.id(),
        to: to.id(),
        kind: EdgeKind::CauseEffect,
        weight: Confidence::saturating(weight),
        rule: rule.to_owned(),
        reason: format!("by {rule}"),
        evidence: Vec::new(),
    }
}

/// A commit goes out on the pier service; the pier slows down, then its caller, the ferry service.
fn story() -> (Vec<Event>, Vec<CallEdge>) {
    let events = vec![
        commit(0, SHA),
        deploy(600, "pier", &SHA[..8]),
        alert(700, "pier"),
        alert(760, "ferry"),
        alert(770, "bakery"),
    ];
    (events, vec![call("ferry", "pier")])
}

#[test]
fn a_symptom_leads_back_to_the_commit_behind_it() {
    let (events, calls) = story();
    let graph = build(&events, &calls);
    let chains = graph.causal_chains(events[3].id(), 6);
    let changes: Vec<_> = chains.iter().map(|chain| chain.change).collect();
    assert_eq!(changes, [events[1].id(), events[0].id()], "the deploy, then the commit it brought");
    let first = &chains[1].edges[0];
    assert_eq!((first.from, first.kind), (events[0].id(), EdgeKind::Triggers));
    assert!(chains[0].strength > chains[1].strength);
    assert!(graph.causal_chains(events[4].id(), 6).is_empty(), "the bakery is not involved");
    assert!(graph.causal_chains(events[3].id(), 0).is_empty());
}

#[test]
fn every_edge_says_what_was_compared() {
    let (events, calls) = story();
    let graph = build(&events, &calls);
    for (rule, words) in [
        ("commit", "both name commit 4f1c22aa"),
        ("change", "a change, then a symptom on pier, 1 min apart"),
        ("call_graph", "ferry calls pier"),
        ("dependency", "ferry calls pier, which had changed"),
    ] {
        let edges = graph.edges();
        let found = edges.iter().find(|e| e.rule == rule && e.reason.contains(words));
        assert!(found.is_some(), "{rule}: {words}");
    }
}

#[test]
fn sixty_deploys_of_one_commit_all_lead_back_to_it() {
    let mut events: Vec<_> =
        (0..60).map(|n| deploy(100 + n, &format!("service-{n}"), SHA)).collect();
    events.push(commit(0, SHA));
    let graph = build(&events, &[]);
    assert_eq!(graph.neighbours(events[60].id(), Way::Out, Some(EdgeKind::Triggers)).len(), 60);
}

#[test]
fn a_short_hash_that_fits_two_commits_joins_neither() {
    let other = format!("{}{}", &SHA[..8], "0".repeat(32));
    let events = [commit(0, SHA), commit(1, &other), deploy(60, "pier", &SHA[..8])];
    assert!(build(&events, &[]).edges().is_empty());
}

#[test]
fn a_caller_that_suffers_long_before_its_callee_is_not_its_victim() {
    let calls = [call("ferry", "pier")];
    let joined = |ferry: i64, pier: i64| {
        let events = [alert(ferry, "ferry"), alert(pier, "pier")];
        let graph = build(&events, &calls);
        let edges = graph.edges();
        assert_eq!(edges.len(), 1);
        (edges[0].kind, edges[0].from == events[1].id())
    };
    assert_eq!(joined(60, 0), (EdgeKind::CauseEffect, true));
    assert_eq!(joined(0, 30), (EdgeKind::CauseEffect, true), "within the slack");
    assert_eq!(joined(0, 300), (EdgeKind::Correlation, false));
}

#[test]
fn call_edges_among_the_events_stand_as_evidence() {
    let seen = Finding::CallEdge(call("ferry", "pier")).to_event(at(0)).unwrap();
    let events = [seen.clone(), alert(10, "pier"), alert(20, "ferry")];
    let graph = build(&events, &[]);
    let edges = graph.edges();
    assert_eq!(edges.len(), 1, "a call edge itself is no symptom");
    assert_eq!(edges[0].evidence, [seen.id()]);
}

#[test]
fn a_version_joins_only_on_its_own_entity() {
    let crash = |service: &str| {
        event(900, Source::Logs, "log_shift", "new log line")
            .with_service(service)
            .with_attribute(attribute::VERSION, "v7")
            .build()
            .unwrap()
    };
    let events = [deploy(0, "pier", SHA), crash("pier"), crash("bakery")];
    let graph = build(&events, &[]);
    let joined: Vec<_> =
        graph.edges().into_iter().filter(|e| e.rule == "version").map(|e| e.to).collect();
    assert_eq!(joined, [events[1].id()]);
}

#[test]
fn a_later_change_is_no_cause() {
    let events = [alert(0, "pier"), deploy(60, "pier", SHA)];
    assert!(build(&events, &[]).causal_chains(events[0].id(), 5).is_empty());
}

#[test]
fn the_same_edge_twice_is_one_with_the_larger_weight() {
    let (a, b, c) = (alert(0, "a"), alert(1, "b"), alert(2, "c"));
    let with = |edges: [Edge; 3]| {
        let mut graph = CorrelationGraph::new();
        [&a, &b, &c].into_iter().for_each(|e| graph.insert_event(e));
        edges.into_iter().for_each(|e| graph.insert_edge(e).unwrap());
        graph
    };
    let weak = Edge { evidence: vec![c.id()], reason: "weak".to_owned(), ..edge(&a, &b, 0.2, "x") };
    let strong = edge(&a, &b, 0.6, "x");
    let other = edge(&a, &b, 0.1, "y");
    let graph = with([weak.clone(), strong.clone(), other.clone()]);
    assert_eq!(graph.edges().len(), 2, "another rule is another edge");
    assert_eq!(graph.edges()[0], Edge { evidence: vec![c.id()], ..strong.clone() });
    assert_eq!(with([other, strong, weak]).edges(), graph.edges());
}

#[test]
fn edges_to_strangers_and_to_oneself_are_refused() {
    let (a, b) = (alert(0, "a"), alert(1, "b"));
    let mut graph = CorrelationGraph::new();
    graph.insert_event(&a);
    let refused = |graph: &mut CorrelationGraph, b| {
        graph.insert_edge(edge(&a, b, 0.5, "x")).unwrap_err().kind()
    };
    assert_eq!(refused(&mut graph, &b), ErrorKind::NotFound);
    assert_eq!(refused(&mut graph, &a), ErrorKind::InvalidInput);
}

#[test]
fn a_removed_event_takes_its_edges_along() {
    let (events, calls) = story();
    let mut graph = build(&events, &calls);
    assert_eq!(graph.component(events[3].id()).len(), 4);
    assert!(graph.remove_event(events[2].id()) && !graph.remove_event(events[2].id()));
    assert!(!graph.contains(events[2].id()) && graph.node(events[2].id()).is_none());
    assert!(graph.edges().iter().all(|e| e.from != events[2].id() && e.to != events[2].id()));
    assert!(graph.neighbours(events[2].id(), Way::Both, None).is_empty());
    graph.remove_event(events[1].id());
    let stats = graph.stats();
    assert_eq!((stats.nodes, stats.edges, stats.components, stats.isolated), (3, 0, 3, 3));
}

#[test]
fn a_walk_from_the_symptom_ends_at_the_change() {
    let (events, calls) = story();
    let graph = build(&events, &calls);
    let share = |toward, from: &Event, to: &Event| {
        let ranked =
            graph.snapshot(toward).page_rank(&[(from.id(), 1.0)], &PageRankOptions::default());
        assert!(ranked.converged);
        ranked.events.iter().find(|r| r.0 == to.id()).unwrap().1
    };
    assert!(share(Toward::Causes, &events[3], &events[1]) > 0.1, "the deploy");
    assert_eq!(share(Toward::Causes, &events[3], &events[4]), 0.0, "the bakery");
    assert!(share(Toward::Effects, &events[0], &events[3]) > 0.0, "the commit reaches the ferry");
    assert_eq!(share(Toward::Effects, &events[3], &events[0]), 0.0);
}

#[test]
fn dot_survives_hostile_titles() {
    let nasty = event(0, Source::Alert, "alert", "\"]; evil \\\" -> \n{").build().unwrap();
    let dot = build(&[nasty], &[]).to_dot();
    let label = dot.lines().find(|line| line.contains("evil")).unwrap();
    assert!(label.contains(r#"\"]; evil \\\" -> \n{"#), "{label}");
    assert!(dot.starts_with("digraph") && dot.ends_with("}\n"));
}

#[test]
fn json_of_something_else_is_refused_with_its_place() {
    let error = CorrelationGraph::from_json("{\n  \"nodes\": 3}").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.place().unwrap().line, Some(2));
    let newer = r#"{"schema_version": 99, "nodes": [], "edges": []}"#;
    assert_eq!(CorrelationGraph::from_json(newer).unwrap_err().kind(), ErrorKind::Corrupt);
}

/// Events of a busy small world: few services, few commits, few traces, a short time.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0_i64..4000, 0..7_usize, 0..4_usize, 0..4_usize, 0..4_usize);
    prop::collection::vec(one, 0..60).prop_map(|seeds| {
        let kinds = [
            (Source::Git, "commit"),
            (Source::Ci, "pipeline_run"),
            (Source::Deploy, "deploy"),
            (Source::Flag, "flag"),
            (Source::Alert, "alert"),
            (Source::Logs, "log_shift"),
            (Source::Manual, "note"),
        ];
        let mut events = Vec::new();
        for (place, (seconds, kind, service, sha, trace)) in seeds.into_iter().enumerate() {
            let (source, event_type) = kinds[kind].clone();
            let mut builder = event(seconds, source, event_type, &format!("event {place}"))
                .with_attribute(attribute::VERSION, format!("v{sha}"));
            if service > 0 {
                builder = builder.with_service(&format!("s{service}"));
            }
            if sha > 0 {
                builder = builder.with_attribute(attribute::COMMIT, sha.to_string().repeat(40));
            }
            if trace > 0 {
                builder = builder.with_attribute(attribute::TRACE, format!("t{trace}"));
            }
            events.push(builder.build().unwrap());
        }
        events
    })
}

fn call_graph() -> Vec<CallEdge> {
    vec![call("s1", "s2"), call("s2", "s3"), call("s3", "s1")]
}

/// A small graph with random edges; some weigh nothing.
fn small_graph() -> impl Strategy<Value = (CorrelationGraph, Vec<EventId>)> {
    prop::collection::vec((0..6_usize, 0..6_usize, 0.0..1.0_f64), 0..16).prop_map(|edges| {
        let nodes: Vec<_> = (0..6).map(|n| alert(n, "x")).collect();
        let mut graph = CorrelationGraph::new();
        nodes.iter().for_each(|node| graph.insert_event(node));
        for (place, (a, b, weight)) in edges.into_iter().enumerate() {
            if a != b {
                let weight = if weight < 0.1 { 0.0 } else { weight };
                let rule = format!("rule {}", place % 2);
                graph.insert_edge(edge(&nodes[a], &nodes[b], weight, &rule)).unwrap();
            }
        }
        (graph, nodes.iter().map(Event::id).collect())
    })
}

/// The best product of weights over all simple paths, by trying them all.
fn best_product(
    graph: &CorrelationGraph,
    from: EventId,
    to: EventId,
    way: Way,
    seen: &mut Vec<EventId>,
) -> f64 {
    if from == to {
        return 1.0;
    }
    seen.push(from);
    let mut best = 0.0_f64;
    for edge in graph.edges_of(from, way) {
        let next = if edge.from == from { edge.to } else { edge.from };
        if !seen.contains(&next) {
            best = best.max(edge.weight.value() * best_product(graph, next, to, way, seen));
        }
    }
    seen.pop();
    best
}

fn for_all_rules(change: impl Fn(BuildOptions, JoinRule) -> BuildOptions) -> BuildOptions {
    JoinRule::ALL.into_iter().fold(BuildOptions::default(), change)
}

/// Edges by titles, which do not move with the times.
fn shape(events: &[Event]) -> BTreeSet<(String, String, String, u64)> {
    let graph = build(events, &call_graph());
    let title = |id| graph.node(id).unwrap().title.clone();
    let line = |e: Edge| (title(e.from), title(e.to), e.rule.clone(), e.weight.value().to_bits());
    graph.edges().into_iter().map(line).collect()
}

fn moved(event: &Event, by: Duration) -> Event {
    let time = event.timestamp() + by;
    let mut builder =
        Event::builder(time, event.source().clone(), event.event_type(), event.title())
            .with_data(event.data().clone());
    if let Some(entity) = event.entity() {
        builder = builder.with_entity(entity.clone());
    }
    builder.build().unwrap()
}

proptest! {
    #[test]
    fn the_order_of_events_changes_nothing(
        (events, shuffled) in events().prop_flat_map(|e| (Just(e.clone()), Just(e).prop_shuffle())),
    ) {
        let before = build(&events, &call_graph()).to_json().unwrap();
        let twice: Vec<_> = shuffled.into_iter().chain(events.into_iter().take(3)).collect();
        let mut calls = call_graph();
        calls.reverse();
        prop_assert_eq!(build(&twice, &calls).to_json().unwrap(), before);
    }

    #[test]
    fn json_reads_back(events in events()) {
        let graph = build(&events, &call_graph());
        let json = graph.to_json().unwrap();
        let again = CorrelationGraph::from_json(&json).unwrap();
        prop_assert_eq!(again.nodes(), graph.nodes());
        prop_assert_eq!(again.edges(), graph.edges());
        prop_assert_eq!(again.stats(), graph.stats());
        prop_assert_eq!(again.to_json().unwrap(), json);
    }

    #[test]
    fn the_fan_out_is_kept(events in events(), cap in 0..4_usize) {
        let options = for_all_rules(|options, rule| options.with_fan_out(rule, cap));
        let graph = CorrelationGraph::build(&events, &call_graph(), &options);
        let mut degrees = BTreeMap::<_, usize>::new();
        for edge in graph.edges() {
            *degrees.entry((edge.rule.clone(), edge.from)).or_default() += 1;
            *degrees.entry((edge.rule.clone(), edge.to)).or_default() += 1;
        }
        // Up to the cap from before and up to the cap to after.
        prop_assert!(degrees.values().all(|degree| *degree <= 2 * cap));
    }

    #[test]
    fn a_busy_key_is_kept_small_but_connected(burst in 50..200_i64, cap in 1..20_usize) {
        let events: Vec<_> = (0..burst).map(|n| alert(n, "pier")).collect();
        let options = BuildOptions::default().with_edges_per_key(cap);
        let graph = CorrelationGraph::build(&events, &[], &options);
        prop_assert!(graph.edges().len() <= cap + events.len());
        prop_assert_eq!(graph.component(events[0].id()).len(), events.len());
    }

    #[test]
    fn no_window_is_exceeded(events in events(), seconds in 0..600_i64) {
        let window = Duration::seconds(seconds);
        let options = for_all_rules(|options, rule| options.with_window(rule, window));
        let graph = CorrelationGraph::build(&events, &call_graph(), &options);
        let time = |id| graph.node(id).unwrap().time;
        for edge in graph.edges() {
            prop_assert!((time(edge.from) - time(edge.to)).abs() <= window);
            prop_assert!(edge.weight > Confidence::ZERO);
        }
    }

    #[test]
    fn shifting_all_times_shifts_nothing_else(events in events(), hours in -1000..1000_i64) {
        // Ids decide between simultaneous events, and moved events have other ids.
        let mut seen = BTreeSet::new();
        let events: Vec<_> = events.into_iter().filter(|e| seen.insert(e.timestamp())).collect();
        let later: Vec<_> = events.iter().map(|e| moved(e, Duration::hours(hours))).collect();
        prop_assert_eq!(shape(&later), shape(&events));
    }

    #[test]
    fn the_evidence_path_is_the_best_of_all(
        (graph, nodes) in small_graph(), a in 0..6_usize, b in 0..6_usize,
    ) {
        for way in [Way::Out, Way::In, Way::Both] {
            let best = best_product(&graph, nodes[a], nodes[b], way, &mut Vec::new());
            let path = graph.evidence_path(nodes[a], nodes[b], way);
            prop_assert_eq!(path.is_some(), best > 0.0);
            let Some(path) = path else { continue };
            let product: f64 = path.iter().map(|e| e.weight.value()).product();
            prop_assert!((product - best).abs() < 1e-12, "{} is not {}", product, best);
            let mut here = nodes[a];
            for edge in path {
                prop_assert!(edge.from == here || edge.to == here);
                here = if edge.from == here { edge.to } else { edge.from };
            }
            prop_assert_eq!(here, nodes[b]);
        }
    }

    #[test]
    fn hops_are_shortest_distances((graph, nodes) in small_graph(), start in 0..6_usize) {
        let mut distance = BTreeMap::from([(nodes[start], 0_usize)]);
        for _ in 0..nodes.len() {
            for edge in graph.edges() {
                if let Some(d) = distance.get(&edge.from).copied() {
                    let known = distance.entry(edge.to).or_insert(usize::MAX);
                    *known = (*known).min(d + 1);
                }
            }
        }
        for hops in 0..4 {
            let mut expected: Vec<_> =
                distance.iter().map(|(n, d)| (*n, *d)).filter(|n| (1..=hops).contains(&n.1)).collect();
            expected.sort_by_key(|n| (n.1, n.0));
            prop_assert_eq!(graph.within_hops(nodes[start], hops, Way::Out), expected);
        }
    }

    #[test]
    fn components_divide_the_graph(events in events()) {
        let graph = build(&events, &call_graph());
        let components: BTreeSet<_> = events.iter().map(|e| graph.component(e.id())).collect();
        prop_assert_eq!(components.iter().map(Vec::len).sum::<usize>(), graph.len());
        prop_assert_eq!(components.len(), graph.stats().components);
        let place = |id| components.iter().position(|component| component.contains(&id));
        for edge in graph.edges() {
            prop_assert_eq!(place(edge.from), place(edge.to));
        }
    }

    #[test]
    fn chains_run_from_their_change_to_the_symptom(events in events()) {
        let graph = build(&events, &call_graph());
        for symptom in graph.nodes() {
            for chain in graph.causal_chains(symptom.event, 5) {
                let mut here = chain.change;
                for edge in &chain.edges {
                    let against = edge.kind == EdgeKind::DependsOn;
                    let (cause, effect) =
                        if against { (edge.to, edge.from) } else { (edge.from, edge.to) };
                    prop_assert_eq!(cause, here);
                    here = effect;
                }
                prop_assert_eq!(here, symptom.event);
                prop_assert!(chain.edges.len() <= 5);
                let product: f64 = chain.edges.iter().map(|e| e.weight.value()).product();
                prop_assert!((product - chain.strength.value()).abs() < 1e-9);
            }
        }
    }
}
