//! Whatever the investigations are, the columns say what a plain look at each of them says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Duration, Utc};
use proptest::prelude::*;

use super::*;
use crate::analytics::{Count, Counts, Facet, Figure};

const MINUTE: i64 = 60;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + minute * MINUTE, 0).unwrap()
}

fn facts() -> impl Strategy<Value = CaseFacts> {
    let name = |names: &'static [&'static str]| {
        prop::option::of(prop::sample::select(names)).prop_map(|name| name.map(str::to_owned))
    };
    let status = prop::sample::select(vec![
        Status::Open,
        Status::InProgress,
        Status::Resolved,
        Status::Closed,
    ]);
    let impact =
        prop::sample::select(vec![Impact::Low, Impact::Medium, Impact::High, Impact::Critical]);
    let time = || prop::option::of(-500_000..500_000_i64);
    let deploy = prop::option::of((0..12_u8, 0..3_usize));
    (
        (any::<u16>(), status, impact, -400_000..400_000_i64),
        (time(), time(), time()),
        (name(&["till", "bank", "a|b"]), name(&["web", "till"]), name(&["pool", "leak"]), deploy),
    )
        .prop_map(|((seed, status, impact, detected), (started, taken, resolved), names)| {
            let (component, service, mechanism, deploy) = names;
            CaseFacts {
                id: InvestigationId::derive(at(detected), &seed.to_le_bytes()),
                status,
                impact,
                detected_at: at(detected),
                started_at: started.map(|offset| at(detected + offset / 100)),
                acknowledged_at: taken.map(|offset| at(detected + offset / 50)),
                resolved_at: resolved.map(|offset| at(detected + offset / 10)),
                component,
                service,
                mechanism,
                deploy: deploy.map(|(number, day)| blamed(number, day)),
            }
        })
}

fn blamed(number: u8, day: usize) -> BlamedDeploy {
    let time = at(1440 * (i64::from(number) + day as i64));
    // One event has one time and one entity.
    let event = EventId::derive(time, &[number]);
    BlamedDeploy { event, time, entity: Some(["till", "web"][usize::from(number) % 2].to_owned()) }
}

fn cases() -> impl Strategy<Value = Vec<CaseFacts>> {
    prop::collection::vec(facts(), 0..40).prop_map(|cases| {
        let by_id: BTreeMap<_, _> = cases.into_iter().map(|case| (case.id, case)).collect();
        by_id.into_values().collect()
    })
}

fn now() -> DateTime<Utc> {
    at(400_000)
}

/// Kaplan and Meier by their definition, in whole numbers: the share that is left at `time` as a fraction.
fn left(waits: &[(i64, bool)], time: i64) -> (f64, BTreeSet<i64>) {
    let ends: BTreeSet<i64> =
        waits.iter().filter(|(_, over)| *over).map(|(length, _)| *length).collect();
    let mut left = 1.0;
    for end in ends.iter().filter(|end| **end <= time) {
        let at_risk = waits.iter().filter(|(length, _)| length >= end).count() as f64;
        let ended = waits.iter().filter(|wait| **wait == (*end, true)).count() as f64;
        left *= 1.0 - ended / at_risk;
    }
    (left, ends)
}

fn quantile(waits: &[(i64, bool)], share: f64) -> Option<i64> {
    let (_, ends) = left(waits, 0);
    ends.into_iter().find(|end| left(waits, *end).0 <= 1.0 - share + 1e-9)
}

/// The area below the steps, minute by step.
fn mean(waits: &[(i64, bool)]) -> Option<f64> {
    let longest = waits.iter().map(|(length, _)| *length).max()?;
    let mut moments: BTreeSet<i64> = left(waits, 0).1;
    moments.extend([0, longest]);
    let moments: Vec<i64> = moments.into_iter().collect();
    Some(moments.windows(2).map(|w| left(waits, w[0]).0 * (w[1] - w[0]) as f64).sum())
}

fn plain(case: &CaseFacts, measure: Measure) -> Result<(i64, bool), &'static str> {
    let begin = match measure {
        Measure::Detect | Measure::Restore => case.started_at.ok_or("no beginning")?,
        Measure::Acknowledge | Measure::Resolve => case.detected_at,
    };
    let (end, waiting) = match measure {
        Measure::Detect => (Some(case.detected_at), false),
        Measure::Acknowledge => (case.acknowledged_at, case.status == Status::Open),
        Measure::Resolve | Measure::Restore => {
            (case.resolved_at, [Status::Open, Status::InProgress].contains(&case.status))
        }
    };
    let wait = match end {
        Some(end) => ((end - begin).num_seconds(), true),
        None if waiting => ((now() - begin).num_seconds(), false),
        None => return Err("never"),
    };
    if wait.0 < 0 { Err("backwards") } else { Ok(wait) }
}

