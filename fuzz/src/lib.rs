//! Fuzz targets: plain functions over bytes. A fuzzer calls them, and so do ordinary tests.

pub mod bundle;
pub mod diff;
pub mod logs;
pub mod query;
pub mod record;
