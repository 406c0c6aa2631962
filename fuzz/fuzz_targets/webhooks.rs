//! See `rca_fuzz::webhooks::read_each`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::webhooks::read_each(bytes));
