//! Whether the words seen in one place of a template are values, or language.
//!
//! What counts: where the place stands (behind `=`, in quotes, after a noun that announces a name, behind
//! a colon), what the words look like (identifiers rather than language), and how many different ones
//! there are. The better the first two, the fewer are asked for.

use super::super::canonical::WILDCARD;
use super::atoms::{ASSIGN, BLANK, Dictionary, FIRST_WORD, WILD, separator};

const SIZES: [&str; 13] =
    ["B", "bytes", "k", "kB", "KB", "KiB", "M", "MB", "MiB", "GB", "GiB", "TB", "TiB"];
const TIMES: [&str; 17] = [
    "ns", "us", "µs", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minutes",
    "h", "hours", "d", "days",
];
/// So many different words in one place are no longer language.
const MANY_WORDS: usize = 5;
/// So many different names where a sentence begins.
const MANY_NAMES: usize = 6;
/// The same where a sentence begins: what it is about is language more often than not.
const MANY_SUBJECTS: usize = 10;
/// So many different words where values are often written.
const SOME_WORDS: usize = 4;
/// So many different names of things where values are often written.
const FEW_WORDS: usize = 3;

/// What a word looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Looks(u8);

impl Looks {
    /// Names of things rather than words of a language.
    const NAME: u8 = 1;
    /// Holds a digit or a wildcard.
    const NUMBERED: u8 = 2;
    /// Members of an enumeration.
    const STATE: u8 = 4;
    /// Announces what went wrong.
    const FAULT: u8 = 8;
    /// Follows a noun in a sentence.
    const LANGUAGE: u8 = 16;
    /// A noun after which programs write a name.
    const NOUN: u8 = 32;
    /// Units of sizes and of times.
    pub(super) const SIZE: u8 = 64;
    pub(super) const TIME: u8 = 128;

    pub(super) fn of(word: &str) -> Self {
        let wild = word.contains(WILDCARD);
        let digit = word.bytes().any(|b| b.is_ascii_digit());
        let state = is_constant_name(word);
        let fault = word.ends_with("Exception") || word.ends_with("Error");
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        Self(
            bit(!state && looks_named(word, wild), Self::NAME)
                | bit(wild || digit, Self::NUMBERED)
                | bit(state, Self::STATE)
                | bit(fault, Self::FAULT)
                | bit(is_language(word), Self::LANGUAGE)
                | bit(announces_a_name(word), Self::NOUN)
                | bit(SIZES.contains(&word), Self::SIZE)
                | bit(TIMES.contains(&word), Self::TIME),
        )
    }

    /// Whether it looks like one of these.
    pub(super) fn is(self, bits: u8) -> bool {
        self.0 & bits != 0
    }

    /// Names of things rather than words of a language: digits, inner dots or capitals, underscores.
    pub(super) fn is_name(self) -> bool {
        self.is(Self::NAME)
    }
}

/// What the words of one place look like, taken together.
struct Words {
    looks: Vec<Looks>,
    /// Some lines have a masked value there.
    masked: bool,
}

impl Words {
    fn all(&self, bit: u8) -> bool {
        self.looks.iter().all(|looks| looks.is(bit))
    }

    fn any(&self, bit: u8) -> bool {
        self.looks.iter().any(|looks| looks.is(bit))
    }
}

/// Where in the template the place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Behind `=`, in quotes, or after a noun that always announces a name: made for values.
    Value,
    /// Behind a colon at the end of its part, before a bracket, after other nouns and prepositions.
    Likely,
    /// Where the sentence begins.
    Subject,
    /// Anywhere else.
    Text,
}

