//! An hour of telemetry as a text file of any size: logs mostly, spans and samples between them.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write;

use rca_core::model::{Entity, Severity};
use rca_core::signal::{LogRecord, Span, SpanStatus, Telemetry};

use super::rng::Rng;
use super::words::word;
use crate::speed::Result;

/// The hour, in nanoseconds.
pub const HOUR: i64 = 3_600_000_000_000;
/// From here on one service is slow and fails.
pub const BROKEN: i64 = HOUR / 3 * 2;

const SERVICES: usize = 24;
const STATEMENTS: usize = 40;
const LINES: usize = 40;
/// The far side of a call is reported so many requests later, so that traces lie in several shards.
const LATE: usize = 2_000;

/// Writes so many bytes of lines, the same each time.
///
/// # Errors
///
/// What the file system says.
pub fn write(file: &mut impl Write, bytes: usize) -> Result<()> {
    let mut rng = Rng::new(61);
    let mut late: VecDeque<String> = VecDeque::new();
    let (mut written, mut number, mut second) = (0, 0_usize, 0_i64);
    let mut text = String::new();
    while written < bytes {
        text.clear();
        let share = written as f64 / bytes as f64;
        #[expect(clippy::cast_possible_truncation, reason = "within the hour")]
        let time = (share * HOUR as f64) as i64;
        request(&mut text, &mut rng, number, time, &mut late)?;
        while second <= time / 1_000_000_000 {
            samples(&mut text, &mut rng, second)?;
            second += 1;
        }
        if late.len() > LATE {
            text.extend(late.pop_front());
        }
        file.write_all(text.as_bytes())?;
        written += text.len();
        number += 1;
    }
    for line in late {
        file.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn samples(text: &mut String, rng: &mut Rng, second: i64) -> std::fmt::Result {
    let time = second * 1_000_000_000;
    for service in 0..SERVICES {
        let busy = if service == 3 && time >= BROKEN { 40.0 } else { 12.0 };
        writeln!(text, "M\t{time}\tsvc-{service}\tpool_in_use\t{:.2}", busy + rng.noise())?;
        writeln!(
            text,
            "M\t{time}\tsvc-{service}\tlatency_avg\t{:.3}",
            busy / 100.0 + rng.noise() / 90.0
        )?;
    }
    Ok(())
}

fn request(
    text: &mut String,
    rng: &mut Rng,
    number: usize,
    time: i64,
    late: &mut VecDeque<String>,
) -> std::fmt::Result {
    let (front, back) = (number % SERVICES, 3);
    let broken = time >= BROKEN;
    let traced = number.is_multiple_of(8);
    let trace = if traced { format!("{:016x}", rng.next_u64()) } else { String::new() };
    let work = 4_000_000 + rng.below(2_000_000) + if broken { 20_000_000 } else { 0 };
    let failed = broken && rng.below(4) == 0;
    if traced {
        let status = if failed { "error" } else { "ok" };
        let start = time + 300_000;
        writeln!(
            text,
            "S\t{time}\tsvc-{front}\tGET /item\t{trace}\ta\t\t{}\t{status}",
            work + 900_000
        )?;
        late.push_back(format!(
            "S\t{start}\tsvc-{back}\tread item\t{trace}\tb\ta\t{work}\t{status}\n"
        ));
    }
    for line in 0..LINES {
        let at = time + i64::try_from(line).unwrap_or(0) * 100_000;
        let service = if line % 10 == 0 { back } else { front };
        let statement = rng.zipf(STATEMENTS);
        let span = if !traced {
            ""
        } else if service == back {
            "b"
        } else {
            "a"
        };
        write!(text, "L\t{at}\tsvc-{service}\tinfo\t{trace}\t{span}\t")?;
        message(text, rng, service * STATEMENTS + statement)?;
        text.push('\n');
    }
    if failed {
        write!(text, "L\t{time}\tsvc-{back}\terror\t{trace}\t{}\t", if traced { "b" } else { "" })?;
        let (item, line) = (rng.below(90_000), 40 + rng.below(3));
        writeln!(text, "item {item} not read: no connection left at store/Pool.java:{line}")?;
    }
    Ok(())
}

/// A statement is a fixed sequence of words and kinds of values; the values differ each time.
fn message(text: &mut String, rng: &mut Rng, statement: usize) -> std::fmt::Result {
    let mut plan = Rng::new(statement as u64 + 177);
    for part in 0..6 + plan.below(10) {
        if part > 0 {
            text.push(' ');
        }
        match plan.below(20) {
            0 => write!(text, "{}", rng.below(1_000_000))?,
            1 => write!(text, "10.0.{}.{}:{}", rng.below(256), rng.below(256), rng.below(65_536))?,
            2 => write!(text, "0x{:08x}", rng.next_u64() >> 32)?,
            3 => write!(text, "took={}ms", rng.below(5000))?,
            4 => write!(text, "/var/{}/{}.log", word(plan.below(50)), rng.below(1000))?,
            5 => write!(text, "{:016x}", rng.next_u64())?,
            _ => text.push_str(&word(plan.below(600))),
        }
    }
    if plan.below(12) == 0 {
        write!(text, " user={}", word(100 + rng.zipf(40)))?;
    }
    Ok(())
}

/// Reads lines that [`write`] wrote; a line that is cut off is an error.
///
/// # Errors
///
/// When a line is none of ours.
pub fn read(text: &str) -> Result<Telemetry> {
    let mut telemetry = Telemetry::default();
    for line in text.lines() {
        read_line(line, &mut telemetry).ok_or_else(|| format!("no line of ours: {line:?}"))?;
    }
    Ok(telemetry)
}

fn read_line(line: &str, telemetry: &mut Telemetry) -> Option<()> {
    let mut fields = line.splitn(7, '\t');
    let (kind, time, service) = (fields.next()?, fields.next()?, fields.next()?);
    let time: i64 = time.parse().ok()?;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match kind {
        "L" => {
            let (severity, trace, span) =
                (fields.next()?, some(fields.next()?), some(fields.next()?));
            let severity = if severity == "error" { Severity::High } else { Severity::Info };
            telemetry.logs.push(&LogRecord {
                time,
                service,
                severity,
                message: fields.next()?,
                trace: trace.as_deref(),
                span: span.as_deref(),
                attributes: &[],
            });
        }
        "S" => {
            let (name, trace, id) = (fields.next()?, fields.next()?, fields.next()?);
            let mut rest = fields.next()?.split('\t');
            let parent = some(rest.next()?);
            let duration = rest.next()?.parse().ok()?;
            let status = if rest.next()? == "error" { SpanStatus::Error } else { SpanStatus::Ok };
            telemetry.spans.push(&Span {
                trace,
                id,
                parent: parent.as_deref(),
                service,
                name,
                start: time,
                duration,
                status,
                attributes: &[],
            });
        }
        "M" => {
            let (metric, value) = (fields.next()?, fields.next()?.parse().ok()?);
            telemetry.metrics.push(&Entity::service(service), metric, time, value);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_mostly_logs() {
        let mut file = Vec::new();
        write(&mut file, 8_000_000).unwrap();
        let telemetry = read(std::str::from_utf8(&file).unwrap()).unwrap();
        assert!(telemetry.logs.len() > 1000 && telemetry.spans.len() > 10);
        assert_eq!(telemetry.metrics.iter().count(), SERVICES * 2);
        assert!(read("L\t5\tsvc").is_err());
    }
}
