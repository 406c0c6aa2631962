//! What a commit's message says about other commits: which it takes back, repairs, or was copied from.

/// Commits that a message names by what is the matter with them, in its order, each once.
///
/// Reads what `git revert`, `git cherry-pick -x` and the `Fixes:` convention of the Linux kernel write, and the
/// spellings that people use instead. Hashes stand as they are written, in lower case; they may be shortened.
///
/// ```
/// use rca_core::model::References;
///
/// let said = References::of("Revert \"pool: fewer slots\"\n\nThis reverts commit 1f2e3d4c.\n\nFixes: 9a8b7c6 (\"pool\")");
/// assert_eq!((said.reverts.as_slice(), said.reverted_subject), (&["1f2e3d4c".to_owned()][..], Some("pool: fewer slots")));
/// assert_eq!(said.fixes, ["9a8b7c6"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References<'m> {
    /// Commits that it takes back (`This reverts commit ...`, `Reverts: ...`).
    pub reverts: Vec<String>,
    /// Subject of the commit that it takes back (`Revert "..."`), of eight bytes at least: shorter ones may be another's.
    pub reverted_subject: Option<&'m str>,
    /// Commits whose faults it repairs (`Fixes: ...`); issues by number are none.
    pub fixes: Vec<String>,
    /// Commits that it is a copy of (`(cherry picked from commit ...)`, `Cherry-picked-from: ...`).
    pub picked_from: Vec<String>,
}

/// Shorter runs of hexadecimal digits are words or numbers; git shows at least so many.
const SHORTEST_HASH: usize = 7;
/// SHA-256 has so many.
const LONGEST_HASH: usize = 64;
/// Shorter subjects may be another commit's too.
const SHORTEST_SUBJECT: usize = 8;
/// A squashed branch names some; more of one kind are not kept.
const MOST: usize = 100;

impl<'m> References<'m> {
    /// Reads a whole message.
    #[must_use]
    pub fn of(message: &'m str) -> Self {
        let mut found = Self { reverted_subject: reverted_subject(message), ..Self::default() };
        let mut lines = message.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            if let Some(value) = trailer(line, &["fixes"]) {
                add(&mut found.fixes, hashes(value));
            } else if let Some(value) = trailer(line, &["reverts", "revert"]) {
                add(&mut found.reverts, hashes(value));
            } else if let Some(value) =
                trailer(line, &["cherry-picked-from", "cherry-pick", "cherry-picked from"])
            {
                add(&mut found.picked_from, hashes(value));
            } else {
                // Wrapped text may have the hash on its next line.
                let next = lines.peek().copied().unwrap_or_default();
                add(&mut found.reverts, behind(line, next, "reverts commit"));
                for words in [
                    "cherry picked from commit",
                    "cherry-picked from commit",
                    "backported from commit",
                ] {
                    add(&mut found.picked_from, behind(line, next, words));
                }
            }
        }
        found
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn reverted_subject(message: &str) -> Option<&str> {
    let subject = message.lines().next()?.trim();
    let named = subject.strip_prefix("Revert \"")?;
    let named = named.strip_suffix('"').unwrap_or(named).trim();
    (named.len() >= SHORTEST_SUBJECT).then_some(named)
}

/// The value of a trailer: `Fixes: value`.
fn trailer<'l>(line: &'l str, keys: &[&str]) -> Option<&'l str> {
    let (key, value) = line.split_once(':')?;
    keys.iter().any(|known| known.eq_ignore_ascii_case(key.trim_end())).then_some(value)
}

/// The hashes at the beginning of a text: one, or several with commas or "and" between them.
fn hashes(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| c.is_whitespace() || ",;()<>[]\"'`".contains(c));
    let words = words.map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty());
    let joins =
        |word: &str| ["and", "commit", "commits", "&"].iter().any(|w| w.eq_ignore_ascii_case(word));
    words
        .filter(move |word| !joins(word))
        .take_while(|word| is_hash(word))
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The hashes behind some words (`reverts commit`, `reverts commits`).
fn behind<'l>(line: &'l str, next: &'l str, words: &str) -> impl Iterator<Item = String> {
    let lower = line.to_ascii_lowercase();
    let rest = lower.find(words).and_then(|at| line.get(at + words.len()..));
    let rest = rest.map(|rest| rest.strip_prefix(['s', 'S']).unwrap_or(rest));
    let rest = match rest.map(|rest| rest.trim_matches([':', ' '])) {
        Some("") => Some(next),
        rest => rest,
    };
    rest.into_iter().flat_map(hashes)
}

