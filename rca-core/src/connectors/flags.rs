//! Feature flag services: LaunchDarkly, Unleash, Flagsmith. And notes that people keep.
//!
//! | format | from where | becomes |
//! |---|---|---|
//! | `launchdarkly` | audit log entries: webhook, lists of the API | `flag` in source `flag`: key, environment, what was done, who |
//! | `unleash` | events: webhook, lists of the API | the same |
//! | `flagsmith` | flag webhooks, audit log lists | the same, with the state before and after |
//! | `notes` | objects with `note` and a time, who and about what if known | `note` in source `manual` |
//!
//! What these services log besides (users, tokens, segments, projects) becomes source `flag_admin`: no change of the system.

use chrono::{DateTime, Utc};

use super::attribute as name;
use super::fields::{self, entity_of};
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake, joined_id, stamp};
use super::node::Node;
use crate::model::{Event, EventBuilder, Source, attribute};

/// What a service sends: one change, or a list of them; recognised by any of these sets of names.
macro_rules! service {
    ($name:literal, $about:literal, $list:literal, $parse:expr, $marks:expr) => {
        Format {
            name: $name,
            about: $about,
            recognise: |sample| {
                let marks: &[&[&str]] = &$marks;
                let any = marks.iter().any(|all| all.iter().all(|name| sample.has(name)));
                any.then_some(Certainty::Certain)
            },
            read: |source, reading, batch| {
                intake::documents(source, reading, batch, |node, intake| {
                    each($list, node, intake, $parse)
                })
            },
        }
    };
}

pub(super) const FORMATS: &[Format] = &[
    service!(
        "launchdarkly",
        "LaunchDarkly's audit log: webhooks and lists of its API",
        "items",
        launchdarkly,
        [&["titleVerb", "accesses[].resource"], &["items[].titleVerb", "items[].date"]]
    ),
    service!(
        "unleash",
        "Unleash events: webhooks and lists of its API",
        "events",
        unleash,
        [&["featureName", "createdBy", "type"], &["events[].createdBy", "events[].type"]]
    ),
    service!(
        "flagsmith",
        "Flagsmith's flag webhooks and audit log lists",
        "results",
        flagsmith,
        [
            &["data.new_state.feature"],
            &["data.previous_state.feature"],
            &["results[].related_object_type", "results[].log"],
        ]
    ),
    Format {
        name: "notes",
        about: "notes that people keep during an incident: objects with note, timestamp, author, service",
        recognise: |sample: &Sample<'_>| {
            // A log record may have a note among its attributes.
            let logged = sample.has_any(fields::MESSAGE) || sample.has_any(fields::SEVERITY);
            let noted = sample.has("note") && sample.has_any(fields::TIME);
            (noted && !logged).then_some(Certainty::Likely)
        },
        read: |source, reading, batch| intake::documents(source, reading, batch, note),
    },
];

/// Takes a list's items, or the document itself.
fn each(
    list: &str,
    document: Node<'_>,
    intake: &mut Intake,
    take: intake::Parse,
) -> Result<(), String> {
    if document.names(list) {
        intake.each(list, document.items(list), take);
        return Ok(());
    }
    take(document, intake)
}

/// One change of a flag.
struct Switch<'a> {
    time: DateTime<Utc>,
    key: &'a str,
    change: &'a str,
    environment: Option<&'a str>,
    project: Option<&'a str>,
    actor: Option<&'a str>,
}

impl Switch<'_> {
    fn event(&self) -> EventBuilder {
        let place = self.environment.map_or_else(String::new, |name| format!(" in {name}"));
        let title = format!("flag {} {}{place}", self.key, self.change);
        Event::builder(self.time, Source::Flag, "flag", title.trim_end())
            .with_attribute(attribute::FLAG, self.key)
            .with_attribute(attribute::FLAG_CHANGE, self.change)
            .with_attribute(attribute::ACTOR, self.actor)
            .with_attribute(name::ENVIRONMENT, self.environment)
            .with_attribute("feature_flag.set.id", self.project)
    }
}

/// Something that was done in the service but to no flag.
fn administration(time: DateTime<Utc>, service: &str, title: &str) -> EventBuilder {
    Event::builder(time, Source::Other("flag_admin".to_owned()), service, title)
}

