use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;

use super::*;
use crate::linker::CaseProfile;
use crate::model::{CallEdge, Confidence, Entity, EventId, Finding, Investigation, LinkRule};
use crate::time::TimeRange;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
}

fn event(second: i64, entity: &str, region: Option<&str>, number: u32) -> Event {
    let mut builder = Event::builder(at(second), Source::Logs, "log_burst", "card declined")
        .with_service(entity)
        .with_severity(Severity::High)
        .with_source_id(number.to_string());
    if let Some(region) = region {
        builder = builder.with_attribute("region", region);
    }
    builder.build().unwrap()
}

fn rule(name: &str) -> CorrelationRule {
    CorrelationRule {
        name: name.to_owned(),
        when: Conditions { source: Some("logs".to_owned()), ..Conditions::default() },
        same: Vec::new(),
        within: "60s".to_owned(),
        at_least: 1,
        topology: Topology::Any,
        effect: Effect::Link,
        confidence: 0.8,
        reason: None,
    }
}

fn profile() -> CaseProfile {
    let window = TimeRange::new(at(0), at(3600)).unwrap();
    let case = Investigation::builder("cards fail", window).with_service("till");
    CaseProfile::new(&case.build(at(3600), b"").unwrap(), [])
}

fn run(rules: &CorrelationRules, case: Option<&CaseProfile>, events: &[Event]) -> RuleFindings {
    let mut run = RuleRun::new(rules, case);
    events.iter().for_each(|event| run.offer(event));
    run.finish()
}

#[test]
fn what_is_wrong_is_told_with_rule_and_field() {
    type Change = fn(&mut CorrelationRule);
    let wrong: [(Change, &str); 9] = [
        (|rule| rule.name = " ".to_owned(), "name"),
        (|rule| rule.when = Conditions::default(), "when"),
        (|rule| rule.when.source = Some("Logs".to_owned()), "when.source"),
        (|rule| rule.when.title_contains = Some(String::new()), "when.title_contains"),
        (|rule| rule.same = vec![String::new()], "same"),
        (|rule| rule.within = "15 minutes".to_owned(), "within"),
        (|rule| rule.within = "31d".to_owned(), "within"),
        (|rule| rule.at_least = 0, "at_least"),
        (|rule| rule.confidence = f64::NAN, "confidence"),
    ];
    for (change, field) in wrong {
        let mut rule = rule("cards");
        change(&mut rule);
        let error = CorrelationRules::new([rule]).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.rule == "cards" || error.rule == "#1");
    }
    let twice = CorrelationRules::new([rule("a"), rule("a")]).unwrap_err();
    assert_eq!((twice.rule.as_str(), twice.field), ("a", "name"));
    let mut incident = rule("a");
    (incident.effect, incident.topology) = (Effect::Incident, Topology::SameHost);
    assert_eq!(CorrelationRules::new([incident]).unwrap_err().field, "topology");
}

#[test]
fn files_of_rules_read_and_say_the_line_of_what_is_wrong() {
    let toml = "[[rule]]\nname = \"a\"\nwithin = \"2h\"\nwhen = { type = \"alert\", entity = \"pay-*\" }\n";
    let json = r#"{"rule": [{"name": "a", "within": "2h", "when": {"type": "alert", "entity": "pay-*"}}]}"#;
    let rules = CorrelationRules::from_toml(toml).unwrap();
    assert_eq!(rules, CorrelationRules::from_json(json).unwrap());
    assert_eq!(rules.iter().next().unwrap().at_least, 1);
    let error = CorrelationRules::from_toml("[[rule]]\nname = \"a\"\nwithin = \"2h\"\nwhy = 3\n")
        .unwrap_err();
    assert_eq!(error.place().unwrap().line, Some(4), "{error}");
}

