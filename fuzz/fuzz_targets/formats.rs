//! See `rca_fuzz::formats::read_as_each`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::formats::read_as_each(bytes));
