//! Which skeletons are one template: a pure function of the set of skeletons and their counts.
//!
//! Skeletons already have numbers, paths and identifiers masked. What is left to find are variables
//! that look like words. Templates of the same structure (same separators at the same places) that
//! differ in one word only are candidates; the word is taken for a variable when it stands where
//! values stand (after `=`, in quotes, after a noun that announces a name), when it looks like an
//! identifier, or when it takes so many different forms that it can't be language. Candidates are
//! found by hashing each template with one word left out, so the work is linear in the input.

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::xxh3_64;

use super::canonical::WILDCARD;

/// So many different words in one place are no longer language.
const MANY_WORDS: usize = 12;
/// So many different dotted names in one place are values.
const MANY_NAMES: usize = 6;
/// Fewer members of an enumeration in one place are states worth telling apart.
const FEW_STATES: usize = 4;
/// So many different names of things behind a colon are values.
const FEW_NAMES: usize = 3;
/// Slots looked at in one template; what is longer is a dump, and memory has to stay bounded.
const MAX_SLOTS: usize = 64;
/// Passes over the templates; each can open one more variable per template.
const PASSES: usize = 6;

/// Atoms of a template: a wildcard, a separator byte, or a word of the dictionary.
const WILD: u32 = 0;
const FIRST_WORD: u32 = 256;
const ASSIGN: u32 = b'=' as u32;

#[derive(Default)]
struct Dictionary<'a> {
    words: Vec<&'a str>,
    codes: FxHashMap<&'a str, u32>,
}

impl<'a> Dictionary<'a> {
    fn code(&mut self, word: &'a str) -> u32 {
        if let Some(&code) = self.codes.get(word) {
            return code;
        }
        let code = FIRST_WORD.saturating_add(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        self.words.push(word);
        self.codes.insert(word, code);
        code
    }

    fn word(&self, code: u32) -> &'a str {
        let at = code.checked_sub(FIRST_WORD).map(|at| at as usize);
        at.and_then(|at| self.words.get(at)).copied().unwrap_or_default()
    }
}

/// The final template text for each input text, in the same order.
///
/// `texts` holds canonical texts with their line counts; order does not matter for the result.
pub(super) fn group(texts: &[(String, u64)]) -> Vec<String> {
    let mut dictionary = Dictionary::default();
    let mut templates: Vec<Vec<u32>> =
        texts.iter().map(|(text, _)| atoms(text, &mut dictionary)).collect();
    let mut values = announced(&templates, &dictionary);
    for _ in 0..PASSES {
        if !merge_pass(&mut templates, &dictionary, &mut values) {
            break;
        }
    }
    absorb_units(&mut templates, &dictionary, &SIZES);
    absorb_units(&mut templates, &dictionary, &TIMES);
    let merged: Vec<String> = templates.iter().map(|t| shown(t, &dictionary)).collect();
    collapse_runs(fill_empties(merged))
}

fn is_separator(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'='
            | b','
            | b';'
            | b':'
            | b'('
            | b')'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'"'
            | b'\''
            | b'<'
            | b'>'
            | b'|'
            | b'`'
    )
}

fn atoms<'a>(text: &'a str, dictionary: &mut Dictionary<'a>) -> Vec<u32> {
    let mut atoms = Vec::new();
    let mut rest = text;
    while let Some(&first) = rest.as_bytes().first() {
        if let Some(after) = rest.strip_prefix(WILDCARD) {
            atoms.push(WILD);
            rest = after;
        } else if is_separator(first) {
            atoms.push(u32::from(first));
            rest = &rest[1..];
            // `key="some text"`: one value, blanks and all.
            let assigned = first == b'"' && atoms.len() > 1 && atoms[atoms.len() - 2] == ASSIGN;
            if assigned
                && let Some(end) = rest.find('"')
                && end > 0
                && rest[..end].contains(' ')
            {
                atoms.push(dictionary.code(&rest[..end]));
                rest = &rest[end..];
            }
        } else {
            let end = rest.bytes().position(is_separator).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            // A full stop ends a sentence, it is not part of the word.
            let bare = word.trim_end_matches('.');
            if !bare.is_empty() && bare.len() < word.len() {
                atoms.push(dictionary.code(bare));
                atoms.push(dictionary.code(&word[bare.len()..]));
            } else {
                atoms.push(dictionary.code(word));
            }
            rest = after;
        }
    }
    atoms
}