fn launchdarkly(entry: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let time = entry.time(&["date"])?;
    let id = entry.text("_id").map_or_else(|| stamp(time), str::to_owned);
    let actor = entry.first_text(&["member.email", "member._id", "token.name"]);
    let resource = entry
        .items("accesses")
        .filter_map(|access| access.text("resource"))
        .chain(entry.texts("target.resources"))
        .find(|resource| resource.contains(":flag/"));
    let verb = entry.text("titleVerb").unwrap_or("changed");
    let said = intake.body(entry.first_text(&["comment", "description"]).unwrap_or_default());
    let event = match resource {
        Some(resource) => {
            let part = |kind: &str| {
                let part = resource.split(':').find_map(|part| part.strip_prefix(kind))?;
                Some(part.split(';').next().unwrap_or(part)).filter(|part| *part != "*")
            };
            let action = entry.items("accesses").find_map(|access| access.text("action"));
            let key = part("flag/").or(entry.text("name")).ok_or("no key of a flag")?;
            // Made or renamed, nobody sees a difference; archived or deleted, somebody may.
            Switch {
                time,
                key,
                change: verb,
                environment: part("env/"),
                project: part("proj/"),
                actor,
            }
            .event()
            .with_attribute(name::ACTION, action)
        }
        None => {
            let subject = entry.first_text(&["name", "kind"]).unwrap_or("something");
            administration(time, "launchdarkly", &format!("{verb} {subject}"))
                .with_attribute(attribute::ACTOR, actor)
        }
    };
    intake.push(event.with_source_id(joined_id(&["launchdarkly", &id])).with_body(said));
    Ok(())
}

fn unleash(entry: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let kind = entry.text("type").ok_or("no type")?;
    let time = entry.time(&["createdAt"])?;
    let id = entry.word("id").unwrap_or_else(|| stamp(time));
    let actor = entry.text("createdBy");
    let event = match entry.text("featureName") {
        Some(key) => {
            let done = kind
                .strip_prefix("feature-environment-")
                .or(kind.strip_prefix("feature-"))
                .unwrap_or(kind);
            let strategy = entry.first_text(&["data.name", "preData.name"]);
            let event = Switch {
                time,
                key,
                change: match done {
                    "enabled" => "on",
                    "disabled" => "off",
                    other => other,
                },
                environment: entry.text("environment"),
                project: entry.text("project"),
                actor,
            }
            .event();
            event.with_attribute(name::ACTION, kind).with_attribute(
                "feature_flag.strategy",
                strategy.filter(|_| done.contains("strategy")),
            )
        }
        None => administration(time, "unleash", &kind.replace('-', " "))
            .with_attribute(attribute::ACTOR, actor),
    };
    intake.push(event.with_source_id(joined_id(&["unleash", &id])));
    Ok(())
}

fn flagsmith(entry: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if let Some(data) = entry.at("data") {
        return flagsmith_hook(entry, data, intake);
    }
    let time = entry.time(&["created_date"])?;
    let id = entry.word("id").unwrap_or_else(|| stamp(time));
    let log = entry.text("log").ok_or("no log")?;
    let about_flag = matches!(
        entry.text("related_object_type"),
        Some("FEATURE" | "FEATURE_STATE" | "EF_VERSION" | "CHANGE_REQUEST")
    );
    let actor = entry.first_text(&["author.email", "author.first_name"]);
    // "... for feature: fast_path", "... feature fast_path"; the log names it only in words.
    let key = entry.text("related_feature.name").or_else(|| {
        let (_, behind) = log.rsplit_once("eature")?;
        behind
            .trim_start_matches(['s', ':', ' '])
            .split([' ', ',', '.'])
            .next()
            .filter(|k| !k.is_empty())
    });
    let event = match key.filter(|_| about_flag) {
        Some(key) => Switch {
            time,
            key,
            change: log,
            environment: entry.text("environment.name"),
            project: entry.text("project.name"),
            actor,
        }
        .event(),
        None => administration(time, "flagsmith", log).with_attribute(attribute::ACTOR, actor),
    };
    intake.push(event.with_source_id(joined_id(&["flagsmith", &id])));
    Ok(())
}

fn flagsmith_hook(hook: Node<'_>, data: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let time = data.time(&["timestamp"])?;
    let state = data.at("new_state").or(data.at("previous_state")).ok_or("no state")?;
    let key = state.text("feature.name").ok_or("no feature.name")?;
    let shown = |state: Option<Node<'_>>| {
        state.map(|state| {
            let on = if state.is_true("enabled") { "on" } else { "off" };
            match state.word("feature_state_value") {
                Some(value) => format!("{on} {value}"),
                None => on.to_owned(),
            }
        })
    };
    let change = match (shown(data.at("previous_state")), shown(data.at("new_state"))) {
        (Some(before), Some(after)) => format!("{before}->{after}"),
        (None, Some(after)) => after,
        (_, None) => "deleted".to_owned(),
    };
    let environment = state.text("environment.name");
    let id = ["flagsmith", environment.unwrap_or_default(), key, &stamp(time)];
    let switch = Switch {
        time,
        key,
        change: &change,
        environment,
        project: state.text("feature.project.name"),
        actor: data.text("changed_by"),
    };
    let event = switch.event().with_source_id(joined_id(&id));
    intake.push(event.with_attribute(name::ACTION, hook.text("event_type")));
    Ok(())
}

