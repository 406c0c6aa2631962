//! Logs: lines of programs, and what loggers, container runtimes and log stores make of them.
//!
//! | format | what it is |
//! |---|---|
//! | `text-log` | lines behind a header (time, level, logger), found without configuration; JSON, logfmt, klog and access lines may stand among them |
//! | `json-log` | records of bunyan, pino, zap, logrus, slog, structlog, Serilog (CLEF), ECS, GELF, Google Cloud Logging, AWS Lambda, Fluent Bit and the like: one a line, or an array |
//! | `logfmt` | `time=... level=info msg="..."` |
//! | `klog` | `I0131 12:30:11.250000 17 file.go:3] text` |
//! | `access-log` | common and combined format of nginx and Apache |
//! | `cri` | container runtime interface: `<time> stdout F <text>`, parts put together |
//! | `docker-json` | Docker's `json-file` driver, parts put together |
//! | `syslog` | RFC 3164 and RFC 5424 with structured data |
//! | `journald-json` | `journalctl -o json` |
//! | `loki-json` | Loki: answers to queries, pushed streams |
//! | `cloudwatch-json` | CloudWatch Logs: answers, subscriptions |
//!
//! What a runtime or a store wraps is read as a line of the program that wrote it. Lines that belong to the record
//! before (stack traces, indented text) are joined to it. A line is read, refused, joined or blank; the report counts
//! each. The service comes from fields, else from the file's name: that of the pod's workload, or of the file itself.
//! A time without a year is the last such before the file was written (see [`Limits::before`](super::Limits::before)); a line without any
//! has that of the line before.

mod access;
mod clock;
mod documents;
mod entry;
mod flat;
mod journal;
mod lines;
mod loggers;
mod records;
mod rows;
mod syslog;
#[cfg(test)]
mod tests;
mod wrapped;

use super::format::{Certainty, Format, Sample};
use clock::Before;
use flat::Flat;
pub(super) use rows::Rows;

use crate::signal::line::split_header;

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "docker-json",
        about: "log files of Docker's json-file driver",
        recognise: |sample| {
            let all = ["log", "stream", "time"].iter().all(|name| sample.has(name));
            (all && !sample.has("kubernetes")).then_some(Certainty::Certain)
        },
        read: wrapped::docker,
    },
    Format {
        name: "journald-json",
        about: "the systemd journal: journalctl -o json",
        recognise: |sample| sample.has("__REALTIME_TIMESTAMP").then_some(Certainty::Certain),
        read: journal::read,
    },
    Format {
        name: "loki-json",
        about: "log lines from Loki: answers to queries, pushed streams",
        recognise: |sample| {
            let answer = sample.has("data.result[].stream") && sample.has("data.result[].values");
            let pushed = sample.has("streams[].stream") && sample.has("streams[].values");
            (answer || pushed).then_some(Certainty::Certain)
        },
        read: documents::loki,
    },
    Format {
        name: "cloudwatch-json",
        about: "log events from AWS CloudWatch Logs: answers and subscriptions",
        recognise: |sample| {
            let events = |list: &str| {
                ["message", "timestamp"].iter().all(|name| sample.has(&format!("{list}[].{name}")))
            };
            let own =
                sample.has_any(&["logEvents", "events[].ingestionTime", "events[].logStreamName"]);
            (own && (events("logEvents") || events("events"))).then_some(Certainty::Certain)
        },
        read: documents::cloudwatch,
    },
    Format {
        name: "cri",
        about: "log files of Kubernetes nodes (container runtime interface)",
        recognise: |sample| {
            share(sample, |line| wrapped::cri_parts(line, Before::default()).is_some())
                .filter(|share| *share > 0.5)
                .map(|_| Certainty::Certain)
        },
        read: wrapped::cri,
    },
    Format {
        name: "syslog",
        about: "syslog: RFC 3164 and RFC 5424",
        recognise: |sample| {
            share(sample, syslog::is_one).filter(|share| *share > 0.5).map(|_| Certainty::Likely)
        },
        read: syslog::read,
    },
    Format {
        name: "access-log",
        about: "access logs of nginx and Apache (common, combined)",
        recognise: |sample| {
            share(sample, is_access).filter(|share| *share > 0.5).map(|_| Certainty::Certain)
        },
        read: lines::read,
    },
    Format {
        name: "klog",
        about: "logs of Kubernetes components and other programs with klog or glog",
        recognise: |sample| {
            share(sample, is_klog).filter(|share| *share > 0.5).map(|_| Certainty::Likely)
        },
        read: lines::read,
    },
    Format {
        name: "logfmt",
        about: "lines of key=value pairs",
        recognise: |sample| {
            share(sample, |line| {
                Flat::logfmt(line).is_some_and(|flat| flat.has("msg") || flat.has("level"))
            })
            .filter(|share| *share > 0.5)
            .map(|_| Certainty::Likely)
        },
        read: lines::read,
    },
    Format {
        name: "json-log",
        about: "JSON records of loggers and platforms: bunyan, pino, zap, logrus, slog, structlog, Serilog, ECS, GELF, Google Cloud, Lambda",
        recognise: |sample| {
            if !sample.is_json() || !loggers::known(sample) {
                return None;
            }
            Some(if loggers::certain(sample) { Certainty::Likely } else { Certainty::Possible })
        },
        read: records::read,
    },
    Format {
        name: "text-log",
        about: "lines behind a header with time and level, or any lines of a .log file that have times",
        recognise: recognise_text,
        read: lines::read,
    },
];

/// Lines that are looked at.
const LOOK: usize = 64;

/// How many of the first lines are such; none where there are no lines. Indented ones belong to those before.
fn share(sample: &Sample<'_>, is_one: impl Fn(&str) -> bool) -> Option<f64> {
    let (mut all, mut such) = (0u32, 0u32);
    for line in sample.lines().take(LOOK).filter(|line| !line.starts_with([' ', '\t'])) {
        all += 1;
        such += u32::from(is_one(line));
    }
    (all > 0).then(|| f64::from(such) / f64::from(all))
}

fn is_klog(line: &str) -> bool {
    let bytes = line.as_bytes();
    matches!(bytes.first(), Some(b'I' | b'W' | b'E' | b'F'))
        && bytes.get(1..5).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        && bytes.get(5) == Some(&b' ')
        && line.contains("] ")
}

fn is_access(line: &str) -> bool {
    let Some((_, behind)) = line.split_once(" [") else { return false };
    let Some((time, rest)) = behind.split_once("] \"") else { return false };
    time.contains('/')
        && rest.split('"').nth(1).is_some_and(|rest| {
            rest.trim_start()
                .as_bytes()
                .first_chunk::<3>()
                .is_some_and(|code| code.iter().all(u8::is_ascii_digit))
        })
}

/// Traces and continuation lines have no header, so few lines with one are enough; a table has none with a level.
fn recognise_text(sample: &Sample<'_>) -> Option<Certainty> {
    if sample.is_json()
        && sample.text.trim_start().starts_with(['[', '{'])
        && !sample.name.ends_with(".log")
    {
        return None;
    }
    let mixed = |line: &str| {
        let header = split_header(line);
        header.timed && (header.message.len() < line.len())
    };
    let share = share(sample, mixed)?;
    let named = sample.name.contains(".log") || sample.name.ends_with(".out");
    let least = if named { 0.02 } else { 0.3 };
    (share >= least).then_some(Certainty::Possible)
}
