//! Redaction: secrets and personal data are blotted out of texts before anybody keeps them.
//!
//! On by default for everything that connectors read, and for events on their way into a workspace. A place shows as
//! `[redacted:token]`, and the [`InputReport`](super::InputReport) counts how many there were of each rule.
//!
//! | rule | what |
//! |---|---|
//! | `token` | tokens of GitHub, GitLab, AWS, Slack, Google, Stripe, npm, PyPI, SendGrid, Vault; JSON web tokens |
//! | `authorization` | credentials in `Authorization` headers, behind `Bearer` and `Basic` |
//! | `private-key` | blocks of PEM that hold private keys |
//! | `password` | values of `password`, `secret`, `token`, `api_key` and the like; passwords in addresses (`https://user:password@host`) |
//! | `email` | e-mail addresses |
//! | `card` | numbers of payment cards with the right check digit |
//!
//! Titles, bodies, attributes, log messages, names of spans and labels of metrics are looked at; names of entities,
//! hashes, ids of traces and paths are identities and stay. So do authors, whom nobody could ask otherwise, unless
//! [`Redaction::with_authors`] says else. Program text (diffs) is held to a stricter measure: there `token = next()` is
//! no secret, only a literal is.
//!
//! ```
//! use rca_core::connectors::Redaction;
//!
//! let redaction = Redaction::standard().with_pattern("customer", r"\bC-\d{6}\b")?;
//! let (text, counts) = redaction.text("C-123456: login with password=hunter2 failed");
//! assert_eq!(text, "[redacted:customer]: login with password=[redacted:password] failed");
//! assert_eq!(counts["password"], 1);
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! Rules know what issuers document and what people write; a secret that looks like any other word is not found. Do not
//! take this for permission to log them.

mod apply;
mod find;
#[cfg(test)]
mod tests;
mod tokens;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use crate::error::{Error, Result};
use find::{Kind, Span, Text};
use tokens::{SECRETS, TOKENS};

/// How often each rule found something.
pub type Redacted = BTreeMap<String, u64>;

/// The rules there are by default.
pub const RULES: [&str; 6] = ["token", "authorization", "private-key", "password", "email", "card"];

/// What becomes of authors of commits and people who changed flags: they are named in attributes of their own, not in
/// free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authors {
    /// They stay as they are: on call, one asks the author.
    #[default]
    Keep,
    /// Each gets a name that is always the same, such as `author-1f2e3d4c`. No secret: who knows the address can
    /// check it.
    Pseudonym,
    /// They are blotted out.
    Redact,
}

/// What is blotted out; see the table in [`connectors::redact`](self). Cheap to clone.
#[derive(Clone)]
pub struct Redaction {
    off: BTreeSet<&'static str>,
    authors: Authors,
    own: Arc<Vec<(String, Regex)>>,
}

impl Default for Redaction {
    fn default() -> Self {
        Self::standard()
    }
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let own: Vec<&str> = self.own.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Redaction")
            .field("off", &self.off)
            .field("authors", &self.authors)
            .field("own", &own)
            .finish()
    }
}

impl PartialEq for Redaction {
    fn eq(&self, other: &Self) -> bool {
        let own = |this: &Self| -> Vec<(String, String)> {
            this.own.iter().map(|(name, regex)| (name.clone(), regex.to_string())).collect()
        };
        self.off == other.off && self.authors == other.authors && own(self) == own(other)
    }
}

impl Eq for Redaction {}

impl Redaction {
    /// All rules of the table.
    #[must_use]
    pub fn standard() -> Self {
        Self { off: BTreeSet::new(), authors: Authors::Keep, own: Arc::default() }
    }

    /// Nothing is blotted out.
    #[must_use]
    pub fn off() -> Self {
        Self { off: RULES.into(), ..Self::standard() }
    }

    /// Without one of [`RULES`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no such rule.
    pub fn without(mut self, rule: &str) -> Result<Self> {
        let known = RULES.into_iter().find(|known| *known == rule).ok_or_else(|| {
            Error::value("rule", format!("no rule {rule:?}; there are {}", RULES.join(", ")))
        })?;
        self.off.insert(known);
        Ok(self)
    }

