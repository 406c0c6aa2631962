//! Counts of what follows what.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::detect::judge::Seen;
use crate::detect::logs::linked::{Statement, span_hash, trace_hash};
use crate::detect::logs::{Miner, TemplateId};
use crate::detect::traces::forest::Forest;
use crate::model::{Entity, Step};
use crate::signal::{SpanFrame, SpanStatus, Symbol};

/// Length of a stretch of time, in nanoseconds. Habits need counts more than precise times.
pub(super) const STRETCH: i64 = 5_000_000_000;

/// Place of an operation in [`Names`].
pub(super) type Operation = usize;

/// Lines and calls are followed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Chain {
    Lines,
    Calls,
}

/// A [`Step`] as a small thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    Start,
    End,
    Call(Operation),
    Line(Statement),
}

/// After which step of which operation.
pub(super) type Row = (Operation, Chain, Key);

/// What followed in one stretch of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Followers {
    pub(super) next: BTreeMap<Key, u64>,
    /// How many of them in visits that failed.
    pub(super) failed: u64,
}

pub(super) type Cells = BTreeMap<i64, Followers>;

/// The operations of some frames, in order.
#[derive(Debug)]
pub(super) struct Names<'a> {
    operations: Vec<(&'a str, &'a str)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(frames: impl Iterator<Item = &'a SpanFrame>) -> Self {
        let mut known: BTreeSet<(&str, &str)> = BTreeSet::new();
        for frame in frames {
            let mut seen: FxHashMap<(Symbol, Symbol), ()> = FxHashMap::default();
            for span in frame.iter() {
                if seen.insert((span.service_symbol(), span.name_symbol()), ()).is_none() {
                    known.insert((span.service(), span.name()));
                }
            }
        }
        Self { operations: known.into_iter().collect() }
    }

    pub(super) fn get(&self, operation: Operation) -> (&'a str, &'a str) {
        self.operations.get(operation).copied().unwrap_or_default()
    }

    fn place(&self, service: &str, name: &str) -> Operation {
        self.operations.binary_search(&(service, name)).unwrap_or(usize::MAX)
    }

    /// A key in words.
    pub(super) fn step(
        &self,
        key: Key,
        miner: &Miner,
        place: impl Fn(u64) -> Option<String>,
    ) -> Step {
        match key {
            Key::Start => Step::Start,
            Key::End => Step::End,
            Key::Call(operation) => {
                let (service, name) = self.get(operation);
                Step::Call { callee: Entity::service(service), operation: name.to_owned() }
            }
            Key::Line(Statement::Template(id)) => {
                Step::Line { statement: miner.template(id).text().to_owned() }
            }
            Key::Line(Statement::Place(hash)) => {
                Step::Line { statement: place(hash).unwrap_or_default() }
            }
        }
    }
}

