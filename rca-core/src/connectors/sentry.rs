//! Sentry: errors with their stack traces, issues and metric alerts, as its webhooks send them and its API shows them.
//!
//! | from | becomes |
//! |---|---|
//! | `event_alert` webhook (an alert rule fired on an error) | `alert`: title, stack trace, release, environment |
//! | `error` webhook, a bare event | `exception` in source `logs`: the same |
//! | `issue` webhook | source `sentry`: what was done to which issue |
//! | `metric_alert` webhook | `alert`, `alert_resolved` |
//!
//! Stack traces are written as the runtimes write them, so that whoever reads logs reads these too. The entity is the
//! project, unless tags name a service; `transaction` and trace id are kept.

use super::attribute as name;
use super::fields::entity_of;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake, joined_id, stamp};
use super::node::Node;
use crate::model::{Entity, Event, EventBuilder, Severity, Source, attribute};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "sentry",
    about: "Sentry webhooks and events: errors with stack traces, issues, metric alerts",
    recognise,
    read: |source, reading, batch| intake::documents(source, reading, batch, parse),
}];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let webhook = ["data.event.event_id", "data.error.event_id", "data.issue.shortId"];
    let metric = sample.has("data.metric_alert.id") || sample.has("data.metric_alert.alert_rule");
    if sample.has_any(&webhook) || metric {
        return Some(Certainty::Certain);
    }
    let of_an_sdk = ["exception.values", "sdk.name", "logentry", "contexts"];
    let bare = sample.has("event_id") && sample.has("platform") && sample.has_any(&of_an_sdk);
    let shown = sample.has("eventID") && sample.has("entries[].type");
    (bare || shown).then_some(Certainty::Likely)
}

fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let action = document.text("action");
    if let Some(data) = document.at("data") {
        if let Some(event) = data.at("event") {
            let alert = Kind::Alert { rule: data.text("triggered_rule") };
            return error(event, alert, intake);
        }
        if let Some(event) = data.at("error") {
            return error(event, Kind::Exception, intake);
        }
        if let Some(alert) = data.at("metric_alert") {
            return metric_alert(alert, data, action.unwrap_or_default(), intake);
        }
        if let Some(item) = data.at("issue") {
            return issue(item, action.unwrap_or("changed"), intake);
        }
    }
    error(document, Kind::Exception, intake)
}

/// What an error is to the people on call.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Exception,
    /// Somebody wanted to be told.
    Alert {
        rule: Option<&'a str>,
    },
}

fn error(event: Node<'_>, kind: Kind<'_>, intake: &mut Intake) -> Result<(), String> {
    let id = event.first_text(&["event_id", "eventID"]).ok_or("no event_id")?;
    let time = event.time(&["datetime", "timestamp", "dateCreated", "received"])?;
    let exceptions = exceptions(event);
    // The last one is what was seen; those before it are its causes.
    let thrown = exceptions.last().copied();
    let (type_of, value) = thrown.map_or((None, None), |e| (e.text("type"), e.text("value")));
    let title = event.first_text(&["title", "message", "logentry.formatted", "logentry.message"]);
    let from_exception = type_of.map(|kind| match value {
        Some(value) => format!("{kind}: {value}"),
        None => kind.to_owned(),
    });
    let title = title.map(str::to_owned).or(from_exception).unwrap_or_else(|| "error".to_owned());
    let stack = stack(&exceptions, event.text("platform").unwrap_or_default());
    let severity = match event.text("level") {
        Some("fatal") => Severity::Critical,
        Some("warning") => Severity::Medium,
        Some("info" | "debug") => Severity::Info,
        _ => Severity::High,
    };
    let (source, event_type, prefix) = match kind {
        Kind::Alert { .. } => (Source::Alert, "alert", "sentry-alert"),
        Kind::Exception => (Source::Logs, "exception", "sentry"),
    };
    let rule = match kind {
        Kind::Alert { rule } => rule,
        Kind::Exception => None,
    };
    let body = match stack.is_empty() {
        true => title.clone(),
        false => stack.clone(),
    };
    let mut draft: EventBuilder = Event::builder(time, source, event_type, &title)
        .with_severity(severity)
        .with_source_id(joined_id(&[prefix, id]))
        .with_body(intake.body(&body));
    let project = event.first_text(&["project_slug", "project.slug", "project_name"]);
    let tagged = entity_of(|label| tag(event, label).filter(|_| !is_about_the_runtime(label)));
    if let Some(entity) = tagged.or_else(|| project.map(Entity::service)) {
        draft = draft.with_entity(entity);
    }
    let release = event.first_text(&["release", "release.version"]).or(tag(event, "release"));
    let draft = draft
        .with_attribute(name::EXCEPTION_TYPE, type_of)
        .with_attribute(name::EXCEPTION_MESSAGE, value.map(|value| intake.body(value)))
        .with_attribute(name::STACK, (!stack.is_empty()).then(|| intake.body(&stack)))
        .with_attribute(attribute::VERSION, release)
        .with_attribute(attribute::COMMIT, release.filter(|release| is_hash(release)))
        .with_attribute(name::ENVIRONMENT, event.text("environment").or(tag(event, "environment")))
        .with_attribute(attribute::TRACE, event.text("contexts.trace.trace_id"))
        .with_attribute("sentry.transaction", event.first_text(&["transaction", "culprit"]))
        .with_attribute("host.name", event.text("server_name").or(tag(event, "server_name")))
        .with_attribute("alert.rule", rule)
        .with_attribute(name::FINGERPRINT, event.word("issue_id").or(event.word("groupID")))
        .with_attribute(name::URL, event.first_text(&["web_url", "url"]));
    intake.push(draft);
    Ok(())
}

