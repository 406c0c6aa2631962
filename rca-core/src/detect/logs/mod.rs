//! Logs: templates that appear, become frequent or fall silent.
//!
//! [`Miner`] learns what a program's log statements look like; [`detect`] compares how often each was
//! written before and after; [`stack_frames`] reads the code locations that a line names.

mod canonical;
mod counts;
mod frames;
mod group;
mod lexer;
pub(in crate::detect) mod linked;
mod miner;
mod novelty;
mod shift;
mod state;
mod stats;

#[cfg(test)]
mod tests;

pub use crate::signal::line::{Header, Joiner, split_header};
use crate::signal::line::{header, moment};
pub use frames::stack_frames;
pub use miner::{Limits, Miner, Template, TemplateId};
pub use novelty::{Options, detect};
pub use stats::LogStats;
