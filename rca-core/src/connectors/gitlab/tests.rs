use serde_json::{Value, json};

use super::super::intake::{any_json, parsed};
use super::*;
use crate::model::{Change, ChangeKind, Severity};

const SHA: &str = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";

fn hook(mut hook: Value) -> Value {
    hook["project"] = json!({"path_with_namespace": "shop/back/till", "id": 3});
    hook["user"] = json!({"username": "ada"});
    hook
}

fn one(value: &Value) -> Event {
    let (mut events, refused) = parsed(value, parse);
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(events.len(), 1);
    events.remove(0)
}

#[test]
fn a_push_is_its_commits_and_itself() {
    let (events, refused) = parsed(
        &hook(
            json!({"object_kind": "push", "ref": "refs/heads/main", "before": "0000", "after": SHA,
            "commits": [{"id": SHA, "message": "cut the timeout\n", "timestamp": "2026-05-04T11:00:00+02:00",
                "author": {"name": "Ada"}, "added": [], "modified": ["a.rb"], "removed": ["b.rb"]}, {}]}),
        ),
        parse,
    );
    assert_eq!(refused, ["commits[1]: no id"]);
    let ChangeKind::Commit { files, author, .. } = Change::from_event(&events[0]).unwrap().kind
    else {
        panic!()
    };
    assert_eq!((files.join(" "), author), ("a.rb b.rb".to_owned(), Some("Ada")));
    assert_eq!(events[1].title(), "push of 1 commits to main in shop/back/till");
    assert_eq!(events[1].attribute(name::BASE), None);
}

#[test]
fn pipelines_and_jobs_tell_their_outcome_and_why() {
    let pipeline = one(&hook(
        json!({"object_kind": "pipeline", "object_attributes": {"id": 31, "ref": "main",
        "sha": SHA, "status": "failed", "created_at": "2026-05-04 08:50:00 UTC", "finished_at": "2026-05-04 09:00:00 UTC",
        "duration": 600},
        "builds": [{"name": "unit", "status": "failed", "failure_reason": "script_failure"},
            {"name": "lint", "status": "failed", "allow_failure": true}, {"name": "x", "status": "success"}]}),
    ));
    assert_eq!(pipeline.title(), "pipeline 31: failure on main in shop/back/till");
    assert_eq!(
        (pipeline.body(), pipeline.severity()),
        ("job failed: unit (script_failure)", Severity::Medium)
    );
    assert_eq!(pipeline.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
    assert_eq!(pipeline.attribute(attribute::COMMIT), Some(SHA));
    let job = one(&hook(
        json!({"object_kind": "build", "build_id": 7, "build_name": "unit", "build_status": "canceled",
        "build_started_at": "2026-05-04T09:00:00Z", "ref": "main", "sha": SHA, "pipeline_id": 31,
        "build_failure_reason": "unknown_failure"}),
    ));
    assert_eq!((job.title(), job.body()), ("job unit: cancellation on main in shop/back/till", ""));
    assert_eq!(job.attribute(name::RUN), Some("31"));
}

#[test]
fn a_deployment_that_is_over_is_a_deploy_of_the_project_with_its_whole_hash() {
    let of = |status: &str| {
        one(&hook(json!({"object_kind": "deployment", "deployment_id": 5, "status": status,
            "status_changed_at": "2026-05-04 11:00:00 +0200", "environment": "production", "short_sha": "4f2a9c1b",
            "commit_url": format!("https://gitlab.example/shop/back/till/-/commit/{SHA}"), "commit_title": "cut"})))
    };
    let done = of("success");
    assert_eq!(done.title(), "deploy of till 4f2a9c1be0 to production");
    assert_eq!(done.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
    assert_eq!(done.entity(), Some(&Entity::service("till")));
    assert_eq!(done.attribute(attribute::COMMIT), Some(SHA));
    assert_eq!((of("running").source(), of("failed").severity()), (&Source::Ci, Severity::High));
}

#[test]
fn merge_requests_flags_and_other_hooks_are_kept() {
    let merged = one(&hook(
        json!({"object_kind": "merge_request", "object_attributes": {"iid": 4, "title": "Cut",
        "state": "merged", "action": "merge", "merge_commit_sha": SHA, "updated_at": "2026-05-04 09:00:00 UTC",
        "source_branch": "cut", "target_branch": "main"}}),
    ));
    assert_eq!(merged.title(), "merge request 4 merge in shop/back/till: Cut");
    assert_eq!(merged.attribute(name::CHANGE_STATE), Some("merged"));
    let flag = one(&hook(
        json!({"object_kind": "feature_flag", "object_attributes": {"name": "fast-path",
        "active": true, "updated_at": "2026-05-04T09:00:00Z"}}),
    ));
    let change = Change::from_event(&flag).unwrap();
    assert!(
        matches!(change.kind, ChangeKind::Flag { key, change, .. } if key == "fast-path" && change == "on")
    );
    let note =
        one(&hook(json!({"object_kind": "note", "object_attributes": {"note": "looks slow",
        "created_at": "2026-05-04T09:00:00Z"}})));
    assert_eq!((note.title(), note.body()), ("note in shop/back/till", "looks slow"));
    assert_eq!(
        parsed(&hook(json!({"object_kind": "pipeline"})), parse).1,
        ["no object_attributes"]
    );
}

const NAMES: &[&str] = &[
    "object_kind",
    "object_attributes",
    "push",
    "pipeline",
    "build",
    "deployment",
    "merge_request",
    "feature_flag",
    "project",
    "path_with_namespace",
    "ref",
    "commits",
    "id",
    "iid",
    "status",
    "success",
    "created_at",
    "builds",
    "build_id",
    "build_status",
    "deployment_id",
    "status_changed_at",
    "commit_url",
    "name",
    "updated_at",
    "timestamp",
];

proptest::proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES)) {
        let _ = parsed(&value, parse);
    }
}
