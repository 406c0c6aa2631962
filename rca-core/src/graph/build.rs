//! From events to a graph: which keys each rule reads, and what its pairs mean.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::calls::CallGraph;
use super::join::{Limits, join};
use super::keys::{Hashes, Keys, Texts};
use super::options::{BuildOptions, JoinRule};
use super::relation::{Reason, Relation};
use super::{CorrelationGraph, Node, Role};
use crate::model::{CallEdge, Confidence, EdgeKind, Entity, Event, EventId, Finding, attribute};
use crate::time::nanos;

impl CorrelationGraph {
    /// Joins events by the keys they share.
    ///
    /// Who calls whom comes from `calls` and from call-edge events among `events`; the latter then
    /// stand as evidence on the edges they made. Removed events are left out. The same events
    /// in another order give the same graph.
    #[must_use]
    pub fn build<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        calls: &[CallEdge],
        options: &BuildOptions,
    ) -> Self {
        let events = sorted(events);
        let mut graph = Self::new();
        graph.graph.reserve_nodes(events.len());
        graph.node_of.reserve(events.len());
        let nodes: Vec<_> =
            events.iter().map(|event| graph.insert_node(Node::from_event(event))).collect();
        let joiner = Joiner::new(&events, calls, options);
        for rule in JoinRule::ALL {
            let name: Arc<str> = rule.as_str().into();
            for pair in joiner.pairs_of(rule) {
                let relation = Relation {
                    kind: pair.kind,
                    weight: joiner.weight(rule, &pair),
                    rule: name.clone(),
                    reason: Reason::Shared(pair.what),
                    evidence: pair.evidence,
                };
                // The two are distinct nodes, and a rule joins a pair once: nothing to merge.
                graph.graph.add_edge(nodes[pair.from], nodes[pair.to], relation);
            }
        }
        graph
    }
}

/// Events by time, then id, each once. An id that comes with two contents keeps the first by JSON.
fn sorted<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<&'a Event> {
    let mut events: Vec<_> = events.into_iter().filter(|e| e.deleted_at().is_none()).collect();
    events.sort_by(|a, b| {
        let content = |event: &Event| serde_json::to_string(event).unwrap_or_default();
        (a.timestamp(), a.id()).cmp(&(b.timestamp(), b.id())).then_with(|| {
            if std::ptr::eq(*a, *b) {
                std::cmp::Ordering::Equal
            } else {
                content(a).cmp(&content(b))
            }
        })
    });
    let mut seen = FxHashSet::default();
    events.retain(|event| seen.insert(event.id()));
    events
}

/// What all rules read: the events in time order with their entities, and who calls whom.
struct Joiner<'a> {
    events: &'a [&'a Event],
    options: &'a BuildOptions,
    times: Vec<i64>,
    roles: Vec<Role>,
    /// The number of each event's entity.
    entities: Vec<Option<u32>>,
    entity_count: usize,
    calls: CallGraph,
}

/// One pair of a join, on its way to an edge.
struct Pair {
    from: usize,
    to: usize,
    kind: EdgeKind,
    /// What the two share, in words.
    what: Arc<str>,
    evidence: Vec<EventId>,
}

