//! One file for each kind of work.

pub mod analyse;
pub mod documents;
pub mod find;
pub mod formats;
pub mod git;
pub mod ingest;
pub mod keep;
pub mod memory;
pub mod page_rank;
pub mod python;
pub mod reopen;
pub mod scan;
pub mod templates;