/// Tags of the browser or device, whose `app` and `host` are not ours.
fn is_about_the_runtime(label: &str) -> bool {
    matches!(label, "app" | "host" | "node" | "component")
}

/// A tag: pairs in a list, objects in a list, or an object.
fn tag<'n>(event: Node<'n>, wanted: &str) -> Option<&'n str> {
    let tags = event.at("tags")?;
    if let Some(value) = tags.member(wanted) {
        return value.as_text();
    }
    tags.elements().find_map(|tag| {
        let mut pair = tag.elements();
        match (pair.next(), pair.next()) {
            (Some(key), Some(value)) => (key.as_text()? == wanted).then(|| value.as_text())?,
            _ => (tag.text("key")? == wanted).then(|| tag.text("value"))?,
        }
    })
}

/// Exceptions from the outermost cause to what was seen.
fn exceptions(event: Node<'_>) -> Vec<Node<'_>> {
    let direct: Vec<Node<'_>> = event.items("exception.values").collect();
    if !direct.is_empty() {
        return direct;
    }
    let listed: Vec<Node<'_>> = event.items("exception").collect();
    if !listed.is_empty() {
        return listed;
    }
    event
        .items("entries")
        .filter(|entry| entry.text("type") == Some("exception"))
        .flat_map(|entry| entry.items("data.values"))
        .collect()
}

/// Frames kept of one exception; the innermost tell most.
const MOST_FRAMES: usize = 64;

/// The exceptions as their runtime would print them: what was seen first, then its causes.
fn stack(exceptions: &[Node<'_>], platform: &str) -> String {
    let mut text = String::new();
    for (index, exception) in exceptions.iter().rev().enumerate() {
        // Sentry lists frames from the outermost call to the innermost.
        let frames: Vec<Node<'_>> = exception.items("stacktrace.frames").collect();
        let innermost = frames.len().saturating_sub(MOST_FRAMES);
        let frames = frames.get(innermost..).unwrap_or_default();
        if frames.is_empty() {
            continue;
        }
        if index > 0 {
            text.push_str("Caused by: ");
        }
        text.push_str(exception.text("type").unwrap_or("error"));
        if let Some(value) = exception.text("value") {
            text.push_str(": ");
            text.push_str(value);
        }
        text.push('\n');
        let lines: Vec<String> =
            frames.iter().rev().filter_map(|one| frame(*one, platform)).collect();
        for line in lines {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn frame(frame: Node<'_>, platform: &str) -> Option<String> {
    let file = frame.first_text(&["filename", "absPath", "abs_path", "module"])?;
    let line = frame.count("lineno").or_else(|| frame.count("lineNo"));
    let function = frame.text("function");
    Some(match (platform, line) {
        ("python", Some(line)) => {
            format!("  File \"{file}\", line {line}, in {}", function.unwrap_or("<module>"))
        }
        ("java", _) => {
            let at = line.map_or_else(String::new, |line| format!(":{line}"));
            let class =
                frame.text("module").map_or_else(String::new, |module| format!("{module}."));
            format!("  at {class}{}({file}{at})", function.unwrap_or("<unknown>"))
        }
        (_, Some(line)) => match function {
            Some(function) => format!("  at {function} ({file}:{line})"),
            None => format!("  at {file}:{line}"),
        },
        (_, None) => format!("  at {} ({file})", function.unwrap_or("<unknown>")),
    })
}

/// Releases are often called like the commit.
fn is_hash(release: &str) -> bool {
    (7..=40).contains(&release.len())
        && release.bytes().all(|byte| byte.is_ascii_hexdigit())
        && release.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn issue(item: Node<'_>, action: &str, intake: &mut Intake) -> Result<(), String> {
    let id = item.word("id").or(item.word("shortId")).ok_or("no id of an issue")?;
    let time = match intake.hints.received {
        Some(_) => intake.received()?,
        None if action == "created" => item.time(&["firstSeen", "lastSeen"])?,
        None => item.time(&["lastSeen", "firstSeen"])?,
    };
    let subject = item.first_text(&["title", "metadata.value", "culprit"]).unwrap_or("untitled");
    let title = format!("issue {} {action}: {subject}", item.text("shortId").unwrap_or(&id));
    let source = Source::Other("sentry".to_owned());
    let bad = matches!(item.text("level"), Some("error" | "fatal"));
    let fresh = matches!(action, "created" | "unresolved");
    let mut event = Event::builder(time, source, "issue", &title)
        .with_severity(if bad && fresh { Severity::Medium } else { Severity::Info })
        .with_source_id(joined_id(&["sentry-issue", &id, action, &stamp(time)]))
        .with_body(intake.body(item.text("culprit").unwrap_or_default()))
        .with_attribute(name::ACTION, action)
        .with_attribute(name::FINGERPRINT, id.as_str())
        .with_attribute(name::EXCEPTION_TYPE, item.text("metadata.type"))
        .with_attribute("sentry.issue.count", item.word("count"))
        .with_attribute("code.file.path", item.text("metadata.filename"))
        .with_attribute(name::URL, item.first_text(&["web_url", "permalink"]));
    if let Some(project) = item.first_text(&["project.slug", "project.name"]) {
        event = event.with_service(project);
    }
    intake.push(event);
    Ok(())
}

fn metric_alert(
    alert: Node<'_>,
    data: Node<'_>,
    action: &str,
    intake: &mut Intake,
) -> Result<(), String> {
    let id = alert.word("id").or(alert.word("identifier")).ok_or("no id of an alert")?;
    let resolved = action == "resolved";
    let time = match alert.time(if resolved {
        &["date_closed", "date_detected"]
    } else {
        &["date_started", "date_detected", "date_created"]
    }) {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let subject =
        alert.first_text(&["title", "alert_rule.name"]).or(data.text("description_title"));
    let subject = subject.unwrap_or("metric alert");
    let (kind, title, severity) = match action {
        "resolved" => ("alert_resolved", format!("resolved: {subject}"), Severity::Info),
        "critical" => ("alert", subject.to_owned(), Severity::Critical),
        _ => ("alert", subject.to_owned(), Severity::Medium),
    };
    let threshold = alert
        .items("alert_rule.triggers")
        .find(|trigger| trigger.text("label") == Some(action))
        .and_then(|trigger| trigger.number("alertThreshold").or(trigger.number("alert_threshold")));
    let mut event = Event::builder(time, Source::Alert, kind, &title)
        .with_severity(severity)
        .with_source_id(joined_id(&["sentry-metric-alert", &id, kind]))
        .with_body(intake.body(data.text("description_text").unwrap_or_default()))
        .with_attribute(attribute::METRIC, alert.text("alert_rule.aggregate"))
        .with_attribute(attribute::THRESHOLD, threshold)
        .with_attribute(name::FINGERPRINT, id)
        .with_attribute(name::ALERT_STATE, if resolved { "resolved" } else { "firing" })
        .with_attribute(name::URL, data.text("web_url"));
    let project = alert.items("projects").next().and_then(Node::as_text);
    if let Some(project) = project {
        event = event.with_service(project);
    }
    intake.push(event);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::Alert;
    use serde_json::{Value, json};

    fn one(value: &Value) -> Event {
        let (mut events, refused) = parsed(value, parse);
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!(events.len(), 1);
        events.remove(0)
    }

    fn event(platform: &str, file: &str) -> Value {
        json!({"event_id": "e1", "platform": platform, "datetime": "2026-05-04T09:00:00.5Z", "level": "error",
            "title": "KeyError: 'price'", "release": "4f2a9c1be0d3", "environment": "production",
            "project_slug": "till", "tags": [["server_name", "n3"], ["app", "chrome"]],
            "contexts": {"trace": {"trace_id": "abc"}}, "transaction": "/pay",
            "exception": {"values": [
                {"type": "IOError", "value": "gone", "stacktrace": {"frames": [{"filename": "z.py", "lineno": 1}]}},
                {"type": "KeyError", "value": "'price'", "stacktrace": {"frames": [
                    {"filename": "outer.py", "function": "main", "lineno": 3},
                    {"filename": file, "function": "pay", "module": "shop.Till", "lineno": 12}]}}]}})
    }

    #[test]
    fn frames_become_a_stack_trace_of_their_runtime_innermost_first() {
        let python =
            one(&json!({"action": "created", "data": {"error": event("python", "app/pay.py")}}));
        assert_eq!(
            python.body(),
            "KeyError: 'price'\n  File \"app/pay.py\", line 12, in pay\n  \
            File \"outer.py\", line 3, in main\nCaused by: IOError: gone\n  File \"z.py\", line 1, in <module>\n"
        );
        assert_eq!((python.source(), python.event_type()), (&Source::Logs, "exception"));
        assert_eq!(python.entity(), Some(&Entity::service("till")));
        for (name, value) in [
            (attribute::COMMIT, "4f2a9c1be0d3"),
            (name::ENVIRONMENT, "production"),
            (attribute::TRACE, "abc"),
            ("host.name", "n3"),
            (name::EXCEPTION_TYPE, "KeyError"),
        ] {
            assert_eq!(python.attribute(name), Some(value));
        }
        let java = one(&event("java", "Till.java"));
        assert!(java.body().contains("  at shop.Till.pay(Till.java:12)\n"), "{}", java.body());
        let node = one(&event("node", "/srv/pay.js"));
        assert!(node.body().contains("  at pay (/srv/pay.js:12)\n"), "{}", node.body());
    }

    #[test]
    fn an_event_of_the_api_has_its_exceptions_in_entries() {
        let shown = one(
            &json!({"eventID": "e2", "dateCreated": "2026-05-04T09:00:00Z", "platform": "go", "title": "t",
            "tags": [{"key": "environment", "value": "live"}, {"key": "service", "value": "till"}],
            "entries": [{"type": "message"}, {"type": "exception", "data": {"values": [
                {"type": "T", "stacktrace": {"frames": [{"filename": "a.go", "function": "f", "lineNo": 4}]}}]}}]}),
        );
        assert_eq!(shown.body(), "T\n  at f (a.go:4)\n");
        assert_eq!(shown.attribute(name::ENVIRONMENT), Some("live"));
    }

    #[test]
    fn alerts_fire_and_end_and_issues_are_kept() {
        let alert = one(
            &json!({"action": "triggered", "data": {"event": event("python", "a.py"), "triggered_rule": "r"}}),
        );
        let read = Alert::from_event(&alert).unwrap();
        assert!(read.text.contains("File \"a.py\", line 12"), "{}", read.text);
        assert_eq!(alert.attribute("alert.rule"), Some("r"));
        let metric = |action: &str| {
            one(&json!({"action": action, "data": {"description_title": "Critical: errors",
            "metric_alert": {"id": "9", "title": "errors of till", "date_started": "2026-05-04T09:00:00Z",
                "date_closed": "2026-05-04T09:30:00Z", "projects": ["till"], "alert_rule": {"aggregate": "count()",
                    "triggers": [{"label": "critical", "alertThreshold": 100}]}}}}))
        };
        let fired = Alert::from_event(&metric("critical")).unwrap();
        assert_eq!((fired.threshold, fired.metric.as_deref()), (Some(100.0), Some("count()")));
        assert!(Alert::from_event(&metric("resolved")).is_none());
        let issue = one(
            &json!({"action": "resolved", "data": {"issue": {"id": "5", "shortId": "TILL-5", "title": "t",
            "lastSeen": "2026-05-04T09:00:00Z", "project": {"slug": "till"}, "level": "error"}}}),
        );
        assert_eq!((issue.title(), issue.severity()), ("issue TILL-5 resolved: t", Severity::Info));
        assert_eq!(parsed(&json!({"data": {"event": {}}}), parse).1, ["no event_id"]);
    }

    const NAMES: &[&str] = &[
        "action",
        "data",
        "event",
        "error",
        "issue",
        "metric_alert",
        "event_id",
        "datetime",
        "exception",
        "values",
        "type",
        "value",
        "stacktrace",
        "frames",
        "filename",
        "lineno",
        "function",
        "tags",
        "key",
        "entries",
        "platform",
        "python",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            let _ = parsed(&value, parse);
        }
    }
}
