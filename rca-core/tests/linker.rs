//! The linker seen from outside: what it links, what it leaves alone, and that people win.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use rca_core::ErrorKind;
use rca_core::linker::{
    CaseProfile, Decision, Explanation, Linker, LinkerOptions, accept, decide, dedupe, reject,
};
use rca_core::model::{
    Confidence, Entity, EntityKind, Event, EventBuilder, Investigation, InvestigationBuilder, Link,
    LinkKind, LinkReason, LinkRule, Source, attribute,
};
use rca_core::time::TimeRange;

const SHA: &str = "77b0c4d1e5a977b0c4d1e5a977b0c4d1e5a977b0";
const HOUR: i64 = 3600;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn event(seconds: i64, source: Source, event_type: &str, title: &str) -> EventBuilder {
    Event::builder(at(seconds), source, event_type, title)
}

/// An hour of trouble with the bookings of a ferry line.
fn case() -> InvestigationBuilder {
    Investigation::builder(
        "Bookings hang on the harbour page",
        TimeRange::new(at(0), at(HOUR)).unwrap(),
    )
    .with_service("booking")
    .with_description("SeatLedger locks up, customers see a blank harbour page")
    .with_tag("ferry")
    .with_tag("west")
}

fn investigation() -> Investigation {
    case().build(at(HOUR), b"1").unwrap()
}

fn profile(linked: &[Event]) -> CaseProfile {
    CaseProfile::new(&investigation(), linked)
}

fn kind(event: EventBuilder, case: &CaseProfile) -> Option<LinkKind> {
    Linker::default().score(&event.build().unwrap(), case).map(|decision| decision.kind)
}

fn score_of(explanation: &Explanation, rule: LinkRule) -> f64 {
    explanation.reasons.iter().find(|reason| reason.rule == rule).unwrap().score.value()
}

#[test]
fn a_deploy_on_the_service_shortly_before_the_start_is_linked() {
    let deploy =
        |seconds| event(seconds, Source::Deploy, "deploy", "v12 goes out").with_service("booking");
    assert_eq!(kind(deploy(-20 * 60), &profile(&[])), Some(LinkKind::Automatic));
    assert_eq!(kind(deploy(-HOUR), &profile(&[])), Some(LinkKind::Automatic));
    assert_eq!(kind(deploy(-3 * HOUR), &profile(&[])), Some(LinkKind::Suggested));
    assert_eq!(kind(deploy(-72 * HOUR), &profile(&[])), None);
}

#[test]
fn time_alone_neither_links_nor_suggests() {
    let stranger = event(60, Source::Alert, "alert", "Disk is full").with_service("payroll");
    assert_eq!(kind(stranger, &profile(&[])), None);
}

#[test]
fn the_same_service_at_another_time_is_another_incident() {
    let old = event(-20 * HOUR, Source::Alert, "alert", "Bookings hang on the harbour page");
    assert_eq!(kind(old.with_service("booking").with_tag("ferry"), &profile(&[])), None);
}

#[test]
fn a_shared_trace_or_commit_links_at_any_distance() {
    let alert = event(60, Source::Alert, "alert", "Seats lock up")
        .with_attribute(attribute::TRACE, "aa11bb22cc33")
        .with_attribute(attribute::COMMIT, SHA)
        .build()
        .unwrap();
    let case = profile(&[alert]);
    let far = |name: &str, value: &str| {
        event(-99 * HOUR, Source::Git, "commit", "Speed up").with_attribute(name, value)
    };
    assert_eq!(kind(far(attribute::TRACE, "aa11bb22cc33"), &case), Some(LinkKind::Automatic));
    assert_eq!(kind(far(attribute::COMMIT, SHA), &case), Some(LinkKind::Automatic));
    assert_eq!(kind(far(attribute::COMMIT, &SHA[..9]), &case), Some(LinkKind::Automatic));
    assert_eq!(kind(far(attribute::COMMIT, &SHA[..5]), &case), None, "too short to tell");
    let revert = event(20 * HOUR, Source::Git, "commit", "Revert it")
        .with_body(format!("This reverts commit {SHA}."));
    assert_eq!(kind(revert, &case), Some(LinkKind::Automatic));
}

#[test]
fn a_copy_of_the_service_is_the_service() {
    let on = |name: &str| {
        event(60, Source::Logs, "log_shift", "new line")
            .with_entity(Entity::new(EntityKind::Pod, name))
    };
    assert_eq!(kind(on("booking-6f7c9d-x2x4z"), &profile(&[])), Some(LinkKind::Automatic));
    assert_eq!(kind(on("bookingcom-6f7c9d-x2x4z"), &profile(&[])), None);
}

