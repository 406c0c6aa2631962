//! Real repositories, made with the `git` command; its own output is the reference.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod blame;
mod history;
mod inquiry;
mod sandbox;
mod source;
mod trailers;
