//! Spans: timed operations that belong together in traces.

use crate::model::Entity;
use crate::signal::edit::{Edit, Edited, Renamed, Treatment, rename_attributes};
use crate::signal::{Interner, Symbol};

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SpanStatus {
    /// Not said.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Badly.
    Error,
}

/// One operation, as a connector hands it over.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span<'a> {
    /// The trace.
    pub trace: &'a str,
    /// Identity within the trace.
    pub id: &'a str,
    /// The span that called; none for a root.
    pub parent: Option<&'a str>,
    /// Who did the work.
    pub service: &'a str,
    /// The operation.
    pub name: &'a str,
    /// Nanoseconds since 1970.
    pub start: i64,
    /// Nanoseconds.
    pub duration: i64,
    /// How it ended.
    pub status: SpanStatus,
    /// Further attributes, values as text.
    pub attributes: &'a [(&'a str, &'a str)],
}

#[derive(Debug, Clone)]
struct Row {
    trace: Symbol,
    id: Symbol,
    parent: Option<Symbol>,
    service: Symbol,
    name: Symbol,
    start: i64,
    duration: i64,
    status: SpanStatus,
    attributes: (u32, u32),
}

/// Many spans, texts interned.
#[derive(Debug, Clone, Default)]
pub struct SpanFrame {
    texts: Interner,
    rows: Vec<Row>,
    attributes: Vec<(Symbol, Symbol)>,
}

impl SpanFrame {
    /// Adds a span.
    pub fn push(&mut self, span: &Span<'_>) {
        let first = offset(self.attributes.len());
        for (key, value) in span.attributes {
            let pair = (self.texts.intern(key), self.texts.intern(value));
            self.attributes.push(pair);
        }
        self.rows.push(Row {
            trace: self.texts.intern(span.trace),
            id: self.texts.intern(span.id),
            parent: span.parent.map(|parent| self.texts.intern(parent)),
            service: self.texts.intern(span.service),
            name: self.texts.intern(span.name),
            start: span.start,
            duration: span.duration.max(0),
            status: span.status,
            attributes: (first, offset(self.attributes.len())),
        });
    }

    /// About how many bytes of memory the spans take.
    pub(crate) fn held(&self) -> usize {
        self.rows.len() * size_of::<Row>()
            + self.attributes.len() * size_of::<(Symbol, Symbol)>()
            + self.texts.held()
    }

    /// The spans of some traces; texts that only others used are gone with those.
    pub(crate) fn of_traces(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let mut kept = Self::default();
        let mut known: Vec<Option<bool>> = vec![None; self.texts.len()];
        for row in &self.rows {
            let place = known.get_mut(row.trace.index());
            let wanted = || wanted(self.texts.text(row.trace));
            if !place.is_some_and(|known| *known.get_or_insert_with(wanted)) {
                continue;
            }
            let text = |symbol: Symbol| self.texts.text(symbol);
            let attributes: Vec<(&str, &str)> =
                self.texts.pairs(&self.attributes, row.attributes).collect();
            kept.push(&Span {
                trace: text(row.trace),
                id: text(row.id),
                parent: row.parent.map(text),
                service: text(row.service),
                name: text(row.name),
                start: row.start,
                duration: row.duration,
                status: row.status,
                attributes: &attributes,
            });
        }
        kept
    }

