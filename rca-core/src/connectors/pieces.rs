//! Telemetry handed over while its input is still being read: what is read need not fit into memory.

use super::Batch;
use super::limits::Limits;
use super::report::InputReport;
use crate::error::{Error, Result};
use crate::signal::Telemetry;

/// Takes a piece of telemetry.
pub(crate) type TakePiece<'t> = dyn FnMut(Telemetry) -> Result<()> + 't;

/// Who takes the pieces of one input.
pub(super) struct Pieces<'a> {
    /// Bytes in memory from which on it is a piece.
    pub(super) most: usize,
    pub(super) given: u64,
    /// What the taker said when it wanted no more.
    pub(super) failed: Option<Error>,
    take: &'a mut TakePiece<'a>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(most: usize, take: &'a mut TakePiece<'a>) -> Self {
        Self { most, given: 0, failed: None, take }
    }

    /// Hands over a piece as it would be at the end of the input: blotted, and accounted for.
    pub(super) fn give(&mut self, telemetry: Telemetry, report: &mut InputReport, limits: &Limits) {
        if self.failed.is_some() || telemetry.is_empty() {
            return;
        }
        let mut piece = Batch { telemetry, ..Batch::default() };
        piece.settle(report, limits);
        self.given += 1;
        self.failed = (self.take)(piece.telemetry).err();
    }
}