fn value(case: &CaseFacts, by: By) -> String {
    let time = case.detected_at;
    match by {
        By::Impact => ["low", "medium", "high", "critical"][case.impact as usize].to_owned(),
        By::Component => case.component.clone().unwrap_or_default(),
        By::Service => case.service.clone().unwrap_or_default(),
        By::Mechanism => case.mechanism.clone().unwrap_or_default(),
        By::Period(Period::Day) => time.format("%Y-%m-%d").to_string(),
        By::Period(Period::Week) => {
            format!("{}-W{:02}", time.iso_week().year(), time.iso_week().week())
        }
        By::Period(Period::Month) => time.format("%Y-%m").to_string(),
        By::Period(Period::Quarter) => format!("{}-Q{}", time.year(), time.month0() / 3 + 1),
    }
}

fn grouped<'a>(cases: &'a [CaseFacts], by: &[By]) -> BTreeMap<Vec<String>, Vec<&'a CaseFacts>> {
    let mut groups: BTreeMap<Vec<String>, Vec<&CaseFacts>> = BTreeMap::new();
    if by.is_empty() {
        groups.insert(Vec::new(), Vec::new());
    }
    for case in cases {
        groups.entry(by.iter().map(|by| value(case, *by)).collect()).or_default().push(case);
    }
    groups
}

fn ways() -> impl Strategy<Value = Vec<By>> {
    let by = prop::sample::select(vec![
        By::Impact,
        By::Component,
        By::Service,
        By::Mechanism,
        By::Period(Period::Day),
        By::Period(Period::Week),
        By::Period(Period::Month),
        By::Period(Period::Quarter),
    ]);
    prop::collection::vec(by, 0..3)
}