#[test]
fn a_commit_to_the_folder_of_the_service_is_suggested() {
    let commit = |path: &str| {
        event(-600, Source::Git, "commit", "Tidy up")
            .with_attribute(attribute::FILES, vec![path.to_owned()])
    };
    assert_eq!(kind(commit("apps/booking/main.go"), &profile(&[])), Some(LinkKind::Suggested));
    assert_eq!(kind(commit("apps/payroll/main.go"), &profile(&[])), None);
}

#[test]
fn an_entity_known_from_elsewhere_counts_by_its_weight() {
    let alert = || event(60, Source::Alert, "alert", "Disk is full").with_service("seat-store");
    let with = |weight| profile(&[]).with_entity("seat-store", Confidence::saturating(weight));
    assert_eq!(kind(alert(), &profile(&[])), None);
    assert_eq!(kind(alert(), &with(0.6)), Some(LinkKind::Suggested));
    assert_eq!(kind(alert(), &with(1.0)), Some(LinkKind::Automatic));
}

#[test]
fn the_same_words_at_the_same_time_are_worth_a_look() {
    let note = event(60, Source::Manual, "note", "Harbour page blank, SeatLedger locks up again");
    assert!(kind(note, &profile(&[])).is_some());
    let other = event(60, Source::Manual, "note", "Payroll export blank, printer out of paper");
    assert_eq!(kind(other, &profile(&[])), None);
}

#[test]
fn every_rule_explains_itself_also_when_it_says_no() {
    let deploy = event(-600, Source::Deploy, "deploy", "v12 goes out")
        .with_service("booking")
        .with_tag("west")
        .build()
        .unwrap();
    let explanation = Linker::default().explain(&deploy, &profile(&[]));
    assert_eq!(explanation.reasons.len(), 6);
    assert!(explanation.reasons.is_sorted_by(|a, b| a.score >= b.score), "strongest first");
    let detail = |rule| {
        explanation.reasons.iter().find(|r| r.rule == rule).map(|r| r.detail.as_str()).unwrap()
    };
    assert_eq!(detail(LinkRule::Time), "10 min before the start");
    assert_eq!(detail(LinkRule::Entity), "on booking, named by the affected service");
    assert_eq!(detail(LinkRule::Tags), "shares the tags west");
    assert_eq!(detail(LinkRule::Commit), "no shared commit");
    let decision = Linker::default().score(&deploy, &profile(&[])).unwrap();
    assert!(decision.reasons.iter().all(|reason| reason.score > Confidence::ZERO));
    assert_eq!(decision.confidence, explanation.confidence);
}

#[test]
fn an_event_is_no_reason_to_link_itself() {
    let alert = event(60, Source::Alert, "alert", "Printer out of paper")
        .with_service("payroll")
        .with_attribute(attribute::COMMIT, SHA)
        .with_attribute(attribute::TRACE, "aa11bb22cc33")
        .build()
        .unwrap();
    let linker = Linker::default();
    assert_eq!(
        linker.explain(&alert, &profile(std::slice::from_ref(&alert))),
        linker.explain(&alert, &profile(&[]))
    );
}

#[test]
fn thresholds_that_would_link_by_time_alone_are_refused() {
    let with = |suggest, link| {
        let options = LinkerOptions::default()
            .with_thresholds(Confidence::saturating(suggest), Confidence::saturating(link));
        Linker::new(options).map_err(|error| error.kind())
    };
    assert!(with(0.4, 0.6).is_ok() && Linker::new(LinkerOptions::default()).is_ok());
    assert_eq!(with(0.1, 0.35), Err(ErrorKind::InvalidInput));
    assert_eq!(with(0.8, 0.6), Err(ErrorKind::InvalidInput));
    assert_eq!(with(0.0, 0.6), Err(ErrorKind::InvalidInput));
    let endless = LinkerOptions::default().with_change_half_life(Duration::MAX);
    assert!(Linker::new(endless).is_err());
}

#[test]
fn an_unchanged_link_keeps_its_time_and_a_lost_one_is_dropped() {
    let decision = decision(LinkKind::Automatic, 0.8);
    let link = decide(None, Some(decision.clone()), at(0)).unwrap();
    assert_eq!(decide(Some(&link), Some(decision), at(9)), Some(link.clone()));
    assert_eq!(decide(Some(&link), None, at(9)), None);
    let weaker = decide(Some(&link), Some(self::decision(LinkKind::Suggested, 0.6)), at(9));
    assert_eq!(weaker.map(|l| (l.kind, l.linked_at)), Some((LinkKind::Suggested, at(9))));
}

