//! Why a change can't do harm.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Row, function_name};
use super::rules::file_kind;
use super::token::Token;
use super::{Harmless, HarmlessKind};
use crate::mechanism::words::words;
use crate::model::Confidence;

fn because(kind: HarmlessKind, strength: f64, why: &str) -> Harmless {
    Harmless { kind, strength: Confidence::saturating(strength), why: why.to_owned() }
}

/// The reason that covers all files, when there is one.
pub(super) fn judge(changes: &[Change]) -> Option<Harmless> {
    if same_values(changes) {
        let kind = HarmlessKind::Refactoring;
        return Some(because(kind, 0.85, "the same values, from the configuration now"));
    }
    let mut worst: Option<Harmless> = None;
    for change in changes {
        let reason = of_file(change)?;
        if worst.as_ref().is_none_or(|known| reason.strength < known.strength) {
            worst = Some(reason);
        }
    }
    worst
}

/// Whether the same code and the same values only stand in another place.
pub(super) fn only_moved(changes: &[Change]) -> bool {
    let read = |change: &&Change| file_kind(&change.path).is_none();
    same_values(changes)
        || changes.iter().any(|change| read(&change)) && changes.iter().filter(read).all(moved)
}

fn moved(change: &Change) -> bool {
    let gone: Vec<&Row> = change.gone_rows().collect();
    let new: Vec<&Row> = change.new_rows().collect();
    let declared: Vec<String> = new.iter().filter_map(|row| function_name(&row.code)).collect();
    extracted(change, &gone, &new, &declared) || same_work(&gone, &new, &declared)
}

