//! One input, whatever it is.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::unpack::{unpack, unpack_body};
use super::{Batch, Format, Reading};
use crate::connectors::intake::Hints;
use crate::connectors::pieces::{Pieces, TakePiece};
use crate::connectors::{InputReport, Limits, Observer, git};
use crate::error::{Error, Place, Result};
use crate::time::nanos;

/// How much of an input is looked at to tell its format.
const LOOK: u64 = 256 << 10;
/// Of all inputs of a folder together so many times the refused bytes of one are kept.
const KEPT_INPUTS: usize = 16;

/// Reads one input: unpacks gzip, tells the format by the content unless one is given, and reads it.
///
/// Order is that of the input; [`Batch::sort`] makes it canonical. Damaged records are counted and described in the
/// report; they are no errors.
///
/// # Errors
///
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when no format fits (the message names the formats),
/// [`Cancelled`](crate::ErrorKind::Cancelled) when the observer says so, and what the source says.
pub fn read(
    name: &str,
    source: &mut dyn Read,
    format: Option<&Format>,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    let mut batch = Batch::default();
    read_into(name, source, format, Hints::default(), limits, observer, None, &mut batch)?;
    Ok(batch)
}

/// Reads one request body of which more is known than its content.
pub(in crate::connectors) fn read_delivery(
    source: &mut dyn Read,
    format: Option<&Format>,
    hints: Hints,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    let mut batch = Batch::default();
    read_into("delivery", source, format, hints, limits, observer, None, &mut batch)?;
    Ok(batch)
}

#[expect(clippy::too_many_arguments, reason = "all that is known of an input")]
fn read_into(
    name: &str,
    source: &mut dyn Read,
    format: Option<&Format>,
    hints: Hints,
    limits: &Limits,
    observer: Observer<'_>,
    pieces: Option<(usize, &mut TakePiece<'_>)>,
    batch: &mut Batch,
) -> Result<()> {
    let failed = |error: io::Error| failed(name, error);
    let mut magic = Vec::new();
    (&mut *source).take(2).read_to_end(&mut magic).map_err(failed)?;
    // Files are read as a stream, up to the limit of their own; a body is taken as a whole.
    let unpack = if hints.received.is_some() { unpack_body } else { unpack };
    let mut source = unpack(magic, source, limits);
    let mut start = Vec::new();
    source.by_ref().take(LOOK).read_to_end(&mut start).map_err(failed)?;
    let found = match format {
        Some(format) => format,
        None => Format::of(name, &start).ok_or_else(|| unknown(name))?,
    };
    let mut reading = Reading::new(name, found.name, limits, observer);
    if let Some((most, take)) = pieces {
        reading = reading.in_pieces(Pieces::new(most, take));
    }
    reading.before = reading.before.or(hints.received.or(hints.written).map(nanos));
    reading.hints = hints;
    let mut input = Batch::default();
    match (found.read)(&mut io::Cursor::new(start).chain(source), &mut reading, &mut input) {
        // What was handed over can't be taken back: the account says how far it goes.
        Err(Error::InvalidInput { reason, .. }) if reading.came_apart() => {
            reading.note(&format!("not read to the end: {reason}"));
        }
        outcome => outcome?,
    }
    let mut report = reading.close()?;
    let before: usize = batch.report.inputs.iter().map(InputReport::kept_bytes).sum();
    report.keep_at_most(limits.kept_bytes.saturating_mul(KEPT_INPUTS).saturating_sub(before));
    batch.admit(input, report, limits);
    Ok(())
}

fn failed(name: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        // Packed, and cut off.
        | io::ErrorKind::UnexpectedEof => {
            let place = Place { input: Some(name.to_owned()), ..Place::default() };
            Error::invalid(place, error.to_string())
        }
        _ => Error::io("read", name, error),
    }
}

