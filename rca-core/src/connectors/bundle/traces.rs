//! Spans.

use std::io::Read;

use serde_json::Value;

use super::super::fields::{self, Record};
use super::super::reading::Reading;
use super::logs::attributes;
use crate::error::Result;
use crate::signal::{Span, SpanFrame, SpanStatus};
use crate::time::nanos;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    spans: &mut SpanFrame,
) -> Result<()> {
    reading.records(source, false, &mut |record, reading| {
        reading.relieve_spans(spans);
        take(record, reading, spans)
    })
}

fn take(
    mut record: Record,
    reading: &mut Reading<'_>,
    spans: &mut SpanFrame,
) -> Result<u64, String> {
    let moment = record.take_time(fields::START)?;
    if moment.assumed_utc {
        reading.note("times without an offset were taken as UTC");
    }
    let start = nanos(moment.time);
    let duration = duration(&mut record, start)?;
    let trace = record.take_text(fields::TRACE).ok_or("no trace_id")?;
    let id = record.take_text(fields::SPAN).ok_or("no span_id")?;
    let parent = record.take_text(fields::PARENT).filter(|parent| !all_zero(parent));
    let entity = record.take_entity().ok_or("no service")?;
    let name = record.take_text(fields::NAME).ok_or("no name")?;
    let status = status(&mut record);
    if duration < 0 {
        reading.note("spans that end before they start have no length");
    }
    let attributes = attributes(record, reading);
    let pairs: Vec<(&str, &str)> =
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    spans.push(&Span {
        trace: &trace,
        id: &id,
        parent: parent.as_deref(),
        service: &entity.name,
        name: &name,
        start,
        duration,
        status,
        attributes: &pairs,
    });
    Ok(1)
}

/// OpenTelemetry writes an absent parent as zeros.
fn all_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

/// Nanoseconds, from a duration or from the end.
fn duration(record: &mut Record, start: i64) -> Result<i64, String> {
    if let Some(duration) = record.take_duration() {
        let duration = duration?;
        // A hundred years, and less than what an i64 holds.
        if duration.abs() > 3.2e18 {
            return Err("a duration of more than a hundred years".to_owned());
        }
        #[allow(clippy::cast_possible_truncation, reason = "checked above")]
        return Ok(duration.round() as i64);
    }
    let end = record.take_time(fields::END).map_err(|_| "neither duration_ms nor an end")?;
    Ok(nanos(end.time).saturating_sub(start))
}

/// How the span ended: by its status, else by an `error` attribute. A status that we do not know
/// stays an attribute.
fn status(record: &mut Record) -> SpanStatus {
    let known =
        fields::SPAN_STATUS.iter().find_map(|name| Some((*name, by_value(record.get(name)?)?)));
    if let Some((name, status)) = known {
        record.take(&[name]);
        return status;
    }
    match record.get("error") {
        Some(Value::Bool(true)) => SpanStatus::Error,
        Some(Value::String(text)) if !matches!(text.as_str(), "" | "false") => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}

/// Words, OpenTelemetry's numbers (0 to 2) and HTTP's.
fn by_value(value: &Value) -> Option<SpanStatus> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(0) => return Some(SpanStatus::Unset),
        Some(1 | 100..=399) => return Some(SpanStatus::Ok),
        Some(2 | 500..=599) => return Some(SpanStatus::Error),
        Some(_) => return None,
        None => {}
    }
    let text = value.as_str()?.trim().to_ascii_uppercase();
    match text.strip_prefix("STATUS_CODE_").unwrap_or(&text) {
        "OK" | "SUCCESS" => Some(SpanStatus::Ok),
        "UNSET" | "" => Some(SpanStatus::Unset),
        "ERROR" | "ERR" | "FAILED" | "FAILURE" | "FAULT" => Some(SpanStatus::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_spelling_of_a_failure_is_one() {
        for value in [json!("ERROR"), json!("STATUS_CODE_ERROR"), json!(2), json!("503")] {
            let mut record = Record::new(json!({ "status": value })).unwrap();
            assert_eq!(status(&mut record), SpanStatus::Error, "{value}");
        }
        let mut by_attribute = Record::new(json!({"error": "refused", "status": "odd"})).unwrap();
        assert_eq!(status(&mut by_attribute), SpanStatus::Error);
        assert!(by_attribute.get("status").is_some());
        let mut fine = Record::new(json!({"error": false})).unwrap();
        assert_eq!(status(&mut fine), SpanStatus::Unset);
    }
}
