//! What is remembered of an investigation, to recognise its kin by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shape;
use crate::analytics::BlamedDeploy;
use crate::error::{Error, Result};
use crate::model::{
    Analysis, Cause, CauseKind, Direction, Event, EventId, Finding, Source, attribute,
};
use crate::time::{from_nanos, nanos};

/// What an analysis and the events behind it say about an investigation, in one or two thousand bytes.
#[derive(Clone, PartialEq, Default)]
pub struct Fingerprint {
    /// How the most probable causes do harm, with the share of belief; most first.
    pub mechanisms: Vec<(String, f64)>,
    /// The one of the most probable cause, when that is more probable than "none of these".
    pub mechanism: Option<String>,
    /// The title of that cause.
    pub cause: Option<String>,
    /// The commit that it is.
    pub commit: Option<String>,
    /// The deploy that it is, or that brought it.
    pub deploy: Option<BlamedDeploy>,
    /// Entities in lower case, by how much they are what it is about: 0 to 1.
    pub entities: Vec<(String, f64)>,
    /// Log templates that appeared or became more frequent, clearest first.
    pub templates: Vec<String>,
    /// Weisfeiler-Lehman labels of the way from cause to symptom, and how often each occurs.
    pub shape: Vec<(u64, u32)>,
}

/// Causes whose mechanisms count.
const MOST_MECHANISMS: usize = 3;
const MOST_ENTITIES: usize = 16;
const MOST_TEMPLATES: usize = 32;
/// Longer templates are cut.
const TEMPLATE_CHARS: usize = 160;
/// A share of the harm below which an entity is not what it is about.
const LEAST_SHARE: f64 = 0.05;

impl Fingerprint {
    /// Reads an analysis and the events that it was made from. The order of events changes nothing.
    #[must_use]
    pub fn of<'e>(analysis: &Analysis, events: impl IntoIterator<Item = &'e Event>) -> Self {
        let events: BTreeMap<EventId, &Event> =
            events.into_iter().map(|event| (event.id(), event)).collect();
        let top = analysis.top_cause();
        Self {
            mechanisms: mechanisms(&analysis.causes),
            mechanism: top.and_then(mechanism),
            cause: top.map(|cause| cause.title.clone()),
            commit: top.and_then(|cause| match &cause.kind {
                CauseKind::Commit { sha, .. } => Some(sha.clone()),
                _ => None,
            }),
            deploy: top.and_then(|cause| deploy(cause, &events)),
            entities: entities(analysis),
            templates: templates(&events),
            shape: shape::features(analysis, &events),
        }
    }

    /// The fingerprint as bytes, with a version.
    ///
    /// # Errors
    ///
    /// None that memory does not bring about.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Self { mechanisms, mechanism, cause, commit, deploy, entities, templates, shape } =
            self.clone();
        let deploy = deploy.map(|d| (d.event.to_bytes(), nanos(d.time), d.entity));
        let record =
            RecordV1 { mechanisms, mechanism, cause, commit, deploy, entities, templates, shape };
        postcard::to_extend(&record, vec![VERSION])
            .map_err(|error| Error::Internal(format!("fingerprint: {error}")))
    }

    /// The fingerprint in these bytes; none when they are damaged or of another version: it can be made anew.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&VERSION, payload) = bytes.split_first()? else { return None };
        let record: RecordV1 = postcard::from_bytes(payload).ok()?;
        let deploy = record.deploy.map(|(event, time, entity)| BlamedDeploy {
            event: EventId::from_bytes(event),
            time: from_nanos(time),
            entity,
        });
        let RecordV1 { mechanisms, mechanism, cause, commit, entities, templates, shape, .. } =
            record;
        Some(Self { mechanisms, mechanism, cause, commit, deploy, entities, templates, shape })
    }
}

const VERSION: u8 = 1;

