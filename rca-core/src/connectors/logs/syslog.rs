//! Syslog: RFC 3164 as it is found in files and on the wire, and RFC 5424 with structured data.

use std::borrow::Cow;
use std::io::Read;

use super::super::Batch;
use super::super::reading::Reading;
use super::clock::{self, Before};
use super::entry::{Entry, Sink, Stream, noted};
use super::loggers::of_syslog;
use crate::error::Result;
use crate::signal::line::split_header;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut sink = Sink::new(&mut batch.telemetry.logs, reading);
    let mut stream = Stream::default();
    reading.lines(source, &mut |line, reading| {
        match parts(line, sink.before, reading) {
            Some((carrier, text)) => {
                if text.trim().is_empty() {
                    // A message may be empty; the record is one all the same.
                    return sink.push(&mut stream, carrier, reading);
                }
                // Each record stands alone, unless its text goes on in that of the record before: an indented line
                // of a trace.
                sink.line(&mut stream, text, carrier, reading)
            }
            // Without a header of its own: the record before goes on, or it is text.
            None => sink.line(&mut stream, line, Entry::default(), reading),
        }
    })
}

/// The header's meaning and the text behind it.
pub(super) fn parts<'a>(
    line: &'a str,
    before: Before,
    reading: &mut Reading<'_>,
) -> Option<(Entry<'a>, &'a str)> {
    let mut entry = Entry::default();
    let mut rest = without_length(line);
    if let Some((priority, behind)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        let priority: i64 = priority.parse().ok().filter(|number| (0..=191).contains(number))?;
        entry.severity = of_syslog(priority % 8);
        if let Some(body) = behind.strip_prefix("1 ") {
            return rfc5424(body, entry, before, reading);
        }
        rest = behind;
    }
    rfc3164(rest, entry, before, reading)
}

/// `Jan 31 12:30:11 host tag[17]: text`; many write the time as RFC 3339 does.
fn rfc3164<'a>(
    text: &'a str,
    mut entry: Entry<'a>,
    before: Before,
    reading: &mut Reading<'_>,
) -> Option<(Entry<'a>, &'a str)> {
    let found = clock::read_at(text.as_bytes(), 0, before)?;
    let rest = text.get(found.end..)?.strip_prefix(' ')?;
    let (host, rest) = rest.split_once(' ')?;
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    (host.bytes().all(valid) && !host.ends_with(':')).then_some(())?;
    // The tag ends at the first sign that no program's name has.
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '[' | ':'))?;
    let (tag, behind) = rest.split_at(end);
    let (pid, message) = match behind.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((pid, message)) => (Some(pid), message.strip_prefix(':')?),
        None => (None, behind.strip_prefix(':')?),
    };
    (!tag.is_empty()).then_some(())?;
    entry.time = Some(noted(found, reading));
    entry.service = Some(Cow::Borrowed(tag.rsplit('/').next().unwrap_or(tag)));
    entry.attribute("host.name", host);
    if let Some(pid) = pid {
        entry.attribute("process.pid", pid);
    }
    Some((entry, message.strip_prefix(' ').unwrap_or(message)))
}

/// `2024-01-31T12:30:11Z host app 17 id [sd@1 k="v"] text`, behind priority and version.
fn rfc5424<'a>(
    text: &'a str,
    mut entry: Entry<'a>,
    before: Before,
    reading: &mut Reading<'_>,
) -> Option<(Entry<'a>, &'a str)> {
    let mut words = text.splitn(6, ' ');
    let time = words.next()?;
    if time != "-" {
        let found = clock::read_at(time.as_bytes(), 0, before)?;
        (found.end == time.len()).then_some(())?;
        entry.time = Some(noted(found, reading));
    }
    for name in ["host.name", "service", "process.pid", "syslog.msgid"] {
        match (name, words.next()?) {
            (_, "-") => {}
            ("service", app) => entry.service = Some(Cow::Borrowed(app)),
            (name, value) => entry.attribute(name, value),
        }
    }
    let mut rest = words.next().unwrap_or("-");
    if let Some(behind) = rest.strip_prefix('-') {
        rest = behind;
    }
    while let Some(inside) = rest.strip_prefix('[') {
        rest = element(inside, &mut entry)?;
    }
    let message = rest.strip_prefix(' ').unwrap_or(rest);
    Some((entry, message.strip_prefix('\u{feff}').unwrap_or(message)))
}

/// One element of structured data; gives what is behind it.
fn element<'a>(text: &'a str, entry: &mut Entry<'a>) -> Option<&'a str> {
    let end = text.find([' ', ']'])?;
    let (id, mut rest) = text.split_at(end);
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(rest) = rest.strip_prefix(']') {
            return Some(rest);
        }
        let (name, value) = rest.split_once("=\"")?;
        let mut plain = String::new();
        let mut chars = value.char_indices();
        let close = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => match chars.next()?.1 {
                    c @ ('"' | '\\' | ']') => plain.push(c),
                    c => plain.extend(['\\', c]),
                },
                (_, c) => plain.push(c),
            }
        };
        entry.attributes.push((Cow::Owned(format!("{id}.{name}")), Cow::Owned(plain)));
        rest = value.get(close + 1..)?;
    }
}

/// RFC 6587 puts a length before the message.
fn without_length(line: &str) -> &str {
    let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let counted = behind.len() < line.len() && behind.starts_with(" <");
    if counted { behind.trim_start() } else { line }
}

/// Whether a line is syslog as nothing else is: a priority, or a host and a tag behind the time.
pub(super) fn is_one(line: &str) -> bool {
    let line = without_length(line);
    let priority = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let numbered = priority.is_some_and(|(number, rest)| {
        number.parse::<u8>().is_ok_and(|number| number < 192) && rest.len() > 8
    });
    let month = line
        .as_bytes()
        .first_chunk::<3>()
        .is_some_and(|name| name[0].is_ascii_uppercase() && line.as_bytes().get(3) == Some(&b' '));
    let tagged = || {
        let mut words = line.split_whitespace().skip(4);
        words
            .next()
            .is_some_and(|tag| tag.trim_end_matches(':').len() > 1 && tag.contains([':', '[']))
    };
    numbered || month && split_header(line).timed && tagged()
}
