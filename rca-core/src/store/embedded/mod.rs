//! A store in a folder: one crash-safe file (redb: copy-on-write B-trees, checksums, pure Rust).

mod backup;
mod dossier;
mod fault;
mod group;
mod history;
mod letters;
mod open;
mod reader;
mod tables;
mod verify;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, Utc};

use self::dossier::NewDossier;
use self::fault::{Failure, copy, guard};
use self::group::Group;
use self::open::{Handle, open_folder};
use self::reader::Reader;
use self::writer::{NewEvent, NewIntake, Outcome, Request, Writer, new_link};
use super::record::{encode_analysis, encode_meta};
use super::{
    Adopted, Appended, Change, Events, Intake, Investigations, Iter, LetterFilter, Scan, Seq,
    Store, StoredCheckpoint, TakenIn, VerifyReport, check_distinct, check_meta,
};
use crate::error::{Error, Result};
use crate::model::{
    Analysis, AuditEntry, AuditHead, DeadLetter, DeadLetterCounts, DeadLetterId, Dossier, Event,
    EventId, Investigation, InvestigationId, Link, Source,
};
use crate::time::checked_nanos;

pub use self::open::{Access, OpenOptions};

/// A crash-safe store in a folder. What it acknowledged survives the death of the process and of
/// the machine. One process has it open for writing, or many for reading.
pub struct Embedded {
    // Dropped in this order: the file is closed before the lock is given back.
    database: RwLock<Handle>,
    _lock: Option<File>,
    group: Group,
    folder: PathBuf,
}

impl Embedded {
    /// The name of the file inside the folder.
    pub const FILE_NAME: &'static str = "store.redb";

    /// Opens the store in a folder, making both when they are missing (unless read-only). After a
    /// crash it is open at once: nothing needs to be replayed.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when it is open elsewhere; [`Error::Corrupt`] when the file is damaged;
    /// [`Error::TooNew`] when a newer version wrote it; [`Error::PathNotFound`] when it should be
    /// read but is not there.
    pub fn open(folder: impl AsRef<Path>, options: OpenOptions) -> Result<Self> {
        let folder = folder.as_ref();
        let (handle, lock) = open_folder(folder, Self::FILE_NAME, options)?;
        Ok(Self::new(handle, lock, folder))
    }

    /// Opens a store on a simulated disk. For tests.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    #[cfg(any(test, feature = "testing"))]
    pub fn on_disk(disk: super::testing::Disk) -> Result<Self> {
        let folder = Path::new("simulated disk");
        let handle = open::open_disk(folder, disk)?;
        Ok(Self::new(handle, None, folder))
    }

    fn new(handle: Handle, lock: Option<File>, folder: &Path) -> Self {
        Self {
            database: RwLock::new(handle),
            _lock: lock,
            group: Group::default(),
            folder: folder.to_owned(),
        }
    }

    fn read<T>(&self, work: impl FnOnce(&Reader) -> Result<T, Failure>) -> Result<T> {
        guard(&self.folder, || {
            let handle = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let snapshot = Reader(handle.begin_read()?);
            drop(handle);
            work(&snapshot)
        })
    }

    fn submit(&self, request: Request) -> Result<Outcome> {
        if let Handle::Reading(_) = &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            return Err(Error::ReadOnly { path: self.folder.clone() });
        }
        self.group.submit(request, |requests| self.commit(requests))
    }

    fn submit_for_found(&self, request: Request) -> Result<bool> {
        match self.submit(request)? {
            Outcome::Found(found) => Ok(found),
            _ => Err(unexpected()),
        }
    }

    fn submit_for_seq(&self, request: Request) -> Result<Seq> {
        match self.submit(request)? {
            Outcome::Seq(seq) => Ok(seq),
            _ => Err(unexpected()),
        }
    }

    fn submit_for_investigations(&self, request: Request) -> Result<Vec<Investigation>> {
        match self.submit(request)? {
            Outcome::Investigations(cases) => Ok(cases),
            _ => Err(unexpected()),
        }
    }

    fn mark_investigation(
        &self,
        id: InvestigationId,
        deleted_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation> {
        let author = author.map(str::to_owned);
        let request = Request::MarkInvestigation(id, deleted_at, now, author);
        self.submit_for_investigations(request)?.pop().ok_or_else(unexpected)
    }

    /// One transaction for all requests. A refused one changes nothing; a failing disk fails all.
    fn commit(&self, requests: Vec<Request>) -> Vec<Result<Outcome>> {
        let count = requests.len();
        let committed = guard(&self.folder, || {
            let handle = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let Handle::Writing(database) = &*handle else {
                return Err(Error::Internal("a write reached a read-only store".into()).into());
            };
            let mut txn = database.begin_write()?;
            txn.set_quick_repair(true);
            let mut writer = Writer::open(&txn)?;
            let mut answers = Vec::with_capacity(count);
            for request in requests {
                answers.push(match writer.apply(request) {
                    Ok(outcome) => Ok(outcome),
                    Err(Failure::Ours(refusal)) => Err(refusal),
                    Err(failure) => return Err(failure),
                });
            }
            drop(writer);
            match answers.iter().any(Result::is_ok) {
                true => txn.commit()?,
                false => txn.abort()?,
            }
            Ok(answers)
        });
        committed.unwrap_or_else(|error| (0..count).map(|_| Err(copy(&error))).collect())
    }
}

