//! What a template can name: the record and the answer in words.

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Status;
use crate::report::View;
use crate::report::canvas::{Canvas, Person};
use crate::report::view::{CauseView, RuledOutView, TimelineView, moment, span};

/// The names that a template of a review can use. Texts are as people and systems wrote them; templates escape
/// what they print. What is not known is `none`, and false in `{% if %}`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReviewFacts {
    /// The title of the investigation, else what the alert says.
    pub title: String,
    /// The id of the investigation; `none` without a store.
    pub id: Option<String>,
    /// What is known, in prose; may be empty.
    pub description: String,
    /// `open`, `in progress`, `resolved`, `closed`.
    pub status: Option<String>,
    /// `low`, `medium`, `high`, `critical`.
    pub severity: Option<String>,
    /// `P0` to `P3`.
    pub priority: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Who had which part: `part`, `name`.
    pub people: Vec<Person>,
    /// When it began: as people recorded it, else as measured.
    pub began: Option<String>,
    /// When it was noticed.
    pub detected: Option<String>,
    /// When the system worked again.
    pub resolved: Option<String>,
    /// From began to detected, in words.
    pub time_to_detect: Option<String>,
    /// From began to resolved, in words.
    pub time_to_resolve: Option<String>,
    /// What it looked like.
    pub symptom: String,
    /// The answer in one sentence.
    pub headline: String,
    /// `label` and `value`: onset, what broke first, what else was hurt, the window.
    pub facts: Vec<Fact>,
    /// Who broke first.
    pub first_failing: Option<String>,
    /// Who else was hurt.
    pub affected: Vec<String>,
    /// Ranked causes: `title`, `probability`, `details`, `evidence_for` and `evidence_against` (`statement`, `weight`),
    /// `path`, `remediation`.
    pub causes: Vec<CauseView>,
    /// The chance that it is none of these, in words.
    pub none_of_these: String,
    /// Cleared suspects: `title`, `reasons`.
    pub ruled_out: Vec<RuledOutView>,
    /// Moments in order of time: `time`, `place`, `what`.
    pub timeline: Vec<TimelineView>,
    /// What was read, and what was missing.
    pub inputs: Vec<String>,
    /// The cause that people settled on.
    pub root_cause: Option<String>,
    /// What made it better.
    pub remediation: Option<String>,
    /// What to do differently.
    pub lessons_learned: Option<String>,
    /// What people suspect: `text`, `state` (`proposed`, `supported`, `refuted`), `author`.
    pub hypotheses: Vec<HypothesisFact>,
    /// Notes of no kind below, oldest first: `time`, `author`, `text`.
    pub notes: Vec<NoteFact>,
    /// Notes that begin with `impact:`, without the word.
    pub impact: Vec<NoteFact>,
    /// Notes that begin with `factor:`.
    pub factors: Vec<NoteFact>,
    /// Notes that begin with `went well:`.
    pub went_well: Vec<NoteFact>,
    /// Notes that begin with `action:`.
    pub actions: Vec<NoteFact>,
}

/// A fact in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fact {
    /// `Began`, `Broke first`, `Also hurt`, `Looked at`.
    pub label: String,
    /// What is known of it.
    pub value: String,
}

/// A note in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoteFact {
    /// When it was written.
    pub time: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// What it says.
    pub text: String,
}

/// A hypothesis in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HypothesisFact {
    /// What is suspected.
    pub text: String,
    /// How it stands.
    pub state: String,
    /// Who suspects it.
    pub author: Option<String>,
}

impl ReviewFacts {
    /// What a canvas knows.
    #[must_use]
    pub fn of(canvas: &Canvas) -> Self {
        let view = View::of(&canvas.analysis);
        let case = &canvas.case;
        let began =
            case.started_at.or_else(|| canvas.analysis.onset.as_ref().map(|onset| onset.time));
        let mut facts = Self {
            title: case.title.clone(),
            id: case.id.map(|id| id.to_string()),
            description: case.description.clone(),
            status: case.status.map(words_of),
            severity: case.severity.map(|severity| severity.to_string()),
            priority: case.priority.map(|priority| format!("{priority:?}")),
            tags: case.tags.clone(),
            people: case.people.clone(),
            began: began.map(moment),
            detected: case.detected_at.map(moment),
            resolved: case.resolved_at.map(moment),
            time_to_detect: lasted(began, case.detected_at),
            time_to_resolve: lasted(began, case.resolved_at),
            symptom: view.symptom,
            headline: view.headline,
            facts: view.facts.into_iter().map(|(label, value)| Fact { label, value }).collect(),
            first_failing: canvas.analysis.first_failing.as_ref().map(ToString::to_string),
            affected: canvas.analysis.blast_radius.iter().map(ToString::to_string).collect(),
            causes: view.causes,
            none_of_these: view.none_of_these,
            ruled_out: view.ruled_out,
            timeline: view.timeline,
            inputs: view.inputs,
            root_cause: case.root_cause.clone(),
            remediation: case.remediation.clone(),
            lessons_learned: case.lessons_learned.clone(),
            hypotheses: canvas
                .hypotheses
                .iter()
                .map(|hypothesis| HypothesisFact {
                    text: hypothesis.text.clone(),
                    state: hypothesis.state.as_str().to_owned(),
                    author: hypothesis.author.clone(),
                })
                .collect(),
            notes: Vec::new(),
            impact: Vec::new(),
            factors: Vec::new(),
            went_well: Vec::new(),
            actions: Vec::new(),
        };
        for note in &canvas.notes {
            facts.add(NoteFact {
                time: moment(note.time),
                author: note.author.clone(),
                text: note.text.clone(),
            });
        }
        facts
    }

    /// Puts a note where its first word says.
    fn add(&mut self, mut note: NoteFact) {
        let (list, text) = match note.text.split_once(':') {
            Some((kind, rest)) => match kind.trim().to_ascii_lowercase().as_str() {
                "impact" => (&mut self.impact, rest.trim()),
                "factor" | "contributing factor" => (&mut self.factors, rest.trim()),
                "went well" | "what went well" => (&mut self.went_well, rest.trim()),
                "action" | "action item" => (&mut self.actions, rest.trim()),
                _ => (&mut self.notes, note.text.as_str()),
            },
            None => (&mut self.notes, note.text.as_str()),
        };
        let text = text.to_owned();
        note.text = text;
        list.push(note);
    }
}

/// How long from one to the other; nothing when it ran backwards.
fn lasted(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<String> {
    let lasted = to? - from?;
    (lasted >= Duration::zero()).then(|| span(lasted))
}

fn words_of(status: Status) -> String {
    status.as_str().replace('_', " ")
}
