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
    let words: Vec<&[u8]> = skeleton.split(|b| *b == b' ').collect();
    let mut out: Vec<u8> = Vec::with_capacity(skeleton.len() + 16);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if at > 0 {
            out.push(b' ');
        }
        let rest = &words[at..];
        if let Some(used) = date_length(rest).filter(|used| *used > 1) {
            out.extend_from_slice(opening(word));
            out.push(TIME);
            out.extend_from_slice(closing(rest[used - 1]));
            at += used;
        } else if word.last() == Some(&PATH)
            && let Some(next) = rest.get(1)
            && next.strip_prefix(b"HTTP/").is_some_and(|v| v.first().is_some_and(|b| is_marker(*b)))
        {
            out.extend_from_slice(word);
            out.extend_from_slice(closing(next));
            at += 2;
        } else {
            out.extend_from_slice(word);
            at += 1;
            // A full stop inside of a sentence belongs to the path before it.
            let goes_on = rest.get(1).and_then(|next| next.first());
            if word.ends_with(&[PATH, b'.'])
                && goes_on.is_some_and(|b| is_marker(*b) || b.is_ascii_lowercase())
            {
                out.pop();
            }
        }
    }
    shown(&out)
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
    let mut text: Vec<u8> = Vec::with_capacity(skeleton.len() + 16);
    let mut at = 0;
    while let Some(&byte) = skeleton.get(at) {
        let rest = &skeleton[at..];
        let object = if text.is_empty() { 0 } else { object_length(rest) };
        if object > 0 {
            if !text.ends_with(WILDCARD.as_bytes()) {
                text.extend_from_slice(WILDCARD.as_bytes());
            }
            at += object;
            continue;
        }
        let literal = literal_length(rest);
        let assigned = matches!(text.trim_ascii_end().last(), Some(b'=' | b':'));
        // `<3 s` is a value as much as `3 s` is.
        let bound = matches!(rest, [b'<' | b'>', next, after @ ..]
            if is_marker(*next) && !matches!(after.first(), Some(b'>')))
            && matches!(text.last(), None | Some(b' '));
        if bound {
            at += 1;
        } else if is_marker(byte) {
            if !text.ends_with(WILDCARD.as_bytes()) {
                text.extend_from_slice(WILDCARD.as_bytes());
            }
            at += 1;
        } else if literal > 0 && (assigned || starts_word(&text) && is_truth_value(rest)) {
            text.extend_from_slice(WILDCARD.as_bytes());
            at += literal;
        } else {
            text.push(byte);
            at += 1;
        }
    }
    // Words are cut at ASCII bytes only, so this never replaces anything.
    String::from_utf8_lossy(&text).into_owned()
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
    text.last().is_none_or(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')))
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
