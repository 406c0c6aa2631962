//! See `rca_fuzz::logs::lines`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::logs::lines(bytes));
