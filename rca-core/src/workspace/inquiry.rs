//! The main job in one call: any mix of files, folders and repositories in, the answer and an account of it out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use crate::connectors::attribute::REPOSITORY;
use crate::connectors::{
    self, Batch, EntityRules, Format, Limits, Observer, Resolver, git, parse_time, read_in_pieces,
};
use crate::error::{Error, Place, Result};
use crate::model::{Alert, Analysis, Entity, Event, Severity, Source, StackFrame};
use crate::rank::Blame;
use crate::report::Doctor;
use crate::time::TimeRange;
use crate::workspace::Workspace;
use crate::workspace::analysis::{Incident, Signals, analyze_found, count};
use crate::workspace::held::{Held, Read};

/// What to investigate: inputs of any format, and what people on call know beside them.
///
/// ```no_run
/// use rca_core::Inquiry;
/// use rca_core::connectors::unobserved;
/// use rca_core::report::View;
///
/// let answer = Inquiry::new()
///     .with_path("exports/")
///     .with_repository("src/shop")
///     .with_alert("checkout answers slowly")
///     .run(&unobserved)?;
/// println!("{}\n{}", View::of(&answer.analysis).headline, answer.doctor);
/// # Ok::<(), rca_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Inquiry {
    paths: Vec<(PathBuf, Option<&'static Format>)>,
    repositories: Vec<PathBuf>,
    alert_files: Vec<PathBuf>,
    batches: Vec<Arc<Batch>>,
    alert: Option<String>,
    at: Option<DateTime<Utc>>,
    entity: Option<String>,
    window: Option<Window>,
    rules: EntityRules,
    limits: Limits,
    memory: Option<usize>,
}

/// The time to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// From one moment to another.
    Range(TimeRange),
    /// From so long before the alarm (or the end of the inputs, where there is none) on.
    Before(Duration),
}

impl std::str::FromStr for Window {
    type Err = Error;

    /// `START/END`, or a duration such as `90m`, `2h`, `1d`.
    fn from_str(text: &str) -> Result<Self> {
        if let Some((start, end)) = text.split_once('/') {
            return Ok(Self::Range(TimeRange::new(parse_time(start)?, parse_time(end)?)?));
        }
        let text = text.trim();
        let unit = match text.chars().last() {
            Some('s') => Some(1),
            Some('m') => Some(60),
            Some('h') => Some(3600),
            Some('d') => Some(86_400),
            _ => None,
        };
        let number = text.get(..text.len().saturating_sub(1)).and_then(|n| n.parse::<u32>().ok());
        match (unit, number) {
            (Some(unit), Some(number)) if number > 0 => {
                Ok(Self::Before(Duration::seconds(i64::from(number) * unit)))
            }
            _ => Err(Error::value(
                "window",
                format!("{text:?} is neither START/END nor a duration such as 90m, 2h or 1d"),
            )),
        }
    }
}

/// The answer, and what it rests on.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Causes, evidence, timeline.
    pub analysis: Analysis,
    /// What was read, what was not, and what is missing.
    pub doctor: Doctor,
    /// Everything that was read, every entity under one name.
    ///
    /// Of telemetry that is larger than a quarter of the memory ([`Inquiry::with_memory`]) it holds what is worth a
    /// look: all metrics, whole traces as far as they fit, and of the log records up to 64 of each kind and service,
    /// without their traces. [`Analysis::inputs`] counts all of it.
    pub batch: Batch,
    /// What the detectors found in the telemetry, as events.
    pub findings: Vec<Event>,
}

/// Bytes of memory for telemetry unless somebody says another number.
const MEMORY: usize = 256 << 20;
/// Latest commits of a repository before the incident that are suspects.
const COMMITS: usize = 300;

