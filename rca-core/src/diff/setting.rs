//! Settings on a line: which name has which value.

use super::change::Row;
use super::language::Language;
use super::token::Token;
use super::value::{Value, literal, seconds_of};
use crate::mechanism::words::{stems, words};

/// A name with its literal value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// As it stands in the text, for people.
    pub name: String,
    /// Words of the name and of the call or section around it.
    pub words: Vec<String>,
    pub value: Value,
    /// As it stands in the text.
    pub text: String,
}

/// The literal values of a line, each with the nearest name before it and the calls around it.
pub(crate) fn settings(tokens: &[Token]) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut around: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut bound = false;
    // `Timeout = TimeSpan.FromSeconds(30)`: the unit of the number that follows.
    let mut unit = None;
    // `set("pool.size", 10)`: the name goes over the comma.
    let mut key = false;
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        match token {
            Token::Sign(sign) => match sign.as_str() {
                "(" | "{" | "[" => around.push(std::mem::take(&mut name)),
                ")" | "}" | "]" => {
                    name = around.pop().unwrap_or_default();
                    unit = None;
                }
                "," | ";" => {
                    if !std::mem::take(&mut key) {
                        name.clear();
                    }
                    bound = false;
                }
                "=" | ":" | ":=" | "=>" | "==" => bound = true,
                _ => {}
            },
            Token::Name(word) => {
                let value =
                    literal(word).filter(|_| bound || around.last().is_some_and(|a| !a.is_empty()));
                if let Some(value) = value {
                    push(&mut found, &name, &around, value, word.clone());
                } else if word == "chan" {
                    // Go: `make(chan Job, 100)`.
                    around.push(word.clone());
                } else if !is_type(word, bound, &name) {
                    word.clone_into(&mut name);
                } else if tokens.get(i + 1).is_some_and(|next| next.is("(")) {
                    unit = seconds_of(word);
                }
            }
            Token::Text(text) => match literal(text) {
                Some(value)
                    if bound || !name.is_empty() || around.iter().any(|a| !a.is_empty()) =>
                {
                    push(&mut found, &name, &around, value, text.clone());
                }
                // A quoted key (JSON, Python) is a name too.
                _ if text.len() < 80
                    && tokens.get(i + 1).is_some_and(|next| {
                        next.is(":") || next.is("=>") || next.is(",") || next.is("]")
                    }) =>
                {
                    text.clone_into(&mut name);
                    key = tokens.get(i + 1).is_some_and(|next| next.is(","));
                }
                _ => {}
            },
            Token::Number(_) => {
                let (value, text, used) = expression(tokens, i, &name, &around);
                let value = match (value, unit) {
                    (Some(Value::Number(n)), Some(seconds)) => Some(Value::Duration(n * seconds)),
                    (value, _) => value,
                };
                if let Some(value) = value {
                    push(&mut found, &name, &around, value, text);
                }
                i += used.saturating_sub(1);
            }
        }
        i += 1;
    }
    found
}

