//! The graph of commits, newest first, each object read once.
//!
//! What is kept of a commit that was passed is its hash and its tree's: some 50 bytes. Texts and paths are gone when
//! the next one comes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use chrono::{DateTime, Duration, Utc};
use gix::ObjectId;
use gix::objs::{CommitRef, CommitRefIter};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::connectors::Limits;

/// Committers' clocks go wrong; a commit this much older than asked for still leads to its parents.
const CLOCK_SLACK: Duration = Duration::days(1);
/// So many commits in a row have to be too old before their parents are left alone: a date of 1970 in the middle of
/// a history does not end it.
const SLOP: u8 = 5;

/// A commit with what is known of its surroundings.
pub(super) struct Commit {
    pub(super) id: ObjectId,
    pub(super) data: Vec<u8>,
    /// By the committer's clock; none when it is no time that we can hold.
    pub(super) time: Option<DateTime<Utc>>,
    /// Tree of the first parent; none for a root, and where that is not known.
    pub(super) parent_tree: Option<ObjectId>,
    /// Why the history ends here though there are parents.
    pub(super) edge: Option<Edge>,
}

/// Why a parent is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Shallow,
    Missing,
}

/// A commit that can't be read.
pub(super) struct Unread {
    pub(super) id: ObjectId,
    pub(super) reason: String,
    /// The object, where at least that could be unpacked.
    pub(super) data: Vec<u8>,
}

pub(super) struct Walk {
    pub(super) repository: gix::Repository,
    since: Option<DateTime<Utc>>,
    most: Most,
    /// Commits whose parents were left behind by a shallow clone.
    shallow: Vec<ObjectId>,
    /// Commits that are known, with all before them.
    known: FxHashSet<ObjectId>,
    /// Commits seen so far with their trees; none where the commit can't be read.
    trees: FxHashMap<ObjectId, Option<ObjectId>>,
    queue: BinaryHeap<Queued>,
    /// Damaged commits found since somebody looked.
    pub(super) unread: Vec<Unread>,
    /// Commits that are not there, though others name them: what a later walk can go on from.
    pub(super) gaps: Vec<ObjectId>,
    /// Bytes of commits read.
    pub(super) bytes: u64,
}

impl Walk {
    /// From some tips on, leaving out what `known` ones reach.
    pub(super) fn new(
        repository: gix::Repository,
        tips: &[ObjectId],
        known: &[ObjectId],
        since: Option<DateTime<Utc>>,
        limits: &Limits,
    ) -> Self {
        let most = Most { read: limits.body_bytes as u64, kept: limits.record_bytes };
        let known = if known.is_empty() {
            FxHashSet::default()
        } else {
            shared(&repository, tips, known, most)
        };
        let mut walk = Self {
            since,
            most,
            shallow: shallow(&repository),
            known,
            trees: FxHashMap::default(),
            queue: BinaryHeap::new(),
            unread: Vec::new(),
            gaps: Vec::new(),
            bytes: 0,
            repository,
        };
        for tip in tips {
            walk.enqueue(*tip, 0);
        }
        walk
    }

    pub(super) fn is_over(&self) -> bool {
        self.queue.is_empty()
    }

    /// The next commit: the newest of those that are known by now.
    pub(super) fn next(&mut self) -> Option<Commit> {
        let queued = self.queue.pop()?;
        let time = DateTime::from_timestamp(queued.seconds, 0).filter(|_| queued.is_dated);
        let (mut parent_tree, mut edge) = (None, None);
        let too_old = |since| time.is_none_or(|time| time < since - CLOCK_SLACK);
        let old = match self.since {
            Some(since) if too_old(since) => queued.old + 1,
            _ => 0,
        };
        if old <= SLOP {
            let parents = parents(queued.id, &queued.data);
            if self.shallow.binary_search(&queued.id).is_ok() {
                edge = (!parents.is_empty()).then_some(Edge::Shallow);
                let repository = &self.repository;
                self.gaps.extend(parents.iter().filter(|parent| !repository.has_object(parent)));
            } else {
                for (index, parent) in parents.iter().enumerate() {
                    let tree = self.enqueue(*parent, old);
                    if index == 0 {
                        parent_tree = tree;
                        edge = tree.is_none().then_some(Edge::Missing);
                    }
                }
            }
        }
        Some(Commit { id: queued.id, data: queued.data, time, parent_tree, edge })
    }

    /// Reads a commit once; the answer is its tree, none when it can't be read.
    fn enqueue(&mut self, id: ObjectId, old: u8) -> Option<ObjectId> {
        if let Some(tree) = self.trees.get(&id) {
            return *tree;
        }
        let tree = match read(&self.repository, id, self.most) {
            Ok((queued, tree)) => {
                self.bytes += queued.data.len() as u64;
                if !self.known.contains(&id) {
                    self.queue.push(Queued { old, ..queued });
                }
                Some(tree)
            }
            Err(Unreadable::Missing) => {
                self.gaps.push(id);
                None
            }
            Err(Unreadable::Damaged(reason, data)) => {
                self.gaps.push(id);
                self.unread.push(Unread { id, reason, data });
                None
            }
        };
        self.trees.insert(id, tree);
        tree
    }

    /// Whether the message of a commit was cut.
    pub(super) fn is_cut(&self, commit: &Commit) -> bool {
        commit.data.len() >= self.most.kept
    }
}

/// Longest commit that is read at all, and how much of one is kept: the end of its message is left out.
#[derive(Clone, Copy)]
struct Most {
    read: u64,
    kept: usize,
}

enum Unreadable {
    Missing,
    Damaged(String, Vec<u8>),
}

