//! See `rca_fuzz::query::query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::query::query(bytes));
