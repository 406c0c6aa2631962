//! Log records.

use crate::model::Severity;
use crate::signal::edit::{Edit, Edited, Renamed, Treatment, rename_attributes};
use crate::signal::span::offset;
use crate::signal::{Interner, Symbol};

/// One record, as a connector hands it over.
#[derive(Clone, Copy, Default)]
pub struct LogRecord<'a> {
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Who logged it.
    pub service: &'a str,
    /// How bad it says it is.
    pub severity: Severity,
    /// The text, without header; lines of a stack trace included.
    pub message: &'a str,
    /// The trace it belongs to.
    pub trace: Option<&'a str>,
    /// The span it belongs to.
    pub span: Option<&'a str>,
    /// Further attributes, values as text.
    pub attributes: &'a [(&'a str, &'a str)],
}

/// Messages may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for LogRecord<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogRecord")
            .field("time", &self.time)
            .field("service", &self.service)
            .field("severity", &self.severity)
            .field("message_bytes", &self.message.len())
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone)]
struct Row {
    time: i64,
    service: Symbol,
    severity: Severity,
    message: (usize, usize),
    trace: Option<Symbol>,
    span: Option<Symbol>,
    attributes: (u32, u32),
}

/// Many records: messages in one arena, repeated texts interned.
#[derive(Clone, Default)]
pub struct LogFrame {
    texts: Interner,
    messages: String,
    rows: Vec<Row>,
    attributes: Vec<(Symbol, Symbol)>,
}

/// Messages may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for LogFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogFrame").field("records", &self.rows.len()).finish_non_exhaustive()
    }
}

impl LogFrame {
    /// Adds a record.
    pub fn push(&mut self, record: &LogRecord<'_>) {
        let first = offset(self.attributes.len());
        for (key, value) in record.attributes {
            let pair = (self.texts.intern(key), self.texts.intern(value));
            self.attributes.push(pair);
        }
        let start = self.messages.len();
        self.messages.push_str(record.message);
        self.rows.push(Row {
            time: record.time,
            service: self.texts.intern(record.service),
            severity: record.severity,
            message: (start, self.messages.len()),
            trace: record.trace.map(|id| self.texts.intern(id)),
            span: record.span.map(|id| self.texts.intern(id)),
            attributes: (first, offset(self.attributes.len())),
        });
    }

    /// Adds a line to the message of the record at this place.
    pub fn extend(&mut self, index: usize, line: &str) {
        let Some(row) = self.rows.get_mut(index) else { return };
        if row.message.1 != self.messages.len() {
            // Others came in between: the message moves to the end, where it can grow.
            let start = self.messages.len();
            self.messages.extend_from_within(row.message.0..row.message.1);
            row.message = (start, self.messages.len());
        }
        self.messages.push('\n');
        self.messages.push_str(line);
        row.message.1 = self.messages.len();
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes of memory the records take.
    pub(crate) fn held(&self) -> usize {
        self.messages.len()
            + self.rows.len() * size_of::<Row>()
            + self.attributes.len() * size_of::<(Symbol, Symbol)>()
            + self.texts.held()
    }

    /// Takes out the records from a place on.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        let mut rest = Self::default();
        for view in self.iter().skip(at) {
            let attributes: Vec<(&str, &str)> = view.attributes().collect();
            rest.push(&view.record(&attributes));
        }
        self.rows.truncate(at);
        rest
    }

    /// All records, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = LogView<'_>> {
        self.rows.iter().map(move |row| LogView { frame: self, row })
    }

    /// The texts behind the symbols of [`LogView`].
    #[must_use]
    pub fn texts(&self) -> &Interner {
        &self.texts
    }

    /// Adds all records of another frame, in its order.
    pub fn append(&mut self, other: &Self) {
        let symbols: Vec<Symbol> = other.texts.iter().map(|text| self.texts.intern(text)).collect();
        // Symbols are places in the interner that made them.
        let here = |symbol: Symbol| symbols.get(symbol.index()).copied().unwrap_or(symbol);
        let (moved, text) = (offset(self.attributes.len()), self.messages.len());
        self.attributes
            .extend(other.attributes.iter().map(|(key, value)| (here(*key), here(*value))));
        self.messages.push_str(&other.messages);
        self.rows.extend(other.rows.iter().map(|row| Row {
            service: here(row.service),
            message: (row.message.0 + text, row.message.1 + text),
            trace: row.trace.map(here),
            span: row.span.map(here),
            attributes: (
                row.attributes.0.saturating_add(moved),
                row.attributes.1.saturating_add(moved),
            ),
            ..*row
        }));
    }

    /// Gives attributes other names, where those are not in use.
    pub(crate) fn rename_attributes(
        &mut self,
        rename: &mut dyn FnMut(&str) -> Option<&'static str>,
    ) {
        rename_attributes(&mut self.texts, &mut self.attributes, rename);
    }

    /// Gives other names to those who logged.
    pub(crate) fn rename(&mut self, rename: &mut dyn FnMut(&str) -> Option<String>) {
        let mut renamed = Renamed::default();
        for row in &mut self.rows {
            row.service = renamed.of(&mut self.texts, row.service, rename);
        }
    }

    /// Changes messages and attributes; who logged, and traces, stay.
    pub(crate) fn edit(&mut self, edit: &mut dyn Edit) {
        let mut edited = Edited::default();
        for (name, value) in &mut self.attributes {
            let treatment = edited.treatment(&self.texts, *name, edit);
            *value = edited.text(&mut self.texts, *value, treatment, edit);
        }
        self.edit_messages(edit);
        let rows = self
            .rows
            .iter()
            .flat_map(|row| [Some(row.service), row.trace, row.span].into_iter().flatten());
        let pairs = self.attributes.iter().flat_map(|(name, value)| [*name, *value]);
        edited.forget(&mut self.texts, rows.chain(pairs));
    }

    /// Messages are copied from the first that changes on, so that nothing stays of what was there.
    fn edit_messages(&mut self, edit: &mut dyn Edit) {
        let mut changed: Option<String> = None;
        for at in 0..self.rows.len() {
            let Some(row) = self.rows.get(at) else { return };
            let message = self.messages.get(row.message.0..row.message.1).unwrap_or_default();
            let now = edit.text(message, Treatment::Look);
            if changed.is_none() && now.is_some() {
                let mut copy = String::with_capacity(self.messages.len());
                for row in self.rows.iter_mut().take(at) {
                    let start = copy.len();
                    let kept = self.messages.get(row.message.0..row.message.1);
                    copy.push_str(kept.unwrap_or_default());
                    row.message = (start, copy.len());
                }
                changed = Some(copy);
            }
            if let Some(copy) = &mut changed {
                let start = copy.len();
                copy.push_str(now.as_deref().unwrap_or(message));
                let end = copy.len();
                if let Some(row) = self.rows.get_mut(at) {
                    row.message = (start, end);
                }
            }
        }
        if let Some(copy) = changed {
            self.messages = copy;
        }
    }

    /// Orders by time, service, message, then the rest, so that the order of arrival does not matter.
    pub fn sort(&mut self) {
        let (texts, messages, attributes) = (&self.texts, &self.messages, &self.attributes);
        let id = |symbol: Option<Symbol>| symbol.map(|s| texts.text(s));
        let key = |row: &Row| {
            let message = messages.get(row.message.0..row.message.1).unwrap_or_default();
            (row.time, texts.text(row.service), message, row.severity, id(row.trace), id(row.span))
        };
        let rest = |row: &Row| texts.pairs(attributes, row.attributes);
        self.rows.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| rest(a).cmp(rest(b))));
    }
}

