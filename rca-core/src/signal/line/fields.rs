//! Lines that name their fields: JSON objects and logfmt.

use memchr::memchr3;

use super::header::{Header, severity_of};

/// Names under which programs write the text of a record, best first.
const MESSAGE: [&str; 6] = ["message", "msg", "log", "event", "body", "MESSAGE"];
const LEVEL: [&str; 5] = ["level", "severity", "lvl", "loglevel", "log.level"];

/// The message field of a JSON or logfmt line, as it is written there.
pub(super) fn read(line: &str) -> Option<Header<'_>> {
    let message = |name: &str| match line.as_bytes().first() {
        Some(b'{') => json_value(line, name),
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'@') => logfmt_value(line, name),
        _ => None,
    };
    let bytes = line.as_bytes();
    let named = bytes.first() == Some(&b'{')
        || memchr3(b' ', b'"', b'=', bytes).is_some_and(|at| bytes.get(at) == Some(&b'='));
    if !named {
        return None;
    }
    let text = MESSAGE.iter().find_map(|name| message(name))?;
    let severity = LEVEL.iter().find_map(|name| message(name)).and_then(severity_of);
    Some(Header { message: text, severity, timed: true })
}

/// The text behind `"name":` in an object, not unescaped.
fn json_value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in line.match_indices(name) {
        let before = line.get(..at)?;
        let Some(rest) = line.get(at + name.len()..)?.strip_prefix('"') else { continue };
        if !before.ends_with('"') || before.ends_with("\\\"") {
            continue;
        }
        let Some(rest) = rest.trim_start().strip_prefix(':') else { continue };
        let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
        return quoted(rest);
    }
    None
}

/// The text behind `name=`, with or without quotes.
fn logfmt_value<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    for (at, _) in line.match_indices(name) {
        let before = line.get(..at)?;
        let Some(rest) = line.get(at + name.len()..)?.strip_prefix('=') else { continue };
        if !(before.is_empty() || before.ends_with(' ')) {
            continue;
        }
        return match rest.strip_prefix('"') {
            Some(rest) => quoted(rest),
            None => rest.split(' ').next(),
        };
    }
    None
}

/// Up to the closing quote.
fn quoted(text: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => escaped = !escaped,
            b'"' if !escaped => return text.get(..at),
            _ => escaped = false,
        }
    }
    None
}
