//! The records of a stream of JSON: elements of an array, or objects one after the other.
//!
//! The boundaries are found by hand, so that memory is bounded by one record and a malformed
//! record does not take the others with it. After a malformed one, reading goes on at the next
//! line that begins an object at the indentation of the others.

use std::io::{self, Read};

/// One element and where it begins.
pub(super) struct Element<'a> {
    pub(super) offset: u64,
    pub(super) line: u64,
    /// Its bytes, or what is wrong with it.
    pub(super) body: Result<&'a [u8], String>,
}

/// Finds the elements of a stream.
pub(super) struct Elements<R> {
    source: R,
    /// What was read and not yet given up.
    buffer: Vec<u8>,
    /// How much of the buffer the elements so far took.
    at: usize,
    /// Offset of the buffer's first byte in the stream.
    base: u64,
    /// Line of the byte at `at`, from 1.
    line: u64,
    record_bytes: usize,
    ended: bool,
    array: Array,
    /// Where the present line begins in the buffer, while nothing but whitespace was on it.
    blank_from: Option<usize>,
    /// Whitespace before the latest element that began a line.
    indent: Option<Vec<u8>>,
    /// Bytes looked at twice after malformed elements.
    rescanned: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Array {
    None,
    Open,
    Closed,
}

enum Scan {
    End(usize),
    /// Why it is no element, and how far we looked.
    Broken(String, usize),
}

impl<R: Read> Elements<R> {
    const CHUNK: usize = 64 << 10;

