//! The record of an investigation: hypotheses, history, documents, and past investigations that resemble it.

use pyo3::prelude::*;
use rca_core::model::{HypothesisState, NoteId};
use rca_json::record;

use crate::encode;
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    /// The same workspace in somebody's hands; both have to be closed.
    fn acting_as(&self, py: Python<'_>, name: &str, role: &str) -> PyResult<Self> {
        let workspace = self.get(py)?;
        let acting = brief(py, || record::acting_as(&workspace, name, role))?;
        Ok(Self::of(acting))
    }

    fn edit_note(
        &self,
        py: Python<'_>,
        id: &str,
        note: &str,
        text: String,
        author: Option<String>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let note: NoteId = encode::id(py, note)?;
        brief(py, move || encode::json(&workspace.edit_note(id, note, author.as_deref(), &text)?))
    }

    fn remove_note(
        &self,
        py: Python<'_>,
        id: &str,
        note: &str,
        author: Option<String>,
    ) -> PyResult<()> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let note: NoteId = encode::id(py, note)?;
        brief(py, move || workspace.remove_note(id, note, author.as_deref()))
    }

    fn assign(&self, py: Python<'_>, id: &str, person: Option<String>) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.assign(id, person.as_deref())?))
    }

    fn tag(&self, py: Python<'_>, id: &str, tag: String, put: bool) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || {
            let case = if put { workspace.tag(id, &tag) } else { workspace.untag(id, &tag) };
            encode::json(&case?)
        })
    }

    fn propose(
        &self,
        py: Python<'_>,
        id: &str,
        text: String,
        author: Option<String>,
        about: &str,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, || record::propose(&workspace, id, &text, author.as_deref(), Some(about)))
    }

    fn propose_from_analysis(&self, py: Python<'_>, id: &str, at_least: f64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| record::propose_from_analysis(&workspace, id, at_least))
    }

    fn edit_hypothesis(
        &self,
        py: Python<'_>,
        id: &str,
        hypothesis: &str,
        text: Option<String>,
        state: Option<&str>,
        author: Option<String>,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let hypothesis = encode::id(py, hypothesis)?;
        let state: Option<HypothesisState> =
            state.map(|state| encode::word(py, "state", state)).transpose()?;
        brief(py, move || {
            let author = author.as_deref();
            let mut found = None;
            if let Some(text) = text {
                found = Some(workspace.edit_hypothesis(id, hypothesis, author, &text)?);
            }
            if let Some(state) = state {
                found = Some(workspace.set_hypothesis(id, hypothesis, author, state)?);
            }
            encode::json(&found)
        })
    }

    fn add_evidence(
        &self,
        py: Python<'_>,
        id: &str,
        hypothesis: &str,
        side: &str,
        text: String,
        author: Option<String>,
        about: &str,
    ) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        let hypothesis = encode::id(py, hypothesis)?;
        brief(py, || {
            let author = author.as_deref();
            record::add_evidence(&workspace, id, hypothesis, side, &text, author, Some(about))
        })
    }

    /// Takes in what people wrote in the page.
    fn import_edits(&self, py: Python<'_>, id: &str, edits: String) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| record::import_edits(&workspace, id, &edits))
    }

    fn history(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, || encode::list(record::history(&workspace, id)?))
    }

    fn audit_seal(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || record::audit_seal(&workspace))
    }

    fn check_seal(&self, py: Python<'_>, seal: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || record::check_seal(&workspace, seal))
    }

    fn investigation_at(&self, py: Python<'_>, id: &str, revision: u64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.investigation_at(id, revision)?))
    }

    fn export_investigation(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| record::export_investigation(&workspace, id))
    }

    fn import_investigation(&self, py: Python<'_>, document: String) -> PyResult<String> {
        let workspace = self.get(py)?;
        long(py, None, move |_| record::import_investigation(&workspace, &document))
    }

    fn similar(&self, py: Python<'_>, id: &str, limit: usize) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| record::similar(&workspace, id, limit))
    }

    fn suggest_related(&self, py: Python<'_>, id: &str, least: f64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| record::suggest_related(&workspace, id, least))
    }

    fn suggest_relation(
        &self,
        py: Python<'_>,
        id: &str,
        other: &str,
        confidence: f64,
        reasons: Vec<String>,
    ) -> PyResult<bool> {
        let workspace = self.get(py)?;
        let (id, other) = (encode::id(py, id)?, encode::id(py, other)?);
        brief(py, || record::suggest_relation(&workspace, id, other, confidence, &reasons))
    }
}
