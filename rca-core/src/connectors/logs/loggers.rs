//! What the fields of a record mean, by the names that loggers and platforms give them.

use std::borrow::Cow;

use super::super::bundle::{severity_number, severity_word};
use super::super::entities::workload;
use super::super::reading::Reading;
use super::super::{fields, timestamp};
use super::clock::{self, Before};
use super::entry::{Entry, noted};
use super::flat::{Cell, Flat};
use crate::model::Severity;
use crate::time::nanos;

const TIME: &[&str] = &[
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "@t",
    "Timestamp",
    "timeMillis",
    "asctime",
    "datetime",
    "eventTime",
    "_time",
    "date",
    "created_at",
    "receiveTimestamp",
];
/// Seconds and nanoseconds in fields of their own.
const SPLIT_TIME: &[(&str, &str)] = &[
    ("timestampSeconds", "timestampNanos"),
    ("timestamp.seconds", "timestamp.nanos"),
    ("time.seconds", "time.nanos"),
    ("instant.epochSecond", "instant.nanoOfSecond"),
];
const MESSAGE: &[&str] = &[
    "message",
    "msg",
    "@m",
    "textPayload",
    "RenderedMessage",
    "event",
    "body",
    "fields.message",
    "Message",
    "log",
    "line",
    "text",
    "full_message",
    "short_message",
];
const TEMPLATE: &[&str] = &["@mt", "MessageTemplate"];
const SEVERITY: &[&str] = &[
    "severity_text",
    "severity",
    "level",
    "log.level",
    "lvl",
    "levelname",
    "@l",
    "Level",
    "loglevel",
    "log_level",
    "severity_number",
];
/// Who wrote it, best name first.
const SERVICE: &[&str] = &[
    "service",
    "service.name",
    "service_name",
    "serviceName",
    "app",
    "application",
    "Application",
    "app_name",
    "appname",
    "app.kubernetes.io/name",
    "kubernetes.labels.app.kubernetes.io/name",
    "kubernetes.labels.app",
    "k8s-pod/app",
    "module_id",
    "job",
];
const POD: &[&str] =
    &["kubernetes.pod_name", "kubernetes.pod.name", "k8s.pod.name", "pod_name", "pod"];
const CONTAINER: &[&str] =
    &["kubernetes.container_name", "container_name", "container.name", "container"];
const TRACE: &[&str] = &[
    "trace_id",
    "traceId",
    "trace.id",
    "traceID",
    "dd.trace_id",
    "@tr",
    "logging.googleapis.com/trace",
    "trace",
];
const SPAN: &[&str] = &[
    "span_id",
    "spanId",
    "span.id",
    "spanID",
    "dd.span_id",
    "@sp",
    "logging.googleapis.com/spanId",
];
/// Where loggers put the trace of an exception; only texts of several lines are one.
const STACK: &[&str] = &[
    "stack_trace",
    "stacktrace",
    "error.stack_trace",
    "exception.stacktrace",
    "err.stack",
    "error.stack",
    "errorVerbose",
    "stack",
    "@x",
    "Exception",
    "exception",
    "exc_info",
    "exc_text",
    "thrown.extendedStackTrace",
];

/// The record that these fields make. None when they hold no message.
pub(super) fn entry<'a>(
    mut flat: Flat<'a>,
    before: Before,
    reading: &mut Reading<'_>,
) -> Result<Option<Entry<'a>>, String> {
    let rendered = rendered(&flat);
    // GELF numbers severities as syslog does.
    let gelf = flat.has("short_message");
    let Some(message) = flat.take_text(MESSAGE).or(rendered) else { return Ok(None) };
    let mut entry = Entry {
        time: time(&mut flat, before, reading)?,
        service: service(&mut flat),
        severity: severity(&mut flat, gelf, reading),
        message,
        trace: flat.take_text(TRACE).map(last_segment),
        span: flat.take_text(SPAN),
        attributes: Vec::new(),
    };
    let stack = STACK.iter().find(|name| match flat.get(name) {
        Some(Cell::Text(text)) => text.contains('\n'),
        _ => false,
    });
    if let Some(stack) = stack.and_then(|name| flat.take_text(&[name]))
        && !entry.message.contains(&*stack)
    {
        let message = entry.message.to_mut();
        message.truncate(message.trim_end().len());
        message.push('\n');
        message.push_str(stack.trim_end());
    }
    entry.attributes = flat.rest().collect();
    Ok(Some(entry))
}

fn time(
    flat: &mut Flat<'_>,
    before: Before,
    reading: &mut Reading<'_>,
) -> Result<Option<i64>, String> {
    for (seconds, rest) in SPLIT_TIME {
        if let Some(whole) = flat.get(seconds).and_then(Cell::whole) {
            let part = flat.get(rest).and_then(Cell::whole).unwrap_or(0);
            flat.take(&[seconds]);
            flat.take(&[rest]);
            let time = whole.checked_mul(1_000_000_000).and_then(|nanos| nanos.checked_add(part));
            return time.map(Some).ok_or_else(|| "a time outside of 1677 to 2262".to_owned());
        }
    }
    let Some(value) = flat.take(TIME) else { return Ok(None) };
    let moment = match &value {
        Cell::Text(text) => {
            let text = text.trim();
            let whole = |found: &clock::Found| found.end == text.len();
            if let Some(found) = clock::read_at(text.as_bytes(), 0, before).filter(whole) {
                return Ok(Some(noted(found, reading)));
            }
            timestamp::parse_text(text)?
        }
        Cell::Int(number) => timestamp::parse(&(*number).into())?,
        Cell::Float(number) => timestamp::parse(&(*number).into())?,
        Cell::Bool(_) | Cell::List(_) => {
            return Err("a time that is neither text nor number".to_owned());
        }
    };
    if moment.assumed_utc {
        reading.note("times without an offset were taken as UTC");
    }
    Ok(Some(nanos(moment.time)))
}

