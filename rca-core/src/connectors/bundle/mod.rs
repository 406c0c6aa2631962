//! The incident bundle: a folder with what the people on call already have.
//!
//! | file | records |
//! |---|---|
//! | `alert.json` | service, metric, threshold, observed, fired_at, severity, monitor, summary |
//! | `logs.ndjson` | timestamp, service, severity_text, message, trace_id, free attributes |
//! | `metrics.csv` | `timestamp,service,metric,value`, one sample a line |
//! | `traces.json` | trace_id, span_id, parent_id, service, name, start, duration_ms, status, free attributes |
//! | `context/commits.json` | sha, author, timestamp, message, files_changed, diff |
//! | `context/deploys.json` | timestamp, service, commit_sha, version |
//! | `context/flags.json` | timestamp, flag, service, change, actor |
//! | `status_feed.json` | posts of a provider: service, status, title, started_at, detail |
//!
//! Every file is optional. JSON files hold an array, one object, or objects line by line. Common
//! other names of fields (`ts`, `level`, `service.name`, ...) are understood; what remains becomes
//! attributes. Times without an offset are taken as UTC, which the report says.
//!
//! `patterns.json` (log signatures counted by somebody else) is left alone: its records carry no
//! time, and the engine mines signatures from the logs itself.

mod alerts;
mod changes;
mod logs;
mod metrics;
mod status;
mod traces;

pub(super) use alerts::severity as alert_severity;
pub(super) use logs::{CUT, severity, severity_number, severity_word};

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use super::batch::Events;
use super::fields;
use super::format::{Certainty, Format, Sample};
use super::reading::Reading;
use super::{Batch, Limits, Observer};
use crate::error::{Error, Place, Result};

/// A kind of file in a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// Monitors that fired.
    Alerts,
    /// Log records.
    Logs,
    /// Samples.
    Metrics,
    /// Spans.
    Traces,
    /// Commits with their diffs.
    Commits,
    /// Deploys.
    Deploys,
    /// Flag changes.
    Flags,
    /// Posts of providers.
    Status,
}

/// File names by part; the first of a part is the usual one.
const FILES: &[(&str, Part)] = &[
    ("alert.json", Part::Alerts),
    ("alerts.json", Part::Alerts),
    ("logs.ndjson", Part::Logs),
    ("logs.jsonl", Part::Logs),
    ("logs.json", Part::Logs),
    ("metrics.csv", Part::Metrics),
    ("traces.json", Part::Traces),
    ("traces.ndjson", Part::Traces),
    ("spans.json", Part::Traces),
    ("context/commits.json", Part::Commits),
    ("commits.json", Part::Commits),
    ("context/deploys.json", Part::Deploys),
    ("deploys.json", Part::Deploys),
    ("context/flags.json", Part::Flags),
    ("flags.json", Part::Flags),
    ("status_feed.json", Part::Status),
    ("status.json", Part::Status),
];

impl Part {
    /// All, in the order of reading.
    pub const ALL: [Self; 8] = [
        Self::Alerts,
        Self::Logs,
        Self::Metrics,
        Self::Traces,
        Self::Commits,
        Self::Deploys,
        Self::Flags,
        Self::Status,
    ];

    /// The part that a file holds, by its name within the bundle (`context/commits.json`).
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        FILES.iter().find(|(name, _)| *name == file).map(|(_, part)| *part)
    }

    /// The usual name of its file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        FILES.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| name)
    }

    /// The name used in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
            Self::Commits => "commits",
            Self::Deploys => "deploys",
            Self::Flags => "flags",
            Self::Status => "status",
        }
    }
}

/// Reads a bundle folder, everything in canonical order.
///
/// Damaged records are counted and described in the report; they are no errors.
///
/// # Errors
///
/// [`NotFound`](crate::ErrorKind::NotFound) when there is no such folder,
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when nothing in it is known,
/// [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so, and what the file system
/// says.
pub fn read(folder: impl AsRef<Path>, limits: &Limits, observer: Observer<'_>) -> Result<Batch> {
    let folder = folder.as_ref();
    let files = list(folder)?;
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    read_all(&names, &folder.display().to_string(), limits, observer, &|name| {
        let path = folder.join(name);
        let file = fs::File::open(&path).map_err(|error| Error::io("open", path, error))?;
        Ok(Box::new(file) as Box<dyn Read>)
    })
}