    pub(super) fn new(source: R, record_bytes: usize) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            at: 0,
            base: 0,
            line: 1,
            record_bytes,
            ended: false,
            array: Array::None,
            blank_from: Some(0),
            indent: None,
            rescanned: 0,
        }
    }

    /// Bytes consumed so far.
    pub(super) fn bytes(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) fn source(&self) -> &R {
        &self.source
    }

    /// Whether an array was opened and never closed: the input was cut off.
    pub(super) fn unclosed(&self) -> bool {
        self.array == Array::Open
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Element<'_>>> {
        self.compact();
        let Some(first) = self.skip_separators()? else { return Ok(None) };
        self.learn_indent();
        let (offset, line, start) = (self.bytes(), self.line, self.at);
        let scan = match first {
            b'{' => self.scan_nested()?,
            _ => self.scan_scalar()?,
        };
        match scan {
            Scan::End(end) => {
                self.advance(end);
                let body = self.buffer.get(start..end).unwrap_or_default();
                Ok(Some(Element { offset, line, body: Ok(body) }))
            }
            Scan::Broken(reason, seen) => {
                self.resume_behind(seen)?;
                Ok(Some(Element { offset, line, body: Err(reason) }))
            }
        }
    }

    /// Moves to the next byte that belongs to an element.
    fn skip_separators(&mut self) -> io::Result<Option<u8>> {
        loop {
            if self.base == 0 && self.at == 0 {
                while self.buffer.len() < 3 && self.fill()? {}
                if self.buffer.starts_with(b"\xef\xbb\xbf") {
                    self.at = 3;
                    self.blank_from = Some(3);
                }
            }
            let Some(&byte) = self.buffer.get(self.at) else {
                if self.fill()? {
                    continue;
                }
                return Ok(None);
            };
            match byte {
                b'\n' => self.blank_from = Some(self.at + 1),
                b' ' | b'\t' | b'\r' => {}
                b',' => self.blank_from = None,
                b'[' if self.array == Array::None => {
                    self.array = Array::Open;
                    self.blank_from = None;
                }
                b']' if self.array == Array::Open => self.array = Array::Closed,
                _ => return Ok(Some(byte)),
            }
            self.advance(self.at + 1);
        }
    }

    /// An object, to its closing brace.
    fn scan_nested(&mut self) -> io::Result<Scan> {
        let mut open: Vec<u8> = Vec::new();
        let (mut next, mut text) = (self.at, false);
        loop {
            let rest = self.buffer.get(next..).unwrap_or_default();
            let stop = if text {
                memchr::memchr3(b'"', b'\\', b'\n', rest)
            } else {
                rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'))
            };
            let found = stop.and_then(|stop| rest.get(stop).map(|&byte| (next + stop, byte)));
            let Some((place, byte)) = found else {
                next = self.buffer.len();
                if next - self.at > self.record_bytes {
                    let reason = format!("longer than {} bytes", self.record_bytes);
                    return Ok(Scan::Broken(reason, next));
                }
                if !self.fill()? {
                    let reason = "the input ends inside this record".to_owned();
                    return Ok(Scan::Broken(reason, next));
                }
                continue;
            };
            next = place + 1;
            match byte {
                b'"' => text = !text,
                b'\\' => next += 1,
                b'\n' => {
                    let reason = "a text is not closed on its line".to_owned();
                    return Ok(Scan::Broken(reason, place));
                }
                b'{' | b'[' => open.push(byte),
                close => {
                    let fits =
                        matches!((open.pop(), close), (Some(b'{'), b'}') | (Some(b'['), b']'));
                    if !fits {
                        return Ok(Scan::Broken("brackets do not match".to_owned(), place));
                    }
                    if open.is_empty() && next - self.at > self.record_bytes {
                        let reason = format!("longer than {} bytes", self.record_bytes);
                        return Ok(Scan::Broken(reason, next));
                    }
                    if open.is_empty() {
                        return Ok(Scan::End(next));
                    }
                }
            }
        }
    }

    /// Something that is no object: to the next separator.
    fn scan_scalar(&mut self) -> io::Result<Scan> {
        let mut next = self.at + 1;
        loop {
            match self.buffer.get(next).copied() {
                Some(b',' | b']' | b'{' | b'\n') => break,
                Some(_) => next += 1,
                None if next - self.at > self.record_bytes || !self.fill()? => break,
                None => {}
            }
        }
        // The bytes are given to the JSON parser, which says "expected an object" or why not.
        Ok(Scan::End(next))
    }

    /// Goes to the next line that begins an object where the others did.
    ///
    /// Lines within the broken element count too: its closing bracket may be what is missing. Looking
    /// at bytes twice is limited to a multiple of the input, or many unclosed brackets would make
    /// it quadratic.
    fn resume_behind(&mut self, seen: usize) -> io::Result<()> {
        self.rescanned += (seen - self.at) as u64;
        let affordable = self.rescanned <= 16 * (self.bytes() + 4096);
        self.advance(if affordable { self.at + 1 } else { seen });
        loop {
            self.compact();
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            match memchr::memchr(b'\n', rest) {
                Some(end) => self.advance(self.at + end + 1),
                None => {
                    self.advance(self.buffer.len());
                    if self.fill()? {
                        continue;
                    }
                    return Ok(());
                }
            }
            if self.at_object_line()? {
                self.blank_from = Some(self.at);
                return Ok(());
            }
        }
    }

    /// Whether an object begins on this line at the usual indentation.
    fn at_object_line(&mut self) -> io::Result<bool> {
        const LONGEST: usize = 4096;
        loop {
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
                Some(width) => {
                    let usual = self
                        .indent
                        .as_ref()
                        .is_none_or(|usual| rest.starts_with(usual) && usual.len() == width);
                    return Ok(usual && rest.get(width) == Some(&b'{'));
                }
                None if rest.len() > LONGEST || !self.fill()? => return Ok(false),
                None => {}
            }
        }
    }

    /// Remembers the whitespace before an element that is the first on its line.
    fn learn_indent(&mut self) {
        let Some(start) = self.blank_from.take() else { return };
        let indent = self.buffer.get(start..self.at).unwrap_or_default();
        if self.indent.as_deref() != Some(indent) {
            self.indent = Some(indent.to_vec());
        }
    }

    fn advance(&mut self, to: usize) {
        let to = to.min(self.buffer.len());
        let passed = self.buffer.get(self.at..to).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at = to;
    }

    /// Gives up what was passed, once it is much.
    fn compact(&mut self) {
        if self.at >= 4 * Self::CHUNK {
            self.buffer.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
            self.blank_from = None;
        }
    }

    /// Reads on; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let length = self.buffer.len();
        // Growing by a quarter: twice as much as a long record needs would be much.
        self.buffer.reserve_exact(Self::CHUNK.max(length / 4));
        self.buffer.resize(length + Self::CHUNK, 0);
        let result = loop {
            match self.source.read(self.buffer.get_mut(length..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(length + result.as_ref().map_or(0, |count| *count));
        self.ended = !matches!(result, Ok(count) if count > 0);
        result.map(|count| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> (Vec<String>, bool) {
        let mut elements = Elements::new(text, 200);
        let mut found = Vec::new();
        while let Some(element) = elements.next().unwrap() {
            found.push(match element.body {
                Ok(body) => String::from_utf8_lossy(body).into_owned(),
                Err(reason) => format!("line {}: {reason}", element.line),
            });
        }
        (found, elements.unclosed())
    }

    #[test]
    fn arrays_single_objects_and_lines_of_objects_are_the_same() {
        let (array, unclosed) = read(br#" [ {"a": "]}\"{"}, {"b": [1, {}]} ] "#);
        assert_eq!(array, [r#"{"a": "]}\"{"}"#, r#"{"b": [1, {}]}"#]);
        assert!(!unclosed);
        assert_eq!(read(b"{}\n{}\n").0.len(), 2);
        assert_eq!(read(b"\xef\xbb\xbf{}").0, ["{}"]);
        assert_eq!(read(b"").0.len(), 0);
    }

    #[test]
    fn elements_before_a_cut_are_kept_and_the_cut_shows() {
        let (found, unclosed) = read(br#"[{"a": 1}, {"b": "#);
        assert_eq!(found, [r#"{"a": 1}"#, "line 1: the input ends inside this record"]);
        assert!(unclosed);
        assert!(read(br#"[{"a": 1},"#).1);
    }

    #[test]
    fn a_malformed_element_costs_only_itself() {
        let unclosed_brace = b"[\n  {\"a\": 1,\n  {\"b\": 2},\n  {\"c\": 3}\n]";
        let (found, _) = read(unclosed_brace);
        assert_eq!(found, ["line 2: brackets do not match", r#"{"b": 2}"#, r#"{"c": 3}"#]);
        let unclosed_text = b"[\n {\"a\": \"x},\n {\"b\": 2}\n]";
        assert_eq!(read(unclosed_text).0.last().unwrap(), r#"{"b": 2}"#);
        let too_long = format!("[\n{{\"a\": \"{}\"}},\n{{}}\n]", "x".repeat(300_000));
        assert_eq!(read(too_long.as_bytes()).0, ["line 2: longer than 200 bytes", "{}"]);
    }

    #[test]
    fn what_is_no_object_is_handed_on_to_be_refused() {
        assert_eq!(read(b"[1, \"x\", {}]").0, ["1", "\"x\"", "{}"]);
        assert_eq!(read(b"no json").0, ["no json"]);
    }

    #[test]
    fn many_unclosed_brackets_do_not_take_quadratic_time() {
        let text = b"{\"a\": 1,\n".repeat(200_000);
        let mut elements = Elements::new(text.as_slice(), 4 << 20);
        while elements.next().unwrap().is_some() {}
        assert!(elements.rescanned <= 40 * text.len() as u64);
    }

    #[test]
    fn what_was_read_is_given_up_however_long_the_line() {
        let text = b"{\"a\": 1},".repeat(200_000);
        let mut elements = Elements::new(text.as_slice(), 4 << 20);
        let mut count = 0;
        while elements.next().unwrap().is_some() {
            count += 1;
            assert!(elements.buffer.len() <= 6 * (64 << 10));
        }
        assert_eq!((count, elements.bytes()), (200_000, text.len() as u64));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes: Vec<u8>) {
            let mut elements = Elements::new(bytes.as_slice(), 64);
            while elements.next().unwrap().is_some() {}
        }

        #[test]
        fn any_brackets_and_quotes_come_to_an_end(text in "[\\[\\]{}\", \n\\\\a1]{0,200}") {
            let mut elements = Elements::new(text.as_bytes(), 64);
            while elements.next().unwrap().is_some() {}
        }
    }
}
