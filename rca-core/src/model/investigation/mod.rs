//! Investigations: one incident under study.

mod builder;
mod status;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use builder::InvestigationBuilder;
pub use status::{Impact, Priority, Status};

use crate::error::{Error, Result};
use crate::model::text::check_length;
use crate::model::{
    About, EventId, FieldChange, Hypothesis, HypothesisId, InvestigationId, Note, Relation, Tag,
    Title, changes,
};
use crate::time::{TimeRange, settled};

/// One incident under study. Made with [`Investigation::builder`], changed through a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Investigation {
    pub(crate) id: InvestigationId,
    pub(crate) title: Title,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default)]
    pub(crate) impact_severity: Impact,
    #[serde(default)]
    pub(crate) priority: Priority,
    pub(crate) detected_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) started_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) acknowledged_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) resolved_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) root_cause: Option<String>,
    #[serde(default)]
    pub(crate) remediation: Option<String>,
    #[serde(default)]
    pub(crate) lessons_learned: Option<String>,
    #[serde(default)]
    pub(crate) component_affected: Option<String>,
    #[serde(default)]
    pub(crate) service_affected: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeSet<Tag>,
    #[serde(default)]
    pub(crate) related: Vec<Relation>,
    #[serde(default)]
    pub(crate) notes: Vec<Note>,
    #[serde(default)]
    pub(crate) hypotheses: Vec<Hypothesis>,
    #[serde(default)]
    pub(crate) created_by: Option<String>,
    #[serde(default)]
    pub(crate) assigned_to: Option<String>,
    pub(crate) window: TimeRange,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    #[serde(default)]
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Counts changes; a write with an older revision is a conflict.
    #[serde(default)]
    pub(crate) revision: u64,
}

impl Investigation {
    /// Longest root cause, remediation, lessons learned and description, in characters.
    pub const MAX_TEXT_CHARS: usize = 2000;

    /// Starts an investigation of what happened in a window of time.
    #[must_use]
    pub fn builder(title: &str, window: TimeRange) -> InvestigationBuilder {
        InvestigationBuilder {
            title: title.to_owned(),
            window,
            detected_at: None,
            description: String::new(),
            impact_severity: Impact::default(),
            priority: Priority::default(),
            component_affected: None,
            service_affected: None,
            tags: Vec::new(),
            created_by: None,
            assigned_to: None,
        }
    }

    /// Identity.
    #[must_use]
    pub fn id(&self) -> InvestigationId {
        self.id
    }

