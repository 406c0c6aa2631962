//! Asking, and showing what came out.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rca_core::connectors::{Batch, EntityRules, Format};
use rca_core::model::{Cause, InvestigationId, StackFrame};
use rca_core::report::canvas::Canvas;
use rca_core::report::{self, Doctor, Style, View};
use rca_core::time::TimeRange;
use rca_core::{Error, Incident, Inquiry, Investigated, Result, Workspace, analyze};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::settings::{limits, options};
use crate::{batches, json, parsed};

/// A path, with its format where that is known.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Told(PathBuf),
    Known { path: PathBuf, format: String },
}

/// Any mix of inputs, and what people on call know beside them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    paths: Vec<Input>,
    repositories: Vec<PathBuf>,
    alert_files: Vec<PathBuf>,
    alert: Option<String>,
    at: Option<DateTime<Utc>>,
    entity: Option<String>,
    /// `START/END`, or a duration such as `90m`.
    window: Option<String>,
    rules: Option<Value>,
    rules_file: Option<PathBuf>,
    settings: Option<Value>,
    /// About what telemetry may take while it is read and judged.
    memory_bytes: Option<usize>,
}

/// The inquiry of a document, over batches that were read already.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for unknown formats, windows, rules or settings.
pub fn inquiry(wanted: &str, batches: Vec<Arc<Batch>>) -> Result<Inquiry> {
    let wanted: Wanted = parsed("inquiry", wanted)?;
    let settings = wanted.settings.map(|settings| settings.to_string()).unwrap_or_default();
    let mut inquiry = Inquiry::new().with_limits(limits(&settings)?);
    for input in wanted.paths {
        inquiry = match input {
            Input::Told(path) => inquiry.with_path(path),
            Input::Known { path, format } => inquiry.with_path_as(path, Format::named(&format)?),
        };
    }
    inquiry = wanted.repositories.into_iter().fold(inquiry, Inquiry::with_repository);
    inquiry = wanted.alert_files.into_iter().fold(inquiry, Inquiry::with_alert_file);
    inquiry = batches.into_iter().fold(inquiry, Inquiry::with_batch);
    if let Some(bytes) = wanted.memory_bytes {
        inquiry = inquiry.with_memory(bytes);
    }
    if let Some(text) = wanted.alert {
        inquiry = inquiry.with_alert(text);
    }
    if let Some(time) = wanted.at {
        inquiry = inquiry.at(time);
    }
    if let Some(name) = wanted.entity {
        inquiry = inquiry.about(name);
    }
    if let Some(window) = wanted.window {
        inquiry = inquiry.within(window.parse()?);
    }
    if let Some(rules) = wanted.rules {
        inquiry = inquiry.with_rules(EntityRules::from_json(&rules.to_string())?);
    }
    if let Some(file) = wanted.rules_file {
        inquiry = inquiry.with_rules(EntityRules::open(file)?);
    }
    Ok(inquiry)
}

/// What is known beside a batch.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Beside {
    window: Option<TimeRange>,
    symptom: String,
    frames: Vec<StackFrame>,
    settings: Option<Value>,
}

/// Ranks the causes of an incident in memory.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that make no sense.
pub fn analyze_batch(batch: &Batch, beside: &str) -> Result<String> {
    let beside: Beside = parsed("incident", beside)?;
    let settings = beside.settings.map(|settings| settings.to_string()).unwrap_or_default();
    let options = options(&settings)?;
    let incident = Incident {
        window: beside.window,
        symptom: &beside.symptom,
        frames: &beside.frames,
        options: Some(&options),
        ..Incident::from(batch)
    };
    report::json(&analyze(&incident))
}

/// An investigation with its answer, and what was read and what was not.
///
/// # Errors
///
/// None but bugs.
pub fn investigated(done: &Investigated) -> Result<String> {
    json(&json!({
        "investigation": done.investigation,
        "analysis": done.analysis,
        "report": batches::report(&done.report),
    }))
}

/// Analyses an investigation; says also what it took.
///
/// # Errors
///
/// As [`Workspace::analyze_counting`].
pub fn analyze_counting(workspace: &Workspace, id: InvestigationId) -> Result<(String, String)> {
    let (analysis, work) = workspace.analyze_counting(id)?;
    let work = json!({
        "events_read": work.events_read,
        "diffs_read": work.diffs_read,
        "diffs_reused": work.diffs_reused,
        "detectors_run": work.detectors_run,
        "judged": work.judged,
    });
    Ok((report::json(&analysis)?, json(&work)?))
}

/// A report of an answer: `markdown`, `text` (so many columns wide), `colour` or canonical `json`.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for text that is no answer, or another kind.
pub fn render(analysis: &str, kind: &str, width: usize) -> Result<String> {
    let analysis = report::from_json(analysis)?;
    let view = View::of(&analysis);
    Ok(match kind {
        "markdown" => report::markdown(&view),
        "text" => report::terminal(&view, Style::Plain, width),
        "colour" => report::terminal(&view, Style::Colour, width),
        "json" => report::json(&analysis)?,
        other => return Err(no_kind(other)),
    })
}

/// An account of the inputs, in the kinds of [`render`].
///
/// # Errors
///
/// As [`render`].
pub fn render_doctor(doctor: &str, kind: &str, width: usize) -> Result<String> {
    let doctor: Doctor = parsed("doctor", doctor)?;
    Ok(match kind {
        "markdown" => doctor.markdown(),
        "text" => doctor.text(Style::Plain, width),
        "colour" => doctor.text(Style::Colour, width),
        "json" => report::doctor_json(&doctor)?,
        other => return Err(no_kind(other)),
    })
}

/// What stays the same of a cause when it is analysed again; notes and hypotheses name it so.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for text that is no cause.
pub fn cause_key(cause: &str) -> Result<String> {
    Ok(parsed::<Cause>("cause", cause)?.key().to_string())
}

fn no_kind(kind: &str) -> Error {
    Error::value("kind", format!("{kind:?} is none of markdown, text, colour, json"))
}

/// What documents of a case show, with the telemetry behind it where it is at hand.
///
/// # Errors
///
/// As [`Workspace::canvas_with`].
pub fn canvas_of(
    workspace: &Workspace,
    id: InvestigationId,
    batch: Option<&Batch>,
) -> Result<Canvas> {
    match batch {
        Some(batch) => workspace.canvas_with(id, &batch.telemetry),
        None => workspace.canvas(id),
    }
}

/// The investigation canvas of a case as one HTML page.
///
/// # Errors
///
/// As [`canvas_of`].
pub fn canvas(workspace: &Workspace, id: InvestigationId, batch: Option<&Batch>) -> Result<String> {
    report::html(&canvas_of(workspace, id, batch)?)
}