impl Inquiry {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file or folder of any format, told by its content. Folders are walked to the end; repositories in them are
    /// read as such.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push((path.into(), None));
        self
    }

    /// A file or folder of a format that is known.
    #[must_use]
    pub fn with_path_as(mut self, path: impl Into<PathBuf>, format: &'static Format) -> Self {
        self.paths.push((path.into(), Some(format)));
        self
    }

    /// A git repository: its commits before the incident are suspects.
    #[must_use]
    pub fn with_repository(mut self, path: impl Into<PathBuf>) -> Self {
        self.repositories.push(path.into());
        self
    }

    /// What was read elsewhere, or made from tables in memory.
    #[must_use]
    pub fn with_batch(mut self, batch: impl Into<Arc<Batch>>) -> Self {
        self.batches.push(batch.into());
        self
    }

    /// A file with the alert, in any format that has alerts.
    #[must_use]
    pub fn with_alert_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.alert_files.push(path.into());
        self
    }

    /// What people saw, in words.
    #[must_use]
    pub fn with_alert(mut self, text: impl Into<String>) -> Self {
        self.alert = Some(text.into());
        self
    }

    /// When it was surely bad.
    #[must_use]
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// What it was seen at: the service that people complained about.
    #[must_use]
    pub fn about(mut self, entity: impl Into<String>) -> Self {
        self.entity = Some(entity.into());
        self
    }

    /// The time to look at; everything in the inputs when not said.
    #[must_use]
    pub fn within(mut self, window: Window) -> Self {
        self.window = Some(window);
        self
    }

    /// Which names stand for which entities.
    #[must_use]
    pub fn with_rules(mut self, rules: EntityRules) -> Self {
        self.rules = rules;
        self
    }

    /// Bounds on what is read, and what is blotted out of it.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// About how many bytes of memory telemetry may take while it is read and judged; 256 MB when not said. Inputs may
    /// be of any size.
    ///
    /// Up to a quarter of it telemetry is kept as it is. What is larger goes through the detectors' partial states
    /// ([`detect::Partial`](crate::detect::Partial)) piece by piece, and the answer is the same as long as the parts
    /// of those states fit into their shares: of log records counts and examples are kept, less of each the more kinds
    /// there are; of spans whole traces, evenly thinned; metric samples all, at 16 bytes each. A [`Window::Before`] is
    /// not known before everything was read: such inputs are then read once more.
    ///
    /// Events, reports of inputs and what one document of an input takes (see [`Limits`]) come on top.
    #[must_use]
    pub fn with_memory(mut self, bytes: usize) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Reads and judges, without a store.
    ///
    /// Repositories are also asked who last wrote the code that stack traces name.
    ///
    /// Without an alert among the inputs the incident is taken to be what moved first in the telemetry, which
    /// [`Doctor::incident`] says.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) for a path that is not there,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when nothing could be read, a file given by name has no known
    /// format, or rules are malformed; [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so.
    pub fn run(&self, observer: Observer<'_>) -> Result<Answer> {
        let mut gathered = self.gather(observer)?;
        let window = self.focus(&mut gathered, observer)?;
        let found = gathered.read.findings(window);
        let incident = Incident::from(&gathered.read.batch);
        let mut analysis =
            analyze_found(&incident, window, &found, &|frames| gathered.blame(frames));
        count(&mut analysis, gathered.read.counts());
        Ok(gathered.answer(analysis, found))
    }

    /// Reads, keeps everything in a workspace as a new investigation, and judges there.
    ///
    /// # Errors
    ///
    /// As [`Inquiry::run`] and [`Workspace::investigate_batch`].
    pub fn run_in(&self, workspace: &Workspace, observer: Observer<'_>) -> Result<Answer> {
        workspace.writable()?;
        let mut gathered = self.gather(observer)?;
        let window = self.focus(&mut gathered, observer)?;
        let case = workspace.open_about(&gathered.read.batch, window)?;
        if gathered.read.is_silent() {
            let analysis = workspace.analyze(case.id())?;
            return Ok(gathered.answer(analysis, Vec::new()));
        }
        let Gathered { read, asked, .. } = &mut gathered;
        let counts = read.counts();
        let mut detect = |events: &[Event], window| read.findings_beside(events, window);
        let signals = Signals { detect: &mut detect, counts, ask: &|frames| blame(asked, frames) };
        let (analysis, found) = workspace.analyze_signals(case.id(), signals)?;
        Ok(gathered.answer(analysis, found))
    }

    /// Reads, and says how it went, without judging.
    ///
    /// # Errors
    ///
    /// As [`Inquiry::run`].
    pub fn examine(&self, observer: Observer<'_>) -> Result<Doctor> {
        Ok(self.gather(observer)?.examined(None).0)
    }

    fn gather(&self, observer: Observer<'_>) -> Result<Gathered> {
        let resolver = Resolver::new(&self.rules)?;
        let known = match self.window {
            Some(Window::Range(range)) => Some(range),
            _ => None,
        };
        let mut held = Held::new(self.memory(), known);
        let mut batch = Batch::default();
        for read in &self.batches {
            held.look(&read.telemetry);
            let (events, report) = (read.events.clone(), read.report.clone());
            batch.add_events(Batch { events, report, ..Batch::default() });
        }
        let mut repositories = self.repositories.clone();
        for (path, format) in &self.paths {
            if git::is_repository(path) {
                repositories.push(path.clone());
                continue;
            }
            batch.add_events(self.read(path, *format, &mut held, observer)?);
            repositories.extend(connectors::repositories_below(path)?);
        }
        for path in &self.alert_files {
            let read = self.read(path, None, &mut held, observer)?;
            if !read.events.iter().any(|event| Alert::from_event(event).is_some()) {
                return Err(Error::invalid(
                    named(path),
                    "no alert in it that fires; give the webhook or export of a monitor, or say it in words",
                ));
            }
            batch.add_events(read);
        }
        let folded;
        (batch.telemetry, folded) = held.finish();
        let mut read = Read { batch, folded };
        let mut renamed = read.resolve(&resolver);
        let told = self.alert.is_some() || self.at.is_some() || self.entity.is_some();
        if told {
            let event = self.told(&mut read)?;
            read.batch.events.push(event);
            renamed.extend(read.resolve(&resolver));
        }
        let before = read.extent().end;
        let anything = !read.batch.events.is_empty() || !read.is_silent();
        let mut asked = Vec::new();
        for path in repositories {
            let repository = git::Repository::open(&path)?.with_limits(self.limits.clone());
            let commits = match anything {
                true => repository.suspects(before, COMMITS, observer)?,
                // A repository alone: all that was committed is before "now".
                false => repository.suspects(DateTime::<Utc>::MAX_UTC, COMMITS, observer)?,
            };
            let times = commits.events.iter().map(Event::timestamp);
            let newest = commits.events.iter().max_by_key(|event| (event.timestamp(), event.id()));
            if let Some((newest, oldest)) = newest.and_then(Event::source_id).zip(times.min()) {
                asked.push(Asked { repository, newest: newest.to_owned(), oldest });
            }
            read.batch.add(named_after(commits, &path));
        }
        renamed.extend(read.resolve(&resolver));
        self.check(&read)?;
        read.batch.sort();
        Ok(Gathered { read, renamed, told, asked })
    }

    /// Reads a path; its telemetry goes to who holds it.
    fn read(
        &self,
        path: &Path,
        format: Option<&'static Format>,
        held: &mut Held,
        observer: Observer<'_>,
    ) -> Result<Batch> {
        let piece = held.piece();
        let mut take = |telemetry| {
            held.add(telemetry);
            Ok(())
        };
        read_in_pieces(path, format, &self.limits, observer, piece, &mut take)
    }

    /// The time to look at. Where it is known only now, what was folded for all time is read once more for this.
    fn focus(&self, gathered: &mut Gathered, observer: Observer<'_>) -> Result<TimeRange> {
        let Gathered { read, renamed, .. } = gathered;
        let extent = read.extent();
        let Some(window) = self.window else { return Ok(extent) };
        let window = match window {
            Window::Range(range) => return Ok(range),
            Window::Before(long) => {
                let alerts = read.batch.events.iter().filter_map(Alert::from_event);
                let alarm = alerts.map(|alert| alert.fired_at).min().unwrap_or(extent.end);
                // Further back than any system reaches, and times would run out of range.
                let long = long.clamp(Duration::zero(), Duration::days(36_500));
                TimeRange { start: alarm - long, end: extent.end.max(alarm) }
            }
        };
        let Some(folded) = &mut read.folded else { return Ok(window) };
        let mut held = Held::new(self.memory(), Some(window)).folding();
        for read in &self.batches {
            held.look(&read.telemetry);
        }
        let files = self.alert_files.iter().map(|path| (path, None));
        for (path, format) in self.paths.iter().map(|(path, format)| (path, *format)).chain(files) {
            if !git::is_repository(path) {
                self.read(path, format, &mut held, observer)?;
            }
        }
        if let (_, Some(again)) = held.finish() {
            folded.replace(again, &|entity| renamed.get(entity).cloned());
        }
        Ok(window)
    }

    fn memory(&self) -> usize {
        self.memory.unwrap_or(MEMORY)
    }

    /// Nothing at all is no incident.
    fn check(&self, read: &Read) -> Result<()> {
        let batch = &read.batch;
        if !batch.events.is_empty() || !read.is_silent() {
            return Ok(());
        }
        let path = self.paths.first().map_or_else(|| Path::new("inputs"), |(path, _)| path);
        let seen = match batch.report.ignored.first() {
            Some(first) => format!(" (first: {first})"),
            None => String::new(),
        };
        Err(Error::invalid(
            named(path),
            format!(
                "nothing in it that could be read{seen}; give logs, metrics, traces, webhooks, a repository, or a folder with alert.json, logs.ndjson, metrics.csv, traces.json"
            ),
        ))
    }

    /// The alert that somebody tells.
    fn told(&self, read: &mut Read) -> Result<Event> {
        let alerts = read.batch.events.iter().filter_map(Alert::from_event);
        let fired = alerts.map(|alert| alert.fired_at).min();
        let last = read.signals_extent().map(|(_, last)| crate::time::from_nanos(last));
        let time =
            self.at.or(fired).or_else(|| read.moved()).or(last).ok_or_else(|| {
                Error::value("at", "nothing says when it happened; give the time")
            })?;
        let text = self.alert.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let title = match (text, &self.entity) {
            (Some(text), _) => text.lines().next().unwrap_or(text).to_owned(),
            (None, Some(entity)) => format!("reported: {entity}"),
            (None, None) => "reported".to_owned(),
        };
        let mut event = Event::builder(time, Source::Alert, "alert", &title)
            .with_severity(Severity::High)
            .with_body(text.unwrap_or_default())
            .with_attribute("alert.reported", true);
        if let Some(entity) = &self.entity {
            event = event.with_entity(Entity::service(entity));
        }
        let mut events = [event.build()?];
        self.limits.redaction.events(&mut events);
        let [event] = events;
        Ok(event)
    }
}