/// Version 1. Frozen.
#[derive(Serialize, Deserialize)]
struct RecordV1 {
    mechanisms: Vec<(String, f64)>,
    mechanism: Option<String>,
    cause: Option<String>,
    commit: Option<String>,
    deploy: Option<([u8; 16], i64, Option<String>)>,
    entities: Vec<(String, f64)>,
    templates: Vec<String>,
    shape: Vec<(u64, u32)>,
}

fn mechanism(cause: &Cause) -> Option<String> {
    cause.mechanism.clone().or_else(|| match &cause.kind {
        CauseKind::External { trigger } => Some(trigger.clone()),
        _ => None,
    })
}

fn mechanisms(causes: &[Cause]) -> Vec<(String, f64)> {
    let mut belief: BTreeMap<String, f64> = BTreeMap::new();
    for cause in causes.iter().take(MOST_MECHANISMS) {
        if let Some(name) = mechanism(cause) {
            *belief.entry(name).or_default() += cause.probability.value();
        }
    }
    let mut found: Vec<(String, f64)> = belief.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

/// The deploy that the cause is; for a commit the one that brought it where it did harm.
fn deploy(cause: &Cause, events: &BTreeMap<EventId, &Event>) -> Option<BlamedDeploy> {
    let is_deploy = |event: &&&Event| *event.source() == Source::Deploy;
    let on_the_way = cause.path.iter().filter_map(|step| events.get(&step.event?));
    let itself = cause.event.and_then(|id| events.get(&id)).filter(is_deploy);
    let event =
        itself.or_else(|| on_the_way.filter(is_deploy).min_by_key(|e| (e.timestamp(), e.id())));
    let event = event.or_else(|| {
        let CauseKind::Commit { sha, .. } = &cause.kind else { return None };
        let brought = events.values().filter(is_deploy);
        let brought =
            brought.filter(|event| event.attribute(attribute::COMMIT) == Some(sha.as_str()));
        brought.min_by_key(|event| (event.timestamp(), event.id()))
    })?;
    Some(BlamedDeploy {
        event: event.id(),
        time: event.timestamp(),
        entity: event.entity().map(|entity| entity.name.clone()),
    })
}

fn entities(analysis: &Analysis) -> Vec<(String, f64)> {
    let cause = analysis.top_cause().and_then(|cause| cause.entity.as_ref());
    let hurt = analysis.blast_radius.iter().map(|entity| (entity, 0.5));
    let ranked = analysis.entities.iter().map(|ranked| (&ranked.entity, ranked.share.value()));
    let mut weights: BTreeMap<String, f64> = BTreeMap::new();
    for (entity, weight) in analysis
        .first_failing
        .iter()
        .chain(cause)
        .map(|entity| (entity, 1.0))
        .chain(hurt)
        .chain(ranked.filter(|(_, share)| *share >= LEAST_SHARE))
    {
        let known = weights.entry(entity.name.to_lowercase()).or_default();
        *known = known.max(weight);
    }
    let mut found: Vec<(String, f64)> = weights.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(MOST_ENTITIES);
    found
}

fn templates(events: &BTreeMap<EventId, &Event>) -> Vec<String> {
    let mut scores: BTreeMap<String, f64> = BTreeMap::new();
    for event in events.values().filter(|event| *event.source() == Source::Logs) {
        let Some(Finding::LogShift(shift)) = Finding::from_event(event) else { continue };
        if shift.direction == Direction::Up {
            let template: String = shift.template.chars().take(TEMPLATE_CHARS).collect();
            let known = scores.entry(template).or_default();
            *known = known.max(shift.score);
        }
    }
    let mut found: Vec<(String, f64)> = scores.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(MOST_TEMPLATES);
    found.into_iter().map(|(template, _)| template).collect()
}

/// Templates quote logs, so they stay out of `Debug`.
impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fingerprint")
            .field("mechanisms", &self.mechanisms)
            .field("deploy", &self.deploy)
            .field("entities", &self.entities)
            .field("templates", &self.templates.len())
            .finish_non_exhaustive()
    }
}
