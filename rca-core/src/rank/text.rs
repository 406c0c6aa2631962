//! Text ranking: which candidates say the words of a query.
//!
//! BM25F (Robertson, Zaragoza & Taylor 2004; Robertson & Zaragoza, "The Probabilistic Relevance Framework:
//! BM25 and Beyond", 2009): frequencies of a word in the fields of a candidate are normalised by the field's
//! length, weighted and added before saturation, so that a word in a path and in the message does not count
//! twice over. A word counts by how few candidates have it in any field. Identifiers are split where
//! [`parts`] says and also kept whole: `maxConns` is found by `max`, `conns` and `maxconns`.
//!
//! Queries are known before the candidates are read, so nothing is indexed: each text is read once, and only
//! words that a query asks for are counted. Limits: stems are those of English; a synonym is another word.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::mechanism::words::parts;

/// Term frequency saturation; high, as fields of a commit are short and a repeated word there means something.
const K1: f64 = 2.0;
/// Length normalisation.
const B: f64 = 0.6;
/// Words longer than this are data, not words.
const MAX_WORD: usize = 64;
/// Words of a match that are kept to be shown.
const SHOWN: usize = 4;

/// What is looked for, and how much each of a candidate's `N` fields counts in it.
#[derive(Debug, Clone)]
pub(super) struct Query<const N: usize> {
    /// Words in order: as compared, as people read them, how often they are asked for.
    terms: Vec<(String, String, f64)>,
    weights: [f64; N],
}

impl<const N: usize> Query<N> {
    pub(super) fn new(text: &str, weights: [f64; N]) -> Self {
        let mut all: Vec<(String, String)> = Vec::new();
        Terms::default().each(text, |word| {
            if is_telling(word) {
                all.push((stem(word).into_owned(), word.to_owned()));
            }
        });
        all.sort();
        let mut terms: Vec<(String, String, f64)> = Vec::with_capacity(all.len());
        for (term, shown) in all {
            match terms.last_mut() {
                Some((last, _, count)) if *last == term => *count += 1.0,
                _ => terms.push((term, shown, 1.0)),
            }
        }
        Self { terms, weights }
    }

    /// Asks no longer for the words of a text.
    pub(super) fn leave_out(&mut self, text: &str) {
        let said = words(text);
        self.terms.retain(|(term, ..)| !said.contains(term));
    }

    /// The words of a match, most telling first.
    pub(super) fn words(&self, found: &Match) -> Vec<&str> {
        let shown = |&(_, term): &(f64, usize)| self.terms.get(term).map(|(_, word, _)| &**word);
        found.words.iter().filter_map(shown).collect()
    }
}

/// How well a candidate says the words of a query.
#[derive(Debug, Clone, Default)]
pub(super) struct Match {
    pub(super) score: f64,
    /// The words that gave most: their gain, and their place in the query.
    words: Vec<(f64, usize)>,
}

impl Match {
    fn add(&mut self, gain: f64, term: usize) {
        self.score += gain;
        let place = self.words.partition_point(|(more, _)| *more >= gain);
        if place < SHOWN {
            self.words.truncate(SHOWN - 1);
            self.words.insert(place, (gain, term));
        }
    }
}

/// A match for every candidate (second index) and query (first); a score of 0 means no shared word.
///
/// A field is a list of texts, the same fields in the same order for all candidates.
pub(super) fn score<const N: usize>(
    queries: &[Query<N>],
    candidates: &[[Vec<&str>; N]],
) -> Vec<Vec<Match>> {
    let counts = Counts::of(queries, candidates);
    let all = candidates.len() as f64;
    let norms = counts.norms();
    queries
        .iter()
        .map(|query| {
            let mut matches = vec![Match::default(); candidates.len()];
            for (place, (term, _, asked)) in query.terms.iter().enumerate() {
                let holders = counts.holders(term);
                let few = holders.len() as f64;
                let idf = f64::ln(1.0 + (all - few + 0.5) / (few + 0.5));
                for (candidate, held) in holders {
                    let (Some(norm), Some(found)) =
                        (norms.get(*candidate), matches.get_mut(*candidate))
                    else {
                        continue;
                    };
                    let fields = held.iter().zip(&query.weights).zip(norm);
                    let frequency: f64 =
                        fields.map(|((held, weight), norm)| weight * f64::from(*held) / norm).sum();
                    if frequency > 0.0 {
                        let gain = idf * (1.0 + f64::ln(*asked)) * frequency * (K1 + 1.0);
                        found.add(gain / (frequency + K1), place);
                    }
                }
            }
            matches
        })
        .collect()
}

