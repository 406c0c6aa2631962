//! See `rca_fuzz::bundle::parse`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::bundle::parse(bytes));
