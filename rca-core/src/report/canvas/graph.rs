//! How events and entities hang together, small enough to look at.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::{Bounds, Subject, events};
use crate::graph::{BuildOptions, CorrelationGraph, Node, Role};
use crate::model::{CallEdge, Cause, Entity, EventId};

/// Events and entities as nodes, relations as edges, and the way from each cause to the symptom.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct GraphView {
    /// Entities by name, then events by time.
    pub nodes: Vec<GraphNode>,
    /// By from, to, kind.
    pub edges: Vec<GraphEdge>,
    /// One for each cause that has one, most probable first.
    pub paths: Vec<GraphPath>,
}

/// An event or an entity.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphNode {
    /// The event's id, or `entity:KIND:NAME`.
    pub id: String,
    /// `change`, `symptom`, `other` for events; `entity`.
    pub role: String,
    /// One line.
    pub title: String,
    /// The event's entity, or the entity itself.
    pub entity: Option<Entity>,
    /// When the event happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<DateTime<Utc>>,
    /// Where the event comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Titles may quote log lines, so they stay out of `Debug`.
impl std::fmt::Debug for GraphNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphNode").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphEdge {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// A kind of [`crate::model::EdgeKind`], or `calls` or `about` where an entity takes part.
    pub kind: String,
    /// 0 to 1.
    pub weight: f64,
    /// What was compared, in words.
    pub reason: String,
}

/// The way from a cause to the symptom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraphPath {
    /// The cause's place in the ranking, from 0.
    pub cause: usize,
    /// Nodes on the way.
    pub nodes: Vec<String>,
}

/// The graph of what the answer names, and how many edges there was no room for.
pub(super) fn choose(
    subject: &Subject<'_>,
    focus: &Focus<'_>,
    bounds: &Bounds,
) -> (GraphView, u64) {
    let calls = events::calls(subject.events);
    let timed = subject.events.iter().filter(|event| event.event_type() != events::CALL_EDGE);
    let whole = CorrelationGraph::build(timed, &calls, &BuildOptions::default());
    let mut shown = whole.nodes();
    shown.sort_by_key(|node| (focus.place(node.event), node.role, node.time, node.event));
    // What the answer does not name is shown in the list of events, and would only hide what it does.
    let named = focus.len().clamp(20, bounds.nodes);
    shown.truncate(named);
    shown.sort_by_key(|node| (node.time, node.event));
    let ids: BTreeSet<EventId> = shown.iter().map(|node| node.event).collect();

    let entities = entities(subject, &shown, &calls, bounds.nodes);
    let mut edges: Vec<GraphEdge> = whole
        .edges()
        .into_iter()
        .filter(|edge| ids.contains(&edge.from) && ids.contains(&edge.to))
        .map(|edge| GraphEdge {
            from: edge.from.to_string(),
            to: edge.to.to_string(),
            kind: edge.kind.as_str().to_owned(),
            weight: edge.weight.value(),
            reason: edge.reason,
        })
        .collect();
    edges.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| key(a).cmp(&key(b))));
    let left = edges.len().saturating_sub(bounds.edges);
    edges.truncate(bounds.edges);
    edges.extend(calls.iter().filter(|c| joins(&entities, c)).map(call_edge));
    edges.extend(shown.iter().filter_map(|node| place_edge(node)));
    edges.sort_by(|a, b| key(a).cmp(&key(b)));
    edges.dedup_by(|a, b| key(a) == key(b));

    let mut nodes: Vec<GraphNode> = entities
        .iter()
        .map(|entity| GraphNode {
            id: entity_id(entity),
            role: "entity".to_owned(),
            title: entity.name.clone(),
            entity: Some(entity.clone()),
            time: None,
            source: None,
        })
        .collect();
    nodes.extend(shown.iter().map(|node| GraphNode {
        id: node.event.to_string(),
        role: role(node.role).to_owned(),
        title: node.title.clone(),
        entity: node.entity.clone(),
        time: Some(node.time),
        source: Some(node.source.as_str().to_owned()),
    }));
    let known: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
    let causes = subject.analysis.causes.iter().enumerate();
    let paths = causes
        .map(|(place, cause)| GraphPath { cause: place, nodes: way(cause, &known) })
        .filter(|path| path.nodes.len() > 1)
        .collect();
    (GraphView { nodes, edges, paths }, left as u64)
}

/// The entities of the events and paths, and their neighbours as long as there is room.
fn entities(
    subject: &Subject<'_>,
    shown: &[&Node],
    calls: &[CallEdge],
    room: usize,
) -> BTreeSet<Entity> {
    let paths = subject.analysis.causes.iter().flat_map(|cause| &cause.path);
    let own: BTreeSet<Entity> = shown
        .iter()
        .filter_map(|node| node.entity.clone())
        .chain(paths.filter_map(|step| step.entity.clone()))
        .collect();
    let mut all = own.clone();
    for call in calls.iter().filter(|c| own.contains(&c.caller) || own.contains(&c.callee)) {
        if all.len() + 2 <= room {
            all.extend([call.caller.clone(), call.callee.clone()]);
        }
    }
    all
}

fn joins(entities: &BTreeSet<Entity>, call: &CallEdge) -> bool {
    entities.contains(&call.caller) && entities.contains(&call.callee)
}

fn call_edge(call: &CallEdge) -> GraphEdge {
    GraphEdge {
        from: entity_id(&call.caller),
        to: entity_id(&call.callee),
        kind: "calls".to_owned(),
        weight: 1.0,
        reason: format!(
            "{} calls before and {} after the onset, {} and {} of them failed",
            call.calls.0, call.calls.1, call.errors.0, call.errors.1
        ),
    }
}

/// From an event to where it happened.
fn place_edge(node: &Node) -> Option<GraphEdge> {
    let entity = node.entity.as_ref()?;
    Some(GraphEdge {
        from: node.event.to_string(),
        to: entity_id(entity),
        kind: "about".to_owned(),
        weight: 0.2,
        reason: format!("it happened at {entity}"),
    })
}

fn key(edge: &GraphEdge) -> (&str, &str, &str) {
    (&edge.from, &edge.to, &edge.kind)
}

fn entity_id(entity: &Entity) -> String {
    format!("entity:{}:{}", entity.kind.as_str(), entity.name)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Change => "change",
        Role::Symptom => "symptom",
        Role::Other => "other",
    }
}

/// The steps of a cause that are nodes: the event where the step has one, and the entity.
fn way(cause: &Cause, known: &BTreeSet<&str>) -> Vec<String> {
    let mut nodes: Vec<String> = Vec::new();
    let first = cause.event.map(|event| event.to_string());
    let steps = cause.path.iter().flat_map(|step| {
        let event = step.event.map(|event| event.to_string());
        event.or_else(|| step.entity.as_ref().map(entity_id))
    });
    for id in first.into_iter().chain(steps) {
        if known.contains(id.as_str()) && !nodes.contains(&id) {
            nodes.push(id);
        }
    }
    nodes
}
