//! A bound on how often something is done: a token bucket, kept as one moment (the generic cell rate algorithm,
//! ITU-T I.371), which is exact in whole nanoseconds.

use chrono::{DateTime, Duration, Utc};

use crate::error::{Error, Result};
use crate::time::nanos;

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds from one to the next, when it goes on for long.
    interval: i64,
    /// How many may go at once after a rest.
    burst: u32,
}

impl Rate {
    /// So many times within a span, evenly.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] for no times at all, or a span that is none.
    pub fn new(times: u32, within: Duration) -> Result<Self> {
        let within = within.num_nanoseconds().unwrap_or(i64::MAX);
        if times == 0 || within <= 0 {
            return Err(Error::value("rate", "give at least one time within a positive span"));
        }
        // Rounded up: never more often than asked for.
        let times = i64::from(times);
        Ok(Self { interval: within / times + i64::from(within % times != 0), burst: 1 })
    }

    /// So many times a second.
    ///
    /// # Errors
    ///
    /// As for [`Self::new`].
    pub fn per_second(times: u32) -> Result<Self> {
        Self::new(times, Duration::seconds(1))
    }

    /// So many may go at once after a rest; at least one.
    #[must_use]
    pub fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst.max(1);
        self
    }
}

/// Holds to a [`Rate`]. It is told the hour and does not wait.
#[derive(Debug, Clone)]
pub struct Limiter {
    rate: Rate,
    /// When the bucket is full again.
    full_at: i64,
}

impl Limiter {
    /// With a full bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, full_at: i64::MIN }
    }

    /// Its rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes one, if one may be taken now.
    ///
    /// # Errors
    ///
    /// When none may: how long to wait before asking again.
    pub fn take(&mut self, now: DateTime<Utc>) -> Result<(), Duration> {
        let now = nanos(now);
        let depth = self.rate.interval.saturating_mul(i64::from(self.rate.burst));
        // An empty bucket is full again after `depth`: later than that means that the clock was put back.
        let full_at = self.full_at.min(now.saturating_add(depth)).max(now);
        let next = full_at.saturating_add(self.rate.interval);
        let wait = next.saturating_sub(depth).saturating_sub(now);
        if wait > 0 {
            self.full_at = full_at;
            return Err(Duration::nanoseconds(wait));
        }
        self.full_at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::from_nanos;

    #[test]
    fn a_burst_goes_at_once_and_then_evenly() {
        let mut limiter = Limiter::new(Rate::per_second(2).unwrap().with_burst(3));
        let now = from_nanos(5_000_000_000);
        assert!((0..3).all(|_| limiter.take(now).is_ok()));
        assert_eq!(limiter.take(now), Err(Duration::milliseconds(500)));
        let later = now + Duration::milliseconds(500);
        assert!(limiter.take(later).is_ok());
        assert!(limiter.take(later).is_err());
    }

    #[test]
    fn a_clock_that_was_put_back_costs_no_more_than_a_bucket() {
        let mut limiter = Limiter::new(Rate::per_second(1).unwrap().with_burst(2));
        assert!(limiter.take(from_nanos(1_000_000_000_000_000)).is_ok());
        let wait = limiter.take(from_nanos(0)).unwrap_err();
        assert!(wait <= Duration::seconds(2), "{wait}");
    }

    #[test]
    fn a_rate_is_positive() {
        assert!(Rate::new(0, Duration::seconds(1)).is_err());
        assert!(Rate::new(1, Duration::zero()).is_err());
        assert!(Rate::new(u32::MAX, Duration::nanoseconds(1)).is_ok());
    }

    proptest! {
        /// Whatever the moments of asking: no window holds more than the burst and what the rate gives, and who waits as
        /// long as was said gets one.
        #[test]
        fn the_rate_is_never_exceeded_and_waiting_helps(
            times in 1..50_u32, burst in 1..10_u32,
            steps in prop::collection::vec(0..200_000_000_i64, 1..200),
        ) {
            let mut limiter = Limiter::new(Rate::per_second(times).unwrap().with_burst(burst));
            let (mut now, mut taken) = (0, Vec::new());
            for step in steps {
                now += step;
                if let Err(wait) = limiter.take(from_nanos(now)) {
                    let wait = wait.num_nanoseconds().unwrap();
                    prop_assert!(limiter.clone().take(from_nanos(now + wait - 1)).is_err());
                    if step % 2 == 0 {
                        continue;
                    }
                    now += wait;
                    prop_assert!(limiter.take(from_nanos(now)).is_ok());
                }
                taken.push(now);
            }
            for (first, start) in taken.iter().enumerate() {
                for (last, end) in taken.iter().enumerate().skip(first) {
                    let most = i64::from(burst) + (end - start) * i64::from(times) / 1_000_000_000;
                    let found = i64::try_from(last - first + 1).unwrap();
                    prop_assert!(found <= most, "{} within {} ns", found, end - start);
                }
            }
        }
    }
}
