//! Operational events: commits, deploys, alerts, log bursts of a made-up company.

use chrono::{DateTime, Utc};
use rca_core::model::{Event, Severity, Source};
use rca_core::time::{TimeRange, from_nanos};

use super::rng::Rng;
use super::words;
use crate::speed::Result;

/// 2024-01-01 00:00 UTC.
pub const START: i64 = 1_704_067_200 * 1_000_000_000;
/// Events lie within so many days.
pub const DAYS: i64 = 90;
/// A day in nanoseconds.
pub const DAY: i64 = 86_400 * 1_000_000_000;

/// Services that events are about.
pub const SERVICES: usize = 200;
/// Different words in titles and bodies.
pub const WORDS: usize = 40_000;

/// Events `from..to` of a collection of `total` that mostly arrive in order of time.
///
/// # Errors
///
/// None, unless a generated event is refused.
pub fn events(from: usize, to: usize, total: usize) -> Result<Vec<Event>> {
    (from..to).map(|number| event(number, total)).collect()
}

/// The service of this rank.
#[must_use]
pub fn service(rank: usize) -> String {
    format!("{}-{}", words::word(rank * 7 + 3), ["api", "worker", "gateway", "store"][rank % 4])
}

fn event(number: usize, total: usize) -> Result<Event> {
    let mut rng = Rng::new(number as u64 ^ 0x5eed_0000_0000);
    let step = DAYS * DAY / i64::try_from(total.max(1))?;
    // Sources report with some delay, so times are not quite ascending.
    let late = i64::try_from(rng.below(600))? * 1_000_000_000;
    let time = from_nanos((START + i64::try_from(number)? * step - late).max(START));
    told(number, time, rng)
}

/// So many events, spread over a window.
///
/// # Errors
///
/// None, unless a generated event is refused.
pub fn events_within(window: TimeRange, count: usize) -> Result<Vec<Event>> {
    let step = (window.end - window.start) / i32::try_from(count.max(1))?;
    let event = |number: usize| {
        let time = window.start + step * i32::try_from(number)?;
        told(number, time, Rng::new(number as u64 ^ 0x5eed_0000_0000))
    };
    (0..count).map(event).collect()
}

fn told(number: usize, time: DateTime<Utc>, mut rng: Rng) -> Result<Event> {
    let (source, kind) = KINDS[rng.zipf(KINDS.len())];
    let service = service(rng.zipf(SERVICES));
    let title = format!("{service} {}", sentence(&mut rng, 6));
    let (length, build) = (18 + rng.below(16), rng.below(100_000));
    let severity = match rng.below(100) {
        0..60 => Severity::Info,
        60..80 => Severity::Low,
        80..92 => Severity::Medium,
        92..98 => Severity::High,
        _ => Severity::Critical,
    };
    let event = Event::builder(time, Source::from(source), kind, &title)
        .with_severity(severity)
        .with_service(&service)
        .with_body(sentence(&mut rng, length))
        .with_attribute("deployment.environment.name", rng.pick(&["production", "staging"]))
        .with_attribute("host.name", format!("node-{}", rng.below(64)))
        .with_attribute("build.number", build)
        .with_tag(rng.pick(&["eu", "us", "apac"]))
        .with_source_id(format!("{kind}-{number:08x}-{:08x}", rng.next_u64() >> 32))
        .build()?;
    Ok(event)
}

const KINDS: [(&str, &str); 10] = [
    ("logs", "log_burst"),
    ("metrics", "metric_shift"),
    ("git", "commit"),
    ("ci", "pipeline_run"),
    ("deploy", "deploy"),
    ("alert", "alert"),
    ("traces", "latency_shift"),
    ("flag", "flag_change"),
    ("ci", "test_failure"),
    ("manual", "note"),
];

fn sentence(rng: &mut Rng, length: usize) -> String {
    let mut text = String::new();
    for at in 0..length {
        if at > 0 {
            text.push(' ');
        }
        match rng.below(20) {
            0 => text.push_str(&rng.below(10_000).to_string()),
            _ => text.push_str(&words::word(rng.zipf(WORDS))),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_they_are_cut_into_batches() {
        let whole = events(0, 40, 1000).unwrap();
        let parts = [events(0, 7, 1000).unwrap(), events(7, 40, 1000).unwrap()].concat();
        assert_eq!(whole, parts);
    }

    #[test]
    fn bodies_are_some_200_bytes_long() {
        let events = events(0, 2000, 2000).unwrap();
        let mean = events.iter().map(|event| event.body().len()).sum::<usize>() / events.len();
        assert!((120..320).contains(&mean), "{mean}");
    }
}
