//! What the doctor asks of telemetry, counted as it comes by: it need not be there any more.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::Entity;
use crate::signal::{SpanFrame, Symbol, Telemetry, service_instead};
use crate::time::{TimeRange, from_nanos};

/// Facts about telemetry that add up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) log_records: u64,
    pub(crate) spans: u64,
    pub(crate) metric_points: u64,
    /// Records that name no service.
    pub(super) unnamed: u64,
    pub(super) logs_cover: Cover,
    pub(super) spans_cover: Cover,
    pub(super) metrics_cover: Cover,
    pub(crate) logs_of: BTreeSet<String>,
    pub(crate) spans_of: BTreeSet<String>,
    pub(crate) metrics_of: BTreeSet<Entity>,
    /// Traces that log records name, and those that there are.
    pub(super) named_traces: Traces,
    pub(super) traces: Traces,
    /// Only traces were looked at whose hash begins with so many zeros.
    pub(crate) thinned: u32,
    /// Whether spans show who calls whom.
    pub(super) calls: bool,
}

impl Facts {
    pub(crate) fn of(telemetry: &Telemetry) -> Self {
        let mut facts = Self::default();
        facts.add(telemetry);
        facts
    }

    /// Adds a piece of telemetry.
    pub(crate) fn add(&mut self, telemetry: &Telemetry) {
        let Telemetry { metrics, spans, logs } = telemetry;
        let mut services: FxHashSet<Symbol> = FxHashSet::default();
        let mut ids: FxHashSet<&str> = FxHashSet::default();
        for log in logs.iter() {
            self.log_records += 1;
            self.logs_cover.add(log.time());
            self.unnamed += u64::from(log.service().is_empty());
            if services.insert(log.service_symbol()) {
                self.logs_of.insert(log.service().to_owned());
            }
            ids.extend(log.trace());
        }
        ids.drain().for_each(|trace| self.named_traces.add(trace));
        services.clear();
        let mut ids: FxHashSet<Symbol> = FxHashSet::default();
        for span in spans.iter() {
            self.spans += 1;
            self.spans_cover.add(span.start());
            self.unnamed += u64::from(span.service().is_empty());
            if services.insert(span.service_symbol()) {
                self.spans_of.insert(span.service().to_owned());
            }
            if ids.insert(span.trace_symbol()) {
                self.traces.add(span.trace());
            }
        }
        for (entity, _, series) in metrics.iter() {
            let points = series.times.len() as u64;
            self.metric_points += points;
            self.unnamed += if entity.name.is_empty() { points } else { 0 };
            series.times.iter().for_each(|time| self.metrics_cover.add(*time));
        }
        self.metrics_of.extend(metrics.entities().cloned());
        self.see_calls(spans);
    }

    /// Looks at spans once more, since those of one trace may have come in different pieces.
    pub(crate) fn see_calls(&mut self, spans: &SpanFrame) {
        if self.calls {
            return;
        }
        let mut owners: FxHashMap<(Symbol, Symbol), Symbol> = FxHashMap::default();
        for span in spans.iter() {
            owners.insert((span.trace_symbol(), span.id_symbol()), span.service_symbol());
        }
        self.calls = spans.iter().any(|span| {
            let parent = span.parent_symbol().and_then(|id| owners.get(&(span.trace_symbol(), id)));
            parent.is_some_and(|caller| *caller != span.service_symbol())
                || span.attribute("peer.service").is_some()
        });
    }

    /// Gives entities other names.
    pub(crate) fn rename(&mut self, instead: &mut dyn FnMut(&Entity) -> Option<Entity>) {
        for names in [&mut self.logs_of, &mut self.spans_of] {
            let old = std::mem::take(names);
            names.extend(
                old.into_iter().map(|name| service_instead(&name, instead).unwrap_or(name)),
            );
        }
        let old = std::mem::take(&mut self.metrics_of);
        self.metrics_of.extend(old.into_iter().map(|name| instead(&name).unwrap_or(name)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.log_records + self.spans == 0 && self.metrics_of.is_empty()
    }

    /// From the first to the last moment of anything, in nanoseconds.
    pub(crate) fn extent(&self) -> Option<(i64, i64)> {
        let covers = [self.logs_cover, self.spans_cover, self.metrics_cover];
        covers.into_iter().filter_map(|cover| cover.0).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Who was measured, traced or logged.
    pub(super) fn entities(&self) -> BTreeSet<Entity> {
        let services = self.logs_of.iter().chain(&self.spans_of).map(Entity::service);
        self.metrics_of.iter().cloned().chain(services).collect()
    }
}

/// From the first moment to the last, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cover(Option<(i64, i64)>);

impl Cover {
    fn add(&mut self, time: i64) {
        let (first, last) = self.0.unwrap_or((time, time));
        self.0 = Some((first.min(time), last.max(time)));
    }

    pub(super) fn range(self) -> Option<TimeRange> {
        self.0.map(|(start, end)| TimeRange { start: from_nanos(start), end: from_nanos(end) })
    }
}

/// Different traces: all, or the share that fits, those whose hash begins with so many zeros (distinct sampling,
/// Gibbons 2001).
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    zeros: u32,
    hashes: FxHashSet<u64>,
}

impl Traces {
    const MOST: usize = 1 << 19;

    fn add(&mut self, trace: &str) {
        let hash = xxh3_64(trace.as_bytes());
        if hash.leading_zeros() < self.zeros || !self.hashes.insert(hash) {
            return;
        }
        while self.hashes.len() > Self::MOST && self.zeros < u64::BITS {
            self.zeros += 1;
            let zeros = self.zeros;
            self.hashes.retain(|hash| hash.leading_zeros() >= zeros);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// How many, in words.
    pub(super) fn count(&self) -> String {
        match self.zeros {
            0 => self.hashes.len().to_string(),
            zeros => format!("about {}", (self.hashes.len() as u64) << zeros.min(40)),
        }
    }

    /// Whether any is in both, as far as both know.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.hashes.iter().any(|hash| other.hashes.contains(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_without_number_are_counted_by_a_share_and_meet_their_like() {
        let (mut some, mut all, mut others) =
            (Traces::default(), Traces::default(), Traces::default());
        for number in 0..3 * Traces::MOST {
            all.add(&format!("{number:x}"));
            others.add(&format!("other {number:x}"));
            if number < 1000 {
                some.add(&format!("{number:x}"));
            }
        }
        assert!(all.hashes.len() <= Traces::MOST && all.zeros > 0);
        let counted: f64 = all.count().strip_prefix("about ").unwrap().parse().unwrap();
        assert!((counted / (3 * Traces::MOST) as f64 - 1.0).abs() < 0.02, "{counted}");
        assert_eq!(some.count(), "1000");
        assert!(some.meets(&all) && all.meets(&some) && !all.meets(&others));
    }
}
