//! The record of an investigation: what people think and decide about it, who changed what, and that nobody can change
//! what was said without it being seen.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod record {
    mod merging;
    mod portable;
    mod roles;
    mod story;
    mod tampering;
}

use chrono::{DateTime, Duration, Utc};
use rca_core::Workspace;
use rca_core::model::{Event, Investigation, Severity, Source};
use rca_core::time::{ManualClock, TimeRange};

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_781_000_000, 0).unwrap() + Duration::minutes(minutes)
}

/// A deploy of the basket service, and the alert that came of it.
fn events() -> [Event; 2] {
    let deploy = Event::builder(at(0), Source::Deploy, "deploy", "basket 4.2")
        .with_source_id("basket-4.2")
        .with_service("basket")
        .with_attribute("service.version", "4.2")
        .build()
        .unwrap();
    let alert = Event::builder(at(6), Source::Alert, "alert", "basket: errors above 5 %")
        .with_severity(Severity::High)
        .with_source_id("page-1")
        .with_service("basket")
        .build()
        .unwrap();
    [deploy, alert]
}

/// A workspace in memory with an open investigation, and the clock that it goes by.
fn opened() -> (Workspace, ManualClock, Investigation) {
    let clock = ManualClock::at(at(10));
    let workspace = Workspace::builder().with_clock(clock.clone()).in_memory().unwrap();
    let case = open_in(&workspace);
    (workspace, clock, case)
}

fn open_in(workspace: &Workspace) -> Investigation {
    workspace.ingest(events()).unwrap();
    let window = TimeRange::new(at(-30), at(30)).unwrap();
    let builder = Investigation::builder("basket fails", window).with_service("basket");
    workspace.open_investigation(builder).unwrap()
}

fn sound(workspace: &Workspace) {
    let health = workspace.verify().unwrap();
    assert!(health.is_well(), "{:?}", health.store.problems);
}
