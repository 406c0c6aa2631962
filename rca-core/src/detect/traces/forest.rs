//! Spans linked to their parents: own time, time to the callee, children.

use rustc_hash::FxHashMap;

use crate::signal::{SpanFrame, SpanView, Symbol};

/// Spans by place in their frame, linked.
#[derive(Debug, Default)]
pub(in crate::detect) struct Forest {
    /// The places of the children.
    children: Vec<Vec<usize>>,
    /// Whether the parent runs in the same service.
    inner: Vec<bool>,
}

impl Forest {
    /// Links spans by trace and parent id. A parent of another trace counts when its id is unique in
    /// the frame: some exporters mix up trace ids, and span ids are random.
    pub(in crate::detect) fn of(frame: &SpanFrame) -> Self {
        let mut by_id: FxHashMap<(Symbol, Symbol), usize> = FxHashMap::default();
        let mut anywhere: FxHashMap<Symbol, Option<usize>> = FxHashMap::default();
        let age = |at: &usize| frame.get(*at).map(|s| (s.start(), s.duration(), s.service()));
        for (at, span) in frame.iter().enumerate() {
            by_id
                .entry((span.trace_symbol(), span.id_symbol()))
                // Of two spans with one id the older is kept, whichever came first.
                .and_modify(|present| {
                    if age(&at) < age(present) {
                        *present = at;
                    }
                })
                .or_insert(at);
            anywhere.entry(span.id_symbol()).and_modify(|place| *place = None).or_insert(Some(at));
        }
        let mut children = vec![Vec::new(); frame.len()];
        let mut inner = vec![false; frame.len()];
        for (at, span) in frame.iter().enumerate() {
            let parent = span.parent_symbol().and_then(|parent| {
                let here = by_id.get(&(span.trace_symbol(), parent)).copied();
                here.or_else(|| anywhere.get(&parent).copied().flatten())
            });
            let Some(parent) = parent.filter(|p| *p != at) else { continue };
            if let Some(list) = children.get_mut(parent) {
                list.push(at);
            }
            if let (Some(inner), Some(above)) = (inner.get_mut(at), frame.get(parent)) {
                *inner = above.service_symbol() == span.service_symbol();
            }
        }
        Self { children, inner }
    }

    /// Duration without the union of the children's intervals.
    pub(in crate::detect) fn own_time(
        &self,
        frame: &SpanFrame,
        at: usize,
        span: &SpanView<'_>,
    ) -> i64 {
        let (start, end) = (span.start(), span.start().saturating_add(span.duration()));
        let mut busy: Vec<(i64, i64)> = self
            .children_of(at)
            .iter()
            .filter_map(|child| frame.get(*child))
            .map(|c| (c.start().max(start), c.start().saturating_add(c.duration()).min(end)))
            .filter(|(from, to)| from < to)
            .collect();
        busy.sort_unstable();
        let (mut covered, mut reached) = (0_i64, start);
        for (from, to) in busy {
            covered += to.max(reached) - from.max(reached);
            reached = reached.max(to);
        }
        span.duration() - covered
    }

    /// The server span behind a client span: the only child, in another service, of a span that is
    /// itself called within its service or says that it is a client. What such a span does not share
    /// with the child is network and queue, not work.
    pub(in crate::detect) fn answered_by<'a>(
        &self,
        frame: &'a SpanFrame,
        at: usize,
        span: &SpanView<'_>,
    ) -> Option<SpanView<'a>> {
        let [only] = self.children_of(at) else { return None };
        let child = frame.get(*only)?;
        let client = match span.attribute("span.kind") {
            Some(kind) => kind.eq_ignore_ascii_case("client"),
            None => self.inner.get(at).copied().unwrap_or(false),
        };
        (client && child.service_symbol() != span.service_symbol()).then_some(child)
    }

    /// For each span the top of its visit: the outermost span that runs in the same service without
    /// leaving it in between.
    pub(in crate::detect) fn visits(&self) -> Vec<usize> {
        let mut tops: Vec<usize> = (0..self.inner.len()).collect();
        let mut open: Vec<usize> = tops.clone();
        open.retain(|at| !self.inner.get(*at).copied().unwrap_or(false));
        while let Some(at) = open.pop() {
            let Some(&top) = tops.get(at) else { continue };
            for &child in self.children_of(at) {
                // Roots of visits are in the list already; spans that are their own ancestors are
                // never reached.
                if self.inner.get(child).copied().unwrap_or(false) {
                    if let Some(place) = tops.get_mut(child) {
                        *place = top;
                    }
                    open.push(child);
                }
            }
        }
        tops
    }

    pub(in crate::detect) fn children_of(&self, at: usize) -> &[usize] {
        self.children.get(at).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Span;

    fn span(
        id: &'static str,
        parent: Option<&'static str>,
        start: i64,
        duration: i64,
    ) -> Span<'static> {
        Span { trace: "t", id, parent, service: "s", name: "n", start, duration, ..Span::default() }
    }

    #[test]
    fn own_time_leaves_out_children_that_overlap_or_outlive_their_parent() {
        let mut frame = SpanFrame::default();
        frame.push(&span("a", None, 0, 100));
        frame.push(&span("b", Some("a"), 10, 30));
        frame.push(&span("c", Some("a"), 20, 30));
        frame.push(&span("d", Some("a"), 90, 500));
        frame.push(&span("e", Some("missing"), 0, 7));
        let forest = Forest::of(&frame);
        let own = |at: usize| forest.own_time(&frame, at, &frame.get(at).unwrap());
        assert_eq!((own(0), own(4)), (50, 7));
        assert_eq!(forest.children_of(0), [1, 2, 3]);
    }
}
