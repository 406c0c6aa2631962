//! Outside triggers as suspects: surge, provider, certificate, node, ...
//!
//! Each external entry of the mechanism table is held against what was seen. A trigger needs signs of its own;
//! "something is slow" fits all of them and proves none.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::mechanism::{Mechanism, MechanismKind, Symptom, id};
use crate::model::{CauseKind, EvidenceKind, StatusPost};
use crate::rank::changes::Court;
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
    let mut entity = None;
    let mut weighed = Vec::new();
    let mut missing = 1.0;
    for (symptom, weight) in mechanism.symptoms.iter() {
        let best = court
            .observations
            .iter()
            .filter(|o| *symptom != Symptom::TrafficUp || is_surge(o, court))
            .map(|o| (weight / TELLTALE * o.shows(*symptom) * o.strength, o))
            .filter(|(value, _)| value.abs() > 0.05)
            .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()).then_with(|| b.1.event.cmp(&a.1.event)));
        let Some((value, observation)) = best else { continue };
        let gain = if value > 0.0 { missing * value.min(1.0) } else { value };
        missing -= gain.max(0.0);
        if value > 0.0 && entity.is_none() {
            entity = Some(observation.entity.clone());
        }
        weighed.push(observation.evidence(weights.trigger * gain, observation.statement.clone()));
    }
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

/// Weight of a telltale symptom in the mechanism table.
pub(super) const TELLTALE: f64 = 3.0;

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
        .flat_map(|o| words(&o.words))
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