proptest! {
    #[test]
    fn durations_are_those_of_a_plain_look_at_each(
        cases in cases(),
        by in ways(),
        measure in prop::sample::select(vec![
            Measure::Detect, Measure::Acknowledge, Measure::Resolve, Measure::Restore,
        ]),
    ) {
        let table = CaseTable::new(cases.iter().rev().cloned());
        let found = table.durations(measure, &by, now());
        let plain_groups = grouped(&cases, &by);
        prop_assert_eq!(found.groups.len(), plain_groups.len());
        for group in &found.groups {
            let members = &plain_groups[&group.values];
            let looked: Vec<_> = members.iter().map(|case| plain(case, measure)).collect();
            let waits: Vec<_> = looked.iter().filter_map(|seen| seen.ok()).collect();
            let why = |wanted| looked.iter().filter(|seen| **seen == Err(wanted)).count() as u64;
            prop_assert_eq!(group.over, waits.iter().filter(|(_, over)| *over).count() as u64);
            prop_assert_eq!(group.over + group.open, waits.len() as u64);
            prop_assert_eq!(group.excluded, Excluded {
                no_beginning: why("no beginning"),
                never: why("never"),
                backwards: why("backwards"),
            });
            prop_assert_eq!(group.excluded.total() + group.over + group.open, members.len() as u64);
            prop_assert_eq!(group.median, quantile(&waits, 0.5).map(Duration::seconds));
            prop_assert_eq!(group.p90, quantile(&waits, 0.9).map(Duration::seconds));
            let (ours, plain) = (group.mean.map(|mean| mean.as_seconds_f64()), mean(&waits));
            prop_assert!(ours.zip(plain).map_or(ours.is_none() && plain.is_none(), |(a, b)| (a - b).abs() <= 1e-6 * b.max(1.0)));
            if group.open == 0 && group.over > 0 {
                let sum: i64 = waits.iter().map(|(length, _)| length).sum();
                let plain = sum as f64 / waits.len() as f64;
                prop_assert!((ours.unwrap() - plain).abs() <= 1e-6 * plain.max(1.0));
                let mut lengths: Vec<i64> = waits.iter().map(|(length, _)| *length).collect();
                lengths.sort_unstable();
                let rank = |share: f64| lengths[((lengths.len() as f64 * share - 1e-9).ceil() as usize).max(1) - 1];
                prop_assert_eq!(group.median, Some(Duration::seconds(rank(0.5))));
                prop_assert_eq!(group.p90, Some(Duration::seconds(rank(0.9))));
            }
        }
    }

    #[test]
    fn counts_are_those_of_a_plain_look_at_each(cases in cases(), by in ways()) {
        let found = CaseTable::new(cases.clone()).tally(&by);
        let plain = grouped(&cases, &by);
        prop_assert_eq!(found.total, cases.len() as u64);
        prop_assert_eq!(found.groups.len(), plain.len());
        for group in &found.groups {
            let members = &plain[&group.values];
            let open = members.iter().filter(|c| [Status::Open, Status::InProgress].contains(&c.status));
            prop_assert_eq!((group.count, group.open), (members.len() as u64, open.count() as u64));
        }
        let frequent = found.most_frequent_first();
        prop_assert!(frequent.groups.is_sorted_by(|a, b| a.count >= b.count));
        let svg = frequent.chart().to_svg();
        prop_assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn a_filter_keeps_what_a_plain_look_keeps(
        cases in cases(),
        start in -400_000..400_000_i64,
        length in 0..400_000_i64,
        component in prop::sample::select(vec![None, Some("till"), Some("nobody")]),
        least in prop::option::of(prop::sample::select(vec![Impact::Low, Impact::High])),
    ) {
        let range = TimeRange::new(at(start), at(start + length)).unwrap();
        let filter = CaseFilter {
            detected: Some(range),
            impact_at_least: least,
            component: component.map(str::to_owned),
            ..CaseFilter::default()
        };
        let kept: Vec<CaseFacts> = cases
            .iter()
            .filter(|case| range.contains(case.detected_at))
            .filter(|case| least.is_none_or(|least| case.impact >= least))
            .filter(|case| component.is_none_or(|name| case.component.as_deref() == Some(name)))
            .cloned()
            .collect();
        let (ours, plain) = (CaseTable::new(cases).select(&filter), CaseTable::new(kept));
        prop_assert_eq!(&ours.ids, &plain.ids);
        let by = [By::Component, By::Impact];
        prop_assert_eq!(
            ours.durations(Measure::Resolve, &by, now()),
            plain.durations(Measure::Resolve, &by, now())
        );
    }

    #[test]
    fn a_timeline_has_no_gaps_and_loses_nobody(cases in cases()) {
        let found = CaseTable::new(cases.clone()).timeline(Period::Week);
        let week = |time: DateTime<Utc>| time.format("%G-W%V").to_string();
        for (place, period) in found.periods.iter().enumerate() {
            prop_assert_eq!(period.start.weekday(), chrono::Weekday::Mon);
            let end = period.start + Duration::weeks(1);
            if let Some(next) = found.periods.get(place + 1) {
                prop_assert_eq!(next.start, end);
            }
            let detected = cases.iter().filter(|c| week(c.detected_at) == period.label).count();
            let resolved = cases.iter().filter(|c| c.resolved_at.is_some_and(|t| week(t) == period.label)).count();
            let open = cases.iter().filter(|c| c.detected_at < end && match c.resolved_at {
                Some(resolved) => resolved >= c.detected_at && resolved >= end,
                None => [Status::Open, Status::InProgress].contains(&c.status),
            }).count();
            prop_assert_eq!(
                (period.detected, period.resolved, period.open),
                (detected as u64, resolved as u64, open as u64)
            );
        }
        prop_assert_eq!(found.periods.iter().map(|p| p.detected).sum::<u64>(), cases.len() as u64);
    }

    #[test]
    fn what_comes_back_is_found_by_looking_at_all_pairs(cases in cases(), days in 0..200_i64) {
        let within = Duration::days(days);
        let found = CaseTable::new(cases.clone()).recurrence(within);
        let kind = |case: &CaseFacts| {
            let place = case.component.clone().or_else(|| case.service.clone())?;
            Some((place, case.mechanism.clone()?))
        };
        let known = cases.iter().filter(|case| kind(case).is_some()).count() as u64;
        prop_assert_eq!((found.known, found.unknown), (known, cases.len() as u64 - known));
        let repeats = cases.iter().filter(|case| {
            kind(case).is_some() && cases.iter().any(|other| {
                kind(other) == kind(case)
                    && (other.detected_at, other.id) < (case.detected_at, case.id)
                    && case.detected_at - other.detected_at <= within
            })
        });
        prop_assert_eq!(found.repeats, repeats.count() as u64);
        for group in &found.groups {
            let members = cases.iter().filter(|case| {
                kind(case) == Some((group.component.clone(), group.mechanism.clone()))
            });
            prop_assert_eq!(members.count(), group.cases.len());
        }
    }

    #[test]
    fn the_change_failure_rate_counts_each_deploy_once(cases in cases()) {
        let mut deploys: BTreeMap<EventId, BlamedDeploy> = BTreeMap::new();
        for number in 0..12 {
            let deploy = blamed(number, 1);
            deploys.insert(deploy.event, deploy);
        }
        let day = |time: DateTime<Utc>| time.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        let mut groups: BTreeMap<(DateTime<Utc>, String), u64> = BTreeMap::new();
        for deploy in deploys.values() {
            *groups.entry((day(deploy.time), deploy.entity.clone().unwrap())).or_default() += 1;
        }
        let counts = Counts {
            facets: vec![Facet::Entity],
            total: 12,
            groups: groups
                .into_iter()
                .map(|((bucket, entity), count)| Count { bucket: Some(bucket), values: vec![entity], count })
                .collect(),
        };
        // Days 0 and 2 of a number are other events, which were not counted; some share day and entity
        // with one that was.
        let cases: Vec<CaseFacts> = cases
            .into_iter()
            .filter(|case| case.deploy.as_ref().is_none_or(|d| deploys.contains_key(&d.event)))
            .collect();
        let failed: BTreeSet<EventId> =
            cases.iter().filter_map(|case| case.deploy.as_ref()).map(|d| d.event).collect();
        let table = CaseTable::new(cases);
        for (entity, period) in [
            (ByEntity::No, None),
            (ByEntity::Yes, None),
            (ByEntity::No, Some(Period::Day)),
            (ByEntity::Yes, Some(Period::Month)),
        ] {
            let found = table.change_failures(&counts, entity, period);
            let total = found.total();
            prop_assert_eq!((total.deploys, total.failed), (12, failed.len() as u64));
            prop_assert_eq!(found.uncounted, 0);
            prop_assert!(found.groups.iter().all(|group| group.failed <= group.deploys));
        }
    }

    #[test]
    fn the_order_in_which_investigations_come_changes_nothing(cases in cases()) {
        let mut shuffled = cases.clone();
        shuffled.reverse();
        let (a, b) = (CaseTable::new(cases), CaseTable::new(shuffled));
        prop_assert_eq!(figures(&a), figures(&b));
    }

    #[test]
    fn a_changed_table_is_one_made_anew(before in cases(), after in cases(), gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let mut plain: BTreeMap<_, _> = before.iter().map(|case| (case.id, Some(case.clone()))).collect();
        let mut changes: BTreeMap<_, _> = after.into_iter().map(|case| (case.id, Some(case))).collect();
        changes.extend(gone.iter().filter(|_| !before.is_empty()).map(|at| (at.get(&before).id, None)));
        let changed = CaseTable::new(before.clone()).changed(&changes);
        plain.append(&mut changes);
        let anew = CaseTable::new(plain.into_values().flatten());
        prop_assert_eq!(&changed.ids, &anew.ids);
        prop_assert_eq!(figures(&changed), figures(&anew));
    }
}

fn figures(table: &CaseTable) -> [(String, String); 4] {
    let by = [By::Component, By::Period(Period::Month)];
    let figures: [Box<dyn Figure>; 4] = [
        Box::new(table.durations(Measure::Resolve, &by, now())),
        Box::new(table.tally(&by).most_frequent_first()),
        Box::new(table.timeline(Period::Day)),
        Box::new(table.recurrence(Duration::days(30))),
    ];
    figures.map(|figure| (figure.table().to_csv().unwrap(), figure.chart().to_svg()))
}

#[test]
fn a_deploy_that_was_not_counted_is_told() {
    let case = crate::model::Investigation::builder("x", TimeRange::new(at(0), at(1)).unwrap());
    let mut facts = CaseFacts::of(&case.build(at(1), b"").unwrap());
    facts.deploy = Some(blamed(3, 0));
    let none = Counts { facets: vec![Facet::Entity], total: 0, groups: Vec::new() };
    let found = CaseTable::new([facts]).change_failures(&none, ByEntity::No, None);
    assert_eq!((found.uncounted, found.total().rate()), (1, None));
    assert!(found.table().notes.iter().any(|note| note.contains("1 more blamed")));
}
