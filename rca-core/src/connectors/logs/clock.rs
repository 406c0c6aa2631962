//! Times as programs write them at the beginning of a line.
//!
//! A hand-written reader of the common layouts: a general one tries a dozen patterns on every line.

/// A moment read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Nanoseconds since 1970.
    pub(super) nanos: i64,
    /// No offset was written, so UTC was assumed.
    pub(super) assumed_utc: bool,
    /// No year was written: it is the last one that fits.
    pub(super) assumed_year: bool,
    /// Where the text goes on.
    pub(super) end: usize,
}

/// What times without a year are measured against: they are the last such before this moment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before(pub(super) Option<i64>);

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// The first time in a text: at its beginning or behind a blank or an opening bracket.
pub(super) fn find(text: &str, before: Before) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(found) = read_at(bytes, at, before) {
            return Some(found);
        }
        let rest = bytes.get(at..)?;
        at += 1 + rest.iter().position(|byte| b" \t[<(|,=\"".contains(byte))?;
    }
    None
}

/// The time that begins here.
pub(super) fn read_at(bytes: &[u8], at: usize, before: Before) -> Option<Found> {
    let mut cursor = Cursor { bytes, at };
    if bytes.get(at)?.is_ascii_digit() {
        return cursor.numbered(before);
    }
    if cursor.weekday() {
        cursor.skip(b", ");
    }
    if let Some(month) = cursor.month() {
        return cursor.lettered(month, before);
    }
    if bytes.get(cursor.at)?.is_ascii_digit() {
        return cursor.numbered(before);
    }
    // `I0131 12:30:11.250000`
    matches!(bytes.get(at)?, b'I' | b'W' | b'E' | b'F').then_some(())?;
    let mut cursor = Cursor { bytes, at: at + 1 };
    let (month, day) = (cursor.exactly(2)?, cursor.exactly(2)?);
    cursor.expect(b' ')?;
    let of_day = cursor.clock()?;
    cursor.without_year(month, day, of_day, before)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip(&mut self, any: &[u8]) {
        while self.peek().is_some_and(|byte| any.contains(&byte)) {
            self.at += 1;
        }
    }

    /// A number and how many digits it has; at most 19 are read.
    fn number(&mut self) -> Option<(i64, usize)> {
        let (mut number, start) = (0i64, self.at);
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            number = number.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
            self.at += 1;
        }
        (self.at > start).then(|| (number, self.at - start))
    }

    fn exactly(&mut self, digits: usize) -> Option<i64> {
        let mut number = 0i64;
        for _ in 0..digits {
            let byte = self.peek().filter(u8::is_ascii_digit)?;
            number = number * 10 + i64::from(byte - b'0');
            self.at += 1;
        }
        Some(number)
    }

    fn month(&mut self) -> Option<i64> {
        let mut name = *self.bytes.get(self.at..)?.first_chunk::<3>()?;
        name.make_ascii_lowercase();
        let place = MONTHS.iter().position(|month| **month == name)?;
        self.at += 3;
        i64::try_from(place + 1).ok()
    }

    fn weekday(&mut self) -> bool {
        const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = DAYS.iter().any(|day| rest.starts_with(day))
            && rest.get(3).is_some_and(|byte| matches!(byte, b' ' | b','));
        if found {
            self.at += 3;
        }
        found
    }

    /// Nanoseconds of the day: `12:30`, `12:30:11`, with a fraction behind `.`, `,` or `:`.
    fn clock(&mut self) -> Option<i64> {
        let (hour, digits) = self.number()?;
        (digits <= 2).then_some(())?;
        self.expect(b':')?;
        let minute = self.exactly(2)?;
        let mut second = 0;
        if self.peek() == Some(b':') {
            self.at += 1;
            second = self.exactly(2)?;
        }
        (hour < 24 && minute < 60 && second <= 60).then_some(())?;
        // `, 12` is a list; a fraction follows at once.
        let fraction = matches!(self.peek(), Some(b'.' | b',' | b':'))
            && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
        let nanos = if fraction {
            self.at += 1;
            self.fraction()
        } else {
            0
        };
        Some((hour * 3600 + minute * 60 + second) * SECOND + nanos)
    }

    /// Digits of a fraction, as nanoseconds.
    fn fraction(&mut self) -> i64 {
        let (mut nanos, mut unit) = (0, SECOND / 10);
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            nanos += unit * i64::from(byte - b'0');
            unit /= 10;
            self.at += 1;
        }
        nanos
    }

    /// Nanoseconds east of UTC, where it is written: `Z`, `+02:00`, ` +0200`, ` UTC`.
    fn offset(&mut self) -> Option<i64> {
        let start = self.at;
        self.skip(b" ");
        let offset = match self.peek() {
            Some(b'Z') => {
                self.at += 1;
                Some(0)
            }
            Some(b'U' | b'G') => {
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                (rest.starts_with(b"UTC") || rest.starts_with(b"GMT")).then(|| {
                    self.at += 3;
                    0
                })
            }
            Some(sign @ (b'+' | b'-')) => {
                self.at += 1;
                self.signed_offset().map(|offset| if sign == b'-' { -offset } else { offset })
            }
            _ => None,
        };
        if offset.is_none() {
            self.at = start;
        }
        offset
    }

    fn signed_offset(&mut self) -> Option<i64> {
        let hours = self.exactly(2)?;
        let colon = self.peek() == Some(b':');
        self.at += usize::from(colon);
        let minutes = if colon || self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.exactly(2)?
        } else {
            0
        };
        let ends = !self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric());
        (ends && hours <= 18 && minutes < 60).then_some((hours * 60 + minutes) * 60 * SECOND)
    }

    /// What begins with a digit.
    fn numbered(&mut self, before: Before) -> Option<Found> {
        let start = self.at;
        let (first, digits) = self.number()?;
        match (digits, self.peek()) {
            (4, Some(separator @ (b'-' | b'/' | b'.'))) => {
                self.at += 1;
                let (month, _) = self.number()?;
                self.expect(separator)?;
                let (day, _) = self.number()?;
                self.dated(first, month, day)
            }
            (8, Some(b'-' | b'T' | b'_' | b' ')) => {
                let (year, month, day) = (first / 10_000, first / 100 % 100, first % 100);
                self.at += 1;
                if self.bytes.get(self.at + 2) == Some(&b':') {
                    let of_day = self.clock()?;
                    return self.zoned(year, month, day, of_day);
                }
                let of_day = self.compact_clock()?;
                self.zoned(year, month, day, of_day)
            }
            (6, Some(b' ')) => {
                // `240131 123011`
                self.at += 1;
                let of_day = self.compact_clock()?;
                self.zoned(2000 + first / 10_000, first / 100 % 100, first % 100, of_day)
            }
            (1 | 2, Some(separator @ (b'-' | b'/' | b'.' | b' '))) => {
                self.short(first, separator, before)
            }
            (10 | 13 | 16 | 19, _) => self.since_1970(start, first, digits),
            _ => None,
        }
    }

    /// `123011`, with a fraction
    fn compact_clock(&mut self) -> Option<i64> {
        let (hour, minute, second) = (self.exactly(2)?, self.exactly(2)?, self.exactly(2)?);
        (hour < 24 && minute < 60 && second <= 60).then_some(())?;
        let fraction = self.peek() == Some(b'.');
        self.at += usize::from(fraction);
        let nanos = if fraction { self.fraction() } else { 0 };
        Some((hour * 3600 + minute * 60 + second) * SECOND + nanos)
    }

    /// `31/Jan/2024:12:30:11`, `31.01.2024 12:30`, `01/31/2024 12:30`, `24/01/31 12:30`, `01-31 12:30`
    fn short(&mut self, first: i64, separator: u8, before: Before) -> Option<Found> {
        self.at += 1;
        if let Some(month) = self.month() {
            self.expect(separator)?;
            let year = self.exactly(4)?;
            return self.dated(year, month, first);
        }
        let (second, digits) = self.number()?;
        (digits <= 2).then_some(())?;
        if self.peek() != Some(separator) || separator == b' ' {
            self.expect(b' ')?;
            let of_day = self.clock()?;
            return self.without_year(first, second, of_day, before);
        }
        self.at += 1;
        match self.number()? {
            (year, 4) if separator == b'.' || first > 12 => self.dated(year, second, first),
            (year, 4) => self.dated(year, first, second),
            (day, 1 | 2) => self.dated(2000 + first, second, day),
            _ => None,
        }
    }

    /// Behind a date: the time of day.
    fn dated(&mut self, year: i64, month: i64, day: i64) -> Option<Found> {
        let start = self.at;
        self.skip(b"T_:, -");
        (self.at > start).then_some(())?;
        let of_day = self.clock()?;
        self.zoned(year, month, day, of_day)
    }

    fn zoned(&mut self, year: i64, month: i64, day: i64, of_day: i64) -> Option<Found> {
        let offset = self.offset();
        let nanos = days(year, month, day)?.checked_mul(DAY)?.checked_add(of_day)?;
        Some(Found {
            nanos: nanos.checked_sub(offset.unwrap_or(0))?,
            assumed_utc: offset.is_none(),
            assumed_year: false,
            end: self.at,
        })
    }

    /// `Jan 31 12:30:11`, `Jan 31 12:30:11 2024`, `Jan 31 12:30:11 UTC 2024`
    fn lettered(&mut self, month: i64, before: Before) -> Option<Found> {
        self.expect(b' ')?;
        self.skip(b" ");
        let (day, digits) = self.number()?;
        (digits <= 2).then_some(())?;
        self.skip(b",");
        self.expect(b' ')?;
        let start = self.at;
        if let Some(year) = self.exactly(4).filter(|_| matches!(self.peek(), Some(b' ' | b','))) {
            return self.dated(year, month, day);
        }
        self.at = start;
        let of_day = self.clock()?;
        let end = self.at;
        let zone = self.offset();
        self.skip(b" ");
        match self.exactly(4) {
            Some(year) if !self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) => {
                let nanos = days(year, month, day)?.checked_mul(DAY)?.checked_add(of_day)?;
                let (assumed_utc, nanos) = (zone.is_none(), nanos - zone.unwrap_or(0));
                Some(Found { nanos, assumed_utc, assumed_year: false, end: self.at })
            }
            _ => {
                self.at = end;
                self.without_year(month, day, of_day, before)
            }
        }
    }

    /// The last such day that is not after the moment we measure against.
    fn without_year(
        &mut self,
        month: i64,
        day: i64,
        of_day: i64,
        Before(before): Before,
    ) -> Option<Found> {
        let before = before?.saturating_add(DAY); // clocks and zones differ by less
        let latest = 1970 + before.div_euclid(DAY) / 365;
        // The 29th of February may be eight years back.
        let nanos = (0..10)
            .filter_map(|back| days(latest - back, month, day))
            .filter_map(|days| days.checked_mul(DAY)?.checked_add(of_day))
            .find(|nanos| *nanos <= before)?;
        Some(Found { nanos, assumed_utc: true, assumed_year: true, end: self.at })
    }

    /// Seconds, milliseconds, microseconds or nanoseconds by the number of digits.
    fn since_1970(&mut self, start: usize, number: i64, digits: usize) -> Option<Found> {
        let plausible = matches!(self.bytes.get(start), Some(b'1'..=b'3'));
        let unit = 10i64.pow(u32::try_from(19 - digits).ok()?);
        let mut nanos = number.checked_mul(unit).filter(|_| plausible)?;
        if self.peek() == Some(b'.') && digits == 10 {
            self.at += 1;
            nanos += self.fraction();
        }
        (!self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric())).then_some(Found {
            nanos,
            assumed_utc: false,
            assumed_year: false,
            end: self.at,
        })
    }
}

