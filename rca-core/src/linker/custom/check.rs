//! Reading and checking rules.

use std::collections::BTreeSet;

use chrono::Duration;
use serde::Deserialize;

use super::{CorrelationRule, Effect, Topology, is_known};
use crate::error::{Error, Place, Result};

/// Most rules of a set.
const MOST_RULES: usize = 100;
/// Longest time within which events are counted.
const LONGEST: Duration = Duration::days(30);
/// Most events that a rule may ask for.
const MOST_EVENTS: usize = 10_000;

/// A rule that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule:?}, field {field}: {reason}")]
pub struct RuleError {
    /// The rule's name; its number when it has none.
    pub rule: String,
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what is legal.
    pub reason: String,
}

impl From<RuleError> for Error {
    fn from(error: RuleError) -> Self {
        let input = Some(format!("rule {:?}, field {}", error.rule, error.field));
        Self::invalid(Place { input, ..Place::default() }, error.reason)
    }
}

/// Rules that were checked. Empty by default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CorrelationRules(Vec<Checked>);

/// A rule with its time in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Checked {
    pub(super) rule: CorrelationRule,
    pub(super) within: i64,
}

/// A file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<CorrelationRule>,
}

impl CorrelationRules {
    /// Checks rules.
    ///
    /// # Errors
    ///
    /// The first rule and field that can't be used.
    pub fn new(
        rules: impl IntoIterator<Item = CorrelationRule>,
    ) -> std::result::Result<Self, RuleError> {
        let mut names = BTreeSet::new();
        let mut checked = Vec::new();
        for (number, rule) in rules.into_iter().enumerate() {
            let name = if rule.name.trim().is_empty() {
                format!("#{}", number + 1)
            } else {
                rule.name.clone()
            };
            let wrong = |field, reason: String| RuleError { rule: name.clone(), field, reason };
            if number >= MOST_RULES {
                return Err(wrong("name", format!("at most {MOST_RULES} rules fit")));
            }
            let within = check(&rule).map_err(|(field, reason)| wrong(field, reason))?;
            if !names.insert(rule.name.clone()) {
                return Err(wrong("name", "another rule has this name".to_owned()));
            }
            checked.push(Checked { rule, within });
        }
        Ok(Self(checked))
    }

    /// Reads TOML: a list of tables `[[rule]]`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the line, or the rule and field, that is wrong.
    pub fn from_toml(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map(|before| before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1);
            Error::invalid(Place { line, ..Place::default() }, error.message())
        })?;
        Ok(Self::new(file.rule)?)
    }

    /// Reads JSON: an object with a list `rule`.
    ///
    /// # Errors
    ///
    /// As [`CorrelationRules::from_toml`].
    pub fn from_json(text: &str) -> Result<Self> {
        let file: File = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (Some(error.line() as u64), Some(error.column() as u64));
            Error::invalid(Place { line, column, ..Place::default() }, error.to_string())
        })?;
        Ok(Self::new(file.rule)?)
    }

    /// The rules, as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &CorrelationRule> {
        self.0.iter().map(|checked| &checked.rule)
    }

    /// What they are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|rule| rule.name.as_str())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of one effect, in order.
    #[must_use]
    pub fn of(&self, effect: Effect) -> Self {
        Self(self.0.iter().filter(|checked| checked.rule.effect == effect).cloned().collect())
    }

    pub(super) fn checked(&self) -> &[Checked] {
        &self.0
    }
}

/// The time in nanoseconds, or the field that is wrong and why.
fn check(rule: &CorrelationRule) -> std::result::Result<i64, (&'static str, String)> {
    if rule.name.trim().is_empty() {
        return Err(("name", "must not be blank".to_owned()));
    }
    if rule.when.is_empty() {
        return Err(("when", "names no condition: it would be about every event".to_owned()));
    }
    if let Some(source) = rule.when.source.as_deref().filter(|source| !is_known(source)) {
        // Sources of the user's own are legal; blanks and capitals never are.
        if source.trim().is_empty() || source.chars().any(|c| c.is_uppercase() || c.is_whitespace())
        {
            return Err((
                "when.source",
                format!("{source:?} is no source; they are in lower case"),
            ));
        }
    }
    if rule.when.title_contains.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(("when.title_contains", "must not be blank".to_owned()));
    }
    if rule.same.iter().any(|name| name.trim().is_empty()) {
        return Err(("same", "must not name a blank field".to_owned()));
    }
    if !(1..=MOST_EVENTS).contains(&rule.at_least) {
        return Err(("at_least", format!("must be 1 to {MOST_EVENTS}, not {}", rule.at_least)));
    }
    // False for NaN, which is what we want.
    if !(rule.confidence > 0.0 && rule.confidence <= 1.0) {
        return Err((
            "confidence",
            format!("must be above 0 and at most 1, not {}", rule.confidence),
        ));
    }
    if rule.effect == Effect::Incident && rule.topology != Topology::Any {
        let reason =
            "an incident is opened before there is an investigation to stand to: leave it out";
        return Err(("topology", reason.to_owned()));
    }
    let within = span(&rule.within).ok_or_else(|| {
        ("within", format!("{:?} is no time; write 90s, 15m, 2h or 1d", rule.within))
    })?;
    if within <= Duration::zero() || within > LONGEST {
        return Err(("within", format!("must be above 0 and at most {} days", LONGEST.num_days())));
    }
    within.num_nanoseconds().ok_or_else(|| ("within", "is too long".to_owned()))
}

fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    match unit {
        's' => Duration::try_seconds(number),
        'm' => Duration::try_minutes(number),
        'h' => Duration::try_hours(number),
        'd' => Duration::try_days(number),
        _ => None,
    }
}
