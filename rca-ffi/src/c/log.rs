//! What happens inside, told to a function of the host.
//!
//! The library speaks through the facade `tracing`; here its words become lines of text. Nothing is told unless the host
//! asks, and bodies, secrets and log texts are never among it.

use std::ffi::c_void;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use rca_core::{Error, Result};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::border::rca_str;
use super::status::{Ended, guard, rca_status};

/// How important a line is; the numbers are part of the interface.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum rca_log_level {
    /// Something failed.
    RCA_LOG_ERROR = 1,
    /// Something may be wrong.
    RCA_LOG_WARN = 2,
    /// What people running the program want to know.
    RCA_LOG_INFO = 3,
    /// What its developers want to know.
    RCA_LOG_DEBUG = 4,
    /// Everything.
    RCA_LOG_TRACE = 5,
}

/// Called on the thread where it happens, with no lock held.
pub type rca_log_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        level: rca_log_level,
        target: rca_str,
        line: rca_str,
    ),
>;

#[derive(Clone, Copy)]
struct Listener {
    tell: unsafe extern "C" fn(*mut c_void, rca_log_level, rca_str, rca_str),
    user_data: *mut c_void,
    level: Level,
}

// SAFETY: the header asks for a function and user data that may be used from any thread.
unsafe impl Send for Listener {}
// SAFETY: as above; it is never changed, only copied.
unsafe impl Sync for Listener {}

static LISTENER: RwLock<Option<Listener>> = RwLock::new(None);
/// Whether the process's subscriber is ours; another one stays.
static OURS: OnceLock<bool> = OnceLock::new();

fn listener() -> Option<Listener> {
    *LISTENER.read().unwrap_or_else(PoisonError::into_inner)
}

fn level(level: std::ffi::c_int) -> Result<Level> {
    Ok(match level {
        1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        5 => Level::TRACE,
        other => return Err(Error::value("level", format!("{other} is not 1 to 5"))),
    })
}

/// Tells a function what happens from this level up; NULL tells nobody.
///
/// # Safety
///
/// The function may be called with the user data from any thread until another one is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_set_log(
    tell: rca_log_fn,
    user_data: *mut c_void,
    from: std::ffi::c_int,
) -> rca_status {
    guard(|| {
        let new = match tell {
            Some(tell) => Some(Listener { tell, user_data, level: level(from)? }),
            None => None,
        };
        let ours = || tracing::subscriber::set_global_default(Lines(AtomicU64::new(1))).is_ok();
        if new.is_some() && !OURS.get_or_init(ours) {
            let reason = "the program listens through `tracing` already";
            return Err(Error::Source {
                kind: rca_core::ErrorKind::Conflict,
                place: "log".to_owned(),
                reason: reason.to_owned(),
                hint: "listen there".to_owned(),
            });
        }
        *LISTENER.write().unwrap_or_else(PoisonError::into_inner) = new;
        tracing::callsite::rebuild_interest_cache();
        Ok(Ended::Well)
    })
}

/// The subscriber of the process: one line for each event.
struct Lines(AtomicU64);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        listener().is_some_and(|listener| *metadata.level() <= listener.level)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        // A copy: nothing is locked while the host works.
        let Some(listener) = listener() else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let text = line.message + &line.fields;
        let level = match *event.metadata().level() {
            Level::ERROR => rca_log_level::RCA_LOG_ERROR,
            Level::WARN => rca_log_level::RCA_LOG_WARN,
            Level::INFO => rca_log_level::RCA_LOG_INFO,
            Level::DEBUG => rca_log_level::RCA_LOG_DEBUG,
            _ => rca_log_level::RCA_LOG_TRACE,
        };
        let target = event.metadata().target();
        // SAFETY: a function of this type and its own user data, by the caller's promise; the texts outlive the call.
        unsafe {
            (listener.tell)(listener.user_data, level, target.into(), text.as_str().into());
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message, then `name=value` for each field.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a text does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
