//! All other events: what was done to what, by whom.

use chrono::{DateTime, Utc};

use super::super::intake::Intake;
use super::super::node::Node;
use super::inside;
use crate::model::{Event, EventBuilder, Source};

/// Members that are about the surroundings, not about what happened.
const SURROUNDINGS: [&str; 6] =
    ["repository", "sender", "organization", "installation", "enterprise", "requestor"];
/// When something last changed.
const TIMES: [&str; 6] =
    ["updated_at", "submitted_at", "published_at", "created_at", "starred_at", "since"];
/// Where a subject says what it is called.
const SUBJECTS: [&str; 16] = [
    "issue.title",
    "discussion.title",
    "pull_request.title",
    "milestone.title",
    "label.name",
    "package.name",
    "project.name",
    "rule.name",
    "alert.rule.description",
    "alert.security_advisory.summary",
    "security_advisory.summary",
    "team.name",
    "member.login",
    "forkee.full_name",
    "workflow",
    "ref",
];

pub(super) fn event(
    kind: &str,
    payload: Node<'_>,
    intake: &mut Intake,
) -> Result<EventBuilder, String> {
    let time = match own_time(payload) {
        Some(time) => time,
        None => surrounding_time(payload, intake)?,
    };
    let action = payload.text("action");
    let subject = payload.first_text(&SUBJECTS);
    let mut title = kind.to_owned();
    if let Some(action) = action {
        title.push(' ');
        title.push_str(action);
    }
    title.push_str(&inside(payload));
    if let Some(subject) = subject {
        title.push_str(": ");
        title.push_str(subject);
    }
    let body = payload.first_text(&["comment.body", "review.body", "issue.body", "description"]);
    Ok(Event::builder(time, Source::Other("github".to_owned()), &type_of(kind), &title)
        .with_body(intake.body(body.unwrap_or_default())))
}

/// Kinds come from a header too, so that any text may be one.
fn type_of(kind: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    kind.chars().take(100).map(legal).collect()
}

/// The latest moment that the subject carries.
fn own_time(payload: Node<'_>) -> Option<DateTime<Utc>> {
    let top = TIMES.iter().filter_map(|name| payload.time(&[name]).ok());
    let members = payload.0.as_object()?;
    let inner = members
        .iter()
        .filter(|(name, _)| !SURROUNDINGS.contains(&name.as_str()))
        .flat_map(|(_, value)| TIMES.iter().filter_map(move |name| Node(value).time(&[name]).ok()));
    top.chain(inner).max()
}

/// The time of receipt, else when anything around it last changed.
fn surrounding_time(payload: Node<'_>, intake: &mut Intake) -> Result<DateTime<Utc>, String> {
    if intake.hints.received.is_some() {
        return intake.received();
    }
    const AROUND: [&str; 5] = [
        "repository.updated_at",
        "repository.pushed_at",
        "installation.updated_at",
        "organization.updated_at",
        "merge_group.head_commit.timestamp",
    ];
    let time = AROUND.iter().filter_map(|path| payload.time(&[path]).ok()).max();
    let time = time.ok_or("no time in it; hand it over with the time it was received")?;
    intake.note("without a time of their own: when their repository last changed was taken");
    Ok(time)
}
