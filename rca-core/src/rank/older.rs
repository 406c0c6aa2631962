//! Whether the cause is older than all changes at hand.
//!
//! A window holds the changes of some days; faults wait for longer than that. Three things say so: the code
//! that the stack traces name was touched by none of the commits at hand, the lines around it were last
//! written by commits that are not at hand (blame, as in SZZ), and every change was made after the harm began.
//! Each speaks for "none of these" by its share of the frames, lines and changes.
//!
//! Limits: frames in libraries are untouched in every incident, so one that is not says more than ten that
//! are; a fault by a flag or a deploy leaves no trace in files at all, so this is evidence, not a verdict.

use chrono::{DateTime, Duration, Utc};

use crate::model::{ChangeKind, EvidenceKind, Onset};
use crate::rank::case::Case;
use crate::rank::commits::touches;
use crate::rank::reach::same_commit;
use crate::rank::suspect::Weighed;
use crate::rank::weights::Weights;

/// Clocks of those who stamp changes and of those who stamp signals differ by so much.
const SLACK: Duration = Duration::minutes(2);

/// What speaks for a cause that is none of the changes at hand, strongest first.
pub(super) fn evidence(case: &Case<'_>, onset: Option<&Onset>, weights: &Weights) -> Vec<Weighed> {
    let begin = onset.map(|onset| onset.not_after).or(case.alarm);
    let mut found: Vec<Weighed> =
        [untouched(case), written_earlier(case), begin.and_then(|begin| all_later(case, begin))]
            .into_iter()
            .flatten()
            .map(|(kind, share, why)| Weighed::new(kind, weights.older * share, why))
            .collect();
    found.sort_by(|a, b| {
        let by_words = || a.evidence.statement.cmp(&b.evidence.statement);
        b.weight.total_cmp(&a.weight).then_with(by_words)
    });
    found
}

/// Kind of evidence, share (0 to 1) and words.
type Reason = (EvidenceKind, f64, String);

/// No commit touched the files that the stack traces name.
fn untouched(case: &Case<'_>) -> Option<Reason> {
    let commits: Vec<&[&str]> = case
        .changes
        .iter()
        .filter_map(|change| match &change.kind {
            ChangeKind::Commit { files, .. } => Some(files.as_slice()),
            _ => None,
        })
        .filter(|files| !files.is_empty())
        .collect();
    let all = case.frames.len();
    let touched = |frame| commits.iter().any(|files| touches(files, frame));
    if commits.is_empty() || all == 0 || case.frames.iter().any(touched) {
        return None;
    }
    let why =
        format!("no commit at hand touches the code that the stack trace names ({all} places)");
    Some((EvidenceKind::Trace, 1.0, why))
}

/// Commits that are not at hand were the last to write the lines around the frames.
fn written_earlier(case: &Case<'_>) -> Option<Reason> {
    let at_hand = |sha: &str| {
        case.changes.iter().any(
            |change| matches!(&change.kind, ChangeKind::Commit { sha: known, .. } if same_commit(sha, known)),
        )
    };
    let all: u64 = case.blame.iter().map(|blame| u64::from(blame.lines)).sum();
    let earlier: u64 = case
        .blame
        .iter()
        .filter(|blame| !at_hand(&blame.sha))
        .map(|blame| u64::from(blame.lines))
        .sum();
    let why =
        format!("{earlier} of {all} lines around the frames were written by commits not at hand");
    (earlier > 0).then(|| (EvidenceKind::Trace, earlier as f64 / all as f64, why))
}

/// All changes were made after the harm began.
fn all_later(case: &Case<'_>, begin: DateTime<Utc>) -> Option<Reason> {
    let later = !case.changes.is_empty() && case.changes.iter().all(|c| c.time > begin + SLACK);
    later.then(|| {
        (EvidenceKind::Timing, 1.0, "every change at hand was made after the harm began".to_owned())
    })
}
