//! Commits, newest first, each object read once.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::CommitRef;
use rustc_hash::FxHashMap;

use super::super::fields::cut_text;
use super::super::progress::{Observer, Pace};
use super::super::report::InputReport;
use super::super::{Batch, Limits};
use super::paths::TreeDiff;
use super::{History, Repository, Tips, attribute as git};
use crate::error::{Place, Result};
use crate::model::{Event, Source, attribute};

/// Committers' clocks go wrong; a commit this much older than asked for still leads to its parents.
const CLOCK_SLACK: Duration = Duration::days(1);

pub(super) fn read(
    repository: &Repository,
    wanted: &History,
    observer: Observer<'_>,
) -> Result<Batch> {
    let (name, local) = (repository.name(), repository.local());
    let mut walk = Walk {
        repository: &local,
        wanted,
        shallow: shallow(&local),
        tags: tags(&local),
        trees: FxHashMap::default(),
        queue: BinaryHeap::new(),
        diff: TreeDiff::default(),
        report: InputReport::new(&name, "git"),
        events: Vec::new(),
    };
    for tip in tips(repository, &local, &wanted.tips)? {
        walk.enqueue(tip);
    }
    let mut pace = Pace::new(observer, &name);
    while walk.events.len() < wanted.max_commits {
        let Some(commit) = walk.queue.pop() else { break };
        walk.visit(&commit);
        pace.record(walk.report.bytes)?;
    }
    if !walk.queue.is_empty() && walk.events.len() == wanted.max_commits {
        walk.report.note("more commits than asked for: the older ones were not read");
    }
    pace.ask(walk.report.bytes)?;
    let mut batch = Batch::default();
    let read = Batch { events: walk.events, ..Batch::default() };
    batch.admit(read, walk.report, &repository.limits);
    batch.sort();
    Ok(batch)
}

/// A commit whose object is in memory; ordered by time, newest greatest, then by hash.
struct Queued {
    seconds: i64,
    id: ObjectId,
    data: Vec<u8>,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.id).cmp(&(other.seconds, other.id))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Queued {}

struct Walk<'r> {
    repository: &'r gix::Repository,
    wanted: &'r History,
    /// Commits whose parents were left behind by a shallow clone.
    shallow: Vec<ObjectId>,
    tags: BTreeMap<ObjectId, Vec<String>>,
    /// Commits seen so far with their trees; none where the commit can't be read.
    trees: FxHashMap<ObjectId, Option<ObjectId>>,
    queue: BinaryHeap<Queued>,
    diff: TreeDiff,
    report: InputReport,
    events: Vec<Event>,
}

impl Walk<'_> {
    /// Reads a commit once; the answer is its tree, none when it can't be read.
    fn enqueue(&mut self, id: ObjectId) -> Option<ObjectId> {
        if let Some(known) = self.trees.get(&id) {
            return *known;
        }
        let tree = match self.read(id) {
            Ok((queued, tree)) => {
                self.queue.push(queued);
                Some(tree)
            }
            Err(Unreadable::Missing) => None,
            Err(Unreadable::Damaged(reason)) => {
                self.refuse(id, reason);
                None
            }
        };
        self.trees.insert(id, tree);
        tree
    }

    fn read(&mut self, id: ObjectId) -> Result<(Queued, ObjectId), Unreadable> {
        let object = match self.repository.try_find_object(id) {
            Ok(Some(object)) => object,
            Ok(None) => return Err(Unreadable::Missing),
            Err(error) => return Err(Unreadable::Damaged(error.to_string())),
        };
        if object.kind != gix::object::Kind::Commit {
            return Err(Unreadable::Damaged(format!("a {}, not a commit", object.kind)));
        }
        let data = object.detach().data;
        self.report.bytes += data.len() as u64;
        let damaged = |error: gix::Error| Unreadable::Damaged(error.to_string());
        let (seconds, tree) = {
            let commit = CommitRef::from_bytes(&data, id.kind()).map_err(damaged)?;
            (commit.time().map_err(damaged)?.seconds, commit.tree())
        };
        Ok((Queued { seconds, id, data }, tree))
    }

    /// Makes an event of a commit and goes on to its parents.
    fn visit(&mut self, queued: &Queued) {
        let Ok(commit) = CommitRef::from_bytes(&queued.data, queued.id.kind()) else { return };
        let Some(time) = DateTime::from_timestamp(queued.seconds, 0) else {
            return self.refuse(queued.id, "a time out of range".to_owned());
        };
        let parents: Vec<ObjectId> = commit.parents().collect();
        let cut_off = self.shallow.binary_search(&queued.id).is_ok();
        if self.wanted.since.is_some_and(|since| time < since - CLOCK_SLACK) {
            return;
        }
        let mut parent_tree = None;
        if !cut_off {
            for (index, parent) in parents.iter().enumerate() {
                let tree = self.enqueue(*parent);
                if index == 0 {
                    parent_tree = tree;
                }
            }
        }
        let early = self.wanted.since.is_some_and(|since| time < since);
        let late = self.wanted.until.is_some_and(|until| time >= until);
        if early || late {
            return;
        }
        let boundary = !parents.is_empty() && parent_tree.is_none();
        if boundary {
            self.report.note(if cut_off {
                "the history ends here because the clone is shallow"
            } else {
                "a parent is missing: the paths that its child changes are not known"
            });
        }
        let files = if boundary { None } else { self.changed_paths(parent_tree, commit.tree()) };
        match event(queued.id, &commit, time, &parents, boundary, files, self.tags.get(&queued.id))
        {
            Ok(event) => {
                self.report.read += 1;
                self.events.push(event);
            }
            Err(error) => self.refuse(queued.id, error.to_string()),
        }
    }

    /// None where a tree can't be read; the commit is kept without paths.
    fn changed_paths(&mut self, before: Option<ObjectId>, after: ObjectId) -> Option<Vec<String>> {
        let (mut files, most) = (Vec::new(), self.wanted.max_paths);
        let outcome = self.diff.compare(self.repository, before, after, &mut |path, _| {
            if files.len() < most {
                files.push(path.to_str_lossy().into_owned());
                return true;
            }
            false
        });
        if outcome.is_err() {
            self.report
                .note("a tree can't be read: the paths that its commit changes are not known");
            return None;
        }
        if files.len() == most {
            self.report.note("more paths than asked for in a commit: the rest was left out");
        }
        files.sort_unstable();
        files.dedup(); // a file that became a folder, or the other way round
        Some(files)
    }

    fn refuse(&mut self, id: ObjectId, reason: String) {
        let place = Place { input: Some(format!("{} {id}", self.report.name)), ..Place::default() };
        self.report.refuse(Limits::default().described, place, reason);
    }
}

