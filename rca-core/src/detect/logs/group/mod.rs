//! Which skeletons are one template: a pure function of the set of skeletons and their counts.
//!
//! Skeletons already have numbers, paths and identifiers masked. What is left to find are variables
//! that look like words. Templates of the same structure (same separators at the same places) that
//! differ in one word only are candidates; they are found by hashing each template with one word left
//! out, so the work is linear in the input. [`evidence`] says whether the words are values. Where two
//! or more words vary at once, [`joint`] looks for the words that stay.

mod atoms;
mod evidence;
mod joint;
mod tails;
mod touches;

use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64;

use self::atoms::{Dictionary, WILD, atoms, is_slot, shown};
use self::evidence::{announced, is_name, is_variable};
use self::touches::{SIZES, TIMES, absorb_units, collapse_runs, fill_empties};

/// Slots looked at in one template; what is longer is a dump, and memory has to stay bounded.
const MAX_SLOTS: usize = 64;
/// Passes over the templates; each can open one more variable per template.
const PASSES: usize = 6;

/// The final template text for each input text, in the same order.
///
/// `texts` holds canonical texts; order does not matter for the result.
pub(super) fn group(texts: &[&str]) -> Vec<String> {
    let mut dictionary = Dictionary::default();
    let mut templates: Vec<Vec<u32>> =
        texts.iter().map(|text| atoms(text, &mut dictionary)).collect();
    let mut values: FxHashSet<u32> = announced(&templates, &dictionary).collect();
    for _ in 0..PASSES {
        let mut changed = joint::open(&mut templates, &dictionary);
        changed |= merge_pass(&mut templates, &dictionary, &mut values);
        changed |= tails::open(&mut templates, &dictionary);
        if !changed {
            break;
        }
    }
    absorb_units(&mut templates, &dictionary, &SIZES);
    absorb_units(&mut templates, &dictionary, &TIMES);
    let merged: Vec<String> = templates.iter().map(|t| shown(t, &dictionary)).collect();
    collapse_runs(fill_empties(merged))
}

/// A template with one slot left out: the slot, a hash of the rest, which template.
type Candidate = (usize, u64, usize);
/// In place of a slot: all names are left out.
const NAMES: usize = usize::MAX;

/// Hash of an atom at a place; slots are summed, so that one can be taken out again.
fn place_hash(place: usize, atom: u32) -> u64 {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&(place as u64).to_le_bytes());
    bytes[8..].copy_from_slice(&atom.to_le_bytes());
    xxh3_64(&bytes)
}

