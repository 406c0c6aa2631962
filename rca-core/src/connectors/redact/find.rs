//! Whether a place in a text that looks like a secret holds one, and from where to where.
//!
//! One automaton looks for all beginnings at once; what stands here looks closer at each of its finds.

use super::tokens::{EMPTY, NO_DOMAIN, Token};

/// Where a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What kind of text it is: in program code `token = next()` is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Prose,
    Code,
}

/// A text with what is asked of it again and again.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    /// What lies before was blotted out already.
    pub(super) from: usize,
    pub(super) kind: Kind,
}

impl<'t> Text<'t> {
    fn byte(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn before(self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|at| self.byte(at))
    }

    /// Where a run of such bytes ends.
    fn run(self, from: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len())
    }

    /// Where a run of such bytes that ends here begins.
    fn run_back(self, to: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(self.from..to).unwrap_or_default();
        to - rest.iter().rev().position(|byte| !is(*byte)).unwrap_or(rest.len())
    }

    fn part(self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn span(self, start: usize, end: usize) -> Option<Span> {
        let fits = start >= self.from && end > start && self.text.get(start..end).is_some();
        fits.then_some(Span { start, end })
    }

    pub(super) fn token(self, at: usize, token: &Token) -> Option<Span> {
        let body = at + token.start.len();
        if self.part(at, body) != token.start
            || self.before(at).is_some_and(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        let end = self.run(body, |byte| token.of.has(byte));
        (end - body >= token.least).then(|| self.span(at, end)).flatten()
    }

    /// `eyJ<header>.<claims>.<signature>` (RFC 7519): JSON objects in base64 begin with `eyJ`.
    pub(super) fn jwt(self, at: usize) -> Option<Span> {
        let url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if self.part(at, at + 3) != "eyJ" || self.before(at).is_some_and(url) {
            return None;
        }
        let header = self.run(at, url);
        if header - at < 10 || self.byte(header) != Some(b'.') {
            return None;
        }
        let claims = self.run(header + 1, url);
        if claims - header < 5 {
            return None;
        }
        let end = if self.byte(claims) == Some(b'.') { self.run(claims + 1, url) } else { claims };
        self.span(at, end)
    }

    /// What follows the word `Bearer` or `Basic`, where it looks like credentials.
    pub(super) fn scheme(self, at: usize, word: &str) -> Option<Span> {
        if self.before(at).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let start = self.run(at + word.len(), |byte| byte == b' ');
        let end = self.run(start, credential);
        let value = self.part(start, end);
        let known = if word == "basic" {
            decoded_pair(value)
        } else {
            value.len() >= 16 && value.bytes().any(|byte| byte.is_ascii_digit())
        };
        known.then(|| self.span(start, end)).flatten()
    }

    /// `Authorization: <scheme> <credentials>`
    pub(super) fn header(self, at: usize) -> Option<Span> {
        let (mut start, _) = self.separator(at + "authorization".len())?;
        start = self.quote(start).map_or(start, |(_, inside)| inside);
        let word = self.run(start, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let scheme = self.part(start, word).to_ascii_lowercase();
        if ["bearer", "basic", "token", "digest", "negotiate", "apikey"].contains(&scheme.as_str())
        {
            let value = self.run(word, |byte| byte == b' ');
            let end = self.run(value, credential);
            return (end - value >= 6).then(|| self.span(value, end)).flatten();
        }
        let end = self.run(start, credential);
        (end - start >= 8 && mixed(self.part(start, end))).then(|| self.span(start, end)).flatten()
    }

    /// `-----BEGIN RSA PRIVATE KEY-----` up to its end; where the end is cut off, as far as lines look like a key.
    pub(super) fn private_key(self, at: usize) -> Option<Span> {
        let header = self.run(at, |byte| byte != b'\n' && byte != b'\\');
        let line = self.part(at, header);
        if !line.starts_with("PRIVATE KEY-----") && !line.starts_with("PRIVATE KEY BLOCK-----") {
            return None;
        }
        let begin = "-----BEGIN ";
        let back = self.part(self.from, at);
        let start = self.from + back.rfind(begin)?;
        if self.part(start, at).len() > 40 {
            return None;
        }
        let rest = self.part(header, self.text.len());
        if let Some(end) = rest.find("-----END ")
            && !self.part(header, header + end).contains(begin)
        {
            let close = header + end + "-----END ".len();
            let tail = self.part(close, self.text.len());
            let end = tail.find("-----").map_or(self.text.len(), |dashes| close + dashes + 5);
            return self.span(start, end);
        }
        let mut end = header;
        for line in rest.split_inclusive(['\n', '\\']) {
            let inner = line.trim_matches(|c: char| c.is_whitespace() || "+-\\n".contains(c));
            let key = inner.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
            if !key || inner.len() > 100 {
                break;
            }
            end += line.len();
        }
        self.span(start, end.max(header))
    }

    /// The password in `scheme://user:password@host`.
    pub(super) fn address(self, at: usize) -> Option<Span> {
        let start = at + "://".len();
        let end = self
            .run(start, |byte| !(byte.is_ascii_whitespace() || b"/?#[\"'<>`\\".contains(&byte)));
        if self.part(end, self.text.len()).starts_with(super::MARK) {
            return None;
        }
        let authority = self.part(start, end);
        let (user, _) = authority.rsplit_once('@')?;
        let (from, secret) = match user.split_once(':') {
            Some((name, secret)) => (start + name.len() + 1, secret),
            // A name alone is a secret when it looks like one.
            None => (start, user),
        };
        let alone = from == start;
        if is_placeholder(secret) || (alone && !(secret.len() >= 20 && mixed(secret))) {
            return None;
        }
        self.span(from, from + secret.len())
    }

    /// `somebody@example.com`
    pub(super) fn email(self, at: usize) -> Option<Span> {
        let start =
            self.run_back(at, |byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte));
        let local = self.part(start, at);
        let start = start + local.len() - local.trim_start_matches(['.', '-', '%', '+']).len();
        let local = self.part(start, at);
        if local.is_empty()
            || local.len() > 64
            || ["git", "hg"].contains(&local)
            || self.part(self.from, start).ends_with("://")
        {
            return None;
        }
        let end = self.run(at + 1, |byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let domain = self.part(at + 1, end).trim_end_matches(['.', '-']);
        let (name, last) = domain.rsplit_once('.')?;
        let lower = last.to_ascii_lowercase();
        let legal = (2..=24).contains(&last.len())
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !name.split('.').any(str::is_empty)
            && name
                .split('.')
                .next()
                .is_some_and(|first| !first.bytes().all(|b| b.is_ascii_digit()))
            && !NO_DOMAIN.contains(&lower.as_str());
        let end = at + 1 + domain.len();
        let called = self.kind == Kind::Code && self.byte(end) == Some(b'(');
        (legal && !called).then(|| self.span(start, end)).flatten()
    }

    /// What stands behind the name of a secret.
    pub(super) fn named(self, at: usize, name: &str) -> Option<Span> {
        let mut end = at + name.len();
        end = self.run(end, |byte| byte.is_ascii_digit());
        if end - at - name.len() > 2 {
            return None;
        }
        let (value, sign) = self.separator(end)?;
        if let Some((quote, inside)) = self.quote(value) {
            let rest = self.part(inside, self.text.len());
            let close = rest.find([quote, '\n']).filter(|&at| {
                rest.as_bytes().get(at).is_some_and(|byte| char::from(*byte) == quote)
            })?;
            let secret = rest.get(..close)?.trim_end_matches('\\');
            let plain = match self.kind {
                Kind::Prose => secret.len() >= 3,
                Kind::Code => {
                    secret.len() >= 4
                        && !secret.contains(char::is_whitespace)
                        && !secret.to_ascii_lowercase().contains(name)
                }
            };
            let told = plain && !is_placeholder(secret);
            return told.then(|| self.span(inside, inside + secret.len())).flatten();
        }
        let end = self
            .run(value, |byte| !(byte.is_ascii_whitespace() || b",;&\"'<>)}]|`\\".contains(&byte)));
        let mut secret = self.part(value, end);
        // The full stop of a sentence.
        if self.kind == Kind::Prose {
            secret = secret.trim_end_matches(['.', '!']);
        }
        let end = value + secret.len();
        if is_placeholder(secret) || secret.contains(['(', '[', '{']) {
            return None;
        }
        let dense = secret.len() >= 6 && mixed(secret);
        let told = match (self.kind, sign) {
            (Kind::Prose, b'=') => {
                secret.len() >= 4
                    && !(name == "token" && secret.bytes().all(|byte| byte.is_ascii_digit()))
            }
            (Kind::Prose, _) => dense || (secret.len() >= 4 && self.alone_on_line(at, end)),
            (Kind::Code, _) => {
                dense && !secret.contains(['.', ':']) && !secret.to_ascii_lowercase().contains(name)
            }
        };
        told.then(|| self.span(value, end)).flatten()
    }

    /// Whether nothing but the name (of a setting) stands before and nothing behind: a line of YAML.
    fn alone_on_line(self, name: usize, end: usize) -> bool {
        let start = self.run_back(name, |byte| byte != b'\n');
        let before = self.part(start, name);
        let word = |c: char| c.is_ascii_alphanumeric() || " \t_-.\"'".contains(c);
        let multiline = self.text.contains('\n') || before.trim().is_empty();
        multiline
            && before.chars().all(word)
            && !before.trim().contains(' ')
            && matches!(self.byte(end), None | Some(b'\n' | b'\r'))
    }

    /// Behind the end of a name: where its value begins, and by which sign.
    fn separator(self, at: usize) -> Option<(usize, u8)> {
        let mut at = at;
        if self.byte(at) == Some(b'\\') && matches!(self.byte(at + 1), Some(b'"' | b'\'')) {
            at += 1;
        }
        if matches!(self.byte(at), Some(b'"' | b'\'' | b'`')) {
            at += 1;
        }
        if self.byte(at) == Some(b']') {
            at += 1;
        }
        let space = |byte: u8| byte == b' ' || byte == b'\t';
        at = self.run(at, space);
        let sign = self.byte(at).filter(|byte| b"=:".contains(byte))?;
        at += 1;
        // `=>`, `:=`; but `==` compares.
        match (sign, self.byte(at)) {
            (b'=', Some(b'=')) => return None,
            (b'=', Some(b'>')) | (b':', Some(b'=')) => at += 1,
            _ => {}
        }
        Some((self.run(at, space), sign))
    }

    /// An opening quote, perhaps escaped: which, and where it is over.
    fn quote(self, at: usize) -> Option<(char, usize)> {
        let at = if self.byte(at) == Some(b'\\') { at + 1 } else { at };
        let quote = self.byte(at).filter(|byte| b"\"'`".contains(byte))?;
        Some((char::from(quote), at + 1))
    }
}

/// Characters of credentials in headers (RFC 6750, RFC 7617).
fn credential(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte)
}

/// Letters and digits: what words and numbers alone are not.
fn mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether it is base64 of `user:password`.
fn decoded_pair(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    bare.len() >= 6
        && data_encoding::BASE64_NOPAD.decode(bare.as_bytes()).is_ok_and(|bytes| {
            bytes.contains(&b':') && bytes.iter().all(|byte| (0x20..0x7f).contains(byte))
        })
}

/// Whether it stands for a secret instead of being one: a variable, a template, a mask, "none", or our own mark.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.is_empty()
        || text.starts_with(['<', '{', '%', '[', '('])
        || text.bytes().all(|byte| b"*x.-_#".contains(&byte))
        || text.strip_prefix('$').is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_alphabetic() || "{(_".contains(c))
        })
        || text.contains("[redacted:")
        || EMPTY.contains(&lower.as_str())
}

