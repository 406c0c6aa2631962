//! Keeps stack traces and other continuation lines with the record they belong to.

use super::header::{Header, split_header};

/// Longest record, in bytes; what goes on after that begins a new one.
const MAX_RECORD: usize = 64 * 1024;
/// So many records that begin with a time, and none that doesn't, make it the rule.
const SURE: u32 = 3;

/// What the open record is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inside {
    /// A record like any other.
    #[default]
    Text,
    /// A Python traceback: the exception itself is yet to come.
    Traceback,
    /// A goroutine dump, which has blank lines in it.
    Dump,
}

/// Joins raw lines to records.
///
/// ```
/// use rca_core::signal::line::Joiner;
///
/// let mut joiner = Joiner::default();
/// assert_eq!(joiner.push("ERROR order 7 failed"), None);
/// assert_eq!(joiner.push("\tat shop.Order.pay(Order.java:31)"), None);
/// let record = joiner.push("INFO order 8 paid").unwrap_or_default();
/// assert!(record.ends_with("(Order.java:31)"));
/// ```
#[derive(Clone, Default)]
pub struct Joiner {
    open: Option<String>,
    seam: Seam,
}

/// Records hold messages, so they stay out of `Debug`.
impl std::fmt::Debug for Joiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Joiner").field("seam", &self.seam).finish_non_exhaustive()
    }
}

/// Decides for each line whether it belongs to the record before; who asks keeps the texts.
#[derive(Debug, Clone, Default)]
pub struct Seam {
    inside: Inside,
    /// Bytes of the open record; none when there is none.
    bytes: Option<usize>,
    /// Whether the open record begins with a time.
    timed: bool,
    /// Records that began with a time, and without.
    starts: (u32, u32),
}

impl Seam {
    /// Whether this line (without its end) belongs to the record before. A blank line that does not ends it.
    pub fn joins(&mut self, line: &str, header: &Header<'_>) -> bool {
        if let Some(bytes) = self.bytes
            && bytes + line.len() < MAX_RECORD
            && let Some(inside) = continues(line, header, self.inside, self.timed, self.starts)
        {
            self.inside = inside;
            self.bytes = Some(bytes + 1 + line.len());
            return true;
        }
        self.end();
        if !line.trim().is_empty() {
            self.timed = header.timed;
            let count = if self.timed { &mut self.starts.0 } else { &mut self.starts.1 };
            *count = count.saturating_add(1);
            self.inside = began(line.trim());
            self.bytes = Some(line.len());
        }
        false
    }

    /// The open record ends here, whatever comes.
    pub fn end(&mut self) {
        self.inside = Inside::Text;
        self.bytes = None;
    }
}

impl Joiner {
    /// Takes the next line (without its end). Returns the record before, when this line begins a new one.
    pub fn push(&mut self, line: &str) -> Option<String> {
        let line = line.trim_end_matches(['\r', '\n']);
        if self.seam.joins(line, &split_header(line))
            && let Some(open) = &mut self.open
        {
            open.push('\n');
            open.push_str(line);
            return None;
        }
        let done = self.taken();
        if !line.trim().is_empty() {
            self.open = Some(line.to_owned());
        }
        done
    }

    /// The last record, when there is one.
    pub fn finish(&mut self) -> Option<String> {
        self.seam.end();
        self.taken()
    }

    fn taken(&mut self) -> Option<String> {
        self.open.take().map(|mut record| {
            record.truncate(record.trim_end().len());
            record
        })
    }
}

/// What a line that is no frame leads into.
fn began(line: &str) -> Inside {
    if line.starts_with("Traceback (most recent call last)") {
        Inside::Traceback
    } else if line.starts_with("goroutine ") && line.ends_with("]:") || line.starts_with("panic: ")
    {
        Inside::Dump
    } else {
        Inside::Text
    }
}

