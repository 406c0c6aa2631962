//! Raw log lines of several programs, mixed, with headers as they are found in files.

use std::fmt::Write;

use super::rng::Rng;
use super::words::word;

/// So many lines, each with its end.
#[must_use]
pub fn lines(count: usize) -> String {
    let mut rng = Rng::new(41);
    let mut text = String::with_capacity(count * 120);
    for at in 0..count {
        let clock = Clock { seconds: at / 40, millis: rng.below(1000) };
        let program = rng.zipf(5);
        // Writing to a string does not fail.
        let _ = write_header(&mut text, &mut rng, program, clock);
        let statement = program * 40 + rng.zipf(40);
        let _ = write_message(&mut text, &mut rng, statement);
        text.push('\n');
    }
    text
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    seconds: usize,
    millis: usize,
}

impl Clock {
    fn parts(self) -> (usize, usize, usize, usize) {
        let Self { seconds, .. } = self;
        (1 + seconds / 86_400 % 28, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }
}

/// The styles of Java servers, system logs, container runtimes, web servers, logfmt.
fn write_header(
    text: &mut String,
    rng: &mut Rng,
    program: usize,
    clock: Clock,
) -> std::fmt::Result {
    let (day, hour, minute, second) = clock.parts();
    let millis = clock.millis;
    let level = rng.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR", "DEBUG"]);
    match program {
        0 => write!(
            text,
            "2024-03-{day:02} {hour:02}:{minute:02}:{second:02},{millis:03} {level} \
             [worker-{}] org.{}.{}: ",
            rng.below(32),
            word(100 + rng.zipf(20)),
            ["Store", "Client", "Router", "Session"][rng.below(4)],
        ),
        1 => write!(
            text,
            "Mar {day:2} {hour:02}:{minute:02}:{second:02} node-{} {}[{}]: ",
            rng.below(40),
            ["kernel", "sshd", "systemd", "cron"][rng.below(4)],
            rng.below(30_000),
        ),
        2 => write!(
            text,
            "2024-03-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}000Z stderr F ",
        ),
        3 => write!(
            text,
            "10.{}.{}.{} - - [{day:02}/Mar/2024:{hour:02}:{minute:02}:{second:02} +0000] ",
            rng.below(256),
            rng.below(256),
            rng.below(256),
        ),
        _ => write!(
            text,
            "time=2024-03-{day:02}T{hour:02}:{minute:02}:{second:02}Z level={} msg=",
            level.to_lowercase(),
        ),
    }
}

/// A statement is a fixed sequence of words and kinds of values; the values differ each time. A third
/// of the words are values, and few of those are words themselves, as in logs of servers.
fn write_message(text: &mut String, rng: &mut Rng, statement: usize) -> std::fmt::Result {
    let mut plan = Rng::new(statement as u64 + 77);
    let parts = 5 + plan.below(12);
    for part in 0..parts {
        if part > 0 {
            text.push(' ');
        }
        match plan.below(24) {
            0 => write!(text, "{}", rng.below(1_000_000))?,
            1 => write!(text, "10.0.{}.{}:{}", rng.below(256), rng.below(256), rng.below(65_536))?,
            2 => write!(text, "blk_{}", rng.next_u64() >> 1)?,
            3 => write!(text, "0x{:08x}", rng.next_u64() >> 32)?,
            4 => write!(text, "took={}ms", rng.below(5000))?,
            5 => write!(text, "/var/{}/{}.log", word(plan.below(50)), rng.below(1000))?,
            6 => write!(text, "user={}", word(96 + rng.zipf(300)))?,
            7 => write!(
                text,
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                rng.next_u64() >> 32,
                rng.next_u64() >> 48,
                rng.next_u64() >> 52,
                rng.next_u64() >> 52,
                rng.next_u64() >> 16,
            )?,
            _ => text.push_str(&word(plan.below(600))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_is_a_line_and_formats_are_mixed() {
        let text = super::lines(2000);
        assert_eq!(text.lines().count(), 2000);
        assert!(text.lines().all(|line| line.len() > 30));
        assert!(text.lines().any(|line| line.starts_with("Mar ")));
        assert!(text.lines().any(|line| line.starts_with("time=2024")));
    }
}
