//! Collecting a page: the best hits in a total order, and how many there are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::query::{EnableScoring, Query as Tantivy, Scorer, Weight};
use tantivy::{DocId, Score, SegmentReader};

use super::columns::Columns;
use super::compile::Compiled;
use super::hits::Key;
use super::projection::Snapshot;
use super::query::{Query, Sort, Total};

/// A hit before it has an id of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    pub(super) key: Key,
    segment: usize,
    doc: DocId,
}

pub(super) struct Page {
    /// Best first; one more than asked for when there is a next page.
    pub(super) found: Vec<Found>,
    pub(super) total: Option<u64>,
}

/// Scores of different ways to sum differ in the last bits; blocks are skipped only when they are
/// worse by more than this share.
const SCORE_SLACK: Score = 1e-4;

pub(super) fn collect(
    snapshot: &Snapshot,
    compiled: &Compiled,
    query: &Query,
    sort: Sort,
) -> tantivy::Result<Page> {
    let mut top = Top::new(query);
    let total = match (&compiled.pruning, sort) {
        (Some(pruning), Sort::Relevance) => {
            by_pruned_score(snapshot, pruning.as_ref(), compiled, &mut top)?;
            match query.total {
                Total::Exact => Some(count(snapshot, compiled.matching.as_ref())?),
                Total::Skip => None,
            }
        }
        (None, Sort::Relevance) => Some(by_score(snapshot, compiled, &mut top)?),
        (_, sort) => Some(by_time(snapshot, compiled, sort, &mut top)?),
    };
    Ok(Page { found: top.into_sorted(), total: total.filter(|_| query.total == Total::Exact) })
}

/// How many documents match.
pub(super) fn count(snapshot: &Snapshot, matching: &dyn Tantivy) -> tantivy::Result<u64> {
    let weight = matching.weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))?;
    let counts = snapshot.searcher.segment_readers().iter().map(|s| weight.count(s));
    counts.map(|n| n.map(u64::from)).sum()
}

/// A step of a walk over matching documents.
pub(crate) enum Scan<'a> {
    /// Some living documents of a segment, in order; an empty slice at its beginning.
    Docs(usize, &'a Columns, &'a [DocId]),
    /// The segment has no more.
    End(&'a Columns),
}

