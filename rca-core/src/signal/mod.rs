//! Signals: raw telemetry of one window, columnar and in memory.
//!
//! Detectors turn signals into [`Finding`](crate::model::Finding)s; only those are stored.

use std::collections::BTreeSet;

use crate::model::Entity;

mod edit;
mod interner;
pub mod line;
mod log;
mod metric;
mod span;

pub(crate) use edit::{Edit, Treatment, service_instead};
pub use interner::{Interner, Symbol};
pub use log::{LogFrame, LogRecord, LogView};
pub use metric::{MetricFrame, MetricSeries};
pub use span::{Span, SpanFrame, SpanStatus, SpanView};

/// Everything raw about one window of time.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    /// Numbers over time.
    pub metrics: MetricFrame,
    /// Timed operations.
    pub spans: SpanFrame,
    /// Log records.
    pub logs: LogFrame,
}

impl Telemetry {
    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.metrics.is_empty() && self.spans.is_empty() && self.logs.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn held(&self) -> usize {
        self.metrics.held() + self.spans.held() + self.logs.held()
    }

    /// Adds all signals of another window or input, in their order.
    pub fn append(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
            return;
        }
        self.metrics.merge(other.metrics);
        self.spans.append(&other.spans);
        self.logs.append(&other.logs);
    }

    /// The first and the last moment of anything in it, in nanoseconds since 1970.
    #[must_use]
    pub fn extent(&self) -> Option<(i64, i64)> {
        let metrics = self.metrics.iter().flat_map(|(_, _, series)| series.times.iter().copied());
        let spans = self.spans.iter().map(|span| span.start());
        let logs = self.logs.iter().map(|record| record.time());
        metrics.chain(spans).chain(logs).fold(None, |range: Option<(i64, i64)>, time| {
            Some(range.map_or((time, time), |(first, last)| (first.min(time), last.max(time))))
        })
    }

    /// Who was measured, traced or logged.
    #[must_use]
    pub fn entities(&self) -> BTreeSet<Entity> {
        let logs: BTreeSet<Symbol> = self.logs.iter().map(|log| log.service_symbol()).collect();
        let spans: BTreeSet<Symbol> = self.spans.iter().map(|span| span.service_symbol()).collect();
        let logs = logs.into_iter().map(|symbol| Entity::service(self.logs.texts().text(symbol)));
        let spans =
            spans.into_iter().map(|symbol| Entity::service(self.spans.texts().text(symbol)));
        self.metrics.entities().cloned().chain(logs).chain(spans).collect()
    }

    /// Puts everything into its canonical order: detectors then see the same input whatever the
    /// order of arrival was.
    pub fn sort(&mut self) {
        self.metrics.sort();
        self.spans.sort();
        self.logs.sort();
    }
}