/// How often candidates say the words that queries ask for.
struct Counts<'q, const N: usize> {
    /// Word -> its place in `held`.
    places: FxHashMap<&'q str, usize>,
    /// For each word the candidates that have it, in order, and how often in each field.
    held: Vec<Vec<(usize, [u32; N])>>,
    /// Words in each field of each candidate, those that say nothing too.
    lengths: Vec<[u32; N]>,
}

impl<'q, const N: usize> Counts<'q, N> {
    fn of(queries: &'q [Query<N>], candidates: &[[Vec<&str>; N]]) -> Self {
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for (term, ..) in queries.iter().flat_map(|query| &query.terms) {
            let next = places.len();
            places.entry(term).or_insert(next);
        }
        let beginnings = Beginnings::of(queries);
        let mut held = vec![Vec::new(); places.len()];
        let mut reader = Terms::default();
        let mut lengths = vec![[0_u32; N]; candidates.len()];
        for ((candidate, fields), lengths) in candidates.iter().enumerate().zip(&mut lengths) {
            for (field, (texts, length)) in fields.iter().zip(lengths).enumerate() {
                for text in texts {
                    reader.each(text, |word| {
                        *length += 1;
                        if !beginnings.may_hold(word) {
                            return;
                        }
                        let Some(&place) = places.get(&*stem(word)) else { return };
                        count(held.get_mut(place), candidate, field);
                    });
                }
            }
        }
        Self { places, held, lengths }
    }

    fn holders(&self, term: &str) -> &[(usize, [u32; N])] {
        let place = self.places.get(term).copied();
        place.and_then(|place| self.held.get(place)).map(Vec::as_slice).unwrap_or_default()
    }

    /// What long fields are divided by, against the mean over the candidates.
    fn norms(&self) -> Vec<[f64; N]> {
        let mut means = [0.0; N];
        for lengths in &self.lengths {
            for (mean, length) in means.iter_mut().zip(lengths) {
                *mean += f64::from(*length) / self.lengths.len() as f64;
            }
        }
        let norm = |length: u32, mean: f64| 1.0 - B + B * f64::from(length) / f64::max(mean, 1e-9);
        self.lengths
            .iter()
            .map(|lengths| {
                let mut norms = [1.0; N];
                for ((out, length), mean) in norms.iter_mut().zip(lengths).zip(means) {
                    *out = norm(*length, mean);
                }
                norms
            })
            .collect()
    }
}

/// The first letters of the words that queries ask for: most words of a candidate begin otherwise and need
/// neither be stemmed nor looked up.
struct Beginnings([u64; 512]);

impl Beginnings {
    fn of<const N: usize>(queries: &[Query<N>]) -> Self {
        let mut found = Self([0; 512]);
        for (term, ..) in queries.iter().flat_map(|query| &query.terms) {
            found.add(term.bytes());
            // The one ending that a stem does not only lose.
            if let Some(base) = term.strip_suffix('y') {
                found.add(base.bytes().chain(*b"ies"));
            }
        }
        found
    }

    fn add(&mut self, word: impl Iterator<Item = u8>) {
        let (place, bit) = Self::place(word);
        if let Some(bits) = self.0.get_mut(place) {
            *bits |= bit;
        }
    }

