//! CloudEvents envelopes (structured mode, one or a batch), and the CDEvents vocabulary in them or bare.
//!
//! | CDEvents subject | becomes |
//! |---|---|
//! | `service` deployed, upgraded, rolledback, removed | `deploy` in source `deploy`: service, environment, artifact |
//! | `pipelinerun`, `taskrun`, `build` | `pipeline_run`, `pipeline_task`, `build`: name, outcome |
//! | `testcaserun`, `testsuiterun` | `test_case`, `test_suite` |
//! | `change` | `pull_request` |
//! | `incident` detected or reported, resolved | `alert`, `alert_resolved` |
//! | all others | source `cdevents` under their subject |
//!
//! Any other CloudEvent is kept under its type, with its data as text.
//!
//! The structure is read by hand: the vocabulary is two members (`context`, `subject`), while the SDK of CDEvents refuses
//! versions that are newer than itself and members that it does not know.

use super::attribute as name;
use super::fields::entity_of;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake, joined_id};
use super::node::Node;
use super::outcome::Outcome;
use super::rollout::{Rollout, Stage};
use crate::model::{Entity, Event, EventBuilder, Severity, Source, attribute};
use chrono::{DateTime, Utc};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "cloudevents",
    about: "CloudEvents as JSON, one or a batch; of CDEvents also what they mean",
    recognise,
    read: |source, reading, batch| intake::documents(source, reading, batch, parse),
}];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let envelope = sample.has("specversion") && sample.has("type") && sample.has("source");
    let bare = sample.has("context.type") && sample.has("subject.id");
    (envelope || bare).then_some(Certainty::Certain)
}

fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if document.has("context.type") {
        return cdevent(document, None, intake);
    }
    let kind = document.text("type").ok_or("no type")?;
    match document.at("data") {
        Some(data) if data.has("context.type") => {
            cdevent(data, document.time(&["time"]).ok(), intake)
        }
        data => other(kind, document, data, intake),
    }
}

/// A CloudEvent of a vocabulary that we do not know.
fn other(
    kind: &str,
    envelope: Node<'_>,
    data: Option<Node<'_>>,
    intake: &mut Intake,
) -> Result<(), String> {
    let time = match envelope.time(&["time"]) {
        Ok(time) => time,
        Err(reason) if envelope.has("time") => return Err(reason),
        Err(_) => intake.received()?,
    };
    let source = envelope.text("source").unwrap_or_default();
    let subject = envelope.text("subject");
    let about = subject.map_or_else(String::new, |subject| format!(": {subject}"));
    let body = data.map(|data| data.as_word().unwrap_or_else(|| data.0.to_string()));
    let mut event = Event::builder(
        time,
        Source::Other("cloudevents".to_owned()),
        &legal_type(kind),
        &format!("{kind}{about}"),
    )
    .with_body(intake.body(&body.unwrap_or_default()))
    .with_attribute(name::KIND, kind)
    .with_attribute("cloudevents.event_source", source)
    .with_attribute("cloudevents.event_subject", subject);
    if let Some(id) = envelope.word("id") {
        event = event.with_source_id(joined_id(&[source, &id]));
    }
    if let Some(entity) = data.and_then(|data| entity_of(|label| data.member(label)?.as_text())) {
        event = event.with_entity(entity);
    }
    intake.push(event);
    Ok(())
}

/// A type as one of ours: signs that we do not allow become `_`.
fn legal_type(kind: &str) -> String {
    let legal = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || "_.-".contains(c) => c,
        _ => '_',
    };
    kind.chars().take(100).map(legal).collect()
}

/// What most mapped events share.
struct CdEvent<'a> {
    subject: Node<'a>,
    /// Identity of what it is about.
    id: &'a str,
    predicate: &'a str,
    time: DateTime<Utc>,
}

impl<'a> CdEvent<'a> {
    fn content(&self, path: &str) -> Option<&'a str> {
        self.subject.at("content")?.text(path)
    }

    /// A reference: its id, or the reference itself where it is text.
    fn reference(&self, path: &str) -> Option<&'a str> {
        let node = self.subject.at("content")?.at(path)?;
        node.as_text().or(node.text("id"))
    }

    fn outcome(&self) -> Option<Outcome> {
        self.content("outcome").and_then(Outcome::of)
    }

    /// A run of something: queued, started or finished.
    fn run(&self, kind: &str, label: &str) -> EventBuilder {
        let outcome = self.outcome();
        let word = outcome.map_or(self.predicate, |outcome| outcome.as_str());
        let title = format!("{} {label}: {word}", kind.replace('_', " "));
        let errors = self.content("errors").or(self.content("reason"));
        Event::builder(self.time, Source::Ci, kind, &title)
            .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
            .with_body(errors.unwrap_or_default())
            .with_attribute(name::RUN_STATE, outcome.is_none().then_some(self.predicate))
            .with_attribute(name::URL, self.content("url").or(self.content("uri")))
    }
}

