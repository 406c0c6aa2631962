//! What people say, held against what commits touch: words, stack frames, blame, age and size.
//!
//! | evidence | form | source |
//! |---|---|---|
//! | words of the symptom | BM25F relative to the best candidate | Robertson & Zaragoza 2009; Locus, Wen et al. 2016 |
//! | places of the frames | log of 1 + candidates x chance that a frame means this one ([`places`]) | mixture of frames |
//! | words of the frames | BM25F of paths against messages, functions against messages and names | as above |
//! | blame | root of the share of lines around the frames | SZZ, Sliwerski et al. 2005 |
//! | size | log of added and of deleted lines | Kamei et al. 2013 |
//! | age | log of days | Rahman & Devanbu 2013 |
//! | named, taken back | the report says so; a later commit says so ([`history`]) | - |
//!
//! The pieces are log odds and add up. Their weights come from a conditional logit over the candidates of
//! real incidents, fitted with each repository left out in turn, then rounded. Text is relative to the best
//! candidate, so that a vague sentence and a page of text are comparable, but never to less than [`WEAK`].
//!
//! Size and age are left out where deploys are known: what landed when says more. Where the diff was read,
//! what it does says more than its words do.
//!
//! It fails where a report says only what broke and shares no word with the change; where the change is small
//! and old, as in a setting that waited for its hour; and where the culprit is not among the candidates, which
//! [`older`](super::older) looks for.

mod history;
mod places;
#[cfg(test)]
mod tests;

use crate::diff::Reading;
use crate::model::{Change, ChangeKind, EvidenceKind};
use crate::rank::changes::Court;
use crate::rank::observe::Observation;
use crate::rank::reach::same_commit;
use crate::rank::suspect::Weighed;
use crate::rank::text::{self, Match, Query};

pub(super) use places::touches;

/// A best score below this is weak; all are then held against it instead.
const WEAK: f64 = 12.0;
/// Where the diff was read, what it does says more than its words: they count this much. The same where
/// deploys are known: what landed when says more than that a flag or a subject shares a word with the alert.
const READ: f64 = 0.25;
/// More frames than these say no more: the outermost of a deep stack are the same for every fault.
const MOST_FRAMES: usize = 32;
/// Lines beyond this many (as logarithm) make a commit no more suspect.
const LARGE: f64 = 8.0;
/// Logarithms of added and deleted lines of the common commit.
const COMMON_SIZE: (f64, f64) = (3.0, 2.0);

/// How much the fields of a commit count: subject, body, paths, functions, identifiers.
type Fields = [f64; 5];
/// What people say may be anywhere. Subjects and changed names are short and to the point.
const SYMPTOM: Fields = [1.0, 0.5, 0.5, 0.5, 1.0];
/// Folders and files of a frame name a component, as subjects do; the paths themselves are held against
/// each other in [`places`].
const PATH: Fields = [1.0, 0.5, 0.0, 0.0, 0.0];
/// A frame's function may be called something else today, with the same words in it.
const FUNCTION: Fields = [1.0, 0.5, 0.0, 0.5, 1.0];

