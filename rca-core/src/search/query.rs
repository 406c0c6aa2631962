//! What to search for, in which order, and how much of it.

use super::expr::{Compare, Expr, Filter, Pattern};
use super::hits::Cursor;
use super::parse::parse;
use crate::error::Result;
use crate::model::{InvestigationId, Severity, Source};
use crate::time::TimeRange;

/// The order of hits. Equal hits are ordered by id, newest first where the sort says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Best match first (BM25, Robertson and Zaragoza 2009), equal scores newest first. A query
    /// without text is sorted like [`Sort::Newest`].
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// Oldest first.
    Oldest,
}

/// Whether to count all hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Total {
    /// Count them exactly.
    #[default]
    Exact,
    /// Do not: pure full-text queries then skip what can't reach the page.
    Skip,
}

/// A search: a condition, the sort, and the page wanted. The default is everything, best first, 20.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(super) text: Option<Expr>,
    pub(super) filters: Vec<Expr>,
    pub(super) sort: Sort,
    pub(super) limit: usize,
    pub(super) after: Option<Cursor>,
    pub(super) total: Total,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: None,
            filters: Vec::new(),
            sort: Sort::default(),
            limit: 20,
            after: None,
            total: Total::default(),
        }
    }
}

impl Query {
    /// Most hits on a page.
    pub const MAX_LIMIT: usize = 10_000;

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// What a text in the query language asks for; a blank text asks for everything.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] with the column of what can't be read and a hint.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self { text: parse(text)?, ..Self::default() })
    }

    /// A condition more, beside all others.
    #[must_use]
    pub fn with(mut self, condition: Expr) -> Self {
        self.filters.push(condition);
        self
    }

    /// Only inside of this range.
    #[must_use]
    pub fn with_time(self, range: TimeRange) -> Self {
        self.with(Expr::Filter(Filter::After(range.start)))
            .with(Expr::Filter(Filter::Before(range.end)))
    }

    /// Only from this source.
    #[must_use]
    pub fn with_source(self, source: &Source) -> Self {
        self.with(Expr::Filter(Filter::Source(Pattern::exact(source.as_str()))))
    }

    /// Only of this type.
    #[must_use]
    pub fn with_type(self, event_type: impl Into<String>) -> Self {
        self.with(Expr::Filter(Filter::Type(Pattern::exact(event_type))))
    }

    /// Only this bad or worse.
    #[must_use]
    pub fn with_severity_at_least(self, severity: Severity) -> Self {
        self.with(Expr::Filter(Filter::Severity(Compare::AtLeast, severity)))
    }

    /// Only about the entity with this name.
    #[must_use]
    pub fn with_entity(self, name: impl Into<String>) -> Self {
        self.with(Expr::Filter(Filter::Entity(Pattern::exact(name))))
    }

    /// Only with this label.
    #[must_use]
    pub fn with_tag(self, tag: impl Into<String>) -> Self {
        self.with(Expr::Filter(Filter::Tag(Pattern::exact(tag))))
    }

    /// Only events linked to this investigation.
    #[must_use]
    pub fn with_investigation(self, id: InvestigationId) -> Self {
        self.with(Expr::Filter(Filter::Investigation(id)))
    }

    /// The order of hits.
    #[must_use]
    pub fn with_sort(mut self, sort: Sort) -> Self {
        self.sort = sort;
        self
    }

    /// Hits on a page, at most [`Self::MAX_LIMIT`].
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit.min(Self::MAX_LIMIT);
        self
    }

    /// The page that follows [`super::Hits::next`].
    #[must_use]
    pub fn with_after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// Whether to count all hits.
    #[must_use]
    pub fn with_total(mut self, total: Total) -> Self {
        self.total = total;
        self
    }

    /// All conditions as one; none when everything matches.
    #[must_use]
    pub fn condition(&self) -> Option<Expr> {
        let mut parts: Vec<Expr> = self.text.iter().chain(&self.filters).cloned().collect();
        match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Expr::All(parts)),
        }
    }
}

/// The condition in the query language.
impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.condition().map_or(Ok(()), |condition| condition.fmt(f))
    }
}
