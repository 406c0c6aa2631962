//! See `rca_fuzz::tables::read_each`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::tables::read_each(bytes));
