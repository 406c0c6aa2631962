//! A local repository as a source: each pull brings what came into it since the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use gix::ObjectId;
use serde::{Deserialize, Serialize};

use super::super::progress::Pace;
use super::super::report::InputReport;
use super::super::source::{Checkpoint, Page, Source, state};
use super::super::transport::{Fault, FaultKind};
use super::super::{Batch, Limits, Observer};
use super::heads::{self, Heads, Moved};
use super::history::Commits;
use super::{History, Repository, Tips, notes, tags};
use crate::error::{Error, ErrorKind, Place, Result};

/// Commits, tags or notes that one page holds at most.
const PAGE: usize = 2000;
/// Commits to be looked for again, at most.
const MOST_GAPS: usize = 100;

/// A local repository that is read on and on: commits, tags and releases, notes, and rewritten branches.
///
/// The first pull brings the whole history, newest first and page by page; a later one what its heads reach and those
/// of the last time don't. So that is also after a forced push, which is an event of its own and names the commits
/// that it dropped. What could not be read (a damaged commit, the history behind the end of a shallow clone) is looked
/// for again with every pull.
///
/// ```no_run
/// use rca_core::connectors::source::GitRepository;
/// use rca_core::connectors::unobserved;
/// use rca_core::{PullOptions, Workspace};
///
/// let workspace = Workspace::open("incidents.rca")?;
/// let mut source = GitRepository::open("src/shop")?;
/// let pulled = workspace.pull(&mut source, &PullOptions::default(), &unobserved)?.into_result()?;
/// println!("{} new events", pulled.accepted);
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Debug)]
pub struct GitRepository {
    repository: Repository,
    name: String,
    label: Option<String>,
    tips: Tips,
    start: Option<DateTime<Utc>>,
    page: usize,
    /// The walk that goes on, with the checkpoint behind which it does.
    going: Option<(Checkpoint, Commits)>,
}

/// What a checkpoint holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Heads up to which everything is read.
    #[serde(default)]
    heads: BTreeMap<String, String>,
    /// Commits that could not be read.
    #[serde(default)]
    gaps: BTreeSet<String>,
    /// Digest of the tags that are read.
    #[serde(default)]
    tags: String,
    /// Notes branches up to which everything is read.
    #[serde(default)]
    notes: BTreeMap<String, String>,
    /// What is being read.
    #[serde(default)]
    step: Option<Step>,
}

/// Something that takes several pages, and where it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Commits up to these heads.
    Commits {
        to: BTreeMap<String, String>,
        known: Vec<String>,
        last: Option<String>,
    },
    /// Commits that could not be read before, and what is behind them.
    Gaps {
        from: Vec<String>,
        last: Option<String>,
    },
    Tags {
        digest: String,
        last: Option<String>,
    },
    Notes {
        branch: String,
        to: String,
        last: Option<String>,
    },
}

impl GitRepository {
    /// Opens a working folder, a worktree, a bare repository or a `.git` folder; what is checked out is read.
    ///
    /// # Errors
    ///
    /// As [`Repository::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let repository = Repository::open(path)?;
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let is_inside = whole.file_name().is_some_and(|name| name == ".git");
        let folder = if is_inside { whole.parent() } else { Some(whole.as_path()) };
        let label =
            folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            repository,
            name: format!("git {}", whole.display()),
            label: label.map(|label| label.trim_end_matches(".git").to_owned()),
            tips: Tips::Head,
            start: None,
            page: PAGE,
            going: None,
        })
    }

    /// With another name than that of its folder; its checkpoint is kept under it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// With the repository's name as its host has it (`shop/till`), which its events carry; the folder's when not said.
    #[must_use]
    pub fn with_repository(mut self, name: impl Into<String>) -> Self {
        self.label = Some(name.into());
        self
    }

    /// With other heads than what is checked out.
    #[must_use]
    pub fn with_tips(mut self, tips: Tips) -> Self {
        self.tips = tips;
        self
    }

    /// Leaves out commits before a time.
    #[must_use]
    pub fn with_start(mut self, start: DateTime<Utc>) -> Self {
        self.start = Some(start);
        self
    }

    /// With other limits, as [`Repository::with_limits`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.repository = self.repository.with_limits(limits);
        self
    }

    /// With so many commits in a page (2,000): what is in memory, and what is stored at once.
    #[must_use]
    pub fn with_page(mut self, commits: usize) -> Self {
        self.page = commits.max(1);
        self
    }

    fn fault(&self, error: &Error) -> Fault {
        let place = self.repository.name();
        let kind = match error.kind() {
            ErrorKind::Cancelled => return Fault::cancelled(&place),
            ErrorKind::NotFound | ErrorKind::InvalidInput => FaultKind::NotFound,
            // A repository that is being packed may be whole in a moment.
            _ => FaultKind::Server,
        };
        Fault::new(kind, &place, error.to_string())
    }
}

