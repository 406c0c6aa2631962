//! Investigations, their notes and links.

use chrono::{DateTime, Utc};
use pyo3::prelude::*;
use rca_core::model::{EventId, Impact, Investigation, InvestigationId, Priority, Status, Tag};
use rca_core::store::Deleted;
use rca_core::time::TimeRange;
use rca_core::{Result, Workspace};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::encode::{self, parsed};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

/// The fields of a new investigation.
#[derive(Deserialize)]
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

#[pymethods]
impl PyWorkspace {
    fn investigate(&self, py: Python<'_>, draft: String) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| encode::json(&open(&workspace, parsed("investigation", &draft)?)?))
    }

    fn investigation(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.investigation(id)?))
    }

    fn investigations(&self, py: Python<'_>, deleted: bool) -> PyResult<String> {
        let workspace = self.get(py)?;
        let deleted = if deleted { Deleted::Show } else { Deleted::Hide };
        brief(py, move || encode::json(&workspace.investigations(deleted)?))
    }

    fn update_investigation(&self, py: Python<'_>, id: &str, changes: String) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || {
            let changes: Changes = parsed("changes", &changes)?;
            encode::json(&workspace.update_investigation(id, |case| changes.apply(case))?)
        })
    }

    fn set_status(&self, py: Python<'_>, id: &str, status: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let status: Status = encode::word(py, "status", status)?;
        brief(py, move || encode::json(&workspace.set_status(id, status)?))
    }

    #[pyo3(signature = (id, text, *, author, event))]
    fn add_note(
        &self,
        py: Python<'_>,
        id: &str,
        text: String,
        author: Option<String>,
        event: Option<&str>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let event = event.map(|event| encode::id(py, event)).transpose()?;
        brief(py, move || encode::json(&workspace.add_note(id, author.as_deref(), &text, event)?))
    }

    fn relate(&self, py: Python<'_>, a: &str, b: &str) -> PyResult<()> {
        let workspace = self.get(py)?;
        let (a, b) = (encode::id(py, a)?, encode::id(py, b)?);
        brief(py, move || workspace.relate(a, b))
    }

    fn unrelate(&self, py: Python<'_>, a: &str, b: &str) -> PyResult<()> {
        let workspace = self.get(py)?;
        let (a, b) = (encode::id(py, a)?, encode::id(py, b)?);
        brief(py, move || workspace.unrelate(a, b))
    }

    fn delete_investigation(&self, py: Python<'_>, id: &str) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || workspace.delete_investigation(id))
    }

    fn restore_investigation(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.restore_investigation(id)?))
    }

    fn link(
        &self,
        py: Python<'_>,
        event: &str,
        investigation: &str,
        person: Option<String>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        let (event, case) = ids(py, event, investigation)?;
        brief(py, move || encode::json(&workspace.link(event, case, person.as_deref())?))
    }

    fn unlink(
        &self,
        py: Python<'_>,
        event: &str,
        investigation: &str,
        person: Option<String>,
    ) -> PyResult<String> {
        let workspace = self.get(py)?;
        let (event, case) = ids(py, event, investigation)?;
        brief(py, move || encode::json(&workspace.unlink(event, case, person.as_deref())?))
    }

    fn links(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.links(id)?))
    }

    fn linked_events(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.linked_events(id)?))
    }

    fn relink(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| {
            let done = workspace.relink(id)?;
            encode::json(&json!({
                "linked": done.linked, "suggested": done.suggested, "dropped": done.dropped,
            }))
        })
    }

    fn explain_link(&self, py: Python<'_>, event: &str, investigation: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        let (event, case) = ids(py, event, investigation)?;
        brief(py, move || {
            let said = workspace.explain_link(event, case)?;
            encode::json(&json!({
                "confidence": said.confidence, "kind": said.kind, "reasons": said.reasons,
            }))
        })
    }
}

fn ids(py: Python<'_>, event: &str, case: &str) -> PyResult<(EventId, InvestigationId)> {
    Ok((encode::id(py, event)?, encode::id(py, case)?))
}
