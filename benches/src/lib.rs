//! Accuracy and speed of rca-core, measured against known answers and against its peers.
//!
//! The data sets are not part of the repository: every command takes their folder as an argument.

pub mod accuracy;
pub mod speed;