    /// Five bits of each of the first three bytes.
    fn place(word: impl Iterator<Item = u8>) -> (usize, u64) {
        let key = word.take(3).fold(0, |key, byte| key << 5 | usize::from(byte & 31));
        (key / 64, 1 << (key % 64))
    }

    /// False when no query asks for the word, whatever its stem.
    fn may_hold(&self, word: &str) -> bool {
        let (place, bit) = Self::place(word.bytes());
        self.0.get(place).is_some_and(|bits| bits & bit != 0)
    }
}

/// One more of a word in a field of a candidate. Candidates come in order.
fn count<const N: usize>(
    held: Option<&mut Vec<(usize, [u32; N])>>,
    candidate: usize,
    field: usize,
) {
    let Some(held) = held else { return };
    if held.last().is_none_or(|(last, _)| *last != candidate) {
        held.push((candidate, [0; N]));
    }
    if let Some(held) = held.last_mut().and_then(|(_, fields)| fields.get_mut(field)) {
        *held += 1;
    }
}

/// Stems of a text: identifiers whole and split, numbers and stop words left out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    Terms::default().each(text, |word| {
        if is_telling(word) {
            found.push(stem(word).into_owned());
        }
    });
    found
}

/// Reads words from texts, in memory that it keeps.
#[derive(Debug, Default)]
struct Terms {
    whole: String,
    parts: Vec<Range<usize>>,
}

impl Terms {
    /// Calls back for every lower-case word of at least two characters that is no number; for an identifier
    /// of several words first with the words put together.
    fn each(&mut self, text: &str, mut call: impl FnMut(&str)) {
        if !text.is_ascii() {
            for token in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
                self.token(token, &mut call);
            }
            return;
        }
        let (mut start, mut kinds) = (0, BETWEEN);
        for (at, byte) in text.bytes().enumerate() {
            let kind = KINDS[usize::from(byte)];
            if kind != BETWEEN {
                kinds |= kind;
                continue;
            }
            self.ascii_token(text.get(start..at), kinds, &mut call);
            (start, kinds) = (at + 1, BETWEEN);
        }
        self.ascii_token(text.get(start..), kinds, &mut call);
    }

    fn ascii_token(&mut self, token: Option<&str>, kinds: u8, call: &mut impl FnMut(&str)) {
        match token {
            // By far the most.
            Some(token) if kinds == LOWER && (2..=MAX_WORD).contains(&token.len()) => call(token),
            Some(token) if kinds & OTHER != 0 => self.token(token, call),
            _ => {}
        }
    }

    fn token(&mut self, token: &str, call: &mut impl FnMut(&str)) {
        let token = token.trim_matches(['-', '_']);
        if token.is_empty() || token.len() > MAX_WORD {
            return;
        }
        if token.bytes().all(|b| b.is_ascii_lowercase()) {
            if token.len() > 1 {
                call(token);
            }
            return;
        }
        self.split(token);
        if self.parts.len() > 1 && is_word(&self.whole) {
            call(&self.whole);
        }
        let parts = self.parts.iter().filter_map(|part| self.whole.get(part.clone()));
        parts.filter(|part| is_word(part)).for_each(call);
    }

    fn split(&mut self, token: &str) {
        self.whole.clear();
        self.parts.clear();
        if token.is_ascii() {
            return self.split_ascii(token);
        }
        for part in token.split(['_', '-']).flat_map(parts) {
            let start = self.whole.len();
            self.whole.extend(part.chars().flat_map(char::to_lowercase));
            self.parts.push(start..self.whole.len());
        }
    }

    /// The same for a token without other letters, byte by byte.
    fn split_ascii(&mut self, token: &str) {
        let mut start = 0;
        let mut bytes = token.bytes().peekable();
        let mut before = b'_';
        while let Some(byte) = bytes.next() {
            let separates = matches!(byte, b'_' | b'-');
            let begins = byte.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || bytes.peek().is_some_and(u8::is_ascii_lowercase));
            if (separates || begins) && start < self.whole.len() {
                self.parts.push(start..self.whole.len());
                start = self.whole.len();
            }
            if !separates {
                self.whole.push(char::from(byte.to_ascii_lowercase()));
            }
            before = byte;
        }
        if start < self.whole.len() {
            self.parts.push(start..self.whole.len());
        }
    }
}

