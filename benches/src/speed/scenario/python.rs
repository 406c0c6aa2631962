//! The same engine from Python: what the way there costs.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use rca_core::Workspace;
use rca_core::model::Event;
use rca_core::search::{Query, Total};

use crate::speed::clock::{Cost, Stopwatch, alternate, measure};
use crate::speed::data::events;
use crate::speed::data::rng::Rng;
use crate::speed::data::words::word;
use crate::speed::loaded::BATCH;
use crate::speed::row::{Goal, Row, both, number};
use crate::speed::{Bench, Result, peer};

const PAGE: usize = 20;

/// Taking events in from tables and from objects, and searching, beside the same in Rust and Python's own SQLite.
///
/// # Errors
///
/// When a side that is there fails.
pub fn all(bench: &Bench) -> Result<Vec<Row>> {
    let Some(python) = bench.python.as_deref() else {
        let work = "the engine from Python: needs --python PROGRAM";
        return Ok(vec![Row::without_peer(work, "rca in Python", Cost::default(), "not given")]);
    };
    let side = Side::new(bench, python)?;
    let mut rows = Vec::new();
    for (how, work, least) in
        [("arrow", "an Arrow table", 0.8), ("objects", "frozen objects", 0.25)]
    {
        let costs = alternate(bench.rounds.min(3), || side.rust(), || side.ingest(how))?;
        rows.push(side.rate(&format!("from Python as {work}"), "the same in Rust", costs, least));
    }
    let costs = alternate(bench.rounds.min(3), || side.ingest("arrow"), || side.ingest("sqlite"))?;
    let faster = side.faster("from Python as an Arrow table", "Python's sqlite3 + FTS5", costs);
    rows.push(faster);
    rows.extend(side.searches(bench)?);
    Ok(rows)
}

struct Side<'b> {
    bench: &'b Bench,
    python: &'b Path,
    folder: tempfile::TempDir,
    file: PathBuf,
    events: usize,
}

impl<'b> Side<'b> {
    fn new(bench: &'b Bench, python: &'b Path) -> Result<Self> {
        let folder = bench.fresh_folder()?;
        let file = folder.path().join("events.jsonl");
        let mut lines = BufWriter::new(File::create(&file)?);
        for start in (0..bench.events).step_by(BATCH) {
            let end = (start + BATCH).min(bench.events);
            for event in events::events(start, end, bench.events)? {
                serde_json::to_writer(&mut lines, &event)?;
                lines.write_all(b"\n")?;
            }
        }
        lines.flush()?;
        Ok(Self { bench, python, folder, file, events: bench.events })
    }

    fn rust(&self) -> Result<Cost> {
        let folder = self.bench.fresh_folder()?;
        let workspace = Workspace::open(folder.path().join("ours.rca"))?;
        let starts = (0..self.events).step_by(BATCH);
        let batches: Vec<Vec<Event>> = starts
            .map(|from| events::events(from, (from + BATCH).min(self.events), self.events))
            .collect::<Result<_>>()?;
        let watch = Stopwatch::start()?;
        for batch in batches {
            workspace.ingest(batch)?;
        }
        workspace.refresh()?;
        watch.read_settled()
    }

    fn ingest(&self, how: &str) -> Result<Cost> {
        let folder = self.bench.fresh_folder()?;
        self.run(how, folder.path(), None)
    }

    fn run(&self, how: &str, folder: &Path, queries: Option<&Path>) -> Result<Cost> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/workspace.py");
        let mut program = Command::new(self.python);
        program.arg(script).arg(how).arg(&self.file).arg(folder).args(queries);
        peer::run(&mut program)
    }

    fn searches(&self, bench: &Bench) -> Result<Vec<Row>> {
        let place = self.folder.path();
        self.run("arrow", &place.join("ours.rca"), None)?;
        self.run("sqlite", place, None)?;
        let mut rng = Rng::new(17);
        let texts: Vec<String> = (0..bench.scaled(500, 20))
            .map(|_| format!("{} AND {}", word(rng.below(400)), word(96 + rng.below(4000))))
            .collect();
        let file = place.join("queries");
        std::fs::write(&file, texts.join("\n"))?;
        let count = texts.len() as f64;
        let python = |how: &str, folder: &Path| Ok(self.run(how, folder, Some(&file))?.per(count));
        let rust = || {
            let workspace = Workspace::builder().read_only().open(place.join("ours.rca"))?;
            let run = || {
                texts.iter().try_for_each(|text| {
                    let query = Query::parse(text)?.with_limit(PAGE).with_total(Total::Skip);
                    workspace.search(&query).map(drop)
                })
            };
            run()?;
            let (cost, ()) = measure(|| Ok(run()?))?;
            Ok(cost.per(count))
        };
        let ours = place.join("ours.rca");
        let mut rows = Vec::new();
        for (how, what, goal) in [
            ("search", "search from Python, microseconds over Rust", Goal::AtMost(30.0)),
            ("search-read", "the same, and reading the ids of its hits", Goal::Open),
        ] {
            let (theirs, mine) = alternate(bench.rounds, rust, || python(how, &ours))?;
            rows.push(Row {
                work: what.to_owned(),
                peer: "the same in Rust".to_owned(),
                ours: both(mine),
                theirs: both(theirs),
                value: Some((mine.wall - theirs.wall) * 1e6),
                goal,
            });
        }
        let costs = alternate(
            bench.rounds,
            || python("search-read", &ours),
            || python("sqlite-search", place),
        )?;
        let work = "search from Python, best 20 with snippets";
        rows.push(Row {
            work: work.to_owned(),
            peer: "Python's sqlite3 + FTS5".to_owned(),
            ours: both(costs.0),
            theirs: both(costs.1),
            value: Some(costs.1.wall / costs.0.wall),
            goal: Goal::Open,
        });
        Ok(rows)
    }

    /// Events a second from Python, as a share of those in Rust.
    fn rate(&self, work: &str, peer: &str, (rust, python): (Cost, Cost), least: f64) -> Row {
        Row {
            work: format!("{} events {work}, share of Rust's speed", self.events),
            peer: peer.to_owned(),
            ours: self.a_second(python),
            theirs: self.a_second(rust),
            value: Some(rust.wall / python.wall),
            goal: Goal::AtLeast(least),
        }
    }

    fn faster(&self, work: &str, peer: &str, (ours, theirs): (Cost, Cost)) -> Row {
        Row {
            work: format!("{} events {work}", self.events),
            peer: peer.to_owned(),
            ours: self.a_second(ours),
            theirs: self.a_second(theirs),
            value: Some(theirs.wall / ours.wall),
            goal: Goal::Open,
        }
    }

    fn a_second(&self, cost: Cost) -> String {
        format!("{} events/s, {}", number(self.events as f64 / cost.wall), both(cost))
    }
}
