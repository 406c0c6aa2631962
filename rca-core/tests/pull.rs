//! What every source gets for free: it is asked again, left alone, paused and resumed, and nothing is lost on the way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is a failed test")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::{DateTime, Duration, Utc};
use rca_core::connectors::source::{Checkpoint, Page, Raw, Source};
use rca_core::connectors::transport::{Fault, FaultKind};
use rca_core::connectors::{
    BreakerState, Format, Jitter, Limits, Observer, Progress, Rate, Retry, read, unobserved,
};
use rca_core::store::LetterFilter;
use rca_core::store::testing::made_up::{at, deploy};
use rca_core::time::{Clock, ManualClock};
use rca_core::{Begin, ErrorKind, PullEnd, PullOptions, Refusals, Standing, Workspace};

/// What a made-up source does when it is asked.
enum Step {
    /// Gives the next page: one deploy.
    Page,
    Fails(FaultKind),
    /// Takes so many seconds, looking at the observer every second.
    Takes(i64),
}

/// A source with so many pages that does as it is told first, and then gives the pages that are left.
struct Scripted {
    name: String,
    steps: VecDeque<Step>,
    pages: u32,
    clock: ManualClock,
    asked_at: Vec<i64>,
}

impl Scripted {
    fn new(clock: &ManualClock, pages: u32, steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = steps.into_iter().collect();
        Self { name: "ci".to_owned(), steps, pages, clock: clock.clone(), asked_at: Vec::new() }
    }

    fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "https://ada:secret@ci.example/runs?token=abc", "as the test says")
}

impl Source for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        now: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        self.asked_at.push((now - at(0)).num_seconds());
        let done: u32 = from.map_or(0, |from| from.read().unwrap());
        match self.steps.pop_front().unwrap_or(Step::Page) {
            Step::Fails(kind) => return Err(fault(kind)),
            Step::Takes(seconds) => {
                for second in 0..seconds {
                    self.clock.advance(Duration::seconds(1));
                    let progress =
                        Progress { input: "ci", records: second.unsigned_abs(), bytes: 0 };
                    if observer(&progress).is_break() {
                        return Err(Fault::cancelled("https://ci.example/runs"));
                    }
                }
            }
            Step::Page => {}
        }
        let mut page = Page::at(Checkpoint::new(&(done + 1).min(self.pages)));
        if done < self.pages {
            page.batch.events = vec![deploy(done)];
        }
        page.more = done + 1 < self.pages;
        Ok(page)
    }
}

fn opened() -> (Workspace, ManualClock) {
    let clock = ManualClock::at(at(0));
    (Workspace::builder().with_clock(clock.clone()).in_memory().unwrap(), clock)
}

fn plain() -> PullOptions {
    let retry = Retry { jitter: Jitter::None, ..Retry::default() };
    PullOptions { retry, ..PullOptions::default() }
}

fn seconds(clock: &ManualClock) -> i64 {
    (clock.now() - at(0)).num_seconds()
}

#[test]
fn a_source_is_pulled_to_its_end_and_the_next_pull_goes_on_there() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 3, []);
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.pages, report.accepted, report.end), (3, 3, PullEnd::CaughtUp));
    assert_eq!(workspace.event_count().unwrap(), 3);
    source.pages = 5;
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.pages, report.accepted, report.duplicates), (2, 2, 0));
    assert_eq!(report.checkpoint, Some(Checkpoint::new(&5)));
    // Anew: everything is read, nothing is stored twice.
    let anew = PullOptions { begin: Begin::Anew, ..plain() };
    let report = workspace.pull(&mut source, &anew, &unobserved).unwrap();
    assert_eq!((report.pages, report.accepted, report.duplicates), (5, 0, 5));
    assert!(workspace.forget_checkpoint("ci").unwrap());
    assert!(!workspace.forget_checkpoint("ci").unwrap());
}

#[test]
fn as_many_pages_as_were_asked_for_and_then_the_rest() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 5, []);
    let two = PullOptions { pages: Some(2), ..plain() };
    let ends: Vec<_> = (0..3)
        .map(|_| workspace.pull(&mut source, &two, &unobserved).unwrap())
        .map(|report| (report.accepted, report.end))
        .collect();
    assert_eq!(
        ends,
        [(2, PullEnd::MorePages), (2, PullEnd::MorePages), (1, PullEnd::CaughtUp)],
        "a page is never pulled twice"
    );
}

