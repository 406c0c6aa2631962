//! PagerDuty: webhooks of version 3 (`event`), messages of version 2 (`messages`), incidents as its API lists them.

use super::*;
use crate::connectors::format::{Certainty, Sample};
use crate::model::{Entity, Event, Source, attribute};

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let third = sample.has("event.event_type") && sample.has("event.occurred_at");
    let second = sample.has("messages[].incident.incident_number")
        || (sample.has("messages[].incident.id") && sample.has("messages[].event"));
    let listed = sample.has("incidents[].incident_number");
    (third || second || listed).then_some(Certainty::Certain)
}

pub(super) fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if let Some(event) = document.at("event").filter(|event| event.has("data")) {
        return third(event, intake);
    }
    if document.names("messages") {
        intake.each("messages", document.items("messages"), second);
        return Ok(());
    }
    if document.names("incidents") {
        intake.each("incidents", document.items("incidents"), |incident, intake| {
            let began = incident.time(&["created_at"])?;
            take("incident.triggered", incident, began, intake)
        });
        return Ok(());
    }
    Err("neither event, messages nor incidents".to_owned())
}

fn third(event: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let kind = event.text("event_type").ok_or("no event_type")?;
    let time = event.time(&["occurred_at"])?;
    let data = event.at("data").ok_or("no data")?;
    // Of annotations, responders and the like the incident they belong to is all there is.
    let incident = data.at("incident").unwrap_or(data);
    take(kind, incident, time, intake)
}

fn second(message: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let kind = message.text("event").ok_or("no event")?;
    let incident = message.at("incident").ok_or("no incident")?;
    let time =
        message.time(&["created_on", "incident.last_status_change_at", "incident.created_at"])?;
    take(kind, incident, time, intake)
}

fn take(
    kind: &str,
    incident: Node<'_>,
    time: chrono::DateTime<chrono::Utc>,
    intake: &mut Intake,
) -> Result<(), String> {
    let id = incident.word("id").ok_or("no id of an incident")?;
    let done = kind.strip_prefix("incident.").unwrap_or(kind);
    let triggered = matches!(done, "triggered" | "trigger");
    let title = incident
        .first_text(&["title", "summary", "description", "trigger_summary_data.description"])
        .unwrap_or("incident without a title");
    let time = if triggered { incident.time(&["created_at"]).unwrap_or(time) } else { time };
    let (event_type, title) = match done {
        "triggered" | "trigger" => ("alert", title.to_owned()),
        "resolved" | "resolve" => ("alert_resolved", format!("resolved: {title}")),
        other => ("alert_update", format!("{}: {title}", other.replace(['_', '.'], " "))),
    };
    let id = if triggered {
        joined_id(&["pagerduty", &id])
    } else {
        joined_id(&["pagerduty", &id, done, &stamp(time)])
    };
    let urgency = incident.at("priority.summary").or(incident.at("urgency"));
    let severity = if triggered { severity(urgency, intake) } else { Severity::Info };
    let source = if event_type == "alert_update" {
        Source::Other("pagerduty".to_owned())
    } else {
        Source::Alert
    };
    let mut event: EventBuilder = Event::builder(time, source, event_type, &title)
        .with_severity(severity)
        .with_source_id(id)
        .with_body(
            intake.body(incident.first_text(&["body.details", "description"]).unwrap_or("")),
        );
    let service = incident.first_text(&["service.summary", "service.name", "service.description"]);
    if let Some(service) = service {
        event = event.with_entity(Entity::service(service));
    }
    let state = match event_type {
        "alert" => Some("firing"),
        "alert_resolved" => Some("resolved"),
        _ => None,
    };
    intake.push(
        event
            .with_attribute(name::KIND, kind)
            .with_attribute(name::ALERT_STATE, state)
            .with_attribute(name::FINGERPRINT, incident.first_text(&["incident_key", "id"]))
            .with_attribute(
                "incident.number",
                incident.word("number").or(incident.word("incident_number")),
            )
            .with_attribute(attribute::ACTOR, incident.text("last_status_change_by.summary"))
            .with_attribute(name::URL, incident.text("html_url")),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::Alert;
    use serde_json::json;

    #[test]
    fn both_versions_tell_what_was_triggered_and_resolved() {
        let third = |kind: &str| {
            json!({"event": {"id": "01", "event_type": kind, "occurred_at": "2026-05-04T09:10:00Z",
                "data": {"id": "Q1", "type": "incident", "title": "till is slow", "urgency": "high",
                    "created_at": "2026-05-04T09:00:00Z", "number": 31, "service": {"summary": "till"},
                    "incident_key": "k"}}})
        };
        let (events, _) = parsed(&third("incident.triggered"), parse);
        let alert = Alert::from_event(&events[0]).unwrap();
        assert_eq!(alert.fired_at.to_rfc3339(), "2026-05-04T09:00:00+00:00");
        assert_eq!(
            (alert.entity, events[0].severity()),
            (Some(Entity::service("till")), Severity::High)
        );
        let (over, _) = parsed(&third("incident.resolved"), parse);
        assert_eq!(
            (over[0].title(), over[0].event_type()),
            ("resolved: till is slow", "alert_resolved")
        );
        let (update, _) = parsed(&third("incident.priority_updated"), parse);
        assert_eq!(
            (update[0].source().as_str(), update[0].title()),
            ("pagerduty", "priority updated: till is slow")
        );
        let second = json!({"messages": [
            {"event": "incident.trigger", "created_on": "2026-05-04T09:10:00Z", "incident": {"id": "Q1",
                "incident_number": 31, "title": "till is slow", "created_at": "2026-05-04T09:00:00Z",
                "service": {"name": "till"}}},
            {"event": "incident.trigger", "incident": {}},
        ]});
        let (again, refused) = parsed(&second, parse);
        assert_eq!(again[0].id(), events[0].id(), "one incident is one alert in either version");
        assert_eq!(refused.len(), 1);
        assert!(parsed(&json!({}), parse).1[0].contains("neither"));
    }

    const NAMES: &[&str] = &[
        "event",
        "event_type",
        "occurred_at",
        "data",
        "incident",
        "messages",
        "incidents",
        "id",
        "created_at",
        "created_on",
        "incident.triggered",
        "title",
        "service",
        "summary",
        "priority",
        "urgency",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, parse);
        }
    }
}