/// Reads a bundle that is in memory: contents by file name (`context/commits.json`).
///
/// # Errors
///
/// Like [`read`].
pub fn read_memory(
    files: &BTreeMap<String, Vec<u8>>,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    read_all(&names, "bundle", limits, observer, &|name| {
        let bytes = files.get(name).map(Vec::as_slice).unwrap_or_default();
        Ok(Box::new(bytes) as Box<dyn Read + '_>)
    })
}

/// Reads one file's content and adds what it holds to a batch, in order of the input.
///
/// # Errors
///
/// [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so, and what the reader says.
pub fn read_part(
    part: Part,
    name: &str,
    source: &mut dyn Read,
    limits: &Limits,
    observer: Observer<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut reading = Reading::new(name, part.as_str(), limits, observer);
    let mut input = Batch::default();
    read_records(part, source, &mut reading, &mut input)?;
    let report = reading.close()?;
    batch.admit(input, report, limits);
    Ok(())
}

fn read_records(
    part: Part,
    mut source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let source = &mut source;
    let Batch { events, telemetry, .. } = batch;
    match part {
        Part::Logs => logs::read(source, reading, &mut telemetry.logs),
        Part::Metrics => metrics::read(source, reading, &mut telemetry.metrics),
        Part::Traces => traces::read(source, reading, &mut telemetry.spans),
        Part::Alerts => alerts::read(source, reading, &mut Events::new(events)),
        Part::Commits => changes::commits(source, reading, &mut Events::new(events)),
        Part::Deploys => changes::deploys(source, reading, &mut Events::new(events)),
        Part::Flags => changes::flags(source, reading, &mut Events::new(events)),
        Part::Status => status::read(source, reading, &mut Events::new(events)),
    }
}

/// One entry of [`FORMATS`].
macro_rules! part {
    ($part:expr, $name:literal, $about:literal) => {
        Format {
            name: $name,
            about: $about,
            recognise: |sample| recognise($part, sample),
            read: |source, reading, batch| read_records($part, source, reading, batch),
        }
    };
}

/// What each file of a bundle holds, as formats of their own.
pub(super) const FORMATS: &[Format] = &[
    part!(Part::Alerts, "alerts", "monitors that fired: service, metric, threshold, fired_at"),
    part!(Part::Logs, "logs", "log records, one JSON object a line: timestamp, service, message"),
    part!(Part::Metrics, "metrics", "samples as CSV: timestamp,service,metric,value"),
    part!(
        Part::Traces,
        "traces",
        "spans: trace_id, span_id, parent_id, service, name, start, duration_ms"
    ),
    part!(
        Part::Commits,
        "commits",
        "commits: sha, author, timestamp, message, files_changed, diff"
    ),
    part!(Part::Deploys, "deploys", "deploys: timestamp, service, commit_sha, version"),
    part!(Part::Flags, "flags", "feature flag changes: timestamp, flag, service, change, actor"),
    part!(
        Part::Status,
        "status",
        "posts of a provider: service, status, title, started_at, detail"
    ),
];

/// By the file's name, else by the names of its fields.
fn recognise(part: Part, sample: &Sample<'_>) -> Option<Certainty> {
    if Part::of(&sample.name) == Some(part) {
        return Some(Certainty::Certain);
    }
    let has = |names: &[&str]| sample.has_any(names);
    let header = || sample.lines().next().unwrap_or_default().to_lowercase();
    let fits = match part {
        Part::Metrics => {
            let header = header();
            let cells: Vec<&str> = header.split(',').map(str::trim).collect();
            cells.contains(&"value")
                && (cells.contains(&"metric") || cells.contains(&"metric_name"))
        }
        Part::Traces => has(fields::TRACE) && has(fields::SPAN) && has(fields::PARENT),
        Part::Commits => has(&["sha", "hash"]) && has(fields::COMMIT_MESSAGE) && has(fields::FILES),
        Part::Deploys => has(&["commit_sha", "version"]) && has(&["deployed_at"]),
        Part::Flags => has(&["flag", "flag_key"]) && has(FLAG_CHANGES),
        Part::Alerts => has(&["fired_at"]),
        Part::Logs => has(fields::TIME) && has(fields::MESSAGE) && has(fields::SEVERITY),
        Part::Status => false,
    };
    fits.then_some(if part == Part::Logs { Certainty::Possible } else { Certainty::Likely })
}

/// What tells a flag change from another record with a flag.
const FLAG_CHANGES: &[&str] = &["change", "variant", "transition"];

type Open<'o> = &'o dyn Fn(&str) -> Result<Box<dyn Read + 'o>>;

fn read_all(
    names: &[&str],
    place: &str,
    limits: &Limits,
    observer: Observer<'_>,
    open: Open<'_>,
) -> Result<Batch> {
    let mut batch = Batch::default();
    if !names.iter().any(|name| Part::of(name).is_some()) {
        let expected = Part::ALL.map(Part::file_name).join(", ");
        let place = Place { input: Some(place.to_owned()), ..Place::default() };
        return Err(Error::invalid(
            place,
            format!("no file of a bundle; expected any of {expected}"),
        ));
    }
    for part in Part::ALL {
        let of_part = FILES.iter().filter(|(name, of)| *of == part && names.contains(name));
        let mut any = false;
        for (name, _) in of_part {
            any = true;
            read_part(part, name, &mut *open(name)?, limits, observer, &mut batch)?;
        }
        if !any {
            batch.report.missing.push(part.file_name().to_owned());
        }
    }
    let mut unknown: Vec<&str> =
        names.iter().copied().filter(|name| Part::of(name).is_none()).collect();
    unknown.sort_unstable();
    batch.report.ignored.extend(unknown.into_iter().map(|name| match name {
        "patterns.json" => format!("{name}: signatures are mined from the logs"),
        _ => format!("{name}: not a file of a bundle"),
    }));
    batch.sort();
    Ok(batch)
}

/// Files of the folder and of its `context` folder, by name; hidden ones are not looked at.
fn list(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Err(Error::PathNotFound {
            path: folder.to_owned(),
            hint: format!("give a folder that holds {} and the like", Part::Alerts.file_name()),
        });
    }
    if !folder.is_dir() {
        let place = Place { input: Some(folder.display().to_string()), ..Place::default() };
        return Err(Error::invalid(place, "a file; give the folder that holds the bundle"));
    }
    let mut names = files_in(folder, "")?;
    let context = folder.join("context");
    if context.is_dir() {
        names.extend(files_in(&context, "context/")?);
    }
    names.sort_unstable();
    Ok(names)
}

fn files_in(folder: &Path, prefix: &str) -> Result<Vec<String>> {
    let failed = |error| Error::io("list", folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || (prefix.is_empty() && name == "context") {
            continue;
        }
        names.push(format!("{prefix}{name}"));
    }
    Ok(names)
}