#[test]
fn a_fault_that_may_pass_is_tried_again_after_growing_pauses() {
    let (workspace, clock) = opened();
    let kinds = [FaultKind::Unreachable, FaultKind::TimedOut, FaultKind::Server];
    let mut source = Scripted::new(&clock, 1, kinds.map(Step::Fails));
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.retries, report.accepted, &report.end), (3, 1, &PullEnd::CaughtUp));
    assert_eq!(report.waited, Duration::milliseconds(500 + 1000 + 2000));
    assert_eq!(source.asked_at, [0, 0, 1, 3]);
}

#[test]
fn who_asks_to_slow_down_is_left_alone_for_as_long_also_by_the_next_pull() {
    let (workspace, clock) = opened();
    let throttled =
        |s| Step::Fails(FaultKind::Throttled { after: Some(std::time::Duration::from_secs(s)) });
    let mut source = Scripted::new(&clock, 1, [throttled(60), throttled(3600)]);
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    let PullEnd::NotBefore { at: until, .. } = report.end else { panic!("{:?}", report.end) };
    assert_eq!(
        (until, &source.asked_at),
        (at(3660), &vec![0, 60]),
        "an hour is too long to sit out"
    );
    assert_eq!(workspace.status().unwrap().sources[0].standing, Standing::NotBefore(until));

    clock.advance(Duration::minutes(50));
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert!(matches!(report.end, PullEnd::NotBefore { .. }), "{:?}", report.end);
    assert_eq!(source.asked_at.len(), 2, "it was not asked");
    // Soon enough to wait for.
    clock.advance(Duration::minutes(9));
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.end, source.asked_at[2]), (PullEnd::CaughtUp, 3660));
}

#[test]
fn five_failures_open_the_breaker_and_one_probe_closes_it() {
    let (workspace, clock) = opened();
    let steps = (0..6).map(|_| Step::Fails(FaultKind::Server));
    let mut source = Scripted::new(&clock, 1, steps);
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert!(matches!(report.end, PullEnd::GaveUp(_)), "{:?}", report.end);
    assert!(report.into_result().is_err_and(|error| error.kind() == ErrorKind::Busy));
    let opened_at = seconds(&clock);
    let breaker = workspace.status().unwrap().sources[0].breaker;
    assert!(matches!(breaker, BreakerState::Open { .. }), "{breaker:?}");

    let impatient = PullOptions { patience: Duration::seconds(10), ..plain() };
    let report = workspace.pull(&mut source, &impatient, &unobserved).unwrap();
    assert!(matches!(report.end, PullEnd::NotBefore { .. }), "{:?}", report.end);
    assert_eq!(source.asked_at.len(), 5, "an open breaker lets nothing through");

    // The probe fails, another minute passes, and the next succeeds.
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!(report.end, PullEnd::CaughtUp);
    let after: Vec<_> = source.asked_at[5..].iter().map(|asked| asked - opened_at).collect();
    assert!(after[0] >= 59 && after[1] >= after[0] + 59, "{after:?}");
    let status = workspace.status().unwrap().sources.remove(0);
    assert_eq!(status.breaker, BreakerState::Closed { failures: 0 });
    assert_eq!((status.counts.requests, status.counts.faults), (7, 6));
}

#[test]
fn an_open_breaker_can_be_reset() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 1, (0..5).map(|_| Step::Fails(FaultKind::Unreachable)));
    workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    let before = seconds(&clock);
    workspace.reset_source("ci").unwrap();
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.end, seconds(&clock)), (PullEnd::CaughtUp, before));
}

