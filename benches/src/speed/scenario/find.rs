//! Finding events: full text, filters, counts.

use chrono::Duration;
use rca_core::analytics::Facet;
use rca_core::model::Severity;
use rca_core::search::{Query, Sort, Total};
use rca_core::time::{TimeRange, from_nanos};

use crate::speed::clock::{Cost, alternate, measure, median, quantile};
use crate::speed::data::events::{DAY, DAYS, SERVICES, START, service};
use crate::speed::data::rng::Rng;
use crate::speed::data::words::word;
use crate::speed::loaded::Loaded;
use crate::speed::row::{By, Row};
use crate::speed::{Bench, Result};

const PAGE: usize = 20;

/// All lines about finding.
///
/// # Errors
///
/// What either side says; when the two sides give different answers.
pub fn all(bench: &Bench) -> Result<Vec<Row>> {
    let loaded = bench.loaded()?;
    let queries = bench.scaled(20, 4);
    Ok(vec![
        either_word(bench, loaded, queries)?,
        all_words_in_time(bench, loaded, queries)?,
        filter_page(bench, loaded, bench.scaled(300, 20))?,
        counts(bench, loaded)?,
    ])
}

/// Three words, as people type them: two common, one less so.
fn any_of(rng: &mut Rng) -> [String; 3] {
    [word(rng.below(30)), word(30 + rng.below(60)), word(96 + rng.below(400))]
}

fn either_word(bench: &Bench, loaded: &Loaded, queries: usize) -> Result<Row> {
    let mut rng = Rng::new(11);
    let queries: Vec<[String; 3]> = (0..queries).map(|_| any_of(&mut rng)).collect();
    let costs = pairs(
        bench,
        &queries,
        |words| {
            let query = Query::parse(&words.join(" OR "))?;
            let query = query.with_limit(PAGE).with_total(Total::Skip);
            Ok(loaded.workspace.search(&query)?.hits.len())
        },
        |words| Ok(loaded.sqlite.search(&words.join(" OR "), PAGE)?.len()),
    )?;
    Ok(Row::faster("full text, OR of 3 words, best 20", "SQLite FTS5", costs, By::Wall, 20.0))
}

fn all_words_in_time(bench: &Bench, loaded: &Loaded, queries: usize) -> Result<Row> {
    let mut rng = Rng::new(12);
    let queries: Vec<(String, (i64, i64))> = (0..queries)
        .map(|_| {
            let text = format!("{} AND {}", word(rng.below(40)), word(40 + rng.below(56)));
            (text, days(&mut rng, 7))
        })
        .collect();
    let costs = pairs(
        bench,
        &queries,
        |(text, time)| {
            let query = Query::parse(text)?.with_time(range(*time)?);
            let query = query.with_limit(PAGE).with_total(Total::Skip);
            Ok(loaded.workspace.search(&query)?.hits.len())
        },
        |(text, time)| Ok(loaded.sqlite.search_within(text, *time, PAGE)?.len()),
    )?;
    Ok(Row::faster("full text, AND within 7 days, best 20", "SQLite FTS5", costs, By::Wall, 4.0))
}

fn filter_page(bench: &Bench, loaded: &Loaded, queries: usize) -> Result<Row> {
    let mut rng = Rng::new(13);
    let queries: Vec<(String, (i64, i64))> =
        (0..queries).map(|_| (service(rng.zipf(SERVICES)), days(&mut rng, 30))).collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        for (entity, time) in &queries {
            let (cost, mine) = measure(|| {
                let query = Query::all().with_entity(entity).with_time(range(*time)?);
                let query = query.with_severity_at_least(Severity::High).with_sort(Sort::Newest);
                Ok(loaded.workspace.search(&query.with_limit(PAGE))?.total)
            })?;
            ours.push(cost);
            let severity = Severity::High as i64;
            let (cost, (_, total)) = measure(|| loaded.sqlite.page(entity, severity, *time, PAGE))?;
            theirs.push(cost);
            if mine != Some(total) {
                return Err(format!("{entity}: we count {mine:?}, SQLite {total}").into());
            }
        }
    }
    let p99 = |costs: &[Cost]| Cost {
        wall: quantile(costs.iter().map(|cost| cost.wall), 0.99),
        ..median(costs)
    };
    let costs = (p99(&ours), p99(&theirs));
    Ok(Row::faster("filter page + exact total, p99", "SQLite indexes", costs, By::Wall, 3.0))
}

fn counts(bench: &Bench, loaded: &Loaded) -> Result<Row> {
    let mut total = (0, 0);
    let costs = alternate(
        bench.rounds.max(3),
        || {
            let day = Some(Duration::days(1));
            let (cost, counts) =
                measure(|| Ok(loaded.workspace.counts(&Query::all(), day, &[Facet::Severity])?))?;
            total.0 = counts.groups.len();
            Ok(cost)
        },
        || {
            let (cost, groups) = measure(|| loaded.sqlite.counts_by_day())?;
            total.1 = groups.len();
            Ok(cost)
        },
    )?;
    if total.0 != total.1 {
        return Err(format!("we find {} groups, SQLite {}", total.0, total.1).into());
    }
    Ok(Row::faster("counts by day and severity", "SQLite indexes", costs, By::Wall, 20.0))
}

/// The median of each side's cost for all queries, per query. Both have to find as many.
fn pairs<Q>(
    bench: &Bench,
    queries: &[Q],
    ours: impl Fn(&Q) -> Result<usize>,
    theirs: impl Fn(&Q) -> Result<usize>,
) -> Result<(Cost, Cost)> {
    for query in queries {
        let (mine, other) = (ours(query)?, theirs(query)?);
        if mine != other {
            return Err(format!("we find {mine}, SQLite {other}").into());
        }
    }
    let run = |search: &dyn Fn(&Q) -> Result<usize>| {
        let (cost, ()) = measure(|| queries.iter().try_for_each(|q| search(q).map(drop)))?;
        Ok(cost.per(queries.len() as f64))
    };
    alternate(bench.rounds, || run(&ours), || run(&theirs))
}

fn days(rng: &mut Rng, length: i64) -> (i64, i64) {
    let first = i64::try_from(rng.below(80)).unwrap_or(0).min(DAYS - length);
    (START + first * DAY, START + (first + length) * DAY)
}

fn range((start, end): (i64, i64)) -> Result<TimeRange> {
    Ok(TimeRange::new(from_nanos(start), from_nanos(end))?)
}
