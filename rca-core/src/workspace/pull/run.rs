//! One pull, from the checkpoint to the end.

use std::cell::Cell;

use chrono::{DateTime, Duration, Utc};
use xxhash_rust::xxh3::xxh3_64;

use super::report::{PullEnd, PullReport};
use super::state::{Gate, Turn};
use super::wait::{Watch, wait};
use super::{Begin, PullOptions, Refusals, letters_of, observe};
use crate::connectors::source::{Checkpoint, Page, Source};
use crate::connectors::transport::{Fault, FaultKind, Remedy};
use crate::connectors::{Ended, Observer, Pauses, Permit, Progress};
use crate::error::{Error, Result};
use crate::store::Intake;
use crate::time::Clock;
use crate::workspace::Workspace;

pub(super) fn pull(
    workspace: &Workspace,
    source: &mut dyn Source,
    options: &PullOptions,
    observer: Observer<'_>,
) -> Result<PullReport> {
    let name = source.name().to_owned();
    let turn = workspace.inner.feeds.begin(&name, options)?;
    let from = match options.begin {
        Begin::Anew => None,
        Begin::AtCheckpoint => stored_checkpoint(workspace, &name)?,
    };
    let report = PullReport::new(&name, from);
    let clock = workspace.inner.clock.as_ref();
    let mut run = Run { workspace, clock, turn, options, observer, report, records: 0 };
    run.report.end = run.finish(source)?;
    observe::ended(&run.report);
    Ok(run.report)
}

fn stored_checkpoint(workspace: &Workspace, source: &str) -> Result<Option<Checkpoint>> {
    let Some(stored) = workspace.store().checkpoint(source)? else { return Ok(None) };
    let damaged =
        |reason: String| Error::Corrupt { what: format!("checkpoint of {source}"), reason };
    let text = std::str::from_utf8(&stored.bytes).map_err(|error| damaged(error.to_string()))?;
    text.parse().map(Some).map_err(|error: Error| damaged(error.to_string()))
}

/// A pull that is going on.
struct Run<'a> {
    workspace: &'a Workspace,
    clock: &'a dyn Clock,
    turn: Turn<'a>,
    options: &'a PullOptions,
    observer: Observer<'a>,
    report: PullReport,
    records: u64,
}

/// What came of asking for one page, tries included.
enum Asked {
    Page(Box<Page>),
    End(PullEnd),
}

