//! The miner: counts skeletons online, groups them into templates on request.
//!
//! A skeleton's id is a hash of its bytes, so it is the same in every shard, order and session.
//! [`Miner::finish`] groups the skeletons by a pure function of the set; merging two miners is set
//! union. Below the limits the result therefore depends neither on the order of the lines nor on how
//! they were split over miners. Past the limits the miner gives up detail instead of memory (see
//! [`Limits`]), and then the order may matter.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::canonical::{self, WILDCARD};
use super::group;
use super::lexer;

/// Identity of a template: stable over restarts, shards and orders of arrival.
///
/// Ids from before a merge stay valid; [`Miner::template`] leads them to what they became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub(super) u64);

impl TemplateId {
    /// The template of everything that did not fit into the limits.
    pub const OTHER: Self = Self(0);

    /// The number, for storage outside of this crate.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    fn of(skeleton: &[u8]) -> Self {
        Self(xxh3_64(skeleton).max(1))
    }
}

impl From<u64> for TemplateId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

/// What a program's log statement looks like, with `<*>` for each variable part.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) id: TemplateId,
    pub(super) text: String,
    pub(super) count: u64,
}

/// Templates come from messages, so their texts stay out of `Debug`.
impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template")
            .field("id", &self.id)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl Template {
    /// Its id: the smallest of the ids that were merged into it.
    #[must_use]
    pub fn id(&self) -> TemplateId {
        self.id
    }

    /// The text, `<*>` for variable parts.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lines seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    fn empty(text: String) -> Self {
        Self { id: TemplateId::OTHER, text, count: 0 }
    }

    /// Counts lines of a skeleton. Ids come in ascending order, so that the first stays the smallest.
    fn add(&mut self, id: TemplateId, count: u64) {
        if self.id == TemplateId::OTHER {
            self.id = id;
        }
        self.count = self.count.saturating_add(count);
    }

    /// Whether a line could have been written by this statement.
    ///
    /// White space counts as one blank, and a wildcard stands for any text, also for none.
    #[must_use]
    pub fn matches(&self, line: &str) -> bool {
        matches(&self.text, line)
    }
}

/// How much a miner may keep.
///
/// When there are too many skeletons, all but a few of those that one template covers are replaced by
/// that template; if that is not enough, the least frequent half goes into one bucket, [`TemplateId::OTHER`].
/// Grouping takes memory for a moment, less than 20 times `bytes` and a kilobyte for each skeleton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Skeletons kept.
    pub skeletons: usize,
    /// Bytes of skeletons kept.
    pub bytes: usize,
    /// Old ids kept so that they lead to what replaced them; those beyond lead to the bucket.
    pub successors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { skeletons: 20_000, bytes: 16 << 20, successors: 200_000 }
    }
}

/// Skeletons kept of those that one template covers, so that their variety stays visible.
const SAMPLES: usize = 16;

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Skeleton {
    pub(super) bytes: Box<[u8]>,
    pub(super) count: u64,
    /// Place in `templates`, once it was grouped.
    template: Option<usize>,
}

impl Skeleton {
    /// A template of its own, until there are others to compare it with.
    fn ungrouped(&self, id: TemplateId) -> Template {
        Template { id, text: canonical::text(&self.bytes), count: self.count }
    }
}

/// Learns log templates online, without configuration.
///
/// ```
/// use rca_core::detect::logs::Miner;
///
/// let mut miner = Miner::default();
/// let first = miner.learn("user ann logged in from 10.0.0.7");
/// miner.learn("user bob logged in from 10.0.0.9");
/// miner.finish();
/// assert_eq!(miner.template(first).text(), "user <*> logged in from <*>");
/// ```
#[derive(Clone, Default)]
pub struct Miner {
    pub(super) limits: Limits,
    pub(super) skeletons: FxHashMap<TemplateId, Skeleton>,
    pub(super) bytes: usize,
    /// Lines that fell into the bucket.
    pub(super) other: u64,
    /// What replaced a skeleton that is no longer kept.
    pub(super) successors: FxHashMap<TemplateId, TemplateId>,
    templates: Vec<Template>,
    scratch: Vec<u8>,
}

/// Skeletons come from messages, so they stay out of `Debug`.
impl std::fmt::Debug for Miner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Miner")
            .field("limits", &self.limits)
            .field("skeletons", &self.skeletons.len())
            .field("templates", &self.templates.len())
            .finish_non_exhaustive()
    }
}