    /// With a rule of one's own: what the pattern (syntax of the crate `regex`) matches becomes `[redacted:NAME]`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a malformed pattern, one that matches nothing at all, or a
    /// name other than `a-z`, digits and hyphens.
    pub fn with_pattern(mut self, name: &str, pattern: &str) -> Result<Self> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 40 || !name.chars().all(legal) {
            return Err(Error::value(
                "rule",
                format!("{name:?} is not 1 to 40 of a-z, 0-9 and hyphens"),
            ));
        }
        let regex =
            Regex::new(pattern).map_err(|error| Error::value("pattern", error.to_string()))?;
        if regex.is_match("") {
            return Err(Error::value(
                "pattern",
                "matches the empty text: it would match everywhere",
            ));
        }
        Arc::make_mut(&mut self.own).push((name.to_owned(), regex));
        Ok(self)
    }

    /// What becomes of authors.
    #[must_use]
    pub fn with_authors(mut self, authors: Authors) -> Self {
        self.authors = authors;
        self
    }

    /// Whether anything is looked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.off.len() < RULES.len() || !self.own.is_empty() || self.authors != Authors::Keep
    }

    /// A text without what the rules find, and how often they did. What was blotted out once stays so: the mark
    /// itself is never found.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> (Cow<'t, str>, Redacted) {
        let mut counts = Redacted::new();
        let text = match self.blot(text, Kind::Prose, &mut counts) {
            Some(blotted) => Cow::Owned(blotted),
            None => Cow::Borrowed(text),
        };
        (text, counts)
    }

    /// The text without secrets; none where there are none, which is nearly always.
    fn blot(&self, text: &str, kind: Kind, counts: &mut Redacted) -> Option<String> {
        let mut blotted = None;
        if self.off.len() < RULES.len() {
            blotted = self.blot_known(text, kind, counts);
        }
        for (name, regex) in self.own.iter() {
            let now = blotted.as_deref().unwrap_or(text);
            let found: Vec<(Span, &str)> = regex
                .find_iter(now)
                .map(|found| (Span { start: found.start(), end: found.end() }, name.as_str()))
                .filter(|(span, _)| is_free(now, *span))
                .collect();
            if !found.is_empty() {
                blotted = Some(replaced(now, &found, counts));
            }
        }
        blotted
    }

    fn blot_known(&self, text: &str, kind: Kind, counts: &mut Redacted) -> Option<String> {
        let mut found: Vec<(Span, &str)> = Vec::new();
        let mut from = 0;
        for hit in beginnings().into_iter().flat_map(|all| all.find_overlapping_iter(text)) {
            let at = hit.start();
            if at < from {
                continue;
            }
            let looked = Text { text, from, kind };
            let Some(rule) = START.get(hit.pattern().as_usize()) else { continue };
            let (name, span) = match rule {
                Start::Token(token) => ("token", looked.token(at, token)),
                Start::Jwt => ("token", looked.jwt(at)),
                Start::Scheme(word) => ("authorization", looked.scheme(at, word)),
                Start::Authorization => ("authorization", looked.header(at)),
                Start::PrivateKey => ("private-key", looked.private_key(at)),
                Start::Address => ("password", looked.address(at)),
                Start::Name(name) => ("password", looked.named(at, name)),
                Start::At => ("email", looked.email(at)),
            };
            let Some(span) = span.filter(|span| {
                // With what gave it away: the name of a rule in a mark is none of a secret.
                let whole = Span { start: at.min(span.start), ..*span };
                !self.off.contains(name) && is_free(text, whole)
            }) else {
                continue;
            };
            from = span.end;
            found.push((span, name));
        }
        if !self.off.contains("card") {
            let before = found.len();
            find::cards(text, |span| {
                if is_free(text, span) {
                    found.push((span, "card"));
                }
            });
            if found.len() > before {
                found.sort_by_key(|(span, _)| span.start);
                let mut end = 0;
                found.retain(|(span, _)| {
                    let free = span.start >= end;
                    end = if free { span.end } else { end };
                    free
                });
            }
        }
        (!found.is_empty()).then(|| replaced(text, &found, counts))
    }
}

const MARK: &str = "[redacted:";

/// Whether nothing of it was blotted out before.
fn is_free(text: &str, span: Span) -> bool {
    let before = text.get(..span.end).unwrap_or(text);
    let Some(mark) = before.rfind(MARK) else { return true };
    let end = text.get(mark..).and_then(|rest| rest.find(']')).map_or(text.len(), |at| mark + at);
    end < span.start
}

fn replaced(text: &str, found: &[(Span, &str)], counts: &mut Redacted) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, name) in found {
        out.push_str(text.get(at..span.start).unwrap_or_default());
        out.push_str(MARK);
        out.push_str(name);
        out.push(']');
        count(counts, name);
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn count(counts: &mut Redacted, rule: &str) {
    match counts.get_mut(rule) {
        Some(count) => *count += 1,
        None => {
            counts.insert(rule.to_owned(), 1);
        }
    }
}

/// Where a closer look is worth it.
#[derive(Debug, Clone, Copy)]
enum Start {
    Token(tokens::Token),
    Jwt,
    Scheme(&'static str),
    Authorization,
    PrivateKey,
    Address,
    Name(&'static str),
    At,
}

static START: LazyLock<Vec<Start>> = LazyLock::new(|| {
    let others = [
        Start::Jwt,
        Start::Scheme("bearer"),
        Start::Scheme("basic"),
        Start::Authorization,
        Start::PrivateKey,
        Start::Address,
        Start::At,
    ];
    let tokens = TOKENS.iter().copied().map(Start::Token);
    tokens.chain(others).chain(SECRETS.iter().copied().map(Start::Name)).collect()
});

/// One automaton for all beginnings: a text is gone through once, whatever the number of rules.
fn beginnings() -> Option<&'static AhoCorasick> {
    static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let words = START.iter().map(|start| match start {
            Start::Token(token) => token.start,
            Start::Jwt => "eyJ",
            Start::Scheme(word) => word,
            Start::Authorization => "authorization",
            Start::PrivateKey => "PRIVATE KEY",
            Start::Address => "://",
            Start::Name(name) => name,
            Start::At => "@",
        });
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
        // Fails for millions of words only; a test holds that ours make one.
        builder.build(words).ok()
    });
    AUTOMATON.as_ref()
}
