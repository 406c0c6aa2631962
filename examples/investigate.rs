//! Finds out why a system broke, from whatever files there are. `--help` says how.
//!
//! This is the main job of the library as a small program: arguments become an [`Inquiry`], its answer is shown.
//! Everything it does is public API.

#[path = "investigate/dead_letters.rs"]
mod dead_letters;

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use indicatif::{ProgressBar, ProgressStyle};
use rca_core::connectors::{
    EntityRules, Format, Limits, Observer, Progress, Redaction, parse_time,
};
use rca_core::report::canvas::Canvas;
use rca_core::report::{self, Doctor, Style, Template, View};
use rca_core::{Answer, Error, ErrorKind, Inquiry, Result, Window, Workspace};

/// Finds out why a system broke: what broke first, which change did it, how sure, and what was ruled out.
///
/// PATH is any mix of files, folders and git repositories: logs, traces, metrics, alerts, webhooks of code hosts, CI and
/// deploy systems, JUnit reports, tables. Formats are told by content, packed (gzip) or not; --format NAME says it for
/// the paths behind it. Plain exports may be called alert.json, logs.ndjson, metrics.csv, traces.json, commits.json,
/// deploys.json, flags.json, status_feed.json. Without PATH it explains the incident that is recorded beside this program's source.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER)]
struct Arguments {
    /// Files, folders and git repositories
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The format of the paths that follow, up to the next --format; "auto" tells by content again
    #[arg(long, value_name = "NAME")]
    format: Vec<String>,
    /// The alert: a file of any format with alerts, or what people saw in words
    #[arg(long, value_name = "FILE|TEXT")]
    alert: Vec<String>,
    /// When it was surely bad: RFC 3339, or seconds since 1970
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The service that people complained about
    #[arg(long, value_name = "NAME")]
    entity: Option<String>,
    /// The time to look at: START/END, or how long before the alert (90m, 2h, 1d)
    #[arg(long, value_name = "TIME")]
    window: Option<String>,
    /// A git repository whose commits before the incident are suspects
    #[arg(long, visible_alias = "git", value_name = "PATH")]
    repo: Vec<PathBuf>,
    /// Which names stand for which services (TOML or JSON)
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Keep events and answer in this workspace folder (made if missing)
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// What could not be read and rests in the workspace: "list" (also without a word), "show ID", "replay [ID]" (with
    /// --format: as that), "discard ID"
    #[arg(
        long,
        value_name = "ACTION",
        num_args = 0..=2,
        requires = "workspace",
        conflicts_with_all = ["paths", "doctor", "json", "markdown", "report", "html", "review", "csv", "repo", "alert"]
    )]
    dead_letters: Option<Vec<String>>,
    /// Do not blot out secrets, mail addresses and card numbers
    #[arg(long)]
    no_redaction: bool,
    /// Only say what was read, what was not, and what is missing
    #[arg(long)]
    doctor: bool,
    /// Print the whole answer (with --doctor: its account) as JSON
    #[arg(long)]
    json: bool,
    /// Print Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Write a Markdown report
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
    /// Write an HTML page to look around in: timeline, charts, graph, traces, diffs, notes
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Write a PDF to print and hand on: the answer, its evidence, timeline and charts
    #[cfg(feature = "pdf")]
    #[arg(long, value_name = "FILE.pdf", conflicts_with = "dead_letters")]
    pdf: Option<PathBuf>,
    /// Write a post-incident review, filled as far as the record goes
    #[arg(long, value_name = "FILE")]
    review: Option<PathBuf>,
    /// What the review looks like: "review", "summary", or a file with a template (.md, .html) of yours
    #[arg(long, value_name = "NAME|FILE", default_value = "review", requires = "review")]
    template: String,
    /// Write the events that were read as a table
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// List the formats and end
    #[arg(long)]
    formats: bool,
    /// Do not show progress
    #[arg(long, short)]
    quiet: bool,
}

const AFTER: &str = "\
Examples:
  investigate exports/
  investigate exports/ --doctor
  investigate app.log metrics.csv --repo ~/shop --alert 'checkout is slow'
  investigate --format syslog node7.txt --format auto traces.json.gz
  investigate exports/ --html incident.html --review review.md
  investigate --workspace case --dead-letters
  investigate --workspace case --dead-letters show 3

