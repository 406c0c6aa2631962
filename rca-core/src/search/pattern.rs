//! A query of our own for what tantivy lacks: beginnings of words, and words in one part of the
//! text. Both are found by reading postings into a bit set, segment by segment.

use std::ops::Range;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocId, DocSet, InvertedIndexReader, Score, SegmentReader, TERMINATED, Term};

/// Terms side by side; the last may be the beginning of a term.
#[derive(Debug, Clone)]
pub(super) struct PatternQuery {
    pub(super) field: Field,
    /// Before the last.
    pub(super) lead: Vec<String>,
    pub(super) last: String,
    pub(super) prefix: bool,
    /// Positions the first term may have.
    pub(super) within: Option<Range<u32>>,
}

impl Query for PatternQuery {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for PatternQuery {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let docs = self.docs(segment)?;
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("matches the pattern", 1.0))
    }
}

impl PatternQuery {
    fn docs(&self, segment: &SegmentReader) -> tantivy::Result<BitSet> {
        let mut docs = BitSet::with_max_value(segment.max_doc());
        let index = segment.inverted_index(self.field)?;
        let positional = self.within.is_some() || !self.lead.is_empty();
        if !positional {
            self.each_last(&index, IndexRecordOption::Basic, |mut postings| {
                let mut doc = postings.doc();
                while doc != TERMINATED {
                    docs.insert(doc);
                    doc = postings.advance();
                }
            })?;
            return Ok(docs);
        }
        let leads = if self.lead.is_empty() { None } else { Some(self.lead_ends(&index)?) };
        let mut positions = Vec::new();
        self.each_last(
            &index,
            IndexRecordOption::WithFreqsAndPositions,
            |mut postings| match &leads {
                Some(leads) => follow(leads, &mut postings, &mut docs),
                None => {
                    let mut doc = postings.doc();
                    while doc != TERMINATED {
                        postings.positions(&mut positions);
                        if positions.iter().any(|p| self.may_begin_at(*p)) {
                            docs.insert(doc);
                        }
                        doc = postings.advance();
                    }
                }
            },
        )?;
        Ok(docs)
    }

    fn may_begin_at(&self, position: u32) -> bool {
        self.within.as_ref().is_none_or(|within| within.contains(&position))
    }

    /// Calls back with the postings of the last term, or of all that begin with it.
    fn each_last(
        &self,
        index: &InvertedIndexReader,
        option: IndexRecordOption,
        mut visit: impl FnMut(SegmentPostings),
    ) -> tantivy::Result<()> {
        if !self.prefix {
            if let Some(postings) = self.postings(index, &self.last, option)? {
                visit(postings);
            }
            return Ok(());
        }
        let mut range = index.terms().range().ge(self.last.as_bytes());
        let end = successor(self.last.as_bytes());
        if let Some(end) = &end {
            range = range.lt(end);
        }
        let mut terms = range.into_stream()?;
        while terms.advance() {
            visit(index.read_postings_from_terminfo(terms.value(), option)?);
        }
        Ok(())
    }

    fn postings(
        &self,
        index: &InvertedIndexReader,
        term: &str,
        option: IndexRecordOption,
    ) -> tantivy::Result<Option<SegmentPostings>> {
        Ok(index.read_postings(&Term::from_field_text(self.field, term), option)?)
    }

    /// Documents where the leading terms stand side by side, and the positions right after.
    fn lead_ends(&self, index: &InvertedIndexReader) -> tantivy::Result<Vec<(DocId, Vec<u32>)>> {
        let mut found: Option<Vec<(DocId, Vec<u32>)>> = None;
        for term in &self.lead {
            let option = IndexRecordOption::WithFreqsAndPositions;
            let Some(mut postings) = self.postings(index, term, option)? else {
                return Ok(Vec::new());
            };
            let mut positions = Vec::new();
            found = Some(match found {
                None => {
                    let mut first = Vec::new();
                    let mut doc = postings.doc();
                    while doc != TERMINATED {
                        postings.positions(&mut positions);
                        positions.retain(|p| self.may_begin_at(*p));
                        if !positions.is_empty() {
                            first.push((doc, positions.iter().map(|p| p + 1).collect()));
                        }
                        doc = postings.advance();
                    }
                    first
                }
                Some(before) => before
                    .into_iter()
                    .filter_map(|(doc, ends)| {
                        let ends = continued(&mut postings, doc, &ends, &mut positions);
                        (!ends.is_empty()).then_some((doc, ends))
                    })
                    .collect(),
            });
        }
        Ok(found.unwrap_or_default())
    }
}

/// Those of `ends` at which the postings' term stands in the document, each moved one on. Documents
/// must come in order.
fn continued(
    postings: &mut SegmentPostings,
    doc: DocId,
    ends: &[u32],
    positions: &mut Vec<u32>,
) -> Vec<u32> {
    if postings.doc() < doc {
        postings.seek(doc);
    }
    if postings.doc() != doc {
        return Vec::new();
    }
    postings.positions(positions);
    ends.iter().filter(|end| positions.binary_search(end).is_ok()).map(|end| end + 1).collect()
}

fn follow(leads: &[(DocId, Vec<u32>)], postings: &mut SegmentPostings, docs: &mut BitSet) {
    let mut positions = Vec::new();
    for (doc, ends) in leads {
        if !continued(postings, *doc, ends, &mut positions).is_empty() {
            docs.insert(*doc);
        }
    }
}

/// The smallest bytes after all that begin with `prefix`.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|b| *b != u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}
