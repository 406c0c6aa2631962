//! Texts of records in Markdown documents.

use minijinja::{AutoEscape, ErrorKind, Output, State, Value};

use crate::report::markdown::escape;

/// The escaping of templates by their name: HTML for `.html`, Markdown for `.md`, none for others.
pub(super) fn by_name(name: &str) -> AutoEscape {
    let name = name.strip_suffix(".jinja").unwrap_or(name);
    if name.ends_with(".html") || name.ends_with(".htm") {
        AutoEscape::Html
    } else if name.ends_with(".md") || name.ends_with(".markdown") {
        AutoEscape::Custom(MARKDOWN.into())
    } else {
        AutoEscape::None
    }
}

const MARKDOWN: &str = "markdown";

/// Prints a value as the template's format wants it.
pub(super) fn print(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match state.auto_escape() {
        AutoEscape::Custom(_) if !value.is_safe() => match value.as_str() {
            Some(text) => out.write_str(&line(text))?,
            None => out.write_str(&line(&value.to_string()))?,
        },
        AutoEscape::Custom(_) => out.write_str(value.as_str().unwrap_or_default())?,
        _ => minijinja::escape_formatter(out, state, value)?,
    }
    Ok(())
}

/// A text of several lines that keeps them.
pub(super) fn lines(state: &State<'_, '_>, text: &Value) -> Result<Value, minijinja::Error> {
    if text.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let text = text.as_str().unwrap_or_default();
    let escaped = text.lines().map(|text| match state.auto_escape() {
        AutoEscape::Html => format!("{}<br>", html(text)),
        AutoEscape::Custom(_) => line(text),
        _ => text.to_owned(),
    });
    Ok(Value::from_safe_string(escaped.collect::<Vec<_>>().join("\n")))
}

/// One line: no markup, also none that only means something where a line begins.
fn line(text: &str) -> String {
    let escaped = escape(text).replace('&', "\\&");
    let digits = escaped.len() - escaped.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = escaped.split_at(digits);
    if rest.starts_with(['.', ')']) && digits > 0 {
        return format!("{number}\\{rest}");
    }
    match escaped.trim_start().chars().next() {
        Some('-' | '+' | '=' | ':') => format!("\\{}", escaped.trim_start()),
        // Four spaces would begin code.
        _ => escaped.trim_start().to_owned(),
    }
}

fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            c => escaped.push(c),
        }
    }
    escaped
}