/// Settings inside of texts: flags of a command line (`-Xmx4g`, `--max-old-space-size=4096`), directives of a
/// header (`max-age=60`), parameters of an address (`?pool_size=5&connect_timeout=2`).
pub(crate) fn embedded(row: &Row, language: Language) -> Vec<Setting> {
    let texts = row.tokens.iter().filter_map(|token| match token {
        Token::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let plain = language.is_config() && row.code.contains(" -") || row.code.starts_with('-');
    let whole = plain.then_some(row.code.as_str());
    let mut found = Vec::new();
    for piece in
        texts.chain(whole).flat_map(|text| text.split([' ', '&', '?', ',', ';', '"', '\'']))
    {
        let piece = piece.trim().trim_start_matches('-').trim_start_matches("XX:");
        let java = ["Xmx", "Xms", "Xss", "Xmn"]
            .iter()
            .find_map(|flag| piece.strip_prefix(flag).map(|value| (*flag, value)));
        let Some((name, text)) = java.or_else(|| piece.split_once('=')) else { continue };
        if let Some(value) = literal(text)
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            push(&mut found, name, &[], value, text.to_owned());
        }
    }
    found
}

fn push(found: &mut Vec<Setting>, name: &str, around: &[String], value: Value, text: String) {
    let call = around.iter().rev().find(|outer| !outer.is_empty());
    let shown = if name.is_empty() { call.map_or("", String::as_str) } else { name };
    if shown.is_empty() {
        return;
    }
    let mut all = stems(name);
    for outer in around {
        all.extend(stems(outer));
    }
    // A bare number takes its unit from its name: `timeout_ms = 300`.
    let value = match value {
        Value::Number(n) => match words(shown).last().and_then(|last| unit_in_name(last)) {
            Some(seconds) => Value::Duration(n * seconds),
            None => Value::Number(n),
        },
        other => other,
    };
    found.push(Setting { name: shown.to_owned(), words: all, value, text });
}

/// `ms` and `seconds` at the end of a name are units; `m`, `s` and `d` alone are not.
fn unit_in_name(word: &str) -> Option<f64> {
    (word.len() > 1).then(|| seconds_of(word)).flatten()
}

/// Type names between a setting and its value (`ttl: int = 30`, `ttl Duration = 5`) are no names.
fn is_type(word: &str, bound: bool, name: &str) -> bool {
    const TYPES: &[&str] = &[
        "int",
        "float",
        "long",
        "double",
        "u32",
        "u64",
        "i32",
        "i64",
        "usize",
        "bool",
        "boolean",
        "string",
        "str",
        "time.Duration",
        "Duration",
        "number",
        "f64",
        "uint32",
        "int64",
        "Int",
        "Long",
    ];
    (bound || !name.is_empty())
        && (TYPES.contains(&word) || seconds_of(word).is_some() && word.contains('.'))
}

/// A product of numbers and units: `5 * time.Second`, `64 * 1024`, `30, TimeUnit.SECONDS`.
fn expression(
    tokens: &[Token],
    start: usize,
    name: &str,
    around: &[String],
) -> (Option<Value>, String, usize) {
    let Some(Token::Number(first)) = tokens.get(start) else { return (None, String::new(), 1) };
    let mut text = first.clone();
    let mut value = literal(first);
    let mut used = 1;
    // `5.seconds` reads as a number followed by a name.
    if let (Some(dot), Some(Token::Name(unit))) = (tokens.get(start + 1), tokens.get(start + 2))
        && dot.is(".")
        && let (Some(seconds), Some(Value::Number(n))) = (seconds_of(unit), value)
    {
        return (Some(Value::Duration(n * seconds)), format!("{text}.{unit}"), 3);
    }
    while let (Some(sign), Some(next)) = (tokens.get(start + used), tokens.get(start + used + 1)) {
        let factor = if sign.is("*") {
            next
        } else if sign.is("<<") {
            if let (Token::Number(shift), Some(Value::Number(n))) = (next, value)
                && let Some(Value::Number(by)) = literal(shift)
            {
                value = Some(Value::Number(n * 2f64.powf(by.min(62.0))));
                text = format!("{text} << {shift}");
                used += 2;
                continue;
            }
            break;
        } else {
            break;
        };
        match (factor, value) {
            (Token::Number(by), Some(v)) => match (v, literal(by)) {
                (Value::Number(n), Some(Value::Number(m))) => {
                    value = Some(Value::Number(n * m));
                    text = format!("{text} * {by}");
                }
                _ => break,
            },
            (Token::Name(unit), Some(Value::Number(n))) => {
                let Some(seconds) = seconds_of(unit) else {
                    // `2 * base`: not a literal.
                    return (None, text, used);
                };
                value = Some(Value::Duration(n * seconds));
                text = format!("{text} * {unit}");
            }
            _ => break,
        }
        used += 2;
    }
    // `time.Second * 5` and `Duration.ofSeconds(5)` and `timedelta(minutes=5)`: the unit stands before.
    if let Some(Value::Number(n)) = value {
        let unit_before = seconds_of(name).filter(|_| name.len() > 1).or_else(|| {
            around.last().and_then(|outer| seconds_of(outer).filter(|_| outer.len() > 2))
        });
        let unit_after = match (tokens.get(start + used), tokens.get(start + used + 1)) {
            (Some(comma), Some(Token::Name(unit))) if comma.is(",") => {
                seconds_of(unit).filter(|_| unit.contains('.'))
            }
            _ => None,
        };
        if let Some(seconds) = unit_before.or(unit_after) {
            value = Some(Value::Duration(n * seconds));
        }
    }
    (value, text, used)
}
