//! Files and functions that commits touch, against the frames of stack traces and profiles.
//!
//! One of the frames is taken to be the place of the fault, any of them equally likely, and the culprit to be
//! one of the commits that touched it, any of them equally likely. A frame in a file that everybody touches
//! says little, a frame in a file that one candidate touches says much, and frames that mislead take
//! from each other instead of adding up: the chances are added over the frames, not their logarithms.
//! The logarithm of 1 + candidates x chance is what the frames say of a candidate. Frames that no candidate
//! touches can't tell them apart; they speak for a cause [older](super::super::older) than all of them.

use std::collections::BTreeMap;

use crate::diff::Reading;
use crate::model::{Change, ChangeKind, EvidenceKind, StackFrame};
use crate::rank::changes::Court;
use crate::rank::suspect::Weighed;

/// As if there were this many more candidates, none of which touches the place: among a few commits it says
/// less that only one of them does.
const MORE: f64 = 30.0;
/// A file of the same name elsewhere: it was moved, or the trace knows only the end of the path.
const SAME_NAME: f64 = 0.1;
/// Another file in the same folder.
const SAME_FOLDER: f64 = 0.02;
/// What touching the frame's function adds to touching its file.
const FUNCTION: f64 = 0.5;

/// For each candidate, how much of each frame it touches.
pub(super) struct Places<'a> {
    /// The frames that candidates touch.
    frames: Vec<(&'a StackFrame, Touched)>,
    count: usize,
}

/// Who touches a frame.
struct Touched {
    /// Candidate -> how near to the file, and whether the function.
    by: BTreeMap<usize, (f64, bool)>,
    near: f64,
    inside: f64,
}

impl Touched {
    /// The chance that the frame means this candidate; above 1 when the function says so too.
    fn chance(&self, index: usize) -> f64 {
        let Some(&(near, inside)) = self.by.get(&index) else { return 0.0 };
        // Near misses are not made sure by being alone.
        let function = if inside { FUNCTION / self.inside.max(1.0) } else { 0.0 };
        near / self.near.max(1.0) + function
    }
}

impl<'a> Places<'a> {
    pub(super) fn new(
        court: &Court<'a>,
        accused: &[&Change<'_>],
        readings: &[Option<Reading>],
    ) -> Self {
        let frames = court.case.frames.iter().filter_map(|frame| {
            let mut touched = Touched { by: BTreeMap::new(), near: 0.0, inside: 0.0 };
            for (index, (change, reading)) in accused.iter().zip(readings).enumerate() {
                let ChangeKind::Commit { files, functions, .. } = &change.kind else { continue };
                let near = files.iter().map(|file| nearness(file, &frame.path)).fold(0.0, f64::max);
                if near <= 0.0 {
                    continue;
                }
                let read =
                    reading.iter().flat_map(|reading| &reading.functions).map(String::as_str);
                let inside = frame.function.as_deref().is_some_and(|wanted| {
                    functions
                        .iter()
                        .copied()
                        .chain(read)
                        .any(|function| same_function(function, wanted))
                });
                touched.near += near;
                touched.inside += f64::from(u8::from(inside));
                touched.by.insert(index, (near, inside));
            }
            (!touched.by.is_empty()).then_some((frame, touched))
        });
        Self { frames: frames.collect(), count: accused.len() }
    }

    pub(super) fn evidence(&self, index: usize, court: &Court<'_>) -> Option<Weighed> {
        let chances: f64 = self.frames.iter().map(|(_, touched)| touched.chance(index)).sum();
        let (frame, touched) =
            self.frames.iter().filter(|(_, touched)| touched.by.contains_key(&index)).max_by(
                |a, b| a.1.chance(index).total_cmp(&b.1.chance(index)).then(b.0.cmp(a.0)),
            )?;
        let (near, inside) = touched.by.get(&index).copied().unwrap_or_default();
        let chance = chances / self.frames.len() as f64;
        let place = match (&frame.function, frame.line) {
            (Some(function), _) if inside => format!("{function} in {}", frame.path),
            (_, Some(line)) if near >= 1.0 => format!("{}, line {line}", frame.path),
            _ => frame.path.clone(),
        };
        let touches = if near >= 1.0 { "touches" } else { "touches a neighbour of" };
        Some(Weighed::new(
            EvidenceKind::Trace,
            court.weights.frame * f64::ln_1p((self.count as f64 + MORE) * chance),
            format!("{touches} {place}, which a stack trace names"),
        ))
    }
}

/// Whether a commit that changed these files touched the file of a frame.
pub(in crate::rank) fn touches(files: &[&str], frame: &StackFrame) -> bool {
    files.iter().any(|file| nearness(file, &frame.path) >= 1.0)
}

/// How near two paths are: 1 for the same file, where one may be known by its end only.
fn nearness(file: &str, frame: &str) -> f64 {
    let split = |path: &str| path.rfind('/').map_or((0, 0), |at| (at, at + 1));
    let ((folder, name), (frame_folder, frame_name)) = (split(file), split(frame));
    if file.get(name..) == frame.get(frame_name..) {
        return if ends(file, frame) || ends(frame, file) { 1.0 } else { SAME_NAME };
    }
    if folder > 0 && file.get(..folder) == frame.get(..frame_folder) { SAME_FOLDER } else { 0.0 }
}

/// Whether the short path is the end of the long one.
fn ends(long: &str, short: &str) -> bool {
    long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// `parse` is `Parser::parse` and `parser.parse`.
fn same_function(a: &str, b: &str) -> bool {
    fn last(name: &str) -> &str {
        name.rsplit(['.', ':', '#', '/']).next().unwrap_or(name)
    }
    last(a) == last(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_near_by_their_ends() {
        for (file, frame, wanted) in [
            ("src/net/pool.rs", "src/net/pool.rs", 1.0),
            ("src/net/pool.rs", "net/pool.rs", 1.0),
            ("src/net/pool.rs", "/build/app/src/net/pool.rs", 1.0),
            ("src/net/pool.rs", "src/db/pool.rs", SAME_NAME),
            ("src/net/pool.rs", "src/net/dial.rs", SAME_FOLDER),
            ("src/net/pool.rs", "src/net/whirlpool.rs", SAME_FOLDER),
            ("pool.rs", "dial.rs", 0.0),
            ("src/net/pool.rs", "src/db/dial.rs", 0.0),
        ] {
            assert_eq!(nearness(file, frame), wanted, "{file} {frame}");
        }
    }

    #[test]
    fn functions_are_the_same_by_their_last_name() {
        assert!(same_function("Parser::parse", "parser.parse"));
        assert!(!same_function("Parser::parse", "Parser::parse_all"));
    }

    #[test]
    fn the_chance_is_shared_among_those_who_touch_the_file() {
        let by = BTreeMap::from([(0, (1.0, true)), (1, (1.0, false)), (2, (SAME_NAME, false))]);
        let touched = Touched { by, near: 2.1, inside: 1.0 };
        assert!((touched.chance(0) - (1.0 / 2.1 + FUNCTION)).abs() < 1e-12);
        assert!((touched.chance(1) - 1.0 / 2.1).abs() < 1e-12);
        assert!((touched.chance(2) - SAME_NAME / 2.1).abs() < 1e-12);
        assert_eq!(touched.chance(3), 0.0);
    }
}
