//! Jenkins: builds as its API shows them (`/api/json`), and messages of its notification plugin.
//!
//! | from | becomes |
//! |---|---|
//! | a build, or each of `builds` | `pipeline_run`: job, number, result, duration, commit and branch of its git data |
//! | `changeSet`, `changeSets` of a build | a `commit` each: hash, author, message, paths |
//! | a notification (`build.phase`) | `pipeline_run`, while it goes on and when it is over |

use super::attribute as name;
use super::format::{Certainty, Format, Sample};
use super::intake::{self, Intake, joined_id};
use super::node::Node;
use super::outcome::Outcome;
use crate::model::{Event, EventBuilder, Source, attribute};
use chrono::{DateTime, Duration, Utc};

pub(super) const FORMATS: &[Format] = &[Format {
    name: "jenkins",
    about: "Jenkins builds: JSON of its API with their commits, messages of the notification plugin",
    recognise,
    read: |source, reading, batch| intake::documents(source, reading, batch, parse),
}];

fn recognise(sample: &Sample<'_>) -> Option<Certainty> {
    let build = sample.has("building") && sample.has("result") && sample.has("number");
    let listed = sample.has("builds[].building") && sample.has("builds[].number");
    let told = sample.has("build.phase") && sample.has("build.number");
    (build || listed || told).then_some(Certainty::Certain)
}

fn parse(document: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    if let Some(build) = document.at("build").filter(|build| build.has("phase")) {
        return notification(document, build, intake);
    }
    if document.names("builds") && !document.names("building") {
        intake.each("builds", document.items("builds"), |item, intake| {
            build(item, document.first_text(&["fullName", "fullDisplayName", "name"]), intake)
        });
        return Ok(());
    }
    build(document, None, intake)
}

fn build(item: Node<'_>, job: Option<&str>, intake: &mut Intake) -> Result<(), String> {
    let number = item.word("number").or(item.word("id")).ok_or("no number")?;
    let began = item.time(&["timestamp"])?;
    let named = item.text("fullDisplayName").map(|name| name.split(" #").next().unwrap_or(name));
    let from_url = item.text("url").and_then(job_of_url);
    let job = named.map(str::to_owned).or(from_url).or(job.map(str::to_owned));
    let job = job.unwrap_or_else(|| "job".to_owned());
    let going_on = item.is_true("building");
    let result = item.text("result").filter(|_| !going_on);
    let duration = item.number("duration").filter(|_| !going_on);
    let time = ended(began, duration);
    let git = item.items("actions").find_map(|action| action.at("lastBuiltRevision"));
    let commit = git.and_then(|revision| revision.text("SHA1"));
    let branch = git.and_then(|r| r.items("branch").find_map(|branch| branch.text("name")));
    let causes: Vec<&str> = item
        .items("actions")
        .flat_map(|action| action.items("causes"))
        .filter_map(|cause| cause.text("shortDescription"))
        .collect();
    let actor = item
        .items("actions")
        .flat_map(|action| action.items("causes"))
        .find_map(|cause| cause.first_text(&["userId", "userName"]));
    let event = run(&job, &number, time, result.unwrap_or("running"))
        .with_body(intake.body(&causes.join("\n")))
        .with_attribute(attribute::COMMIT, commit)
        .with_attribute(name::REF, branch.map(plain_branch))
        .with_attribute(name::DURATION, duration.map(|millis| millis / 1000.0))
        .with_attribute(attribute::ACTOR, actor)
        .with_attribute(name::URL, item.text("url"));
    intake.push(event);
    let sets = item.at("changeSet").into_iter().chain(item.items("changeSets"));
    for set in sets {
        intake.each("changes", set.items("items"), change);
    }
    Ok(())
}

/// When it ended: the API tells when it began and how many milliseconds it took.
fn ended(began: DateTime<Utc>, millis: Option<f64>) -> DateTime<Utc> {
    let millis = millis.filter(|millis| (0.0..=1e11).contains(millis)).unwrap_or(0.0);
    #[allow(clippy::cast_possible_truncation, reason = "at most 1e11")]
    let took = Duration::milliseconds(millis as i64);
    began.checked_add_signed(took).unwrap_or(began)
}

fn run(job: &str, number: &str, time: DateTime<Utc>, result: &str) -> EventBuilder {
    let outcome = Outcome::of(result);
    let word = outcome.map_or(result, |outcome| outcome.as_str());
    Event::builder(time, Source::Ci, "pipeline_run", &format!("build {job} {number}: {word}"))
        .with_severity(outcome.map(Outcome::severity).unwrap_or_default())
        .with_source_id(joined_id(&["jenkins", job, number, &result.to_lowercase()]))
        .with_attribute(name::PIPELINE, job)
        .with_attribute(name::RUN, number)
        .with_attribute(name::RESULT, outcome.map(Outcome::as_str))
        .with_attribute(name::RUN_STATE, outcome.is_none().then(|| result.to_lowercase()))
}

fn change(item: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let sha = item.first_text(&["commitId", "id"]).ok_or("no commitId")?;
    // Mercurial and others give the date as text of their own; the timestamp is -1 when unknown.
    let time = item
        .time(&["timestamp"])
        .ok()
        .filter(|time| time.timestamp() > 0)
        .map_or_else(|| item.time(&["date"]), Ok)?;
    let message = item.first_text(&["comment", "msg"]).unwrap_or_default();
    let title = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or(sha);
    let mut files = item.texts("affectedPaths");
    files.sort_unstable();
    files.dedup();
    let event = Event::builder(time, Source::Git, "commit", title)
        .with_body(intake.body(message))
        .with_source_id(sha)
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::AUTHOR, item.first_text(&["author.fullName", "authorEmail"]))
        .with_attribute(attribute::FILES, files);
    intake.push(event);
    Ok(())
}

