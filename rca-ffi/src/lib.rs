//! Swift and C bindings of rca-core. A binding translates; decisions live in the core.
//!
//! [`c`] is what `include/rca.h` declares, written by hand. [`swift`] is what UniFFI makes Swift (and Kotlin) from; the
//! package in `swift/` keeps that private. Both hand the same documents across ([`rca_json`]), so that the same call gives
//! the same bytes in every language.

pub mod c;
pub mod swift;

uniffi::setup_scaffolding!("rca");
