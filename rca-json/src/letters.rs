//! The dead-letter queue.

use chrono::{DateTime, Utc};
use rca_core::connectors::{Format, Observer};
use rca_core::model::{DeadLetter, DeadLetterCounts, DeadLetterId};
use rca_core::store::LetterFilter;
use rca_core::{Replayed, Result, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::events::Documents;
use crate::{json, parsed};

/// A letter, without its bytes.
#[must_use]
pub fn letter(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "source": letter.source,
        "format": letter.format,
        "place": {
            "input": letter.place.input,
            "line": letter.place.line,
            "column": letter.place.column,
            "offset": letter.place.offset,
        },
        "reason": letter.reason,
        "about": letter.about,
        "tries": letter.tries,
        "first_at": letter.first_at,
        "last_at": letter.last_at,
        "next_try": letter.next_try,
        "bytes": letter.bytes,
        "kept": letter.kept,
    })
}

/// What the queue holds.
#[must_use]
pub fn counts(counts: &DeadLetterCounts) -> Value {
    json!({
        "letters": counts.letters,
        "bytes": counts.bytes,
        "arrived": counts.arrived,
        "settled": counts.settled,
        "evicted": counts.evicted,
        "expired": counts.expired,
    })
}

fn replayed(done: &Replayed) -> Result<String> {
    let refused: Vec<Value> =
        done.refused.iter().map(|(id, reason)| json!({"id": id, "reason": reason})).collect();
    json(&json!({
        "settled": done.settled,
        "refused": refused,
        "accepted": done.accepted,
        "duplicates": done.duplicates,
    }))
}

/// Which letters.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    source: Option<String>,
    due: Option<DateTime<Utc>>,
    after: Option<u64>,
    limit: Option<usize>,
}

fn filter(wanted: &str) -> Result<LetterFilter> {
    let wanted: Wanted = parsed("letters", wanted)?;
    Ok(LetterFilter {
        source: wanted.source,
        due: wanted.due,
        after: wanted.after.map(DeadLetterId),
        limit: wanted.limit.unwrap_or(usize::MAX),
    })
}

/// Letters in the order of arrival, without their bytes.
///
/// # Errors
///
/// As [`rca_core::DeadLetters::list`].
pub fn list(workspace: &Workspace, wanted: &str) -> Result<Documents> {
    let letters = workspace.dead_letters().list(&filter(wanted)?)?;
    Ok(Box::new(letters.into_iter().map(|one| json(&letter(&one)))))
}

/// Reads letters again, as what they were or as the format named; those that can be read leave the queue.
///
/// # Errors
///
/// As [`rca_core::DeadLetters::replay`].
pub fn replay(
    workspace: &Workspace,
    wanted: &str,
    format: Option<&str>,
    observer: Observer<'_>,
) -> Result<String> {
    let format = format.map(Format::named).transpose()?;
    replayed(&workspace.dead_letters().replay(&filter(wanted)?, format, observer)?)
}

/// Reads letters again whose time has come.
///
/// # Errors
///
/// As [`rca_core::DeadLetters::replay_due`].
pub fn replay_due(workspace: &Workspace, observer: Observer<'_>) -> Result<String> {
    replayed(&workspace.dead_letters().replay_due(observer)?)
}
