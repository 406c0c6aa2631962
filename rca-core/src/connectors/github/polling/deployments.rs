//! Deployments, newest first, each with its statuses.
//!
//! The API lists them apart; a webhook has both. They are put together as a webhook has them, so that the deploy knows
//! its commit.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::newest::Newest;
use super::*;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    #[serde(flatten)]
    list: Newest,
    #[serde(default)]
    open: OpenOnes,
}

impl State {
    pub(super) fn step(
        &mut self,
        pull: &mut Pull<'_>,
        start: DateTime<Utc>,
    ) -> Result<Step, Fault> {
        let known = self.list.known(start);
        let Some(mut page) = self.list.page(pull, &format!("deployments?per_page={FEW}"))? else {
            return self.look_after_open(pull);
        };
        let mut reached = false;
        for item in items(&page.answer.value, "") {
            let created = item.time(&["created_at"]).unwrap_or(pull.now);
            if created < known {
                reached = true;
                break;
            }
            page.newest = page.newest.max(Some(created - OVERLAP));
            if let Some(id) = number(item) {
                self.take(pull, id, item.0, created)?;
            }
        }
        match self.list.turn(page, !reached, known) {
            Step::More => Ok(Step::More),
            Step::Done => self.look_after_open(pull),
        }
    }

    /// A deployment with its statuses; remembered while none of them ends it.
    fn take(
        &mut self,
        pull: &mut Pull<'_>,
        id: u64,
        deployment: &Value,
        created: DateTime<Utc>,
    ) -> Result<(), Fault> {
        let url = pull.url(&format!("deployments/{id}/statuses?per_page=100"));
        let Found::New(first) = pull.find(&url, None)? else { return Ok(()) };
        let tag = first.tag.clone();
        let pages = pull.pages(first)?;
        let statuses: Vec<&Value> =
            pages.iter().flat_map(|page| items(&page.value, "")).map(|node| node.0).collect();
        let over = take_together(pull, id, deployment, &statuses)?;
        if over {
            self.open.remove(&id);
        } else {
            self.open.insert(id, Open { created, tag });
        }
        Ok(())
    }

    fn look_after_open(&mut self, pull: &mut Pull<'_>) -> Result<Step, Fault> {
        bound(&mut self.open, pull.now);
        for (id, open) in self.open.clone() {
            let url = pull.url(&format!("deployments/{id}/statuses?per_page=100"));
            match pull.find(&url, open.tag.as_deref())? {
                Found::Same => {}
                Found::Gone => {
                    self.open.remove(&id);
                }
                Found::New(_) => {
                    let url = pull.url(&format!("deployments/{id}"));
                    if let Found::New(deployment) = pull.find(&url, None)? {
                        self.take(pull, id, &deployment.value, open.created)?;
                    }
                }
            }
        }
        Ok(Step::Done)
    }
}

/// As webhooks would have told it; says whether the deployment is over.
fn take_together(
    pull: &mut Pull<'_>,
    id: u64,
    deployment: &Value,
    statuses: &[&Value],
) -> Result<bool, Fault> {
    let repository = json!({"full_name": pull.repository()});
    let mut documents = vec![json!({"deployment": deployment, "repository": repository})];
    let mut over = false;
    for status in statuses {
        over |= matches!(
            Node(status).text("state"),
            Some("success" | "failure" | "error" | "inactive")
        );
        documents.push(json!({
            "deployment_status": status, "deployment": deployment, "repository": repository,
        }));
    }
    pull.take_value(&format!("deployment {id}"), &Value::Array(documents))?;
    Ok(over)
}
