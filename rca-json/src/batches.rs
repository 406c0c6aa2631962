//! What connectors read: events, telemetry, and an account of the reading.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rca_core::connectors::git::{DiffLimits, History, Repository, Tips};
use rca_core::connectors::{
    Batch, ColumnMap, Delivery, EntityRules, Format, Observer, ReadReport, Resolver, bundle, read,
    read_paths, read_table,
};
use rca_core::report::{Doctor, doctor_json};
use rca_core::{Error, Ingested, Refusals, Result, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::events::{Documents, appended, many};
use crate::settings::limits;
use crate::{json, parsed};

/// Names and descriptions of all formats.
///
/// # Errors
///
/// None but bugs.
pub fn formats() -> Result<String> {
    let all: Vec<Value> =
        Format::all().map(|format| json!({"name": format.name, "about": format.about})).collect();
    json(&all)
}

/// Files and folders; the format is told by content where none is given.
///
/// # Errors
///
/// [`rca_core::ErrorKind::NotFound`] for a path that is not there; else as [`read_paths`].
pub fn read_files(
    paths: &[PathBuf],
    format: Option<&str>,
    settings: &str,
    observer: Observer<'_>,
) -> Result<Batch> {
    let format = format.map(Format::named).transpose()?;
    let limits = limits(settings)?;
    if let Some(path) = paths.iter().find(|path| !path.exists()) {
        let hint = "give a file or a folder that is there".to_owned();
        return Err(Error::PathNotFound { path: path.clone(), hint });
    }
    let mut batch = read_paths(paths, format, &limits, observer)?;
    batch.sort();
    Ok(batch)
}

/// Bytes that somebody has already; `columns` (an object, role to name) names those of a table.
///
/// # Errors
///
/// As [`read()`].
pub fn read_bytes(
    name: &str,
    body: &[u8],
    format: Option<&str>,
    columns: Option<&str>,
    settings: &str,
    observer: Observer<'_>,
) -> Result<Batch> {
    let limits = limits(settings)?;
    let mut source = Cursor::new(body);
    let mut batch = match columns {
        Some(columns) => {
            let columns = column_map(parsed("columns", columns)?)?;
            read_table(name, &mut source, &columns, &limits, observer)?
        }
        None => {
            let format = format.map(Format::named).transpose()?;
            read(name, &mut source, format, &limits, observer)?
        }
    };
    batch.sort();
    Ok(batch)
}

/// Which column is which.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for a role that columns do not have.
pub fn column_map(columns: BTreeMap<String, String>) -> Result<ColumnMap> {
    let mut map = ColumnMap::default();
    for (role, column) in columns {
        let slot = match role.as_str() {
            "time" => &mut map.time,
            "entity" => &mut map.entity,
            "metric" => &mut map.metric,
            "value" => &mut map.value,
            "message" => &mut map.message,
            "severity" => &mut map.severity,
            other => {
                let reason = format!(
                    "{other:?} is no role; there are time, entity, metric, value, message, severity"
                );
                return Err(Error::value("columns", reason));
            }
        };
        *slot = Some(column);
    }
    Ok(map)
}

/// An incident bundle.
///
/// # Errors
///
/// As [`bundle::read`].
pub fn read_bundle(
    folder: impl AsRef<Path>,
    settings: &str,
    observer: Observer<'_>,
) -> Result<Batch> {
    bundle::read(folder, &limits(settings)?, observer)
}

/// Which commits.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Commits {
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    max_commits: Option<usize>,
    tips: Option<Vec<String>>,
}

/// Commits of a local repository.
///
/// # Errors
///
/// As [`Repository::history`].
pub fn read_git(
    path: impl AsRef<Path>,
    wanted: &str,
    settings: &str,
    observer: Observer<'_>,
) -> Result<Batch> {
    let wanted: Commits = parsed("history", wanted)?;
    let plain = History::default();
    let wanted = History {
        tips: wanted.tips.map_or(Tips::Head, Tips::Named),
        since: wanted.since,
        until: wanted.until,
        max_commits: wanted.max_commits.unwrap_or(plain.max_commits),
        ..plain
    };
    Repository::open(path)?.with_limits(limits(settings)?).history(&wanted, observer)
}

