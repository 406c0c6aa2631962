//! Why a change can't do harm.

use super::change::{Change, Row, function_name};
use super::rules::file_kind;
use super::{Harmless, HarmlessKind};
use crate::mechanism::words::words;
use crate::model::Confidence;

fn because(kind: HarmlessKind, strength: f64, why: &str) -> Harmless {
    Harmless { kind, strength: Confidence::saturating(strength), why: why.to_owned() }
}

/// The reason that covers all files, when there is one.
pub(super) fn judge(changes: &[Change]) -> Option<Harmless> {
    let mut worst: Option<Harmless> = None;
    for change in changes {
        let reason = of_file(change)?;
        if worst.as_ref().is_none_or(|known| reason.strength < known.strength) {
            worst = Some(reason);
        }
    }
    worst
}

/// By path only, for a change without a diff.
pub(super) fn by_paths(files: &[String]) -> Option<Harmless> {
    let kinds: Option<Vec<_>> = files.iter().map(|path| file_kind(path)).collect();
    let kind = *kinds?.first()?;
    Some(because(kind, 0.9, describe(kind)))
}

pub(super) fn describe(kind: HarmlessKind) -> &'static str {
    match kind {
        HarmlessKind::Documentation => "only comments and documentation change",
        HarmlessKind::Tests => "only tests and their data change",
        HarmlessKind::Formatting => "only white space and order change",
        HarmlessKind::Refactoring => "the same statements as before, moved or renamed",
        HarmlessKind::Observability => "only log texts, metrics and counters change",
        HarmlessKind::Appearance => "only styles and texts of the user interface change",
        HarmlessKind::Tooling => "only build, CI and editor settings change",
        HarmlessKind::Generated => "only generated files change",
        HarmlessKind::Hardening => "only checks, bounds and clean-up are added",
        HarmlessKind::PatchRelease => "only patch releases of dependencies",
    }
}

fn of_file(change: &Change) -> Option<Harmless> {
    if let Some(kind) = file_kind(&change.path) {
        return Some(because(kind, 0.97, describe(kind)));
    }
    let gone: Vec<&Row> = change.gone_rows().collect();
    let new: Vec<&Row> = change.new_rows().collect();
    let all = || gone.iter().chain(&new).copied();
    let declared: Vec<String> = new.iter().filter_map(|row| function_name(&row.code)).collect();
    let kind = if gone.is_empty() && new.is_empty() {
        let comments = change.blocks.iter().flat_map(|b| &b.rows).any(|row| {
            row.mark != super::parse::Mark::Context
                && row.code.is_empty()
                && !row.raw.trim().is_empty()
        });
        let moved = change.blocks.iter().flat_map(|b| &b.rows).any(|row| row.moved);
        let kind =
            if comments && !moved { HarmlessKind::Documentation } else { HarmlessKind::Formatting };
        return Some(because(kind, 0.95, describe(kind)));
    } else if all().all(imports) {
        HarmlessKind::Formatting
    } else if all().all(observes)
        && all().any(|row| {
            row.has_word(&[
                "log",
                "logger",
                "logging",
                "slog",
                "metrics",
                "prometheus",
                "counter",
                "span",
                "histogram",
                "gauge",
                "tracing",
                "statsd",
            ])
        })
    {
        HarmlessKind::Observability
    } else if gone.is_empty() && new.iter().all(|row| hardens(row) || trivial(row)) {
        HarmlessKind::Hardening
    } else if renamed(&gone, &new) || extracted(change, &gone, &new, &declared) {
        HarmlessKind::Refactoring
    } else {
        return None;
    };
    Some(because(kind, 0.85, describe(kind)))
}

fn trivial(row: &Row) -> bool {
    row.code.trim().chars().all(|c| !c.is_alphanumeric())
        || matches!(
            row.code.trim(),
            "return"
                | "return nil"
                | "continue"
                | "end"
                | "else {"
                | "} else {"
                | "else:"
                | "return nil, nil"
        )
}