/// Numbers of payment cards in a text: 14 to 16 digits, alone or in groups, with the beginning of a brand and the
/// check digit of Luhn (ISO/IEC 7812). Only every 13th byte is looked at: a longer run can't be missed.
pub(super) fn cards(text: &str, mut found: impl FnMut(Span)) {
    const STEP: usize = 13;
    let bytes = text.as_bytes();
    let part = |byte: u8| byte.is_ascii_digit() || byte == b' ' || byte == b'-';
    let mut at = STEP - 1;
    while let Some(&byte) = bytes.get(at) {
        if !part(byte) {
            at += STEP;
            continue;
        }
        let start = bytes.get(..at).unwrap_or_default();
        let start = at - start.iter().rev().position(|b| !part(*b)).unwrap_or(start.len());
        let end = bytes.get(at..).unwrap_or_default();
        let end = at + end.iter().position(|b| !part(*b)).unwrap_or(end.len());
        card_in(text, start, end, &mut found);
        at = end + STEP;
    }
}

/// Looks for a card in a run of digits, spaces and hyphens.
fn card_in(text: &str, start: usize, end: usize, found: &mut impl FnMut(Span)) {
    let bytes = text.as_bytes();
    let Some(run) = bytes.get(start..end) else { return };
    if run.len() < 14 {
        return;
    }
    let touches =
        |at: Option<u8>| at.is_some_and(|b| b.is_ascii_alphanumeric() || b"_./:".contains(&b));
    let mut at = 0;
    while at < run.len() {
        if !run.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
            continue;
        }
        let from = at;
        let mut digits = [0u8; 17];
        let (mut count, mut groups, mut group) = (0, [0usize; 6], 0);
        let mut last = at;
        // Up to seventeen digits with single signs between groups of them.
        while let Some(&byte) = run.get(at) {
            if byte.is_ascii_digit() {
                if let Some(digit) = digits.get_mut(count) {
                    *digit = byte - b'0';
                }
                count += 1;
                if let Some(size) = groups.get_mut(group) {
                    *size += 1;
                }
                last = at + 1;
            } else if run.get(at + 1).is_some_and(u8::is_ascii_digit) && group < 5 {
                group += 1;
            } else {
                break;
            }
            at += 1;
        }
        let sizes = groups.get(..=group).unwrap_or_default();
        let shape = matches!(sizes, [14..=16] | [4, 4, 4, 4] | [4, 6, 4 | 5]);
        let free = !touches(bytes.get((start + from).wrapping_sub(1)).copied())
            && !bytes.get(start + last).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let number = digits.get(..count).unwrap_or_default();
        if shape && free && is_card(number) {
            found(Span { start: start + from, end: start + last });
        }
        at = at.max(from + 1);
    }
}

fn is_card(digits: &[u8]) -> bool {
    let start = |count: usize| digits.iter().take(count).fold(0u32, |n, d| n * 10 + u32::from(*d));
    let brand = match digits.len() {
        16 => {
            matches!(start(1), 4)
                || matches!(start(2), 51..=55 | 62 | 65)
                || matches!(start(4), 2221..=2720 | 3528..=3589 | 6011 | 6440..=6499)
        }
        15 => matches!(start(2), 34 | 37),
        14 => matches!(start(2), 36 | 38) || matches!(start(3), 300..=305),
        _ => false,
    };
    brand && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}
