//! Redaction of what was read, whole batches at a time: texts that repeat are looked at once.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::find::Kind;
use super::{Authors, Redacted, Redaction, count};
use crate::connectors::Batch;
use crate::connectors::attribute::FINGERPRINT;
use crate::connectors::git::attribute::{DROPPED, FIXES, PARENTS, PICKED_FROM, REVERTS};
use crate::error::Result;
use crate::model::{Event, Source, Title, attribute};
use crate::signal::{Edit, Telemetry, Treatment};

/// Attributes that are identities: hashes, paths, ids.
const IDENTITIES: &[&str] = &[
    attribute::COMMIT,
    attribute::FILES,
    attribute::FUNCTIONS,
    attribute::IDENTIFIERS,
    attribute::TRACE,
    PARENTS,
    REVERTS,
    FIXES,
    PICKED_FROM,
    DROPPED,
    FINGERPRINT,
    "span_id",
    "trace.id",
    "span.id",
];

/// Attributes of changes that hold who made them.
const PEOPLE: &[&str] = &[
    attribute::AUTHOR,
    attribute::ACTOR,
    "author",
    "author.name",
    "author.email",
    "committer",
    "committer.name",
    "committer.email",
    "user.email",
];

/// Ends of names behind which a secret stands, whatever it looks like.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "cookie",
];

impl Redaction {
    /// Blots out everything in a batch.
    pub(in crate::connectors) fn batch(&self, batch: &mut Batch) -> Redacted {
        let mut counts = self.events(&mut batch.events);
        for (rule, count) in self.telemetry(&mut batch.telemetry) {
            *counts.entry(rule).or_default() += count;
        }
        counts
    }

    /// Events without secrets in title, body, attributes, and what is kept beside them. Their ids stay: a retry is the
    /// same event with and without redaction.
    pub fn events(&self, events: &mut [Event]) -> Redacted {
        let mut counts = Redacted::new();
        if self.is_on() {
            for event in events {
                self.event(event, &mut counts);
            }
        }
        counts
    }

    fn event(&self, event: &mut Event, counts: &mut Redacted) {
        if let Some(title) = self.blot(event.title.as_str(), Kind::Prose, counts)
            && let Ok(title) = shortened(&title)
        {
            event.title = title;
        }
        if let Some(body) = self.blot(&event.body, Kind::Prose, counts) {
            event.body =
                crate::connectors::fields::cut_text(&body, Event::MAX_BODY_BYTES).to_owned();
        }
        // Elsewhere a person is a customer, not one of us.
        let ours = matches!(event.source, Source::Git | Source::Ci | Source::Deploy | Source::Flag);
        for (name, value) in &mut event.data {
            self.attribute(name, value, ours, counts);
        }
        for value in event.metadata.values_mut() {
            if let Some(blotted) = self.blot(value, Kind::Prose, counts) {
                *value = blotted;
            }
        }
        if let Some(id) = &event.source_id
            && self.blot(id, Kind::Code, &mut Redacted::new()).is_some()
        {
            // Still an identity, and the same one for the same id.
            event.source_id = Some(format!("redacted-{:016x}", xxh3_64(id.as_bytes())));
            count(counts, "source-id");
        }
    }

    fn attribute(&self, name: &str, value: &mut Value, ours: bool, counts: &mut Redacted) {
        if IDENTITIES.contains(&name) {
            return;
        }
        if ours && PEOPLE.contains(&name) {
            if let Value::String(person) = value
                && let Some(instead) = self.person(person, counts)
            {
                *value = Value::from(instead);
            }
            return;
        }
        let kind = if name == attribute::DIFF { Kind::Code } else { Kind::Prose };
        self.value(name, value, kind, counts);
    }

    fn value(&self, name: &str, value: &mut Value, kind: Kind, counts: &mut Redacted) {
        match value {
            Value::String(text) => {
                let instead = match kind {
                    Kind::Prose if self.hides(name) => hidden(text, counts),
                    _ => self.blot(text, kind, counts),
                };
                if let Some(instead) = instead {
                    *text = instead;
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.value(name, item, kind, counts);
                }
            }
            Value::Object(members) => {
                for (name, item) in members {
                    self.value(name, item, kind, counts);
                }
            }
            _ => {}
        }
    }

    fn person(&self, person: &str, counts: &mut Redacted) -> Option<String> {
        let pseudonym = "author-";
        match self.authors {
            Authors::Keep => None,
            _ if person.starts_with(pseudonym) || person.starts_with(super::MARK) => None,
            Authors::Pseudonym => {
                count(counts, "author");
                let hash = xxh3_64(person.trim().to_lowercase().as_bytes());
                Some(format!("{pseudonym}{:08x}", hash >> 32))
            }
            Authors::Redact => {
                count(counts, "author");
                Some("[redacted:author]".to_owned())
            }
        }
    }

    /// Messages, attributes, names of spans and labels of metrics without secrets. Connectors do this themselves;
    /// it is for telemetry that the host made. Texts that repeat are looked at, and count, once.
    pub fn telemetry(&self, telemetry: &mut Telemetry) -> Redacted {
        let mut counts = Redacted::new();
        if self.is_on() {
            let mut blotter = Blotter { redaction: self, counts: &mut counts };
            telemetry.logs.edit(&mut blotter);
            telemetry.spans.edit(&mut blotter);
            telemetry.metrics.rename(&mut |_, name| self.blot(name, Kind::Prose, &mut counts));
        }
        counts
    }

    fn hides(&self, name: &str) -> bool {
        if self.off.contains("password") {
            return false;
        }
        let folded: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        SECRET_NAMES.iter().any(|secret| folded.ends_with(secret))
    }
}

fn hidden(text: &str, counts: &mut Redacted) -> Option<String> {
    if text.trim().is_empty() || text.starts_with(super::MARK) {
        return None;
    }
    count(counts, "password");
    Some("[redacted:password]".to_owned())
}

/// Marks may be longer than what they stand for.
fn shortened(title: &str) -> Result<Title> {
    Title::new(title.chars().take(Title::MAX_CHARS).collect::<String>())
}

struct Blotter<'r> {
    redaction: &'r Redaction,
    counts: &'r mut Redacted,
}

impl Edit for Blotter<'_> {
    fn treatment(&mut self, name: &str) -> Treatment {
        if IDENTITIES.contains(&name) {
            Treatment::Leave
        } else if self.redaction.hides(name) {
            Treatment::Hide
        } else {
            Treatment::Look
        }
    }

    fn text(&mut self, text: &str, treatment: Treatment) -> Option<String> {
        match treatment {
            Treatment::Leave => None,
            Treatment::Look => self.redaction.blot(text, Kind::Prose, self.counts),
            Treatment::Hide => hidden(text, self.counts),
        }
    }
}
