//! What all investigations say together, and what other settings would make of the past.

use rca_json::{analytics, replays};

use super::border::rca_str;
use super::handles::rca_workspace;

calls! {
    /// The figure that a document asks for, in a form.
    fn rca_figure(workspace: *const rca_workspace, wanted: rca_str, form: rca_str)
        -> figure: String
    {
        analytics::figure(&workspace, wanted)?.form(form)
    }

    /// What other settings would make of a range of the past.
    fn rca_replay(workspace: *const rca_workspace, wanted: rca_str) -> diff: String {
        replays::replay(&workspace, wanted)
    }

    /// What each rule of the user's own did.
    fn rca_rule_reports(workspace: *const rca_workspace) -> reports: String {
        replays::rule_reports(&workspace)
    }

    /// Checks rules, and says every field of theirs.
    fn rca_check_rules(rules: rca_str) -> checked: String {
        replays::check_rules(rules)
    }
}
