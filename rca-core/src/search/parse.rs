//! The query language: a recursive descent over the characters of one line.
//!
//! ```text
//! query    = sequence { "OR" sequence }
//! sequence = conjunct conjunct ...            (see `sequence`)
//! conjunct = unary { "AND" unary }
//! unary    = [ "NOT" | "-" ] unary | "(" query ")" | field ":" value | phrase | word [ "*" ]
//! ```

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::expr::{Compare, Expr, Filter, Pattern, TextField, TextKind, TextMatch};
use super::tokenize::has_words;
use crate::error::{Error, Place, Result};
use crate::model::{EventId, InvestigationId, Severity};
use crate::time::checked_nanos;

/// Longest query, in characters.
pub const MAX_QUERY_CHARS: usize = 10_000;
/// How deep parentheses and negations may nest; guards the stack.
const MAX_DEPTH: usize = 100;
/// How deep the tree may be. Less than [`MAX_DEPTH`], so that what a tree prints as can be read.
const MAX_HEIGHT: usize = 40;

const FIELDS: &str = "title, body, source, type, severity, entity, service, tag, investigation, id, \
                      before, after, status";

/// Reads a query; `None` when it is blank.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] with the column of what can't be read and a hint.
pub fn parse(text: &str) -> Result<Option<Expr>> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_QUERY_CHARS {
        return Err(at(
            MAX_QUERY_CHARS,
            format!("the query has {} characters, at most {MAX_QUERY_CHARS} are read", chars.len()),
        ));
    }
    let mut parser = Parser { chars: &chars, at: 0 };
    parser.skip_space();
    if parser.peek().is_none() {
        return Ok(None);
    }
    let expr = parser.query(0)?;
    match parser.peek() {
        None if height(&expr) > MAX_HEIGHT => Err(too_deep(0)),
        None => Ok(Some(expr)),
        Some(_) => Err(at(parser.at, "this ')' closes nothing; remove it or quote the text")),
    }
}

fn at(index: usize, reason: impl Into<String>) -> Error {
    Error::invalid(Place::column(index as u64 + 1), reason)
}

fn too_deep(index: usize) -> Error {
    at(index, format!("conditions nest deeper than {MAX_HEIGHT} levels; simplify the query"))
}

