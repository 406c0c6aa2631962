//! Today's configuration over the past: what would be different, and nothing is written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod company;

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use rca_core::linker::CorrelationRules;
use rca_core::model::{Event, LinkKind, LinkRule, Source};
use rca_core::rank::Weights;
use rca_core::store::{Deleted, Scan};
use rca_core::time::{Clock, TimeRange};
use rca_core::{ErrorKind, Workspace};

use company::{Company, six_weeks};

fn past(company: &Company) -> TimeRange {
    let begin: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    TimeRange::new(begin, company.clock.now()).unwrap()
}

/// Everything that is kept, as text.
fn contents(workspace: &Workspace) -> String {
    let events: Vec<_> = workspace.events(&Scan::all()).unwrap().map(Result::unwrap).collect();
    let cases = workspace.investigations(Deleted::Show).unwrap();
    let links: Vec<_> = cases.iter().map(|case| workspace.links(case.id()).unwrap()).collect();
    let answers: Vec<_> = cases.iter().map(|case| workspace.analysis(case.id()).unwrap()).collect();
    serde_json::to_string(&(events, cases, links, answers)).unwrap()
}

fn store_bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("store.redb")).unwrap()
}

const RULES: &str = r#"
[[rule]]
name = "bookings next door"
when = { source = "manual", type = "ticket" }
same = ["entity"]
within = "30m"
at_least = 2
confidence = 0.9
reason = "customers write about it"

[[rule]]
name = "disks"
when = { title_contains = "disk" }
within = "1h"

[[rule]]
name = "alerts"
when = { source = "alert" }
same = ["entity"]
within = "30m"
effect = "incident"
"#;

#[test]
fn the_same_configuration_over_the_same_past_changes_nothing_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let company = Company::new(|builder| builder.open(place.path()).unwrap());
    six_weeks(&company);
    let workspace = &company.workspace;
    for case in workspace.investigations(Deleted::Hide).unwrap() {
        workspace.analyze(case.id()).unwrap();
    }
    workspace.refresh().unwrap();
    let (before, bytes) = (contents(workspace), store_bytes(place.path()));
    let same = workspace.replay(past(&company), &workspace.configuration()).unwrap();
    assert!(same.cases.is_empty(), "{:#?}", same.cases);
    assert_eq!(same.unchanged, 12);

    let mut other = workspace.configuration();
    other.rules = CorrelationRules::from_toml(RULES).unwrap();
    other.analysis.weights = Weights { none_of_these: 9.0, ..Weights::default() };
    let diff = workspace.replay(past(&company), &other).unwrap();
    assert!(!diff.cases.is_empty());
    assert!(contents(workspace) == before, "what is kept changed");
    assert!(store_bytes(place.path()) == bytes, "the file of the store changed");
    assert!(workspace.rule_reports().is_empty());

    // Whoever may only read may replay.
    let (clock, range) = (company.clock.clone(), past(&company));
    drop(company);
    let reader = Workspace::builder().with_clock(clock).read_only().open(place.path()).unwrap();
    let investigation = reader.investigations(Deleted::Hide).unwrap()[0].id();
    assert_eq!(reader.analyze(investigation).unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(reader.replay(range, &other).unwrap(), diff);
}

#[test]
fn another_way_of_ranking_is_told_by_cause() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (first, _) = six_weeks(&company);
    let workspace = &company.workspace;
    let mut doubtful = workspace.configuration();
    doubtful.analysis.weights = Weights { none_of_these: 9.0, ..Weights::default() };
    let diff = workspace.replay(past(&company), &doubtful).unwrap();
    let case = diff.cases.iter().find(|case| case.investigation == first).unwrap();
    let ranking = case.ranking.as_ref().unwrap();
    assert!(ranking.other_first, "nothing is more probable than none of these");
    assert!(ranking.after[0].1 < ranking.before[0].1, "{ranking:?}");
}