fn severity(flat: &mut Flat<'_>, gelf: bool, reading: &mut Reading<'_>) -> Option<Severity> {
    let value = flat.take(SEVERITY)?;
    let found = match (&value, value.whole()) {
        (_, Some(number)) if gelf => of_syslog(number),
        (_, Some(number)) => u64::try_from(number).ok().and_then(severity_number),
        (Cell::Text(text), None) => severity_word(text.trim()),
        _ => None,
    };
    if found.is_none() {
        reading.note("unknown severities were taken as info");
    }
    found
}

/// Severities of RFC 5424, 0 (emergency) to 7 (debug).
pub(super) fn of_syslog(number: i64) -> Option<Severity> {
    Some(match number {
        0..=2 => Severity::Critical,
        3 => Severity::High,
        4 => Severity::Medium,
        5 => Severity::Low,
        6 | 7 => Severity::Info,
        _ => return None,
    })
}

fn service<'a>(flat: &mut Flat<'a>) -> Option<Cow<'a, str>> {
    if let Some(name) = flat.take_text(SERVICE) {
        return Some(name);
    }
    // bunyan and pino call the program `name`; elsewhere that is the logger's.
    if flat.has("pid") && flat.has("hostname") && flat.has("name") {
        return flat.take_text(&["name"]);
    }
    let text = |name: &&&str| match flat.get(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let pod = POD.iter().find_map(|name| text(&name));
    if let Some(pod) = pod {
        return Some(match pod {
            Cow::Borrowed(pod) => Cow::Borrowed(workload(pod)),
            Cow::Owned(pod) => Cow::Owned(workload(&pod).to_owned()),
        });
    }
    let container = CONTAINER.iter().find_map(|name| text(&name));
    container.map(|name| Cow::Owned(name.trim_start_matches('/').to_owned()))
}

/// `projects/p/traces/0af7` is `0af7`.
fn last_segment(id: Cow<'_, str>) -> Cow<'_, str> {
    match id {
        Cow::Borrowed(id) => Cow::Borrowed(id.rsplit('/').next().unwrap_or(id)),
        Cow::Owned(id) => Cow::Owned(id.rsplit('/').next().unwrap_or(&id).to_owned()),
    }
}

/// A message template (messagetemplates.org) with its values: `paid {Amount:0.00}` with Amount.
fn rendered<'a>(flat: &Flat<'a>) -> Option<Cow<'a, str>> {
    let template = TEMPLATE.iter().find_map(|name| match flat.get(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    })?;
    if !template.contains('{') {
        return Some(template);
    }
    let mut text = String::with_capacity(template.len() * 2);
    let mut rest = &*template;
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, hole) = rest.split_at(at);
        text.push_str(plain);
        let doubled = hole.starts_with("{{") || hole.starts_with("}}");
        let close = hole.find('}').filter(|_| hole.starts_with('{') && !doubled);
        let Some(close) = close else {
            text.push_str(hole.get(..1).unwrap_or_default());
            rest = hole.get(1 + usize::from(doubled)..).unwrap_or_default();
            continue;
        };
        let inside = hole.get(1..close).unwrap_or_default();
        let name = inside.split([':', ',']).next().unwrap_or(inside).trim_start_matches(['@', '$']);
        match flat.get(name) {
            Some(value) => text.push_str(&value.clone().into_text()),
            None => text.push_str(hole.get(..=close).unwrap_or_default()),
        }
        rest = hole.get(close + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// Whether names at the beginning of an input are those of a log record.
pub(super) fn known(sample: &super::Sample<'_>) -> bool {
    let split = SPLIT_TIME.iter().any(|(seconds, _)| sample.has(seconds));
    let inside = |name: &str| sample.has(&format!("jsonPayload.{name}"));
    (split || sample.has_any(TIME) || sample.has_any(fields::TIME))
        && (sample.has_any(MESSAGE)
            || sample.has_any(TEMPLATE)
            || MESSAGE.iter().any(|name| inside(name)))
}

/// Whether only log records have such names.
pub(super) fn certain(sample: &super::Sample<'_>) -> bool {
    let all = |names: &[&str]| names.iter().all(|name| sample.has(name));
    sample.has_any(&["@mt", "@m", "ecs.version", "levelname", "MessageTemplate"])
        || all(&["pid", "hostname", "level"])
        || all(&["logName", "severity"])
        || all(&["level", "fields.message", "target"])
        || sample.has("log.level")
        || sample.has("kubernetes.pod_name")
        || all(&["level", "msg"])
        || all(&["level", "event", "timestamp"])
        || all(&["short_message", "host"])
}
