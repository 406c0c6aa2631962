//! What a check of a store found.

/// The result of [`Store::verify`](super::Store::verify).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Events read.
    pub events: u64,
    /// Investigations read.
    pub investigations: u64,
    /// Links read.
    pub links: u64,
    /// Dead letters read.
    pub dead_letters: u64,
    /// Entries of audit trails read.
    pub audit_entries: u64,
    /// What is wrong, in the order found; at most [`Self::MAX_PROBLEMS`] are listed.
    pub problems: Vec<Problem>,
    /// How many further problems are not listed.
    pub unlisted: u64,
}

impl VerifyReport {
    /// Most problems that are listed one by one.
    pub const MAX_PROBLEMS: usize = 1000;

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn add(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        if self.problems.len() < Self::MAX_PROBLEMS {
            self.problems.push(Problem { what: what.into(), reason: reason.into() });
        } else {
            self.unlisted += 1;
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The record or entry.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}
