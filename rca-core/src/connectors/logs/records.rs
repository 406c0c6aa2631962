//! JSON records of loggers and platforms, one a line or elements of an array.

use std::io::{self, Read};

use super::super::Batch;
use super::super::reading::Reading;
use super::entry::{BLANK, Entry, Sink, Stream};
use super::flat::Flat;
use super::loggers;
use crate::error::Result;

/// Enough to see whether the first record ends on its line.
const LOOK: u64 = 64 << 10;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    let mut stream = Stream::default();
    let mut start = Vec::new();
    let looked = (&mut *source).take(LOOK).read_to_end(&mut start);
    reading.io(looked)?;
    let by_line = by_line(&start);
    let mut source = io::Cursor::new(start).chain(source);
    let longest = reading.limits.record_bytes;
    let take = &mut |text: &str, reading: &mut Reading<'_>| {
        if text.trim().is_empty() {
            reading.note(BLANK);
            return Ok(0);
        }
        if by_line && !text.starts_with('{') {
            // Something else in between: the trace of a crash, the start of a script.
            return sink.line(&mut stream, text, Entry::default(), reading);
        }
        sink.begin(&mut stream, text);
        stream.forget();
        let entry = loggers::entry(Flat::json(text)?, sink.before, reading)?;
        sink.push(&mut stream, entry.ok_or("no message")?, reading)
    };
    if by_line {
        reading.lines(&mut source, take)
    } else {
        reading.texts(&mut source, longest, take)
    }
}

/// Whether records stand one a line: the first one ends where its line does.
pub(super) fn by_line(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start.trim_ascii_start();
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    start.first() == Some(&b'{') && line.trim_ascii_end().ends_with(b"}")
}
