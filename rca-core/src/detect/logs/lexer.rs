//! Turns a line into its skeleton: constant words as they are, a marker byte for each variable.
//!
//! One pass over the bytes with a table of classes, no regular expressions and no allocation beyond
//! the caller's buffer. Only words that hold a digit or a slash are looked at closely.

/// A number, with or without a unit.
pub(super) const NUMBER: u8 = 1;
/// A time of day.
pub(super) const TIME: u8 = 2;
/// A date.
pub(super) const DATE: u8 = 3;
/// A path or URL.
pub(super) const PATH: u8 = 4;
/// Anything else that varies: addresses, hashes, identifiers with numbers in them.
pub(super) const VALUE: u8 = 5;

/// Longest part of a line that is looked at, in bytes; the rest counts as one variable.
pub(super) const MAX_LINE: usize = 4096;
/// Longer words are data, not language.
const MAX_WORD: usize = 72;

/// What a byte is, one bit each.
mod kind {
    /// A blank or a control byte.
    pub(super) const SPACE: u16 = 1;
    pub(super) const DELIMITER: u16 = 1 << 1;
    pub(super) const DIGIT: u16 = 1 << 2;
    /// `/`
    pub(super) const SLASH: u16 = 1 << 3;
    /// `\`
    pub(super) const BACKSLASH: u16 = 1 << 4;
    /// Letters that are digits of hexadecimal numbers, and all others.
    pub(super) const HEX: u16 = 1 << 5;
    pub(super) const LETTER: u16 = 1 << 6;
    pub(super) const DOT: u16 = 1 << 7;
    pub(super) const COLON: u16 = 1 << 8;
    pub(super) const DASH: u16 = 1 << 9;
    pub(super) const UNDERSCORE: u16 = 1 << 10;
    pub(super) const PLUS: u16 = 1 << 11;
    /// Begins or separates what a URL asks for.
    pub(super) const QUERY: u16 = 1 << 12;
    pub(super) const OTHER: u16 = 1 << 13;

    /// What ends a word.
    pub(super) const END: u16 = SPACE | DELIMITER;
    /// What calls for a closer look at a word.
    pub(super) const VARIES: u16 = DIGIT | SLASHES;
    pub(super) const SLASHES: u16 = SLASH | BACKSLASH;
    pub(super) const LETTERS: u16 = HEX | LETTER;
}

static KINDS: [u16; 256] = kinds();

const fn kinds() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = u8::MIN;
    loop {
        table[byte as usize] = match byte {
            0..=b' ' | 0x7f => kind::SPACE,
            b'=' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'<'
            | b'>' | b'|' | b'`' => kind::DELIMITER,
            b'0'..=b'9' => kind::DIGIT,
            b'/' => kind::SLASH,
            b'\\' => kind::BACKSLASH,
            b'a'..=b'f' | b'A'..=b'F' => kind::HEX,
            b'g'..=b'z' | b'G'..=b'Z' => kind::LETTER,
            b'.' => kind::DOT,
            b':' => kind::COLON,
            b'-' => kind::DASH,
            b'_' => kind::UNDERSCORE,
            b'+' => kind::PLUS,
            b'?' | b'&' => kind::QUERY,
            _ => kind::OTHER,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

fn kind_of(byte: u8) -> u16 {
    KINDS[usize::from(byte)]
}

/// The kinds of all bytes together.
fn kinds_of(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |kinds, byte| kinds | kind_of(*byte))
}

/// Whether a byte of a skeleton stands for a variable.
pub(super) fn is_marker(byte: u8) -> bool {
    (NUMBER..=VALUE).contains(&byte)
}

/// Writes the skeleton of a line. Runs of white space and control bytes become one blank, those at the
/// ends vanish, so that the markers can't occur in the line itself.
pub(super) fn skeleton(line: &str, out: &mut Vec<u8>) {
    out.clear();
    let bytes = line.as_bytes();
    let cut = bytes.len() > MAX_LINE;
    let bytes = if cut { prefix(line, MAX_LINE).as_bytes() } else { bytes };
    let mut at = space_length(bytes);
    // What comes from here on is not written yet.
    let mut from = at;
    while at < bytes.len() {
        at = next_stop(bytes, at);
        let (text, rest) = (&bytes[from..at], &bytes[at..]);
        match rest.first().map_or(kind::SPACE, |byte| kind_of(*byte)) {
            kind::SPACE => {
                out.extend_from_slice(text.strip_suffix(b" ").unwrap_or(text));
                at += space_length(rest);
                if at < bytes.len() {
                    out.push(b' ');
                }
            }
            kind::DELIMITER => {
                at += 1;
                out.extend_from_slice(&bytes[from..at]);
            }
            _ => {
                let ends = |byte: &u8| kind_of(*byte) & kind::END != 0;
                let start = text.iter().rposition(ends).map_or(0, |before| before + 1);
                out.extend_from_slice(&text[..start]);
                at = from + start + write_word(&bytes[from + start..], out);
            }
        }
        from = at;
    }
    if cut {
        out.push(VALUE);
    }
}

fn space_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| kind_of(**byte) == kind::SPACE).count()
}