fn imports(row: &Row) -> bool {
    let first = row.names().next().unwrap_or_default();
    trivial(row)
        || matches!(first, "import" | "from" | "use" | "using" | "#include" | "package" | "require")
        || row.code.trim().trim_end_matches(',').split_whitespace().count() == 1
            && row.code.trim().starts_with('"')
}

/// Log lines, metrics, counters, span attributes.
fn observes(row: &Row) -> bool {
    const WORDS: &[&str] = &[
        "log",
        "logger",
        "logging",
        "slog",
        "metrics",
        "metric",
        "prometheus",
        "counter",
        "histogram",
        "gauge",
        "span",
        "tracing",
        "tracer",
        "otel",
        "inc",
        "observe",
        "telemetry",
        "println",
        "setattributes",
        "statsd",
    ];
    let heard = row.names().any(|name| words(name).iter().any(|w| WORDS.contains(&w.as_str())));
    let bare = row.code.trim_start().starts_with('"');
    let named = row.names().next().is_some_and(|n| matches!(n, "Name" | "Help" | "Buckets"));
    trivial(row) || heard && !row.code.contains("level") || bare || named
}

/// Checks, bounds, clean-up, preallocation.
fn hardens(row: &Row) -> bool {
    let first = row.names().next().unwrap_or_default();
    let guard = first == "if" || first == "unless" || first == "guard";
    let leaves = matches!(first, "return" | "continue" | "break") && row.calls().is_empty();
    let cleans = matches!(first, "defer") || row.has(&[".close(", "finally", ".grow(", "reserve("]);
    let clamps = row.code.trim_start().starts_with("end =") || row.has(&["math.min", "min("]);
    guard || leaves || cleans || clamps
}

/// The same tokens but for names of locals, or statements that only moved into a helper.
fn renamed(gone: &[&Row], new: &[&Row]) -> bool {
    let shape = |rows: &[&Row]| {
        rows.iter()
            .filter(|row| !trivial(row) && function_name(&row.code).is_none())
            .flat_map(|row| {
                row.calls()
                    .into_iter()
                    .map(|call| call.rsplit('.').next().unwrap_or(call).to_owned())
            })
            .collect::<Vec<_>>()
    };
    let (mut a, mut b) = (shape(gone), shape(new));
    a.sort();
    b.sort();
    let literal = |rows: &[&Row]| {
        let mut found: Vec<String> = rows
            .iter()
            .flat_map(|row| {
                row.tokens.iter().filter_map(|token| match token {
                    super::token::Token::Number(text) | super::token::Token::Text(text) => {
                        Some(text.clone())
                    }
                    _ => None,
                })
            })
            .collect();
        found.sort();
        found
    };
    !gone.is_empty()
        && a == b
        && literal(gone) == literal(new)
        && gone.len().abs_diff(new.len()) <= 1
        && gone.len() < 20
        && signs(gone) == signs(new)
}

fn signs(rows: &[&Row]) -> Vec<String> {
    let mut found: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            row.tokens.iter().filter_map(|token| match token {
                super::token::Token::Sign(sign) => Some(sign.clone()),
                _ => None,
            })
        })
        .collect();
    found.sort();
    found
}

/// A helper was extracted: what is new only declares it and calls it, everything else has moved.
fn extracted(change: &Change, gone: &[&Row], new: &[&Row], declared: &[String]) -> bool {
    let moved = change.blocks.iter().flat_map(|block| &block.rows).any(|row| row.moved);
    let calls_it = |row: &Row| {
        let calls = row.calls();
        !calls.is_empty()
            && calls.iter().all(|call| {
                let last = call.rsplit('.').next().unwrap_or(call);
                declared.iter().any(|name| name == last)
            })
    };
    moved
        && !declared.is_empty()
        && gone.iter().all(|row| trivial(row))
        && new.iter().all(|row| trivial(row) || function_name(&row.code).is_some() || calls_it(row))
}
