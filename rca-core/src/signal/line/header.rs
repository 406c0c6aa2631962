//! Where a raw line's header ends: time, host, process, level, thread, logger.
//!
//! Stateless and without configuration. A header is only cut off when the line shows one (a time or a
//! level where they stand in log lines); anything else is all message. Covers what log4j, logback,
//! syslog, container runtimes, klog, logcat, httpd and most home-grown layouts write; JSON and logfmt
//! lines are read by their fields.

use memchr::{memchr2, memchr2_iter, memchr3};

use super::fields;
use super::moment::{is_clock, is_date, is_month, is_short_date, is_weekday};
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

/// Fields between the time and the level that are skipped at most.
const FIELDS: usize = 8;
/// Words before a later time that are skipped at most.
const BEFORE_TIME: usize = 4;

/// Finds the message of a raw line.
#[must_use]
pub fn split_header(line: &str) -> Header<'_> {
    split(line, 0)
}

fn split(line: &str, depth: u8) -> Header<'_> {
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

/// How bad a level word is.
pub(crate) fn severity_of(word: &str) -> Option<Severity> {
    const LONGEST: usize = 11;
    if !(3..=LONGEST).contains(&word.len()) {
        return None;
    }
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    match &*lower {
        b"trace" | b"verbose" | b"debug" | b"dbug" | b"fine" | b"info" | b"information" => {
            Some(Severity::Info)
        }
        b"notice" => Some(Severity::Low),
        b"warn" | b"warning" => Some(Severity::Medium),
        b"err" | b"error" | b"severe" | b"failure" => Some(Severity::High),
        b"alert" | b"crit" | b"critical" | b"emerg" | b"emergency" | b"fatal" | b"panic" => {
            Some(Severity::Critical)
        }
        _ => None,
    }
}

/// Logcat and klog write one letter.
fn severity_of_letter(letter: &str) -> Option<Severity> {
    match letter {
        "V" | "D" | "I" => Some(Severity::Info),
        "W" => Some(Severity::Medium),
        "E" => Some(Severity::High),
        "F" => Some(Severity::Critical),
        _ => None,
    }
}

fn word_end(rest: &[u8]) -> usize {
    memchr2(b' ', b'\t', rest).unwrap_or(rest.len())
}

