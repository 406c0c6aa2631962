//! The shape of our documents is a promise: their JSON Schemas are golden files, and what we write keeps to
//! them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod golden;
mod incidents;

use std::collections::BTreeSet;

use rca_core::graph::Node;
use rca_core::model::{
    About, Analysis, AuditEntry, AuditSeal, Dossier, Edge, Event, Finding, Investigation, Link,
    LinkKind, Note, Probability, Severity, Side, Source, Status,
};
use rca_core::report::Doctor;
use rca_core::report::canvas::{Canvas, Edits};
use rca_core::store::Scan;
use rca_core::time::{ManualClock, TimeRange, from_nanos};
use rca_core::{Incident, Workspace, analyze};
use schemars::{JsonSchema, schema_for};
use serde_json::{Map, Value, json};

#[test]
fn schemas_are_as_they_were() {
    fn check<T: JsonSchema>(name: &str) {
        let text = serde_json::to_string_pretty(&schema_for!(T)).unwrap();
        golden::check(&format!("schema/{name}.json"), &format!("{text}\n"));
    }
    check::<Event>("event");
    check::<Investigation>("investigation");
    check::<Link>("link");
    check::<Edge>("edge");
    check::<Note>("note");
    check::<Finding>("finding");
    check::<Analysis>("analysis");
    check::<Canvas>("canvas");
    check::<Edits>("canvas_edits");
    check::<Dossier>("dossier");
    check::<AuditEntry>("audit_entry");
    check::<AuditSeal>("audit_seal");
    check::<Node>("node");
    check::<Doctor>("doctor");
}

#[test]
fn field_names_are_snake_case_and_described() {
    for schema in all_schemas() {
        let mut fields = BTreeSet::new();
        names(&schema, &mut fields);
        assert!(!fields.is_empty());
        for name in fields {
            let snake = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(snake, "{name} is not snake_case");
        }
    }
}

#[test]
fn what_we_write_of_the_recorded_incidents_keeps_to_the_schemas() {
    for name in [incidents::GUILTY_COMMIT, incidents::OUTSIDE] {
        let batch = incidents::batch(name);
        keeps_to::<Analysis>(&json(&analyze(&Incident::from(&batch))));

        let clock = ManualClock::at(batch.events.iter().map(Event::timestamp).max().unwrap());
        let workspace = Workspace::builder().with_clock(clock).in_memory().unwrap();
        let case = workspace.investigate_batch(batch).unwrap().investigation;
        let note = workspace.add_note(case.id(), Some("ann"), "**look** here", None).unwrap();
        keeps_to::<Note>(&json(&note));
        workspace.set_status(case.id(), Status::InProgress).unwrap();
        workspace.set_status(case.id(), Status::Resolved).unwrap();
        keeps_to::<Investigation>(&json(&workspace.investigation(case.id()).unwrap()));

        let events: Vec<Event> = workspace.events(&Scan::all()).unwrap().flatten().collect();
        let findings: Vec<Finding> = events.iter().filter_map(Finding::from_event).collect();
        let edges = workspace.graph(case.id()).unwrap().edges();
        workspace.unlink(events[0].id(), case.id(), None).unwrap();
        let links = workspace.links(case.id()).unwrap();
        assert!(links.iter().any(|link| link.kind == LinkKind::Rejected));
        assert!(findings.len() > 10 && edges.len() > 10 && links.len() > 10);
        for event in &events {
            keeps_to::<Event>(&json(&workspace.event(event.id()).unwrap()));
        }
        findings.iter().for_each(|finding| keeps_to::<Finding>(&json(finding)));
        edges.iter().for_each(|edge| keeps_to::<Edge>(&json(edge)));
        links.iter().for_each(|link| keeps_to::<Link>(&json(link)));
        workspace.propose_from_analysis(case.id(), Probability::ZERO).unwrap();
        let guess = workspace.propose(case.id(), Some("ann"), "the pool", events[1].id()).unwrap();
        let (side, about) = (Side::Against, About::Note { note: note.id });
        workspace.add_evidence(case.id(), guess.id, None, side, "", about).unwrap();
        keeps_to::<Dossier>(&json(&workspace.export_investigation(case.id()).unwrap()));
        keeps_to::<AuditSeal>(&json(&workspace.audit_seal().unwrap()));
    }
}

