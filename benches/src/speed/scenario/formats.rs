//! Formats of telemetry from bytes to records, on one thread, beside parsers that stop at values.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use rca_core::Inquiry;
use rca_core::connectors::{Format, Limits, Redaction, read, unobserved};

use crate::speed::clock::{Cost, alternate, measure};
use crate::speed::data::{logs, payloads};
use crate::speed::row::{Goal, Row, number};
use crate::speed::{Bench, Result, peer};

/// A peer in this process: what it makes of all bytes.
type Parse = fn(&[u8]) -> Result<usize>;

struct Payload {
    format: &'static str,
    bytes: Vec<u8>,
    peers: &'static [(&'static str, Parse)],
    /// What Python's own parser is called in the script.
    python: Option<&'static str>,
}

/// Every family, then the redaction that is a part of reading all of them.
///
/// # Errors
///
/// When a payload is not read whole, or a peer that is there fails.
pub fn all(bench: &Bench) -> Result<Vec<Row>> {
    let size = bench.scaled(24 << 20, 200 << 10);
    let folder = bench.fresh_folder()?;
    let otlp = payloads::otlp_json(size);
    let protobuf = payloads::otlp_protobuf(&otlp)?;
    let payloads = [
        Payload {
            format: "otlp-json",
            bytes: otlp.into_bytes(),
            peers: &[("serde_json::Value", values), ("opentelemetry-proto", official_json)],
            python: Some("json"),
        },
        Payload {
            format: "otlp-protobuf",
            bytes: protobuf,
            peers: &[("opentelemetry-proto", official_protobuf)],
            python: None,
        },
        Payload {
            format: "json-log",
            bytes: payloads::json_logs(size).into_bytes(),
            peers: &[("serde_json::Value", values)],
            python: Some("json"),
        },
        Payload {
            format: "csv-metrics",
            bytes: payloads::csv_metrics(size).into_bytes(),
            peers: &[("csv, cells only", cells)],
            python: Some("csv"),
        },
        Payload {
            format: "junit",
            bytes: payloads::junit(size).into_bytes(),
            peers: &[("quick-xml, raw events", raw_events)],
            python: Some("xml"),
        },
    ];
    let mut rows = Vec::new();
    for payload in &payloads {
        let file = folder.path().join(payload.format);
        std::fs::write(&file, &payload.bytes)?;
        rows.extend(lines(bench, payload, &file)?);
    }
    rows.push(redaction(bench)?);
    Ok(rows)
}

fn lines(bench: &Bench, payload: &Payload, file: &Path) -> Result<Vec<Row>> {
    let Payload { format, bytes, peers, python } = payload;
    let size = bytes.len();
    let work = format!("{format}, {} MB to records", size / 1_000_000);
    let format = Format::named(format)?;
    let ours = || {
        let (cost, refused) = measure(|| {
            let limits = Limits::default();
            let batch = read("payload", &mut bytes.as_slice(), Some(format), &limits, &unobserved)?;
            Ok(batch.report.refused())
        })?;
        if refused == 0 {
            Ok(cost)
        } else {
            Err(format!("{}: {refused} refused", format.name).into())
        }
    };
    let mut rows = Vec::new();
    for (name, parse) in *peers {
        let theirs = || measure(|| parse(bytes)).map(|(cost, count)| (black_box(count), cost).1);
        rows.push(rate(&work, name, size, alternate(bench.rounds, ours, theirs)?));
    }
    if let Some(module) = python {
        let name = format!("Python's {module}");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/parse.py");
        let run = || peer::run(Command::new("python3").arg(&script).arg(module).arg(file));
        let there = Command::new("python3").arg("--version").output().is_ok();
        rows.push(match there {
            true => rate(&work, &name, size, alternate(bench.rounds.min(3), ours, run)?),
            false => Row {
                theirs: "not there".to_owned(),
                ..rate(&work, &name, size, (ours()?, Cost::default()))
            },
        });
    }
    Ok(rows)
}

/// Megabytes a second, ours and the peer's.
fn rate(work: &str, peer: &str, bytes: usize, (ours, theirs): (Cost, Cost)) -> Row {
    let rate = |cost: Cost| format!("{} MB/s", number(bytes as f64 / 1e6 / cost.wall));
    Row {
        work: work.to_owned(),
        peer: peer.to_owned(),
        ours: rate(ours),
        theirs: rate(theirs),
        value: (theirs.wall > 0.0).then(|| theirs.wall / ours.wall),
        goal: Goal::Open,
    }
}

