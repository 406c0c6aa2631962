//! Conditions to tantivy queries: one that says what matches, without scores, and the parts that
//! score.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query as Tantivy, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::denied::Denied;
use super::expr::{Expr, Filter, TextField, TextKind, TextMatch};
use super::pattern::PatternQuery;
use super::schema::{Fields, halves, severity_rank};
use super::tokenize::{BODY_POSITION, is_short_hash, query_terms};
use crate::error::{Error, Place, Result};
use crate::model::Severity;
use crate::time::nanos;

/// What an index holds; some fields exist for one kind only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    Events,
    Investigations,
}

pub(super) struct Compiled {
    /// Decides what matches. Scores mean nothing.
    pub(super) matching: Box<dyn Tantivy>,
    /// Each adds its score where it matches.
    pub(super) scoring: Vec<Box<dyn Tantivy>>,
    /// The same as `matching` when it is nothing but an OR or AND of terms: tantivy then skips
    /// blocks of documents that can't reach the page (block-max WAND, Ding and Suel 2011).
    pub(super) pruning: Option<Box<dyn Tantivy>>,
}

pub(super) struct Compiler<'a> {
    pub(super) fields: &'a Fields,
    pub(super) records: Records,
}

impl Compiler<'_> {
    pub(super) fn compile(&self, condition: Option<&Expr>) -> Result<Compiled> {
        let Some(condition) = condition else {
            let matching = Box::new(AllQuery);
            return Ok(Compiled { matching, scoring: Vec::new(), pruning: None });
        };
        Ok(Compiled {
            matching: self.matching(condition)?,
            scoring: condition.texts().into_iter().map(|text| self.scoring(text)).collect(),
            pruning: self.pruning(condition),
        })
    }

    fn matching(&self, condition: &Expr) -> Result<Box<dyn Tantivy>> {
        match condition {
            Expr::Text(text) => Ok(self.text(text)),
            Expr::Filter(filter) => self.filter(filter),
            Expr::Not(_) => self.all(std::slice::from_ref(condition)),
            Expr::All(parts) => self.all(parts),
            Expr::Any(parts) => {
                let parts = parts.iter().map(|part| Ok((Occur::Should, self.matching(part)?)));
                Ok(Box::new(BooleanQuery::new(parts.collect::<Result<_>>()?)))
            }
        }
    }

    fn all(&self, parts: &[Expr]) -> Result<Box<dyn Tantivy>> {
        let mut clauses: Vec<(Occur, Box<dyn Tantivy>)> = Vec::new();
        let (mut after, mut before) = (Bound::Unbounded, Bound::Unbounded);
        let mut flat = Vec::new();
        flatten(parts, &mut flat);
        for part in flat {
            match part {
                // Several bounds become one range, which is read in one go.
                Expr::Filter(Filter::After(time)) => {
                    after = latest(after, nanos(*time));
                }
                Expr::Filter(Filter::Before(time)) => {
                    before = earliest(before, nanos(*time));
                }
                Expr::Not(inner) => {
                    clauses.push((Occur::MustNot, Box::new(Denied(self.matching(inner)?))));
                }
                part => clauses.push((Occur::Must, self.matching(part)?)),
            }
        }
        if (&after, &before) != (&Bound::Unbounded, &Bound::Unbounded) {
            clauses.push((Occur::Must, self.range(after, before)));
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    fn range(&self, after: Bound<i64>, before: Bound<i64>) -> Box<dyn Tantivy> {
        let empty = match (after, before) {
            (Bound::Included(first), Bound::Excluded(end)) => first >= end,
            (_, Bound::Excluded(end)) => end == i64::MIN,
            _ => false,
        };
        if empty {
            return Box::new(EmptyQuery);
        }
        let term = |bound: Bound<i64>| bound.map(|t| Term::from_field_i64(self.fields.time, t));
        Box::new(RangeQuery::new(term(after), term(before)))
    }

    fn text(&self, text: &TextMatch) -> Box<dyn Tantivy> {
        let mut terms = query_terms(&text.text);
        let Some(last) = terms.last() else { return Box::new(EmptyQuery) };
        let prefix = match text.kind {
            TextKind::Prefix => true,
            TextKind::Word => terms.len() == 1 && is_short_hash(last),
            TextKind::Phrase => false,
        };
        let title = 0..u32::try_from(BODY_POSITION).unwrap_or(u32::MAX);
        let within = text.field.map(|field| match field {
            TextField::Title => title,
            TextField::Body => title.end..u32::MAX,
        });
        if prefix || within.is_some() {
            let last = terms.pop().unwrap_or_default();
            let field = self.fields.text;
            return Box::new(PatternQuery { field, lead: terms, last, prefix, within });
        }
        self.words(terms)
    }

    fn words(&self, terms: Vec<String>) -> Box<dyn Tantivy> {
        let mut terms: Vec<Term> =
            terms.iter().map(|term| Term::from_field_text(self.fields.text, term)).collect();
        match terms.len() {
            1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::WithFreqs)),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }

    /// Beginnings score 1; words in one part of the text score like words anywhere.
    fn scoring(&self, text: &TextMatch) -> Box<dyn Tantivy> {
        let matching = self.text(text);
        match (text.field, text.kind) {
            (Some(_), TextKind::Word | TextKind::Phrase) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, self.words(query_terms(&text.text))),
                (Occur::Must, matching),
            ])),
            _ => matching,
        }
    }

    fn pruning(&self, condition: &Expr) -> Option<Box<dyn Tantivy>> {
        let (parts, occur) = match condition {
            Expr::Text(_) => (std::slice::from_ref(condition), Occur::Should),
            Expr::Any(parts) => (parts.as_slice(), Occur::Should),
            Expr::All(parts) => (parts.as_slice(), Occur::Must),
            _ => return None,
        };
        let clauses = parts.iter().map(|part| {
            let Expr::Text(text) = part else { return None };
            let query = self.text(text);
            query.is::<TermQuery>().then_some((occur, query))
        });
        Some(Box::new(BooleanQuery::new(clauses.collect::<Option<_>>()?)))
    }

    fn filter(&self, filter: &Filter) -> Result<Box<dyn Tantivy>> {
        let fields = self.fields;
        Ok(match filter {
            Filter::Source(name) => self.name(fields.source, name, "source", Records::Events)?,
            Filter::Type(name) => self.name(fields.kind, name, "type", Records::Events)?,
            Filter::Status(name) => {
                self.name(fields.kind, name, "status", Records::Investigations)?
            }
            Filter::Entity(name) => self.name(fields.entity, name, "entity", self.records)?,
            Filter::Tag(name) => self.name(fields.tag, name, "tag", self.records)?,
            Filter::Severity(compare, wanted) => {
                let holding = Severity::ALL.into_iter().filter(|s| compare.holds(*s, *wanted));
                let terms = holding.map(|s| {
                    let term = Term::from_field_u64(fields.severity, severity_rank(s));
                    (Occur::Should, exact(term))
                });
                Box::new(BooleanQuery::new(terms.collect()))
            }
            Filter::Investigation(id) => {
                self.only("investigation", Records::Events)?;
                exact(Term::from_field_bytes(fields.investigation, &id.to_bytes()))
            }
            Filter::Id(id) => by_id(fields, *id),
            Filter::After(time) => self.range(Bound::Included(nanos(*time)), Bound::Unbounded),
            Filter::Before(time) => self.range(Bound::Unbounded, Bound::Excluded(nanos(*time))),
        })
    }

    fn name(
        &self,
        field: Field,
        name: &super::Pattern,
        label: &str,
        records: Records,
    ) -> Result<Box<dyn Tantivy>> {
        self.only(label, records)?;
        let text: String = name.text.chars().flat_map(char::to_lowercase).collect();
        Ok(if name.prefix {
            let (lead, within) = (Vec::new(), None);
            Box::new(PatternQuery { field, lead, last: text, prefix: true, within })
        } else {
            exact(Term::from_field_text(field, &text))
        })
    }

    fn only(&self, label: &str, records: Records) -> Result<()> {
        if self.records == records {
            return Ok(());
        }
        let (have, lack) = match records {
            Records::Events => ("events", "investigations"),
            Records::Investigations => ("investigations", "events"),
        };
        Err(Error::invalid(
            Place::default(),
            format!("only {have} have '{label}:'; leave it out to search {lack}"),
        ))
    }
}

fn exact(term: Term) -> Box<dyn Tantivy> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// The record with an id: upper half by the dictionary, lower half by the column.
pub(super) fn by_id(fields: &Fields, id: [u8; 16]) -> Box<dyn Tantivy> {
    let (high, low) = halves(id);
    let low = Bound::Included(Term::from_field_u64(fields.id_low, low));
    Box::new(BooleanQuery::new(vec![
        (Occur::Must, exact(Term::from_field_u64(fields.id_high, high))),
        (Occur::Must, Box::new(RangeQuery::new(low.clone(), low))),
    ]))
}

fn flatten<'a>(parts: &'a [Expr], flat: &mut Vec<&'a Expr>) {
    for part in parts {
        match part {
            Expr::All(inner) => flatten(inner, flat),
            part => flat.push(part),
        }
    }
}

fn latest(bound: Bound<i64>, time: i64) -> Bound<i64> {
    match bound {
        Bound::Included(other) => Bound::Included(other.max(time)),
        _ => Bound::Included(time),
    }
}

fn earliest(bound: Bound<i64>, time: i64) -> Bound<i64> {
    match bound {
        Bound::Excluded(other) => Bound::Excluded(other.min(time)),
        _ => Bound::Excluded(time),
    }
}