#[test]
fn documents_with_every_field_and_with_as_few_as_can_be_keep_to_the_schemas() {
    let time = from_nanos(1_767_225_600_123_000_000);
    let plain = Event::builder(time, Source::Manual, "note", "x").build().unwrap();
    keeps_to::<Event>(&json(&plain));
    let full = Event::builder(time, Source::Other("pager".to_owned()), "page", "x")
        .with_severity(Severity::Critical)
        .with_service("ledger")
        .with_body("text")
        .with_attribute("any.name", json!({ "Deep": [1, null] }))
        .with_tag("a")
        .with_source_id("1")
        .with_metadata("Key", "value")
        .with_parsed_at(time)
        .build()
        .unwrap();
    keeps_to::<Event>(&json(&full));
    let window = TimeRange::new(time, time + chrono::Duration::hours(1)).unwrap();
    let case = Investigation::builder("x", window)
        .with_service("ledger")
        .with_component("pool")
        .with_tag("a")
        .with_created_by("ann")
        .with_assigned_to("ann")
        .build(time, &[])
        .unwrap();
    keeps_to::<Investigation>(&json(&case));
    keeps_to::<Analysis>(&json(&analyze(&Incident::new(&[], &Default::default()))));
}

#[test]
fn the_check_sees_what_is_wrong() {
    #[derive(serde::Serialize, JsonSchema)]
    struct Sample {
        name: String,
        count: Option<u32>,
        kind: rca_core::model::CauseKind,
    }
    let schema = serde_json::to_value(schema_for!(Sample)).unwrap();
    let good = json!({ "name": "x", "count": 1, "kind": { "kind": "flag", "key": "k" } });
    assert_eq!(check(&schema, &schema, &good, "$"), Ok(()));
    let wrong = [
        ("$.name", json!("x"), json!(7)),
        ("$.count", json!(1), json!("7")),
        ("$.kind", json!({ "kind": "flag", "key": "k" }), json!({ "kind": "flag" })),
        ("$.kind", json!({}), json!({ "kind": "nonsense" })),
        ("$.kind", json!({}), json!({ "kind": "flag", "key": "k", "more": 1 })),
    ];
    for (place, _, value) in wrong {
        let mut bad = good.clone();
        bad[place.trim_start_matches("$.")] = value;
        let error = check(&schema, &schema, &bad, "$").unwrap_err();
        assert!(error.starts_with(place), "{error}");
    }
    let mut more = good.clone();
    more["surprise"] = json!(1);
    assert!(check(&schema, &schema, &more, "$").unwrap_err().contains("surprise"));
    let mut less = good;
    less.as_object_mut().unwrap().remove("name");
    assert!(check(&schema, &schema, &less, "$").unwrap_err().contains("name"));
}

fn all_schemas() -> Vec<Value> {
    let schemas = [
        schema_for!(Event),
        schema_for!(Investigation),
        schema_for!(Link),
        schema_for!(Edge),
        schema_for!(Note),
        schema_for!(Finding),
        schema_for!(Analysis),
        schema_for!(Node),
        schema_for!(Doctor),
        schema_for!(Canvas),
        schema_for!(Edits),
    ];
    schemas.into_iter().map(|schema| serde_json::to_value(schema).unwrap()).collect()
}

fn json(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap()
}

fn keeps_to<T: JsonSchema>(document: &Value) {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    if let Err(error) = check(&schema, &schema, document, "$") {
        panic!("{}: {error}", T::schema_name());
    }
}

