//! Several sources at once.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{PullOptions, PullReport};
use crate::connectors::Progress;
use crate::connectors::source::Source;
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// Pulls several sources, each by itself: one that fails or waits does not hold up the others.
///
/// Its threads live as long as [`Runner::run`].
#[derive(Debug, Clone)]
pub struct Runner<'w> {
    workspace: &'w Workspace,
    options: PullOptions,
    concurrency: NonZeroUsize,
}

/// Most sources at the same time unless said otherwise.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

impl<'w> Runner<'w> {
    pub(super) fn new(workspace: &'w Workspace) -> Self {
        Self { workspace, options: PullOptions::default(), concurrency: CONCURRENCY }
    }

    /// How each source is pulled.
    #[must_use]
    pub fn with_options(mut self, options: PullOptions) -> Self {
        self.options = options;
        self
    }

    /// How many sources are pulled at the same time at most (4). None at all is one.
    #[must_use]
    pub fn with_concurrency(mut self, most: usize) -> Self {
        self.concurrency = NonZeroUsize::new(most).unwrap_or(NonZeroUsize::MIN);
        self
    }

    /// Pulls each source once, and says for each what came of it, in the order given.
    ///
    /// When the observer stops one, it stops all. A source that panics is [`crate::ErrorKind::Internal`] and no more.
    pub fn run(
        &self,
        sources: &mut [Box<dyn Source>],
        observer: &(dyn Fn(&Progress<'_>) -> ControlFlow<()> + Sync),
    ) -> Vec<Result<PullReport>> {
        let stopped = AtomicBool::new(false);
        let watch = |progress: &Progress<'_>| {
            if stopped.load(Ordering::Relaxed) || observer(progress).is_break() {
                stopped.store(true, Ordering::Relaxed);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let workers = self.concurrency.get().min(sources.len());
        let mut results: Vec<Option<Result<PullReport>>> = Vec::new();
        results.resize_with(sources.len(), || None);
        let queue = Mutex::new(sources.iter_mut().zip(&mut results));
        let work = || {
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((source, result)) = next else { break };
                *result = Some(self.pull(source.as_mut(), &watch));
            }
        };
        thread::scope(|scope| {
            for _ in 1..workers {
                // Without another thread this one does it all.
                let _ = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        let missing = || Err(Error::Internal("a source was left out".to_owned()));
        results.into_iter().map(|result| result.unwrap_or_else(missing)).collect()
    }

    fn pull(
        &self,
        source: &mut dyn Source,
        watch: &dyn Fn(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<PullReport> {
        let pulled =
            catch_unwind(AssertUnwindSafe(|| self.workspace.pull(source, &self.options, watch)));
        pulled.unwrap_or_else(|_| Err(Error::Internal("a source panicked".to_owned())))
    }
}
