//! Monitors that fired.

use std::io::Read;

use serde_json::Value;

use super::super::batch::Events;
use super::super::fields::{self, Record};
use super::super::reading::Reading;
use super::changes::{cut_body, derived_id, keep, rest, time};
use crate::error::Result;
use crate::model::{Event, EventBuilder, Severity, Source, attribute};

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    events: &mut Events<'_>,
) -> Result<()> {
    reading.records(source, false, &mut |record, reading| {
        let event = alert(record, reading)?;
        keep(event, reading, events)
    })
}

fn alert(mut record: Record, reading: &mut Reading<'_>) -> Result<EventBuilder, String> {
    let moment = time(&mut record, fields::FIRED_AT, reading)?;
    let entity = record.take_entity();
    let metric = record.take_text(fields::ALERT_METRIC);
    let threshold = record.take_number(fields::THRESHOLD);
    let observed = record.take_number(fields::OBSERVED);
    let severity = match record.take(fields::ALERT_SEVERITY) {
        None => Severity::High,
        Some(value) => severity(&value).unwrap_or_else(|| {
            reading.note("unknown severities were taken as high");
            Severity::High
        }),
    };
    let text = record.take_text(fields::ALERT_TITLE);
    let id = record.take_text(fields::ID);
    let detail = detail(&record);
    let name = entity.as_ref().map_or("", |entity| entity.name.as_str());
    let title = text.clone().unwrap_or_else(|| {
        format!("alert {} {}", name, metric.as_deref().unwrap_or_default()).trim().to_owned()
    });
    let id = id.unwrap_or_else(|| {
        derived_id(moment, &[name, metric.as_deref().unwrap_or_default(), &title])
    });
    let mut event = Event::builder(moment.time, Source::Alert, "alert", &title)
        .with_severity(severity)
        .with_source_id(id);
    // The title holds all of a short text; a longer one is kept whole in the body.
    if title.chars().count() > crate::model::Title::MAX_CHARS {
        event = event.with_body(cut_body(&title, reading));
    }
    if let Some(entity) = entity {
        event = event.with_entity(entity);
    }
    Ok(rest(event, record, reading)
        .with_attribute(attribute::METRIC, metric)
        .with_attribute(attribute::THRESHOLD, threshold)
        .with_attribute(attribute::OBSERVED, observed)
        .with_attribute(attribute::DETAIL, detail))
}

/// All further texts, each under its name; `detail` without.
fn detail(record: &Record) -> Option<String> {
    let mut lines = Vec::new();
    for (name, value) in record.iter() {
        match value {
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(text) if matches!(name, "detail" | "details" | "description") => {
                lines.push(text.trim().to_owned());
            }
            Value::String(text) => lines.push(format!("{name}: {}", text.trim())),
            _ => {}
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

const WORDS: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("crit", Severity::Critical),
    ("fatal", Severity::Critical),
    ("emergency", Severity::Critical),
    ("page", Severity::Critical),
    ("p0", Severity::Critical),
    ("p1", Severity::Critical),
    ("sev0", Severity::Critical),
    ("sev1", Severity::Critical),
    ("high", Severity::High),
    ("error", Severity::High),
    ("major", Severity::High),
    ("p2", Severity::High),
    ("sev2", Severity::High),
    ("medium", Severity::Medium),
    ("moderate", Severity::Medium),
    ("warning", Severity::Medium),
    ("warn", Severity::Medium),
    ("p3", Severity::Medium),
    ("sev3", Severity::Medium),
    ("low", Severity::Low),
    ("minor", Severity::Low),
    ("p4", Severity::Low),
    ("sev4", Severity::Low),
    ("info", Severity::Info),
    ("informational", Severity::Info),
    ("none", Severity::Info),
    ("p5", Severity::Info),
    ("sev5", Severity::Info),
];

/// Words of common monitors, and numbers as priorities: 1 is the worst.
pub(in crate::connectors) fn severity(value: &Value) -> Option<Severity> {
    let word = match value {
        Value::String(text) => text.trim().to_ascii_lowercase().replace(['-', ' '], ""),
        Value::Number(number) => format!("p{}", number.as_u64()?),
        _ => return None,
    };
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, severity)| *severity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn priorities_and_words_are_severities() {
        assert_eq!(severity(&json!("SEV-1")), Some(Severity::Critical));
        assert_eq!(severity(&json!(3)), Some(Severity::Medium));
        assert_eq!(severity(&json!("Warning")), Some(Severity::Medium));
        assert_eq!(severity(&json!("loud")), None);
    }
}