fn height(expr: &Expr) -> usize {
    match expr {
        Expr::Text(_) | Expr::Filter(_) => 1,
        Expr::Not(inner) => 1 + height(inner),
        Expr::All(parts) | Expr::Any(parts) => 1 + parts.iter().map(height).max().unwrap_or(0),
    }
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes an upper-case operator that stands alone.
    fn keyword(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let here = self.chars.get(self.at..end).is_some_and(|c| c.iter().copied().eq(word.chars()));
        let alone = self.chars.get(end).is_none_or(|c| c.is_whitespace() || "()\"".contains(*c));
        if here && alone {
            self.at = end;
            self.skip_space();
        }
        here && alone
    }

    fn at_keyword(&mut self) -> bool {
        let before = self.at;
        let found = self.keyword("OR") || self.keyword("AND");
        self.at = before;
        found
    }

    fn query(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.sequence(depth)?];
        while self.keyword("OR") {
            parts.push(self.sequence(depth)?);
        }
        Ok(single_or(parts, Expr::Any))
    }

    /// Conditions side by side: texts are alternatives (more of them rank higher), filters and
    /// denials all hold.
    fn sequence(&mut self, depth: usize) -> Result<Expr> {
        let (mut texts, mut required) = (Vec::new(), Vec::new());
        loop {
            let part = self.conjunct(depth)?;
            if part.ranks() {
                texts.push(part)
            } else {
                required.push(part)
            }
            if matches!(self.peek(), None | Some(')')) || self.at_keyword() {
                break;
            }
        }
        if !texts.is_empty() {
            required.insert(0, single_or(texts, Expr::Any));
        }
        Ok(single_or(required, Expr::All))
    }

    fn conjunct(&mut self, depth: usize) -> Result<Expr> {
        let mut parts = vec![self.unary(depth)?];
        while self.keyword("AND") {
            parts.push(self.unary(depth)?);
        }
        Ok(single_or(parts, Expr::All))
    }

    fn unary(&mut self, depth: usize) -> Result<Expr> {
        let start = self.at;
        if depth > MAX_DEPTH {
            return Err(too_deep(start));
        }
        if self.keyword("NOT") {
            return Ok(Expr::Not(Box::new(self.unary(depth + 1)?)));
        }
        match self.peek() {
            None => Err(at(start, "the query ends here, but a condition should follow")),
            Some(')') => Err(at(start, "nothing stands before this ')'; quote text with brackets")),
            Some('(') => self.group(depth),
            Some('"') => {
                let text = self.quoted()?;
                self.text(start, None, TextKind::Phrase, text)
            }
            Some('-') => {
                self.at += 1;
                match self.peek() {
                    Some(c) if !c.is_whitespace() => {
                        Ok(Expr::Not(Box::new(self.unary(depth + 1)?)))
                    }
                    _ => Err(at(start, "'-' excludes what follows; put it right before a word")),
                }
            }
            Some(_) if self.at_keyword() => {
                Err(at(start, "a condition should stand on both sides; quote it to find the word"))
            }
            Some(_) => self.word_or_field(),
        }
    }

    fn group(&mut self, depth: usize) -> Result<Expr> {
        let start = self.at;
        self.at += 1;
        self.skip_space();
        let inner = self.query(depth + 1)?;
        if self.peek() != Some(')') {
            return Err(at(start, "this '(' is never closed; add ')' or quote the text"));
        }
        self.at += 1;
        self.skip_space();
        Ok(inner)
    }

    fn quoted(&mut self) -> Result<String> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(at(start, "this quote is never closed; add '\"'")),
                Some('"') => break,
                Some('\\') => {
                    self.at += 1;
                    text.extend(self.peek());
                }
                Some(c) => text.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        self.skip_space();
        Ok(text)
    }

    fn raw(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !"()\"".contains(c)) {
            self.at += 1;
        }
        let text = self.chars[start..self.at].iter().collect();
        self.skip_space();
        text
    }

    fn word_or_field(&mut self) -> Result<Expr> {
        let start = self.at;
        if let Some(name) = self.field_name() {
            return self.field(start, &name);
        }
        let word = self.raw();
        self.word(start, None, word)
    }

    /// `name:` when what follows can be a value; `http://`, `std::vec` and `10:15` are text.
    fn field_name(&mut self) -> Option<String> {
        let rest = &self.chars[self.at..];
        let length = rest.iter().position(|c| !c.is_ascii_alphabetic() && *c != '_')?;
        let value = rest.get(length + 1).copied();
        if length == 0 || rest[length] != ':' || matches!(value, Some('/' | ':')) {
            return None;
        }
        let name = rest[..length].iter().collect::<String>().to_ascii_lowercase();
        self.at += length + 1;
        Some(name)
    }

    fn field(&mut self, start: usize, name: &str) -> Result<Expr> {
        let value_at = self.at;
        let is_quoted = self.peek() == Some('"');
        let value = if is_quoted { self.quoted()? } else { self.raw() };
        if value.is_empty() && !is_quoted {
            return Err(at(value_at, format!("a value should follow '{name}:' without a space")));
        }
        let pattern = || pattern(value_at, &value, is_quoted);
        let filter = match name {
            "title" | "body" => {
                let field = Some(if name == "title" { TextField::Title } else { TextField::Body });
                return if is_quoted {
                    self.text(value_at, field, TextKind::Phrase, value)
                } else {
                    self.word(value_at, field, value)
                };
            }
            "source" => Filter::Source(pattern()?),
            "type" => Filter::Type(pattern()?),
            "status" => Filter::Status(pattern()?),
            "entity" | "service" => Filter::Entity(pattern()?),
            "tag" => Filter::Tag(pattern()?),
            "severity" => severity(value_at, &value)?,
            "investigation" => Filter::Investigation(
                value.parse::<InvestigationId>().map_err(|_| not_an_id(value_at))?,
            ),
            "id" => {
                Filter::Id(value.parse::<EventId>().map_err(|_| not_an_id(value_at))?.to_bytes())
            }
            "before" => Filter::Before(time(value_at, &value)?),
            "after" => Filter::After(time(value_at, &value)?),
            _ => {
                return Err(at(
                    start,
                    format!("there is no field '{name}'; use {FIELDS}, or quote the text"),
                ));
            }
        };
        Ok(Expr::Filter(filter))
    }

    fn word(&self, start: usize, field: Option<TextField>, word: String) -> Result<Expr> {
        match word.find('*') {
            None => self.text(start, field, TextKind::Word, word),
            Some(star) if star + 1 == word.len() => {
                let ends_in_word =
                    word[..star].chars().next_back().is_some_and(char::is_alphanumeric);
                if !ends_in_word {
                    return Err(at(start, "a letter or digit should stand right before '*'"));
                }
                self.text(start, field, TextKind::Prefix, word[..star].to_owned())
            }
            Some(_) => {
                Err(at(start, "'*' is understood only at the end of a word; quote it to find '*'"))
            }
        }
    }

    fn text(
        &self,
        start: usize,
        field: Option<TextField>,
        kind: TextKind,
        text: String,
    ) -> Result<Expr> {
        if !has_words(&text) {
            return Err(at(start, "no letter or digit to search for; leave it out"));
        }
        Ok(Expr::Text(TextMatch { field, kind, text }))
    }
}

