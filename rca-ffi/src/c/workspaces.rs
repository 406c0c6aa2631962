//! Opening a workspace, and looking after its folder.

use std::path::PathBuf;

use rca_core::Workspace;
use rca_core::time::ManualClock;
use rca_json::workspaces::{self, Opening};

use super::border::rca_opt;
use super::handles::{Maybe, rca_clock, rca_workspace};

calls! {
    /// Opens the workspace in a folder, or one in memory.
    fn rca_workspace_open(path: rca_opt, read_only: bool, settings: rca_opt, clock: Maybe<rca_clock>)
        -> workspace: Workspace
    {
        let clock: Option<ManualClock> = clock;
        let opening = Opening { path: path.map(PathBuf::from), read_only, stale: false, clock };
        let workspace = workspaces::open(opening, settings.unwrap_or_default())?;
        tracing::info!(folder = path.unwrap_or("none, in memory"), read_only, "workspace opened");
        Ok(workspace)
    }

    /// The folder; `RCA_END` in memory.
    fn rca_workspace_path(workspace: *const rca_workspace) -> path: Option<String> {
        Ok(workspace.path().map(|path| path.display().to_string()))
    }

    /// What opening found of the search index.
    fn rca_index_opened(workspace: *const rca_workspace) -> opened: String {
        workspaces::index_opened(&workspace)
    }

    /// Commits what is pending in the search index.
    fn rca_refresh(workspace: *const rca_workspace) {
        workspace.refresh()
    }

    /// Builds the search index anew.
    fn rca_rebuild_index(workspace: *const rca_workspace) {
        workspace.rebuild_index()
    }

    /// Gives disk space back.
    fn rca_compact(workspace: *const rca_workspace) {
        workspace.compact()
    }

    /// Copies the store to a file.
    fn rca_backup(workspace: *const rca_workspace, file: super::border::rca_str) {
        workspace.backup(file)
    }

    /// Checks every record, reference and index file.
    fn rca_verify(workspace: *const rca_workspace) -> health: String {
        workspaces::verify(&workspace)
    }
}
