//! The record of an investigation: hypotheses, history, documents, and past investigations that resemble it.

use pyo3::prelude::*;
use rca_core::analytics::Similar;
use rca_core::model::{About, Confidence, HypothesisState, NoteId, Probability, Side};
use rca_core::report::{dossier_from_json, dossier_json};
use rca_core::store::{Adopted, Problem};
use rca_core::{Principal, Role};
use serde_json::{Value, json};

use crate::encode::{self, parsed};
use crate::run::{brief, long};
use crate::workspace::PyWorkspace;

#[pymethods]
impl PyWorkspace {
    /// The same workspace in somebody's hands; both have to be closed.
    fn acting_as(&self, py: Python<'_>, name: &str, role: &str) -> PyResult<Self> {
        let workspace = self.get(py)?;
        let acting = brief(py, || {
            let role = match role {
                "viewer" => Role::Viewer,
                "responder" => Role::Responder,
                "admin" => Role::Admin,
                other => return Err(crate::events::misuse("role", other)),
            };
            Ok(workspace.acting_as(Principal::new(name, role)?))
        })?;
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
        brief(py, move || {
            let about: About = parsed("about", about)?;
            encode::json(&workspace.propose(id, author.as_deref(), &text, about)?)
        })
    }

    fn propose_from_analysis(&self, py: Python<'_>, id: &str, at_least: f64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| {
            let at_least = Probability::try_from(at_least)?;
            encode::json(&workspace.propose_from_analysis(id, at_least)?)
        })
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
        let side: Side = encode::word(py, "side", side)?;
        brief(py, move || {
            let about: About = parsed("about", about)?;
            let author = author.as_deref();
            encode::json(&workspace.add_evidence(id, hypothesis, author, side, &text, about)?)
        })
    }

    /// Takes in what people wrote in the page.
    fn import_edits(&self, py: Python<'_>, id: &str, edits: String) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| {
            let merged = workspace.import_edits(id, &parsed("edits", &edits)?)?;
            encode::json(&json!({
                "investigation": merged.investigation,
                "changes": merged.changes,
                "conflicts": merged.conflicts,
            }))
        })
    }

    fn history(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.history(id)?))
    }

    fn audit_seal(&self, py: Python<'_>) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || encode::json(&workspace.audit_seal()?))
    }

    fn check_seal(&self, py: Python<'_>, seal: &str) -> PyResult<String> {
        let workspace = self.get(py)?;
        brief(py, || {
            let problems = workspace.check_seal(&parsed("seal", seal)?)?;
            let problem = |one: &Problem| json!({"what": one.what, "reason": one.reason});
            encode::json(&problems.iter().map(problem).collect::<Vec<_>>())
        })
    }

    fn investigation_at(&self, py: Python<'_>, id: &str, revision: u64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        brief(py, move || encode::json(&workspace.investigation_at(id, revision)?))
    }

    fn export_investigation(&self, py: Python<'_>, id: &str) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| dossier_json(&workspace.export_investigation(id)?))
    }

    fn import_investigation(&self, py: Python<'_>, document: String) -> PyResult<(String, String)> {
        let workspace = self.get(py)?;
        long(py, None, move |_| {
            let dossier = dossier_from_json(&document)?;
            let adopted = match workspace.import_investigation(&dossier)? {
                Adopted::New => "new",
                Adopted::Extended => "extended",
                Adopted::Known => "known",
            };
            Ok((dossier.investigation.id().to_string(), adopted.to_owned()))
        })
    }

    fn similar(&self, py: Python<'_>, id: &str, limit: usize) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| told(&workspace.similar(id, limit)?))
    }

    fn suggest_related(&self, py: Python<'_>, id: &str, least: f64) -> PyResult<String> {
        let (workspace, id) = (self.get(py)?, encode::id(py, id)?);
        long(py, None, move |_| told(&workspace.suggest_related(id, Confidence::try_from(least)?)?))
    }
}

fn told(found: &[Similar]) -> rca_core::Result<String> {
    let found: Vec<Value> = found
        .iter()
        .map(|similar| {
            let fix = &similar.fix;
            json!({
                "investigation": similar.investigation,
                "title": similar.title,
                "detected_at": similar.detected_at,
                "status": similar.status,
                "score": similar.score,
                "resemblances": similar.resemblances,
                "cause": fix.cause,
                "root_cause": fix.root_cause,
                "remediation": fix.remediation,
                "lessons_learned": fix.lessons_learned,
                "reverts": fix.reverts.iter().map(|revert| revert.event).collect::<Vec<_>>(),
                "resolved_after": fix.resolved_after.map(|long| long.as_seconds_f64()),
            })
        })
        .collect();
    encode::json(&found)
}
