//! Telling the caller how far a long read is, and asking whether to go on.

use std::ops::ControlFlow;

use crate::error::{Error, Result};

/// How far a read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The input's name.
    pub input: &'a str,
    /// Records seen in it so far, refused ones included.
    pub records: u64,
    /// Bytes taken from it so far.
    pub bytes: u64,
}

/// Called every so often during a read; [`ControlFlow::Break`] ends it with
/// [`Error::Cancelled`](crate::Error::Cancelled).
pub type Observer<'a> = &'a dyn Fn(&Progress<'_>) -> ControlFlow<()>;

/// The [`Observer`] that looks away.
pub fn unobserved(_: &Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Asks the observer at every 1024th record or every MiB, whichever comes first.
pub(super) struct Pace<'a> {
    observer: Observer<'a>,
    input: &'a str,
    records: u64,
    next_bytes: u64,
}

impl<'a> Pace<'a> {
    const RECORDS: u64 = 1024;
    const BYTES: u64 = 1 << 20;

    pub(super) fn new(observer: Observer<'a>, input: &'a str) -> Self {
        Self { observer, input, records: 0, next_bytes: 0 }
    }

    /// Counts one record.
    pub(super) fn record(&mut self, bytes: u64) -> Result<()> {
        self.records += 1;
        if self.records % Self::RECORDS == 1 || bytes >= self.next_bytes {
            self.next_bytes = bytes + Self::BYTES;
            return self.ask(bytes);
        }
        Ok(())
    }

    /// Says where we are, whatever came before.
    pub(super) fn ask(&self, bytes: u64) -> Result<()> {
        let progress = Progress { input: self.input, records: self.records, bytes };
        match (self.observer)(&progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }
}
