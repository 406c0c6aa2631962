//! A made-up company in which things break: hours of events and telemetry, investigated and closed.
#![allow(dead_code, reason = "each test uses its part")]

use chrono::{DateTime, Duration, Utc};
use rca_core::Workspace;
use rca_core::connectors::Batch;
use rca_core::model::{
    Entity, Event, Investigation, InvestigationId, Severity, Source, Status, attribute,
};
use rca_core::signal::{LogRecord, Telemetry};
use rca_core::time::{Clock, ManualClock, nanos};

/// An hour in which something breaks; it is noticed after 40 minutes.
pub(crate) struct Hour {
    pub(crate) start: DateTime<Utc>,
    pub(crate) events: Vec<Event>,
    pub(crate) telemetry: Telemetry,
}

impl Hour {
    pub(crate) fn new(start: DateTime<Utc>) -> Self {
        Self { start, events: Vec::new(), telemetry: Telemetry::default() }
    }

    pub(crate) fn minute(&self, minute: i64) -> DateTime<Utc> {
        self.start + Duration::minutes(minute)
    }

    pub(crate) fn commit(mut self, service: &str, sha: &str, subject: &str, diff: &str) -> Self {
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

    pub(crate) fn flag(mut self, service: &str, key: &str) -> Self {
        let flag = Event::builder(self.minute(31), Source::Flag, "flag_change", key)
            .with_service(service)
            .with_attribute(attribute::FLAG, key)
            .with_attribute(attribute::FLAG_CHANGE, "off->on");
        self.events.push(flag.build().unwrap());
        self
    }

    pub(crate) fn alert(mut self, service: &str, title: &str) -> Self {
        let alert = Event::builder(self.minute(40), Source::Alert, "alert", title)
            .with_service(service)
            .with_severity(Severity::Critical);
        self.events.push(alert.build().unwrap());
        self
    }

    /// A metric that is one value before minute 31 and another after.
    pub(crate) fn metric(mut self, service: &str, name: &str, before: f64, after: f64) -> Self {
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
    pub(crate) fn lines(mut self, service: &str, calm: &str, trouble: &str) -> Self {
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

pub(crate) fn pool(
    start: DateTime<Utc>,
    service: &str,
    sha: &str,
    subject: &str,
    alert: &str,
) -> Hour {
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

pub(crate) fn coupons(start: DateTime<Utc>) -> Hour {
    Hour::new(start)
        .flag("web", "new-coupons")
        .alert("web", "errors on the basket page")
        .metric("web", "http_errors", 0.0, 12.0)
        .lines("web", "page # served", "coupon # has an unknown type, basket refused")
}

pub(crate) fn slow_search(start: DateTime<Utc>, sha: &str) -> Hour {
    Hour::new(start)
        .commit("search", sha, "search: shorter waits", &lowered("upstream_timeout_ms", 3000, 30))
        .alert("search", "search results are missing")
        .metric("search", "upstream_timeouts", 0.0, 40.0)
        .lines("search", "query # answered", "upstream did not answer in time, attempt # given up")
}

pub(crate) struct Company {
    pub(crate) workspace: Workspace,
    pub(crate) clock: ManualClock,
}

impl Company {
    pub(crate) fn new(open: impl FnOnce(rca_core::Builder) -> Workspace) -> Self {
        let clock = ManualClock::at("2026-01-05T09:00:00Z".parse().unwrap());
        Self { workspace: open(Workspace::builder().with_clock(clock.clone())), clock }
    }

    pub(crate) fn wait(&self, span: Duration) -> DateTime<Utc> {
        self.clock.advance(span);
        self.clock.now()
    }

    /// An hour passes, and what happened in it is investigated.
    pub(crate) fn investigate(&self, hour: Hour) -> Investigation {
        self.wait(Duration::hours(1));
        let batch = Batch { events: hour.events, telemetry: hour.telemetry, ..Batch::default() };
        self.workspace.investigate_batch(batch).unwrap().investigation
    }

    pub(crate) fn resolve(&self, case: InvestigationId, cause: &str, remedy: &str) {
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
pub(crate) fn six_weeks(company: &Company) -> (InvestigationId, InvestigationId) {
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
