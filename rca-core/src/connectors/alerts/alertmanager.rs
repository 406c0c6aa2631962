//! Alertmanager's webhook (version 4), and Grafana's, which has the same shape and a few members more.

use super::*;
use crate::connectors::format::{Certainty, Sample};
use crate::model::{Event, Source, attribute};

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let webhook = sample.has("alerts[].labels") && sample.has("alerts[].startsAt");
    let listed = sample.has("labels.alertname") && sample.has("startsAt");
    (webhook || listed).then_some(Certainty::Certain)
}

pub(super) fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if !document.names("alerts") {
        return alert(document, document, intake);
    }
    if document.count("truncatedAlerts").is_some_and(|left_out| left_out > 0) {
        intake.note("the sender left alerts out of its message");
    }
    intake.each("alerts", document.items("alerts"), |item, intake| alert(item, document, intake));
    Ok(())
}

/// One alert of a group.
pub(in crate::connectors) fn alert(
    item: Node<'_>,
    group: Node<'_>,
    intake: &mut Intake,
) -> Result<(), String> {
    let began = item.time(&["startsAt"])?;
    let label = |label: &str| item.at("labels")?.member(label)?.as_text();
    let name_of = label("alertname").or(item.text("title"));
    let annotation = |name: &str| item.at("annotations")?.member(name)?.as_text();
    let summary = annotation("summary").or(annotation("message"));
    let title = match (name_of, summary) {
        (Some(name), Some(summary)) => format!("{name}: {summary}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => return Err("neither alertname nor summary".to_owned()),
    };
    // Without a fingerprint its labels are its identity.
    let labels = item.members("labels");
    let fingerprint = item.text("fingerprint").map_or_else(
        || {
            let pairs: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={}", value.as_word().unwrap_or_default()))
                .collect();
            pairs.join(",")
        },
        str::to_owned,
    );
    let id = joined_id(&["alertmanager", &fingerprint, &stamp(began)]);
    let entity = fields::entity_of(label);
    let severity = severity(item.at("labels").and_then(|l| l.member("severity")), intake);
    let details: Vec<String> = item
        .members("annotations")
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value.as_text()?)))
        .collect();
    let detail = intake.body(&details.join("\n"));
    let resolved = resolved_at(item);
    let mut event = Event::builder(began, Source::Alert, "alert", &title)
        .with_severity(severity)
        .with_body(detail)
        .with_source_id(id.as_str());
    if let Some(entity) = &entity {
        event = event.with_entity(entity.clone());
    }
    event = intake
        .labels(event, "label.", &labels)
        .with_attribute(name::FINGERPRINT, fingerprint.as_str())
        .with_attribute(name::URL, item.text("generatorURL").or(group.text("externalURL")))
        .with_attribute("alert.receiver", group.text("receiver"))
        .with_attribute(attribute::METRIC, label("metric").or(label("__name__")))
        .with_attribute(attribute::OBSERVED, observed(item))
        .with_attribute(name::ALERT_STATE, if resolved.is_some() { "resolved" } else { "firing" })
        .with_attribute(name::RESOLVED_AT, resolved.map(stamp));
    intake.push(event);
    if let Some(time) = resolved {
        let title = format!("resolved: {title}");
        let mut over = Event::builder(time, Source::Alert, "alert_resolved", &title)
            .with_source_id(joined_id(&["resolved", &id]))
            .with_attribute(name::FINGERPRINT, fingerprint)
            .with_attribute(name::ALERT_STATE, "resolved");
        if let Some(entity) = entity {
            over = over.with_entity(entity);
        }
        intake.push(over);
    }
    Ok(())
}

/// When it ended. A firing alert has the year 1 there, or a moment until which its sender vouches for it.
fn resolved_at(item: Node<'_>) -> Option<chrono::DateTime<chrono::Utc>> {
    let state = item.first_text(&["status", "status.state"])?;
    if state != "resolved" {
        return None;
    }
    item.time(&["endsAt"]).ok().filter(|ended| Ok(*ended) >= item.time(&["startsAt"]))
}

/// Grafana sends the values of its queries; one alone is the value that crossed the threshold.
fn observed(item: Node<'_>) -> Option<f64> {
    match &item.members("values")[..] {
        [(_, only)] => only.0.as_f64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Alert, Entity};
    use serde_json::{Value, json};

    fn alert(status: &str, ended: &str) -> Value {
        json!({"status": status, "fingerprint": "c0ffee11", "startsAt": "2026-05-04T11:02:00+02:00", "endsAt": ended,
            "labels": {"alertname": "TillSlow", "severity": "critical", "pod": "till-5d-x", "deployment": "till",
                "job": "kube-state-metrics"},
            "annotations": {"summary": "p95 over 2 s", "runbook_url": "https://runbooks.example/till"},
            "generatorURL": "https://prometheus.example/graph", "values": {"B": 2.4}})
    }

    #[test]
    fn an_alert_is_dated_when_it_began_and_knows_its_workload() {
        let firing = alert("firing", "0001-01-01T00:00:00Z");
        let message = json!({"version": "4", "receiver": "oncall", "status": "firing",
            "alerts": [firing, {"labels": {}}, {"labels": {}, "startsAt": "2026-05-04T09:00:00Z"}]});
        let (events, refused) = parsed(&message, parse);
        assert_eq!(
            refused,
            ["alerts[1]: no time; expected startsAt", "alerts[2]: neither alertname nor summary"]
        );
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(event.title(), "TillSlow: p95 over 2 s");
        assert_eq!(event.severity(), Severity::Critical);
        assert_eq!(event.attribute("label.pod"), Some("till-5d-x"));
        assert_eq!(event.attribute(name::ALERT_STATE), Some("firing"));
        let read = Alert::from_event(event).unwrap();
        assert_eq!(read.fired_at.to_rfc3339(), "2026-05-04T09:02:00+00:00");
        assert_eq!((read.entity, read.observed), (Some(Entity::service("till")), Some(2.4)));
    }

    #[test]
    fn the_end_of_an_alert_is_another_event_and_no_alert() {
        let list = alert("resolved", "2026-05-04T09:30:00Z");
        let (events, _) = parsed(&list, parse);
        let (firing, _) = parsed(&alert("firing", ""), parse);
        assert_eq!(events[0].id(), firing[0].id(), "repeated, it is the same alert");
        assert_eq!(events[0].attribute(name::RESOLVED_AT), Some("2026-05-04T09:30:00Z"));
        assert_eq!(events[1].event_type(), "alert_resolved");
        assert!(Alert::from_event(&events[1]).is_none(), "nothing fired then");
    }

    const NAMES: &[&str] = &[
        "alerts",
        "labels",
        "annotations",
        "startsAt",
        "endsAt",
        "status",
        "resolved",
        "alertname",
        "fingerprint",
        "severity",
        "values",
        "summary",
        "state",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, parse);
        }
    }
}