fn cdevent(
    document: Node<'_>,
    sent: Option<DateTime<Utc>>,
    intake: &mut Intake,
) -> Result<(), String> {
    let kind = document.text("context.type").ok_or("no context.type")?;
    let words = kind.strip_prefix("dev.cdevents.").unwrap_or(kind);
    let mut words = words.split('.');
    let (noun, predicate) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let subject = document.at("subject").ok_or("no subject")?;
    let id = subject.text("id").ok_or("no subject.id")?;
    let time = match (document.time(&["context.timestamp"]), sent) {
        (Ok(time), _) | (Err(_), Some(time)) => time,
        (Err(reason), None) => return Err(reason),
    };
    let about = CdEvent { subject, id, predicate, time };
    let event = mapped(noun, &about, intake);
    let source = document.text("context.source").unwrap_or_default();
    let event = match document.text("context.id") {
        Some(id) => event.with_source_id(joined_id(&["cdevents", source, id])),
        None => event.with_source_id(joined_id(&["cdevents", source, kind, id])),
    };
    intake.push(
        event
            .with_attribute(name::KIND, kind)
            .with_attribute("cdevents.subject.id", id)
            .with_attribute("cdevents.chain_id", document.text("context.chainId")),
    );
    Ok(())
}

fn mapped(noun: &str, about: &CdEvent<'_>, intake: &mut Intake) -> EventBuilder {
    let outcome = about.outcome().map(Outcome::as_str);
    match (noun, about.predicate) {
        ("service", "deployed" | "upgraded" | "rolledback" | "removed") => service(about),
        ("pipelinerun", _) => {
            let label = about.content("pipelineName").unwrap_or(about.id);
            about
                .run("pipeline_run", label)
                .with_attribute(name::PIPELINE, label)
                .with_attribute(name::RUN, about.id)
                .with_attribute(name::RESULT, outcome)
        }
        ("taskrun", _) => {
            let label = about.content("taskName").unwrap_or(about.id);
            about
                .run("pipeline_task", label)
                .with_attribute(name::TASK, label)
                .with_attribute(name::TASK_RUN, about.id)
                .with_attribute(name::TASK_RESULT, outcome)
                .with_attribute(name::RUN, about.reference("pipelineRun"))
        }
        ("build", _) => {
            about.run("build", about.id).with_attribute("artifact.id", about.content("artifactId"))
        }
        ("testcaserun", _) => test(about, "test_case", "testCase", name::TEST),
        ("testsuiterun", _) => test(about, "test_suite", "testSuite", name::SUITE),
        ("change", _) => {
            let title = format!("change {} {}", about.id, about.predicate);
            Event::builder(about.time, Source::Git, "pull_request", &title)
                .with_attribute(name::CHANGE, about.id)
                .with_attribute(name::CHANGE_STATE, about.predicate)
                .with_attribute(name::REPOSITORY, about.reference("repository"))
        }
        ("incident", "detected" | "reported" | "resolved") => incident(about, intake),
        _ => {
            let title = format!("{noun} {} {}", about.id, about.predicate);
            let kind = legal_type(if noun.is_empty() { "event" } else { noun });
            let source = Source::Other("cdevents".to_owned());
            Event::builder(about.time, source, &kind, &title)
                .with_attribute(name::ENVIRONMENT, about.reference("environment"))
        }
    }
}

/// A run of what stands under `member`, called by its name or its id.
fn test(about: &CdEvent<'_>, kind: &str, member: &str, attribute: &str) -> EventBuilder {
    let label = about.content(&format!("{member}.name")).or(about.reference(member));
    about
        .run(kind, label.unwrap_or(about.id))
        .with_attribute(attribute, label)
        .with_attribute(name::TEST_RESULT, about.outcome().map(Outcome::as_str))
}

fn service(about: &CdEvent<'_>) -> EventBuilder {
    let name = about.content("name").unwrap_or(about.id);
    // An id may be an address; people know the last part of it.
    let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    Rollout {
        stage: Stage::Done,
        entity: Some(Entity::service(name)),
        commit: None,
        version: about.content("artifactId"),
        environment: about.reference("environment"),
    }
    .event(about.time)
    .with_attribute(name::ACTION, about.predicate)
}

