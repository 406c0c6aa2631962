//! Audit lines: who changed what. Reads and refused or failed requests altered nothing.

use super::*;

/// Objects that hold settings of workloads.
const SETTINGS: [&str; 6] = [
    "configmaps",
    "secrets",
    "horizontalpodautoscalers",
    "networkpolicies",
    "ingresses",
    "services",
];
const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// Objects that the machinery writes all the time.
const CHATTER: [&str; 9] = [
    "leases",
    "events",
    "endpoints",
    "endpointslices",
    "tokenreviews",
    "subjectaccessreviews",
    "selfsubjectaccessreviews",
    "pods",
    "nodes",
];

pub(super) fn take(line: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let verb = line.text("verb").ok_or("no verb")?;
    let time = line.time(&["stageTimestamp", "requestReceivedTimestamp"])?;
    let object = line.at("objectRef").ok_or("no objectRef")?;
    let resource = object.text("resource").ok_or("no objectRef.resource")?;
    let code = line.count("responseStatus.code");
    let over = line.text("stage").is_none_or(|stage| stage == "ResponseComplete");
    let written =
        WRITES.contains(&verb) && over && code.is_none_or(|code| (200..300).contains(&code));
    let subresource = object.text("subresource");
    // Status is what controllers observe; only scale, eviction and binding of the rest act.
    let acts = subresource.is_none_or(|part| matches!(part, "scale" | "eviction"));
    let evicts = resource == "pods" && (subresource == Some("eviction") || verb == "delete");
    let dry = line.text("requestURI").is_some_and(|uri| uri.contains("dryRun=All"));
    let chatter = CHATTER.contains(&resource) && !evicts;
    let actor = line.text("user.username").unwrap_or("unknown");
    // What controllers do follows from what somebody asked for, which is another line.
    let machinery = actor.starts_with("system:") && !actor.starts_with("system:serviceaccount:")
        || actor.starts_with("system:serviceaccount:kube-system:");
    if !written || !acts || dry || chatter || machinery {
        intake.note("audit lines that altered nothing were left out");
        return Ok(());
    }
    let called = object
        .text("name")
        .or(line.text("responseObject.metadata.name"))
        .or(line.text("requestObject.metadata.name"))
        .unwrap_or_default();
    let single = resource.strip_suffix('s').unwrap_or(resource);
    let labels = line.at("responseObject.metadata.labels");
    let id =
        joined_id(&["kubernetes-audit", line.text("auditID").unwrap_or_default(), verb, called]);
    let deleted = verb.starts_with("delete");
    let event = if is_workload(resource) && deleted {
        let title = format!("{verb} of {single} {called} by {actor}");
        let event = Event::builder(time, Source::Deploy, "deploy", &title);
        match entity(single, called, labels) {
            Some(entity) => event.with_entity(entity),
            None => event,
        }
    } else if is_workload(resource) {
        let image = image(line);
        let rollout = Rollout {
            stage: Stage::Done,
            entity: (!called.is_empty()).then(|| Entity::service(called)),
            commit: None,
            version: image,
            environment: None,
        };
        let scaled = subresource == Some("scale");
        rollout.event(time).with_attribute("k8s.scaled", scaled.then_some(true))
    } else {
        let setting = SETTINGS.contains(&resource);
        let title = format!("{verb} of {single} {called} by {actor}");
        let source = if setting { Source::Flag } else { Source::Other("kubernetes".to_owned()) };
        let kind = if setting { "config" } else { single };
        let event = Event::builder(time, source, &snake(kind), &title);
        let event = match entity(single, called, labels) {
            Some(entity) => event.with_entity(entity),
            None => event,
        };
        event
            .with_attribute(attribute::FLAG, setting.then(|| format!("{single}/{called}")))
            .with_attribute(attribute::FLAG_CHANGE, setting.then_some(verb))
    };
    intake.push(
        event
            .with_source_id(id)
            .with_attribute(attribute::ACTOR, actor)
            .with_attribute(name::ACTION, verb)
            .with_attribute("k8s.object.kind", single)
            .with_attribute("k8s.object.name", called)
            .with_attribute("k8s.namespace.name", object.text("namespace")),
    );
    Ok(())
}

/// The first container's image, where the policy records objects.
fn image(line: Node<'_>) -> Option<&str> {
    ["responseObject", "requestObject"].iter().find_map(|of| {
        line.at(of)?.items("spec.template.spec.containers").find_map(|one| one.text("image"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Change, ChangeKind};
    use serde_json::{Value, json};

    fn line(verb: &str, resource: &str, user: &str, code: u16) -> Value {
        json!({"kind": "Event", "auditID": "a1", "stage": "ResponseComplete", "verb": verb,
            "user": {"username": user}, "objectRef": {"resource": resource, "namespace": "shop", "name": "till"},
            "responseStatus": {"code": code}, "stageTimestamp": "2026-05-04T09:00:00.5Z",
            "requestObject": {"spec": {"template": {"spec": {"containers": [{"image": "till:7"}]}}}}})
    }

    fn read(value: &Value) -> Vec<Event> {
        let (events, refused) = parsed(value, take);
        assert!(refused.is_empty(), "{refused:?}");
        events
    }

    #[test]
    fn writes_to_workloads_are_deploys_and_to_settings_changes() {
        let deploy = &read(&line("patch", "deployments", "ada", 200))[0];
        assert_eq!((deploy.source(), deploy.title()), (&Source::Deploy, "deploy of till till:7"));
        assert_eq!(deploy.attribute(attribute::ACTOR), Some("ada"));
        let gone = &read(&line("delete", "deployments", "ada", 200))[0];
        assert_eq!(
            (gone.source(), gone.title()),
            (&Source::Deploy, "delete of deployment till by ada")
        );
        let config = &read(&line("update", "configmaps", "ada", 200))[0];
        assert_eq!(config.title(), "update of configmap till by ada");
        let Some(ChangeKind::Flag { key, change, .. }) = Change::from_event(config).map(|c| c.kind)
        else {
            panic!()
        };
        assert_eq!((key, change), ("configmap/till", "update"));
    }

    #[test]
    fn what_altered_nothing_or_followed_from_something_is_left_out() {
        for (verb, resource, user, code) in [
            ("get", "deployments", "ada", 200),
            ("patch", "deployments", "ada", 409),
            ("update", "leases", "ada", 200),
            ("patch", "pods", "ada", 200),
            (
                "update",
                "replicasets",
                "system:serviceaccount:kube-system:deployment-controller",
                200,
            ),
            ("update", "deployments", "system:kube-controller-manager", 200),
        ] {
            assert!(read(&line(verb, resource, user, code)).is_empty(), "{verb} {resource} {user}");
        }
        let mut status = line("patch", "deployments", "ada", 200);
        status["objectRef"]["subresource"] = "status".into();
        assert!(read(&status).is_empty());
        assert_eq!(read(&line("delete", "pods", "ada", 200))[0].event_type(), "pod");
    }

    const NAMES: &[&str] = &[
        "verb",
        "patch",
        "stageTimestamp",
        "objectRef",
        "resource",
        "deployments",
        "configmaps",
        "name",
        "user",
        "username",
        "responseStatus",
        "code",
        "auditID",
        "responseObject",
        "metadata",
        "labels",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, take);
        }
    }
}