/// Names of all properties in a schema.
fn names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let (true, Value::Object(properties)) = (key == "properties", value) {
                    found.extend(properties.keys().cloned());
                    properties.values().for_each(|property| names(property, found));
                } else {
                    names(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

/// Whether a document keeps to a schema, and says nothing that the schema does not know.
///
/// The part of JSON Schema 2020-12 that schemars writes for us; a keyword beyond that is a failure.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let known = apply(root, schema, value, at)?;
    let (Value::Object(fields), Some(known)) = (value, known) else { return Ok(()) };
    match fields.keys().find(|key| !known.contains(*key)) {
        Some(key) => Err(format!("{at}: the schema has no {key}")),
        None => Ok(()),
    }
}

/// Applies all keywords; gives the keys of an object that they spoke about, none for any key.
fn apply(
    root: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
) -> Result<Option<BTreeSet<String>>, String> {
    let Value::Object(schema) = schema else {
        return if *schema == json!(true) { Ok(None) } else { Err(format!("{at}: forbidden")) };
    };
    let notes = ["$schema", "$defs", "title", "description", "default", "format"];
    if schema.keys().all(|keyword| notes.contains(&keyword.as_str())) {
        return Ok(None); // any value
    }
    let mut known = Some(BTreeSet::new());
    for (keyword, rule) in schema {
        let spoken = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => continue,
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                apply(root, root.pointer(pointer).unwrap(), value, at)?
            }
            "oneOf" | "anyOf" => one_of(root, rule, value, at)?,
            "properties" => properties(root, rule.as_object().unwrap(), value, at)?,
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.get(key.as_str().unwrap()).is_none() {
                        return Err(format!("{at}: {key} is missing"));
                    }
                }
                continue;
            }
            "additionalProperties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    check(root, rule, value, &format!("{at}.{key}"))?;
                }
                None
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{at}[{place}]"))?;
                }
                continue;
            }
            "type" if is_of(rule, value) => continue,
            "const" if rule == value => continue,
            "enum" if rule.as_array().unwrap().contains(value) => continue,
            "minimum" if value.as_f64() >= rule.as_f64() => continue,
            "maximum" if value.as_f64() <= rule.as_f64() => continue,
            "minItems" if value.as_array().map(Vec::len) >= count(rule) => continue,
            "maxItems" if value.as_array().map(Vec::len) <= count(rule) => continue,
            "prefixItems" => {
                for (place, (schema, item)) in rule
                    .as_array()
                    .into_iter()
                    .flatten()
                    .zip(value.as_array().into_iter().flatten())
                    .enumerate()
                {
                    check(root, schema, item, &format!("{at}[{place}]"))?;
                }
                continue;
            }
            "uniqueItems" => continue,
            "type" | "const" | "enum" | "minimum" | "maximum" | "minItems" | "maxItems" => {
                return Err(format!("{at}: {value} does not keep to {keyword} {rule}"));
            }
            other => return Err(format!("{at}: this test does not know the keyword {other}")),
        };
        known = known.zip(spoken).map(|(mut known, spoken)| {
            known.extend(spoken);
            known
        });
    }
    Ok(known)
}

fn one_of(
    root: &Value,
    branches: &Value,
    value: &Value,
    at: &str,
) -> Result<Option<BTreeSet<String>>, String> {
    let tried = branches.as_array().unwrap().iter().map(|branch| apply(root, branch, value, at));
    let (fits, misfits): (Vec<_>, Vec<_>) = tried.partition(Result::is_ok);
    match fits.into_iter().next() {
        Some(fit) => fit,
        None => {
            let misfits: Vec<String> = misfits.into_iter().filter_map(Result::err).collect();
            Err(format!("{at}: none of {} fits: {}", misfits.len(), misfits.join("; ")))
        }
    }
}

fn properties(
    root: &Value,
    properties: &Map<String, Value>,
    value: &Value,
    at: &str,
) -> Result<Option<BTreeSet<String>>, String> {
    for (name, schema) in properties {
        if let Some(value) = value.get(name) {
            check(root, schema, value, &format!("{at}.{name}"))?;
        }
    }
    Ok(Some(properties.keys().cloned().collect()))
}

fn count(rule: &Value) -> Option<usize> {
    rule.as_u64().and_then(|count| usize::try_from(count).ok())
}

fn is_of(rule: &Value, value: &Value) -> bool {
    match rule {
        Value::Array(rules) => rules.iter().any(|rule| is_of(rule, value)),
        rule => match rule.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no type is called {other}"),
        },
    }
}
