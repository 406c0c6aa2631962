//! What is kept of the records of one service and template: when, how bad, and a few of them.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::frames::stack_frames;
use super::lexer::prefix;
use crate::detect::thinned::{Item, Thinned, time_key};
use crate::model::{Severity, StackFrame};
use crate::signal::LogView;

/// Moments kept apart for each service and template; an hour is known to some seconds then.
const MOMENTS: usize = 1024;
/// Records kept for each service and template.
const EXAMPLES: usize = 64;
/// Longest part of a message that is kept, in bytes: enough for a deep stack trace.
const MAX_KEPT: usize = 16 * 1024;
/// Attributes that hold a stack trace.
const TRACES: [&str; 3] = ["exception.stacktrace", "code.stacktrace", "error.stack_trace"];
/// Where the line was written, by the names of the OpenTelemetry semantic conventions, old and new.
const PLACES: [[&str; 2]; 3] = [
    ["code.file.path", "code.filepath"],
    ["code.function.name", "code.function"],
    ["code.line.number", "code.lineno"],
];

/// Records of about one moment; of exactly one where there are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Moment {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) count: u64,
    /// The worst.
    pub(super) severity: Severity,
}

impl Moment {
    pub(super) fn of(time: i64, severity: Severity) -> Self {
        Self { first: time, last: time, count: 1, severity }
    }
}

impl Item for Moment {
    fn key(&self) -> u128 {
        time_key(self.first)
    }

    fn absorb(&mut self, other: &mut Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count = self.count.saturating_add(other.count);
        self.severity = self.severity.max(other.severity);
    }
}

/// A record as it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Example {
    pub(super) time: i64,
    /// Of the message: tells records of one moment apart.
    hash: u64,
    pub(super) message: String,
    /// Attributes that name places in code.
    code: Vec<(String, String)>,
}

/// Messages may hold secrets, so they stay out of `Debug`.
impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Example").field("time", &self.time).finish_non_exhaustive()
    }
}

impl Example {
    fn of(view: LogView<'_>, hash: u64) -> Self {
        let names = |name: &str| {
            TRACES.contains(&name) || PLACES.iter().flatten().any(|known| *known == name)
        };
        let code = view
            .attributes()
            .filter(|(name, _)| names(name))
            .map(|(name, text)| (name.to_owned(), prefix(text, MAX_KEPT).to_owned()))
            .collect();
        let message = prefix(view.message(), MAX_KEPT).to_owned();
        Self { time: view.time(), hash, message, code }
    }

    /// The code locations that it names.
    pub(super) fn frames(&self) -> Vec<StackFrame> {
        let mut frames = stack_frames(&self.message);
        for (_, text) in self.code.iter().filter(|(name, _)| TRACES.contains(&name.as_str())) {
            frames.extend(stack_frames(text));
        }
        frames.extend(self.place());
        frames
    }

    fn place(&self) -> Option<StackFrame> {
        let [path, function, line] = PLACES.map(|names| {
            let named = |name: &str| self.code.iter().find(|(other, _)| other == name);
            names.iter().find_map(|name| named(name)).map(|(_, text)| text.as_str())
        });
        Some(StackFrame {
            path: path?.to_owned(),
            function: function.map(str::to_owned),
            line: line.and_then(|line| line.parse().ok()),
        })
    }
}

impl Item for Example {
    fn key(&self) -> u128 {
        time_key(self.time) | u128::from(self.hash)
    }

    fn absorb(&mut self, other: &mut Self) {
        if other < self {
            std::mem::swap(self, other);
        }
    }
}

/// The records of one service and skeleton.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    moments: Thinned<Moment, MOMENTS>,
    examples: Thinned<Example, EXAMPLES>,
}

impl Counts {
    pub(super) fn add(&mut self, view: LogView<'_>, severity: Severity) {
        let time = view.time();
        self.moments.push(Moment::of(time, severity));
        // What lies behind another record of its place is not kept: most need no hash.
        if self.examples.is_last_place(time_key(time)) {
            return;
        }
        let hash = xxh3_64(view.message().as_bytes());
        let key = time_key(time) | u128::from(hash);
        if self.examples.at(key).is_none_or(|known| key <= known.key()) {
            self.examples.push(Example::of(view, hash));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.examples.merge(&other.examples);
    }

    pub(super) fn moments(&self) -> &[Moment] {
        self.moments.items()
    }

    pub(super) fn examples(&self) -> &[Example] {
        self.examples.items()
    }

    pub(super) fn is_sound(&self) -> bool {
        self.moments.is_sound()
            && self.examples.is_sound()
            && !self.moments().is_empty()
            && self.moments().iter().all(|m| m.first <= m.last && m.count > 0)
    }
}
