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

const SPACE: u8 = 1;
const DELIMITER: u8 = 2;
const DIGIT: u8 = 4;
const SLASH: u8 = 8;
const END: u8 = SPACE | DELIMITER;
const CLOSER_LOOK: u8 = DIGIT | SLASH;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = u8::MIN;
    loop {
        table[byte as usize] = match byte {
            0..=b' ' | 0x7f => SPACE,
            b'=' | b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'<'
            | b'>' | b'|' | b'`' => DELIMITER,
            b'0'..=b'9' => DIGIT,
            b'/' | b'\\' => SLASH,
            _ => 0,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
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
    let mut at = 0;
    let mut blank = false;
    while let Some(&byte) = bytes.get(at) {
        match class(byte) {
            c if c & SPACE != 0 => {
                blank = true;
                at += 1;
                continue;
            }
            c if c & DELIMITER != 0 => {
                push_blank(&mut blank, out);
                out.push(byte);
                at += 1;
                continue;
            }
            _ => {}
        }
        push_blank(&mut blank, out);
        let rest = &bytes[at..];
        let mut seen = 0;
        let mut length = 0;
        for &byte in rest {
            let class = class(byte);
            if class & END != 0 {
                break;
            }
            seen |= class;
            length += 1;
        }
        if seen & SLASH != 0 && rest[..length].iter().any(|b| matches!(b, b'?' | b'&')) {
            length += query_length(&rest[length..]);
        }
        let (word, after) = rest.split_at(length);
        at += length;
        if seen & CLOSER_LOOK == 0 && length <= MAX_WORD {
            out.extend_from_slice(word);
        } else {
            mask(word, after.first().copied(), out);
        }
    }
    if cut {
        out.push(VALUE);
    }
}

/// The rest of a URL's query, which may hold bytes that otherwise end a word.
fn query_length(rest: &[u8]) -> usize {
    let ends = |b: &u8| class(*b) & SPACE != 0 || matches!(b, b'"' | b'\'' | b'>' | b')' | b']');
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

fn push_blank(blank: &mut bool, out: &mut Vec<u8>) {
    if std::mem::take(blank) && !out.is_empty() {
        out.push(b' ');
    }
}

/// Writes a word that holds a digit or a slash, with its variable parts as markers.
fn mask(word: &[u8], next: Option<u8>, out: &mut Vec<u8>) {
    let tail =
        word.iter().rev().take_while(|b| matches!(b, b'.' | b':' | b'!' | b'?' | b'%')).count();
    let (core, tail) = word.split_at(word.len() - tail);
    let labels = tail.first() == Some(&b':') && !matches!(next, Some(b'=')) && is_label(core);
    let names_something = matches!(next, Some(b'=' | b'(')) || labels;
    if names_something && !core.first().is_some_and(u8::is_ascii_digit) && !core.contains(&b'/') {
        out.extend_from_slice(core);
    } else {
        mask_core(core, out);
    }
    out.extend_from_slice(tail);
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
    let slashes = core.iter().filter(|b| class(**b) & SLASH != 0).count();
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
    if slashes >= 2 || (class(first) & SLASH != 0 && core.len() > 1) {
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
        let colons = body.iter().filter(|b| **b == b':').count();
        let dashes = body.iter().filter(|b| **b == b'-').count();
        if body.iter().all(numeric) {
            return Some(match (colons, dashes) {
                (1 | 2, 0) if body.iter().position(|b| *b == b':').is_some_and(|p| p <= 2) => TIME,
                (0, 2) if body.len() <= 10 => DATE,
                (0, 0) => NUMBER,
                _ => VALUE,
            });
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
