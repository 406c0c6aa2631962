//! Statistics of spans that can be made in pieces and added up.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::detect::traces::forest::Forest;
use crate::detect::traces::sketch::Sketch;
use crate::error::{Error, Result};
use crate::model::EntityKind;
use crate::signal::{SpanFrame, SpanStatus, SpanView, Symbol};

/// Attributes that may hold an error's text, the most telling first.
const ERROR_TEXTS: [&str; 7] = [
    "exception.message",
    "error.message",
    "error",
    "status_message",
    "otel.status_description",
    "status.message",
    "error.type",
];

/// Longest error text that is kept, in characters.
const MAX_ERROR_CHARS: usize = 300;

/// An operation of an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) service: String,
    pub(super) name: String,
    /// For the far side of a call that has no spans of its own.
    pub(super) kind: Option<EntityKind>,
}

/// One operation in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cell {
    /// Start of the first span.
    pub(super) first: i64,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) duration: Sketch,
    /// Time without children; not of client spans, see [`Link::gap`].
    pub(super) own: Sketch,
    /// The first failed span: whether it has no text, start, trace, text.
    pub(super) failure: Option<(bool, i64, String, String)>,
    /// Start of the first failed span.
    pub(super) first_error: Option<i64>,
    /// The slowest trace: duration (negative, so that the least is the slowest) and id.
    pub(super) slowest: (i64, String),
}

/// Calls from one operation to another in one stretch of time (that of the parents).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) calls: u64,
    pub(super) errors: u64,
    /// Parents with at least one such child.
    pub(super) parents: u64,
    pub(super) duration: Sketch,
    /// Client time minus server time.
    pub(super) gap: Sketch,
}

pub(super) type Cells = BTreeMap<i64, Cell>;
pub(super) type Links = BTreeMap<i64, Link>;

/// What the spans of any number of traces say, by operation and second.
///
/// A partial state: shards of the telemetry are absorbed apart, on any machine, and merged in any
/// order; the bytes are the same as for everything at once. Spans of one trace must reach the same
/// `absorb`, since parents and children are matched there. Grows with operations times seconds,
/// never faster than with spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceStats {
    pub(super) operations: BTreeMap<Operation, Cells>,
    pub(super) links: BTreeMap<(Operation, Operation), Links>,
}

/// Length of a stretch of time, in nanoseconds.
pub(super) const STRETCH: i64 = 1_000_000_000;

impl TraceStats {
    /// Version of the byte format.
    pub const FORMAT: u32 = 1;

    /// Adds the spans of whole traces.
    pub fn absorb(&mut self, frame: &SpanFrame) {
        Batch::new(frame).run(self);
    }

    /// Adds what another state knows.
    pub fn merge(&mut self, other: &Self) {
        for (operation, cells) in &other.operations {
            let mine = self.operations.entry(operation.clone()).or_default();
            for (time, cell) in cells {
                merge_cell(mine, *time, cell.clone());
            }
        }
        for (link, cells) in &other.links {
            let mine = self.links.entry(link.clone()).or_default();
            for (time, cell) in cells {
                mine.entry(*time).or_default().merge(cell);
            }
        }
    }

    /// The state as bytes, the same for equal states.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when encoding fails, which is a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        postcard::to_allocvec(&(Self::FORMAT, self))
            .map_err(|error| Error::Internal(format!("trace statistics: {error}")))
    }

    /// Reads a state back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Corrupt`] when the bytes are damaged or were written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let what = || "trace statistics".to_owned();
        let corrupt =
            |error: postcard::Error| Error::Corrupt { what: what(), reason: error.to_string() };
        let (found, rest) = postcard::take_from_bytes::<u32>(bytes).map_err(corrupt)?;
        if found > Self::FORMAT {
            return Err(Error::TooNew { what: what(), found, known: Self::FORMAT });
        }
        let (stats, rest) = postcard::take_from_bytes::<Self>(rest).map_err(corrupt)?;
        if !rest.is_empty() {
            let reason = format!("{} bytes too many", rest.len());
            return Err(Error::Corrupt { what: what(), reason });
        }
        Ok(stats)
    }
}