fn note(entry: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let text = entry.text("note").ok_or("no note")?;
    let time = entry.time(fields::TIME)?;
    let title = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(text);
    let mut event = Event::builder(time, Source::Manual, "note", title)
        .with_body(intake.body(text))
        .with_attribute(attribute::ACTOR, entry.first_text(fields::ACTOR));
    if let Some(entity) = entity_of(|label| entry.member(label)?.as_text()) {
        event = event.with_entity(entity);
    }
    if let Some(id) = entry.word("id") {
        event = event.with_source_id(joined_id(&["note", &id]));
    }
    intake.push(event);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Change, ChangeKind, Entity};
    use serde_json::{Value, json};

    fn one(value: &Value, take: intake::Parse) -> Event {
        let (mut events, refused) = parsed(value, take);
        assert!(refused.is_empty(), "{refused:?}");
        events.remove(0)
    }

    fn switched(event: &Event) -> (String, String, Option<String>) {
        let Some(ChangeKind::Flag { key, change, actor }) =
            Change::from_event(event).map(|c| c.kind)
        else {
            panic!("no flag: {event:?}")
        };
        (key.to_owned(), change.to_owned(), actor.map(str::to_owned))
    }

    #[test]
    fn the_same_switch_reads_the_same_from_three_services() {
        let launchdarkly = one(
            &json!({"_id": "a", "date": 1_777_885_200_000_i64, "kind": "flag", "name": "Fast path",
            "titleVerb": "turned on the flag", "member": {"email": "ada@shop.example"},
            "accesses": [{"action": "updateOn", "resource": "proj/shop:env/production:flag/fast-path;x"}]}),
            launchdarkly,
        );
        assert_eq!(
            switched(&launchdarkly),
            ("fast-path".into(), "turned on the flag".into(), Some("ada@shop.example".into()))
        );
        assert_eq!(launchdarkly.title(), "flag fast-path turned on the flag in production");
        let unleash = one(
            &json!({"id": 3, "type": "feature-environment-enabled", "createdBy": "ada",
            "createdAt": "2026-05-04T09:00:00Z", "featureName": "fast-path", "environment": "production",
            "project": "shop"}),
            unleash,
        );
        assert_eq!(switched(&unleash), ("fast-path".into(), "on".into(), Some("ada".into())));
        let state = |on: bool| {
            json!({"enabled": on, "environment": {"name": "production"}, "feature": {"name": "fast-path"},
            "feature_state_value": null})
        };
        let flagsmith = one(
            &json!({"event_type": "FLAG_UPDATED", "data": {"changed_by": "ada",
            "timestamp": "2026-05-04T09:00:00.1Z", "new_state": state(true), "previous_state": state(false)}}),
            flagsmith,
        );
        assert_eq!(
            switched(&flagsmith),
            ("fast-path".into(), "off->on".into(), Some("ada".into()))
        );
        for event in [&launchdarkly, &unleash, &flagsmith] {
            assert_eq!(event.attribute(name::ENVIRONMENT), Some("production"));
            assert_eq!(event.timestamp().timestamp(), 1_777_885_200);
        }
    }

    #[test]
    fn administration_is_no_change_of_the_system_and_bad_entries_cost_themselves() {
        let list = json!({"events": [
            {"id": 1, "type": "user-created", "createdBy": "ada", "createdAt": "2026-05-04T09:00:00Z"}, {"id": 2}]});
        let (events, refused) = parsed(&list, |node, intake| each("events", node, intake, unleash));
        assert_eq!((events[0].title(), refused.len()), ("user created", 1));
        assert!(Change::from_event(&events[0]).is_none());
        let audit = one(
            &json!({"id": 4, "created_date": "2026-05-04T09:00:00Z", "related_object_type": "FEATURE_STATE",
            "log": "Flag state updated for feature: fast_path", "author": {"email": "ada@shop.example"},
            "environment": {"name": "production"}}),
            flagsmith,
        );
        assert_eq!(switched(&audit).0, "fast_path");
    }

    #[test]
    fn notes_are_kept_with_who_and_about_what() {
        let event = one(
            &json!({"note": "restarted till\nhelped", "timestamp": "2026-05-04T09:00:00Z", "author": "ada",
            "service": "till"}),
            note,
        );
        assert_eq!((event.title(), event.body()), ("restarted till", "restarted till\nhelped"));
        assert_eq!(event.entity(), Some(&Entity::service("till")));
        assert_eq!(event.attribute(attribute::ACTOR), Some("ada"));
    }

    const NAMES: &[&str] = &[
        "items",
        "events",
        "results",
        "date",
        "accesses",
        "resource",
        "proj/a:env/b:flag/c",
        "type",
        "createdAt",
        "featureName",
        "data",
        "new_state",
        "previous_state",
        "feature",
        "name",
        "timestamp",
        "log",
        "created_date",
        "related_object_type",
        "FEATURE",
        "note",
        "id",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES)) {
            for take in [launchdarkly, unleash, flagsmith, note] {
                let _ = parsed(&value, take);
            }
        }
    }
}
