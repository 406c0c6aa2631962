//! Two stretches of time compared, operation by operation and call by call.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use crate::detect::traces::Options;
use crate::detect::traces::sketch::Sketch;
use crate::detect::traces::slow::{self, Slow};
use crate::detect::traces::split::{g_of_rates, g_statistic};
use crate::detect::traces::stats::{Cell, Cells, Link, Links, Operation, TraceStats};
use crate::model::{CallEdge, Direction, Entity, TraceShift, TraceShiftKind};
use crate::time::from_nanos;

/// Fewest spans on both sides for a rank test; below, durations are taken for log-normal.
const MIN_RANKED: u64 = 8;

/// Failed spans are worth telling at this score already: they speak for themselves.
const MIN_ERROR_SCORE: f64 = 2.0;

/// Share of parents with a child from which on its absence breaks a trace off.
const USUAL: f64 = 0.9;

/// Before and after.
#[derive(Debug, Clone)]
struct Sides<T> {
    before: T,
    after: T,
}

/// The comparison of everything before a split with everything after.
pub(super) struct Comparison<'a> {
    pub(super) stats: &'a TraceStats,
    /// All of it counts as before.
    pub(super) reference: Option<&'a TraceStats>,
    /// In stretches.
    pub(super) range: Range<i64>,
    /// First stretch that counts as after.
    pub(super) split: i64,
    /// Where durations may find a split of their own.
    pub(super) splits: RangeInclusive<i64>,
    pub(super) options: &'a Options,
}