/// By path only, for a change without a diff.
pub(super) fn by_paths(files: &[&str]) -> Option<Harmless> {
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
        // A check that refuses what used to pass protects, but not everybody.
        if new.iter().any(|row| refuses(row)) {
            return Some(because(HarmlessKind::Hardening, 0.4, describe(HarmlessKind::Hardening)));
        }
        HarmlessKind::Hardening
    } else if renamed(change, &declared) || moved(change) {
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

/// Whether a row answers with an error.
pub(super) fn refuses(row: &Row) -> bool {
    const REFUSALS: &[&str] = &[
        "err",
        "error",
        "errors",
        "invalid",
        "throw",
        "raise",
        "reject",
        "exception",
        "forbidden",
        "unauthorized",
        "abort",
        "bail",
    ];
    row.names().any(|name| {
        name != "err" && words(name).iter().any(|word| REFUSALS.contains(&word.as_str()))
    }) && !row.names().any(|name| matches!(name, "catch" | "except" | "recover"))
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

/// Only names of locals differ: rows pair up token by token, each old name becomes one new name, and the new
/// name is declared here. A member of something else (`time.Second`) or a field is not ours to rename.
fn renamed(change: &Change, declared: &[String]) -> bool {
    if change.language.is_config() {
        return false;
    }
    let mut to: BTreeMap<String, String> = BTreeMap::new();
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    for block in &change.blocks {
        let touched =
            block.rows.iter().filter(|row| (row.is_gone() || row.is_new()) && !trivial(row));
        if touched.count() != 2 * block.edits().filter(|(old, _)| !trivial(old)).count() {
            return false;
        }
        for (old, new) in block.edits() {
            if old.tokens.len() != new.tokens.len() {
                return false;
            }
            for (a, b) in old.tokens.iter().zip(&new.tokens).filter(|(a, b)| a != b) {
                let (Token::Name(a), Token::Name(b)) = (a, b) else { return false };
                let (old_head, old_rest) = a.split_once('.').unwrap_or((a.as_str(), ""));
                let (new_head, new_rest) = b.split_once('.').unwrap_or((b.as_str(), ""));
                let there = to.entry(old_head.to_owned()).or_insert_with(|| new_head.to_owned());
                let back = from.entry(new_head.to_owned()).or_insert_with(|| old_head.to_owned());
                if old_rest != new_rest || there != new_head || back != old_head {
                    return false;
                }
            }
        }
    }
    !from.is_empty() && from.keys().all(|name| declared.contains(name) || declares(change, name))
}

/// Whether new code gives this name to a local.
fn declares(change: &Change, name: &str) -> bool {
    const WORDS: &[&str] = &["let", "var", "const", "val", "for", "mut"];
    change.new_rows().any(|row| {
        row.tokens.windows(2).any(|pair| match pair {
            [Token::Name(own), sign] if own == name => {
                sign.is(":=") || sign.is("=") || sign.is(",") && row.code.contains(":=")
            }
            [Token::Name(word), Token::Name(own)] => own == name && WORDS.contains(&word.as_str()),
            _ => false,
        })
    })
}

/// Code was put into a function of its own and says the same: the calls, conditions and values that went are those
/// that came, but for the new function, its parameters and the calls of it.
fn same_work(gone: &[&Row], new: &[&Row], declared: &[String]) -> bool {
    const STEERS: &[&str] = &[
        "if",
        "else",
        "unless",
        "for",
        "foreach",
        "while",
        "loop",
        "match",
        "switch",
        "case",
        "await",
        "async",
        "go",
        "defer",
        "try",
        "catch",
        "except",
        "finally",
        "yield",
        "with",
        "using",
        "synchronized",
        "unsafe",
        "not",
        "and",
        "or",
        "is",
        "in",
    ];
    const WEIGHS: &[&str] =
        &["==", "!=", "<", ">", "<=", ">=", "&&", "||", "!", "??", "+", "-", "/", "%", "<<", "+="];
    let last = |name: &str| name.rsplit(['.', ':']).next().unwrap_or(name).to_owned();
    let own = |name: &str| declared.contains(&last(name));
    let (heads, bodies): (Vec<&Row>, Vec<&Row>) =
        new.iter().partition(|row| function_name(&row.code).is_some());
    // What decides, in any order. Pairs of angle brackets may be type arguments, which are no comparison.
    let work = |rows: &[&Row]| -> Vec<String> {
        let mut all: Vec<String> = rows
            .iter()
            .flat_map(|row| {
                let calls = row
                    .calls()
                    .into_iter()
                    .filter(|call| !own(call))
                    .map(|call| format!("{}()", last(call)));
                let rest = row.tokens.iter().filter_map(|token| match token {
                    Token::Name(name) if STEERS.contains(&name.as_str()) => Some(name.clone()),
                    Token::Number(number) => Some(number.clone()),
                    Token::Text(text) => Some(format!("{text:?}")),
                    Token::Sign(sign) if WEIGHS.contains(&sign.as_str()) => Some(sign.clone()),
                    _ => None,
                });
                calls.chain(rest).collect::<Vec<_>>()
            })
            .collect();
        all.sort_unstable();
        all
    };
    let parts = |rows: &[&Row]| -> BTreeSet<String> {
        rows.iter()
            .flat_map(|row| row.names().filter(|name| !own(name)))
            .flat_map(|name| name.split(['.', ':']).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let calls_it = bodies.iter().any(|row| row.calls().iter().any(|call| own(call)));
    let known: BTreeSet<String> = parts(gone).into_iter().chain(parts(&heads)).collect();
    !gone.is_empty()
        && calls_it
        && work(gone) == work(&bodies)
        && parts(&bodies).iter().all(|part| known.contains(part) || part == "return")
}

/// Values that stood in the code stand in the configuration now, under the name that the code asks for, and nothing
/// else changes: a setting more is no value that moved.
fn same_values(changes: &[Change]) -> bool {
    let (settings, code): (Vec<&Change>, Vec<&Change>) =
        changes.iter().partition(|change| change.language.is_config());
    let folded = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    // `key: value`; a key alone opens a section.
    let told: Vec<(String, &[Token])> = settings
        .iter()
        .flat_map(|change| change.new_rows())
        .filter_map(|row| {
            let at = row.tokens.iter().position(|token| token.is(":") || token.is("="))?;
            let (key, value) = row.tokens.split_at(at);
            let key = match key.last()? {
                Token::Name(text) | Token::Text(text) => folded(text),
                _ => return None,
            };
            value.get(1..).filter(|value| !value.is_empty()).map(|value| (key, value))
        })
        .collect();
    let mut asked = BTreeSet::new();
    let mut taken_out = |old: &Row, new: &Row| {
        old.tokens.len() == new.tokens.len()
            && old.tokens.iter().zip(&new.tokens).all(|(old, new)| {
                let Some(name) = new.name().map(folded).filter(|_| old != new) else {
                    return old == new;
                };
                let place = told.iter().position(|(key, value)| {
                    name.ends_with(key.as_str()) && *value == std::slice::from_ref(old)
                });
                asked.extend(place);
                place.is_some()
            })
    };
    let only_that = settings.iter().all(|change| change.gone_rows().next().is_none())
        && code.iter().flat_map(|change| &change.blocks).all(|block| {
            let edits = block.edits().count();
            block.edits().all(|(old, new)| taken_out(old, new))
                && block.gone_rows().count() == edits
                && block.new_rows().filter(|row| !imports(row)).count() == edits
        });
    only_that && !told.is_empty() && asked.len() == told.len()
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