    /// Adds all spans of another frame, in its order.
    pub fn append(&mut self, other: &Self) {
        let symbols: Vec<Symbol> = other.texts.iter().map(|text| self.texts.intern(text)).collect();
        // Symbols are places in the interner that made them.
        let here = |symbol: Symbol| symbols.get(symbol.index()).copied().unwrap_or(symbol);
        let moved = offset(self.attributes.len());
        self.attributes
            .extend(other.attributes.iter().map(|(key, value)| (here(*key), here(*value))));
        self.rows.extend(other.rows.iter().map(|row| Row {
            trace: here(row.trace),
            id: here(row.id),
            parent: row.parent.map(here),
            service: here(row.service),
            name: here(row.name),
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

    /// Gives other names to those who worked, and to those whom spans name as `peer.service`.
    pub(crate) fn rename(&mut self, rename: &mut dyn FnMut(&str) -> Option<String>) {
        let mut renamed = Renamed::default();
        for row in &mut self.rows {
            row.service = renamed.of(&mut self.texts, row.service, rename);
        }
        let Some(peer) = self.texts.get("peer.service") else { return };
        for (_, value) in self.attributes.iter_mut().filter(|(name, _)| *name == peer) {
            *value = renamed.of(&mut self.texts, *value, rename);
        }
    }

    /// Changes names of operations and attributes; who worked, and traces, stay.
    pub(crate) fn edit(&mut self, edit: &mut dyn Edit) {
        let mut edited = Edited::default();
        for (name, value) in &mut self.attributes {
            let treatment = edited.treatment(&self.texts, *name, edit);
            *value = edited.text(&mut self.texts, *value, treatment, edit);
        }
        for row in &mut self.rows {
            row.name = edited.text(&mut self.texts, row.name, Treatment::Look, edit);
        }
        let rows = self.rows.iter().flat_map(|row| {
            let own = [row.trace, row.id, row.service, row.name];
            own.into_iter().chain(row.parent)
        });
        let pairs = self.attributes.iter().flat_map(|(name, value)| [*name, *value]);
        edited.forget(&mut self.texts, rows.chain(pairs));
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

    /// The span at a place in the order.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<SpanView<'_>> {
        self.rows.get(index).map(|row| SpanView { frame: self, row })
    }

    /// All spans, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SpanView<'_>> {
        self.rows.iter().map(move |row| SpanView { frame: self, row })
    }

    /// The texts behind the symbols of [`SpanView`].
    #[must_use]
    pub fn texts(&self) -> &Interner {
        &self.texts
    }

    /// Orders by trace, start, id, then the rest, so that the order of arrival does not matter.
    ///
    /// Symbols keep the order of arrival: compare texts, not symbols, where order shows.
    pub fn sort(&mut self) {
        let (texts, attributes) = (&self.texts, &self.attributes);
        let key = |row: &Row| {
            (
                texts.text(row.trace),
                row.start,
                texts.text(row.id),
                texts.text(row.name),
                row.duration,
            )
        };
        let rest = |row: &Row| {
            let parent = row.parent.map(|parent| texts.text(parent));
            (texts.text(row.service), row.status, parent)
        };
        let pairs = |row: &Row| texts.pairs(attributes, row.attributes);
        self.rows.sort_by(|a, b| {
            let by_key = key(a).cmp(&key(b));
            by_key.then_with(|| rest(a).cmp(&rest(b))).then_with(|| pairs(a).cmp(pairs(b)))
        });
    }
}

/// A span in a [`SpanFrame`].
#[derive(Debug, Clone, Copy)]
pub struct SpanView<'a> {
    frame: &'a SpanFrame,
    row: &'a Row,
}

impl<'a> SpanView<'a> {
    /// The trace.
    #[must_use]
    pub fn trace(&self) -> &'a str {
        self.frame.texts.text(self.row.trace)
    }

    /// The trace, as a symbol.
    #[must_use]
    pub fn trace_symbol(&self) -> Symbol {
        self.row.trace
    }

    /// Identity within the trace.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.frame.texts.text(self.row.id)
    }

    /// Identity within the trace, as a symbol.
    #[must_use]
    pub fn id_symbol(&self) -> Symbol {
        self.row.id
    }

    /// The span that called.
    #[must_use]
    pub fn parent(&self) -> Option<&'a str> {
        self.row.parent.map(|parent| self.frame.texts.text(parent))
    }

    /// The span that called, as a symbol.
    #[must_use]
    pub fn parent_symbol(&self) -> Option<Symbol> {
        self.row.parent
    }

    /// Who did the work.
    #[must_use]
    pub fn service(&self) -> &'a str {
        self.frame.texts.text(self.row.service)
    }

    /// Who did the work, as a symbol.
    #[must_use]
    pub fn service_symbol(&self) -> Symbol {
        self.row.service
    }

    /// Who did the work, as an entity.
    #[must_use]
    pub fn entity(&self) -> Entity {
        Entity::service(self.service())
    }

    /// The operation.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.frame.texts.text(self.row.name)
    }

    /// The operation, as a symbol.
    #[must_use]
    pub fn name_symbol(&self) -> Symbol {
        self.row.name
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn start(&self) -> i64 {
        self.row.start
    }

    /// Nanoseconds.
    #[must_use]
    pub fn duration(&self) -> i64 {
        self.row.duration
    }

    /// How it ended.
    #[must_use]
    pub fn status(&self) -> SpanStatus {
        self.row.status
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

pub(super) fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_undoes_the_order_of_arrival() {
        let spans = [
            Span { trace: "t2", id: "a", start: 5, name: "x", ..Span::default() },
            Span {
                trace: "t1",
                id: "b",
                start: 9,
                name: "y",
                attributes: &[("k", "v")],
                ..Span::default()
            },
            Span { trace: "t1", id: "a", start: 3, name: "z", ..Span::default() },
        ];
        let names = |order: [usize; 3]| {
            let mut frame = SpanFrame::default();
            order.iter().for_each(|&i| frame.push(&spans[i]));
            frame.sort();
            frame
                .iter()
                .map(|s| (s.name().to_owned(), s.attribute("k").map(str::to_owned)))
                .collect::<Vec<_>>()
        };
        assert_eq!(names([0, 1, 2]), names([2, 0, 1]));
        assert_eq!(names([0, 1, 2])[1], ("y".to_owned(), Some("v".to_owned())));
    }
}
