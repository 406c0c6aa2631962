//! Watching long work, and stopping it.

use std::ffi::{c_int, c_void};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use rca_core::connectors::Progress;
use rca_core::{Error, Result};

use super::border::{Taken, rca_str};
use super::handles::{Cancel, rca_cancel};

/// How far a read is. The text is borrowed for the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct rca_progress {
    input: rca_str,
    records: u64,
    bytes: u64,
}

/// Called on the thread of the call, with no lock held; anything but 0 stops the work.
pub type rca_progress_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, progress: *const rca_progress) -> c_int>;

/// Who watches a call.
#[repr(C)]
#[derive(Debug)]
pub struct rca_watch {
    progress: rca_progress_fn,
    user_data: *mut c_void,
    cancel: *const rca_cancel,
}

/// Who watches a call, checked.
#[derive(Default)]
pub(super) struct Watch {
    progress: rca_progress_fn,
    user_data: Option<*mut c_void>,
    cancel: Option<Cancel>,
}

impl<'a> Taken<'a> for *const rca_watch {
    type Is = Watch;

    unsafe fn take(self, what: &'static str) -> Result<Watch> {
        // SAFETY: NULL or readable by the caller's promise.
        let Some(watch) = (unsafe { self.as_ref() }) else { return Ok(Watch::default()) };
        let cancel = match watch.cancel.is_null() {
            true => None,
            // SAFETY: passed on.
            false => Some(unsafe { watch.cancel.take(what) }?),
        };
        Ok(Watch { progress: watch.progress, user_data: Some(watch.user_data), cancel })
    }
}

impl Watch {
    /// Ends a call that should not begin.
    pub(super) fn check(&self) -> Result<()> {
        match &self.cancel {
            Some(cancel) if cancel.load(Ordering::Relaxed) => Err(Error::Cancelled),
            _ => Ok(()),
        }
    }

    pub(super) fn look(&self, progress: &Progress<'_>) -> ControlFlow<()> {
        if self.check().is_err() {
            return ControlFlow::Break(());
        }
        let Some(tell) = self.progress else { return ControlFlow::Continue(()) };
        let seen = rca_progress {
            input: progress.input.into(),
            records: progress.records,
            bytes: progress.bytes,
        };
        // SAFETY: a function of this type and its own user data, by the caller's promise; `seen` outlives the call.
        let answer = unsafe { tell(self.user_data.unwrap_or(std::ptr::null_mut()), &seen) };
        if answer == 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
