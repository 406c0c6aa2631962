//! See `rca_fuzz::diff::diff`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::diff::diff(bytes));
