//! The C interface: what `include/rca.h` promises.
//!
//! Handles are numbers in a table ([`handles`]), not addresses: one that was freed, or is of another kind, is an error and
//! never a crash. What is `unsafe` is reading what callers point at and writing where they point to, and stands in
//! [`border`]; the calls themselves are safe code behind the macro `calls!`.

#![allow(non_camel_case_types, reason = "these are the names in C")]

#[macro_use]
mod border;
mod answers;
mod batches;
mod cases;
mod documents;
mod events;
mod figures;
mod graphs;
mod handles;
mod letters;
mod log;
mod partials;
mod record;
mod sources;
mod status;
mod watch;
mod workspaces;

pub use border::{rca_opt, rca_str};
pub use handles::{
    rca_answer, rca_batch, rca_cancel, rca_clock, rca_graph, rca_handle_count, rca_iterator,
    rca_page, rca_partial, rca_source, rca_text, rca_text_data, rca_text_length, rca_workspace,
};
pub use log::{rca_log_fn, rca_log_level, rca_set_log};
pub use sources::rca_pull_fn;
pub(crate) use status::said;
pub use status::{rca_error, rca_last_error, rca_status, rca_status_name};
pub use watch::{rca_progress, rca_progress_fn, rca_watch};

/// The version of the interface; counts up when a program that was built against an older one would break.
const ABI_VERSION: u32 = 3;

/// The version of the interface.
#[unsafe(no_mangle)]
pub extern "C" fn rca_abi_version() -> u32 {
    ABI_VERSION
}

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn rca_version() -> rca_str {
    rca_str::of(env!("CARGO_PKG_VERSION").as_bytes())
}

/// A panic on purpose, for the tests of this crate; not in the header, nor in a release.
#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "its purpose")]
#[unsafe(no_mangle)]
pub extern "C" fn rca_test_panic() -> rca_status {
    status::guard(|| panic!("on purpose"))
}
