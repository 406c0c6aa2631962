//! The story: the way from cause to symptom, the timeline, the cleared suspects, what was missing.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::model::{
    Cause, CauseKind, ChangeKind, Entity, EvidenceKind, PathStep, RuledOut, TimelineEntry,
};
use crate::rank::changes::Court;
use crate::rank::is_clear;
use crate::rank::reach::How;

/// A suspect below this is cleared.
const CLEARED: f64 = 0.05;
const MOST_CLEARED: usize = 8;
const MOST_MOMENTS: usize = 40;
/// Signals worth a line each, besides the first of every entity.
const MOST_SIGNALS: usize = 12;

/// From the change (or trigger) over the entities on the way to the alarm.
pub(super) fn path(
    cause: &Cause,
    court: &Court<'_>,
    first_failing: Option<&Entity>,
) -> Vec<PathStep> {
    let mut steps = Vec::new();
    let change = court.case.changes.iter().find(|change| Some(change.event) == cause.event);
    let mut since = None;
    if let Some(change) = change {
        let landing = court
            .reach
            .landings(change)
            .into_iter()
            .find(|l| Some(&l.entity) == cause.entity.as_ref());
        if matches!(change.kind, ChangeKind::Commit { .. }) {
            steps.push(PathStep {
                entity: None,
                what: "the change is committed".to_owned(),
                time: Some(change.time),
                event: Some(change.event),
            });
        }
        if let Some(landing) = landing.filter(|landing| landing.how != How::NoDeployData) {
            since = Some(landing.time - Duration::minutes(2));
            steps.push(PathStep {
                what: if landing.how == How::Direct {
                    "it takes effect"
                } else {
                    "a deploy brings it in"
                }
                .to_owned(),
                time: Some(landing.time),
                event: Some(landing.carrier),
                entity: Some(landing.entity),
            });
        }
    }
    let target = court.case.alerted().or(first_failing);
    let entities = match (cause.entity.as_ref(), target) {
        (Some(from), Some(to)) => {
            let way = court.topology.path(from, to);
            if !way.is_empty() {
                way
            } else if from == to {
                vec![from.clone()]
            } else {
                vec![from.clone(), to.clone()]
            }
        }
        (None, Some(only)) | (Some(only), None) => vec![only.clone()],
        (None, None) => Vec::new(),
    };
    for entity in entities {
        let seen = court
            .observations
            .iter()
            .filter(|o| o.entity == entity && is_clear(o))
            .find(|o| since.is_none_or(|since| o.onset >= since));
        if let Some(seen) = seen {
            steps.push(PathStep {
                what: without_entity(&seen.statement, &entity),
                entity: Some(entity),
                time: Some(seen.onset),
                event: Some(seen.event),
            });
        }
    }
    if let Some(alert) = court.case.alerts.first() {
        steps.push(PathStep {
            entity: alert.entity.clone(),
            what: format!("the alarm fires: {}", alert.text.lines().next().unwrap_or_default()),
            time: Some(alert.fired_at),
            event: Some(alert.event),
        });
    }
    steps
}

/// Changes that tempt (near in time, in the right place, with the right words) and what clears them,
/// most tempting first.
pub(super) fn ruled_out(causes: &[Cause], court: &Court<'_>) -> Vec<RuledOut> {
    let tempting = |cause: &Cause| -> f64 {
        let kinds = [EvidenceKind::Timing, EvidenceKind::Reach, EvidenceKind::Text];
        cause.evidence_for.iter().filter(|e| kinds.contains(&e.kind)).map(|e| e.weight).sum()
    };
    let mut cleared: Vec<(f64, &Cause)> = causes
        .iter()
        .filter(|cause| cause.event.is_some() && cause.probability.value() < CLEARED)
        .filter(|cause| !cause.evidence_against.is_empty())
        .map(|cause| (tempting(cause), cause))
        .collect();
    cleared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.event.cmp(&b.1.event)));
    cleared
        .into_iter()
        .take(MOST_CLEARED)
        .map(|(_, cause)| RuledOut {
            title: court
                .case
                .changes
                .iter()
                .find(|change| Some(change.event) == cause.event)
                .map_or_else(
                    || cause.title.clone(),
                    |change| format!("{} {}", change.time.format("%H:%M:%S"), cause.title),
                ),
            event: cause.event,
            sha: match &cause.kind {
                CauseKind::Commit { sha, .. } => Some(sha.clone()),
                _ => None,
            },
            reasons: cause
                .evidence_against
                .iter()
                .map(|evidence| evidence.statement.clone())
                .collect(),
        })
        .collect()
}

