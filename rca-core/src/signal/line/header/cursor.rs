//! Walks over the words of a line, from its beginning to where the message begins.

use memchr::memchr2_iter;

use super::super::moment::{is_clock, is_date, is_month, is_short_date, is_weekday};
use super::level::{severity_of, severity_of_letter};
use super::word::{Kinds, first_word, is_logger, is_plain_name, trim, word_end};
use crate::model::Severity;

/// Fields between the time and the level that are skipped at most.
const FIELDS: usize = 8;
/// Words before a later time that are skipped at most, and where they are fields rather than language.
const BEFORE_TIME: usize = 4;
const FAR_BEFORE_TIME: usize = 6;

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

pub(super) struct Cursor<'a> {
    pub(super) line: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
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
            b'[' => group_end(rest).unwrap_or_else(|| word_end(rest, b' ')),
            b'|' => word_end(rest, b' '),
            _ => word_end(rest, b'|'),
        };
        Some((self.line.get(start..start + end)?, start + end))
    }

    pub(super) fn skip_noise(&mut self) {
        let noise = |b: u8| matches!(b, b' ' | b'\t' | b'-' | b':' | b'|' | b',');
        let bytes = self.line.as_bytes();
        let mut at = self.at;
        while bytes.get(at).is_some_and(|b| noise(*b)) {
            // A sign belongs to its number, and dashes may begin a message.
            let next = bytes.get(at + 1..).unwrap_or_default();
            let alone = matches!(next, [] | [b' ' | b'\t', ..] | [b'-'] | [b'-', b' ', ..]);
            if bytes[at] == b'-' && !alone {
                break;
            }
            at += 1;
        }
        self.at = at;
    }

    /// Moves behind the times at the beginning, also where a few words stand before or between them.
    pub(super) fn times(&mut self) -> bool {
        let mut found = false;
        loop {
            self.skip_noise();
            let mut from = self.at;
            let mut end = None;
            let mut language = 0;
            for skipped in 0..FAR_BEFORE_TIME {
                let Some((word, next)) = self.peek(from) else { break };
                // Far from the beginning only where what stands before it are fields.
                if skipped >= BEFORE_TIME && language * 2 > skipped {
                    break;
                }
                let bare = trim(word);
                end = self.time_at(from, word, bare, next);
                if end.is_some() || (found && skipped > 1) {
                    break;
                }
                if word.ends_with(':') || severity_of(bare).is_some() {
                    break;
                }
                language += usize::from(!found && Kinds::of(word).only(Kinds::LETTERS));
                from = next;
                let after = self.line.as_bytes().get(from..).unwrap_or_default();
                from += after.iter().take_while(|b| matches!(b, b' ' | b'|' | b'-')).count();
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
    fn time_at(&self, from: usize, word: &str, bare: &str, end: usize) -> Option<usize> {
        let first = *bare.as_bytes().first()?;
        if first.is_ascii_uppercase() {
            return self.lettered_time(from, bare, end);
        }
        if !first.is_ascii_digit() {
            return None;
        }
        if bare.len() <= 2
            && self.peek(end).is_some_and(|(next, _)| is_month(next.as_bytes()))
            && bare.bytes().all(|b| b.is_ascii_digit())
        {
            return self.written_date(from);
        }
        let grouped = word.starts_with('[') && bare.contains(' ');
        if grouped {
            let first = bare.split(' ').next().unwrap_or_default();
            let dated = is_date(first) || is_short_date(first);
            return (dated && bare.split(' ').any(is_clock)).then_some(end);
        }
        if is_date(bare) || is_clock(bare) {
            return Some(end);
        }
        if matches!(bare.len(), 6 | 8) && bare.bytes().all(|b| b.is_ascii_digit()) {
            let (next, end) = self.peek(end)?;
            return (next.len() == 6 && next.bytes().all(|b| b.is_ascii_digit())).then_some(end);
        }
        if is_short_date(bare) {
            let (next, end) = self.peek(end)?;
            return is_clock(next).then_some(end);
        }
        // Seconds, milliseconds or more since 1970, until 2096.
        let whole = bare.bytes().take_while(|b| *b != b'.').count();
        let epoch = matches!(whole, 10 | 13 | 16 | 19)
            && (b'1'..=b'3').contains(&first)
            && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        epoch.then_some(end)
    }

    fn lettered_time(&self, from: usize, bare: &str, end: usize) -> Option<usize> {
        let name = bare.as_bytes();
        let length = name.iter().take_while(|b| !matches!(b, b' ' | b',')).count();
        let name = name.get(..length).unwrap_or_default();
        // `[I 2024-01-31 12:30:11 name]`
        if length == 1
            && let Some((letter, inside)) = bare.split_once(' ')
            && severity_of_letter(letter).is_some()
            && inside.split(' ').next().is_some_and(is_date)
        {
            return inside.split(' ').any(is_clock).then_some(end);
        }
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
            let number = word.len() <= 4 && word.bytes().all(|b| b.is_ascii_digit());
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
    pub(super) fn container_stream(&mut self) -> bool {
        // Asked of every line with a time, and nearly always in vain.
        if !self.rest().trim_start().starts_with("std") {
            return false;
        }
        let Some((stream, end)) = self.peek(self.at) else { return false };
        if !matches!(stream, "stdout" | "stderr") {
            return false;
        }
        let Some((tag, end)) = self.peek(end) else { return false };
        let found = matches!(tag, "F" | "P");
        if found {
            self.at = (end + 1).min(self.line.len());
        }
        found
    }

    /// Moves behind the level, skipping the fields before it.
    pub(super) fn level(&mut self, timed: bool) -> Option<Severity> {
        let mut from = self.at;
        let mut plain = 0;
        for skipped in 0..if timed { FIELDS } else { 1 } {
            let mut probe = Cursor { line: self.line, at: from };
            probe.skip_noise();
            let (word, end) = probe.peek(probe.at)?;
            let bare = trim(word);
            let marked = bare.len() < word.len();
            let kinds = Kinds::of(bare);
            let upper = kinds.only(Kinds::UPPER);
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
                && bare.len() <= 2
                && let Some(level) = severity_of_letter(bare.split('/').next().unwrap_or_default())
            {
                self.at = end;
                return Some(level);
            }
            plain += usize::from(kinds.only(Kinds::LOWER));
            // A tag or two plain words: the message has begun.
            if plain > 1 || (word.ends_with(':') && !word.starts_with('[')) {
                break;
            }
            from = end;
        }
        None
    }

    /// Behind a level: thread, logger, and whatever else stands in brackets before the text.
    pub(super) fn source(&mut self) {
        let mut seen_logger = false;
        // `17 --- `
        if let Some((pid, end)) = self.peek(self.at)
            && pid.bytes().all(|b| b.is_ascii_digit())
            && let Some((dashes, end)) = self.peek(end)
            && dashes == "---"
        {
            self.at = end;
        }
        let mut seen_thread = false;
        for _ in 0..3 {
            let mut probe = Cursor { line: self.line, at: self.at };
            probe.skip_noise();
            let Some((word, end)) = probe.peek(probe.at) else { return };
            let after = self.line.get(end..).unwrap_or_default();
            if is_process(word) || is_span(word) {
                self.at = end;
            } else if word.starts_with('[') {
                // A thread or context; a message may begin with brackets too, so only before a logger
                // or a separator, or right behind a logger.
                let separated = after.starts_with(" - ") || after.starts_with(": ");
                let before_logger = || is_logger(first_word(after).trim_end_matches(':'));
                let context = || word == "[-]" || word.matches(' ').count() > 1;
                if !(separated || if seen_logger { context() } else { before_logger() }) {
                    return;
                }
                self.at = end;
                seen_thread = true;
                if separated {
                    return;
                }
            } else if !seen_logger {
                let name = word.trim_end_matches(':');
                let colon = name.len() < word.len();
                let column = after.starts_with("  ") || after.starts_with(" : ");
                let dashed = after.starts_with(" - ") || after.starts_with(" -- ");
                let mixed = || Kinds::of(name).all(Kinds::UPPER | Kinds::LOWER);
                let deep = || name.bytes().filter(|b| *b == b'.').count() >= 2;
                let logger = is_logger(name)
                    && (colon || dashed || after.starts_with(" [") || seen_thread && deep())
                    || dashed && name.contains(':') && is_plain_name(&name.replace(':', "."))
                    || (dashed || column || colon && mixed()) && is_plain_name(name);
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
    pub(super) fn tag(&mut self) {
        let mut from = self.at;
        for skipped in 0..4 {
            let Some((word, end)) = self.peek(from) else { return };
            let after = self.line.get(end..).unwrap_or_default();
            // Some write the level as one sign.
            if skipped == 0 && matches!(word, "*" | "#" | ".") {
                self.at = end;
                return;
            }
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

/// `17#17:`, `*3`: a process and a connection by their numbers.
fn is_process(word: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let threads = word.strip_suffix(':').and_then(|word| word.split_once('#'));
    threads.is_some_and(|(process, thread)| number(process) && number(thread))
        || word.strip_prefix('*').is_some_and(number)
}

/// `request{id=7}:`
fn is_span(word: &str) -> bool {
    word.ends_with("}:") && word.contains('{') && !word.starts_with('{')
}
