//! What UniFFI makes Swift from: handles as objects, records as JSON documents.
//!
//! Records cross as the documents that C and Python get, and Swift decodes them into values of its own: they have to be
//! `Codable` and `Sendable` there, which generated records are not, and a third description of every field would have to be
//! kept in step. What is public in Swift is written by hand, in `swift/Sources/Rca`; nobody else sees these types.

#![allow(
    clippy::result_large_err,
    reason = "the generator lays errors out field by field, and calls are coarse"
)]

mod answers;
mod batches;
mod documents;
mod partials;
mod record;
mod sources;
mod workspaces;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use rca_core::connectors::Progress;
use rca_core::{Error, Result};
use rca_json::Details;
use rca_json::events::Documents;

pub use answers::{
    RawAnswer, RawGraph, analyze_batch, cause_key, examine, render, render_doctor, run_inquiry,
    save,
};
pub use batches::{
    RawBatch, formats, git_diff, read_bundle, read_bytes, read_delivery, read_files, read_git,
    verify_signature,
};
pub use partials::RawPartial;
pub use record::{RawFigure, check_rules};
pub use sources::{Puller, RawPage, RawPulled, RawSource};
pub use workspaces::{RawClock, RawWorkspace, new_event};

/// Why a call failed.
#[derive(Debug, uniffi::Error)]
pub enum RawError {
    /// The only way to.
    Failed {
        /// What a caller can do about it: `not_found`, ...
        kind: String,
        /// One line for people.
        reason: String,
        /// The file, folder, input, address or field.
        source_name: Option<String>,
        /// From 1.
        line: Option<u64>,
        /// In characters, from 1.
        column: Option<u64>,
        /// In bytes, from 0.
        offset: Option<u64>,
        /// What to do.
        hint: Option<String>,
    },
}

impl std::fmt::Display for RawError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Failed { reason, .. } = self;
        f.write_str(reason)
    }
}

impl std::error::Error for RawError {}

impl From<Error> for RawError {
    fn from(error: Error) -> Self {
        let details = Details::of(&error);
        Self::Failed {
            kind: rca_json::kind_name(error.kind()).to_owned(),
            reason: error.to_string(),
            source_name: details.source,
            line: details.line,
            column: details.column,
            offset: details.offset,
            hint: details.hint,
        }
    }
}

type Called<T> = std::result::Result<T, RawError>;

/// Runs a call; a panic becomes an error as any other.
fn call<T>(work: impl FnOnce() -> Result<T>) -> Called<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(RawError::from),
        Err(panic) => Err(Error::Internal(crate::c::said(panic.as_ref())).into()),
    }
}

/// Who watches long work.
#[uniffi::export(with_foreign)]
pub trait Watcher: Send + Sync + std::fmt::Debug {
    /// How far it is; false stops it. Called on the thread of the call, with no lock held.
    fn look(&self, input: String, records: u64, bytes: u64) -> bool;
}

/// The observer that asks a watcher.
fn observer(watcher: &dyn Watcher) -> impl Fn(&Progress<'_>) -> ControlFlow<()> + '_ {
    |progress| match watcher.look(progress.input.to_owned(), progress.records, progress.bytes) {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

/// Documents one after another.
#[derive(uniffi::Object)]
pub struct RawCursor(Mutex<Option<Documents>>);

impl std::fmt::Debug for RawCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawCursor")
    }
}

impl RawCursor {
    fn of(documents: Documents) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(documents))))
    }
}

#[uniffi::export]
impl RawCursor {
    /// The next documents, at most so many; none at the end.
    pub fn page(&self, most: u32) -> Called<Vec<String>> {
        call(|| {
            let mut documents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(some) = documents.as_mut() else { return Ok(Vec::new()) };
            let page: Vec<String> = some.take(most as usize).collect::<Result<_>>()?;
            if page.is_empty() {
                *documents = None;
            }
            Ok(page)
        })
    }

    /// Lets go of what it reads from.
    pub fn let_go(&self) {
        let documents = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(documents);
    }
}

/// The version of the library.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A panic on purpose, for the tests of the package; not in a release.
#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "its purpose")]
#[uniffi::export]
pub fn panic_on_purpose() -> Called<()> {
    call(|| panic!("on purpose"))
}