/// A record in a [`LogFrame`].
#[derive(Clone, Copy)]
pub struct LogView<'a> {
    frame: &'a LogFrame,
    row: &'a Row,
}

impl std::fmt::Debug for LogView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogView").field("time", &self.row.time).finish_non_exhaustive()
    }
}

impl<'a> LogView<'a> {
    /// Nanoseconds since 1970.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.row.time
    }

    /// Who logged it.
    #[must_use]
    pub fn service(&self) -> &'a str {
        self.frame.texts.text(self.row.service)
    }

    /// The record as it was handed over.
    fn record<'r>(self, attributes: &'r [(&'r str, &'r str)]) -> LogRecord<'r>
    where
        'a: 'r,
    {
        LogRecord {
            time: self.time(),
            service: self.service(),
            severity: self.severity(),
            message: self.message(),
            trace: self.trace(),
            span: self.span(),
            attributes,
        }
    }

    /// Who logged it, as a symbol.
    #[must_use]
    pub fn service_symbol(&self) -> Symbol {
        self.row.service
    }

    /// How bad it says it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.row.severity
    }

    /// The text.
    #[must_use]
    pub fn message(&self) -> &'a str {
        self.frame.messages.get(self.row.message.0..self.row.message.1).unwrap_or_default()
    }

    /// The trace it belongs to.
    #[must_use]
    pub fn trace(&self) -> Option<&'a str> {
        self.row.trace.map(|id| self.frame.texts.text(id))
    }

    /// The span it belongs to.
    #[must_use]
    pub fn span(&self) -> Option<&'a str> {
        self.row.span.map(|id| self.frame.texts.text(id))
    }

    /// Further attributes.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.frame.texts.pairs(&self.frame.attributes, self.row.attributes)
    }

    /// One attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_can_grow_also_when_others_came_in_between() {
        let mut frame = LogFrame::default();
        frame.push(&LogRecord { message: "one", ..LogRecord::default() });
        frame.extend(0, "more");
        frame.push(&LogRecord { message: "two", ..LogRecord::default() });
        frame.extend(0, "still");
        frame.extend(1, "2");
        frame.extend(9, "nobody's");
        let read: Vec<_> = frame.iter().map(|record| record.message()).collect();
        assert_eq!(read, ["one\nmore\nstill", "two\n2"]);
    }

    #[test]
    fn a_frame_comes_apart_between_records() {
        let mut frame = LogFrame::default();
        for (time, message) in [(1, "one"), (2, "two"), (3, "three")] {
            let attributes = &[("k", message)];
            frame.push(&LogRecord { time, message, attributes, ..LogRecord::default() });
        }
        frame.extend(1, "more");
        let mut rest = frame.split_off(1);
        rest.extend(1, "last");
        let texts = |frame: &LogFrame| -> Vec<String> {
            frame.iter().map(|r| format!("{} {:?}", r.message(), r.attribute("k"))).collect()
        };
        assert_eq!(texts(&frame), ["one Some(\"one\")"]);
        assert_eq!(texts(&rest), ["two\nmore Some(\"two\")", "three\nlast Some(\"three\")"]);
    }

    #[test]
    fn records_read_back_in_order_of_time() {
        let mut frame = LogFrame::default();
        frame.push(&LogRecord { time: 2, service: "b", message: "later", ..LogRecord::default() });
        frame.push(&LogRecord {
            time: 1,
            service: "a",
            message: "first",
            attributes: &[("k", "v")],
            ..LogRecord::default()
        });
        frame.sort();
        let read: Vec<_> = frame.iter().map(|r| (r.message(), r.attribute("k"))).collect();
        assert_eq!(read, [("first", Some("v")), ("later", None)]);
        assert!(!format!("{frame:?}").contains("first"));
    }
}
