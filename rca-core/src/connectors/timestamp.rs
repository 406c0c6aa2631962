//! Moments as sources write them.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

use crate::time::checked_nanos;

/// A moment, and whether we had to assume that it means UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) time: DateTime<Utc>,
    pub(super) assumed_utc: bool,
}

/// Reads a moment as people and programs write them: RFC 3339 with any offset, the same with a space or without an
/// offset (then in UTC), seconds, milliseconds, microseconds or nanoseconds since 1970.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else, and for times before 1677 or after 2262.
pub fn parse_time(text: &str) -> crate::Result<DateTime<Utc>> {
    match parse_text(text) {
        Ok(moment) => Ok(moment.time),
        Err(reason) => Err(crate::Error::value("time", format!("{text:?} is {reason}"))),
    }
}

/// Reads RFC 3339 with any offset, the same with a space or without an offset, and numbers since
/// 1970 in seconds, milliseconds, microseconds or nanoseconds (told apart by size).
pub(super) fn parse(value: &Value) -> Result<Moment, String> {
    match value {
        Value::String(text) => parse_text(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => from_epoch(whole),
            (None, Some(fraction)) => from_fraction(fraction),
            (None, None) => Err("a time that is no number we know".to_owned()),
        },
        _ => Err("a time that is neither text nor number".to_owned()),
    }
}

pub(super) fn parse_text(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return checked(time.to_utc(), false);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return from_epoch(whole);
    }
    if let Ok(fraction) = text.parse::<f64>() {
        return from_fraction(fraction);
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return checked(time.to_utc(), false);
        }
    }
    let plain = text.strip_suffix(" UTC");
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(plain.unwrap_or(text), form) {
            return checked(time.and_utc(), plain.is_none());
        }
    }
    Err("a time that is neither RFC 3339 nor a number since 1970".to_owned())
}

/// Seconds reach the year 5138 this way, milliseconds begin in 1973.
fn from_epoch(number: i64) -> Result<Moment, String> {
    const THOUSAND: i64 = 1000;
    let time = match number.unsigned_abs() {
        0..100_000_000_000 => DateTime::from_timestamp(number, 0),
        100_000_000_000..100_000_000_000_000 => DateTime::from_timestamp_millis(number),
        100_000_000_000_000..100_000_000_000_000_000 => DateTime::from_timestamp_micros(number),
        _ => DateTime::from_timestamp(
            number.div_euclid(THOUSAND.pow(3)),
            u32::try_from(number.rem_euclid(THOUSAND.pow(3))).unwrap_or(0),
        ),
    };
    checked(time.ok_or_else(out_of_range)?, false)
}

/// A 64-bit float near today holds a quarter of a microsecond, so microseconds are what we keep.
fn from_fraction(number: f64) -> Result<Moment, String> {
    let scale = match number.abs() {
        n if n < 1e11 => 1e6,
        n if n < 1e14 => 1e3,
        n if n < 1e17 => 1.0,
        n if n < 9.3e18 => 1e-3,
        _ => return Err(out_of_range()), // NaN too
    };
    #[allow(clippy::cast_possible_truncation, reason = "below 1e17, so it fits")]
    let micros = (number * scale).round() as i64;
    checked(DateTime::from_timestamp_micros(micros).ok_or_else(out_of_range)?, false)
}

fn checked(time: DateTime<Utc>, assumed_utc: bool) -> Result<Moment, String> {
    match checked_nanos(time) {
        Ok(_) => Ok(Moment { time, assumed_utc }),
        Err(_) => Err(out_of_range()),
    }
}

fn out_of_range() -> String {
    "a time outside of 1677-09-21 to 2262-04-11".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<String, String> {
        parse(&value).map(|m| m.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn every_spelling_of_a_moment_gives_the_same_moment() {
        for value in [
            json!("2026-05-04T09:00:00Z"),
            json!("2026-05-04T11:00:00+02:00"),
            json!("2026-05-04T11:00:00+0200"),
            json!("2026-05-04 09:00:00"),
            json!("2026-05-04 09:00:00 +0000"),
            json!("2026-05-04 09:00:00 UTC"),
            json!(1_777_885_200),
            json!("1777885200"),
            json!(1_777_885_200.0),
            json!(1_777_885_200_000_i64),
            json!(1_777_885_200_000_000_i64),
            json!("1777885200000000000"),
        ] {
            assert_eq!(read(value.clone()).as_deref(), Ok("2026-05-04T09:00:00Z"), "{value}");
        }
        assert_eq!(read(json!(1_777_885_200.25)).as_deref(), Ok("2026-05-04T09:00:00.250Z"));
        assert!(parse(&json!("2026-05-04 09:00:00")).unwrap().assumed_utc);
        assert!(!parse(&json!("2026-05-04T09:00:00Z")).unwrap().assumed_utc);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for value in [
            json!("yesterday"),
            json!("9999-01-01T00:00:00Z"),
            json!("NaN"),
            json!("inf"),
            json!(1e300),
            json!(u64::MAX),
            json!(null),
            json!([1]),
            json!(99_999_999_999_i64),
        ] {
            assert!(read(value.clone()).is_err(), "{value}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_or_number_gives_an_answer(text in ".*", whole: i64, fraction: f64) {
            let _ = parse_text(&text);
            let _ = from_epoch(whole);
            let _ = from_fraction(fraction);
        }
    }
}
