//! Which event a GitHub payload is, when no header says so: each kind has members that others lack.

use super::super::node::Node;

/// What a payload must (not) have.
enum Sign {
    Has(&'static str),
    Lacks(&'static str),
    Action(&'static str),
}

use Sign::{Action, Has, Lacks};

/// In this order: what holds more comes before what holds less.
const KINDS: &[(&str, &[Sign])] = &[
    ("deployment_review", &[Has("workflow_run"), Has("since")]),
    ("workflow_job", &[Has("workflow_job")]),
    ("deployment_status", &[Has("deployment_status")]),
    ("deployment", &[Has("deployment")]),
    ("check_run", &[Has("check_run")]),
    ("check_suite", &[Has("check_suite")]),
    ("workflow_run", &[Has("workflow_run")]),
    ("pull_request_review_thread", &[Has("pull_request"), Has("thread")]),
    ("pull_request_review_comment", &[Has("pull_request"), Has("comment")]),
    ("pull_request_review", &[Has("pull_request"), Has("review")]),
    ("pull_request", &[Has("pull_request")]),
    ("push", &[Has("before"), Has("after"), Has("commits")]),
    ("cache_sync", &[Has("cache_location")]),
    ("release", &[Has("release")]),
    ("status", &[Has("sha"), Has("state"), Has("context")]),
    ("commit_comment", &[Has("comment.commit_id")]),
    ("issue_comment", &[Has("issue"), Has("comment")]),
    ("issues", &[Has("issue")]),
    ("discussion_comment", &[Has("discussion"), Has("comment")]),
    ("discussion", &[Has("discussion")]),
    ("repository_dispatch", &[Has("client_payload")]),
    ("workflow_dispatch", &[Has("workflow"), Has("inputs")]),
    ("create", &[Has("ref"), Has("ref_type"), Has("master_branch")]),
    ("delete", &[Has("ref"), Has("ref_type")]),
    ("merge_group", &[Has("merge_group")]),
    ("branch_protection_rule", &[Has("rule")]),
    ("code_scanning_alert", &[Has("alert"), Has("commit_oid")]),
    ("secret_scanning_alert_location", &[Has("alert"), Has("location")]),
    ("secret_scanning_alert", &[Has("alert.secret_type")]),
    ("dependabot_alert", &[Has("alert.security_advisory")]),
    ("repository_vulnerability_alert", &[Has("alert")]),
    ("content_reference", &[Has("content_reference")]),
    ("deploy_key", &[Has("key")]),
    ("fork", &[Has("forkee")]),
    ("gollum", &[Has("pages")]),
    ("ping", &[Has("zen")]),
    ("meta", &[Has("hook"), Has("hook_id")]),
    ("installation_repositories", &[Has("repositories_added")]),
    ("marketplace_purchase", &[Has("marketplace_purchase")]),
    ("team_add", &[Has("team"), Lacks("action")]),
    ("membership", &[Has("member"), Has("team")]),
    ("team", &[Has("team")]),
    ("member", &[Has("member")]),
    ("organization", &[Has("membership")]),
    ("milestone", &[Has("milestone")]),
    ("label", &[Has("label")]),
    ("org_block", &[Has("blocked_user")]),
    ("package", &[Has("package")]),
    ("page_build", &[Has("build")]),
    ("project_card", &[Has("project_card")]),
    ("project_column", &[Has("project_column")]),
    ("project", &[Has("project")]),
    ("projects_v2_item", &[Has("projects_v2_item")]),
    ("security_advisory", &[Has("security_advisory")]),
    ("sponsorship", &[Has("sponsorship")]),
    ("star", &[Has("starred_at")]),
    ("repository_import", &[Has("status"), Lacks("action")]),
    ("watch", &[Action("started"), Has("repository")]),
    ("installation", &[Has("installation.app_id")]),
    ("organization", &[Has("organization"), Lacks("repository")]),
    ("github_app_authorization", &[Action("revoked")]),
    ("user", &[Has("user")]),
    ("repository", &[Has("action"), Has("repository")]),
    ("public", &[Has("repository")]),
];

/// The kind of a webhook's payload. A member that is `null` is there.
pub(super) fn of(payload: Node<'_>) -> Option<&'static str> {
    let fits = |sign: &Sign| match sign {
        Has(path) => payload.names(path),
        Lacks(path) => !payload.names(path),
        Action(action) => payload.text("action") == Some(action),
    };
    KINDS.iter().find(|(_, signs)| signs.iter().all(fits)).map(|(kind, _)| *kind)
}

/// Items of GitHub's REST API, each under the kind of webhook that carries the same.
const ITEMS: &[(&str, &[&str])] = &[
    ("workflow_run", &["workflow_id", "run_number", "head_sha"]),
    ("workflow_job", &["run_id", "head_sha", "steps"]),
    ("check_run", &["head_sha", "app", "check_suite", "output"]),
    ("check_suite", &["head_sha", "app", "latest_check_runs_count"]),
    ("deployment_status", &["state", "deployment_url"]),
    ("deployment", &["sha", "task", "environment", "statuses_url"]),
    ("commit", &["sha", "commit.message", "commit.tree"]),
    ("release", &["tag_name", "target_commitish"]),
    ("pull_request", &["number", "head.sha", "base.ref", "diff_url"]),
];

/// The kind of a single item of the REST API.
pub(super) fn item(node: Node<'_>) -> Option<&'static str> {
    let fits = |paths: &[&str]| paths.iter().all(|path| node.names(path));
    ITEMS.iter().find(|(_, paths)| fits(paths)).map(|(kind, _)| *kind)
}

/// Members under which the REST API keeps lists, and the kind of their items.
pub(super) const LISTS: &[(&str, &str)] = &[
    ("workflow_runs", "workflow_run"),
    ("jobs", "workflow_job"),
    ("check_runs", "check_run"),
    ("check_suites", "check_suite"),
];

/// Whether these paths are those of an item or a list of the REST API.
pub(super) fn is_rest(has: impl Fn(&str) -> bool) -> bool {
    ITEMS.iter().any(|(_, paths)| paths.iter().all(|path| has(path)))
        || LISTS.iter().any(|(list, _)| has(&format!("{list}[].head_sha")))
}
