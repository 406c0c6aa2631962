//! Diffs of commits, line by line, with the lines marked that could do harm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::{Bounds, cut};
use crate::diff::parse::{self, FilePatch, Line, Mark};
use crate::diff::{self, CodeSign, DiffInput};
use crate::model::{Change, ChangeKind, Event, EventId};

/// What a commit changed.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffView {
    /// The commit's event.
    pub event: EventId,
    /// Its files, in the order of the diff.
    pub files: Vec<DiffFile>,
    /// What it does that can do harm, strongest first.
    pub signs: Vec<DiffSign>,
    /// Why it can't do harm, when nothing dangerous was found.
    pub harmless: Option<String>,
    /// Lines there was no room for.
    pub omitted: u64,
}

/// Code stays out of `Debug`.
impl std::fmt::Debug for DiffView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiffView").field("event", &self.event).finish_non_exhaustive()
    }
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffFile {
    /// Its path.
    pub path: String,
    /// Whether it is new.
    pub created: bool,
    /// Its changed places.
    pub hunks: Vec<DiffHunk>,
}

/// Neighbouring changed lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffHunk {
    /// Usually the enclosing function.
    pub header: String,
    /// With their surroundings.
    pub lines: Vec<DiffLine>,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffLine {
    /// What happened to it.
    pub mark: DiffMark,
    /// Its number in the new file, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The text.
    pub text: String,
    /// The sign that names it: a place in [`DiffView::signs`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<usize>,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffMark {
    /// Nothing.
    Context,
    /// It is gone.
    Removed,
    /// It is new.
    Added,
}

/// A dangerous thing that a diff does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiffSign {
    /// The mechanism it can set in motion.
    pub mechanism: String,
    /// How surely, 0 to 1.
    pub strength: f64,
    /// Where.
    pub file: String,
    /// Line in the new file.
    pub line: Option<u64>,
    /// In words.
    pub statement: String,
}

/// Signs shown of a diff.
const SIGNS: usize = 12;

/// The diffs to show, suspects first, and how many commits there are beside.
pub(super) fn choose(
    events: &[&Event],
    focus: &Focus<'_>,
    bounds: &Bounds,
) -> (Vec<DiffView>, u64) {
    let mut commits: Vec<Change<'_>> = events
        .iter()
        .filter_map(|event| Change::from_event(event))
        .filter(|change| matches!(&change.kind, ChangeKind::Commit { diff: Some(text), .. } if !text.is_empty()))
        .collect();
    commits.sort_by_key(|change| {
        (focus.place(change.event), std::cmp::Reverse(change.time), change.event)
    });
    let left = commits.len().saturating_sub(bounds.diffs);
    commits.truncate(bounds.diffs);
    (commits.iter().filter_map(|change| view(change, bounds)).collect(), left as u64)
}

fn view(change: &Change<'_>, bounds: &Bounds) -> Option<DiffView> {
    let ChangeKind::Commit { diff: Some(text), files, message, .. } = &change.kind else {
        return None;
    };
    let reading = diff::read(&DiffInput { diff: Some(text), files, message });
    let signs = reading.findings.get(..SIGNS.min(reading.findings.len())).unwrap_or_default();
    let mut room = bounds.diff_lines;
    let mut omitted = 0;
    let files = parse::parse(text, files)
        .iter()
        .map(|patch| file(patch, signs, &mut room, &mut omitted))
        .collect();
    Some(DiffView {
        event: change.event,
        files,
        signs: signs.iter().map(sign).collect(),
        harmless: reading.harmless.map(|harmless| harmless.why),
        omitted,
    })
}

fn file(patch: &FilePatch, signs: &[CodeSign], room: &mut usize, omitted: &mut u64) -> DiffFile {
    let mut hunks = Vec::new();
    for hunk in &patch.hunks {
        let fits = hunk.lines.len().min(*room);
        *room -= fits;
        *omitted += (hunk.lines.len() - fits) as u64;
        if fits > 0 {
            hunks.push(DiffHunk {
                header: hunk.header.clone(),
                lines: hunk.lines.iter().take(fits).map(|l| line(&patch.path, l, signs)).collect(),
            });
        }
    }
    DiffFile { path: patch.path.clone(), created: patch.created, hunks }
}

fn line(path: &str, line: &Line, signs: &[CodeSign]) -> DiffLine {
    DiffLine {
        mark: match line.mark {
            Mark::Context => DiffMark::Context,
            Mark::Removed => DiffMark::Removed,
            Mark::Added => DiffMark::Added,
        },
        number: line.number.filter(|_| line.mark != Mark::Removed),
        text: line.text.clone(),
        sign: signs.iter().position(|sign| sign.file == path && names(sign, line)),
    }
}

/// Whether a sign speaks of this line: by its number where that is known, else by its text.
fn names(sign: &CodeSign, line: &Line) -> bool {
    let text = line.text.trim();
    let same = |part: &Option<String>| {
        part.as_deref().map(str::trim).is_some_and(|part| !part.is_empty() && text.contains(part))
    };
    match line.mark {
        Mark::Context => false,
        Mark::Added => match (sign.line, line.number) {
            (Some(at), Some(number)) => at == number,
            _ => same(&sign.after),
        },
        Mark::Removed => {
            // A removed line has no number in the new file; a replaced one stands right before its successor.
            let near = match (sign.line, line.number) {
                (Some(at), Some(number)) => at.abs_diff(number) <= 3,
                _ => true,
            };
            near && same(&sign.before)
        }
    }
}

fn sign(sign: &CodeSign) -> DiffSign {
    DiffSign {
        mechanism: sign.mechanism.to_string(),
        strength: sign.strength.value(),
        file: sign.file.clone(),
        line: sign.line,
        statement: cut(&sign.statement, 1_000),
    }
}
