//! How much a file may make of itself.

use super::Parsed;
use crate::connectors::Limits;

/// What unpacks to less than this is no bomb, however small it was: a table of one value repeated is a few bytes.
const HARMLESS: u64 = 16 << 20;

/// Bounds on what is held, on what is unpacked, and on the rows as text.
#[derive(Debug)]
pub(super) struct Budget {
    /// What a file of this size may become.
    most: u64,
    most_held: usize,
    held: usize,
    unpacked: u64,
    text: u64,
    ratio: u64,
}

impl Budget {
    pub(super) fn new(file: usize, limits: &Limits) -> Self {
        let by_ratio = limits.gzip_ratio.saturating_mul(file as u64).max(HARMLESS);
        Self {
            most: limits.unpacked_bytes.min(by_ratio),
            most_held: limits.body_bytes.min(usize::try_from(by_ratio).unwrap_or(usize::MAX)),
            held: 0,
            unpacked: 0,
            text: 0,
            ratio: limits.gzip_ratio,
        }
    }

    /// Before so many bytes are unpacked, or values gone through that may take none.
    pub(super) fn unpack(&mut self, bytes: usize) -> Parsed<()> {
        self.unpacked = self.unpacked.saturating_add(bytes as u64);
        self.check(self.unpacked)
    }

    /// For so many bytes of rows.
    pub(super) fn write(&mut self, bytes: usize) -> Parsed<()> {
        self.text = self.text.saturating_add(bytes as u64);
        self.check(self.text)
    }

    fn check(&self, bytes: u64) -> Parsed<()> {
        if bytes <= self.most {
            return Ok(());
        }
        Err(format!(
            "unpacks to more than {} bytes (the limits `unpacked_bytes`, and `gzip_ratio` with {} times the file): \
             a bomb? Raise them if it is meant so",
            self.most, self.ratio
        ))
    }

    /// Before so many bytes are kept.
    pub(super) fn hold(&mut self, bytes: usize) -> Parsed<()> {
        self.held = self.held.saturating_add(bytes);
        if self.held <= self.most_held {
            return Ok(());
        }
        Err(format!(
            "holds more than {} bytes unpacked at a time; raise the limit `body_bytes` if it is meant so, or write \
             shorter batches or pages",
            self.most_held
        ))
    }

    pub(super) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }
}
