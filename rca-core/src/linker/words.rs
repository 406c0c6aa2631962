//! Words of a text, with how much a shared one says.

use std::collections::BTreeMap;

/// Words that every text has: worth nothing.
const STOP: &[&str] = &[
    "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "before", "but", "by", "can", "could", "did", "do", "does", "for", "from", "had",
    "has", "have", "how", "if", "in", "into", "is", "it", "its", "may", "more", "most", "no",
    "not", "now", "of", "off", "on", "only", "or", "our", "out", "over", "since", "so", "some",
    "such", "than", "that", "the", "their", "then", "there", "these", "they", "this", "to", "too",
    "under", "up", "very", "was", "we", "were", "what", "when", "where", "which", "while", "why",
    "will", "with", "you",
];

/// Words that every text about running software has: worth little.
const COMMON: &[&str] = &[
    "add",
    "added",
    "alert",
    "app",
    "application",
    "bug",
    "change",
    "changed",
    "code",
    "commit",
    "count",
    "cpu",
    "critical",
    "deploy",
    "deployed",
    "deployment",
    "down",
    "error",
    "errors",
    "exception",
    "fail",
    "failed",
    "failing",
    "failure",
    "fix",
    "fixed",
    "high",
    "host",
    "http",
    "incident",
    "info",
    "issue",
    "latency",
    "low",
    "memory",
    "merge",
    "message",
    "new",
    "prod",
    "production",
    "rate",
    "release",
    "remove",
    "removed",
    "request",
    "requests",
    "response",
    "server",
    "service",
    "services",
    "slow",
    "spike",
    "staging",
    "test",
    "tests",
    "time",
    "timeout",
    "timeouts",
    "update",
    "updated",
    "use",
    "used",
    "user",
    "users",
    "value",
    "version",
    "warn",
    "warning",
];

/// Longest text that is read, in characters: the point of a message stands at its beginning.
const MAX_CHARS: usize = 4000;

/// The words of a text in lower case, each with its weight.
///
/// Identifiers count as a whole and, split at `_`, `-`, `.`, `/`, `:` and at capitals, by their
/// parts. The weight takes the place of an inverse document frequency (Spärck Jones 1972) and looks
/// at the word alone, so that no other event can change it: an identifier is rare by its making.
/// Numbers and hashes are no words.
pub(super) fn words(text: &str) -> BTreeMap<String, f64> {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let mut found = BTreeMap::new();
    let joins = |c: char| "_-./:".contains(c);
    for raw in text[..end].split(|c: char| !c.is_alphanumeric() && !joins(c)) {
        let whole = raw.trim_matches(joins);
        let parts = parts(whole);
        if parts.len() > 1 {
            insert(&mut found, whole, 1.5);
        }
        for part in parts {
            insert(&mut found, part, 1.0);
        }
    }
    found
}

fn insert(found: &mut BTreeMap<String, f64>, word: &str, weight: f64) {
    let word = word.to_lowercase();
    let has_letter = word.chars().any(char::is_alphabetic);
    let is_stop = STOP.binary_search(&word.as_str()).is_ok();
    if !has_letter || word.chars().count() < 2 || is_stop || is_hash(&word) {
        return;
    }
    let weight = if COMMON.binary_search(&word.as_str()).is_ok() { 0.25 } else { weight };
    found.insert(word, weight);
}

/// Splits `parseHTTPHeader_v2` into `parse`, `HTTP`, `Header`, `v2`.
fn parts(word: &str) -> Vec<&str> {
    let chars: Vec<_> = word.char_indices().collect();
    let (mut found, mut start) = (Vec::new(), 0);
    for (place, &(at, c)) in chars.iter().enumerate().skip(1) {
        let before = chars[place - 1].1;
        let after_is_lower = chars.get(place + 1).is_some_and(|(_, next)| next.is_lowercase());
        let hump = c.is_uppercase()
            && (before.is_lowercase() || (before.is_uppercase() && after_is_lower));
        if hump || c.is_alphanumeric() != before.is_alphanumeric() {
            found.push(&word[start..at]);
            start = at;
        }
    }
    found.push(&word[start..]);
    found.retain(|part| part.chars().any(char::is_alphanumeric));
    found
}

/// The commit hashes and trace ids in a text, in lower case.
pub(super) fn hashes(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| is_hash(word)).map(str::to_lowercase)
}

/// Hexadecimal, as long as a hash, and with a digit and a letter: neither a number nor a word.
fn is_hash(word: &str) -> bool {
    (7..=64).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_hexdigit())
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_count_whole_and_by_parts() {
        let found = words("LedgerClient.fetchRows in src/ledger_io.rs");
        for word in ["ledgerclient.fetchrows", "ledger", "client", "fetch", "rows", "io", "rs"] {
            assert!(found.contains_key(word), "{word} in {found:?}");
        }
        assert!(found["ledgerclient.fetchrows"] > found["ledger"]);
        assert!(!found.contains_key("in"));
    }

    #[test]
    fn numbers_hashes_and_stop_words_are_no_words() {
        assert!(words("the 1234 at 12:30:05 0.5 deadbeef01").is_empty());
        assert_eq!(hashes("reverts DEADBEEF01, not 12345678").collect::<Vec<_>>(), ["deadbeef01"]);
    }

    #[test]
    fn the_lists_are_sorted_for_the_binary_search() {
        assert!(STOP.is_sorted() && COMMON.is_sorted());
    }

    #[test]
    fn words_without_ascii_are_split_by_characters() {
        assert!(words("größeÄnderung ß").contains_key("größe"));
    }
}
