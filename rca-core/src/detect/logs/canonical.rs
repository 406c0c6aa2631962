//! From a skeleton to the text of its template.
//!
//! Runs only for skeletons never seen before, so it may look at neighbouring words: the parts of a
//! written date belong together, and so do the target and the version of an HTTP request.

use super::lexer::{DATE, NUMBER, PATH, TIME, VALUE, is_marker};
use super::moment::{is_month, is_weekday};

/// The sign for a variable in a template.
pub(super) const WILDCARD: &str = "<*>";

/// The template of a skeleton, before it is compared with any other.
pub(super) fn text(skeleton: &[u8]) -> String {
    let mut out: Vec<u8> = Vec::new();
    // What comes from here on is not in `out` yet.
    let mut from = 0;
    let mut at = 0;
    while let Some(rest) = skeleton.get(at..).filter(|rest| !rest.is_empty()) {
        let word = first_word(rest);
        let after = rest.get(word.len() + 1..).unwrap_or_default();
        if may_begin_date(word)
            && let Some((first, last, length)) = date(rest)
        {
            out.extend_from_slice(&skeleton[from..at]);
            out.extend_from_slice(opening(first));
            out.push(TIME);
            out.extend_from_slice(closing(last));
            at += length;
            from = at;
        } else if word.ends_with(&[PATH])
            && first_word(after)
                .strip_prefix(b"HTTP/")
                .is_some_and(|v| v.first().is_some_and(|b| is_marker(*b)))
        {
            let version = first_word(after);
            at += word.len();
            out.extend_from_slice(&skeleton[from..at]);
            out.extend_from_slice(closing(version));
            at += 1 + version.len();
            from = at;
        } else {
            at += word.len();
            // A full stop inside of a sentence belongs to the path before it.
            if word.ends_with(&[PATH, b'.'])
                && after.first().is_some_and(|b| is_marker(*b) || b.is_ascii_lowercase())
            {
                out.extend_from_slice(&skeleton[from..at - 1]);
                from = at;
            }
        }
        at += 1;
    }
    if from == 0 {
        return shown(skeleton);
    }
    out.extend_from_slice(skeleton.get(from..).unwrap_or_default());
    shown(&out)
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|b| *b == b' ').next().unwrap_or_default()
}

/// Whether [`date`] could find one here: most words can be told not to by their first letter.
fn may_begin_date(word: &[u8]) -> bool {
    let first = word.iter().find(|byte| is_core(byte));
    first.is_some_and(|byte| *byte == DATE || byte.is_ascii_uppercase())
}

/// The first and the last word of a date that begins here and is written in several words, and how long
/// it is.
fn date(rest: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let words: Vec<&[u8]> = rest.split(|b| *b == b' ').take(LONGEST_DATE).collect();
    let used = date_length(&words).filter(|used| *used > 1)?;
    let words = words.get(..used)?;
    let length = words.iter().map(|word| word.len() + 1).sum::<usize>() - 1;
    Some((words.first()?, words.last()?, length))
}

/// The skeleton a template's text stands for: what [`text`] leads back to the same text.
pub(super) fn skeleton(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for (at, part) in text.split(WILDCARD).enumerate() {
        if at > 0 {
            out.push(VALUE);
        }
        out.extend_from_slice(part.as_bytes());
    }
    out
}

