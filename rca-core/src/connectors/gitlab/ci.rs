//! Pipelines, jobs, deployments.

use super::super::intake::joined_id;
use super::super::outcome::Outcome;
use super::super::rollout::{Rollout, Stage};
use super::*;

pub(super) fn pipeline(hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let item = hook.at("object_attributes").ok_or("no object_attributes")?;
    let id = item.word("id").ok_or("no id")?;
    let status = item.text("status").ok_or("no status")?;
    let outcome = Outcome::of(status);
    let time = item.time(match outcome {
        Some(_) => &["finished_at", "created_at"],
        None => &["created_at"],
    })?;
    let branch = item.text("ref");
    let label = item.text("name").unwrap_or("pipeline");
    let word = outcome.map_or(status, |outcome| outcome.as_str());
    let on = branch.map_or_else(String::new, |branch| format!(" on {branch}"));
    let label_of = if label == "pipeline" { id.as_str() } else { label };
    let title = format!("pipeline {label_of}: {word}{on}{}", inside(hook));
    let failed: Vec<String> = hook
        .items("builds")
        .filter(|job| job.text("status") == Some("failed") && !job.is_true("allow_failure"))
        .map(|job| {
            let reason = job.text("failure_reason").unwrap_or("no reason given");
            format!("job failed: {} ({reason})", job.text("name").unwrap_or("without a name"))
        })
        .collect();
    Ok(Event::builder(time, Source::Ci, "pipeline_run", &title)
        .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
        .with_source_id(joined_id(&["gitlab/pipeline", &id, status]))
        .with_body(intake.body(&failed.join("\n")))
        .with_attribute(attribute::COMMIT, item.text("sha").or(hook.text("commit.id")))
        .with_attribute(name::REF, branch)
        .with_attribute(name::PIPELINE, label)
        .with_attribute(name::RUN, id)
        .with_attribute(name::RESULT, outcome.map(Outcome::as_str))
        .with_attribute(name::RUN_STATE, outcome.is_none().then_some(status))
        .with_attribute(name::DURATION, item.number("duration"))
        .with_attribute(name::URL, item.text("url")))
}

pub(super) fn job(hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let id = hook.word("build_id").ok_or("no build_id")?;
    let status = hook.text("build_status").ok_or("no build_status")?;
    let outcome = Outcome::of(status);
    let time = hook.time(match outcome {
        Some(_) => &["build_finished_at", "build_started_at", "build_created_at"],
        None => &["build_started_at", "build_created_at"],
    });
    let time = match time {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let label = hook.text("build_name").unwrap_or("job");
    let branch = hook.text("ref");
    let on = branch.map_or_else(String::new, |branch| format!(" on {branch}"));
    let word = outcome.map_or(status, |outcome| outcome.as_str());
    let title = format!("job {label}: {word}{on}{}", inside(hook));
    // The runner says "unknown_failure" also of jobs that did well.
    let bad = outcome.is_some_and(Outcome::is_bad);
    let reason = hook.text("build_failure_reason").filter(|_| bad);
    Ok(Event::builder(time, Source::Ci, "pipeline_task", &title)
        .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
        .with_source_id(joined_id(&["gitlab/job", &id, status]))
        .with_body(intake.body(reason.unwrap_or_default()))
        .with_attribute(attribute::COMMIT, hook.text("sha"))
        .with_attribute(name::REF, branch)
        .with_attribute(name::RUN, hook.word("pipeline_id"))
        .with_attribute(name::TASK, label)
        .with_attribute(name::TASK_RUN, id)
        .with_attribute(name::TASK_RESULT, outcome.map(Outcome::as_str))
        .with_attribute(name::RUN_STATE, outcome.is_none().then_some(status))
        .with_attribute(name::ENVIRONMENT, hook.text("environment.name"))
        .with_attribute(name::DURATION, hook.number("build_duration")))
}

pub(super) fn deployment(hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let id = hook.word("deployment_id").ok_or("no deployment_id")?;
    let status = hook.text("status").ok_or("no status")?;
    let time = match hook.time(&["status_changed_at"]) {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let stage = match status {
        "success" => Stage::Done,
        "failed" => Stage::Failed,
        other => Stage::Other(other),
    };
    let service = hook.text("project.path_with_namespace").and_then(|path| path.rsplit('/').next());
    // The address of the commit ends with the whole hash; the hook has only a short one else.
    let full = hook.text("commit_url").and_then(|url| url.rsplit('/').next());
    let full = full.filter(|sha| sha.len() >= 40 && sha.bytes().all(|b| b.is_ascii_hexdigit()));
    let rollout = Rollout {
        stage,
        entity: service.map(Entity::service),
        commit: full.or(hook.text("short_sha")),
        version: None,
        environment: hook.text("environment"),
    };
    Ok(rollout
        .event(time)
        .with_source_id(joined_id(&["gitlab/deployment", &id, status]))
        .with_body(intake.body(hook.text("commit_title").unwrap_or_default()))
        .with_attribute(name::DEPLOYMENT, id)
        .with_attribute(name::REF, hook.text("ref"))
        .with_attribute(name::URL, hook.text("deployable_url")))
}
