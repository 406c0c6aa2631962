//! What the report and later commits say of a commit by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Change, ChangeKind, References};
use crate::rank::reach::same_commit;

/// Shorter runs of hexadecimal digits are words or numbers.
const SHORTEST_HASH: usize = 7;

/// Commits that a text names: "broken since 1f2e3d4", "worked before #4711".
#[derive(Debug, Default)]
pub(super) struct Mentions {
    hashes: Vec<String>,
    /// With the sign: `#4711`.
    numbers: Vec<String>,
}

impl Mentions {
    pub(super) fn new(text: &str) -> Self {
        let mut found = Self::default();
        for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '#')) {
            let digits = token.trim_start_matches('#');
            if token.len() > digits.len() && is_number(digits) {
                found.numbers.push(format!("#{digits}"));
            } else if is_hash(token) {
                found.hashes.push(token.to_ascii_lowercase());
            }
        }
        found
    }

    /// Whether this commit is one of them.
    pub(super) fn name(&self, sha: &str, message: &str) -> bool {
        self.hashes.iter().any(|hash| same_commit(hash, sha))
            || !self.numbers.is_empty()
                && message
                    .split(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
                    .any(|token| self.numbers.iter().any(|number| number == token))
    }
}

fn is_number(digits: &str) -> bool {
    digits.len() > 1 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_hash(token: &str) -> bool {
    (SHORTEST_HASH..=64).contains(&token.len())
        && token.bytes().all(|b| b.is_ascii_hexdigit())
        && token.bytes().any(|b| b.is_ascii_digit())
        && token.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Commits that a later one among the accused takes back, by the subject or the hash that it names. What was
/// put back again after that is not among them.
pub(super) fn reverted(accused: &[&Change<'_>]) -> BTreeSet<usize> {
    let mut by_subject: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, change) in accused.iter().enumerate() {
        if let ChangeKind::Commit { message, .. } = &change.kind {
            by_subject.entry(subject(message)).or_default().push(index);
        }
    }
    let mut newest_first: Vec<(usize, &Change<'_>)> = accused.iter().copied().enumerate().collect();
    newest_first.sort_by_key(|(_, change)| std::cmp::Reverse((change.time, change.event)));
    let mut found = BTreeSet::new();
    for (place, revert) in newest_first {
        let ChangeKind::Commit { message, .. } = &revert.kind else { continue };
        // What was taken back takes nothing back any more.
        if found.contains(&place) {
            continue;
        }
        let named = References::of(message);
        let same_subject = named.reverted_subject.and_then(|named| by_subject.get(named));
        let same_hash = named.reverts.iter().flat_map(|hash| {
            accused.iter().enumerate().filter(move |(_, change)| {
                matches!(&change.kind, ChangeKind::Commit { sha, .. } if same_commit(hash, sha))
            })
        });
        for index in
            same_subject.into_iter().flatten().copied().chain(same_hash.map(|(index, _)| index))
        {
            let earlier = accused
                .get(index)
                .is_some_and(|c| c.time <= revert.time && c.event != revert.event);
            if earlier {
                found.insert(index);
            }
        }
    }
    found
}

fn subject(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::model::{Event, Source, attribute};

    fn commit(sha: &str, second: i64, message: &str) -> Event {
        let time: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        Event::builder(time, Source::Git, "commit", message.lines().next().unwrap())
            .with_body(message)
            .with_source_id(sha)
            .with_attribute(attribute::COMMIT, sha)
            .build()
            .unwrap()
    }

    const FIRST: &str = "1a11111111111111111111111111111111111111";
    const SECOND: &str = "2b22222222222222222222222222222222222222";

    fn taken_back(message: &str, second: i64) -> bool {
        let events = [commit(FIRST, 10, "cache answers longer"), commit(SECOND, second, message)];
        let changes: Vec<Change<'_>> = events.iter().filter_map(Change::from_event).collect();
        let accused: Vec<&Change<'_>> = changes.iter().collect();
        reverted(&accused).contains(&0)
    }

    #[test]
    fn a_commit_is_taken_back_by_its_subject_or_its_hash() {
        assert!(taken_back("Revert \"cache answers longer\"", 20));
        assert!(taken_back("undo it\n\nThis reverts commit 1a111111.", 20));
        assert!(!taken_back("Revert \"cache answers longer\"", 5), "before it was made");
        assert!(!taken_back("Revert \"another thing altogether\"", 20));
        assert!(!taken_back("This reverts commit 1a1", 20), "too short to name one");
    }

    #[test]
    fn what_was_put_back_again_is_not_taken_back() {
        let third = "3c33333333333333333333333333333333333333";
        for again in [
            "Revert \"Revert \"cache answers longer\"\"",
            "Reapply \"cache answers longer\"\n\nThis reverts commit 2b222222.",
        ] {
            let events = [
                commit(FIRST, 10, "cache answers longer"),
                commit(SECOND, 20, "Revert \"cache answers longer\""),
                commit(third, 30, again),
            ];
            let changes: Vec<Change<'_>> = events.iter().filter_map(Change::from_event).collect();
            let accused: Vec<&Change<'_>> = changes.iter().rev().collect();
            assert_eq!(reverted(&accused), BTreeSet::from([1]), "the revert itself: {again}");
        }
    }

    #[test]
    fn a_report_names_a_commit_by_hash_or_number() {
        let mentions = Mentions::new("broken since 1A11111, worked before (#4711); see page 20260");
        assert!(mentions.name(FIRST, "cache answers longer"));
        assert!(mentions.name(SECOND, "retry at once (#4711)"));
        assert!(!mentions.name(SECOND, "retry at once (#47112)"));
        assert!(!Mentions::new("defaced 1234567 #7").name("1234567890abcdef", "x #7"));
    }
}