/// Everything that follows anything, in the spans that begin within the window; templates as the miner groups
/// them.
pub(super) fn count(
    seen: Seen<'_>,
    names: &Names<'_>,
    miner: &Miner,
    window: Option<&Range<i64>>,
) -> BTreeMap<Row, Cells> {
    let spans = seen.spans;
    let mut known: FxHashMap<(Symbol, Symbol), Operation> = FxHashMap::default();
    let operations: Vec<Operation> = spans
        .iter()
        .map(|span| {
            let key = (span.service_symbol(), span.name_symbol());
            *known.entry(key).or_insert_with(|| names.place(span.service(), span.name()))
        })
        .collect();
    let forest = Forest::of(spans);
    let lines = Lines::of(seen, miner);
    let failed = failed_visits(spans, &forest, &lines);
    let mut counts: FxHashMap<(Row, i64, Key), (u64, u64)> = FxHashMap::default();
    let mut calls: Vec<(i64, Key)> = Vec::new();
    let mut said = lines.found.chunk_by(|a, b| a.0 == b.0).peekable();
    for (at, span) in spans.iter().enumerate() {
        let own = said.next_if(|chunk| chunk.first().is_some_and(|line| line.0 == at));
        let inside = window.is_none_or(|window| window.contains(&span.start()));
        if !inside || forest.answered_by(spans, at, &span).is_some() {
            continue;
        }
        let Some(&operation) = operations.get(at) else { continue };
        let stretch = span.start().div_euclid(STRETCH);
        let failed = u64::from(failed.get(at).copied().unwrap_or(false));
        let mut walk = |chain, steps: &mut dyn Iterator<Item = Key>| {
            let mut last = Key::Start;
            for step in steps.chain([Key::End]) {
                let row = (operation, chain, last);
                let count = counts.entry((row, stretch, step)).or_default();
                count.0 += 1;
                count.1 += failed;
                last = step;
            }
        };
        calls.clear();
        calls.extend(forest.children_of(at).iter().filter_map(|child| {
            Some((spans.get(*child)?.start(), call(spans, &forest, &operations, *child)?))
        }));
        calls.sort_unstable();
        walk(Chain::Calls, &mut calls.iter().map(|(_, call)| *call));
        if lines.hold(span.trace()) {
            walk(Chain::Lines, &mut own.into_iter().flatten().map(|(_, _, line)| *line));
        }
    }
    let mut rows: BTreeMap<Row, Cells> = BTreeMap::new();
    for ((row, stretch, next), (count, failed)) in sorted(counts) {
        let followers = rows.entry(row).or_default().entry(stretch).or_default();
        *followers.next.entry(next).or_default() += count;
        followers.failed += failed;
    }
    rows
}

/// What a child span calls; for a client span what answers it.
fn call(spans: &SpanFrame, forest: &Forest, operations: &[Operation], child: usize) -> Option<Key> {
    let callee = match forest.answered_by(spans, child, &spans.get(child)?) {
        Some(_) => *forest.children_of(child).first()?,
        None => child,
    };
    operations.get(callee).map(|operation| Key::Call(*operation))
}

/// Whether the visit of each span failed: a span in it says so, or a line that was written in it.
fn failed_visits(spans: &SpanFrame, forest: &Forest, lines: &Lines) -> Vec<bool> {
    let visits = forest.visits();
    let mut failed = vec![false; visits.len()];
    let errors = spans.iter().enumerate().filter(|(_, span)| span.status() == SpanStatus::Error);
    for at in errors.map(|(at, _)| at).chain(lines.severe.iter().copied()) {
        if let Some(failed) = visits.get(at).and_then(|top| failed.get_mut(*top)) {
            *failed = true;
        }
    }
    visits.iter().map(|top| failed.get(*top).copied().unwrap_or(false)).collect()
}

/// Log lines by the spans they were written in.
struct Lines {
    /// Span, time and line, in this order.
    found: Vec<(usize, i64, Key)>,
    /// Spans with lines that tell of errors.
    severe: Vec<usize>,
    zeros: u32,
}

impl Lines {
    fn of(seen: Seen<'_>, miner: &Miner) -> Self {
        let linked = seen.logs.linked();
        let (mut found, mut severe) = (Vec::new(), Vec::new());
        if !linked.is_empty() {
            let mut places: FxHashMap<u64, usize> = FxHashMap::default();
            for (at, span) in seen.spans.iter().enumerate() {
                places.entry(span_hash(span.trace(), span.id())).or_insert(at);
            }
            let mut resolved: FxHashMap<TemplateId, TemplateId> = FxHashMap::default();
            for record in linked.iter() {
                let Some(&at) = places.get(&record.span) else { continue };
                let statement = match record.statement() {
                    Statement::Template(id) => Statement::Template(
                        *resolved.entry(id).or_insert_with(|| miner.resolve(id)),
                    ),
                    place => place,
                };
                found.push((at, record.time, Key::Line(statement)));
                severe.extend(record.severe.then_some(at));
            }
            found.sort_unstable();
        }
        Self { found, severe, zeros: linked.zeros() }
    }

    /// Whether the lines of a trace are all there.
    fn hold(&self, trace: &str) -> bool {
        self.zeros == 0 || trace_hash(trace).leading_zeros() >= self.zeros
    }
}

/// Hash order must not show.
fn sorted<K: Ord, V>(counts: FxHashMap<K, V>) -> Vec<(K, V)> {
    let mut counts: Vec<(K, V)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    counts
}
