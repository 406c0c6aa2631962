//! What events are joined by: keys as small numbers, and commit hashes of any length.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{Event, attribute};

/// Small numbers for keys, in order of first sight.
pub(super) struct Keys<K> {
    number: FxHashMap<K, u32>,
}

impl<K> Default for Keys<K> {
    fn default() -> Self {
        Self { number: FxHashMap::default() }
    }
}

impl<K: std::hash::Hash + Eq> Keys<K> {
    pub(super) fn number(&mut self, key: K) -> u32 {
        let next = u32::try_from(self.number.len()).unwrap_or(u32::MAX);
        *self.number.entry(key).or_insert(next)
    }

    pub(super) fn len(&self) -> usize {
        self.number.len()
    }
}

/// One text for each key, made when first asked for and shared from then on.
pub(super) struct Texts<K> {
    known: FxHashMap<K, Arc<str>>,
}

impl<K> Default for Texts<K> {
    fn default() -> Self {
        Self { known: FxHashMap::default() }
    }
}

impl<K: std::hash::Hash + Eq> Texts<K> {
    pub(super) fn text(&mut self, key: K, text: impl FnOnce() -> String) -> Arc<str> {
        self.known.entry(key).or_insert_with(|| text().into()).clone()
    }
}

/// The commit hashes that the events name, to complete shortened ones.
pub(super) struct Hashes<'a>(Vec<&'a str>);

impl<'a> Hashes<'a> {
    /// Git shows at least seven digits.
    const SHORTEST: usize = 7;

    pub(super) fn of(events: &[&'a Event]) -> Self {
        let mut hashes: Vec<_> =
            events.iter().filter_map(|event| event.attribute(attribute::COMMIT)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The longest known hash that begins with this one, unless that is ambiguous.
    pub(super) fn full(&self, hash: &'a str) -> &'a str {
        if hash.len() < Self::SHORTEST {
            return hash;
        }
        let start = self.0.partition_point(|known| *known < hash);
        let family = self.0[start..].iter().take_while(|known| known.starts_with(hash));
        let longest = family.clone().max_by_key(|known| known.len()).copied().unwrap_or(hash);
        let one_commit = family.into_iter().all(|known| longest.starts_with(known));
        if one_commit { longest } else { hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_hash_is_completed_when_only_one_commit_fits() {
        let known = Hashes(vec!["aaaaaaa1", "aaaaaaa1ff", "bbbbbbb1", "bbbbbbb2"]);
        assert_eq!(known.full("aaaaaaa"), "aaaaaaa1ff");
        assert_eq!(known.full("bbbbbbb"), "bbbbbbb", "two fit");
        assert_eq!(known.full("aaa"), "aaa", "too short to tell");
        assert_eq!(known.full("ccccccc"), "ccccccc", "unknown");
    }
}
