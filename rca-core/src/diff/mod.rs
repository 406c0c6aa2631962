//! Reading code changes: what a diff does.
//!
//! A commit is guilty only if its diff can produce the symptom. [`read`] takes a diff apart and says
//! which [mechanisms](crate::mechanism) it could set in motion, or why it is harmless.
//!
//! It works on text alone: no compiler, no repository, any language, any damage.

mod change;
mod harmless;
mod language;
pub(crate) mod parse;
mod rules;
mod setting;
mod token;
mod value;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mechanism::words::words;
use crate::mechanism::{MechanismId, Mechanisms, id};
use crate::model::Confidence;
use change::Change;

/// Findings kept of one change, and of one mechanism in it: enough for any report.
const MAX_FINDINGS: usize = 40;
const MAX_PER_MECHANISM: usize = 4;
/// Names kept of one change.
const MAX_IDENTIFIERS: usize = 2_000;
/// Below this strength a finding does not take away harmlessness.
const DANGEROUS: f64 = 0.4;
/// Only a finding this strong is told of code that else only moved.
const SURELY_NEW: f64 = 0.9;

/// What is known about a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffInput<'a> {
    /// The diff's text; none when the source did not keep it.
    pub diff: Option<&'a str>,
    /// Paths that the change touches.
    pub files: &'a [&'a str],
    /// The commit message.
    pub message: &'a str,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Paths that the change touches, in order of first mention.
    pub files: Vec<String>,
    /// What it does that can do harm, strongest first.
    pub findings: Vec<CodeSign>,
    /// Why it can't do harm, when nothing dangerous was found.
    pub harmless: Option<Harmless>,
    /// Names on changed lines, whole and split into words, sorted.
    pub identifiers: Vec<String>,
    /// Functions that hold changed lines, in order of first mention.
    pub functions: Vec<String>,
    /// Whether there was no diff to read: findings then rest on paths and the message only.
    pub unread: bool,
}

/// One dangerous thing that a change does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CodeSign {
    /// The mechanism it can set in motion.
    pub mechanism: MechanismId,
    /// How surely the text does that.
    pub strength: Confidence,
    /// The file.
    pub file: String,
    /// Line in the new file, where the diff says it.
    pub line: Option<u64>,
    /// The enclosing function, where the diff says it.
    pub function: Option<String>,
    /// The old text, where something was replaced or removed.
    pub before: Option<String>,
    /// The new text, where something was replaced or added.
    pub after: Option<String>,
    /// In words, with the numbers.
    pub statement: String,
    /// Names on the lines involved.
    pub identifiers: Vec<String>,
}

/// Why a change can't do harm.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HarmlessKind {
    /// Comments and documentation.
    Documentation,
    /// Tests and their data.
    Tests,
    /// White space, order of imports, formatting.
    Formatting,
    /// Names, moved lines, extracted helpers: the same statements as before.
    Refactoring,
    /// Texts of log lines and messages, metrics and counters.
    Observability,
    /// Styles, texts and pictures of a user interface.
    Appearance,
    /// Build, CI, ownership, editor and lint settings.
    Tooling,
    /// Generated files.
    Generated,
    /// Protection: checks, bounds, clean-up added.
    Hardening,
    /// A patch release of a dependency.
    PatchRelease,
}

/// The reason for trusting a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Harmless {
    /// The kind of change.
    pub kind: HarmlessKind,
    /// How surely.
    pub strength: Confidence,
    /// In words.
    pub why: String,
}

/// Reads a change with the rules of this crate.
#[must_use]
pub fn read(input: &DiffInput<'_>) -> Reading {
    read_with(input, &Mechanisms::empty())
}

/// Reads a change, looking also for the [`code_words`](crate::mechanism::Mechanism::code_words) of the
/// given mechanisms.
#[must_use]
pub fn read_with(input: &DiffInput<'_>, own: &Mechanisms) -> Reading {
    match input.diff.filter(|text| !text.trim().is_empty()) {
        Some(text) => read_text(text, input.files, own),
        None => guess(input),
    }
}

