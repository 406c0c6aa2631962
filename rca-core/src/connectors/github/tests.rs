use serde_json::{Value, json};

use super::super::intake::{any_json, parsed};
use super::*;
use crate::model::{Change, ChangeKind, Event, Severity, Source};

const SHA: &str = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";

fn around(mut payload: Value) -> Value {
    payload["repository"] = json!({"full_name": "shop/till", "name": "till",
        "updated_at": "2026-05-01T00:00:00Z"});
    payload["sender"] = json!({"login": "ada", "id": 1});
    payload
}

fn one(payload: &Value) -> Event {
    let (mut events, refused) = parsed(payload, parse);
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn attributes<'e>(event: &'e Event, names: &[&str]) -> Vec<Option<&'e str>> {
    names.iter().map(|name| event.attribute(name)).collect()
}

#[test]
fn a_push_is_its_commits_and_itself_and_one_bad_commit_costs_itself() {
    let payload = around(json!({
        "ref": "refs/heads/main", "before": "0".repeat(40), "after": SHA, "forced": false,
        "commits": [
            {"id": SHA, "message": "lower the pool\n\nto 5", "timestamp": "2026-05-04T11:00:00+02:00",
             "author": {"name": "Ada"}, "added": ["b.rs"], "removed": [], "modified": ["a.rs", "b.rs"]},
            {"id": "x", "message": "no time"},
        ],
        "head_commit": {"timestamp": "2026-05-04T11:00:00+02:00"},
    }));
    let (events, refused) = parsed(&payload, parse);
    assert_eq!(refused, ["commits[1]: no time; expected timestamp"]);
    let [commit, push] = &events[..] else { panic!("{events:?}") };
    assert_eq!((commit.source(), commit.event_type()), (&Source::Git, "commit"));
    assert_eq!((commit.title(), commit.body()), ("lower the pool", "lower the pool\n\nto 5"));
    assert_eq!(commit.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
    assert_eq!(commit.source_id(), Some(SHA));
    let change = Change::from_event(commit).unwrap();
    let ChangeKind::Commit { files, author, .. } = change.kind else { panic!("no commit") };
    assert_eq!((files, author), (vec!["a.rs", "b.rs"], Some("Ada")));
    assert_eq!(push.title(), "push of 1 commits to main in shop/till");
    assert_eq!(push.attribute("vcs.ref.base.revision"), None, "there was no commit before");
    assert_eq!(push.entity(), Some(&Entity::new(EntityKind::Repository, "shop/till")));
}

#[test]
fn only_a_deployment_that_is_over_is_a_deploy() {
    let payload = |state: &str, transient: bool| {
        around(json!({
            "action": "created",
            "deployment_status": {"id": 7, "state": state, "created_at": "2026-05-04T09:00:00Z"},
            "deployment": {"id": 5, "sha": SHA, "ref": "main", "environment": "production",
                "transient_environment": transient, "payload": {}},
        }))
    };
    let done = one(&payload("success", false));
    assert_eq!(done.title(), "deploy of till 4f2a9c1be0 to production");
    assert_eq!(done.entity(), Some(&Entity::service("till")));
    assert_eq!(
        attributes(
            &done,
            &[attribute::COMMIT, name::ENVIRONMENT, name::DEPLOYMENT_STATUS, name::REF]
        ),
        [Some(SHA), Some("production"), Some("succeeded"), Some("main")]
    );
    let failed = one(&payload("failure", false));
    assert_eq!((failed.source(), failed.severity()), (&Source::Deploy, Severity::High));
    for event in [
        one(&payload("in_progress", false)),
        one(&payload("success", true)),
        one(&around(
            json!({"deployment": {"id": 5, "sha": SHA, "created_at": "2026-05-04T09:00:00Z"}}),
        )),
    ] {
        assert_eq!((event.source(), event.event_type()), (&Source::Ci, "deployment"));
        assert!(Change::from_event(&event).is_none());
    }
}

#[test]
fn a_deployment_may_name_its_service() {
    let event = one(&around(json!({
        "deployment_status": {"id": 7, "state": "success", "created_at": "2026-05-04T09:00:00Z"},
        "deployment": {"id": 5, "sha": SHA, "payload": {"service": "till-api"}},
    })));
    assert_eq!(event.entity(), Some(&Entity::service("till-api")));
}

#[test]
fn runs_jobs_and_checks_say_how_they_ended_and_of_which_commit() {
    let item = json!({"id": 9, "run_id": 3, "name": "tests", "status": "completed", "conclusion": "timed_out",
        "head_sha": SHA, "head_branch": "main", "run_attempt": 2,
        "created_at": "2026-05-04T09:00:00Z", "updated_at": "2026-05-04T09:05:00Z",
        "steps": [{"name": "lint", "conclusion": "success"}, {"name": "slow part", "conclusion": "timed_out"}]});
    let run = one(&around(json!({"action": "completed", "workflow_run": item})));
    assert_eq!(run.title(), "workflow tests: timeout on main in shop/till");
    assert_eq!((run.source(), run.event_type()), (&Source::Ci, "pipeline_run"));
    assert_eq!(run.timestamp().to_rfc3339(), "2026-05-04T09:05:00+00:00");
    assert_eq!(run.severity(), Severity::Medium);
    assert_eq!(
        attributes(&run, &[name::PIPELINE, name::RUN, name::RESULT, name::KIND, attribute::ACTOR]),
        [Some("tests"), Some("9"), Some("timeout"), Some("workflow_run"), Some("ada")]
    );
    let job = one(&around(json!({"action": "completed", "workflow_job": item})));
    assert_eq!((job.event_type(), job.body()), ("pipeline_task", "step failed: slow part"));
    assert_eq!(attributes(&job, &[name::TASK, name::RUN]), [Some("tests"), Some("3")]);
    let queued = one(&around(json!({"check_run": {"id": 1, "name": "lint", "status": "queued",
        "conclusion": null, "started_at": "2026-05-04T09:00:00Z"}})));
    assert_eq!(attributes(&queued, &[name::RUN_STATE, name::TASK_RESULT]), [Some("queued"), None]);
    let status =
        one(&around(json!({"id": 4, "sha": SHA, "state": "failure", "context": "ci/lint",
        "created_at": "2026-05-04T09:00:00Z"})));
    assert_eq!(status.title(), "status ci/lint: failure in shop/till");
}

#[test]
fn a_pull_request_tells_whether_it_was_merged() {
    let item = json!({"number": 12, "title": "cache prices", "state": "closed", "merged": true,
        "merged_at": "2026-05-04T09:00:00Z", "merge_commit_sha": SHA, "updated_at": "2026-05-04T10:00:00Z",
        "head": {"ref": "prices", "sha": "aa"}, "base": {"ref": "main"}, "user": {"login": "ada"}});
    let event = one(&around(json!({"action": "closed", "number": 12, "pull_request": item})));
    assert_eq!(event.title(), "pull request 12 merged in shop/till: cache prices");
    assert_eq!(
        attributes(&event, &[name::CHANGE_STATE, attribute::COMMIT, name::BASE_REF]),
        [Some("merged"), Some(SHA), Some("main")]
    );
    assert_eq!(event.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
}

#[test]
fn other_kinds_are_kept_with_their_action_and_some_time() {
    let event = one(&around(
        json!({"action": "labeled", "issue": {"title": "slow", "body": "since noon",
        "updated_at": "2026-05-04T09:00:00Z", "created_at": "2026-05-03T09:00:00Z"}, "label": {"name": "bug"}}),
    ));
    assert_eq!(event.title(), "issues labeled in shop/till: slow");
    assert_eq!((event.source().as_str(), event.event_type()), ("github", "issues"));
    assert_eq!(event.timestamp().to_rfc3339(), "2026-05-04T09:00:00+00:00");
    let bare = one(&around(json!({"action": "started"})));
    assert_eq!(
        (bare.event_type(), bare.timestamp().to_rfc3339().as_str()),
        ("watch", "2026-05-01T00:00:00+00:00")
    );
    let (_, refused) = parsed(&json!({"action": "revoked", "sender": {}}), parse);
    assert!(refused[0].contains("time it was received"), "{refused:?}");
    let (_, refused) = parsed(&json!({"zzz": 1}), parse);
    assert!(refused[0].contains("X-GitHub-Event"), "{refused:?}");
}

#[test]
fn a_recorded_delivery_brings_kind_and_time() {
    let payload = json!({"action": "deleted", "repository": {"full_name": "shop/till"}});
    let recorded = json!({"delivered_at": "2026-05-04T09:00:00Z", "request": {
        "headers": {"X-GitHub-Event": "star"}, "payload": payload}});
    let event = one(&recorded);
    assert_eq!(
        (event.event_type(), event.timestamp().to_rfc3339().as_str()),
        ("star", "2026-05-04T09:00:00+00:00")
    );
    let as_text = json!({"headers": {"x-github-event": "star"}, "timestamp": 1_777_885_200,
        "body": payload.to_string()});
    assert_eq!(one(&as_text), event);
}

#[test]
fn lists_of_the_api_are_read_and_a_bad_item_costs_itself() {
    let url = "https://host.example/repos/shop/till/actions/runs/9";
    let list = json!({"total_count": 2, "workflow_runs": [
        {"id": 9, "name": "tests", "status": "completed", "conclusion": "success", "head_sha": SHA, "url": url,
         "updated_at": "2026-05-04T09:00:00Z", "workflow_id": 1, "run_number": 2},
        {"id": 10}, 7,
    ]});
    let (events, refused) = parsed(&list, parse);
    assert_eq!(events[0].title(), "workflow tests: success in shop/till");
    assert_eq!(events[0].attribute(name::REPOSITORY), Some("shop/till"));
    assert_eq!(
        refused,
        [
            "workflow_runs[1]: no time; expected started_at",
            "workflow_runs[2]: expected an object, found a number"
        ]
    );
    let deployment =
        one(&json!({"id": 5, "sha": SHA, "task": "deploy", "environment": "production",
        "url": "https://host.example/repos/shop/till/deployments/5", "statuses_url": "x",
        "created_at": "2026-05-04T09:00:00Z"}));
    assert_eq!(deployment.title(), "deploy of till 4f2a9c1be0 to production");
    assert_eq!(deployment.attribute(name::DEPLOYMENT_STATUS), Some("unknown"));
    let commit = one(&json!({"sha": SHA, "url": "https://host.example/repos/shop/till/commits/4f",
        "commit": {"message": "m", "tree": {}, "author": {"name": "Ada", "date": "2026-05-04T08:00:00Z"},
            "committer": {"date": "2026-05-04T09:00:00Z"}},
        "files": [{"filename": "b.rs", "patch": "@@ -1 +1 @@\n-a\n+b"}], "stats": {"additions": 1, "deletions": 1}}));
    let Some(ChangeKind::Commit { diff, lines, .. }) = Change::from_event(&commit).map(|c| c.kind)
    else {
        panic!("no commit")
    };
    assert_eq!(
        diff.unwrap(),
        "diff --git a/b.rs b/b.rs\n--- a/b.rs\n+++ b/b.rs\n@@ -1 +1 @@\n-a\n+b\n"
    );
    assert_eq!(lines, Some((1, 1)));
}

#[test]
fn webhooks_and_lists_are_recognised() {
    for text in [
        r#"{"action":"x","repository":{"full_name":"a/b"},"sender":{"login":"c"}}"#,
        r#"{"zen":"z","hook":{},"sender":{"login":"c"},"organization":{"login":"o"}}"#,
        r#"{"workflow_runs":[{"id":1,"head_sha":"a"}]}"#,
        r#"[{"sha":"a","task":"deploy","environment":"p","statuses_url":"u"}]"#,
        r#"[{"sha":"a","commit":{"message":"m","tree":{"sha":"t"}}}]"#,
        r#"{"request":{"headers":{"X-GitHub-Event":"push"},"payload":{}}}"#,
    ] {
        assert_eq!(Format::of("x.json", text.as_bytes()).map(|f| f.name), Some("github"), "{text}");
    }
}

const NAMES: &[&str] = &[
    "action",
    "repository",
    "full_name",
    "sender",
    "login",
    "commits",
    "id",
    "ref",
    "before",
    "after",
    "timestamp",
    "workflow_run",
    "workflow_runs",
    "head_sha",
    "status",
    "conclusion",
    "completed",
    "success",
    "created_at",
    "deployment",
    "deployment_status",
    "state",
    "pull_request",
    "number",
    "release",
    "tag_name",
    "headers",
    "X-GitHub-Event",
    "payload",
    "url",
    "steps",
    "payload",
    "push",
    "commit",
    "sha",
    "issue",
    "check_run",
];

proptest::proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES)) {
        let _ = parsed(&value, parse);
    }
}
