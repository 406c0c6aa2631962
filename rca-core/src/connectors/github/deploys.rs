//! Deployments and their statuses.

use super::super::attribute as name;
use super::super::fields::entity_of;
use super::super::intake::{Intake, joined_id};
use super::super::node::Node;
use super::super::rollout::{Rollout, Stage};
use super::repository;
use crate::model::{Entity, EventBuilder};

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
    let entity = entity(deployment, payload);
    if entity.is_none() {
        intake.note("deployments that name no service");
    }
    let commit = deployment.text("sha");
    let reference = deployment.text("ref").filter(|reference| commit != Some(*reference));
    Rollout { stage, entity, commit, version: None, environment }
        .event(time)
        .with_attribute(name::REF, reference)
        .with_attribute(name::DEPLOYMENT, deployment.word("id"))
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
