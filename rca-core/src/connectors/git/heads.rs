//! Where branches are, and which commits a rewritten one dropped.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use gix::ObjectId;

use super::super::Limits;
use super::super::attribute as name;
use super::super::intake::joined_id;
use super::walk::Walk;
use super::{Repository, Tips, attribute as git};
use crate::error::Result;
use crate::model::{Event, Source, attribute};

/// Hashes by the name of what points at them: `refs/heads/main`, `HEAD` where that is on no branch, names as they were
/// asked for.
pub(super) type Heads = BTreeMap<String, ObjectId>;

/// Dropped commits whose hashes are told; more are only counted.
const TOLD: usize = 1000;
/// More are not even counted.
const COUNTED: usize = 100_000;

/// What some tips are now.
pub(super) fn of(repository: &Repository, local: &gix::Repository, tips: &Tips) -> Result<Heads> {
    let mut found = Heads::new();
    if let Tips::Named(names) = tips {
        for name in names {
            found.insert(name.clone(), repository.resolve(local, name)?);
        }
        return Ok(found);
    }
    let head = local.head().map_err(|error| repository.failed(error))?;
    // A repository without commits has a head that leads nowhere.
    if !head.is_unborn() {
        let id = local.head_id().map_err(|error| repository.failed(error))?.detach();
        let branch = head.referent_name().map(|name| name.as_bstr().to_string());
        found.insert(branch.unwrap_or_else(|| "HEAD".to_owned()), id);
    }
    if *tips == Tips::Branches {
        let references = local.references().map_err(|error| repository.failed(error))?;
        let branches = references.local_branches().map_err(|error| repository.failed(error))?;
        // A branch that can't be read costs itself.
        for branch in branches.filter_map(std::result::Result::ok) {
            if let Some(id) = branch.try_id() {
                found.insert(branch.name().as_bstr().to_string(), id.detach());
            }
        }
    }
    Ok(found)
}

/// A branch that was moved or deleted.
pub(super) struct Moved<'a> {
    pub(super) branch: &'a str,
    pub(super) before: ObjectId,
    /// None when it is no more.
    pub(super) after: Option<ObjectId>,
}

impl Moved<'_> {
    /// An event where the move drops commits: a forced push, or the deletion of a branch that was not merged into
    /// any of `heads`.
    pub(super) fn event(&self, local: &gix::Repository, heads: &Heads) -> Option<Event> {
        // In a shallow clone the way from one to the other may be cut off.
        if local.is_shallow().unwrap_or(true) {
            return None;
        }
        let known: Vec<ObjectId> =
            self.after.map_or_else(|| heads.values().copied().collect(), |after| vec![after]);
        let (dropped, is_all) = self.dropped(local, &known);
        // What can't be read any more is nowhere in the history of what can.
        let is_gone = local.try_find_object(self.before).ok().flatten().is_none();
        if dropped.is_empty() && !is_gone {
            return None;
        }
        let time = [Some(self.before), self.after];
        let time = time.into_iter().flatten().filter_map(|id| time_of(local, id)).max()?;
        let branch = self.branch.strip_prefix("refs/heads/").unwrap_or(self.branch);
        let count = match (is_gone, is_all) {
            (true, _) => "commits that are gone".to_owned(),
            (false, true) => format!("{} commits", dropped.len()),
            (false, false) => format!("more than {COUNTED} commits"),
        };
        let title = match self.after {
            Some(_) => format!("forced push to {branch} drops {count}"),
            None => format!("deletion of {branch} drops {count}"),
        };
        let (before, after) = (self.before.to_string(), self.after.map(|id| id.to_string()));
        let told: Vec<String> = dropped.iter().take(TOLD).map(ToString::to_string).collect();
        let id =
            joined_id(&["git/push", self.branch, &before, after.as_deref().unwrap_or_default()]);
        let event = Event::builder(time, Source::Git, "push", &title)
            .with_source_id(id)
            .with_attribute(attribute::COMMIT, after)
            .with_attribute(name::BASE, before)
            .with_attribute(name::REF, branch)
            .with_attribute(git::DROPPED, told);
        event.build().ok()
    }

    /// Commits that were reached and are no more, newest first, and whether that is all of them.
    fn dropped(&self, local: &gix::Repository, known: &[ObjectId]) -> (Vec<ObjectId>, bool) {
        let mut walk = Walk::new(local.clone(), &[self.before], known, None, &Limits::default());
        let mut found = Vec::new();
        while let Some(commit) = walk.next() {
            if found.len() == COUNTED {
                return (found, false);
            }
            found.push(commit.id);
        }
        (found, true)
    }
}

fn time_of(local: &gix::Repository, id: ObjectId) -> Option<DateTime<Utc>> {
    let commit = local.find_commit(id).ok()?;
    DateTime::from_timestamp(commit.time().ok()?.seconds, 0)
}
