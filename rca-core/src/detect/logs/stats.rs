//! Log records counted in pieces that can be added up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::counts::{Counts, Detail};
use super::header::split_header;
use super::linked::{Linked, LinkedRecords, Statement, place_hash};
use super::miner::{Limits, Miner, TemplateId};
use crate::error::{Error, Result};
use crate::model::Severity;
use crate::signal::{LogFrame, LogView, Symbol};

/// More than a miner keeps by itself: shards must not give up different details too soon.
const LIMITS: Limits = Limits { skeletons: 100_000, bytes: 64 << 20, successors: 200_000 };
/// Groups from which on those of one template are put together.
const MANY_GROUPS: usize = 1 << 18;
/// Places in code that are told apart; a record of a further one goes by its template.
const MOST_PLACES: usize = 1 << 16;
/// Most groups, once there is nothing left to put together: records of further ones count as of no known template.
const MOST_GROUPS: usize = 1 << 20;
/// Bytes of moments and examples that are kept unless somebody says another number.
const MOST_BYTES: usize = 256 << 20;
const WHAT: &str = "log statistics";

/// What the log records of any number of shards say: templates, and for each service and template when
/// its lines were written, how bad they were, and a few of them.
///
/// A partial state: shards of the telemetry are absorbed apart, on any machine, and merged in any
/// order; the bytes are the same as for everything at once, as long as there are no
/// more than 100,000 different lines once numbers, paths and identifiers are masked. The size does not follow the number of lines: for each
/// service and template at most 1,024 moments (exact up to there, then each stands for a stretch of time,
/// the same for every split into shards) and 64 whole records are kept, and a million of the records that
/// name their span. Where moments and records come to more than 256 MB ([`LogStats::with_memory`] says another number),
/// each group gives up half of its own, and again, until they fit; which ones then depends on the shards as well.
#[derive(Clone)]
pub struct LogStats {
    /// Records outside are left out.
    window: Option<(i64, i64)>,
    miner: Miner,
    services: Vec<Box<str>>,
    service_places: FxHashMap<Box<str>, u32>,
    /// Places in `counts`, by service and skeleton.
    groups: FxHashMap<(u32, TemplateId), usize>,
    counts: Vec<Counts>,
    /// About the bytes of memory that they take, how many they may, and how fine they are for that.
    held: usize,
    memory: usize,
    detail: Detail,
    linked: LinkedRecords,
    /// The places in code that wrote them, by hash.
    places: FxHashMap<u64, Box<str>>,
    /// So many groups call for putting some together.
    many: Option<usize>,
}

/// Counts keep messages, so they stay out of `Debug`.
impl std::fmt::Debug for LogStats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogStats")
            .field("miner", &self.miner)
            .field("services", &self.services.len())
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}

/// Frozen: later versions get their own struct.
#[derive(Serialize, Deserialize)]
struct StateV1 {
    window: Option<(i64, i64)>,
    miner: Vec<u8>,
    groups: Vec<(String, Vec<(u64, Counts)>)>,
    linked: LinkedRecords,
    places: Vec<(u64, String)>,
}

impl Default for LogStats {
    fn default() -> Self {
        Self {
            window: None,
            miner: Miner::with_limits(LIMITS),
            services: Vec::new(),
            service_places: FxHashMap::default(),
            groups: FxHashMap::default(),
            counts: Vec::new(),
            held: 0,
            memory: MOST_BYTES,
            detail: Detail::default(),
            linked: LinkedRecords::default(),
            places: FxHashMap::default(),
            many: None,
        }
    }
}

impl LogStats {
    /// Version of the byte format.
    pub const FORMAT: u32 = 1;

    /// Statistics of the records within a range of nanoseconds; of all records by default.
    #[must_use]
    pub fn within(window: Range<i64>) -> Self {
        Self { window: Some((window.start, window.end)), ..Self::default() }
    }