/// Deploys, flags, suspects, first signals, posts and alarms in order of time.
pub(super) fn timeline(court: &Court<'_>, causes: &[Cause]) -> Vec<TimelineEntry> {
    let suspects: BTreeSet<_> = causes.iter().take(3).filter_map(|cause| cause.event).collect();
    let mut entries: Vec<TimelineEntry> = Vec::new();
    for change in &court.case.changes {
        let title = court.case.titles.get(&change.event).copied().unwrap_or_default();
        let what = match &change.kind {
            ChangeKind::Commit { .. } if !suspects.contains(&change.event) => continue,
            ChangeKind::Commit { .. } => format!("commit: {title}"),
            ChangeKind::Deploy { .. } | ChangeKind::Flag { .. } => title.to_owned(),
        };
        entries.push(TimelineEntry {
            time: change.time,
            entity: change.entity.cloned(),
            what,
            event: Some(change.event),
        });
    }
    let mut seen = BTreeSet::new();
    let mut signals = 0;
    for observation in court.observations.iter().filter(|o| is_clear(o)) {
        let first = seen.insert(&observation.entity);
        if !first && signals >= MOST_SIGNALS {
            continue;
        }
        signals += usize::from(!first);
        entries.push(TimelineEntry {
            time: observation.onset,
            entity: Some(observation.entity.clone()),
            what: without_entity(&observation.statement, &observation.entity),
            event: Some(observation.event),
        });
    }
    for post in &court.case.posts {
        entries.push(TimelineEntry {
            time: post.time,
            entity: post.provider.clone(),
            what: format!(
                "status {}: {}",
                post.status,
                post.text.lines().next().unwrap_or_default()
            ),
            event: Some(post.event),
        });
    }
    for alert in &court.case.alerts {
        entries.push(TimelineEntry {
            time: alert.fired_at,
            entity: alert.entity.clone(),
            what: format!("alarm: {}", alert.text.lines().next().unwrap_or_default()),
            event: Some(alert.event),
        });
    }
    entries.sort_by(|a, b| a.time.cmp(&b.time).then_with(|| a.event.cmp(&b.event)));
    if entries.len() > MOST_MOMENTS {
        // The latest tell the incident; what came long before it is in the events.
        entries.drain(..entries.len() - MOST_MOMENTS);
    }
    entries
}

fn without_entity(statement: &str, entity: &Entity) -> String {
    statement.strip_prefix(&format!("{} ", entity.name)).unwrap_or(statement).to_owned()
}

/// What was not at hand, and what the answer loses by it.
pub(super) fn gaps(court: &Court<'_>) -> Vec<String> {
    let case = court.case;
    let commits =
        case.changes.iter().filter(|c| matches!(c.kind, ChangeKind::Commit { .. })).count();
    let with_diff = case
        .changes
        .iter()
        .filter(|c| matches!(&c.kind, ChangeKind::Commit { diff: Some(_), .. }))
        .count();
    let mut gaps = Vec::new();
    let mut gap = |missing: bool, text: &str| {
        if missing {
            gaps.push(text.to_owned());
        }
    };
    gap(commits == 0, "no commits: no change of code can be named");
    gap(
        commits > 0 && with_diff == 0,
        "no diffs: changes are judged by time, place and words only",
    );
    gap(
        commits > 0 && !court.reach.has_deploys(),
        "no deploys: commits are taken to run from the moment they were made",
    );
    gap(case.alerts.is_empty(), "no alert: where it hurt is guessed from the signals");
    gap(
        case.edges.is_empty(),
        "no calls between services in the traces: how a fault travels is not known",
    );
    gap(!case.has_findings(), "no signal left its normal range: nothing dates the fault");
    gaps
}
