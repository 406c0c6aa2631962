//! Taking events in: durable when the call returns.

use std::sync::Mutex;
use std::thread;

use rca_core::Workspace;
use rca_core::model::Event;

use crate::speed::clock::{Cost, Stopwatch, alternate, measure};
use crate::speed::data::events;
use crate::speed::row::{By, Row};
use crate::speed::sqlite::Sqlite;
use crate::speed::{Bench, Result};

const PEER: &str = "SQLite FULL + FTS5";

/// Large batches from one thread, until they can be searched.
///
/// # Errors
///
/// What either side says.
pub fn large_batches(bench: &Bench) -> Result<Vec<Row>> {
    let loaded = bench.loaded()?;
    let work = format!("ingest {} events, batches of 10k", loaded.events);
    Ok(vec![
        Row::faster(&format!("{work}: wall"), PEER, loaded.ingest, By::Wall, 1.5),
        Row::faster(&format!("{work}: CPU"), PEER, loaded.ingest, By::Cpu, 1.1),
    ])
}

/// Small batches from several threads, each of which waits until its batch is durable.
///
/// # Errors
///
/// What either side says.
pub fn small_batches(bench: &Bench) -> Result<Vec<Row>> {
    let hundreds = group(bench, 100, 4, bench.events / 20)?;
    let ones = group(bench, 1, 8, bench.events / 200)?;
    Ok(vec![
        Row::faster("ingest, batches of 100, 4 threads: wall", PEER, hundreds, By::Wall, 1.0),
        Row::faster("ingest, batches of 1, 8 threads: wall", PEER, ones, By::Wall, 1.0),
    ])
}

/// The cost of an event, ours and theirs.
fn group(bench: &Bench, batch: usize, threads: usize, total: usize) -> Result<(Cost, Cost)> {
    let total = total.max(batch * threads);
    let starts: Vec<usize> = (0..total).step_by(batch).collect();
    let batches: Vec<Vec<Event>> = starts
        .iter()
        .map(|start| events::events(*start, (start + batch).min(total), total))
        .collect::<Result<_>>()?;
    let costs = alternate(
        bench.rounds,
        || {
            let folder = bench.fresh_folder()?;
            let workspace = Workspace::open(folder.path())?;
            let mine = batches.clone();
            let watch = Stopwatch::start()?;
            on_threads(mine, threads, |events| Ok(workspace.ingest(events).map(drop)?))?;
            workspace.refresh()?;
            watch.read_settled()
        },
        || {
            let folder = bench.fresh_folder()?;
            let sqlite = Mutex::new(Sqlite::create(&folder.path().join("peer.sqlite"))?);
            let theirs = batches.clone();
            let (cost, ()) = measure(|| {
                on_threads(theirs, threads, |events| {
                    sqlite.lock().map_err(|_| "a thread failed")?.ingest(&events)
                })
            })?;
            Ok(cost)
        },
    )?;
    let events = total as f64;
    Ok((costs.0.per(events), costs.1.per(events)))
}

/// Threads that take the next batch until there is none.
fn on_threads(
    batches: Vec<Vec<Event>>,
    threads: usize,
    ingest: impl Fn(Vec<Event>) -> Result<()> + Sync,
) -> Result<()> {
    let queue = Mutex::new(batches.into_iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    thread::scope(|scope| {
        let work = || {
            while let Some(batch) = next() {
                ingest(batch)?;
            }
            Ok(())
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err("a thread ended badly".into()))
        })
    })
}
