//! Code: pushes, commits, pull requests, releases.

use super::super::attribute as name;
use super::super::intake::{Intake, joined_id, stamp};
use super::super::node::Node;
use super::{inside, repository, short};
use crate::model::{Event, EventBuilder, Source, attribute};

/// The commits of a push, then the push itself.
pub(super) fn push(payload: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let branch = payload.text("ref").ok_or("no ref")?;
    let branch = ["refs/heads/", "refs/tags/"]
        .iter()
        .find_map(|prefix| branch.strip_prefix(prefix))
        .unwrap_or(branch);
    let repository = repository(payload);
    let (mut commits, mut latest) = (0_usize, None);
    intake.each("commits", payload.items("commits"), |item, intake| {
        let event = pushed_commit(item, intake)?;
        commits += 1;
        latest = latest.max(item.time(&["timestamp"]).ok());
        intake.push(
            event
                .with_attribute(name::REF, branch)
                .with_attribute(name::REPOSITORY, repository.as_deref())
                .with_attribute(name::KIND, "push"),
        );
        Ok(())
    });
    let time = match payload.time(&["repository.pushed_at", "head_commit.timestamp"]) {
        Ok(time) => time,
        Err(_) => match latest {
            Some(time) if intake.hints.received.is_none() => time,
            _ => intake.received()?,
        },
    };
    let what = if payload.is_true("deleted") {
        format!("deletion of {branch}")
    } else if payload.is_true("forced") {
        format!("forced push of {commits} commits to {branch}")
    } else {
        format!("push of {commits} commits to {branch}")
    };
    let (before, after) = (payload.text("before"), payload.text("after"));
    let event = Event::builder(time, Source::Git, "push", &format!("{what}{}", inside(payload)))
        .with_source_id(joined_id(&[
            "github/push",
            branch,
            before.unwrap_or_default(),
            after.unwrap_or_default(),
        ]))
        .with_attribute(attribute::COMMIT, after.filter(|sha| !is_zero(sha)))
        .with_attribute(name::BASE, before.filter(|sha| !is_zero(sha)))
        .with_attribute(name::REF, branch)
        .with_attribute(name::URL, payload.text("compare"));
    intake.push(super::described(event, "push", payload));
    Ok(())
}

/// The hash of no commit: a branch that was or will not be there.
fn is_zero(sha: &str) -> bool {
    sha.bytes().all(|byte| byte == b'0')
}

fn pushed_commit(item: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let sha = item.first_text(&["id", "sha"]).ok_or("no id")?;
    let time = item.time(&["timestamp"])?;
    let mut files: Vec<&str> =
        ["added", "removed", "modified"].iter().flat_map(|list| item.texts(list)).collect();
    files.sort_unstable();
    files.dedup();
    Ok(commit(sha, item.text("message").unwrap_or_default(), time, intake)
        .with_attribute(attribute::AUTHOR, item.first_text(&["author.name", "author.username"]))
        .with_attribute(attribute::FILES, files)
        .with_attribute(name::URL, item.text("url")))
}

/// A commit as the REST API shows it; one asked for by itself has its patches.
pub(super) fn listed_commit(item: Node<'_>, intake: &mut Intake) -> Result<EventBuilder, String> {
    let sha = item.text("sha").ok_or("no sha")?;
    let time = item.time(&["commit.committer.date", "commit.author.date"])?;
    let mut event = commit(sha, item.text("commit.message").unwrap_or_default(), time, intake)
        .with_attribute(attribute::AUTHOR, item.first_text(&["commit.author.name", "author.login"]))
        .with_attribute(name::URL, item.text("html_url"));
    if item.has("files") {
        let mut files: Vec<&str> =
            item.items("files").filter_map(|file| file.text("filename")).collect();
        files.sort_unstable();
        let diff: String = item.items("files").filter_map(patch).collect();
        event = event
            .with_attribute(attribute::FILES, files)
            .with_attribute(attribute::ADDED, item.count("stats.additions"))
            .with_attribute(attribute::DELETED, item.count("stats.deletions"))
            .with_attribute(attribute::DIFF, (!diff.is_empty()).then(|| intake.body(&diff)));
    }
    Ok(event)
}

