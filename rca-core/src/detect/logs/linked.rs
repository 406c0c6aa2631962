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
    template: u64,
    pub(in crate::detect) time: i64,
}

impl Linked {
    pub(super) fn new(trace: &str, span: &str, template: TemplateId, time: i64) -> Self {
        Self { trace: trace_hash(trace), span: span_hash(trace, span), template: template.0, time }
    }

    pub(in crate::detect) fn template(&self) -> TemplateId {
        TemplateId(self.template)
    }
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
    pub(in crate::detect) fn holds(&self, trace: u64) -> bool {
        trace.leading_zeros() >= self.zeros
    }

    /// The records, in the order of their arrival.
    pub(in crate::detect) fn iter(&self) -> impl Iterator<Item = &Linked> {
        self.records.iter()
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
