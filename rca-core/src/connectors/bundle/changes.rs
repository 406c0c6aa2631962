//! What people did to the system: commits, deploys, flags.

use std::io::Read;

use serde_json::Value;

use super::super::batch::Events;
use super::super::fields::{self, Record, cut_text, into_text};
use super::super::reading::Reading;
use super::super::timestamp::Moment;
use crate::error::Result;
use crate::model::{Event, EventBuilder, Source, attribute};

pub(super) fn commits(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<()> {
    reading.records(source, false, &mut |record, reading| {
        let event = commit(record, reading)?;
        keep(event, reading, events)
    })
}

pub(super) fn deploys(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<()> {
    reading.records(source, false, &mut |record, reading| {
        let event = deploy(record, reading)?;
        keep(event, reading, events)
    })
}

pub(super) fn flags(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<()> {
    reading.records(source, false, &mut |record, reading| {
        let event = flag(record, reading)?;
        keep(event, reading, events)
    })
}

fn commit(mut record: Record, reading: &mut Reading<'_>) -> Result<EventBuilder, String> {
    let moment = time(&mut record, fields::COMMIT_TIME, reading)?;
    let sha = record.take_text(fields::SHA).ok_or("no sha")?;
    let message = record.take_text(fields::COMMIT_MESSAGE).unwrap_or_default();
    let title = message.lines().find(|line| !line.trim().is_empty()).unwrap_or(&sha);
    let mut event = Event::builder(moment.time, Source::Git, "commit", title)
        .with_body(cut_body(&message, reading))
        .with_source_id(&sha);
    if let Some(entity) = record.take_entity() {
        event = event.with_entity(entity);
    }
    let author = record.take_text(fields::AUTHOR);
    let files = record.take(fields::FILES).map(paths);
    let diff = record.take_text(fields::DIFF);
    event = rest(event, record, reading);
    if let Some(diff) = &diff {
        let (added, deleted) = count_lines(diff);
        event = event
            .with_attribute(attribute::ADDED, added)
            .with_attribute(attribute::DELETED, deleted);
    }
    Ok(event
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::AUTHOR, author)
        .with_attribute(attribute::FILES, files)
        .with_attribute(attribute::DIFF, diff))
}

fn deploy(mut record: Record, reading: &mut Reading<'_>) -> Result<EventBuilder, String> {
    let moment = time(&mut record, fields::DEPLOY_TIME, reading)?;
    let entity = record.take_entity();
    let sha = record.take_text(fields::SHA);
    let version = record.take_text(fields::VERSION);
    let id = record.take_text(fields::ID);
    let name = entity.as_ref().map_or("", |entity| entity.name.as_str());
    if name.is_empty() && sha.is_none() && version.is_none() {
        return Err("neither service, commit nor version".to_owned());
    }
    let what = version.as_deref().or(sha.as_deref()).unwrap_or_default();
    let of = if name.is_empty() { String::new() } else { format!(" of {name}") };
    let title = format!("deploy{of} {what}");
    let id = id.unwrap_or_else(|| derived_id(moment, &[name, what]));
    let mut event =
        Event::builder(moment.time, Source::Deploy, "deploy", &title).with_source_id(id);
    if let Some(entity) = entity {
        event = event.with_entity(entity);
    }
    Ok(rest(event, record, reading)
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::VERSION, version))
}

fn flag(mut record: Record, reading: &mut Reading<'_>) -> Result<EventBuilder, String> {
    let moment = time(&mut record, fields::DEPLOY_TIME, reading)?;
    let key = record.take_text(fields::FLAG).ok_or("no flag")?;
    let change = record.take_text(fields::FLAG_CHANGE).unwrap_or_default();
    let entity = record.take_entity();
    let actor = record.take_text(fields::ACTOR);
    let name = entity.as_ref().map_or("", |entity| entity.name.as_str());
    let id =
        record.take_text(fields::ID).unwrap_or_else(|| derived_id(moment, &[name, &key, &change]));
    let title = format!("flag {key} {change}");
    let mut event = Event::builder(moment.time, Source::Flag, "flag", &title).with_source_id(id);
    if let Some(entity) = entity {
        event = event.with_entity(entity);
    }
    Ok(rest(event, record, reading)
        .with_attribute(attribute::FLAG, key)
        .with_attribute(attribute::FLAG_CHANGE, change)
        .with_attribute(attribute::ACTOR, actor))
}

pub(super) fn time(
    record: &mut Record,
    names: &[&str],
    reading: &mut Reading<'_>,
) -> Result<Moment, String> {
    let moment = record.take_time(names)?;
    if moment.assumed_utc {
        reading.note("times without an offset were taken as UTC");
    }
    Ok(moment)
}

/// What was not taken becomes attributes under its own names.
pub(super) fn rest(
    mut event: EventBuilder,
    record: Record,
    reading: &mut Reading<'_>,
) -> EventBuilder {
    let (rest, left_out) = record.rest(reading.limits.attributes);
    reading.report.note_times("attributes over the limit were left out", left_out as u64);
    for (name, value) in rest {
        event = event.with_attribute(name, value);
    }
    event
}

pub(super) fn keep(
    event: EventBuilder,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<u64, String> {
    let event = event.build().map_err(|error| error.to_string())?;
    if !events.push(event) {
        reading.note("records with the same identity: the first was kept");
    }
    Ok(1)
}

/// Identity of a record that brings none: the same record gives the same.
pub(super) fn derived_id(moment: Moment, parts: &[&str]) -> String {
    let mut id = moment.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    for part in parts {
        id.push('/');
        id.extend(part.chars().take(200));
    }
    id
}

/// The text as far as an event's body may be long.
pub(super) fn cut_body(text: &str, reading: &mut Reading<'_>) -> String {
    let kept = cut_text(text, Event::MAX_BODY_BYTES);
    if kept.len() < text.len() {
        reading.note("bodies were cut");
    }
    kept.to_owned()
}

/// Paths from a list of texts, a list of objects that name one, or a text with one a line.
fn paths(value: Value) -> Vec<String> {
    const NAMES: &[&str] = &["path", "filename", "file", "new_path", "name"];
    let path = |value: Value| match value {
        Value::Object(object) => {
            NAMES.iter().find_map(|name| object.get(*name)?.as_str().map(str::to_owned))
        }
        other => Some(into_text(other)),
    };
    match value {
        Value::Array(items) => items.into_iter().filter_map(path).collect(),
        Value::String(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// Lines that a unified diff adds and deletes.
fn count_lines(diff: &str) -> (u64, u64) {
    let (mut added, mut deleted) = (0, 0);
    for line in diff.lines() {
        match line.as_bytes() {
            [b'+', b'+', b'+', b' ', ..] | [b'-', b'-', b'-', b' ', ..] => {}
            [b'+', ..] => added += 1,
            [b'-', ..] => deleted += 1,
            _ => {}
        }
    }
    (added, deleted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn headers_of_a_diff_are_not_lines_of_it() {
        assert_eq!(count_lines("--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-a\n+b\n+c\n d\n"), (2, 1));
    }

    #[test]
    fn paths_come_as_texts_or_objects() {
        assert_eq!(paths(json!(["a", {"filename": "b"}, {"x": 1}])), ["a", "b"]);
        assert_eq!(paths(json!("a\nb")), ["a", "b"]);
        assert!(paths(json!(3)).is_empty());
    }
}
