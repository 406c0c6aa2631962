//! A circuit breaker: what keeps failing is left alone for a while, then asked once (Nygard, "Release It!", 2007).
//!
//! ```text
//!          5 failures in a row             60 s later
//! closed ---------------------> open ---------------------> probing
//!    ^                            ^      one request goes      |
//!    |                            +----------------------------+ it failed
//!    +---------------------------------------------------------+ it succeeded
//! ```

use chrono::{DateTime, Duration, Utc};

/// When a breaker opens and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it (5). None at all is one.
    pub failures: u32,
    /// How long it stays open before a probe may go (60 s).
    pub pause: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::seconds(60) }
    }
}

/// Whether requests go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// They do.
    Closed {
        /// Failures in a row so far.
        failures: u32,
    },
    /// They don't.
    Open {
        /// When a probe may go.
        until: DateTime<Utc>,
    },
    /// One is under way, and how it ends decides.
    Probing,
}

/// Permission for one request, and what its outcome is reported with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "report how the request ended, or a probe blocks all others"]
pub struct Permit(u64);

/// How a request ended, as far as a breaker cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The other side answered, if only to refuse.
    Well,
    /// It did not, or it said that it can't.
    Badly,
    /// Nobody waited for the answer.
    Unknown,
}

/// A circuit breaker. It is told the hour and does not wait.
#[derive(Debug, Clone)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: State,
    /// Counts the changes of state, so that the outcome of a request from before the last one is told apart.
    epoch: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed(u32),
    Open(DateTime<Utc>),
    Probing(DateTime<Utc>),
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: State::Closed(0), epoch: 0 }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        match self.state {
            State::Closed(failures) => BreakerState::Closed { failures },
            State::Open(since) => BreakerState::Open { until: self.until(since) },
            State::Probing(_) => BreakerState::Probing,
        }
    }

    /// Whether a request may go now.
    ///
    /// # Errors
    ///
    /// When it may not: the moment to ask again.
    pub fn ask(&mut self, now: DateTime<Utc>) -> Result<Permit, DateTime<Utc>> {
        match self.state {
            State::Closed(_) => Ok(Permit(self.epoch)),
            State::Open(since) => {
                // A clock that was put back must not keep it open for longer than the pause.
                let since = since.min(now);
                if now < self.until(since) {
                    self.state = State::Open(since);
                    return Err(self.until(since));
                }
                self.enter(State::Probing(now));
                Ok(Permit(self.epoch))
            }
            State::Probing(since) => {
                let since = since.min(now);
                if now < self.until(since) {
                    self.state = State::Probing(since);
                    return Err(self.until(since));
                }
                // Nobody told how the probe ended: it is lost.
                self.enter(State::Probing(now));
                Ok(Permit(self.epoch))
            }
        }
    }

    /// Tells how the request ended that a permit was given for.
    pub fn report(&mut self, permit: Permit, ended: Ended, now: DateTime<Utc>) {
        if permit.0 != self.epoch {
            return;
        }
        match (self.state, ended) {
            (State::Closed(_), Ended::Well) => self.state = State::Closed(0),
            (State::Closed(failures), Ended::Badly) => {
                let failures = failures.saturating_add(1);
                self.state = State::Closed(failures);
                if failures >= self.policy.failures.max(1) {
                    self.enter(State::Open(now));
                }
            }
            (State::Closed(_), Ended::Unknown) | (State::Open(_), _) => {}
            (State::Probing(_), Ended::Well) => self.enter(State::Closed(0)),
            (State::Probing(_), Ended::Badly) => self.enter(State::Open(now)),
            // The next to ask is the probe.
            (State::Probing(_), Ended::Unknown) => {
                let since = now.checked_sub_signed(self.policy.pause);
                self.enter(State::Open(since.unwrap_or(DateTime::UNIX_EPOCH)));
            }
        }
    }

    /// Closes it, whatever happened: somebody repaired the other side.
    pub fn reset(&mut self) {
        self.enter(State::Closed(0));
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
    }

    fn until(&self, since: DateTime<Utc>) -> DateTime<Utc> {
        since.checked_add_signed(self.policy.pause).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn fail(breaker: &mut Breaker, second: i64) {
        let permit = breaker.ask(at(second)).unwrap();
        breaker.report(permit, Ended::Badly, at(second));
    }

    #[test]
    fn five_failures_open_it_for_a_minute_and_one_probe_decides() {
        let mut breaker = Breaker::new(BreakerPolicy::default());
        for second in 0..5 {
            assert_eq!(breaker.state(), BreakerState::Closed { failures: second });
            fail(&mut breaker, i64::from(second));
        }
        assert_eq!(breaker.state(), BreakerState::Open { until: at(64) });
        assert_eq!(breaker.ask(at(63)), Err(at(64)));
        let probe = breaker.ask(at(64)).unwrap();
        assert_eq!(breaker.state(), BreakerState::Probing);
        assert!(breaker.ask(at(65)).is_err(), "one probe at a time");
        breaker.report(probe, Ended::Badly, at(70));
        assert_eq!(breaker.ask(at(100)), Err(at(130)));
        let probe = breaker.ask(at(130)).unwrap();
        breaker.report(probe, Ended::Well, at(131));
        assert_eq!(breaker.state(), BreakerState::Closed { failures: 0 });
    }

    #[test]
    fn a_success_in_between_starts_the_count_anew() {
        let mut breaker = Breaker::new(BreakerPolicy::default());
        for second in 0..40 {
            fail(&mut breaker, second);
            if second % 4 == 3 {
                let permit = breaker.ask(at(second)).unwrap();
                breaker.report(permit, Ended::Well, at(second));
            }
        }
        assert_eq!(breaker.state(), BreakerState::Closed { failures: 0 });
    }

    #[test]
    fn what_comes_late_changes_nothing() {
        let mut breaker = Breaker::new(BreakerPolicy { failures: 1, ..BreakerPolicy::default() });
        let (slow, quick) = (breaker.ask(at(0)).unwrap(), breaker.ask(at(0)).unwrap());
        breaker.report(quick, Ended::Badly, at(1));
        breaker.report(slow, Ended::Well, at(2));
        assert_eq!(breaker.state(), BreakerState::Open { until: at(61) });
        let _probe = breaker.ask(at(61)).unwrap();
        breaker.report(slow, Ended::Badly, at(62));
        assert_eq!(breaker.state(), BreakerState::Probing);
    }

    #[test]
    fn a_probe_that_was_given_up_leaves_its_place_to_the_next() {
        let mut breaker = Breaker::new(BreakerPolicy { failures: 1, ..BreakerPolicy::default() });
        fail(&mut breaker, 0);
        let probe = breaker.ask(at(60)).unwrap();
        breaker.report(probe, Ended::Unknown, at(61));
        assert!(breaker.ask(at(61)).is_ok());
    }

    #[test]
    fn a_probe_that_nobody_reports_does_not_block_for_ever() {
        let mut breaker = Breaker::new(BreakerPolicy { failures: 1, ..BreakerPolicy::default() });
        fail(&mut breaker, 0);
        let lost = breaker.ask(at(60)).unwrap();
        assert_eq!(breaker.ask(at(119)), Err(at(120)));
        let probe = breaker.ask(at(120)).unwrap();
        breaker.report(lost, Ended::Badly, at(121));
        breaker.report(probe, Ended::Well, at(121));
        assert_eq!(breaker.state(), BreakerState::Closed { failures: 0 });
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_keep_it_open() {
        let mut breaker = Breaker::new(BreakerPolicy { failures: 1, ..BreakerPolicy::default() });
        fail(&mut breaker, 1_000_000);
        assert_eq!(breaker.ask(at(0)), Err(at(60)));
        assert!(breaker.ask(at(60)).is_ok());
    }

    /// What a breaker should be, in the fewest words: a list of outcomes and a time.
    #[derive(Debug, Default)]
    struct Model {
        in_a_row: u32,
        open_since: Option<i64>,
        probing: Option<i64>,
        /// Permits given since the last change of state.
        valid: Vec<Permit>,
    }

    impl Model {
        fn change(&mut self, open_since: Option<i64>, probing: Option<i64>) {
            (self.open_since, self.probing, self.in_a_row) = (open_since, probing, 0);
            self.valid.clear();
        }
    }

    proptest! {
        /// Steps: how far the clock moves, what is done (ask, report well, badly, unknown, reset), and with which permit.
        #[test]
        fn it_behaves_like_the_model(
            steps in prop::collection::vec((0..30_i64, 0..8_u8, any::<prop::sample::Index>()), 0..200),
            failures in 1..5_u32,
        ) {
            let policy = BreakerPolicy { failures, pause: Duration::seconds(60) };
            let (mut breaker, mut model) = (Breaker::new(policy), Model::default());
            let (mut second, mut permits) = (0, Vec::new());
            for (pass, what, which) in steps {
                second += pass;
                match what {
                    0..=2 => {
                        let waits = model.open_since.or(model.probing);
                        let may = waits.is_none_or(|since| second >= since + 60);
                        let asked = breaker.ask(at(second));
                        prop_assert_eq!(asked.is_ok(), may);
                        if may && waits.is_some() {
                            model.change(None, Some(second));
                        }
                        if let Ok(permit) = asked {
                            model.valid.push(permit);
                            permits.push(permit);
                        }
                    }
                    3..=6 if !permits.is_empty() => {
                        let permit = *which.get(&permits);
                        let ended = [Ended::Well, Ended::Badly, Ended::Badly, Ended::Unknown]
                            [usize::from(what - 3)];
                        breaker.report(permit, ended, at(second));
                        if model.valid.contains(&permit) {
                            match (ended, model.probing.is_some()) {
                                (Ended::Well, true) => model.change(None, None),
                                (Ended::Well, false) => model.in_a_row = 0,
                                (Ended::Badly, true) => model.change(Some(second), None),
                                (Ended::Badly, false) => {
                                    model.in_a_row += 1;
                                    if model.in_a_row >= failures {
                                        model.change(Some(second), None);
                                    }
                                }
                                (Ended::Unknown, true) => model.change(Some(second - 60), None),
                                (Ended::Unknown, false) => {}
                            }
                        }
                    }
                    7 => {
                        breaker.reset();
                        model.change(None, None);
                    }
                    _ => {}
                }
                let expected = match model.open_since {
                    Some(since) => BreakerState::Open { until: at(since + 60) },
                    None if model.probing.is_some() => BreakerState::Probing,
                    None => BreakerState::Closed { failures: model.in_a_row },
                };
                prop_assert_eq!(breaker.state(), expected);
            }
        }
    }
}