#[test]
fn a_wrong_key_pauses_the_source_until_somebody_changed_it() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 1, [Step::Fails(FaultKind::Credentials)]);
    for _ in 0..2 {
        let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
        assert!(matches!(report.end, PullEnd::NeedsHuman(_)), "{:?}", report.end);
    }
    assert_eq!(source.asked_at.len(), 1, "a wrong key is not tried again and again");
    let status = workspace.status().unwrap();
    let Standing::Paused(fault) = &status.sources[0].standing else { panic!("{status:?}") };
    assert_eq!(fault.kind(), FaultKind::Credentials);
    let shown = format!("{status:?}");
    assert!(!shown.contains("secret") && !shown.contains("abc"), "{shown}");
    workspace.reset_source("ci").unwrap();
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!(report.end, PullEnd::CaughtUp);
}

#[test]
fn what_can_never_work_is_not_tried_again() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 1, [Step::Fails(FaultKind::Malformed)]);
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert!(matches!(report.end, PullEnd::Impossible(_)), "{:?}", report.end);
    assert_eq!((source.asked_at.len(), report.waited), (1, Duration::zero()));
}

#[test]
fn a_page_that_takes_too_long_is_stopped_and_tried_again() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 1, [Step::Takes(1000), Step::Takes(100)]);
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.end, report.retries), (PullEnd::CaughtUp, 1));
    let (_, fault) = workspace.status().unwrap().sources.remove(0).last_fault.unwrap();
    assert_eq!(fault.kind(), FaultKind::TimedOut);
    assert!(seconds(&clock) < 240, "{}", seconds(&clock));
}

#[test]
fn the_rate_is_held_to() {
    let (workspace, clock) = opened();
    let mut source = Scripted::new(&clock, 20, []);
    let rate = Rate::new(1, Duration::seconds(5)).unwrap().with_burst(2);
    let options = PullOptions { rate: Some(rate), ..plain() };
    let report = workspace.pull(&mut source, &options, &unobserved).unwrap();
    assert_eq!((report.pages, seconds(&clock)), (20, 18 * 5));
    assert_eq!(source.asked_at[..4], [0, 0, 5, 10]);
}