/// Commits that do not say where they are from are from the folder's name.
fn named_after(mut commits: Batch, path: &Path) -> Batch {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = name.map(|name| name.trim_end_matches(".git").to_owned()) {
        for event in &mut commits.events {
            event.data.entry(REPOSITORY).or_insert_with(|| name.clone().into());
        }
    }
    commits
}

fn named(path: &Path) -> Place {
    Place { input: Some(path.display().to_string()), ..Place::default() }
}

/// What was read, before it is judged.
struct Gathered {
    read: Read,
    renamed: BTreeMap<Entity, Entity>,
    told: bool,
    asked: Vec<Asked>,
}

/// A repository that can be asked who wrote what.
struct Asked {
    repository: git::Repository,
    /// The last commit before the incident.
    newest: String,
    /// When the oldest suspect was made: who wrote what before that needs not be told apart.
    oldest: DateTime<Utc>,
}

/// Who wrote the code around frames. A repository that can't say is passed over: the rest of the judgement stands.
fn blame(asked: &[Asked], frames: &[StackFrame]) -> Vec<Blame> {
    let answers = asked.iter().filter_map(|asked| {
        asked.repository.blame_frames(&asked.newest, frames, Some(asked.oldest)).ok()
    });
    answers.flatten().map(|(sha, lines)| Blame { sha, lines }).collect()
}

