//! How runs, jobs and deploys end, in the words of many systems.

use crate::model::Severity;

/// How something ended; the words of OpenTelemetry's `cicd.pipeline.result`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failure,
    Error,
    Timeout,
    Cancellation,
    Skip,
}

/// Words in lower case, with `_` for every other sign.
const WORDS: &[(&str, Outcome)] = &[
    ("success", Outcome::Success),
    ("succeeded", Outcome::Success),
    ("successful", Outcome::Success),
    ("passed", Outcome::Success),
    ("pass", Outcome::Success),
    ("neutral", Outcome::Success),
    ("failure", Outcome::Failure),
    ("failed", Outcome::Failure),
    ("fail", Outcome::Failure),
    ("unstable", Outcome::Failure),
    ("action_required", Outcome::Failure),
    ("error", Outcome::Error),
    ("errored", Outcome::Error),
    ("startup_failure", Outcome::Error),
    ("timed_out", Outcome::Timeout),
    ("timeout", Outcome::Timeout),
    ("cancelled", Outcome::Cancellation),
    ("canceled", Outcome::Cancellation),
    ("cancel", Outcome::Cancellation),
    ("aborted", Outcome::Cancellation),
    ("stale", Outcome::Cancellation),
    ("skipped", Outcome::Skip),
    ("skip", Outcome::Skip),
    ("not_built", Outcome::Skip),
];

impl Outcome {
    /// The outcome that a word means; none for what goes on (`queued`) and for unknown words.
    pub(super) fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, outcome)| *outcome)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Cancellation => "cancellation",
            Self::Skip => "skip",
        }
    }

    pub(super) fn is_bad(self) -> bool {
        matches!(self, Self::Failure | Self::Error | Self::Timeout)
    }

    /// A broken build hurts nobody yet.
    pub(super) fn severity(self) -> Severity {
        if self.is_bad() { Severity::Medium } else { Severity::Info }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_systems_are_one_outcome() {
        for word in ["timed_out", "TIMED-OUT", "Timed out"] {
            assert_eq!(Outcome::of(word), Some(Outcome::Timeout));
        }
        assert_eq!(Outcome::of("ABORTED"), Some(Outcome::Cancellation));
        assert_eq!(Outcome::of("in_progress"), None);
    }
}
