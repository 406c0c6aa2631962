//! Sources that are polled, and what came of asking them.

use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use chrono::Duration;
use rca_core::connectors::source::Source;
use rca_core::connectors::transport::Fault;
use rca_core::connectors::{Batch, BreakerState, Observer, Retry};
use rca_core::{
    Begin, Error, ErrorKind, PullEnd, PullOptions, PullReport, Refusals, Result, SourceStatus,
    Standing, Workspace,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::analytics::seconds;
use crate::{json, kind_name, letters, parsed};

/// A source that several may hold; one of them pulls it at a time.
#[derive(Clone)]
pub struct Polled {
    name: Arc<str>,
    source: Arc<Mutex<Box<dyn Source>>>,
}

impl std::fmt::Debug for Polled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Polled({:?})", self.name)
    }
}

impl From<Box<dyn Source>> for Polled {
    fn from(source: Box<dyn Source>) -> Self {
        Self { name: source.name().into(), source: Arc::new(Mutex::new(source)) }
    }
}

impl Polled {
    /// The key of its checkpoint.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For one pull at a time: a source of the host's that pulls itself must not wait for itself.
    fn turn(&self) -> Result<MutexGuard<'_, Box<dyn Source>>> {
        match self.source.try_lock() {
            Ok(source) => Ok(source),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Error::Source {
                kind: ErrorKind::Busy,
                place: self.name().to_owned(),
                reason: "it is being pulled already".to_owned(),
                hint: "wait for that to end".to_owned(),
            }),
        }
    }
}

/// How to pull; what is absent keeps its default.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    pages: Option<u64>,
    anew: bool,
    forget_refused: bool,
    patience_seconds: Option<f64>,
    page_seconds: Option<f64>,
    tries: Option<u32>,
}

/// A length of time to wait: what is longer than 292 years is as long as that.
pub(crate) fn span(field: &'static str, wanted: f64) -> Result<Duration> {
    const LONGEST: Duration = Duration::nanoseconds(i64::MAX);
    match wanted >= LONGEST.as_seconds_f64() {
        true => Ok(LONGEST),
        false => seconds(field, wanted),
    }
}

fn options(text: &str) -> Result<PullOptions> {
    let wanted: Wanted = parsed("options", text)?;
    let plain = PullOptions::default();
    let span =
        |field, wanted: Option<f64>, usual| wanted.map_or(Ok(usual), |wanted| span(field, wanted));
    Ok(PullOptions {
        pages: wanted.pages,
        begin: if wanted.anew { Begin::Anew } else { Begin::AtCheckpoint },
        refused: if wanted.forget_refused { Refusals::Forget } else { Refusals::Queue },
        patience: span("patience_seconds", wanted.patience_seconds, plain.patience)?,
        page_time: span("page_seconds", wanted.page_seconds, plain.page_time)?,
        retry: wanted.tries.map_or(plain.retry, |most| Retry { tries: most, ..plain.retry }),
        ..plain
    })
}

/// Pulls what is new, from where the last pull ended: how it went, and the telemetry, which is not stored.
///
/// # Errors
///
/// [`ErrorKind::Busy`] while the source is pulled elsewhere, [`ErrorKind::InvalidInput`] for options that are none; else as
/// [`Workspace::pull`].
pub fn pull(
    workspace: &Workspace,
    source: &Polled,
    options: &str,
    observer: Observer<'_>,
) -> Result<(String, Batch)> {
    let options = self::options(options)?;
    let mut report = workspace.pull(source.turn()?.as_mut(), &options, observer)?;
    let mut batch = Batch::default();
    for telemetry in std::mem::take(&mut report.telemetry) {
        batch.telemetry.append(telemetry);
    }
    Ok((json(&pulled(&report))?, batch))
}

fn fault(fault: &Fault) -> Value {
    json!({
        "kind": kind_name(Error::from(fault.clone()).kind()),
        "place": fault.place(),
        "what": fault.what(),
        "hint": fault.hint(),
    })
}

fn pulled(report: &PullReport) -> Value {
    let (end, at) = match &report.end {
        PullEnd::CaughtUp => ("caught_up", None),
        PullEnd::MorePages => ("more_pages", None),
        PullEnd::NotBefore { at, .. } => ("not_before", Some(*at)),
        PullEnd::GaveUp(_) => ("gave_up", None),
        PullEnd::NeedsHuman(_) => ("needs_human", None),
        _ => ("impossible", None),
    };
    json!({
        "source": report.source,
        "pages": report.pages,
        "retries": report.retries,
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "refused": report.refused,
        "letters": report.letters,
        "let_go": report.let_go,
        "waited_seconds": report.waited.as_seconds_f64(),
        "checkpoint": report.checkpoint.as_ref().map(ToString::to_string),
        "end": end,
        "not_before": at,
        "fault": report.end.fault().map(fault),
    })
}

/// How all sources stand, and the dead-letter queue.
///
/// # Errors
///
/// As [`Workspace::status`].
pub fn status(workspace: &Workspace) -> Result<String> {
    let status = workspace.status()?;
    let sources: Vec<Value> = status.sources.iter().map(standing).collect();
    json(&json!({"sources": sources, "dead_letters": letters::counts(&status.dead_letters)}))
}

fn standing(source: &SourceStatus) -> Value {
    let (standing, not_before) = match &source.standing {
        Standing::Ready => ("ready", None),
        Standing::Running => ("running", None),
        Standing::NotBefore(at) => ("not_before", Some(*at)),
        _ => ("paused", None),
    };
    let breaker = match source.breaker {
        BreakerState::Closed { .. } => "closed",
        BreakerState::Open { .. } => "open",
        BreakerState::Probing => "probing",
    };
    let last = source.last_fault.as_ref();
    json!({
        "name": source.name,
        "standing": standing,
        "not_before": not_before,
        "breaker": breaker,
        "checkpoint_at": source.checkpoint_at,
        "last_page": source.last_page,
        "last_fault_at": last.map(|(at, _)| *at),
        "last_fault": last.map(|(_, what)| fault(what)),
        "requests": source.counts.requests,
        "retries": source.counts.retries,
        "faults": source.counts.faults,
        "pages": source.counts.pages,
        "accepted": source.counts.accepted,
        "duplicates": source.counts.duplicates,
        "refused": source.counts.refused,
    })
}
