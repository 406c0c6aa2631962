//! Reading, and what was read.

use std::path::PathBuf;
use std::sync::Arc;

use rca_core::connectors::Batch;
use rca_json::{batches, json};

use super::{Called, RawCursor, Watcher, call, observer};

/// Events, telemetry and the report of one reading.
#[derive(Debug, uniffi::Object)]
pub struct RawBatch(pub(super) Arc<Batch>);

impl RawBatch {
    pub(super) fn of(batch: Batch) -> Arc<Self> {
        Arc::new(Self(Arc::new(batch)))
    }
}

#[uniffi::export]
impl RawBatch {
    /// Events made by hand.
    #[uniffi::constructor]
    pub fn of_events(events: &str) -> Called<Arc<Self>> {
        call(|| batches::of_events(events).map(Self::of))
    }

    /// Everything of several batches.
    #[uniffi::constructor]
    pub fn joined(parts: Vec<Arc<Self>>) -> Called<Arc<Self>> {
        call(|| {
            let parts = parts.iter().map(|part| Arc::clone(&part.0)).collect();
            Ok(Self::of(batches::joined(parts)))
        })
    }

    /// What was read, what was refused and why.
    pub fn report(&self) -> Called<String> {
        call(|| json(&batches::report(&self.0.report)))
    }

    /// How much is in it.
    pub fn counts(&self) -> Called<String> {
        call(|| batches::counts(&self.0))
    }

    /// Its events.
    pub fn events(&self) -> Arc<RawCursor> {
        RawCursor::of(batches::events(&self.0))
    }

    /// The same with every entity under one name.
    pub fn resolved(&self, rules: &str) -> Called<Arc<Self>> {
        call(|| batches::resolved(Arc::clone(&self.0), rules).map(Self::of))
    }

    /// Everything that it is about.
    pub fn entities(&self) -> Called<String> {
        call(|| batches::entities(&self.0))
    }

    /// An account of the inputs.
    pub fn examine(&self) -> Called<String> {
        call(|| batches::examine(&self.0))
    }
}

/// Names and descriptions of all formats.
#[uniffi::export]
pub fn formats() -> Called<String> {
    call(batches::formats)
}

/// Files and folders.
#[uniffi::export]
pub fn read_files(
    paths: Vec<String>,
    format: Option<String>,
    settings: &str,
    watcher: &dyn Watcher,
) -> Called<Arc<RawBatch>> {
    let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
    let observer = observer(watcher);
    call(|| batches::read_files(&paths, format.as_deref(), settings, &observer).map(RawBatch::of))
}

/// Bytes that the caller has.
#[uniffi::export]
pub fn read_bytes(
    name: &str,
    body: &[u8],
    format: Option<String>,
    columns: Option<String>,
    settings: &str,
    watcher: &dyn Watcher,
) -> Called<Arc<RawBatch>> {
    call(|| {
        let (format, columns) = (format.as_deref(), columns.as_deref());
        batches::read_bytes(name, body, format, columns, settings, &observer(watcher))
            .map(RawBatch::of)
    })
}

/// An incident bundle.
#[uniffi::export]
pub fn read_bundle(folder: &str, settings: &str, watcher: &dyn Watcher) -> Called<Arc<RawBatch>> {
    call(|| batches::read_bundle(folder, settings, &observer(watcher)).map(RawBatch::of))
}

/// Commits of a local repository.
#[uniffi::export]
pub fn read_git(
    path: &str,
    history: &str,
    settings: &str,
    watcher: &dyn Watcher,
) -> Called<Arc<RawBatch>> {
    call(|| batches::read_git(path, history, settings, &observer(watcher)).map(RawBatch::of))
}

/// A webhook as it came.
#[uniffi::export]
pub fn read_delivery(
    headers: &str,
    body: &[u8],
    received: &str,
    settings: &str,
) -> Called<Arc<RawBatch>> {
    call(|| {
        let received = rca_core::connectors::parse_time(received)?;
        batches::read_delivery(headers, body, received, settings).map(RawBatch::of)
    })
}

/// What a commit changes.
#[uniffi::export]
pub fn git_diff(path: &str, sha: &str) -> Called<String> {
    call(|| batches::git_diff(std::path::Path::new(path), sha))
}

/// Fails unless the signature of a webhook is that of its sender.
#[uniffi::export]
pub fn verify_signature(secret: &[u8], body: &[u8], signature: &str) -> Called<()> {
    call(|| rca_core::connectors::verify_signature(secret, body, signature))
}
