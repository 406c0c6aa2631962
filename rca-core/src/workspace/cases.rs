//! What is kept in memory of investigations that were analysed: the next analysis touches only what
//! changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::detect::Live;
use crate::error::Result;
use crate::model::{
    Analysis, Event, EventId, Investigation, InvestigationId, Link, LinkKind, Source,
};
use crate::rank::{Blame, Readings};
use crate::store::{Changed, Scan, Seq};
use crate::time::TimeRange;
use crate::workspace::Workspace;
use crate::workspace::analysis::{CHANGES_LOOK_BACK, LOOK_BACK};

/// Investigations kept; those with telemetry stay until they are forgotten.
const MOST_CASES: usize = 16;
/// Changes taken in at once.
const CATCH_UP: usize = 10_000;

/// All that is kept.
#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) readings: Readings,
    kept: Mutex<BTreeMap<InvestigationId, Arc<Mutex<Kept>>>>,
}

impl Cases {
    pub(super) fn of(&self, id: InvestigationId) -> Arc<Mutex<Kept>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_CASES && !kept.contains_key(&id) {
            // Who is in use, or holds telemetry that nobody could hand in again, stays.
            kept.retain(|_, case| case.try_lock().map_or(true, |case| case.live.is_some()));
        }
        Arc::clone(kept.entry(id).or_default())
    }

    pub(super) fn forget(&self, id: InvestigationId) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// One investigation.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Telemetry that arrived, with its findings.
    pub(super) live: Option<Live>,
    /// Events of those findings, as they were stored last.
    pub(super) found: BTreeSet<EventId>,
    pub(super) evidence: Option<Evidence>,
    /// Who wrote the code around the frames that were found, as version control said.
    pub(super) blame: Vec<Blame>,
    /// The last answer and the investigation as it was then.
    pub(super) answer: Option<(Investigation, Analysis)>,
}

/// The events that bear on an investigation, up to a write of the store.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    seq: Seq,
    wide: TimeRange,
    links: Links,
    pub(super) events: BTreeMap<EventId, Event>,
}

/// What people and the linker decided.
#[derive(Debug, Clone, PartialEq, Default)]
struct Links {
    rejected: BTreeSet<EventId>,
    linked: BTreeSet<EventId>,
}

impl Links {
    fn of(links: &[Link]) -> Self {
        let with = |wanted: fn(LinkKind) -> bool| {
            links.iter().filter(|link| wanted(link.kind)).map(|link| link.event).collect()
        };
        Self {
            rejected: with(|kind| kind == LinkKind::Rejected),
            linked: with(LinkKind::is_linked),
        }
    }
}

/// What bringing the evidence up to date came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Caught {
    /// Events read from the store.
    pub(super) read: u64,
    /// Whether the evidence is another one now.
    pub(super) changed: bool,
}

impl std::ops::AddAssign for Caught {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.changed |= other.changed;
    }
}

impl Workspace {
    /// The evidence of an investigation as it is now: gathered when it is new, else only what was written
    /// since.
    pub(super) fn catch_up(
        &self,
        id: InvestigationId,
        window: TimeRange,
        evidence: &mut Option<Evidence>,
    ) -> Result<Caught> {
        let wide = TimeRange { start: window.start - LOOK_BACK, end: window.end };
        match evidence {
            Some(known) if known.wide == wide => self.take_in(id, known),
            _ => {
                let (gathered, caught) = self.gather(id, wide)?;
                *evidence = Some(gathered);
                Ok(caught)
            }
        }
    }

    fn gather(&self, id: InvestigationId, wide: TimeRange) -> Result<(Evidence, Caught)> {
        // What is written while we read is taken in twice, which does no harm.
        let seq = self.store().last_seq()?;
        let links = Links::of(&self.store().links_of_investigation(id)?);
        let mut evidence = Evidence { seq, wide, links, events: BTreeMap::new() };
        for event in self.store().scan(&Scan::within(wide))? {
            let event = event?;
            if !evidence.links.rejected.contains(&event.id()) {
                evidence.events.insert(event.id(), event);
            }
        }
        let mut caught = Caught { read: evidence.events.len() as u64, changed: true };
        caught += self.gather_outside(&mut evidence)?;
        Ok((evidence, caught))
    }

