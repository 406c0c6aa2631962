//! Pushes and merge requests.

use super::super::intake::joined_id;
use super::*;
use crate::connectors::intake::stamp;

pub(super) fn push(kind: &str, hook: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let branch = hook.text("ref").ok_or("no ref")?;
    let branch = ["refs/heads/", "refs/tags/"]
        .iter()
        .find_map(|prefix| branch.strip_prefix(prefix))
        .unwrap_or(branch);
    let project = hook.text("project.path_with_namespace");
    let (mut count, mut latest) = (0_usize, None);
    intake.each("commits", hook.items("commits"), |item, intake| {
        let sha = item.text("id").ok_or("no id")?;
        let time = item.time(&["timestamp"])?;
        latest = latest.max(Some(time));
        count += 1;
        let message = item.first_text(&["message", "title"]).unwrap_or_default();
        let title = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(sha);
        let mut files: Vec<&str> =
            ["added", "removed", "modified"].iter().flat_map(|list| item.texts(list)).collect();
        files.sort_unstable();
        files.dedup();
        let body = intake.body(message);
        intake.push(
            Event::builder(time, Source::Git, "commit", title)
                .with_body(body)
                .with_source_id(sha)
                .with_attribute(attribute::COMMIT, sha)
                .with_attribute(attribute::AUTHOR, item.text("author.name"))
                .with_attribute(attribute::FILES, files)
                .with_attribute(name::REF, branch)
                .with_attribute(name::REPOSITORY, project)
                .with_attribute(name::URL, item.text("url"))
                .with_attribute(name::KIND, kind),
        );
        Ok(())
    });
    // A push has no time of its own; its latest commit is no later.
    let time = match latest {
        Some(time) if intake.hints.received.is_none() => time,
        _ => intake.received()?,
    };
    let zero = |sha: &&str| sha.bytes().any(|byte| byte != b'0');
    let (before, after) = (hook.text("before"), hook.text("after"));
    let title = match after.filter(zero) {
        Some(_) => format!("push of {count} commits to {branch}{}", inside(hook)),
        None => format!("deletion of {branch}{}", inside(hook)),
    };
    let id = ["gitlab/push", branch, before.unwrap_or_default(), after.unwrap_or_default()];
    let event = Event::builder(time, Source::Git, "push", &title)
        .with_source_id(joined_id(&id))
        .with_attribute(attribute::COMMIT, hook.text("checkout_sha").or(after.filter(zero)))
        .with_attribute(name::BASE, before.filter(zero))
        .with_attribute(name::REF, branch);
    intake.push(described(event, kind, hook));
    Ok(())
}

pub(super) fn merge_request(hook: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let item = hook.at("object_attributes").ok_or("no object_attributes")?;
    let number = item.word("iid").ok_or("no iid")?;
    let time = item.time(&["updated_at", "created_at"])?;
    let draft = item.is_true("draft") || item.is_true("work_in_progress");
    let state = match item.text("state") {
        Some("opened" | "reopened") if draft => "wip",
        Some("opened" | "reopened") | None => "open",
        Some(other) => other,
    };
    let action = item.text("action").unwrap_or(state);
    let subject = item.text("title").unwrap_or_default();
    let title = format!("merge request {number} {action}{}: {subject}", inside(hook));
    let commit = if state == "merged" {
        item.first_text(&["merge_commit_sha", "last_commit.id"])
    } else {
        item.text("last_commit.id")
    };
    let project = hook.text("project.path_with_namespace").unwrap_or_default();
    let id = ["gitlab/merge_request", project, &number, action, &stamp(time)];
    Ok(Event::builder(time, Source::Git, "pull_request", title.trim_end_matches([':', ' ']))
        .with_body(intake.body(item.text("description").unwrap_or_default()))
        .with_source_id(joined_id(&id))
        .with_attribute(name::CHANGE, number)
        .with_attribute(name::CHANGE_STATE, state)
        .with_attribute(name::REF, item.text("source_branch"))
        .with_attribute(name::BASE_REF, item.text("target_branch"))
        .with_attribute(attribute::COMMIT, commit)
        .with_attribute(name::URL, item.text("url")))
}
