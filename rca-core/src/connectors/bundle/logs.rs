//! Log records, one JSON object a line.

use std::io::Read;

use serde_json::Value;

use super::super::fields::{self, Record, cut_text, into_text};
use super::super::reading::Reading;
use crate::error::Result;
use crate::model::Severity;
use crate::signal::{LogFrame, LogRecord};
use crate::time::nanos;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    logs: &mut LogFrame,
) -> Result<()> {
    reading.records(source, true, &mut |record, reading| {
        reading.relieve_logs(logs);
        take(record, reading, logs)
    })
}

fn take(mut record: Record, reading: &mut Reading<'_>, logs: &mut LogFrame) -> Result<u64, String> {
    let moment = record.take_time(fields::TIME)?;
    if moment.assumed_utc {
        reading.note("times without an offset were taken as UTC");
    }
    let message = record.take_text(fields::MESSAGE).ok_or("no message")?;
    let service = match record.take_entity() {
        Some(entity) => entity.name,
        None => {
            reading.note("no service: belongs to nobody");
            String::new()
        }
    };
    let severity = match record.take(fields::SEVERITY) {
        None => Severity::Info,
        Some(value) => severity(&value).unwrap_or_else(|| {
            reading.note("unknown severities were taken as info");
            Severity::Info
        }),
    };
    let trace = record.take_text(fields::TRACE);
    let span = record.take_text(fields::LOG_SPAN);
    let kept = cut_text(&message, reading.limits.line_bytes);
    let mut attributes = attributes(record, reading);
    if kept.len() < message.len() {
        reading.note("messages were cut");
        attributes.push((CUT.to_owned(), message.len().to_string()));
    }
    let pairs: Vec<(&str, &str)> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    logs.push(&LogRecord {
        time: nanos(moment.time),
        service: &service,
        severity,
        message: kept,
        trace: trace.as_deref(),
        span: span.as_deref(),
        attributes: &pairs,
    });
    Ok(1)
}

/// Attribute of a record whose message was cut: its full length in bytes.
pub(in crate::connectors) const CUT: &str = "log.record.original_bytes";

/// What was not taken, as text.
pub(super) fn attributes(record: Record, reading: &mut Reading<'_>) -> Vec<(String, String)> {
    let (rest, left_out) = record.rest(reading.limits.attributes);
    reading.report.note_times("attributes over the limit were left out", left_out as u64);
    rest.into_iter().map(|(name, value)| (name, into_text(value))).collect()
}

/// Severity by the words of common loggers, by the numbers of OpenTelemetry (1 to 24) and by those
/// of bunyan and pino (10, 20 ... 60; read as such above 24 and at 10 and 20, where OpenTelemetry's
/// mean the same for us or a neighbour).
pub(in crate::connectors) fn severity(value: &Value) -> Option<Severity> {
    match value {
        Value::String(text) => match text.trim().parse::<u64>() {
            Ok(number) => severity_number(number),
            Err(_) => severity_word(text.trim()),
        },
        Value::Number(number) => severity_number(number.as_u64()?),
        _ => None,
    }
}

pub(in crate::connectors) fn severity_number(number: u64) -> Option<Severity> {
    Some(match number {
        1..=12 => Severity::Info,
        13..=16 => Severity::Medium,
        17..=19 => Severity::High,
        20 => Severity::High,
        21..=24 => Severity::Critical,
        30 => Severity::Info,
        40 => Severity::Medium,
        50 => Severity::High,
        60 => Severity::Critical,
        _ => return None,
    })
}

const WORDS: &[(&str, Severity)] = &[
    ("TRACE", Severity::Info),
    ("DEBUG", Severity::Info),
    ("DBG", Severity::Info),
    ("FINE", Severity::Info),
    ("VERBOSE", Severity::Info),
    ("INFO", Severity::Info),
    ("INFORMATION", Severity::Info),
    ("INFORMATIONAL", Severity::Info),
    ("INF", Severity::Info),
    ("I", Severity::Info),
    ("D", Severity::Info),
    ("NOTICE", Severity::Low),
    ("WARN", Severity::Medium),
    ("WARNING", Severity::Medium),
    ("WRN", Severity::Medium),
    ("W", Severity::Medium),
    ("ERROR", Severity::High),
    ("ERR", Severity::High),
    ("E", Severity::High),
    ("SEVERE", Severity::High),
    ("EXCEPTION", Severity::High),
    ("FAIL", Severity::High),
    ("CRITICAL", Severity::Critical),
    ("CRIT", Severity::Critical),
    ("FATAL", Severity::Critical),
    ("F", Severity::Critical),
    ("PANIC", Severity::Critical),
    ("DPANIC", Severity::Critical),
    ("ALERT", Severity::Critical),
    ("EMERG", Severity::Critical),
    ("EMERGENCY", Severity::Critical),
];

/// OpenTelemetry also writes `ERROR2` and the like: a digit at the end does not count.
pub(in crate::connectors) fn severity_word(text: &str) -> Option<Severity> {
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
    WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known)).map(|(_, severity)| *severity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn severities_of_many_loggers_mean_the_same() {
        for (value, expected) in [
            (json!("warn"), Severity::Medium),
            (json!("WARNING"), Severity::Medium),
            (json!("ERROR3"), Severity::High),
            (json!(17), Severity::High),
            (json!("50"), Severity::High),
            (json!("Panic"), Severity::Critical),
            (json!(9), Severity::Info),
        ] {
            assert_eq!(severity(&value), Some(expected), "{value}");
        }
        assert_eq!(severity(&json!("purple")), None);
        assert_eq!(severity(&json!(-3)), None);
    }
}
