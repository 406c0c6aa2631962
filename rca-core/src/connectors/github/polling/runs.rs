//! Workflow runs by when they were created, and the jobs of those that went wrong.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::*;

/// A search gives no more than this, however many there are.
const MOST_FOUND: u64 = 1_000;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Everything created before is read.
    from: Option<DateTime<Utc>>,
    /// Of the newest run.
    tag: Option<String>,
    window: Option<Window>,
    #[serde(default)]
    open: OpenOnes,
}

/// Runs that were created from one moment to another, both included.
#[derive(Debug, Serialize, Deserialize)]
struct Window {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// How far to go in all.
    goal: DateTime<Utc>,
    tag: Option<String>,
    next: Option<String>,
}

impl State {
    pub(super) fn step(
        &mut self,
        pull: &mut Pull<'_>,
        start: DateTime<Utc>,
    ) -> Result<Step, Fault> {
        if self.window.is_none() {
            let url = pull.url("actions/runs?per_page=1");
            let Some(newest) = pull.ask(&url, self.tag.as_deref())? else {
                return self.look_after_open(pull);
            };
            let from = self.from.unwrap_or(start);
            let goal = pull.now.max(from);
            self.window = Some(Window { from, until: goal, goal, tag: newest.tag, next: None });
        }
        let Some(mut window) = self.window.take() else { return Ok(Step::Done) };
        let answer = loop {
            let url = match &window.next {
                Some(next) => next.clone(),
                None => {
                    let (from, until) = (moment(window.from), moment(window.until));
                    pull.url(&format!("actions/runs?created={from}..{until}&per_page={FEW}"))
                }
            };
            let answer = pull.get(&url)?;
            let found = Node(&answer.value).count("total_count").unwrap_or(0);
            let span = window.until - window.from;
            if window.next.is_some() || found <= MOST_FOUND || span <= Duration::minutes(1) {
                break answer;
            }
            window.until = window.from + span / 2;
        };
        window.next = answer.next.clone();
        let mut wrong = Vec::new();
        for run in items(&answer.value, "workflow_runs") {
            let Some(id) = number(run) else { continue };
            if !is_over(run) {
                let created = run.time(&["created_at"]).unwrap_or(pull.now);
                self.open.insert(id, Open { created, tag: None });
            } else {
                self.open.remove(&id);
                wrong.extend(went_wrong(run).then_some(id));
            }
        }
        if !items(&answer.value, "workflow_runs").is_empty() {
            pull.take("runs", answer)?;
        }
        for id in wrong {
            take_jobs(pull, id)?;
        }
        if window.next.is_some() {
            self.window = Some(window);
            return Ok(Step::More);
        }
        if window.until < window.goal {
            let (from, goal) = (window.until, window.goal);
            self.window = Some(Window { from, until: goal, ..window });
            return Ok(Step::More);
        }
        self.from = Some(window.goal - OVERLAP);
        self.tag = window.tag;
        self.look_after_open(pull)
    }

    /// Asks again about those that were not over.
    fn look_after_open(&mut self, pull: &mut Pull<'_>) -> Result<Step, Fault> {
        bound(&mut self.open, pull.now);
        for id in self.open.keys().copied().collect::<Vec<u64>>() {
            let url = pull.url(&format!("actions/runs/{id}"));
            let tag = self.open.get(&id).and_then(|open| open.tag.clone());
            match pull.find(&url, tag.as_deref())? {
                Found::Same => {}
                Found::Gone => {
                    self.open.remove(&id);
                }
                Found::New(answer) if !is_over(Node(&answer.value)) => {
                    if let Some(open) = self.open.get_mut(&id) {
                        open.tag = answer.tag;
                    }
                }
                Found::New(answer) => {
                    let wrong = went_wrong(Node(&answer.value));
                    pull.take(&format!("run {id}"), answer)?;
                    if wrong {
                        take_jobs(pull, id)?;
                    }
                    self.open.remove(&id);
                }
            }
        }
        Ok(Step::Done)
    }
}

fn is_over(run: Node<'_>) -> bool {
    run.text("status") == Some("completed")
}

fn went_wrong(run: Node<'_>) -> bool {
    !matches!(run.text("conclusion"), Some("success" | "skipped" | "neutral"))
}

fn take_jobs(pull: &mut Pull<'_>, run: u64) -> Result<(), Fault> {
    let url = pull.url(&format!("actions/runs/{run}/jobs?per_page=100"));
    let Found::New(first) = pull.find(&url, None)? else { return Ok(()) };
    for (index, page) in pull.pages(first)?.into_iter().enumerate() {
        if !items(&page.value, "jobs").is_empty() {
            pull.take(&format!("jobs of run {run}, page {}", index + 1), page)?;
        }
    }
    Ok(())
}
