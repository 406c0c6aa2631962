//! One record of JSON, within limits.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::de::{Deserializer, StrRead};

use super::limits::Limits;

/// Nesting beyond which no JSON is read, whatever the limits say.
pub(super) const DEEPEST: usize = 128;

/// Parses one record. The flag says that bytes which are not UTF-8 were replaced.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<(Value, bool), String> {
    check_size(bytes, limits)?;
    let explain = |error: serde_json::Error| format!("not JSON: {error}");
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((from_text(text).map_err(explain)?, false)),
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            Ok((from_text(&text).map_err(explain)?, true))
        }
    }
}

/// Like [`serde_json::from_str`], which reads up to 127 levels, and one level more.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    one_deeper(text, |parser| T::deserialize(parser))
}

/// Reads a text, and what failed once more where it is nested as deep as it may be.
pub(super) fn one_deeper<'a, T>(
    text: &'a str,
    mut read: impl FnMut(&mut Deserializer<StrRead<'a>>) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    let mut attempt = |deepest: bool| {
        let mut parser = Deserializer::from_str(text);
        if deepest {
            parser.disable_recursion_limit(); // measured: it is `DEEPEST`
        }
        let value = read(&mut parser)?;
        parser.end()?;
        Ok(value)
    };
    match attempt(false) {
        Err(_) if measure(text.as_bytes()).0 == DEEPEST => attempt(true),
        outcome => outcome,
    }
}

/// Refuses what is nested too deep (the parser's own bound is 128), or would take too much memory as values.
pub(super) fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), String> {
    // A value and its separator take two bytes.
    let many = bytes.len() / 2 > limits.json_values;
    if limits.json_depth >= DEEPEST && !many {
        return Ok(());
    }
    let (depth, values) = measure(bytes);
    if depth > limits.json_depth {
        return Err(format!("nested deeper than {}", limits.json_depth));
    }
    if values > limits.json_values {
        let most = limits.json_values;
        return Err(format!(
            "more than {most} values: raise the limit `json_values` if it is meant so"
        ));
    }
    Ok(())
}

/// How deep it is nested, and how many values it has at most.
fn measure(bytes: &[u8]) -> (usize, usize) {
    let (mut now, mut most, mut values) = (0usize, 0, 1);
    let (mut text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b',' if !text => values += 1,
            b'{' | b'[' if !text => {
                now += 1;
                values += 1;
                most = most.max(now);
            }
            b'}' | b']' if !text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    (most, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_utf8_is_replaced_and_said() {
        let (value, replaced) = parse(b"{\"a\": \"\xff\"}", &Limits::default()).unwrap();
        assert!(replaced);
        assert_eq!(value["a"], "\u{fffd}");
    }

    #[test]
    fn many_small_values_are_limited() {
        let limits = Limits { json_values: 4, ..Limits::default() };
        assert!(parse(b"[0, \",,,,,,\", 0]", &limits).is_ok());
        assert!(parse(b"[0,0,0,0,0]", &limits).unwrap_err().contains("json_values"));
        assert!(parse(b"[[[[[[]]]]]]", &limits).is_err());
    }

    #[test]
    fn nesting_is_limited() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        let limits = Limits { json_depth: 10, ..Limits::default() };
        assert!(parse(deep(10).as_bytes(), &limits).is_ok());
        assert!(parse(deep(11).as_bytes(), &limits).is_err());
        assert!(parse(deep(100_000).as_bytes(), &Limits::default()).is_err());
    }

    #[test]
    fn a_hundred_and_twenty_eight_levels_are_read_and_one_more_is_not() {
        let around = |n: usize, open: &str, inner: &str, close: &str| {
            format!("{}{inner}{}", open.repeat(n), close.repeat(n))
        };
        let limits = Limits::default();
        assert_eq!(limits.json_depth, DEEPEST);
        for (open, inner, close) in [
            ("[", "1", "]"),
            ("[1, \"],[\", ", "{}", ", 2]"),
            ("{\"a\": ", "[]", "}"),
            (" {\"x\" : \"\\\",{\", \"a\":", "null", ",\"b\":\"]\" }"),
        ] {
            let own = measure(inner.as_bytes()).0;
            let text = around(DEEPEST - own, open, inner, close);
            let (value, _) = parse(text.as_bytes(), &limits).unwrap();
            assert!(value.to_string().parse::<Value>().is_err(), "beyond the parser's own");
            let first = match &value {
                Value::Array(items) => items.iter().find(|item| item.is_array()).unwrap(),
                object => &object["a"],
            };
            let less = around(DEEPEST - own - 1, open, inner, close);
            assert_eq!(*first, parse(less.as_bytes(), &limits).unwrap().0, "the level below");
            let deeper = around(DEEPEST - own + 1, open, inner, close);
            assert!(parse(deeper.as_bytes(), &limits).is_err());
        }
        for broken in ["[", "]", "[1,", "{\"a\"", "{\"a\" 1,\"b\":", "{1:", "{,\"a\":"] {
            let text = format!("{broken}{}", around(DEEPEST - 1, "[", "", "]"));
            for end in ["", "]", "}", ",}", ",]", "]]", "}}"] {
                let text = format!("{text}{end}");
                let is_whole = (broken, end) == ("[", "]") || (broken, end) == ("[1,", "]");
                assert_eq!(parse(text.as_bytes(), &limits).is_ok(), is_whole, "{broken} {end}");
            }
        }
    }
}
