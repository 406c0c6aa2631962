//! The record of an investigation: hypotheses, history, documents, what it resembles.

use rca_json::events::Documents;
use rca_json::{json, parsed, record};

use super::border::{rca_opt, rca_str};
use super::handles::rca_workspace;

calls! {
    /// The same workspace in somebody's hands.
    fn rca_acting_as(workspace: *const rca_workspace, name: rca_str, role: rca_str)
        -> acting: rca_core::Workspace
    {
        record::acting_as(&workspace, name, role)
    }

    /// Adds a note.
    fn rca_add_note(
        workspace: *const rca_workspace, id: rca_str, text: rca_str, author: rca_opt, about: rca_opt,
    ) -> note: String {
        record::add_note(&workspace, id.parse()?, text, author, about)
    }

    /// Changes the text of a note.
    fn rca_edit_note(
        workspace: *const rca_workspace, id: rca_str, note: rca_str, text: rca_str, author: rca_opt,
    ) -> changed: String {
        json(&workspace.edit_note(id.parse()?, note.parse()?, author, text)?)
    }

    /// Removes a note.
    fn rca_remove_note(
        workspace: *const rca_workspace, id: rca_str, note: rca_str, author: rca_opt,
    ) {
        workspace.remove_note(id.parse()?, note.parse()?, author)
    }

    /// Gives an investigation to somebody, or to nobody.
    fn rca_assign(workspace: *const rca_workspace, id: rca_str, person: rca_opt)
        -> investigation: String
    {
        json(&workspace.assign(id.parse()?, person)?)
    }

    /// Puts a label on it.
    fn rca_tag(workspace: *const rca_workspace, id: rca_str, tag: rca_str)
        -> investigation: String
    {
        json(&workspace.tag(id.parse()?, tag)?)
    }

    /// Takes a label off.
    fn rca_untag(workspace: *const rca_workspace, id: rca_str, tag: rca_str)
        -> investigation: String
    {
        json(&workspace.untag(id.parse()?, tag)?)
    }

    /// Says what is suspected.
    fn rca_propose(
        workspace: *const rca_workspace, id: rca_str, text: rca_str, author: rca_opt, about: rca_opt,
    ) -> hypothesis: String {
        record::propose(&workspace, id.parse()?, text, author, about)
    }

    /// Makes hypotheses of probable causes.
    fn rca_propose_from_analysis(workspace: *const rca_workspace, id: rca_str, at_least: f64)
        -> hypotheses: String
    {
        record::propose_from_analysis(&workspace, id.parse()?, at_least)
    }

    /// Says it in other words.
    fn rca_edit_hypothesis(
        workspace: *const rca_workspace, id: rca_str, hypothesis: rca_str, text: rca_str,
        author: rca_opt,
    ) -> changed: String {
        json(&workspace.edit_hypothesis(id.parse()?, hypothesis.parse()?, author, text)?)
    }

    /// Says how a hypothesis stands.
    fn rca_set_hypothesis(
        workspace: *const rca_workspace, id: rca_str, hypothesis: rca_str, state: rca_str,
        author: rca_opt,
    ) -> changed: String {
        record::set_hypothesis(&workspace, id.parse()?, hypothesis.parse()?, state, author)
    }

    /// Brings something that speaks for or against it.
    fn rca_add_evidence(
        workspace: *const rca_workspace, id: rca_str, hypothesis: rca_str, side: rca_str,
        text: rca_str, author: rca_opt, about: rca_opt,
    ) -> argument: String {
        let (id, hypothesis) = (id.parse()?, hypothesis.parse()?);
        record::add_evidence(&workspace, id, hypothesis, side, text, author, about)
    }

    /// Takes in what people wrote in the page.
    fn rca_import_edits(workspace: *const rca_workspace, id: rca_str, edits: rca_str)
        -> merged: String
    {
        record::import_edits(&workspace, id.parse()?, edits)
    }

    /// Every change of every field, oldest first.
    fn rca_history(workspace: *const rca_workspace, id: rca_str) -> iterator: Documents {
        record::history(&workspace, id.parse()?)
    }

    /// An investigation as it was.
    fn rca_investigation_at(workspace: *const rca_workspace, id: rca_str, revision: u64)
        -> investigation: String
    {
        json(&workspace.investigation_at(id.parse()?, revision)?)
    }

    /// Where all histories end now.
    fn rca_audit_seal(workspace: *const rca_workspace) -> seal: String {
        record::audit_seal(&workspace)
    }

    /// What became of histories that were sealed.
    fn rca_check_seal(workspace: *const rca_workspace, seal: rca_str) -> problems: String {
        record::check_seal(&workspace, seal)
    }

    /// An investigation with all that hangs on it.
    fn rca_export_investigation(workspace: *const rca_workspace, id: rca_str) -> dossier: String {
        record::export_investigation(&workspace, id.parse()?)
    }

    /// Takes in such a document.
    fn rca_import_investigation(workspace: *const rca_workspace, dossier: rca_str)
        -> adopted: String
    {
        record::import_investigation(&workspace, dossier)
    }

    /// Past investigations that resemble one.
    fn rca_similar(workspace: *const rca_workspace, id: rca_str, limit: usize)
        -> similar: String
    {
        record::similar(&workspace, id.parse()?, limit)
    }

    /// Notes which ones do, as suggestions.
    fn rca_suggest_related(workspace: *const rca_workspace, id: rca_str, at_least: f64)
        -> similar: String
    {
        record::suggest_related(&workspace, id.parse()?, at_least)
    }

    /// Keeps what a comparison of the host found.
    fn rca_suggest_relation(
        workspace: *const rca_workspace, id: rca_str, other: rca_str, confidence: f64, reasons: rca_str,
    ) -> kept: bool {
        let reasons: Vec<String> = parsed("reasons", reasons)?;
        record::suggest_relation(&workspace, id.parse()?, other.parse()?, confidence, &reasons)
    }

    /// Says that two investigations are related.
    fn rca_relate(workspace: *const rca_workspace, a: rca_str, b: rca_str) {
        workspace.relate(a.parse()?, b.parse()?)
    }

    /// The same, with who says so and why.
    fn rca_relate_because(
        workspace: *const rca_workspace, a: rca_str, b: rca_str, person: rca_opt, reasons: rca_str,
    ) {
        let reasons: Vec<String> = parsed("reasons", reasons)?;
        let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
        workspace.relate_because(a.parse()?, b.parse()?, person, &reasons)
    }

    /// Says that they are not.
    fn rca_unrelate(workspace: *const rca_workspace, a: rca_str, b: rca_str) {
        workspace.unrelate(a.parse()?, b.parse()?)
    }
}
