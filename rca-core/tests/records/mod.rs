//! What was read, as text that compares: one line a record, in canonical order.

#![allow(dead_code, reason = "not every test needs all")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use rca_core::connectors::{Batch, Format, Limits, read, unobserved};

/// Reads bytes as a format, in canonical order.
pub(crate) fn from(format: &str, bytes: &[u8]) -> Batch {
    let format = Format::named(format).unwrap();
    // So that times without a year are known.
    let limits = Limits { before: "2026-12-31T00:00:00Z".parse().ok(), ..Limits::default() };
    let mut batch = read("input", &mut &*bytes, Some(format), &limits, &unobserved).unwrap();
    batch.sort();
    batch
}

/// All records of a batch.
pub(crate) fn records(batch: &Batch) -> Vec<String> {
    let mut lines: Vec<String> = batch
        .events
        .iter()
        .map(|event| {
            let data: Vec<_> = event.data().iter().collect();
            format!(
                "{} {} {:?} {:?} {:?}",
                event.timestamp(),
                event.source(),
                event.title(),
                event.body(),
                data
            )
        })
        .collect();
    for span in batch.telemetry.spans.iter() {
        let attributes: Vec<_> = span.attributes().collect();
        lines.push(format!(
            "{} {} {:?} {:?} {:?} {} {} {:?} {attributes:?}",
            span.trace(),
            span.id(),
            span.parent(),
            span.service(),
            span.name(),
            span.start(),
            span.duration(),
            span.status()
        ));
    }
    for record in batch.telemetry.logs.iter() {
        let attributes: Vec<_> = record.attributes().collect();
        lines.push(format!(
            "{} {:?} {:?} {:?} {:?} {:?} {attributes:?}",
            record.time(),
            record.service(),
            record.severity(),
            record.message(),
            record.trace(),
            record.span()
        ));
    }
    for (entity, name, series) in batch.telemetry.metrics.iter() {
        for (time, value) in series.times.iter().zip(&series.values) {
            lines.push(format!("{entity} {name} {time} {value:?}"));
        }
    }
    lines
}
