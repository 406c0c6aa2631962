//! Outside triggers as suspects: surge, provider, certificate, node, ...
//!
//! Each external entry of the mechanism table is held against what was seen. A trigger needs signs of its own;
//! "something is slow" fits all of them and proves none.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::mechanism::{Mechanism, MechanismKind, Symptom, id};
use crate::model::{CauseKind, EvidenceKind, StatusPost};
use crate::rank::changes::{Court, unexplained};
use crate::rank::fit;
use crate::rank::observe::Observation;
use crate::rank::suspect::{Suspect, Weighed};
use crate::rank::text::words;

/// A provider's post may come this long after the harm, and tell of the past.
const POST_SLACK: Duration = Duration::hours(2);
/// Traffic below this many times the usual is a busy day, not a surge.
const SURGE: f64 = 1.5;
/// A post that names nothing our telemetry names may be about something else.
const UNRELATED_POST: f64 = 0.3;

/// Outside triggers with at least one sign.
pub(super) fn suspects(court: &Court<'_>) -> Vec<Suspect> {
    court
        .mechanisms
        .iter()
        .filter(|mechanism| mechanism.kind == MechanismKind::External)
        .filter_map(|mechanism| suspect(mechanism, court))
        .collect()
}

fn suspect(mechanism: &Mechanism, court: &Court<'_>) -> Option<Suspect> {
    let weights = court.weights;
    let seen: Vec<(f64, &Observation)> = court
        .observations
        .iter()
        .filter(|o| o.shows(Symptom::TrafficUp) == 0.0 || is_surge(o, court))
        .map(|o| (early(o, court), o))
        .collect();
    let signs = fit::signs(mechanism, &seen);
    let entity = signs.first().filter(|(value, _)| *value > 0.0).map(|(_, o)| o.entity.clone());
    let mut weighed: Vec<Weighed> = signs
        .iter()
        .map(|(value, o)| o.evidence(weights.trigger * value, o.statement.clone()))
        .collect();
    let to_explain: Vec<(f64, &Observation)> =
        seen.iter().filter(|(_, o)| court.origin.holds(&o.entity)).copied().collect();
    weighed.extend(unexplained(mechanism, &to_explain, weights));
    if mechanism.id == id::PROVIDER_OUTAGE {
        weighed.extend(court.case.posts.iter().filter_map(|post| of_post(post, court)));
    }
    let any_sign = weighed.iter().any(|piece| piece.weight > 0.0);
    any_sign.then(|| Suspect {
        kind: CauseKind::External { trigger: mechanism.id.to_string() },
        title: mechanism.title.to_string(),
        entity,
        event: None,
        mechanism: Some(mechanism.id.to_string()),
        remediation: Some(mechanism.remediation.to_string()),
        prior: weights.external,
        weighed,
        path: Vec::new(),
    })
}

/// What shows first shows the trigger; what comes later is more and more about its consequences.
fn early(observation: &Observation, court: &Court<'_>) -> f64 {
    let Some(onset) = court.onset else { return 1.0 };
    let behind = (observation.onset - onset.time).num_seconds().max(0) as f64 / 60.0;
    f64::exp(-behind / CONSEQUENCES)
}

/// Minutes after which an observation tells a third as much about the trigger.
const CONSEQUENCES: f64 = 25.0;

/// Traffic that comes from outside rises at the door: on an entity that nobody (whose own traffic did not rise)
/// calls. A callee whose traffic rises alone is being called more often by somebody inside.
fn is_surge(observation: &Observation, court: &Court<'_>) -> bool {
    let risen: BTreeSet<_> = court
        .observations
        .iter()
        .filter(|o| o.shows(Symptom::TrafficUp) > 0.0)
        .filter(|o| o.before.zip(o.after).is_none_or(|(before, after)| after >= SURGE * before))
        .map(|o| &o.entity)
        .collect();
    let entity = &observation.entity;
    if !risen.contains(entity) {
        return false;
    }
    if !court.topology.knows(entity) {
        return risen.len() > 1 || court.case.alerted() == Some(entity);
    }
    let mut callers = court.topology.callers(entity).peekable();
    callers.peek().is_none() || callers.all(|caller| risen.contains(caller))
}

/// A provider that says it is unwell, at the time, and that our telemetry names.
fn of_post(post: &StatusPost, court: &Court<'_>) -> Option<Weighed> {
    let well = [
        "operational",
        "resolved",
        "operating",
        "ok",
        "available",
        "completed",
        "healthy",
        "normal",
    ];
    let status = words(&post.status);
    if status.iter().any(|word| well.contains(&word.as_str())) {
        return None;
    }
    let begin = court.onset.map(|onset| onset.time).or(court.case.alarm)?;
    if post.time > begin + POST_SLACK {
        return None;
    }
    let named: BTreeSet<String> = court
        .observations
        .iter()
        .filter(|o| o.kind != EvidenceKind::Metric)
        .flat_map(|o| o.tokens.clone())
        .collect();
    let provider = post.provider.as_ref().map(|provider| provider.name.clone()).unwrap_or_default();
    let related =
        words(&format!("{provider} {}", post.text)).iter().any(|word| named.contains(word));
    let weight = court.weights.status_post * if related { 1.0 } else { UNRELATED_POST };
    let line = post.text.lines().next().unwrap_or_default();
    let mut piece = Weighed::new(
        EvidenceKind::Text,
        weight,
        format!("{provider} reports {}: {line}", post.status),
    )
    .with_event(post.event);
    piece.evidence.time = Some(post.time);
    Some(piece)
}
