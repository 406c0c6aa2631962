//! Text to terms.
//!
//! Made for identifiers: `db.pool.max`, `checkout-service`, `OutOfMemory` and `src/db/pool.rs` fall
//! into their parts, in consecutive positions, so that looking for the identifier is looking for a
//! phrase. A camel-case word is also kept whole (`outofmemory`). There is no stemming (prefixes do
//! that job visibly), and no stop words: "not" matters in an error.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::mechanism::words::starts_word;

/// Name under which the index knows the tokenizer. A change of behaviour needs a new schema stamp.
pub(super) const TOKENIZER: &str = "identifiers";

/// First position of everything that is not the title; titles have at most 500 characters.
pub(super) const BODY_POSITION: usize = 512;

/// Stands between the parts of an indexed text: the title, then all others.
pub(super) const PART_END: char = '\u{1e}';

/// Longer terms are cut, in the index and in queries alike.
const MAX_TERM_BYTES: usize = 64;

/// Hexadecimal terms (hashes, trace ids) are cut to this: 64 bits tell them apart, and the rest
/// would only fill the dictionary.
const MAX_HEX_BYTES: usize = 16;

/// A word that falls into more camel-case parts is random text (base64) and stays whole.
const MAX_PARTS: usize = 12;

/// Whether a text has anything to search for.
pub(super) fn has_words(text: &str) -> bool {
    text.contains(|c: char| c.is_alphanumeric())
}

/// The terms of a query text, in order; the whole forms of camel-case words are left out.
pub(super) fn query_terms(text: &str) -> Vec<String> {
    let mut words = Words::new(text);
    let mut terms = Vec::new();
    while words.advance() {
        if !words.whole {
            terms.push(words.token.text.clone());
        }
    }
    terms
}

/// Whether a term reads like the beginning of a commit hash.
pub(super) fn is_short_hash(term: &str) -> bool {
    (7..MAX_HEX_BYTES).contains(&term.len())
        && term.bytes().all(|b| b.is_ascii_hexdigit())
        && term.bytes().any(|b| b.is_ascii_digit())
        && term.bytes().any(|b| b.is_ascii_alphabetic())
}

#[derive(Debug, Clone, Default)]
pub(super) struct Identifiers;

impl Tokenizer for Identifiers {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        Words::new(text)
    }
}

/// What a byte is to words. Nearly all texts are ASCII, where a table is quicker than asking each character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Between,
    /// A lower-case letter or a digit.
    Plain,
    Capital,
    PartEnd,
    /// Of a character that is not ASCII.
    Wide,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Wide; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' | b'0'..=b'9' => Kind::Plain,
            b'A'..=b'Z' => Kind::Capital,
            _ if byte as u32 == PART_END as u32 => Kind::PartEnd,
            _ => Kind::Between,
        };
        byte += 1;
    }
    kinds
};

/// The bytes that terms begin with.
pub(super) type Firsts = [bool; 256];

