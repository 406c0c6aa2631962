//! Deployments. Only one that is over altered the system, so only that is a deploy.

use super::super::attribute as name;
use super::super::fields::entity_of;
use super::super::intake::{Intake, joined_id};
use super::super::node::Node;
use super::{repository, short};
use crate::model::{Entity, Event, EventBuilder, Severity, Source, attribute};

/// How far a deployment is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage<'s> {
    Done,
    /// It may have stopped half way.
    Failed,
    /// Asked for, going on, replaced: the source's word.
    Other(&'s str),
}

/// Somebody asked for a deployment.
pub(super) fn request(
    item: Node<'_>,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let id = item.word("id").ok_or("no id")?;
    let time = item.time(&["created_at", "updated_at"])?;
    let id = joined_id(&["github/deployment", &id, "requested"]);
    Ok(event(item, payload, Stage::Other("requested"), time, intake).with_source_id(id))
}

/// A deployment in a list, whose outcome is not known: counts as done when it was created.
pub(super) fn listed(item: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let id = item.word("id").ok_or("no id")?;
    let time = item.time(&["created_at", "updated_at"])?;
    intake.note("deployments without an outcome count as done when they were created");
    let event = event(item, item, Stage::Done, time, intake);
    Ok(event
        .with_source_id(joined_id(&["github/deployment", &id]))
        .with_attribute(name::DEPLOYMENT_STATUS, "unknown"))
}

pub(super) fn status(
    item: Node<'_>,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let id = item.word("id").ok_or("no id")?;
    let state = item.text("state").ok_or("no state")?;
    let time = item.time(&["created_at", "updated_at"])?;
    let deployment = payload.at("deployment").unwrap_or(item);
    let stage = match state {
        "success" => Stage::Done,
        "failure" | "error" => Stage::Failed,
        other => Stage::Other(other),
    };
    // Preview environments come and go with their pull requests; users never see them.
    let stage = match deployment.is_true("transient_environment") {
        true => Stage::Other(state),
        false => stage,
    };
    let said = intake.body(item.text("description").unwrap_or_default());
    Ok(event(deployment, payload, stage, time, intake)
        .with_source_id(joined_id(&["github/deployment_status", &id]))
        .with_body(said)
        .with_attribute(name::URL, item.first_text(&["log_url", "target_url", "environment_url"])))
}

fn event(
    deployment: Node<'_>,
    payload: Node<'_>,
    stage: Stage<'_>,
    time: chrono::DateTime<chrono::Utc>,
    intake: &mut Intake,
) -> EventBuilder {
    let environment = deployment
        .first_text(&["environment", "original_environment"])
        .or_else(|| payload.first_text(&["deployment_status.environment", "environment"]));
    let sha = deployment.text("sha");
    let entity = entity(deployment, payload);
    let of = entity.as_ref().map_or_else(String::new, |entity| format!(" of {}", entity.name));
    let what = sha.map_or_else(String::new, |sha| format!(" {}", short(sha)));
    let to = environment.map_or_else(String::new, |name| format!(" to {name}"));
    let (source, kind, title, status) = match stage {
        Stage::Done => (Source::Deploy, "deploy", format!("deploy{of}{what}{to}"), "succeeded"),
        Stage::Failed => {
            (Source::Deploy, "deploy", format!("failed deploy{of}{what}{to}"), "failed")
        }
        Stage::Other(word) => {
            (Source::Ci, "deployment", format!("deployment{of}{what}{to}: {word}"), word)
        }
    };
    let mut event = Event::builder(time, source, kind, &title)
        .with_severity(if stage == Stage::Failed { Severity::High } else { Severity::Info });
    if let Some(entity) = entity {
        event = event.with_entity(entity);
    } else {
        intake.note("deployments that name no service");
    }
    let reference = deployment.text("ref").filter(|reference| sha != Some(*reference));
    event
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(name::REF, reference)
        .with_attribute(name::ENVIRONMENT, environment)
        .with_attribute(name::DEPLOYMENT, deployment.word("id"))
        .with_attribute(name::DEPLOYMENT_STATUS, status)
}

/// The service that the deployment's own payload names, else the repository by its name.
fn entity(deployment: Node<'_>, payload: Node<'_>) -> Option<Entity> {
    let named = deployment
        .at("payload")
        .and_then(|payload| entity_of(|name| payload.member(name)?.as_text()));
    named.or_else(|| {
        let repository = repository(payload)?;
        Some(Entity::service(repository.rsplit('/').next()?))
    })
}