/// Where text ends that is written as it is: before a digit or slash, before white space that is more
/// than a blank, and before a word may be too long. Sometimes sooner.
///
/// Looks at eight bytes at a time, each test leaving its answer in the highest bit of a byte.
fn next_stop(bytes: &[u8], from: usize) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    let mut at = from;
    let mut blank_before = 0;
    let mut last_blank = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*chunk);
        let low = word & !TOPS;
        // No carry leaves its byte, since both sides are below 128.
        let at_least = |byte: u8| low + ONES * u64::from(0x80 - byte);
        // Also finds the byte after `byte` where it follows it (Mycroft 1987).
        let equal = |byte: u8| {
            let rest = word ^ (ONES * u64::from(byte));
            rest.wrapping_sub(ONES) & !rest
        };
        let blanks = equal(b' ') & TOPS;
        let doubled = blanks & (blanks << 8 | blank_before);
        let varies = at_least(b'/') & !at_least(b'9' + 1);
        let stops = (varies | !at_least(b' ')) & !word | equal(b'\\') | equal(0x7f);
        let stops = stops & TOPS | doubled;
        if stops != 0 {
            return at + stops.trailing_zeros() as usize / 8;
        }
        at += 8;
        if blanks != 0 {
            last_blank = at;
        } else if at - last_blank >= MAX_WORD - 8 {
            return at;
        }
        blank_before = blanks >> 56;
    }
    let mut before = u16::from(blank_before != 0);
    let rest = bytes.get(at..).unwrap_or_default();
    let stop = rest.iter().position(|byte| {
        let kind = kind_of(*byte);
        let blank = u16::from(*byte == b' ');
        let stops = kind & kind::VARIES != 0 || kind == kind::SPACE && blank & !before == 0;
        before = blank;
        stops
    });
    at + stop.unwrap_or(rest.len())
}

/// Writes the word that begins here. Says how long it is.
fn write_word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let mut kinds = 0;
    let mut length = 0;
    for byte in rest {
        let kind = kind_of(*byte);
        if kind & kind::END != 0 {
            break;
        }
        kinds |= kind;
        length += 1;
    }
    if kinds & kind::SLASHES != 0 && kinds & kind::QUERY != 0 {
        length += query_length(&rest[length..]);
        kinds = kinds_of(&rest[..length]);
    }
    let (word, after) = rest.split_at(length);
    if kinds & kind::VARIES == 0 && length <= MAX_WORD {
        out.extend_from_slice(word);
    } else {
        mask(word, kinds, after.first().copied(), out);
    }
    length
}

/// The rest of a URL's query, which may hold bytes that otherwise end a word.
fn query_length(rest: &[u8]) -> usize {
    let ends =
        |b: &u8| kind_of(*b) == kind::SPACE || matches!(b, b'"' | b'\'' | b'>' | b')' | b']');
    rest.iter().position(ends).unwrap_or(rest.len())
}

