//! The server as a source: queries chunk by chunk, then the alerts.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::chunks;
use super::client::Prometheus;
use crate::connectors::Observer;
use crate::connectors::source::{Checkpoint, Page, Source, state};
use crate::connectors::transport::Fault;

/// The next point of each query, by its name, in seconds since 1970.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    next: BTreeMap<String, i64>,
}

impl Source for Prometheus {
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let mut state: State = state(from, &self.name)?;
        let start = self.start.unwrap_or_else(|| now - Duration::hours(1));
        let first = chunks::floor(start.timestamp() + self.step - 1, self.step);
        let last = chunks::floor((now - self.delay).timestamp(), self.step);
        let next = |name: &str| state.next.get(name).copied().unwrap_or(first);
        // The one that is furthest behind goes first.
        let behind = self.queries.iter().map(|query| (next(&query.name), query));
        let behind = behind.filter(|(next, _)| *next <= last).min_by_key(|(next, _)| *next);
        if let Some((at, query)) = behind {
            let query = query.clone();
            let (chunk, (batch, raw)) = self.chunk(&query, at, last, now, observer)?;
            state.next.insert(query.name, chunk.next());
            let checkpoint = Checkpoint::new(&state);
            return Ok(Page { batch, raw: vec![raw], checkpoint, more: true });
        }
        let (batch, raw) = self.read_alerts(now, observer)?;
        // Where a first pull began without anything to read yet, the next one begins as well.
        for query in &self.queries {
            state.next.entry(query.name.clone()).or_insert(first);
        }
        Ok(Page { batch, raw: vec![raw], checkpoint: Checkpoint::new(&state), more: false })
    }
}