    /// Events outside of the window that bear on it: linked ones and earlier changes. Reads only those that
    /// are not known.
    fn gather_outside(&self, evidence: &mut Evidence) -> Result<Caught> {
        let Evidence { wide, links, events, .. } = evidence;
        let wanted: BTreeSet<EventId> = links
            .linked
            .iter()
            .copied()
            .chain(self.changes_before(wide.start)?)
            .filter(|event| !links.rejected.contains(event))
            .collect();
        let before = events.len();
        events.retain(|id, event| wide.contains(event.timestamp()) || wanted.contains(id));
        let mut caught = Caught { read: 0, changed: events.len() != before };
        let missing: Vec<EventId> =
            wanted.into_iter().filter(|event| !events.contains_key(event)).collect();
        for event in self.events_by_id(&missing)?.into_iter().flatten() {
            caught += Caught { read: 1, changed: true };
            events.insert(event.id(), event);
        }
        Ok(caught)
    }

    /// Takes in what was written since.
    fn take_in(&self, id: InvestigationId, evidence: &mut Evidence) -> Result<Caught> {
        let mut caught = Caught::default();
        let (mut relinked, mut outside) = (false, false);
        loop {
            let changes = self.store().changes_since(evidence.seq, CATCH_UP)?;
            let Some(last) = changes.last().map(|change| change.seq) else { break };
            let complete = changes.len() < CATCH_UP;
            for change in changes {
                let event = match change.what {
                    Changed::Event(event) => event,
                    Changed::Link { event, investigation } => {
                        relinked |= investigation == id;
                        event
                    }
                    Changed::Investigation(_) => continue,
                };
                caught.read += 1;
                outside |= evidence.moves_outside(&event);
                caught.changed |= evidence.put(*event);
            }
            evidence.seq = last;
            if complete {
                break;
            }
        }
        if relinked {
            let links = Links::of(&self.store().links_of_investigation(id)?);
            if links != evidence.links {
                outside = true;
                caught += self.apply_rejections(evidence, &links)?;
                evidence.links = links;
            }
        }
        if outside {
            caught += self.gather_outside(evidence)?;
        }
        Ok(caught)
    }

    fn apply_rejections(&self, evidence: &mut Evidence, links: &Links) -> Result<Caught> {
        let mut caught = Caught::default();
        for rejected in &links.rejected {
            caught.changed |= evidence.events.remove(rejected).is_some();
        }
        let back: Vec<EventId> =
            evidence.links.rejected.difference(&links.rejected).copied().collect();
        for event in self.events_by_id(&back)?.into_iter().flatten() {
            if evidence.wide.contains(event.timestamp()) {
                caught += Caught { read: 1, changed: true };
                evidence.events.insert(event.id(), event);
            }
        }
        Ok(caught)
    }
}

impl Evidence {
    /// Whether an event from outside of the window comes in, or goes: an earlier change, or a linked one.
    fn moves_outside(&self, event: &Event) -> bool {
        let earlier = self.wide.start - CHANGES_LOOK_BACK..self.wide.start;
        let change = matches!(event.source(), Source::Git | Source::Deploy | Source::Flag)
            && earlier.contains(&event.timestamp());
        !self.wide.contains(event.timestamp())
            && (change || self.links.linked.contains(&event.id()))
            && self.events.contains_key(&event.id()) != event.deleted_at().is_none()
    }

    /// Puts an event where it belongs; says whether the evidence is another one then.
    fn put(&mut self, event: Event) -> bool {
        let id = event.id();
        if event.deleted_at().is_some() {
            return self.events.remove(&id).is_some();
        }
        if let Some(known) = self.events.get_mut(&id) {
            // Links say when the event was linked last; nothing else of an event changes.
            *known = event;
            return false;
        }
        let belongs = self.wide.contains(event.timestamp()) && !self.links.rejected.contains(&id);
        if belongs {
            self.events.insert(id, event);
        }
        belongs
    }
}
