//! Rows of CSV in bounded memory: a quoted cell may go on in the next lines, but not for ever.

use std::borrow::Cow;
use std::io::Read;

use crate::connectors::reading::Reading;
use crate::error::Result;

/// The cells of a row. Quotes are rare, so the CSV parser is only asked where there are some.
pub(super) fn split(row: &str) -> std::result::Result<Vec<Cow<'_, str>>, String> {
    let row = row.strip_prefix('\u{feff}').unwrap_or(row);
    if memchr::memchr(b'"', row.as_bytes()).is_none() {
        return Ok(row.split(',').map(Cow::Borrowed).collect());
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Ok(record.iter().map(|cell| Cow::Owned(cell.to_owned())).collect()),
        Ok(false) => Ok(Vec::new()),
        Err(_) => Err("not a line of CSV".to_owned()),
    }
}

/// Lines that were taken as parts of a row that goes on; the report counts them here.
pub(super) const PARTS: &str = "lines of cells that go on";

/// What is done with a row.
type Take<'t> =
    &'t mut dyn FnMut(&[Cow<'_, str>], &mut Reading<'_>) -> std::result::Result<u64, String>;

/// Reads row by row; blank lines are none.
pub(super) fn each(source: &mut dyn Read, reading: &mut Reading<'_>, take: Take<'_>) -> Result<()> {
    let mut open = String::new();
    let mut take = |row: &str, reading: &mut Reading<'_>| {
        let count = take(&split(row)?, reading)?;
        if reading.preamble.is_empty() {
            reading.preamble = row.as_bytes().to_vec();
        }
        Ok(count)
    };
    reading.lines(source, &mut |line, reading| {
        let quotes = memchr::memchr_iter(b'"', line.as_bytes()).count();
        if open.is_empty() && quotes.is_multiple_of(2) {
            if line.trim().is_empty() {
                return Ok(0);
            }
            return take(line, reading);
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(line);
        if memchr::memchr_iter(b'"', open.as_bytes()).count().is_multiple_of(2) {
            let row = std::mem::take(&mut open);
            let outcome = take(&row, reading);
            reading.whole = Some(row.into_bytes());
            return outcome;
        }
        if open.len() > LONGEST {
            reading.whole = Some(std::mem::take(&mut open).into_bytes());
            return Err(format!("a quoted cell of more than {LONGEST} bytes: is a quote missing?"));
        }
        reading.note(PARTS);
        Ok(0)
    })?;
    if !open.is_empty() {
        reading.refuse("a quoted cell that is not closed".to_owned());
    }
    Ok(())
}

/// So long may a row with quoted cells be; a missing quote must not take the rest of the file with it.
const LONGEST: usize = 64 << 10;
