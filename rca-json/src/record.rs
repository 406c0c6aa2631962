//! The record of an investigation: notes, hypotheses, who works on it, its history, what it resembles.

use rca_core::analytics::Similar;
use rca_core::model::{
    About, AuditSeal, Confidence, EventId, HypothesisId, HypothesisState, InvestigationId,
    Probability, Relation, Side,
};
use rca_core::report::canvas::Edits;
use rca_core::report::{dossier_from_json, dossier_json};
use rca_core::store::{Adopted, Problem};
use rca_core::{Error, Principal, Result, Role, Workspace};
use serde_json::{Value, json};

use crate::events::Documents;
use crate::{json, parsed, word};

/// What something is about: the id of an event, or a document such as `{"kind": "note", "note": id}`; the investigation as
/// a whole where nothing is said.
fn about(text: Option<&str>) -> Result<About> {
    match text.map(str::trim) {
        None | Some("") => Ok(About::Investigation),
        Some(document) if document.starts_with('{') => parsed("about", document),
        Some(event) => Ok(About::from(event.parse::<EventId>()?)),
    }
}

/// The workspace in somebody's hands: `viewer`, `responder` or `admin`.
///
/// # Errors
///
/// [`rca_core::ErrorKind::InvalidInput`] for another role, and a name that is blank or too long.
pub fn acting_as(workspace: &Workspace, name: &str, role: &str) -> Result<Workspace> {
    let known = [Role::Viewer, Role::Responder, Role::Admin];
    let role = known.into_iter().find(|known| known.as_str() == role).ok_or_else(|| {
        Error::value("role", format!("{role:?} is none of viewer, responder, admin"))
    })?;
    Ok(workspace.acting_as(Principal::new(name, role)?))
}

/// Adds a note.
///
/// # Errors
///
/// As [`Workspace::add_note`].
pub fn add_note(
    workspace: &Workspace,
    id: InvestigationId,
    text: &str,
    author: Option<&str>,
    about: Option<&str>,
) -> Result<String> {
    json(&workspace.add_note(id, author, text, self::about(about)?)?)
}

/// Says what is suspected.
///
/// # Errors
///
/// As [`Workspace::propose`].
pub fn propose(
    workspace: &Workspace,
    id: InvestigationId,
    text: &str,
    author: Option<&str>,
    about: Option<&str>,
) -> Result<String> {
    json(&workspace.propose(id, author, text, self::about(about)?)?)
}

/// Makes hypotheses of the causes that the analysis found at least so probable; gives the new ones.
///
/// # Errors
///
/// As [`Workspace::propose_from_analysis`].
pub fn propose_from_analysis(
    workspace: &Workspace,
    id: InvestigationId,
    at_least: f64,
) -> Result<String> {
    json(&workspace.propose_from_analysis(id, Probability::try_from(at_least)?)?)
}

/// Says how a hypothesis stands: `proposed`, `supported`, `refuted`.
///
/// # Errors
///
/// As [`Workspace::set_hypothesis`].
pub fn set_hypothesis(
    workspace: &Workspace,
    id: InvestigationId,
    hypothesis: HypothesisId,
    state: &str,
    author: Option<&str>,
) -> Result<String> {
    let state: HypothesisState = word("state", state)?;
    json(&workspace.set_hypothesis(id, hypothesis, author, state)?)
}

/// Brings something that speaks `for` or `against` a hypothesis.
///
/// # Errors
///
/// As [`Workspace::add_evidence`].
pub fn add_evidence(
    workspace: &Workspace,
    id: InvestigationId,
    hypothesis: HypothesisId,
    side: &str,
    text: &str,
    author: Option<&str>,
    about: Option<&str>,
) -> Result<String> {
    let (side, about): (Side, About) = (word("side", side)?, self::about(about)?);
    json(&workspace.add_evidence(id, hypothesis, author, side, text, about)?)
}

