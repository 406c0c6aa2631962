//! Commits of a branch, from the tip of the last time to the present one.
//!
//! Dates of commits say when they were made, not when they got into the branch: a merge brings in old ones. So what
//! is new is asked as a comparison of two commits, whose pages also stay the same while the branch goes on.

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::*;
use crate::connectors::transport::FaultKind;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// The last commit up to which everything is read.
    tip: Option<Tip>,
    /// Of the question for the tip.
    tag: Option<String>,
    walk: Option<Walk>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tip {
    sha: String,
    time: DateTime<Utc>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Walk {
    to: Tip,
    tag: Option<String>,
    next: String,
}

impl State {
    pub(super) fn step(
        &mut self,
        pull: &mut Pull<'_>,
        start: DateTime<Utc>,
    ) -> Result<Step, Fault> {
        let (answer, to, tag) = match self.walk.take() {
            Some(walk) => (pull.get(&walk.next)?, walk.to, walk.tag),
            None => {
                let Some((to, tag)) = self.present_tip(pull)? else { return Ok(Step::Done) };
                if self.tip.as_ref().is_some_and(|tip| tip.sha == to.sha) {
                    self.tag = tag;
                    return Ok(Step::Done);
                }
                (self.first_page(pull, &to, start)?, to, tag)
            }
        };
        let shas: Vec<String> =
            items(&answer.value, "commits").iter().filter_map(|item| sha(*item)).collect();
        for sha in shas {
            let url = pull.url(&format!("commits/{sha}"));
            let commit = pull.get(&url)?;
            pull.take(&format!("commit {sha}"), commit)?;
        }
        match answer.next {
            Some(next) => {
                self.walk = Some(Walk { to, tag, next });
                Ok(Step::More)
            }
            None => {
                (self.tip, self.tag) = (Some(to), tag);
                Ok(Step::Done)
            }
        }
    }

    /// The last commit of the branch; none when it is the same as before, or there is none.
    fn present_tip(&self, pull: &mut Pull<'_>) -> Result<Option<(Tip, Option<String>)>, Fault> {
        let branch = pull.branch().map_or_else(String::new, |branch| {
            format!("&sha={}", utf8_percent_encode(branch, NON_ALPHANUMERIC))
        });
        let url = pull.url(&format!("commits?per_page=1{branch}"));
        let answer = match pull.ask(&url, self.tag.as_deref()) {
            // "Git Repository is empty."
            Err(fault) if fault.what().starts_with("answered 409") => return Ok(None),
            answer => answer?,
        };
        let Some(answer) = answer else { return Ok(None) };
        let Some(item) = items(&answer.value, "").first().copied() else { return Ok(None) };
        let Some(sha) = sha(item) else {
            let what = "its answer names no commit";
            return Err(Fault::new(FaultKind::Unexpected, &url, what));
        };
        let time = item.time(&["commit.committer.date", "commit.author.date"]).unwrap_or(pull.now);
        Ok(Some((Tip { sha, time }, answer.tag)))
    }

    /// What is between the known tip and the present one. Where there is no known one, or it is no more (the branch
    /// was rewritten), what was made since.
    fn first_page(
        &self,
        pull: &mut Pull<'_>,
        to: &Tip,
        start: DateTime<Utc>,
    ) -> Result<Answer, Fault> {
        if let Some(tip) = &self.tip {
            let (from, to) = (&tip.sha, &to.sha);
            let url = pull.url(&format!("compare/{from}...{to}?per_page={FEW}&page=1"));
            if let Found::New(answer) = pull.find(&url, None)? {
                return Ok(answer);
            }
        }
        let since = moment(self.tip.as_ref().map_or(start, |tip| tip.time));
        pull.get(&pull.url(&format!("commits?sha={}&since={since}&per_page={FEW}", to.sha)))
    }
}

/// The hash of a commit, which goes into addresses.
fn sha(item: Node<'_>) -> Option<String> {
    let sha = item.text("sha")?;
    sha.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| sha.to_owned())
}