impl Cell {
    /// One more span; the same as to merge the cell of that span alone.
    fn count(&mut self, span: &SpanView<'_>, own: Option<i64>) {
        if span.status() == SpanStatus::Error {
            self.merge(&cell(span, own));
            return;
        }
        self.first = self.first.min(span.start());
        self.calls += 1;
        self.duration.add(span.duration());
        if let Some(own) = own {
            self.own.add(own);
        }
        let (slowest, trace) = &mut self.slowest;
        if (-span.duration(), span.trace()) < (*slowest, trace.as_str()) {
            *slowest = -span.duration();
            span.trace().clone_into(trace);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.calls += other.calls;
        self.errors += other.errors;
        self.duration.merge(&other.duration);
        self.own.merge(&other.own);
        self.failure = least(self.failure.take(), other.failure.clone());
        self.first_error = least(self.first_error, other.first_error);
        if other.slowest < self.slowest {
            self.slowest.clone_from(&other.slowest);
        }
    }
}

impl Link {
    pub(super) fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.parents += other.parents;
        self.duration.merge(&other.duration);
        self.gap.merge(&other.gap);
    }
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    [a, b].into_iter().flatten().min()
}

fn merge_cell(cells: &mut Cells, time: i64, cell: Cell) {
    match cells.get_mut(&time) {
        Some(present) => present.merge(&cell),
        None => {
            cells.insert(time, cell);
        }
    }
}

/// One frame on its way into the statistics: operations are small numbers until the end.
struct Batch<'a> {
    frame: &'a SpanFrame,
    forest: Forest,
    /// The operation of each span, and each operation's texts.
    operation_of: Vec<usize>,
    operations: Vec<Operation>,
}

impl<'a> Batch<'a> {
    fn new(frame: &'a SpanFrame) -> Self {
        let mut known: FxHashMap<(Symbol, Symbol), usize> = FxHashMap::default();
        let mut operations = Vec::new();
        let operation_of = frame
            .iter()
            .map(|span| {
                *known.entry((span.service_symbol(), span.name_symbol())).or_insert_with(|| {
                    operations.push(Operation {
                        service: span.service().to_owned(),
                        name: span.name().to_owned(),
                        kind: None,
                    });
                    operations.len() - 1
                })
            })
            .collect();
        Self { frame, forest: Forest::of(frame), operation_of, operations }
    }

    fn run(&self, stats: &mut TraceStats) {
        let mut cells: Grid<usize, Cell> = Grid::default();
        let mut links: Grid<(usize, usize), Link> = Grid::default();
        let mut peers: Vec<(Operation, Operation, i64, Link)> = Vec::new();
        for (at, span) in self.frame.iter().enumerate() {
            let Some(&operation) = self.operation_of.get(at) else { continue };
            let stretch = span.start().div_euclid(STRETCH);
            let answer = self.forest.answered_by(self.frame, at, &span);
            let own = match answer {
                Some(_) => None,
                None => Some(self.forest.own_time(self.frame, at, &span)),
            };
            match cells.get(operation, stretch) {
                Some(present) => present.count(&span, own),
                None => cells.insert(operation, stretch, cell(&span, own)),
            }
            self.add_links(at, operation, stretch, answer.is_some(), &span, &mut links);
            if let Some(peer) = self.peer(at, &span) {
                let operation = self.operations.get(operation).cloned();
                peers.extend(operation.map(|o| (o, peer, stretch, far_side(&span))));
            }
        }
        let text = |index: usize| self.operations.get(index).cloned();
        for (operation, cells) in cells.rows() {
            let Some(operation) = text(operation) else { continue };
            let mine = stats.operations.entry(operation).or_default();
            if mine.is_empty() {
                *mine = cells.into_iter().collect();
                continue;
            }
            for (stretch, cell) in cells {
                merge_cell(mine, stretch, cell);
            }
        }
        for ((parent, child), links) in links.rows() {
            let (Some(parent), Some(child)) = (text(parent), text(child)) else { continue };
            let mine = stats.links.entry((parent, child)).or_default();
            for (stretch, link) in links {
                mine.entry(stretch).or_default().merge(&link);
            }
        }
        for (parent, peer, stretch, link) in peers {
            let links = stats.links.entry((parent, peer)).or_default();
            links.entry(stretch).or_default().merge(&link);
        }
    }

