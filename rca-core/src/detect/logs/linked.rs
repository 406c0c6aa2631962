//! Records that name the span they were written in.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::miner::TemplateId;

/// Records kept. What is more, is thinned by whole traces.
const MOST: usize = 1 << 20;

/// A record that names its span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::detect) struct Linked {
    /// Hash of the trace's id.
    pub(in crate::detect) trace: u64,
    /// Hash of the trace's and the span's id.
    pub(in crate::detect) span: u64,
    /// A place in code ([`place_hash`]), else a template.
    statement: u64,
    placed: bool,
    /// Whether the record tells of an error.
    pub(in crate::detect) severe: bool,
    pub(in crate::detect) time: i64,
}

/// What wrote a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::detect) enum Statement {
    Template(TemplateId),
    /// By [`place_hash`].
    Place(u64),
}

impl Linked {
    pub(super) fn new(
        trace: &str,
        span: &str,
        statement: Statement,
        severe: bool,
        time: i64,
    ) -> Self {
        let (statement, placed) = match statement {
            Statement::Template(id) => (id.0, false),
            Statement::Place(hash) => (hash, true),
        };
        let (trace, span) = (trace_hash(trace), span_hash(trace, span));
        Self { trace, span, statement, placed, severe, time }
    }

    pub(in crate::detect) fn statement(&self) -> Statement {
        match self.placed {
            true => Statement::Place(self.statement),
            false => Statement::Template(TemplateId(self.statement)),
        }
    }
}

/// Identity of a place in code.
pub(super) fn place_hash(place: &str) -> u64 {
    xxh3_64(place.as_bytes())
}

/// Identity of a trace.
pub(in crate::detect) fn trace_hash(trace: &str) -> u64 {
    xxh3_64(trace.as_bytes())
}

/// Identity of a span in its trace.
pub(in crate::detect) fn span_hash(trace: &str, span: &str) -> u64 {
    trace_hash(trace).rotate_left(1) ^ xxh3_64(span.as_bytes())
}

/// Records of all traces, or of the share of traces that fits: those whose hash begins with so many zeros.
///
/// Which traces are kept depends on the set alone (distinct sampling, Gibbons 2001): the smallest number of
/// zeros with which they fit. Rates for each call stay what they are, since calls are counted for the same
/// traces only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::detect) struct LinkedRecords {
    zeros: u32,
    records: Vec<Linked>,
}

impl LinkedRecords {
    pub(super) fn push(&mut self, record: Linked) {
        if self.holds(record.trace) {
            self.records.push(record);
            self.fit();
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.records.extend_from_slice(&other.records);
        self.zeros = self.zeros.max(other.zeros);
        self.thin();
        self.fit();
    }

    /// Whether a trace is among those that are kept.
    pub(super) fn holds(&self, trace: u64) -> bool {
        trace.leading_zeros() >= self.zeros
    }

    /// The records, in the order of their arrival.
    pub(in crate::detect) fn iter(&self) -> impl Iterator<Item = &Linked> {
        self.records.iter()
    }

    /// Traces are kept whose hash begins with so many zeros.
    pub(in crate::detect) fn zeros(&self) -> u32 {
        self.zeros
    }

    pub(in crate::detect) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// In an order that says nothing of their arrival.
    pub(super) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.records.sort_unstable();
        sorted
    }

    pub(super) fn is_sound(&self) -> bool {
        self.zeros <= 64
            && (self.records.len() <= MOST || self.zeros == 64)
            && self.records.is_sorted()
            && self.records.iter().all(|record| self.holds(record.trace))
    }

    fn fit(&mut self) {
        while self.records.len() > MOST && self.zeros < 64 {
            self.zeros += 1;
            self.thin();
        }
    }

    fn thin(&mut self) {
        let zeros = self.zeros;
        self.records.retain(|record| record.trace.leading_zeros() >= zeros);
    }
}
