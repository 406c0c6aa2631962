//! How often the library names the right cause, on recorded incidents with known answers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rca_benches::accuracy::case::write_json;
use rca_benches::accuracy::culprit::{Culprits, Track};
use rca_benches::accuracy::logs::Lines;
use rca_benches::accuracy::{
    Result, ablation, all, calibration, culprit, document, folds, invented, logs, nezha, peers,
    perturb, petshop, rootcausebench, specificity,
};

/// Rank the causes of recorded incidents and write what the sets' scorers read.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    set: Set,
}

#[derive(Debug, Subcommand)]
enum Set {
    /// Frozen incidents: name the guilty commit, or none.
    Rootcausebench {
        /// Folder with `cases/<name>/`.
        cases: PathBuf,
        /// JSON file to write.
        out: PathBuf,
    },
    /// Injected microservice faults: name the service.
    Nezha {
        /// Folder with `<case>/` and `baseline/`.
        cases: PathBuf,
        /// JSON file to write.
        out: PathBuf,
    },
    /// Incidents seen by metrics only: name the node.
    Petshop {
        /// Folder with `<case>/` and `_shared/`.
        cases: PathBuf,
        /// JSON file to write.
        out: PathBuf,
    },
    /// Real histories: rank the last commits.
    Culprit {
        /// Folder with `cases.jsonl` and `commits/`.
        cases: PathBuf,
        /// JSON file to write.
        out: PathBuf,
        /// How much is known of the incident.
        #[arg(long)]
        track: Track,
    },
    /// Log lines: group them by the statement that wrote them.
    Logs {
        /// Folder with `<System>/`.
        cases: PathBuf,
        /// Folder to write `<System>.csv` to.
        out: PathBuf,
        /// Whole lines instead of messages without their header.
        #[arg(long)]
        raw: bool,
    },
    /// How well the probability of the first answer says how often it is right (under a minute).
    Calibration(Study),
    /// Write logs with known templates from files of invented statements.
    Invent {
        /// Folder with the statements, a file a program.
        statements: PathBuf,
        /// Folder for what `logs` reads and its scorer.
        out: PathBuf,
    },
    /// How often windows without a fault end in "nothing to blame" (under a minute).
    Specificity(Study),
    /// What each weight and each kind of input is worth, by leaving it out (ten minutes).
    Ablation(Study),
    /// Whether the weights hold where they were not chosen: cross-validation by system and repository (ten minutes).
    Folds(Study),
    /// How many answers hold when names, times, order or units change, or a signal is missing (two minutes).
    Perturb(Study),
    /// Other programs on the same cases in the same run (three minutes, and the time to install them).
    Peers(Study),
    /// Everything, scored, beside peers and goals.
    All {
        /// Folder with a folder for each set and the scorers (`score_*.py`).
        data: PathBuf,
        /// Folder for the predictions.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// A study over all sets.
#[derive(Debug, clap::Args)]
struct Study {
    /// Folder with a folder for each set.
    data: PathBuf,
    /// Document to write the table into, between its markers.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

impl Study {
    fn tell(&self, name: &str, study: impl Fn(&Path) -> Result<String>) -> Result<()> {
        let text = study(&self.data)?;
        std::io::stdout().write_all(text.as_bytes())?;
        match &self.write {
            Some(file) => document::replace(file, name, &text),
            None => Ok(()),
        }
    }
}

fn main() -> ExitCode {
    match run(Args::parse().set) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even this can't be written.
            let _ = writeln!(std::io::stderr(), "accuracy: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(set: Set) -> Result<()> {
    match set {
        Set::Rootcausebench { cases, out } => write_json(&out, &rootcausebench::run(&cases)?),
        Set::Nezha { cases, out } => write_json(&out, &nezha::run(&cases)?),
        Set::Petshop { cases, out } => write_json(&out, &petshop::run(&cases)?.0),
        Set::Culprit { cases, out, track } => {
            write_json(&out, &culprit::run(&Culprits::read(&cases)?, track)?.0)
        }
        Set::Logs { cases, out, raw } => {
            let lines = if raw { Lines::Raw } else { Lines::Content };
            logs::run(&cases, &out, lines).map(drop)
        }
        Set::Calibration(study) => study.tell("calibration", calibration::run),
        Set::Invent { statements, out } => invented::run(&statements, &out),
        Set::Specificity(study) => study.tell("specificity", specificity::run),
        Set::Ablation(study) => study.tell("ablation", ablation::run),
        Set::Folds(study) => study.tell("folds", folds::run),
        Set::Perturb(study) => study.tell("perturb", perturb::run),
        Set::Peers(study) => study.tell("peers", peers::run),
        Set::All { data, out } => {
            let kept = match out {
                Some(out) => Kept::Given(out),
                None => Kept::Temporary(tempfile::tempdir()?),
            };
            let table = all::run(&data, kept.path())?;
            Ok(std::io::stdout().write_all(table.as_bytes())?)
        }
    }
}

/// Where predictions go; a temporary folder goes away with it.
enum Kept {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Kept {
    fn path(&self) -> &std::path::Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}
