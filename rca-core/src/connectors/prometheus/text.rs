//! The text exposition format, and OpenMetrics.

use std::collections::BTreeMap;
use std::io::Read;

use super::collect::{Collector, Kind};
use crate::connectors::reading::Reading;
use crate::connectors::{Batch, timestamp};
use crate::error::Result;
use crate::time::nanos;

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut all = Collector::default();
    reading.lines(source, &mut |line, reading| {
        if line.trim().is_empty() {
            return Ok(0);
        }
        if let Some(comment) = line.strip_prefix('#') {
            described(comment, &mut all);
            return Ok(0);
        }
        let sample = parse(line)?;
        let time = match sample.time {
            Some(text) => nanos(timestamp::parse_text(text)?.time),
            None => {
                let written =
                    reading.before.ok_or("no time; `Limits::before` can say when it was")?;
                reading.note("samples without a time are of when the input was written");
                written
            }
        };
        let place = match all.known(sample.series) {
            Some(place) => place,
            None => {
                let (metric, labels) = named(sample.series)?;
                all.open(sample.series.to_owned(), metric, labels, reading)
            }
        };
        all.sample(place, time, sample.value);
        Ok(1)
    })?;
    all.finish(&mut batch.telemetry.metrics, reading);
    Ok(())
}

/// ` TYPE name counter`
fn described(comment: &str, all: &mut Collector) {
    let mut words = comment.split_whitespace();
    if words.next() != Some("TYPE") {
        return;
    }
    let (Some(metric), Some(kind)) = (words.next(), words.next()) else { return };
    all.kind(
        metric,
        match kind {
            "counter" => Kind::Counter,
            "histogram" | "summary" => Kind::Distribution,
            _ => Kind::Level,
        },
    );
}

/// A line of a sample.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Name and labels, as they are written.
    series: &'a str,
    value: f64,
    time: Option<&'a str>,
}

/// `name{label="value"} 1.5 1777885200000 # exemplar`
pub(super) fn parse(line: &str) -> std::result::Result<Line<'_>, String> {
    let line = line.trim();
    let end = match line.find(['{', ' ', '\t']) {
        Some(at) if line.as_bytes().get(at) == Some(&b'{') => {
            at + closing(line.get(at..).unwrap_or_default()).ok_or("labels that are not closed")?
        }
        Some(at) => at,
        None => return Err("no value".to_owned()),
    };
    let (series, rest) = line.split_at(end);
    let name = series.split('{').next().unwrap_or_default();
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
    // Names with other signs stand inside of the braces, quoted.
    let quoted = name.is_empty() && series.starts_with("{\"");
    if !quoted
        && (!name.chars().all(valid)
            || name.starts_with(|c: char| c.is_ascii_digit())
            || name.is_empty())
    {
        return Err("no name of a metric".to_owned());
    }
    let mut words = rest.split_whitespace().take_while(|word| *word != "#");
    let value = words.next().ok_or("no value")?;
    let value = value.parse().map_err(|_| "the value is not a number")?;
    let time = words.next();
    if words.next().is_some() || time.is_some_and(|time| time.parse::<f64>().is_err()) {
        return Err("something behind the value that is no time".to_owned());
    }
    Ok(Line { series, value, time })
}

/// Where the brace that opens here closes, braces in quotes aside.
fn closing(text: &str) -> Option<usize> {
    let (mut inside, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'}' if !inside => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The metric's name and the labels of a series.
fn named(series: &str) -> std::result::Result<(String, BTreeMap<String, String>), String> {
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let mut name = name.to_owned();
    let mut rest = labels.strip_suffix('}').unwrap_or(labels).trim();
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        // `{"metric.name", "label.name"="value"}`
        if let Some(quoted) = rest.strip_prefix('"') {
            let (text, behind) = quoted_text(quoted).ok_or("a name that is not closed")?;
            match behind.trim_start().strip_prefix('=') {
                None => {
                    name = text;
                    rest = behind;
                }
                Some(behind) => {
                    let (value, behind) = value_text(behind)?;
                    labels.insert(text, value);
                    rest = behind;
                }
            }
        } else {
            let (label, behind) = rest.split_once('=').ok_or("a label without a value")?;
            let (value, behind) = value_text(behind)?;
            labels.insert(label.trim().to_owned(), value);
            rest = behind;
        }
        rest = rest.trim_start().trim_start_matches(',').trim_start();
    }
    Ok((name, labels))
}

fn value_text(text: &str) -> std::result::Result<(String, &str), String> {
    let quoted = text.trim_start().strip_prefix('"').ok_or("a label's value without quotes")?;
    Ok(quoted_text(quoted).ok_or("a label's value that is not closed")?)
}

/// Up to the closing quote, and what is behind it.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((plain, text.get(at + 1..)?)),
            (_, '\\') => plain.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            (_, c) => plain.push(c),
        }
    }
}
