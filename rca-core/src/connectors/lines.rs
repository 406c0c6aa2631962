//! Lines of any length in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

/// Stops at a number of bytes and remembers whether there was more.
pub(super) struct Metered<R> {
    source: R,
    left: u64,
    more: bool,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(source: R, limit: u64) -> Self {
        Self { source, left: limit, more: false }
    }

    /// Whether the source went on behind the limit.
    pub(super) fn had_more(&self) -> bool {
        self.more
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.more = self.more || self.source.read(&mut [0])? > 0;
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(room) = buffer.get_mut(..most) else { return Ok(0) };
        let count = self.source.read(room)?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

/// One line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// From 1.
    pub(super) number: u64,
    /// Bytes beyond the limit that were skipped.
    pub(super) skipped: u64,
}

/// Reads lines, keeping at most `limit` bytes of each; the rest of a longer line is skipped.
pub(super) struct Lines<R> {
    source: BufReader<R>,
    limit: usize,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R, limit: usize) -> Self {
        let source = BufReader::with_capacity(64 << 10, source);
        Self { source, limit, line: Vec::new(), number: 0, bytes: 0 }
    }

    /// Bytes consumed so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn source(&self) -> &R {
        self.source.get_ref()
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut skipped, mut any) = (0, false);
        loop {
            let available = match self.source.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', available);
            let (part, used) = match end {
                Some(end) => (available.get(..end).unwrap_or_default(), end + 1),
                None => (available, available.len()),
            };
            let room = self.limit.saturating_sub(self.line.len()).min(part.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or_default());
            skipped += (part.len() - room) as u64;
            self.source.consume(used);
            self.bytes += used as u64;
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        let mut bytes = self.line.as_slice();
        if self.number == 1 {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Ok(Some(Line { bytes, number: self.number, skipped }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], limit: usize) -> Vec<(String, u64)> {
        let mut lines = Lines::new(text, limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push((String::from_utf8_lossy(line.bytes).into_owned(), line.skipped));
        }
        found
    }

    #[test]
    fn long_lines_are_cut_and_the_next_line_is_whole() {
        let text = b"\xef\xbb\xbfabc\r\nabcdefgh\n\nlast";
        assert_eq!(
            all(text, 7),
            [("abc".into(), 0), ("abcdefg".into(), 1), (String::new(), 0), ("last".into(), 0)]
        );
    }

    #[test]
    fn the_meter_says_whether_there_was_more() {
        let mut metered = Metered::new(&b"abcdef"[..], 4);
        let mut text = String::new();
        metered.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), metered.had_more()), ("abcd", true));
        let mut whole = Metered::new(&b"abcd"[..], 4);
        whole.read_to_string(&mut text).unwrap();
        assert!(!whole.had_more());
    }
}