impl Source for GitRepository {
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        _now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let mut state: State = state(from, &self.name)?;
        let page = self.page(&mut state, from, observer);
        page.map_err(|error| self.fault(&error))
    }
}

impl GitRepository {
    fn page(
        &mut self,
        state: &mut State,
        from: Option<&Checkpoint>,
        observer: Observer<'_>,
    ) -> Result<Page> {
        let local = self.repository.local();
        let mut batch = Batch::default();
        let going = self.going.take().filter(|(at, _)| Some(at) == from).map(|(_, going)| going);
        let step = match state.step.take() {
            Some(step) if step.is_possible(&local) => Some(step),
            given_up => {
                if let Some(Step::Gaps { from, .. }) = given_up {
                    state.gaps.extend(from);
                }
                self.plan(&local, state, &mut batch)?
            }
        };
        let going = match step {
            None => None,
            Some(Step::Tags { digest, last }) => {
                self.tags(&local, state, digest, last, &mut batch);
                None
            }
            Some(step) => self.walk(&local, state, step, going, &mut batch, observer)?,
        };
        batch.sort();
        let checkpoint = Checkpoint::new(state);
        // Nothing is planned when everything is read.
        let more =
            from != Some(&checkpoint) && (state.step.is_some() || self.is_behind(&local, state)?);
        self.going = going.map(|going| (checkpoint.clone(), going));
        Ok(Page { batch, raw: Vec::new(), checkpoint, more })
    }

    fn is_behind(&self, local: &gix::Repository, state: &State) -> Result<bool> {
        let heads = texts(&heads::of(&self.repository, local, &self.tips)?);
        let news = heads.iter().any(|(name, head)| state.heads.get(name) != Some(head));
        let tags = state.tags != tags::digest(&tags::all(local));
        let notes = notes::branches(local)
            .iter()
            .any(|(branch, id)| state.notes.get(branch) != Some(&id.to_string()));
        Ok(news || tags || notes || !readable(local, &state.gaps).is_empty())
    }

    /// What is to be read next; what branches did meanwhile goes into the batch.
    fn plan(
        &self,
        local: &gix::Repository,
        state: &mut State,
        batch: &mut Batch,
    ) -> Result<Option<Step>> {
        let heads = heads::of(&self.repository, local, &self.tips)?;
        self.report_moves(local, state, &heads, batch);
        let to = texts(&heads);
        if to.iter().any(|(name, head)| state.heads.get(name) != Some(head)) {
            let known: BTreeSet<String> = state.heads.values().cloned().collect();
            let known = known.into_iter().collect();
            return Ok(Some(Step::Commits { to, known, last: None }));
        }
        let from = readable(local, &state.gaps);
        if !from.is_empty() {
            from.iter().for_each(|gap| _ = state.gaps.remove(gap));
            return Ok(Some(Step::Gaps { from, last: None }));
        }
        let digest = tags::digest(&tags::all(local));
        if digest != state.tags {
            return Ok(Some(Step::Tags { digest, last: None }));
        }
        let branches = notes::branches(local).into_iter().map(|(name, id)| (name, id.to_string()));
        let mut changed = branches.filter(|(name, to)| state.notes.get(name) != Some(to));
        Ok(changed.next().map(|(branch, to)| Step::Notes { branch, to, last: None }))
    }

