//! See `rca_fuzz::partial::partial`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rca_fuzz::partial::partial(bytes));
