//! Lines that a container runtime wraps: what is inside is read as well.

use std::borrow::Cow;
use std::io::Read;

use super::super::Batch;
use super::super::reading::Reading;
use super::clock::{self, Before};
use super::entry::{BLANK, Entry, Sink, Stream};
use super::flat::{Cell, Flat};
use crate::error::Result;

/// Pieces of lines whose ends came later; the report counts them here.
pub(super) const PARTS: &str = "parts of lines put together";
/// The stream that a line came out of.
const STREAM: &str = "log.iostream";

/// The two outputs of a container.
#[derive(Default)]
struct Outputs {
    stdout: Stream,
    stderr: Stream,
}

impl Outputs {
    fn of(&mut self, name: &str) -> &mut Stream {
        if name == "stderr" { &mut self.stderr } else { &mut self.stdout }
    }

    /// What was begun and never ended is a line as well.
    fn finish(&mut self, sink: &mut Sink<'_>, reading: &mut Reading<'_>) {
        for (name, stream) in [("stdout", &mut self.stdout), ("stderr", &mut self.stderr)] {
            if let Some(line) = stream.left_over() {
                reading.note("the end of the last line is missing");
                let mut carrier = Entry::default();
                carrier.attribute(STREAM, name);
                match sink.line(stream, &line, carrier, reading) {
                    Ok(count) => reading.report.read += count,
                    Err(reason) => reading.refuse(reason),
                }
            }
        }
    }
}

/// `2024-01-31T12:30:11.250000000Z stderr F text`
pub(super) fn cri_parts(line: &str, before: Before) -> Option<(i64, &str, bool, &str)> {
    let found = clock::read_at(line.as_bytes(), 0, before)?;
    let rest = line.get(found.end..)?.strip_prefix(' ')?;
    let (stream, rest) = rest.split_once(' ')?;
    matches!(stream, "stdout" | "stderr").then_some(())?;
    // An empty line may have lost its blank.
    let (tags, text) = rest.split_once(' ').unwrap_or((rest, ""));
    match tags.split(':').next()? {
        "F" => Some((found.nanos, stream, true, text)),
        "P" => Some((found.nanos, stream, false, text)),
        _ => None,
    }
}

pub(super) fn cri(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    let mut outputs = Outputs::default();
    let longest = reading.limits.record_bytes;
    reading.lines(source, &mut |line, reading| {
        let Some((time, stream, ends, text)) = cri_parts(line, sink.before) else {
            if line.trim().is_empty() {
                reading.note(BLANK);
                return Ok(0);
            }
            return Err(
                "not a line of a container runtime: `<time> stdout|stderr F|P <text>`".to_owned()
            );
        };
        let mut carrier = Entry { time: Some(time), ..Entry::default() };
        carrier.attribute(STREAM, stream);
        take(&mut sink, outputs.of(stream), text, ends, longest, carrier, reading)
    })?;
    outputs.finish(&mut sink, reading);
    Ok(())
}

/// `{"log":"text\n","stream":"stderr","time":"2024-01-31T12:30:11.25Z"}`
pub(super) fn docker(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    let mut outputs = Outputs::default();
    let longest = reading.limits.record_bytes;
    reading.lines(source, &mut |line, reading| {
        if line.trim().is_empty() {
            reading.note(BLANK);
            return Ok(0);
        }
        let mut flat = Flat::json(line)?;
        let text = flat.take(&["log"]).ok_or("no log")?.into_text();
        let stream = flat.take_text(&["stream"]).unwrap_or(Cow::Borrowed("stdout"));
        let time = match flat.take(&["time"]) {
            Some(Cell::Text(time)) => {
                let found = clock::read_at(time.as_bytes(), 0, sink.before);
                found.ok_or("time: not RFC 3339")?.nanos
            }
            _ => return Err("no time".to_owned()),
        };
        // Labels and environment of the container, where it was told to log them.
        let mut carrier = Entry { time: Some(time), ..Entry::default() };
        carrier.attributes = flat
            .rest()
            .map(|(name, value)| (Cow::Owned(name.trim_start_matches("attrs.").to_owned()), value))
            .collect();
        let service = ["com.docker.compose.service", "io.kubernetes.container.name", "tag"];
        carrier.service = service.iter().find_map(|name| {
            carrier
                .attributes
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        });
        carrier.attribute(STREAM, stream.clone());
        let ends = text.ends_with('\n');
        take(&mut sink, outputs.of(&stream), &text, ends, longest, carrier, reading)
    })?;
    outputs.finish(&mut sink, reading);
    Ok(())
}

fn take<'a>(
    sink: &mut Sink<'_>,
    stream: &mut Stream,
    text: &'a str,
    ends: bool,
    longest: usize,
    carrier: Entry<'a>,
    reading: &mut Reading<'_>,
) -> std::result::Result<u64, String> {
    match stream.whole(text, ends, longest) {
        None => {
            reading.note(PARTS);
            Ok(0)
        }
        Some(line) => sink.line(stream, &line, carrier, reading),
    }
}
