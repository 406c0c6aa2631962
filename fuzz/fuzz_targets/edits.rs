//! See `rca_fuzz::documents::edits`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::documents::edits(bytes));
