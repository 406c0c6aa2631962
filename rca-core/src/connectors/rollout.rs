//! Deploys, the same from all systems. Only one that is over altered anything, so only that is a suspect.

use chrono::{DateTime, Utc};

use super::attribute as name;
use crate::model::{Entity, Event, EventBuilder, Severity, Source, attribute};

/// How far a deploy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage<'s> {
    Done,
    /// It may have stopped half way.
    Failed,
    /// Asked for, going on, replaced: the source's word.
    Other(&'s str),
}

/// A version on its way to an entity.
#[derive(Debug, Clone)]
pub(super) struct Rollout<'r> {
    pub(super) stage: Stage<'r>,
    pub(super) entity: Option<Entity>,
    pub(super) commit: Option<&'r str>,
    pub(super) version: Option<&'r str>,
    pub(super) environment: Option<&'r str>,
}

impl Rollout<'_> {
    /// The event; source `deploy` when it is over, `ci` before.
    pub(super) fn event(self, time: DateTime<Utc>) -> EventBuilder {
        let mut what = String::new();
        if let Some(entity) = &self.entity {
            what.push_str(" of ");
            what.push_str(&entity.name);
        }
        if let Some(version) = self.version {
            what.push(' ');
            what.push_str(version);
        } else if let Some(commit) = self.commit {
            what.push(' ');
            what.extend(commit.chars().take(10));
        }
        if let Some(environment) = self.environment {
            what.push_str(" to ");
            what.push_str(environment);
        }
        let (source, kind, title, status) = match self.stage {
            Stage::Done => (Source::Deploy, "deploy", format!("deploy{what}"), "succeeded"),
            Stage::Failed => (Source::Deploy, "deploy", format!("failed deploy{what}"), "failed"),
            Stage::Other(word) => {
                (Source::Ci, "deployment", format!("deployment{what}: {word}"), word)
            }
        };
        let failed = self.stage == Stage::Failed;
        let event = Event::builder(time, source, kind, &title)
            .with_severity(if failed { Severity::High } else { Severity::Info })
            .with_attribute(attribute::COMMIT, self.commit)
            .with_attribute(attribute::VERSION, self.version)
            .with_attribute(name::ENVIRONMENT, self.environment)
            .with_attribute(name::DEPLOYMENT_STATUS, status);
        match self.entity {
            Some(entity) => event.with_entity(entity),
            None => event,
        }
    }
}
