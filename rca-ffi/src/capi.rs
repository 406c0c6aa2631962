//! The C surface: opaque handles, one status type, a guard that turns a panic into an error.
//!
//! The only place with `unsafe` of ours. What each call promises is in `include/rca.h`.

#![allow(non_camel_case_types, reason = "these are the names in C")]

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rca_core::connectors::{Limits, bundle, unobserved};
use rca_core::model::InvestigationId;
use rca_core::{Error, ErrorKind, Incident, Place, Result, Workspace, analyze, report};

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
}

/// An open workspace.
#[derive(Debug)]
pub struct rca_workspace(Workspace);

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

fn status_of(error: &Error) -> rca_status {
    match error.kind() {
        ErrorKind::NotFound => rca_status::RCA_NOT_FOUND,
        ErrorKind::InvalidInput => rca_status::RCA_INVALID_INPUT,
        ErrorKind::Conflict => rca_status::RCA_CONFLICT,
        ErrorKind::Denied => rca_status::RCA_DENIED,
        ErrorKind::Busy => rca_status::RCA_BUSY,
        ErrorKind::Corrupt => rca_status::RCA_CORRUPT,
        ErrorKind::Cancelled => rca_status::RCA_CANCELLED,
        _ => rca_status::RCA_INTERNAL,
    }
}

/// Texts from outside may hold NULs, which C can't: they become spaces.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// Runs a call; an error or a panic becomes a status, with the reason kept for the thread.
fn guard(call: impl FnOnce() -> Result<()>) -> rca_status {
    let (status, reason) = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => (rca_status::RCA_OK, String::new()),
        Ok(Err(error)) => (status_of(&error), error.to_string()),
        Err(_) => {
            (rca_status::RCA_INTERNAL, "internal error: a panic; please report it".to_owned())
        }
    };
    LAST_ERROR.with_borrow_mut(|last| *last = c_string(&reason));
    status
}

fn missing(what: &str) -> Error {
    Error::invalid(Place::default(), format!("{what} is NULL"))
}

/// # Safety
///
/// `text` is NULL or a NUL-terminated string that lives through the call.
unsafe fn text<'a>(text: *const c_char, what: &str) -> Result<&'a str> {
    if text.is_null() {
        return Err(missing(what));
    }
    // SAFETY: not NULL, and NUL-terminated by the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str()
        .map_err(|error| Error::invalid(Place::default(), format!("{what} is not UTF-8: {error}")))
}

/// # Safety
///
/// `workspace` is NULL or a handle from [`rca_workspace_open`] that is not closed.
unsafe fn opened<'a>(workspace: *const rca_workspace) -> Result<&'a Workspace> {
    // SAFETY: NULL or a live handle by the caller's promise.
    unsafe { workspace.as_ref() }.map(|handle| &handle.0).ok_or_else(|| missing("workspace"))
}

/// # Safety
///
/// `out` is NULL or may be written.
unsafe fn hand_out(
    out: *mut *mut c_char,
    what: &str,
    make: impl FnOnce() -> Result<String>,
) -> Result<()> {
    if out.is_null() {
        return Err(missing(what));
    }
    // SAFETY: not NULL, and writable by the caller's promise. NULL first: an error leaves nothing to free.
    unsafe { out.write(std::ptr::null_mut()) };
    let text = c_string(&make()?);
    // SAFETY: as above.
    unsafe { out.write(text.into_raw()) };
    Ok(())
}

/// The version of the interface.
#[unsafe(no_mangle)]
pub extern "C" fn rca_abi_version() -> u32 {
    1
}

/// Why the last call of this thread failed.
#[unsafe(no_mangle)]
pub extern "C" fn rca_last_error() -> *const c_char {
    LAST_ERROR.with_borrow(|last| last.as_ptr())
}

/// Opens a workspace.
///
/// # Safety
///
/// `path` is NULL or a NUL-terminated string; `out` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_workspace_open(
    path: *const c_char,
    out: *mut *mut rca_workspace,
) -> rca_status {
    guard(|| {
        if out.is_null() {
            return Err(missing("out"));
        }
        // SAFETY: not NULL, and writable by the caller's promise.
        unsafe { out.write(std::ptr::null_mut()) };
        let workspace = if path.is_null() {
            Workspace::in_memory()?
        } else {
            // SAFETY: the caller's promise.
            Workspace::open(unsafe { text(path, "path") }?)?
        };
        // SAFETY: as above.
        unsafe { out.write(Box::into_raw(Box::new(rca_workspace(workspace)))) };
        Ok(())
    })
}

/// Closes a workspace.
///
/// # Safety
///
/// `workspace` is NULL or a handle that is not closed, and no other call runs on it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_workspace_close(workspace: *mut rca_workspace) {
    if !workspace.is_null() {
        guard(|| {
            // SAFETY: made by `Box::into_raw` in `rca_workspace_open`, not closed by the caller's promise.
            drop(unsafe { Box::from_raw(workspace) });
            Ok(())
        });
    }
}

/// Reads, stores and analyses a bundle.
///
/// # Safety
///
/// A live handle, a NUL-terminated string, a place to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_ingest_bundle(
    workspace: *const rca_workspace,
    folder: *const c_char,
    investigation: *mut *mut c_char,
) -> rca_status {
    guard(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            hand_out(investigation, "investigation", || {
                let folder = text(folder, "folder")?;
                let case = opened(workspace)?.investigate_bundle(folder, &unobserved)?;
                Ok(case.investigation.id().to_string())
            })
        }
    })
}

/// Analyses an investigation.
///
/// # Safety
///
/// A live handle, a NUL-terminated string, a place to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_analyze(
    workspace: *const rca_workspace,
    investigation: *const c_char,
    json: *mut *mut c_char,
) -> rca_status {
    guard(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            hand_out(json, "json", || {
                let id: InvestigationId = text(investigation, "investigation")?.parse()?;
                report::json(&opened(workspace)?.analyze(id)?)
            })
        }
    })
}

/// The most likely causes.
///
/// # Safety
///
/// A live handle, a NUL-terminated string, a place to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_causes(
    workspace: *const rca_workspace,
    investigation: *const c_char,
    limit: usize,
    json: *mut *mut c_char,
) -> rca_status {
    guard(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            hand_out(json, "json", || {
                let id: InvestigationId = text(investigation, "investigation")?.parse()?;
                report::causes_json(&opened(workspace)?.root_causes(id, limit)?)
            })
        }
    })
}

/// Analyses a bundle without a workspace.
///
/// # Safety
///
/// A NUL-terminated string, a place to write.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_analyze_bundle(
    folder: *const c_char,
    json: *mut *mut c_char,
) -> rca_status {
    guard(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            hand_out(json, "json", || {
                let batch = bundle::read(text(folder, "folder")?, &Limits::default(), &unobserved)?;
                report::json(&analyze(&Incident::from(&batch)))
            })
        }
    })
}

/// Frees a string.
///
/// # Safety
///
/// `text` is NULL or a string that this library handed out and that is not freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rca_string_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: made by `CString::into_raw` in `hand_out`, not freed by the caller's promise.
        drop(unsafe { CString::from_raw(text) });
    }
}
