//! Investigations, their notes and links.

use chrono::{DateTime, Utc};
use rca_core::linker::Explanation;
use rca_core::model::{EventId, Impact, Investigation, InvestigationId, Priority, Tag};
use rca_core::store::Deleted;
use rca_core::time::TimeRange;
use rca_core::{Relinked, Result, Workspace};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::events::Documents;
use crate::{json, parsed};

/// The fields of a new investigation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    title: String,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    detected_at: Option<DateTime<Utc>>,
    description: Option<String>,
    impact_severity: Option<Impact>,
    priority: Option<Priority>,
    component: Option<String>,
    service: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    created_by: Option<String>,
    assigned_to: Option<String>,
}

fn open(workspace: &Workspace, draft: Draft) -> Result<Investigation> {
    let window = TimeRange::new(draft.start, draft.end)?;
    let mut case = Investigation::builder(&draft.title, window);
    if let Some(time) = draft.detected_at {
        case = case.with_detected_at(time);
    }
    if let Some(text) = draft.description {
        case = case.with_description(text);
    }
    if let Some(impact) = draft.impact_severity {
        case = case.with_impact_severity(impact);
    }
    if let Some(priority) = draft.priority {
        case = case.with_priority(priority);
    }
    if let Some(name) = draft.component {
        case = case.with_component(name);
    }
    if let Some(name) = draft.service {
        case = case.with_service(name);
    }
    if let Some(person) = draft.created_by {
        case = case.with_created_by(person);
    }
    if let Some(person) = draft.assigned_to {
        case = case.with_assigned_to(person);
    }
    case = draft.tags.into_iter().fold(case, |case, tag| case.with_tag(tag));
    workspace.open_investigation(case)
}

/// Changes of an investigation. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Changes {
    title: Option<String>,
    description: Option<String>,
    impact_severity: Option<Impact>,
    priority: Option<Priority>,
    #[serde(deserialize_with = "given")]
    started_at: Option<Option<DateTime<Utc>>>,
    #[serde(deserialize_with = "given")]
    assigned_to: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    service_affected: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    component_affected: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    root_cause: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    remediation: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    lessons_learned: Option<Option<String>>,
    add_tags: Vec<String>,
    remove_tags: Vec<String>,
    /// The revision that was seen; a conflict when there is a newer one.
    revision: Option<u64>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Changes {
    fn apply(&self, case: &mut Investigation) -> Result<()> {
        if let Some(title) = &self.title {
            case.set_title(title.parse()?);
        }
        if let Some(text) = &self.description {
            case.set_description(text.clone())?;
        }
        if let Some(impact) = self.impact_severity {
            case.set_impact_severity(impact);
        }
        if let Some(priority) = self.priority {
            case.set_priority(priority);
        }
        if let Some(time) = self.started_at {
            case.set_started_at(time);
        }
        if let Some(person) = &self.assigned_to {
            case.set_assigned_to(person.clone());
        }
        if let Some(name) = &self.service_affected {
            case.set_service_affected(name.clone());
        }
        if let Some(name) = &self.component_affected {
            case.set_component_affected(name.clone());
        }
        if let Some(text) = &self.root_cause {
            case.set_root_cause(text.clone())?;
        }
        if let Some(text) = &self.remediation {
            case.set_remediation(text.clone())?;
        }
        if let Some(text) = &self.lessons_learned {
            case.set_lessons_learned(text.clone())?;
        }
        for tag in &self.add_tags {
            case.add_tag(Tag::new(tag)?);
        }
        for tag in &self.remove_tags {
            case.remove_tag(&Tag::new(tag)?);
        }
        Ok(())
    }
}

/// Opens an investigation from its fields.
///
/// # Errors
///
/// As [`Workspace::open_investigation`].
pub fn investigate(workspace: &Workspace, draft: &str) -> Result<String> {
    json(&open(workspace, parsed("investigation", draft)?)?)
}

/// All investigations, newest first.
///
/// # Errors
///
/// As [`Workspace::investigations`].
pub fn investigations(workspace: &Workspace, deleted: bool) -> Result<Documents> {
    let deleted = if deleted { Deleted::Show } else { Deleted::Hide };
    Ok(Box::new(workspace.investigations(deleted)?.into_iter().map(|case| json(&case))))
}

/// Changes the fields that are named; null empties one. With `revision` only that revision is changed.
///
/// # Errors
///
/// As [`Workspace::update_investigation_at`].
pub fn update(workspace: &Workspace, id: InvestigationId, changes: &str) -> Result<String> {
    let changes: Changes = parsed("changes", changes)?;
    json(&match changes.revision {
        Some(seen) => workspace.update_investigation_at(id, seen, |case| changes.apply(case))?,
        None => workspace.update_investigation(id, |case| changes.apply(case))?,
    })
}

/// Writes an investigation that the caller read and changed.
///
/// # Errors
///
/// As [`Workspace::replace_investigation`].
pub fn replace(workspace: &Workspace, case: &str) -> Result<String> {
    json(&workspace.replace_investigation(&parsed("investigation", case)?)?)
}

/// What deciding anew about links did.
#[must_use]
pub fn relinked(done: &Relinked) -> serde_json::Value {
    json!({"linked": done.linked, "suggested": done.suggested, "dropped": done.dropped})
}

/// What the rules say about an event and an investigation.
#[must_use]
pub fn explained(said: &Explanation) -> serde_json::Value {
    json!({"confidence": said.confidence, "kind": said.kind, "reasons": said.reasons})
}

/// The ids of an event and an investigation.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for texts that are none.
pub fn ids(event: &str, case: &str) -> Result<(EventId, InvestigationId)> {
    Ok((event.parse()?, case.parse()?))
}