/// The beginning of a text, cut between characters.
pub(super) fn prefix(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Writes a word that holds a digit or a slash, or is very long, with its variable parts as markers.
fn mask(word: &[u8], kinds: u16, next: Option<u8>, out: &mut Vec<u8>) {
    let tail =
        word.iter().rev().take_while(|b| matches!(b, b'.' | b':' | b'!' | b'?' | b'%')).count();
    let (core, tail) = word.split_at(word.len() - tail);
    let kinds = if tail.is_empty() { kinds } else { kinds_of(core) };
    let labels = tail.first() == Some(&b':') && !matches!(next, Some(b'=')) && is_label(core);
    let names_something = matches!(next, Some(b'=' | b'(')) || labels;
    if names_something && !core.first().is_some_and(u8::is_ascii_digit) && !core.contains(&b'/') {
        out.extend_from_slice(core);
    } else if let Some(marker) = common_value(core, kinds) {
        out.push(marker);
    } else {
        mask_core(core, out);
    }
    out.extend_from_slice(tail);
}

/// The marker of a word that is a value as a whole, for the most common shapes: the same as [`mask_core`]
/// would find, from the kinds of the bytes alone.
fn common_value(word: &[u8], kinds: u16) -> Option<u8> {
    use kind::{COLON, DASH, DIGIT, DOT, HEX, LETTERS, PLUS, SLASHES, UNDERSCORE};
    let only = |some: u16| kinds & !some == 0;
    let first = *word.first()?;
    if kinds & SLASHES != 0 {
        // `/srv/db/7`
        return (first == b'/' && word.len() > 1 && kinds & COLON == 0).then_some(PATH);
    }
    if kinds & DIGIT == 0 || word.len() > MAX_WORD {
        return None;
    }
    if first.is_ascii_digit() {
        if only(DIGIT | DOT | LETTERS | PLUS) {
            return Some(NUMBER); // `12`, `0x1f`, `3.5ms`
        }
        if only(DIGIT | DOT | COLON | DASH | PLUS | UNDERSCORE) {
            return Some(numeric_value(word)); // `12:30:11`, `10.0.0.7:80`
        }
    }
    // `7f3e1a90-11aa-4b1c-9f00-0123456789ab`
    let identifier =
        only(DIGIT | HEX | DASH) && kinds & HEX != 0 && word.len() >= 8 && first != b'-';
    // `task_0012_m`
    let numbered = || {
        let plain = only(DIGIT | LETTERS | UNDERSCORE | DASH) && kinds & UNDERSCORE != 0;
        plain && first.is_ascii_alphabetic() && has_numbered_part(word)
    };
    (identifier || numbered()).then_some(VALUE)
}

/// `eth0:`, `e1000:`: what a message begins with is language, unless it counts something.
fn is_label(core: &[u8]) -> bool {
    core.first().is_some_and(u8::is_ascii_alphabetic)
        && core.len() <= 24
        && core.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && !has_numbered_part(core)
        && whole_value(core, 1).is_none()
}

fn mask_core(core: &[u8], out: &mut Vec<u8>) {
    let slashes = core.iter().filter(|b| kind_of(**b) & kind::SLASHES != 0).count();
    if slashes == 0 {
        mask_plain(core, out);
        return;
    }
    // `key:/a/path`, but not `scheme://`.
    if let Some(colon) = core.windows(2).position(|w| w == b":/")
        && core.get(colon + 2) != Some(&b'/')
        && colon > 1
        && core[..colon].iter().all(u8::is_ascii_alphabetic)
    {
        out.extend_from_slice(&core[..=colon]);
        out.push(PATH);
        return;
    }
    if is_slashed_date(core) {
        out.push(DATE);
        return;
    }
    let first = core[0];
    if slashes >= 2 || (kind_of(first) & kind::SLASHES != 0 && core.len() > 1) {
        out.push(PATH);
    } else if let Some(slash) = core.iter().position(|b| *b == b'/')
        && core.len() > 1
    {
        let start = out.len();
        let left = mask_plain(&core[..slash], out);
        out.push(b'/');
        let right = mask_plain(&core[slash + 1..], out);
        // `3/7` are two values, `web-1/10.0.0.7` is one.
        let counts = out.get(start..) == Some(&[NUMBER, b'/', NUMBER]);
        if left && right && !counts {
            out.truncate(start);
            out.push(VALUE);
        }
    } else if core.len() > 1 && core.get(1) == Some(&b':') {
        out.push(PATH); // `C:\name`
    } else {
        out.extend_from_slice(core);
    }
}

/// `2024/01/31`, `31/01/24`
fn is_slashed_date(core: &[u8]) -> bool {
    let mut parts = core.split(|b| *b == b'/');
    let lengths = [parts.next(), parts.next(), parts.next()]
        .map(|part| part.filter(|part| part.iter().all(u8::is_ascii_digit)).map_or(0, <[u8]>::len));
    parts.next().is_none() && matches!(lengths, [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 2 | 4])
}

/// Writes a word without slashes. Says whether all of it was variable.
fn mask_plain(word: &[u8], out: &mut Vec<u8>) -> bool {
    if word.len() > MAX_WORD {
        out.push(VALUE);
        return true;
    }
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        out.extend_from_slice(word);
        return false;
    }
    if word.windows(2).any(|w| w == b"::") && word.iter().any(u8::is_ascii_lowercase) {
        out.extend_from_slice(word); // `Cart2::add` is a name in code
        return false;
    }
    if let Some(marker) = whole_value(word, digits) {
        out.push(marker);
        return true;
    }
    for separator in [b'@', b'#'] {
        if let Some(at) = word.iter().rposition(|b| *b == separator) {
            let left = mask_plain(&word[..at], out);
            out.push(separator);
            return mask_plain(&word[at + 1..], out) && left && at > 0;
        }
    }
    // `www.shop.example:80`: an endpoint, unlike `file.c:80`.
    if let Some(colon) = word.iter().rposition(|b| *b == b':')
        && word[colon + 1..].iter().all(u8::is_ascii_digit)
        && word[..colon].iter().filter(|b| **b == b'.').count() >= 2
        && word[..colon]
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    {
        out.push(VALUE);
        return true;
    }
    // `key:value`: the key is language.
    if let Some(colon) = word.iter().position(|b| *b == b':')
        && colon > 0
        && !word[..colon].iter().any(u8::is_ascii_digit)
    {
        out.extend_from_slice(&word[..=colon]);
        mask_plain(&word[colon + 1..], out);
        return false;
    }
    // `10.0.0.7:80:failed`: language behind the last colon.
    if let Some(colon) = word.iter().rposition(|b| *b == b':')
        && word.len() > colon + 2
        && word[colon + 1..].iter().all(u8::is_ascii_alphabetic)
    {
        mask_plain(&word[..colon], out);
        out.extend_from_slice(&word[colon..]);
        return false;
    }
    // `com.shop.job.7f3e11aa`: the names before the identifier are language.
    if let Some(dot) = word.iter().rposition(|b| *b == b'.')
        && word[..dot].contains(&b'.')
        && word[..dot].iter().all(|b| b.is_ascii_alphabetic() || *b == b'.')
        && let Some(marker) = whole_value(&word[dot + 1..], digits)
    {
        out.extend_from_slice(&word[..=dot]);
        out.push(marker);
        return false;
    }
    if has_numbered_part(word) {
        out.push(VALUE);
        return true;
    }
    if let Some(name) = numbered_name(word) {
        out.extend_from_slice(&word[..name]);
        out.push(NUMBER);
        return false;
    }
    if digits >= 2 && !is_class_name(word) {
        out.push(VALUE);
        return true;
    }
    out.extend_from_slice(word);
    false
}

