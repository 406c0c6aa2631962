//! Tables whose columns somebody names for us.

use std::borrow::Cow;
use std::io::{self, Read};

use super::rows::split;
use crate::connectors::format::{Format, read_unpacked};
use crate::connectors::{Batch, Limits, Observer};
use crate::error::{Error, Place, Result};

/// Which column of a table holds what, where its names don't say; the others keep their own.
///
/// With a `message` the table holds log records, with a `value` samples one a row, else a series a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// The moment.
    pub time: Option<String>,
    /// The service.
    pub entity: Option<String>,
    /// The metric's name.
    pub metric: Option<String>,
    /// The metric's value.
    pub value: Option<String>,
    /// The text of a log record.
    pub message: Option<String>,
    /// The level of a log record.
    pub severity: Option<String>,
}

impl ColumnMap {
    /// Names that the readers know, for the columns that were named.
    fn pairs(&self) -> impl Iterator<Item = (&str, &'static str)> {
        [
            (&self.time, "timestamp"),
            (&self.entity, "service"),
            (&self.metric, "metric"),
            (&self.value, "value"),
            (&self.message, "message"),
            (&self.severity, "severity"),
        ]
        .into_iter()
        .filter_map(|(column, known)| Some((column.as_deref()?, known)))
    }

    /// What a column is called for the readers. One that has the name of another's role by chance loses it.
    pub(super) fn rename<'n>(&self, column: &'n str) -> Cow<'n, str> {
        if let Some((_, known)) = self.pairs().find(|(own, _)| *own == column) {
            return Cow::Borrowed(known);
        }
        if self.pairs().any(|(_, known)| known.eq_ignore_ascii_case(column)) {
            return Cow::Owned(format!("column.{column}"));
        }
        Cow::Borrowed(column)
    }

    /// The format that the named columns make; none where nothing was named.
    pub(super) fn format(&self) -> Option<&'static str> {
        self.pairs().next()?;
        Some(match (&self.message, &self.value) {
            (Some(_), _) => "csv-logs",
            (None, Some(_)) => "metrics",
            (None, None) => "csv-metrics",
        })
    }

    /// Fails where a named column is not there.
    pub(super) fn check(&self, header: &[&str]) -> std::result::Result<(), String> {
        match self.pairs().find(|(own, _)| !header.contains(own)) {
            Some((missing, _)) => {
                Err(format!("no column {missing:?}; there are {}", header.join(", ")))
            }
            None => Ok(()),
        }
    }
}

/// How long the first line of a table may be.
const HEADER: u64 = 1 << 20;

/// Reads a table by the columns that are named: CSV, or with the feature `arrow` Parquet and Arrow IPC as well. It may be
/// packed with gzip.
///
/// ```
/// use rca_core::connectors::{ColumnMap, Limits, read_table, unobserved};
///
/// let table = b"when,who,what\n2026-05-04T09:00:00Z,till,no paper\n";
/// let columns = ColumnMap {
///     time: Some("when".to_owned()),
///     entity: Some("who".to_owned()),
///     message: Some("what".to_owned()),
///     ..ColumnMap::default()
/// };
/// let batch = read_table("table", &mut &table[..], &columns, &Limits::default(), &unobserved)?;
/// assert_eq!(batch.telemetry.logs.iter().next().unwrap().message(), "no paper");
/// # Ok::<(), rca_core::Error>(())
/// ```
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a named column is missing or no format fits,
/// [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so, and what the source says.
pub fn read_table(
    name: &str,
    source: &mut dyn Read,
    columns: &ColumnMap,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    read_unpacked(name, source, limits, observer, &mut |source, reading, batch| {
        let place = reading.place();
        let failed = |reason: String| Error::invalid(place.clone(), reason);
        #[cfg(feature = "arrow")]
        let source = &mut {
            let mut start = Vec::new();
            reading.io(source.take(8).read_to_end(&mut start))?;
            let reader = super::columnar::reader(&start);
            let mut source = io::Cursor::new(start).chain(source);
            if let Some(read) = reader {
                return read(&mut source, columns, reading, batch);
            }
            source
        };
        let mut source = io::BufReader::new(source);
        let mut line = Vec::new();
        let looked = io::BufRead::read_until(&mut (&mut source).take(HEADER), b'\n', &mut line);
        reading.io(looked)?;
        let line = String::from_utf8_lossy(&line);
        let cells = split(line.trim_end()).map_err(failed)?;
        let header: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
        columns.check(&header).map_err(failed)?;
        let mut start = written(header.iter().map(|column| columns.rename(column)))
            .map_err(|error| failed(error.to_string()))?;
        let format = match columns.format() {
            Some(format) => Format::named(format)?,
            None => {
                // The names tell, with a first row.
                let looked =
                    io::BufRead::read_until(&mut (&mut source).take(HEADER), b'\n', &mut start);
                reading.io(looked)?;
                table_of(&start, reading.place())?
            }
        };
        reading.report.format = format.name;
        (format.read)(&mut io::Cursor::new(start).chain(source), reading, batch)
    })
}

/// The table format that the beginning of some CSV has.
pub(super) fn table_of(start: &[u8], place: Place) -> Result<&'static Format> {
    let format = Format::of("table", start)
        .filter(|format| ["metrics", "csv-metrics", "csv-logs"].contains(&format.name));
    format.ok_or_else(|| {
        let header = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let header = String::from_utf8_lossy(header);
        let reason = format!(
            "no table of metrics or logs: {header}; say which column is which with a `ColumnMap`"
        );
        Error::invalid(place, reason)
    })
}

/// A row as CSV.
pub(super) fn written<'c>(
    cells: impl Iterator<Item = Cow<'c, str>>,
) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.map(|cell| cell.into_owned()))?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::unobserved;
    use crate::model::Entity;

    fn read(table: &str, columns: &ColumnMap) -> Result<Batch> {
        read_table("table", &mut table.as_bytes(), columns, &Limits::default(), &unobserved)
    }

    fn named(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn columns_are_what_their_names_or_the_caller_say() {
        let table = "t,app.name,kpi,service,v\n2026-05-04T09:00:00Z,till,cpu,other,1.5\n";
        let columns = ColumnMap {
            time: named("t"),
            entity: named("app.name"),
            metric: named("kpi"),
            value: named("v"),
            ..ColumnMap::default()
        };
        let batch = read(table, &columns).unwrap();
        assert_eq!(batch.report.inputs[0].format, "metrics");
        assert_eq!(
            batch.telemetry.metrics.get(&Entity::service("till"), "cpu").unwrap().values,
            [1.5]
        );

        let wide = "t,till_cpu,till_mem,cart_cpu,cart_mem\n2026-05-04T09:00:00Z,1,2,3,4\n";
        let batch = read(wide, &ColumnMap { time: named("t"), ..ColumnMap::default() }).unwrap();
        assert!(batch.telemetry.metrics.get(&Entity::service("cart"), "mem").is_some());

        let usual = "timestamp,service,metric,value\n2026-05-04T09:00:00Z,till,cpu,1\n";
        assert_eq!(read(usual, &ColumnMap::default()).unwrap().report.read(), 1);
    }

    #[test]
    fn a_column_that_is_not_there_is_named() {
        let columns = ColumnMap { time: named("when"), ..ColumnMap::default() };
        let error = read("a,b\n1,2\n", &columns).unwrap_err().to_string();
        assert!(error.contains("\"when\"") && error.contains("a, b"), "{error}");
        let error = read("a,b\n1,2\n", &ColumnMap::default()).unwrap_err().to_string();
        assert!(error.contains("ColumnMap"), "{error}");
    }
}
