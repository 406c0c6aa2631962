//! What providers say about their own health.

use std::io::Read;

use serde_json::Value;

use super::super::batch::Events;
use super::super::fields::{self, Record};
use super::super::reading::Reading;
use super::changes::{cut_body, derived_id, keep, rest, time};
use crate::error::Result;
use crate::model::{Entity, EntityKind, Event, EventBuilder, Severity, Source, attribute};

/// Names under which a feed keeps its posts.
const POSTS: &[&str] = &["events", "incidents", "posts", "scheduled_maintenances", "updates"];
/// Attribute that names the feed of a post.
const FEED: &str = "status.feed";

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<()> {
    reading.records(source, false, &mut |mut record, reading| {
        let posts = record.take(POSTS);
        let Some(posts) = posts else {
            let event = post(record, None, reading)?;
            return keep(event, reading, events);
        };
        let feed = record.take_text(fields::PROVIDER);
        let Value::Array(posts) = posts else { return Err("posts are not an array".to_owned()) };
        posts_of(posts, feed.as_deref(), reading, events)
    })
}

/// The posts of one feed; a refused post costs only itself.
fn posts_of(
    posts: Vec<Value>,
    feed: Option<&str>,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<u64, String> {
    let mut count = 0;
    for (index, value) in posts.into_iter().enumerate() {
        let outcome = Record::new(value)
            .and_then(|record| post(record, feed, reading))
            .and_then(|event| keep(event, reading, events));
        match outcome {
            Ok(one) => count += one,
            Err(reason) => {
                let reason = format!("post {}: {reason}", index + 1);
                reading.report.refuse(reading.limits.described, reading.place(), reason);
            }
        }
    }
    Ok(count)
}

fn post(
    mut record: Record,
    feed: Option<&str>,
    reading: &mut Reading<'_>,
) -> Result<EventBuilder, String> {
    let moment = time(&mut record, fields::POST_TIME, reading)?;
    let status = record.take_text(fields::POST_STATUS).unwrap_or_default();
    let provider = record.take_text(fields::PROVIDER).or_else(|| feed.map(str::to_owned));
    let headline = record.take_text(fields::POST_TITLE);
    let text = record.take_text(fields::POST_TEXT).unwrap_or_default();
    let name = provider.as_deref().unwrap_or("provider");
    let title = format!("{name}: {}", headline.as_deref().unwrap_or(&status));
    let id = record
        .take_text(fields::ID)
        .unwrap_or_else(|| derived_id(moment, &[name, &title, &status]));
    let mut event = Event::builder(moment.time, Source::StatusPage, "status_post", &title)
        .with_severity(severity(&status))
        .with_body(cut_body(&text, reading))
        .with_source_id(id);
    if let Some(provider) = provider {
        event = event.with_entity(Entity::new(EntityKind::ExternalProvider, provider));
    }
    Ok(rest(event, record, reading)
        .with_attribute(attribute::STATUS, status)
        .with_attribute(FEED, feed))
}

/// By the words that status pages use; a state we do not know is worth a look.
fn severity(status: &str) -> Severity {
    const WORDS: &[(&str, Severity)] = &[
        ("operational", Severity::Info),
        ("operating", Severity::Info),
        ("resolved", Severity::Info),
        ("normal", Severity::Info),
        ("available", Severity::Info),
        ("completed", Severity::Info),
        ("none", Severity::Info),
        ("major", Severity::High),
        ("critical", Severity::High),
        ("outage", Severity::High),
        ("disruption", Severity::High),
        ("degraded", Severity::Medium),
        ("partial", Severity::Medium),
        ("impact", Severity::Medium),
        ("investigating", Severity::Medium),
        ("identified", Severity::Medium),
    ];
    let status = status.to_ascii_lowercase();
    // "unavailable" is no "available".
    let words: Vec<&str> = status.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    WORDS
        .iter()
        .find(|(known, _)| words.contains(known))
        .map_or(Severity::Low, |(_, severity)| *severity)
}
