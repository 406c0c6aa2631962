//! What many investigations say together, and which of them resemble one.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use rca_core::analytics::{
    BlamedDeploy, By, ByEntity, CaseFacts, CaseTable, Count, Counts, Facet, Figure, Fingerprint,
    Kin, Measure, Period,
};
use rca_core::mechanism::Mechanisms;
use rca_core::model::{EventId, Impact, Investigation, InvestigationId, Status};
use rca_core::search::{Index, IndexOp, Options};
use rca_core::time::{TimeRange, from_nanos};

use crate::speed::clock::{Cost, measure, median};
use crate::speed::data::events::{DAY, SERVICES, START, service};
use crate::speed::data::rng::Rng;
use crate::speed::data::words::word;
use crate::speed::row::{Goal, Row, both};
use crate::speed::{Bench, Result};

/// Three years.
const DAYS: usize = 1095;

type Make<'a> = &'a dyn Fn() -> Box<dyn Figure>;

/// Analytics over many investigations: each figure, and all of them one after another.
///
/// # Errors
///
/// When a figure is empty.
pub fn analytics(bench: &Bench) -> Result<Vec<Row>> {
    let count = bench.scaled(100_000, 500);
    let facts: Vec<CaseFacts> = (0..count).map(facts).collect();
    let (built, table) = measure(|| Ok(CaseTable::new(facts.iter().cloned())))?;
    let now = day(DAYS + 1);
    let deploys = deploys();
    let by_component = [By::Component];
    let by_both = [By::Impact, By::Period(Period::Month)];
    let figures: [(&str, Make<'_>); 8] = [
        ("MTTD by severity and month", &|| {
            Box::new(table.durations(Measure::Detect, &by_both, now))
        }),
        ("MTTA by component", &|| {
            Box::new(table.durations(Measure::Acknowledge, &by_component, now))
        }),
        ("MTTR by component", &|| Box::new(table.durations(Measure::Resolve, &by_component, now))),
        ("severity distribution", &|| Box::new(table.tally(&[By::Impact]))),
        ("by component", &|| Box::new(table.tally(&by_component).most_frequent_first())),
        ("timeline by week", &|| Box::new(table.timeline(Period::Week))),
        ("recurrence", &|| Box::new(table.recurrence(Duration::days(30)))),
        ("change failure rate by month", &|| {
            Box::new(table.change_failures(&deploys, ByEntity::No, Some(Period::Month)))
        }),
    ];
    let mut rows = vec![within(
        &format!("columns of {count} investigations, made anew (seconds)"),
        built,
        0.5,
    )];
    // What the first question after a write waits for.
    let written: BTreeMap<_, _> =
        facts.iter().step_by(1000).map(|facts| (facts.id, Some(facts.clone()))).collect();
    let (changed, again) = measure(|| Ok(table.changed(&written)))?;
    if again.len() != table.len() {
        return Err("rows went missing".into());
    }
    rows.push(within(
        &format!("columns after {} of {count} changed (seconds)", written.len()),
        changed,
        0.05,
    ));
    let mut all = Cost::default();
    for (name, figure) in figures {
        let once = || -> Result<Cost> {
            let (cost, made) = measure(|| Ok(figure()))?;
            if made.table().rows.is_empty() { Err("nothing was counted".into()) } else { Ok(cost) }
        };
        let costs = (0..bench.rounds.max(3)).map(|_| once()).collect::<Result<Vec<_>>>()?;
        let cost = median(&costs);
        all += cost;
        rows.push(within(&format!("{name}, {count} investigations (seconds)"), cost, 0.05));
    }
    rows.push(within(&format!("all of these, {count} investigations (seconds)"), all, 0.2));
    Ok(rows)
}

/// The most alike of many past investigations.
///
/// # Errors
///
/// When nothing is alike, or the index fails.
pub fn similar(bench: &Bench) -> Result<Vec<Row>> {
    let count = bench.scaled(10_000, 200);
    let index = Index::in_memory(Options::default())?;
    let mut kin = Kin::default();
    let mut cases = Vec::with_capacity(count);
    for number in 0..count {
        let (case, print) = (investigation(number)?, fingerprint(number));
        kin.put(case.id(), &print, case.service_affected());
        cases.push(case);
    }
    let ops: Vec<IndexOp<'_>> = cases.iter().map(IndexOp::PutInvestigation).collect();
    index.apply(&ops, 1)?;
    index.refresh()?;
    let mechanisms = Mechanisms::standard();
    let asked: Vec<&Investigation> = cases.iter().step_by(cases.len() / 20).collect();
    let once = |case: &Investigation| -> Result<usize> {
        let words = index.telling_words(&format!("{}\n{}", case.title(), case.description()))?;
        let hits = index.investigations_about(&words, 200)?;
        let best = f64::from(hits.first().map_or(1.0, |hit| hit.score));
        let text = hits.iter().map(|hit| (hit.id, f64::from(hit.score) / best)).collect();
        Ok(kin.similar(case.id(), &text, &mechanisms, 10).len())
    };
    let mut costs = Vec::new();
    for _ in 0..bench.rounds.max(3) {
        for case in &asked {
            let (cost, found) = measure(|| once(case))?;
            if found == 0 {
                return Err("nothing is alike".into());
            }
            costs.push(cost);
        }
    }
    Ok(vec![within(
        &format!("the 10 most similar of {count} investigations (seconds)"),
        median(&costs),
        0.02,
    )])
}

fn within(work: &str, cost: Cost, most: f64) -> Row {
    Row {
        work: work.to_owned(),
        peer: "-".to_owned(),
        ours: both(cost),
        theirs: "-".to_owned(),
        value: Some(cost.wall),
        goal: Goal::AtMost(most),
    }
}

fn day(day: usize) -> DateTime<Utc> {
    from_nanos(START) + Duration::days(i64::try_from(day).unwrap_or(0))
}

const MECHANISMS: [&str; 8] = [
    "pool_limit_lowered",
    "timeout_lowered",
    "traffic_surge",
    "provider_outage",
    "memory_leak",
    "query_in_loop",
    "flag_flipped",
    "behaviour_changed",
];

fn facts(number: usize) -> CaseFacts {
    let mut rng = Rng::new(number as u64 ^ 0xca5e);
    let seconds = |n: usize| Duration::seconds(i64::try_from(n).unwrap_or(0));
    let detected = day(rng.below(DAYS)) + seconds(rng.below(86_400));
    let open = rng.below(100) < 3;
    let resolved = detected + seconds(600 + rng.zipf(400_000));
    let entity = service(rng.zipf(SERVICES));
    let deploy = (rng.below(3) == 0).then(|| {
        let time = detected - seconds(rng.below(7200));
        let event = EventId::derive(time, &number.to_le_bytes());
        BlamedDeploy { event, time, entity: Some(entity.clone()) }
    });
    CaseFacts {
        id: InvestigationId::derive(detected, &number.to_le_bytes()),
        status: if open { Status::InProgress } else { Status::Resolved },
        impact: [Impact::Low, Impact::Medium, Impact::High, Impact::Critical][rng.below(4)],
        detected_at: detected,
        started_at: (rng.below(10) > 0).then(|| detected - seconds(rng.zipf(10_000))),
        acknowledged_at: Some(detected + seconds(rng.zipf(5_000))),
        resolved_at: (!open).then_some(resolved),
        component: Some(entity.clone()),
        service: Some(entity),
        mechanism: (rng.below(4) > 0).then(|| MECHANISMS[rng.zipf(MECHANISMS.len())].to_owned()),
        deploy,
    }
}

/// Deploys of every service on every day.
fn deploys() -> Counts {
    let services: Vec<String> = (0..SERVICES).map(service).collect();
    let groups = (0..DAYS).flat_map(|number| {
        services.iter().map(move |name| Count {
            bucket: Some(day(number)),
            values: vec![name.clone()],
            count: 3,
        })
    });
    let groups: Vec<Count> = groups.collect();
    Counts { facets: vec![Facet::Entity], total: groups.len() as u64 * 3, groups }
}

fn investigation(number: usize) -> Result<Investigation> {
    let mut rng = Rng::new(number as u64 ^ 0x71_71e5);
    let mut said =
        |length: usize| (0..length).map(|_| word(rng.zipf(8000))).collect::<Vec<_>>().join(" ");
    let (title, description) = (said(7), said(40));
    let detected = from_nanos(START + DAY * i64::try_from(number % DAYS)?);
    let case = Investigation::builder(&title, TimeRange::new(detected, detected)?)
        .with_description(description)
        .with_service(service(Rng::new(number as u64).zipf(SERVICES)));
    Ok(case.build(detected, &number.to_le_bytes())?)
}

fn fingerprint(number: usize) -> Fingerprint {
    let mut rng = Rng::new(number as u64 ^ 0xf1);
    let template = |rng: &mut Rng| format!("{} {} <*>", word(rng.zipf(900)), word(rng.zipf(900)));
    Fingerprint {
        mechanisms: vec![(MECHANISMS[rng.zipf(MECHANISMS.len())].to_owned(), 0.7)],
        entities: (0..8)
            .map(|at| (service(rng.zipf(SERVICES)), 1.0 / (1.0 + f64::from(at))))
            .collect(),
        templates: (0..20).map(|_| template(&mut rng)).collect(),
        shape: (0..20).map(|_| (rng.zipf(300) as u64, 1)).collect(),
        ..Fingerprint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_investigations_are_the_same_every_time() {
        assert_eq!(facts(7), facts(7));
        assert_eq!(fingerprint(7), fingerprint(7));
        assert_ne!(fingerprint(7), fingerprint(8));
    }
}
