//! The open handle.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use rca_core::model::DeadLetterId;
use rca_core::time::{Clock as _, ManualClock, TimeRange};
use rca_core::{Error, Result, Workspace, report};
use rca_json::cases::{self, ids};
use rca_json::queries::{self, Offsets};
use rca_json::workspaces::Opening;
use rca_json::{answers, batches, events, json, letters, word, workspaces};

use super::answers::RawGraph;
use super::batches::RawBatch;
use super::{Called, RawCursor, Watcher, call, observer};

/// A clock that stands still until it is moved.
#[derive(Debug, uniffi::Object)]
pub struct RawClock(ManualClock);

#[uniffi::export]
impl RawClock {
    /// One that shows this time.
    #[uniffi::constructor]
    pub fn new(time: &str) -> Called<Arc<Self>> {
        call(|| Ok(Arc::new(Self(ManualClock::at(rca_core::connectors::parse_time(time)?)))))
    }

    /// Moves the hand.
    pub fn advance(&self, microseconds: i64) {
        self.0.advance(Duration::microseconds(microseconds.max(0)));
    }

    /// What it shows.
    pub fn now(&self) -> String {
        self.0.now().to_rfc3339()
    }
}

/// Checks the fields of an event and gives it its identity.
#[uniffi::export]
pub fn new_event(draft: &str) -> Called<String> {
    call(|| events::new_event(draft))
}

/// An open collection of events and investigations.
#[derive(Debug, uniffi::Object)]
pub struct RawWorkspace(Mutex<Option<Workspace>>);

impl RawWorkspace {
    pub(super) fn of(workspace: Workspace) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(workspace))))
    }

    /// A handle for one call; no lock is held while it works.
    pub(super) fn get(&self) -> Result<Workspace> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.clone().ok_or_else(|| Error::Source {
            kind: rca_core::ErrorKind::Busy,
            place: "workspace".to_owned(),
            reason: "it is closed".to_owned(),
            hint: "open it again".to_owned(),
        })
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&Workspace) -> Result<T>) -> Called<T> {
        call(|| work(&self.get()?))
    }
}

#[uniffi::export]
impl RawWorkspace {
    /// Opens a folder, or one in memory.
    #[uniffi::constructor]
    pub fn open(
        path: Option<String>,
        read_only: bool,
        stale: bool,
        settings: &str,
        clock: Option<Arc<RawClock>>,
    ) -> Called<Arc<Self>> {
        call(|| {
            let clock = clock.map(|clock| clock.0.clone());
            let opening = Opening { path: path.map(PathBuf::from), read_only, stale, clock };
            workspaces::open(opening, settings).map(Self::of)
        })
    }

    /// Frees the folder as soon as no call runs. (Not `close`: that name Kotlin gives to the end of every handle.)
    pub fn let_go(&self) {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(closed);
    }

    /// The folder; none in memory.
    pub fn path(&self) -> Called<Option<String>> {
        self.with(|workspace| Ok(workspace.path().map(|path| path.display().to_string())))
    }

    /// What opening found of the search index, and why it was built anew.
    pub fn index_opened(&self) -> Called<String> {
        self.with(workspaces::index_opened)
    }

    /// Commits what is pending in the search index.
    pub fn refresh(&self) -> Called<()> {
        self.with(Workspace::refresh)
    }

    /// Builds the search index anew.
    pub fn rebuild_index(&self) -> Called<()> {
        self.with(Workspace::rebuild_index)
    }

    /// Gives disk space back.
    pub fn compact(&self) -> Called<()> {
        self.with(Workspace::compact)
    }

    /// Copies the store to a file.
    pub fn backup(&self, file: &str) -> Called<()> {
        self.with(|workspace| workspace.backup(file))
    }

    /// Checks every record, reference and index file.
    pub fn verify(&self) -> Called<String> {
        self.with(workspaces::verify)
    }

    /// Stores events.
    pub fn ingest(&self, events: &str) -> Called<String> {
        self.with(|workspace| events::ingest(workspace, events))
    }

    /// Stores the events of a batch.
    pub fn ingest_batch(&self, batch: &RawBatch, forget: bool) -> Called<String> {
        self.with(|workspace| batches::ingest(workspace, &batch.0, forget))
    }

    /// Stores what a webhook says.
    pub fn ingest_delivery(&self, headers: &str, body: &[u8], received: &str) -> Called<String> {
        self.with(|workspace| {
            let received = rca_core::connectors::parse_time(received)?;
            batches::ingest_delivery(workspace, headers, body, received)
        })
    }

