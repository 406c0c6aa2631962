//! The systemd journal as JSON (`journalctl -o json`): one object a line.

use std::borrow::Cow;
use std::io::Read;

use super::super::Batch;
use super::super::reading::Reading;
use super::entry::{BLANK, Entry, Sink, Stream};
use super::flat::{Cell, Flat};
use super::loggers::of_syslog;
use crate::error::Result;

const TIME: &[&str] = &["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"];
/// Who logged, best name first.
const SERVICE: &[&str] =
    &["CONTAINER_NAME", "_SYSTEMD_UNIT", "_SYSTEMD_USER_UNIT", "SYSLOG_IDENTIFIER", "_COMM"];
/// Fields worth keeping, and their OpenTelemetry names; the others repeat in every record or tell nothing.
const KEPT: &[(&str, &str)] = &[
    ("_HOSTNAME", "host.name"),
    ("_PID", "process.pid"),
    ("_EXE", "process.executable.path"),
    ("SYSLOG_IDENTIFIER", "syslog.identifier"),
    ("UNIT", "systemd.unit"),
    ("CODE_FILE", "code.file.path"),
    ("CODE_LINE", "code.line.number"),
    ("CODE_FUNC", "code.function.name"),
    ("MESSAGE_ID", "systemd.message_id"),
    ("CONTAINER_ID", "container.id"),
    ("ERRNO", "errno"),
];

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    // Programs log at the same time: each has a stream of its own.
    let mut streams: std::collections::BTreeMap<String, Stream> = std::collections::BTreeMap::new();
    reading.lines(source, &mut |line, reading| {
        if line.trim().is_empty() {
            reading.note(BLANK);
            return Ok(0);
        }
        let mut flat = Flat::json(line)?;
        let micros = TIME.iter().find_map(|name| flat.get(name)?.whole());
        let micros = micros.ok_or("no __REALTIME_TIMESTAMP")?;
        let message = match flat.take(&["MESSAGE"]) {
            Some(Cell::List(bytes)) => {
                from_bytes(&bytes).ok_or("MESSAGE: neither text nor bytes")?
            }
            Some(other) => other.into_text(),
            None => return Err("no MESSAGE".to_owned()),
        };
        let mut carrier = Entry {
            time: Some(micros.checked_mul(1000).ok_or("a time outside of 1677 to 2262")?),
            severity: flat.get("PRIORITY").and_then(Cell::whole).and_then(of_syslog),
            ..Entry::default()
        };
        for (name, ours) in KEPT {
            if let Some(Cell::Text(value)) = flat.get(name) {
                carrier.attributes.push((Cow::Borrowed(ours), value.clone()));
            }
        }
        let service = flat.take_text(SERVICE).unwrap_or_default();
        let service = service.strip_suffix(".service").unwrap_or(&service).to_owned();
        let stream = streams.entry(service.clone()).or_default();
        carrier.service = (!service.is_empty()).then_some(Cow::Owned(service));
        // A message of several lines is one record: only its first line may have a header.
        let (first, more) = message.split_once('\n').unwrap_or((&message, ""));
        let outcome = sink.line(stream, first, carrier, reading);
        for line in more.lines() {
            sink.extend(stream, line, reading);
        }
        outcome
    })
}

/// What is not UTF-8 or has control characters stands as a list of bytes; a field that came more than once as a list.
fn from_bytes(list: &serde_json::Value) -> Option<Cow<'static, str>> {
    let list = list.as_array()?;
    if let Some(serde_json::Value::String(first)) = list.first() {
        return Some(Cow::Owned(first.clone()));
    }
    let bytes: Option<Vec<u8>> =
        list.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
    Some(Cow::Owned(String::from_utf8_lossy(&bytes?).into_owned()))
}
