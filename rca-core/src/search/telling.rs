//! Which investigations say what a text says.

use std::collections::BTreeMap;

use tantivy::Term;

use super::expr::{Expr, TextKind, TextMatch};
use super::index::Index;
use super::query::{Query, Total};
use super::tokenize::query_terms;
use super::{Hit, failed};
use crate::error::Result;
use crate::model::InvestigationId;

/// Words that are asked for, the most telling of a text: more cost time and tell little.
const MOST_WORDS: usize = 48;

impl Index {
    /// The words of a text that tell most among investigations: often in it, seldom elsewhere (tf-idf; Spärck
    /// Jones 1972). Most telling first.
    ///
    /// # Errors
    ///
    /// When the index can't be read.
    pub fn telling_words(&self, text: &str) -> Result<Vec<String>> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for term in query_terms(text).into_iter().filter(|term| term.chars().count() > 1) {
            *counts.entry(term).or_default() += 1;
        }
        let (snapshot, field) = self.investigation_texts();
        let all = snapshot.searcher.num_docs() as f64;
        let mut words = Vec::with_capacity(counts.len());
        for (word, count) in counts {
            let term = Term::from_field_text(field, &word);
            let holders = snapshot.searcher.doc_freq(&term).map_err(failed)? as f64;
            let rarity = (1.0 + (all - holders).max(0.0) / (holders + 1.0)).ln();
            words.push((count as f64 * rarity, word));
        }
        words.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        words.truncate(MOST_WORDS);
        Ok(words.into_iter().map(|(_, word)| word).collect())
    }

    /// Investigations that hold any of these words, best first by BM25.
    ///
    /// # Errors
    ///
    /// When the index can't be read.
    pub fn investigations_about(
        &self,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<Hit<InvestigationId>>> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let word = |text: &String| {
            Expr::Text(TextMatch { field: None, kind: TextKind::Word, text: text.clone() })
        };
        let query = Query::all().with(Expr::Any(words.iter().map(word).collect()));
        Ok(self.search_investigations(&query.with_limit(limit).with_total(Total::Skip))?.hits)
    }
}

/// The words that a text holds of these, in their order.
pub(crate) fn words_in<'w>(words: &'w [String], text: &str) -> Vec<&'w str> {
    let held: std::collections::BTreeSet<String> = query_terms(text).into_iter().collect();
    words.iter().filter(|word| held.contains(*word)).map(String::as_str).collect()
}