#[test]
fn the_observer_can_stop_a_page_and_a_pause_and_what_was_stored_stays() {
    for steps in
        [vec![Step::Page, Step::Takes(50)], vec![Step::Page, Step::Fails(FaultKind::Server)]]
    {
        let (workspace, clock) = opened();
        let mut source = Scripted::new(&clock, 3, steps);
        let stop = |progress: &Progress<'_>| match progress.records {
            0 => ControlFlow::Continue(()),
            _ if seconds(&clock) >= 10 || source_is_waiting(&clock) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        let error = workspace.pull(&mut source, &plain(), &stop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(workspace.event_count().unwrap(), 1);
        let status = workspace.status().unwrap().sources.remove(0);
        assert_eq!((status.standing, status.checkpoint_at), (Standing::Ready, Some(at(0))));
        let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
        assert_eq!((report.accepted, report.duplicates), (2, 0));
    }
}

/// Pauses are waited in parts of a second.
fn source_is_waiting(clock: &ManualClock) -> bool {
    (clock.now() - at(0)).num_milliseconds() % 1000 != 0
}

#[test]
fn a_source_that_gives_the_same_page_for_ever_is_ended() {
    struct Stuck;
    impl Source for Stuck {
        fn name(&self) -> &str {
            "stuck"
        }
        fn pull(
            &mut self,
            _: Option<&Checkpoint>,
            _: DateTime<Utc>,
            _: Observer<'_>,
        ) -> Result<Page, Fault> {
            let mut page = Page::at(Checkpoint::new(&"here"));
            page.batch.events = vec![deploy(1)];
            page.more = true;
            Ok(page)
        }
    }
    let (workspace, _) = opened();
    let report = workspace.pull(&mut Stuck, &plain(), &unobserved).unwrap();
    assert!(matches!(report.end, PullEnd::Impossible(_)), "{:?}", report.end);
    assert_eq!((report.pages, report.accepted), (2, 1));
}

/// Gives lines of a log, of which the first can't be read.
struct Lines;

const LINES: &str = concat!(
    "{\"level\": \"info\", \"msg\": \"password of the first\"}\n",
    "{\"time\": \"2026-05-04T09:00:00Z\", \"level\": \"info\", \"msg\": \"two\"}\n",
    "{\"time\": \"2026-05-04T09:00:01Z\", \"level\": \"info\", \"msg\": \"three\"}\n",
);

impl Source for Lines {
    fn name(&self) -> &str {
        "lines"
    }

    fn pull(
        &mut self,
        _: Option<&Checkpoint>,
        _: DateTime<Utc>,
        observer: Observer<'_>,
    ) -> Result<Page, Fault> {
        let format = Format::named("json-log").unwrap();
        let limits = Limits::default();
        let body = LINES.as_bytes().to_vec();
        let batch = read("page 1", &mut body.as_slice(), Some(format), &limits, observer).unwrap();
        let mut page = Page::at(Checkpoint::new(&1));
        page.batch = batch;
        page.raw = vec![Raw { label: "page 1".to_owned(), format: format.name, body }];
        Ok(page)
    }
}

#[test]
fn refused_records_rest_in_the_queue_with_their_bytes() {
    let (workspace, _) = opened();
    let report = workspace.pull(&mut Lines, &plain(), &unobserved).unwrap();
    assert_eq!((report.refused, report.letters, report.telemetry.len()), (1, 1, 1));
    let letters = workspace.dead_letters().list(&LetterFilter::default()).unwrap();
    let letter = &letters[0];
    assert_eq!((letter.source.as_str(), letter.format.as_deref()), ("lines", Some("json-log")));
    assert_eq!((letter.place.line, letter.tries), (Some(1), 1));
    assert_eq!(letter.next_try, Some(at(3600)));
    assert!(letter.reason.contains("time"), "{}", letter.reason);
    let raw = workspace.dead_letters().raw(letter.id).unwrap().unwrap();
    assert_eq!(raw, LINES.lines().next().unwrap().as_bytes());
    // The same page once more is no second letter.
    let anew = PullOptions { begin: Begin::Anew, ..plain() };
    workspace.pull(&mut Lines, &anew, &unobserved).unwrap();
    assert_eq!(workspace.dead_letters().counts().unwrap().letters, 1);
    let forgetful = PullOptions { refused: Refusals::Forget, ..plain() };
    let (workspace, _) = opened();
    workspace.pull(&mut Lines, &forgetful, &unobserved).unwrap();
    assert_eq!(workspace.dead_letters().counts().unwrap().letters, 0);
}

#[test]
fn a_page_whose_records_were_not_kept_one_by_one_is_kept_as_a_whole() {
    /// Reads its page its own way.
    struct Own;
    impl Source for Own {
        fn name(&self) -> &str {
            "own"
        }
        fn pull(
            &mut self,
            from: Option<&Checkpoint>,
            now: DateTime<Utc>,
            observer: Observer<'_>,
        ) -> Result<Page, Fault> {
            let mut page = Lines.pull(from, now, observer)?;
            page.batch.report.inputs[0].kept.clear();
            Ok(page)
        }
    }
    let (workspace, _) = opened();
    workspace.pull(&mut Own, &plain(), &unobserved).unwrap();
    let letters = workspace.dead_letters().list(&LetterFilter::default()).unwrap();
    assert_eq!((letters.len(), letters[0].place.input.as_deref()), (1, Some("page 1")));
    assert!(letters[0].reason.starts_with("1 of its records"), "{}", letters[0].reason);
    let raw = workspace.dead_letters().raw(letters[0].id).unwrap().unwrap();
    assert_eq!(raw, LINES.as_bytes());
}

/// Notes how many of its kind are at work.
struct Crowd {
    name: String,
    at_work: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    panics: bool,
}

impl Source for Crowd {
    fn name(&self) -> &str {
        &self.name
    }

    fn pull(
        &mut self,
        from: Option<&Checkpoint>,
        _: DateTime<Utc>,
        _: Observer<'_>,
    ) -> Result<Page, Fault> {
        assert!(!self.panics, "a source with a bug");
        let now = self.at_work.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..50 {
            std::thread::yield_now();
        }
        self.at_work.fetch_sub(1, Ordering::SeqCst);
        let done: u32 = from.map_or(0, |from| from.read().unwrap());
        Ok(Page { more: done < 5, ..Page::at(Checkpoint::new(&(done + 1))) })
    }
}

fn crowd(count: usize, panics: usize) -> (Vec<Box<dyn Source>>, Arc<AtomicUsize>) {
    let (at_work, most) = (Arc::default(), Arc::default());
    let sources = (0..count).map(|n| {
        let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
        let name = format!("source {n}");
        Box::new(Crowd { name, at_work, most, panics: n == panics }) as Box<dyn Source>
    });
    (sources.collect(), most)
}

#[test]
fn no_more_sources_than_allowed_are_pulled_at_once_and_a_bug_in_one_stays_there() {
    let (workspace, _) = opened();
    let (mut sources, most) = crowd(12, 4);
    let results = workspace.runner().with_concurrency(3).run(&mut sources, &unobserved);
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(report) => assert_eq!((&report.source, report.pages), (&format!("source {n}"), 6)),
            Err(error) => assert_eq!((n, error.kind()), (4, ErrorKind::Internal)),
        }
    }
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    // It may be asked again.
    let status = workspace.status().unwrap();
    assert!(status.sources.iter().all(|source| source.standing == Standing::Ready));
    assert!(workspace.runner().run(&mut [], &unobserved).is_empty());
}

