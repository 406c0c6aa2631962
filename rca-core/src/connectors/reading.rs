//! What every parser of a file has in hand: limits, the observer, and the report it writes.

use std::io::{self, Read};

use super::fields::Record;
use super::intake::Hints;
use super::json::{self, Elements};
use super::limits::Limits;
use super::lines::{Lines, Metered};
use super::progress::{Observer, Pace};
use super::report::InputReport;
use crate::error::{Error, Place, Result};
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
    pace: Pace<'a>,
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
            pace: Pace::new(observer, name),
        }
    }

    pub(super) fn note(&mut self, note: &str) {
        self.report.note(note);
    }

    pub(super) fn metered<R: Read>(&self, source: R) -> Metered<R> {
        Metered::new(source, self.limits.file_bytes)
    }

    /// Counts a record as read or refused, and asks the observer whether to go on.
    pub(super) fn settle(
        &mut self,
        place: Place,
        bytes: u64,
        outcome: Result<u64, String>,
    ) -> Result<()> {
        match outcome {
            Ok(count) => self.report.read += count,
            Err(reason) => self.report.refuse(self.limits.described, place, reason),
        }
        self.pace.record(bytes)
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
            let bytes = lines.bytes();
            self.settle(place, bytes, outcome)?;
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
            let bytes = lines.bytes();
            self.settle(place, bytes, outcome)?;
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
            let outcome = element.body.and_then(|bytes| self.record(bytes, take));
            let bytes = elements.bytes();
            self.settle(place, bytes, outcome)?;
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
            let outcome = element.body.and_then(|bytes| {
                json::check_depth(bytes, self.limits)?;
                match std::str::from_utf8(bytes) {
                    Ok(text) => take(text, self),
                    Err(_) => {
                        self.note("bytes that are not UTF-8 were replaced");
                        take(&String::from_utf8_lossy(bytes), self)
                    }
                }
            });
            let bytes = elements.bytes();
            self.settle(place, bytes, outcome)?;
        }
        self.finish(elements.bytes(), elements.source().had_more());
        Ok(())
    }

    /// The whole input in memory, as far as a body may be long; says whether there was more.
    pub(super) fn body(&mut self, source: &mut dyn Read) -> Result<(Vec<u8>, bool)> {
        self.at = self.place();
        let limit = self.limits.body_bytes as u64;
        let mut metered = Metered::new(source, limit);
        let mut bytes = Vec::new();
        self.io(metered.read_to_end(&mut bytes))?;
        let had_more = metered.had_more();
        Ok((bytes, had_more))
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
    pub(super) fn close(self) -> Result<InputReport> {
        self.pace.ask(self.report.bytes)?;
        Ok(self.report)
    }

    pub(super) fn io<T>(&self, result: io::Result<T>) -> Result<T> {
        result.map_err(|error| match error.kind() {
            // What unpacks the input says so of its content, not of the disk.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Error::invalid(self.place(), error.to_string())
            }
            _ => Error::io("read", self.name, error),
        })
    }
}

/// Enough of the beginning to see what it is; short only at the end of the input.
fn first_bytes(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    source.take(64).read_to_end(&mut start)?;
    Ok(start)
}
