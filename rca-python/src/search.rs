//! Searching and counting.

use chrono::{DateTime, Duration, Utc};
use pyo3::prelude::*;
use rca_core::analytics::Facet;
use rca_core::model::{InvestigationId, Severity, Source};
use rca_core::search::{Compare, Expr, Filter, Hits, Query, Sort, Total};
use rca_core::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encode::{self, parsed};
use crate::events::misuse;
use crate::run::brief;
use crate::workspace::PyWorkspace;

/// A search as keyword arguments describe it.
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
            Some(other) => return Err(misuse("sort", other)),
        })
    }
}

fn page<I: ToString>(hits: Hits<I>) -> Value {
    let found: Vec<Value> = hits
        .hits
        .iter()
        .map(|hit| {
            json!({
                "id": hit.id.to_string(),
                "score": hit.score,
                "timestamp": hit.timestamp,
                "snippet": hit.snippet.as_ref().map(|snippet| json!({
                    "text": snippet.text,
                    // Python counts characters.
                    "highlights": snippet.highlights.iter().map(|range| {
                        let chars = |end: usize| snippet.text.get(..end).map_or(0, |t| t.chars().count());
                        [chars(range.start), chars(range.end)]
                    }).collect::<Vec<_>>(),
                })),
            })
        })
        .collect();
    json!({"total": hits.total, "hits": found, "next": hits.next.map(|next| next.to_string())})
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

#[pymethods]
impl PyWorkspace {
    fn search(&self, py: Python<'_>, wanted: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || {
            let query = parsed::<Wanted>("query", wanted)?.query()?;
            encode::json(&page(workspace.search(&query)?))
        })
    }

    fn search_investigations(&self, py: Python<'_>, wanted: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || {
            let query = parsed::<Wanted>("query", wanted)?.query()?;
            encode::json(&page(workspace.search_investigations(&query)?))
        })
    }

    fn counts(
        &self,
        py: Python<'_>,
        wanted: &str,
        by: Vec<String>,
        bucket: Option<Duration>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || {
            let query = parsed::<Wanted>("query", wanted)?.query()?;
            let facets = by.iter().map(|name| facet(name)).collect::<Result<Vec<Facet>>>()?;
            let counts = workspace.counts(&query, bucket, &facets)?;
            let groups: Vec<Value> = counts
                .groups
                .iter()
                .map(|group| {
                    json!({"bucket": group.bucket, "values": group.values, "count": group.count})
                })
                .collect();
            encode::json(&json!({"total": counts.total, "groups": groups}))
        })
    }
}
