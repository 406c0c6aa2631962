//! Logs: templates that appear, become frequent or fall silent.
//!
//! [`Miner`] learns what a program's log statements look like; [`detect`] compares how often each was
//! written before and after; [`stack_frames`] reads the code locations that a line names.

mod canonical;
mod frames;
mod group;
mod lexer;
mod miner;
mod novelty;
mod shift;

pub use frames::stack_frames;
pub use miner::{Limits, Miner, Template, TemplateId};
pub use novelty::{Options, detect};