    /// One line for people.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_str()
    }

    /// What is known, in prose.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where in its life it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// How much users are hurt.
    #[must_use]
    pub fn impact_severity(&self) -> Impact {
        self.impact_severity
    }

    /// What to work on first.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// When somebody or something noticed.
    #[must_use]
    pub fn detected_at(&self) -> DateTime<Utc> {
        self.detected_at
    }

    /// When it began, as far as is known.
    #[must_use]
    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// When somebody first began to work on it; reopening does not change it.
    #[must_use]
    pub fn acknowledged_at(&self) -> Option<DateTime<Utc>> {
        self.acknowledged_at
    }

    /// When the system worked again.
    #[must_use]
    pub fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.resolved_at
    }

    /// The cause that people settled on.
    #[must_use]
    pub fn root_cause(&self) -> Option<&str> {
        self.root_cause.as_deref()
    }

    /// What made it better.
    #[must_use]
    pub fn remediation(&self) -> Option<&str> {
        self.remediation.as_deref()
    }

    /// What to do differently.
    #[must_use]
    pub fn lessons_learned(&self) -> Option<&str> {
        self.lessons_learned.as_deref()
    }

    /// The component it is about.
    #[must_use]
    pub fn component_affected(&self) -> Option<&str> {
        self.component_affected.as_deref()
    }

    /// The service it is about.
    #[must_use]
    pub fn service_affected(&self) -> Option<&str> {
        self.service_affected.as_deref()
    }

    /// Labels.
    #[must_use]
    pub fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// Investigations that are related, or may be; the relation is mutual. By id.
    pub fn related(&self) -> impl Iterator<Item = InvestigationId> {
        self.related.iter().filter(|relation| relation.kind.holds()).map(|r| r.investigation)
    }

    /// What is known of other investigations: which are related and why, and which are not. By id.
    #[must_use]
    pub fn relations(&self) -> &[Relation] {
        &self.related
    }

    /// Notes, oldest first.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What is suspected, oldest first.
    #[must_use]
    pub fn hypotheses(&self) -> &[Hypothesis] {
        &self.hypotheses
    }

    /// One hypothesis.
    #[must_use]
    pub fn hypothesis(&self, id: HypothesisId) -> Option<&Hypothesis> {
        self.hypotheses.iter().find(|hypothesis| hypothesis.id == id)
    }

    /// Who opened it.
    #[must_use]
    pub fn created_by(&self) -> Option<&str> {
        self.created_by.as_deref()
    }

    /// Who works on it.
    #[must_use]
    pub fn assigned_to(&self) -> Option<&str> {
        self.assigned_to.as_deref()
    }

    /// The time under study.
    #[must_use]
    pub fn window(&self) -> TimeRange {
        self.window
    }

    /// When the record was made.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When the record last changed.
    #[must_use]
    pub fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    /// When it was removed, if it was; it can be restored.
    #[must_use]
    pub fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.deleted_at
    }

    /// How often the record changed.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Moves through the life of an investigation; resolving notes the time.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Conflict`] for a move that is not legal (see [`Status`]).
    pub fn set_status(&mut self, to: Status, now: DateTime<Utc>) -> Result<()> {
        if !self.status.can_become(to) {
            return Err(Error::IllegalStatus { from: self.status, to });
        }
        match to {
            Status::Resolved => self.resolved_at = self.resolved_at.or(Some(now)),
            Status::Open | Status::InProgress => self.resolved_at = None,
            Status::Closed => {}
        }
        if to == Status::InProgress {
            self.acknowledged_at = self.acknowledged_at.or(Some(now));
        }
        self.status = to;
        Ok(())
    }

    /// Sets the title.
    pub fn set_title(&mut self, title: Title) {
        self.title = title;
    }

    /// Sets how much users are hurt.
    pub fn set_impact_severity(&mut self, impact: Impact) {
        self.impact_severity = impact;
    }

    /// Sets the priority.
    pub fn set_priority(&mut self, priority: Priority) {
        self.priority = priority;
    }

    /// Sets when it began.
    pub fn set_started_at(&mut self, time: Option<DateTime<Utc>>) {
        self.started_at = time;
    }

    /// Sets who works on it.
    pub fn set_assigned_to(&mut self, person: Option<String>) {
        self.assigned_to = person;
    }

    /// Sets the service it is about.
    pub fn set_service_affected(&mut self, service: Option<String>) {
        self.service_affected = service;
    }

    /// Sets the component it is about.
    pub fn set_component_affected(&mut self, component: Option<String>) {
        self.component_affected = component;
    }

    /// Adds a label.
    pub fn add_tag(&mut self, tag: Tag) {
        self.tags.insert(tag);
    }

    /// Removes a label; says whether it was there.
    pub fn remove_tag(&mut self, tag: &Tag) -> bool {
        self.tags.remove(tag)
    }

    /// What makes `new` of this one, field by field; revision and time of change left out.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Internal`] when one of them can't be written as JSON.
    pub fn differences(&self, new: &Self) -> Result<Vec<FieldChange>> {
        changes(self, new)
    }

    /// The events that notes, hypotheses and evidence are about.
    pub(crate) fn events_named(&self) -> impl Iterator<Item = EventId> {
        let evidence = self.hypotheses.iter().flat_map(|one| one.evidence.iter().map(|a| &a.about));
        let notes = self.notes.iter().map(|note| &note.about);
        notes
            .chain(self.hypotheses.iter().map(|one| &one.about))
            .chain(evidence)
            .flat_map(About::events)
    }

    /// Puts notes, hypotheses, their evidence and relations in the order that readers expect, and times into the form
    /// that records keep.
    pub(crate) fn put_in_order(&mut self) {
        self.settle_times();
        self.notes.sort_by_key(|note| (note.time, note.id));
        self.hypotheses.sort_by_key(|hypothesis| (hypothesis.time, hypothesis.id));
        for hypothesis in &mut self.hypotheses {
            hypothesis.evidence.sort_by_key(|argument| (argument.time, argument.id));
        }
        self.related.sort_by_key(|relation| relation.investigation);
    }

    fn settle_times(&mut self) {
        let argued = self.hypotheses.iter_mut().flat_map(|one| {
            std::iter::once(&mut one.time).chain(one.evidence.iter_mut().map(|e| &mut e.time))
        });
        let ends = [&mut self.window.start, &mut self.window.end];
        let stamps = [&mut self.detected_at, &mut self.created_at, &mut self.updated_at];
        let known = [&mut self.started_at, &mut self.acknowledged_at, &mut self.resolved_at];
        ends.into_iter()
            .chain(stamps)
            .chain(known.into_iter().chain([&mut self.deleted_at]).flatten())
            .chain(self.notes.iter_mut().map(|note| &mut note.time))
            .chain(argued)
            .chain(self.related.iter_mut().map(|relation| &mut relation.time))
            .for_each(|time| *time = settled(*time));
    }

    /// Checks the texts that readers of documents would otherwise take in unchecked.
    pub(crate) fn check(&self) -> Result<()> {
        let texts = [
            ("description", Some(&self.description)),
            ("root_cause", self.root_cause.as_ref()),
            ("remediation", self.remediation.as_ref()),
            ("lessons_learned", self.lessons_learned.as_ref()),
        ];
        for (field, text) in texts {
            text.map_or(Ok(()), |text| check_length(field, text, Self::MAX_TEXT_CHARS))?;
        }
        self.notes.iter().try_for_each(|note| Note::check_text(&note.text))?;
        self.hypotheses.iter().try_for_each(Hypothesis::check)?;
        self.related.iter().try_for_each(Relation::check)
    }

    /// Sets the description.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] over [`Self::MAX_TEXT_CHARS`].
    pub fn set_description(&mut self, text: String) -> Result<()> {
        check_length("description", &text, Self::MAX_TEXT_CHARS)?;
        self.description = text;
        Ok(())
    }

    /// Sets the cause that people settled on.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] over [`Self::MAX_TEXT_CHARS`].
    pub fn set_root_cause(&mut self, text: Option<String>) -> Result<()> {
        self.root_cause = checked("root_cause", text)?;
        Ok(())
    }

    /// Sets what made it better.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] over [`Self::MAX_TEXT_CHARS`].
    pub fn set_remediation(&mut self, text: Option<String>) -> Result<()> {
        self.remediation = checked("remediation", text)?;
        Ok(())
    }

    /// Sets what to do differently.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] over [`Self::MAX_TEXT_CHARS`].
    pub fn set_lessons_learned(&mut self, text: Option<String>) -> Result<()> {
        self.lessons_learned = checked("lessons_learned", text)?;
        Ok(())
    }
}

