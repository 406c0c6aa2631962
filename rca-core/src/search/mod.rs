//! Full-text search over events and investigations: a projection of the store that can be thrown
//! away and built again.
//!
//! ```
//! use rca_core::model::{Event, Source};
//! use rca_core::search::{Index, IndexOp, Options, Query, Write};
//! use rca_core::time::{Clock, SystemClock};
//!
//! let index = Index::in_memory(Options::default())?;
//! let event = Event::builder(SystemClock.now(), Source::Deploy, "deploy", "checkout-service v2")
//!     .with_source_id("deploy-7")
//!     .build()?;
//! index.apply(&[IndexOp::PutEvent { event: &event, investigations: &[], write: Write::New }], 1)?;
//! index.refresh()?;
//! let hits = index.search(&Query::parse("checkout source:deploy")?)?;
//! assert_eq!(hits.hits[0].id, event.id());
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! The query language: words are alternatives and rank (`timeout pool`), `"phrases"`, beginnings
//! (`time*`), `AND`, `OR`, `NOT` or `-`, parentheses, and fields: `title:`, `body:`, `source:`,
//! `type:`, `severity:>=high`, `entity:` (or `service:`), `tag:`, `investigation:`, `id:`,
//! `before:`, `after:`, `status:`. Fields other than `title:` and `body:` narrow without ranking.
//! `AND` binds tighter than a space, a space tighter than `OR`.
//!
//! Answers do not depend on the order of arrival: hits are ordered by score or time, then by id.
//! One thing may move with the segments of the index: BM25 counts words of replaced and deleted
//! records until their segment is merged, so scores can differ slightly before and after.
//!
//! What it does not do: keep texts (snippets take them from the store), stem, correct spelling.

mod columns;
mod compile;
mod denied;
mod expr;
mod hits;
mod index;
mod page;
mod parse;
mod pattern;
mod projection;
mod query;
mod schema;
mod snippet;
mod telling;
#[cfg(test)]
mod tests;
mod tokenize;

pub(crate) use columns::{Columns, Facet};
pub(crate) use compile::Records;
pub use expr::{Compare, Expr, Filter, Pattern, TextField, TextKind, TextMatch};
pub use hits::{Cursor, Hit, Hits};
pub use index::{Index, IndexOp, Opened, Options, Write};
pub(crate) use page::Scan;
pub use parse::{MAX_QUERY_CHARS, parse};
pub use query::{Query, Sort, Total};
pub use snippet::{Highlighter, Snippet};
pub(crate) use telling::words_in;

use crate::error::Error;

/// Tantivy's errors stay inside.
fn failed(error: tantivy::TantivyError) -> Error {
    Error::Search(Box::new(error))
}

/// The longest beginning of a text with at most this many bytes.
fn shortened(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
