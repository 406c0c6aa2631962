//! What is kept of the records of one service and template: when, how bad, and a few of them.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::frames::stack_frames;
use super::lexer::prefix;
use crate::detect::thinned::{Item, Thinned, time_key};
use crate::model::{Severity, StackFrame};
use crate::signal::{LogFrame, LogRecord, LogView};

/// Moments kept apart for each service and template; an hour is known to some seconds then.
const MOMENTS: usize = 1024;
/// Records kept for each service and template.
const EXAMPLES: usize = 64;
/// Longest part of a message that is kept, in bytes: enough for a deep stack trace.
const MAX_KEPT: usize = 16 * 1024;
/// And so much in any case.
const MIN_KEPT: usize = 256;
/// Attributes that hold a stack trace.
const TRACES: [&str; 3] = ["exception.stacktrace", "code.stacktrace", "error.stack_trace"];
/// Where the line was written, by the names of the OpenTelemetry semantic conventions, old and new.
const PLACES: [[&str; 2]; 3] = [
    ["code.file.path", "code.filepath"],
    ["code.function.name", "code.function"],
    ["code.line.number", "code.lineno"],
];

/// How much is kept of each group: all that is of use, or less where there are so many groups, or so long
/// messages, that it would be too much together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Detail(u32);

impl Detail {
    /// Half of the moments and records, a quarter of the text; none where nothing is left to give up.
    pub(super) fn less(self) -> Option<Self> {
        (MOMENTS >> self.0 > 1).then_some(Self(self.0 + 1))
    }

    fn moments(self) -> usize {
        (MOMENTS >> self.0).max(1)
    }

    fn examples(self) -> usize {
        (EXAMPLES >> self.0).max(1)
    }

    fn bytes(self) -> usize {
        MAX_KEPT.checked_shr(2 * self.0).unwrap_or(0).max(MIN_KEPT)
    }
}

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
    fn of(view: LogView<'_>, hash: u64, longest: usize) -> Self {
        let names = |name: &str| {
            TRACES.contains(&name) || PLACES.iter().flatten().any(|known| *known == name)
        };
        let code = view
            .attributes()
            .filter(|(name, _)| names(name))
            .map(|(name, text)| (name.to_owned(), prefix(text, longest).to_owned()))
            .collect();
        let message = prefix(view.message(), longest).to_owned();
        Self { time: view.time(), hash, message, code }
    }

    fn held(&self) -> usize {
        let code = self
            .code
            .iter()
            .map(|(name, text)| size_of::<(String, String)>() + name.len() + text.len());
        size_of::<Self>() + self.message.len() + code.sum::<usize>()
    }

    fn cut(&mut self, longest: usize) {
        for text in
            std::iter::once(&mut self.message).chain(self.code.iter_mut().map(|of| &mut of.1))
        {
            let kept = prefix(text, longest).len();
            text.truncate(kept);
            text.shrink_to_fit();
        }
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
    /// Adds a record; how many bytes of memory that took, and gave back.
    pub(super) fn add(
        &mut self,
        view: LogView<'_>,
        severity: Severity,
        detail: Detail,
    ) -> (usize, usize) {
        let time = view.time();
        let moments = self.moments_held();
        self.moments.push_within(Moment::of(time, severity), detail.moments());
        let moments = (self.moments_held(), moments);
        // What lies behind another record of its place is not kept: most need no hash.
        if self.examples.is_last_place(time_key(time)) {
            return moments;
        }
        let hash = xxh3_64(view.message().as_bytes());
        let key = time_key(time) | u128::from(hash);
        if self.examples.at(key).is_none_or(|known| key <= known.key()) {
            let examples = self.examples_held();
            let example = Example::of(view, hash, detail.bytes());
            self.examples.push_within(example, detail.examples());
            return (moments.0 + self.examples_held(), moments.1 + examples);
        }
        moments
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        self.examples.merge(&other.examples);
    }

    /// Gives up what is finer than this.
    pub(super) fn thin(&mut self, detail: Detail) {
        self.moments.thin(detail.moments());
        self.moments.shrink(|_| {});
        self.examples.thin(detail.examples());
        self.examples.shrink(|example| example.cut(detail.bytes()));
    }

    /// Adds the examples to a frame, as bad as the worst of about that moment.
    pub(super) fn records(&self, service: &str, frame: &mut LogFrame) {
        for example in self.examples() {
            let next = self.moments().partition_point(|moment| moment.first <= example.time);
            let moment = next.checked_sub(1).and_then(|at| self.moments().get(at));
            let attributes: Vec<(&str, &str)> =
                example.code.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            frame.push(&LogRecord {
                time: example.time,
                service,
                severity: moment.map_or(Severity::default(), |moment| moment.severity),
                message: &example.message,
                attributes: &attributes,
                ..LogRecord::default()
            });
        }
    }

    /// About how many bytes of memory it takes.
    pub(super) fn held(&self) -> usize {
        /// Of places and names that lead to it.
        const GROUP: usize = 128;
        GROUP + self.moments_held() + self.examples_held()
    }

    fn moments_held(&self) -> usize {
        std::mem::size_of_val(self.moments())
    }

    fn examples_held(&self) -> usize {
        self.examples().iter().map(Example::held).sum()
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
