//! Cluster events, of either API.

use super::*;

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let core = recognise_object(sample, "involvedObject.kind", "reason");
    core.or_else(|| recognise_object(sample, "regarding.kind", "reason"))
}

/// Reasons that hurt although their events are of type `Normal`, or more than a warning usually does.
const GRAVE: [&str; 9] = [
    "OOMKilling",
    "SystemOOM",
    "Evicted",
    "NodeNotReady",
    "BackOff",
    "CrashLoopBackOff",
    "FailedScheduling",
    "FailedMount",
    "FreeDiskSpaceFailed",
];

pub(super) fn take(event: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let object = event.at("involvedObject").or(event.at("regarding"));
    let object = object.ok_or("neither involvedObject nor regarding")?;
    let reason = event.text("reason").ok_or("no reason")?;
    let kind = object.text("kind").unwrap_or("object");
    let called = object.text("name").unwrap_or_default();
    let began = event.time(&[
        "firstTimestamp",
        "deprecatedFirstTimestamp",
        "eventTime",
        "lastTimestamp",
        "metadata.creationTimestamp",
    ])?;
    let message = event.first_text(&["message", "note"]).unwrap_or_default();
    let warns = event.text("type") == Some("Warning");
    let severity = match (GRAVE.contains(&reason), warns) {
        (true, _) => Severity::High,
        (false, true) => Severity::Medium,
        (false, false) => Severity::Info,
    };
    let title = format!("{reason}: {} {called}: {message}", kind.to_lowercase());
    let last = event
        .time(&["series.lastObservedTime", "lastTimestamp", "deprecatedLastTimestamp"])
        .ok()
        .filter(|last| *last > began);
    let count = event
        .count("series.count")
        .or_else(|| event.count("count"))
        .or_else(|| event.count("deprecatedCount"));
    // The same event is written again with a higher count: one event, which began once.
    let namespace = object.text("namespace").unwrap_or_default();
    let id = event.text("metadata.uid").map_or_else(
        || joined_id(&["kubernetes", namespace, kind, called, reason, &stamp(began)]),
        |uid| joined_id(&["kubernetes", uid]),
    );
    let body = intake.body(message);
    let mut draft: EventBuilder = Event::builder(
        began,
        Source::Other("kubernetes".to_owned()),
        &snake(reason),
        title.trim_end_matches([':', ' ']),
    )
    .with_severity(severity)
    .with_body(body)
    .with_source_id(id)
    .with_attribute("k8s.event.reason", reason)
    .with_attribute("k8s.event.count", count)
    .with_attribute("k8s.event.last_seen", last.map(stamp))
    .with_attribute("k8s.object.kind", kind)
    .with_attribute("k8s.object.name", called)
    .with_attribute("k8s.namespace.name", object.text("namespace"))
    .with_attribute("k8s.node.name", event.first_text(&["source.host", "deprecatedSource.host"]));
    if let Some(entity) = entity(kind, called, None) {
        draft = draft.with_entity(entity);
    }
    intake.push(draft);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use serde_json::json;

    fn parse(node: Node<'_>, intake: &mut Intake) -> Result<(), String> {
        each(node, intake, take)
    }

    #[test]
    fn both_apis_lists_and_watch_lines_give_the_same_words() {
        let core = json!({"kind": "Event", "metadata": {"uid": "u1"}, "type": "Warning", "reason": "BackOff",
            "message": "restarting failed container", "count": 7, "firstTimestamp": "2026-05-04T09:00:00Z",
            "lastTimestamp": "2026-05-04T09:10:00Z",
            "involvedObject": {"kind": "Pod", "name": "till-1", "namespace": "shop"}, "source": {"host": "n3"}});
        let newer = json!({"metadata": {"uid": "u2"}, "type": "Normal", "reason": "NodeNotReady", "note": "lost",
            "eventTime": "2026-05-04T09:01:00.000001Z", "firstTimestamp": null, "regarding": {"kind": "Node", "name": "n3"},
            "series": {"count": 3, "lastObservedTime": "2026-05-04T09:05:00Z"}});
        let list = json!({"kind": "List", "items": [core, newer, {"reason": "x"}]});
        let (events, refused) = parsed(&list, parse);
        assert_eq!(refused, ["items[2]: neither involvedObject nor regarding"]);
        let first = &events[0];
        assert_eq!(first.title(), "BackOff: pod till-1: restarting failed container");
        assert_eq!((first.event_type(), first.severity()), ("back_off", Severity::High));
        assert_eq!(first.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
        assert_eq!(first.entity(), Some(&Entity::new(EntityKind::Pod, "till-1")));
        assert_eq!(first.data()["k8s.event.count"], 7);
        assert_eq!(events[1].entity(), Some(&Entity::new(EntityKind::Host, "n3")));
        assert_eq!(events[1].attribute("k8s.event.last_seen"), Some("2026-05-04T09:05:00Z"));
        let watched = json!({"type": "ADDED", "object": core});
        assert_eq!(parsed(&watched, parse).0[0], events[0]);
    }

    const NAMES: &[&str] = &[
        "items",
        "involvedObject",
        "regarding",
        "kind",
        "name",
        "reason",
        "message",
        "firstTimestamp",
        "eventTime",
        "series",
        "count",
        "metadata",
        "uid",
        "type",
        "object",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, parse);
        }
    }
}
