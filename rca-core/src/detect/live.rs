//! Findings that follow telemetry as it arrives.

use chrono::{DateTime, Utc};

use crate::detect::judge::{Kept, findings};
use crate::detect::{Partial, Scope};
use crate::model::Finding;
use crate::signal::Telemetry;
use crate::time::TimeRange;

/// A [`Partial`] with the findings of its last judgement: a batch of one signal leaves those of the others
/// alone.
///
/// The findings are those of [`detect`](super::detect) on everything that was absorbed, whatever the
/// batches were.
#[derive(Debug, Clone)]
pub struct Live {
    state: Partial,
    kept: Kept,
    /// The window and the alarm that were judged.
    about: Option<(TimeRange, Option<DateTime<Utc>>)>,
}

/// How often each signal was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Runs {
    /// Metric series.
    pub metrics: u64,
    /// Log records.
    pub logs: u64,
    /// Spans, and the lines that spans write.
    pub traces: u64,
}

impl Live {
    /// Nothing yet; log records outside of the window will be left out.
    #[must_use]
    pub fn within(window: TimeRange) -> Self {
        Self { state: Partial::within(window), kept: Kept::default(), about: None }
    }

    /// Adds a batch. Each batch counts once.
    pub fn absorb(&mut self, batch: &Telemetry) {
        if !batch.metrics.is_empty() {
            self.kept.metrics = None;
        }
        if !batch.logs.is_empty() {
            (self.kept.logs, self.kept.habits) = (None, None);
        }
        if !batch.spans.is_empty() {
            (self.kept.traces, self.kept.habits) = (None, None);
        }
        self.state.absorb(batch);
    }

    /// Adds what was scanned elsewhere.
    pub fn merge(&mut self, other: &Partial) {
        self.kept = Kept { runs: self.kept.runs, ..Kept::default() };
        self.state.merge(other);
    }

    /// What was absorbed.
    #[must_use]
    pub fn state(&self) -> &Partial {
        &self.state
    }

    /// How often each signal was judged so far.
    #[must_use]
    pub fn runs(&self) -> Runs {
        self.kept.runs
    }

    /// What moved. Judges anew only what depends on a signal that got something new since, or on the scope
    /// when it is another one. The scope's reference and hint are not used.
    pub fn findings(&mut self, scope: &Scope<'_>) -> Vec<Finding> {
        let about = Some((scope.window, scope.alarm));
        if self.about != about {
            self.kept = Kept { runs: self.kept.runs, ..Kept::default() };
            self.about = about;
        }
        let scope = Scope { reference: None, onset_hint: None, ..*scope };
        findings(self.state.seen_in_order(), None, &scope, &mut self.kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::detect;
    use crate::model::Entity;
    use crate::signal::LogRecord;
    use crate::time::from_nanos;

    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn a_batch_of_one_signal_leaves_the_others_alone() {
        let window = TimeRange { start: from_nanos(0), end: from_nanos(60 * MINUTE) };
        let scope = Scope::new(window);
        let (mut live, mut all) = (Live::within(window), Telemetry::default());
        for minute in 0..60 {
            let mut batch = Telemetry::default();
            let value = if minute < 40 { 1.0 } else { 9.0 };
            for frame in [&mut batch.metrics, &mut all.metrics] {
                frame.push(&Entity::service("mill"), "stones", minute * MINUTE, value);
            }
            live.absorb(&batch);
        }
        assert_eq!(live.findings(&scope), detect(&all, &scope));
        assert_eq!(live.runs(), Runs { metrics: 1, logs: 1, traces: 1 });
        let mut batch = Telemetry::default();
        for minute in 0..60 {
            let message = if minute < 40 { "grinding" } else { "stone 4 is broken" };
            let (time, service) = (minute * MINUTE, "mill");
            let record = LogRecord { time, service, message, ..LogRecord::default() };
            batch.logs.push(&record);
            all.logs.push(&record);
        }
        live.absorb(&batch);
        let found = live.findings(&scope);
        assert!(found.len() > 1 && found == detect(&all, &scope), "{found:?}");
        assert_eq!(live.runs(), Runs { metrics: 1, logs: 2, traces: 1 });
        let later = Scope::new(window).with_alarm(from_nanos(50 * MINUTE));
        assert_eq!(live.findings(&later), detect(&all, &later));
        assert_eq!(live.runs(), Runs { metrics: 2, logs: 3, traces: 2 });
    }
}
