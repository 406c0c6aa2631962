//! The record of an investigation, and what all of them say together.

use std::sync::Arc;

use rca_json::analytics::{self, Drawn};
use rca_json::{json, record, replays};

use super::workspaces::RawWorkspace;
use super::{Called, RawCursor, call};

/// A table and a chart of the same.
#[derive(Debug, uniffi::Object)]
pub struct RawFigure(Drawn);

#[uniffi::export]
impl RawFigure {
    /// As JSON, CSV, Markdown or SVG.
    pub fn form(&self, form: &str) -> Called<String> {
        call(|| self.0.form(form))
    }
}

#[uniffi::export]
impl RawWorkspace {
    /// The same workspace in somebody's hands.
    pub fn acting_as(&self, name: &str, role: &str) -> Called<Arc<Self>> {
        self.with(|workspace| record::acting_as(workspace, name, role).map(Self::of))
    }

    /// Adds a note.
    pub fn add_note(
        &self,
        id: &str,
        text: &str,
        author: Option<String>,
        about: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            record::add_note(workspace, id.parse()?, text, author.as_deref(), about.as_deref())
        })
    }

    /// Changes the text of a note.
    pub fn edit_note(
        &self,
        id: &str,
        note: &str,
        text: &str,
        author: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            json(&workspace.edit_note(id.parse()?, note.parse()?, author.as_deref(), text)?)
        })
    }

    /// Removes a note.
    pub fn remove_note(&self, id: &str, note: &str, author: Option<String>) -> Called<()> {
        self.with(|workspace| workspace.remove_note(id.parse()?, note.parse()?, author.as_deref()))
    }

    /// Gives it to somebody, or to nobody.
    pub fn assign(&self, id: &str, person: Option<String>) -> Called<String> {
        self.with(|workspace| json(&workspace.assign(id.parse()?, person.as_deref())?))
    }

    /// Puts a label on it.
    pub fn tag(&self, id: &str, tag: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.tag(id.parse()?, tag)?))
    }

    /// Takes a label off.
    pub fn untag(&self, id: &str, tag: &str) -> Called<String> {
        self.with(|workspace| json(&workspace.untag(id.parse()?, tag)?))
    }

    /// Says what is suspected.
    pub fn propose(
        &self,
        id: &str,
        text: &str,
        author: Option<String>,
        about: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            record::propose(workspace, id.parse()?, text, author.as_deref(), about.as_deref())
        })
    }

    /// Makes hypotheses of probable causes.
    pub fn propose_from_analysis(&self, id: &str, at_least: f64) -> Called<String> {
        self.with(|workspace| record::propose_from_analysis(workspace, id.parse()?, at_least))
    }

    /// Says it in other words.
    pub fn edit_hypothesis(
        &self,
        id: &str,
        hypothesis: &str,
        text: &str,
        author: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            let (id, hypothesis) = (id.parse()?, hypothesis.parse()?);
            json(&workspace.edit_hypothesis(id, hypothesis, author.as_deref(), text)?)
        })
    }

    /// Says how a hypothesis stands.
    pub fn set_hypothesis(
        &self,
        id: &str,
        hypothesis: &str,
        state: &str,
        author: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            let (id, hypothesis) = (id.parse()?, hypothesis.parse()?);
            record::set_hypothesis(workspace, id, hypothesis, state, author.as_deref())
        })
    }

    /// Brings something that speaks for or against it.
    pub fn add_evidence(
        &self,
        id: &str,
        hypothesis: &str,
        side: &str,
        text: &str,
        author: Option<String>,
        about: Option<String>,
    ) -> Called<String> {
        self.with(|workspace| {
            let (id, hypothesis) = (id.parse()?, hypothesis.parse()?);
            let (author, about) = (author.as_deref(), about.as_deref());
            record::add_evidence(workspace, id, hypothesis, side, text, author, about)
        })
    }

    /// Takes in what people wrote in the page.
    pub fn import_edits(&self, id: &str, edits: &str) -> Called<String> {
        self.with(|workspace| record::import_edits(workspace, id.parse()?, edits))
    }

    /// Every change of every field.
    pub fn history(&self, id: &str) -> Called<Arc<RawCursor>> {
        self.with(|workspace| record::history(workspace, id.parse()?).map(RawCursor::of))
    }

    /// An investigation as it was.
    pub fn investigation_at(&self, id: &str, revision: u64) -> Called<String> {
        self.with(|workspace| json(&workspace.investigation_at(id.parse()?, revision)?))
    }

    /// Where all histories end now.
    pub fn audit_seal(&self) -> Called<String> {
        self.with(record::audit_seal)
    }

    /// What became of histories that were sealed.
    pub fn check_seal(&self, seal: &str) -> Called<String> {
        self.with(|workspace| record::check_seal(workspace, seal))
    }

    /// An investigation with all that hangs on it.
    pub fn export_investigation(&self, id: &str) -> Called<String> {
        self.with(|workspace| record::export_investigation(workspace, id.parse()?))
    }

    /// Takes in such a document.
    pub fn import_investigation(&self, dossier: &str) -> Called<String> {
        self.with(|workspace| record::import_investigation(workspace, dossier))
    }

    /// Past investigations that resemble one.
    pub fn similar(&self, id: &str, limit: u32) -> Called<String> {
        self.with(|workspace| record::similar(workspace, id.parse()?, limit as usize))
    }

    /// Notes which ones do, as suggestions.
    pub fn suggest_related(&self, id: &str, at_least: f64) -> Called<String> {
        self.with(|workspace| record::suggest_related(workspace, id.parse()?, at_least))
    }

    /// Keeps what a comparison of the host found.
    pub fn suggest_relation(
        &self,
        id: &str,
        other: &str,
        confidence: f64,
        reasons: Vec<String>,
    ) -> Called<bool> {
        self.with(|workspace| {
            let (id, other) = (id.parse()?, other.parse()?);
            record::suggest_relation(workspace, id, other, confidence, &reasons)
        })
    }

    /// Says that two investigations are related.
    pub fn relate(
        &self,
        a: &str,
        b: &str,
        person: Option<String>,
        reasons: Vec<String>,
    ) -> Called<()> {
        self.with(|workspace| {
            let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
            workspace.relate_because(a.parse()?, b.parse()?, person.as_deref(), &reasons)
        })
    }

    /// Says that they are not.
    pub fn unrelate(&self, a: &str, b: &str) -> Called<()> {
        self.with(|workspace| workspace.unrelate(a.parse()?, b.parse()?))
    }

    /// The figure that a document asks for.
    pub fn figure(&self, wanted: &str) -> Called<Arc<RawFigure>> {
        self.with(|workspace| {
            analytics::figure(workspace, wanted).map(|drawn| Arc::new(RawFigure(drawn)))
        })
    }

    /// What other settings would make of a range of the past.
    pub fn replay(&self, wanted: &str) -> Called<String> {
        self.with(|workspace| replays::replay(workspace, wanted))
    }

    /// What each rule of the user's own did.
    pub fn rule_reports(&self) -> Called<String> {
        self.with(replays::rule_reports)
    }
}

/// Checks rules, and says every field of theirs.
#[uniffi::export]
pub fn check_rules(rules: &str) -> Called<String> {
    call(|| replays::check_rules(rules))
}
