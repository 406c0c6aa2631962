//! A repository as a source: one step of one resource a pull.

mod commits;
mod deployments;
mod newest;
mod releases;
mod runs;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{Answer, Found, GitHub, GitHubResource, Pull};
use crate::connectors::Observer;
use crate::connectors::node::Node;
use crate::connectors::source::{Checkpoint, Page, Source, state};
use crate::connectors::transport::Fault;

/// Things in a list of which each takes requests of its own.
const FEW: usize = 20;
/// What is listed a little late is read all the same: so far the next time goes back.
const OVERLAP: Duration = Duration::minutes(2);
/// What was not over by then will not be (GitHub ends a run after 35 days).
const STALE: Duration = Duration::days(35);
/// Things that are not over, at most; the oldest give way.
const MOST_OPEN: usize = 100;

/// Where each resource is, and which one is next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Place in the order of resources.
    #[serde(default)]
    at: usize,
    #[serde(default)]
    runs: runs::State,
    #[serde(default)]
    deployments: deployments::State,
    #[serde(default)]
    commits: commits::State,
    #[serde(default)]
    releases: releases::State,
}

/// Whether a resource has more to give right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    More,
    Done,
}

impl Source for GitHub {
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
        let start = self.start.unwrap_or_else(|| now - Duration::days(7));
        let resources = self.resources.clone();
        let mut pull = Pull::new(self, now, observer);
        // A resource without anything new does not end the pull.
        let mut more = false;
        while let Some(resource) = resources.get(state.at) {
            let step = match resource {
                GitHubResource::Runs => state.runs.step(&mut pull, start)?,
                GitHubResource::Deployments => state.deployments.step(&mut pull, start)?,
                GitHubResource::Commits => state.commits.step(&mut pull, start)?,
                GitHubResource::Releases => state.releases.step(&mut pull, start)?,
            };
            if step == Step::Done {
                state.at += 1;
            }
            more = state.at < resources.len();
            if step == Step::More || !pull.raw.is_empty() {
                break;
            }
        }
        if !more {
            state.at = 0;
        }
        let (batch, raw) = (std::mem::take(&mut pull.batch), std::mem::take(&mut pull.raw));
        Ok(Page { batch, raw, checkpoint: Checkpoint::new(&state), more })
    }
}

/// Something that was not over when it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    created: DateTime<Utc>,
    tag: Option<String>,
}

/// What is not over, by its number. Numbers grow with time.
type OpenOnes = std::collections::BTreeMap<u64, Open>;

/// Keeps as many as may be.
fn bound(open: &mut OpenOnes, now: DateTime<Utc>) {
    open.retain(|_, one| now - one.created < STALE);
    while open.len() > MOST_OPEN {
        open.pop_first();
    }
}

fn number(item: Node<'_>) -> Option<u64> {
    item.count("id")
}

/// The items of a list that stands alone or under a name.
fn items<'v>(value: &'v Value, list: &str) -> Vec<Node<'v>> {
    match value {
        Value::Array(_) => Node(value).elements().collect(),
        _ => Node(value).items(list).collect(),
    }
}

/// A moment as the API takes it.
fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
