//! A window of telemetry that is scanned in shards: as many workers as there are, the same bytes.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use rca_core::detect::{Partial, Scope};
use rca_core::time::{TimeRange, from_nanos};

use crate::speed::clock::{Cost, measure};
use crate::speed::data::window;
use crate::speed::row::{Goal, Row, both};
use crate::speed::{Bench, Result};

/// Bytes that a worker reads at a time.
const BLOCK: usize = 8 << 20;

/// One, two and eight workers scan the same file. Each makes one partial state of its blocks and hands over
/// bytes, as workers on other machines would; the states are added up and judged.
///
/// # Errors
///
/// When the states or the findings of two runs differ by a byte, or what the file system says.
pub fn workers(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.fresh_folder()?;
    let path = folder.path().join("window.tsv");
    let size = if bench.smoke { 2_000_000 } else { bench.scan_megabytes * 1_000_000 };
    let mut file = BufWriter::new(File::create(&path)?);
    window::write(&mut file, size)?;
    file.flush()?;
    drop(file);
    let blocks = blocks(&path, if bench.smoke { 100_000 } else { BLOCK })?;
    let size = blocks.last().map_or(0, |block| block.1);
    let mut rows = Vec::new();
    let mut first: Option<(Cost, Answer)> = None;
    for workers in [1, 2, 8] {
        forget_peak();
        let (cost, answer) = measure(|| scan(&path, &blocks, workers))?;
        let peak = peak().map_or("?".to_owned(), |bytes| format!("{} MB", bytes / 1_000_000));
        let (cost_of_one, same) = match &first {
            None => (cost, true),
            Some((cost, expected)) => (*cost, *expected == answer),
        };
        if !same {
            return Err(format!("{workers} workers give other bytes than one").into());
        }
        rows.push(Row {
            work: format!(
                "{} MB to {} findings, {workers} workers, state of {} MB: same bytes",
                size / 1_000_000,
                answer.count,
                answer.state.len() / 1_000_000
            ),
            peer: "1 worker".to_owned(),
            ours: format!("{}, {:.0} MB/s, peak {peak}", both(cost), size as f64 / 1e6 / cost.wall),
            theirs: both(cost_of_one),
            value: Some(cost_of_one.wall / cost.wall),
            goal: Goal::Open,
        });
        first = Some(first.unwrap_or((cost, answer)));
    }
    Ok(rows)
}

#[derive(Debug, PartialEq)]
struct Answer {
    state: Vec<u8>,
    findings: String,
    count: usize,
}

fn scan(path: &Path, blocks: &[(usize, usize)], workers: usize) -> Result<Answer> {
    let range = TimeRange { start: from_nanos(0), end: from_nanos(window::HOUR) };
    let states: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || -> Result<Vec<u8>> {
                    let mut partial = Partial::within(range);
                    let mut file = File::open(path)?;
                    for block in blocks.iter().skip(worker).step_by(workers) {
                        partial.absorb(&window::read(&block_text(&mut file, *block)?)?);
                    }
                    Ok(partial.to_bytes()?)
                })
            })
            .collect();
        let joined = running.into_iter().map(|thread| match thread.join() {
            Ok(bytes) => bytes,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Result<_>>()
    })?;
    let mut all = Partial::within(range);
    for state in &states {
        all.merge(&Partial::from_bytes(state)?);
    }
    let alarm = from_nanos(window::BROKEN + window::HOUR / 12);
    let findings = all.finish(&Scope::new(range).with_alarm(alarm));
    if findings.is_empty() {
        return Err("nothing was found".into());
    }
    Ok(Answer {
        state: all.to_bytes()?,
        findings: serde_json::to_string(&findings)?,
        count: findings.len(),
    })
}

/// Stretches of whole lines.
fn blocks(path: &Path, size: usize) -> Result<Vec<(usize, usize)>> {
    let mut file = File::open(path)?;
    let end = usize::try_from(file.metadata()?.len())?;
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < end {
        let mut stop = (start + size).min(end);
        if stop < end {
            let mut rest = [0; 4096];
            file.seek(SeekFrom::Start(stop as u64))?;
            let count = file.read(&mut rest)?;
            let line = rest[..count].iter().position(|byte| *byte == b'\n');
            stop += line.ok_or("a line without end")? + 1;
        }
        blocks.push((start, stop));
        start = stop;
    }
    Ok(blocks)
}

fn block_text(file: &mut File, (start, stop): (usize, usize)) -> Result<String> {
    let mut bytes = vec![0; stop - start];
    file.seek(SeekFrom::Start(start as u64))?;
    file.read_exact(&mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

/// Lets Linux count the peak of memory anew.
fn forget_peak() {
    // Elsewhere there is no such file and the peak is not shown.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Most memory since then, in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? * 1024)
}
