//! Flux: objects with their conditions, and what its notification controller sends.

use super::*;

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let told = sample.has("reportingController")
        && sample.has("severity")
        && sample.has("involvedObject.kind");
    if told {
        return Some(Certainty::Certain);
    }
    let object = recognise_object(sample, "status.conditions", "status.lastAttemptedRevision");
    object.or_else(|| recognise_object(sample, "status.conditions", "status.lastAppliedRevision"))
}

/// Why a reconciliation failed before anything was applied.
const NOT_APPLIED: [&str; 6] = [
    "DependencyNotReady",
    "ArtifactFailed",
    "ArtifactNotReady",
    "SourceNotReady",
    "BuildFailed",
    "Progressing",
];

pub(super) fn take(object: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if object.has("involvedObject") {
        return notification(object, intake);
    }
    let called = object.text("metadata.name").ok_or("no metadata.name")?;
    let status = object.at("status").ok_or("no status")?;
    let labels = object.at("metadata.labels");
    let about = About {
        kind: object.text("kind").unwrap_or("Kustomization"),
        name: called,
        namespace: object.text("metadata.namespace").unwrap_or_default(),
        entity: entity("Release", called, labels),
        environment: object.text("spec.targetNamespace").or(object.text("metadata.namespace")),
    };
    let releases = status.items("history").next().is_some();
    intake.each("status.history", status.items("history"), |release, intake| {
        intake.push(about.release(release)?);
        Ok(())
    });
    let ready = status.items("conditions").find(|one| one.text("type") == Some("Ready"));
    let Some(ready) = ready else { return Ok(()) };
    let well = ready.text("status") == Some("True");
    // Of a Helm release the history says more.
    if well && releases {
        return Ok(());
    }
    let time = ready.time(&["lastTransitionTime"])?;
    let revision_text = status.first_text(if well {
        &["lastAppliedRevision", "lastAttemptedRevision"]
    } else {
        &["lastAttemptedRevision", "lastAppliedRevision"]
    });
    let stage = about.stage(ready.text("status").unwrap_or("Unknown"), ready.text("reason"));
    let said = intake.body(ready.text("message").unwrap_or_default());
    let event = about.deploy(stage, revision_text, time, "ready").with_body(said);
    intake.push(event.with_attribute(name::ACTION, ready.text("reason")));
    Ok(())
}

fn notification(event: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let object = event.at("involvedObject").ok_or("no involvedObject")?;
    let called = object.text("name").ok_or("no involvedObject.name")?;
    let time = event.time(&["timestamp"])?;
    let reason = event.text("reason").ok_or("no reason")?;
    let about = About {
        kind: object.text("kind").unwrap_or("object"),
        name: called,
        namespace: object.text("namespace").unwrap_or_default(),
        entity: entity("Release", called, None),
        environment: object.text("namespace"),
    };
    let said = intake.body(event.text("message").unwrap_or_default());
    let metadata = event.members("metadata");
    let revision_text = metadata
        .iter()
        .find(|(key, _)| *key == "revision" || key.ends_with("/revision"))
        .and_then(|(_, value)| value.as_text());
    let applies = matches!(about.kind, "Kustomization" | "HelmRelease");
    let over = reason.ends_with("Succeeded") || reason.ends_with("Failed");
    let draft = if applies && over {
        let state = if reason.ends_with("Succeeded") { "True" } else { "False" };
        let stage = about.stage(state, Some(reason));
        about.deploy(stage, revision_text, time, reason)
    } else {
        let title = format!("{reason}: {} {called}", about.kind.to_lowercase());
        let severity = match event.text("severity") {
            Some("error") => Severity::Medium,
            _ => Severity::Info,
        };
        let source = Source::Other("flux".to_owned());
        let draft = Event::builder(time, source, &snake(reason), &title).with_severity(severity);
        match about.entity.clone().filter(|_| applies) {
            Some(entity) => draft.with_entity(entity),
            None => draft,
        }
    };
    intake.push(draft.with_body(said).with_attribute(name::ACTION, reason));
    Ok(())
}

struct About<'a> {
    kind: &'a str,
    name: &'a str,
    namespace: &'a str,
    entity: Option<Entity>,
    environment: Option<&'a str>,
}