fn unexpected() -> Error {
    Error::Internal("a write was answered with something else".to_owned())
}

impl Store for Embedded {
    fn append(&self, events: &[Event]) -> Result<Appended> {
        let events: Vec<_> = events.iter().map(NewEvent::new).collect::<Result<_>>()?;
        match self.submit(Request::Append(events))? {
            Outcome::Appended(appended) => Ok(appended),
            _ => Err(unexpected()),
        }
    }

    fn event(&self, id: EventId) -> Result<Option<Event>> {
        self.read(|snapshot| snapshot.event(id))
    }

    fn events(&self, ids: &[EventId]) -> Result<Vec<Option<Event>>> {
        self.read(|snapshot| snapshot.events(ids))
    }

    fn event_texts(&self, ids: &[EventId]) -> Result<Vec<Option<String>>> {
        self.read(|snapshot| snapshot.event_texts(ids))
    }

    fn event_by_source_id(&self, source: &Source, source_id: &str) -> Result<Option<EventId>> {
        self.read(|snapshot| snapshot.event_by_source_id(source, source_id))
    }

    fn scan(&self, scan: &Scan) -> Result<Events> {
        self.read(|snapshot| snapshot.scan(scan, &self.folder)).map(Iter::new)
    }

    fn event_count(&self) -> Result<u64> {
        self.read(Reader::event_count)
    }

    fn delete_event(&self, id: EventId, at: DateTime<Utc>) -> Result<Seq> {
        self.submit_for_seq(Request::MarkEvent(id, Some(at)))
    }

    fn restore_event(&self, id: EventId) -> Result<Seq> {
        self.submit_for_seq(Request::MarkEvent(id, None))
    }

    fn put_investigations(
        &self,
        investigations: &[Investigation],
        author: Option<&str>,
    ) -> Result<Vec<Investigation>> {
        check_distinct(investigations)?;
        let (cases, author) = (investigations.to_vec(), author.map(str::to_owned));
        self.submit_for_investigations(Request::PutInvestigations(cases, author))
    }

    fn investigation(&self, id: InvestigationId) -> Result<Option<Investigation>> {
        self.read(|snapshot| snapshot.investigation(id))
    }

    fn investigations(&self) -> Result<Investigations> {
        self.read(|snapshot| snapshot.investigations(&self.folder)).map(Iter::new)
    }

    fn delete_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation> {
        self.mark_investigation(id, Some(at), at, author)
    }

    fn restore_investigation(
        &self,
        id: InvestigationId,
        at: DateTime<Utc>,
        author: Option<&str>,
    ) -> Result<Investigation> {
        self.mark_investigation(id, None, at, author)
    }

    fn link(&self, links: &[Link]) -> Result<Seq> {
        let links = links.iter().map(new_link).collect::<Result<_>>()?;
        self.submit_for_seq(Request::Link(links))
    }

    fn unlink(
        &self,
        event: EventId,
        investigation: InvestigationId,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        checked_nanos(at)?;
        self.submit_for_found(Request::Unlink(event, investigation, at))
    }

    fn history(&self, id: InvestigationId, after: u64, limit: usize) -> Result<Vec<AuditEntry>> {
        self.read(|snapshot| history::history(&snapshot.0, id, after, limit))
    }

    fn audit_heads(&self) -> Result<Vec<(InvestigationId, AuditHead)>> {
        self.read(|snapshot| history::heads(&snapshot.0))
    }

