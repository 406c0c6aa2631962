//! Frozen incidents with commits, deploys and flags: name the guilty commit, or none.

use std::collections::BTreeMap;
use std::path::Path;

use rca_core::connectors::{Limits, bundle, unobserved};
use rca_core::model::{Alert, Analysis, CauseKind, Verdict};
use rca_core::time::{TimeRange, from_nanos};
use serde::Serialize;

use crate::accuracy::Result;
use crate::accuracy::case::{Case, timed};
use crate::accuracy::folder::Folder;

/// The answer to one case.
#[derive(Debug, Serialize)]
pub struct Answer {
    commit: String,
    first_failing_service: String,
    blast_radius: Vec<String>,
    seconds: f64,
}

impl Answer {
    /// CPU seconds it took.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }
}

/// Answers by case.
pub fn run(folder: &Path) -> Result<BTreeMap<String, Answer>> {
    let mut answers = BTreeMap::new();
    for case in Folder::new(folder).join("cases").folders()? {
        let (analysis, seconds) = timed(|| self::case(&case)?.analyze())?;
        answers.insert(case.name(), answer(&analysis, seconds));
    }
    Ok(answers)
}

/// What is known of one case folder.
pub fn case(folder: &Folder) -> Result<Case> {
    let batch = bundle::read(folder.path(), &Limits::default(), &unobserved)?;
    let alarm = batch.events.iter().filter_map(Alert::from_event).map(|alert| alert.fired_at).min();
    let metrics =
        batch.telemetry.metrics.iter().flat_map(|(_, _, series)| series.times.iter().copied());
    let spans = batch.telemetry.spans.iter().map(|span| span.start());
    let logs = batch.telemetry.logs.iter().map(|record| record.time());
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for time in metrics.chain(spans).chain(logs) {
        (first, last) = (first.min(time), last.max(time));
    }
    if first > last {
        return Err(format!("no telemetry in {}", folder.path().display()).into());
    }
    let mut case = Case::new(TimeRange::new(from_nanos(first), from_nanos(last + 1))?);
    (case.events, case.telemetry, case.alarm) = (batch.events, batch.telemetry, alarm);
    Ok(case)
}

fn answer(analysis: &Analysis, seconds: f64) -> Answer {
    // To blame an innocent change is the worst answer: one is named only where the verdict is a change.
    let commit = match (analysis.verdict, analysis.top_cause().map(|cause| &cause.kind)) {
        (Verdict::Change, Some(CauseKind::Commit { sha, .. })) => sha.clone(),
        _ => "none".to_owned(),
    };
    Answer {
        commit,
        first_failing_service: analysis
            .first_failing
            .as_ref()
            .map(|entity| entity.name.clone())
            .unwrap_or_default(),
        blast_radius: analysis.blast_radius.iter().map(|entity| entity.name.clone()).collect(),
        seconds,
    }
}
