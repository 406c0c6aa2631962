//! Reasons of any length: what follows a fault and a colon, up to the end.
//!
//! `could not save <*>: disk full` ends in a text that came from elsewhere. When the same beginning is
//! seen with many endings, the ending is a value, however many words it has.

use super::Template;
use super::atoms::{BLANK, Dictionary, FIRST_WORD, WILD};

/// Different endings that make them a value.
const MANY_TAILS: usize = 5;
/// Words of a beginning that says what went wrong, and of any other.
const FAULT_WORDS: usize = 2;
const OTHER_WORDS: usize = 4;
const COLON: u32 = b':' as u32;

/// Replaces such endings by a wildcard. Says whether it did.
pub(super) fn open(templates: &mut [Template], dictionary: &Dictionary<'_>) -> bool {
    let lengths: Vec<(usize, usize)> = templates
        .iter()
        .enumerate()
        .filter_map(|(at, template)| Some((at, head(template, dictionary)?)))
        .collect();
    let mut heads: Vec<(&[u32], usize)> = lengths
        .iter()
        .filter_map(|&(at, length)| Some((templates.get(at)?.get(..length)?, at)))
        .collect();
    heads.sort_unstable();
    let mut opened: Vec<(usize, usize)> = Vec::new();
    for list in heads.chunk_by(|a, b| a.0 == b.0) {
        let length = list.first().map_or(0, |(head, _)| head.len());
        let mut tails: Vec<&[u32]> =
            list.iter().filter_map(|(_, at)| templates.get(*at)?.get(length..)).collect();
        tails.sort_unstable();
        tails.dedup();
        if tails.len() >= MANY_TAILS {
            opened.extend(list.iter().map(|(_, at)| (*at, length)));
        }
    }
    let mut changed = false;
    for (at, length) in opened {
        if let Some(template) = templates.get_mut(at) {
            changed |= template.get(length..) != Some(&[WILD]);
            template.truncate(length);
            template.push(WILD);
        }
    }
    changed
}

/// Where the ending begins: behind the last colon and blank outside of brackets, when enough stands
/// before it.
fn head(template: &[u32], dictionary: &Dictionary<'_>) -> Option<usize> {
    let mut depth = 0usize;
    let mut words = 0;
    for (at, &atom) in template.iter().enumerate() {
        match u8::try_from(atom) {
            Ok(b'(' | b'[' | b'{') => depth += 1,
            Ok(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        words += usize::from(atom >= FIRST_WORD);
        let splits = atom == COLON && depth == 0 && template.get(at + 1) == Some(&BLANK);
        if !splits || words < FAULT_WORDS {
            continue;
        }
        // Asked late: most templates have no such colon, and many words before it need no fault among them.
        let mut before = template.iter().take(at).filter(|atom| **atom >= FIRST_WORD);
        if words >= OTHER_WORDS || before.any(|atom| is_fault(dictionary.word(*atom))) {
            return Some(at + 2).filter(|length| *length < template.len());
        }
    }
    None
}

/// Words that announce a reason.
fn is_fault(word: &str) -> bool {
    const STEMS: [&str; 14] = [
        "abort",
        "because",
        "broken",
        "cannot",
        "cause",
        "couldn't",
        "denied",
        "error",
        "exception",
        "fail",
        "invalid",
        "reason",
        "refuse",
        "unable",
    ];
    let lower = word.to_ascii_lowercase();
    STEMS.iter().any(|stem| lower.contains(stem))
}
