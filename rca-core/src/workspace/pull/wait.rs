//! Waiting that can be interrupted.

use std::cell::Cell;
use std::ops::ControlFlow;

use chrono::{DateTime, Duration, Utc};

use crate::connectors::{Observer, Progress};
use crate::error::{Error, Result};
use crate::time::Clock;

/// So often somebody who waits is asked whether to go on.
const SLICE: Duration = Duration::milliseconds(250);
/// The shortest wait: less than a tick of the clock would have to be waited for again and again.
const TICK: Duration = Duration::milliseconds(1);

/// Waits by the clock; asks the observer every so often.
pub(super) fn wait(
    clock: &dyn Clock,
    span: Duration,
    progress: &Progress<'_>,
    observer: Observer<'_>,
) -> Result<()> {
    let mut left = if span > Duration::zero() { span.max(TICK) } else { span };
    loop {
        if observer(progress).is_break() {
            return Err(Error::Cancelled);
        }
        if left <= Duration::zero() {
            return Ok(());
        }
        let slice = left.min(SLICE);
        clock.wait(slice);
        left -= slice;
    }
}

/// Watches over one page: passes on what the caller's observer says, and ends it when its time is up.
pub(super) struct Watch<'a> {
    clock: &'a dyn Clock,
    since: DateTime<Utc>,
    most: Duration,
    observer: Observer<'a>,
    out_of_time: Cell<bool>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(clock: &'a dyn Clock, most: Duration, observer: Observer<'a>) -> Self {
        Self { clock, since: clock.now(), most, observer, out_of_time: Cell::new(false) }
    }

    pub(super) fn look(&self, progress: &Progress<'_>) -> ControlFlow<()> {
        (self.observer)(progress)?;
        if self.clock.now() - self.since > self.most {
            self.out_of_time.set(true);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// Whether it was its time that ended the page.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.out_of_time.get()
    }
}
