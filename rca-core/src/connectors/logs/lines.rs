//! Lines as programs write them: JSON, logfmt, klog, access logs, or text behind a header.

use std::borrow::Cow;
use std::io::Read;

use super::super::Batch;
use super::super::reading::Reading;
use super::clock;
use super::entry::{BLANK, Entry, Sink, Stream, noted};
use super::flat::Flat;
use super::{access, loggers};
use crate::error::Result;
use crate::model::Severity;
use crate::signal::line::split_header;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    let mut stream = Stream::default();
    reading
        .lines(source, &mut |line, reading| sink.line(&mut stream, line, Entry::default(), reading))
}

impl Sink<'_> {
    /// Takes one line of a program's output, with what its carrier knows of it. How many records it began.
    pub(super) fn line<'a>(
        &mut self,
        stream: &mut Stream,
        line: &'a str,
        carrier: Entry<'a>,
        reading: &mut Reading<'_>,
    ) -> Result<u64, String> {
        let line = line.trim_end_matches(['\n', '\r']);
        if line.contains('\u{1b}') {
            reading.note("colours were left out");
            return self.line(stream, &without_colours(line), carrier, reading);
        }
        match self.structured(line, reading) {
            Some(Ok(mut entry)) => {
                self.begin(stream, line);
                entry.carried_by(carrier);
                self.push(stream, entry, reading)
            }
            Some(Err(reason)) => {
                self.begin(stream, line);
                stream.forget();
                Err(reason)
            }
            None => self.text(stream, line, carrier, reading),
        }
    }

    /// A line that names its parts.
    fn structured<'a>(
        &self,
        line: &'a str,
        reading: &mut Reading<'_>,
    ) -> Option<Result<Entry<'a>, String>> {
        let first = *line.as_bytes().first()?;
        match first {
            b'{' => {
                let flat = Flat::json(line).ok()?;
                Some(match loggers::entry(flat, self.before, reading) {
                    Ok(Some(entry)) => Ok(entry),
                    // Fields without a text: the line itself is one.
                    Ok(None) => return None,
                    Err(reason) => Err(reason),
                })
            }
            b'I' | b'W' | b'E' | b'F' => {
                self.klog(line, reading).map(Ok).or_else(|| self.logfmt(line, reading))
            }
            _ if first.is_ascii_alphabetic() || first == b'@' || first == b'_' => {
                self.logfmt(line, reading)
            }
            _ => access::entry(line, self.before, reading).map(Ok),
        }
    }

    fn logfmt<'a>(
        &self,
        line: &'a str,
        reading: &mut Reading<'_>,
    ) -> Option<Result<Entry<'a>, String>> {
        // The first word names a field, or it is no logfmt: most lines are told by that.
        let sign = memchr::memchr3(b'=', b' ', b'"', line.as_bytes())?;
        (line.as_bytes().get(sign) == Some(&b'=')).then_some(())?;
        let flat = Flat::logfmt(line)?;
        match loggers::entry(flat, self.before, reading) {
            Ok(entry) => entry.map(Ok),
            Err(reason) => Some(Err(reason)),
        }
    }

    /// `I0131 12:30:11.250000    17 file.go:3] text`
    fn klog<'a>(&self, line: &'a str, reading: &mut Reading<'_>) -> Option<Entry<'a>> {
        let bytes = line.as_bytes();
        bytes.get(1..5)?.iter().all(u8::is_ascii_digit).then_some(())?;
        let found = clock::read_at(bytes, 0, self.before)?;
        let (head, message) = line.get(found.end..)?.split_once("] ")?;
        let mut words = head.split_whitespace();
        let (thread, place) = (words.next()?, words.next()?);
        let mut entry = Entry {
            time: Some(noted(found, reading)),
            severity: Some(match bytes.first()? {
                b'W' => Severity::Medium,
                b'E' => Severity::High,
                b'F' => Severity::Critical,
                _ => Severity::Info,
            }),
            message: Cow::Borrowed(message),
            ..Entry::default()
        };
        entry.attribute("thread.id", thread);
        entry.attribute("code.location", place);
        Some(entry)
    }

    /// Text, perhaps behind a header; or a line that belongs to the record before.
    fn text<'a>(
        &mut self,
        stream: &mut Stream,
        line: &'a str,
        carrier: Entry<'a>,
        reading: &mut Reading<'_>,
    ) -> Result<u64, String> {
        let header = split_header(line);
        if self.join(stream, line, &header, reading) {
            return Ok(0);
        }
        if line.trim().is_empty() {
            reading.note(BLANK);
            return Ok(0);
        }
        let message = if header.message.trim().is_empty() { line } else { header.message };
        let head = line.get(..line.len() - message.len()).unwrap_or_default();
        let found = header.timed.then(|| clock::find(head, self.before)).flatten();
        let mut entry = Entry {
            severity: header.severity,
            message: Cow::Borrowed(message.trim_end()),
            ..Entry::default()
        };
        if let Some(found) = found {
            let assumed = found.assumed_utc && carrier.time.is_some();
            entry.time = Some(if assumed { found.nanos } else { noted(found, reading) });
            if let Some(logger) = head.get(found.end..).and_then(logger) {
                entry.attribute("log.logger", logger);
            }
        } else if header.timed && carrier.time.is_none() && self.before.0.is_none() {
            reading.note(
                "a time without a year or a date can't be used; `Limits::before` says the year",
            );
        }
        entry.carried_by(carrier);
        let outcome = self.push(stream, entry, reading);
        if outcome.is_err() {
            stream.forget();
        }
        outcome
    }
}

/// The dotted or camel-case name of who logs, behind the time.
fn logger(head: &str) -> Option<&str> {
    let sign = |c: char| {
        c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '|' | ':' | ',' | '<' | '>')
    };
    head.split(sign).find(|word| {
        let bytes = word.as_bytes();
        let name = bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._$/-".contains(byte));
        let lower = bytes.iter().any(u8::is_ascii_lowercase);
        let inner = bytes.get(1..).unwrap_or_default();
        // `o.shop.Cart`, `Cart`; not `main`, `INFO`, `worker-7`.
        name && lower
            && !word.ends_with('.')
            && (word.contains(['.', '$'])
                || (bytes.first().is_some_and(u8::is_ascii_uppercase)
                    && inner.iter().any(u8::is_ascii_uppercase)))
    })
}

/// Without the escape sequences that colour terminals (ECMA-48, `ESC [ ... letter`).
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = match after.strip_prefix('[') {
            Some(sequence) => {
                let end = sequence.find(|c: char| c.is_ascii_alphabetic());
                sequence.get(end.map_or(sequence.len(), |end| end + 1)..).unwrap_or_default()
            }
            None => after,
        };
    }
    plain.push_str(rest);
    plain
}
