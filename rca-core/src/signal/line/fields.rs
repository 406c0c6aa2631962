//! Lines that name their fields: JSON objects and logfmt.

use memchr::{memchr_iter, memchr3};

use super::header::{Header, severity_of};

/// Names under which programs write the text of a record, best first.
const MESSAGE: [&str; 6] = ["message", "msg", "log", "event", "body", "MESSAGE"];
const LEVEL: [&str; 5] = ["level", "severity", "lvl", "loglevel", "log.level"];

const LONGEST_NAME: usize = 9;
const NAMES: usize = MESSAGE.len() + LEVEL.len();

/// For each name what comes behind it, from the first place where it can be a key.
type Found<'a> = [Option<&'a str>; NAMES];

/// The message field of a JSON or logfmt line, as it is written there.
pub(super) fn read(line: &str) -> Option<Header<'_>> {
    let bytes = line.as_bytes();
    let values = match bytes.first()? {
        b'{' => json_values(line),
        b'a'..=b'z' | b'A'..=b'Z' | b'@' => {
            let named =
                memchr3(b' ', b'"', b'=', bytes).and_then(|at| bytes.get(at)) == Some(&b'=');
            if !named {
                return None;
            }
            logfmt_values(line)
        }
        _ => return None,
    };
    let (messages, levels) = values.split_at(MESSAGE.len());
    let message = messages.iter().copied().flatten().next()?;
    let severity = levels.iter().copied().flatten().next().and_then(severity_of);
    Some(Header { message, severity, timed: true })
}

/// Place of a name among all that are looked for.
fn place(name: &[u8]) -> Option<usize> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    MESSAGE.iter().chain(&LEVEL).position(|known| known.as_bytes() == name)
}

/// The texts behind `"name":` in an object, not unescaped.
fn json_values(line: &str) -> Found<'_> {
    let bytes = line.as_bytes();
    let mut found = [None; NAMES];
    let mut seen = [false; NAMES];
    let mut before = None;
    for quote in memchr_iter(b'"', bytes) {
        let Some(opening) = before.replace(quote) else { continue };
        let name = bytes.get(opening + 1..quote).unwrap_or_default();
        let Some(place) = place(name).filter(|place| !seen[*place]) else { continue };
        if opening > 0 && bytes.get(opening - 1) == Some(&b'\\') {
            continue;
        }
        let rest = line.get(quote + 1..).unwrap_or_default();
        let Some(rest) = rest.trim_start().strip_prefix(':') else { continue };
        let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
        seen[place] = true;
        found[place] = quoted(rest);
    }
    found
}

/// The texts behind `name=`, with or without quotes.
fn logfmt_values(line: &str) -> Found<'_> {
    let bytes = line.as_bytes();
    let mut found = [None; NAMES];
    let mut seen = [false; NAMES];
    for assign in memchr_iter(b'=', bytes) {
        let name = bytes.get(..assign).unwrap_or_default();
        let length = name.iter().rev().take(LONGEST_NAME + 1).take_while(|b| **b != b' ').count();
        let name = name.get(assign - length..).unwrap_or_default();
        let Some(place) = place(name).filter(|place| !seen[*place]) else { continue };
        let rest = line.get(assign + 1..).unwrap_or_default();
        seen[place] = true;
        found[place] = match rest.strip_prefix('"') {
            Some(rest) => quoted(rest),
            None => rest.split(' ').next(),
        };
    }
    found
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