/// Days since 1970 of a date that exists.
/// Source: [Hinnant](https://howardhinnant.github.io/date_algorithms.html#days_from_civil).
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=length).contains(&day) && (1678..2262).contains(&year)).then_some(())?;
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn nanos(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_nanos_opt().unwrap()
    }

    #[test]
    fn every_layout_is_the_same_moment() {
        let before = Before(Some(nanos("2024-02-10T00:00:00Z")));
        let expected = nanos("2024-01-31T12:30:11Z");
        for text in [
            "2024-01-31T12:30:11Z",
            "2024-01-31 12:30:11",
            "2024-01-31T14:30:11+02:00",
            "2024/01/31 12:30:11",
            "[2024-01-31 12:30:11,000] x",
            "2024-01-31_12:30:11",
            "20240131-12:30:11:000|x",
            "20240131T123011Z",
            "240131 123011 17",
            "24/01/31 12:30:11 INFO",
            "31/Jan/2024:12:30:11 +0000",
            "31-Jan-2024 12:30:11.000",
            "31.01.2024 12:30:11",
            "01/31/2024 12:30:11",
            "31/01/2024 12:30:11",
            "Jan 31 12:30:11 shop1",
            "Jan 31 12:30:11 2024",
            "Jan 31, 2024 12:30:11",
            "[Wed Jan 31 12:30:11 2024]",
            "Wed Jan 31 12:30:11 UTC 2024",
            "Wed, 31 Jan 2024 12:30:11 GMT",
            "I0131 12:30:11.000000",
            "01-31 12:30:11.000",
            "1706704211 x",
            "1706704211.000",
            "1706704211000",
            "17 shop1 2024-01-31T12:30:11Z",
        ] {
            assert_eq!(find(text, before).map(|found| found.nanos), Some(expected), "{text}");
        }
        let fraction = find("2024-01-31T12:30:11.123456789Z", before).unwrap();
        assert_eq!(fraction.nanos, expected + 123_456_789);
        assert_eq!((fraction.assumed_utc, fraction.end), (false, 30));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "item 7",
            "12:30:11",
            "2024-13-31 12:30:11",
            "2023-02-29 12:30:11",
            "1.2.3.4",
            "Jan",
        ] {
            assert_eq!(find(text, Before(Some(0))), None, "{text}");
        }
        assert_eq!(find("Jan 31 12:30:11", Before(None)), None);
    }

    #[test]
    fn a_time_without_a_year_is_the_last_before() {
        let of = |text, before| find(text, Before(Some(nanos(before)))).unwrap().nanos;
        assert_eq!(of("Dec 31 23:59:59", "2025-01-01T06:00:00Z"), nanos("2024-12-31T23:59:59Z"));
        assert_eq!(of("Jan 1 00:10:00", "2025-01-01T06:00:00Z"), nanos("2025-01-01T00:10:00Z"));
        assert_eq!(of("Feb 29 01:00:00", "2027-01-01T06:00:00Z"), nanos("2024-02-29T01:00:00Z"));
    }

    proptest! {
        #[test]
        fn our_days_are_those_of_the_calendar(seconds in -9_000_000_000_i64..9_000_000_000) {
            let time = DateTime::from_timestamp(seconds, 0).unwrap();
            let text = time.format("%Y-%m-%d %H:%M:%S").to_string();
            prop_assert_eq!(find(&text, Before::default()).unwrap().nanos, seconds * SECOND);
        }

        #[test]
        fn any_text_is_looked_at(text in "[0-9A-Za-z:/., \\-+\\[\\]]{0,40}", other in "\\PC{0,40}") {
            for text in [text, other] {
                if let Some(found) = find(&text, Before(Some(0))) {
                    prop_assert!(found.end <= text.len());
                }
            }
        }
    }
}