fn shown(atoms: &[u32], dictionary: &Dictionary<'_>) -> String {
    let mut text = String::new();
    for &atom in atoms {
        match u8::try_from(atom) {
            Ok(0) if text.ends_with(WILDCARD) => {}
            Ok(0) => text.push_str(WILDCARD),
            Ok(byte) => text.push(char::from(byte)),
            Err(_) => text.push_str(dictionary.word(atom)),
        }
    }
    text
}

/// Sizes and times are written with the unit that suits them: where the unit of one value varies, all
/// such units of that template belong to their values.
fn absorb_units(templates: &mut [Vec<u32>], dictionary: &Dictionary<'_>, units: &[&str]) {
    let bare: Vec<Vec<u32>> =
        templates.iter().map(|template| without_units(template, dictionary, units)).collect();
    let mut variants: FxHashMap<&[u32], (&[u32], bool)> = FxHashMap::default();
    for (bare, template) in bare.iter().zip(templates.iter()) {
        let (first, varies) = variants.entry(bare).or_insert((template, false));
        *varies |= first != template;
    }
    let varies: Vec<bool> =
        bare.iter().map(|bare| variants.get(bare.as_slice()).is_some_and(|v| v.1)).collect();
    drop(variants);
    for ((template, bare), varies) in templates.iter_mut().zip(bare).zip(varies) {
        if varies {
            *template = bare;
        }
    }
}

/// The template without blank and unit after each wildcard.
fn without_units(template: &[u32], dictionary: &Dictionary<'_>, units: &[&str]) -> Vec<u32> {
    let mut bare: Vec<u32> = Vec::with_capacity(template.len());
    for &atom in template {
        let is_unit = atom >= FIRST_WORD && units.contains(&dictionary.word(atom));
        if is_unit && bare.ends_with(&[WILD, u32::from(b' ')]) {
            bare.pop();
        } else {
            bare.push(atom);
        }
    }
    bare
}

const SIZES: [&str; 13] =
    ["B", "bytes", "k", "kB", "KB", "KiB", "M", "MB", "MiB", "GB", "GiB", "TB", "TiB"];
const TIMES: [&str; 17] = [
    "ns", "us", "µs", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minutes",
    "h", "hours", "d", "days",
];

/// A template with one slot left out: the slot, a hash of the rest, which template.
type Candidate = (usize, u64, usize);
/// In place of a slot: all names are left out.
const NAMES: usize = usize::MAX;

fn is_slot(atom: u32) -> bool {
    atom == WILD || atom >= FIRST_WORD
}

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

/// Whether the words seen at a place are values rather than language.
fn is_variable(
    template: &[u32],
    place: usize,
    values: &[u32],
    dictionary: &Dictionary<'_>,
) -> bool {
    let separator = |at: Option<usize>| {
        let atom = at.and_then(|at| template.get(at)).copied();
        atom.and_then(|atom| u8::try_from(atom).ok()).filter(|byte| *byte > 0)
    };
    let before = separator(place.checked_sub(1));
    let after = separator(place.checked_add(1));
    let constant =
        template.iter().enumerate().filter(|(p, a)| *p != place && **a >= FIRST_WORD).count();
    if constant == 0 {
        return false;
    }
    let words: Vec<&str> =
        values.iter().filter(|v| **v != WILD).map(|v| dictionary.word(*v)).collect();
    let masked = values.contains(&WILD);
    let enumerated = words.iter().all(|w| is_constant_name(w));
    let slot = match (before, after) {
        (Some(b'='), _) => true,
        (Some(a @ (b'"' | b'\'' | b'`')), Some(b)) => a == b,
        (Some(b' '), _) => {
            place
                .checked_sub(2)
                .and_then(|at| template.get(at))
                .is_some_and(|atom| announces_a_name(dictionary.word(*atom)))
                && !words.iter().any(|word| is_language(word))
        }
        _ => false,
    };
    if slot && (masked || !enumerated || words.len() >= FEW_STATES) {
        return true;
    }
    if masked && words.iter().all(|w| is_name(w)) {
        return true;
    }
    if words.iter().all(|w| is_numbered(w)) {
        return true;
    }
    let named = words.iter().filter(|w| is_name(w)).count();
    let labelled = before == Some(b' ')
        && place.checked_sub(2).and_then(|at| template.get(at)) == Some(&u32::from(b':'));
    let faults = words.iter().any(|w| w.ends_with("Exception") || w.ends_with("Error"));
    if labelled && !faults && named >= FEW_NAMES && named == words.len() {
        return true;
    }
    named >= MANY_NAMES && named * 2 > words.len() || words.len() >= MANY_WORDS
}