pub(super) fn each_match(
    snapshot: &Snapshot,
    matching: &dyn Tantivy,
    mut visit: impl FnMut(Scan<'_>),
) -> tantivy::Result<()> {
    let weight = matching.weight(EnableScoring::disabled_from_searcher(&snapshot.searcher))?;
    let segments = snapshot.searcher.segment_readers().iter().zip(&snapshot.columns);
    let mut living = Vec::new();
    for (number, (segment, columns)) in segments.enumerate() {
        match segment.alive_bitset() {
            None => weight.for_each_no_score(segment, &mut |docs| {
                visit(Scan::Docs(number, columns, docs));
            })?,
            Some(alive) => weight.for_each_no_score(segment, &mut |docs| {
                living.clear();
                living.extend(docs.iter().copied().filter(|doc| alive.is_alive(*doc)));
                visit(Scan::Docs(number, columns, &living));
            })?,
        }
        visit(Scan::End(columns));
    }
    Ok(())
}

fn by_time(
    snapshot: &Snapshot,
    compiled: &Compiled,
    sort: Sort,
    top: &mut Top,
) -> tantivy::Result<u64> {
    let mut total = 0;
    let mut times = Vec::new();
    each_match(snapshot, compiled.matching.as_ref(), |step| {
        let Scan::Docs(segment, columns, docs) = step else { return };
        total += docs.len() as u64;
        if top.limit == 0 {
            return;
        }
        columns.times(docs, &mut times);
        for (doc, time) in docs.iter().zip(&times) {
            let rank = if sort == Sort::Oldest { !time_rank(*time) } else { time_rank(*time) };
            if rank < top.lowest_rank {
                continue;
            }
            let id = columns.id(*doc);
            let id = if sort == Sort::Oldest { !id } else { id };
            top.offer(Found { key: Key { rank, id }, segment, doc: *doc });
        }
    })?;
    Ok(total)
}

fn by_score(snapshot: &Snapshot, compiled: &Compiled, top: &mut Top) -> tantivy::Result<u64> {
    let scoring = Scoring::new(snapshot, compiled)?;
    let readers = snapshot.searcher.segment_readers();
    let mut opened =
        readers.iter().map(|s| scoring.open(s)).collect::<tantivy::Result<Vec<_>>>()?;
    let mut total = 0;
    each_match(snapshot, compiled.matching.as_ref(), |step| {
        let Scan::Docs(segment, columns, docs) = step else { return };
        total += docs.len() as u64;
        let Some(scores) = opened.get_mut(segment).filter(|_| top.limit > 0) else { return };
        for doc in docs {
            let rank = score_rank(scores.score(*doc));
            if rank >= top.lowest_rank {
                let key = Key { rank, id: columns.id(*doc) };
                top.offer(Found { key, segment, doc: *doc });
            }
        }
    })?;
    Ok(total)
}

fn by_pruned_score(
    snapshot: &Snapshot,
    pruning: &dyn Tantivy,
    compiled: &Compiled,
    top: &mut Top,
) -> tantivy::Result<()> {
    if top.limit == 0 {
        return Ok(());
    }
    let weight = pruning.weight(EnableScoring::enabled_from_searcher(&snapshot.searcher))?;
    let scoring = Scoring::new(snapshot, compiled)?;
    let segments = snapshot.searcher.segment_readers().iter().zip(&snapshot.columns);
    for (number, (segment, columns)) in segments.enumerate() {
        let mut scores = scoring.open(segment)?;
        let threshold = top.threshold();
        weight.for_each_pruning(threshold, segment, &mut |doc, _| {
            if !segment.is_deleted(doc) {
                let rank = score_rank(scores.score(doc));
                if rank >= top.lowest_rank {
                    let key = Key { rank, id: columns.id(doc) };
                    top.offer(Found { key, segment: number, doc });
                }
            }
            top.threshold()
        })?;
    }
    Ok(())
}

/// The parts that score, in the order of the query.
struct Scoring(Vec<Box<dyn Weight>>);

impl Scoring {
    fn new(snapshot: &Snapshot, compiled: &Compiled) -> tantivy::Result<Self> {
        let scoring = EnableScoring::enabled_from_searcher(&snapshot.searcher);
        Ok(Self(
            compiled.scoring.iter().map(|q| q.weight(scoring)).collect::<tantivy::Result<_>>()?,
        ))
    }

    fn open(&self, segment: &SegmentReader) -> tantivy::Result<SegmentScores> {
        let scorers = self.0.iter().map(|weight| weight.scorer(segment, 1.0));
        Ok(SegmentScores(scorers.collect::<tantivy::Result<_>>()?))
    }
}

struct SegmentScores(Vec<Box<dyn Scorer>>);

impl SegmentScores {
    /// The score of a document. Documents must come in order.
    ///
    /// Tantivy adds up in an order that depends on the segment and on what it could skip, so its
    /// sums differ in the last bits from page to page. A fixed order and double precision do not.
    fn score(&mut self, doc: DocId) -> Score {
        let mut sum = 0.0;
        for scorer in &mut self.0 {
            if scorer.doc() < doc {
                scorer.seek(doc);
            }
            if scorer.doc() == doc {
                sum += f64::from(scorer.score());
            }
        }
        #[allow(clippy::cast_possible_truncation, reason = "a score needs no more digits")]
        let sum = sum as Score;
        sum
    }
}

/// The best so far.
struct Top {
    limit: usize,
    after: Option<Key>,
    heap: BinaryHeap<Reverse<Found>>,
    /// What ranks lower can't get in.
    lowest_rank: u64,
}

impl Top {
    fn new(query: &Query) -> Self {
        // One more tells whether there is a next page.
        let limit = if query.limit == 0 { 0 } else { query.limit + 1 };
        let after = query.after.map(|cursor| cursor.key);
        Self { limit, after, heap: BinaryHeap::with_capacity(limit.min(1024)), lowest_rank: 0 }
    }

    fn offer(&mut self, found: Found) {
        if self.after.is_some_and(|after| found.key >= after) || self.limit == 0 {
            return;
        }
        if self.heap.len() < self.limit {
            self.heap.push(Reverse(found));
        } else if let Some(mut lowest) = self.heap.peek_mut()
            && found.key > lowest.0.key
        {
            lowest.0 = found;
        }
        if self.heap.len() == self.limit {
            self.lowest_rank = self.heap.peek().map_or(0, |lowest| lowest.0.key.rank);
        }
    }

    /// Scores up to this can't get in.
    fn threshold(&self) -> Score {
        if self.heap.len() < self.limit {
            return -1.0;
        }
        rank_score(self.lowest_rank) * (1.0 - SCORE_SLACK)
    }

    fn into_sorted(self) -> Vec<Found> {
        let mut found: Vec<Found> = self.heap.into_iter().map(|Reverse(found)| found).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    }
}

impl Found {
    pub(super) fn time(&self, snapshot: &Snapshot) -> i64 {
        snapshot.columns[self.segment].time(self.doc)
    }

    pub(super) fn id(&self, snapshot: &Snapshot) -> u128 {
        snapshot.columns[self.segment].id(self.doc)
    }
}

/// Scores are never negative, and the bits of such floats sort like the floats.
fn score_rank(score: Score) -> u64 {
    u64::from(score.max(0.0).to_bits())
}

pub(super) fn rank_score(rank: u64) -> Score {
    Score::from_bits(u32::try_from(rank).unwrap_or(0))
}

fn time_rank(nanos: i64) -> u64 {
    nanos.cast_unsigned() ^ (1 << 63)
}