/// Kinds of bytes in ASCII text: nothing of a token, a lower-case letter, what else tokens are made of.
const BETWEEN: u8 = 0;
const LOWER: u8 = 1;
const OTHER: u8 = 2;
const KINDS: [u8; 256] = {
    let mut kinds = [BETWEEN; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => OTHER,
            _ => BETWEEN,
        };
        byte += 1;
    }
    kinds
};

fn is_word(word: &str) -> bool {
    word.chars().nth(1).is_some() && !word.bytes().all(|b| b.is_ascii_digit())
}

fn is_telling(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_err()
}

/// Takes plural and common verb endings off, so that `timeouts` finds `timeout`.
fn stem(word: &str) -> Cow<'_, str> {
    if word.len() > 4 && word.is_ascii() {
        if let Some(base) = word.strip_suffix("ies") {
            return Cow::Owned(format!("{base}y"));
        }
        for ending in ["ing", "ed", "es"] {
            if let Some(base) = word.strip_suffix(ending).filter(|base| base.len() > 3) {
                return Cow::Borrowed(base);
            }
        }
        if let Some(base) = word.strip_suffix('s').filter(|base| !base.ends_with('s')) {
            return Cow::Borrowed(base);
        }
        if let Some(base) = word.strip_suffix('e').filter(|base| base.len() > 3) {
            return Cow::Borrowed(base);
        }
    }
    Cow::Borrowed(word)
}

