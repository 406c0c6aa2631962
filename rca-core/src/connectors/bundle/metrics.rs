//! Samples, one a line, under a header that names the columns.

use std::borrow::Cow;
use std::io::Read;

use super::super::fields::{ENTITIES, SERVICE, TIME};
use super::super::lines::Lines;
use super::super::reading::Reading;
use super::super::timestamp;
use crate::error::Result;
use crate::model::{Entity, EntityKind};
use crate::signal::MetricFrame;
use crate::time::nanos;

const METRIC: &[&str] = &["metric", "metric_name", "__name__", "name"];
const VALUE: &[&str] = &["value", "val"];
/// Spellings of an absent value.
const GAPS: &[&str] =
    &["", "nan", "null", "none", "na", "n/a", "inf", "+inf", "-inf", "infinity", "-infinity"];

/// Where the columns are.
struct Columns {
    time: usize,
    entity: (usize, EntityKind),
    metric: usize,
    value: usize,
}

impl Columns {
    fn find(header: &[Cow<'_, str>]) -> Result<Self, String> {
        let place = |names: &[&str]| {
            names.iter().find_map(|name| {
                header.iter().position(|column| column.trim().eq_ignore_ascii_case(name))
            })
        };
        let entity = place(SERVICE)
            .map(|at| (at, EntityKind::Service))
            .or_else(|| ENTITIES.iter().find_map(|(name, kind)| Some((place(&[name])?, *kind))));
        let missing = |what: &str| {
            format!(
                "no column for the {what}; the first line must name timestamp, service, metric and value"
            )
        };
        Ok(Self {
            time: place(TIME).ok_or_else(|| missing("timestamp"))?,
            entity: entity.ok_or_else(|| missing("service"))?,
            metric: place(METRIC).ok_or_else(|| missing("metric"))?,
            value: place(VALUE).ok_or_else(|| missing("value"))?,
        })
    }
}

pub(super) fn read(
    source: &mut dyn Read,
    reading: &mut Reading<'_>,
    metrics: &mut MetricFrame,
) -> Result<()> {
    let limit = reading.limits.record_bytes.min(reading.limits.line_bytes);
    let mut lines = Lines::new(reading.metered(source), limit);
    let mut columns: Option<Columns> = None;
    let mut samples = Samples { metrics, entity: Entity::service("") };
    while let Some(line) = reading.io(lines.next())? {
        if line.bytes.iter().all(u8::is_ascii_whitespace) && line.skipped == 0 {
            continue;
        }
        let place = reading.line(line.number);
        let too_long = line.skipped > 0;
        let text = String::from_utf8_lossy(line.bytes);
        let outcome =
            if too_long { Err(format!("longer than {limit} bytes")) } else { split(&text) };
        let outcome = match (&columns, outcome) {
            (Some(columns), outcome) => {
                outcome.and_then(|cells| samples.take(columns, &cells, reading))
            }
            (None, outcome) => match outcome.and_then(|cells| Columns::find(&cells)) {
                Ok(found) => {
                    columns = Some(found);
                    reading.preamble = line.bytes.to_vec();
                    continue;
                }
                Err(reason) => {
                    reading.report.refuse(reading.limits.described, place, reason);
                    reading.note("unusable header: the samples were not read");
                    break;
                }
            },
        };
        let raw = reading.copy_if_refused(&outcome, line.bytes);
        let bytes = lines.bytes();
        reading.settle(place, bytes, outcome, raw)?;
    }
    reading.finish(lines.bytes(), lines.source().had_more());
    Ok(())
}

struct Samples<'a> {
    metrics: &'a mut MetricFrame,
    /// That of the latest sample; the next is often the same.
    entity: Entity,
}

impl Samples<'_> {
    fn take(
        &mut self,
        columns: &Columns,
        cells: &[Cow<'_, str>],
        reading: &mut Reading<'_>,
    ) -> Result<u64, String> {
        let cell = |place: usize, what: &str| {
            cells
                .get(place)
                .map(|cell| cell.trim())
                .ok_or_else(|| format!("no {what} on this line"))
        };
        let moment = timestamp::parse_text(cell(columns.time, "timestamp")?)?;
        let (place, kind) = columns.entity;
        let (name, metric) = (cell(place, "service")?, cell(columns.metric, "metric")?);
        let value = cell(columns.value, "value")?;
        if name.is_empty() || metric.is_empty() {
            return Err("the service or the metric is blank".to_owned());
        }
        let value = match value.parse::<f64>() {
            Ok(value) => value,
            Err(_) if GAPS.iter().any(|gap| value.eq_ignore_ascii_case(gap)) => f64::NAN,
            Err(_) => return Err("the value is not a number".to_owned()),
        };
        if moment.assumed_utc {
            reading.note("times without an offset were taken as UTC");
        }
        if self.entity.name != name || self.entity.kind != kind {
            self.entity = Entity::new(kind, name);
        }
        if !self.metrics.push(&self.entity, metric, nanos(moment.time), value) {
            reading.note("blank, NaN and infinite values are gaps");
        }
        Ok(1)
    }
}

/// The cells of a line. Quotes are rare, so the CSV parser is only asked where there are some; a
/// quoted cell can't go on in the next line.
fn split(line: &str) -> Result<Vec<Cow<'_, str>>, String> {
    if memchr::memchr(b'"', line.as_bytes()).is_none() {
        return Ok(line.split(',').map(Cow::Borrowed).collect());
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Ok(record.iter().map(|cell| Cow::Owned(cell.to_owned())).collect()),
        Ok(false) => Ok(Vec::new()),
        Err(_) => Err("not a line of CSV".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_may_hold_commas() {
        assert_eq!(split("a,\"b,c\",\"d \"\"e\"\"\"").unwrap(), ["a", "b,c", "d \"e\""]);
        assert_eq!(split("a,,").unwrap(), ["a", "", ""]);
    }
}
