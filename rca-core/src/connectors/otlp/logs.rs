//! Records of a logs request.

use super::{attributes, entity, id, limited, time, value_text, wire};
use crate::connectors::bundle::severity;
use crate::connectors::fields::cut_text;
use crate::connectors::reading::Reading;
use crate::model::Severity;
use crate::signal::{LogFrame, LogRecord};

pub(super) fn take(
    of_resources: Vec<wire::ResourceLogs>,
    reading: &mut Reading<'_>,
    frame: &mut LogFrame,
) -> u64 {
    let mut count = 0;
    for of_resource in of_resources {
        let service = entity(of_resource.resource, reading);
        for record in of_resource.scope_logs.into_iter().flat_map(|scope| scope.log_records) {
            match one(record, &service.name, reading, frame) {
                Ok(()) => count += 1,
                Err(reason) => reading.refuse(format!("log record: {reason}")),
            }
        }
    }
    count
}

fn one(
    record: wire::LogRecord,
    service: &str,
    reading: &mut Reading<'_>,
    frame: &mut LogFrame,
) -> Result<(), &'static str> {
    let time = time(record.time_unix_nano)
        .or_else(|| time(record.observed_time_unix_nano))
        .ok_or("neither timeUnixNano nor observedTimeUnixNano")?;
    let mut pairs = attributes(record.attributes);
    let mut message = record
        .body
        .and_then(value_text)
        .filter(|text| !text.is_empty())
        .or_else(|| (!record.event_name.is_empty()).then(|| record.event_name.clone()))
        .unwrap_or_default();
    // The trace of an exception is kept with its record, where detectors look for frames.
    if let Some(at) = pairs.iter().position(|(key, _)| key == "exception.stacktrace") {
        let (_, stack) = pairs.remove(at);
        if !message.contains(&stack) {
            message.push('\n');
            message.push_str(&stack);
        }
    }
    if message.is_empty() {
        return Err("neither a body nor an event name");
    }
    let kept = cut_text(&message, reading.limits.line_bytes);
    if kept.len() < message.len() {
        reading.note("messages were cut");
    }
    let severity = match record.severity_number {
        0 if record.severity_text.is_empty() => None,
        0 => severity(&record.severity_text.as_str().into()),
        number => severity(&number.into()),
    };
    frame.push(&LogRecord {
        time,
        service,
        severity: severity.unwrap_or(Severity::Info),
        message: kept,
        trace: id(&record.trace_id).as_deref(),
        span: id(&record.span_id).as_deref(),
        attributes: &limited(&pairs, reading),
    });
    Ok(())
}