/// Whether these words, all seen in this place, are values.
pub(super) fn is_variable(
    template: &[u32],
    place: usize,
    values: &[u32],
    dictionary: &Dictionary<'_>,
) -> bool {
    let constant = template.iter().enumerate().any(|(p, a)| p != place && *a >= FIRST_WORD);
    if !constant {
        return false;
    }
    let found = Words {
        looks: values.iter().filter(|v| **v != WILD).map(|v| dictionary.looks(*v)).collect(),
        masked: values.contains(&WILD),
    };
    let count = found.looks.len();
    // Words that differ only in their digits are numbered copies of one thing.
    if found.all(Looks::NUMBERED) || found.masked && found.all(Looks::NAME) {
        return true;
    }
    let states = found.all(Looks::STATE);
    let faults = found.any(Looks::FAULT);
    let named = found.looks.iter().filter(|looks| looks.is_name()).count();
    match position(template, place, dictionary, &found) {
        Position::Value => found.masked || !states || count >= SOME_WORDS,
        Position::Likely if named == count && !faults => count >= FEW_WORDS,
        Position::Likely => count >= SOME_WORDS && !states,
        Position::Text if named == count && !faults => count >= SOME_WORDS,
        Position::Text => count >= MANY_WORDS,
        Position::Subject if named * 2 > count => count >= MANY_NAMES,
        Position::Subject => count >= MANY_SUBJECTS,
    }
}

fn position(
    template: &[u32],
    place: usize,
    dictionary: &Dictionary<'_>,
    found: &Words,
) -> Position {
    let atom = |at: Option<usize>| at.and_then(|at| template.get(at)).copied();
    let before = atom(place.checked_sub(1)).and_then(separator);
    let after = atom(place.checked_add(1)).and_then(separator);
    let ends = atom(place.checked_add(1)).is_none_or(|a| matches!(separator(a), Some(b',' | b';')))
        || dictionary.word(atom(place.checked_add(1)).unwrap_or_default()) == ".";
    match (before, after) {
        (Some(b'='), _) => return Position::Value,
        (Some(a @ (b'"' | b'\'' | b'`')), Some(b)) if a == b => return Position::Value,
        // `name(7)`, `name[7]`
        (_, Some(b'(' | b'[')) if atom(place.checked_add(2)) == Some(WILD) => {
            return Position::Likely;
        }
        (None, _) => return Position::Subject,
        _ => {}
    }
    let leading = atom(place.checked_sub(2)).unwrap_or_default();
    if before == Some(b' ') && !found.any(Looks::LANGUAGE) {
        if dictionary.looks(leading).is(Looks::NOUN) {
            return Position::Value;
        }
        if may_announce_a_name(dictionary.word(leading)) || separator(leading) == Some(b':') && ends
        {
            return Position::Likely;
        }
    }
    if before == Some(b':') && ends { Position::Likely } else { Position::Text }
}

/// Words that some template has where a name is announced: `user ann`, `user=ann`.
pub(super) fn announced(
    templates: &[Vec<u32>],
    dictionary: &Dictionary<'_>,
) -> impl Iterator<Item = u32> {
    templates.iter().flat_map(|template| template.windows(3)).filter_map(|window| {
        let [noun, separator, name] = *window else { return None };
        let announced = (separator == ASSIGN || separator == BLANK)
            && name >= FIRST_WORD
            && dictionary.looks(noun).is(Looks::NOUN)
            && !dictionary.looks(name).is(Looks::LANGUAGE);
        announced.then_some(name)
    })
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

/// Nouns and prepositions after which they often do.
fn may_announce_a_name(word: &str) -> bool {
    const WORDS: [&str; 48] = [
        "action",
        "attribute",
        "by",
        "channel",
        "class",
        "client",
        "cluster",
        "command",
        "component",
        "container",
        "device",
        "disk",
        "driver",
        "event",
        "feature",
        "field",
        "for",
        "from",
        "function",
        "group",
        "image",
        "interface",
        "into",
        "key",
        "list",
        "method",
        "mode",
        "module",
        "of",
        "option",
        "package",
        "partition",
        "pool",
        "process",
        "program",
        "property",
        "queue",
        "role",
        "rule",
        "section",
        "service",
        "task",
        "thread",
        "to",
        "topic",
        "type",
        "via",
        "volume",
    ];
    WORDS.iter().any(|noun| noun.eq_ignore_ascii_case(word))
}

fn looks_named(word: &str, wild: bool) -> bool {
    let inner = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let humped = || {
        let mut pairs = inner.as_bytes().windows(2);
        pairs.any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
    };
    let signs = |b: u8| matches!(b, b'.' | b'_' | b'@' | b'\\' | b'$') || b.is_ascii_digit();
    !inner.contains(' ') && (wild || inner.bytes().any(signs) || humped())
}

/// `STATE_DONE`, `OK`: members of an enumeration carry meaning.
fn is_constant_name(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'))
}
