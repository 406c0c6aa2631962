//! Releases that are published, newest first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::newest::Newest;
use super::*;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    #[serde(flatten)]
    list: Newest,
}

impl State {
    pub(super) fn step(
        &mut self,
        pull: &mut Pull<'_>,
        start: DateTime<Utc>,
    ) -> Result<Step, Fault> {
        let known = self.list.known(start);
        let Some(mut page) = self.list.page(pull, "releases?per_page=100")? else {
            return Ok(Step::Done);
        };
        let mut fresh = Vec::new();
        for item in items(&page.answer.value, "") {
            // A draft is nobody's yet.
            let published = item.time(&["published_at"]).ok().filter(|_| !item.is_true("draft"));
            let Some(published) = published.filter(|time| *time >= known) else { continue };
            page.newest = page.newest.max(Some(published));
            fresh.push(item.0.clone());
        }
        // The list goes by when they were drafted. A page without anything new ends the walk.
        let more = !fresh.is_empty();
        if more {
            pull.take_value("releases", &Value::Array(fresh))?;
        }
        Ok(self.list.turn(page, more, known))
    }
}
