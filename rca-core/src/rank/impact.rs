//! Whose doing the harm is: extra time, failed calls and broken habits, less what callees explain.
//!
//! Three accounts, each a share of the harm by entity:
//!
//! - **Metrics**: impacts (deviation times requests) along the call graph. What significant callees cost is
//!   subtracted from their callers; what is left is the entity's own, as a share of the alerted entity's
//!   impact.
//! - **Time in spans**: own time and the time between client and server, times calls. Time on the way belongs
//!   to the side whose *other* calls are slow as well.
//! - **Habits**: children and log lines that follow an operation more or less often than before. A callee
//!   that changed its habits explains those of its callers.

use std::collections::{BTreeMap, BTreeSet};

use crate::mechanism::{Symptom, symptom};
use crate::model::{Direction, Entity, EventId, ImpactKind, TraceShift, TraceShiftKind};
use crate::rank::case::{Case, Seen};
use crate::rank::topology::Topology;

/// From this score on a callee's impact explains its callers'.
const SIGNIFICANT: f64 = 3.0;
/// A slow way counts for a side's breadth when it is at least this share of the slowest.
const AS_SLOW: f64 = 0.2;

/// Shares of the harm by entity, with the findings behind them.
#[derive(Debug, Default)]
pub(super) struct Account<'a> {
    pub(super) shares: BTreeMap<&'a Entity, f64>,
    pub(super) events: BTreeMap<&'a Entity, Vec<EventId>>,
}

impl<'a> Account<'a> {
    fn add(&mut self, entity: &'a Entity, amount: f64, event: EventId) {
        *self.shares.entry(entity).or_default() += amount;
        self.events.entry(entity).or_default().push(event);
    }

    pub(super) fn of(&self, entity: &Entity) -> f64 {
        self.shares.get(entity).copied().unwrap_or(0.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shares.is_empty()
    }

    /// Divides by the sum; or, with a whole, by that.
    fn normalise(mut self, whole: Option<f64>) -> Self {
        let total = whole.unwrap_or_else(|| self.shares.values().sum());
        for share in self.shares.values_mut() {
            *share = (*share / total.max(f64::MIN_POSITIVE)).min(1.0);
        }
        self
    }
}

/// What metrics account for, by the kind of harm that the alert is about.
pub(super) fn of_metrics<'a>(case: &'a Case, topology: &'a Topology) -> Account<'a> {
    let Some(target) = case.alerted() else { return Account::default() };
    let wanted = alerted_kind(case);
    let of_target = case
        .impacts
        .iter()
        .filter(|seen| seen.shift.entity == *target && seen.shift.score >= SIGNIFICANT / 3.0)
        .filter(|seen| wanted.is_none_or(|kind| kind == seen.shift.kind))
        .max_by(|a, b| a.shift.score.total_cmp(&b.shift.score));
    let Some(of_target) = of_target else { return Account::default() };
    let kind = of_target.shift.kind;
    let impacts: BTreeMap<&Entity, &Seen<_>> = case
        .impacts
        .iter()
        .filter(|seen| seen.shift.kind == kind)
        .map(|seen| (&seen.shift.entity, seen))
        .collect();
    let significant: BTreeMap<&Entity, f64> = impacts
        .iter()
        .filter(|(_, seen)| seen.shift.score >= SIGNIFICANT)
        .map(|(entity, seen)| (*entity, seen.shift.amount))
        .collect();
    let mut account = Account::default();
    for entity in below(target, topology) {
        let Some(seen) = impacts.get(entity) else { continue };
        let explained: f64 = nearest(entity, &significant, topology)
            .iter()
            .filter_map(|callee| significant.get(*callee))
            .sum();
        let clear = (seen.shift.score / SIGNIFICANT).min(1.0);
        let own = clear * (seen.shift.amount - explained).max(0.0);
        account.add(&seen.shift.entity, own, seen.event);
    }
    account.normalise(Some(of_target.shift.amount))
}

/// Time or failures, where the alert's metric tells.
fn alerted_kind(case: &Case) -> Option<ImpactKind> {
    let metric = case.alerts.iter().find_map(|alert| alert.metric.as_deref())?;
    let shows = |direction, wanted| {
        symptom::of_metric(metric, direction).iter().any(|(symptom, _)| *symptom == wanted)
    };
    if shows(Direction::Up, Symptom::LatencyUp) {
        Some(ImpactKind::ExtraTime)
    } else if shows(Direction::Down, Symptom::ErrorsUp) || shows(Direction::Up, Symptom::ErrorsUp) {
        Some(ImpactKind::FailedCalls)
    } else {
        None
    }
}

/// The entity and all that it depends on.
fn below<'a>(target: &'a Entity, topology: &'a Topology) -> BTreeSet<&'a Entity> {
    let mut found = BTreeSet::from([target]);
    let mut open = vec![target];
    while let Some(entity) = open.pop() {
        for callee in topology.callees(entity) {
            if found.insert(callee) {
                open.push(callee);
            }
        }
    }
    found
}

/// The nearest callees with a significant impact, through those that have none.
fn nearest<'a>(
    entity: &'a Entity,
    significant: &BTreeMap<&Entity, f64>,
    topology: &'a Topology,
) -> BTreeSet<&'a Entity> {
    let mut seen = BTreeSet::from([entity]);
    let mut open = vec![entity];
    let mut found = BTreeSet::new();
    while let Some(at) = open.pop() {
        for callee in topology.callees(at) {
            if !seen.insert(callee) {
                continue;
            }
            if significant.contains_key(callee) {
                found.insert(callee);
            } else {
                open.push(callee);
            }
        }
    }
    found
}

