//! What a search returns.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::query::Sort;
use super::snippet::{Highlighter, Snippet};
use crate::error::{Error, Place, Result};
use crate::model::EventId;

/// A page of hits; `I` is the kind of id.
#[derive(Debug, Clone, PartialEq)]
pub struct Hits<I = EventId> {
    /// How many match in all, exactly; none when the query said not to count.
    pub total: Option<u64>,
    /// The page.
    pub hits: Vec<Hit<I>>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}

/// One match.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<I = EventId> {
    /// Whose.
    pub id: I,
    /// How well it matches; 0 for queries without text and unless sorted by relevance.
    pub score: f32,
    /// The event's time; for investigations the time of detection.
    pub timestamp: DateTime<Utc>,
    /// The best place in the text, once [`Hits::highlight`] has run.
    pub snippet: Option<Snippet>,
}

impl<I> Hits<I> {
    /// Adds snippets. The index keeps no texts (they would double the disk), so they come from the
    /// store, in the order of the hits; hits without one get no snippet.
    pub fn highlight(
        &mut self,
        highlighter: &Highlighter,
        texts: impl IntoIterator<Item = Option<String>>,
    ) {
        let texts = texts.into_iter().chain(std::iter::repeat(None));
        for (hit, text) in self.hits.iter_mut().zip(texts) {
            hit.snippet = text.and_then(|text| highlighter.snippet(&text));
        }
    }
}

/// A place in the order of hits. Opaque; prints and parses, so that it can travel.
///
/// It names the last hit by its sort key, not a snapshot. While the index stays as it is, pages
/// neither repeat nor skip a hit. When it changes in between, pages by time still never repeat, and
/// skip nothing but new hits that sort before the cursor; pages by relevance may do both, because
/// new documents change the statistics behind all scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    pub(super) sort: Sort,
    pub(super) key: Key,
}

/// Where a hit stands in its order. Larger comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Score or time, mapped to integers that sort alike; reversed for oldest first.
    pub(super) rank: u64,
    /// The id, likewise reversed.
    pub(super) id: u128,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sort = match self.sort {
            Sort::Relevance => 'r',
            Sort::Newest => 'n',
            Sort::Oldest => 'o',
        };
        write!(f, "{sort}{:016x}{:032x}", self.key.rank, self.key.id)
    }
}

impl std::str::FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let sort = match text.get(..1)? {
                "r" => Sort::Relevance,
                "n" => Sort::Newest,
                "o" => Sort::Oldest,
                _ => return None,
            };
            let rank = u64::from_str_radix(text.get(1..17)?, 16).ok()?;
            let id = text.get(17..).filter(|id| id.len() == 32)?;
            Some(Self { sort, key: Key { rank, id: u128::from_str_radix(id, 16).ok()? } })
        };
        read().ok_or_else(|| {
            Error::invalid(Place::default(), "not a cursor; pass one back as a search returned it")
        })
    }
}

impl TryFrom<String> for Cursor {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}
