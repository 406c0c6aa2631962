//! Time: the clock a workspace was built with, and ranges of time.
//!
//! Nothing else in the crate asks for the hour, so answers can be repeated and tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Where "now" comes from.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;

    /// Returns once this span has passed; at once for none or a negative one.
    ///
    /// The computer's clock puts the thread to sleep, a [`ManualClock`] moves its own hand: what backs off and tries
    /// again can be tested without waiting.
    #[allow(clippy::disallowed_methods, reason = "the one place that waits")]
    fn wait(&self, span: Duration) {
        if let Ok(span) = span.to_std() {
            std::thread::sleep(span);
        }
    }
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the computer")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved; for tests and replays. Clones share the hand.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this time (microsecond precision).
    #[must_use]
    pub fn at(time: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(time.timestamp_micros())))
    }

    /// Moves the hand.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst))
            .unwrap_or(DateTime::UNIX_EPOCH)
    }

    fn wait(&self, span: Duration) {
        // Rounded up to a whole tick, or who waits for less of one waits for ever.
        let nanos = span.max(Duration::zero()).num_nanoseconds().unwrap_or(i64::MAX);
        self.advance(Duration::microseconds(nanos / 1000 + i64::from(nanos % 1000 != 0)));
    }
}

/// A half-open range of time: `start` is in it, `end` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct TimeRange {
    /// First moment inside.
    pub start: DateTime<Utc>,
    /// First moment after.
    pub end: DateTime<Utc>,
}

impl TimeRange {
    /// A range from `start` up to `end`.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::InvalidInput`] when `end` lies before `start`.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self> {
        if end < start {
            return Err(Error::value(
                "time range",
                format!("ends ({end}) before it starts ({start})"),
            ));
        }
        Ok(Self { start, end })
    }

    /// Whether the moment lies inside.
    #[must_use]
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && time < self.end
    }

    /// How long it is.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end - self.start
    }
}

/// Nanoseconds since 1970, the unit of signals and of the index.
///
/// Times outside of 1677-09-21 to 2262-04-11 do not fit; they are refused at the border
/// ([`checked_nanos`]) and clamped here.
#[must_use]
pub fn nanos(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(if time < DateTime::UNIX_EPOCH {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// The time as nanoseconds since 1970 tell it: a leap second is the second after it.
pub(crate) fn settled(time: DateTime<Utc>) -> DateTime<Utc> {
    time.timestamp_nanos_opt().map_or(time, from_nanos)
}

/// [`nanos`], refusing what does not fit.
///
/// # Errors
///
/// [`crate::ErrorKind::InvalidInput`] for a time outside of 1677-09-21 to 2262-04-11.
pub fn checked_nanos(time: DateTime<Utc>) -> Result<i64> {
    time.timestamp_nanos_opt().ok_or_else(|| {
        Error::value("timestamp", format!("{time} lies outside of 1677-09-21 to 2262-04-11"))
    })
}

/// The time that lies this many nanoseconds after 1970.
#[must_use]
pub fn from_nanos(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos)
}

/// How long a span is, for people: whole numbers of the largest unit that fits.
pub(crate) fn span_in_words(span: Duration) -> String {
    let span = span.abs();
    let (number, unit) = match span.num_seconds() {
        86_400.. => (span.num_days(), "d"),
        3_600.. => (span.num_hours(), "h"),
        60.. => (span.num_minutes(), "min"),
        1.. => (span.num_seconds(), "s"),
        _ => (span.num_milliseconds(), "ms"),
    };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        clock.advance(Duration::seconds(3));
        assert_eq!(clock.now().timestamp(), 3);
        assert_eq!(clock.now(), clock.now());
    }

    #[test]
    fn waiting_moves_a_manual_clock_forward_only() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        clock.wait(Duration::minutes(2));
        clock.wait(Duration::seconds(-9));
        assert_eq!(clock.now().timestamp(), 120);
        SystemClock.wait(Duration::seconds(-9));
    }

    /// A pause with a random part is no whole number of microseconds. The hand did not move for the rest of it, and
    /// who waited until then waited for ever.
    #[test]
    fn a_manual_clock_waits_at_least_as_long_as_it_was_asked() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        clock.wait(Duration::nanoseconds(1));
        assert_eq!(clock.now().timestamp_micros(), 1);
        clock.wait(Duration::nanoseconds(2000));
        assert_eq!(clock.now().timestamp_micros(), 3);
    }

    #[test]
    fn a_range_holds_its_start_but_not_its_end() {
        let (a, b) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + Duration::seconds(1));
        let range = TimeRange::new(a, b).unwrap();
        assert!(range.contains(a) && !range.contains(b));
        assert!(TimeRange::new(b, a).is_err());
    }

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        let told = [(Duration::milliseconds(40), "40 ms"), (Duration::seconds(-119), "1 min")];
        for (span, words) in told {
            assert_eq!(span_in_words(span), words);
        }
        assert_eq!(span_in_words(Duration::hours(49)), "2 d");
    }

    #[test]
    fn times_that_do_not_fit_nanoseconds_are_refused() {
        assert!(checked_nanos(DateTime::<Utc>::MAX_UTC).is_err());
        assert_eq!(from_nanos(checked_nanos(DateTime::UNIX_EPOCH).unwrap()), DateTime::UNIX_EPOCH);
    }
}
