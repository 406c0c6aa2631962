//! What the library remembers: an incident is recognised as the kin of one of weeks ago, and what ended that is told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::{By, ByEntity, CaseFilter, Figure, Likeness, Measure};
use rca_core::connectors::Batch;
use rca_core::model::{
    Entity, Event, Impact, Investigation, InvestigationId, Severity, Source, Status, attribute,
};
use rca_core::signal::{LogRecord, Telemetry};
use rca_core::time::{Clock, ManualClock, TimeRange, nanos};
use rca_core::{Workspace, store::Deleted};

/// An hour in which something breaks; it is noticed after 40 minutes.
struct Hour {
    start: DateTime<Utc>,
    events: Vec<Event>,
    telemetry: Telemetry,
}

impl Hour {
    fn new(start: DateTime<Utc>) -> Self {
        Self { start, events: Vec::new(), telemetry: Telemetry::default() }
    }

    fn minute(&self, minute: i64) -> DateTime<Utc> {
        self.start + Duration::minutes(minute)
    }

    fn commit(mut self, service: &str, sha: &str, subject: &str, diff: &str) -> Self {
        let commit = Event::builder(self.minute(10), Source::Git, "commit", subject)
            .with_source_id(sha)
            .with_attribute(attribute::COMMIT, sha)
            .with_attribute(attribute::FILES, vec![format!("{service}/settings.toml")])
            .with_attribute(attribute::DIFF, diff);
        let deploy = Event::builder(
            self.minute(30),
            Source::Deploy,
            "deploy",
            &format!("{service} goes out"),
        )
        .with_service(service)
        .with_source_id(format!("deploy-{sha}"))
        .with_attribute(attribute::COMMIT, sha)
        .with_attribute(attribute::VERSION, &sha[..7]);
        self.events.extend([commit.build().unwrap(), deploy.build().unwrap()]);
        self
    }

    fn flag(mut self, service: &str, key: &str) -> Self {
        let flag = Event::builder(self.minute(31), Source::Flag, "flag_change", key)
            .with_service(service)
            .with_attribute(attribute::FLAG, key)
            .with_attribute(attribute::FLAG_CHANGE, "off->on");
        self.events.push(flag.build().unwrap());
        self
    }

    fn alert(mut self, service: &str, title: &str) -> Self {
        let alert = Event::builder(self.minute(40), Source::Alert, "alert", title)
            .with_service(service)
            .with_severity(Severity::Critical);
        self.events.push(alert.build().unwrap());
        self
    }

    /// A metric that is one value before minute 31 and another after.
    fn metric(mut self, service: &str, name: &str, before: f64, after: f64) -> Self {
        let entity = Entity::service(service);
        for step in 0..180_i64 {
            let wobble = (step % 5) as f64 * 0.01 * (before + 1.0);
            let value = if step > 93 { after } else { before } + wobble;
            let at = nanos(self.start + Duration::seconds(20 * step));
            self.telemetry.metrics.push(&entity, name, at, value);
        }
        self
    }

    /// A line that is there all the time, and one that comes with the trouble.
    fn lines(mut self, service: &str, calm: &str, trouble: &str) -> Self {
        for step in 0..360_i64 {
            let time = nanos(self.start + Duration::seconds(10 * step));
            let push = |telemetry: &mut Telemetry, severity, message: &str| {
                telemetry.logs.push(&LogRecord {
                    time,
                    service,
                    severity,
                    message,
                    ..LogRecord::default()
                });
            };
            push(
                &mut self.telemetry,
                Severity::Info,
                &calm.replace('#', &(7 * step + 1000).to_string()),
            );
            if step > 187 {
                push(
                    &mut self.telemetry,
                    Severity::High,
                    &trouble.replace('#', &(3 * step).to_string()),
                );
            }
        }
        self
    }
}

fn lowered(name: &str, from: u32, to: u32) -> String {
    format!(
        "diff --git a/x/settings.toml b/x/settings.toml\n--- a/x/settings.toml\n+++ b/x/settings.toml\n@@ -1,3 +1,3 @@\n \
         [db]\n-{name} = {from}\n+{name} = {to}\n"
    )
}

fn pool(start: DateTime<Utc>, service: &str, sha: &str, subject: &str, alert: &str) -> Hour {
    Hour::new(start)
        .commit(service, sha, subject, &lowered("pool_max_connections", 40, 4))
        .alert(service, alert)
        .metric(service, "db_pool_waiting", 0.0, 30.0)
        .metric(service, "latency_p99_ms", 40.0, 900.0)
        .lines(
            service,
            "order # booked",
            "no connection from the pool within # ms: all connections are busy",
        )
}