/// Milliseconds that spans take longer, by the entity that takes them.
pub(super) fn of_spans<'a>(case: &'a Case, topology: &'a Topology) -> Account<'a> {
    let extra = |shift: &TraceShift| (shift.after - shift.before) * shift.samples.1 as f64;
    let slower = |kind| {
        case.traces
            .iter()
            .filter(move |seen| seen.shift.kind == kind && seen.shift.direction == Direction::Up)
    };
    let mut account = Account::default();
    for seen in slower(TraceShiftKind::SelfTime) {
        account.add(&seen.shift.entity, extra(&seen.shift), seen.event);
    }
    let gaps: Vec<(&Seen<TraceShift>, &Entity)> = slower(TraceShiftKind::ClientServerGap)
        .filter_map(|seen| Some((seen, seen.shift.peer.as_ref()?)))
        .collect();
    let slowest =
        gaps.iter().map(|(seen, _)| seen.shift.after - seen.shift.before).fold(0.0, f64::max);
    let mut slow: BTreeMap<&Entity, BTreeSet<&Entity>> = BTreeMap::new();
    for (seen, callee) in &gaps {
        if seen.shift.after - seen.shift.before >= AS_SLOW * slowest {
            slow.entry(&seen.shift.entity).or_default().insert(callee);
            slow.entry(callee).or_default().insert(&seen.shift.entity);
        }
    }
    let breadth = |entity: &Entity| {
        let slow = slow.get(entity).map_or(0, BTreeSet::len) as f64;
        let all = topology.callees(entity).count() + topology.callers(entity).count();
        slow * (slow / (all.max(1) as f64)).min(1.0).powi(2)
    };
    for (seen, callee) in &gaps {
        let (ours, theirs) = (breadth(&seen.shift.entity), breadth(callee));
        let caller = if ours + theirs > 0.0 { ours / (ours + theirs) } else { 0.5 };
        account.add(&seen.shift.entity, caller * extra(&seen.shift), seen.event);
        account.add(callee, (1.0 - caller) * extra(&seen.shift), seen.event);
    }
    account.normalise(None)
}

/// How much the habits of an entity's operations changed, by entity.
pub(super) fn of_habits<'a>(case: &'a Case, topology: &'a Topology) -> Account<'a> {
    let mut changed: BTreeMap<&Entity, Vec<(f64, EventId)>> = BTreeMap::new();
    for seen in &case.traces {
        let shift = &seen.shift;
        let (whose, factor) = match shift.kind {
            TraceShiftKind::LogLines => (&shift.entity, 1.0),
            TraceShiftKind::ChildCalls => (shift.peer.as_ref().unwrap_or(&shift.entity), 1.0),
            TraceShiftKind::Truncated => (&shift.entity, 1.0),
            TraceShiftKind::ErrorRate => (&shift.entity, 1.0),
            _ => continue,
        };
        changed.entry(whose).or_default().push((factor * shift.score, seen.event));
    }
    let fade = 0.5;
    let mut sums: BTreeMap<&Entity, f64> = BTreeMap::new();
    for (entity, shifts) in &mut changed {
        shifts.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut factor = 1.0;
        let mut sum = 0.0;
        for (score, _) in shifts.iter().take(12) {
            sum += factor * score;
            factor *= fade;
        }
        sums.insert(entity, sum);
    }
    let mut account = Account::default();
    for (entity, shifts) in &changed {
        let mine = sums.get(entity).copied().unwrap_or(0.0);
        let theirs = topology
            .callees(entity)
            .filter_map(|callee| sums.get(callee))
            .fold(0.0_f64, |most, sum| most.max(*sum));
        let own = mine - 0.8 * theirs.min(mine);
        for (index, (_, event)) in shifts.iter().take(12).enumerate() {
            account.add(entity, if index == 0 { own } else { 0.0 }, *event);
        }
    }
    account.normalise(None)
}