    /// The same, with so many bytes of memory for moments and examples.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self.fit();
        self
    }

    /// Adds records.
    pub fn absorb(&mut self, frame: &LogFrame) {
        self.absorb_part(frame, 0..frame.len());
    }

    /// Adds the records at some places of a frame.
    pub(in crate::detect) fn absorb_part(&mut self, frame: &LogFrame, part: Range<usize>) {
        let mut services: Vec<Option<u32>> = Vec::new();
        for view in frame.iter().skip(part.start).take(part.len()) {
            let inside = |(start, end): (i64, i64)| (start..end).contains(&view.time());
            if self.window.is_none_or(inside) {
                let service = self.service_of(view, &mut services);
                self.add(view, service);
            }
        }
    }

    fn service_of(&mut self, view: LogView<'_>, known: &mut Vec<Option<u32>>) -> u32 {
        let symbol: Symbol = view.service_symbol();
        if let Some(Some(place)) = known.get(symbol.index()) {
            return *place;
        }
        let place = self.service(view.service());
        if known.len() <= symbol.index() {
            known.resize(symbol.index() + 1, None);
        }
        if let Some(slot) = known.get_mut(symbol.index()) {
            *slot = Some(place);
        }
        place
    }

    fn service(&mut self, name: &str) -> u32 {
        if let Some(place) = self.service_places.get(name) {
            return *place;
        }
        let place = u32::try_from(self.services.len()).unwrap_or(u32::MAX);
        self.services.push(name.into());
        self.service_places.insert(name.into(), place);
        place
    }

    fn add(&mut self, view: LogView<'_>, service: u32) {
        // Connectors cut headers off where they know the format; raw lines still have theirs.
        let header = split_header(first_line(view.message()));
        let severity = view.severity().max(header.severity.unwrap_or_default());
        let id = self.miner.learn(header.message);
        let detail = self.detail;
        let (took, gave) = self.group(service, id).add(view, severity, detail);
        self.held = (self.held + took).saturating_sub(gave);
        self.fit();
        if let (Some(trace), Some(span)) = (view.trace(), view.span()) {
            let severe = severity >= Severity::High;
            let statement = self.statement(view, id);
            self.linked.push(Linked::new(trace, span, statement, severe, view.time()));
        }
        self.put_together();
    }

    /// What wrote a record: its place in the code where it names one, else its template.
    fn statement(&mut self, view: LogView<'_>, template: TemplateId) -> Statement {
        let Some(place) = place(view) else { return Statement::Template(template) };
        let hash = place_hash(&place);
        if !self.places.contains_key(&hash) {
            if self.places.len() >= MOST_PLACES {
                return Statement::Template(template);
            }
            self.places.insert(hash, place.into());
        }
        Statement::Place(hash)
    }

    /// Gives up detail until what is kept fits.
    fn fit(&mut self) {
        while self.held > self.memory
            && let Some(detail) = self.detail.less()
        {
            self.detail = detail;
            self.counts.iter_mut().for_each(|counts| counts.thin(detail));
            self.held = self.counts.iter().map(Counts::held).sum();
        }
    }

    fn group(&mut self, service: u32, id: TemplateId) -> &mut Counts {
        let many = self.groups.len() >= MOST_GROUPS;
        let known = !many || self.groups.contains_key(&(service, id));
        let key = if known { (service, id) } else { (0, TemplateId::OTHER) };
        let place = *self.groups.entry(key).or_insert_with(|| {
            self.counts.push(Counts::default());
            self.held += self.counts.last().map_or(0, Counts::held);
            self.counts.len() - 1
        });
        // `place` was just made or points to counts that are only removed with their groups.
        &mut self.counts[place]
    }

    /// Past the miner's limits: groups of one template become one.
    fn put_together(&mut self) {
        if self.groups.len() < self.many.unwrap_or(MANY_GROUPS) {
            return;
        }
        self.miner.finish();
        let mut groups: Vec<_> = std::mem::take(&mut self.groups).into_iter().collect();
        groups.sort_unstable();
        let counts = std::mem::take(&mut self.counts);
        for ((service, id), place) in groups {
            let id = self.miner.resolve(id);
            if let Some(counts) = counts.get(place) {
                self.group(service, id).merge(counts);
            }
        }
        self.recount();
        self.many = Some(MANY_GROUPS.max(2 * self.groups.len()));
    }

    /// Sees to the bytes after groups were merged.
    fn recount(&mut self) {
        let detail = self.detail;
        if detail > Detail::default() {
            self.counts.iter_mut().for_each(|counts| counts.thin(detail));
        }
        self.held = self.counts.iter().map(Counts::held).sum();
        self.fit();
    }

    /// Gives other names to those who logged.
    pub(in crate::detect) fn rename(&mut self, rename: &mut dyn FnMut(&str) -> Option<String>) {
        let names: Vec<Option<String>> = self.services.iter().map(|name| rename(name)).collect();
        if names.iter().all(Option::is_none) {
            return;
        }
        let services = std::mem::take(&mut self.services);
        self.service_places.clear();
        let mut groups: Vec<_> = std::mem::take(&mut self.groups).into_iter().collect();
        groups.sort_unstable();
        let counts = std::mem::take(&mut self.counts);
        for ((service, id), place) in groups {
            let at = service as usize;
            let old = services.get(at).map_or("", |name| name);
            let new = names.get(at).and_then(Option::as_deref).unwrap_or(old);
            let service = self.service(new);
            if let Some(counts) = counts.get(place) {
                self.group(service, id).merge(counts);
            }
        }
        self.recount();
    }

    /// Adds what another state knows. The window becomes the one around both; what either left out
    /// stays out.
    pub fn merge(&mut self, other: &Self) {
        let around = |(a, b): (i64, i64), (c, d): (i64, i64)| (a.min(c), b.max(d));
        self.window = self.window.zip(other.window).map(|(mine, theirs)| around(mine, theirs));
        self.miner.merge(&other.miner);
        for (service, groups) in other.by_service() {
            let service = self.service(service);
            for (id, counts) in groups {
                self.group(service, id).merge(counts);
            }
        }
        self.linked.merge(&other.linked);
        let places = other.sorted_places().into_iter();
        self.places.extend(places.map(|(hash, place)| (hash, place.into_boxed_str())));
        self.detail = self.detail.max(other.detail);
        self.recount();
        self.put_together();
    }

    /// Counts by service and skeleton, in order.
    pub(super) fn by_service(&self) -> BTreeMap<&str, BTreeMap<TemplateId, &Counts>> {
        let mut all: BTreeMap<&str, BTreeMap<TemplateId, &Counts>> = BTreeMap::new();
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_unstable();
        for ((service, id), place) in groups {
            let service = self.services.get(*service as usize).map_or("", |name| name);
            if let Some(counts) = self.counts.get(*place) {
                all.entry(service).or_default().insert(*id, counts);
            }
        }
        all
    }

    fn sorted_places(&self) -> Vec<(u64, String)> {
        let mut places: Vec<(u64, String)> =
            self.places.iter().map(|(hash, place)| (*hash, place.to_string())).collect();
        places.sort_unstable();
        places
    }

    /// The text of a place in code that wrote a linked record.
    pub(in crate::detect) fn place(&self, hash: u64) -> Option<&str> {
        self.places.get(&hash).map(|place| &**place)
    }

    /// The records that name their span.
    pub(in crate::detect) fn linked(&self) -> &LinkedRecords {
        &self.linked
    }

    /// The templates of this state and of another one, grouped.
    pub(in crate::detect) fn templates(&self, reference: Option<&Self>) -> Miner {
        let mut miner = self.miner.clone();
        if let Some(reference) = reference {
            miner.merge(&reference.miner);
        }
        miner.finish();
        miner
    }

    /// The records that are kept whole, in order of time: as bad as the worst of about that moment.
    pub(in crate::detect) fn kept(&self) -> LogFrame {
        let mut frame = LogFrame::default();
        for (service, groups) in self.by_service() {
            for counts in groups.into_values() {
                counts.records(service, &mut frame);
            }
        }
        frame.sort();
        frame
    }

    /// Records counted.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.miner.lines()
    }

    /// The state as bytes, the same for equal states.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when encoding fails, which is a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let groups = self.by_service().into_iter().map(|(service, groups)| {
            let groups = groups.into_iter().map(|(id, counts)| (id.0, counts.clone()));
            (service.to_owned(), groups.collect())
        });
        let state = StateV1 {
            window: self.window,
            miner: self.miner.to_bytes()?,
            groups: groups.collect(),
            linked: self.linked.sorted(),
            places: self.sorted_places(),
        };
        postcard::to_allocvec(&(Self::FORMAT, state))
            .map_err(|error| Error::Internal(format!("{WHAT}: {error}")))
    }

    /// Reads a state back.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Corrupt`] when the bytes are damaged or were written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: String| Error::Corrupt { what: WHAT.to_owned(), reason };
        let (found, rest) =
            postcard::take_from_bytes::<u32>(bytes).map_err(|e| corrupt(e.to_string()))?;
        if found > Self::FORMAT {
            return Err(Error::TooNew { what: WHAT.to_owned(), found, known: Self::FORMAT });
        }
        let (state, rest) =
            postcard::take_from_bytes::<StateV1>(rest).map_err(|e| corrupt(e.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt(format!("{} bytes too many", rest.len())));
        }
        if !state.linked.is_sound() {
            return Err(corrupt("records with spans are out of order".to_owned()));
        }
        let mut stats = Self {
            window: state.window,
            miner: Miner::from_bytes(&state.miner)?,
            linked: state.linked,
            places: state.places.into_iter().map(|(hash, p)| (hash, p.into_boxed_str())).collect(),
            ..Self::default()
        };
        for (service, groups) in state.groups {
            let service = stats.service(&service);
            for (id, counts) in groups {
                if !counts.is_sound() {
                    return Err(corrupt(format!("the counts of template {id} are out of order")));
                }
                stats.group(service, TemplateId(id)).merge(&counts);
            }
        }
        stats.recount();
        Ok(stats)
    }
}

/// Where a record was written, by the names of the OpenTelemetry semantic conventions, old and new: a file
/// or function with a line number, since one function writes many lines.
fn place(view: LogView<'_>) -> Option<Cow<'_, str>> {
    let first = |names: &[&str]| names.iter().find_map(|name| view.attribute(name));
    let place = first(&["code.file.path", "code.filepath", "code.function.name", "code.function"])?;
    if let Some(line) = first(&["code.line.number", "code.lineno"]) {
        return Some(Cow::Owned(format!("{place}#{line}")));
    }
    let (_, line) = place.rsplit_once(['#', ':'])?;
    let numbered = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    numbered.then_some(Cow::Borrowed(place))
}

fn first_line(message: &str) -> &str {
    message.trim_start().lines().next().unwrap_or_default()
}