fn decision(kind: LinkKind, confidence: f64) -> Decision {
    let confidence = Confidence::saturating(confidence);
    let event = event(0, Source::Manual, "note", "x").build().unwrap().id();
    let reason = LinkReason { rule: LinkRule::Time, score: confidence, detail: "x".to_owned() };
    let investigation = investigation().id();
    Decision { event, investigation, kind, confidence, reasons: vec![reason] }
}

/// Events near the case, with bits of it here and there.
fn events() -> impl Strategy<Value = EventBuilder> {
    let sources = prop::sample::select(vec![
        (Source::Git, "commit"),
        (Source::Deploy, "deploy"),
        (Source::Alert, "alert"),
        (Source::Logs, "log_shift"),
    ]);
    let words = subsequence(
        vec!["harbour", "page", "bookings", "SeatLedger", "locks", "printer", "paper", "error"],
        1..8,
    );
    let service = prop::sample::select(vec!["booking", "payroll", "harbour", ""]);
    let tags = subsequence(vec!["ferry", "west", "blue"], 0..3);
    (-30 * HOUR..5 * HOUR, sources, words, service, tags, 0..3_usize).prop_map(
        |(seconds, (source, event_type), words, service, tags, sha)| {
            let mut builder = event(seconds, source, event_type, &words.join(" "));
            if !service.is_empty() {
                builder = builder.with_service(service);
            }
            if sha > 0 {
                builder = builder.with_attribute(attribute::COMMIT, format!("{sha}a").repeat(20));
            }
            tags.into_iter().fold(builder, EventBuilder::with_tag)
        },
    )
}

fn built(builders: &[EventBuilder]) -> Vec<Event> {
    builders.iter().map(|builder| builder.clone().build().unwrap()).collect()
}

fn moved(event: &Event, by: Duration) -> Event {
    let time = event.timestamp() + by;
    let builder = Event::builder(time, event.source().clone(), event.event_type(), event.title())
        .with_data(event.data().clone());
    let builder = event.tags().iter().fold(builder, |b, tag| b.with_tag(tag.as_str()));
    match event.entity() {
        Some(entity) => builder.with_entity(entity.clone()),
        None => builder,
    }
    .build()
    .unwrap()
}

/// What can happen to a pair.
#[derive(Debug, Clone)]
enum Step {
    Analysis(Option<(LinkKind, f64)>),
    Accept,
    Reject,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop::sample::select(vec![LinkKind::Suggested, LinkKind::Automatic]);
    let step = prop_oneof![
        6 => prop::option::of((kind, 0.0..1.0)).prop_map(Step::Analysis),
        1 => Just(Step::Accept),
        1 => Just(Step::Reject),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    #[test]
    fn time_alone_never_links(seconds in -30 * HOUR..5 * HOUR, change in any::<bool>()) {
        let source = if change { Source::Deploy } else { Source::Alert };
        let stranger = event(seconds, source, "something", "Printer out of paper");
        prop_assert_eq!(kind(stranger.with_service("payroll"), &profile(&[])), None);
    }

    #[test]
    fn something_unrelated_never_raises_the_confidence(
        one in events(), linked in prop::collection::vec(events(), 0..4),
    ) {
        let (linker, linked) = (Linker::default(), built(&linked));
        let before = linker.explain(&one.clone().build().unwrap(), &profile(&linked));
        let tagged = one.clone().with_tag("unrelated").build().unwrap();
        prop_assert_eq!(&linker.explain(&tagged, &profile(&linked)), &before);
        let stranger = event(9, Source::Alert, "alert", "Moon rises").with_service("moon").build().unwrap();
        let more: Vec<_> = linked.iter().cloned().chain([stranger]).collect();
        prop_assert_eq!(linker.explain(&one.build().unwrap(), &profile(&more)), before);
    }

    #[test]
    fn a_shared_tag_or_trace_never_lowers_it(one in events()) {
        let (linker, case) = (Linker::default(), profile(&[]));
        let before = linker.explain(&one.clone().build().unwrap(), &case).confidence;
        let tagged = one.with_tag("ferry").build().unwrap();
        prop_assert!(linker.explain(&tagged, &case).confidence >= before);
    }

    #[test]
    fn confidence_follows_from_the_reasons_and_stays_in_range(
        one in events(), linked in prop::collection::vec(events(), 0..4),
    ) {
        let explanation = Linker::default().explain(&one.build().unwrap(), &profile(&built(&linked)));
        let doubt: f64 = explanation.reasons.iter().map(|r| 1.0 - r.score.value()).product();
        prop_assert!((explanation.confidence.value() - (1.0 - doubt)).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&explanation.confidence.value()));
    }

