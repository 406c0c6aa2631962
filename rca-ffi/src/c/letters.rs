//! The dead-letter queue.

use rca_core::model::DeadLetterId;
use rca_json::events::Documents;
use rca_json::{json, letters};

use super::border::{rca_opt, rca_str};
use super::handles::rca_workspace;
use super::watch::rca_watch;

calls! {
    /// Letters in the order of arrival.
    fn rca_letters(workspace: *const rca_workspace, filter: rca_opt) -> iterator: Documents {
        letters::list(&workspace, filter.unwrap_or_default())
    }

    /// One letter.
    fn rca_letter(workspace: *const rca_workspace, id: u64) -> letter: String {
        json(&letters::letter(&workspace.dead_letters().inspect(DeadLetterId(id))?))
    }

    /// Its bytes; `RCA_END` when they were too many to keep.
    fn rca_letter_raw(workspace: *const rca_workspace, id: u64) -> bytes: Option<Vec<u8>> {
        workspace.dead_letters().raw(DeadLetterId(id))
    }

    /// How full the queue is.
    fn rca_letter_counts(workspace: *const rca_workspace) -> counts: String {
        json(&letters::counts(&workspace.dead_letters().counts()?))
    }

    /// Reads letters again.
    fn rca_replay_letters(
        workspace: *const rca_workspace, filter: rca_opt, format: rca_opt, watch: *const rca_watch,
    ) -> done: String {
        watch.check()?;
        letters::replay(&workspace, filter.unwrap_or_default(), format, &|p| watch.look(p))
    }

    /// Reads letters again whose time has come.
    fn rca_replay_due_letters(workspace: *const rca_workspace, watch: *const rca_watch)
        -> done: String
    {
        watch.check()?;
        letters::replay_due(&workspace, &|progress| watch.look(progress))
    }

    /// Takes letters out of the queue for good.
    fn rca_discard_letters(workspace: *const rca_workspace, ids: rca_str) -> count: u64 {
        let ids: Vec<DeadLetterId> = rca_json::parsed("ids", ids)?;
        workspace.dead_letters().discard(&ids)
    }

    /// Lets go of letters that are too old or too many.
    fn rca_expire_letters(workspace: *const rca_workspace) -> count: u64 {
        workspace.dead_letters().expire()
    }
}