fn incident(about: &CdEvent<'_>, intake: &mut Intake) -> EventBuilder {
    let said = about.content("description").unwrap_or(about.id);
    let (kind, title, severity) = match about.predicate {
        "resolved" => ("alert_resolved", format!("resolved: {said}"), Severity::Info),
        _ => ("alert", said.to_owned(), Severity::High),
    };
    let event = Event::builder(about.time, Source::Alert, kind, &title)
        .with_severity(severity)
        .with_body(intake.body(said))
        .with_attribute(name::FINGERPRINT, about.id)
        .with_attribute(attribute::VERSION, about.content("artifactId"))
        .with_attribute(name::ENVIRONMENT, about.reference("environment"));
    match about.reference("service") {
        Some(service) => event.with_service(service),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Alert, Change, ChangeKind};
    use serde_json::{Value, json};

    fn cdevent(kind: &str, content: Value) -> Value {
        json!({"context": {"specversion": "0.5.0", "id": "e1", "source": "/ci", "type": kind,
            "timestamp": "2026-05-04T09:00:00Z"}, "subject": {"id": "ns/till", "type": "x", "content": content}})
    }

    fn one(value: &Value) -> Event {
        let (mut events, refused) = parsed(value, parse);
        assert!(refused.is_empty(), "{refused:?}");
        events.remove(0)
    }

    #[test]
    fn a_deployed_service_is_a_deploy_bare_or_in_an_envelope() {
        let content =
            json!({"environment": {"id": "production"}, "artifactId": "pkg:oci/till@sha256%3Aab"});
        let bare = cdevent("dev.cdevents.service.upgraded.0.2.0", content);
        let event = one(&bare);
        assert_eq!(event.title(), "deploy of till pkg:oci/till@sha256%3Aab to production");
        assert_eq!(event.entity(), Some(&Entity::service("till")));
        let change = Change::from_event(&event).unwrap().kind;
        assert!(matches!(change, ChangeKind::Deploy { version: Some(_), .. }));
        let envelope =
            json!({"specversion": "1.0", "id": "c", "source": "/ci", "type": "x", "data": bare});
        assert_eq!(one(&envelope), event);
    }

    #[test]
    fn runs_tests_changes_and_incidents_keep_their_meaning() {
        let run = one(&cdevent(
            "dev.cdevents.pipelinerun.finished.0.2.0",
            json!({"pipelineName": "release", "outcome": "failure", "errors": "disk full"}),
        ));
        assert_eq!((run.title(), run.body()), ("pipeline run release: failure", "disk full"));
        assert_eq!((run.source(), run.attribute(name::RESULT)), (&Source::Ci, Some("failure")));
        let task = one(&cdevent("dev.cdevents.taskrun.started.0.2.0", json!({"taskName": "lint"})));
        assert_eq!(
            (task.title(), task.attribute(name::RUN_STATE)),
            ("pipeline task lint: started", Some("started"))
        );
        let incident = one(&cdevent(
            "dev.cdevents.incident.detected.0.2.0",
            json!({"description": "till is slow", "service": {"id": "till"}}),
        ));
        assert_eq!(Alert::from_event(&incident).unwrap().entity, Some(Entity::service("till")));
        let merged = one(&cdevent("dev.cdevents.change.merged.0.2.0", json!({})));
        assert_eq!(merged.title(), "change ns/till merged");
        let artifact = one(&cdevent("dev.cdevents.artifact.packaged.9.9.9", json!({"new": [1]})));
        assert_eq!((artifact.source().as_str(), artifact.event_type()), ("cdevents", "artifact"));
    }

    #[test]
    fn other_events_are_kept_under_their_type() {
        let event = one(
            &json!({"specversion": "1.0", "id": 7, "source": "/shop", "type": "com.shop.Order/Failed",
            "time": "2026-05-04T09:00:00Z", "subject": "order 3", "data": {"service": "till", "code": 3}}),
        );
        assert_eq!(
            (event.event_type(), event.title()),
            ("com.shop.order_failed", "com.shop.Order/Failed: order 3")
        );
        assert_eq!(event.entity(), Some(&Entity::service("till")));
        assert_eq!(event.source_id(), Some("/shop/7"));
        assert!(
            parsed(&json!({"specversion": "1.0", "type": "x"}), parse).1[0].contains("no time")
        );
    }

    const NAMES: &[&str] = &[
        "context",
        "type",
        "timestamp",
        "id",
        "source",
        "subject",
        "content",
        "specversion",
        "data",
        "time",
        "environment",
        "artifactId",
        "outcome",
        "dev.cdevents.service.deployed.0.1.0",
        "dev.cdevents.incident.resolved.0.1.0",
        "service",
        "dev.cdevents.pipelinerun.finished.0.1.0",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, parse);
        }
    }
}