#[test]
fn stopping_one_stops_all() {
    let (workspace, _) = opened();
    let (mut sources, _) = crowd(6, 99);
    let stop = AtomicBool::new(false);
    let results = workspace.runner().with_concurrency(2).run(&mut sources, &|progress| {
        if progress.input == "source 2" {
            stop.store(true, Ordering::SeqCst);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    assert!(stop.load(Ordering::SeqCst));
    let cancelled = |n: usize| results[n].as_ref().is_err_and(|e| e.kind() == ErrorKind::Cancelled);
    assert!((2..6).filter(|&n| n != 3).all(cancelled), "{results:?}");
}

#[test]
fn one_source_is_pulled_once_at_a_time() {
    let (workspace, clock) = opened();
    let kinds = RefCell::new(Vec::new());
    let inside = Cell::new(false);
    let observer = |_: &Progress<'_>| {
        if !inside.replace(true) {
            let mut twin = Scripted::new(&clock, 1, []);
            let error = workspace.pull(&mut twin, &plain(), &unobserved).unwrap_err();
            kinds.borrow_mut().push((error.kind(), error.to_string()));
            let mut other = Scripted::new(&clock, 1, []).named("other");
            workspace.pull(&mut other, &plain(), &unobserved).unwrap();
        }
        ControlFlow::Continue(())
    };
    let mut source = Scripted::new(&clock, 2, []);
    workspace.pull(&mut source, &plain(), &observer).unwrap();
    let kinds = kinds.into_inner();
    assert_eq!(kinds.len(), 1);
    assert_eq!(kinds[0].0, ErrorKind::Busy);
    assert!(kinds[0].1.contains("ci"), "{}", kinds[0].1);
}

#[test]
fn checkpoints_and_letters_outlive_the_process_and_a_read_only_workspace_refuses() {
    let home = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(at(0));
    let workspace = Workspace::builder().with_clock(clock.clone()).open(home.path()).unwrap();
    let mut source = Scripted::new(&clock, 4, []);
    let two = PullOptions { pages: Some(2), ..plain() };
    workspace.pull(&mut source, &two, &unobserved).unwrap();
    workspace.pull(&mut Lines, &plain(), &unobserved).unwrap();
    workspace.refresh().unwrap();
    drop(workspace);

    let reader = Workspace::builder().read_only().open(home.path()).unwrap();
    let denied = reader.pull(&mut source, &plain(), &unobserved).unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Denied);
    let status = reader.status().unwrap();
    let names: Vec<_> = status.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!((names, status.dead_letters.letters), (vec!["ci", "lines"], 1));
    drop(reader);

    let workspace = Workspace::open(home.path()).unwrap();
    let report = workspace.pull(&mut source, &plain(), &unobserved).unwrap();
    assert_eq!((report.pages, report.duplicates), (2, 0));
    assert_eq!(workspace.event_count().unwrap(), 4);
    assert!(workspace.verify().unwrap().is_well());
}