/// Evidence from words and places, one list for each change.
pub(super) fn evidence(
    court: &Court<'_>,
    accused: &[&Change<'_>],
    readings: &[Option<Reading>],
) -> Vec<Vec<Weighed>> {
    let said = Said::new(court, accused, readings);
    let places = places::Places::new(court, accused, readings);
    let blamed: u32 = court.case.blame.iter().map(|blame| blame.lines).sum();
    let reverted = history::reverted(accused);
    let mentions = history::Mentions::new(&court.case.symptom);
    accused
        .iter()
        .enumerate()
        .map(|(index, change)| {
            let read = readings.get(index).and_then(Option::as_ref).is_some_and(|r| !r.unread);
            let trust = if read || court.reach.has_deploys() { READ } else { 1.0 };
            let mut told = said.evidence(index, court, trust);
            told.extend(places.evidence(index, court));
            let ChangeKind::Commit { sha, lines, message, .. } = &change.kind else { return told };
            let written = court.case.blame.iter().find(|blame| same_commit(&blame.sha, sha));
            if let Some(blame) = written {
                let share = f64::from(blame.lines) / f64::from(blamed.max(1));
                told.push(Weighed::new(
                    EvidenceKind::Trace,
                    court.weights.blame * share.sqrt(),
                    format!("was the last to write {} of the lines around the frames", blame.lines),
                ));
            }
            if mentions.name(sha, message) {
                told.push(Weighed::new(
                    EvidenceKind::Text,
                    court.weights.named,
                    "the symptom names it",
                ));
            }
            if reverted.contains(&index) {
                told.push(Weighed::new(
                    EvidenceKind::Prior,
                    court.weights.reverted,
                    "was reverted before the incident",
                ));
            }
            if !court.reach.has_deploys() {
                told.extend(lines.map(|lines| size(court, lines)));
                told.extend(age(court, change));
            }
            told
        })
        .collect()
}

fn size(court: &Court<'_>, (added, deleted): (u64, u64)) -> Weighed {
    let log = |lines: u64| f64::ln(1.0 + lines as f64).min(LARGE);
    Weighed::new(
        EvidenceKind::Prior,
        court.weights.added * (log(added) - COMMON_SIZE.0)
            + court.weights.deleted * (log(deleted) - COMMON_SIZE.1),
        format!("adds {added} and deletes {deleted} lines"),
    )
}

fn age(court: &Court<'_>, change: &Change<'_>) -> Option<Weighed> {
    let alarm = court.case.alarm?;
    let days = (alarm - change.time).num_seconds().max(0) as f64 / 86_400.0;
    Some(Weighed::new(
        EvidenceKind::Timing,
        court.weights.age * f64::ln(1.0 + days),
        format!("made {days:.1} days before"),
    ))
}

/// How well each change says the words of the symptom (the alert, new log lines, failing operations) and of
/// the frames.
struct Said {
    /// The symptom, then the path and the function of each frame.
    queries: Vec<Query<5>>,
    matches: Vec<Vec<Match>>,
    /// The best match of the symptom, or what counts as one.
    best: f64,
    /// The same for each frame.
    best_of_frames: Vec<f64>,
}

impl Said {
    fn new(court: &Court<'_>, accused: &[&Change<'_>], readings: &[Option<Reading>]) -> Self {
        let documents: Vec<[Vec<&str>; 5]> = accused
            .iter()
            .zip(readings)
            .map(|(change, reading)| document(change, reading.as_ref()))
            .collect();
        let mut symptom = Query::new(&symptom_words(court), SYMPTOM);
        if court.reach.has_deploys() {
            // Who runs it is known and counted elsewhere; the name of a service says nothing about a commit.
            for entity in court.case.entities() {
                symptom.leave_out(&entity.name);
            }
        }
        let mut queries = vec![symptom];
        for frame in court.case.frames.iter().take(MOST_FRAMES) {
            queries.push(Query::new(&frame.path, PATH));
            queries.push(Query::new(frame.function.as_deref().unwrap_or_default(), FUNCTION));
        }
        let matches = text::score(&queries, &documents);
        let best = |scores: &mut dyn Iterator<Item = f64>| scores.fold(WEAK, f64::max);
        let (symptom, frames) = matches.split_first().unzip();
        Self {
            best: best(&mut symptom.into_iter().flatten().map(|found: &Match| found.score)),
            best_of_frames: frames
                .unwrap_or_default()
                .chunks(2)
                .map(|frame| best(&mut (0..accused.len()).map(|index| of_frame(frame, index))))
                .collect(),
            queries,
            matches,
        }
    }

    fn evidence(&self, index: usize, court: &Court<'_>, trust: f64) -> Vec<Weighed> {
        let mut told = Vec::new();
        let Some((symptom, frames)) = self.matches.split_first() else { return told };
        let words = |place: usize| -> Vec<&str> {
            let found = self.matches.get(place).and_then(|matches| matches.get(index));
            self.queries.get(place).zip(found).map(|(q, found)| q.words(found)).unwrap_or_default()
        };
        if let Some(found) = symptom.get(index).filter(|found| found.score > 0.0) {
            told.push(Weighed::new(
                EvidenceKind::Text,
                court.weights.text * trust * found.score / self.best,
                format!("says words of the symptom: {}", words(0).join(", ")),
            ));
        }
        let nearest = frames
            .chunks(2)
            .zip(&self.best_of_frames)
            .enumerate()
            .map(|(place, (frame, best))| (of_frame(frame, index) / best, place))
            .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)));
        if let Some((share, place)) = nearest.filter(|(share, _)| *share > 0.0) {
            let mut shared = words(1 + 2 * place);
            shared.extend(words(2 + 2 * place));
            told.push(Weighed::new(
                EvidenceKind::Text,
                court.weights.frame_words * trust * share,
                format!("says words of a frame: {}", shared.join(", ")),
            ));
        }
        told
    }
}

/// The score of a candidate for a frame's path and function together.
fn of_frame(frame: &[Vec<Match>], index: usize) -> f64 {
    frame.iter().filter_map(|matches| matches.get(index)).map(|found| found.score).sum()
}

/// The fields of a change: subject, body, paths, functions, identifiers.
fn document<'a>(change: &'a Change<'a>, reading: Option<&'a Reading>) -> [Vec<&'a str>; 5] {
    match &change.kind {
        ChangeKind::Commit { message, files, functions, identifiers, .. } => {
            let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
            let names = |given: &[&'a str], read: Option<&'a Vec<String>>| {
                if given.is_empty() {
                    read.into_iter().flatten().map(String::as_str).collect()
                } else {
                    given.to_vec()
                }
            };
            [
                vec![subject],
                vec![body],
                files.clone(),
                names(functions, reading.map(|r| &r.functions)),
                names(identifiers, reading.map(|r| &r.identifiers)),
            ]
        }
        ChangeKind::Flag { key, .. } => [vec![key], vec![], vec![], vec![], vec![]],
        ChangeKind::Deploy { version, .. } => {
            [version.iter().copied().collect(), vec![], vec![], vec![], vec![]]
        }
    }
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
