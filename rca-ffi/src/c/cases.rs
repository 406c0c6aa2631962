//! Investigations and their links.

use rca_json::cases::{self, ids};
use rca_json::events::Documents;
use rca_json::{json, word};

use super::border::{rca_opt, rca_str};
use super::handles::rca_workspace;

calls! {
    /// Opens an investigation.
    fn rca_investigate(workspace: *const rca_workspace, draft: rca_str) -> investigation: String {
        cases::investigate(&workspace, draft)
    }

    /// One investigation.
    fn rca_investigation(workspace: *const rca_workspace, id: rca_str) -> investigation: String {
        json(&workspace.investigation(id.parse()?)?)
    }

    /// All investigations, newest first.
    fn rca_investigations(workspace: *const rca_workspace, deleted: bool) -> iterator: Documents {
        cases::investigations(&workspace, deleted)
    }

    /// Changes fields of an investigation.
    fn rca_update_investigation(workspace: *const rca_workspace, id: rca_str, changes: rca_str)
        -> investigation: String
    {
        cases::update(&workspace, id.parse()?, changes)
    }

    /// Writes an investigation that the caller read and changed.
    fn rca_replace_investigation(workspace: *const rca_workspace, investigation: rca_str)
        -> stored: String
    {
        cases::replace(&workspace, investigation)
    }

    /// Moves an investigation through its life.
    fn rca_set_status(workspace: *const rca_workspace, id: rca_str, status: rca_str)
        -> investigation: String
    {
        json(&workspace.set_status(id.parse()?, word("status", status)?)?)
    }

    /// Removes an investigation; it can be restored.
    fn rca_delete_investigation(workspace: *const rca_workspace, id: rca_str) {
        workspace.delete_investigation(id.parse()?)
    }

    /// Takes a removal back.
    fn rca_restore_investigation(workspace: *const rca_workspace, id: rca_str)
        -> investigation: String
    {
        json(&workspace.restore_investigation(id.parse()?)?)
    }

    /// A person says that an event belongs to an investigation.
    fn rca_link(
        workspace: *const rca_workspace, event: rca_str, investigation: rca_str, person: rca_opt,
    ) -> link: String {
        let (event, case) = ids(event, investigation)?;
        json(&workspace.link(event, case, person)?)
    }

    /// A person says that it does not.
    fn rca_unlink(
        workspace: *const rca_workspace, event: rca_str, investigation: rca_str, person: rca_opt,
    ) -> link: String {
        let (event, case) = ids(event, investigation)?;
        json(&workspace.unlink(event, case, person)?)
    }

    /// All links of an investigation, surest first.
    fn rca_links(workspace: *const rca_workspace, id: rca_str) -> iterator: Documents {
        let links = workspace.links(id.parse()?)?;
        Ok(Box::new(links.into_iter().map(|link| json(&link))))
    }

    /// The events that count as part of an investigation.
    fn rca_linked_events(workspace: *const rca_workspace, id: rca_str) -> iterator: Documents {
        let events = workspace.linked_events(id.parse()?)?;
        Ok(Box::new(events.into_iter().map(|event| json(&event))))
    }

    /// Decides anew which events belong to an investigation.
    fn rca_relink(workspace: *const rca_workspace, id: rca_str) -> done: String {
        json(&cases::relinked(&workspace.relink(id.parse()?)?))
    }

    /// What every rule says about an event and an investigation.
    fn rca_explain_link(workspace: *const rca_workspace, event: rca_str, investigation: rca_str)
        -> explanation: String
    {
        let (event, case) = ids(event, investigation)?;
        json(&cases::explained(&workspace.explain_link(event, case)?))
    }
}