/// The hunks of one file under the headers of a unified diff.
fn patch(file: Node<'_>) -> Option<String> {
    let (path, hunks) = (file.text("filename")?, file.at("patch")?.0.as_str()?);
    let before = file.text("previous_filename").unwrap_or(path);
    Some(format!("diff --git a/{before} b/{path}\n--- a/{before}\n+++ b/{path}\n{hunks}\n"))
}

fn commit(
    sha: &str,
    message: &str,
    time: chrono::DateTime<chrono::Utc>,
    intake: &mut Intake,
) -> EventBuilder {
    let title = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(sha);
    Event::builder(time, Source::Git, "commit", title)
        .with_body(intake.body(message))
        .with_source_id(sha)
        .with_attribute(attribute::COMMIT, sha)
}

pub(super) fn pull_request(
    item: Node<'_>,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let number = item.word("number").ok_or("no number")?;
    let merged = item.is_true("merged") || item.has("merged_at");
    let closed = item.text("state") == Some("closed");
    let state = match (merged, closed) {
        (true, _) => "merged",
        (false, true) => "closed",
        (false, false) if item.is_true("draft") => "wip",
        (false, false) => "open",
    };
    let time = item.time(match state {
        "merged" => &["merged_at", "updated_at", "created_at"][..],
        "closed" => &["closed_at", "updated_at", "created_at"],
        _ => &["updated_at", "created_at"],
    })?;
    let action = payload.text("action").unwrap_or(state);
    let subject = item.text("title").unwrap_or_default();
    let did = if merged && action == "closed" { "merged" } else { action };
    let title = format!("pull request {number} {did}{}: {subject}", inside(payload));
    let repository = repository(payload).unwrap_or_default();
    let id = joined_id(&["github/pull_request", &repository, &number, did, &stamp(time)]);
    Ok(Event::builder(time, Source::Git, "pull_request", title.trim_end_matches([':', ' ']))
        .with_body(intake.body(item.text("body").unwrap_or_default()))
        .with_source_id(id)
        .with_attribute(name::CHANGE, number)
        .with_attribute(name::CHANGE_STATE, state)
        .with_attribute(name::REF, item.text("head.ref"))
        .with_attribute(name::BASE_REF, item.text("base.ref"))
        .with_attribute(name::BASE, item.text("base.sha"))
        .with_attribute(
            attribute::COMMIT,
            if merged {
                item.first_text(&["merge_commit_sha", "head.sha"])
            } else {
                item.text("head.sha")
            },
        )
        .with_attribute(attribute::AUTHOR, item.text("user.login"))
        .with_attribute(attribute::ADDED, item.count("additions"))
        .with_attribute(attribute::DELETED, item.count("deletions"))
        .with_attribute(name::URL, item.text("html_url")))
}

pub(super) fn release(
    item: Node<'_>,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let tag = item.first_text(&["tag_name", "name"]).ok_or("no tag_name")?;
    let time = item.time(&["published_at", "created_at"])?;
    let action = payload.text("action").unwrap_or("published");
    let target = item.text("target_commitish");
    let sha = target.filter(|t| t.len() == 40 && t.bytes().all(|b| b.is_ascii_hexdigit()));
    let title = format!("release {tag} {action}{}", inside(payload));
    let id = item.word("id").unwrap_or_else(|| short(tag));
    Ok(Event::builder(time, Source::Git, "release", &title)
        .with_body(intake.body(item.text("body").unwrap_or_default()))
        .with_source_id(joined_id(&["github/release", &id, action]))
        .with_attribute(attribute::VERSION, tag)
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(name::REF, target.filter(|_| sha.is_none()))
        .with_attribute(attribute::AUTHOR, item.text("author.login"))
        .with_attribute(name::URL, item.text("html_url")))
}
