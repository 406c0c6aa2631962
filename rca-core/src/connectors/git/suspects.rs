//! The commits that an investigation looks at, with their diffs.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{DiffLimits, History, Repository};
use crate::connectors::{Batch, Observer};
use crate::error::{Error, Result};
use crate::model::{Event, attribute};

impl Repository {
    /// The last `most` commits before a time, newest history of what is checked out, with line counts and
    /// diffs: what [`Repository::history`] leaves out because it costs ten times as much.
    ///
    /// A commit whose diff can't be read is kept without one.
    ///
    /// # Errors
    ///
    /// As [`Repository::history`].
    pub fn suspects(
        &self,
        before: DateTime<Utc>,
        most: usize,
        observer: Observer<'_>,
    ) -> Result<Batch> {
        let wanted = History { until: Some(before), max_commits: most, ..History::default() };
        let mut batch = self.history(&wanted, observer)?;
        let limits = DiffLimits::default();
        for event in &mut batch.events {
            match event.attribute(attribute::COMMIT).map(|sha| self.diff(sha, &limits)) {
                Some(Ok(diff)) => keep(event, diff),
                Some(Err(Error::Cancelled)) => return Err(Error::Cancelled),
                // An unreadable tree: the commit stays a suspect by time, place and words.
                Some(Err(_)) | None => {}
            }
        }
        // Messages were redacted by the history; a second look finds nothing in them.
        let found = self.limits.redaction.events(&mut batch.events);
        if let Some(report) = batch.report.inputs.first_mut() {
            for (rule, count) in found {
                *report.redacted.entry(rule).or_default() += count;
            }
        }
        Ok(batch)
    }
}

fn keep(event: &mut Event, diff: String) {
    let count = |sign: char, header: &str| {
        diff.lines().filter(|line| line.starts_with(sign) && !line.starts_with(header)).count()
            as u64
    };
    let (added, deleted) = (count('+', "+++ "), count('-', "--- "));
    event.data.insert(attribute::ADDED.to_owned(), Value::from(added));
    event.data.insert(attribute::DELETED.to_owned(), Value::from(deleted));
    event.data.insert(attribute::DIFF.to_owned(), Value::from(diff));
}
