//! Rules of the user's own: which events belong together, and with what.
//!
//! ```
//! use rca_core::linker::CorrelationRules;
//!
//! let rules = CorrelationRules::from_toml(r#"
//!     [[rule]]
//!     name = "card provider gives up"
//!     when = { source = "logs", severity_at_least = "high", title_contains = "card" }
//!     same = ["entity"]
//!     within = "10m"
//!     at_least = 3
//!     topology = "called_by_case"
//!     confidence = 0.8
//! "#)?;
//! assert_eq!(rules.names().collect::<Vec<_>>(), ["card provider gives up"]);
//!
//! let error = CorrelationRules::from_toml("[[rule]]\nname = 'x'\nwithin = 'soon'\nwhen = { source = 'ci' }").unwrap_err();
//! assert!(error.to_string().contains("rule \"x\", field within"), "{error}");
//! # Ok::<(), rca_core::Error>(())
//! ```
//!
//! An event matches a rule when it fulfils the conditions, stands to the investigation as the rule says, and at least so
//! many such events with the same fields lie within the time (the event count of the Sigma specification's correlation
//! rules). A rule of effect `link` is one more reason for a link, as sure as it says; one of effect `incident` says that
//! an incident should have been opened, which [`Workspace::replay`](crate::Workspace::replay) tells.

mod check;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use check::{CorrelationRules, RuleError};
pub use run::{RuleFindings, RuleGroup, RuleReport, RuleRun};

use crate::model::{Event, Severity, Source};

/// One rule, as it is written; [`CorrelationRules`] checks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationRule {
    /// What it is called; no two share a name.
    pub name: String,
    /// Which events it is about.
    #[serde(default)]
    pub when: Conditions,
    /// Fields that the events have in common: `entity`, `source`, `type`, `severity`, `title`, or the name of an
    /// attribute. An event without one of them is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<String>,
    /// How near to each other they lie: `90s`, `15m`, `2h`, `1d`.
    pub within: String,
    /// How many there are at least.
    #[serde(default = "one")]
    pub at_least: usize,
    /// How they stand to what the investigation is about.
    #[serde(default)]
    pub topology: Topology,
    /// What follows.
    #[serde(default)]
    pub effect: Effect,
    /// How sure the rule alone is, above 0 and at most 1.
    #[serde(default = "sure")]
    pub confidence: f64,
    /// Said with the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

fn one() -> usize {
    1
}

fn sure() -> f64 {
    0.8
}

/// What an event has to be. All that is given holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Its source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// It is at least so severe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_at_least: Option<Severity>,
    /// Its entity's name; `*` stands for any letters. Case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Its title holds this. Case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_contains: Option<String>,
    /// It has this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Its attributes have these values, as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// How events stand to what an investigation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Topology {
    /// However.
    #[default]
    Any,
    /// On an entity that the investigation names.
    SameEntity,
    /// On an entity that calls one of those.
    CallsCase,
    /// On an entity that one of those calls.
    CalledByCase,
    /// On a host (`host.name`) of one of those.
    SameHost,
}

/// What follows when a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// The events belong to the investigation.
    #[default]
    Link,
    /// The events together are an incident.
    Incident,
}

impl Conditions {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an event fulfils them.
    #[must_use]
    pub fn hold(&self, event: &Event) -> bool {
        let named = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        named(&self.source, event.source().as_str())
            && named(&self.event_type, event.event_type())
            && self.severity_at_least.is_none_or(|least| event.severity() >= least)
            && self.entity.as_ref().is_none_or(|pattern| {
                event.entity().is_some_and(|entity| {
                    fits(&pattern.to_lowercase(), &entity.name.to_lowercase())
                })
            })
            && self
                .title_contains
                .as_ref()
                .is_none_or(|text| event.title().to_lowercase().contains(&text.to_lowercase()))
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| event.tags().iter().any(|own| own.as_str() == tag))
            && self.attributes.iter().all(|(name, value)| text(event, name).as_ref() == Some(value))
    }
}

/// An attribute as text: numbers and truths too.
fn text(event: &Event, name: &str) -> Option<String> {
    match event.data().get(name)? {
        serde_json::Value::String(text) => Some(text.clone()),
        value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)) => {
            Some(value.to_string())
        }
        _ => None,
    }
}

/// The value of a field that events have in common.
fn field(event: &Event, name: &str) -> Option<String> {
    match name {
        "entity" => event.entity().map(|entity| entity.name.to_lowercase()),
        "source" => Some(event.source().as_str().to_owned()),
        "type" => Some(event.event_type().to_owned()),
        "severity" => Some(event.severity().as_str().to_owned()),
        "title" => Some(event.title().to_owned()),
        attribute => text(event, attribute),
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters. Takes time in proportion to both lengths.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A source by its name, so that a misspelt one of ours can be told.
fn is_known(source: &str) -> bool {
    !matches!(Source::from(source), Source::Other(_))
}
