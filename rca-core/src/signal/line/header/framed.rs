//! Layouts that say where each field is: syslog (RFC 5424), logcat's brief form, Python's default.

use super::Header;
use super::level::{severity_of, severity_of_letter};
use crate::model::Severity;

pub(super) fn read(line: &str) -> Option<Header<'_>> {
    match line.as_bytes() {
        [b'<', ..] => rfc5424(line),
        [b'V' | b'D' | b'I' | b'W' | b'E' | b'F', b'/', ..] => brief(line),
        [first, ..] if first.is_ascii_uppercase() => colons(line),
        _ => None,
    }
}

/// `<134>`: the facility and how bad it is, before the rest of the line.
pub(super) fn priority(line: &str) -> Option<(Option<Severity>, &str)> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    let number: u8 = number.parse().ok().filter(|_| number.len() <= 3)?;
    let severity = match number % 8 {
        0..=2 => Severity::Critical,
        3 => Severity::High,
        4 => Severity::Medium,
        5 => Severity::Low,
        _ => Severity::Info,
    };
    Some((Some(severity), rest))
}

/// `<134>1 TIME HOST APP PROCESS ID [structured data] text`
fn rfc5424(line: &str) -> Option<Header<'_>> {
    let (severity, rest) = priority(line)?;
    let rest = rest.strip_prefix("1 ")?;
    let mut fields = rest.splitn(6, ' ');
    let time = fields.next()?;
    let timed = time.as_bytes().get(10) == Some(&b'T');
    if !timed && time != "-" {
        return None;
    }
    let mut rest = fields.nth(4)?;
    match rest.strip_prefix('-') {
        Some(after) => rest = after,
        None => {
            while rest.starts_with('[') {
                rest = rest.get(element_length(rest)?..)?;
            }
        }
    }
    let message = rest.trim_start().trim_start_matches('\u{feff}');
    Some(Header { message, severity, timed })
}

/// The length of `[id name="value"]`; values may hold escaped quotes and brackets.
fn element_length(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => escaped = !escaped,
            b'"' if !escaped => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => escaped = false,
        }
    }
    None
}

/// `I/Tag(  17): text`
fn brief(line: &str) -> Option<Header<'_>> {
    let severity = severity_of_letter(line.get(..1)?)?;
    let (head, message) = line.get(2..)?.split_once("): ")?;
    let (tag, process) = head.rsplit_once('(')?;
    let numbered = process.trim().bytes().all(|b| b.is_ascii_digit()) && !process.is_empty();
    let named = !tag.is_empty() && tag.len() <= 64 && !tag.contains(['(', ':']);
    (numbered && named).then_some(Header { message, severity: Some(severity), timed: true })
}

/// `critical` and shorter ones.
const LONGEST_LEVEL: usize = 8;

/// `INFO:shop.cart:text`
fn colons(line: &str) -> Option<Header<'_>> {
    let end = line.bytes().take(LONGEST_LEVEL + 1).position(|b| b == b':')?;
    let (level, rest) = (line.get(..end)?, line.get(end + 1..)?);
    let upper = level.bytes().all(|b| b.is_ascii_uppercase());
    let severity = severity_of(level).filter(|_| upper)?;
    let (name, message) = rest.split_once(':')?;
    let named = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    named.then_some(Header { message, severity: Some(severity), timed: true })
}
