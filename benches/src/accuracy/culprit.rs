//! Real histories: which of the last commits caused the incident that the symptom describes?

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use rca_core::model::{CauseKind, Event, Source, StackFrame, attribute};
use rca_core::rank::Options;
use rca_core::time::TimeRange;
use serde::Deserialize;

use crate::accuracy::Result;
use crate::accuracy::case::{Case, at_second, timed};
use crate::accuracy::folder::{Folder, Input};

/// How much is known of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Track {
    /// One vague sentence.
    #[value(name = "H")]
    Hard,
    /// One vague sentence, and stack frames most of which mislead.
    #[value(name = "HN")]
    HardNoisy,
    /// The full text and the right frames.
    #[value(name = "F")]
    Full,
    /// As full, and `git blame` of the functions in the frames.
    #[value(name = "B")]
    Blame,
    /// The text of reverts, which have no frames.
    #[value(name = "R")]
    Revert,
}

impl Track {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Hard, Self::HardNoisy, Self::Full, Self::Blame, Self::Revert];

    /// Its short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hard => "H",
            Self::HardNoisy => "HN",
            Self::Full => "F",
            Self::Blame => "B",
            Self::Revert => "R",
        }
    }

    /// The kinds of cases it is scored on.
    #[must_use]
    pub fn kinds(self) -> &'static str {
        if self == Self::Revert { "revert" } else { "fixes,text" }
    }
}

/// The parts of a case that an engine may see.
#[derive(Debug, Deserialize)]
struct Known {
    id: String,
    repo: String,
    kind: String,
    incident_time: i64,
    symptom_text: String,
    symptom_hard: String,
    frames: Vec<Frame>,
    frames_noisy: Vec<Frame>,
    candidates: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Frame {
    path: String,
    function: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Commit {
    sha: String,
    ct: i64,
    #[serde(default)]
    au: String,
    #[serde(default)]
    s: String,
    #[serde(default)]
    b: String,
    #[serde(default)]
    files: Vec<Vec<serde_json::Value>>,
    #[serde(default)]
    add: u64,
    #[serde(default)]
    del_: u64,
    #[serde(default, rename = "fn")]
    functions: Vec<String>,
    #[serde(default)]
    tok: Vec<String>,
}

/// Lines that each commit wrote of the functions in the frames.
#[derive(Debug, Default, Deserialize)]
struct Blamed {
    #[serde(default)]
    func: BTreeMap<String, u32>,
}

/// Histories and what is known of each incident.
#[derive(Debug)]
pub struct Culprits {
    known: Vec<Known>,
    blamed: BTreeMap<String, Blamed>,
    histories: BTreeMap<String, BTreeMap<String, Event>>,
}

impl Culprits {
    /// Reads the whole set.
    pub fn read(folder: &Path) -> Result<Self> {
        let folder = Folder::new(folder);
        let blamed = folder.json(Input::Blame)?;
        let (mut known, mut histories) = (Vec::new(), BTreeMap::new());
        for line in std::io::read_to_string(folder.open(Input::Cases)?)?.lines() {
            let one: Known = serde_json::from_str(line)?;
            if !histories.contains_key(&one.repo) {
                histories.insert(one.repo.clone(), history(&folder, &one.repo)?);
            }
            known.push(one);
        }
        Ok(Self { known, blamed, histories })
    }

    /// How many incidents.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// Places of the incidents that a track is about, each with its id and its repository.
    pub fn of(&self, track: Track) -> impl Iterator<Item = (usize, &str, &str)> {
        let own = move |known: &Known| (known.kind == "revert") == (track == Track::Revert);
        let all = self.known.iter().enumerate().filter(move |(_, known)| own(known));
        all.map(|(place, known)| (place, known.id.as_str(), known.repo.as_str()))
    }

    /// What a track says of the incident at a place.
    pub fn case(&self, track: Track, place: usize) -> Result<Case> {
        let known = self.known.get(place).ok_or("no such incident")?;
        let history = self.histories.get(&known.repo).ok_or("no such repository")?;
        let blamed = self.blamed.get(&known.id).filter(|_| track == Track::Blame);
        case(known, track, history, blamed)
    }
}

/// Commits by case, most likely first, and CPU seconds a case from the events of its candidates to the answer.
pub fn run(culprits: &Culprits, track: Track) -> Result<(BTreeMap<String, Vec<String>>, f64)> {
    let (mut answers, mut total) = (BTreeMap::new(), 0.0);
    for (place, id, _) in culprits.of(track) {
        let case = culprits.case(track, place)?;
        // To give the events back is not part of the answer.
        let ((analysis, _detected), seconds) = timed(|| {
            let detected = case.detect()?;
            Ok((detected.rank(&Options::default()), detected))
        })?;
        total += seconds;
        let ranked = analysis.causes.into_iter().filter_map(|cause| match cause.kind {
            CauseKind::Commit { sha, .. } => Some(sha),
            _ => None,
        });
        answers.insert(id.to_owned(), ranked.collect());
    }
    let count = answers.len().max(1) as f64;
    Ok((answers, total / count))
}

fn history(folder: &Folder, repository: &str) -> Result<BTreeMap<String, Event>> {
    let text = folder.commits(repository)?;
    text.lines()
        .map(|line| {
            let commit: Commit = serde_json::from_str(line)?;
            Ok((commit.sha.clone(), event(&commit)?))
        })
        .collect()
}

fn event(commit: &Commit) -> Result<Event> {
    let paths: Vec<&str> = commit.files.iter().filter_map(|file| file.first()?.as_str()).collect();
    let title = if commit.s.trim().is_empty() { &commit.sha } else { &commit.s };
    let event = Event::builder(at_second(commit.ct)?, Source::Git, "commit", title)
        .with_body(format!("{}\n\n{}", commit.s, commit.b))
        .with_source_id(&commit.sha)
        .with_attribute(attribute::COMMIT, commit.sha.as_str())
        .with_attribute(attribute::AUTHOR, commit.au.as_str())
        .with_attribute(attribute::FILES, paths)
        .with_attribute(attribute::ADDED, commit.add)
        .with_attribute(attribute::DELETED, commit.del_)
        .with_attribute(attribute::FUNCTIONS, commit.functions.clone())
        .with_attribute(attribute::IDENTIFIERS, commit.tok.clone());
    Ok(event.build()?)
}

fn case(
    known: &Known,
    track: Track,
    history: &BTreeMap<String, Event>,
    blamed: Option<&Blamed>,
) -> Result<Case> {
    let incident = at_second(known.incident_time)?;
    let mut case = Case::new(TimeRange::new(incident, incident)?);
    case.alarm = Some(incident);
    case.max_causes = known.candidates.len() + 1;
    case.events = known.candidates.iter().filter_map(|sha| history.get(sha)).cloned().collect();
    let (symptom, frames) = match track {
        Track::Hard => (&known.symptom_hard, &[][..]),
        Track::HardNoisy => (&known.symptom_hard, known.frames_noisy.as_slice()),
        Track::Full | Track::Blame => (&known.symptom_text, known.frames.as_slice()),
        Track::Revert => (&known.symptom_text, &[][..]),
    };
    case.symptom.clone_from(symptom);
    case.frames = frames
        .iter()
        .map(|frame| StackFrame {
            path: frame.path.clone(),
            function: frame.function.clone(),
            line: frame.line,
        })
        .collect();
    if let Some(blamed) = blamed {
        case.blame = blamed.func.clone();
    }
    Ok(case)
}
