//! Investigations, their notes and links.

use pyo3::prelude::*;
use rca_core::model::{EventId, InvestigationId, Status};
use rca_json::cases;

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    fn investigate(&self, py: Python<'_>, draft: String) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| cases::investigate(&workspace, &draft))
    }

    fn investigation(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.investigation(id)?))
    }

    fn investigations(&self, py: Python<'_>, deleted: bool) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || encode::list(cases::investigations(&workspace, deleted)?))
    }

    fn update_investigation(&self, py: Python<'_>, id: &str, changes: String) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, || cases::update(&workspace, id, &changes))
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

    fn relate(
        &self,
        py: Python<'_>,
        a: &str,
        b: &str,
        person: Option<String>,
        reasons: Vec<String>,
    ) -> PyResult<()> {
        let workspace = self.get(py)?;
        let (a, b) = (encode::id(py, a)?, encode::id(py, b)?);
        let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
        brief(py, || workspace.relate_because(a, b, person.as_deref(), &reasons))
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
        long(py, None, move |_| encode::json(&cases::relinked(&workspace.relink(id)?)))
    }

    fn explain_link(&self, py: Python<'_>, event: &str, investigation: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        let (event, case) = ids(py, event, investigation)?;
        brief(py, || encode::json(&cases::explained(&workspace.explain_link(event, case)?)))
    }
}

fn ids(py: Python<'_>, event: &str, case: &str) -> PyResult<(EventId, InvestigationId)> {
    Ok((encode::id(py, event)?, encode::id(py, case)?))
}