impl<'a> Joiner<'a> {
    fn new(events: &'a [&'a Event], calls: &[CallEdge], options: &'a BuildOptions) -> Self {
        let found: Vec<_> = events
            .iter()
            .filter(|event| event.event_type() == "call_edge")
            .filter_map(|event| match Finding::from_event(event)? {
                Finding::CallEdge(edge) => Some((edge, event.id())),
                _ => None,
            })
            .collect();
        let mut keys = Keys::<&Entity>::default();
        let entities = events
            .iter()
            .map(|e| e.entity().filter(|_| e.event_type() != "call_edge").map(|e| keys.number(e)))
            .collect();
        let calls = calls
            .iter()
            .map(|edge| (edge, None))
            .chain(found.iter().map(|(edge, id)| (edge, Some(*id))))
            .map(|(edge, id)| (keys.number(&edge.caller), keys.number(&edge.callee), id))
            .collect();
        Self {
            events,
            options,
            times: events.iter().map(|e| nanos(e.timestamp())).collect(),
            roles: events.iter().map(|e| Role::of(e)).collect(),
            entities,
            entity_count: keys.len(),
            calls: CallGraph::new(keys.len(), &calls),
        }
    }

    fn pairs_of(&self, rule: JoinRule) -> Box<dyn Iterator<Item = Pair> + '_> {
        let limits = Limits {
            window: self.window(rule),
            fan_out: self.options.rule(rule).fan_out,
            per_key: self.options.per_key(),
        };
        match rule {
            JoinRule::Trace => Box::new(self.by_trace(limits)),
            JoinRule::Commit => Box::new(self.by_commit(limits)),
            JoinRule::Version => Box::new(self.by_version(limits)),
            JoinRule::Entity => Box::new(self.by_entity(limits)),
            JoinRule::Change => Box::new(self.by_change(limits)),
            JoinRule::CallGraph => Box::new(self.by_call_graph(limits)),
            JoinRule::Dependency => Box::new(self.by_dependency(limits)),
        }
    }

    fn weight(&self, rule: JoinRule, pair: &Pair) -> Confidence {
        let limits = self.options.rule(rule);
        let gap = self.times[pair.from].saturating_sub(self.times[pair.to]).saturating_abs();
        // A window of zero holds only gaps of zero.
        let share = gap as f64 / self.window(rule).max(1) as f64;
        Confidence::saturating(limits.weight.value() * (1.0 - limits.fade * share))
    }

    /// Nanoseconds.
    fn window(&self, rule: JoinRule) -> i64 {
        self.options.rule(rule).window.num_nanoseconds().unwrap_or(i64::MAX)
    }

    fn by_trace(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let (keys, count) = self.numbers(|event| event.attribute(attribute::TRACE));
        let pairs = join(&self.times, count, limits, |at, wanted| {
            wanted.extend(keys[at]);
            keys[at]
        });
        self.pairs(pairs, keys, |event| {
            format!("both in trace {}", event.attribute(attribute::TRACE).unwrap_or_default())
        })
    }

    /// A commit, its builds, its deploys and what else names it are stages; each is joined with the
    /// stages before, so that sixty deploys of one commit all lead back to it.
    fn by_commit(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        const STAGES: u32 = 4;
        let stage = |event: &Event| match event.source().as_str() {
            "git" => 0,
            "ci" => 1,
            "deploy" => 2,
            _ => STAGES - 1,
        };
        let hashes = Hashes::of(self.events);
        let (keys, count) =
            self.numbers(|event| Some(hashes.full(event.attribute(attribute::COMMIT)?)));
        let pairs = join(&self.times, count * STAGES as usize, limits, |at, wanted| {
            let key = keys[at]?;
            let stage = stage(self.events[at]);
            wanted.extend((0..stage).map(|earlier| key * STAGES + earlier));
            Some(key * STAGES + stage)
        });
        self.pairs(pairs, keys, |event| {
            let hash = event.attribute(attribute::COMMIT).unwrap_or_default();
            format!("both name commit {}", short(hash))
        })
        .map(|pair| Pair { kind: self.consequence(pair.to), ..pair })
    }

    fn by_version(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let mut numbers = Keys::<(u32, &str)>::default();
        let keys: Vec<_> = (self.events.iter().zip(&self.entities))
            .map(|(event, entity)| {
                let version = event.attribute(attribute::VERSION).filter(|v| !v.is_empty())?;
                Some(numbers.number(((*entity)?, version)))
            })
            .collect();
        let deploy = |at: usize| self.events[at].source().as_str() == "deploy";
        let pairs = join(&self.times, numbers.len(), limits, |at, wanted| {
            if deploy(at) {
                return keys[at];
            }
            wanted.extend(keys[at]);
            None
        });
        self.pairs(pairs, keys, |event| {
            let version = event.attribute(attribute::VERSION).unwrap_or_default();
            format!("both name {} version {version}", name(event))
        })
        .map(|pair| Pair { kind: self.consequence(pair.to), ..pair })
    }

    fn by_entity(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let mut pairs = join(&self.times, self.entity_count, limits, |at, wanted| {
            wanted.extend(self.entities[at]);
            self.entities[at]
        });
        // Those have a rule of their own.
        pairs.retain(|&(a, b)| {
            !(self.is(a as usize, Role::Change) && self.is(b as usize, Role::Symptom))
        });
        self.pairs(pairs, self.entities.clone(), |event| format!("both on {}", name(event)))
            .map(|pair| Pair { kind: EdgeKind::Sequence, ..pair })
    }

    fn by_change(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let pairs = join(&self.times, self.entity_count, limits, |at, wanted| {
            if self.is(at, Role::Symptom) {
                wanted.extend(self.entities[at]);
            }
            self.entities[at].filter(|_| self.is(at, Role::Change))
        });
        self.pairs(pairs, self.entities.clone(), |event| {
            format!("a change, then a symptom on {}", name(event))
        })
        .map(|pair| Pair { kind: EdgeKind::CauseEffect, ..pair })
    }

    fn by_call_graph(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let pairs = join(&self.times, self.entity_count, limits, |at, wanted| {
            let entity = self.entities[at].filter(|_| self.is(at, Role::Symptom))?;
            wanted.extend(&self.calls.neighbours[entity as usize]);
            Some(entity)
        });
        let mut texts = Texts::default();
        pairs
            .into_iter()
            .filter_map(move |(a, b)| self.call_pair(a as usize, b as usize, &mut texts))
    }

    /// Which of two symptoms on a caller and a callee is the cause.
    fn call_pair(
        &self,
        earlier: usize,
        later: usize,
        texts: &mut Texts<(u32, u32)>,
    ) -> Option<Pair> {
        let (first, second) = (self.entities[earlier]?, self.entities[later]?);
        let gap = self.times[later].saturating_sub(self.times[earlier]);
        let callee_first = self.calls.calls(second, first);
        let (caller, callee, key) = if callee_first {
            (later, earlier, (second, first))
        } else {
            (earlier, later, (first, second))
        };
        let (from, to, kind) = if callee_first || gap <= self.options.slack() {
            (callee, caller, EdgeKind::CauseEffect)
        } else {
            (caller, callee, EdgeKind::Correlation)
        };
        let what = texts.text(key, || {
            let (caller, callee) = (name(self.events[caller]), name(self.events[callee]));
            format!("{caller} calls {callee}, symptoms on both")
        });
        Some(Pair { from, to, kind, what, evidence: self.calls.evidence(key.0, key.1) })
    }

    fn by_dependency(&self, limits: Limits) -> impl Iterator<Item = Pair> {
        let pairs = join(&self.times, self.entity_count, limits, |at, wanted| {
            let entity = self.entities[at]?;
            if self.is(at, Role::Symptom) {
                wanted.extend(&self.calls.callees[entity as usize]);
            }
            Some(entity).filter(|_| self.is(at, Role::Change))
        });
        let mut texts = Texts::default();
        let pair = move |(change, symptom): (u32, u32)| {
            let (to, from) = (change as usize, symptom as usize);
            let (caller, callee) = (self.entities[from]?, self.entities[to]?);
            let what = texts.text((caller, callee), || {
                let (caller, callee) = (name(self.events[from]), name(self.events[to]));
                format!("{caller} calls {callee}, which had changed")
            });
            let evidence = self.calls.evidence(caller, callee);
            Some(Pair { from, to, kind: EdgeKind::DependsOn, what, evidence })
        };
        pairs.into_iter().filter_map(pair)
    }

    /// Pairs from earlier to later with the words for their key; the caller knows the kind.
    fn pairs(
        &self,
        pairs: Vec<(u32, u32)>,
        keys: Vec<Option<u32>>,
        what: impl Fn(&Event) -> String,
    ) -> impl Iterator<Item = Pair> {
        let mut texts = Texts::default();
        pairs.into_iter().filter_map(move |(earlier, later)| {
            let (from, to) = (earlier as usize, later as usize);
            let what = texts.text(keys[from]?, || what(self.events[from]));
            Some(Pair { from, to, kind: EdgeKind::RelatesTo, what, evidence: Vec::new() })
        })
    }

    /// A change sets off what follows from it; a symptom merely names it.
    fn consequence(&self, later: usize) -> EdgeKind {
        if self.is(later, Role::Symptom) { EdgeKind::RelatesTo } else { EdgeKind::Triggers }
    }

    fn is(&self, at: usize, role: Role) -> bool {
        self.roles[at] == role
    }

    fn numbers<'k>(&self, key: impl Fn(&'a Event) -> Option<&'k str>) -> (Vec<Option<u32>>, usize) {
        let mut numbers = Keys::default();
        let keys = self
            .events
            .iter()
            .map(|event| key(event).filter(|k| !k.is_empty()).map(|k| numbers.number(k)))
            .collect();
        (keys, numbers.len())
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn name(event: &Event) -> &str {
    event.entity().map_or("", |entity| &entity.name)
}
