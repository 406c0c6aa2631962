//! How long to pause before trying again.
//!
//! Pauses double from try to try (backon) and get a random part on top, so that many readers whom one outage stopped do
//! not all come back in the same second (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015). What
//! the other side asked for (`Retry-After`) is the least. Nothing here waits or knows the hour.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::Duration;

/// How often and after which pauses a request is tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// Most tries of one request, the first one included (5). None at all is one.
    pub tries: u32,
    /// The pause before the second try (half a second); each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause (60 s), before the random part.
    pub longest_pause: Duration,
    /// Whether pauses get a random part on top.
    pub jitter: Jitter,
}

/// Whether pauses get a random part on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// Up to the length of the pause.
    #[default]
    Random,
    /// None: for what nobody else does at the same time.
    None,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 5,
            first_pause: Duration::milliseconds(500),
            longest_pause: Duration::seconds(60),
            jitter: Jitter::default(),
        }
    }
}

impl Retry {
    /// One try, no second.
    #[must_use]
    pub fn never() -> Self {
        Self { tries: 1, ..Self::default() }
    }

    /// The pauses of one request. The same seed gives the same ones.
    #[must_use]
    pub fn pauses(&self, seed: u64) -> Pauses {
        let std = |span: Duration| span.to_std().unwrap_or_default();
        let retries = usize::try_from(self.tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let mut builder = ExponentialBuilder::new()
            .with_factor(2.0)
            .with_min_delay(std(self.first_pause.min(self.longest_pause)))
            .with_max_delay(std(self.longest_pause))
            .with_max_times(retries);
        if self.jitter == Jitter::Random {
            builder = builder.with_jitter().with_jitter_seed(seed);
        }
        Pauses(builder.build())
    }
}

/// The pauses between the tries of one request.
#[derive(Debug)]
pub struct Pauses(ExponentialBackoff);

impl Pauses {
    /// The next pause, at least as long as the other side asked for; none when it was tried often enough.
    pub fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let pause = Duration::from_std(self.0.next()?).unwrap_or(Duration::MAX);
        Some(pause.max(asked.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(retry: &Retry, seed: u64) -> Vec<i64> {
        let mut pauses = retry.pauses(seed);
        std::iter::from_fn(|| pauses.next(None)).map(|pause| pause.num_milliseconds()).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let longest_pause = Duration::seconds(3);
        let retry = Retry { tries: 6, longest_pause, jitter: Jitter::None, ..Retry::default() };
        assert_eq!(all(&retry, 0), [500, 1000, 2000, 3000, 3000]);
        assert!(all(&Retry::never(), 0).is_empty());
        assert!(all(&Retry { tries: 0, ..Retry::default() }, 0).is_empty());
    }

    #[test]
    fn the_other_side_may_ask_for_more_but_not_for_less() {
        let mut pauses = Retry { jitter: Jitter::None, ..Retry::default() }.pauses(0);
        assert_eq!(pauses.next(Some(Duration::seconds(7))), Some(Duration::seconds(7)));
        assert_eq!(pauses.next(Some(Duration::zero())), Some(Duration::seconds(1)));
    }

    proptest! {
        #[test]
        fn jitter_at_most_doubles_and_is_the_same_for_a_seed(
            seed: u64, tries in 0..20_u32, first in 0..100_000_i64, longest in 0..100_000_i64
        ) {
            let (first_pause, longest_pause) =
                (Duration::milliseconds(first), Duration::milliseconds(longest));
            let jittered = Retry { tries, first_pause, longest_pause, jitter: Jitter::Random };
            let plain = Retry { jitter: Jitter::None, ..jittered };
            let pauses = all(&jittered, seed);
            prop_assert_eq!(&pauses, &all(&jittered, seed));
            prop_assert_eq!(pauses.len(), usize::try_from(tries.max(1) - 1).unwrap());
            for (jittered, plain) in pauses.iter().zip(all(&plain, seed)) {
                prop_assert!((plain..=plain * 2 + 1).contains(jittered), "{} of {}", jittered, plain);
            }
        }
    }
}