    /// One event.
    pub fn event(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.event(id.parse()?)?))
    }

    /// Many events.
    pub fn events_by_id(&self, ids: &str) -> Called<String> {
        self.with(|workspace| events::by_id(workspace, ids))
    }

    /// Events in order of time.
    pub fn events(&self, scan: &str) -> Called<Arc<RawCursor>> {
        self.with(|workspace| events::events(workspace, scan).map(RawCursor::of))
    }

    /// How many there are.
    pub fn event_count(&self) -> Called<u64> {
        self.with(Workspace::event_count)
    }

    /// Removes an event.
    pub fn delete_event(&self, id: &str) -> Called<()> {
        self.with(|workspace| workspace.delete_event(id.parse()?))
    }

    /// Takes a removal back.
    pub fn restore_event(&self, id: &str) -> Called<()> {
        self.with(|workspace| workspace.restore_event(id.parse()?))
    }

    /// A page of events that match.
    pub fn search(&self, query: &str) -> Called<String> {
        self.with(|workspace| queries::search(workspace, query)?.json(Offsets::Bytes))
    }

    /// Every event that matches.
    pub fn search_all(&self, query: &str) -> Called<Arc<RawCursor>> {
        self.with(|workspace| queries::search_all(workspace, query).map(RawCursor::of))
    }

    /// A page of investigations that match.
    pub fn search_investigations(&self, query: &str) -> Called<String> {
        self.with(|workspace| {
            queries::search_investigations(workspace, query)?.json(Offsets::Bytes)
        })
    }

    /// Exact counts.
    pub fn counts(
        &self,
        query: &str,
        by: Vec<String>,
        bucket_microseconds: Option<i64>,
    ) -> Called<String> {
        let bucket = bucket_microseconds.map(Duration::microseconds);
        self.with(|workspace| queries::counts(workspace, query, &by, bucket))
    }

    /// Opens an investigation.
    pub fn investigate(&self, draft: &str) -> Called<String> {
        self.with(|workspace| cases::investigate(workspace, draft))
    }

    /// One investigation.
    pub fn investigation(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.investigation(id.parse()?)?))
    }

    /// All investigations, newest first.
    pub fn investigations(&self, deleted: bool) -> Called<Arc<RawCursor>> {
        self.with(|workspace| cases::investigations(workspace, deleted).map(RawCursor::of))
    }

    /// Changes fields.
    pub fn update_investigation(&self, id: &str, changes: &str) -> Called<String> {
        self.with(|workspace| cases::update(workspace, id.parse()?, changes))
    }

    /// Moves an investigation through its life.
    pub fn set_status(&self, id: &str, status: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.set_status(id.parse()?, word("status", status)?)?))
    }

    /// Removes an investigation.
    pub fn delete_investigation(&self, id: &str) -> Called<()> {
        self.with(|workspace| workspace.delete_investigation(id.parse()?))
    }

    /// Takes a removal back.
    pub fn restore_investigation(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.restore_investigation(id.parse()?)?))
    }

    /// A person says that an event belongs to an investigation.
    pub fn link(&self, event: &str, investigation: &str, person: Option<String>) -> Called<String> {
        self.with(|workspace| {
            let (event, case) = ids(event, investigation)?;
            json(&workspace.link(event, case, person.as_deref())?)
        })
    }

    /// A person says that it does not.
    pub fn unlink(
        &self,
        event: &str,
        investigation: &str,
        person: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            let (event, case) = ids(event, investigation)?;
            json(&workspace.unlink(event, case, person.as_deref())?)
        })
    }

    /// All links of an investigation.
    pub fn links(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.links(id.parse()?)?))
    }

    /// The events that count as part of an investigation.
    pub fn linked_events(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.linked_events(id.parse()?)?))
    }

    /// Decides anew which events belong to it.
    pub fn relink(&self, id: &str) -> Called<String> {
        self.with(|workspace| json(&cases::relinked(&workspace.relink(id.parse()?)?)))
    }

    /// What every rule says.
    pub fn explain_link(&self, event: &str, investigation: &str) -> Called<String> {
        self.with(|workspace| {
            let (event, case) = ids(event, investigation)?;
            json(&cases::explained(&workspace.explain_link(event, case)?))
        })
    }

    /// Reads a bundle, stores it, opens an investigation and analyses it.
    pub fn investigate_bundle(&self, folder: &str, watcher: &dyn Watcher) -> Called<String> {
        self.with(|workspace| {
            answers::investigated(&workspace.investigate_bundle(folder, &observer(watcher))?)
        })
    }

    /// The same with a batch that was read.
    pub fn investigate_batch(&self, batch: &RawBatch) -> Called<String> {
        self.with(|workspace| {
            let batch = rca_core::connectors::Batch::clone(&batch.0);
            answers::investigated(&workspace.investigate_batch(batch)?)
        })
    }

    /// Analyses an investigation.
    pub fn analyze(&self, id: &str) -> Called<String> {
        self.with(|workspace| report::json(&workspace.analyze(id.parse()?)?))
    }

    /// The same with all telemetry there is.
    pub fn analyze_with(&self, id: &str, batch: &RawBatch) -> Called<String> {
        self.with(|workspace| {
            report::json(&workspace.analyze_with(id.parse()?, &batch.0.telemetry)?)
        })
    }

    /// Adds telemetry.
    pub fn observe(&self, id: &str, batch: &RawBatch) -> Called<()> {
        self.with(|workspace| workspace.observe(id.parse()?, &batch.0.telemetry))
    }

    /// Forgets it.
    pub fn forget_telemetry(&self, id: &str) -> Called<()> {
        self.with(|workspace| workspace.forget_telemetry(id.parse()?))
    }

    /// The latest answer.
    pub fn analysis(&self, id: &str) -> Called<Option<String>> {
        self.with(|workspace| {
            workspace.analysis(id.parse()?)?.map(|analysis| report::json(&analysis)).transpose()
        })
    }

    /// The most likely causes.
    pub fn root_causes(&self, id: &str, limit: u32) -> Called<String> {
        self.with(|workspace| {
            report::causes_json(&workspace.root_causes(id.parse()?, limit as usize)?)
        })
    }

    /// An investigation as a page.
    pub fn canvas(&self, id: &str, batch: Option<Arc<RawBatch>>) -> Called<String> {
        self.with(|workspace| {
            answers::canvas(workspace, id.parse()?, batch.as_deref().map(|batch| &*batch.0))
        })
    }

    /// The graph of an investigation.
    pub fn graph(&self, id: &str) -> Called<Arc<RawGraph>> {
        self.with(|workspace| workspace.graph(id.parse()?).map(RawGraph::of))
    }

    /// The graph of a time.
    pub fn graph_of(&self, start: &str, end: &str) -> Called<Arc<RawGraph>> {
        self.with(|workspace| {
            let parse = rca_core::connectors::parse_time;
            workspace.graph_of(TimeRange::new(parse(start)?, parse(end)?)?).map(RawGraph::of)
        })
    }

    /// Dead letters in the order of arrival.
    pub fn letters(&self, filter: &str) -> Called<Arc<RawCursor>> {
        self.with(|workspace| letters::list(workspace, filter).map(RawCursor::of))
    }

    /// One letter.
    pub fn letter(&self, id: u64) -> Called<String> {
        self.with(|workspace| {
            json(&letters::letter(&workspace.dead_letters().inspect(DeadLetterId(id))?))
        })
    }

    /// Its bytes.
    pub fn letter_raw(&self, id: u64) -> Called<Option<Vec<u8>>> {
        self.with(|workspace| workspace.dead_letters().raw(DeadLetterId(id)))
    }

    /// How full the queue is.
    pub fn letter_counts(&self) -> Called<String> {
        self.with(|workspace| json(&letters::counts(&workspace.dead_letters().counts()?)))
    }

    /// Reads letters again.
    pub fn replay_letters(
        &self,
        filter: &str,
        format: Option<String>,
        watcher: &dyn Watcher,
    ) -> Called<String> {
        self.with(|workspace| {
            letters::replay(workspace, filter, format.as_deref(), &observer(watcher))
        })
    }

    /// Reads letters again whose time has come.
    pub fn replay_due_letters(&self, watcher: &dyn Watcher) -> Called<String> {
        self.with(|workspace| letters::replay_due(workspace, &observer(watcher)))
    }

    /// Takes letters out of the queue.
    pub fn discard_letters(&self, ids: Vec<u64>) -> Called<u64> {
        let ids: Vec<DeadLetterId> = ids.into_iter().map(DeadLetterId).collect();
        self.with(|workspace| workspace.dead_letters().discard(&ids))
    }

    /// Lets go of those that are too old or too many.
    pub fn expire_letters(&self) -> Called<u64> {
        self.with(|workspace| workspace.dead_letters().expire())
    }
}
