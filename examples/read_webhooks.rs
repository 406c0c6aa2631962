//! Webhooks as a server receives them: an alert, a CI run and a deploy become events.

#![allow(clippy::print_stdout, reason = "that is what an example is for")]

use rca_core::connectors::{Delivery, Limits};

/// Names and values.
type Headers = &'static [(&'static str, &'static str)];

fn main() -> rca_core::Result<()> {
    let received = rca_core::connectors::parse_time("2026-05-04T09:05:00Z")?;
    let alert = br#"{"version": "4", "status": "firing", "receiver": "pager", "groupKey": "{}", "externalURL": "http://am",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
        "alerts": [{"status": "firing", "startsAt": "2026-05-04T09:04:00Z", "endsAt": "0001-01-01T00:00:00Z",
          "fingerprint": "a1", "generatorURL": "http://prom",
          "labels": {"alertname": "PaymentsFail", "service": "till", "severity": "critical"},
          "annotations": {"summary": "one in ten payments fails"}}]}"#;
    let deploy = br#"{"action": "created", "repository": {"full_name": "shop/till", "name": "till"},
        "deployment": {"id": 7, "sha": "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed", "environment": "production"},
        "deployment_status": {"id": 8, "state": "success", "created_at": "2026-05-04T09:00:00Z"}}"#;
    let push = br#"{"ref": "refs/heads/main", "after": "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed",
        "repository": {"full_name": "shop/till", "name": "till"},
        "commits": [{"id": "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed", "message": "shorter timeout for the bank",
          "timestamp": "2026-05-04T08:40:00Z", "author": {"name": "Bo"}, "modified": ["till/bank.py"]}]}"#;
    let deliveries: [(Headers, &[u8]); 3] = [
        (&[], alert),
        (&[("X-GitHub-Event", "deployment_status")], deploy),
        (&[("X-GitHub-Event", "push")], push),
    ];
    for (headers, body) in deliveries {
        let batch = Delivery { headers, body, received }.read(&Limits::default())?;
        for input in &batch.report.inputs {
            println!("{}: {} read, {} refused", input.format, input.read, input.refused);
        }
        for event in &batch.events {
            let entity = event.entity().map(|entity| entity.name.as_str()).unwrap_or("-");
            println!("  {} {} [{entity}] {}", event.source(), event.event_type(), event.title());
        }
    }
    Ok(())
}
