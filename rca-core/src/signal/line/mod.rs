//! Raw lines of logs: where the header ends, and which lines belong together.
//!
//! Here because readers of logs and detectors need the same answer.

mod fields;
pub(crate) mod header;
pub(crate) mod moment;
mod multiline;

pub use header::{Header, split_header};
pub use multiline::{Joiner, Seam};
