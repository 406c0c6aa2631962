//! Parquet and Arrow IPC: the columns are those of the CSV tables, and the rows go through the same readers.
//!
//! Record batches are written as CSV while they are read, so that the rules for columns can't drift apart. Arrow IPC,
//! files and streams, is read batch by batch. Parquet has its directory at the end, so that a file is held in memory
//! and can be no longer than a body ([`Limits::body_bytes`](crate::connectors::Limits::body_bytes)).
//!
//! Codecs: none, Snappy, LZ4 and gzip. Zstandard and Brotli are refused by name: write the file with another one.

use std::borrow::Cow;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, SecondsFormat};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;

use super::columns::{ColumnMap, table_of, written};
use crate::connectors::Batch;
use crate::connectors::format::{Certainty, Format};
use crate::connectors::reading::Reading;
use crate::error::{Error, Result};

pub(in crate::connectors) const FORMATS: &[Format] = &[
    Format {
        name: "parquet",
        about: "Parquet tables of metrics or logs, with the columns of the CSV ones",
        recognise: |sample| sample.bytes.starts_with(PARQUET).then_some(Certainty::Certain),
        read: |source, reading, batch| parquet(source, &ColumnMap::default(), reading, batch),
    },
    Format {
        name: "arrow-ipc",
        about: "Arrow IPC files and streams of metrics or logs, with the columns of the CSV ones",
        recognise: |sample| {
            let start = sample.bytes;
            (start.starts_with(FILE) || start.starts_with(STREAM)).then_some(Certainty::Certain)
        },
        read: |source, reading, batch| ipc(source, &ColumnMap::default(), reading, batch),
    },
];

const PARQUET: &[u8] = b"PAR1";
const FILE: &[u8] = b"ARROW1";
const STREAM: &[u8] = &[0xff; 4];
/// Rows that are in memory at a time.
const ROWS: usize = 1024;

type Reader = fn(&mut dyn Read, &ColumnMap, &mut Reading<'_>, &mut Batch) -> Result<()>;

/// What reads an input that begins like this.
pub(super) fn reader(start: &[u8]) -> Option<Reader> {
    if start.starts_with(PARQUET) {
        return Some(parquet);
    }
    (start.starts_with(FILE) || start.starts_with(STREAM)).then_some(ipc)
}

fn parquet(
    source: &mut dyn Read,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let bytes = bytes::Bytes::from(reading.body(source)?);
    let most = reading.limits.unpacked_bytes;
    let batches = guarded(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| e.to_string())?;
        let mut unpacked = 0u64;
        for group in builder.metadata().row_groups() {
            let size = u64::try_from(group.total_byte_size()).map_err(|e| e.to_string())?;
            unpacked = unpacked.saturating_add(size);
            for column in group.columns() {
                known_codec(column.compression())?;
            }
        }
        if unpacked > most {
            return Err(format!(
                "{unpacked} bytes when unpacked; raise the limit `unpacked_bytes` if it is meant so"
            ));
        }
        builder.with_batch_size(ROWS).build().map_err(|e| e.to_string())
    })
    .map_err(|reason| Error::invalid(reading.place(), format!("Parquet: {reason}")))?;
    rows(batches, columns, reading, batch)
}

fn known_codec(codec: Compression) -> std::result::Result<(), String> {
    match codec {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::LZ4
        | Compression::LZ4_RAW => Ok(()),
        other => Err(format!(
            "packed with {}, which is not read; write it with snappy, lz4 or gzip",
            other.to_string().split('(').next().unwrap_or_default()
        )),
    }
}

/// A file is eight bytes, a stream, and a directory that a stream does not need.
fn ipc(
    source: &mut dyn Read,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut magic = Vec::new();
    let looked = (&mut *source).take(8).read_to_end(&mut magic);
    reading.io(looked)?;
    let is_file = magic.starts_with(FILE);
    let start = io::Cursor::new(if is_file { Vec::new() } else { magic });
    let stream = start.chain(reading.metered(source));
    let batches = guarded(|| StreamReader::try_new(stream, None).map_err(|e| e.to_string()))
        .map_err(|reason| Error::invalid(reading.place(), format!("Arrow IPC: {reason}")))?;
    rows(batches, columns, reading, batch)
}