/// Where the bracket that opens here closes.
fn group_end(rest: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for at in memchr2_iter(b'[', b']', rest) {
        depth = if rest[at] == b'[' { depth + 1 } else { depth.checked_sub(1)? };
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// The next word and where it ends. A bracketed group is one word, blanks and all.
    fn peek(&self, from: usize) -> Option<(&'a str, usize)> {
        let bytes = self.line.as_bytes();
        let mut start = from;
        while bytes.get(start).is_some_and(|b| *b == b' ' || *b == b'\t') {
            start += 1;
        }
        let rest = bytes.get(start..)?;
        let end = match rest.first()? {
            b'[' => group_end(rest).unwrap_or_else(|| word_end(rest)),
            b'|' => word_end(rest),
            _ => memchr3(b' ', b'\t', b'|', rest).unwrap_or(rest.len()),
        };
        Some((self.line.get(start..start + end)?, start + end))
    }

    fn skip_noise(&mut self) {
        let noise = |b: u8| matches!(b, b' ' | b'\t' | b'-' | b':' | b'|' | b',');
        let bytes = self.line.as_bytes();
        let mut at = self.at;
        while bytes.get(at).is_some_and(|b| noise(*b)) {
            // A sign belongs to its number, and dashes may begin a message.
            if bytes[at] == b'-' && !matches!(bytes.get(at + 1), None | Some(b' ' | b'\t')) {
                break;
            }
            at += 1;
        }
        self.at = at;
    }

    /// Moves behind the times at the beginning, also where a few words stand before or between them.
    fn times(&mut self) -> bool {
        let mut found = false;
        loop {
            self.skip_noise();
            let mut from = self.at;
            let mut end = None;
            for skipped in 0..BEFORE_TIME {
                let Some((word, next)) = self.peek(from) else { break };
                end = self.time_at(from, word, next);
                if end.is_some() || (found && skipped > 1) {
                    break;
                }
                if word.ends_with(':') || severity_of(trim(word)).is_some() {
                    break;
                }
                from = next;
                while self.line[from..].starts_with([' ', '|', '-']) {
                    from += 1;
                }
            }
            match end {
                Some(end) => {
                    self.at = end;
                    found = true;
                }
                None => return found,
            }
        }
    }

    /// Where a time that begins with this word ends.
    fn time_at(&self, from: usize, word: &str, end: usize) -> Option<usize> {
        let bare = trim(word);
        let first = *bare.as_bytes().first()?;
        if first.is_ascii_alphabetic() {
            return self.lettered_time(from, bare, end);
        }
        if !first.is_ascii_digit() {
            return None;
        }
        if bare.contains(' ') {
            let first = bare.split(' ').next().unwrap_or_default();
            let dated = is_date(first) || is_short_date(first);
            return (dated && bare.split(' ').any(is_clock)).then_some(end);
        }
        if is_date(bare) || is_clock(bare) {
            return Some(end);
        }
        let digits = bare.bytes().all(|b| b.is_ascii_digit());
        if digits && matches!(bare.len(), 6 | 8) {
            let (next, end) = self.peek(end)?;
            return (next.len() == 6 && next.bytes().all(|b| b.is_ascii_digit())).then_some(end);
        }
        if is_short_date(bare) {
            let (next, end) = self.peek(end)?;
            return is_clock(next).then_some(end);
        }
        // Seconds, milliseconds or more since 1970, until 2096.
        let whole = bare.split('.').next().unwrap_or_default();
        let epoch = matches!(whole.len(), 10 | 13 | 16 | 19)
            && (b'1'..=b'3').contains(&first)
            && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        epoch.then_some(end)
    }

    fn lettered_time(&self, from: usize, bare: &str, end: usize) -> Option<usize> {
        let name = bare.split([' ', ',']).next().unwrap_or_default().as_bytes();
        if is_month(name) || is_weekday(name) {
            let Some((_, inside)) = bare.split_once(' ') else { return self.written_date(from) };
            return inside.split(' ').any(is_clock).then_some(end);
        }
        // `I0131 12:30:11.250000    17 file.go:3] text`
        match bare.as_bytes() {
            [b'I' | b'W' | b'E' | b'F', digits @ ..]
                if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) =>
            {
                self.peek(end).filter(|(next, _)| is_clock(next)).map(|(_, end)| end)
            }
            _ => None,
        }
    }

    /// `Sat Jan 31 12:30:11 CET 2024`, `Jan 31 12:30:11`
    fn written_date(&self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut seen_clock = false;
        let mut end = None;
        for step in 0..6 {
            let Some((word, next)) = self.peek(at) else { break };
            let word = word.trim_end_matches(',');
            let number = word.bytes().all(|b| b.is_ascii_digit()) && word.len() <= 4;
            if is_clock(word) {
                seen_clock = true;
                end = Some(next);
            } else if seen_clock && number && word.len() == 4 {
                return Some(next);
            } else if seen_clock {
                let zone = (3..=5).contains(&word.len())
                    && word.bytes().all(|b| b.is_ascii_uppercase())
                    && self.peek(next).is_some_and(|(w, _)| {
                        w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit())
                    });
                if !zone {
                    break;
                }
            } else if !(number
                || is_month(word.as_bytes())
                || (step == 0 && is_weekday(word.as_bytes())))
            {
                break;
            }
            at = next;
        }
        end
    }

    /// `stdout F `, as the container runtime interface writes it.
    fn container_stream(&mut self) -> bool {
        let Some((stream, end)) = self.peek(self.at) else { return false };
        let Some((tag, end)) = self.peek(end) else { return false };
        let found = matches!(stream, "stdout" | "stderr") && matches!(tag, "F" | "P");
        if found {
            self.at = (end + 1).min(self.line.len());
        }
        found
    }

    /// Moves behind the level, skipping the fields before it.
    fn level(&mut self, timed: bool) -> Option<Severity> {
        let mut from = self.at;
        let mut plain = 0;
        for skipped in 0..if timed { FIELDS } else { 1 } {
            let mut probe = Cursor { line: self.line, at: from };
            probe.skip_noise();
            let (word, end) = probe.peek(probe.at)?;
            let bare = trim(word);
            let marked = bare.len() < word.len();
            let upper = bare.bytes().all(|b| b.is_ascii_uppercase());
            // In running text "error" is just a word, so lower case needs a sign that it is a level.
            let stands_out = upper || marked || (timed && skipped == 0 && bare != "failure");
            if let Some(level) = severity_of(bare)
                && stands_out
                && (timed || marked)
            {
                self.at = end;
                return Some(level);
            }
            if timed
                && skipped > 0
                && let Some(level) = severity_of_letter(bare.split('/').next().unwrap_or_default())
                && bare.len() <= 2
            {
                self.at = end;
                return Some(level);
            }
            let language = bare.bytes().all(|b| b.is_ascii_lowercase());
            plain += usize::from(language);
            // A tag or two plain words: the message has begun.
            if plain > 1 || (word.ends_with(':') && !word.starts_with('[')) {
                break;
            }
            from = end;
        }
        None
    }

    /// Behind a level: thread, logger, and whatever else stands in brackets before the text.
    fn source(&mut self) {
        let mut seen_logger = false;
        // `17 --- `
        if let Some((pid, end)) = self.peek(self.at)
            && let Some((dashes, end)) = self.peek(end)
            && dashes == "---"
            && pid.bytes().all(|b| b.is_ascii_digit())
        {
            self.at = end;
        }
        for _ in 0..3 {
            let mut probe = Cursor { line: self.line, at: self.at };
            probe.skip_noise();
            let Some((word, end)) = probe.peek(probe.at) else { return };
            let after = self.line.get(end..).unwrap_or_default();
            if word.starts_with('[') {
                // A thread or context; a message may begin with brackets too, so only before a logger
                // or a separator, or right behind a logger.
                let separated = after.starts_with(" - ") || after.starts_with(": ");
                let before_logger = self.line.get(end..).is_some_and(|rest| {
                    let next = rest.split_whitespace().next().unwrap_or_default();
                    is_logger(next.trim_end_matches(':')) && !seen_logger
                });
                let context = seen_logger && (word == "[-]" || word.matches(' ').count() > 1);
                if !(separated || before_logger || context) {
                    return;
                }
                self.at = end;
                if separated {
                    return;
                }
            } else if !seen_logger {
                let name = word.trim_end_matches(':');
                let colon = name.len() < word.len();
                let column = after.starts_with("  ") || after.starts_with(" : ");
                let dashed = after.starts_with(" - ") || after.starts_with(" -- ");
                let mixed = name.bytes().any(|b| b.is_ascii_uppercase())
                    && name.bytes().any(|b| b.is_ascii_lowercase());
                let logger = is_logger(name) && (colon || dashed || after.starts_with(" ["))
                    || is_plain_name(name) && (dashed || column || colon && mixed);
                if !logger {
                    return;
                }
                seen_logger = true;
                self.at = end;
                if colon {
                    return;
                }
            } else {
                return;
            }
        }
    }

    /// Behind a time without a level: `host process[7]:`, `process:`, `[name] - `, `|` separated fields.
    fn tag(&mut self) {
        let mut from = self.at;
        for skipped in 0..4 {
            let Some((word, end)) = self.peek(from) else { return };
            let after = self.line.get(end..).unwrap_or_default();
            if after.starts_with('|') || (skipped > 0 && word.starts_with('|')) {
                // Columns: all but the last are header.
                let rest = self.line.get(self.at..).unwrap_or_default();
                let columns = rest.match_indices('|').take(3).last();
                self.at += columns.map_or(0, |(at, _)| at + 1);
                return;
            }
            let closes = word.ends_with(']') && !word.contains('[');
            if (word.ends_with(':') || closes) && word.len() > 1 {
                self.at = end;
                return;
            }
            if after.starts_with(" - ") && skipped <= 1 {
                self.at = end + 3;
                return;
            }
            from = end;
            if skipped == 0 && (word.contains('/') || !word.contains('[')) {
                continue;
            }
            // `name[7] (detail):`, `name 1.2:`, `-- name[7]:`
            let detail = word.ends_with(']') || word.starts_with('(') || word == "--";
            let version = self.peek(end).is_some_and(|(next, _)| {
                next.ends_with(':')
                    && next.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'))
            });
            if !(detail || version) {
                return;
            }
        }
    }
}

