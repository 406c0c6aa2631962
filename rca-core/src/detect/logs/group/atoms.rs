//! Templates as atoms: wildcards, separators and the words of a dictionary.

use rustc_hash::FxHashMap;

use super::super::canonical::WILDCARD;
use super::evidence::Looks;

/// A wildcard; separators are their own byte, words come after those.
pub(super) const WILD: u32 = 0;
pub(super) const FIRST_WORD: u32 = 256;
pub(super) const ASSIGN: u32 = b'=' as u32;
pub(super) const BLANK: u32 = b' ' as u32;
/// Longer quotations are taken apart like any text.
const MAX_QUOTED: usize = 80;

#[derive(Default)]
pub(super) struct Dictionary<'a> {
    words: Vec<&'a str>,
    /// What each word looks like, asked again and again.
    looks: Vec<Looks>,
    codes: FxHashMap<&'a str, u32>,
}

impl<'a> Dictionary<'a> {
    fn code(&mut self, word: &'a str) -> u32 {
        if let Some(&code) = self.codes.get(word) {
            return code;
        }
        let code = FIRST_WORD.saturating_add(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        self.words.push(word);
        self.looks.push(Looks::of(word));
        self.codes.insert(word, code);
        code
    }

    /// The word of a code; nothing for what is no word.
    pub(super) fn word(&self, code: u32) -> &'a str {
        place(code).and_then(|at| self.words.get(at)).copied().unwrap_or_default()
    }

    /// What a word looks like.
    pub(super) fn looks(&self, code: u32) -> Looks {
        place(code).and_then(|at| self.looks.get(at)).copied().unwrap_or_default()
    }

    /// Words known.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }
}

/// Place of a word in the dictionary; none for what is no word.
pub(super) fn place(code: u32) -> Option<usize> {
    code.checked_sub(FIRST_WORD).map(|at| at as usize)
}

/// Whether an atom may turn out to be a value.
pub(super) fn is_slot(atom: u32) -> bool {
    atom == WILD || atom >= FIRST_WORD
}

pub(super) fn separator(atom: u32) -> Option<u8> {
    u8::try_from(atom).ok().filter(|byte| *byte > 0)
}

fn is_separator(byte: u8) -> bool {
    SEPARATORS[usize::from(byte)]
}

static SEPARATORS: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &[u8] = b" =,;:()[]{}\"'<>|`";
    while let [first, others @ ..] = rest {
        table[*first as usize] = true;
        rest = others;
    }
    table
};

pub(super) fn atoms<'a>(text: &'a str, dictionary: &mut Dictionary<'a>) -> Vec<u32> {
    let mut atoms = Vec::with_capacity(text.len() / 2);
    let mut rest = text;
    while let Some(&first) = rest.as_bytes().first() {
        let glued = word_length(rest);
        if glued == WILDCARD.len() && rest.starts_with(WILDCARD) {
            atoms.push(WILD);
            rest = &rest[glued..];
        } else if glued == 0 && is_separator(first) {
            let opens = atoms.last().is_none_or(|before| *before < FIRST_WORD && *before != WILD);
            atoms.push(u32::from(first));
            rest = &rest[1..];
            let quoted = if opens { quotation(first, rest) } else { 0 };
            if quoted > 0 {
                atoms.push(dictionary.code(&rest[..quoted]));
                rest = &rest[quoted..];
            }
        } else {
            let (word, after) = rest.split_at(glued);
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

/// The length of a word, with the wildcards that are glued to it.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let wild = if rest.starts_with(WILDCARD.as_bytes()) { WILDCARD.len() } else { 0 };
        let plain = rest.iter().skip(wild).position(|byte| is_separator(*byte));
        let length = plain.map_or(rest.len(), |plain| wild + plain);
        at += length;
        // `size......7`: dots that lead to a value are no part of it.
        if length == 0 || bytes.get(..at).is_some_and(|word| word.ends_with(b"..")) {
            break;
        }
    }
    at
}

/// The length of a text of several words up to the closing sign: it is one value, blanks and all.
/// Where the text holds wildcards it is a sentence of its own.
fn quotation(opening: u8, rest: &str) -> usize {
    let closing = match opening {
        b'"' | b'\'' | b'`' => opening,
        b'[' => b']',
        _ => return 0,
    };
    let Some(end) = rest.bytes().take(MAX_QUOTED).position(|byte| byte == closing) else {
        return 0;
    };
    let Some(text) = rest.get(..end) else { return 0 };
    let closes = rest.as_bytes().get(end + 1).is_none_or(|b| is_separator(*b) || *b == b'.');
    let one = closes && text.contains(' ') && !text.contains(WILDCARD) && !text.contains('[');
    if one { end } else { 0 }
}

pub(super) fn shown(atoms: &[u32], dictionary: &Dictionary<'_>) -> String {
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
