//! Settings: one flat document with everything that can be set; what is absent keeps its default.

use chrono::{DateTime, Utc};
use rca_core::connectors::{Authors, Limits, Redaction};
use rca_core::linker::{CorrelationRules, LinkerOptions};
use rca_core::model::{DeadLetterCaps, Entity};
use rca_core::rank::Options;
use rca_core::{Configuration, Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

use crate::analytics::seconds;
use crate::{parsed, replays};

/// Everything that can be set; what is absent keeps its default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    line_bytes: Option<usize>,
    record_bytes: Option<usize>,
    body_bytes: Option<usize>,
    unpacked_bytes: Option<u64>,
    file_bytes: Option<u64>,
    gzip_ratio: Option<u64>,
    json_depth: Option<usize>,
    json_values: Option<usize>,
    xml_depth: Option<usize>,
    attributes: Option<usize>,
    described: Option<usize>,
    kept_bytes: Option<usize>,
    before: Option<DateTime<Utc>>,
    redact: Option<bool>,
    redact_without: Vec<String>,
    redact_patterns: BTreeMap<String, String>,
    redact_authors: Option<String>,
    suggest_from: Option<f64>,
    link_from: Option<f64>,
    weights: BTreeMap<String, f64>,
    max_causes: Option<usize>,
    code: BTreeMap<String, Vec<Entity>>,
    /// Rules of the user's own: TOML as text, or JSON.
    rules: Option<Value>,
    dead_letters: Caps,
}

/// Bounds of the dead-letter queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Caps {
    letters: Option<u64>,
    bytes: Option<u64>,
    letter_bytes: Option<u64>,
    age_seconds: Option<f64>,
}

fn read(text: &str) -> Result<Settings> {
    parsed("settings", text)
}

/// Bounds on what is read, and what is blotted out.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that are not known or contradict each other.
pub fn limits(text: &str) -> Result<Limits> {
    let settings = read(text)?;
    let mut limits = Limits { redaction: redaction(&settings)?, ..Limits::default() };
    let set = |bound: &mut usize, value: Option<usize>| *bound = value.unwrap_or(*bound);
    set(&mut limits.line_bytes, settings.line_bytes);
    set(&mut limits.record_bytes, settings.record_bytes);
    set(&mut limits.body_bytes, settings.body_bytes);
    set(&mut limits.json_depth, settings.json_depth);
    set(&mut limits.json_values, settings.json_values);
    set(&mut limits.xml_depth, settings.xml_depth);
    set(&mut limits.attributes, settings.attributes);
    set(&mut limits.described, settings.described);
    set(&mut limits.kept_bytes, settings.kept_bytes);
    let set = |bound: &mut u64, value: Option<u64>| *bound = value.unwrap_or(*bound);
    set(&mut limits.unpacked_bytes, settings.unpacked_bytes);
    set(&mut limits.file_bytes, settings.file_bytes);
    set(&mut limits.gzip_ratio, settings.gzip_ratio);
    limits.before = settings.before;
    Ok(limits)
}

fn redaction(settings: &Settings) -> Result<Redaction> {
    let mut redaction = match settings.redact {
        Some(false) => Redaction::off(),
        _ => Redaction::standard(),
    };
    for rule in &settings.redact_without {
        redaction = redaction.without(rule)?;
    }
    for (name, pattern) in &settings.redact_patterns {
        redaction = redaction.with_pattern(name, pattern)?;
    }
    if let Some(authors) = &settings.redact_authors {
        redaction = redaction.with_authors(match authors.as_str() {
            "keep" => Authors::Keep,
            "pseudonym" => Authors::Pseudonym,
            "redact" => Authors::Redact,
            other => {
                let reason = format!("{other:?} is none of keep, pseudonym, redact");
                return Err(Error::value("redact_authors", reason));
            }
        });
    }
    Ok(redaction)
}

/// How events are linked.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that are not known or contradict each other.
pub fn linker(text: &str) -> Result<LinkerOptions> {
    linker_from(LinkerOptions::default(), &read(text)?)
}

fn linker_from(plain: LinkerOptions, settings: &Settings) -> Result<LinkerOptions> {
    match (settings.suggest_from, settings.link_from) {
        (None, None) => Ok(plain),
        (Some(suggest), Some(link)) => {
            Ok(plain.with_thresholds(suggest.try_into()?, link.try_into()?))
        }
        _ => Err(Error::value("suggest_from", "give suggest_from and link_from together")),
    }
}

/// How causes are ranked.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that are not known or contradict each other.
pub fn options(text: &str) -> Result<Options> {
    options_from(Options::default(), read(text)?)
}

fn options_from(mut options: Options, settings: Settings) -> Result<Options> {
    for (name, value) in settings.weights {
        options.weights = options.weights.with(&name, value)?;
    }
    if let Some(most) = settings.max_causes {
        options.max_causes = most;
    }
    for (path, entities) in settings.code {
        for entity in entities {
            options.code = options.code.with(&path, entity);
        }
    }
    Ok(options)
}

/// Rules of the user's own.
///
/// # Errors
///
/// As [`replays::rules`].
pub fn rules(text: &str) -> Result<CorrelationRules> {
    replays::rules(&read(text)?.rules.unwrap_or_default())
}

/// Bounds of the dead-letter queue.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that are not known, and an age that is no length of time.
pub fn dead_letters(text: &str) -> Result<DeadLetterCaps> {
    let plain = DeadLetterCaps::default();
    let caps = read(text)?.dead_letters;
    Ok(DeadLetterCaps {
        letters: caps.letters.unwrap_or(plain.letters),
        bytes: caps.bytes.unwrap_or(plain.bytes),
        letter_bytes: caps.letter_bytes.unwrap_or(plain.letter_bytes),
        age: match caps.age_seconds {
            Some(long) => seconds("dead_letters.age_seconds", long)?,
            None => plain.age,
        },
    })
}

/// How to link and rank; what the settings leave out stays.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for settings that are not known or contradict each other.
pub fn configuration(plain: Configuration, text: &str) -> Result<Configuration> {
    let settings = read(text)?;
    Ok(Configuration {
        linker: linker_from(plain.linker, &settings)?,
        rules: match &settings.rules {
            Some(written) => replays::rules(written)?,
            None => plain.rules,
        },
        analysis: options_from(plain.analysis, settings)?,
    })
}
