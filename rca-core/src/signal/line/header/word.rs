//! One word of a header: where it ends, what it is made of, whether it can be a name.

/// What bytes a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const UPPER: u8 = 1;
    pub(super) const LOWER: u8 = 2;
    pub(super) const LETTERS: u8 = Self::UPPER | Self::LOWER;
    const DIGIT: u8 = 4;
    /// What else stands in names of files, classes and programs.
    const SIGN: u8 = 8;
    const COLON: u8 = 16;
    const OTHER: u8 = 32;

    pub(super) fn of(word: &str) -> Self {
        Self(word.bytes().fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)]))
    }

    /// Whether there are no other kinds than these.
    pub(super) fn only(self, kinds: u8) -> bool {
        self.0 & !kinds == 0
    }

    /// Whether there are all of these.
    pub(super) fn all(self, kinds: u8) -> bool {
        self.0 & kinds == kinds
    }
}

static KINDS: [u8; 256] = {
    let mut table = [Kinds::OTHER; 256];
    let mut byte = u8::MIN;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'A'..=b'Z' => Kinds::UPPER,
            b'a'..=b'z' => Kinds::LOWER,
            b'0'..=b'9' => Kinds::DIGIT,
            b'.' | b'_' | b'-' | b'$' | b'/' => Kinds::SIGN,
            b':' => Kinds::COLON,
            _ => Kinds::OTHER,
        };
        byte += 1;
    }
    table
};

/// Where the first blank, tabulator or `other` byte is, eight bytes at a time: words are too short for
/// a call into a vectorised search to pay.
pub(super) fn word_end(rest: &[u8], other: u8) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    // The lowest bit set marks the first byte that is zero (Mycroft 1987).
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let mut at = 0;
    while let Some(chunk) = rest.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let ends = zeros(word ^ (ONES * u64::from(b' ')))
            | zeros(word ^ (ONES * u64::from(b'\t')))
            | zeros(word ^ (ONES * u64::from(other)));
        if ends != 0 {
            return at + ends.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = rest.get(at..).unwrap_or_default();
    at + tail.iter().take_while(|b| !(matches!(b, b' ' | b'\t') || **b == other)).count()
}

/// The first word, whatever white space there is around it.
pub(super) fn first_word(text: &str) -> &str {
    let white = |b: &u8| matches!(b, b'\t'..=b'\r' | b' ');
    let bytes = text.as_bytes();
    let start = bytes.iter().take_while(|b| white(b)).count();
    let word = bytes.iter().skip(start).take_while(|b| !white(b) && b.is_ascii()).count();
    match bytes.get(start + word) {
        Some(next) if !next.is_ascii() => text.split_whitespace().next().unwrap_or_default(),
        _ => text.get(start..start + word).unwrap_or_default(),
    }
}

/// A word without the signs that programs put around levels and times.
pub(super) fn trim(word: &str) -> &str {
    let sign = |b: &u8| matches!(b, b'[' | b']' | b'<' | b'>' | b'(' | b')' | b':' | b',' | b'*');
    let bytes = word.as_bytes();
    let start = bytes.iter().take_while(|b| sign(b)).count();
    let end = bytes.iter().rev().take_while(|b| sign(b)).count();
    word.get(start..word.len() - end).unwrap_or_default()
}

/// Letters, digits and a few signs; colons in pairs.
pub(super) fn is_plain_name(word: &str) -> bool {
    const PLAIN: u8 = Kinds::LETTERS | Kinds::DIGIT | Kinds::SIGN;
    let kinds = Kinds::of(word);
    let paired =
        || word.as_bytes().chunk_by(|a, b| a == b).all(|run| run[0] != b':' || run.len() % 2 == 0);
    !word.is_empty() && (kinds.only(PLAIN) || kinds.only(PLAIN | Kinds::COLON) && paired())
}

/// Dotted, inner-class or camel-case names.
pub(super) fn is_logger(word: &str) -> bool {
    let [first, others @ ..] = word.as_bytes() else { return false };
    let telling = |b: &u8| matches!(b, b'.' | b'$' | b':') || b.is_ascii_uppercase();
    word.len() > 2
        && first.is_ascii_alphabetic()
        && !word.ends_with('.')
        && others.iter().any(telling)
        && is_plain_name(word)
}
