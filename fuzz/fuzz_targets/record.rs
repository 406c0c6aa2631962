//! See `rca_fuzz::record::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::record::record(bytes));
