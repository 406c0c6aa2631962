//! The shape of the way from cause to symptom, without names.
//!
//! Weisfeiler-Lehman subtree features (Shervashidze, Schweitzer, van Leeuwen, Mehlhorn, Borgwardt:
//! "Weisfeiler-Lehman Graph Kernels", 2011): every node has a label; in each round a node's label becomes that of
//! its label and those of its neighbours. Two ways are alike as far as they have the same labels, as often.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::mechanism::{Symptom, symptom};
use crate::model::{
    Analysis, Cause, CauseKind, Confidence, Event, EventId, Finding, PathStep, Source,
};

/// Rounds: neighbours, and neighbours of neighbours. Ways are short.
const ROUNDS: usize = 2;
/// Most hurt entities that count.
const MOST_HURT: usize = 16;

/// How often each label occurs; by label.
pub(super) fn features(analysis: &Analysis, events: &BTreeMap<EventId, &Event>) -> Vec<(u64, u32)> {
    let Some(cause) = analysis.top_cause() else { return Vec::new() };
    let mut labels = vec![label(kind_of(cause))];
    let mut edges = Vec::new();
    for step in cause.path.iter().filter(|step| step.event.is_none() || step.event != cause.event) {
        let before = labels.len() - 1;
        labels.push(label(&of_step(step, cause, events)));
        edges.push((before, labels.len() - 1));
    }
    let last = labels.len() - 1;
    let on_path = |name: &str| {
        cause.path.iter().filter_map(|step| step.entity.as_ref()).any(|entity| entity.name == name)
    };
    let hurt = analysis.blast_radius.iter().filter(|entity| !on_path(&entity.name));
    for entity in hurt.take(MOST_HURT) {
        labels.push(label(&format!("hurt {}", entity.kind.as_str())));
        edges.push((last, labels.len() - 1));
    }
    subtrees(labels, &edges)
}

/// Counts the labels of all rounds.
fn subtrees(mut labels: Vec<u64>, edges: &[(usize, usize)]) -> Vec<(u64, u32)> {
    let mut counts: BTreeMap<u64, u32> = BTreeMap::new();
    for round in 0..=ROUNDS {
        for label in &labels {
            *counts.entry(*label).or_default() += 1;
        }
        if round == ROUNDS {
            break;
        }
        let around = |node: usize, ends: fn(&(usize, usize)) -> (usize, usize)| {
            let mut found: Vec<u64> = edges
                .iter()
                .map(ends)
                .filter(|(here, _)| *here == node)
                .filter_map(|(_, there)| labels.get(there).copied())
                .collect();
            found.sort_unstable();
            found
        };
        labels = (0..labels.len())
            .map(|node| {
                let (after, before) = (around(node, |e| (e.0, e.1)), around(node, |e| (e.1, e.0)));
                let own = labels.get(node).copied().unwrap_or(0);
                // The count keeps those after apart from those before.
                let parts = [own, after.len() as u64].into_iter().chain(after).chain(before);
                xxh3_64(&parts.flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
            })
            .collect();
    }
    counts.into_iter().collect()
}

fn kind_of(cause: &Cause) -> &str {
    match &cause.kind {
        CauseKind::Commit { .. } => "commit",
        CauseKind::Deploy { .. } => "deploy",
        CauseKind::Flag { .. } => "flag",
        CauseKind::External { trigger } => trigger,
        CauseKind::Entity { .. } => "entity",
    }
}

/// What happened, and whether where the cause acts.
fn of_step(step: &PathStep, cause: &Cause, events: &BTreeMap<EventId, &Event>) -> String {
    let place = if step.entity == cause.entity { "here" } else { "there" };
    let Some(event) = step.event.and_then(|id| events.get(&id)) else {
        return format!("{place} something");
    };
    let seen = match Finding::from_event(event) {
        Some(Finding::MetricShift(shift)) => symptom::of_metric(&shift.metric, shift.direction),
        Some(Finding::LogShift(shift)) => symptom::of_log(&shift.template),
        Some(Finding::TraceShift(shift)) => {
            symptom::of_trace(shift.kind, shift.direction, shift.error.as_deref())
        }
        _ => Vec::new(),
    };
    match surest(&seen) {
        Some(symptom) => format!("{place} {}", symptom.title()),
        None if *event.source() == Source::Alert => format!("{place} alert"),
        None => format!("{place} {} {}", event.source().as_str(), event.event_type()),
    }
}

fn surest(seen: &[(Symptom, Confidence)]) -> Option<Symptom> {
    let best = seen.iter().max_by(|a, b| {
        let worth = |(symptom, sure): &(Symptom, Confidence)| symptom.specificity() * sure.value();
        worth(a).total_cmp(&worth(b)).then(b.0.cmp(&a.0))
    });
    best.map(|(symptom, _)| *symptom)
}

fn label(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_nodes_changes_nothing_and_the_direction_of_edges_does() {
        let chain = subtrees(vec![1, 2, 3], &[(0, 1), (1, 2)]);
        assert_eq!(chain, subtrees(vec![3, 2, 1], &[(2, 1), (1, 0)]));
        assert_ne!(chain, subtrees(vec![1, 2, 3], &[(1, 0), (2, 1)]));
        assert_eq!(chain.iter().map(|(_, count)| count).sum::<u32>(), 9);
    }
}
