//! GitLab webhooks.
//!
//! | hook | becomes |
//! |---|---|
//! | `push`, `tag_push` | a `commit` each, and a `push` |
//! | `merge_request` | `pull_request`: number, state, branches, head |
//! | `pipeline` | `pipeline_run`: outcome, commit, branch; its failed jobs in the body |
//! | `build` (a job) | `pipeline_task`: outcome, commit, branch, stage, why it failed |
//! | `deployment` | `deploy` in source `deploy` when it is over, else `deployment` in source `ci` |
//! | `feature_flag` | `flag` in source `flag` |
//! | all others | source `gitlab` under their kind: action, subject, who |
//!
//! The entity of a deploy is the project's name.

mod ci;
mod code;
#[cfg(test)]
mod tests;

use super::attribute as name;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake};
use super::node::Node;
use crate::model::{Entity, EntityKind, Event, EventBuilder, Source, attribute};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "gitlab",
    about: "GitLab webhooks: pushes, merge requests, pipelines, jobs, deployments, feature flags",
    recognise,
    read: |source, reading, batch| intake::documents(source, reading, batch, parse),
}];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let project = ["project.path_with_namespace", "project_id", "project.id"];
    (sample.has("object_kind") && sample.has_any(&project)).then_some(Certainty::Certain)
}

fn parse(hook: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let kind = hook.text("object_kind").ok_or("no object_kind")?;
    let event = match kind {
        "push" | "tag_push" => return code::push(kind, hook, intake),
        "merge_request" => code::merge_request(hook, intake)?,
        "pipeline" => ci::pipeline(hook, intake)?,
        "build" => ci::job(hook, intake)?,
        "deployment" => ci::deployment(hook, intake)?,
        "feature_flag" => flag(hook, intake)?,
        other => generic(other, hook, intake)?,
    };
    intake.push(described(event, kind, hook));
    Ok(())
}

fn described(event: EventBuilder, kind: &str, hook: Node<'_>) -> EventBuilder {
    let project = hook.first_text(&["project.path_with_namespace", "project_name"]);
    let event = match project {
        Some(project) if !event.has_entity() => {
            event.with_entity(Entity::new(EntityKind::Repository, project))
        }
        _ => event,
    };
    event
        .with_attribute(name::KIND, kind)
        .with_attribute(name::ACTION, hook.text("object_attributes.action"))
        .with_attribute(attribute::ACTOR, hook.first_text(&["user.username", "user_username"]))
        .with_attribute(name::REPOSITORY, project)
}

/// ` in group/project`, where known.
fn inside(hook: Node<'_>) -> String {
    hook.first_text(&["project.path_with_namespace", "project_name"])
        .map_or_else(String::new, |name| format!(" in {name}"))
}

/// A flag of the project was changed. The hook has no time of its own.
fn flag(hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let key = hook.text("object_attributes.name").ok_or("no name of a flag")?;
    let time = match hook.time(&["object_attributes.updated_at"]) {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let change = if hook.is_true("object_attributes.active") { "on" } else { "off" };
    let event = Event::builder(time, Source::Flag, "flag", &format!("flag {key} {change}"))
        .with_attribute(attribute::FLAG, key)
        .with_attribute(attribute::FLAG_CHANGE, change);
    Ok(match hook.text("project.path_with_namespace").and_then(|path| path.rsplit('/').next()) {
        Some(project) => event.with_service(project),
        None => event,
    })
}

fn generic(kind: &str, hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let time = match hook.time(&[
        "object_attributes.updated_at",
        "object_attributes.created_at",
        "released_at",
        "updated_at",
        "created_at",
    ]) {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let words: Vec<&str> = [Some(kind), hook.first_text(&["object_attributes.action", "action"])]
        .into_iter()
        .flatten()
        .collect();
    let subject = hook.first_text(&["object_attributes.title", "issue.title", "name", "tag"]);
    let subject = subject.map_or_else(String::new, |subject| format!(": {subject}"));
    let title = format!("{}{}{subject}", words.join(" "), inside(hook));
    let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let kind: String = kind.chars().take(100).map(legal).collect();
    let body = hook.first_text(&["object_attributes.note", "object_attributes.description"]);
    Ok(Event::builder(time, Source::Other("gitlab".to_owned()), &kind, &title)
        .with_body(intake.body(body.unwrap_or_default())))
}