impl Comparison<'_> {
    /// Everything that changed about operations and calls.
    pub(super) fn shifts(&self) -> Vec<TraceShift> {
        let minutes = self.minutes();
        let mut found = Vec::new();
        for (operation, cells) in &self.stats.operations {
            let reference = self.reference.and_then(|r| r.operations.get(operation));
            let sides = self.cells(cells, reference);
            let about = Subject { operation, peer: None, sides: &sides };
            found.extend(self.errors(&about));
            found.extend(self.slower(&about, TraceShiftKind::Duration, |c| &c.duration));
            found.extend(self.own_time(&about, cells, reference));
            found.extend(self.calls(&about, &minutes));
        }
        for ((parent, child), links) in &self.stats.links {
            if child.kind.is_none() {
                found.extend(self.link_shifts(parent, child, links));
            }
        }
        self.vanished(&mut found);
        found
    }

    /// Links that only the reference or the time before knows are seen through their parents.
    fn vanished(&self, found: &mut Vec<TraceShift>) {
        let Some(reference) = self.reference else { return };
        let none = Links::new();
        for (parent, child) in reference.links.keys() {
            let known = self.stats.links.contains_key(&(parent.clone(), child.clone()));
            if !known && child.kind.is_none() {
                found.extend(self.link_shifts(parent, child, &none));
            }
        }
    }

    fn cells<'c>(&self, cells: &'c Cells, reference: Option<&'c Cells>) -> Sides<Vec<&'c Cell>> {
        let before = cells.range(self.range.start..self.split.max(self.range.start));
        let after = cells.range(self.split.max(self.range.start)..self.range.end.max(self.split));
        let mut early: Vec<&Cell> = before.map(|(_, cell)| cell).collect();
        early.extend(reference.into_iter().flat_map(BTreeMap::values));
        Sides { before: early, after: after.map(|(_, cell)| cell).collect() }
    }

    /// Minutes with spans before and after, for rates.
    fn minutes(&self) -> Sides<f64> {
        let mut sides = Sides { before: 0.0, after: 0.0 };
        let span = |stats: &TraceStats, range: &Range<i64>| {
            let all =
                || stats.operations.values().flat_map(|c| c.range(range.clone())).map(|c| *c.0);
            match (all().min(), all().max()) {
                (Some(first), Some(last)) => (last - first + 1) as f64 / 60.0,
                _ => 0.0,
            }
        };
        sides.before += span(self.stats, &(self.range.start..self.split.max(self.range.start)));
        sides.after += span(self.stats, &(self.split..self.range.end.max(self.split)));
        if let Some(reference) = self.reference {
            sides.before += span(reference, &(i64::MIN..i64::MAX));
        }
        sides
    }

    fn errors(&self, about: &Subject<'_>) -> Option<TraceShift> {
        let (n0, n1) = about.calls();
        let errors = |cells: &[&Cell]| cells.iter().map(|c| c.errors).sum::<u64>() as f64;
        let (e0, e1) = (errors(&about.sides.before), errors(&about.sides.after));
        if n1 == 0 {
            return None;
        }
        let (before, after) = (e0 / n0.max(1) as f64, e1 / n1 as f64);
        // Four more calls that went well before: a service that is first seen failing is news, but
        // not as much as one that was seen to work.
        let g = g_statistic((e0, n0 as f64 + 4.0), (e1, n1 as f64));
        if g.sqrt() < MIN_ERROR_SCORE || (after - before).abs() < 0.01 {
            return None;
        }
        let mut shift = self.shift(about, TraceShiftKind::ErrorRate, (before, after), g.sqrt());
        if after > before {
            let failure = about.sides.after.iter().filter_map(|c| c.failure.as_ref()).min();
            if let Some((no_text, _, trace, text)) = failure {
                shift.error = (!no_text).then(|| text.clone());
                shift.example_trace = Some(trace.clone());
            }
            let first = about.sides.after.iter().filter_map(|c| c.first_error).min();
            shift.onset = first.map_or(shift.onset, from_nanos);
        }
        Some(shift)
    }

    fn slower(
        &self,
        about: &Subject<'_>,
        kind: TraceShiftKind,
        of: impl Fn(&Cell) -> &Sketch,
    ) -> Option<TraceShift> {
        let sum = |cells: &[&Cell]| {
            cells.iter().fold(Sketch::default(), |mut sum, cell| {
                sum.merge(of(cell));
                sum
            })
        };
        let (before, after) = (sum(&about.sides.before), sum(&about.sides.after));
        let (score, values) = self.moved(&before, &after)?;
        let mut shift = self.shift(about, kind, values, score);
        let up = shift.direction == Direction::Up;
        let edge = before.millis(if up { 0.9 } else { 0.1 });
        let departed = |cell: &&&Cell| {
            let here = of(cell).millis(0.5);
            of(cell).len() > 0 && if up { here > edge } else { here < edge }
        };
        if let Some(cell) = about.sides.after.iter().find(departed) {
            shift.onset = from_nanos(cell.first);
        }
        if up {
            let slowest = about.sides.after.iter().map(|c| &c.slowest).min();
            shift.example_trace = slowest.map(|(_, trace)| trace.clone());
        }
        Some(shift)
    }

    /// Own time, with a moment of its own.
    fn own_time(
        &self,
        about: &Subject<'_>,
        cells: &Cells,
        reference: Option<&Cells>,
    ) -> Option<TraceShift> {
        let known = reference.into_iter().flat_map(|r| r.values().map(|cell| &cell.own));
        let here = cells.range(self.range.clone()).map(|(at, cell)| (*at, &cell.own));
        let slow = slow::find(known, here, &self.splits, self.options)?;
        let mut shift = self.slow_shift(about, TraceShiftKind::SelfTime, &slow);
        if let Some(cell) = cells.get(&slow.at) {
            shift.onset = from_nanos(cell.first);
        }
        if shift.direction == Direction::Up {
            let late = cells.range(slow.at..self.range.end.max(slow.at));
            let slowest = late.map(|(_, cell)| &cell.slowest).min();
            shift.example_trace = slowest.map(|(_, trace)| trace.clone());
        }
        Some(shift)
    }

    fn slow_shift(&self, about: &Subject<'_>, kind: TraceShiftKind, slow: &Slow) -> TraceShift {
        TraceShift {
            samples: slow.samples,
            onset: from_nanos(slow.at.saturating_mul(super::STRETCH)),
            ..self.shift(about, kind, slow.millis, slow.score)
        }
    }

    /// Score and medians of two distributions of durations, when they differ.
    fn moved(&self, before: &Sketch, after: &Sketch) -> Option<(f64, (f64, f64))> {
        let (n0, n1) = (before.len(), after.len());
        if n0 == 0 || n1 == 0 {
            return None;
        }
        let (typical, now) = (before.millis(0.5), after.millis(0.5));
        let far = (now - typical).abs() >= self.options.min_change * typical.max(now);
        let score = if n0.min(n1) >= MIN_RANKED {
            let (larger, z) = before.larger(after);
            z.abs() * (2.0 * larger - 1.0).abs()
        } else {
            // The spread can't be measured: a deviation of a factor of 1.6 is assumed, and what is
            // under a millisecond is not told apart.
            let (n0, n1) = (n0 as f64, n1 as f64);
            let apart = (now.max(1.0) / typical.max(1.0)).ln().abs();
            apart / 0.5 * (n0 * n1 / (n0 + n1)).sqrt()
        };
        (far && score >= self.options.min_score).then_some((score, (typical, now)))
    }

    fn calls(&self, about: &Subject<'_>, minutes: &Sides<f64>) -> Option<TraceShift> {
        let (n0, n1) = about.calls();
        if n0 + n1 < 20 || minutes.before <= 0.0 || minutes.after <= 0.0 {
            return None;
        }
        let (r0, r1) = (n0 as f64 / minutes.before, n1 as f64 / minutes.after);
        let g = g_of_rates((n0 as f64, minutes.before), (n1 as f64, minutes.after));
        // Calls come in bursts: variance over mean of the stretches, at least one, deflates G.
        let g = g / bursts(&about.sides.before).max(bursts(&about.sides.after));
        let score = g.sqrt() * (r1 - r0).abs() / (r1 + r0);
        (score >= self.options.min_score)
            .then(|| self.shift(about, TraceShiftKind::Calls, (r0, r1), score))
    }

    fn link_shifts(&self, parent: &Operation, child: &Operation, links: &Links) -> Vec<TraceShift> {
        let key = (parent.clone(), child.clone());
        let reference = self.reference.and_then(|r| r.links.get(&key));
        let none = Cells::new();
        let parents = self.stats.operations.get(parent).unwrap_or(&none);
        let known = self.reference.and_then(|r| r.operations.get(parent));
        let sides = self.cells(parents, known);
        let linked = self.links(links, reference);
        let mut found = Vec::new();
        let caller = Subject { operation: parent, peer: Some(child), sides: &sides };
        let callee = Subject { operation: child, peer: Some(parent), ..caller };
        let gaps = links.range(self.range.clone()).map(|(at, link)| (*at, &link.gap));
        let usual = reference.into_iter().flat_map(|r| r.values().map(|link| &link.gap));
        if let Some(slow) = slow::find(usual, gaps, &self.splits, self.options) {
            found.push(self.slow_shift(&caller, TraceShiftKind::ClientServerGap, &slow));
        }
        let (p0, p1) = caller.calls();
        if p0 == 0 || p1 == 0 {
            return found;
        }
        let (p0, p1) = (p0 as f64, p1 as f64);
        let (c0, c1) = (linked.before.calls as f64, linked.after.calls as f64);
        let (r0, r1) = (c0 / p0, c1 / p1);
        let score = g_of_rates((c0, p0), (c1, p1)).sqrt() * (r1 - r0).abs() / (r1 + r0);
        if score >= self.options.min_score {
            found.push(self.shift(&callee, TraceShiftKind::ChildCalls, (r0, r1), score));
        }
        let (with0, with1) = (linked.before.parents as f64, linked.after.parents as f64);
        let (gone0, gone1) = (1.0 - with0 / p0, 1.0 - with1 / p1);
        if parent.service != child.service && with0 / p0 >= USUAL && gone1 > gone0 {
            let score = g_statistic((p0 - with0, p0), (p1 - with1, p1)).sqrt() * (gone1 - gone0);
            if score >= self.options.min_score {
                found.push(self.shift(&callee, TraceShiftKind::Truncated, (gone0, gone1), score));
            }
        }
        found
    }

    fn links(&self, links: &Links, reference: Option<&Links>) -> Sides<Link> {
        let sum = |mut total: Link, link: &Link| {
            total.merge(link);
            total
        };
        let before = links.range(self.range.start..self.split.max(self.range.start));
        let after = links.range(self.split.max(self.range.start)..self.range.end.max(self.split));
        let known = reference.into_iter().flat_map(|links| links.values());
        Sides {
            before: before.map(|(_, link)| link).chain(known).fold(Link::default(), sum),
            after: after.map(|(_, link)| link).fold(Link::default(), sum),
        }
    }

    fn shift(
        &self,
        about: &Subject<'_>,
        kind: TraceShiftKind,
        (before, after): (f64, f64),
        score: f64,
    ) -> TraceShift {
        let first = about.sides.after.iter().map(|cell| cell.first).min();
        TraceShift {
            entity: Entity::service(&about.operation.service),
            operation: about.operation.name.clone(),
            peer: about.peer.map(|peer| Entity::service(&peer.service)),
            peer_operation: about.peer.map(|peer| peer.name.clone()),
            kind,
            direction: if after >= before { Direction::Up } else { Direction::Down },
            before,
            after,
            samples: about.calls(),
            onset: from_nanos(first.unwrap_or(self.split.saturating_mul(super::STRETCH))),
            score: score.min(self.options.max_score),
            error: None,
            example_trace: None,
        }
    }

    /// Calls between entities, added up over their operations.
    pub(super) fn edges(&self) -> Vec<CallEdge> {
        let mut sums: std::collections::BTreeMap<(Entity, Entity), Sides<Link>> =
            std::collections::BTreeMap::new();
        let none = Links::new();
        let known = self.reference.iter().flat_map(|r| r.links.keys());
        let keys: std::collections::BTreeSet<&(Operation, Operation)> =
            self.stats.links.keys().chain(known).collect();
        for key in keys {
            let (parent, child) = key;
            if parent.service == child.service {
                continue;
            }
            let links = self.stats.links.get(key).unwrap_or(&none);
            let sides = self.links(links, self.reference.and_then(|r| r.links.get(key)));
            let ends = (Entity::service(&parent.service), self.far_entity(child));
            let sum = sums
                .entry(ends)
                .or_insert_with(|| Sides { before: Link::default(), after: Link::default() });
            sum.before.merge(&sides.before);
            sum.after.merge(&sides.after);
        }
        sums.into_iter()
            .filter(|(_, sides)| sides.before.calls + sides.after.calls > 0)
            .map(|((caller, callee), Sides { before, after })| CallEdge {
                caller,
                callee,
                calls: (before.calls, after.calls),
                errors: (before.errors, after.errors),
                millis: (before.duration.millis(0.5), after.duration.millis(0.5)),
            })
            .collect()
    }

    /// A callee without spans is what its caller says it is, unless it has spans elsewhere.
    fn far_entity(&self, child: &Operation) -> Entity {
        let own = || self.stats.operations.keys().any(|o| o.service == child.service);
        match child.kind {
            Some(kind) if !own() => Entity::new(kind, &child.service),
            _ => Entity::service(&child.service),
        }
    }
}

/// What a shift is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    operation: &'a Operation,
    peer: Option<&'a Operation>,
    sides: &'a Sides<Vec<&'a Cell>>,
}

impl Subject<'_> {
    fn calls(&self) -> (u64, u64) {
        let sum = |cells: &[&Cell]| cells.iter().map(|cell| cell.calls).sum();
        (sum(&self.sides.before), sum(&self.sides.after))
    }
}

/// Index of dispersion of calls a stretch, 1 at least.
fn bursts(cells: &[&Cell]) -> f64 {
    let n = cells.len() as f64;
    if n < 5.0 {
        return 1.0;
    }
    let mean = cells.iter().map(|cell| cell.calls as f64).sum::<f64>() / n;
    let spread = cells.iter().map(|cell| (cell.calls as f64 - mean).powi(2)).sum::<f64>();
    (spread / (n - 1.0) / mean).max(1.0)
}
