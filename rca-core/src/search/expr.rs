//! What a query says, as a tree; [`Expr`] prints as text that parses to the same tree.

use std::fmt::{self, Display as _};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::{EventId, InvestigationId, Severity};

/// A condition on records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// The text says something; such conditions rank.
    Text(TextMatch),
    /// A field has a value; such conditions narrow and never rank.
    Filter(Filter),
    /// All of these hold.
    All(Vec<Expr>),
    /// At least one of these holds.
    Any(Vec<Expr>),
    /// This does not hold.
    Not(Box<Expr>),
}

impl Expr {
    /// Whether it ranks: it holds a text condition that is not denied.
    #[must_use]
    pub fn ranks(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::Filter(_) | Self::Not(_) => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::ranks),
        }
    }

    /// The text conditions that are not denied, in order.
    pub(crate) fn texts(&self) -> Vec<&TextMatch> {
        match self {
            Self::Text(text) => vec![text],
            Self::Filter(_) | Self::Not(_) => Vec::new(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::texts).collect(),
        }
    }
}

/// Words to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMatch {
    /// Where to look; everywhere when none.
    pub field: Option<TextField>,
    /// How to compare.
    pub kind: TextKind,
    /// The words, as written.
    pub text: String,
}

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The title.
    Title,
    /// All but the title: body, entity, tags and textual attributes; for investigations their
    /// description, root cause, remediation, lessons, notes, people and tags.
    Body,
}

impl TextField {
    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Body => "body",
        }
    }
}

/// How words are compared. Case never matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// One word. An identifier of several parts (`db.pool.max`, `OutOfMemory`) finds its parts side
    /// by side. 7 to 15 hexadecimal digits, letters among them, also find longer hashes.
    Word,
    /// What begins like this (`time*`).
    Prefix,
    /// Words side by side (`"connection refused"`).
    Phrase,
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// `source:`, events only.
    Source(Pattern),
    /// `type:`, events only.
    Type(Pattern),
    /// `status:`, investigations only.
    Status(Pattern),
    /// `entity:` or `service:`; for investigations the affected service or component.
    Entity(Pattern),
    /// `tag:`.
    Tag(Pattern),
    /// `severity:`; for investigations the impact.
    Severity(Compare, Severity),
    /// `investigation:`, events only: linked to it.
    Investigation(InvestigationId),
    /// `id:`, the bytes of an event's or investigation's id.
    Id([u8; 16]),
    /// `before:`, this moment excluded.
    Before(DateTime<Utc>),
    /// `after:`, this moment included.
    After(DateTime<Utc>),
}

/// A name, or what names begin with. Case never matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The name or its beginning.
    pub text: String,
    /// Whether longer names match too.
    pub prefix: bool,
}

impl Pattern {
    /// Just this name.
    #[must_use]
    pub fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), prefix: false }
    }
}

/// A comparison of severities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `severity:high`
    Equal,
    /// `severity:<high`
    Less,
    /// `severity:<=high`
    AtMost,
    /// `severity:>high`
    More,
    /// `severity:>=high`
    AtLeast,
}

impl Compare {
    /// Whether `found` stands in this relation to `wanted`.
    #[must_use]
    pub fn holds<T: Ord>(self, found: T, wanted: T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::AtMost => found <= wanted,
            Self::More => found > wanted,
            Self::AtLeast => found >= wanted,
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        })
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Filter(filter) => filter.fmt(f),
            Self::All(parts) => joined(f, parts, " AND "),
            Self::Any(parts) => joined(f, parts, " OR "),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                operand(f, inner)
            }
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        operand(f, part)?;
    }
    Ok(())
}

fn operand(f: &mut fmt::Formatter<'_>, part: &Expr) -> fmt::Result {
    match part {
        Expr::All(_) | Expr::Any(_) => write!(f, "({part})"),
        _ => part.fmt(f),
    }
}

impl fmt::Display for TextMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{}:", field.name())?;
        }
        match self.kind {
            TextKind::Word => f.write_str(&self.text),
            TextKind::Prefix => write!(f, "{}*", self.text),
            TextKind::Phrase => quoted(f, &self.text),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: &DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        match self {
            Self::Source(name) => write!(f, "source:{name}"),
            Self::Type(name) => write!(f, "type:{name}"),
            Self::Status(name) => write!(f, "status:{name}"),
            Self::Entity(name) => write!(f, "entity:{name}"),
            Self::Tag(name) => write!(f, "tag:{name}"),
            Self::Severity(compare, level) => write!(f, "severity:{compare}{level}"),
            Self::Investigation(id) => write!(f, "investigation:{id}"),
            Self::Id(id) => write!(f, "id:{}", EventId::from_bytes(*id)),
            Self::Before(at) => write!(f, "before:{}", time(at)),
            Self::After(at) => write!(f, "after:{}", time(at)),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = !self.text.is_empty()
            && !self.text.contains(|c: char| c.is_whitespace() || "()\"*".contains(c));
        match (self.prefix, bare) {
            (false, false) => quoted(f, &self.text),
            (true, _) => write!(f, "{}*", self.text),
            (false, true) => f.write_str(&self.text),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