impl Gathered {
    fn blame(&self, frames: &[StackFrame]) -> Vec<Blame> {
        blame(&self.asked, frames)
    }

    fn answer(self, analysis: Analysis, findings: Vec<Event>) -> Answer {
        let (doctor, batch) = self.examined(Some(&analysis));
        Answer { analysis, doctor, batch, findings }
    }

    /// The doctor's account, and what is left of what was read.
    fn examined(mut self, analysis: Option<&Analysis>) -> (Doctor, Batch) {
        let facts = self.read.settle();
        let mut doctor = Doctor::examine_with(&self.read.batch, &facts, analysis);
        doctor.incident = self.incident(analysis);
        doctor.renamed = self.renamed();
        (doctor, self.read.batch)
    }

    fn renamed(&self) -> BTreeMap<String, String> {
        let names = self.renamed.iter().map(|(old, new)| (old.name.clone(), new.name.clone()));
        names.filter(|(old, new)| old != new).collect()
    }

    /// What is taken as the incident, in words.
    fn incident(&self, analysis: Option<&Analysis>) -> String {
        let clock = |time: DateTime<Utc>| time.format("%Y-%m-%d %H:%M:%S UTC").to_string();
        let alerts: Vec<(Alert, &str)> = self
            .read
            .batch
            .events
            .iter()
            .filter_map(|event| Some((Alert::from_event(event)?, event.title())))
            .collect();
        let first = alerts.iter().min_by_key(|(alert, _)| (alert.fired_at, alert.event));
        match (first, analysis.and_then(|analysis| analysis.onset.as_ref())) {
            (Some((alert, title)), _) => {
                let of = match alerts.len() {
                    1 => String::new(),
                    count => format!(", the first of {count}"),
                };
                let how =
                    if self.told && alerts.len() == 1 { "what was reported" } else { "the alert" };
                format!("the incident is {how}: {title}, {}{of}", clock(alert.fired_at))
            }
            (None, Some(onset)) => format!(
                "no alert was given: the incident is taken to be what moved first, {} at {}",
                onset.first_signal,
                clock(onset.time)
            ),
            (None, None) if analysis.is_some() => {
                "no alert was given, and nothing in the telemetry moves clearly".to_owned()
            }
            (None, None) => "no alert was given: the incident would be what moves first".to_owned(),
        }
    }
}
