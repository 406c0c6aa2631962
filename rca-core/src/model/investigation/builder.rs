//! Opening an investigation.

use chrono::{DateTime, Utc};

use super::{Impact, Investigation, Priority, Status};
use crate::error::Result;
use crate::model::text::check_length;
use crate::model::{InvestigationId, Tag, Title};
use crate::time::{TimeRange, checked_nanos};

/// Makes an [`Investigation`]; checks when built.
#[derive(Debug, Clone)]
pub struct InvestigationBuilder {
    pub(super) title: String,
    pub(super) window: TimeRange,
    pub(super) detected_at: Option<DateTime<Utc>>,
    pub(super) description: String,
    pub(super) impact_severity: Impact,
    pub(super) priority: Priority,
    pub(super) component_affected: Option<String>,
    pub(super) service_affected: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) created_by: Option<String>,
    pub(super) assigned_to: Option<String>,
}

impl InvestigationBuilder {
    /// When somebody or something noticed; the end of the window unless said.
    #[must_use]
    pub fn with_detected_at(mut self, time: DateTime<Utc>) -> Self {
        self.detected_at = Some(time);
        self
    }

    /// What is known, in prose.
    #[must_use]
    pub fn with_description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// How much users are hurt.
    #[must_use]
    pub fn with_impact_severity(mut self, impact: Impact) -> Self {
        self.impact_severity = impact;
        self
    }

    /// What to work on first.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The component it is about.
    #[must_use]
    pub fn with_component(mut self, component: impl Into<String>) -> Self {
        self.component_affected = Some(component.into());
        self
    }

    /// The service it is about.
    #[must_use]
    pub fn with_service(mut self, service: impl Into<String>) -> Self {
        self.service_affected = Some(service.into());
        self
    }

    /// One label.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Who opens it.
    #[must_use]
    pub fn with_created_by(mut self, person: impl Into<String>) -> Self {
        self.created_by = Some(person.into());
        self
    }

    /// Who works on it.
    #[must_use]
    pub fn with_assigned_to(mut self, person: impl Into<String>) -> Self {
        self.assigned_to = Some(person.into());
        self
    }

    /// Checks all and makes the investigation. `now` is the record's time; `unique` tells apart two
    /// that were opened in the same millisecond with the same title.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for a blank title, an illegal tag, a text that is too long or
    /// a time that does not fit nanoseconds.
    pub fn build(self, now: DateTime<Utc>, unique: &[u8]) -> Result<Investigation> {
        let title = Title::new(&self.title)?;
        check_length("description", &self.description, Investigation::MAX_TEXT_CHARS)?;
        let detected_at = self.detected_at.unwrap_or(self.window.end);
        for time in [now, detected_at, self.window.start, self.window.end] {
            checked_nanos(time)?;
        }
        let seed = [title.as_str().as_bytes(), &[0], unique].concat();
        Ok(Investigation {
            id: InvestigationId::derive(now, &seed),
            title,
            description: self.description,
            status: Status::Open,
            impact_severity: self.impact_severity,
            priority: self.priority,
            detected_at,
            started_at: None,
            acknowledged_at: None,
            resolved_at: None,
            root_cause: None,
            remediation: None,
            lessons_learned: None,
            component_affected: self.component_affected,
            service_affected: self.service_affected,
            tags: self.tags.iter().map(Tag::new).collect::<Result<_>>()?,
            related: Vec::new(),
            notes: Vec::new(),
            hypotheses: Vec::new(),
            created_by: self.created_by,
            assigned_to: self.assigned_to,
            window: self.window,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            revision: 0,
        })
    }
}
