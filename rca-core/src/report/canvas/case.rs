//! The head of the page: title, state, times, people.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Subject;
use crate::model::{
    Alert, Event, Impact, Investigation, InvestigationId, Priority, Severity, Status,
};

/// What is known of the incident apart from its cause.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// The investigation; none without a store.
    pub id: Option<InvestigationId>,
    /// How often its record was changed before this page was made; none without a store.
    #[serde(default)]
    pub revision: Option<u64>,
    /// Its title, else what the alert says.
    pub title: String,
    /// What is known, in prose.
    #[serde(default)]
    pub description: String,
    /// Where in its life it is; none without a store.
    pub status: Option<Status>,
    /// How much users are hurt, else how bad the alerts say it is.
    pub severity: Option<Severity>,
    /// What to work on first; none without a store.
    pub priority: Option<Priority>,
    /// When somebody or something noticed.
    pub detected_at: Option<DateTime<Utc>>,
    /// When people say it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the system worked again.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Who works on it.
    pub people: Vec<Person>,
    /// Labels.
    pub tags: Vec<String>,
    /// The cause that people settled on.
    pub root_cause: Option<String>,
    /// What made it better.
    pub remediation: Option<String>,
    /// What to do differently.
    pub lessons_learned: Option<String>,
}

/// Somebody and their part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// `opened by`, `assigned to`, `wrote notes`.
    pub part: String,
    /// The name.
    pub name: String,
}

impl Case {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        match subject.case {
            Some(case) => Self::recorded(case),
            None => Self::read(subject),
        }
    }

    fn recorded(case: &Investigation) -> Self {
        Self {
            id: Some(case.id()),
            revision: Some(case.revision()),
            title: case.title().to_owned(),
            description: case.description().to_owned(),
            status: Some(case.status()),
            severity: Some(match case.impact_severity() {
                Impact::Low => Severity::Low,
                Impact::Medium => Severity::Medium,
                Impact::High => Severity::High,
                Impact::Critical => Severity::Critical,
            }),
            priority: Some(case.priority()),
            detected_at: Some(case.detected_at()),
            started_at: case.started_at(),
            resolved_at: case.resolved_at(),
            people: people(case),
            tags: case.tags().iter().map(ToString::to_string).collect(),
            root_cause: case.root_cause().map(str::to_owned),
            remediation: case.remediation().map(str::to_owned),
            lessons_learned: case.lessons_learned().map(str::to_owned),
        }
    }

    fn read(subject: &Subject<'_>) -> Self {
        let alerts: Vec<(&Event, Alert)> = subject
            .events
            .iter()
            .filter_map(|event| Some((event, Alert::from_event(event)?)))
            .collect();
        let symptom = subject.analysis.symptom.lines().next().unwrap_or_default();
        Self {
            title: if symptom.is_empty() { "Root cause analysis" } else { symptom }.to_owned(),
            severity: alerts.iter().map(|(event, _)| event.severity()).max(),
            detected_at: alerts.iter().map(|(_, alert)| alert.fired_at).min(),
            ..Self::default()
        }
    }
}

fn people(case: &Investigation) -> Vec<Person> {
    let person = |part: &str, name: &str| Person { part: part.to_owned(), name: name.to_owned() };
    let mut people = Vec::new();
    people.extend(case.created_by().map(|name| person("opened by", name)));
    people.extend(case.assigned_to().map(|name| person("assigned to", name)));
    for name in case.notes().iter().filter_map(|note| note.author.as_deref()) {
        let writer = person("wrote notes", name);
        if !people.contains(&writer) {
            people.push(writer);
        }
    }
    people
}