/// Words that are one value from end to end: numbers, times, addresses, hashes, versions.
fn whole_value(word: &[u8], digits: usize) -> Option<u8> {
    let body = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    let first = *body.first()?;
    let numeric = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'-' | b'+' | b'_');
    if first.is_ascii_digit() {
        if digits == body.len() {
            return Some(NUMBER);
        }
        if body.iter().all(numeric) {
            return Some(numeric_value(body));
        }
        if body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+')) {
            return Some(NUMBER);
        }
    }
    if let [b'v' | b'V', digit, ..] = body
        && digit.is_ascii_digit()
    {
        return Some(VALUE);
    }
    let hex = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'-' | b':');
    (body.len() >= 8 && body.iter().all(hex)).then_some(VALUE)
}

/// Digits with signs between them: a time, a date, a number, or an address.
fn numeric_value(body: &[u8]) -> u8 {
    let colons = body.iter().filter(|b| **b == b':').count();
    let dashes = body.iter().filter(|b| **b == b'-').count();
    match (colons, dashes) {
        (1 | 2, 0) if body.iter().position(|b| *b == b':').is_some_and(|p| p <= 2) => TIME,
        (0, 2) if body.len() <= 10 => DATE,
        (0, 0) => NUMBER,
        _ => VALUE,
    }
}

