//! What the library said of an incident, in the words of the sets.

use rca_core::model::{Analysis, Cause, CauseKind, Verdict};
use serde::Serialize;

use crate::accuracy::incidents::Incident;

/// "No commit is guilty", as an answer.
pub const NONE: &str = "none";

/// A ranked answer and how sure the library is of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The set.
    pub set: String,
    /// System or repository.
    pub group: String,
    /// The incident.
    pub id: String,
    /// What is said first: a commit, `none`, or an entity.
    pub first: String,
    /// The probability that it is right.
    pub probability: f64,
    /// Candidates with their probabilities, most probable first.
    #[serde(skip)]
    pub ranking: Vec<(String, f64)>,
    /// The probability that none of the candidates is right.
    pub rest: f64,
    /// Probabilities of what is no candidate here (an outside trigger, a flag), then of "none of these".
    #[serde(skip)]
    pub others: Vec<f64>,
    /// In one word.
    pub verdict: Verdict,
}

impl Answer {
    /// The answer to the question of the incident's set.
    #[must_use]
    pub fn of(incident: &Incident, analysis: &Analysis) -> Self {
        let commits = incident.set.asks_for_commits();
        let ranking: Vec<(String, f64)> = if commits {
            analysis.causes.iter().filter_map(commit).collect()
        } else {
            let entities = analysis.entities.iter();
            entities.map(|e| (e.entity.name.clone(), e.probability.value())).collect()
        };
        let mut others: Vec<f64> = Vec::new();
        if commits {
            let causes = analysis.causes.iter().filter(|cause| commit(cause).is_none());
            others.extend(causes.map(|cause| cause.probability.value()));
            others.push(analysis.none_of_these.value());
        }
        let rest = (1.0 - ranking.iter().map(|(_, p)| p).sum::<f64>()).max(0.0);
        let named = match incident.set {
            // Here "nobody's commit" is one of the answers.
            crate::accuracy::incidents::Set::Rootcausebench => {
                analysis.top_cause().and_then(commit).or(Some((NONE.to_owned(), rest)))
            }
            _ => ranking.first().cloned(),
        };
        let (first, probability) = named.unwrap_or_default();
        Self {
            set: incident.set.name(),
            group: incident.group.clone(),
            id: incident.id.clone(),
            first,
            probability,
            rest,
            verdict: analysis.verdict,
            others,
            ranking,
        }
    }
}

impl Answer {
    /// What somebody else said, without probabilities.
    #[must_use]
    pub fn ranked(incident: &Incident, names: Vec<String>) -> Self {
        Self {
            set: incident.set.name(),
            group: incident.group.clone(),
            id: incident.id.clone(),
            first: names.first().cloned().unwrap_or_default(),
            probability: 0.0,
            ranking: names.into_iter().map(|name| (name, 0.0)).collect(),
            rest: 0.0,
            others: Vec::new(),
            verdict: Verdict::Entity,
        }
    }
}

fn commit(cause: &Cause) -> Option<(String, f64)> {
    match &cause.kind {
        CauseKind::Commit { sha, .. } => Some((sha.clone(), cause.probability.value())),
        _ => None,
    }
}
