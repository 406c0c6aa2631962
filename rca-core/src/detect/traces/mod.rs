//! Traces: operations that became slow, failing, rare or frequent, and who calls whom.

use crate::detect::Scope;
use crate::model::Finding;
use crate::signal::SpanFrame;

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest score (comparable with a z-score) of a finding.
    pub min_score: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 3.0 }
    }
}

/// Trace shifts and call edges, in canonical order.
#[must_use]
pub fn detect(
    _frame: &SpanFrame,
    _scope: &Scope<'_>,
    _reference: Option<&SpanFrame>,
    _options: &Options,
) -> Vec<Finding> {
    Vec::new()
}
