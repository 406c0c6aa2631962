//! Snippets: the place in a text that answers a query best, with what to highlight.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::memchr3_iter;
use serde::{Deserialize, Serialize};
use tantivy::tokenizer::TokenStream;

use super::expr::TextKind;
use super::query::Query;
use super::shortened;
use super::tokenize::{Firsts, Words, is_short_hash, query_terms};

/// Longest snippet, in bytes; a little less where characters have several.
const MAX_BYTES: usize = 200;
/// Text before the first highlight.
const LEAD_BYTES: usize = 40;
/// Only so much of a long text is looked at.
const MAX_SCANNED_BYTES: usize = 256 * 1024;

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    /// The piece, on one line.
    pub text: String,
    /// What matched, as byte ranges of [`text`](Self::text), in order, not overlapping.
    pub highlights: Vec<Range<usize>>,
}

/// Texts may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Snippet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snippet")
            .field("bytes", &self.text.len())
            .field("highlights", &self.highlights)
            .finish()
    }
}

/// Finds the words of a query in texts.
#[derive(Debug, Clone)]
pub struct Highlighter {
    exact: Vec<String>,
    prefixes: Vec<String>,
    firsts: Firsts,
}

impl Highlighter {
    /// A highlighter for the words of a query; denied words are left out.
    #[must_use]
    pub fn new(query: &Query) -> Self {
        let (mut exact, mut prefixes) = (Vec::new(), Vec::new());
        let condition = query.condition();
        for text in condition.iter().flat_map(|c| c.texts()) {
            let mut terms = query_terms(&text.text);
            let short_hash = text.kind == TextKind::Word && terms.iter().any(|t| is_short_hash(t));
            if text.kind == TextKind::Prefix || short_hash {
                prefixes.extend(terms.pop());
            }
            exact.append(&mut terms);
        }
        let mut firsts = [false; 256];
        for first in exact.iter().chain(&prefixes).filter_map(|term| term.bytes().next()) {
            firsts[usize::from(first)] = true;
        }
        Self { exact, prefixes, firsts }
    }

    /// The window with the most different words, the earliest of those; none when nothing matches.
    #[must_use]
    pub fn snippet(&self, text: &str) -> Option<Snippet> {
        let scanned = shortened(text, MAX_SCANNED_BYTES);
        let first = self.best_window(scanned)?;
        let start = shortened(text, first.saturating_sub(LEAD_BYTES)).len();
        // Begin at a word where one begins nearby.
        let start = text[start..first].find(char::is_whitespace).map_or(start, |at| start + at);
        let end = shortened(text, start.saturating_add(MAX_BYTES)).len().max(first);
        let piece = &text[start..end];
        let trimmed = piece.trim_start();
        Some(self.mark(trimmed.trim_end()))
    }

    fn matches(&self, term: &str) -> Option<usize> {
        let exact = self.exact.iter().position(|t| t == term);
        let prefix = || self.prefixes.iter().position(|p| term.starts_with(p.as_str()));
        exact.or_else(|| prefix().map(|n| n + self.exact.len()))
    }

    /// Where the best window's first match begins.
    fn best_window(&self, text: &str) -> Option<usize> {
        let mut window: VecDeque<(usize, usize)> = VecDeque::new();
        let mut counts = vec![0_usize; self.exact.len() + self.prefixes.len()];
        let mut best: Option<(usize, usize)> = None;
        let mut words = Words::beginning(text, &self.firsts);
        while words.advance() {
            let Some(which) = self.matches(&words.token.text) else { continue };
            let from = words.token.offset_from;
            while let Some(&(old_from, old)) = window.front() {
                if from < old_from + MAX_BYTES - 2 * LEAD_BYTES {
                    break;
                }
                counts[old] -= 1;
                window.pop_front();
            }
            window.push_back((from, which));
            counts[which] += 1;
            let distinct = counts.iter().filter(|n| **n > 0).count();
            let first = window.front().map_or(from, |w| w.0);
            if best.is_none_or(|(most, _)| distinct > most) {
                best = Some((distinct, first));
            }
            if distinct == counts.len() {
                break; // no window has more
            }
        }
        best.map(|(_, first)| first)
    }

    fn mark(&self, piece: &str) -> Snippet {
        // Line ends become spaces of the same length, so that offsets stay.
        let mut bytes = piece.as_bytes().to_vec();
        for at in memchr3_iter(b'\n', b'\r', b'\t', piece.as_bytes()) {
            bytes[at] = b' ';
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        let mut highlights: Vec<Range<usize>> = Vec::new();
        let mut words = Words::beginning(&text, &self.firsts);
        while words.advance() {
            let token = &words.token;
            if self.matches(&token.text).is_none() {
                continue;
            }
            match highlights.last_mut() {
                // The whole word and its parts.
                Some(last) if token.offset_from < last.end => {
                    last.end = last.end.max(token.offset_to)
                }
                _ => highlights.push(token.offset_from..token.offset_to),
            }
        }
        Snippet { text, highlights }
    }
}
