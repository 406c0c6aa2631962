//! What is left after grouping: units that vary, empty places, lists of different lengths.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::canonical::WILDCARD;
use super::atoms::{BLANK, Dictionary, WILD};

/// Units that are there whatever the size of the value.
const PLAIN: [&str; 2] = ["B", "bytes"];

/// Sizes and times are written with the unit that suits them: where the unit of a value varies, it
/// belongs to the value. What scales one value of a statement scales the others too. `units` are bits of
/// [`super::evidence::Looks`].
pub(super) fn absorb_units(templates: &mut [Vec<u32>], dictionary: &Dictionary<'_>, units: u8) {
    let has_unit = |template: &Vec<u32>| {
        template.windows(3).any(
            |window| matches!(window, [WILD, BLANK, unit] if dictionary.looks(*unit).is(units)),
        )
    };
    if !templates.iter().any(has_unit) {
        return;
    }
    let found: Vec<(Vec<u32>, Vec<Option<u32>>)> =
        templates.iter().map(|template| without_units(template, dictionary, units)).collect();
    // For each template without units: which unit each value has, and whether it is always that one.
    let mut variants: FxHashMap<&[u32], Vec<(Option<u32>, bool)>> = FxHashMap::default();
    for (bare, own) in &found {
        match variants.get_mut(bare.as_slice()) {
            Some(seen) => {
                for (place, unit) in seen.iter_mut().zip(own) {
                    place.1 |= place.0 != *unit;
                }
            }
            None => {
                variants.insert(bare, own.iter().map(|unit| (*unit, false)).collect());
            }
        }
    }
    for (template, (bare, own)) in templates.iter_mut().zip(&found) {
        let Some(seen) = variants.get(bare.as_slice()) else { continue };
        if !seen.iter().any(|place| place.1) {
            continue;
        }
        let stays = |unit: &u32| PLAIN.contains(&dictionary.word(*unit));
        let mut kept =
            own.iter().zip(seen).map(|(unit, place)| unit.filter(|u| !place.1 && stays(u)));
        template.clear();
        for &atom in bare {
            template.push(atom);
            if atom == WILD
                && let Some(Some(unit)) = kept.next()
            {
                template.extend([BLANK, unit]);
            }
        }
    }
}

/// The template without the unit behind each wildcard, and those units.
fn without_units(
    template: &[u32],
    dictionary: &Dictionary<'_>,
    units: u8,
) -> (Vec<u32>, Vec<Option<u32>>) {
    let mut bare: Vec<u32> = Vec::with_capacity(template.len());
    let mut found = Vec::new();
    for &atom in template {
        let is_unit = dictionary.looks(atom).is(units);
        if is_unit && bare.ends_with(&[WILD, BLANK]) {
            bare.pop();
            if let Some(last) = found.last_mut() {
                *last = Some(atom);
            }
            continue;
        }
        if atom == WILD {
            found.push(None);
        }
        bare.push(atom);
    }
    (bare, found)
}

/// A template with an empty place is the same as the one that shows a value there.
pub(super) fn fill_empties(mut texts: Vec<String>) -> Vec<String> {
    const EMPTY: [(&str, &str); 6] = [
        ("()", "(<*>)"),
        ("[]", "[<*>]"),
        ("''", "'<*>'"),
        ("\"\"", "\"<*>\""),
        ("= ", "=<*> "),
        ("=,", "=<*>,"),
    ];
    let known: FxHashSet<String> = texts.iter().cloned().collect();
    for text in &mut texts {
        for (empty, filled) in EMPTY {
            if text.contains(empty) {
                let candidate = text.replace(empty, filled);
                if known.contains(&candidate) {
                    *text = candidate;
                }
            }
        }
    }
    texts
}

/// Lists of values of different lengths are one template.
pub(super) fn collapse_runs(mut texts: Vec<String>) -> Vec<String> {
    let collapsed: Vec<String> = texts.iter().map(|text| collapse(text)).collect();
    let mut lengths: FxHashMap<&str, (usize, usize)> = FxHashMap::default();
    for (short, long) in collapsed.iter().zip(&texts) {
        let range = lengths.entry(short).or_insert((usize::MAX, 0));
        *range = (range.0.min(long.len()), range.1.max(long.len()));
    }
    for (short, long) in collapsed.iter().zip(&mut texts) {
        if lengths.get(short.as_str()).is_some_and(|(least, most)| least < most) {
            long.clone_from(short);
        }
    }
    texts
}

fn collapse(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(WILDCARD) {
        let (before, after) = rest.split_at(at);
        let joins = matches!(before, " " | "," | ", " | ";" | "; " | "-" | "/")
            && short.ends_with(WILDCARD);
        if !joins {
            short.push_str(before);
            short.push_str(WILDCARD);
        }
        rest = after.strip_prefix(WILDCARD).unwrap_or_default();
    }
    short + rest
}
