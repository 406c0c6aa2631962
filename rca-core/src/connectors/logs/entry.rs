//! A log record under way, and where it goes.

use std::borrow::Cow;

use super::super::bundle::CUT;
use super::super::fields::cut_text;
use super::super::origin::Origin;
use super::super::reading::Reading;
use super::clock::{Before, Found};
use crate::model::Severity;
use crate::signal::line::{Header, Seam};
use crate::signal::{LogFrame, LogRecord, Telemetry};

/// What is known of a record so far.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) time: Option<i64>,
    pub(super) service: Option<Cow<'a, str>>,
    pub(super) severity: Option<Severity>,
    pub(super) message: Cow<'a, str>,
    pub(super) trace: Option<Cow<'a, str>>,
    pub(super) span: Option<Cow<'a, str>>,
    pub(super) attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Entry<'a> {
    pub(super) fn attribute(&mut self, name: &'a str, value: impl Into<Cow<'a, str>>) {
        self.attributes.push((Cow::Borrowed(name), value.into()));
    }

    /// Takes over what the carrier of a line knows and the line itself doesn't say. The carrier's time is the better
    /// one: it has an offset.
    pub(super) fn carried_by(&mut self, carrier: Entry<'a>) {
        self.time = carrier.time.or(self.time);
        self.service = self.service.take().or(carrier.service);
        self.severity = self.severity.or(carrier.severity);
        self.trace = self.trace.take().or(carrier.trace);
        self.span = self.span.take().or(carrier.span);
        for (name, value) in carrier.attributes {
            if !self.attributes.iter().any(|(known, _)| *known == name) {
                self.attributes.push((name, value));
            }
        }
    }
}

/// Lines that follow one another: one output of one program.
#[derive(Debug, Default)]
pub(super) struct Stream {
    seam: Seam,
    /// The place of its latest record among all.
    last: Option<usize>,
    /// How long its message is.
    length: usize,
    /// When that was.
    time: Option<i64>,
    /// Parts of a line whose end is yet to come.
    partial: String,
}

/// Takes the records of one input.
pub(super) struct Sink<'f> {
    frame: &'f mut LogFrame,
    /// Records that were handed over, and are not in the frame any more.
    gone: usize,
    origin: Origin,
    pub(super) before: Before,
}

/// So many records later nothing is added to a record any more.
const OPEN: usize = 256;
/// What lines are joined to is no record of its own; the report counts them here.
pub(super) const JOINED: &str = "lines joined to the record before";
/// Nothing is on them.
pub(super) const BLANK: &str = "blank lines";
const UTC: &str = "times without an offset were taken as UTC";
const YEAR: &str = "times without a year were taken as the last such before the input was written";

impl<'f> Sink<'f> {
    pub(super) fn new(frame: &'f mut LogFrame, reading: &Reading<'_>) -> Self {
        let origin = Origin::of(reading.name);
        Self { frame, gone: 0, origin, before: Before(reading.before) }
    }

    /// Hands over what is a piece, but for the latest records: other streams may still add lines to theirs.
    fn relieve(&mut self, reading: &mut Reading<'_>) {
        if !reading.is_piece(self.frame.held()) || self.frame.len() <= OPEN {
            return;
        }
        let complete = self.frame.len() - OPEN;
        let rest = self.frame.split_off(complete);
        let logs = std::mem::replace(self.frame, rest);
        self.gone += complete;
        reading.hand_over(Telemetry { logs, ..Telemetry::default() });
    }

    /// Adds a line to the record before where it belongs to it. Says whether it did.
    pub(super) fn join(
        &mut self,
        stream: &mut Stream,
        line: &str,
        header: &Header<'_>,
        reading: &mut Reading<'_>,
    ) -> bool {
        if !stream.seam.joins(line, header) {
            return false;
        }
        self.extend(stream, line, reading);
        reading.note(JOINED);
        true
    }

    /// Adds a line to the latest record of a stream, whatever it looks like, unless the message is as long as one may be.
    /// Where the record was refused, its lines go the same way.
    pub(super) fn extend(&mut self, stream: &mut Stream, line: &str, reading: &mut Reading<'_>) {
        let Some(last) = stream.last else { return };
        let Some(last) = last.checked_sub(self.gone) else {
            reading.note("messages were cut");
            return;
        };
        if stream.length.saturating_add(line.len()) < reading.limits.line_bytes {
            self.frame.extend(last, line);
            stream.length += line.len() + 1;
        } else {
            // Shorter lines behind it would stand in the wrong place.
            stream.length = reading.limits.line_bytes;
            reading.note("messages were cut");
        }
    }

    /// Says that a record of its own was seen which the stream's lines may follow.
    pub(super) fn begin(&mut self, stream: &mut Stream, line: &str) {
        stream.seam.joins(line, &Header { message: line, severity: None, timed: true });
    }

    /// Takes a record. One without a time has that of the record before.
    pub(super) fn push(
        &mut self,
        stream: &mut Stream,
        entry: Entry<'_>,
        reading: &mut Reading<'_>,
    ) -> Result<u64, String> {
        stream.last = None;
        self.relieve(reading);
        if entry.time.is_none() && stream.time.is_some() {
            reading.note("records without a time have that of the record before");
        }
        let time = entry.time.or(stream.time).ok_or("no time, and none on a line before")?;
        stream.time = Some(time);
        let service = match entry.service.as_deref().or(self.origin.service()) {
            Some(service) => service,
            None => {
                reading.note("no service: belongs to nobody");
                ""
            }
        };
        let message = cut_text(&entry.message, reading.limits.line_bytes);
        let length = entry.message.len().to_string();
        let cut = message.len() < entry.message.len();
        let most = reading.limits.attributes - usize::from(cut).min(reading.limits.attributes);
        let all = self
            .origin
            .attributes()
            .chain(entry.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
        let mut attributes: Vec<(&str, &str)> = all.take(most).collect();
        if cut {
            reading.note("messages were cut");
            attributes.push((CUT, &length));
        }
        let left_out = entry.attributes.len().saturating_sub(most);
        reading.report.note_times("attributes over the limit were left out", left_out as u64);
        stream.last = Some(self.gone + self.frame.len());
        stream.length = message.len();
        self.frame.push(&LogRecord {
            time,
            service,
            severity: entry.severity.unwrap_or(Severity::Info),
            message,
            trace: entry.trace.as_deref(),
            span: entry.span.as_deref(),
            attributes: &attributes,
        });
        Ok(1)
    }
}

/// The moment, with a note where something about it was assumed.
pub(super) fn noted(found: Found, reading: &mut Reading<'_>) -> i64 {
    if found.assumed_utc {
        reading.note(UTC);
    }
    if found.assumed_year {
        reading.note(YEAR);
    }
    found.nanos
}

impl Stream {
    /// Lines that follow belong to a record that was refused.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Puts parts of a line together: none until the end has come. Lines longer than `limit` are given in pieces.
    pub(super) fn whole<'l>(
        &mut self,
        part: &'l str,
        ends: bool,
        limit: usize,
    ) -> Option<Cow<'l, str>> {
        if ends && self.partial.is_empty() {
            return Some(Cow::Borrowed(part));
        }
        self.partial.push_str(part);
        (ends || self.partial.len() >= limit).then(|| Cow::Owned(std::mem::take(&mut self.partial)))
    }

    /// The beginning of a line whose end never came.
    pub(super) fn left_over(&mut self) -> Option<String> {
        (!self.partial.is_empty()).then(|| std::mem::take(&mut self.partial))
    }
}
