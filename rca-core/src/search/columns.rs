//! The columns of one segment, opened once for each snapshot.

use std::sync::Arc;

use tantivy::columnar::{ColumnValues, StrColumn};
use tantivy::{DocId, SegmentReader};

use super::{failed, schema::column};
use crate::error::Result;

/// A column with one of few names for each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Facet {
    Source,
    Kind,
    Entity,
}

pub(crate) struct Columns {
    id_high: Arc<dyn ColumnValues<u64>>,
    id_low: Arc<dyn ColumnValues<u64>>,
    time: Arc<dyn ColumnValues<i64>>,
    severity: Arc<dyn ColumnValues<u64>>,
    facets: [Option<Names>; 3],
}

/// A dictionary and each record's place in it.
struct Names {
    dictionary: StrColumn,
    ords: Arc<dyn ColumnValues<u64>>,
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").finish_non_exhaustive()
    }
}

impl Columns {
    pub(super) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let fast = segment.fast_fields();
        let names = |name: &str| -> tantivy::Result<Option<Names>> {
            Ok(fast.str(name)?.map(|dictionary| {
                let ords = dictionary.ords().clone().first_or_default_col(u64::MAX);
                Names { dictionary, ords }
            }))
        };
        Ok(Self {
            id_high: fast.column_first_or_default(column::ID_HIGH)?,
            id_low: fast.column_first_or_default(column::ID_LOW)?,
            time: fast.column_first_or_default(column::TIME)?,
            severity: fast.column_first_or_default(column::SEVERITY)?,
            facets: [names(column::SOURCE)?, names(column::KIND)?, names(column::ENTITY)?],
        })
    }

    pub(super) fn id(&self, doc: DocId) -> u128 {
        (u128::from(self.id_high.get_val(doc)) << 64) | u128::from(self.id_low.get_val(doc))
    }

    pub(super) fn time(&self, doc: DocId) -> i64 {
        self.time.get_val(doc)
    }

    /// The earliest and the latest time.
    pub(crate) fn time_bounds(&self) -> (i64, i64) {
        (self.time.min_value(), self.time.max_value())
    }

    /// Times of some documents, in nanoseconds.
    pub(crate) fn times(&self, docs: &[DocId], out: &mut Vec<i64>) {
        out.resize(docs.len(), 0);
        self.time.get_vals(docs, out);
    }

    /// Ranks of severities of some documents.
    pub(crate) fn severities(&self, docs: &[DocId], out: &mut Vec<u64>) {
        out.resize(docs.len(), 0);
        self.severity.get_vals(docs, out);
    }

    /// Places of some documents' names in the segment's dictionary; larger than any for none.
    pub(crate) fn ords(&self, facet: Facet, docs: &[DocId], out: &mut Vec<u64>) {
        out.clear();
        out.resize(docs.len(), u64::MAX);
        if let Some(names) = &self.facets[facet as usize] {
            names.ords.get_vals(docs, out);
        }
    }

    /// How many names the dictionary has.
    pub(crate) fn names(&self, facet: Facet) -> usize {
        self.facets[facet as usize].as_ref().map_or(0, |names| names.dictionary.num_terms())
    }

    /// A name from its place; empty for none.
    pub(crate) fn name(&self, facet: Facet, ord: u64) -> Result<String> {
        let mut name = String::new();
        if let Some(names) = &self.facets[facet as usize]
            && ord < names.dictionary.num_terms() as u64
        {
            names.dictionary.ord_to_str(ord, &mut name).map_err(|e| failed(e.into()))?;
        }
        Ok(name)
    }
}
