//! Telemetry that was scanned in pieces, by processes that know nothing of each other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use rca_core::connectors::Batch;
use rca_core::detect::{Partial, Scope};
use rca_core::model::InvestigationId;
use rca_core::time::TimeRange;
use rca_core::{Error, Result, Workspace};
use serde::Deserialize;
use serde_json::json;

use crate::{json, parsed};

/// What is known of the telemetry seen so far; several may hold it. Nothing calls out under its lock.
#[derive(Debug, Clone)]
pub struct SharedPartial(Arc<Mutex<Partial>>);

/// What a state takes in.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kept {
    window: Option<TimeRange>,
    memory_bytes: Option<usize>,
}

/// What is asked of a state.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    window: Option<TimeRange>,
    alarm: Option<DateTime<Utc>>,
    onset_hint: Option<DateTime<Utc>>,
}

fn in_order(window: TimeRange) -> Result<TimeRange> {
    TimeRange::new(window.start, window.end)
}

impl SharedPartial {
    fn of(partial: Partial) -> Self {
        Self(Arc::new(Mutex::new(partial)))
    }

    fn lock(&self) -> MutexGuard<'_, Partial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A state that has seen nothing. `kept`: `window` leaves out log records outside of it, `memory_bytes` bounds what is
    /// kept of them.
    ///
    /// # Errors
    ///
    /// [`rca_core::ErrorKind::InvalidInput`] for what is no such document.
    pub fn new(kept: &str) -> Result<Self> {
        let kept: Kept = parsed("partial", kept)?;
        let window = kept.window.map(in_order).transpose()?;
        let partial = window.map(Partial::within).unwrap_or_default();
        Ok(Self::of(match kept.memory_bytes {
            Some(bytes) => partial.with_memory(bytes),
            None => partial,
        }))
    }

    /// A state that was written.
    ///
    /// # Errors
    ///
    /// As [`Partial::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Partial::from_bytes(bytes).map(Self::of)
    }

    /// The state, to be sent elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Partial::to_bytes`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.lock().to_bytes()
    }

    /// Adds the telemetry of a batch.
    pub fn absorb(&self, batch: &Batch) {
        self.lock().absorb(&batch.telemetry);
    }

    /// Adds what another state knows.
    pub fn merge(&self, other: &Self) {
        // One lock at a time: two that are merged into each other would wait for ever.
        let other = other.lock().clone();
        self.lock().merge(&other);
    }

    /// How much was absorbed.
    ///
    /// # Errors
    ///
    /// None but bugs.
    pub fn counts(&self) -> Result<String> {
        let (samples, spans, log_records) = self.lock().counts();
        json(&json!({"samples": samples, "spans": spans, "log_records": log_records}))
    }

    /// What moved, as a batch of events. `wanted`: the `window` to look at, `alarm` (when it was surely bad), `onset_hint`
    /// (when it probably began); `normal` is a state of normal operation at another time.
    ///
    /// # Errors
    ///
    /// [`rca_core::ErrorKind::InvalidInput`] for what is no such document.
    pub fn findings(&self, wanted: &str, normal: Option<&Self>) -> Result<Batch> {
        let Wanted { window, alarm, onset_hint } = parsed("findings", wanted)?;
        let window = window.ok_or_else(|| Error::value("window", "say which time to look at"))?;
        let window = in_order(window)?;
        let scope = Scope { alarm, onset_hint, ..Scope::new(window) };
        let normal = normal.map(|normal| normal.lock().clone());
        let seen = self.lock().clone();
        let found = match &normal {
            Some(normal) => seen.finish_against(normal, &scope),
            None => seen.finish(&scope),
        };
        let events = found.iter().map(|finding| finding.to_event(window.start));
        let events = events.collect::<Result<Vec<_>>>()?;
        let mut batch = Batch { events, ..Batch::default() };
        batch.sort();
        Ok(batch)
    }

    /// Adds it to what is known of an investigation.
    ///
    /// # Errors
    ///
    /// As [`Workspace::observe_partial`].
    pub fn observe(&self, workspace: &Workspace, id: InvestigationId) -> Result<()> {
        let partial = self.lock().clone();
        workspace.observe_partial(id, &partial)
    }
}