impl Miner {
    /// A miner that keeps no more than this.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Learns one line (without its header, see [`split_header`](super::split_header)).
    pub fn learn(&mut self, line: &str) -> TemplateId {
        let mut scratch = std::mem::take(&mut self.scratch);
        lexer::skeleton(line, &mut scratch);
        let id = TemplateId::of(&scratch);
        let id = match self.skeletons.get_mut(&id) {
            Some(known) => {
                known.count = known.count.saturating_add(1);
                id
            }
            None => self.learn_new(id, &scratch, 1),
        };
        self.scratch = scratch;
        id
    }

    /// Learns many lines.
    pub fn learn_batch<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Vec<TemplateId> {
        lines.into_iter().map(|line| self.learn(line)).collect()
    }

    /// The template of a line, without learning it; none when no such line was learned.
    #[must_use]
    pub fn match_only(&self, line: &str) -> Option<TemplateId> {
        let mut skeleton = Vec::new();
        lexer::skeleton(line, &mut skeleton);
        let id = TemplateId::of(&skeleton);
        (self.skeletons.contains_key(&id) || self.successors.contains_key(&id))
            .then(|| self.resolve(id))
    }

    /// What an id stands for now: the id of its template. Unknown ids lead to [`TemplateId::OTHER`].
    #[must_use]
    pub fn resolve(&self, id: TemplateId) -> TemplateId {
        match self.skeleton_of(id) {
            Some((id, known)) => self.template_of(known).map_or(id, |template| template.id),
            None => TemplateId::OTHER,
        }
    }

    /// The template an id stands for now.
    ///
    /// Skeletons learned since the last [`Miner::finish`] are templates of their own.
    #[must_use]
    pub fn template(&self, id: TemplateId) -> Template {
        let Some((id, known)) = self.skeleton_of(id) else { return self.bucket() };
        self.template_of(known).cloned().unwrap_or_else(|| known.ungrouped(id))
    }

    /// Groups what was learned so far. Templates come ordered by text.
    pub fn finish(&mut self) -> Vec<Template> {
        // Skeletons of one canonical text are one from here on, and only templates are sorted by text.
        let mut members: Vec<(TemplateId, usize)> = Vec::with_capacity(self.skeletons.len());
        let mut texts: Vec<String> = Vec::with_capacity(self.skeletons.len());
        let mut place_of: FxHashMap<TemplateId, usize> = FxHashMap::default();
        place_of.reserve(self.skeletons.len());
        for (id, known) in sorted(&self.skeletons) {
            let text = canonical::text(&known.bytes);
            let place = *place_of.entry(TemplateId::of(text.as_bytes())).or_insert(texts.len());
            if place == texts.len() {
                texts.push(text);
            }
            members.push((*id, place));
        }
        let groups = group::group(&texts);
        let mut order: Vec<&str> = groups.templates.iter().map(String::as_str).collect();
        order.sort_unstable();
        order.dedup();
        let ranks: Vec<usize> = (groups.templates.iter())
            .map(|text| order.binary_search(&text.as_str()).unwrap_or_default())
            .collect();
        let texts = order.into_iter().map(str::to_owned);
        self.templates = texts.map(Template::empty).collect();
        for (id, text) in members {
            let rank = groups.places.get(text).and_then(|place| ranks.get(*place)).copied();
            let Some(known) = self.skeletons.get_mut(&id) else { continue };
            known.template = rank;
            if let Some(template) = rank.and_then(|rank| self.templates.get_mut(rank)) {
                template.add(id, known.count);
            }
        }
        let mut all = self.templates.clone();
        if self.other > 0 {
            all.push(self.bucket());
        }
        all
    }

    /// Adds what another miner learned. Ids keep their meaning; call [`Miner::finish`] to group anew.
    pub fn merge(&mut self, other: &Self) {
        self.other = self.other.saturating_add(other.other);
        for (_, known) in sorted(&other.skeletons) {
            self.add(&known.bytes, known.count);
        }
        for (&old, &next) in sorted(&other.successors) {
            self.forward(old, next);
        }
    }

    /// Lines learned.
    #[must_use]
    pub fn lines(&self) -> u64 {
        let kept = self.skeletons.values().map(|known| known.count);
        kept.fold(self.other, u64::saturating_add)
    }

    /// Counts lines of a skeleton.
    pub(super) fn add(&mut self, skeleton: &[u8], count: u64) {
        let id = TemplateId::of(skeleton);
        match self.skeletons.get_mut(&id) {
            Some(known) => known.count = known.count.saturating_add(count),
            None => {
                self.learn_new(id, skeleton, count);
            }
        }
    }