    fn add_links(
        &self,
        at: usize,
        operation: usize,
        stretch: i64,
        is_client: bool,
        span: &SpanView<'_>,
        links: &mut Grid<(usize, usize), Link>,
    ) {
        let mut seen: Vec<usize> = Vec::new();
        for &child_at in self.forest.children_of(at) {
            let (Some(child), Some(&other)) =
                (self.frame.get(child_at), self.operation_of.get(child_at))
            else {
                continue;
            };
            let link = links.get_or_default((operation, other), stretch);
            link.calls += 1;
            link.errors += u64::from(child.status() == SpanStatus::Error);
            link.duration.add(child.duration());
            if is_client {
                link.gap.add(span.duration().saturating_sub(child.duration()));
            }
            if !seen.contains(&other) {
                seen.push(other);
                link.parents += 1;
            }
        }
    }

    /// The far side of a call into something that sends no spans, as the span names it.
    fn peer(&self, at: usize, span: &SpanView<'_>) -> Option<Operation> {
        let peer = span.attribute("peer.service")?;
        if !self.forest.children_of(at).is_empty() || peer == span.service() || peer.is_empty() {
            return None;
        }
        let has = |prefix: &str| span.attributes().any(|(key, _)| key.starts_with(prefix));
        let kind = match () {
            () if has("db.") => EntityKind::Database,
            () if has("messaging.") => EntityKind::Queue,
            () => EntityKind::ExternalProvider,
        };
        Some(Operation { service: peer.to_owned(), name: span.name().to_owned(), kind: Some(kind) })
    }
}

fn cell(span: &SpanView<'_>, own: Option<i64>) -> Cell {
    let failed = span.status() == SpanStatus::Error;
    let mut cell = Cell {
        first: span.start(),
        calls: 1,
        errors: u64::from(failed),
        duration: Sketch::default(),
        own: Sketch::default(),
        failure: failed.then(|| {
            let text = error_text(span).unwrap_or_default();
            (text.is_empty(), span.start(), span.trace().to_owned(), text)
        }),
        first_error: failed.then_some(span.start()),
        slowest: (-span.duration(), span.trace().to_owned()),
    };
    cell.duration.add(span.duration());
    if let Some(own) = own {
        cell.own.add(own);
    }
    cell
}

fn far_side(span: &SpanView<'_>) -> Link {
    let errors = u64::from(span.status() == SpanStatus::Error);
    let mut link = Link { calls: 1, errors, parents: 1, ..Link::default() };
    link.duration.add(span.duration());
    link
}

/// What a span says went wrong.
fn error_text(span: &SpanView<'_>) -> Option<String> {
    ERROR_TEXTS
        .iter()
        .filter_map(|name| span.attribute(name))
        .map(str::trim)
        .find(|text| !matches!(*text, "" | "true" | "false" | "1" | "0"))
        .map(|text| text.chars().take(MAX_ERROR_CHARS).collect())
}

/// Values by key and stretch of time, in order of arrival.
struct Grid<K, V> {
    places: FxHashMap<(K, i64), usize>,
    entries: Vec<((K, i64), V)>,
}

impl<K, V> Default for Grid<K, V> {
    fn default() -> Self {
        Self { places: FxHashMap::default(), entries: Vec::new() }
    }
}

impl<K: Copy + Eq + std::hash::Hash, V> Grid<K, V> {
    fn get(&mut self, key: K, stretch: i64) -> Option<&mut V> {
        let place = *self.places.get(&(key, stretch))?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// What belongs to each key, in order of keys and stretches.
    fn rows(self) -> Vec<(K, Vec<(i64, V)>)>
    where
        K: Ord,
    {
        let mut entries = self.entries;
        entries.sort_unstable_by_key(|(key, _)| *key);
        let mut rows: Vec<(K, Vec<(i64, V)>)> = Vec::new();
        for ((key, stretch), value) in entries {
            match rows.last_mut() {
                Some((last, row)) if *last == key => row.push((stretch, value)),
                _ => rows.push((key, vec![(stretch, value)])),
            }
        }
        rows
    }

    fn insert(&mut self, key: K, stretch: i64, value: V) {
        self.places.insert((key, stretch), self.entries.len());
        self.entries.push(((key, stretch), value));
    }

    fn get_or_default(&mut self, key: K, stretch: i64) -> &mut V
    where
        V: Default,
    {
        let place = *self.places.entry((key, stretch)).or_insert_with(|| {
            self.entries.push(((key, stretch), V::default()));
            self.entries.len() - 1
        });
        // `place` was just made or points to an entry that is never removed.
        &mut self.entries[place].1
    }
}
