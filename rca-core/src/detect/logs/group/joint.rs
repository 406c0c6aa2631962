//! Templates in which several words vary at once.
//!
//! Among templates of one structure, a word that belongs to the statement is in all that come from it,
//! a value only in some. So the words with far less support than the best supported word of the same
//! template are candidates (the observation behind Brain, Yu et al. 2023, here on distinct templates
//! rather than lines). They are taken for values when the same rest occurs with many different ones,
//! in changing company: words that always occur together are a phrase, not two values.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::atoms::{Dictionary, FIRST_WORD, WILD, is_slot};
use super::evidence::is_name;
use super::{MAX_SLOTS, place_hash};

/// Templates of one statement before several words are looked at together.
const MEMBERS: usize = 6;
/// Different values that each of the places needs.
const VALUES: usize = 3;
/// A value has at most one in so many of the support of the words around it.
const RARE: usize = 3;
/// Places that may open at once.
const MOST: usize = 4;

/// Opens the places of such templates. Says whether it did.
pub(super) fn open(templates: &mut [Vec<u32>], dictionary: &Dictionary<'_>) -> bool {
    let structures: Vec<u64> = templates.iter().map(|template| structure(template)).collect();
    let mut support: FxHashMap<(u64, usize, u32), usize> = FxHashMap::default();
    let distinct: Vec<usize> = {
        let mut order: Vec<usize> = (0..templates.len()).collect();
        order.sort_unstable_by(|a, b| templates[*a].cmp(&templates[*b]).then(a.cmp(b)));
        order.dedup_by(|a, b| templates[*a] == templates[*b]);
        order
    };
    for &at in &distinct {
        for (place, atom) in words(&templates[at]) {
            *support.entry((structures[at], place, atom)).or_default() += 1;
        }
    }
    let mut signatures: Vec<(u64, u64, usize)> = Vec::new();
    let mut rare: Vec<Vec<usize>> = vec![Vec::new(); templates.len()];
    for (at, template) in templates.iter().enumerate() {
        let of = |(place, atom)| support.get(&(structures[at], place, atom)).copied().unwrap_or(0);
        let best = words(template).map(of).max().unwrap_or(0);
        if best < MEMBERS {
            continue;
        }
        let places: Vec<usize> =
            words(template).filter(|word| of(*word) * RARE <= best).map(|word| word.0).collect();
        let kept = words(template).count() - places.len();
        if places.is_empty() || places.len() > MOST || kept < 2 || kept < places.len() {
            continue;
        }
        let kept = template.iter().enumerate().fold(0u64, |sum, (place, atom)| {
            let atom = if places.contains(&place) { WILD } else { *atom };
            sum.wrapping_add(place_hash(place, atom))
        });
        signatures.push((structures[at], kept, at));
        rare[at] = places;
    }
    signatures.sort_unstable();
    let mut changed = false;
    for list in signatures.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let members: Vec<usize> = list.iter().map(|(_, _, at)| *at).collect();
        if vary_freely(&members, &rare, templates, dictionary) {
            for at in members {
                for place in std::mem::take(&mut rare[at]) {
                    templates[at][place] = WILD;
                    changed = true;
                }
            }
        }
    }
    changed
}

fn words(template: &[u32]) -> impl Iterator<Item = (usize, u32)> {
    let slots = template.iter().enumerate().filter(|(_, atom)| is_slot(**atom)).take(MAX_SLOTS);
    slots.filter(|(_, atom)| **atom >= FIRST_WORD).map(|(place, atom)| (place, *atom))
}

/// Separators at their places, and where words or wildcards are.
fn structure(template: &[u32]) -> u64 {
    let shape: Vec<u8> = template
        .iter()
        .map(|atom| if is_slot(*atom) { 0 } else { u8::try_from(*atom).unwrap_or(0) })
        .collect();
    xxh3_64(&shape)
}

/// Whether each place of these templates has many values that occur in changing company.
fn vary_freely(
    members: &[usize],
    rare: &[Vec<usize>],
    templates: &[Vec<u32>],
    dictionary: &Dictionary<'_>,
) -> bool {
    let Some(places) = members.first().and_then(|first| rare.get(*first)) else { return false };
    let mut rows: Vec<Vec<u32>> = members
        .iter()
        .filter_map(|at| templates.get(*at))
        .map(|template| places.iter().filter_map(|p| template.get(*p)).copied().collect())
        .collect();
    rows.sort_unstable();
    rows.dedup();
    if places.len() < 2 || rows.len() < MEMBERS || members.iter().any(|at| rare[*at] != *places) {
        return false;
    }
    (0..places.len()).all(|column| {
        let mut values: Vec<u32> = rows.iter().filter_map(|row| row.get(column)).copied().collect();
        values.sort_unstable();
        values.dedup();
        let named = || values.iter().all(|value| is_name(dictionary.word(*value)));
        values.len() >= VALUES && (values.len() < rows.len() || named())
    })
}
