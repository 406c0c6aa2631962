//! Symptoms by phrases in log lines and error texts.
//!
//! The table of phrases stands beside, in `phrases.rs`. All of them are looked for at once (Aho & Corasick 1975):
//! a text is read once, however long the table grows.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

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
    let table = &*TABLE;
    let said = table.said(&lowered(text));
    let says = |part: &usize| said.get(*part).copied().unwrap_or_default();
    let mut found: Vec<_> = table
        .entries
        .iter()
        .filter(|entry| entry.phrases.iter().any(|parts| parts.iter().all(says)))
        .map(|entry| seen(entry.symptom, entry.strength))
        .collect();
    // What is only slow has not failed.
    let slow = |(symptom, _): &(Symptom, Confidence)| {
        matches!(symptom, S::LatencyUp | S::QueueGrowth | S::GcPressure)
    };
    let mild = !found.is_empty() && found.iter().all(slow);
    if !mild && !found.is_empty() || table.failure.iter().any(says) {
        found.push(seen(S::ErrorsUp, if found.is_empty() { 0.7 } else { 0.4 }));
    }
    merged(found)
}

fn lowered(text: &str) -> String {
    text.chars().take(MAX_TEXT).flat_map(char::to_lowercase).collect()
}

/// What is looked for in a text.
struct Table {
    /// Parts of phrases, each once.
    parts: Vec<&'static str>,
    /// Finds the parts; none if there were too many for one, and each is searched then.
    automaton: Option<AhoCorasick>,
    entries: Vec<Entry>,
    /// Parts that are generic failure words.
    failure: Vec<usize>,
}

struct Entry {
    symptom: Symptom,
    strength: f64,
    /// The parts that must all be said, for each phrase.
    phrases: Vec<Vec<usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let split = |phrase: &&'static str| phrase.split('+');
    let phrases = PHRASES.iter().flat_map(|(_, _, phrases)| phrases.iter().flat_map(split));
    let mut parts: Vec<&'static str> = phrases.chain(FAILURE.iter().copied()).collect();
    parts.sort_unstable();
    parts.dedup();
    let place = |part: &str| parts.binary_search(&part).unwrap_or(parts.len());
    let entry = |&(symptom, strength, phrases): &(Symptom, f64, &[&str])| Entry {
        symptom,
        strength,
        phrases: phrases.iter().map(|phrase| phrase.split('+').map(place).collect()).collect(),
    };
    Table {
        automaton: AhoCorasick::new(&parts).ok(),
        entries: PHRASES.iter().map(entry).collect(),
        failure: FAILURE.iter().map(|word| place(word)).collect(),
        parts,
    }
});

impl Table {
    /// For each part whether the text says it.
    fn said(&self, text: &str) -> Vec<bool> {
        let Some(automaton) = &self.automaton else {
            return self.parts.iter().map(|part| contains_word_start(text, part)).collect();
        };
        let mut said = vec![false; self.parts.len()];
        for found in automaton.find_overlapping_iter(text) {
            let part = found.pattern().as_usize();
            if let (Some(said), Some(word)) = (said.get_mut(part), self.parts.get(part)) {
                *said = *said || stands_alone(text, found.start(), word);
            }
        }
        said
    }
}

/// Whether a text says a part of a phrase anywhere.
fn contains_word_start(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| stands_alone(text, at, part))
}

/// Whether the part that is found here begins where a word begins; short parts must also end where a word ends,
/// so that "429" is not found in "14291" and "ntp" not in "entropy".
fn stands_alone(text: &str, at: usize, part: &str) -> bool {
    let short = part.chars().count() <= 4;
    let is_word = |c: char| c.is_alphanumeric();
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    let after = text.get(at + part.len()..).and_then(|tail| tail.chars().next());
    let starts = !part.starts_with(is_word) || !before.is_some_and(is_word);
    let ends = !short || !part.ends_with(is_word) || !after.is_some_and(is_word);
    starts && ends
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_part_of_the_table_is_found_alone_and_only_where_words_begin() {
        let table = &*TABLE;
        for (place, part) in table.parts.iter().enumerate() {
            assert!(table.said(&format!("so {part} it is"))[place], "{part}");
            let glued = format!("x{part}");
            assert_eq!(table.said(&glued)[place], contains_word_start(&glued, part), "{part}");
        }
    }

    proptest! {
        #[test]
        fn all_at_once_finds_what_one_by_one_finds(
            picks in prop::collection::vec((any::<prop::sample::Index>(), "[ x:.]{0,2}"), 0..12),
        ) {
            let table = &*TABLE;
            let text: String = picks
                .iter()
                .flat_map(|(part, between)| [*part.get(&table.parts), between.as_str()])
                .collect();
            let one_by_one: Vec<bool> =
                table.parts.iter().map(|part| contains_word_start(&text, part)).collect();
            prop_assert_eq!(table.said(&text), one_by_one);
        }
    }
}
