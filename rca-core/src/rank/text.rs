//! Text ranking: which candidates say the words of the symptom.
//!
//! BM25F (Robertson, Zaragoza, Taylor 2004) over an in-memory set of candidates: term frequencies of
//! the fields are normalised by field length, weighted and added before saturation, so that a word in a
//! path and in the message does not count twice over. Identifiers are split at camel case, snake case
//! and punctuation and also kept whole: `maxConns` is found by `max`, `conns` and `maxconns`.

use std::collections::BTreeMap;

/// One part of a candidate's text and how much its words count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) weight: f64,
    pub(super) text: &'a str,
}

/// Term frequency saturation.
const K1: f64 = 1.2;
/// Length normalisation.
const B: f64 = 0.6;
/// Words longer than this are data, not words.
const MAX_WORD: usize = 64;

/// An index over candidates.
#[derive(Debug, Default)]
pub(super) struct Bm25 {
    /// Term -> (candidate, weighted and normalised frequency), in order of candidate.
    postings: BTreeMap<String, Vec<(usize, f64)>>,
    candidates: usize,
}

impl Bm25 {
    /// Indexes candidates; all have the same fields in the same order.
    pub(super) fn new<'a, const N: usize>(
        candidates: impl IntoIterator<Item = [Field<'a>; N]>,
    ) -> Self {
        let tokenised: Vec<Vec<(f64, Vec<String>)>> = candidates
            .into_iter()
            .map(|fields| fields.iter().map(|field| (field.weight, words(field.text))).collect())
            .collect();
        let count = tokenised.len();
        let mut lengths = [0_usize; N];
        for fields in &tokenised {
            for (length, (_, terms)) in lengths.iter_mut().zip(fields) {
                *length += terms.len();
            }
        }
        let mut postings: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
        for (candidate, fields) in tokenised.iter().enumerate() {
            let mut frequencies: BTreeMap<&str, f64> = BTreeMap::new();
            for ((weight, terms), &total) in fields.iter().zip(&lengths) {
                let mean = total as f64 / count.max(1) as f64;
                let norm = if mean > 0.0 { 1.0 - B + B * terms.len() as f64 / mean } else { 1.0 };
                for term in terms {
                    *frequencies.entry(term).or_default() += weight / norm;
                }
            }
            for (term, frequency) in frequencies {
                postings.entry(term.to_owned()).or_default().push((candidate, frequency));
            }
        }
        Self { postings, candidates: count }
    }

    /// The score of every candidate, 0 for no shared word, and the words that gave most.
    pub(super) fn score(&self, query: &str) -> Vec<Match> {
        let mut matches = vec![Match::default(); self.candidates];
        let mut terms: BTreeMap<String, (f64, String)> = BTreeMap::new();
        for (term, shown) in terms_of(query) {
            terms.entry(term).or_insert((0.0, shown)).0 += 1.0;
        }
        for (term, (count, shown)) in terms {
            let Some(postings) = self.postings.get(&term) else { continue };
            let idf = self.idf(postings.len());
            for &(candidate, frequency) in postings {
                let gain = idf * (1.0 + f64::ln(count)) * frequency * (K1 + 1.0) / (frequency + K1);
                if let Some(found) = matches.get_mut(candidate) {
                    found.score += gain;
                    found.words.push((gain, shown.clone()));
                }
            }
        }
        for found in &mut matches {
            found.words.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
            found.words.truncate(4);
        }
        matches
    }

    fn idf(&self, holders: usize) -> f64 {
        let (all, holders) = (self.candidates as f64, holders as f64);
        f64::ln(1.0 + (all - holders + 0.5) / (holders + 0.5))
    }
}

/// How well a candidate says the words of a query.
#[derive(Debug, Clone, Default)]
pub(super) struct Match {
    pub(super) score: f64,
    /// The words that gave most, with their gain.
    pub(super) words: Vec<(f64, String)>,
}

/// Lower-case words: identifiers whole and split, numbers and stop words left out.
pub(super) fn words(text: &str) -> Vec<String> {
    terms_of(text).into_iter().map(|(term, _)| term).collect()
}

/// The same, each with the form that people read.
fn terms_of(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for token in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')) {
        let token = token.trim_matches(['-', '_']);
        if token.is_empty() || token.len() > MAX_WORD {
            continue;
        }
        let parts = split_identifier(token);
        if parts.len() > 1 {
            let whole: String = parts.concat();
            push_word(&mut found, &whole);
        }
        for part in &parts {
            push_word(&mut found, part);
        }
    }
    found
}

fn push_word(found: &mut Vec<(String, String)>, word: &str) {
    let is_number = word.chars().all(|c| c.is_ascii_digit());
    if word.chars().count() < 2 || is_number || STOP_WORDS.binary_search(&word).is_ok() {
        return;
    }
    found.push((stem(word), word.to_owned()));
}

/// Takes plural and common verb endings off, so that `timeouts` finds `timeout`.
fn stem(word: &str) -> String {
    if word.len() > 4 && word.is_ascii() {
        if let Some(base) = word.strip_suffix("ies") {
            return format!("{base}y");
        }
        for ending in ["ing", "ed", "es"] {
            if let Some(base) = word.strip_suffix(ending).filter(|base| base.len() > 3) {
                return base.to_owned();
            }
        }
        if let Some(base) = word.strip_suffix('s').filter(|base| !base.ends_with('s')) {
            return base.to_owned();
        }
        if let Some(base) = word.strip_suffix('e').filter(|base| base.len() > 3) {
            return base.to_owned();
        }
    }
    word.to_owned()
}

/// `HTTPServer_maxConns` -> `http server max conns`.
pub(super) fn split_identifier(token: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut part = String::new();
    let characters: Vec<char> = token.chars().collect();
    for (at, &character) in characters.iter().enumerate() {
        if character == '_' || character == '-' {
            parts.extend((!part.is_empty()).then(|| std::mem::take(&mut part)));
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| characters.get(i));
        let after = characters.get(at + 1);
        let starts_word = character.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit())
                || (before.is_some_and(|c| c.is_uppercase())
                    && after.is_some_and(|c| c.is_lowercase())));
        if starts_word {
            parts.extend((!part.is_empty()).then(|| std::mem::take(&mut part)));
        }
        part.extend(character.to_lowercase());
    }
    parts.extend((!part.is_empty()).then_some(part));
    parts
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
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn identifiers_are_split_and_kept() {
        assert_eq!(split_identifier("HTTPServer_maxConns2"), ["http", "server", "max", "conns2"]);
        let found = words("set maxConns in the pool");
        for word in ["maxconn", "max", "conn", "pool", "set"] {
            assert!(found.contains(&word.to_owned()), "{word} in {found:?}");
        }
        assert!(!found.contains(&"the".to_owned()));
    }

    #[test]
    fn the_candidate_with_the_rare_word_wins() {
        let texts = ["fix the pool limit", "fix the docs", "fix the tests", "fix the build"];
        let index = Bm25::new(texts.map(|text| [Field { weight: 1.0, text }]));
        let scores = index.score("pool exhausted after fix");
        assert!(scores[0].score > 5.0 * scores[1].score);
        assert_eq!(scores[0].words[0].1, "pool");
    }

    #[test]
    fn an_empty_query_and_no_candidates_are_fine() {
        assert!(Bm25::new(Vec::<[Field<'_>; 1]>::new()).score("x").is_empty());
        let one = Bm25::new([[Field { weight: 1.0, text: "" }]]);
        assert_eq!(one.score("")[0].score, 0.0);
    }
}
