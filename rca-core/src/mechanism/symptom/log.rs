//! Symptoms by phrases in log lines and error texts.
//!
//! The table of phrases stands beside, in `phrases.rs`.

use super::phrases::PHRASES;
use super::{Symptom, merged, seen};
use crate::model::Confidence;
use Symptom as S;

/// Text longer than this is cut: phrases stand at the beginning, stack traces go on.
const MAX_TEXT: usize = 8 * 1024;

/// Generic failure words: only when nothing more specific is found they say "errors".
const FAILURE: &[&str] = &[
    "error",
    "failed",
    "failure",
    "fails",
    "exception",
    "unavailable",
    "500",
    "502",
    "503",
    "504",
    "refused",
    "denied",
    "rejected",
    "abort",
];

/// The symptoms that a log line or an error text shows, strongest first; empty when it says nothing.
///
/// Case does not matter. A phrase is found at the start of a word; short phrases match whole words only.
#[must_use]
pub fn of_log(text: &str) -> Vec<(Symptom, Confidence)> {
    let text = lowered(text);
    let mut found: Vec<_> = PHRASES
        .iter()
        .filter(|(_, _, phrases)| phrases.iter().any(|phrase| matches(&text, phrase)))
        .map(|&(symptom, strength, _)| seen(symptom, strength))
        .collect();
    // What is only slow has not failed.
    let slow = |(symptom, _): &(Symptom, Confidence)| {
        matches!(symptom, S::LatencyUp | S::QueueGrowth | S::GcPressure)
    };
    let mild = !found.is_empty() && found.iter().all(slow);
    if !mild && !found.is_empty() || FAILURE.iter().any(|word| contains_word_start(&text, word)) {
        found.push(seen(S::ErrorsUp, if found.is_empty() { 0.7 } else { 0.4 }));
    }
    merged(found)
}

fn lowered(text: &str) -> String {
    text.chars().take(MAX_TEXT).flat_map(char::to_lowercase).collect()
}

fn matches(text: &str, phrase: &str) -> bool {
    phrase.split('+').all(|part| contains_word_start(text, part))
}

/// Whether the part occurs at the start of a word; short parts must also end where a word ends, so
/// that "429" is not found in "14291" and "ntp" not in "entropy".
fn contains_word_start(text: &str, part: &str) -> bool {
    let short = part.chars().count() <= 4;
    let is_word = |c: char| c.is_alphanumeric();
    text.match_indices(part).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + part.len()..).and_then(|tail| tail.chars().next());
        let starts = !part.starts_with(is_word) || !before.is_some_and(is_word);
        let ends = !short || !part.ends_with(is_word) || !after.is_some_and(is_word);
        starts && ends
    })
}
