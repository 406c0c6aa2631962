//! Rules of the user's own, and what another configuration would make of the past.

use chrono::{DateTime, Utc};
use rca_core::linker::{CorrelationRules, RuleGroup, RuleReport};
use rca_core::model::Probability;
use rca_core::time::TimeRange;
use rca_core::{ReplayDiff, Result, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::settings::configuration;
use crate::{json, parsed};

/// Rules as they are written: TOML, an object `{"rule": [...]}`, or a list of rules.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] that names the line, or the rule and its field.
pub fn rules(written: &Value) -> Result<CorrelationRules> {
    match written {
        Value::Null => Ok(CorrelationRules::default()),
        Value::String(toml) => CorrelationRules::from_toml(toml),
        Value::Array(rules) => CorrelationRules::from_json(&json!({"rule": rules}).to_string()),
        other => CorrelationRules::from_json(&other.to_string()),
    }
}

/// Checks rules; gives them back as a list, every field said.
///
/// # Errors
///
/// As [`rules`].
pub fn check_rules(written: &str) -> Result<String> {
    let checked = match serde_json::from_str::<Value>(written) {
        Ok(written) if !written.is_string() => rules(&written)?,
        _ => CorrelationRules::from_toml(written)?,
    };
    json(&checked.iter().collect::<Vec<_>>())
}

fn report(report: &RuleReport) -> Value {
    json!({
        "rule": report.rule,
        "considered": report.considered,
        "without_field": report.without_field,
        "elsewhere": report.elsewhere,
        "too_few": report.too_few,
        "matched": report.matched,
        "examples": report.examples,
        "left_out": report.left_out,
        "in_words": report.in_words(),
    })
}

/// What each rule did since the workspace was opened.
///
/// # Errors
///
/// None but bugs.
pub fn rule_reports(workspace: &Workspace) -> Result<String> {
    json(&workspace.rule_reports().iter().map(report).collect::<Vec<_>>())
}

/// Which past, and what to try on it. What the settings leave out is as in the workspace.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    settings: Option<Value>,
}

/// What other settings would make of the investigations and events of a range. Nothing is written.
///
/// # Errors
///
/// As [`Workspace::replay`], and for settings that make no sense.
pub fn replay(workspace: &Workspace, wanted: &str) -> Result<String> {
    let wanted: Wanted = parsed("replay", wanted)?;
    let range = TimeRange::new(wanted.start, wanted.end)?;
    let settings = wanted.settings.map(|settings| settings.to_string()).unwrap_or_default();
    let configuration = configuration(workspace.configuration(), &settings)?;
    json(&replayed(&workspace.replay(range, &configuration)?))
}

fn replayed(diff: &ReplayDiff) -> Value {
    let cases: Vec<Value> = diff
        .cases
        .iter()
        .map(|case| {
            let links: Vec<Value> = case
                .links
                .iter()
                .map(|link| {
                    json!({
                        "event": link.event,
                        "before": link.before,
                        "after": link.after,
                        "is_added": link.is_added(),
                        "is_removed": link.is_removed(),
                    })
                })
                .collect();
            let ranking = case.ranking.as_ref().map(|ranking| {
                json!({
                    "verdict_before": ranking.verdict.0,
                    "verdict_after": ranking.verdict.1,
                    "before": causes(&ranking.before),
                    "after": causes(&ranking.after),
                    "other_first": ranking.other_first,
                })
            });
            json!({"investigation": case.investigation, "links": links, "ranking": ranking})
        })
        .collect();
    let met: Vec<Value> = diff
        .incidents
        .met
        .iter()
        .map(|(incident, id)| json!({"incident": group(incident), "investigation": id}))
        .collect();
    json!({
        "range": diff.range,
        "cases": cases,
        "unchanged": diff.unchanged,
        "incidents": {
            "opened": diff.incidents.opened.iter().map(group).collect::<Vec<_>>(),
            "met": met,
            "missed": diff.incidents.missed,
        },
        "rules": diff.rules.iter().map(report).collect::<Vec<_>>(),
    })
}

fn causes(ranked: &[(String, Probability)]) -> Vec<Value> {
    let one = |(title, probability): &(String, Probability)| json!({"title": title, "probability": probability});
    ranked.iter().map(one).collect()
}

fn group(group: &RuleGroup) -> Value {
    json!({
        "rule": group.rule,
        "same": group.same,
        "start": group.start,
        "end": group.end,
        "events": group.events,
    })
}
