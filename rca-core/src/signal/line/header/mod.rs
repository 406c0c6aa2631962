//! Where a raw line's header ends: time, host, process, level, thread, logger.
//!
//! Stateless and without configuration. A header is only cut off when the line shows one (a time or a
//! level where they stand in log lines); anything else is all message. Covers what log4j, logback,
//! syslog, container runtimes, klog, logcat, httpd and most home-grown layouts write; JSON and logfmt
//! lines are read by their fields.

mod cursor;
mod framed;
mod level;
#[cfg(test)]
mod tests;
mod word;

use self::cursor::Cursor;
pub(crate) use self::level::severity_of;
use super::fields;
use crate::model::Severity;

/// A raw line, taken apart.
#[derive(Clone, Copy, Default)]
pub struct Header<'a> {
    /// What is left of the line: what the program had to say.
    pub message: &'a str,
    /// How bad the line says it is.
    pub severity: Option<Severity>,
    /// Whether it begins with a time, as records do and continuation lines don't.
    pub timed: bool,
}

/// Messages may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Header")
            .field("severity", &self.severity)
            .field("timed", &self.timed)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// Finds the message of a raw line.
#[must_use]
pub fn split_header(line: &str) -> Header<'_> {
    split(line, 0)
}

fn split(line: &str, depth: u8) -> Header<'_> {
    if let Some(found) = framed::read(line) {
        return found;
    }
    if let Some((severity, rest)) = framed::priority(line) {
        let inner = split(rest, depth);
        return Header { severity: inner.severity.or(severity), ..inner };
    }
    if let Some(found) = fields::read(line) {
        // Container runtimes wrap lines that have a header of their own.
        return inner(found, depth);
    }
    let mut cursor = Cursor { line, at: 0 };
    let timed = cursor.times();
    if timed && cursor.container_stream() {
        return inner(Header { message: cursor.rest(), severity: None, timed }, depth);
    }
    let severity = cursor.level(timed);
    match (timed, severity) {
        (false, None) => return Header { message: line, ..Header::default() },
        (_, Some(_)) => cursor.source(),
        (true, None) => cursor.tag(),
    }
    cursor.skip_noise();
    Header { message: cursor.rest(), severity, timed }
}

fn inner(outer: Header<'_>, depth: u8) -> Header<'_> {
    if depth > 0 {
        return outer;
    }
    let inner = split(outer.message, depth + 1);
    let severity = outer.severity.or(inner.severity);
    Header { severity, timed: outer.timed || inner.timed, ..inner }
}