/// Opens variables where templates differ in one slot, or only in identifiers. Says whether it did.
///
/// `known` collects the words that were found to be values: where only such words differ, they are
/// values there too.
fn merge_pass(
    templates: &mut [Vec<u32>],
    dictionary: &Dictionary<'_>,
    known: &mut FxHashSet<u32>,
) -> bool {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (at, template) in templates.iter().enumerate() {
        let all = template
            .iter()
            .enumerate()
            .fold(0u64, |sum, (place, atom)| sum.wrapping_add(place_hash(place, *atom)));
        let mut without_names = all;
        let mut names = 0;
        let slots = template.iter().enumerate().filter(|(_, atom)| is_slot(**atom));
        for (place, &atom) in slots.take(MAX_SLOTS) {
            let rest = all.wrapping_sub(place_hash(place, atom));
            candidates.push((place, rest, at));
            if atom == WILD || is_name(dictionary.word(atom)) {
                names += usize::from(atom != WILD);
                without_names = without_names
                    .wrapping_sub(place_hash(place, atom))
                    .wrapping_add(place_hash(place, WILD));
            }
        }
        if names >= 1 {
            candidates.push((NAMES, without_names, at));
        }
    }
    candidates.sort_unstable();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<u32> = Vec::new();
    for list in candidates.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        if list.len() < 2 {
            continue;
        }
        let place = list[0].0;
        let members: Vec<usize> = list.iter().map(|(_, _, member)| *member).collect();
        let first = &templates[members[0]];
        // A sum of hashes can collide across lengths.
        if members.iter().any(|m| templates[*m].len() != first.len()) {
            continue;
        }
        let places: Vec<usize> = if place == NAMES {
            (0..first.len())
                .filter(|p| members.iter().any(|m| templates[*m][*p] != first[*p]))
                .collect()
        } else {
            vec![place]
        };
        for place in places {
            let mut values: Vec<u32> = members.iter().map(|m| templates[*m][place]).collect();
            values.sort_unstable();
            values.dedup();
            if values.len() < 2 {
                continue;
            }
            let variable = is_variable(first, place, &values, dictionary);
            if variable {
                found.extend(values.iter().filter(|value| **value != WILD));
            }
            // Where half of the words are names elsewhere, they all are.
            let names = values.iter().filter(|v| **v == WILD || known.contains(v)).count();
            if variable || names * 2 >= values.len() && names > usize::from(values[0] == WILD) {
                open.extend(members.iter().map(|m| (*m, place)));
            }
        }
    }
    let mut changed = false;
    for value in found {
        changed |= known.insert(value);
    }
    for (template, place) in open {
        changed |= std::mem::replace(&mut templates[template][place], WILD) != WILD;
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(texts: &[&str]) -> Vec<String> {
        let mut found = group(texts);
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn words_that_vary_jointly_merge_and_phrases_do_not() {
        let pairs = [
            ("ann", "red"),
            ("bob", "red"),
            ("ann", "tan"),
            ("cy", "sky"),
            ("bob", "sky"),
            ("dee", "tan"),
        ];
        let lines: Vec<String> =
            pairs.iter().map(|(who, what)| format!("{who} has now the key {what} again")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(grouped(&lines).len(), 1);
        let phrases = ["pump is too hot now", "fan was rather slow now", "door has been open now"];
        assert_eq!(grouped(&phrases).len(), 3);
    }

    #[test]
    fn values_merge_and_words_do_not() {
        assert_eq!(
            grouped(&["opened for user ann", "opened for user bob"]),
            ["opened for user <*>"]
        );
        assert_eq!(grouped(&["color=red ok", "color=blue ok"]), ["color=<*> ok"]);
        assert_eq!(grouped(&["the pump started", "the pump stopped"]).len(), 2);
        assert_eq!(grouped(&["moved to NEW", "moved to RUNNING"]).len(), 2);
        assert_eq!(grouped(&["file was lost", "file is lost"]).len(), 2);
        assert_eq!(grouped(&["node joined now", "node removed now"]).len(), 2);
        assert_eq!(grouped(&["sent <*> KB", "sent <*> B"]), ["sent <*>"]);
        assert_eq!(grouped(&["sent <*> KB in <*> ms"]), ["sent <*> KB in <*> ms"]);
        assert_eq!(
            grouped(&["for ann in", "for bob in", "user=ann, x", "by user bob."]),
            ["by user bob.", "for <*> in", "user=ann, x"]
        );
        assert_eq!(grouped(&["ask <*>", "ask <*> <*> <*>"]), ["ask <*>"]);
        assert_eq!(
            grouped(&["queue: disk full", "queue: gone"]),
            ["queue: disk full", "queue: gone"]
        );
        let reasons = ["disk full", "gone", "timed out again", "no such thing", "eof"];
        let lines: Vec<String> =
            reasons.iter().map(|reason| format!("could not save, error: {reason}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(grouped(&lines), ["could not save, error: <*>"]);
        assert_eq!(grouped(&["rule 'far east' hit", "rule 'main' hit"]), ["rule '<*>' hit"]);
        assert_eq!(grouped(&["on db-<*> now", "on <*> now"]), ["on <*> now"]);
        assert_eq!(grouped(&["from a () in", "from a (<*>) in"]), ["from a (<*>) in"]);
    }
}
