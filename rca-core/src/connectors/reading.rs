//! What every parser of a file has in hand: limits, the observer, and the report it writes.

use std::io::{self, Read};

use super::elements::Elements;
use super::fields::Record;
use super::intake::Hints;
use super::json;
use super::limits::Limits;
use super::lines::{Lines, Metered};
use super::pieces::Pieces;
use super::progress::{Observer, Pace};
use super::report::{InputReport, Kept, Refused};
use crate::error::{Error, Place, Result};
use crate::signal::{LogFrame, SpanFrame, Telemetry};
use crate::time::nanos;

/// One input being read.
pub(super) struct Reading<'a> {
    pub(super) limits: &'a Limits,
    pub(super) report: InputReport,
    /// What is known besides the content.
    pub(super) hints: Hints,
    pub(super) name: &'a str,
    /// The moment that times without a year are before.
    pub(super) before: Option<i64>,
    /// Where the record that is being taken begins.
    at: Place,
    /// What a row of a table can't be read without: its header.
    pub(super) preamble: Vec<u8>,
    /// The record that is being taken, when it is more than the line at hand.
    pub(super) whole: Option<Vec<u8>>,
    /// Refusals that were looked at, to keep their bytes or not.
    looked_at: u64,
    kept_bytes: usize,
    pace: Pace<'a>,
    /// Who takes telemetry before the input has come to its end.
    pieces: Option<Pieces<'a>>,
}