#[test]
fn a_pattern_stands_for_whole_names() {
    for (pattern, name, expected) in [
        ("pay", "pay", true),
        ("pay", "payment", false),
        ("pay-*", "pay-worker", true),
        ("*-worker", "pay-worker", true),
        ("p*y*er", "pay-worker", true),
        ("a*a", "a", false),
        ("*", "", true),
        ("**b", "ab", true),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}

#[test]
fn topology_follows_calls_and_hosts_of_the_case() {
    let call = |caller: &str, callee: &str| {
        let edge = CallEdge {
            caller: Entity::service(caller),
            callee: Entity::service(callee),
            calls: (1, 1),
            errors: (0, 0),
            millis: (1.0, 1.0),
        };
        Finding::CallEdge(edge).to_event(at(0)).unwrap()
    };
    let on_host = |entity: &str, host: &str| {
        Event::builder(at(9), Source::Logs, "log_burst", &format!("{entity} {host}"))
            .with_service(entity)
            .with_attribute("host.name", host)
            .build()
            .unwrap()
    };
    let events = [
        call("till", "bank"),
        call("web", "till"),
        on_host("till", "n1"),
        on_host("bank", "n2"),
        on_host("web", "n3"),
        on_host("mail", "n1"),
        on_host("else", "n9"),
    ];
    let case = profile();
    let matched = |topology| {
        let rules = CorrelationRules::new([CorrelationRule { topology, ..rule("a") }]).unwrap();
        let found = run(&rules, Some(&case), &events);
        let entity = |id: &EventId| {
            let event = events.iter().find(|event| event.id() == *id).unwrap();
            event.entity().unwrap().name.clone()
        };
        let report = &found.reports[0];
        assert_eq!(report.matched + report.elsewhere, 5);
        let mut names: Vec<String> = found.reasons.keys().map(entity).collect();
        names.sort();
        names
    };
    assert_eq!(matched(Topology::SameEntity), ["till"]);
    assert_eq!(matched(Topology::CalledByCase), ["bank"]);
    assert_eq!(matched(Topology::CallsCase), ["web"]);
    assert_eq!(matched(Topology::SameHost), ["mail", "till"]);
    assert_eq!(matched(Topology::Any).len(), 5);
}

#[test]
fn a_rule_that_never_matched_says_why() {
    let rules = CorrelationRules::new([
        CorrelationRule { at_least: 3, ..rule("many") },
        CorrelationRule { same: vec!["region".to_owned()], ..rule("region") },
        CorrelationRule {
            when: Conditions { tag: Some("none".to_owned()), ..Conditions::default() },
            ..rule("nothing")
        },
    ])
    .unwrap();
    let found = run(&rules, None, &[event(0, "till", None, 1), event(30, "till", None, 2)]);
    let [many, region, nothing] = &found.reports[..] else { panic!("{found:?}") };
    assert!(many.never_matched() && many.too_few == 2, "{many:?}");
    assert_eq!(region.without_field, 2);
    assert_eq!(nothing.in_words(), "nothing never matched: no event fulfils its conditions");
    assert!(found.reasons.is_empty() && found.groups.is_empty());
}

#[test]
fn work_is_bounded_and_what_is_left_out_is_counted() {
    let rules = CorrelationRules::new([CorrelationRule { at_least: 2, ..rule("a") }]).unwrap();
    let mut run = RuleRun::new(&rules, None);
    let one = event(5, "till", None, 1);
    for _ in 0..100_010 {
        run.offer(&one);
    }
    let found = run.finish();
    assert_eq!(found.reports[0].left_out, 10);
    assert!(
        found.reports[0].never_matched(),
        "one event is one event, however often it is offered"
    );
}

proptest! {
    #[test]
    fn matches_are_those_of_counting_around_each_event(
        seconds in prop::collection::vec((0..400_i64, 0..3_usize, prop::option::of(0..2_usize)), 0..40),
        at_least in 1..5_usize,
        within in 1..90_i64,
    ) {
        let events: Vec<Event> = seconds
            .iter()
            .enumerate()
            .map(|(n, (second, entity, region))| {
                event(*second, ["till", "bank", "web"][*entity], region.map(|r| ["eu", "us"][r]), n as u32)
            })
            .collect();
        let same = vec!["entity".to_owned(), "region".to_owned()];
        let rule = CorrelationRule { same, at_least, within: format!("{within}s"), ..rule("cards") };
        let rules = CorrelationRules::new([rule]).unwrap();
        let found = run(&rules, None, &events);
        let mut reversed = events.clone();
        reversed.reverse();
        prop_assert_eq!(&found, &run(&rules, None, &reversed));

        let key = |event: &Event| Some((event.entity()?.name.clone(), event.attribute("region")?.to_owned()));
        // An event matches when some time of that length that holds it holds enough of its kind.
        let expected: BTreeSet<EventId> = events
            .iter()
            .filter(|event| key(event).is_some())
            .filter(|event| (0..=within).any(|before| {
                let start = event.timestamp() - Duration::seconds(before);
                let end = start + Duration::seconds(within);
                events
                    .iter()
                    .filter(|other| key(other) == key(event))
                    .filter(|other| start <= other.timestamp() && other.timestamp() <= end)
                    .count() >= at_least
            }))
            .map(Event::id)
            .collect();
        let matched: BTreeSet<EventId> = found.reasons.keys().copied().collect();
        prop_assert_eq!(&matched, &expected);
        let report = &found.reports[0];
        prop_assert_eq!(report.considered, events.len() as u64);
        prop_assert_eq!(report.matched + report.too_few + report.without_field, report.considered);
        let grouped: Vec<EventId> = found.groups.iter().flat_map(|group| group.events.clone()).collect();
        prop_assert_eq!(grouped.len(), expected.len());
        for reasons in found.reasons.values() {
            prop_assert_eq!(reasons.len(), 1);
            prop_assert_eq!(reasons[0].rule, LinkRule::Custom);
            prop_assert_eq!(reasons[0].score, Confidence::saturating(0.8));
        }
    }
}