    #[test]
    fn the_order_of_linked_events_changes_nothing(
        one in events(),
        (linked, shuffled) in prop::collection::vec(events(), 0..6)
            .prop_map(|builders| built(&builders))
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        let (linker, one) = (Linker::default(), one.build().unwrap());
        prop_assert_eq!(
            linker.explain(&one, &profile(&linked)),
            linker.explain(&one, &profile(&shuffled))
        );
    }

    #[test]
    fn shifting_all_times_shifts_nothing(
        one in events(), linked in prop::collection::vec(events(), 0..4), hours in -9999..9999_i64,
    ) {
        let by = Duration::hours(hours);
        let (one, linked) = (one.build().unwrap(), built(&linked));
        let window = TimeRange::new(at(0) + by, at(HOUR) + by).unwrap();
        let case_then = Investigation::builder(investigation().title(), window)
            .with_service("booking")
            .with_description(investigation().description())
            .with_tag("ferry")
            .with_tag("west")
            .build(at(HOUR) + by, b"1")
            .unwrap();
        let then: Vec<_> = linked.iter().map(|event| moved(event, by)).collect();
        let linker = Linker::default();
        prop_assert_eq!(
            linker.explain(&moved(&one, by), &CaseProfile::new(&case_then, &then)),
            linker.explain(&one, &profile(&linked))
        );
    }

    #[test]
    fn nothing_outside_of_the_reach_is_linked_without_an_identity(one in events()) {
        let (linker, case) = (Linker::default(), profile(&[]));
        let event = one.build().unwrap();
        let explanation = linker.explain(&event, &case);
        if !linker.reach(&case).contains(event.timestamp()) {
            prop_assert_eq!(score_of(&explanation, LinkRule::Time), 0.0);
            prop_assert_eq!(explanation.kind, None);
        }
    }

    #[test]
    fn people_win_whatever_the_analyses_say(steps in steps()) {
        let subject = decision(LinkKind::Automatic, 0.5);
        let (mut link, mut person): (Option<Link>, Option<Link>) = (None, None);
        for (now, step) in (0..).zip(steps) {
            match step {
                Step::Accept => {
                    link = Some(accept(subject.event, subject.investigation, Some("ada".into()), at(now)));
                    person = link.clone();
                }
                Step::Reject => {
                    link = Some(reject(subject.event, subject.investigation, None, at(now)));
                    person = link.clone();
                }
                Step::Analysis(found) => {
                    let found = found.map(|(kind, confidence)| decision(kind, confidence));
                    link = decide(link.as_ref(), found.clone(), at(now));
                    if person.is_none() {
                        prop_assert_eq!(link.as_ref().map(|l| l.confidence), found.map(|d| d.confidence));
                    }
                }
            }
            if person.is_some() {
                prop_assert_eq!(&link, &person);
            }
        }
    }

    #[test]
    fn a_pair_has_one_link_and_a_persons_wins(
        steps in prop::collection::vec(steps(), 1..4), pick in any::<Index>(),
    ) {
        let subject = decision(LinkKind::Automatic, 0.5);
        let mut links = Vec::new();
        for (now, step) in (0..).zip(steps.concat()) {
            links.extend(match step {
                Step::Accept => Some(accept(subject.event, subject.investigation, None, at(now))),
                Step::Reject => Some(reject(subject.event, subject.investigation, None, at(now))),
                Step::Analysis(found) => found.map(|(kind, c)| decision(kind, c).into_link(at(now))),
            });
        }
        let kept = dedupe(links.clone());
        prop_assert_eq!(kept.len(), usize::from(!links.is_empty()));
        if let Some(kept) = kept.first() {
            let by_person = links.iter().rfind(|link| link.kind.is_manual());
            prop_assert_eq!(by_person.is_some(), kept.kind.is_manual());
            if let Some(last) = by_person {
                prop_assert_eq!(last, kept);
            }
            let start = pick.index(links.len());
            links.rotate_left(start);
            prop_assert_eq!(dedupe(links), [kept.clone()]);
        }
    }
}