    fn put_dossier(&self, dossier: &Dossier) -> Result<Adopted> {
        match self.submit(Request::PutDossier(Box::new(NewDossier::new(dossier)?)))? {
            Outcome::Adopted(adopted) => Ok(adopted),
            _ => Err(unexpected()),
        }
    }

    fn links_of_investigation(&self, id: InvestigationId) -> Result<Vec<Link>> {
        self.read(|snapshot| snapshot.links_of_investigation(id))
    }

    fn links_of_event(&self, id: EventId) -> Result<Vec<Link>> {
        self.read(|snapshot| snapshot.links_of_event(id))
    }

    fn put_analysis(&self, id: InvestigationId, analysis: &Analysis) -> Result<()> {
        let record = encode_analysis(analysis)?;
        self.submit(Request::PutAnalysis(id, record)).map(|_| ())
    }

    fn analysis(&self, id: InvestigationId) -> Result<Option<Analysis>> {
        self.read(|snapshot| snapshot.analysis(id))
    }

    fn take_in(&self, intake: &Intake<'_>) -> Result<TakenIn> {
        intake.check()?;
        match self.submit(Request::TakeIn(Box::new(NewIntake::new(intake)?)))? {
            Outcome::TakenIn(taken) => Ok(taken),
            _ => Err(unexpected()),
        }
    }

    fn checkpoint(&self, source: &str) -> Result<Option<StoredCheckpoint>> {
        self.read(|snapshot| letters::checkpoint(&snapshot.0, source))
    }

    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>> {
        self.read(|snapshot| letters::checkpoints(&snapshot.0))
    }

    fn remove_checkpoint(&self, source: &str) -> Result<bool> {
        self.submit_for_found(Request::RemoveCheckpoint(source.to_owned()))
    }

    fn dead_letters(&self, filter: &LetterFilter) -> Result<Vec<DeadLetter>> {
        self.read(|snapshot| letters::dead_letters(&snapshot.0, filter))
    }

    fn dead_letter(&self, id: DeadLetterId) -> Result<Option<DeadLetter>> {
        self.read(|snapshot| letters::dead_letter(&snapshot.0, id))
    }

    fn dead_letter_bytes(&self, id: DeadLetterId) -> Result<Option<Vec<u8>>> {
        self.read(|snapshot| letters::dead_letter_bytes(&snapshot.0, id))
    }

    fn dead_letter_counts(&self) -> Result<DeadLetterCounts> {
        self.read(|snapshot| letters::dead_letter_counts(&snapshot.0))
    }

    fn put_meta(&self, name: &str, bytes: &[u8]) -> Result<()> {
        check_meta(bytes)?;
        self.submit(Request::PutMeta(name.to_owned(), encode_meta(bytes))).map(|_| ())
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read(|snapshot| snapshot.meta(name))
    }

    fn remove_meta(&self, name: &str) -> Result<bool> {
        self.submit_for_found(Request::RemoveMeta(name.to_owned()))
    }

    fn metas(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        self.read(|snapshot| snapshot.metas(prefix))
    }

    fn last_seq(&self) -> Result<Seq> {
        self.read(Reader::last_seq)
    }

    fn changes_since(&self, after: Seq, limit: usize) -> Result<Vec<Change>> {
        self.read(|snapshot| snapshot.changes_since(after, limit))
    }

    fn compact(&self) -> Result<()> {
        guard(&self.folder, || {
            let mut handle = self.database.write().unwrap_or_else(PoisonError::into_inner);
            let Handle::Writing(database) = &mut *handle else {
                return Err(Error::ReadOnly { path: self.folder.clone() }.into());
            };
            let mut txn = database.begin_write()?;
            txn.set_quick_repair(true);
            Writer::open(&txn)?.prune_log()?;
            txn.commit()?;
            database.compact()?;
            // Compaction leaves out what makes reopening after a crash quick; any commit adds it.
            open::stamp(database)
        })
    }

    fn verify(&self) -> Result<VerifyReport> {
        self.read(|snapshot| Ok(verify::verify(&snapshot.0, &self.folder)))
    }

    fn backup(&self, to_file: &Path) -> Result<()> {
        self.read(|snapshot| Ok(backup::backup(&snapshot.0, &self.folder, to_file)?))
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("folder", &self.folder).finish_non_exhaustive()
    }
}
