//! Incidents seen by metrics only, with a call graph: name the node.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::Duration;
use rca_core::model::{CallEdge, Entity, Event, Finding, Severity, Source, attribute};
use rca_core::signal::{MetricFrame, Telemetry};
use rca_core::time::{TimeRange, from_nanos};
use serde::Deserialize;

use crate::accuracy::Result;
use crate::accuracy::case::{Case, at_second, timed};
use crate::accuracy::folder::{Folder, Input};

#[derive(Debug, Deserialize)]
struct Known {
    alarm_time: i64,
    target: Target,
    files: Files,
}

#[derive(Debug, Deserialize)]
struct Target {
    entity: String,
    metric: String,
    statistic: String,
}

#[derive(Debug, Deserialize)]
struct Files {
    baseline: PathBuf,
    graph: PathBuf,
}

/// Entities by case, most likely first, and CPU seconds a case: for all of it, and from what was read to the
/// answer.
pub fn run(folder: &Path) -> Result<(BTreeMap<String, Vec<String>>, f64, f64)> {
    let (mut answers, mut reading, mut analysing) = (BTreeMap::new(), 0.0, 0.0);
    for case in Folder::new(folder).folders()?.iter().filter(|case| case.has(Input::Case)) {
        let (read, seconds) = timed(|| self::case(case))?;
        reading += seconds;
        let (analysis, seconds) = timed(|| read.analyze())?;
        analysing += seconds;
        let names: Vec<String> =
            analysis.entities.into_iter().map(|ranked| ranked.entity.name).collect();
        answers.insert(case.name(), names);
    }
    let count = answers.len().max(1) as f64;
    Ok((answers, (reading + analysing) / count, analysing / count))
}

/// What is known of one case folder.
pub fn case(folder: &Folder) -> Result<Case> {
    let known: Known = folder.json(Input::Case)?;
    let beside = |file: &Path| folder.join(file.parent().unwrap_or(Path::new("")));
    let metrics = metrics(folder, Input::Metrics)?;
    let times: Vec<i64> = metrics.iter().flat_map(|(.., series)| series.times.clone()).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
        return Err(format!("no samples in {}", folder.path().display()).into());
    };
    let alarm = at_second(known.alarm_time)?;
    let window = TimeRange::new(from_nanos(*first), from_nanos(*last) + Duration::nanoseconds(1))?;
    let mut case = Case::new(window);
    case.events = calls(&beside(&known.files.graph), &case)?;
    let title = format!("{} of {} left its range", known.target.metric, known.target.entity);
    case.events.push(
        Event::builder(alarm, Source::Alert, "alert", &title)
            .with_severity(Severity::High)
            .with_service(&known.target.entity)
            .with_attribute(
                attribute::METRIC,
                metric_name(&known.target.metric, &known.target.statistic),
            )
            .build()?,
    );
    case.alarm = Some(alarm);
    case.telemetry.metrics = metrics;
    case.reference = Some(Telemetry {
        metrics: self::metrics(&beside(&known.files.baseline), Input::Baseline)?,
        ..Telemetry::default()
    });
    Ok(case)
}

/// The call graph, known without traces.
fn calls(folder: &Folder, case: &Case) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for record in folder.csv(Input::Graph)?.records() {
        let record = record?;
        let end = |place| Entity::service(record.get(place).unwrap_or_default());
        let edge = CallEdge {
            caller: end(0),
            callee: end(1),
            calls: (0, 0),
            errors: (0, 0),
            millis: (0.0, 0.0),
        };
        events.push(Finding::CallEdge(edge).to_event(case.window.start)?);
    }
    Ok(events)
}

/// A table with a column for each `entity|metric|statistic`.
fn metrics(folder: &Folder, input: Input) -> Result<MetricFrame> {
    let mut frame = MetricFrame::default();
    let mut reader = folder.csv(input)?;
    let names = reader.headers()?.clone();
    let mut columns: Vec<Vec<(i64, f64)>> = vec![Vec::new(); names.len()];
    let mut seen = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let time: i64 = record.get(0).unwrap_or_default().parse()?;
        if !seen.insert(time) {
            return Err(format!("two rows of {time} in {}", folder.path().display()).into());
        }
        for (column, cell) in columns.iter_mut().zip(&record).skip(1) {
            if !cell.is_empty() {
                column.push((time * 1_000_000_000, cell.parse()?));
            }
        }
    }
    for (name, samples) in names.iter().zip(columns).filter(|(_, samples)| !samples.is_empty()) {
        let mut parts = name.split('|');
        if let (Some(entity), Some(metric), Some(statistic)) =
            (parts.next(), parts.next(), parts.next())
        {
            frame.append(&Entity::service(entity), &metric_name(metric, statistic), samples);
        }
    }
    Ok(frame)
}

fn metric_name(metric: &str, statistic: &str) -> String {
    match statistic {
        "Sum" => format!("{metric}_total"),
        "Average" => format!("{metric}_avg"),
        percentile => format!("{metric}_{percentile}"),
    }
}
