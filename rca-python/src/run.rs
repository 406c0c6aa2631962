//! Calls out of the interpreter: its lock is released, panics end here, and long work can be watched and interrupted.
//!
//! Long work runs on a thread of its own. The calling thread only waits, without the interpreter's lock, and looks up
//! every [`TICK`]: for Ctrl-C, and for progress to report. So callbacks run where Python expects them, no lock of the
//! core is held while they do, and an interrupt is answered at once even where the core can't stop in the middle; what
//! can't is finished in the background (a batch is stored as a whole or not at all).

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use rca_core::connectors::{Observer, Progress};
use rca_core::{Error, Result};

use crate::error::{bug, to_py};

/// How often the waiting thread looks up.
const TICK: Duration = Duration::from_millis(20);
/// How long an interrupted call waits for its work to notice.
const GRACE: Duration = Duration::from_millis(20);

// Of all that follows, only the few lines that keep a result are made for each kind of it: there are a hundred calls, and
// each copy of waiting for a thread would be shipped.

/// Something short that may still block: a read, a small commit.
///
/// What a panic leaves behind is seen by nobody: the core's locks recover from poison, and values of the call are gone.
pub(crate) fn brief<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    let (mut work, mut kept) = (Some(work), None);
    guarded(py, &mut || {
        if let Some(work) = work.take() {
            kept = Some(work()?);
        }
        Ok(())
    })?;
    finished(py, kept)
}

fn guarded(py: Python<'_>, work: &mut (dyn FnMut() -> Result<()> + Send)) -> PyResult<()> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(result) => result.map_err(|error| to_py(py, &error)),
        Err(panic) => Err(bug(py, panic.as_ref())),
    }
}

/// What work that came to its end has kept.
fn finished<T>(py: Python<'_>, kept: Option<T>) -> PyResult<T> {
    kept.ok_or_else(|| to_py(py, &Error::Internal("work ended without a result".to_owned())))
}

/// What another thread left, with no lock held when it is let go.
fn taken<T: Send>(py: Python<'_>, left: &Mutex<Option<T>>) -> Option<T> {
    py.detach(|| left.lock().unwrap_or_else(PoisonError::into_inner).take())
}

/// What the working thread and the waiting one share.
struct Shared {
    state: Mutex<State>,
    done: Condvar,
    stop: AtomicBool,
}

#[derive(Default)]
struct State {
    outcome: Option<thread::Result<Result<()>>>,
    seen: Option<Seen>,
}

/// How far reading has come.
#[derive(Clone)]
struct Seen {
    input: String,
    records: u64,
    bytes: u64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observe(&self, progress: &Progress<'_>) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        let mut state = self.state();
        match &mut state.seen {
            Some(seen) if seen.input == progress.input => {
                (seen.records, seen.bytes) = (progress.records, progress.bytes);
            }
            seen => {
                *seen = Some(Seen {
                    input: progress.input.to_owned(),
                    records: progress.records,
                    bytes: progress.bytes,
                });
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits a while; the outcome when there is one.
    fn wait(&self, long: Duration) -> (Option<thread::Result<Result<()>>>, Option<Seen>) {
        let waiting = self.done.wait_timeout_while(self.state(), long, |s| s.outcome.is_none());
        let (mut state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        (state.outcome.take(), state.seen.clone())
    }
}

/// Work that may take longer, or reads input. `progress` is called with the input's name, its records and bytes so far.
pub(crate) fn long<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(Observer<'_>) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let kept = Arc::new(Mutex::new(None));
    let theirs = Arc::clone(&kept);
    let work = move |observer: Observer<'_>| {
        let result = work(observer)?;
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        Ok(())
    };
    watched(py, progress, Box::new(work))?;
    finished(py, taken(py, &kept))
}

type Work = Box<dyn FnOnce(Observer<'_>) -> Result<()> + Send>;

fn watched(py: Python<'_>, progress: Option<&Bound<'_, PyAny>>, work: Work) -> PyResult<()> {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        done: Condvar::new(),
        stop: AtomicBool::new(false),
    });
    start(&shared, work).map_err(|error| to_py(py, &error))?;
    let mut told = None;
    loop {
        let (outcome, seen) = py.detach(|| shared.wait(TICK));
        let heard = report(progress, seen, &mut told).and_then(|()| py.check_signals());
        match (outcome, heard) {
            (_, Err(interrupt)) => {
                shared.stop.store(true, Ordering::Relaxed);
                py.detach(|| shared.wait(GRACE));
                return Err(interrupt);
            }
            (Some(Ok(result)), Ok(())) => return result.map_err(|error| to_py(py, &error)),
            (Some(Err(panic)), Ok(())) => return Err(bug(py, panic.as_ref())),
            (None, Ok(())) => {}
        }
    }
}

fn start(shared: &Arc<Shared>, work: Work) -> Result<()> {
    let theirs = Arc::clone(shared);
    let run = move || {
        let observer = |progress: &Progress<'_>| theirs.observe(progress);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&observer)));
        theirs.state().outcome = Some(outcome);
        theirs.done.notify_all();
    };
    let started = thread::Builder::new().name("rca".to_owned()).spawn(run);
    started.map(|_| ()).map_err(|error| Error::Internal(format!("no thread to work on: {error}")))
}

/// Tells the callback where something moved.
fn report(
    callback: Option<&Bound<'_, PyAny>>,
    seen: Option<Seen>,
    told: &mut Option<(String, u64)>,
) -> PyResult<()> {
    let (Some(callback), Some(seen)) = (callback, seen) else { return Ok(()) };
    let now = (seen.input, seen.bytes);
    if told.as_ref() == Some(&now) {
        return Ok(());
    }
    callback.call1((&now.0, seen.records, seen.bytes))?;
    *told = Some(now);
    Ok(())
}

/// Panics, in a call that is `brief` or `long`: what tests force to see that it ends at the border.
#[cfg(debug_assertions)]
#[pyfunction]
pub(crate) fn test_panic(py: Python<'_>, is_long: bool) -> PyResult<()> {
    #[allow(clippy::panic, reason = "that is what it is for")]
    fn fail() -> Result<()> {
        panic!("forced by a test")
    }
    if is_long { long(py, None, |_| fail()) } else { brief(py, fail) }
}