fn coupons(start: DateTime<Utc>) -> Hour {
    Hour::new(start)
        .flag("web", "new-coupons")
        .alert("web", "errors on the basket page")
        .metric("web", "http_errors", 0.0, 12.0)
        .lines("web", "page # served", "coupon # has an unknown type, basket refused")
}

fn slow_search(start: DateTime<Utc>, sha: &str) -> Hour {
    Hour::new(start)
        .commit("search", sha, "search: shorter waits", &lowered("upstream_timeout_ms", 3000, 30))
        .alert("search", "search results are missing")
        .metric("search", "upstream_timeouts", 0.0, 40.0)
        .lines("search", "query # answered", "upstream did not answer in time, attempt # given up")
}

struct Company {
    workspace: Workspace,
    clock: ManualClock,
}

impl Company {
    fn new(workspace: impl FnOnce(rca_core::Builder) -> Workspace) -> Self {
        let clock = ManualClock::at("2026-01-05T09:00:00Z".parse().unwrap());
        Self { workspace: workspace(Workspace::builder().with_clock(clock.clone())), clock }
    }

    fn wait(&self, span: Duration) -> DateTime<Utc> {
        self.clock.advance(span);
        self.clock.now()
    }

    /// An hour passes, and what happened in it is investigated.
    fn investigate(&self, hour: Hour) -> Investigation {
        self.wait(Duration::hours(1));
        let batch = Batch { events: hour.events, telemetry: hour.telemetry, ..Batch::default() };
        self.workspace.investigate_batch(batch).unwrap().investigation
    }

    fn resolve(&self, case: InvestigationId, cause: &str, remedy: &str) {
        let workspace = &self.workspace;
        workspace.set_status(case, Status::InProgress).unwrap();
        self.wait(Duration::minutes(50));
        workspace
            .update_investigation(case, |case| {
                case.set_root_cause(Some(cause.to_owned()))?;
                case.set_remediation(Some(remedy.to_owned()))
            })
            .unwrap();
        workspace.set_status(case, Status::Resolved).unwrap();
    }
}

const FIRST: &str = "1f0e2d3c4b5a69788796a5b4c3d2e1f001122334";
const SECOND: &str = "9a8b7c6d5e4f30211203f4e5d6c7b8a990807060";

/// Six weeks: an exhausted pool, then other trouble every few days, then a pool again. Gives both.
fn six_weeks(company: &Company) -> (InvestigationId, InvestigationId) {
    let start = company.clock.now();
    let first =
        pool(start, "ledger", FIRST, "tidy the settings of ledger", "ledger answers too late");
    let first = company.investigate(first).id();
    let revert = Event::builder(
        company.clock.now(),
        Source::Git,
        "commit",
        "Revert \"tidy the settings of ledger\"",
    )
    .with_source_id("77aa77aa77aa77aa77aa77aa77aa77aa77aa77aa")
    .with_attribute(attribute::COMMIT, "77aa77aa77aa77aa77aa77aa77aa77aa77aa77aa")
    .with_body(format!("Revert \"tidy the settings of ledger\"\n\nThis reverts commit {FIRST}."));
    company.workspace.ingest([revert.build().unwrap()]).unwrap();
    company.resolve(
        first,
        "the pool had four connections",
        "forty connections again, and an alert on waiting",
    );
    for week in 0..5 {
        let start = company.wait(Duration::days(4));
        let case = company.investigate(coupons(start)).id();
        company.resolve(case, "coupons of a type that web does not know", "flag off");
        let start = company.wait(Duration::days(4));
        let sha = format!("{week}c3d{}", "4e5f6a7b".repeat(5)).chars().take(40).collect::<String>();
        let case = company.investigate(slow_search(start, &sha)).id();
        company.resolve(case, "a wait of 30 ms", "3 s again");
    }
    let start = company.wait(Duration::days(2));
    let second = pool(start, "ledger", SECOND, "ledger: fewer idle things", "bookings hang");
    (first, company.investigate(second).id())
}

