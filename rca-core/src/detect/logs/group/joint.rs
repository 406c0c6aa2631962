//! Templates in which several words vary at once.
//!
//! Among templates of one structure, a word that belongs to the statement is in all that come from it,
//! a value only in some. So the words with far less support than the best supported word of the same
//! template are candidates (the observation behind Brain, Yu et al. 2023, here on distinct templates
//! rather than lines). They are taken for values when the same rest occurs with many different ones,
//! in changing company: words that always occur together are a phrase, not two values.

use super::atoms::{Dictionary, WILD, is_slot, place};
use super::{MAX_SLOTS, Template, mixed, place_hash};

/// Templates of one statement before several words are looked at together.
const MEMBERS: usize = 6;
/// Different values that each of the places needs.
const VALUES: usize = 3;
/// A value has at most one in so many of the support of the words around it.
const RARE: u32 = 3;
/// Places that may open at once.
const MOST: u32 = 4;

/// One bit for each of the first slots of a template.
type Slots = u64;
const _: () = assert!(MAX_SLOTS <= Slots::BITS as usize);

/// Opens the places of such templates, which are all different. Says whether it did.
pub(super) fn open(templates: &mut [Template], dictionary: &Dictionary<'_>) -> bool {
    let mut order: Vec<(u64, usize)> =
        templates.iter().enumerate().map(|(at, template)| (structure(template), at)).collect();
    order.sort_unstable();
    let mut counts = vec![0u32; dictionary.len()];
    let mut changed = false;
    for list in order.chunk_by(|a, b| a.0 == b.0) {
        // Without so many templates no word has so much support.
        if list.len() >= MEMBERS {
            let members: Vec<usize> = list.iter().map(|(_, at)| *at).collect();
            changed |= open_structure(&members, templates, dictionary, &mut counts);
        }
    }
    changed
}

/// The same for templates of one structure, so that each place is a slot in all or in none.
fn open_structure(
    members: &[usize],
    templates: &mut [Template],
    dictionary: &Dictionary<'_>,
    counts: &mut [u32],
) -> bool {
    let Some(first) = members.first().and_then(|first| templates.get(*first)) else { return false };
    let places: Vec<usize> =
        first.iter().enumerate().filter(|(_, a)| is_slot(**a)).map(|(at, _)| at).collect();
    let places = places.get(..MAX_SLOTS.min(places.len())).unwrap_or_default();
    let support = support(members, places, templates, counts);
    let columns = || support.chunks_exact(members.len());
    // The best supported word of each template.
    let mut best = vec![0u32; members.len()];
    for column in columns() {
        for (best, count) in best.iter_mut().zip(column) {
            *best = (*best).max(*count);
        }
    }
    if best.iter().all(|best| (*best as usize) < MEMBERS) {
        return false;
    }
    let mut words = vec![0u32; members.len()];
    let mut rare: Vec<Slots> = vec![0; members.len()];
    for (slot, column) in columns().enumerate() {
        for (member, count) in column.iter().enumerate().filter(|(_, count)| **count > 0) {
            words[member] += 1;
            rare[member] |= Slots::from(count * RARE <= best[member]) << slot;
        }
    }
    let mut signatures: Vec<(u64, usize)> = Vec::new();
    for (member, rare) in rare.iter().enumerate() {
        let opened = rare.count_ones();
        let kept = words[member] - opened;
        let enough = best[member] as usize >= MEMBERS;
        if !enough || opened == 0 || opened > MOST || kept < 2 || kept < opened {
            continue;
        }
        let mut slot = 0;
        let template = templates.get(members[member]);
        let kept = (0u32..).zip(template.into_iter().flatten()).fold(0u64, |sum, (at, atom)| {
            let open = is_slot(*atom) && rare.checked_shr(slot).unwrap_or(0) & 1 == 1;
            slot += u32::from(is_slot(*atom));
            sum.wrapping_add(place_hash(at, if open { WILD } else { *atom }))
        });
        signatures.push((kept, member));
    }
    signatures.sort_unstable();
    let mut changed = false;
    for list in signatures.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(_, first)) = list.first() else { continue };
        let same = rare[first];
        let same_places = list.iter().all(|(_, member)| rare[*member] == same);
        let opened: Vec<usize> = places
            .iter()
            .enumerate()
            .filter(|(slot, _)| same >> slot & 1 == 1)
            .map(|(_, at)| *at)
            .collect();
        let group: Vec<usize> = list.iter().map(|(_, member)| members[*member]).collect();
        if same_places && vary_freely(&group, &opened, templates, dictionary) {
            for at in group {
                for place in &opened {
                    if let Some(atom) = templates.get_mut(at).and_then(|t| t.get_mut(*place)) {
                        *atom = WILD;
                        changed = true;
                    }
                }
            }
        }
    }
    changed
}

/// For each place and, below that, each template: how many of the templates have the same word there; 0
/// where there is none. `counts` has room for every word, and is all zeros before and afterwards.
fn support(
    members: &[usize],
    places: &[usize],
    templates: &[Template],
    counts: &mut [u32],
) -> Vec<u32> {
    let mut support: Vec<u32> = Vec::with_capacity(places.len() * members.len());
    let mut column: Vec<usize> = Vec::with_capacity(members.len());
    for &at in places {
        let atoms = members.iter().map(|member| templates.get(*member).and_then(|t| t.get(at)));
        column.clear();
        column.extend(atoms.map(|atom| atom.and_then(|atom| place(*atom)).unwrap_or(usize::MAX)));
        for word in &column {
            if let Some(count) = counts.get_mut(*word) {
                *count += 1;
            }
        }
        support.extend(column.iter().map(|word| counts.get(*word).copied().unwrap_or(0)));
        for word in &column {
            if let Some(count) = counts.get_mut(*word) {
                *count = 0;
            }
        }
    }
    support
}

/// Separators at their places, and where words or wildcards are.
fn structure(template: &[u32]) -> u64 {
    let mut hash = template.len() as u64;
    for atom in template {
        let shape = if is_slot(*atom) { 0 } else { u64::from(*atom) };
        hash = mixed(hash ^ shape);
    }
    hash
}

/// Whether each place of these templates has many values that occur in changing company.
fn vary_freely(
    members: &[usize],
    places: &[usize],
    templates: &[Template],
    dictionary: &Dictionary<'_>,
) -> bool {
    if places.len() < 2 || members.len() < MEMBERS {
        return false;
    }
    let mut rows: Vec<Vec<u32>> = members
        .iter()
        .filter_map(|at| templates.get(*at))
        .map(|template| places.iter().filter_map(|p| template.get(*p)).copied().collect())
        .collect();
    rows.sort_unstable();
    rows.dedup();
    if rows.len() < MEMBERS {
        return false;
    }
    (0..places.len()).all(|column| {
        let mut values: Vec<u32> = rows.iter().filter_map(|row| row.get(column)).copied().collect();
        values.sort_unstable();
        values.dedup();
        let named = || values.iter().all(|value| dictionary.looks(*value).is_name());
        values.len() >= VALUES && (values.len() < rows.len() || named())
    })
}
