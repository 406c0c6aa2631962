//! Releases that are published, newest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Everything published before is read.
    from: Option<DateTime<Utc>>,
    /// Of the first page.
    tag: Option<String>,
    walk: Option<Walk>,
}

/// From the newest one back to what is known.
#[derive(Debug, Serialize, Deserialize)]
struct Walk {
    tag: Option<String>,
    next: String,
    newest: Option<DateTime<Utc>>,
}

impl State {
    pub(super) fn step(
        &mut self,
        pull: &mut Pull<'_>,
        start: DateTime<Utc>,
    ) -> Result<Step, Fault> {
        let from = self.from.unwrap_or(start);
        let (answer, mut newest, tag) = match self.walk.take() {
            Some(walk) => (pull.get(&walk.next)?, walk.newest, walk.tag),
            None => {
                let url = pull.url("releases?per_page=100");
                let Some(answer) = pull.ask(&url, self.tag.as_deref())? else {
                    return Ok(Step::Done);
                };
                let tag = answer.tag.clone();
                (answer, self.from, tag)
            }
        };
        let mut fresh = Vec::new();
        for item in items(&answer.value, "") {
            // A draft is nobody's yet.
            let published = item.time(&["published_at"]).ok().filter(|_| !item.is_true("draft"));
            let Some(published) = published.filter(|time| *time >= from) else { continue };
            newest = newest.max(Some(published));
            fresh.push(item.0.clone());
        }
        // The list goes by when they were drafted. A page without anything new ends the walk.
        let next = answer.next.filter(|_| !fresh.is_empty());
        if !fresh.is_empty() {
            pull.take_value("releases", &Value::Array(fresh))?;
        }
        match next {
            Some(next) => {
                self.walk = Some(Walk { tag, next, newest });
                Ok(Step::More)
            }
            None => {
                (self.from, self.tag) = (newest.or(Some(from)), tag);
                Ok(Step::Done)
            }
        }
    }
}
