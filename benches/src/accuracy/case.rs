//! One incident, as a user would hand it to the library, and its answer.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use cpu_time::ProcessTime;
use rca_core::detect::{Scope, detect};
use rca_core::model::{Analysis, Event, Finding, Source, StackFrame};
use rca_core::rank::{Blame, Inputs, Options, analyze};
use rca_core::signal::Telemetry;
use rca_core::time::TimeRange;
use serde::Serialize;

use crate::accuracy::Result;

/// Everything known about an incident.
#[derive(Debug, Clone)]
pub struct Case {
    /// Changes, alerts, the call graph where it is known beforehand.
    pub events: Vec<Event>,
    /// What was measured.
    pub telemetry: Telemetry,
    /// Normal operation, recorded at another time.
    pub reference: Option<Telemetry>,
    /// The time under study.
    pub window: TimeRange,
    /// When it was surely bad.
    pub alarm: Option<DateTime<Utc>>,
    /// What people saw.
    pub symptom: String,
    /// Code locations.
    pub frames: Vec<StackFrame>,
    /// Lines that each commit wrote of the code in the frames.
    pub blame: BTreeMap<String, u32>,
    /// Longest list of causes.
    pub max_causes: usize,
}

impl Case {
    /// A window with nothing in it.
    #[must_use]
    pub fn new(window: TimeRange) -> Self {
        Self {
            events: Vec::new(),
            telemetry: Telemetry::default(),
            reference: None,
            window,
            alarm: None,
            symptom: String::new(),
            frames: Vec::new(),
            blame: BTreeMap::new(),
            max_causes: Options::default().max_causes,
        }
    }

    /// Detects, then ranks, with the defaults of the library.
    pub fn analyze(self) -> Result<Analysis> {
        Ok(self.detect()?.rank(&Options::default()))
    }

    /// Turns telemetry into findings, which is all that the ranking needs.
    pub fn detect(mut self) -> Result<Detected> {
        self.telemetry.sort();
        if let Some(reference) = &mut self.reference {
            reference.sort();
        }
        let mut scope = Scope::new(self.window);
        scope.alarm = self.alarm;
        scope.reference = self.reference.as_ref();
        for finding in detect(&self.telemetry, &scope) {
            self.events.push(finding.to_event(self.window.start)?);
        }
        let blame = self.blame.into_iter().map(|(sha, lines)| Blame { sha, lines }).collect();
        Ok(Detected {
            events: self.events,
            window: self.window,
            alarm: self.alarm,
            symptom: self.symptom,
            frames: self.frames,
            blame,
            max_causes: self.max_causes,
        })
    }
}

/// A case whose telemetry was looked at: small, and ranked as often as needed.
#[derive(Debug, Clone)]
pub struct Detected {
    /// As in the case, with a finding for everything that moved.
    pub events: Vec<Event>,
    window: TimeRange,
    alarm: Option<DateTime<Utc>>,
    symptom: String,
    frames: Vec<StackFrame>,
    blame: Vec<Blame>,
    /// Longest list of causes.
    pub max_causes: usize,
}

/// Something that the ranking could do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What metrics showed.
    Metrics,
    /// What metrics cost.
    Impacts,
    /// What logs showed.
    Logs,
    /// What traces showed.
    Traces,
    /// Who calls whom.
    Calls,
    /// The alert.
    Alert,
    /// Deploys.
    Deploys,
    /// Words that people said.
    Symptom,
    /// Code locations.
    Frames,
    /// Who wrote the code around them.
    Blame,
}

impl Part {
    /// All, in order.
    pub const ALL: [Self; 10] = [
        Self::Metrics,
        Self::Impacts,
        Self::Logs,
        Self::Traces,
        Self::Calls,
        Self::Alert,
        Self::Deploys,
        Self::Symptom,
        Self::Frames,
        Self::Blame,
    ];

    fn is(self, event: &Event) -> bool {
        match self {
            Self::Alert => *event.source() == Source::Alert,
            Self::Deploys => *event.source() == Source::Deploy,
            Self::Symptom | Self::Frames | Self::Blame => false,
            _ => matches!(
                (self, Finding::from_event(event)),
                (Self::Metrics, Some(Finding::MetricShift(_)))
                    | (Self::Impacts, Some(Finding::Impact(_)))
                    | (Self::Logs, Some(Finding::LogShift(_)))
                    | (Self::Traces, Some(Finding::TraceShift(_)))
                    | (Self::Calls, Some(Finding::CallEdge(_)))
            ),
        }
    }
}

impl Detected {
    /// The same without a part.
    #[must_use]
    pub fn without(mut self, part: Part) -> Self {
        match part {
            Part::Symptom => self.symptom.clear(),
            Part::Frames => self.frames.clear(),
            Part::Blame => self.blame.clear(),
            _ => self.events.retain(|event| !part.is(event)),
        }
        self
    }

    /// Ranks; the length of the list is the case's, the rest the options'.
    #[must_use]
    pub fn rank(&self, options: &Options) -> Analysis {
        let inputs = Inputs {
            symptom: &self.symptom,
            alarm: self.alarm,
            frames: &self.frames,
            blame: &self.blame,
            ..Inputs::new(&self.events, self.window)
        };
        analyze(&inputs, &Options { max_causes: self.max_causes, ..options.clone() })
    }
}

/// A moment, from seconds since 1970.
pub fn at_second(seconds: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| format!("{seconds} is no time in seconds since 1970").into())
}

/// A result with the CPU seconds it took.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = ProcessTime::now();
    let result = work()?;
    Ok((result, start.elapsed().as_secs_f64()))
}

/// Writes predictions as JSON.
pub fn write_json(path: &Path, predictions: &impl Serialize) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(predictions)?;
    std::fs::write(path, text + "\n")
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
