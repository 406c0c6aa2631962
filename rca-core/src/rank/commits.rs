//! What people say, held against what commits touch: words, stack frames, blame, age and size.
//!
//! Text is BM25F over message, paths, functions and changed identifiers, relative to the best candidate, so
//! that it is comparable between a vague sentence and a page of text. A frame counts by how few candidates
//! touch its file and its function: the idf that words have.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::Reading;
use crate::model::{Change, ChangeKind, EvidenceKind, StackFrame};
use crate::rank::changes::Court;
use crate::rank::observe::Observation;
use crate::rank::reach::same_commit;
use crate::rank::suspect::Weighed;
use crate::rank::text::{Bm25, Field, Match};

/// A best score below this is weak; all are then held against it instead.
const WEAK: f64 = 12.0;
/// Where the diff was read, what it does says more than its words: they count this much.
const READ: f64 = 0.3;
/// Each further frame, and each further line of evidence of one kind, counts this much of the one before.
const FURTHER: f64 = 0.5;

/// Evidence from words and places, one list for each change.
pub(super) fn evidence(
    court: &Court<'_>,
    accused: &[&Change],
    readings: &[Option<Reading>],
) -> Vec<Vec<Weighed>> {
    let mut all: Vec<Vec<Weighed>> = accused.iter().map(|_| Vec::new()).collect();
    let matches = text_matches(court, accused, readings);
    let best = matches.iter().map(|found| found.score).fold(WEAK, f64::max);
    let places = Places::new(court, accused, readings);
    let blamed: u32 = court.case.blame.iter().map(|blame| blame.lines).sum();
    let reverted = reverted(accused);
    for (index, (change, told)) in accused.iter().zip(&mut all).enumerate() {
        if let Some(found) = matches.get(index).filter(|found| found.score > 0.0) {
            let read = readings.get(index).and_then(Option::as_ref).is_some_and(|r| !r.unread);
            let trust = if read { READ } else { 1.0 };
            let names: Vec<&str> = found.words.iter().map(|(_, word)| word.as_str()).collect();
            told.push(Weighed::new(
                EvidenceKind::Text,
                court.weights.text * trust * found.score / best,
                format!("says words of the symptom: {}", names.join(", ")),
            ));
        }
        told.extend(places.evidence(index, court));
        if let ChangeKind::Commit { sha, lines, .. } = &change.kind {
            let written = court.case.blame.iter().find(|blame| same_commit(&blame.sha, sha));
            if let Some(blame) = written {
                let share = f64::from(blame.lines) / f64::from(blamed.max(1));
                told.push(Weighed::new(
                    EvidenceKind::Trace,
                    2.5 * share.sqrt(),
                    format!("was the last to write {} of the lines around the frames", blame.lines),
                ));
            }
            if reverted.contains(&index) {
                told.push(Weighed::new(
                    EvidenceKind::Prior,
                    court.weights.reverted,
                    "was reverted before the incident",
                ));
            }
            if let Some((added, deleted)) = lines.filter(|_| !court.reach.has_deploys()) {
                let size = f64::ln(1.0 + (added + deleted) as f64);
                told.push(Weighed::new(
                    EvidenceKind::Prior,
                    0.15 * (size.min(7.0) - 4.0),
                    format!("touches {} lines", added + deleted),
                ));
            }
            if let Some(alarm) = court.case.alarm.filter(|_| !court.reach.has_deploys()) {
                let days = (alarm - change.time).num_seconds().max(0) as f64 / 86_400.0;
                told.push(Weighed::new(
                    EvidenceKind::Timing,
                    -0.35 * f64::ln(1.0 + days),
                    format!("made {days:.1} days before"),
                ));
            }
        }
    }
    all
}

/// How well each change says the words of the symptom: the alert, new log lines, failing operations.
fn text_matches(
    court: &Court<'_>,
    accused: &[&Change],
    readings: &[Option<Reading>],
) -> Vec<Match> {
    let documents: Vec<[String; 5]> = accused
        .iter()
        .zip(readings)
        .map(|(change, reading)| match &change.kind {
            ChangeKind::Commit { message, files, functions, identifiers, .. } => {
                let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
                let read = reading.as_ref();
                let names = |given: &[String], read: Option<&Vec<String>>| {
                    if given.is_empty() {
                        read.map(|names| names.join(" ")).unwrap_or_default()
                    } else {
                        given.join(" ")
                    }
                };
                [
                    subject.to_owned(),
                    body.to_owned(),
                    files.join(" "),
                    names(functions, read.map(|r| &r.functions)),
                    names(identifiers, read.map(|r| &r.identifiers)),
                ]
            }
            ChangeKind::Flag { key, .. } => {
                [key.clone(), String::new(), String::new(), String::new(), String::new()]
            }
            ChangeKind::Deploy { version, .. } => [
                version.clone().unwrap_or_default(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ],
        })
        .collect();
    let index =
        Bm25::new(documents.iter().map(|[subject, body, files, functions, identifiers]| {
            [
                Field { weight: 1.0, text: subject },
                Field { weight: 1.0, text: body },
                Field { weight: 0.8, text: files },
                Field { weight: 0.7, text: functions },
                Field { weight: 0.7, text: identifiers },
            ]
        }));
    index.score(&symptom_words(court))
}

fn symptom_words(court: &Court<'_>) -> String {
    let mut text = court.case.symptom.clone();
    for alert in &court.case.alerts {
        text.push('\n');
        text.push_str(&alert.text);
        text.push(' ');
        text.push_str(alert.metric.as_deref().unwrap_or_default());
    }
    let mut loud: Vec<&Observation> = court
        .observations
        .iter()
        .filter(|o| o.is_harm() && o.kind != EvidenceKind::Metric)
        .collect();
    loud.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.event.cmp(&b.event)));
    for observation in loud.iter().take(10) {
        text.push('\n');
        text.push_str(&observation.words);
    }
    text
}

