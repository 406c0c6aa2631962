//! GitHub: webhooks of all kinds, recorded deliveries, and what the REST API lists.
//!
//! | kind | becomes |
//! |---|---|
//! | `push` | a `commit` each (hash, author, message, paths, branch), and a `push` |
//! | `pull_request` | `pull_request`: number, state, branches, head |
//! | `workflow_run`, `workflow_job` | `pipeline_run`, `pipeline_task`: name, run, outcome, commit, branch |
//! | `check_run`, `check_suite`, `status` | the same names in source `ci`: outcome, commit |
//! | `deployment_status` that is over | `deploy` in source `deploy`: entity, commit, environment, whether it failed |
//! | `deployment`, other states, previews | `deployment` in source `ci`: nothing reached anybody yet |
//! | `release` | `release`: tag, branch |
//! | all others | source `github` under their kind: action, subject, who |
//!
//! The entity of a deploy is the service its payload names, else the repository's name. A list of deployments holds no
//! outcomes: each counts as done when it was created.

mod client;
mod code;
mod deploys;
mod kinds;
mod others;
mod polling;
mod runs;
#[cfg(test)]
mod tests;

pub use client::{GitHub, GitHubResource};

use super::attribute as name;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake};
use super::node::Node;
use crate::model::{Entity, EntityKind, EventBuilder, attribute};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "github",
    about: "GitHub webhooks, and workflow runs, jobs, checks, deployments, commits as its REST API lists them",
    recognise,
    read: |source, reading, batch| intake::documents(source, reading, batch, parse),
}];

/// Where a recorded delivery keeps the header with the kind, the payload and the time.
const ENVELOPES: &[(&str, &str, &str)] = &[
    ("request.headers", "request.payload", "delivered_at"),
    ("headers", "payload", "timestamp"),
    ("headers", "body", "timestamp"),
];
const HEADERS: [&str; 2] = ["X-GitHub-Event", "x-github-event"];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let enveloped = ENVELOPES
        .iter()
        .any(|(headers, ..)| HEADERS.iter().any(|h| sample.has(&format!("{headers}.{h}"))));
    let about = ["repository.full_name", "organization.login", "installation.id", "enterprise.id"];
    if enveloped || (sample.has("sender.login") && sample.has_any(&about)) {
        return Some(Certainty::Certain);
    }
    let alone = sample.has("sender.login") && sample.has("action");
    let advisory = sample.has("security_advisory.ghsa_id");
    (alone || advisory || kinds::is_rest(|path| sample.has(path))).then_some(Certainty::Likely)
}

fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    for (headers, payload, time) in ENVELOPES {
        let Some(headers) = document.at(headers) else { continue };
        let Some(kind) = HEADERS.iter().find_map(|header| headers.member(header)?.as_text()) else {
            continue;
        };
        let Some(payload) = document.at(payload) else { continue };
        intake.hints.kind = Some(kind.to_owned());
        intake.hints.received = intake.hints.received.or(document.time(&[time]).ok());
        // Some recorders keep the body as text.
        return match payload.0.as_str().map(super::json::from_text) {
            None => take(payload.object()?, intake),
            Some(Ok(inner)) => take(Node(&inner).object()?, intake),
            Some(Err(error)) => Err(format!("its payload is not JSON: {error}")),
        };
    }
    take(document, intake)
}

fn take(payload: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if let Some(kind) = intake.hints.kind.clone() {
        return webhook(&kind, payload, intake);
    }
    let list = kinds::LISTS.iter().find(|(list, _)| payload.names(list));
    if let Some((list, kind)) = list
        && !payload.names("sender")
    {
        intake.each(list, payload.items(list), |item, intake| rest(kind, item, intake));
        return Ok(());
    }
    if !payload.names("sender")
        && let Some(kind) = kinds::item(payload)
    {
        return rest(kind, payload, intake);
    }
    let kind = kinds::of(payload).ok_or(
        "its members do not tell which GitHub event it is; hand it over with its X-GitHub-Event header",
    )?;
    webhook(kind, payload, intake)
}

fn webhook(kind: &str, payload: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let item = payload.at(kind);
    let event = match (kind, item) {
        ("push", _) => return code::push(payload, intake),
        ("status", _) => runs::status(payload)?,
        ("pull_request", Some(item)) => code::pull_request(item, payload, intake)?,
        ("release", Some(item)) => code::release(item, payload, intake)?,
        ("deployment", Some(item)) => deploys::request(item, payload, intake)?,
        ("deployment_status", Some(item)) => deploys::status(item, payload, intake)?,
        ("check_run" | "check_suite" | "workflow_run" | "workflow_job", Some(item)) => {
            runs::run(kind, item, payload, intake)?
        }
        _ => others::event(kind, payload, intake)?,
    };
    intake.push(described(event, kind, payload));
    Ok(())
}

fn rest(kind: &str, item: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let event = match kind {
        "commit" => code::listed_commit(item, intake)?,
        "pull_request" => code::pull_request(item, item, intake)?,
        "release" => code::release(item, item, intake)?,
        "deployment" => deploys::listed(item, intake)?,
        "deployment_status" => deploys::status(item, item, intake)?,
        _ => runs::run(kind, item, item, intake)?,
    };
    intake.push(described(event, kind, item));
    Ok(())
}

/// What every payload says: its kind, the action, who did it and where.
fn described(event: EventBuilder, kind: &str, payload: Node<'_>) -> EventBuilder {
    let repository = repository(payload);
    let event = match &repository {
        Some(name) if !event.has_entity() => {
            event.with_entity(Entity::new(EntityKind::Repository, name.as_str()))
        }
        _ => event,
    };
    event
        .with_attribute(name::KIND, kind)
        .with_attribute(name::ACTION, payload.text("action"))
        .with_attribute(attribute::ACTOR, payload.text("sender.login"))
        .with_attribute(name::REPOSITORY, repository)
}

/// `owner/name`, from the repository or from the item's address in the API.
fn repository(payload: Node<'_>) -> Option<String> {
    let named = payload.first_text(&["repository.full_name", "base.repo.full_name"]);
    let address = || {
        let address = payload.first_text(&["url", "repository_url"])?;
        let mut parts = address.split_once("/repos/")?.1.split('/');
        let (owner, name) = (parts.next()?, parts.next()?);
        (!owner.is_empty() && !name.is_empty()).then(|| format!("{owner}/{name}"))
    };
    named.map(str::to_owned).or_else(address)
}

/// ` in owner/name`, where known: the end of a title.
fn inside(payload: Node<'_>) -> String {
    repository(payload).map_or_else(String::new, |name| format!(" in {name}"))
}

/// As many digits of a hash as people read.
fn short(sha: &str) -> String {
    sha.chars().take(10).collect()
}