    /// Forced pushes and deletions since the last time; heads that are no more are forgotten.
    fn report_moves(
        &self,
        local: &gix::Repository,
        state: &mut State,
        heads: &Heads,
        batch: &mut Batch,
    ) {
        let mut events = Vec::new();
        let mut gone = Vec::new();
        for (branch, before) in &state.heads {
            let after = heads.get(branch).copied();
            // Another branch was checked out, and this one is where it was.
            let is_there = || local.try_find_reference(branch.as_str()).ok().flatten().is_some();
            if branch == "HEAD" || after.is_none() && is_there() {
                continue;
            }
            if after.is_none() {
                gone.push(branch.clone());
            }
            let Ok(before) = ObjectId::from_hex(before.as_bytes()) else { continue };
            if after != Some(before) {
                events.extend(Moved { branch, before, after }.event(local, heads));
            }
        }
        gone.iter().for_each(|branch| _ = state.heads.remove(branch));
        if events.is_empty() {
            return;
        }
        let mut report = InputReport::new(&self.repository.name(), "git");
        report.read = events.len() as u64;
        if let Some(label) = &self.label {
            for event in &mut events {
                event
                    .data
                    .insert(super::super::attribute::REPOSITORY.to_owned(), label.clone().into());
            }
        }
        let read = Batch { events, ..Batch::default() };
        batch.admit(read, report, &self.repository.limits);
    }

    /// A page of commits or of notes; what is left of the walk.
    fn walk(
        &self,
        local: &gix::Repository,
        state: &mut State,
        step: Step,
        going: Option<Commits>,
        batch: &mut Batch,
        observer: Observer<'_>,
    ) -> Result<Option<Commits>> {
        let mut commits = match going {
            Some(going) => going,
            None => self.begin(local, state, &step, observer)?,
        };
        let read = match &step {
            Step::Notes { branch, .. } => Some(self.notes(&mut commits, branch, observer)?),
            _ => commits.next_batch(self.page, observer)?,
        };
        if let Some(read) = read {
            batch.events.extend(read.events);
            batch.report.merge(read.report);
        }
        if !matches!(step, Step::Notes { .. }) {
            let gaps = commits.walk.gaps.drain(..).map(|gap| gap.to_string());
            state.gaps.extend(gaps.take(MOST_GAPS));
            while state.gaps.len() > MOST_GAPS {
                state.gaps.pop_last();
            }
        }
        if !commits.walk.is_over() {
            state.step = Some(step.behind(commits.last));
            return Ok(Some(commits));
        }
        match step {
            Step::Commits { to, .. } => state.heads.extend(to),
            Step::Notes { branch, to, .. } => _ = state.notes.insert(branch, to),
            Step::Gaps { .. } | Step::Tags { .. } => {}
        }
        Ok(None)
    }

    /// The walk of a step, behind what was read of it.
    fn begin(
        &self,
        local: &gix::Repository,
        state: &State,
        step: &Step,
        observer: Observer<'_>,
    ) -> Result<Commits> {
        let (tips, known, last, start) = match step {
            Step::Commits { to, known, last } => {
                let to = to.values().filter(|head| !known.contains(*head)).cloned().collect();
                (to, known.clone(), last, self.start)
            }
            Step::Gaps { from, last } => (from.clone(), Vec::new(), last, self.start),
            Step::Notes { branch, to, last } => (
                vec![to.clone()],
                state.notes.get(branch).cloned().into_iter().collect(),
                last,
                None,
            ),
            Step::Tags { .. } => (Vec::new(), Vec::new(), &None, None),
        };
        let (mut tips, mut known) = (ids(&tips), ids(&known));
        tips.sort_unstable();
        tips.dedup();
        // What was packed away after a forced push hides nothing; what is read again is known to the store.
        known.retain(|id| is_readable(local, *id));
        let wanted = History { since: start, max_commits: usize::MAX, ..History::default() };
        let begin = || {
            let commits = Commits::from_tips(
                &self.repository,
                self.repository.local(),
                &tips,
                &known,
                &wanted,
            );
            commits.named(self.label.as_deref())
        };
        let mut commits = begin();
        if let Some(last) =
            last.as_deref().and_then(|last| ObjectId::from_hex(last.as_bytes()).ok())
            && !commits.skip_to(last, observer)?
        {
            commits = begin();
        }
        Ok(commits)
    }

