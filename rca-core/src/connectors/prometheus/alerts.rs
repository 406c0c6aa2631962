//! Alerts as `/api/v1/alerts` lists them: those of Alertmanager in another dress.

use serde_json::{Value, json};

use crate::connectors::alerts::alertmanager;
use crate::connectors::format::{Certainty, Sample};
use crate::connectors::intake::Intake;
use crate::connectors::node::Node;

pub(super) fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let alerts = sample.has("data.alerts[].labels") && sample.has("data.alerts[].activeAt");
    alerts.then_some(Certainty::Certain)
}

pub(super) fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if !document.names("data.alerts") {
        return Err("no data.alerts".to_owned());
    }
    intake.each("data.alerts", document.items("data.alerts"), |item, intake| {
        if item.text("state") == Some("pending") {
            intake.note("alerts that are pending are none yet");
            return Ok(());
        }
        alertmanager::alert(Node(&translated(item)), item, intake)
    });
    Ok(())
}

/// The same with Alertmanager's names.
fn translated(item: Node<'_>) -> Value {
    let member = |name: &str| item.member(name).map_or(Value::Null, |node| node.0.clone());
    json!({
        "status": "firing",
        "startsAt": member("activeAt"),
        "labels": member("labels"),
        "annotations": member("annotations"),
        "values": {"value": item.number("value")},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Alert, Entity};
    use proptest::prelude::*;

    #[test]
    fn an_alert_that_fires_is_one_and_a_pending_one_is_not() {
        let alert = |state: &str| {
            json!({"labels": {"alertname": "TillSlow", "service": "till", "severity": "critical"},
                "annotations": {"summary": "p95 over 2 s"}, "state": state,
                "activeAt": "2026-05-04T09:02:00.5Z", "value": "2.4e+00"})
        };
        let list = json!({"status": "success",
            "data": {"alerts": [alert("firing"), alert("pending"), {"labels": {}}]}});
        let (events, refused) = parsed(&list, parse);
        assert_eq!(refused, ["data.alerts[2]: no time; expected startsAt"]);
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(event.title(), "TillSlow: p95 over 2 s");
        assert_eq!(event.timestamp().to_rfc3339(), "2026-05-04T09:02:00.500+00:00");
        assert_eq!(event.entity(), Some(&Entity::service("till")));
        let alert = Alert::from_event(event).unwrap();
        assert_eq!(alert.observed, Some(2.4));
    }

    proptest! {
        #[test]
        fn any_list_gives_an_answer(value in any_json(&["data", "alerts", "labels", "activeAt", "value"])) {
            let _ = parsed(&value, parse);
        }
    }
}