fn read_text(text: &str, files: &[&str], own: &Mechanisms) -> Reading {
    let patches = parse::parse(text, files);
    let changes = change::changes(&patches);
    let mut findings = Vec::new();
    for change in &changes {
        if rules::file_kind(&change.path).is_none() {
            rules::run(change, &changes, &mut findings);
            own_words(change, own, &mut findings);
        }
    }
    let mut harmless = harmless::judge(&changes);
    if findings.is_empty() && harmless.is_none() {
        findings.extend(fallback(&changes));
    }
    if harmless::only_moved(&changes) {
        // What seems to be new only moved; but the same statements in another order can do harm.
        findings.retain(|finding| finding.strength.value() >= SURELY_NEW);
    }
    let findings = strongest(findings);
    if only_patch_releases(&findings) {
        let kind = HarmlessKind::PatchRelease;
        let strength = Confidence::saturating(0.8);
        harmless = Some(Harmless { kind, strength, why: harmless::describe(kind).to_owned() });
    } else if findings.iter().any(|finding| finding.strength.value() >= DANGEROUS) {
        harmless = None;
    }
    let mut seen: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    for change in &changes {
        if !change.path.is_empty() && !seen.contains(&change.path) {
            seen.push(change.path.clone());
        }
    }
    Reading {
        files: seen,
        findings,
        harmless,
        identifiers: identifiers(&changes),
        functions: functions(&changes),
        unread: false,
    }
}

/// Without a diff: paths say what a change can't be, the message hints at what it may be.
fn guess(input: &DiffInput<'_>) -> Reading {
    let (kind, mechanism) = rules::message_hint(input.message);
    let by_message = kind.map(|kind| Harmless {
        kind,
        strength: Confidence::saturating(0.6),
        why: format!("{}, says the message; there is no diff", harmless::describe(kind)),
    });
    let harmless = harmless::by_paths(input.files).or(by_message);
    let findings = mechanism.filter(|_| harmless.is_none()).map(|mechanism| CodeSign {
        mechanism: mechanism.clone(),
        strength: Confidence::saturating(0.15),
        file: input.files.first().copied().unwrap_or_default().to_owned(),
        line: None,
        function: None,
        before: None,
        after: None,
        statement: "a guess from the message; there is no diff".to_owned(),
        identifiers: Vec::new(),
    });
    Reading {
        files: input.files.iter().map(|file| (*file).to_owned()).collect(),
        findings: findings.into_iter().collect(),
        harmless,
        unread: true,
        ..Reading::default()
    }
}

/// Words of the user's own mechanisms.
fn own_words(change: &Change, own: &Mechanisms, findings: &mut Vec<CodeSign>) {
    for mechanism in own.iter().filter(|mechanism| !mechanism.code_words.is_empty()) {
        for block in &change.blocks {
            for row in block.rows.iter().filter(|row| row.is_new() || row.is_gone()) {
                if mechanism.code_words.iter().all(|word| row.lower.contains(&word.to_lowercase()))
                {
                    let statement = format!("{}: `{}`", mechanism.title, row.code.trim());
                    findings.push(rules::sign(change, block, row, &mechanism.id, 0.7, statement));
                }
            }
        }
    }
}

/// Something changed, but no rule knows how it could hurt.
fn fallback(changes: &[Change]) -> Option<CodeSign> {
    let (change, block, row) = changes.iter().find_map(|change| {
        let (block, row) = change.blocks.iter().find_map(|block| {
            block.rows.iter().find(|row| row.is_new() || row.is_gone()).map(|row| (block, row))
        })?;
        Some((change, block, row))
    })?;
    let strength = if changes.iter().any(Change::touches_old_code) { 0.3 } else { 0.15 };
    let statement = "the code does something else, of no known danger".to_owned();
    Some(rules::sign(change, block, row, &id::BEHAVIOUR_CHANGED, strength, statement))
}

