//! Habits: what follows what within an operation, and where that changed.
//!
//! A span is read as two chains of steps: its log lines, and its calls, each from a start to an end.
//! For every step of every operation the shares of the steps that come next are compared before and
//! after. Code that returns early, throws, skips a call or takes the other branch shows right where it
//! does so, since each step is judged given the one before: more traffic or other requests change
//! neither, and what no longer happens further on is no news of its own.
//!
//! - Two chains, because spans and log lines are stamped by different clocks; within one chain the
//!   order can be trusted.
//! - A client span stands for the call it makes. Lines are told apart by their place in the code where
//!   they name it with a line number, else by their template.
//! - Each step finds its own moment of change (faults creep in, and not everywhere at once), not after
//!   the alarm; a reference counts as before, except for lines when it holds none.
//! - Score: square root of the G-statistic (Dunning 1993) beyond its degrees of freedom and beyond the
//!   price of searching the moment (twice the logarithm of the moments tried), times the total variation
//!   distance of the two distributions.
//! - Errors that end are recovery: the score is lowered by the share of visits (what a service does for
//!   one request) that used to fail and no longer do.
//!
//! Failure modes: other requests that reach the same operation look like a changed first step; log
//! lines without span ids say nothing; concurrent children come in any order, which hides small changes.

mod change;
mod count;

use std::collections::BTreeSet;

use crate::detect::Scope;
use crate::detect::judge::Seen;
use crate::detect::logs::Miner;
use crate::model::{Entity, HabitShift};
use crate::time::from_nanos;

use change::{Table, change};
use count::{Cells, Chain, Followers, Key, Names, Row, STRETCH, count};

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Smallest score of a finding: certainty (a z-score) times the share that changed.
    pub min_score: f64,
    /// Scores are cut off here.
    pub max_score: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_score: 1.0, max_score: 1000.0 }
    }
}

/// Steps that are followed by others than before, in order of onset, operation and step. The miner knows the
/// templates of both.
pub(super) fn detect(
    seen: Seen<'_>,
    reference: Option<Seen<'_>>,
    miner: &Miner,
    scope: &Scope<'_>,
    options: &Options,
) -> Vec<HabitShift> {
    let window = scope.span();
    let names = Names::of([Some(seen), reference].into_iter().flatten().map(|seen| seen.spans));
    let rows = count(seen, &names, miner, Some(&window));
    let known = reference.map(|r| (count(r, &names, miner, None), !r.logs.linked().is_empty()));
    let latest = scope.bad_at().div_euclid(STRETCH);
    let place = |hash| {
        let all = [Some(seen), reference].into_iter().flatten();
        all.filter_map(|seen| seen.logs.place(hash)).next().map(str::to_owned)
    };
    let step = |key: Key| names.step(key, miner, place);
    let mut found = Vec::new();
    for (row, cells) in &rows {
        let &(operation, chain, last): &Row = row;
        // A reference without lines says nothing about lines.
        let known = known.as_ref().filter(|(_, lines)| *lines || chain == Chain::Calls);
        let (keys, table) = table(cells, known.and_then(|(rows, _)| rows.get(row)));
        let change = change(&table, latest).filter(|change| change.score >= options.min_score);
        let Some(change) = change else { continue };
        let (Some(gained), Some(lost)) = (keys.get(change.gained), keys.get(change.lost)) else {
            continue;
        };
        let (service, name) = names.get(operation);
        found.push(HabitShift {
            entity: Entity::service(service),
            operation: name.to_owned(),
            step: step(last),
            gained: step(*gained),
            lost: step(*lost),
            before: change.before,
            after: change.after,
            samples: change.samples,
            onset: from_nanos(change.at.saturating_mul(STRETCH).max(window.start)),
            score: change.score.min(options.max_score),
        });
    }
    found.sort_by(|a, b| {
        let key = |shift: &HabitShift| (shift.onset, shift.entity.clone());
        let steps = |shift: &HabitShift| {
            (shift.operation.clone(), shift.step.clone(), shift.gained.clone(), shift.lost.clone())
        };
        key(a).cmp(&key(b)).then_with(|| steps(a).cmp(&steps(b)))
    });
    found
}

/// One row as numbers, with the meaning of its columns.
fn table(cells: &Cells, reference: Option<&Cells>) -> (Vec<Key>, Table) {
    let known = || reference.into_iter().flat_map(|cells| cells.values());
    let keys: BTreeSet<Key> =
        cells.values().chain(known()).flat_map(|f| f.next.keys().copied()).collect();
    let keys: Vec<Key> = keys.into_iter().collect();
    let counts = |followers: &Followers| {
        keys.iter().map(|key| followers.next.get(key).copied().unwrap_or(0)).collect()
    };
    let mut table = Table::new(keys.len());
    for followers in known() {
        table.add_reference(counts(followers), followers.failed);
    }
    for (stretch, followers) in cells {
        table.add(*stretch, counts(followers), followers.failed);
    }
    (keys, table)
}

#[cfg(test)]
mod tests;