/// What was read, what was refused and why, what was missing.
#[must_use]
pub fn report(report: &ReadReport) -> Value {
    let inputs: Vec<Value> = report
        .inputs
        .iter()
        .map(|input| {
            let described: Vec<Value> = input
                .described
                .iter()
                .map(|refused| {
                    json!({
                        "input": refused.place.input,
                        "line": refused.place.line,
                        "offset": refused.place.offset,
                        "reason": refused.reason,
                    })
                })
                .collect();
            json!({
                "name": input.name,
                "format": input.format,
                "read": input.read,
                "refused": input.refused,
                "described": described,
                "bytes": input.bytes,
                "notes": input.notes,
                "redacted": input.redacted,
                "covers": input.covers,
                "entities": input.entities,
            })
        })
        .collect();
    json!({"inputs": inputs, "missing": report.missing, "ignored": report.ignored})
}

/// How much is in a batch: events, metric samples, spans, log records.
///
/// # Errors
///
/// None but bugs.
pub fn counts(batch: &Batch) -> Result<String> {
    let telemetry = &batch.telemetry;
    json(&json!({
        "events": batch.events.len(),
        "metric_points": telemetry.metrics.points(),
        "spans": telemetry.spans.len(),
        "log_records": telemetry.logs.len(),
        "covers": batch.covers(),
    }))
}

/// Its events in order.
#[must_use]
pub fn events(batch: &Arc<Batch>) -> Documents {
    let batch = Arc::clone(batch);
    let mut at = 0;
    Box::new(std::iter::from_fn(move || {
        let event = batch.events.get(at)?;
        at += 1;
        Some(json(event))
    }))
}

/// An account of the inputs.
///
/// # Errors
///
/// None but bugs.
pub fn examine(batch: &Batch) -> Result<String> {
    doctor_json(&Doctor::examine(batch, None))
}

/// What storing a batch or a delivery did.
///
/// # Errors
///
/// None but bugs.
pub fn ingested(done: &Ingested) -> Result<String> {
    json(&json!({"appended": appended(&done.appended), "letters": done.letters}))
}

/// Stores the events of a batch; what was refused goes to the dead letters unless `forget`.
///
/// # Errors
///
/// As [`Workspace::ingest_batch`].
pub fn ingest(workspace: &Workspace, batch: &Batch, forget: bool) -> Result<String> {
    let refused = if forget { Refusals::Forget } else { Refusals::Queue };
    ingested(&workspace.ingest_batch(batch, refused)?)
}

/// Stores what a webhook says; `headers` is an object of names and values.
///
/// # Errors
///
/// As [`Workspace::ingest_delivery`].
pub fn ingest_delivery(
    workspace: &Workspace,
    headers: &str,
    body: &[u8],
    received: DateTime<Utc>,
) -> Result<String> {
    let headers: BTreeMap<String, String> = parsed("headers", headers)?;
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
    ingested(&workspace.ingest_delivery(&Delivery { headers: &headers, body, received })?)
}

/// What a webhook says, without storing it; `headers` is an object of names and values.
///
/// # Errors
///
/// As [`Delivery::read`].
pub fn read_delivery(
    headers: &str,
    body: &[u8],
    received: DateTime<Utc>,
    settings: &str,
) -> Result<Batch> {
    let headers: BTreeMap<String, String> = parsed("headers", headers)?;
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (&**k, &**v)).collect();
    Delivery { headers: &headers, body, received }.read(&limits(settings)?)
}

/// A batch of events made by hand.
///
/// # Errors
///
/// As [`many`].
pub fn of_events(events: &str) -> Result<Batch> {
    Ok(Batch { events: many(events)?, ..Batch::default() })
}

/// Everything of several batches, in canonical order.
#[must_use]
pub fn joined(parts: Vec<Arc<Batch>>) -> Batch {
    let mut whole = Batch::default();
    for part in parts {
        whole.add(Arc::unwrap_or_clone(part));
    }
    whole.sort();
    whole
}

/// The same with every entity under one name; `rules` (JSON, as in a rules file) say which names mean the same.
///
/// # Errors
///
/// As [`EntityRules::from_json`] and [`Resolver::new`].
pub fn resolved(batch: Arc<Batch>, rules: &str) -> Result<Batch> {
    let resolver = Resolver::new(&EntityRules::from_json(rules)?)?;
    let mut batch = Arc::unwrap_or_clone(batch);
    batch.resolve(&resolver);
    Ok(batch)
}

/// Everything that it is about.
///
/// # Errors
///
/// None but bugs.
pub fn entities(batch: &Batch) -> Result<String> {
    json(&batch.entities())
}

/// What a commit of a local repository changes, as a unified diff.
///
/// # Errors
///
/// As [`Repository::diff`].
pub fn git_diff(path: &Path, sha: &str) -> Result<String> {
    Repository::open(path)?.diff(sha, &DiffLimits::default())
}
