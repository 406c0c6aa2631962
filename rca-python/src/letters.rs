//! The dead-letter queue.

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rca_core::connectors::Format;
use rca_core::model::{DeadLetter, DeadLetterCounts, DeadLetterId};
use rca_core::store::LetterFilter;
use rca_core::{Replayed, Result};
use serde_json::{Value, json};

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

fn letter(letter: &DeadLetter) -> Value {
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
pub(crate) fn counts(counts: &DeadLetterCounts) -> Value {
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
    encode::json(&json!({
        "settled": done.settled,
        "refused": refused,
        "accepted": done.accepted,
        "duplicates": done.duplicates,
    }))
}

#[pymethods]
impl PyWorkspace {
    fn letters(
        &self,
        py: Python<'_>,
        source: Option<String>,
        due: Option<DateTime<Utc>>,
        after: Option<u64>,
        limit: Option<usize>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        let filter = filter(source, due, after, limit);
        brief(py, move || {
            let letters = workspace.dead_letters().list(&filter)?;
            encode::json(&letters.iter().map(letter).collect::<Vec<_>>())
        })
    }

    fn letter(&self, py: Python<'_>, id: u64) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || {
            encode::json(&letter(&workspace.dead_letters().inspect(DeadLetterId(id))?))
        })
    }

    fn letter_raw<'py>(&self, py: Python<'py>, id: u64) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let workspace = self.get(py)?;
        let raw = brief(py, move || workspace.dead_letters().raw(DeadLetterId(id)))?;
        Ok(raw.map(|raw| PyBytes::new(py, &raw)))
    }

    fn letter_counts(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, move || encode::json(&counts(&workspace.dead_letters().counts()?)))
    }

    #[pyo3(signature = (source, due, after, limit, format, progress))]
    fn replay_letters(
        &self,
        py: Python<'_>,
        source: Option<String>,
        due: Option<DateTime<Utc>>,
        after: Option<u64>,
        limit: Option<usize>,
        format: Option<String>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        let filter = filter(source, due, after, limit);
        long(py, progress, move |observer| {
            let format = format.as_deref().map(Format::named).transpose()?;
            replayed(&workspace.dead_letters().replay(&filter, format, observer)?)
        })
    }

    fn replay_due_letters(
        &self,
        py: Python<'_>,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, progress, move |observer| {
            replayed(&workspace.dead_letters().replay_due(observer)?)
        })
    }

    fn discard_letters(&self, py: Python<'_>, ids: Vec<u64>) -> PyResult<u64> {
        let workspace = self.get(py)?;
        let ids: Vec<DeadLetterId> = ids.into_iter().map(DeadLetterId).collect();
        brief(py, move || workspace.dead_letters().discard(&ids))
    }

    fn expire_letters(&self, py: Python<'_>) -> PyResult<u64> {
        let workspace = self.get(py)?;
        brief(py, move || workspace.dead_letters().expire())
    }
}

fn filter(
    source: Option<String>,
    due: Option<DateTime<Utc>>,
    after: Option<u64>,
    limit: Option<usize>,
) -> LetterFilter {
    LetterFilter { source, due, after: after.map(DeadLetterId), limit: limit.unwrap_or(usize::MAX) }
}