fn is_hash(word: &str) -> bool {
    (SHORTEST_HASH..=LONGEST_HASH).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        // A word such as "defaced", a number such as 20260504.
        && (word.len() >= 40 || word.bytes().any(|byte| byte.is_ascii_digit()))
}

fn add(list: &mut Vec<String>, hashes: impl Iterator<Item = String>) {
    for hash in hashes {
        if list.len() < MOST && !list.contains(&hash) {
            list.push(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONG: &str = "1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c";

    #[test]
    fn what_git_itself_writes_is_read() {
        let message = format!("Revert \"pool: fewer slots\"\n\nThis reverts commit {LONG}.\n");
        let said = References::of(&message);
        assert_eq!(said.reverts, [LONG]);
        assert_eq!(said.reverted_subject, Some("pool: fewer slots"));
        let merge = format!(
            "Revert \"Merge branch 'x'\"\n\nThis reverts commit {LONG}, reversing\nchanges made to 77aa88bb99cc."
        );
        assert_eq!(References::of(&merge).reverts, [LONG], "not what it was merged into");
        let picked = format!("pool\n\n(cherry picked from commit {LONG})");
        assert_eq!(References::of(&picked).picked_from, [LONG]);
        let again = References::of("Revert \"Revert \"pool: fewer slots\"\"");
        assert_eq!(again.reverted_subject, Some("Revert \"pool: fewer slots\""));
    }

    #[test]
    fn other_spellings_are_read() {
        for (message, reverts, fixes, picked) in [
            (
                "x\n\nFixes: 1f2e3d4 (\"pool\")\nfixes: 9A8B7C6",
                vec![],
                vec!["1f2e3d4", "9a8b7c6"],
                vec![],
            ),
            ("x\n\nFixes: commit 1f2e3d4, 2f2e3d4", vec![], vec!["1f2e3d4", "2f2e3d4"], vec![]),
            ("x\n\nReverts: 1f2e3d4", vec!["1f2e3d4"], vec![], vec![]),
            (
                "x\n\nThis reverts commits 1f2e3d4, 2f2e3d4 and 3f2e3d4.",
                vec!["1f2e3d4", "2f2e3d4", "3f2e3d4"],
                vec![],
                vec![],
            ),
            (
                "x\n\nIt slowed us down, so this partly reverts commit\n1f2e3d4c5b6a (\"pool\").",
                vec!["1f2e3d4c5b6a"],
                vec![],
                vec![],
            ),
            ("x\n\nCherry-picked-from: 1f2e3d4", vec![], vec![], vec!["1f2e3d4"]),
            ("x\n\n(cherry-picked from commit 1f2e3d4)", vec![], vec![], vec!["1f2e3d4"]),
            (
                "x\n\nFixes: #4711\nFixes: https://example.org/1\nFixes: defaced pages",
                vec![],
                vec![],
                vec![],
            ),
            ("reverts commit abc", vec![], vec![], vec![]),
        ] {
            let said = References::of(message);
            assert_eq!(
                (said.reverts, said.fixes, said.picked_from),
                (
                    reverts.into_iter().map(str::to_owned).collect::<Vec<_>>(),
                    fixes.into_iter().map(str::to_owned).collect(),
                    picked.into_iter().map(str::to_owned).collect(),
                ),
                "{message}"
            );
        }
        assert!(References::of("an ordinary change\n\nwith a body").is_empty());
        assert_eq!(References::of("Revert \"x\"").reverted_subject, None, "too short");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,300}") {
            let _ = References::of(&text);
            let _ = References::of(&format!("a\n\nThis reverts commit{text}\nFixes:{text}"));
        }

        #[test]
        fn hashes_are_found_whatever_stands_around(
            hash in "[0-9][0-9a-f]{6,39}", before in "[a-z ]{0,20}", after in "[a-z .]{0,20}",
        ) {
            let message = format!("{before}\n\nThis reverts commit {hash} {after}\nFixes: {hash}\n");
            let said = References::of(&message);
            prop_assert_eq!(&said.reverts, &vec![hash.clone()]);
            prop_assert_eq!(said.fixes, vec![hash]);
        }
    }
}