fn only_patch_releases(findings: &[CodeSign]) -> bool {
    !findings.is_empty()
        && findings.iter().all(|finding| {
            finding.mechanism == id::DEPENDENCY_BUMPED && finding.strength.value() < 0.2
        })
}

/// Strongest first, ties by place; a few of each mechanism.
fn strongest(mut findings: Vec<CodeSign>) -> Vec<CodeSign> {
    findings.sort_by(|a, b| {
        b.strength
            .value()
            .total_cmp(&a.strength.value())
            .then_with(|| a.file.cmp(&b.file))
            .then_with(|| a.line.cmp(&b.line))
            .then_with(|| a.mechanism.cmp(&b.mechanism))
            .then_with(|| a.statement.cmp(&b.statement))
    });
    findings.dedup();
    let mut kept: Vec<CodeSign> = Vec::new();
    for finding in findings {
        let same = kept.iter().filter(|known| known.mechanism == finding.mechanism).count();
        if same < MAX_PER_MECHANISM && kept.len() < MAX_FINDINGS {
            kept.push(finding);
        }
    }
    kept
}

/// Names on changed lines, whole and in words.
fn identifiers(changes: &[Change]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let rows = changes.iter().flat_map(|change| &change.blocks).flat_map(|block| &block.rows);
    for row in rows.filter(|row| row.mark != parse::Mark::Context && !row.moved) {
        for name in row.names() {
            if found.len() >= MAX_IDENTIFIERS {
                return found.into_iter().collect();
            }
            for part in name.split('.') {
                found.insert(part.to_owned());
            }
            found.extend(words(name).into_iter().filter(|word| word.len() > 1));
        }
    }
    found.remove("");
    found.into_iter().collect()
}

fn functions(changes: &[Change]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for block in changes.iter().flat_map(|change| &change.blocks) {
        for row in block.rows.iter().filter(|row| row.mark != parse::Mark::Context) {
            if let Some(name) = block.function(row).filter(|name| !found.contains(name)) {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_twice_the_same(
            text in "([-+ @/a-z0-9(){}=:.,\"'*<>!\n\t]{0,300})|(\\PC{0,200})",
            message in "\\PC{0,40}",
        ) {
            let files = ["a/b.go", "c.yaml"];
            let input = DiffInput { diff: Some(&text), files: &files, message: &message };
            prop_assert_eq!(read(&input), read(&input));
        }

        #[test]
        fn lines_of_code_are_read_in_every_language(
            lines in proptest::collection::vec("[-+ ](if|for|return|lock|x = append\\(x|SELECT \\*|timeout: )?[a-z.]{0,12}[(){}=<>!?*\"]{0,4}[0-9]{0,6}(ms|s|Mi)?", 0..25),
            extension in "(go|py|rs|sql|yaml|proto|mod|lock|tf|rb|java|toml|json|sh|css)",
        ) {
            let path = format!("src/x.{extension}");
            let text = format!("--- a/{path}\n+++ b/{path}\n@@ -1,9 +1,9 @@ fn f\n{}\n", lines.join("\n"));
            let reading = read(&DiffInput { diff: Some(&text), files: &[], message: "" });
            prop_assert!(reading.findings.len() <= MAX_FINDINGS);
        }
    }

    #[test]
    fn a_missing_diff_is_said_so_and_paths_speak() {
        let docs = ["docs/tides.md"];
        let reading = read(&DiffInput { diff: None, files: &docs, message: "chore: words" });
        assert!(reading.unread);
        assert_eq!(reading.harmless.unwrap().kind, HarmlessKind::Documentation);
        let code = ["src/tides.go"];
        let reading = read(&DiffInput { diff: None, files: &code, message: "tune timeout" });
        assert_eq!(reading.findings[0].mechanism, id::TIMEOUT_LOWERED);
        assert!(reading.findings[0].strength.value() < 0.3);
    }
}
