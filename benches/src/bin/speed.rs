//! The table of speed: ours beside the peers, with the goals.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use rca_benches::speed::peer::{Install, Peers};
use rca_benches::speed::row::{Format, Goal, write_table};
use rca_benches::speed::scenario::{formats, reopen};
use rca_benches::speed::{Bench, Result, SCENARIOS};

/// Measures how fast the engine is, beside peers that do the same work on the same data.
#[derive(Debug, Parser)]
struct Arguments {
    /// Events to take in.
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
    /// How often ours and the peer take turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Everything tiny: shows that all of it works, in a few seconds. Installs nothing.
    #[arg(long)]
    smoke: bool,
    /// Fields separated by tabs.
    #[arg(long)]
    tsv: bool,
    /// Only work whose name contains one of these, separated by commas: ingest, search, read, disk,
    /// pagerank, templates, formats, log-folder, analysis, analytics, similar, scan-workers, git, python,
    /// reopen.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Size of the telemetry that scan-workers scans, in megabytes.
    #[arg(long, default_value_t = 2000)]
    scan_megabytes: usize,
    /// Size of a folder of logs that log-folder writes, reads and deletes, in gigabytes; without it there is no such line.
    #[arg(long)]
    log_folder_gb: Option<u64>,
    /// A folder with log files to use instead of generated lines.
    #[arg(long)]
    logs: Option<PathBuf>,
    /// A git repository to use instead of a generated one.
    #[arg(long)]
    repo: Option<PathBuf>,
    /// A Python in which the package is installed (built with --release), and pyarrow; without it there are no such lines.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Where files of the run and the environment of the Python peers go.
    #[arg(long)]
    place: Option<PathBuf>,
    /// Used by this program on itself.
    #[arg(long, hide = true)]
    victim: Option<PathBuf>,
    /// Used by this program on itself.
    #[arg(long, hide = true)]
    reader: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(folder) = &arguments.victim {
        return reopen::be_the_victim(folder, arguments.events);
    }
    if let Some(folder) = &arguments.reader {
        return formats::be_the_reader(folder);
    }
    let place = arguments.place.clone().unwrap_or_else(default_place);
    let install = if arguments.smoke { Install::Nothing } else { Install::Missing };
    let peers = Peers::new(place.clone(), install);
    let (events, rounds) =
        if arguments.smoke { (4000, 1) } else { (arguments.events, arguments.rounds.max(1)) };
    let mut bench = Bench::new(&place, events, rounds, peers)?;
    bench.smoke = arguments.smoke;
    bench.scan_megabytes = arguments.scan_megabytes;
    bench.log_folder_gb = arguments.log_folder_gb;
    bench.logs = arguments.logs;
    bench.repository = arguments.repo;
    bench.python = arguments.python;

    let mut rows = Vec::new();
    let only = &arguments.only;
    let wanted = |name: &str| only.is_empty() || only.iter().any(|part| name.contains(part));
    for (name, scenario) in SCENARIOS.iter().filter(|(name, _)| wanted(name)) {
        writeln!(std::io::stderr(), "{name} ...")?;
        rows.extend(scenario(&bench)?);
    }
    if bench.smoke {
        // Ratios of tiny inputs say nothing.
        rows.iter_mut().for_each(|row| row.goal = Goal::Open);
    }
    let format = if arguments.tsv { Format::Tsv } else { Format::Aligned };
    write_table(&rows, format, &mut std::io::stdout().lock())
}

fn default_place() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/speed")
}
