//! For tests of stores and of what is built on them: the contract that every store keeps, made-up
//! records, and a disk that loses power.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is a failed test"
)]

pub mod contract;
mod disk;
pub mod made_up;
mod trails;

pub(crate) use disk::Backend;
pub use disk::{Disk, Random};