/// Whether a line belongs to the open record, and what that record is in the middle of then.
fn continues(
    line: &str,
    header: &Header<'_>,
    inside: Inside,
    timed: bool,
    starts: (u32, u32),
) -> Option<Inside> {
    let text = line.trim_start();
    if text.is_empty() {
        return (inside != Inside::Text).then_some(inside);
    }
    if text.len() < line.len() {
        return Some(match began(text) {
            Inside::Text => inside,
            begun => begun,
        });
    }
    if header.timed {
        return None;
    }
    match began(text) {
        // A trace of its own begins a record, one after a record with a time explains it.
        Inside::Text => {}
        begun => return (timed || inside != Inside::Text).then_some(begun),
    }
    match inside {
        // The exception follows the frames, and may be followed by the one it caused.
        Inside::Traceback if is_exception(text) || is_link(text) => return Some(Inside::Text),
        Inside::Dump => return Some(Inside::Dump),
        _ => {}
    }
    let joined = is_frame(text) || is_link(text) || (timed && is_exception(text));
    let always_timed = timed && starts.0 >= SURE && starts.1 == 0 && header.severity.is_none();
    (joined || always_timed).then_some(inside)
}

fn is_frame(text: &str) -> bool {
    let numbered = text.strip_prefix('#').is_some_and(|rest| {
        rest.as_bytes().first().is_some_and(u8::is_ascii_digit) && rest.contains(' ')
    });
    let called = text.strip_prefix("at ").is_some_and(|rest| rest.contains([':', '(']));
    let cut = text
        .strip_prefix("... ")
        .is_some_and(|rest| rest.as_bytes().first().is_some_and(u8::is_ascii_digit));
    numbered || called || cut || text.starts_with("File \"")
}

/// Lines that tie exceptions together.
fn is_link(text: &str) -> bool {
    const LINKS: [&str; 7] = [
        "Caused by:",
        "Suppressed:",
        "During handling of the above exception",
        "The above exception was",
        "--- End of",
        "stack backtrace:",
        "created by ",
    ];
    LINKS.iter().any(|link| text.starts_with(link))
}

/// `shop.OrderException: no stock`, `ValueError: 7`, `KeyError`
fn is_exception(text: &str) -> bool {
    let name = text.split([':', ' ']).next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or(name);
    let kind = ["Exception", "Error", "Throwable", "Interrupt", "Exit", "Warning", "Failure"];
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.iter().any(|kind| last.ends_with(kind))
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(text: &str) -> Vec<String> {
        let mut joiner = Joiner::default();
        let mut records: Vec<String> =
            text.split('\n').filter_map(|line| joiner.push(line)).collect();
        records.extend(joiner.finish());
        records
    }

    #[test]
    fn a_java_trace_stays_with_its_record() {
        let text = "2024-01-31 12:30:11 ERROR no\nshop.OrderException: no stock\n\tat a.B.c(B.java:1)\n\
                    Caused by: java.io.IOException: gone\n\t... 3 more\n2024-01-31 12:30:12 INFO next";
        assert_eq!(joined(text).len(), 2);
    }

    #[test]
    fn a_python_traceback_stays_with_its_record() {
        let text = "2024-01-31 12:30:11 ERROR no\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n\
                    ValueError: 7\nlistening again";
        let records = joined(text);
        assert_eq!(records.len(), 2);
        assert!(records[0].ends_with("ValueError: 7"));
    }

    #[test]
    fn a_goroutine_dump_is_one_record() {
        let text = "started\npanic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:3 +0x1d\n\n\
                    goroutine 7 [select]:\nmain.run()\n\t/a.go:9 +0x1d\n2024-01-31 12:30:12 INFO next";
        let records = joined(text);
        assert_eq!(records.len(), 3);
        assert!(records[1].starts_with("panic") && records[1].ends_with("/a.go:9 +0x1d"));
    }

    #[test]
    fn lines_without_a_header_stand_alone_unless_all_records_have_one() {
        assert_eq!(joined("one\ntwo\nthree").len(), 3);
        let start = "2024-01-31 12:30:11 INFO a\n".repeat(3);
        assert_eq!(joined(&format!("{start}2024-01-31 12:30:11 INFO query\nselect 1")).len(), 4);
    }

    proptest! {
        #[test]
        fn no_text_is_lost(lines in prop::collection::vec("[ a-zA-Z:.(\t]{0,12}", 0..40)) {
            let text = lines.join("\n");
            let letters = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&joined(&text).concat()), letters(&text));
        }
    }
}
