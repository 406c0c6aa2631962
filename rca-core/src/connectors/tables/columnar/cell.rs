//! Values as the text of cells.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{DateTime, SecondsFormat};

use super::Parsed;

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers, truth and text: what they are.
    Plain,
    /// A number that counts units of ten to the minus so much.
    Decimal(i32),
    /// Days since 1970.
    Days,
    /// Moments, with or without a zone: those with one are in UTC, without one the readers say what they assume.
    Time(Unit, Zone),
    /// Bytes that are no text.
    Bits,
    /// Two bytes that are a number.
    Half,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Milli,
    Micro,
    Nano,
}

impl Unit {
    pub(super) fn of(code: i16) -> Parsed<Self> {
        match code {
            0 => Ok(Self::Second),
            1 => Ok(Self::Milli),
            2 => Ok(Self::Micro),
            3 => Ok(Self::Nano),
            _ => Err("damaged: an unknown unit of time".to_owned()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'b> {
    Null,
    Bool(bool),
    Int(i128),
    Single(f32),
    Double(f64),
    Bytes(&'b [u8]),
}

/// A row of CSV that is being written.
pub(super) struct Line<'t> {
    text: &'t mut Vec<u8>,
    longest: usize,
    cells: usize,
    scratch: String,
}

impl<'t> Line<'t> {
    /// A row behind this text. Cells are cut at so many bytes, which is more than a reader takes.
    pub(super) fn new(text: &'t mut Vec<u8>, longest: usize) -> Self {
        Self { text, longest, cells: 0, scratch: String::new() }
    }

    pub(super) fn value(&mut self, kind: Kind, value: Value<'_>) -> Parsed<()> {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        match value {
            Value::Bytes(bytes) if kind != Kind::Bits => {
                let bytes = bytes.get(..self.longest).unwrap_or(bytes);
                self.cell(&text(bytes));
            }
            _ => {
                write(kind, value, &mut scratch, self.longest)?;
                self.cell(&scratch);
            }
        }
        self.scratch = scratch;
        Ok(())
    }

    fn cell(&mut self, cell: &str) {
        if self.cells > 0 {
            self.text.push(b',');
        }
        self.cells += 1;
        if memchr::memchr3(b'"', b',', b'\n', cell.as_bytes()).is_none() && !cell.contains('\r') {
            self.text.extend_from_slice(cell.as_bytes());
            return;
        }
        self.text.push(b'"');
        for (at, part) in cell.split('"').enumerate() {
            if at > 0 {
                self.text.extend_from_slice(b"\"\"");
            }
            self.text.extend_from_slice(part.as_bytes());
        }
        self.text.push(b'"');
    }
}

/// Text, or digits where it is none.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // Cut off within a character, or written by somebody who was not careful.
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

fn write(kind: Kind, value: Value<'_>, out: &mut String, longest: usize) -> Parsed<()> {
    let written = match (kind, value) {
        (_, Value::Null) => Ok(()),
        (Kind::Decimal(scale), Value::Int(number)) => return decimal(number, scale, out),
        (Kind::Days, Value::Int(days)) => {
            let date = i64::try_from(days)
                .ok()
                .and_then(|days| DateTime::from_timestamp(days.checked_mul(86_400)?, 0));
            match date {
                Some(date) => write!(out, "{}", date.format("%Y-%m-%d")),
                None => out.write_str(BEYOND),
            }
        }
        (Kind::Time(unit, zone), Value::Int(number)) => time(number, unit, zone, out),
        (_, Value::Int(number)) => write!(out, "{number}"),
        (_, Value::Bool(truth)) => write!(out, "{truth}"),
        // The shortest that reads back as the same number.
        (_, Value::Single(number)) => write!(out, "{number:?}"),
        (_, Value::Double(number)) => write!(out, "{number:?}"),
        (_, Value::Bytes(bytes)) => {
            let bytes = bytes.get(..longest / 2).unwrap_or(bytes);
            out.push_str(&data_encoding::HEXLOWER.encode(bytes));
            Ok(())
        }
    };
    written.map_err(|error| error.to_string())
}

/// A moment that has no text; the row is refused for it.
const BEYOND: &str = "beyond all years";

fn time(number: i128, unit: Unit, zone: Zone, out: &mut String) -> std::fmt::Result {
    let per_second = match unit {
        Unit::Second => 1,
        Unit::Milli => 1_000,
        Unit::Micro => 1_000_000,
        Unit::Nano => 1_000_000_000,
    };
    let seconds = i64::try_from(number.div_euclid(per_second)).ok();
    let nanos = u32::try_from(number.rem_euclid(per_second) * (1_000_000_000 / per_second)).ok();
    let moment = seconds.zip(nanos).and_then(|(s, n)| DateTime::from_timestamp(s, n));
    let Some(moment) = moment else { return out.write_str(BEYOND) };
    let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    out.write_str(if zone == Zone::Utc { &text } else { text.trim_end_matches('Z') })
}

/// The scale of a decimal of 256 bits at most.
const SCALE: u32 = 76;

fn decimal(number: i128, scale: i32, out: &mut String) -> Parsed<()> {
    if scale.unsigned_abs() > SCALE {
        return Err(format!("damaged: a decimal with {scale} digits behind its point"));
    }
    let digits = number.unsigned_abs().to_string();
    if number < 0 {
        out.push('-');
    }
    let behind = usize::try_from(scale).unwrap_or(0);
    let padded = format!("{digits:0>width$}", width = behind + 1);
    let (whole, fraction) = padded.split_at(padded.len() - behind);
    out.push_str(whole);
    if behind > 0 {
        out.push('.');
        out.push_str(fraction);
    }
    if scale < 0 && number != 0 {
        out.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
    }
    Ok(())
}

/// A number of 16 bits (IEEE 754 binary16).
pub(super) fn half(bits: u16) -> f32 {
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    let size = match (bits >> 10) & 0x1f {
        0 => fraction * (-14f32).exp2(),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        exponent => (1.0 + fraction) * (f32::from(exponent) - 15.0).exp2(),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[(Kind, Value<'_>)]) -> String {
        let mut text = Vec::new();
        let mut line = Line::new(&mut text, 1000);
        values.iter().for_each(|(kind, value)| line.value(*kind, *value).unwrap());
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn values_are_written_as_csv_has_them() {
        let plain = |value| (Kind::Plain, value);
        assert_eq!(
            cells(&[
                plain(Value::Null),
                plain(Value::Bool(true)),
                plain(Value::Int(-7)),
                plain(Value::Single(0.1)),
                plain(Value::Double(f64::NAN)),
                plain(Value::Bytes(b"a,\"b\"")),
                (Kind::Bits, Value::Bytes(&[0xab, 1])),
            ]),
            ",true,-7,0.1,NaN,\"a,\"\"b\"\"\",ab01"
        );
    }

    #[test]
    fn decimals_keep_all_of_their_digits() {
        let of = |number, scale| cells(&[(Kind::Decimal(scale), Value::Int(number))]);
        assert_eq!(of(-12345, 2), "-123.45");
        assert_eq!(of(5, 3), "0.005");
        assert_eq!(of(0, 0), "0");
        assert_eq!(of(12, -2), "1200");
        let mut text = String::new();
        assert!(decimal(1, i32::MIN, &mut text).is_err());
    }

    #[test]
    fn moments_before_1970_and_beyond_all_years_are_written() {
        let of = |number, unit, zone| cells(&[(Kind::Time(unit, zone), Value::Int(number))]);
        assert_eq!(of(-1, Unit::Milli, Zone::Utc), "1969-12-31T23:59:59.999Z");
        assert_eq!(of(1_777_885_210, Unit::Second, Zone::Unknown), "2026-05-04T09:00:10");
        assert_eq!(of(i128::from(i64::MAX), Unit::Second, Zone::Utc), BEYOND);
        assert_eq!(cells(&[(Kind::Days, Value::Int(20_577))]), "2026-05-04");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the numbers are exact")]
    fn halves_are_what_the_standard_says() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x0001), 2f32.powi(-24));
        assert_eq!(half(0x7c00), f32::INFINITY);
        assert!(half(0x7e00).is_nan());
    }
}
