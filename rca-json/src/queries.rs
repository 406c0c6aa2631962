//! Searching and counting.

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::Facet;
use rca_core::model::{EventId, InvestigationId, Severity, Source};
use rca_core::search::{Compare, Cursor, Expr, Filter, Hits, Query, Snippet, Sort, Total};
use rca_core::{Error, Result, Workspace};
use serde::{Deserialize, Serialize};

use crate::analytics::counted;
use crate::events::Documents;
use crate::{json, parsed};

/// A search: words and conditions.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    text: String,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    source: Option<Source>,
    event_type: Option<String>,
    severity: Option<Severity>,
    entity: Option<String>,
    tag: Option<String>,
    investigation: Option<InvestigationId>,
    sort: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
    count: Option<bool>,
}

impl Wanted {
    fn query(self) -> Result<Query> {
        let mut query = Query::parse(&self.text)?;
        if let Some(start) = self.start {
            query = query.with(Expr::Filter(Filter::After(start)));
        }
        if let Some(end) = self.end {
            query = query.with(Expr::Filter(Filter::Before(end)));
        }
        if let Some(source) = &self.source {
            query = query.with_source(source);
        }
        if let Some(name) = self.event_type {
            query = query.with_type(name);
        }
        if let Some(severity) = self.severity {
            query = query.with(Expr::Filter(Filter::Severity(Compare::AtLeast, severity)));
        }
        if let Some(name) = self.entity {
            query = query.with_entity(name);
        }
        if let Some(tag) = self.tag {
            query = query.with_tag(tag);
        }
        if let Some(id) = self.investigation {
            query = query.with_investigation(id);
        }
        if let Some(limit) = self.limit {
            query = query.with_limit(limit);
        }
        if let Some(after) = self.after {
            query = query.with_after(after.parse()?);
        }
        if self.count == Some(false) {
            query = query.with_total(Total::Skip);
        }
        Ok(match self.sort.as_deref() {
            None | Some("relevance") => query,
            Some("newest") => query.with_sort(Sort::Newest),
            Some("oldest") => query.with_sort(Sort::Oldest),
            Some(other) => {
                let reason = format!("{other:?} is none of relevance, newest, oldest");
                return Err(Error::value("sort", reason));
            }
        })
    }
}

/// The query of a document.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for words or conditions that make no query.
pub fn query(wanted: &str) -> Result<Query> {
    parsed::<Wanted>("query", wanted)?.query()
}

/// Where a language counts the ends of what is highlighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offsets {
    /// In bytes of UTF-8.
    Bytes,
    /// In characters.
    Characters,
}

/// A page that was found. Its JSON is made for who asks: a search costs what searching costs.
#[derive(Debug)]
pub enum Page {
    /// Of events.
    Events(Hits<EventId>),
    /// Of investigations.
    Investigations(Hits<InvestigationId>),
}

impl Page {
    /// The page as JSON.
    ///
    /// # Errors
    ///
    /// [`rca_core::ErrorKind::Internal`] only: a page is always JSON.
    pub fn json(&self, offsets: Offsets) -> Result<String> {
        match self {
            Self::Events(hits) => document(hits, offsets),
            Self::Investigations(hits) => document(hits, offsets),
        }
    }
}

/// Written as it stands, without a tree of values in between.
#[derive(Serialize)]
struct Document<'a, I> {
    total: Option<u64>,
    hits: Vec<Found<'a, I>>,
    next: Option<Cursor>,
}

#[derive(Serialize)]
struct Found<'a, I> {
    id: &'a I,
    score: f32,
    timestamp: DateTime<Utc>,
    snippet: Option<Piece<'a>>,
}

#[derive(Serialize)]
struct Piece<'a> {
    text: &'a str,
    highlights: Vec<[usize; 2]>,
}

fn piece(snippet: &Snippet, offsets: Offsets) -> Piece<'_> {
    let place = |end: usize| match offsets {
        Offsets::Bytes => end,
        Offsets::Characters => snippet.text.get(..end).map_or(0, |text| text.chars().count()),
    };
    let highlights =
        snippet.highlights.iter().map(|range| [place(range.start), place(range.end)]).collect();
    Piece { text: &snippet.text, highlights }
}

fn document<I: Serialize>(hits: &Hits<I>, offsets: Offsets) -> Result<String> {
    let found = hits.hits.iter().map(|hit| Found {
        id: &hit.id,
        score: hit.score,
        timestamp: hit.timestamp,
        snippet: hit.snippet.as_ref().map(|snippet| piece(snippet, offsets)),
    });
    json(&Document { total: hits.total, hits: found.collect(), next: hits.next })
}

/// A page of events that match.
///
/// # Errors
///
/// As [`query`] and [`Workspace::search`].
pub fn search(workspace: &Workspace, wanted: &str) -> Result<Page> {
    workspace.search(&query(wanted)?).map(Page::Events)
}

/// A page of investigations that match.
///
/// # Errors
///
/// As [`query`] and [`Workspace::search_investigations`].
pub fn search_investigations(workspace: &Workspace, wanted: &str) -> Result<Page> {
    workspace.search_investigations(&query(wanted)?).map(Page::Investigations)
}

/// Every event that matches, page after page (of the query's limit); what is removed in between is left out.
///
/// # Errors
///
/// As [`search`].
pub fn search_all(workspace: &Workspace, wanted: &str) -> Result<Documents> {
    let query = query(wanted)?.with_total(Total::Skip);
    let mut pages = Pages { workspace: workspace.clone(), query: Some(query), known: Vec::new() };
    pages.fetch()?;
    Ok(Box::new(pages))
}

/// Hits that were fetched and not yet handed out, last first.
struct Pages {
    workspace: Workspace,
    query: Option<Query>,
    known: Vec<rca_core::model::Event>,
}

impl Pages {
    fn fetch(&mut self) -> Result<()> {
        while self.known.is_empty()
            && let Some(query) = self.query.take()
        {
            let hits = self.workspace.search(&query)?;
            let ids: Vec<EventId> = hits.hits.iter().map(|hit| hit.id).collect();
            self.query = hits.next.map(|next| query.with_after(next));
            self.known = self.workspace.events_by_id(&ids)?.into_iter().flatten().collect();
            self.known.reverse();
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.fetch() {
            return Some(Err(error));
        }
        self.known.pop().map(|event| json(&event))
    }
}

fn facet(name: &str) -> Result<Facet> {
    Ok(match name {
        "source" => Facet::Source,
        "type" => Facet::Type,
        "entity" => Facet::Entity,
        "severity" => Facet::Severity,
        other => {
            let reason = format!("{other:?} is none of source, type, entity, severity");
            return Err(Error::value("by", reason));
        }
    })
}

/// Exact counts of the events that match, by facets and by time.
///
/// # Errors
///
/// As [`query`] and [`Workspace::counts`].
pub fn counts(
    workspace: &Workspace,
    wanted: &str,
    by: &[impl AsRef<str>],
    bucket: Option<Duration>,
) -> Result<String> {
    let facets = by.iter().map(|name| facet(name.as_ref())).collect::<Result<Vec<Facet>>>()?;
    let counts = workspace.counts(&query(wanted)?, bucket, &facets)?;
    json(&counted(&counts))
}
