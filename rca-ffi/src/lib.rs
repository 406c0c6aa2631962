//! C bindings of rca-core. A binding translates; decisions live in the core.

mod capi;

pub use capi::*;
