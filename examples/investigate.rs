//! Finds out why a system broke, from a folder of exported files. `--help` says how.
//!
//! This is the main job of the library as a small program: read a bundle, perhaps a git repository,
//! analyse, show. Everything it does is public API; the interesting lines are in `run`.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use rca_core::connectors::{Batch, Limits, Progress, ReadReport, bundle, git};
use rca_core::report::{self, Style, View};
use rca_core::{ErrorKind, Incident, Result, Workspace, analyze};

/// Finds out why a system broke: what broke first, which change did it, how sure, and what was ruled out.
///
/// FOLDER holds what the people on call have, every file optional: alert.json, logs.ndjson, metrics.csv,
/// traces.json, status_feed.json, context/commits.json, context/deploys.json, context/flags.json. Without FOLDER
/// it explains the incident that is recorded beside this program's source.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    /// The folder with the exported files
    folder: Option<PathBuf>,
    /// A git repository whose recent commits are suspects too
    #[arg(long, value_name = "REPO")]
    git: Option<PathBuf>,
    /// Keep events and answer in this workspace folder (made if missing)
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Print the whole answer as JSON
    #[arg(long)]
    json: bool,
    /// Write a Markdown report
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
    /// Do not show progress
    #[arg(long, short)]
    quiet: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 answered (also \"nothing to blame\"), 2 wrong usage or unreadable input, \
3 not found, 4 the workspace is in use or may not be written, 5 stored data is damaged, 1 anything else.";

/// How many commits before the incident are suspects.
const GIT_COMMITS: usize = 300;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(text) => show(&text),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            exit_code(error.kind())
        }
    }
}

fn run(arguments: &Arguments) -> Result<String> {
    let folder = arguments.folder.clone().unwrap_or_else(bundled_incident);
    let meter = Meter::new(arguments.quiet);
    let mut batch = bundle::read(&folder, &Limits::default(), &|progress| meter.show(progress))?;
    if let Some(repository) = &arguments.git {
        meter.say("reading git history");
        add_commits(&mut batch, repository, &meter)?;
    }
    meter.say("looking for the cause");
    let analysis = match &arguments.workspace {
        Some(folder) => Workspace::open(folder)?.investigate_batch(batch.clone())?.analysis,
        None => analyze(&Incident::from(&batch)),
    };
    meter.done();
    let _ = write!(io::stderr(), "{}", skipped(&batch.report));
    let view = View::of(&analysis);
    if let Some(file) = &arguments.report {
        report::save(file, &report::markdown(&view))?;
    }
    if arguments.json {
        return report::json(&analysis);
    }
    let style = if io::stdout().is_terminal() { Style::Colour } else { Style::Plain };
    let mut text = report::terminal(&view, style, width());
    if let Some(file) = &arguments.report {
        text.push_str(&format!("\nreport written to {}\n", file.display()));
    }
    Ok(text)
}

/// Adds the latest commits before the incident, with their diffs.
fn add_commits(batch: &mut Batch, repository: &Path, meter: &Meter) -> Result<()> {
    let before = Incident::from(&*batch).extent().end;
    let commits =
        git::Repository::open(repository)?
            .suspects(before, GIT_COMMITS, &|progress| meter.show(progress))?;
    if commits.events.is_empty() {
        let _ = writeln!(
            io::stderr(),
            "no commits in {} before the incident; is the right branch checked out?",
            repository.display()
        );
    }
    batch.add_events(commits);
    Ok(())
}

/// A line for every input of which something could not be read.
fn skipped(report: &ReadReport) -> String {
    report
        .inputs
        .iter()
        .filter(|input| input.refused > 0)
        .map(|input| {
            let first =
                input.described.first().map(|r| format!(", first {}: {}", r.place, r.reason));
            format!(
                "{}: {} of {} records skipped{}\n",
                input.name,
                input.refused,
                input.read + input.refused,
                first.unwrap_or_default()
            )
        })
        .collect()
}

/// The recording of the guilty commit: `incidents/` beside this file.
fn bundled_incident() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("incidents").join("copper-heron")
}

/// Prints; a reader that went away is no error.
fn show(text: &str) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: cannot print: {error}");
            ExitCode::FAILURE
        }
    }
}

fn exit_code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::InvalidInput => 2,
        ErrorKind::NotFound => 3,
        ErrorKind::Busy | ErrorKind::Denied => 4,
        ErrorKind::Corrupt => 5,
        _ => 1,
    })
}

/// Columns of the terminal; 100 where there is none.
fn width() -> usize {
    let columns = usize::from(console::Term::stdout().size().1);
    if io::stdout().is_terminal() { columns.clamp(60, 140) } else { 100 }
}

/// Progress on standard error, when that is a terminal.
struct Meter(ProgressBar);

impl Meter {
    fn new(quiet: bool) -> Self {
        let bar = if quiet || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.0.set_message(format!("reading {} ({} records)", progress.input, progress.records));
        self.0.tick();
        ControlFlow::Continue(())
    }

    fn say(&self, text: &str) {
        self.0.set_message(text.to_owned());
        self.0.tick();
    }

    fn done(&self) {
        self.0.finish_and_clear();
    }
}