fn checked(field: &'static str, text: Option<String>) -> Result<Option<String>> {
    if let Some(text) = &text {
        check_length(field, text, Investigation::MAX_TEXT_CHARS)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Investigation {
        let window = TimeRange::new(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH).unwrap();
        Investigation::builder("slow checkout", window).build(DateTime::UNIX_EPOCH, b"1").unwrap()
    }

    #[test]
    fn only_legal_moves_are_made() {
        let mut case = case();
        let now = DateTime::from_timestamp(9, 0).unwrap();
        assert!(matches!(case.set_status(Status::Resolved, now), Err(Error::IllegalStatus { .. })));
        case.set_status(Status::InProgress, now).unwrap();
        case.set_status(Status::Resolved, now).unwrap();
        assert_eq!((case.acknowledged_at(), case.resolved_at()), (Some(now), Some(now)));
        case.set_status(Status::InProgress, now + chrono::Duration::hours(1)).unwrap();
        assert_eq!(case.acknowledged_at(), Some(now), "the first time counts");
        assert_eq!(case.resolved_at(), None, "reopened");
    }

    #[test]
    fn long_texts_are_refused_by_characters() {
        assert!(case().set_root_cause(Some("ä".repeat(2000))).is_ok());
        let error = case().set_root_cause(Some("ä".repeat(2001))).unwrap_err();
        assert!(error.to_string().contains("root_cause: 2001 characters"));
    }

    #[test]
    fn json_reads_back() {
        let json = serde_json::to_string(&case()).unwrap();
        assert_eq!(serde_json::from_str::<Investigation>(&json).unwrap(), case());
    }
}
