//! Argo CD applications.

use super::*;
use crate::connectors::outcome::Outcome;

pub(super) fn take(app: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let app_name = app.text("metadata.name").ok_or("no metadata.name")?;
    let status = app.at("status").ok_or("no status")?;
    let about = Application {
        name: app_name,
        namespace: app.text("metadata.namespace").unwrap_or_default(),
        entity: entity("Application", app_name, app.at("metadata.labels")),
        environment: app.first_text(&["spec.destination.namespace", "spec.project"]),
    };
    intake.each("status.history", status.items("history"), |entry, intake| {
        intake.push(about.history(entry)?);
        Ok(())
    });
    if let Some(operation) = status.at("operationState") {
        about.operation(operation, status, intake)?;
    }
    if let Some(health) = status.at("health") {
        about.health(health, intake)?;
    }
    Ok(())
}

struct Application<'a> {
    name: &'a str,
    namespace: &'a str,
    entity: Option<Entity>,
    environment: Option<&'a str>,
}

impl Application<'_> {
    fn deploy(
        &self,
        stage: Stage<'_>,
        revision_text: Option<&str>,
        time: chrono::DateTime<chrono::Utc>,
    ) -> EventBuilder {
        let (commit, version) = revision_text.map_or((None, None), revision);
        let rollout = Rollout {
            stage,
            entity: self.entity.clone(),
            commit,
            version,
            environment: self.environment,
        };
        rollout.event(time).with_attribute("argocd.application", self.name)
    }

    fn history(&self, entry: Node<'_>) -> Result<EventBuilder, String> {
        let time = entry.time(&["deployedAt"])?;
        let id = entry.word("id").unwrap_or_else(|| stamp(time));
        let revision = revision_of(entry);
        Ok(self
            .deploy(Stage::Done, revision, time)
            .with_source_id(joined_id(&["argocd", self.namespace, self.name, &id]))
            .with_attribute(attribute::ACTOR, entry.text("initiatedBy.username"))
            .with_attribute("argocd.started_at", entry.text("deployStartedAt"))
            .with_attribute(
                "argocd.source",
                entry
                    .text("source.repoURL")
                    .or(entry.items("sources").find_map(|source| source.text("repoURL"))),
            ))
    }

    /// The last operation. One that did well stands in the history already.
    fn operation(
        &self,
        operation: Node<'_>,
        status: Node<'_>,
        intake: &mut Intake,
    ) -> Result<(), String> {
        let Some(phase) = operation.text("phase") else { return Ok(()) };
        let outcome = Outcome::of(phase);
        if outcome == Some(Outcome::Success) && status.items("history").next().is_some() {
            return Ok(());
        }
        let time = operation.time(&["finishedAt", "startedAt"])?;
        let stage = match outcome {
            Some(Outcome::Success) => Stage::Done,
            Some(outcome) if outcome.is_bad() => Stage::Failed,
            _ => Stage::Other(phase),
        };
        let revision = operation
            .at("syncResult")
            .and_then(revision_of)
            .or(operation.text("operation.sync.revision"));
        let id = ["argocd", self.namespace, self.name, "operation", phase, &stamp(time)];
        let said = intake.body(operation.text("message").unwrap_or_default());
        intake.push(
            self.deploy(stage, revision, time)
                .with_source_id(joined_id(&id))
                .with_body(said)
                .with_attribute(attribute::ACTOR, operation.text("operation.initiatedBy.username")),
        );
        Ok(())
    }

    /// Health that is not well, where it says since when.
    fn health(&self, health: Node<'_>, intake: &mut Intake) -> Result<(), String> {
        let Some(state @ ("Degraded" | "Missing" | "Unknown")) = health.text("status") else {
            return Ok(());
        };
        if !health.has("lastTransitionTime") {
            intake.note("health without a time of its change was left out");
            return Ok(());
        }
        let time = health.time(&["lastTransitionTime"])?;
        let title = format!("application {} is {}", self.name, state.to_lowercase());
        let source = Source::Other("argocd".to_owned());
        let mut event = Event::builder(time, source, "health", &title)
            .with_severity(if state == "Degraded" { Severity::High } else { Severity::Medium })
            .with_body(intake.body(health.text("message").unwrap_or_default()))
            .with_source_id(joined_id(&[
                "argocd",
                self.namespace,
                self.name,
                "health",
                &stamp(time),
            ]))
            .with_attribute(attribute::STATUS, state.to_lowercase());
        if let Some(entity) = &self.entity {
            event = event.with_entity(entity.clone());
        }
        intake.push(event);
        Ok(())
    }
}

/// The revision, or the first of those of several sources.
fn revision_of(node: Node<'_>) -> Option<&str> {
    node.text("revision").or_else(|| node.items("revisions").find_map(Node::as_text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use serde_json::json;

    const SHA: &str = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";

    #[test]
    fn the_history_is_deploys_and_a_failed_operation_another() {
        let app = json!({"metadata": {"name": "till", "namespace": "argocd"},
            "spec": {"destination": {"server": "https://x", "namespace": "production"}},
            "status": {"sync": {"status": "OutOfSync"},
                "health": {"status": "Degraded", "lastTransitionTime": "2026-05-04T09:05:00Z"},
                "history": [{"id": 0, "revision": SHA, "deployedAt": "2026-05-04T08:00:00Z"}, {"id": 1},
                    {"id": 2, "revisions": ["1.4.2", SHA], "deployedAt": "2026-05-04T08:30:00Z"}],
                "operationState": {"phase": "Failed", "message": "hook failed", "finishedAt": "2026-05-04T09:00:00Z",
                    "syncResult": {"revision": SHA}}}});
        let (events, refused) = parsed(&app, take);
        assert_eq!(refused, ["status.history[1]: no time; expected deployedAt"]);
        let titles: Vec<&str> = events.iter().map(Event::title).collect();
        assert_eq!(
            titles,
            [
                "deploy of till 4f2a9c1be0 to production",
                "deploy of till 1.4.2 to production",
                "failed deploy of till 4f2a9c1be0 to production",
                "application till is degraded",
            ]
        );
        assert_eq!(events[0].attribute(attribute::COMMIT), Some(SHA));
        assert_eq!((events[2].body(), events[2].severity()), ("hook failed", Severity::High));
        assert_eq!(events[3].entity(), Some(&Entity::service("till")));
    }

    #[test]
    fn an_operation_that_did_well_counts_once() {
        let app = |history: serde_json::Value| {
            json!({"metadata": {"name": "till"}, "status": {"history": history,
                "operationState": {"phase": "Succeeded", "finishedAt": "2026-05-04T09:00:00Z"}}})
        };
        let listed = json!([{"id": 0, "revision": SHA, "deployedAt": "2026-05-04T09:00:00Z"}]);
        assert_eq!(parsed(&app(listed), take).0.len(), 1);
        assert_eq!(parsed(&app(json!([])), take).0[0].title(), "deploy of till");
    }

    const NAMES: &[&str] = &[
        "metadata",
        "name",
        "status",
        "history",
        "revision",
        "revisions",
        "deployedAt",
        "id",
        "operationState",
        "phase",
        "finishedAt",
        "health",
        "lastTransitionTime",
        "spec",
        "destination",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, take);
        }
    }
}