/// What is done with an unpacked input.
type Take<'t> = &'t mut dyn FnMut(&mut dyn Read, &mut Reading<'_>, &mut Batch) -> Result<()>;

/// Reads an input of which the caller knows what it is.
pub(in crate::connectors) fn read_unpacked(
    name: &str,
    source: &mut dyn Read,
    limits: &Limits,
    observer: Observer<'_>,
    take: Take<'_>,
) -> Result<Batch> {
    let mut magic = Vec::new();
    (&mut *source).take(2).read_to_end(&mut magic).map_err(|error| failed(name, error))?;
    let mut source = unpack(magic, source, limits);
    let mut reading = Reading::new(name, "table", limits, observer);
    let (mut input, mut batch) = (Batch::default(), Batch::default());
    take(&mut *source, &mut reading, &mut input)?;
    let report = reading.close()?;
    batch.admit(input, report, limits);
    Ok(batch)
}

fn unknown(name: &str) -> Error {
    let names: Vec<&str> = Format::all().map(|format| format.name).collect();
    let place = Place { input: Some(name.to_owned()), ..Place::default() };
    Error::invalid(
        place,
        format!("not recognised; if it is one of {}, name it as the format", names.join(", ")),
    )
}

/// Reads any mix of files and folders, everything in canonical order.
///
/// A file given by name must have a format; in folders (walked to the end, hidden names left alone) what no reader
/// knows is listed as ignored, with the reason. Of the same event in two inputs the first stays.
///
/// # Errors
///
/// [`NotFound`](crate::ErrorKind::NotFound) for a path that is not there, otherwise like [`read`].
pub fn read_paths(
    paths: &[PathBuf],
    format: Option<&Format>,
    limits: &Limits,
    observer: Observer<'_>,
) -> Result<Batch> {
    let mut batch = Batch::default();
    for path in paths {
        read_path(path, format, limits, observer, None, &mut batch)?;
    }
    batch.sort();
    Ok(batch)
}

/// Reads a file or folder like [`read_paths`] and hands over its telemetry in pieces, which take about so many bytes
/// of memory at most: whenever there is so much of one input, and at the end of each. Events, and the account, come at
/// the end.
///
/// Metrics of one input are one piece: totals are compared over all of it.
pub(crate) fn read_in_pieces(
    path: &Path,
    format: Option<&Format>,
    limits: &Limits,
    observer: Observer<'_>,
    most: usize,
    take: &mut TakePiece<'_>,
) -> Result<Batch> {
    let mut batch = Batch::default();
    read_path(path, format, limits, observer, Some((most, take)), &mut batch)?;
    batch.sort();
    Ok(batch)
}

fn read_path(
    path: &Path,
    format: Option<&Format>,
    limits: &Limits,
    observer: Observer<'_>,
    mut pieces: Option<(usize, &mut TakePiece<'_>)>,
    batch: &mut Batch,
) -> Result<()> {
    if !path.exists() {
        return Err(Error::PathNotFound {
            path: path.to_owned(),
            hint: "give files or folders of telemetry, alerts and changes".to_owned(),
        });
    }
    let mut read = |file: &Path, batch: &mut Batch| {
        let Some((most, take)) = &mut pieces else {
            return read_file(file, format, limits, observer, None, batch);
        };
        read_file(file, format, limits, observer, Some((*most, &mut **take)), batch)?;
        let rest = std::mem::take(&mut batch.telemetry);
        if rest.is_empty() { Ok(()) } else { take(rest) }
    };
    if !path.is_dir() {
        return read(path, batch);
    }
    for file in below(path)?.files {
        match read(&file, batch) {
            Ok(()) => {}
            Err(Error::InvalidInput { place, reason }) => {
                batch.report.ignored.push(format!("{place}: {reason}"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn read_file(
    path: &Path,
    format: Option<&Format>,
    limits: &Limits,
    observer: Observer<'_>,
    pieces: Option<(usize, &mut TakePiece<'_>)>,
    batch: &mut Batch,
) -> Result<()> {
    let mut file = fs::File::open(path).map_err(|error| Error::io("open", path, error))?;
    let written = file.metadata().and_then(|about| about.modified()).ok();
    let written = written.map(DateTime::<Utc>::from);
    let hints = Hints { written, ..Hints::default() };
    let name = path.display().to_string();
    read_into(&name, &mut file, format, hints, limits, observer, pieces, batch)
}

/// Git repositories below a folder, by name: [`read_paths`] leaves them to
/// [`git::Repository`](crate::connectors::git::Repository).
///
/// # Errors
///
/// What the file system says.
pub fn repositories_below(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(if folder.is_dir() { below(folder)?.repositories } else { Vec::new() })
}

/// What is below a folder.
#[derive(Default)]
struct Below {
    files: Vec<PathBuf>,
    repositories: Vec<PathBuf>,
}

/// Files and repositories below a folder, by name. Hidden ones are left alone, links are not followed.
fn below(folder: &Path) -> Result<Below> {
    let (mut open, mut found) = (vec![folder.to_owned()], Below::default());
    while let Some(at) = open.pop() {
        let failed = |error| Error::io("list", &at, error);
        for entry in fs::read_dir(&at).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(failed)?;
            let path = entry.path();
            if kind.is_dir() && git::is_repository(&path) {
                found.repositories.push(path);
            } else if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                found.files.push(path);
            }
        }
    }
    found.files.sort();
    found.repositories.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::connectors::unobserved;
    use crate::signal::Telemetry;

    /// A folder with each way in which telemetry comes by.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let (mut text, mut cri, mut json) = (String::new(), String::new(), String::new());
        let (mut otlp, mut spans) = (String::new(), String::new());
        for n in 0..1500u64 {
            let time = format!("2026-05-04T09:{:02}:{:02}.{:03}Z", n / 60 % 60, n % 60, n % 997);
            let nanos = 1_777_885_200_000_000_000 + n * 1_000_000_000;
            writeln!(text, "{time} ERROR [w-{}] order {n} lost", n % 4).unwrap();
            writeln!(text, "\tat shop.Order.pay(Order.java:{})", n % 90).unwrap();
            writeln!(cri, "{time} stderr F {time} ERROR order {n} lost").unwrap();
            writeln!(cri, "{time} stdout F {time} INFO still here").unwrap();
            writeln!(cri, "{time} stderr F \tat shop.Order.pay(Order.java:7)").unwrap();
            writeln!(json, r#"{{"time":"{time}","level":"info","msg":"paid","user":{n}}}"#)
                .unwrap();
            writeln!(
                otlp,
                r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"a"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{n:032x}","spanId":"{n:016x}","name":"x","startTimeUnixNano":"{nanos}","endTimeUnixNano":"{nanos}"}}]}}]}}]}}"#
            )
            .unwrap();
            writeln!(
                spans,
                r#"{{"trace_id":"{n}","span_id":"1","service":"b","name":"y","start":"{time}","duration_ms":3}}"#
            )
            .unwrap();
        }
        let files = [("text.log", text), ("cri.log", cri), ("json.log", json)];
        for (name, content) in
            files.into_iter().chain([("otlp.json", otlp), ("traces.json", spans)])
        {
            fs::write(folder.path().join(name), content).unwrap();
        }
        fs::write(folder.path().join("broken.log"), [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6]).unwrap();
        folder
    }

    fn rows(telemetry: &mut Telemetry) -> Vec<String> {
        telemetry.sort();
        let logs = telemetry.logs.iter().map(|log| {
            let attributes: Vec<_> = log.attributes().collect();
            format!("{} {} {:?} {attributes:?}", log.time(), log.service(), log.message())
        });
        let spans =
            telemetry.spans.iter().map(|s| format!("{} {} {}", s.trace(), s.id(), s.start()));
        logs.chain(spans).collect()
    }

    #[test]
    fn pieces_put_together_are_the_whole_and_the_account_is_the_same() {
        let folder = folder();
        let limits = Limits::default();
        let mut whole =
            read_paths(&[folder.path().to_owned()], None, &limits, &unobserved).unwrap();
        assert_eq!(whole.telemetry.logs.len(), 1500 * 4);
        for most in [1, 20_000] {
            let (mut all, mut pieces) = (Telemetry::default(), 0);
            let mut take = |piece: Telemetry| {
                pieces += 1;
                all.append(piece);
                Ok(())
            };
            let read =
                read_in_pieces(folder.path(), None, &limits, &unobserved, most, &mut take).unwrap();
            assert!(pieces > 20 && read.telemetry.is_empty(), "{pieces}");
            assert!(rows(&mut all) == rows(&mut whole.telemetry), "pieces of {most} bytes");
            assert_eq!(read.report, whole.report);
        }
    }

    #[test]
    fn who_takes_no_more_ends_the_reading() {
        let folder = folder();
        let mut pieces = 0;
        let mut take = |_: Telemetry| {
            pieces += 1;
            if pieces < 3 { Ok(()) } else { Err(Error::Cancelled) }
        };
        let limits = Limits::default();
        let read = read_in_pieces(folder.path(), None, &limits, &unobserved, 9, &mut take);
        assert!(matches!(read, Err(Error::Cancelled)), "{read:?}");
        assert_eq!(pieces, 3);
    }
}
