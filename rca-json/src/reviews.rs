//! Post-incident reviews from templates.

use std::collections::BTreeMap;

use rca_core::report::canvas::Canvas;
use rca_core::report::{Template, review as fill};
use rca_core::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::{json, misread, parsed};

/// A template of one's own. What it includes is given along with it; it reads no files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    text: String,
    #[serde(default)]
    parts: BTreeMap<String, String>,
    fuel: Option<u64>,
    max_output: Option<usize>,
}

/// A template: the name of one that is built in (a JSON string), or `{"name": "ours.md", "text": "...", "parts": {}}` with
/// `fuel` (steps) and `max_output` (bytes) where the usual bounds do not fit.
///
/// # Errors
///
/// As [`Template::built_in`] and [`Template::parse`].
pub fn template(wanted: &str) -> Result<Template> {
    match parsed::<Value>("template", wanted)? {
        Value::String(name) => Template::built_in(&name),
        written @ Value::Object(_) => {
            let written: Written =
                serde_json::from_value(written).map_err(|error| misread("template", &error, 0))?;
            let mut template = Template::parse(&written.name, &written.text)?;
            for (name, text) in &written.parts {
                template = template.with_part(name, text)?;
            }
            if let Some(steps) = written.fuel {
                template = template.with_fuel(steps);
            }
            if let Some(bytes) = written.max_output {
                template = template.with_max_output(bytes);
            }
            Ok(template)
        }
        _ => Err(Error::value("template", "is neither a name nor an object with name and text")),
    }
}

/// The names of the templates that are built in.
///
/// # Errors
///
/// None but bugs.
pub fn template_names() -> Result<String> {
    json(&Template::built_in_names().collect::<Vec<_>>())
}

/// A review: the template, filled with what the canvas knows.
///
/// # Errors
///
/// As [`template`] and [`rca_core::report::review()`].
pub fn review(canvas: &Canvas, wanted: &str) -> Result<String> {
    fill(&template(wanted)?, canvas)
}
