//! Damaged Parquet and Arrow files end in an error or in rows, in little memory: what they make us allocate is counted.
//!
//! A part of the damage is tried, all of it with `RCA_DAMAGE=1` (every n-th with n).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod records;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;
use rca_core::ErrorKind;
use rca_core::connectors::{Format, Limits, read, unobserved};
use records::records;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One test at a time: the memory is that of the process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What reading a file of some kilobytes may take at most, the records included.
const MOST: usize = 64 << 20;

/// Of so many kinds of damage one is tried.
fn step() -> usize {
    std::env::var("RCA_DAMAGE").ok().and_then(|text| text.parse().ok()).unwrap_or(23)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/tables")
}

/// Files of pyarrow and polars, every codec, encoding and type among them.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "csv"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() > 20);
    files
}

/// Reads what may be damaged; whether it was an error.
fn outcome(name: &str, what: &str, bytes: &[u8]) -> bool {
    let format = if name.ends_with("parquet") { "parquet" } else { "arrow-ipc" };
    let format = Format::named(format).unwrap();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = read("x", &mut &*bytes, Some(format), &Limits::default(), &unobserved);
    let peak = MEMORY.peak_usage().saturating_sub(before);
    assert!(peak <= MOST, "{name} {what}: {peak} bytes");
    if let Err(error) = &outcome {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name} {what}: {error}");
    }
    outcome.is_err()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (end as u64)).unwrap()
    }
}

#[test]
fn files_that_are_whole_are_what_the_csv_beside_them_is() {
    let _alone = alone();
    let all = |bytes: &[u8]| {
        let mut batch = read("x", &mut &*bytes, None, &Limits::default(), &unobserved).unwrap();
        batch.sort();
        assert_eq!(batch.report.refused(), 0, "{}", batch.report);
        records(&batch)
    };
    for (name, bytes) in files() {
        assert!(!outcome(&name, "whole", &bytes), "{name}");
        let table = name.split('.').next().unwrap();
        let csv = std::fs::read(folder().join(format!("{table}.csv"))).unwrap();
        assert_eq!(all(&bytes), all(&csv), "{name}");
    }
}

#[test]
fn files_that_are_cut_off_anywhere_are_errors_or_what_came_before() {
    let _alone = alone();
    for (number, (name, bytes)) in files().into_iter().enumerate() {
        for end in (number % step()..bytes.len()).step_by(step()) {
            let failed = outcome(&name, &format!("cut at {end}"), &bytes[..end]);
            // Parquet has its directory at the end.
            assert!(failed || !name.ends_with("parquet"), "{name} cut at {end}");
        }
    }
}

#[test]
fn every_byte_may_be_wrong() {
    let _alone = alone();
    for (number, (name, bytes)) in files().into_iter().enumerate() {
        let mut damaged = bytes.clone();
        for place in (number % step()..bytes.len()).step_by(step()) {
            for value in [0, 0x7f, 0xff, bytes[place] ^ 0x80] {
                damaged[place] = value;
                outcome(&name, &format!("{value} at {place}"), &damaged);
            }
            damaged[place] = bytes[place];
        }
    }
}

#[test]
fn many_bytes_may_be_wrong() {
    let _alone = alone();
    let mut random = Random(1);
    for (name, bytes) in files() {
        for round in 0..3000 / step() {
            let mut damaged = bytes.clone();
            for _ in 0..=random.below(6) {
                let place = random.below(damaged.len());
                match random.below(4) {
                    0 => damaged[place] ^= 1 << random.below(8),
                    1 => damaged[place] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][random.below(6)],
                    2 => damaged[place] = random.below(256).to_le_bytes()[0],
                    // Lengths are four or eight bytes of one kind.
                    _ => damaged[place..].iter_mut().take(4).for_each(|byte| *byte = 0xff),
                }
            }
            outcome(&name, &format!("in round {round}"), &damaged);
        }
    }
}
