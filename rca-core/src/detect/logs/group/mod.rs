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

use rustc_hash::{FxHashMap, FxHashSet};

use self::atoms::{Dictionary, WILD, atoms, is_slot, shown};
use self::evidence::{Looks, announced, is_variable};
use self::touches::{absorb_units, collapse_runs, fill_empties};

/// Slots looked at in one template; what is longer is a dump, and memory has to stay bounded.
const MAX_SLOTS: usize = 64;
/// Passes over the templates; each can open one more variable per template.
const PASSES: usize = 6;

/// A text as atoms.
type Template = Vec<u32>;

/// The final templates of a set of texts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Groups {
    /// For each input text its place in `templates`.
    pub(super) places: Vec<usize>,
    /// Not always different from each other.
    pub(super) templates: Vec<String>,
}

/// Groups canonical texts, which are all different; their order does not matter for the result.
pub(super) fn group(texts: &[String]) -> Groups {
    let mut dictionary = Dictionary::default();
    let mut templates: Vec<Template> =
        texts.iter().map(|text| atoms(text, &mut dictionary)).collect();
    let mut places: Vec<usize> = (0..texts.len()).collect();
    let mut values: FxHashSet<u32> = announced(&templates, &dictionary).collect();
    for _ in 0..PASSES {
        let mut changed = joint::open(&mut templates, &dictionary);
        changed |= merge_pass(&mut templates, &dictionary, &mut values);
        changed |= tails::open(&mut templates, &dictionary);
        if !changed {
            break;
        }
        // All that follows looks at what is different, so each pass has less to do.
        unite(&mut templates, &mut places);
    }
    absorb_units(&mut templates, &dictionary, Looks::SIZE);
    absorb_units(&mut templates, &dictionary, Looks::TIME);
    let merged: Vec<String> = templates.iter().map(|t| shown(t, &dictionary)).collect();
    Groups { places, templates: collapse_runs(fill_empties(merged)) }
}

/// Keeps the first of equal templates, in order; `places` follow.
fn unite(templates: &mut Vec<Template>, places: &mut [usize]) {
    let mut kept: FxHashMap<Template, usize> =
        FxHashMap::with_capacity_and_hasher(templates.len() / 2, rustc_hash::FxBuildHasher);
    let mut moved: Vec<usize> = Vec::with_capacity(templates.len());
    for template in templates.drain(..) {
        let next = kept.len();
        moved.push(*kept.entry(template).or_insert(next));
    }
    *templates = sorted_by_place(kept);
    for place in places {
        *place = moved.get(*place).copied().unwrap_or_default();
    }
}

fn sorted_by_place(kept: FxHashMap<Template, usize>) -> Vec<Template> {
    let mut kept: Vec<(Template, usize)> = kept.into_iter().collect();
    kept.sort_unstable_by_key(|(_, place)| *place);
    kept.into_iter().map(|(template, _)| template).collect()
}

/// A template with one slot left out: a hash of the rest and the slot, the slot, which template.
type Candidate = (u64, u32, u32);
/// In place of a slot: all names are left out.
const NAMES: u32 = u32::MAX;

/// Hash of an atom at a place; atoms are summed, so that one can be taken out again.
fn place_hash(place: u32, atom: u32) -> u64 {
    mixed(u64::from(place) << 32 | u64::from(atom))
}

/// A bijection that spreads all bits (the finalizer of SplitMix64, Steele, Lea, Flood 2014).
fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Templates with one slot left out: those that share the rest with another one, beside each other.
fn candidates(templates: &[Template], dictionary: &Dictionary<'_>) -> Vec<Candidate> {
    // Most share it with none. They are told by bits, for no more memory than the others need: in each
    // number one half for what was seen, one for what was seen again.
    let most: usize =
        templates.iter().map(|template| (template.len() / 2 + 2).min(MAX_SLOTS + 1)).sum();
    let halves = most.div_ceil(4).next_power_of_two();
    let mut seen = vec![0u64; halves];
    let place = |hash: u64| (hash >> 5) as usize & (halves - 1);
    let again = |hash: u64| 1 << (32 + hash % 32);
    each_candidate(templates, dictionary, |(hash, ..)| {
        let seen = &mut seen[place(hash)];
        *seen |= *seen << 32 & again(hash) | 1 << (hash % 32);
    });
    let mut candidates: Vec<Candidate> = Vec::new();
    each_candidate(templates, dictionary, |candidate| {
        if seen[place(candidate.0)] & again(candidate.0) != 0 {
            candidates.push(candidate);
        }
    });
    candidates.sort_unstable();
    candidates
}

fn each_candidate(
    templates: &[Template],
    dictionary: &Dictionary<'_>,
    mut visit: impl FnMut(Candidate),
) {
    for (at, template) in (0u32..).zip(templates) {
        let atoms = || (0u32..).zip(template.iter().copied());
        let sum = |sum: u64, (place, atom)| sum.wrapping_add(place_hash(place, atom));
        let all = atoms().fold(0, sum);
        let mut without_names = all;
        let mut names = 0;
        for (place, atom) in atoms().filter(|(_, atom)| is_slot(*atom)).take(MAX_SLOTS) {
            let rest = all.wrapping_sub(place_hash(place, atom));
            visit((mixed(rest ^ u64::from(place)), place, at));
            if atom != WILD && dictionary.looks(atom).is_name() {
                names += 1;
                without_names = without_names
                    .wrapping_sub(place_hash(place, atom))
                    .wrapping_add(place_hash(place, WILD));
            }
        }
        if names >= 1 {
            visit((mixed(without_names ^ u64::from(NAMES)), NAMES, at));
        }
    }
}

/// Opens variables where templates differ in one slot, or only in identifiers. Says whether it did.
///
/// `known` collects the words that were found to be values: where only such words differ, they are
/// values there too.
fn merge_pass(
    templates: &mut [Template],
    dictionary: &Dictionary<'_>,
    known: &mut FxHashSet<u32>,
) -> bool {
    let candidates = candidates(templates, dictionary);
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<u32> = Vec::new();
    for list in candidates.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        if list.len() < 2 {
            continue;
        }
        let place = list[0].1;
        let members: Vec<usize> = list.iter().map(|(_, _, member)| *member as usize).collect();
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
            vec![place as usize]
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
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let mut found = group(&texts).templates;
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
