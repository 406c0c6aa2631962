//! Spans as bytes: texts once, rows as numbers.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::signal::{Span, SpanFrame, SpanStatus};

const WHAT: &str = "spans";

/// Frozen: later versions get their own struct.
#[derive(Serialize, Deserialize)]
struct SpansV1 {
    /// Without the empty text, which is number 0.
    texts: Vec<String>,
    rows: Vec<RowV1>,
}

/// Numbers of texts; times are nanoseconds, the start after that of the row before.
#[derive(Serialize, Deserialize)]
struct RowV1 {
    trace: u32,
    id: u32,
    parent: Option<u32>,
    service: u32,
    name: u32,
    start: i64,
    duration: i64,
    status: u8,
    attributes: Vec<(u32, u32)>,
}

/// Texts numbered by their first use.
#[derive(Default)]
struct Numbers<'a> {
    texts: Vec<&'a str>,
    known: FxHashMap<&'a str, u32>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, text: &'a str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        *self.known.entry(text).or_insert_with(|| {
            self.texts.push(text);
            u32::try_from(self.texts.len()).unwrap_or(u32::MAX)
        })
    }
}

/// The spans in their order.
pub(super) fn to_bytes(frame: &SpanFrame) -> Result<Vec<u8>> {
    let mut numbers = Numbers::default();
    let mut before = 0_i64;
    let rows = frame.iter().map(|span| {
        let start = span.start().wrapping_sub(before);
        before = span.start();
        RowV1 {
            trace: numbers.of(span.trace()),
            id: numbers.of(span.id()),
            parent: span.parent().map(|parent| numbers.of(parent)),
            service: numbers.of(span.service()),
            name: numbers.of(span.name()),
            start,
            duration: span.duration(),
            status: match span.status() {
                SpanStatus::Unset => 0,
                SpanStatus::Ok => 1,
                SpanStatus::Error => 2,
            },
            attributes: span
                .attributes()
                .map(|(key, value)| (numbers.of(key), numbers.of(value)))
                .collect(),
        }
    });
    let rows = rows.collect();
    let texts = numbers.texts.into_iter().map(str::to_owned).collect();
    postcard::to_allocvec(&SpansV1 { texts, rows })
        .map_err(|error| Error::Internal(format!("{WHAT}: {error}")))
}

/// Reads spans back.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<SpanFrame> {
    let corrupt = |reason: String| Error::Corrupt { what: WHAT.to_owned(), reason };
    let (spans, rest) =
        postcard::take_from_bytes::<SpansV1>(bytes).map_err(|e| corrupt(e.to_string()))?;
    if !rest.is_empty() {
        return Err(corrupt(format!("{} bytes too many", rest.len())));
    }
    let text = |number: u32| match (number as usize).checked_sub(1) {
        None => Ok(""),
        Some(place) => match spans.texts.get(place) {
            Some(text) => Ok(text.as_str()),
            None => Err(corrupt(format!("there is no text {number}"))),
        },
    };
    let mut frame = SpanFrame::default();
    let mut start = 0_i64;
    for row in &spans.rows {
        start = start.wrapping_add(row.start);
        let attributes: Vec<(&str, &str)> = row
            .attributes
            .iter()
            .map(|(key, value)| Ok((text(*key)?, text(*value)?)))
            .collect::<Result<_>>()?;
        frame.push(&Span {
            trace: text(row.trace)?,
            id: text(row.id)?,
            parent: row.parent.map(text).transpose()?,
            service: text(row.service)?,
            name: text(row.name)?,
            start,
            duration: row.duration,
            status: match row.status {
                0 => SpanStatus::Unset,
                1 => SpanStatus::Ok,
                2 => SpanStatus::Error,
                other => return Err(corrupt(format!("there is no status {other}"))),
            },
            attributes: &attributes,
        });
    }
    Ok(frame)
}