Exit codes: 0 answered (also \"nothing to blame\"), 2 wrong usage or unreadable input, \
3 not found, 4 the workspace is in use or may not be written, 5 stored data is damaged, \
130 interrupted, 1 anything else. An interrupt leaves nothing half written: the workspace is \
crash-safe, and reports appear whole or not at all.";

fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    match run(&arguments, &matches) {
        Ok(text) => show(&text),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            exit_code(error.kind())
        }
    }
}

fn run(arguments: &Arguments, matches: &ArgMatches) -> Result<String> {
    if arguments.formats {
        return Ok(Format::all().map(|f| format!("{:<20} {}\n", f.name, f.about)).collect());
    }
    let meter = Meter::new(arguments.quiet);
    let observer = |progress: &Progress<'_>| meter.show(progress);
    if let (Some(words), Some(folder)) = (&arguments.dead_letters, &arguments.workspace) {
        return tend(folder, words, arguments, &observer);
    }
    let inquiry = inquiry(arguments, matches)?;
    let style = if io::stdout().is_terminal() { Style::Colour } else { Style::Plain };
    if arguments.doctor {
        let doctor = inquiry.examine(&observer)?;
        meter.done();
        return if arguments.json {
            report::doctor_json(&doctor)
        } else {
            Ok(doctor.text(style, width()))
        };
    }
    let workspace = arguments.workspace.as_ref().map(Workspace::open).transpose()?;
    let answer = match &workspace {
        Some(workspace) => inquiry.run_in(workspace, &observer)?,
        None => inquiry.run(&observer)?,
    };
    meter.done();
    let view = View::of(&answer.analysis);
    let markdown = || format!("{}\n{}", report::markdown(&view), answer.doctor.markdown());
    if let Some(file) = &arguments.report {
        report::save(file, markdown())?;
    }
    let mut written: Vec<&Path> = arguments.report.iter().map(PathBuf::as_path).collect();
    written.extend(documents(arguments, workspace.as_ref(), &answer)?);
    if arguments.json || arguments.markdown {
        // The doctor's account does not belong into the document, but must not be missed.
        let _ = write!(io::stderr(), "{}", skipped(&answer.doctor));
        return if arguments.json { report::json(&answer.analysis) } else { Ok(markdown()) };
    }
    let mut text = report::terminal(&view, style, width());
    text.push('\n');
    text.push_str(&answer.doctor.text(style, width()));
    for file in written {
        text.push_str(&format!("\nreport written to {}\n", file.display()));
    }
    Ok(text)
}

/// Writes the files that were asked for; says which.
fn documents<'a>(
    arguments: &'a Arguments,
    workspace: Option<&Workspace>,
    answer: &Answer,
) -> Result<Vec<&'a Path>> {
    let mut written = Vec::new();
    if let Some(file) = &arguments.html {
        report::save(file, report::html(&canvas(workspace, answer)?)?)?;
        written.push(file.as_path());
    }
    #[cfg(feature = "pdf")]
    if let Some(file) = &arguments.pdf {
        report::save(file, report::pdf(&canvas(workspace, answer)?)?)?;
        written.push(file.as_path());
    }
    if let Some(file) = &arguments.review {
        let template = match Path::new(&arguments.template) {
            own if own.is_file() => Template::open(own)?,
            _ => Template::built_in(&arguments.template)?,
        };
        report::save(file, report::review(&template, &canvas(workspace, answer)?)?)?;
        written.push(file.as_path());
    }
    if let Some(file) = &arguments.csv {
        report::save(file, report::csv(&answer.batch.events)?)?;
        written.push(file.as_path());
    }
    Ok(written)
}

/// What documents show; with the record of the investigation where there is a workspace.
fn canvas(workspace: Option<&Workspace>, answer: &Answer) -> Result<Canvas> {
    match (workspace, answer.analysis.investigation) {
        (Some(workspace), Some(id)) => workspace.canvas_with(id, &answer.batch.telemetry),
        _ => Ok(answer.canvas()),
    }
}