/// Words that some template has where a name is announced: `user ann`, `user=ann`.
fn announced(templates: &[Vec<u32>], dictionary: &Dictionary<'_>) -> FxHashSet<u32> {
    let mut names = FxHashSet::default();
    for template in templates {
        for window in template.windows(3) {
            if let [noun, separator, name] = *window
                && (separator == ASSIGN || separator == u32::from(b' '))
                && name >= FIRST_WORD
                && announces_a_name(dictionary.word(noun))
                && !is_language(dictionary.word(name))
            {
                names.insert(name);
            }
        }
    }
    names
}

/// Words that follow a noun in a sentence and so are no name: `file not found`, `host down`.
fn is_language(word: &str) -> bool {
    const WORDS: [&str; 44] = [
        "a", "alive", "already", "and", "are", "as", "at", "be", "by", "can", "dead", "did",
        "does", "down", "for", "found", "from", "full", "had", "has", "in", "is", "lost", "name",
        "no", "not", "of", "offline", "ok", "on", "online", "or", "quota", "ready", "system",
        "the", "to", "unknown", "up", "valid", "was", "were", "will", "with",
    ];
    WORDS.binary_search(&word).is_ok()
        || ["ed", "ing", "able", "ly"].iter().any(|ending| word.ends_with(ending))
}

/// Nouns after which programs write a name.
fn announces_a_name(word: &str) -> bool {
    const NOUNS: [&str; 12] = [
        "user", "host", "hostname", "username", "file", "node", "account", "path", "name",
        "domain", "database", "table",
    ];
    NOUNS.iter().any(|noun| noun.eq_ignore_ascii_case(word))
}

/// Names of things rather than words of a language: digits, inner dots, mixed with underscores.
fn is_name(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| c.is_ascii_punctuation());
    !is_constant_name(word)
        && (inner.contains(['.', '_', '@', '\\', '$']) || inner.bytes().any(|b| b.is_ascii_digit()))
}

/// Words that differ only in their digits are numbered copies of one thing.
fn is_numbered(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit())
}

/// `STATE_DONE`, `OK`: members of an enumeration carry meaning.
fn is_constant_name(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'))
}

/// A template with an empty place is the same as the one that shows a value there.
fn fill_empties(mut texts: Vec<String>) -> Vec<String> {
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
fn collapse_runs(mut texts: Vec<String>) -> Vec<String> {
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
        let joins = matches!(before, " " | "," | ", " | ";" | "; ") && short.ends_with(WILDCARD);
        if !joins {
            short.push_str(before);
            short.push_str(WILDCARD);
        }
        rest = after.strip_prefix(WILDCARD).unwrap_or_default();
    }
    short + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(texts: &[&str]) -> Vec<String> {
        let input: Vec<_> = texts.iter().map(|t| ((*t).to_owned(), 1)).collect();
        let mut found = group(&input);
        found.sort();
        found.dedup();
        found
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
        assert_eq!(grouped(&["from a () in", "from a (<*>) in"]), ["from a (<*>) in"]);
    }
}
