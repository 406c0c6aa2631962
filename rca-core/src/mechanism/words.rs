//! Words inside names: `maxConnIdleTime`, `MAX_CONN_IDLE_TIME` and `max-conn-idle-time` are the same.
//!
//! The one place that knows where a name falls apart. Mechanisms, the reading of diffs, the ranking and the
//! index all ask it; what they do with the parts (stems, whole forms, positions) is their own affair.

/// Longest name that is split; the rest is noise (minified code, base64).
const MAX_NAME: usize = 200;

/// Whether a word begins at `c`, by the characters around it: `poolMax`, `HTTPServer` (at the S), `v2Api`;
/// a run of capitals stays together (`p99`, `5XX`, `HTTP`).
pub(crate) fn starts_word(before: char, c: char, after: Option<char>) -> bool {
    c.is_uppercase() && (before.is_lowercase() || after.is_some_and(char::is_lowercase))
}

/// The words of a name without separators, as they are written.
pub(crate) fn parts(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(name).filter(|name| !name.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let (word, after) = text.split_at(first_word(text));
        rest = Some(after).filter(|after| !after.is_empty());
        Some(word)
    })
}

/// Where the first word ends.
fn first_word(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let Some((_, mut before)) = chars.next() else { return 0 };
    while let Some((offset, c)) = chars.next() {
        if starts_word(before, c, chars.peek().map(|(_, after)| *after)) {
            return offset;
        }
        before = c;
    }
    text.len()
}

/// The lower-case words of a name or text: split at anything that is not a letter or digit and where
/// [`starts_word`] says. Digits stay with the letters before them (`p99`, `5xx`).
pub(crate) fn words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.len() <= MAX_NAME)
        .flat_map(parts)
        .map(str::to_lowercase)
        .collect()
}

/// The words with plurals cut (`errors` is `error`), so that one entry in a table is enough.
pub(crate) fn stems(name: &str) -> Vec<String> {
    words(name).into_iter().map(singular).collect()
}

/// A rough singular: `retries` is `retry`, `errors` is `error`, `status` and `access` stay.
pub(crate) fn singular(word: String) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 2) {
        return format!("{stem}y");
    }
    for end in ["sses", "xes", "ches", "shes"] {
        if word.ends_with(end) {
            return word.strip_suffix("es").map(str::to_owned).unwrap_or(word);
        }
    }
    let keep = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('s') {
        Some(stem) if !keep && stem.len() > 2 => stem.to_owned(),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_in_every_style_have_the_same_words() {
        for name in
            ["maxConnIdleTime", "MaxConnIdleTime", "MAX_CONN_IDLE_TIME", "max-conn.idle time"]
        {
            assert_eq!(words(name), ["max", "conn", "idle", "time"], "{name}");
        }
    }

    #[test]
    fn runs_of_capitals_and_digits_stay_together() {
        assert_eq!(words("HTTPServer_maxConns2"), ["http", "server", "max", "conns2"]);
        assert_eq!(words("p99 5XX v2Api"), ["p99", "5xx", "v2", "api"]);
    }

    proptest! {
        #[test]
        fn parts_put_together_are_the_name(name in "[a-zA-Z0-9\u{e4}\u{c9}\u{4e2d}]{0,24}") {
            prop_assert_eq!(parts(&name).collect::<String>(), name.clone());
            prop_assert!(parts(&name).all(|part| !part.is_empty()));
        }
    }
}