/// What a reader of someone else's makes of damaged input must not end the program.
fn guarded<T>(
    run: impl FnOnce() -> std::result::Result<T, String>,
) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("damaged".to_owned()))
}

fn rows<E: std::fmt::Display>(
    batches: impl Iterator<Item = std::result::Result<RecordBatch, E>>,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let mut rows = Rows { batches, columns, text: Vec::new(), at: 0, begun: false };
    let begun = guarded_io(|| rows.fill());
    reading.io(begun)?;
    let format = match columns.format() {
        Some(name) => Format::named(name)?,
        None => table_of(&rows.text, reading.place())?,
    };
    (format.read)(&mut rows, reading, batch)
}

fn guarded_io<T>(run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(invalid("damaged")))
}

fn invalid(reason: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_string())
}

/// Record batches as the text of a CSV file.
struct Rows<'c, I> {
    batches: I,
    columns: &'c ColumnMap,
    text: Vec<u8>,
    at: usize,
    begun: bool,
}

impl<I, E> Rows<'_, I>
where
    I: Iterator<Item = std::result::Result<RecordBatch, E>>,
    E: std::fmt::Display,
{
    /// Writes the next rows; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.text.clear();
        self.at = 0;
        let Some(batch) = self.batches.next() else { return Ok(false) };
        let batch = batch.map_err(invalid)?;
        if !self.begun {
            self.begun = true;
            let schema = batch.schema();
            let header: Vec<&str> =
                schema.fields().iter().map(|field| field.name().as_str()).collect();
            self.columns.check(&header).map_err(invalid)?;
            let header = header.iter().map(|column| self.columns.rename(column));
            self.text = written(header).map_err(invalid)?;
        }
        let mut writer = csv::Writer::from_writer(&mut self.text);
        let options = FormatOptions::default().with_display_error(true);
        let cells: Vec<Cells<'_>> = batch
            .columns()
            .iter()
            .map(|column| Cells::new(column.as_ref(), &options))
            .collect::<io::Result<_>>()?;
        for row in 0..batch.num_rows() {
            for column in &cells {
                writer.write_field(column.text(row).as_bytes()).map_err(invalid)?;
            }
            writer.write_record(None::<&[u8]>).map_err(invalid)?;
        }
        writer.flush()?;
        Ok(true)
    }
}

impl<I, E> Read for Rows<'_, I>
where
    I: Iterator<Item = std::result::Result<RecordBatch, E>>,
    E: std::fmt::Display,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() {
            if !guarded_io(|| self.fill())? {
                return Ok(0);
            }
        }
        let count = self.text.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

/// The cells of a column as text.
enum Cells<'a> {
    /// Moments, whatever their unit; with a zone they are in UTC, without one the readers say what they assumed.
    Times(&'a dyn Array, TimeUnit, bool),
    Others(ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn new(column: &'a dyn Array, options: &FormatOptions<'a>) -> io::Result<Self> {
        Ok(match column.data_type() {
            DataType::Timestamp(unit, zone) => Self::Times(column, *unit, zone.is_some()),
            _ => Self::Others(ArrayFormatter::try_new(column, options).map_err(invalid)?),
        })
    }

    fn text(&self, row: usize) -> Cow<'_, str> {
        match self {
            Self::Others(formatter) => Cow::Owned(formatter.value(row).to_string()),
            Self::Times(column, _, _) if column.is_null(row) => Cow::Borrowed(""),
            Self::Times(column, unit, zoned) => {
                let time = match unit {
                    TimeUnit::Second => {
                        let seconds = column.as_primitive::<TimestampSecondType>().value(row);
                        DateTime::from_timestamp(seconds, 0)
                    }
                    TimeUnit::Millisecond => DateTime::from_timestamp_millis(
                        column.as_primitive::<TimestampMillisecondType>().value(row),
                    ),
                    TimeUnit::Microsecond => DateTime::from_timestamp_micros(
                        column.as_primitive::<TimestampMicrosecondType>().value(row),
                    ),
                    TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(
                        column.as_primitive::<TimestampNanosecondType>().value(row),
                    )),
                };
                // Years beyond those of chrono have no text; the row is refused for its time.
                let text = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
                let text = text.unwrap_or_else(|| "beyond all years".to_owned());
                Cow::Owned(if *zoned { text } else { text.trim_end_matches('Z').to_owned() })
            }
        }
    }
}