/// What a parser does with a record: use it (and say how many it was), or say why not.
pub(super) type Take<'t> = &'t mut dyn FnMut(Record, &mut Reading<'_>) -> Result<u64, String>;

impl<'a> Reading<'a> {
    pub(super) fn new(
        name: &'a str,
        format: &'static str,
        limits: &'a Limits,
        observer: Observer<'a>,
    ) -> Self {
        Self {
            limits,
            report: InputReport::new(name, format),
            hints: Hints::default(),
            name,
            before: limits.before.map(nanos),
            at: Place { input: Some(name.to_owned()), ..Place::default() },
            preamble: Vec::new(),
            whole: None,
            looked_at: 0,
            kept_bytes: 0,
            pace: Pace::new(observer, name),
            pieces: None,
        }
    }

    /// Hands telemetry over in pieces.
    pub(super) fn in_pieces(mut self, pieces: Pieces<'a>) -> Self {
        self.pieces = Some(pieces);
        self
    }

    /// Whether so many bytes are a piece.
    pub(super) fn is_piece(&self, held: usize) -> bool {
        self.pieces.as_ref().is_some_and(|pieces| held >= pieces.most)
    }

    /// Hands over what is there of records that are complete, where it is a piece.
    pub(super) fn relieve(&mut self, telemetry: &mut Telemetry) {
        if self.is_piece(telemetry.logs.held() + telemetry.spans.held()) {
            let logs = std::mem::take(&mut telemetry.logs);
            let spans = std::mem::take(&mut telemetry.spans);
            self.hand_over(Telemetry { logs, spans, ..Telemetry::default() });
        }
    }

    /// The same of log records alone.
    pub(super) fn relieve_logs(&mut self, logs: &mut LogFrame) {
        if self.is_piece(logs.held()) {
            self.hand_over(Telemetry { logs: std::mem::take(logs), ..Telemetry::default() });
        }
    }

    /// The same of spans alone.
    pub(super) fn relieve_spans(&mut self, spans: &mut SpanFrame) {
        if self.is_piece(spans.held()) {
            self.hand_over(Telemetry { spans: std::mem::take(spans), ..Telemetry::default() });
        }
    }

    /// Hands over a piece. Where nobody wants it any more, the record that is being taken is the last.
    pub(super) fn hand_over(&mut self, telemetry: Telemetry) {
        if let Some(pieces) = &mut self.pieces {
            pieces.give(telemetry, &mut self.report, self.limits);
        }
    }

    /// Whether a part of the input was handed over.
    pub(super) fn came_apart(&self) -> bool {
        self.pieces.as_ref().is_some_and(|pieces| pieces.given > 0)
    }

    pub(super) fn note(&mut self, note: &str) {
        self.report.note(note);
    }

    pub(super) fn metered<R: Read>(&self, source: R) -> Metered<R> {
        Metered::new(source, self.limits.file_bytes)
    }

    /// Counts a record as read or refused, and asks the observer whether to go on. `raw` comes from
    /// [`copy_if_refused`](Self::copy_if_refused).
    pub(super) fn settle(
        &mut self,
        place: Place,
        bytes: u64,
        outcome: Result<u64, String>,
        raw: Option<Vec<u8>>,
    ) -> Result<()> {
        let reason = outcome.as_ref().err().cloned();
        match outcome {
            Ok(count) => self.report.read += count,
            Err(reason) => self.report.refuse(self.limits.described, place.clone(), reason),
        }
        self.keep(place, reason, raw);
        if let Some(failed) = self.pieces.as_mut().and_then(|pieces| pieces.failed.take()) {
            return Err(failed);
        }
        self.pace.record(bytes)
    }

    /// The bytes of a record, if it was refused or a part of it was, and there is room to keep them.
    pub(super) fn copy_if_refused(
        &mut self,
        outcome: &Result<u64, String>,
        raw: &[u8],
    ) -> Option<Vec<u8>> {
        let whole = self.whole.take();
        if outcome.is_ok() && self.report.refused == self.looked_at {
            return None;
        }
        let raw = whole.as_deref().unwrap_or(raw);
        let length = self.preamble.len() + 1 + raw.len();
        if self.kept_bytes + length > self.limits.kept_bytes {
            return None;
        }
        self.kept_bytes += length;
        Some(match self.preamble.is_empty() {
            true => raw.to_vec(),
            false => [&self.preamble, &b"\n"[..], raw].concat(),
        })
    }

    fn keep(&mut self, place: Place, reason: Option<String>, raw: Option<Vec<u8>>) {
        let fresh = self.report.refused - self.looked_at;
        self.looked_at = self.report.refused;
        let Some(raw) = raw else {
            self.report.unkept += fresh;
            return;
        };
        let reason = reason.unwrap_or_else(|| {
            let known = self.report.described.last().filter(|_| fresh == 1);
            known.map_or_else(|| format!("{fresh} parts of it"), |last| last.reason.clone())
        });
        self.report.kept.push(Kept { refused: Refused { place, reason }, raw });
    }

    /// Keeps the bytes of an input that was read as a whole, if anything of it was refused.
    pub(super) fn keep_body(&mut self, body: &[u8]) {
        let raw = self.copy_if_refused(&Ok(0), body);
        self.keep(self.place(), None, raw);
    }

    pub(super) fn line(&self, number: u64) -> Place {
        Place::line(self.name, number)
    }

    /// The input as a whole.
    pub(super) fn place(&self) -> Place {
        Place { input: Some(self.name.to_owned()), ..Place::default() }
    }

    /// Reads JSON objects: lines of them where `by_line`, else an array or one after the other.
    pub(super) fn records(
        &mut self,
        mut source: &mut dyn Read,
        by_line: bool,
        take: Take<'_>,
    ) -> Result<()> {
        let start = self.io(first_bytes(&mut source))?;
        let array = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        let source = self.metered(io::Read::chain(start.as_slice(), source));
        if by_line && !array {
            self.lines_of_records(source, take)
        } else {
            self.elements(source, take)
        }
    }

    /// Reads lines of text. One that is longer than a record may be is given as far as it may, with a note.
    pub(super) fn lines(
        &mut self,
        source: &mut dyn Read,
        take: &mut dyn FnMut(&str, &mut Reading<'_>) -> Result<u64, String>,
    ) -> Result<()> {
        let source = self.metered(source);
        let mut lines = Lines::new(source, self.limits.record_bytes);
        while let Some(line) = self.io(lines.next())? {
            if line.skipped > 0 {
                self.note("lines were cut");
            }
            let place = self.line(line.number);
            let outcome = match std::str::from_utf8(line.bytes) {
                Ok(text) => take(text, self),
                Err(_) => {
                    self.note("bytes that are not UTF-8 were replaced");
                    take(&String::from_utf8_lossy(line.bytes), self)
                }
            };
            let raw = self.copy_if_refused(&outcome, line.bytes);
            let bytes = lines.bytes();
            self.settle(place, bytes, outcome, raw)?;
        }
        self.finish(lines.bytes(), lines.source().had_more());
        Ok(())
    }

    fn lines_of_records<R: Read>(&mut self, source: Metered<R>, take: Take<'_>) -> Result<()> {
        let mut lines = Lines::new(source, self.limits.record_bytes);
        while let Some(line) = self.io(lines.next())? {
            if line.bytes.iter().all(u8::is_ascii_whitespace) && line.skipped == 0 {
                continue;
            }
            let place = self.line(line.number);
            let outcome = if line.skipped > 0 {
                let length = line.bytes.len() as u64 + line.skipped;
                Err(format!("{length} bytes long, at most {} are read", self.limits.record_bytes))
            } else {
                self.record(line.bytes, take)
            };
            let whole = line.skipped == 0;
            let raw = whole.then(|| self.copy_if_refused(&outcome, line.bytes)).flatten();
            let bytes = lines.bytes();
            self.settle(place, bytes, outcome, raw)?;
        }
        self.finish(lines.bytes(), lines.source().had_more());
        Ok(())
    }

    fn elements<R: Read>(&mut self, source: Metered<R>, take: Take<'_>) -> Result<()> {
        let mut elements = Elements::new(source, self.limits.record_bytes);
        while let Some(element) = self.io(elements.next())? {
            let place = Place {
                input: Some(self.name.to_owned()),
                line: Some(element.line),
                offset: Some(element.offset),
                column: None,
            };
            let outcome = element.body.clone().and_then(|bytes| self.record(bytes, take));
            let raw = element.body.ok().and_then(|bytes| self.copy_if_refused(&outcome, bytes));
            let bytes = elements.bytes();
            self.settle(place, bytes, outcome, raw)?;
        }
        if elements.unclosed() {
            self.note("the array is not closed: the input was cut off");
        }
        self.finish(elements.bytes(), elements.source().had_more());
        Ok(())
    }

    /// Reads JSON documents, each whole: one, or one after the other, or elements of an array.
    pub(super) fn documents(
        &mut self,
        source: &mut dyn Read,
        take: &mut dyn FnMut(&str, &mut Reading<'_>) -> Result<u64, String>,
    ) -> Result<()> {
        let longest = self.limits.body_bytes;
        self.texts(source, longest, take)
    }

    /// Like [`documents`](Self::documents), each at most as long as given.
    pub(super) fn texts(
        &mut self,
        source: &mut dyn Read,
        longest: usize,
        take: &mut dyn FnMut(&str, &mut Reading<'_>) -> Result<u64, String>,
    ) -> Result<()> {
        let source = self.metered(source);
        let mut elements = Elements::new(source, longest);
        while let Some(element) = self.io(elements.next())? {
            let place = Place {
                input: Some(self.name.to_owned()),
                line: Some(element.line),
                offset: Some(element.offset),
                column: None,
            };
            self.at = place.clone();
            let outcome = element.body.clone().and_then(|bytes| {
                json::check_size(bytes, self.limits)?;
                match std::str::from_utf8(bytes) {
                    Ok(text) => take(text, self),
                    Err(_) => {
                        self.note("bytes that are not UTF-8 were replaced");
                        take(&String::from_utf8_lossy(bytes), self)
                    }
                }
            });
            let raw = element.body.ok().and_then(|bytes| self.copy_if_refused(&outcome, bytes));
            let bytes = elements.bytes();
            self.settle(place, bytes, outcome, raw)?;
        }
        self.finish(elements.bytes(), elements.source().had_more());
        Ok(())
    }

    /// The whole input in memory where it is no longer than a body may be; one byte more of it where it is.
    pub(super) fn beginning(&mut self, source: &mut dyn Read) -> Result<Vec<u8>> {
        self.at = self.place();
        let most = self.limits.body_bytes as u64;
        let mut bytes = Vec::new();
        self.io(source.take(most.saturating_add(1)).read_to_end(&mut bytes))?;
        Ok(bytes)
    }

    /// The whole input in memory.
    pub(super) fn body(&mut self, source: &mut dyn Read) -> Result<Vec<u8>> {
        let bytes = self.beginning(source)?;
        let most = self.limits.body_bytes;
        if bytes.len() > most { Err(too_long(self.place(), most)) } else { Ok(bytes) }
    }

    /// Refuses one part of the record that is being taken.
    pub(super) fn refuse(&mut self, reason: String) {
        self.report.refuse(self.limits.described, self.at.clone(), reason);
    }

    fn record(&mut self, bytes: &[u8], take: Take<'_>) -> Result<u64, String> {
        let (value, replaced) = json::parse(bytes, self.limits)?;
        if replaced {
            self.note("bytes that are not UTF-8 were replaced");
        }
        take(Record::new(value)?, self)
    }

    /// Writes down how much was read.
    pub(super) fn finish(&mut self, bytes: u64, had_more: bool) {
        self.report.bytes += bytes;
        if bytes == 0 {
            self.note("empty");
        }
        if had_more {
            let note =
                format!("longer than {} bytes: the rest was not read", self.limits.file_bytes);
            self.note(&note);
        }
    }

    /// The last word to the observer, then the report.
    pub(super) fn close(mut self) -> Result<InputReport> {
        self.keep(self.place(), None, None);
        self.pace.ask(self.report.bytes)?;
        Ok(self.report)
    }

    pub(super) fn io<T>(&self, result: io::Result<T>) -> Result<T> {
        result.map_err(|error| match error.kind() {
            // What unpacks the input says so of its content, not of the disk.
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => Error::invalid(self.place(), error.to_string()),
            _ => Error::io("read", self.name, error),
        })
    }
}

/// What is read as a whole has to fit into memory.
pub(super) fn too_long(place: Place, most: usize) -> Error {
    let reason =
        format!("longer than {most} bytes; raise the limit `body_bytes` if it is meant so");
    Error::invalid(place, reason)
}

/// Enough of the beginning to see what it is; short only at the end of the input.
fn first_bytes(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    source.take(64).read_to_end(&mut start)?;
    Ok(start)
}
