//! Injected microservice faults with metrics, traces and logs: name the service.

use std::collections::BTreeMap;
use std::path::Path;

use rca_core::model::{Entity, Event, Severity, Source};
use rca_core::signal::{LogFrame, LogRecord, MetricFrame, Span, SpanFrame, Telemetry};
use rca_core::time::TimeRange;
use serde::{Deserialize, Serialize};

use crate::accuracy::Result;
use crate::accuracy::case::{Case, at_second, timed};
use crate::accuracy::folder::{Folder, Input};

#[derive(Debug, Deserialize)]
struct Known {
    alarm_time: i64,
    window_start: i64,
    window_end: i64,
    baseline: String,
}

/// The answer to one case.
#[derive(Debug, Serialize)]
pub struct Answer {
    services: Vec<String>,
    seconds: f64,
    /// Without the reading of the files.
    analysis_seconds: f64,
}

impl Answer {
    /// CPU seconds it took.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// CPU seconds it took from what was read to the answer.
    #[must_use]
    pub fn analysis_seconds(&self) -> f64 {
        self.analysis_seconds
    }
}

/// Answers by case.
pub fn run(folder: &Path) -> Result<BTreeMap<String, Answer>> {
    let folder = Folder::new(folder);
    let mut answers = BTreeMap::new();
    for case in folder.folders()?.iter().filter(|case| case.has(Input::Case)) {
        let (read, reading) = timed(|| self::case(&folder, case))?;
        let (analysis, analysis_seconds) = timed(|| read.analyze())?;
        let seconds = reading + analysis_seconds;
        let services = analysis.entities.into_iter().map(|ranked| ranked.entity.name).collect();
        answers.insert(case.name(), Answer { services, seconds, analysis_seconds });
    }
    Ok(answers)
}

/// What is known of one case folder of the set.
pub fn case(set: &Folder, folder: &Folder) -> Result<Case> {
    let known: Known = folder.json(Input::Case)?;
    let window = TimeRange::new(at_second(known.window_start)?, at_second(known.window_end)?)?;
    let mut case = Case::new(window);
    let alarm = at_second(known.alarm_time)?;
    let normal = signals(&set.join("baseline").join(&known.baseline))?;
    case.telemetry = signals(folder)?;
    case.telemetry.metrics = metrics(folder)?;
    let mut alert = Event::builder(alarm, Source::Alert, "alert", "service level objective missed")
        .with_severity(Severity::High);
    if let Some(entry) = entry_point(&[&case.telemetry.spans, &normal.spans]) {
        alert = alert.with_service(&entry);
    }
    case.events.push(alert.build()?);
    case.alarm = Some(alarm);
    case.reference = Some(normal);
    Ok(case)
}

/// The service that most traces begin with: the one that the objective is about.
fn entry_point(frames: &[&SpanFrame]) -> Option<String> {
    let mut roots: BTreeMap<&str, u64> = BTreeMap::new();
    for span in frames.iter().flat_map(|frame| frame.iter()).filter(|s| s.parent().is_none()) {
        *roots.entry(span.service()).or_default() += 1;
    }
    roots.into_iter().max_by_key(|(_, count)| *count).map(|(name, _)| name.to_owned())
}

fn signals(folder: &Folder) -> Result<Telemetry> {
    Ok(Telemetry { spans: spans(folder)?, logs: logs(folder)?, ..Telemetry::default() })
}

fn metrics(folder: &Folder) -> Result<MetricFrame> {
    let mut frame = MetricFrame::default();
    let mut reader = folder.csv(Input::Metrics)?;
    let names = reader.headers()?.clone();
    for record in reader.records() {
        let record = record?;
        let time: i64 = record.get(0).unwrap_or_default().parse()?;
        let entity = Entity::service(record.get(1).unwrap_or_default());
        for (name, cell) in names.iter().zip(&record).skip(2).filter(|(_, cell)| !cell.is_empty()) {
            frame.push(&entity, name, time * 1_000_000_000, cell.parse()?);
        }
    }
    Ok(frame)
}

/// Where the columns of a table stand.
fn places<const N: usize>(headers: &csv::StringRecord, names: [&str; N]) -> Result<[usize; N]> {
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        let found = headers.iter().position(|header| header == name);
        *place = found.ok_or_else(|| format!("no column {name}"))?;
    }
    Ok(places)
}

fn spans(folder: &Folder) -> Result<SpanFrame> {
    let mut frame = SpanFrame::default();
    let mut reader = folder.csv(Input::Traces)?;
    let columns =
        ["trace_id", "span_id", "parent_id", "service", "operation", "start_us", "duration_us"];
    let places = places(reader.headers()?, columns)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let [trace, id, parent, service, name, start, duration] =
            places.map(|place| record.get(place).unwrap_or_default());
        frame.push(&Span {
            trace,
            id,
            parent: Some(parent).filter(|id| !id.is_empty()),
            service,
            name,
            start: start.parse::<i64>()? * 1000,
            duration: duration.parse::<i64>()? * 1000,
            ..Span::default()
        });
    }
    Ok(frame)
}

fn logs(folder: &Folder) -> Result<LogFrame> {
    let mut frame = LogFrame::default();
    let mut reader = folder.csv(Input::Logs)?;
    let columns = ["time_us", "service", "trace_id", "span_id", "severity", "source", "message"];
    let places = places(reader.headers()?, columns)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let [time, service, trace, span, severity, source, message] =
            places.map(|place| record.get(place).unwrap_or_default());
        let id = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let function = [("code.function", source)];
        frame.push(&LogRecord {
            time: time.parse::<i64>()? * 1000,
            service,
            severity: self::severity(severity),
            message,
            trace: id(trace),
            span: id(span),
            attributes: if source.is_empty() { &[] } else { &function },
        });
    }
    Ok(frame)
}

fn severity(level: &str) -> Severity {
    match level {
        "fatal" | "critical" | "panic" => Severity::Critical,
        "error" | "severe" => Severity::High,
        "warn" | "warning" => Severity::Medium,
        _ => Severity::Info,
    }
}