/// Takes in what people wrote and changed in the page: `{"investigation", "changes", "conflicts"}`.
///
/// # Errors
///
/// As [`Workspace::import_edits`].
pub fn import_edits(workspace: &Workspace, id: InvestigationId, edits: &str) -> Result<String> {
    let merged = workspace.import_edits(id, &Edits::from_json(edits)?)?;
    json(&json!({
        "investigation": merged.investigation,
        "changes": merged.changes,
        "conflicts": merged.conflicts,
    }))
}

/// Every change of every field, oldest first.
///
/// # Errors
///
/// As [`Workspace::history`].
pub fn history(workspace: &Workspace, id: InvestigationId) -> Result<Documents> {
    Ok(Box::new(workspace.history(id)?.into_iter().map(|entry| json(&entry))))
}

/// Where all histories end now.
///
/// # Errors
///
/// As [`Workspace::audit_seal`].
pub fn audit_seal(workspace: &Workspace) -> Result<String> {
    json(&workspace.audit_seal()?)
}

/// What became of histories that were sealed: `[{"what", "reason"}]`, empty when all is well.
///
/// # Errors
///
/// As [`Workspace::check_seal`].
pub fn check_seal(workspace: &Workspace, seal: &str) -> Result<String> {
    let seal: AuditSeal = parsed("seal", seal)?;
    json(&problems(&workspace.check_seal(&seal)?))
}

pub(crate) fn problems(found: &[Problem]) -> Vec<Value> {
    found.iter().map(|found| json!({"what": found.what, "reason": found.reason})).collect()
}

/// An investigation with all that hangs on it as one document.
///
/// # Errors
///
/// As [`Workspace::export_investigation`].
pub fn export_investigation(workspace: &Workspace, id: InvestigationId) -> Result<String> {
    dossier_json(&workspace.export_investigation(id)?)
}

/// Takes in such a document: `{"investigation": id, "adopted": "new" | "extended" | "known"}`.
///
/// # Errors
///
/// As [`Workspace::import_investigation`].
pub fn import_investigation(workspace: &Workspace, document: &str) -> Result<String> {
    let dossier = dossier_from_json(document)?;
    let adopted = match workspace.import_investigation(&dossier)? {
        Adopted::New => "new",
        Adopted::Extended => "extended",
        Adopted::Known => "known",
    };
    json(&json!({"investigation": dossier.investigation.id(), "adopted": adopted}))
}

/// Past investigations that resemble one, most alike first.
///
/// # Errors
///
/// As [`Workspace::similar`].
pub fn similar(workspace: &Workspace, id: InvestigationId, limit: usize) -> Result<String> {
    told(&workspace.similar(id, limit)?)
}

/// Notes on both sides which investigations resemble one at least so much, as suggestions; gives them.
///
/// # Errors
///
/// As [`Workspace::suggest_related`].
pub fn suggest_related(
    workspace: &Workspace,
    id: InvestigationId,
    at_least: f64,
) -> Result<String> {
    told(&workspace.suggest_related(id, Confidence::try_from(at_least)?)?)
}

/// Keeps what a comparison of the host found: that two investigations may be related, how surely, and why. What a person
/// decided stays. Says whether it was kept.
///
/// # Errors
///
/// As [`Workspace::suggest_relation`], and [`rca_core::ErrorKind::InvalidInput`] for a confidence outside of 0 to 1.
pub fn suggest_relation(
    workspace: &Workspace,
    id: InvestigationId,
    other: InvestigationId,
    confidence: f64,
    reasons: &[String],
) -> Result<bool> {
    let plain = Relation::suggested(other, Confidence::try_from(confidence)?, workspace.now());
    let relation = reasons.iter().fold(plain, |relation, reason| relation.with_reason(reason));
    workspace.suggest_relation(id, &relation)
}

fn told(found: &[Similar]) -> Result<String> {
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
    json(&found)
}