impl About<'_> {
    fn stage<'s>(&self, ready: &'s str, reason: Option<&'s str>) -> Stage<'s> {
        let reason = reason.unwrap_or(ready);
        match ready {
            "True" => Stage::Done,
            "False" if !NOT_APPLIED.contains(&reason) => Stage::Failed,
            _ => Stage::Other(reason),
        }
    }

    fn deploy(
        &self,
        stage: Stage<'_>,
        revision_text: Option<&str>,
        time: chrono::DateTime<chrono::Utc>,
        what: &str,
    ) -> EventBuilder {
        let (commit, version) = revision_text.map_or((None, None), revision);
        let rollout = Rollout {
            stage,
            entity: self.entity.clone(),
            commit,
            version,
            environment: self.environment,
        };
        let id = joined_id(&["flux", self.kind, self.namespace, self.name, what, &stamp(time)]);
        rollout.event(time).with_source_id(id).with_attribute("k8s.object.kind", self.kind)
    }

    /// A release that Helm made.
    fn release(&self, release: Node<'_>) -> Result<EventBuilder, String> {
        let time = release.time(&["lastDeployed", "firstDeployed"])?;
        let stage = match release.text("status").unwrap_or("unknown") {
            "deployed" | "superseded" => Stage::Done,
            "failed" => Stage::Failed,
            other => Stage::Other(other),
        };
        let number = release.word("version").unwrap_or_default();
        let event = self.deploy(stage, release.text("chartVersion"), time, &number);
        Ok(event
            .with_attribute("helm.chart", release.text("chartName"))
            .with_attribute("helm.app_version", release.text("appVersion")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use serde_json::json;

    const SHA: &str = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";

    fn one(value: &serde_json::Value) -> Event {
        let (mut events, refused) = parsed(value, take);
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    #[test]
    fn a_kustomization_is_a_deploy_of_the_revision_it_applied() {
        let of = |ready: &str, reason: &str| {
            one(
                &json!({"kind": "Kustomization", "metadata": {"name": "till", "namespace": "shop"}, "status": {
                "lastAppliedRevision": format!("main@sha1:{SHA}"), "lastAttemptedRevision": "main@sha1:1234567890",
                "conditions": [{"type": "Reconciling", "status": "True"}, {"type": "Ready", "status": ready,
                    "reason": reason, "message": "m", "lastTransitionTime": "2026-05-04T09:00:00Z"}]}}),
            )
        };
        let done = of("True", "ReconciliationSucceeded");
        assert_eq!(done.title(), "deploy of till 4f2a9c1be0 to shop");
        assert_eq!(done.attribute(attribute::COMMIT), Some(SHA));
        assert_eq!(
            of("False", "HealthCheckFailed").title(),
            "failed deploy of till 1234567890 to shop"
        );
        assert_eq!(of("False", "DependencyNotReady").source(), &Source::Ci);
    }

    #[test]
    fn a_helm_release_is_its_history() {
        let (events, refused) = parsed(
            &json!({"kind": "HelmRelease", "metadata": {"name": "till"}, "status": {
            "history": [
                {"chartVersion": "1.4.2", "appVersion": "7", "status": "deployed", "version": 3,
                 "lastDeployed": "2026-05-04T09:00:00Z"},
                {"chartVersion": "1.4.1", "status": "failed", "version": 2, "lastDeployed": "2026-05-04T08:00:00Z"},
                {}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-05-04T09:00:01Z"}]}}),
            take,
        );
        let titles: Vec<&str> = events.iter().map(Event::title).collect();
        assert_eq!(titles, ["deploy of till 1.4.2", "failed deploy of till 1.4.1"]);
        assert_eq!(refused.len(), 1);
    }

    #[test]
    fn notifications_are_deploys_or_kept() {
        let of = |kind: &str, reason: &str, severity: &str| {
            one(
                &json!({"involvedObject": {"kind": kind, "name": "till", "namespace": "shop"}, "severity": severity,
                "reason": reason, "message": "said", "timestamp": "2026-05-04T09:00:00Z",
                "metadata": {"kustomize.toolkit.fluxcd.io/revision": format!("main@sha1:{SHA}")}}),
            )
        };
        let done = of("Kustomization", "ReconciliationSucceeded", "info");
        assert_eq!((done.title(), done.body()), ("deploy of till 4f2a9c1be0 to shop", "said"));
        assert_eq!(of("HelmRelease", "UpgradeFailed", "error").severity(), Severity::High);
        let kept = of("GitRepository", "GitOperationFailed", "error");
        assert_eq!((kept.source().as_str(), kept.event_type()), ("flux", "git_operation_failed"));
    }

    const NAMES: &[&str] = &[
        "metadata",
        "name",
        "status",
        "conditions",
        "type",
        "Ready",
        "True",
        "reason",
        "lastTransitionTime",
        "history",
        "lastDeployed",
        "chartVersion",
        "involvedObject",
        "timestamp",
        "revision",
        "kind",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, take);
        }
    }
}
