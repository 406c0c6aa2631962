//! Commits as events, a batch at a time.

use chrono::{DateTime, SecondsFormat, Utc};
use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::CommitRef;

use super::super::fields::cut_text;
use super::super::progress::{Observer, Pace};
use super::super::report::{InputReport, Kept, Refused};
use super::super::{Batch, Limits, attribute as name};
use super::notes::Notes;
use super::paths::TreeDiff;
use super::tags::{self, TagNames};
use super::walk::{Commit, Edge, Unread, Walk};
use super::{History, Repository, Tips, attribute as git};
use crate::error::{Place, Result};
use crate::model::{Event, References, Source, attribute};

pub(super) fn read(
    repository: &Repository,
    wanted: &History,
    observer: Observer<'_>,
) -> Result<Batch> {
    let mut commits = repository.commits(wanted)?;
    let mut batch = commits.take(usize::MAX, observer)?;
    batch.sort();
    Ok(batch)
}

/// Commits of a repository, newest first, in batches: what a long history is read with.
///
/// Made by [`Repository::commits`]. However long the history is, only one batch of it is in memory, and some 50 bytes
/// for each commit that was passed and for each note.
pub struct Commits {
    name: String,
    limits: Limits,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    /// How many may follow.
    left: usize,
    max_paths: usize,
    tags: TagNames,
    notes: Notes,
    repository_name: Option<String>,
    pub(super) walk: Walk,
    /// The commit that was passed last.
    pub(super) last: Option<ObjectId>,
    diff: TreeDiff,
    is_over: bool,
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commits").field("repository", &self.name).finish_non_exhaustive()
    }
}

impl Commits {
    pub(super) fn new(repository: &Repository, wanted: &History) -> Result<Self> {
        let local = repository.local();
        let tips = tips(repository, &local, &wanted.tips)?;
        let known: Vec<ObjectId> = wanted
            .known
            .iter()
            .map(|name| repository.resolve(&local, name))
            .collect::<Result<_>>()?;
        let notes = Notes::of(&local);
        let mut commits = Self::from_tips(repository, local, &tips, &known, wanted);
        commits.notes = notes;
        Ok(commits)
    }

    /// Without notes.
    pub(super) fn from_tips(
        repository: &Repository,
        local: gix::Repository,
        tips: &[ObjectId],
        known: &[ObjectId],
        wanted: &History,
    ) -> Self {
        Self {
            name: repository.name(),
            limits: repository.limits.clone(),
            since: wanted.since,
            until: wanted.until,
            left: wanted.max_commits,
            max_paths: wanted.max_paths,
            tags: tags::names(&local),
            notes: Notes::default(),
            repository_name: None,
            walk: Walk::new(local, tips, known, wanted.since, &repository.limits),
            last: None,
            diff: TreeDiff::default(),
            is_over: false,
        }
    }

    /// Says of every commit which repository it is from.
    pub(super) fn named(mut self, repository: Option<&str>) -> Self {
        self.repository_name = repository.map(str::to_owned);
        self
    }

    /// The next commits, so many at most, in the canonical order of a batch; none when there are no more.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so; the commits that were read until then are
    /// lost, so begin again.
    pub fn next_batch(&mut self, most: usize, observer: Observer<'_>) -> Result<Option<Batch>> {
        if self.is_over {
            return Ok(None);
        }
        let mut batch = self.take(most, observer)?;
        batch.sort();
        let is_empty = batch.events.is_empty() && batch.report.refused() == 0;
        Ok((!(is_empty && self.is_over)).then_some(batch))
    }