fn values(bytes: &[u8]) -> Result<usize> {
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>() {
        values.push(value?);
    }
    Ok(values.len())
}

fn official_json(bytes: &[u8]) -> Result<usize> {
    let mut requests = Vec::new();
    let all = serde_json::Deserializer::from_slice(bytes);
    for request in all.into_iter::<ExportTraceServiceRequest>() {
        requests.push(request?);
    }
    Ok(requests.len())
}

fn official_protobuf(mut bytes: &[u8]) -> Result<usize> {
    let mut requests = Vec::new();
    while !bytes.is_empty() {
        requests.push(ExportTraceServiceRequest::decode_length_delimited(&mut bytes)?);
    }
    Ok(requests.len())
}

fn cells(bytes: &[u8]) -> Result<usize> {
    let mut count = 0;
    for record in csv::Reader::from_reader(bytes).records() {
        count += record?.len();
    }
    Ok(count)
}

fn raw_events(bytes: &[u8]) -> Result<usize> {
    let (mut reader, mut buffer) = (quick_xml::Reader::from_reader(bytes), Vec::new());
    let mut count = 0;
    loop {
        match reader.read_event_into(&mut buffer)? {
            quick_xml::events::Event::Eof => return Ok(count),
            _ => count += 1,
        }
        buffer.clear();
    }
}

/// All rules on lines that have nothing to blot out, as most have.
fn redaction(bench: &Bench) -> Result<Row> {
    let text = logs::lines(bench.scaled(200_000, 2000));
    let redaction = Redaction::standard();
    let (cost, _) = measure(|| {
        Ok(text.lines().map(|line| black_box(redaction.text(line)).0.len()).sum::<usize>())
    })?;
    let mut row = rate("redaction of log lines", "-", text.len(), (cost, Cost::default()));
    row.theirs = "-".to_owned();
    Ok(row)
}

/// Tells this program to be the process that reads a folder.
pub const READER: &str = "--reader";

/// Most memory while a folder of logs is read, in megabytes.
const MOST_MEMORY: f64 = 512.0;

/// Memory of a process that investigates a folder of logs. Only where a size was asked for.
///
/// # Errors
///
/// When the folder can't be written or read.
pub fn folder(bench: &Bench) -> Result<Vec<Row>> {
    let Some(gigabytes) = bench.log_folder_gb else { return Ok(Vec::new()) };
    let folder = bench.fresh_folder()?;
    let lines = logs::lines(bench.scaled(2_000_000, 2000));
    let (total, mut written, mut files) = (gigabytes * 1_000_000_000, 0, 0);
    while written < total {
        let mut file = std::fs::File::create(folder.path().join(format!("part-{files:03}.log")))?;
        file.write_all(lines.as_bytes())?;
        written += lines.len() as u64;
        files += 1;
    }
    let mut reader = Command::new(std::env::current_exe()?);
    reader.arg(READER).arg(folder.path());
    let (cost, out) = measure(|| Ok(reader.output()?))?;
    if !out.status.success() {
        return Err(format!("the reader ended with {}", out.status).into());
    }
    let peak: f64 = String::from_utf8(out.stdout)?.trim().parse()?;
    let speed = number(written as f64 / 1e6 / cost.wall);
    Ok(vec![Row {
        work: format!("{gigabytes} GB of logs in {files} files, peak memory (MB)"),
        peer: "-".to_owned(),
        ours: format!("{} MB, {speed} MB/s", number(peak)),
        theirs: "-".to_owned(),
        value: Some(peak),
        goal: Goal::AtMost(MOST_MEMORY),
    }])
}

/// Investigates a folder and prints the most memory that this process had, in megabytes.
///
/// # Errors
///
/// What the reader says.
pub fn be_the_reader(folder: &Path) -> Result<()> {
    let before = Some("2026-12-31T00:00:00Z".parse()?);
    let limits = Limits { before, ..Limits::default() };
    let answer = Inquiry::new().with_path(folder).with_limits(limits).run(&unobserved)?;
    black_box(&answer);
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF)?;
    writeln!(std::io::stdout(), "{}", usage.max_rss() as f64 / 1e3)?;
    Ok(())
}