/// `task_0012_m`: an underscore before a digit makes an identifier of the whole word.
fn has_numbered_part(word: &[u8]) -> bool {
    word.windows(2).any(|w| w[0] == b'_' && w[1].is_ascii_digit())
        || word.windows(3).any(|w| w[0] == b'_' && w[1] == b'-' && w[2].is_ascii_digit())
}

/// `core.123`, `part-0.1.2`: letters, a separator, then only a number. Returns the length of the name.
fn numbered_name(word: &[u8]) -> Option<usize> {
    let first = word.iter().position(u8::is_ascii_digit)?;
    let (name, number) = word.split_at(first);
    let separated = matches!(name.last()?, b'.' | b'-' | b'*' | b'$' | b'~' | b'%' | b'&');
    // `web-eu-12` is a name with a number, `build-12` a number with a name.
    let separated = separated && name.iter().filter(|b| **b == b'-').count() < 2;
    let letters = name.first()?.is_ascii_alphabetic() || name.iter().all(u8::is_ascii_punctuation);
    let only_number = number.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        || (number.len() >= 6 && number.iter().all(u8::is_ascii_hexdigit));
    (separated && letters && only_number).then_some(first)
}

/// `org.shop.v2.Cart`, `Handler2$Inner`: names in code keep their digits.
fn is_class_name(word: &[u8]) -> bool {
    if word.contains(&b'$') {
        return true;
    }
    let last = word.rsplit(|b| *b == b'.').next().unwrap_or_default();
    last.len() < word.len()
        && last.first().is_some_and(u8::is_ascii_uppercase)
        && last.iter().any(u8::is_ascii_lowercase)
        && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let mut out = Vec::new();
        skeleton(line, &mut out);
        let text = String::from_utf8(out).unwrap();
        text.chars().map(|c| if c < ' ' { '*' } else { c }).collect()
    }

    #[test]
    fn values_are_masked_and_language_is_kept() {
        for (line, expected) in [
            ("took 12 ms", "took * ms"),
            ("  two   blanks\t7 ", "two blanks *"),
            ("user=u_17 id=0x1f port:8080", "user=* id=* port:*"),
            ("saved /var/lib/x.db.", "saved *."),
            ("GET https://a.example/x?y=1 done", "GET * done"),
            ("cart-service-12:8080 is up", "* is up"),
            ("core.1234 written", "core.* written"),
            ("init2() of org.shop.v2.Cart12", "init2() of org.shop.v2.Cart12"),
            ("read/write on PS/2", "read/write on PS/*"),
            ("at 12:30:11.250 on 2024-01-31", "at * on *"),
            ("id 7f3e1a90-11aa-4b1c-9f00-0123456789ab", "id *"),
            ("Handler@4f2a11", "Handler@*"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