/// A word without the signs that programs put around levels and times.
fn trim(word: &str) -> &str {
    let sign = |b: &u8| matches!(b, b'[' | b']' | b'<' | b'>' | b'(' | b')' | b':' | b',' | b'*');
    let bytes = word.as_bytes();
    let start = bytes.iter().take_while(|b| sign(b)).count();
    let end = bytes.iter().rev().take_while(|b| sign(b)).count();
    word.get(start..word.len() - end).unwrap_or_default()
}

fn is_plain_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-$/".contains(&b))
}

/// Dotted, inner-class or camel-case names.
fn is_logger(word: &str) -> bool {
    word.len() > 2
        && is_plain_name(word)
        && word.as_bytes()[0].is_ascii_alphabetic()
        && (word.contains(['.', '$']) || word[1..].bytes().any(|b| b.is_ascii_uppercase()))
        && !word.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_of_the_common_layouts_are_cut_off() {
        let mut wrong = Vec::new();
        for line in [
            "2024-01-31 12:30:11,250 INFO [worker 7] org.shop.Cart: item added",
            "2024-01-31 12:30:11.250  INFO 17 --- [main] o.shop.Cart : item added",
            "2024-01-31T12:30:11Z INFO item added",
            "24/01/31 12:30:11 INFO cart.Cart: item added",
            "240131 123011 17 INFO cart.Cart: item added",
            "Jan 31 12:30:11 shop1 cart[17]: item added",
            "Jan 31 12:30:11 shop1 cart(pam)[17]: item added",
            "[Wed Jan 31 12:30:11 2024] [notice] item added",
            "[2024-01-31 12:30:11] item added",
            "2024-01-31 12:30:11,250 - INFO  [main:Cart@12] - item added",
            "01-31 12:30:11.250  1702  2395 I Cart: item added",
            "20240131-12:30:11:250|Cart_LSC|30002312|item added",
            "2024-01-31 12:30:11, Info                  CBS    item added",
            "I0131 12:30:11.250000      17 cart.go:3] item added",
            "2024-01-31T12:30:11.25Z stdout F 2024-01-31 12:30:11 INFO item added",
            "{\"ts\":1.5,\"level\":\"info\",\"msg\":\"item added\"}",
            "time=2024-01-31T12:30:11Z level=info msg=\"item added\" cart=7",
            "{\"log\":\"item added\\n\",\"stream\":\"stdout\",\"time\":\"2024-01-31T12:30:11Z\"}",
            "[INFO] item added",
        ] {
            let message = split_header(line).message.trim_end_matches("\\n");
            if message != "item added" {
                wrong.push((line, message));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn levels_are_read() {
        for (line, severity) in [
            ("2024-01-31 12:30:11 ERROR broke", Some(Severity::High)),
            ("2024-01-31 12:30:11 [warn] odd", Some(Severity::Medium)),
            ("level=fatal msg=\"gone\"", Some(Severity::Critical)),
            ("no error here", None),
        ] {
            assert_eq!(split_header(line).severity, severity, "{line}");
        }
    }

    #[test]
    fn a_line_without_a_header_is_all_message() {
        for line in ["", "item 7 added", "error in item 7", "\tat shop.Cart.add(Cart.java:3)"] {
            assert_eq!(split_header(line).message, line);
        }
    }

    proptest! {
        #[test]
        fn any_line_is_split_without_a_panic(line in "\\PC{0,60}", head in "[0-9:. \\-\\[\\]|{}\"=TZ]{0,30}") {
            for text in [line.clone(), format!("{head}{line}"), format!("{{\"msg\":{line}")] {
                let header = split_header(&text);
                prop_assert!(text.contains(header.message));
            }
        }
    }
}