    fn learn_new(&mut self, id: TemplateId, skeleton: &[u8], count: u64) -> TemplateId {
        let successor = self.successors.get(&id).and_then(|next| self.skeletons.get_mut(next));
        if let Some(known) = successor {
            known.count = known.count.saturating_add(count);
            return id;
        }
        self.successors.remove(&id);
        if self.skeletons.len() >= self.limits.skeletons
            || self.bytes + skeleton.len() > self.limits.bytes
        {
            self.compact();
        }
        self.bytes += skeleton.len();
        self.skeletons.insert(id, Skeleton { bytes: skeleton.into(), count, template: None });
        id
    }

    /// What is kept for an id, and under which id.
    fn skeleton_of(&self, id: TemplateId) -> Option<(TemplateId, &Skeleton)> {
        let id = self.successors.get(&id).copied().unwrap_or(id);
        Some((id, self.skeletons.get(&id)?))
    }

    fn template_of(&self, known: &Skeleton) -> Option<&Template> {
        self.templates.get(known.template?)
    }

    fn bucket(&self) -> Template {
        Template { id: TemplateId::OTHER, text: WILDCARD.to_owned(), count: self.other }
    }

    /// Makes room: templates instead of their skeletons, then the bucket for the rarest half.
    fn compact(&mut self) {
        self.finish();
        let mut old: Vec<_> = std::mem::take(&mut self.skeletons).into_iter().collect();
        old.sort_unstable_by_key(|(id, _)| *id);
        let texts: Vec<String> =
            std::mem::take(&mut self.templates).into_iter().map(|template| template.text).collect();
        self.bytes = 0;
        let mut sizes = vec![0usize; texts.len()];
        let place = |known: &Skeleton| known.template.unwrap_or(usize::MAX);
        for (_, known) in &old {
            if let Some(size) = sizes.get_mut(place(known)) {
                *size += 1;
            }
        }
        let mut kept: Vec<Skeleton> = Vec::with_capacity(old.len());
        for (id, known) in old {
            let covered = sizes.get_mut(place(&known)).is_some_and(|size| {
                *size -= 1;
                *size >= SAMPLES
            });
            match texts.get(place(&known)).filter(|_| covered) {
                Some(text) => {
                    let bytes = canonical::skeleton(text);
                    self.forward(id, TemplateId::of(&bytes));
                    kept.push(Skeleton { bytes: bytes.into(), ..known });
                }
                None => kept.push(known),
            }
        }
        kept.sort_unstable_by(|a, b| a.bytes.cmp(&b.bytes).then(a.template.cmp(&b.template)));
        kept.dedup_by(|next, first| {
            let same = next.bytes == first.bytes;
            if same {
                first.count = first.count.saturating_add(next.count);
            }
            same
        });
        kept.sort_by_key(|known| Reverse(known.count));
        for (place, known) in kept.into_iter().enumerate() {
            let fits = (place + 1) * 2 <= self.limits.skeletons
                && (self.bytes + known.bytes.len()) * 2 <= self.limits.bytes;
            if fits {
                self.bytes += known.bytes.len();
                self.skeletons.insert(TemplateId::of(&known.bytes), known);
            } else {
                // Seen again, it gets a second chance; until then its id leads to the bucket.
                self.other = self.other.saturating_add(known.count);
            }
        }
        self.templates = texts.into_iter().map(Template::empty).collect();
        for (id, known) in sorted(&self.skeletons) {
            let template = known.template.and_then(|place| self.templates.get_mut(place));
            if let Some(template) = template {
                template.add(*id, known.count);
            }
        }
        // Chains of successors become direct.
        let ends: Vec<(TemplateId, TemplateId)> = sorted(&self.successors)
            .into_iter()
            .map(|(old, next)| (*old, *self.successors.get(next).unwrap_or(next)))
            .collect();
        self.successors.extend(ends);
    }

    pub(super) fn forward(&mut self, old: TemplateId, next: TemplateId) {
        let known = self.skeletons.contains_key(&old) || old == next;
        if !known && self.successors.len() < self.limits.successors {
            self.successors.insert(old, next);
        }
    }
}

/// The entries of a map, in order of their ids.
pub(super) fn sorted<V>(map: &FxHashMap<TemplateId, V>) -> Vec<(&TemplateId, &V)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(id, _)| **id);
    entries
}

/// Whether a text fits a template; linear back-tracking to the last wildcard only.
fn matches(template: &str, line: &str) -> bool {
    let line = normal(line);
    let mut parts = template.split(WILDCARD);
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// White space as the lexer sees it.
fn normal(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for word in line.split(|c: char| c <= ' ' || c == '\u{7f}').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