fn read(
    repository: &gix::Repository,
    id: ObjectId,
    most: Most,
) -> Result<(Queued, ObjectId), Unreadable> {
    let size = repository.try_find_header(id).ok().flatten().map_or(0, |header| header.size());
    if size > most.read {
        let reason = format!(
            "{size} bytes long, at most {} are read; raise the limit `body_bytes` if it is meant so",
            most.read
        );
        return Err(Unreadable::Damaged(reason, Vec::new()));
    }
    let object = match repository.try_find_object(id) {
        Ok(Some(object)) => object,
        Ok(None) => return Err(Unreadable::Missing),
        Err(error) => return Err(Unreadable::Damaged(error.to_string(), Vec::new())),
    };
    let kind = object.kind;
    let mut data = object.detach().data;
    if data.len() > most.kept {
        data.truncate(most.kept);
        data.shrink_to_fit();
    }
    if kind != gix::object::Kind::Commit {
        return Err(Unreadable::Damaged(format!("a {kind}, not a commit"), data));
    }
    // A date or an author that is none costs the commit, and not those before it.
    let parsed = CommitRefIter::from_bytes(&data, id.kind())
        .tree_id()
        .map(|tree| (date(id, &data), tree))
        .map_err(|error| error.to_string());
    let (seconds, tree) = match parsed {
        Ok(parsed) => parsed,
        Err(reason) => return Err(Unreadable::Damaged(reason, data)),
    };
    let (is_dated, seconds) = (seconds.is_some(), seconds.unwrap_or_default());
    Ok((Queued { seconds, is_dated, id, old: 0, data }, tree))
}

/// By the committer's clock, where the whole commit is as it should be.
fn date(id: ObjectId, data: &[u8]) -> Option<i64> {
    let commit = CommitRef::from_bytes(data, id.kind()).ok()?;
    Some(commit.time().ok()?.seconds)
}

fn parents(id: ObjectId, data: &[u8]) -> Vec<ObjectId> {
    CommitRefIter::from_bytes(data, id.kind()).parent_ids().collect()
}

/// A commit whose object is in memory; ordered by time, newest greatest, then by hash.
struct Queued {
    seconds: i64,
    is_dated: bool,
    id: ObjectId,
    /// How many in a row were too old, up to this one.
    old: u8,
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

fn shallow(repository: &gix::Repository) -> Vec<ObjectId> {
    let mut ids: Vec<ObjectId> = match repository.shallow_commits() {
        Ok(Some(commits)) => commits.iter().copied().collect(),
        _ => Vec::new(),
    };
    ids.sort_unstable();
    ids
}

/// From which side a commit is reached.
const NEW: u8 = 1;
const KNOWN: u8 = 2;
const BOTH: u8 = NEW | KNOWN;

/// Commits that both sides reach, as far down as the new side goes: where a walk from there has to stop.
///
/// Paints from both sides by date, as the search for a merge base does, and goes on for the slack of clocks below the
/// oldest commit that only the new side reaches. Where clocks are wrong by more, a known commit may pass for new.
fn shared(
    repository: &gix::Repository,
    tips: &[ObjectId],
    known: &[ObjectId],
    most: Most,
) -> FxHashSet<ObjectId> {
    let mut paint =
        Paint { repository, most, seen: FxHashMap::default(), queue: BinaryHeap::new(), new: 0 };
    tips.iter().for_each(|tip| paint.touch(*tip, NEW));
    known.iter().for_each(|tip| paint.touch(*tip, KNOWN));
    let mut oldest: Option<i64> = None;
    while let Some((seconds, id)) = paint.queue.pop() {
        let enough =
            oldest.is_none_or(|oldest| seconds.saturating_add(CLOCK_SLACK.num_seconds()) < oldest);
        if paint.new == 0 && enough {
            break;
        }
        let Some(spot) = paint.seen.get_mut(&id) else { continue };
        spot.is_queued = false;
        let color = spot.color;
        let parents = std::mem::take(&mut spot.parents);
        if color == NEW {
            paint.new -= 1;
            oldest = Some(oldest.map_or(seconds, |oldest| oldest.min(seconds)));
        }
        for parent in &parents {
            paint.touch(*parent, color);
        }
        if let Some(spot) = paint.seen.get_mut(&id) {
            spot.parents = parents;
        }
    }
    paint.seen.into_iter().filter(|(_, spot)| spot.color == BOTH).map(|(id, _)| id).collect()
}

struct Paint<'r> {
    repository: &'r gix::Repository,
    most: Most,
    seen: FxHashMap<ObjectId, Spot>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// Queued commits that only the new side reaches so far.
    new: usize,
}

struct Spot {
    color: u8,
    is_queued: bool,
    seconds: i64,
    parents: Vec<ObjectId>,
}

impl Paint<'_> {
    fn touch(&mut self, id: ObjectId, color: u8) {
        let spot = match self.seen.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                // What can't be read has no parents.
                let (seconds, parents) = read(self.repository, id, self.most)
                    .ok()
                    .map(|(queued, _)| (queued.seconds, parents(id, &queued.data)))
                    .unwrap_or_default();
                entry.insert(Spot { color: 0, is_queued: false, seconds, parents })
            }
        };
        let (before, was_queued) = (spot.color, spot.is_queued);
        spot.color |= color;
        if spot.color == before {
            return;
        }
        spot.is_queued = true;
        self.new -= usize::from(was_queued && before == NEW);
        self.new += usize::from(spot.color == NEW);
        if !was_queued {
            self.queue.push((spot.seconds, id));
        }
    }
}
