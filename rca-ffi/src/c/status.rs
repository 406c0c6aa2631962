//! How a call ended, and why.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rca_core::{Error, ErrorKind, Result};
use rca_json::Details;

use super::border::rca_str;

/// How a call ended; the numbers are part of the interface.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum rca_status {
    /// Well.
    RCA_OK = 0,
    /// The thing asked for does not exist.
    RCA_NOT_FOUND = 1,
    /// The input can't be used as it is.
    RCA_INVALID_INPUT = 2,
    /// The change does not fit the present state.
    RCA_CONFLICT = 3,
    /// Not allowed.
    RCA_DENIED = 4,
    /// Somebody else holds the resource.
    RCA_BUSY = 5,
    /// Stored data is damaged.
    RCA_CORRUPT = 6,
    /// The caller asked to stop.
    RCA_CANCELLED = 7,
    /// A disk failed, or a bug of ours.
    RCA_INTERNAL = 8,
    /// An iterator has nothing more.
    RCA_END = 9,
}

use rca_status::{
    RCA_BUSY, RCA_CANCELLED, RCA_CONFLICT, RCA_CORRUPT, RCA_DENIED, RCA_END, RCA_INTERNAL,
    RCA_INVALID_INPUT, RCA_NOT_FOUND, RCA_OK,
};

/// What is known of the last failed call of a thread.
#[repr(C)]
#[derive(Debug)]
pub struct rca_error {
    status: rca_status,
    message: rca_str,
    source: rca_str,
    hint: rca_str,
    line: u64,
    column: u64,
    offset: u64,
}

/// `RCA_NO_OFFSET`: offsets count from 0.
const NO_OFFSET: u64 = u64::MAX;

struct Last {
    status: rca_status,
    message: String,
    details: Details,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last::well(RCA_OK)) };
}

impl Last {
    const fn well(status: rca_status) -> Self {
        let details = Details { source: None, line: None, column: None, offset: None, hint: None };
        Self { status, message: String::new(), details }
    }
}

fn status_of(kind: ErrorKind) -> rca_status {
    match kind {
        ErrorKind::NotFound => RCA_NOT_FOUND,
        ErrorKind::InvalidInput => RCA_INVALID_INPUT,
        ErrorKind::Conflict => RCA_CONFLICT,
        ErrorKind::Denied => RCA_DENIED,
        ErrorKind::Busy => RCA_BUSY,
        ErrorKind::Corrupt => RCA_CORRUPT,
        ErrorKind::Cancelled => RCA_CANCELLED,
        _ => RCA_INTERNAL,
    }
}

/// How a call that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Well,
    /// There was nothing more.
    Empty,
}

/// Runs a call; an error or a panic becomes a status, with the reason kept for the thread.
pub(super) fn guard(call: impl FnOnce() -> Result<Ended>) -> rca_status {
    let last = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(Ended::Well)) => Last::well(RCA_OK),
        Ok(Ok(Ended::Empty)) => Last::well(RCA_END),
        Ok(Err(error)) => failed(&error),
        Err(panic) => failed(&Error::Internal(said(panic.as_ref()))),
    };
    let status = last.status;
    LAST.with_borrow_mut(|known| *known = last);
    status
}

fn failed(error: &Error) -> Last {
    let last = Last {
        status: status_of(error.kind()),
        message: error.to_string(),
        details: Details::of(error),
    };
    tracing::debug!(kind = rca_json::kind_name(error.kind()), "call failed: {}", last.message);
    last
}

/// What a panic said.
pub(crate) fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

/// Why the last call of this thread failed. The texts stay until its next call.
#[unsafe(no_mangle)]
pub extern "C" fn rca_last_error() -> rca_error {
    LAST.with_borrow(|last| {
        let text = |text: &Option<String>| text.as_deref().map_or(rca_str::NONE, rca_str::from);
        rca_error {
            status: last.status,
            message: last.message.as_str().into(),
            source: text(&last.details.source),
            hint: text(&last.details.hint),
            line: last.details.line.unwrap_or(0),
            column: last.details.column.unwrap_or(0),
            offset: last.details.offset.unwrap_or(NO_OFFSET),
        }
    })
}

/// The name of a status: `not_found`, ... Takes any number.
#[unsafe(no_mangle)]
pub extern "C" fn rca_status_name(status: std::ffi::c_int) -> rca_str {
    const NAMES: [&str; 10] = [
        "ok",
        "not_found",
        "invalid_input",
        "conflict",
        "denied",
        "busy",
        "corrupt",
        "cancelled",
        "internal",
        "end",
    ];
    usize::try_from(status).ok().and_then(|n| NAMES.get(n)).map_or("unknown", |name| name).into()
}