#[test]
fn replayed_rules_say_what_they_link_open_and_miss() {
    let company = Company::new(|builder| builder.in_memory().unwrap());
    let (_, second) = six_weeks(&company);
    let workspace = &company.workspace;
    let noon = workspace.investigation(second).unwrap().window().start + Duration::minutes(45);
    let ticket = |minute, entity: &str| {
        let time = noon + Duration::minutes(minute);
        Event::builder(time, Source::Manual, "ticket", "I can not book").with_service(entity)
    };
    let tickets = [ticket(0, "desk"), ticket(4, "desk"), ticket(5, "phone")];
    let tickets = tickets.map(|ticket| ticket.build().unwrap());
    let lonely = Event::builder(noon - Duration::days(3), Source::Alert, "alert", "mail is late")
        .with_service("mail")
        .build()
        .unwrap();
    workspace.ingest(tickets.iter().chain([&lonely]).cloned()).unwrap();
    let quiet = TimeRange::new(noon - Duration::days(9), noon - Duration::days(8)).unwrap();
    let silent = workspace.investigate("somebody saw something", quiet).unwrap();
    for case in workspace.investigations(Deleted::Hide).unwrap() {
        workspace.analyze(case.id()).unwrap();
    }

    let mut ours = workspace.configuration();
    ours.rules = CorrelationRules::from_toml(RULES).unwrap();
    let diff = workspace.replay(past(&company), &ours).unwrap();
    let [case] = &diff.cases[..] else { panic!("{:#?}", diff.cases) };
    assert_eq!(case.investigation, second);
    let added: Vec<_> = case.links.iter().filter(|link| link.is_added()).collect();
    let mut events: Vec<_> = added.iter().map(|link| link.event).collect();
    events.sort_unstable();
    let mut wanted = vec![tickets[0].id(), tickets[1].id()];
    wanted.sort_unstable();
    assert_eq!(events, wanted, "two on one entity, not the lone third");
    let link = added[0].after.as_ref().unwrap();
    assert_eq!((link.kind, link.reasons[0].rule), (LinkKind::Automatic, LinkRule::Custom));
    assert!(link.reasons[0].detail.contains("customers write about it (entity desk)"), "{link:?}");

    let [bookings, disks, alerts] = &diff.rules[..] else { panic!("{:?}", diff.rules) };
    assert_eq!(bookings.matched, 2);
    assert!(disks.never_matched() && disks.considered == 0);
    assert_eq!(alerts.matched, 13);
    let opened: Vec<_> = diff.incidents.opened.iter().map(|found| found.same.clone()).collect();
    assert_eq!(opened, [["mail"]]);
    assert_eq!(diff.incidents.met.len(), 12);
    assert_eq!(diff.incidents.missed, [silent.id()]);
}

#[test]
fn rules_of_an_open_workspace_link_and_report() {
    let rules = CorrelationRules::from_toml(RULES).unwrap();
    let company = Company::new(|builder| builder.with_rules(rules).in_memory().unwrap());
    let (_, second) = six_weeks(&company);
    let workspace = &company.workspace;
    assert!(workspace.rule_reports().iter().all(|report| report.never_matched()));
    let noon = workspace.investigation(second).unwrap().window().start + Duration::minutes(45);
    let ticket = |minute| {
        Event::builder(noon + Duration::minutes(minute), Source::Manual, "ticket", "no booking")
            .with_service("desk")
            .with_source_id(minute.to_string())
            .build()
            .unwrap()
    };
    let tickets = [ticket(0), ticket(4)];
    workspace.ingest(tickets.clone()).unwrap();
    workspace.relink(second).unwrap();
    let links = workspace.links(second).unwrap();
    for ticket in &tickets {
        let link = links.iter().find(|link| link.event == ticket.id()).unwrap();
        assert!(link.kind.is_linked() && link.confidence.value() > 0.9, "{link:?}");
    }
    let reports = workspace.rule_reports();
    let told: Vec<_> =
        reports.iter().map(|report| (report.rule.as_str(), report.matched)).collect();
    assert_eq!(told, [("bookings next door", 2), ("disks", 0)]);
    // A rule that is no more takes its links along.
    let again = workspace.relink(second).unwrap();
    assert_eq!(again.dropped, 0);
    let mut without = workspace.configuration();
    without.rules = CorrelationRules::default();
    let diff = workspace.replay(past(&company), &without).unwrap();
    let case = diff.cases.iter().find(|case| case.investigation == second).unwrap();
    assert_eq!(case.links.iter().filter(|link| link.is_removed()).count(), 2);
}
