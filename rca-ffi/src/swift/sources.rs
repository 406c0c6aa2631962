//! Sources that are polled.

use std::sync::Arc;

use chrono::SecondsFormat;
use rca_json::pulls::{self, Polled};
use rca_json::sources::{self, Given};

use super::batches::RawBatch;
use super::workspaces::RawWorkspace;
use super::{Called, Watcher, call, observer};

/// What a source of the host's gave.
#[derive(Debug, uniffi::Enum)]
pub enum RawPage {
    /// A page.
    Page {
        /// What was read.
        batch: Option<Arc<RawBatch>>,
        /// Where to go on, as JSON.
        checkpoint: String,
        /// Whether there is more right now.
        more: bool,
    },
    /// What was in the way.
    Fault {
        /// `unreachable`, ...
        kind: String,
        /// In words.
        what: String,
        /// How long to wait at least.
        after_seconds: Option<f64>,
    },
}

impl From<RawPage> for Given {
    fn from(page: RawPage) -> Self {
        match page {
            RawPage::Page { batch, checkpoint, more } => {
                let batch = batch.map(|batch| Arc::clone(&batch.0));
                Self::Page { batch: batch.unwrap_or_default(), checkpoint, more }
            }
            RawPage::Fault { kind, what, after_seconds } => {
                Self::Fault { kind, what, after_seconds }
            }
        }
    }
}

/// A source that the host writes.
#[uniffi::export(with_foreign)]
pub trait Puller: Send + Sync + std::fmt::Debug {
    /// The page behind a checkpoint. Called on the thread that pulls, one call at a time.
    fn pull(&self, checkpoint: Option<String>, now: String) -> RawPage;
}

/// Something that can be asked for what is new, again and again.
#[derive(Debug, uniffi::Object)]
pub struct RawSource(Polled);

#[uniffi::export]
impl RawSource {
    /// A source of ours.
    #[uniffi::constructor]
    pub fn open(wanted: &str) -> Called<Arc<Self>> {
        call(|| Ok(Arc::new(Self(sources::open(wanted)?))))
    }

    /// A source of the host's.
    #[uniffi::constructor]
    pub fn custom(name: &str, puller: Arc<dyn Puller>) -> Called<Arc<Self>> {
        call(|| {
            let source = sources::custom(name, move |checkpoint, now| {
                let now = now.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                puller.pull(checkpoint.map(str::to_owned), now).into()
            })?;
            Ok(Arc::new(Self(source)))
        })
    }

    /// The key of its checkpoint.
    pub fn name(&self) -> String {
        self.0.name().to_owned()
    }
}

/// What came of a pull.
#[derive(Debug, uniffi::Record)]
pub struct RawPulled {
    /// How it went.
    pub report: String,
    /// The telemetry.
    pub telemetry: Arc<RawBatch>,
}

#[uniffi::export]
impl RawWorkspace {
    /// Pulls what is new.
    pub fn pull(
        &self,
        source: &RawSource,
        options: &str,
        watcher: &dyn Watcher,
    ) -> Called<RawPulled> {
        self.with(|workspace| {
            let (report, batch) = pulls::pull(workspace, &source.0, options, &observer(watcher))?;
            Ok(RawPulled { report, telemetry: RawBatch::of(batch) })
        })
    }

    /// How all sources stand, and the dead-letter queue.
    pub fn sources(&self) -> Called<String> {
        self.with(pulls::status)
    }

    /// Lets a paused source be asked again at once.
    pub fn reset_source(&self, name: &str) -> Called<()> {
        self.with(|workspace| workspace.reset_source(name))
    }

    /// Lets the next pull begin anew.
    pub fn forget_checkpoint(&self, source: &str) -> Called<bool> {
        self.with(|workspace| workspace.forget_checkpoint(source))
    }
}
