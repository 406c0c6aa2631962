//! Signals: raw telemetry of one window, columnar and in memory.
//!
//! Detectors turn signals into [`Finding`](crate::model::Finding)s; only those are stored.

mod interner;
pub mod line;
mod log;
mod metric;
mod span;

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

    /// Puts everything into its canonical order: detectors then see the same input whatever the
    /// order of arrival was.
    pub fn sort(&mut self) {
        self.metrics.sort();
        self.spans.sort();
        self.logs.sort();
    }
}
