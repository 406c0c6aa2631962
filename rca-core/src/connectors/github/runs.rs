//! CI: workflow runs and jobs, checks, commit statuses.

use super::super::attribute as name;
use super::super::intake::{Intake, joined_id};
use super::super::node::Node;
use super::super::outcome::Outcome;
use super::inside;
use crate::model::{Event, EventBuilder, Source, attribute};

/// A run of something: it has a status, and a conclusion once it is over.
pub(super) fn run(
    kind: &str,
    item: Node<'_>,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let id = item.word("id").ok_or("no id")?;
    let status = item.text("status").unwrap_or("unknown");
    let conclusion = item.text("conclusion");
    let outcome = conclusion.and_then(Outcome::of);
    if conclusion.is_some() && outcome.is_none() {
        intake.note("a conclusion that we do not know was kept as it is");
    }
    let time = item.time(if conclusion.is_some() {
        &["completed_at", "updated_at", "started_at", "created_at"]
    } else {
        &["started_at", "run_started_at", "created_at", "updated_at"]
    });
    // A check suite in a list carries no time but its commit's.
    let time = time.or_else(|reason| item.time(&["head_commit.timestamp"]).map_err(|_| reason))?;
    let label = item
        .first_text(&["name", "display_title", "app.name", "app.slug"])
        .or(payload.text("workflow.name"))
        .unwrap_or(kind);
    let word = outcome.map(Outcome::as_str).or(conclusion).unwrap_or(status);
    let branch = item.first_text(&["head_branch", "check_suite.head_branch"]);
    let on = branch.map_or_else(String::new, |branch| format!(" on {branch}"));
    let attempt = item.word("run_attempt").unwrap_or_default();
    let title = format!("{} {label}: {word}{on}{}", noun(kind), inside(payload));
    let event = Event::builder(time, Source::Ci, event_type(kind), &title)
        .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
        .with_source_id(joined_id(&["github", kind, &id, &attempt, conclusion.unwrap_or(status)]))
        .with_body(text(kind, item, intake))
        .with_attribute(attribute::COMMIT, item.text("head_sha"))
        .with_attribute(name::REF, branch)
        .with_attribute(name::RUN_STATE, conclusion.is_none().then_some(status))
        .with_attribute(name::URL, item.text("html_url"));
    Ok(match kind {
        "workflow_run" | "check_suite" => event
            .with_attribute(name::PIPELINE, label)
            .with_attribute(name::RUN, id)
            .with_attribute(name::RESULT, conclusion.map(|_| word)),
        _ => event
            .with_attribute(name::PIPELINE, item.text("workflow_name"))
            .with_attribute(name::RUN, item.word("run_id").or(item.word("check_suite.id")))
            .with_attribute(name::TASK, label)
            .with_attribute(name::TASK_RUN, id)
            .with_attribute(name::TASK_RESULT, conclusion.map(|_| word)),
    })
}

fn event_type(kind: &str) -> &str {
    match kind {
        "workflow_run" => "pipeline_run",
        "workflow_job" => "pipeline_task",
        other => other,
    }
}

fn noun(kind: &str) -> &'static str {
    match kind {
        "workflow_run" => "workflow",
        "workflow_job" => "job",
        "check_suite" => "checks of",
        _ => "check",
    }
}

/// What a check found; the steps of a job that went wrong.
fn text(kind: &str, item: Node<'_>, intake: &mut Intake) -> String {
    if kind == "workflow_job" {
        let bad = item.items("steps").filter(|step| {
            step.text("conclusion").and_then(Outcome::of).is_some_and(Outcome::is_bad)
        });
        let lines: Vec<String> = bad
            .map(|step| format!("step failed: {}", step.text("name").unwrap_or("without a name")))
            .collect();
        return intake.body(&lines.join("\n"));
    }
    let parts: Vec<&str> = ["output.title", "output.summary", "output.text"]
        .iter()
        .filter_map(|path| item.text(path))
        .collect();
    intake.body(&parts.join("\n"))
}

/// What another system says of a commit.
pub(super) fn status(payload: Node<'_>) -> Result<EventBuilder, String> {
    let context = payload.text("context").ok_or("no context")?;
    let state = payload.text("state").ok_or("no state")?;
    let time = payload.time(&["updated_at", "created_at"])?;
    let outcome = Outcome::of(state);
    let said = payload.text("description");
    let title = format!("status {context}: {state}{}", inside(payload));
    let event = Event::builder(time, Source::Ci, "status", &title)
        .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
        .with_body(said.unwrap_or_default())
        .with_attribute(attribute::COMMIT, payload.text("sha"))
        .with_attribute(name::TASK, context)
        .with_attribute(name::TASK_RESULT, outcome.map(Outcome::as_str))
        .with_attribute(name::RUN_STATE, outcome.is_none().then_some(state))
        .with_attribute(name::URL, payload.text("target_url"));
    Ok(match payload.word("id") {
        Some(id) => event.with_source_id(joined_id(&["github/status", &id])),
        None => event,
    })
}
