//! See `rca_fuzz::headers::request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::headers::request(bytes));