    fn notes(&self, commits: &mut Commits, branch: &str, observer: Observer<'_>) -> Result<Batch> {
        let name = self.repository.name();
        let mut report = InputReport::new(&name, "git");
        let mut pace = Pace::new(observer, &name);
        let (mut events, before) = (Vec::new(), commits.walk.bytes);
        let described = self.repository.limits.described;
        while events.len() < self.page {
            let Some(commit) = commits.walk.next() else { break };
            commits.last = Some(commit.id);
            pace.record(commits.walk.bytes - before)?;
            let local = &commits.walk.repository;
            let found = notes::brought(local, branch, &commit, self.label.as_deref());
            for note in found.unwrap_or_else(|reason| vec![Err(reason)]) {
                match note {
                    Ok(event) => events.push(event),
                    Err(reason) => {
                        let input = Some(format!("{name} {}", commit.id));
                        report.refuse(described, Place { input, ..Place::default() }, reason);
                    }
                }
            }
        }
        report.read = events.len() as u64;
        report.bytes = commits.walk.bytes - before;
        let mut batch = Batch::default();
        batch.admit(Batch { events, ..Batch::default() }, report, &self.repository.limits);
        Ok(batch)
    }

    /// A page of tags, by name.
    fn tags(
        &self,
        local: &gix::Repository,
        state: &mut State,
        digest: String,
        last: Option<String>,
        batch: &mut Batch,
    ) {
        let name = self.repository.name();
        let mut report = InputReport::new(&name, "git");
        let all = tags::all(local);
        let mut behind =
            all.iter().filter(|tag| last.as_ref().is_none_or(|last| tag.name > *last)).peekable();
        let (mut events, mut at) = (Vec::new(), None);
        while let Some(tag) = behind.next_if(|_| events.len() < self.page) {
            at = Some(tag.name.clone());
            match tags::event(local, tag, self.label.as_deref()) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => report.note("tags that lead to no commit"),
                Err(error) => {
                    let input = Some(format!("{name} tag {}", tag.name));
                    let place = Place { input, ..Place::default() };
                    report.refuse(self.repository.limits.described, place, error.to_string());
                }
            }
        }
        match behind.peek() {
            Some(_) => state.step = Some(Step::Tags { digest, last: at }),
            None => state.tags = digest,
        }
        report.read = events.len() as u64;
        batch.admit(Batch { events, ..Batch::default() }, report, &self.repository.limits);
    }
}

impl Step {
    /// The same behind a commit.
    fn behind(mut self, commit: Option<ObjectId>) -> Self {
        if let Self::Commits { last, .. } | Self::Gaps { last, .. } | Self::Notes { last, .. } =
            &mut self
        {
            *last = commit.map(|id| id.to_string());
        }
        self
    }

    /// Whether it can go on: what it wants to read was not packed away, or changed, meanwhile.
    fn is_possible(&self, local: &gix::Repository) -> bool {
        match self {
            Self::Commits { to, .. } => to.values().all(|head| is_there(local, head)),
            Self::Gaps { from, .. } => from.iter().all(|gap| is_there(local, gap)),
            Self::Notes { to, .. } => is_there(local, to),
            Self::Tags { digest, .. } => *digest == tags::digest(&tags::all(local)),
        }
    }
}

fn is_there(local: &gix::Repository, hash: &str) -> bool {
    ObjectId::from_hex(hash.as_bytes()).is_ok_and(|id| local.has_object(id))
}

fn is_readable(local: &gix::Repository, id: ObjectId) -> bool {
    local.find_commit(id).is_ok_and(|commit| commit.tree_id().is_ok())
}

/// Commits that were looked for in vain, and can be read now.
fn readable(local: &gix::Repository, gaps: &BTreeSet<String>) -> Vec<String> {
    let is_now =
        |gap: &&String| ObjectId::from_hex(gap.as_bytes()).is_ok_and(|id| is_readable(local, id));
    gaps.iter().filter(is_now).cloned().collect()
}

fn ids(hashes: &[String]) -> Vec<ObjectId> {
    hashes.iter().filter_map(|hash| ObjectId::from_hex(hash.as_bytes()).ok()).collect()
}

fn texts(heads: &Heads) -> BTreeMap<String, String> {
    heads.iter().map(|(name, id)| (name.clone(), id.to_string())).collect()
}
