//! Records of tables: names from the header, values from the cells.

use std::borrow::Cow;

use super::entry::{Sink, Stream};
use super::flat::{Cell, Flat};
use super::loggers;
use crate::connectors::reading::Reading;
use crate::signal::LogFrame;

/// Takes rows as log records.
pub(in crate::connectors) struct Rows<'f> {
    sink: Sink<'f>,
    stream: Stream,
}

impl<'f> Rows<'f> {
    pub(in crate::connectors) fn new(frame: &'f mut LogFrame, reading: &Reading<'_>) -> Self {
        Self { sink: Sink::new(frame, reading), stream: Stream::default() }
    }

    pub(in crate::connectors) fn take(
        &mut self,
        names: &[String],
        cells: &[Cow<'_, str>],
        reading: &mut Reading<'_>,
    ) -> Result<u64, String> {
        let mut flat = Flat::default();
        for (name, cell) in names.iter().zip(cells) {
            if !cell.trim().is_empty() {
                flat.add(known(name), Cell::Text(Cow::Borrowed(cell)));
            }
        }
        let entry = loggers::entry(flat, self.sink.before, reading)?;
        let mut entry = entry.ok_or("no message")?;
        if entry.time.is_none() {
            return Err("no time".to_owned());
        }
        self.stream.forget();
        let length = entry.message.trim_end().len();
        entry.message.to_mut().truncate(length);
        self.sink.push(&mut self.stream, entry, reading)
    }
}

/// Tables begin names with capitals, and call the text their content.
fn known(name: &str) -> Cow<'_, str> {
    if name.eq_ignore_ascii_case("content") {
        return Cow::Borrowed("message");
    }
    let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = name.to_ascii_lowercase();
    let usual = [
        "time",
        "timestamp",
        "date",
        "datetime",
        "level",
        "severity",
        "message",
        "msg",
        "service",
        "pod",
    ];
    if upper && usual.contains(&lower.as_str()) { Cow::Owned(lower) } else { Cow::Borrowed(name) }
}
