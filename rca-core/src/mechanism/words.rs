//! Words inside names: `maxConnIdleTime`, `MAX_CONN_IDLE_TIME` and `max-conn-idle-time` are the same.

/// Longest name that is split; the rest is noise (minified code, base64).
const MAX_NAME: usize = 200;

/// The lower-case words of a name or text: split at anything that is not a letter or digit, at
/// lower-to-upper case changes and before the last capital of a run (`HTTPServer` is `http`,
/// `server`). Digits stay with the letters before them (`p99`, `5xx`).
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in name.split(|c: char| !c.is_alphanumeric()) {
        if part.is_empty() || part.len() > MAX_NAME {
            continue;
        }
        split_case(part, &mut found);
    }
    found
}

fn split_case(part: &str, found: &mut Vec<String>) {
    let chars: Vec<char> = part.chars().collect();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| chars.get(j)).copied();
        let after = chars.get(i + 1).copied();
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || (b.is_ascii_digit() && after.is_some_and(char::is_lowercase))
                    || (b.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        if starts && !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        found.push(word);
    }
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