/// The dead-letter queue of a workspace, which has to be there.
fn tend(
    folder: &Path,
    words: &[String],
    arguments: &Arguments,
    observer: Observer<'_>,
) -> Result<String> {
    if !folder.exists() {
        let hint = "give the folder of a workspace".to_owned();
        return Err(Error::PathNotFound { path: folder.to_owned(), hint });
    }
    let named = arguments.format.last().filter(|name| *name != "auto");
    let format = named.map(|name| Format::named(name)).transpose()?;
    let mut builder = Workspace::builder();
    if arguments.no_redaction {
        builder = builder.with_redaction(Redaction::off());
    }
    dead_letters::tend(builder.open(folder)?.dead_letters(), words, format, observer)
}

fn inquiry(arguments: &Arguments, matches: &ArgMatches) -> Result<Inquiry> {
    let mut inquiry = Inquiry::new();
    for (path, format) in paths(arguments, matches)? {
        inquiry = match format {
            Some(format) => inquiry.with_path_as(path, format),
            None => inquiry.with_path(path),
        };
    }
    if arguments.paths.is_empty() && arguments.repo.is_empty() {
        inquiry = inquiry.with_path(bundled_incident());
    }
    for repository in &arguments.repo {
        inquiry = inquiry.with_repository(repository);
    }
    for alert in &arguments.alert {
        let file = Path::new(alert);
        inquiry =
            if file.is_file() { inquiry.with_alert_file(file) } else { inquiry.with_alert(alert) };
    }
    if let Some(time) = &arguments.at {
        inquiry = inquiry.at(parse_time(time)?);
    }
    if let Some(entity) = &arguments.entity {
        inquiry = inquiry.about(entity);
    }
    if let Some(window) = &arguments.window {
        inquiry = inquiry.within(window.parse::<Window>()?);
    }
    if let Some(rules) = &arguments.rules {
        inquiry = inquiry.with_rules(EntityRules::open(rules)?);
    }
    if arguments.no_redaction {
        inquiry = inquiry.with_limits(Limits { redaction: Redaction::off(), ..Limits::default() });
    }
    Ok(inquiry)
}

/// Each path with the format that was named last before it.
fn paths(
    arguments: &Arguments,
    matches: &ArgMatches,
) -> Result<Vec<(PathBuf, Option<&'static Format>)>> {
    let places = |id| matches.indices_of(id).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    let mut formats = Vec::new();
    for (place, name) in places("format").into_iter().zip(&arguments.format) {
        let format = if name == "auto" { None } else { Some(Format::named(name)?) };
        formats.push((place, format));
    }
    let named = |place: usize| {
        let before = formats.iter().rev().find(|(format, _)| *format < place);
        before.and_then(|(_, format)| *format)
    };
    let paths = places("paths").into_iter().zip(&arguments.paths);
    Ok(paths.map(|(place, path)| (path.clone(), named(place))).collect())
}

/// A line for every input of which something could not be read.
fn skipped(doctor: &Doctor) -> String {
    let lines = doctor.sources.iter().filter(|source| source.skipped > 0).map(|source| {
        let first = source.reasons.first().map(|reason| format!(", first {reason}"));
        let all = source.read + source.skipped;
        let first = first.unwrap_or_default();
        format!("{}: {} of {all} records skipped{first}\n", source.name, source.skipped)
    });
    lines.collect()
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

/// Progress on standard error, when that is a terminal and it takes longer than a moment.
struct Meter {
    bar: ProgressBar,
    begun: Instant,
}

impl Meter {
    const MOMENT: Duration = Duration::from_millis(500);

    fn new(quiet: bool) -> Self {
        let bar = if quiet || !io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new_spinner()
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now() }
    }

    fn show(&self, progress: &Progress<'_>) -> ControlFlow<()> {
        if self.begun.elapsed() > Self::MOMENT {
            self.bar
                .set_message(format!("reading {} ({} records)", progress.input, progress.records));
            self.bar.tick();
        }
        ControlFlow::Continue(())
    }

    fn done(&self) {
        self.bar.finish_and_clear();
    }
}
