//! All detectors on everything, step by step.

use chrono::{DateTime, Utc};

use crate::detect::logs::{LogStats, Miner};
use crate::detect::{Runs, Scope, habits, impact, logs, metrics, sort, traces};
use crate::model::Finding;
use crate::signal::{MetricFrame, SpanFrame};

/// What the detectors look at: samples and spans as they are, log records counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) metrics: &'a MetricFrame,
    pub(super) spans: &'a SpanFrame,
    pub(super) logs: &'a LogStats,
}

/// Findings by step, each with what it rests on beside its signals. A step that is not there is done.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) metrics: Option<MetricStep>,
    pub(super) logs: Option<Vec<Finding>>,
    pub(super) traces: Option<TraceStep>,
    /// Rests on spans and logs alone.
    pub(super) habits: Option<Vec<Finding>>,
    pub(super) runs: Runs,
}

#[derive(Debug, Clone)]
pub(super) struct MetricStep {
    found: Vec<Finding>,
    /// The onset of the first shift.
    first: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub(super) struct TraceStep {
    fallback: Option<DateTime<Utc>>,
    found: Vec<Finding>,
}

/// Does the steps that are not kept and gives all findings in canonical order.
pub(super) fn findings(
    seen: Seen<'_>,
    normal: Option<Seen<'_>>,
    scope: &Scope<'_>,
    kept: &mut Kept,
) -> Vec<Finding> {
    let runs = &mut kept.runs;
    let metrics = kept.metrics.get_or_insert_with(|| {
        runs.metrics += 1;
        judge_metrics(seen, normal, scope)
    });
    let mut miner: Option<Miner> = None;
    let mut templates = || seen.logs.templates(normal.map(|n| n.logs));
    let logs = kept.logs.get_or_insert_with(|| {
        runs.logs += 1;
        let miner = miner.get_or_insert_with(&mut templates);
        let options = logs::Options::default();
        let shifts = seen.logs.finish_with(scope, normal.map(|n| n.logs), &options, miner);
        shifts.into_iter().map(Finding::LogShift).collect()
    });
    let fallback = metrics.first;
    kept.traces.take_if(|step| step.fallback != fallback);
    let traces = kept.traces.get_or_insert_with(|| {
        runs.traces += 1;
        let spans = normal.map(|n| n.spans);
        let options = traces::Options::default();
        let found = traces::detect_near(seen.spans, scope, spans, &options, fallback);
        TraceStep { fallback, found }
    });
    let habits = kept.habits.get_or_insert_with(|| {
        let miner = miner.get_or_insert_with(&mut templates);
        let shifts = habits::detect(seen, normal, miner, scope, &habits::Options::default());
        shifts.into_iter().map(Finding::Habit).collect()
    });
    let steps = [&metrics.found, &*logs, &traces.found, &*habits];
    let mut found: Vec<Finding> = steps.into_iter().flatten().cloned().collect();
    sort(&mut found);
    found
}

fn judge_metrics(seen: Seen<'_>, normal: Option<Seen<'_>>, scope: &Scope<'_>) -> MetricStep {
    let reference = normal.map(|n| n.metrics);
    let shifts = metrics::detect(seen.metrics, scope, reference, &metrics::Options::default());
    let first = shifts.first().map(|shift| shift.onset);
    let impacts = impact::detect(seen.metrics, scope, reference);
    let found = shifts.into_iter().map(Finding::MetricShift);
    MetricStep { found: found.chain(impacts.into_iter().map(Finding::Impact)).collect(), first }
}