fn notification(document: Node<'_>, build: Node<'_>, intake: &mut Intake) -> Result<(), String> {
    let number = build.word("number").ok_or("no number")?;
    let job = document.first_text(&["name", "display_name"]).unwrap_or("job");
    let time = match build.time(&["timestamp"]) {
        Ok(time) => time,
        Err(_) => intake.received()?,
    };
    let phase = build.text("phase").unwrap_or("unknown");
    let result = build.text("status").unwrap_or(phase);
    let event = run(job, &number, time, result)
        .with_attribute(name::KIND, phase.to_lowercase())
        .with_attribute(attribute::COMMIT, build.text("scm.commit"))
        .with_attribute(name::REF, build.text("scm.branch").map(plain_branch))
        .with_attribute(name::URL, build.text("full_url"));
    intake.push(event);
    Ok(())
}

/// `refs/remotes/origin/main` and `origin/main` are `main`.
fn plain_branch(branch: &str) -> &str {
    let branch = branch.strip_prefix("refs/remotes/").unwrap_or(branch);
    branch.strip_prefix("origin/").unwrap_or(branch)
}

/// `https://ci.example/job/shop/job/till/12/` is a build of `shop/till`.
fn job_of_url(url: &str) -> Option<String> {
    let parts: Vec<&str> = url.split('/').collect();
    let jobs: Vec<&str> =
        parts.windows(2).filter(|pair| pair[0] == "job").map(|pair| pair[1]).collect();
    (!jobs.is_empty()).then(|| jobs.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::intake::{any_json, parsed};
    use crate::model::{Change, ChangeKind, Severity};
    use serde_json::json;

    const SHA: &str = "4f2a9c1be0d3576688aa10c2b7e4d95f01c3aa77";

    #[test]
    fn a_build_is_dated_when_it_ended_and_brings_its_commits() {
        let value = json!({"_class": "x", "number": 12, "building": false, "result": "UNSTABLE",
            "timestamp": 1_777_885_200_000_i64, "duration": 90_500, "url": "https://ci.example/job/shop/job/till/12/",
            "actions": [{}, {"causes": [{"shortDescription": "Started by ada", "userId": "ada"}]},
                {"lastBuiltRevision": {"SHA1": SHA, "branch": [{"name": "refs/remotes/origin/main"}]}}],
            "changeSets": [{"items": [
                {"commitId": SHA, "timestamp": 1_777_880_000_000_i64, "msg": "cut", "comment": "cut\n\nbody",
                 "author": {"fullName": "Ada"}, "affectedPaths": ["b", "a"]},
                {"msg": "no id"}]}]});
        let (events, refused) = parsed(&value, parse);
        assert_eq!(refused, ["changes[1]: no commitId"]);
        let run = &events[0];
        assert_eq!(
            (run.title(), run.severity()),
            ("build shop/till 12: failure", Severity::Medium)
        );
        assert_eq!(run.timestamp().to_rfc3339(), "2026-05-04T09:01:30.500+00:00");
        assert_eq!(
            (run.attribute(name::REF), run.attribute(attribute::COMMIT)),
            (Some("main"), Some(SHA))
        );
        assert_eq!((run.body(), run.attribute(attribute::ACTOR)), ("Started by ada", Some("ada")));
        let ChangeKind::Commit { files, message, .. } =
            Change::from_event(&events[1]).unwrap().kind
        else {
            panic!()
        };
        assert_eq!((files.join(" "), message), ("a b".to_owned(), "cut\n\nbody"));
    }

    #[test]
    fn lists_running_builds_and_notifications_are_read() {
        let list = json!({"fullName": "till", "builds": [
            {"number": 1, "building": true, "result": null, "timestamp": 1_777_885_200_000_i64, "duration": 0},
            {"number": 2}]});
        let (events, refused) = parsed(&list, parse);
        assert_eq!((events[0].title(), refused.len()), ("build till 1: running", 1));
        assert_eq!(events[0].attribute(name::RUN_STATE), Some("running"));
        let told = json!({"name": "till", "build": {"number": 3, "phase": "COMPLETED", "status": "ABORTED",
            "timestamp": 1_777_885_200_000_i64, "scm": {"branch": "origin/main", "commit": SHA}}});
        let (events, _) = parsed(&told, parse);
        assert_eq!(events[0].title(), "build till 3: cancellation");
        assert_eq!(events[0].attribute(name::REF), Some("main"));
    }

    const NAMES: &[&str] = &[
        "number",
        "building",
        "result",
        "timestamp",
        "duration",
        "url",
        "actions",
        "causes",
        "lastBuiltRevision",
        "SHA1",
        "branch",
        "name",
        "changeSet",
        "changeSets",
        "items",
        "commitId",
        "builds",
        "build",
        "phase",
        "status",
    ];

    proptest::proptest! {
        #[test]
        fn any_json_is_read_or_refused(value in any_json(NAMES), millis: f64) {
            let _ = parsed(&value, parse);
            let _ = ended(DateTime::<Utc>::MAX_UTC, Some(millis));
        }
    }
}