/// Words that say nothing about a fault. Sorted.
const STOP_WORDS: [&str; 64] = [
    "about", "above", "after", "again", "all", "also", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "but", "by", "can", "do", "does", "during", "each", "for", "from",
    "had", "has", "have", "if", "in", "into", "is", "it", "its", "may", "more", "most", "no",
    "not", "now", "of", "on", "only", "or", "other", "our", "so", "some", "such", "than", "that",
    "the", "then", "there", "these", "this", "to", "was", "we", "were", "when", "which", "will",
    "with",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scores(query: &str, texts: &[&str]) -> Vec<f64> {
        let candidates: Vec<[Vec<&str>; 1]> = texts.iter().map(|text| [vec![*text]]).collect();
        let found = score(&[Query::new(query, [1.0])], &candidates);
        found[0].iter().map(|found| found.score).collect()
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn identifiers_are_split_and_kept() {
        let found = words("set maxConns in the pool");
        for word in ["maxconn", "max", "conn", "pool", "set"] {
            assert!(found.contains(&word.to_owned()), "{word} in {found:?}");
        }
        assert!(!found.contains(&"the".to_owned()));
        assert_eq!(words("HTTP_server-v2 42 x"), ["httpserverv2", "http", "server", "v2"]);
    }

    #[test]
    fn the_candidate_with_the_rare_word_wins() {
        let texts = ["fix the pool limit", "fix the docs", "fix the tests", "fix the build"];
        let candidates = texts.map(|text| [vec![text]]);
        let query = [Query::new("pools exhausted after fix", [1.0])];
        let found = score(&query, &candidates);
        assert!(found[0][0].score > 5.0 * found[0][1].score);
        assert_eq!(query[0].words(&found[0][0]), ["pools", "fix"]);
    }

    #[test]
    fn a_score_is_that_of_the_formula() {
        // Three candidates, one of two words has "pool": idf ln(1 + 2.5/1.5); lengths 2, 1, 1; mean 4/3.
        let found = scores("pool", &["pool limit", "docs", "tests"]);
        let frequency = 1.0 / (1.0 - B + B * 2.0 / (4.0 / 3.0));
        let wanted = f64::ln(1.0 + 2.5 / 1.5) * frequency * (K1 + 1.0) / (frequency + K1);
        assert!((found[0] - wanted).abs() < 1e-12, "{found:?}, not {wanted}");
        assert_eq!(found[1..], [0.0, 0.0]);
    }

    #[test]
    fn a_field_without_weight_is_not_looked_at() {
        let candidates = [[vec!["pool"], vec!["x"]], [vec!["x"], vec!["pool"]]];
        let found = score(&[Query::new("pool", [1.0, 0.0])], &candidates);
        assert!(found[0][0].score > 0.0 && found[0][1].score == 0.0);
    }

    #[test]
    fn words_that_are_left_out_are_not_asked_for() {
        let mut query = Query::new("ledger-api: pool exhausted", [1.0]);
        query.leave_out("ledger-api");
        let found = score(&[query], &[[vec!["ledger api"]], [vec!["pool"]], [vec!["other"]]]);
        let scores: Vec<f64> = found[0].iter().map(|found| found.score).collect();
        assert!(scores[0] == 0.0 && scores[1] > 0.0, "{scores:?}");
    }

    #[test]
    fn an_empty_query_and_no_candidates_are_fine() {
        assert!(scores("x", &[]).is_empty());
        assert_eq!(scores("", &[""]), [0.0]);
    }

    /// Words as [`Terms`] reads them where a text holds other letters.
    fn by_chars(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for token in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
            let token = token.trim_matches(['-', '_']);
            if token.is_empty() || token.len() > MAX_WORD {
                continue;
            }
            if token.bytes().all(|b| b.is_ascii_lowercase()) {
                found.extend(Some(token.to_owned()).filter(|token| token.len() > 1));
                continue;
            }
            let parts: Vec<&str> = token.split(['_', '-']).flat_map(parts).collect();
            let whole = (parts.len() > 1).then(|| parts.concat());
            let all = whole.into_iter().chain(parts.into_iter().map(str::to_owned));
            found.extend(all.map(|word| word.to_lowercase()).filter(|word| is_word(word)));
        }
        found
    }

    proptest! {
        #[test]
        fn ascii_is_read_byte_by_byte_with_the_same_result(
            text in "([a-zA-Z0-9_./ -]|[A-Z][a-z]{1,4}|\\PC){0,60}",
        ) {
            let mut found = Vec::new();
            Terms::default().each(&text, |word| found.push(word.to_owned()));
            prop_assert_eq!(found, by_chars(&text));
        }

        #[test]
        fn a_word_that_is_asked_for_is_found_by_its_beginning(
            word in "[a-z0-9]{2,7}(ies|ing|ed|es|s|e|y)?",
            asked in "[a-z0-9]{2,7}(ies|ing|ed|es|s|e|y)?",
        ) {
            for asked in [&word, &asked] {
                let query = Query::new(asked, [1.0]);
                let may = Beginnings::of(std::slice::from_ref(&query)).may_hold(&word);
                let says = query.terms.iter().any(|(term, ..)| *term == *stem(&word));
                prop_assert!(may || !says);
            }
        }

        /// Order among the others moves through the lengths and the idf of words only; a text without any
        /// of the words, as long as they are on average, moves neither order nor a score up past another.
        #[test]
        fn a_candidate_without_the_words_leaves_the_order_of_the_others(
            texts in prop::collection::vec("(pool|cache|retry|quiet)( (pool|cache|retry|quiet)){2}", 2..8),
        ) {
            let mut more: Vec<&str> = texts.iter().map(String::as_str).collect();
            let before = scores("pool", &more);
            more.push("nothing like it");
            let after = scores("pool", &more);
            for (i, a) in before.iter().enumerate() {
                for (j, b) in before.iter().enumerate() {
                    prop_assert_eq!(a > b, after[i] > after[j]);
                }
            }
        }
    }
}
