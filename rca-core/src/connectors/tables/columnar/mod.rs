//! Parquet and Arrow IPC: the columns are those of the CSV tables, and the rows go through the same readers.
//!
//! Rows are written as CSV while they are read, so that the rules for columns can't drift apart. A file is held in
//! memory and can be no longer than a body ([`Limits::body_bytes`]); what is unpacked of it at a time neither. All of
//! it, and the rows as text, may be [`Limits::unpacked_bytes`] and [`Limits::gzip_ratio`] times the file.
//!
//! The readers are our own. A table is flat, which leaves little to read; and the crates for these formats reserve what
//! a file claims to need, which a damaged one does in hundreds of gigabytes. Here no length is believed before the
//! bytes or the limits bear it out.
//!
//! Codecs: Snappy, LZ4, gzip and Zstandard. Brotli, LZO and the LZ4 of old are refused by name.

mod budget;
mod cell;
mod codec;
mod encoding;
mod flat;
mod ipc;
mod page;
mod parquet;
mod schema;
mod thrift;

use std::io::{self, Read};

use self::budget::Budget;
use self::cell::Line;
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
        read: |source, reading, batch| arrow(source, &ColumnMap::default(), reading, batch),
    },
];

const PARQUET: &[u8] = b"PAR1";
const FILE: &[u8] = b"ARROW1";
const STREAM: &[u8] = &[0xff; 4];
/// Text that is made before it is handed on.
const CHUNK: usize = 64 << 10;

/// Longest names of all columns together.
const NAMES: usize = 1 << 20;

/// What is wrong with a file, in words.
type Parsed<T> = std::result::Result<T, String>;

type Reader = fn(&mut dyn Read, &ColumnMap, &mut Reading<'_>, &mut Batch) -> Result<()>;

/// What reads an input that begins like this.
pub(super) fn reader(start: &[u8]) -> Option<Reader> {
    if start.starts_with(PARQUET) {
        return Some(parquet);
    }
    (start.starts_with(FILE) || start.starts_with(STREAM)).then_some(arrow)
}

fn parquet(
    source: &mut dyn Read,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let bytes = reading.body(source)?;
    let budget = Budget::new(bytes.len(), reading.limits);
    match parquet::Table::open(&bytes, budget) {
        Ok(table) => read_rows(table, bytes.len(), columns, reading, batch),
        Err(reason) => Err(Error::invalid(reading.place(), format!("Parquet: {reason}"))),
    }
}

fn arrow(
    source: &mut dyn Read,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let bytes = reading.body(source)?;
    let budget = Budget::new(bytes.len(), reading.limits);
    match ipc::Table::open(&bytes, budget) {
        Ok(table) => read_rows(table, bytes.len(), columns, reading, batch),
        Err(reason) => Err(Error::invalid(reading.place(), format!("Arrow IPC: {reason}"))),
    }
}

/// A column that is no cell: it is left out, and the report says so.
#[derive(Debug)]
struct LeftOut {
    column: String,
    why: &'static str,
}

/// A table, row by row.
trait Rows {
    /// Of the columns that are read.
    fn names(&self) -> Vec<String>;

    fn left_out(&self) -> &[LeftOut];

    /// Writes the next row; `false` at the end.
    fn row(&mut self, line: &mut Line<'_>) -> Parsed<bool>;

    fn budget(&mut self) -> &mut Budget;

    /// What there is to say about the file when it was read.
    fn note(&self) -> Option<&'static str> {
        None
    }
}

fn read_rows(
    rows: impl Rows,
    length: usize,
    columns: &ColumnMap,
    reading: &mut Reading<'_>,
    batch: &mut Batch,
) -> Result<()> {
    let failed = |reading: &Reading<'_>, reason| Error::invalid(reading.place(), reason);
    for LeftOut { column, why } in rows.left_out() {
        reading.note(&format!("column {column:?} was left out: {why} is no cell of a table"));
    }
    let names = rows.names();
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    columns.check(&header).map_err(|reason| failed(reading, reason))?;
    let text = written(header.iter().map(|column| columns.rename(column)))
        .map_err(|error| failed(reading, error.to_string()))?;
    let mut text =
        Text { rows, longest: reading.limits.record_bytes.saturating_add(1), text, at: 0 };
    let begun = text.fill();
    reading.io(begun)?;
    let format = match columns.format() {
        Some(name) => Format::named(name)?,
        None => table_of(&text.text, reading.place())?,
    };
    // Rows that are refused are kept as text, and read again as such.
    reading.report.format = format.name;
    (format.read)(&mut text, reading, batch)?;
    if let Some(note) = text.rows.note() {
        reading.note(note);
    }
    reading.report.bytes = length as u64;
    Ok(())
}

/// Rows as the text of a CSV file.
struct Text<R> {
    rows: R,
    longest: usize,
    text: Vec<u8>,
    at: usize,
}

impl<R: Rows> Text<R> {
    /// Writes rows behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        while self.text.len() < CHUNK {
            let before = self.text.len();
            let mut line = Line::new(&mut self.text, self.longest);
            let more = self.rows.row(&mut line).map_err(invalid)?;
            if !more {
                self.text.truncate(before);
                break;
            }
            self.text.push(b'\n');
            self.rows.budget().write(self.text.len() - before).map_err(invalid)?;
        }
        Ok(())
    }
}

fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl<R: Rows> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.text.len() {
            self.text.clear();
            self.text.shrink_to(2 * CHUNK);
            self.at = 0;
            self.fill()?;
        }
        let count = self.text.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

/// A length or a place in a file.
fn size(number: i64) -> Parsed<usize> {
    usize::try_from(number).map_err(|_| format!("damaged: a length of {number}"))
}

#[cfg(test)]
mod tests;