/// The terms of a text, one after another.
#[derive(Debug)]
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    /// Parts of the present word still to come, last first.
    parts: Vec<(usize, usize)>,
    position: usize,
    /// Plain words that begin otherwise may be left out.
    firsts: Option<&'a Firsts>,
    pub(super) token: Token,
    /// Whether the token is the whole form of a camel-case word, beside its parts.
    pub(super) whole: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            parts: Vec::new(),
            position: 0,
            firsts: None,
            token: Token { position: 0, ..Token::default() },
            whole: false,
        }
    }

    /// Without words that can't be one of those looked for: most of a text.
    pub(super) fn beginning(text: &'a str, firsts: &'a Firsts) -> Self {
        Self { firsts: Some(firsts), ..Self::new(text) }
    }

    /// The next word, and whether it is plain.
    fn next_word(&mut self) -> Option<(usize, usize, bool)> {
        let bytes = self.text.as_bytes();
        let start = loop {
            match KINDS[usize::from(*bytes.get(self.at)?)] {
                Kind::Plain | Kind::Capital => break self.at,
                Kind::Between => self.at += 1,
                Kind::PartEnd => {
                    self.position = (self.position + 1).max(BODY_POSITION);
                    self.at += 1;
                }
                Kind::Wide => match wide_at(self.text, self.at) {
                    (true, _) => break self.at,
                    (false, bytes) => self.at += bytes,
                },
            }
        };
        let mut plain = true;
        while let Some(byte) = bytes.get(self.at) {
            match KINDS[usize::from(*byte)] {
                Kind::Plain => self.at += 1,
                Kind::Capital => {
                    plain = false;
                    self.at += 1;
                }
                Kind::Between | Kind::PartEnd => break,
                Kind::Wide => {
                    let (true, bytes) = wide_at(self.text, self.at) else { break };
                    plain = false;
                    self.at += bytes;
                }
            }
        }
        Some((start, self.at, plain))
    }

    fn split(&mut self, start: usize, end: usize) {
        self.parts.clear();
        let word = &self.text[start..end];
        let mut from = start;
        let mut before: Option<char> = None;
        let mut chars = word.char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            let after = chars.peek().map(|(_, c)| *c);
            if before.is_some_and(|before| is_boundary(before, c, after)) {
                self.parts.push((from, start + offset));
                from = start + offset;
            }
            before = Some(c);
        }
        self.parts.push((from, end));
        let ideographs = self.parts.len() > 1 && word.chars().any(is_ideograph);
        if self.parts.len() > MAX_PARTS && !ideographs {
            self.parts.clear();
            self.parts.push((start, end));
        }
        self.parts.reverse();
    }

    fn place(&mut self, from: usize, to: usize) {
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.position = self.position;
        self.token.text.clear();
    }

    fn shorten_hex(&mut self) {
        let text = &mut self.token.text;
        if text.len() > MAX_HEX_BYTES && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            text.truncate(MAX_HEX_BYTES);
        }
    }

    fn emit(&mut self, from: usize, to: usize) {
        self.place(from, to);
        let source = &self.text[from..to];
        if source.is_ascii() {
            let cut = &source[..source.len().min(MAX_TERM_BYTES)];
            self.token.text.push_str(cut);
            self.token.text.make_ascii_lowercase();
            self.shorten_hex();
        } else {
            for c in source.chars().flat_map(char::to_lowercase) {
                if self.token.text.len() + c.len_utf8() > MAX_TERM_BYTES {
                    break;
                }
                self.token.text.push(c);
            }
        }
    }
}

/// Whether a word may have the character that begins at an offset, and its bytes.
fn wide_at(text: &str, at: usize) -> (bool, usize) {
    let sign = text[at..].chars().next();
    sign.map_or((false, 1), |sign| (sign.is_alphanumeric(), sign.len_utf8()))
}

impl TokenStream for Words<'_> {
    fn advance(&mut self) -> bool {
        if let Some((from, to)) = self.parts.pop() {
            self.whole = false;
            self.emit(from, to);
            self.position += 1;
            return true;
        }
        let (start, end) = loop {
            match self.next_word() {
                None => return false,
                Some((start, end, true)) => {
                    if self.firsts.is_none_or(|all| all[usize::from(self.text.as_bytes()[start])]) {
                        self.whole = false;
                        self.place(start, end);
                        self.token
                            .text
                            .push_str(&self.text[start..end.min(start + MAX_TERM_BYTES)]);
                        self.shorten_hex();
                        self.position += 1;
                        return true;
                    }
                    self.position += 1;
                }
                Some((start, end, false)) => break (start, end),
            }
        };
        self.split(start, end);
        if self.parts.len() > 1 && !self.text[start..end].chars().any(is_ideograph) {
            self.whole = true;
            self.emit(start, end);
            return true;
        }
        self.advance()
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Whether a new part begins at `c`: a word of an identifier, or a character of a script without spaces.
fn is_boundary(before: char, c: char, after: Option<char>) -> bool {
    is_ideograph(before) || is_ideograph(c) || starts_word(before, c, after)
}

/// Scripts without spaces between words: each character is a term, words are phrases of them.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af
        | 0xf900..=0xfaff | 0x20000..=0x3134f)
}