enum Unreadable {
    Missing,
    Damaged(String),
}

fn event(
    id: ObjectId,
    commit: &CommitRef<'_>,
    time: DateTime<Utc>,
    parents: &[ObjectId],
    boundary: bool,
    files: Option<Vec<String>>,
    tags: Option<&Vec<String>>,
) -> Result<Event> {
    let sha = id.to_string();
    let message = commit.message.to_str_lossy();
    let message = cut_text(message.trim_end(), Event::MAX_BODY_BYTES);
    let title = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(&sha);
    let author = commit.author().ok();
    let author_time = author
        .as_ref()
        .and_then(|author| DateTime::from_timestamp(author.time().ok()?.seconds, 0))
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let parents: Vec<String> = parents.iter().map(ToString::to_string).collect();
    Event::builder(time, Source::Git, "commit", title)
        .with_body(message)
        .with_source_id(&sha)
        .with_attribute(
            attribute::AUTHOR,
            author.map(|author| author.name.to_str_lossy().into_owned()),
        )
        .with_attribute(git::AUTHOR_TIME, author_time)
        .with_attribute(git::PARENTS, parents)
        .with_attribute(git::TAGS, tags.cloned())
        .with_attribute(git::BOUNDARY, boundary.then_some(true))
        .with_attribute(attribute::FILES, files)
        .with_attribute(attribute::COMMIT, sha)
        .build()
}

fn tips(repository: &Repository, local: &gix::Repository, tips: &Tips) -> Result<Vec<ObjectId>> {
    let mut found = match tips {
        Tips::Named(names) => {
            return names.iter().map(|name| repository.resolve(local, name)).collect();
        }
        Tips::Head | Tips::Branches => {
            // A repository without commits has a head that leads nowhere.
            let head = local.head().map_err(|error| repository.failed(error))?;
            match head.is_unborn() {
                true => Vec::new(),
                false => vec![local.head_id().map_err(|error| repository.failed(error))?.detach()],
            }
        }
    };
    if *tips == Tips::Branches {
        let references = local.references().map_err(|error| repository.failed(error))?;
        let branches = references.local_branches().map_err(|error| repository.failed(error))?;
        // A branch that can't be read costs itself.
        found.extend(
            branches
                .filter_map(Result::ok)
                .filter_map(|branch| branch.try_id().map(|id| id.detach())),
        );
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn shallow(local: &gix::Repository) -> Vec<ObjectId> {
    let mut ids: Vec<ObjectId> = match local.shallow_commits() {
        Ok(Some(commits)) => commits.iter().copied().collect(),
        _ => Vec::new(),
    };
    ids.sort_unstable();
    ids
}

/// Tag names by the commit they lead to; tags that lead elsewhere or nowhere are left out.
fn tags(local: &gix::Repository) -> BTreeMap<ObjectId, Vec<String>> {
    let mut found: BTreeMap<ObjectId, Vec<String>> = BTreeMap::new();
    let Ok(references) = local.references() else { return found };
    let Ok(tags) = references.tags() else { return found };
    for mut tag in tags.filter_map(Result::ok) {
        if let Ok(id) = tag.peel_to_id() {
            found
                .entry(id.detach())
                .or_default()
                .push(tag.name().shorten().to_str_lossy().into_owned());
        }
    }
    found.values_mut().for_each(|names| names.sort_unstable());
    found
}
