//! What a negation excludes, read into a bit set first.
//!
//! Tantivy 0.27 asks excluded queries for documents they have already passed, which its phrases and
//! intersections do not allow (they assert, and answer wrongly without). A bit set can be asked for
//! anything.

use tantivy::query::{
    BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::{BitSet, DocId, DocSet, Score, SegmentReader, TERMINATED};

#[derive(Debug)]
pub(super) struct Denied(pub(super) Box<dyn Query>);

impl Clone for Denied {
    fn clone(&self) -> Self {
        Self(self.0.box_clone())
    }
}

impl Query for Denied {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(DeniedWeight(self.0.weight(scoring)?)))
    }
}

struct DeniedWeight(Box<dyn Weight>);

impl Weight for DeniedWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut docs = BitSet::with_max_value(segment.max_doc());
        let mut inner = self.0.scorer(segment, boost)?;
        let mut doc = inner.doc();
        while doc != TERMINATED {
            docs.insert(doc);
            doc = inner.advance();
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(docs), boost)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("matches what is denied", 1.0))
    }
}