/// Markers become wildcards, neighbours that touch become one, and so do literals behind a key.
fn shown(skeleton: &[u8]) -> String {
    let mut text: Vec<u8> = Vec::with_capacity(2 * skeleton.len() + 16);
    let mut at = 0;
    while let Some(rest) = skeleton.get(at..) {
        let plain = plain_length(rest, &text);
        let (plain, rest) = rest.split_at(plain);
        text.extend_from_slice(plain);
        at += plain.len();
        let Some(&byte) = rest.first() else { break };
        let object = if text.is_empty() { 0 } else { object_length(rest) };
        if object > 0 {
            push_wildcard(&mut text);
            at += object;
            continue;
        }
        if is_marker(byte) {
            push_wildcard(&mut text);
            at += 1;
            continue;
        }
        // `<3 s` is a value as much as `3 s` is.
        let bound = matches!(rest, [b'<' | b'>', next, after @ ..]
            if is_marker(*next) && !matches!(after.first(), Some(b'>')))
            && matches!(text.last(), None | Some(b' '));
        let literal = literal_length(rest);
        let assigned = || matches!(text.trim_ascii_end().last(), Some(b'=' | b':'));
        if bound {
            at += 1;
        } else if literal > 0 && (is_truth_value(rest) || assigned()) {
            text.extend_from_slice(WILDCARD.as_bytes());
            at += literal;
        } else {
            text.push(byte);
            at += 1;
        }
    }
    // Words are cut at ASCII bytes only, so this never replaces anything.
    String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn push_wildcard(text: &mut Vec<u8>) {
    if !text.ends_with(WILDCARD.as_bytes()) {
        text.extend_from_slice(WILDCARD.as_bytes());
    }
}

/// How much at the beginning stays as it is: up to a marker, an object, a bound or a literal.
fn plain_length(rest: &[u8], before: &[u8]) -> usize {
    let mut inside = !starts_word(before);
    let special = rest.iter().position(|byte| {
        let special = match byte {
            b'{' | b'<' | b'>' => true,
            b't' | b'f' | b'n' | b'T' | b'F' | b'N' => !inside,
            byte => is_marker(*byte),
        };
        inside = is_word(*byte);
        special
    });
    special.unwrap_or(rest.len())
}

/// The length of an object in JSON or Python's notation, which is one value; 0 when there is none.
fn object_length(rest: &[u8]) -> usize {
    if !matches!(rest, [b'{', b'"' | b'\'', ..]) {
        return 0;
    }
    let mut depth = 0usize;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    0
}

/// `true`, `false` and `null` are no words of a sentence, unlike `None of them`.
fn is_truth_value(rest: &[u8]) -> bool {
    matches!(rest, [b't' | b'T', b'r', ..] | [b'f' | b'F', ..] | [b'n', b'u', ..])
}

fn starts_word(text: &[u8]) -> bool {
    text.last().is_none_or(|byte| !is_word(*byte))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The length of a literal (`true`, `null` ...) at the beginning; 0 when there is none.
fn literal_length(rest: &[u8]) -> usize {
    const LITERALS: [&[u8]; 8] =
        [b"true", b"false", b"null", b"True", b"False", b"None", b"NULL", b"nil"];
    let length = LITERALS.iter().find(|l| rest.starts_with(l)).map_or(0, |literal| literal.len());
    let ends = |b: &u8| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    let sentence =
        rest.get(length) == Some(&b'.') && rest.get(length + 1).is_none_or(|b| *b == b' ');
    if rest.get(length).is_none_or(ends) || sentence { length } else { 0 }
}

fn is_core(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || is_marker(*byte)
}

fn opening(word: &[u8]) -> &[u8] {
    let end = word.iter().position(is_core).unwrap_or(word.len());
    &word[..end]
}

fn closing(word: &[u8]) -> &[u8] {
    let start = word.iter().rposition(is_core).map_or(0, |at| at + 1);
    &word[start..]
}

fn core(word: &[u8]) -> &[u8] {
    let start = opening(word).len();
    let end = word.len() - closing(word).len();
    word.get(start..end).unwrap_or_default()
}

/// Words that a date has at most.
const LONGEST_DATE: usize = 6;

/// How many words from here on write one moment: `Sat Jan 31 12:30:11 CET 2024`, `2024-01-31 12:30:11`.
fn date_length(words: &[&[u8]]) -> Option<usize> {
    let is = |at: usize, test: &dyn Fn(&[u8]) -> bool| {
        let Some(word) = words.get(at) else { return false };
        // Brackets and quotes only around the whole.
        (at == 0 || opening(word).is_empty()) && test(core(word))
    };
    let marker = |kinds: &'static [u8]| move |w: &[u8]| matches!(w, [b] if kinds.contains(b));
    if is(0, &marker(&[DATE])) && is(1, &marker(&[TIME])) && closing(words[0]).is_empty() {
        return Some(2);
    }
    let mut at = usize::from(is(0, &is_weekday));
    if !is(at, &is_month) {
        return None;
    }
    at += 1;
    if !is(at, &marker(&[NUMBER])) {
        return None;
    }
    at += 1;
    if is(at, &marker(&[TIME])) {
        at += 1;
        if is(at, &|w| (3..=5).contains(&w.len()) && w.iter().all(u8::is_ascii_uppercase))
            && is(at + 1, &marker(&[NUMBER]))
        {
            at += 1;
        }
        if is(at, &marker(&[NUMBER])) && closing(words[at - 1]).is_empty() {
            at += 1;
        }
        return Some(at);
    }
    // `31 Jan 2024` style without a time of day.
    (is(at, &marker(&[NUMBER, VALUE])) && at >= 2).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(line: &str) -> String {
        let mut skeleton = Vec::new();
        super::super::lexer::skeleton(line, &mut skeleton);
        text(&skeleton)
    }

    #[test]
    fn what_belongs_together_is_one_variable() {
        for (line, expected) in [
            ("login at Sat Jan 31 12:30:11 2024", "login at <*>"),
            ("until (Sat Jan 31 12:30:11 CET 2024).", "until (<*>)."),
            ("from 2024-01-31 12:30:11 on", "from <*> on"),
            ("\"GET /cart/7 HTTP/1.1\" 200", "\"GET <*>\" <*>"),
            ("In May 3 of 4", "In May <*> of <*>"),
            ("1,2", "<*>,<*>"),
        ] {
            assert_eq!(template(line), expected, "{line}");
        }
    }
}
