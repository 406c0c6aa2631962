//! Metrics: series that left their normal range, with the moment they did.

use crate::detect::Scope;
use crate::model::MetricShift;
use crate::signal::MetricFrame;

/// When a departure counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest distance from normal, in robust standard deviations of the baseline.
    pub min_score: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 4.0 }
    }
}

/// The series that left their normal range, by onset, then entity and name.
#[must_use]
pub fn detect(
    _frame: &MetricFrame,
    _scope: &Scope<'_>,
    _reference: Option<&MetricFrame>,
    _options: &Options,
) -> Vec<MetricShift> {
    Vec::new()
}