    /// Passes everything up to and including a commit; says whether it came.
    pub(super) fn skip_to(&mut self, id: ObjectId, observer: Observer<'_>) -> Result<bool> {
        let name = self.name.clone();
        let mut pace = Pace::new(observer, &name);
        while let Some(commit) = self.walk.next() {
            self.walk.unread.clear();
            self.last = Some(commit.id);
            pace.record(self.walk.bytes)?;
            if commit.id == id {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn take(&mut self, most: usize, observer: Observer<'_>) -> Result<Batch> {
        let name = self.name.clone();
        let mut pace = Pace::new(observer, &name);
        let mut reading = Reading { report: InputReport::new(&name, "git"), events: Vec::new() };
        let before = self.walk.bytes;
        let most = most.min(self.left);
        while reading.events.len() < most {
            let Some(commit) = self.walk.next() else { break };
            self.last = Some(commit.id);
            self.visit(&commit, &mut reading);
            pace.record(self.walk.bytes - before)?;
        }
        for unread in self.walk.unread.drain(..) {
            reading.refuse(&self.limits, unread);
        }
        self.left -= reading.events.len();
        if !self.walk.is_over() && self.left == 0 {
            reading.report.note("more commits than asked for: the older ones were not read");
        }
        self.is_over = self.walk.is_over() || self.left == 0;
        reading.report.bytes = self.walk.bytes - before;
        pace.ask(reading.report.bytes)?;
        let mut batch = Batch::default();
        let read = Batch { events: reading.events, ..Batch::default() };
        batch.admit(read, reading.report, &self.limits);
        Ok(batch)
    }

    /// Makes an event of a commit.
    fn visit(&mut self, commit: &Commit, reading: &mut Reading) {
        let refused = |reason: String| Unread { id: commit.id, reason, data: commit.data.clone() };
        let object = match CommitRef::from_bytes(&commit.data, commit.id.kind()) {
            Ok(object) => object,
            Err(error) => return reading.refuse(&self.limits, refused(error.to_string())),
        };
        let Some(time) = commit.time else {
            let reason = "its date is none, or out of range".to_owned();
            return reading.refuse(&self.limits, refused(reason));
        };
        let early = self.since.is_some_and(|since| time < since);
        let late = self.until.is_some_and(|until| time >= until);
        if early || late {
            return;
        }
        match commit.edge {
            Some(Edge::Shallow) => {
                reading.report.note("the history ends here because the clone is shallow");
            }
            Some(Edge::Missing) => reading
                .report
                .note("a parent is missing: the paths that its child changes are not known"),
            None => {}
        }
        let files = match commit.edge {
            Some(_) => None,
            None => self.changed_paths(commit.parent_tree, object.tree(), &mut reading.report),
        };
        match self.event(commit, &object, time, files) {
            Ok(event) => {
                if self.walk.is_cut(commit) {
                    reading.report.note("messages were cut");
                }
                reading.report.read += 1;
                reading.events.push(event);
            }
            Err(error) => reading.refuse(&self.limits, refused(error.to_string())),
        }
    }

    /// None where a tree can't be read; the commit is kept without paths.
    fn changed_paths(
        &mut self,
        before: Option<ObjectId>,
        after: ObjectId,
        report: &mut InputReport,
    ) -> Option<Vec<String>> {
        let (mut files, most) = (Vec::new(), self.max_paths);
        let repository = &self.walk.repository;
        let outcome = self.diff.compare(repository, before, after, &mut |path, _| {
            if files.len() < most {
                files.push(path.to_str_lossy().into_owned());
                return true;
            }
            false
        });
        if outcome.is_err() {
            report.note("a tree can't be read: the paths that its commit changes are not known");
            return None;
        }
        if files.len() == most {
            report.note("more paths than asked for in a commit: the rest was left out");
        }
        files.sort_unstable();
        files.dedup(); // a file that became a folder, or the other way round
        Some(files)
    }

    fn event(
        &self,
        commit: &Commit,
        object: &CommitRef<'_>,
        time: DateTime<Utc>,
        files: Option<Vec<String>>,
    ) -> Result<Event> {
        let sha = commit.id.to_string();
        let message = text(object.message, object.encoding);
        let message = cut_text(message.trim_end(), Event::MAX_BODY_BYTES);
        let title = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(&sha);
        let author = object.author().ok();
        let author_time = author
            .as_ref()
            .and_then(|author| DateTime::from_timestamp(author.time().ok()?.seconds, 0))
            .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
        let parents: Vec<String> = object.parents().map(|parent| parent.to_string()).collect();
        let named = References::of(message);
        let some = |hashes: Vec<String>| (!hashes.is_empty()).then_some(hashes);
        Event::builder(time, Source::Git, "commit", title)
            .with_body(message)
            .with_source_id(&sha)
            .with_attribute(
                attribute::AUTHOR,
                author.map(|author| text(author.name, object.encoding)),
            )
            .with_attribute(git::AUTHOR_TIME, author_time)
            .with_attribute(git::PARENTS, parents)
            .with_attribute(git::TAGS, self.tags.get(&commit.id).cloned())
            .with_attribute(git::NOTES, self.notes.on(&self.walk.repository, commit.id))
            .with_attribute(git::REVERTS, some(named.reverts))
            .with_attribute(git::FIXES, some(named.fixes))
            .with_attribute(git::PICKED_FROM, some(named.picked_from))
            .with_attribute(git::BOUNDARY, commit.edge.map(|_| true))
            .with_attribute(name::REPOSITORY, self.repository_name.as_deref())
            .with_attribute(attribute::FILES, files)
            .with_attribute(attribute::COMMIT, sha)
            .build()
    }
}

/// What one batch came to so far.
struct Reading {
    report: InputReport,
    events: Vec<Event>,
}

impl Reading {
    /// Counts a commit that can't be used, and keeps its bytes; its hash where there are none.
    fn refuse(&mut self, limits: &Limits, unread: Unread) {
        let Unread { id, reason, data } = unread;
        let place = Place { input: Some(format!("{} {id}", self.report.name)), ..Place::default() };
        self.report.refuse(limits.described, place.clone(), reason.clone());
        let raw = if data.is_empty() { id.to_string().into_bytes() } else { data };
        let kept: usize = self.report.kept.iter().map(|kept| kept.raw.len()).sum();
        if kept.saturating_add(raw.len()) > limits.kept_bytes {
            self.report.unkept += 1;
            return;
        }
        self.report.kept.push(Kept { refused: Refused { place, reason }, raw });
    }
}

/// Text in the encoding that its commit names: Latin-1 or UTF-8; bytes that fit neither are replaced.
pub(super) fn text(bytes: &BStr, encoding: Option<&BStr>) -> String {
    const LATIN: [&str; 4] = ["iso-8859-1", "iso8859-1", "latin1", "latin-1"];
    let named = encoding.map(|name| name.to_str_lossy().to_ascii_lowercase());
    match named {
        Some(name) if LATIN.contains(&name.as_str()) => {
            bytes.iter().copied().map(char::from).collect()
        }
        _ => bytes.to_str_lossy().into_owned(),
    }
}

fn tips(repository: &Repository, local: &gix::Repository, tips: &Tips) -> Result<Vec<ObjectId>> {
    let heads = super::heads::of(repository, local, tips)?;
    let mut found: Vec<ObjectId> = heads.into_values().collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