/// Commits that a later one among the accused takes back, by the subject or the hash that it names.
fn reverted(accused: &[&Change]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for revert in accused {
        let ChangeKind::Commit { message, .. } = &revert.kind else { continue };
        let subject = message.lines().next().unwrap_or_default().trim();
        let named = subject
            .strip_prefix("Revert \"")
            .map(|rest| rest.trim_end_matches('"').trim())
            .filter(|named| named.len() >= 8);
        let hash = message
            .split_once("reverts commit ")
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_hexdigit).collect::<String>());
        if named.is_none() && hash.is_none() {
            continue;
        }
        for (index, change) in accused.iter().enumerate() {
            let ChangeKind::Commit { message, sha, .. } = &change.kind else { continue };
            let subject = message.lines().next().unwrap_or_default().trim();
            let same = named == Some(subject)
                || hash.as_deref().is_some_and(|hash| hash.len() >= 7 && same_commit(hash, sha));
            if same && change.time <= revert.time && change.event != revert.event {
                found.insert(index);
            }
        }
    }
    found
}

/// Files and functions that commits touch, against the frames.
struct Places<'a> {
    frames: &'a [StackFrame],
    /// For each frame: candidate -> how closely it touches the file (0 to 1), and the function.
    touches: Vec<BTreeMap<usize, (f64, bool)>>,
    count: usize,
}

impl<'a> Places<'a> {
    fn new(court: &Court<'a>, accused: &[&Change], readings: &[Option<Reading>]) -> Self {
        let frames = &court.case.frames;
        let touches = frames
            .iter()
            .map(|frame| {
                let mut touches = BTreeMap::new();
                for (index, (change, reading)) in accused.iter().zip(readings).enumerate() {
                    let ChangeKind::Commit { files, functions, .. } = &change.kind else {
                        continue;
                    };
                    let near =
                        files.iter().map(|file| nearness(file, &frame.path)).fold(0.0, f64::max);
                    if near <= 0.0 {
                        continue;
                    }
                    let read = reading.iter().flat_map(|reading| &reading.functions);
                    let inside = frame.function.as_deref().is_some_and(|wanted| {
                        functions.iter().chain(read).any(|function| same_function(function, wanted))
                    });
                    touches.insert(index, (near, inside));
                }
                touches
            })
            .collect();
        Self { frames, touches, count: accused.len() }
    }

    /// From 0 (all candidates do) to 1 (only this one does).
    fn rarity(&self, holders: usize) -> f64 {
        let (all, holders) = (self.count as f64 + 1.0, holders as f64 + 0.5);
        (f64::ln(all / holders) / f64::ln(all).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    fn evidence(&self, index: usize, court: &Court<'_>) -> Option<Weighed> {
        let mut gains: Vec<(f64, &StackFrame, bool)> = Vec::new();
        for (frame, touches) in self.frames.iter().zip(&self.touches) {
            let Some(&(near, inside)) = touches.get(&index) else { continue };
            let holders = touches.values().filter(|(other, _)| *other >= near).count();
            let mut gain = near * self.rarity(holders);
            if inside {
                let holders = touches.values().filter(|(_, inside)| *inside).count();
                gain += 0.7 * self.rarity(holders);
            }
            gains.push((gain, frame, inside));
        }
        gains.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let (_, frame, inside) = *gains.first()?;
        let mut factor = 1.0;
        let mut sum = 0.0;
        for (gain, ..) in &gains {
            sum += factor * gain;
            factor *= FURTHER;
        }
        let place = match (&frame.function, frame.line) {
            (Some(function), _) if inside => format!("{function} in {}", frame.path),
            (_, Some(line)) => format!("{}, line {line}", frame.path),
            _ => frame.path.clone(),
        };
        Some(Weighed::new(
            EvidenceKind::Trace,
            court.weights.frame * sum,
            format!("touches {place}, which a stack trace names"),
        ))
    }
}

/// How near two paths are: the same file 1, the same name elsewhere 0.4, the same folder 0.1.
fn nearness(file: &str, frame: &str) -> f64 {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    if ends(file, frame) || ends(frame, file) {
        return 1.0;
    }
    let split = |path: &str| -> (String, String) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        (folder.to_owned(), name.to_owned())
    };
    let ((folder, name), (frame_folder, frame_name)) = (split(file), split(frame));
    if name == frame_name {
        0.4
    } else if !folder.is_empty() && folder == frame_folder {
        0.1
    } else {
        0.0
    }
}

/// `parse` is `Parser::parse` and `parser.parse`.
fn same_function(a: &str, b: &str) -> bool {
    let last = |name: &str| -> String {
        name.rsplit(['.', ':', '#', '/']).next().unwrap_or(name).to_owned()
    };
    a == b || last(a) == last(b)
}