impl Run<'_> {
    fn finish(&mut self, source: &mut dyn Source) -> Result<PullEnd> {
        loop {
            if self.options.pages.is_some_and(|most| self.report.pages >= most) {
                return Ok(PullEnd::MorePages);
            }
            let page = match self.ask(source)? {
                Asked::Page(page) => page,
                Asked::End(end) => return Ok(end),
            };
            let more = page.more;
            let stands_still = self.report.checkpoint.as_ref() == Some(&page.checkpoint);
            let accepted = self.store(*page)?;
            if !more {
                return Ok(PullEnd::CaughtUp);
            }
            if stands_still && accepted == 0 {
                // It would go on for ever.
                let what = "it says that there is more, but gives the same page again";
                let fault = Fault::new(FaultKind::Unexpected, &self.report.source, what)
                    .with_hint("the source has a bug; please report it");
                return Ok(PullEnd::Impossible(fault));
            }
        }
    }

    /// Asks for the next page until there is one, or no point in asking.
    fn ask(&mut self, source: &mut dyn Source) -> Result<Asked> {
        let mut pauses = self.options.retry.pauses(self.seed());
        let mut is_first = true;
        loop {
            let permit = match self.pass()? {
                Ok(permit) => permit,
                Err(end) => return Ok(Asked::End(end)),
            };
            self.turn.with(|feed| {
                feed.counts.requests += 1;
                feed.counts.retries += u64::from(!is_first);
            });
            self.report.retries += u64::from(!is_first);
            is_first = false;
            let fault = match self.try_once(source, permit)? {
                Ok(page) => return Ok(Asked::Page(Box::new(page))),
                Err(fault) => fault,
            };
            observe::fault(&self.report.source, &fault);
            if let Some(end) = self.after(fault, permit, &mut pauses)? {
                return Ok(Asked::End(end));
            }
        }
    }

    /// The same for the same source at the same moment: pauses are random between sources, not between test runs.
    fn seed(&self) -> u64 {
        let moment = self.clock.now().timestamp_micros();
        xxh3_64(&[self.report.source.as_bytes(), &moment.to_le_bytes()].concat())
    }

    /// Waits until the source may be asked; says how the pull ends when that would take too long.
    fn pass(&mut self) -> Result<Result<Permit, PullEnd>> {
        loop {
            let now = self.clock.now();
            let name = &self.report.source;
            let (span, end) = match self.turn.with(|feed| feed.gate(name, now)) {
                Gate::Open(permit) => return Ok(Ok(permit)),
                Gate::Paused(fault) => return Ok(Err(PullEnd::NeedsHuman(fault))),
                Gate::Pace(span) => (span, None),
                Gate::Wait(at, fault) => (at - now, Some(PullEnd::NotBefore { at, fault })),
            };
            match end {
                Some(end) if span > self.options.patience => return Ok(Err(end)),
                _ => self.wait(span)?,
            }
        }
    }

    fn wait(&mut self, span: Duration) -> Result<()> {
        let progress = self.progress();
        wait(self.clock, span, &progress, self.observer)?;
        self.report.waited += span;
        Ok(())
    }

    fn progress(&self) -> Progress<'_> {
        Progress { input: &self.report.source, records: self.records, bytes: 0 }
    }

    /// One request for a page.
    fn try_once(
        &mut self,
        source: &mut dyn Source,
        permit: Permit,
    ) -> Result<std::result::Result<Page, Fault>> {
        let now = self.clock.now();
        let stopped = Cell::new(false);
        let asked = |progress: &Progress<'_>| {
            let answer = (self.observer)(progress);
            stopped.set(stopped.get() || answer.is_break());
            answer
        };
        let watch = Watch::new(self.clock, self.options.page_time, &asked);
        let from = self.report.checkpoint.as_ref();
        let pulled = source.pull(from, now, &|progress| watch.look(progress));
        let now = self.clock.now();
        match pulled {
            Ok(page) => {
                self.turn.with(|feed| feed.succeeded(permit, now));
                Ok(Ok(page))
            }
            Err(fault) if fault.kind() != FaultKind::Cancelled => Ok(Err(fault)),
            Err(fault) if watch.is_out_of_time() && !stopped.get() => {
                let most = crate::time::span_in_words(self.options.page_time);
                let what = format!("no whole page within {most}");
                Ok(Err(Fault::new(FaultKind::TimedOut, fault.place(), what)))
            }
            Err(_) => {
                self.turn.with(|feed| feed.given_up(permit, now));
                Err(Error::Cancelled)
            }
        }
    }

    /// Does what a fault calls for; says how the pull ends, when it does.
    fn after(
        &mut self,
        fault: Fault,
        permit: Permit,
        pauses: &mut Pauses,
    ) -> Result<Option<PullEnd>> {
        let now = self.clock.now();
        let ended = match fault.remedy() {
            Remedy::TryAgain => Ended::Badly,
            // It can answer, but says nothing of how well it is.
            Remedy::SlowDown(_) => Ended::Unknown,
            Remedy::AskHuman | Remedy::Never => Ended::Well,
        };
        self.turn.with(|feed| feed.failed(permit, ended, &fault, now));
        let (slow_down, least) = match fault.remedy() {
            Remedy::TryAgain => (false, None),
            Remedy::SlowDown(asked) => (true, asked.and_then(|span| Duration::from_std(span).ok())),
            Remedy::AskHuman => {
                self.turn.with(|feed| feed.pause(&fault));
                return Ok(Some(PullEnd::NeedsHuman(fault)));
            }
            Remedy::Never => return Ok(Some(PullEnd::Impossible(fault))),
        };
        // Tried often enough: what it asked for holds all the same.
        let (pause, is_over) = match (pauses.next(least), least) {
            (Some(pause), _) => (pause, pause > self.options.patience),
            (None, Some(least)) => (least, true),
            (None, None) => return Ok(Some(PullEnd::GaveUp(fault))),
        };
        if slow_down {
            self.turn.with(|feed| feed.hold(now, pause));
        }
        if is_over {
            let at = now.checked_add_signed(pause).unwrap_or(DateTime::<Utc>::MAX_UTC);
            return Ok(Some(PullEnd::NotBefore { at, fault }));
        }
        self.wait(pause)?;
        Ok(None)
    }

    /// Stores a page with its checkpoint in one commit; says how many events were new.
    fn store(&mut self, page: Page) -> Result<u64> {
        let Page { batch, raw, checkpoint, .. } = page;
        let now = self.clock.now();
        let refused = batch.report.refused();
        let letters = match self.options.refused {
            Refusals::Queue => {
                let redaction = &self.workspace.inner.limits.redaction;
                letters_of(&batch.report, raw, Some(&self.report.source), now, redaction)
            }
            Refusals::Forget => Vec::new(),
        };
        let bytes = checkpoint.to_string().into_bytes();
        let intake = Intake::at(now)
            .with_events(&batch.events)
            .with_refused(&letters)
            .with_checkpoint(&self.report.source, &bytes)
            .with_caps(self.workspace.inner.letter_caps);
        let taken = self.workspace.store().take_in(&intake)?;
        self.workspace.project_new(&batch.events, &taken.appended)?;
        let accepted = taken.appended.accepted.len() as u64;
        let duplicates = taken.appended.duplicates.len() as u64;
        self.turn.with(|feed| {
            feed.counts.pages += 1;
            feed.counts.accepted += accepted;
            feed.counts.duplicates += duplicates;
            feed.counts.refused += refused;
        });
        let report = &mut self.report;
        report.pages += 1;
        report.accepted += accepted;
        report.duplicates += duplicates;
        report.refused += refused;
        report.letters += taken.letters.len() as u64;
        report.let_go += taken.let_go;
        report.checkpoint = Some(checkpoint);
        if !batch.telemetry.is_empty() {
            report.telemetry.push(batch.telemetry);
        }
        self.records += accepted + duplicates + refused;
        observe::page(&self.report.source, accepted, duplicates, refused, taken.let_go);
        match (self.observer)(&self.progress()) {
            std::ops::ControlFlow::Continue(()) => Ok(accepted),
            std::ops::ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }
}