fn single_or(mut parts: Vec<Expr>, make: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => make(parts),
    }
}

fn pattern(start: usize, value: &str, is_quoted: bool) -> Result<Pattern> {
    match value.strip_suffix('*').filter(|_| !is_quoted) {
        Some(rest) if !rest.is_empty() && !rest.contains('*') => {
            Ok(Pattern { text: rest.to_owned(), prefix: true })
        }
        None if is_quoted || !value.contains('*') => Ok(Pattern::exact(value)),
        _ => {
            Err(at(start, "'*' is understood only at the end of a name; quote a name that has one"))
        }
    }
}

fn severity(start: usize, value: &str) -> Result<Filter> {
    let signs = [
        (">=", Compare::AtLeast),
        ("<=", Compare::AtMost),
        (">", Compare::More),
        ("<", Compare::Less),
        ("", Compare::Equal),
    ];
    let (compare, name) = signs
        .into_iter()
        .find_map(|(sign, compare)| Some((compare, value.strip_prefix(sign)?)))
        .unwrap_or((Compare::Equal, value));
    let level: Severity = name.to_ascii_lowercase().parse().map_err(|_| {
        at(start, "use info, low, medium, high or critical, with <, <=, > or >= before it")
    })?;
    Ok(Filter::Severity(compare, level))
}

fn not_an_id(start: usize) -> Error {
    at(start, "not an id; ids look like 0190d5d0-0000-7000-8000-000000000000")
}

/// Dates and times of RFC 3339, shortened from the right as far as the day; UTC unless said.
fn time(start: usize, value: &str) -> Result<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(value)
        .map(|t| t.to_utc())
        .ok()
        .or_else(|| {
            let naive = value.strip_suffix('Z').unwrap_or(value);
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
                .into_iter()
                .find_map(|format| NaiveDateTime::parse_from_str(naive, format).ok())
                .map(|t| t.and_utc())
        })
        .or_else(|| {
            let day = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
            Some(day.and_time(chrono::NaiveTime::MIN).and_utc())
        });
    parsed.filter(|t| checked_nanos(*t).is_ok()).ok_or_else(|| {
        at(start, "not a time; use 2026-01-31, 2026-01-31T12:30 or 2026-01-31T12:30:00+02:00")
    })
}
