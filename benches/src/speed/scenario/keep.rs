//! Reading events back, and the room they take.

use rca_core::model::EventId;
use rca_core::store::Scan;
use rca_core::time::{TimeRange, from_nanos};

use crate::speed::clock::{Cost, alternate, measure};
use crate::speed::data::events::{DAY, DAYS, START};
use crate::speed::data::rng::Rng;
use crate::speed::loaded::{Loaded, bytes_on_disk};
use crate::speed::row::{By, Goal, Row, number};
use crate::speed::{Bench, Result};

const PEER: &str = "SQLite";
const SCANNED: usize = 1000;

/// Reading back.
///
/// # Errors
///
/// What either side says.
pub fn read(bench: &Bench) -> Result<Vec<Row>> {
    let loaded = bench.loaded()?;
    let get = by_id(bench, loaded)?;
    let scan = by_time(bench, loaded)?;
    Ok(vec![
        Row::faster("get by id", PEER, get, By::Wall, 1.3),
        Row::faster("scan 1,000 by time", PEER, scan, By::Wall, 0.9),
    ])
}

fn by_id(bench: &Bench, loaded: &Loaded) -> Result<(Cost, Cost)> {
    let mut rng = Rng::new(21);
    let count = bench.scaled(10_000, 50);
    let ids: Vec<EventId> = (0..count).map(|_| loaded.ids[rng.below(loaded.ids.len())]).collect();
    let per_event = |work: &mut dyn FnMut(EventId) -> Result<()>| {
        let (cost, ()) = measure(|| ids.iter().try_for_each(|id| work(*id)))?;
        Ok(cost.per(ids.len() as f64))
    };
    alternate(
        bench.rounds.max(3),
        || per_event(&mut |id| Ok(loaded.workspace.event(id).map(drop)?)),
        || per_event(&mut |id| loaded.sqlite.event(id.to_bytes()).map(drop)),
    )
}

fn by_time(bench: &Bench, loaded: &Loaded) -> Result<(Cost, Cost)> {
    let mut rng = Rng::new(22);
    let end = START + (DAYS + 1) * DAY;
    let starts: Vec<i64> = (0..bench.scaled(50, 3))
        .map(|_| START + i64::try_from(rng.below(80)).unwrap_or(0) * DAY)
        .collect();
    let per_scan = |work: &mut dyn FnMut(i64) -> Result<usize>| {
        let (cost, ()) = measure(|| starts.iter().try_for_each(|start| work(*start).map(drop)))?;
        Ok(cost.per(starts.len() as f64))
    };
    alternate(
        bench.rounds.max(3),
        || {
            per_scan(&mut |start| {
                let range = TimeRange::new(from_nanos(start), from_nanos(end))?;
                let events = loaded.workspace.events(&Scan::within(range))?.take(SCANNED);
                Ok(events.collect::<rca_core::Result<Vec<_>>>()?.len())
            })
        },
        || per_scan(&mut |start| Ok(loaded.sqlite.scan(start, SCANNED)?.len())),
    )
}

/// Room on disk after each side was told to make itself small.
///
/// # Errors
///
/// What either side says.
pub fn disk(bench: &Bench) -> Result<Vec<Row>> {
    let loaded = bench.loaded()?;
    loaded.workspace.compact()?;
    loaded.sqlite.compact()?;
    let (ours, theirs) = (bytes_on_disk(&loaded.folder)?, bytes_on_disk(&loaded.database)?);
    let (ours, theirs) = (ours as f64 / 1e6, theirs as f64 / 1e6);
    Ok(vec![Row {
        work: "disk, compacted".to_owned(),
        peer: PEER.to_owned(),
        ours: format!("{} MB", number(ours)),
        theirs: format!("{} MB", number(theirs)),
        value: Some(ours / theirs),
        goal: Goal::AtMost(1.0),
    }])
}