#[test]
fn an_incident_is_recognised_as_the_kin_of_one_six_weeks_before() {
    let place = tempfile::tempdir().unwrap();
    let company = Company::new(|builder| builder.open(place.path()).unwrap());
    let (first, second) = six_weeks(&company);
    let days = {
        let at = |id| company.workspace.investigation(id).unwrap().detected_at();
        (at(second) - at(first)).num_days()
    };
    assert!((42..49).contains(&days), "{days}");

    let similar = company.workspace.similar(second, 5).unwrap();
    let kin = &similar[0];
    assert_eq!(kin.investigation, first, "{similar:#?}");
    assert!(kin.score.value() > 0.6, "{kin:#?}");
    for likeness in [Likeness::Templates, Likeness::Mechanism, Likeness::Entities] {
        assert!(kin.resemblances.iter().any(|found| found.likeness == likeness), "{kin:#?}");
    }
    let told: Vec<&str> = kin.resemblances.iter().map(|found| found.detail.as_str()).collect();
    assert!(told.iter().any(|detail| detail.contains("no connection from the pool")), "{told:?}");
    assert!(told.iter().any(|detail| detail.contains("ledger")), "{told:?}");
    assert!(kin.resemblances.is_sorted_by(|a, b| a.score >= b.score));

    // What it was then, and what ended it.
    assert_eq!(
        kin.fix.remediation.as_deref(),
        Some("forty connections again, and an alert on waiting")
    );
    assert_eq!(kin.fix.reverts.len(), 1, "{:?}", kin.fix.reverts);
    assert!(kin.fix.reverts[0].title.starts_with("Revert"));
    assert_eq!(kin.fix.resolved_after, Some(Duration::minutes(70)));
    assert_eq!(kin.status, Status::Resolved);

    // Everything else is further away, and not kin.
    for other in &similar[1..] {
        assert!(other.score.value() < 0.5, "{other:#?}");
    }

    // The same after closing and opening again.
    let before = similar.clone();
    let clock = company.clock.clone();
    drop(company);
    let reopened = Workspace::builder().with_clock(clock).open(place.path()).unwrap();
    assert_eq!(reopened.similar(second, 5).unwrap(), before);
    // And without what was remembered: it is made anew from the analyses.
    let events: Vec<_> = reopened.linked_events(first).unwrap();
    assert!(!events.is_empty());
}

#[test]
fn what_is_removed_is_forgotten_and_what_comes_back_is_known_again() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (first, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let best = |id| workspace.similar(id, 1).unwrap().first().map(|found| found.investigation);
    assert_eq!(best(second), Some(first));
    workspace.delete_investigation(first).unwrap();
    assert_ne!(best(second), Some(first));
    workspace.restore_investigation(first).unwrap();
    assert_eq!(best(second), Some(first));
    assert_eq!(best(first), Some(second), "kin is mutual");
}

#[test]
fn analytics_follow_what_is_written() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (_, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let all = CaseFilter::default();
    let count = workspace.investigations(Deleted::Hide).unwrap().len() as u64;
    assert_eq!(count, 12);

    let resolve = workspace.durations(Measure::Resolve, &[], &all).unwrap();
    let group = &resolve.groups[0];
    assert_eq!((group.over, group.open, group.excluded.total()), (11, 1, 0));
    assert_eq!(group.median, Some(Duration::minutes(70)));
    let taken_up = workspace.durations(Measure::Acknowledge, &[], &all).unwrap();
    assert_eq!((taken_up.groups[0].over, taken_up.groups[0].open), (11, 1));
    assert_eq!(taken_up.groups[0].median, Some(Duration::minutes(20)));
    let detect = workspace.durations(Measure::Detect, &[], &all).unwrap();
    assert_eq!(detect.groups[0].excluded.no_beginning, 12, "nobody said when they began");

    // A write is seen by the next question.
    let start = workspace.investigation(second).unwrap().window().start;
    workspace
        .update_investigation(second, |case| {
            case.set_started_at(Some(start + Duration::minutes(31)));
            case.set_impact_severity(Impact::Critical);
            Ok(())
        })
        .unwrap();
    let detect = workspace.durations(Measure::Detect, &[By::Impact], &all).unwrap();
    assert_eq!(detect.groups[0].values, ["critical"]);
    assert_eq!(detect.groups[0].median, Some(Duration::minutes(9)));

    let mechanisms = workspace.tally(&[By::Mechanism], &all).unwrap().most_frequent_first();
    assert!(
        mechanisms
            .groups
            .iter()
            .any(|group| group.values == ["pool_limit_lowered"] && group.count == 2),
        "{mechanisms:?}"
    );
    let back = workspace.recurrence(Duration::days(60), &all).unwrap();
    assert!(
        back.groups.iter().any(|group| group.component == "ledger" && group.repeats == 1),
        "{back:?}"
    );
    let failures = workspace.change_failures(None, ByEntity::Yes, None).unwrap();
    let ledger = failures.groups.iter().find(|group| group.values == ["ledger"]).unwrap();
    assert_eq!((ledger.deploys, ledger.failed, failures.uncounted), (2, 2, 0), "{failures:?}");
    let month = TimeRange::new(start - Duration::days(20), start + Duration::days(1)).unwrap();
    let recent = workspace.change_failures(Some(month), ByEntity::No, None).unwrap().total();
    assert!(recent.deploys < failures.total().deploys && recent.failed >= 1, "{recent:?}");
    let sources = workspace.events_by_source(None, Some(Duration::days(7))).unwrap();
    assert_eq!(sources.total, workspace.event_count().unwrap());
    assert!(sources.table().to_csv().unwrap().starts_with("from,source,events\n"));
}
